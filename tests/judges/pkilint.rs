//! pkilint (`lint_pkix_cert`): no finding of severity WARNING or above on anything that a profile issues.

use std::path::Path;

use super::table::table;
use super::{json, words};
use crate::harness::{Judge, judge};

/// pkilint starts slowly, so one process judges all certificates, with pkilint's own set of checks.
const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/pkilint_all.py");

/// pkilint checks names with a library for web forms, which knows no name of one label (`localhost`), no wildcard and
/// no URI scheme but the web's. RFC 5280 allows all three (section 4.2.1.6), and everything else about such a name is
/// checked here by other judges.
fn is_mistaken(code: &str, value: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    match code {
        "pkix.invalid_domain_name_syntax" => {
            is_label(value)
                || value
                    .strip_prefix("*.")
                    .is_some_and(|rest| rest.contains('.') && rest.split('.').all(is_label))
        }
        "pkix.invalid_uri_syntax" => {
            value.strip_prefix("spiffe://").is_some_and(|rest| rest.contains('/') && !rest.ends_with('/'))
        }
        _ => false,
    }
}

/// Findings of severity WARNING or above that are not mistaken, one a line.
fn findings(python: &Judge, files: &[&Path]) -> (usize, Vec<String>) {
    let arguments = [Path::new(PROGRAM)].into_iter().chain(files.iter().copied());
    let report = json(&python.accepts(arguments));
    let certificates = report.as_object().expect("an object");
    let mut bad = Vec::new();
    for (file, found) in certificates {
        for finding in found.as_array().expect("findings") {
            let text = |key: &str| finding[key].as_str().unwrap_or_default();
            let value = text("message").split('"').nth(1).unwrap_or_default();
            if !is_mistaken(text("code"), value) {
                bad.push(format!("{file}: {finding}"));
            }
        }
    }
    (certificates.len(), bad)
}

/// The Python in which pkilint is installed.
fn python_of_pkilint() -> Option<Judge> {
    let (pkilint, python) = (judge("lint_pkix_cert")?, judge("python3")?);
    let directory = |judge: &Judge| judge.path().parent().map(Path::to_owned);
    assert_eq!(directory(&python), directory(&pkilint), "pkilint is installed for another Python");
    Some(python)
}

#[test]
fn no_certificate_has_a_finding() {
    let Some(python) = python_of_pkilint() else { return };
    let authorities = table().authorities();
    let leaves = table().credentials.iter().map(|credential| credential.leaf.as_path());
    let files: Vec<&Path> = authorities.iter().map(AsRef::as_ref).chain(leaves).collect();
    let (count, bad) = findings(&python, &files);
    assert_eq!(count, files.len(), "some certificate was not judged");
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

#[test]
fn a_bad_certificate_has_findings() {
    let (Some(python), Some(openssl)) = (python_of_pkilint(), judge("openssl")) else { return };
    let directory = tempfile::tempdir().expect("a directory");
    let [key, certificate] = ["key.pem", "bad.pem"].map(|name| directory.path().join(name));
    openssl.accepts(words(&[
        &"req",
        &"-x509",
        &"-newkey",
        &"rsa:2048",
        &"-nodes",
        &"-subj",
        &"/CN=bad",
        &"-addext",
        &"subjectAltName=DNS:-bad-.example",
        &"-keyout",
        &key,
        &"-out",
        &certificate,
    ]));
    let (_, bad) = findings(&python, &[&certificate]);
    assert!(!bad.is_empty(), "pkilint found nothing wrong");
}
