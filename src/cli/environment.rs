//! The only file that looks at the variables and arguments of the process.

use std::ffi::OsString;

/// The value of an environment variable.
#[allow(clippy::disallowed_methods, reason = "the one place where variables are read")]
pub(super) fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// The command line, the program's name first.
pub(super) fn arguments() -> Vec<OsString> {
    std::env::args_os().collect()
}
