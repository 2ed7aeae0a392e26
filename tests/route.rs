//! Emitted Routes, judged by the official schemas; and the Route lint.
