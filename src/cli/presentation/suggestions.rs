//! Suggestions for words and options from other tools: the nearest command, or that there is none.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::cli::emit_args;
use crate::template::shell_word;

/// Wrong usage with a suggestion, where it is known what was meant.
pub(in crate::cli) fn with_suggestion(
    error: clap::Error,
    program: &clap::Command,
    arguments: &[OsString],
) -> clap::Error {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    let command = arguments.get(1).and_then(|word| word.to_str()).unwrap_or_default();
    let suggestion = match error.kind() {
        ErrorKind::InvalidSubcommand if command != "emit" => text(ContextKind::InvalidSubcommand)
            .and_then(|word| of_command(&word).map(str::to_owned).or_else(|| of_target(&word, arguments))),
        ErrorKind::UnknownArgument => text(ContextKind::InvalidArg)
            .and_then(|word| of_option(&word, command).map(str::to_owned).or_else(|| of_manifest(&word))),
        _ => None,
    };
    match suggestion {
        Some(suggestion) => instead(&error, suggestion, program),
        None => error,
    }
}

/// The same error with this suggestion only: clap's guess by spelling would appear next to it, and in the usage line.
fn instead(error: &clap::Error, suggestion: String, program: &clap::Command) -> clap::Error {
    let alike = [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg];
    let guessed = alike.iter().any(|kind| error.get(*kind).is_some());
    let mut said = clap::Error::new(error.kind()).with_cmd(program);
    for (kind, value) in error.context() {
        let is_guess = alike.contains(&kind) || (guessed && kind == ContextKind::Usage);
        if !is_guess {
            said.insert(kind, value.clone());
        }
    }
    said.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![suggestion.into()]));
    said
}

fn of_command(word: &str) -> Option<&'static str> {
    Some(match word {
        "version" => "`pkictl --version` prints it",
        "create" | "new" | "add" | "gen" | "generate" | "cert" | "certificate" | "server" | "client" => {
            "`pkictl issue server NAME` issues a certificate, `pkictl init` creates a CA"
        }
        "ca" | "root" => "`pkictl init` creates a CA, `pkictl show root` shows it",
        "sign" | "csr" | "request" => {
            "pkictl does not sign requests (CSRs): `pkictl issue PROFILE NAME` creates the key and the certificate"
        }
        "renew" | "rotate" | "reissue" => {
            "`pkictl issue PROFILE NAME --force` replaces one; `pkictl apply` renews what a manifest declares"
        }
        "revoke" | "crl" | "ocsp" => {
            "pkictl has no revocation: use short lifetimes (`--days 7`), or replace the CA (`pkictl init --force`)"
        }
        "rm" | "remove" | "delete" | "prune" => {
            "remove the directory DIR/ENV/certs/NAME yourself; `pkictl apply --prune` moves aside what a manifest no longer declares"
        }
        "export" | "copy" => {
            "`pkictl emit TARGET` generates configuration, `pkictl issue PROFILE NAME -d DIR` writes a copy"
        }
        "trust" | "install" => {
            "pkictl does not change trust stores: `pkictl emit env` and `pkictl emit dockerfile` generate what adds the root"
        }
        "check" | "test" => {
            "`pkictl verify` tests certificates with handshakes, `pkictl lint FILE` checks files"
        }
        "completion" => "`pkictl completions SHELL` prints the script",
        _ => return None,
    })
}

/// A target that was named without `emit`.
fn of_target(word: &str, arguments: &[OsString]) -> Option<String> {
    let is_known = emit_args::emitters(arguments).names().iter().any(|name| name == word);
    is_known.then(|| format!("`pkictl emit {word}` generates it"))
}

fn of_option(word: &str, command: &str) -> Option<&'static str> {
    Some(match (word, command) {
        ("--profile", "issue") => "the profile is the first argument: `pkictl issue PROFILE NAME`",
        ("--name", "issue") => "the name is the second argument: `pkictl issue PROFILE NAME`",
        ("--dns" | "--ip" | "--domain" | "--host" | "--hostname", "issue") => {
            "use `--san` for names and addresses"
        }
        ("-o" | "--out" | "--output", "issue") => "`--out-dir DIR` writes a copy of the files",
        (
            "--kty" | "--curve" | "--crv" | "--size" | "--bits" | "--key-size" | "--algorithm" | "--rsa"
            | "--ecdsa",
            "issue" | "init",
        ) => "use `--key-type`, for example `--key-type ec-p256` or `--key-type rsa-2048`",
        ("--ttl" | "--validity" | "--expiry" | "--duration", "issue" | "init") => {
            "use `--days N` or `--not-after TIME`"
        }
        ("-v" | "--verbose", _) => "only `verify` has `--verbose`",
        ("--json", _) => "use `--format json`",
        ("--no-color" | "--no-colour" | "--colour", _) => "use `--color never`",
        ("-y" | "--yes", _) => "use `--no-input` to never be prompted",
        ("--dir" | "--ca-dir" | "--root", _) => "use `--pki DIR` for the PKI directory",
        _ => return None,
    })
}

/// A manifest that was given without its option.
fn of_manifest(word: &str) -> Option<String> {
    word.ends_with(".toml").then(|| format!("use `-f {}` for the manifest", shell_word(word)))
}
