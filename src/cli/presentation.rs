//! What a command shows, and how: data, talk, errors with their hints, findings, reports, matrices, progress.

pub(super) mod certificate_json;
pub(super) mod finding_text;
pub(super) mod findings;
pub(super) mod hint;
pub(super) mod matrix;
pub(super) mod output;
pub(super) mod progress;
mod rendered_error;
pub(super) mod report;
pub(super) mod style;
pub(super) mod suggestions;
