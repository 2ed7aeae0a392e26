//! The only file that looks at the variables and arguments of the process.

use std::ffi::OsString;

/// The variable that may hold the passphrase of a CA key.
pub(super) const PASSPHRASE: &str = "PKICTL_PASSPHRASE";

/// The value of an environment variable. One that is set to nothing, as continuous integration often does, is not set.
#[allow(clippy::disallowed_methods, reason = "the one place where variables are read")]
pub(super) fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// What an option means when it is not given: the variable's value, or the default.
pub(super) fn usual(name: &str, default: &str) -> OsString {
    variable(name).unwrap_or_else(|| default.into())
}

/// Whether the terminal declares that it has no control sequences.
pub(super) fn is_dumb_terminal() -> bool {
    variable("TERM").is_some_and(|name| name == "dumb")
}

/// The command line, the program's name first.
pub(super) fn arguments() -> Vec<OsString> {
    std::env::args_os().collect()
}

/// The value of a global option, looked for before the arguments are parsed.
pub(super) fn early_value(arguments: &[OsString], option: &str) -> Option<OsString> {
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument == option {
            return rest.next().cloned();
        }
        let value = argument
            .to_str()
            .and_then(|text| text.strip_prefix(option))
            .and_then(|text| text.strip_prefix('='));
        if let Some(value) = value {
            return Some(value.into());
        }
    }
    None
}
