//! Arguments of `lint`.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum, ValueHint};

use crate::lint::Place;

/// Find what is wrong in certificates, chains, keys, requests, Routes and Secrets, whoever made them
#[derive(Debug, Args)]
#[command(
    before_help = "Examples:\n  pkictl lint web.crt web.key\n  pkictl lint certs/*.pem --ca ca.pem --for python --for apple\n  pkictl lint route.yaml --deny warnings --format sarif > lint.sarif\n  pkictl lint --list",
    after_help = "Files are judged together: name a certificate with its key and its CA. Exit code 3 when an error is found. A file with a name such as ca.crt or root.pem is taken for the trusted authorities of somebody; --ca says so of any."
)]
pub struct LintArgs {
    /// Certificate, chain, key or request in PEM or DER; Routes, Secrets and ConfigMaps in YAML or JSON
    #[arg(value_name = "FILE", required_unless_present_any = ["list", "ca"], value_hint = ValueHint::FilePath)]
    pub files: Vec<PathBuf>,
    /// File that somebody loads as the authorities that he trusts; repeatable
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub ca: Vec<PathBuf>,
    /// Where it will be used: what does not work there is an error; repeatable
    #[arg(long = "for", value_name = "PLACE", value_delimiter = ',', value_parser = places())]
    pub places: Vec<Place>,
    /// Exit with 3 on these, too
    #[arg(long, value_enum, value_name = "WHAT")]
    pub deny: Option<Deny>,
    /// List the rules: severity, where they stand, how to mend what breaks them
    #[arg(long, conflicts_with_all = ["files", "ca"])]
    pub list: bool,
}

/// What is denied beside errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Deny {
    /// Warnings
    Warnings,
}

fn places() -> impl TypedValueParser<Value = Place> {
    PossibleValuesParser::new(Place::ALL.map(|place| place.to_string())).map(|text| {
        let found = Place::ALL.into_iter().find(|place| place.to_string() == text);
        found.expect("the parser admits only names of places")
    })
}
