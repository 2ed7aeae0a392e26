//! What people type who come from other tools, or from habit: the nearest command that there is, or the plain truth.

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

/// The same error with this suggestion alone: what only looks alike would stand beside what was meant, in the usage line, too.
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
            "`pkictl issue server NAME` makes a certificate, `pkictl init` a CA"
        }
        "ca" | "root" => "`pkictl init` makes a CA, `pkictl show root` shows it",
        "sign" | "csr" | "request" => {
            "pkictl signs no requests of others: `pkictl issue PROFILE NAME` makes key and certificate"
        }
        "renew" | "rotate" | "reissue" => {
            "`pkictl issue PROFILE NAME --force` makes one anew; `pkictl apply` renews what a manifest declares"
        }
        "revoke" | "crl" | "ocsp" => {
            "pkictl keeps no revocation lists: issue for a short time (`--days 7`), or make the CA anew (`pkictl init --force`)"
        }
        "rm" | "remove" | "delete" | "prune" => {
            "remove the directory DIR/ENV/certs/NAME yourself, or `pkictl apply --prune` what a manifest no longer declares"
        }
        "export" | "copy" => {
            "`pkictl emit TARGET` makes files for a place of use, `pkictl issue PROFILE NAME -d DIR` writes a copy"
        }
        "trust" | "install" => {
            "pkictl changes no trust store of this machine: `pkictl emit env` and `pkictl emit dockerfile` make what adds the root"
        }
        "check" | "test" => "`pkictl verify` tries certificates, `pkictl lint FILE` reads them",
        "completion" => "`pkictl completions SHELL` prints the script of a shell",
        _ => return None,
    })
}

/// A place of use that was named without `emit`.
fn of_target(word: &str, arguments: &[OsString]) -> Option<String> {
    let is_known = emit_args::emitters(arguments).names().iter().any(|name| name == word);
    is_known.then(|| format!("`pkictl emit {word}` makes its files"))
}

fn of_option(word: &str, command: &str) -> Option<&'static str> {
    Some(match (word, command) {
        ("--profile", "issue") => "the profile comes first: `pkictl issue PROFILE NAME`",
        ("--name", "issue") => "the name comes second: `pkictl issue PROFILE NAME`",
        ("--dns" | "--ip" | "--domain" | "--host" | "--hostname", "issue") => {
            "names and addresses are given with `--san`"
        }
        ("-o" | "--out" | "--output", "issue") => "`--out-dir DIR` writes a copy of the files",
        (
            "--kty" | "--curve" | "--crv" | "--size" | "--bits" | "--key-size" | "--algorithm" | "--rsa"
            | "--ecdsa",
            "issue" | "init",
        ) => "the kind of key is one word: `--key-type ec-p256`, `--key-type rsa-2048` and others",
        ("--ttl" | "--validity" | "--expiry" | "--duration", "issue" | "init") => {
            "how long it is valid is said with `--days N` or `--not-after TIME`"
        }
        ("-v" | "--verbose", _) => "only `verify` has more to say with `--verbose`",
        ("--json", _) => "the form is chosen with `--format json`",
        ("--no-color" | "--no-colour" | "--colour", _) => "colours are chosen with `--color never`",
        ("-y" | "--yes", _) => "`--no-input` never asks",
        ("--dir" | "--ca-dir" | "--root", _) => "the PKI directory is named with `--pki DIR`",
        _ => return None,
    })
}

/// A manifest that was named without its option.
fn of_manifest(word: &str) -> Option<String> {
    word.ends_with(".toml").then(|| format!("a manifest is named with `-f {}`", shell_word(word)))
}
