//! The command line tool: everything is in the library's `cli` module.

use std::process::ExitCode;

fn main() -> ExitCode {
    pkictl::cli::main()
}
