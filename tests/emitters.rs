//! Every directory under `templates/emit`, rendered with the cases of its own `expected/cases.toml`.
//!
//! A case names its options; a credential is one of `plain`, `wildcard`, `ipv6` and `client`, trust is `dev`, and an
//! authority `issuing` or `root`.
//! The expected files are in `expected/<case>/`, with `<leaf of plain>` and the like for PEM sections;
//! `PKICTL_BLESS=1` renews them.

mod cases;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use pkictl::Error;
use pkictl::artifact::Artifact;
use pkictl::emit::{Emitter, Emitters, OptionType};
use pkictl::lint::{self, SourceFile};

use cases::{directory, each_case};

#[test]
fn every_case_of_every_emitter_makes_the_expected_files() {
    let bless = std::env::var_os("PKICTL_BLESS").is_some();
    each_case(|material, emitter, case| {
        let place = format!("{}, case {}", emitter.name, case.name);
        let expected = directory(&emitter.name).join(&case.name);
        let rendered = material.render(emitter, case, None);
        if let Some(sentence) = &case.refused {
            let error = rendered.map(drop).expect_err(&format!("{place} is not refused"));
            assert_eq!(&error.to_string(), sentence, "{place}");
            return;
        }
        let artifacts = rendered.unwrap_or_else(|error| panic!("{place}: {error}"));
        let found: BTreeMap<PathBuf, String> = artifacts
            .iter()
            .map(|artifact| {
                let text = std::str::from_utf8(&artifact.contents).expect("text");
                (expected.join(material.anonymous(&artifact.path)), material.anonymous(text))
            })
            .collect();
        if bless {
            let _ = fs::remove_dir_all(&expected);
            for (path, text) in &found {
                fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
                fs::write(path, text).expect("a file");
            }
        }
        let wanted: BTreeMap<PathBuf, String> = files(&expected)
            .into_iter()
            .map(|path| (path.clone(), fs::read_to_string(&path).expect("an expected file")))
            .collect();
        assert_eq!(wanted.keys().collect::<Vec<_>>(), found.keys().collect::<Vec<_>>(), "{place}");
        for (path, text) in &found {
            assert_eq!(wanted[path], *text, "{place}: {}", path.display());
        }
    });
}

#[test]
fn every_case_renders_with_a_plain_a_wildcard_and_an_ipv6_certificate() {
    each_case(|material, emitter, case| {
        for server in ["plain", "wildcard", "ipv6"] {
            let place = format!("{}, case {} with {server}", emitter.name, case.name);
            match material.render(emitter, case, Some(server)) {
                Ok(artifacts) => artifacts.iter().for_each(|artifact| check(emitter, artifact, &place)),
                // A place of use may refuse a kind of certificate, but only with a reason.
                Err(Error::Refused { .. }) => {}
                Err(error) => assert!(case.refused.is_some(), "{place}: {error}"),
            }
        }
    });
}

#[test]
fn expected_files_belong_to_a_case() {
    let mut known = BTreeSet::new();
    each_case(|_, emitter, case| {
        known.insert(directory(&emitter.name).join(&case.name));
    });
    for name in Emitters::built_in().names() {
        for entry in fs::read_dir(directory(&name)).expect("a directory").flatten() {
            let path = entry.path();
            assert!(
                path.ends_with("cases.toml") || known.contains(&path),
                "{}: no such case",
                path.display()
            );
        }
    }
}

#[test]
fn every_emitter_says_what_it_is_and_shows_a_command() {
    for name in Emitters::built_in().names() {
        let emitter = Emitters::built_in().load(&name).expect("a built-in emitter");
        assert!(!emitter.summary.is_empty() && !emitter.proven_by.is_empty(), "{name}");
        assert!(!emitter.examples.is_empty(), "{name} has no example");
        for example in &emitter.examples {
            assert!(example.starts_with(&format!("pkictl emit {name}")), "{name}: {example}");
        }
        assert!(emitter.options.iter().all(|option| !option.help.is_empty()), "{name}");
    }
}

/// A newcomer who knows one emitter knows these options of every other.
#[test]
fn an_option_that_many_emitters_have_is_the_same_in_all() {
    use OptionType::{Address, Callers, Choice, Client, Directory, Flag, Integer, Namespace, Server, Word};
    let shared: [(&str, &[OptionType], &[&str]); 10] = [
        ("cert", &[Server], &["The server's certificate", "Certificate that the router presents"]),
        ("client", &[Client], &["Client certificate", "The client's", "Certificate that clients"]),
        ("mtls", &[Flag], &["Require client certificates from these CAs", "Require a client certificate"]),
        (
            "allow",
            &[Callers],
            &["Admit only this caller", "Let only this caller", "Create a", "Not supported: "],
        ),
        ("tls", &[Choice], &["Mozilla's TLS recommendation to follow; modern is TLS 1.3 only"]),
        (
            "proxy-protocol",
            &[Flag],
            &["Require the PROXY protocol", "Read the caller's address", "Accept the PROXY protocol"],
        ),
        ("mount", &[Word, Directory], &["Where "]),
        (
            "local",
            &[Flag],
            &[
                "Use the credentials' files on this machine instead",
                "Use the CA files on this machine instead",
            ],
        ),
        ("bind", &[Address], &["Address to listen on"]),
        ("namespace", &[Namespace], &["Namespace of "]),
    ];
    for name in Emitters::built_in().names() {
        let emitter = Emitters::built_in().load(&name).expect("a built-in emitter");
        let has = |option: &str| emitter.options.iter().find(|one| one.name == option);
        for (option, kinds, beginnings) in shared {
            let Some(found) = has(option) else { continue };
            let place = format!("{option} of {name}");
            assert!(kinds.contains(&found.kind), "{place}: {:?}", found.kind);
            let value_name = match found.kind {
                Server | Client | Callers => Some("NAME|FILE"),
                Address => Some("ADDRESS"),
                Word | Directory => Some("DIR"),
                Namespace => Some("NAMESPACE"),
                _ => None,
            };
            assert_eq!(found.value_name.as_deref(), value_name, "{place}");
            assert!(beginnings.iter().any(|one| found.help.starts_with(one)), "{place}: {}", found.help);
        }
        if let Some(tls) = has("tls") {
            assert_eq!(tls.choices, ["intermediate", "modern"], "{name}");
            assert_eq!(tls.default.as_deref(), Some("intermediate"), "{name}");
        }
        if let Some(port) = has("port").filter(|port| port.kind == Integer) {
            assert_eq!((port.min, port.max), (Some(1), Some(65535)), "{name}");
        }
        // Who asks for certificates is told whose, if only to say that it cannot look.
        assert!(has("mtls").is_none() || has("allow").is_some(), "{name} has mtls, and no allow");
    }
}

#[test]
fn lint_has_nothing_against_what_emitters_make_and_sees_the_certificates_in_it() {
    each_case(|material, emitter, case| {
        let Ok(artifacts) = material.render(emitter, case, None) else { return };
        let known = |artifact: &&Artifact| {
            let text = std::str::from_utf8(&artifact.contents).expect("text");
            let is_manifest = [".yaml", ".yml", ".json"].iter().any(|end| artifact.path.ends_with(end));
            is_manifest || text.lines().any(|line| line.starts_with("-----BEGIN "))
        };
        let files: Vec<SourceFile<'_>> = artifacts.iter().filter(known).map(judged).collect();
        let place = format!("{}, case {}", emitter.name, case.name);
        let found = |years: i64| -> Vec<lint::Finding> {
            let mut findings =
                lint::files(&files, &[], crate::fixtures::now() + time::Duration::days(365 * years));
            findings.retain(|finding| finding.rule.severity != lint::Severity::Note);
            findings
        };
        assert!(found(0).is_empty(), "{place}: {:#?}", found(0));
        // Not because it looks away: in a hundred years every certificate has ended.
        let ended = found(100);
        for file in &files {
            let text = String::from_utf8_lossy(file.bytes);
            // A Bundle of trust-manager is none of the objects that lint reads.
            let holds = text.contains("-----BEGIN CERTIFICATE") && !text.contains("\nkind: Bundle\n");
            let seen = ended
                .iter()
                .any(|one| one.rule.id.ends_with("-expired") && one.file.as_deref() == Some(file.name));
            assert_eq!(seen, holds, "{place}: {}: {ended:#?}", file.name);
        }
    });
}

fn judged(artifact: &Artifact) -> SourceFile<'_> {
    let secret = artifact.sensitivity == pkictl::artifact::Sensitivity::Secret;
    let mode = Some(if secret { 0o600 } else { 0o644 });
    SourceFile { name: &artifact.path, bytes: &artifact.contents, mode, tracked: false, trusted: false }
}

/// Reads what claims a syntax by its file name, and looks for keys where none may be.
fn check(emitter: &Emitter, artifact: &Artifact, place: &str) {
    let text = std::str::from_utf8(&artifact.contents).expect("text");
    let secret = artifact.sensitivity == pkictl::artifact::Sensitivity::Secret;
    assert!(secret || !text.contains("PRIVATE KEY"), "{place}: a private key in {}", artifact.path);
    let read = match artifact.path.rsplit('.').next() {
        Some("yaml" | "yml") => {
            let documents = serde_saphyr::from_multiple::<serde_json::Value>(text);
            documents
                .map_err(|error| error.to_string())
                .and_then(|documents| if documents.is_empty() { Err("no document".into()) } else { Ok(()) })
        }
        Some("json") => serde_json::from_str::<serde_json::Value>(text).map(drop).map_err(|e| e.to_string()),
        Some("toml") => toml::from_str::<toml::Table>(text).map(drop).map_err(|e| e.to_string()),
        _ => Ok(()),
    };
    assert_eq!(read, Ok(()), "{place}: {} of {}", artifact.path, emitter.name);
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else { return vec![] };
    let mut found = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}
