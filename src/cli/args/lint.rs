//! Arguments of `lint`.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum, ValueHint};

use crate::lint::Platform;

/// Find mistakes in certificates, chains, keys, requests, Routes and Secrets made by any tool
#[derive(Debug, Args)]
#[command(
    before_help = "Examples:\n  pkictl lint web.crt web.key\n  pkictl lint certs/*.pem --ca ca.pem --for python --for apple\n  pkictl lint route.yaml --deny warnings --format sarif > lint.sarif\n  pkictl lint --list",
    after_help = "Files are checked together: pass a certificate with its key and its CA. Exits with 3 if an error is found. A file with a name such as ca.crt or root.pem is treated as a trust store; use --ca for any other name."
)]
pub struct LintArgs {
    /// Certificate, chain, key or request in PEM or DER; Routes, Secrets and ConfigMaps in YAML or JSON
    #[arg(value_name = "FILE", required_unless_present_any = ["list", "ca"], value_hint = ValueHint::FilePath)]
    pub files: Vec<PathBuf>,
    /// File that is used as a trust store (trusted CA certificates); repeatable
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub ca: Vec<PathBuf>,
    /// Where the files will be used: what does not work there is an error; repeatable
    #[arg(long = "for", value_name = "PLACE", value_delimiter = ',', value_parser = places())]
    pub places: Vec<Platform>,
    /// Also exit with 3 on these
    #[arg(long, value_enum, value_name = "WHAT")]
    pub deny: Option<Deny>,
    /// List the rules: severity, source, how to fix violations
    #[arg(long, conflicts_with_all = ["files", "ca"])]
    pub list: bool,
}

/// What fails a run besides errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Deny {
    /// Warnings
    Warnings,
}

fn places() -> impl TypedValueParser<Value = Platform> {
    PossibleValuesParser::new(Platform::ALL.map(|place| place.to_string())).map(|text| {
        let found = Platform::ALL.into_iter().find(|place| place.to_string() == text);
        found.expect("the parser admits only names of places")
    })
}
