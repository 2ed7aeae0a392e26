//! Everything that a built-in profile issues, judged by programs that nobody here wrote: one module a judge.

use std::ffi::{OsStr, OsString};

mod curl;
mod foreign_constraints;
mod gnutls;
mod java;
mod junit;
mod name_constraints;
mod node;
mod openssl_keys;
mod openssl_tls;
mod openssl_verify;
mod pkilint;
mod python;
mod scenes;
mod table;
mod tls_server;

/// A command line of words and paths.
fn words(words: &[&dyn AsRef<OsStr>]) -> Vec<OsString> {
    words.iter().map(|word| word.as_ref().to_owned()).collect()
}

/// Reads what a helper program printed.
#[track_caller]
fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}
