//! pkilint (`lint_pkix_cert`): no finding of severity WARNING or above on anything that a profile issues.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use pkictl::EphemeralPki;

use super::table::table;
use super::{json, words};
use crate::harness::{Judge, Workspace, judge};

/// pkilint starts slowly, so one process judges all certificates, with pkilint's own set of checks.
const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/pkilint_all.py");

const DOMAIN: &str = "pkix.invalid_domain_name_syntax";
const URI: &str = "pkix.invalid_uri_syntax";

/// What pkilint has against a certificate.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    code: String,
    /// Where in the certificate it is.
    path: String,
    /// The name that it is about, if it is about one.
    value: String,
}

impl Finding {
    fn new(code: &str, path: &str, message: &str) -> Self {
        let value = message.split('"').nth(1).unwrap_or_default();
        Self { code: code.into(), path: path.into(), value: value.into() }
    }

    /// pkilint checks names with a library for web forms, which knows no name of one label (`localhost`), no wildcard
    /// and no URI scheme but the web's. RFC 5280 allows all three (section 4.2.1.6); so of the names that were asked
    /// for these, and no others, are forgiven.
    fn is_mistaken(&self, asked: &BTreeSet<String>) -> bool {
        let field = self.path.rsplit('.').next().unwrap_or_default();
        let is_mistaken = match (self.code.as_str(), field) {
            (DOMAIN, "dNSName") => is_label(&self.value) || is_wildcard(&self.value),
            (URI, "uniformResourceIdentifier") => is_spiffe_id(&self.value),
            _ => false,
        };
        is_mistaken && asked.contains(&self.value)
    }
}

fn is_label(label: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=63).contains(&label.len())
        && label.chars().all(inner)
        && !label.chars().all(|c| c.is_ascii_digit())
        && !label.starts_with('-')
        && !label.ends_with('-')
}

fn is_wildcard(name: &str) -> bool {
    let rest = name.strip_prefix("*.");
    rest.is_some_and(|rest| rest.len() <= 251 && rest.contains('.') && rest.split('.').all(is_label))
}

fn is_spiffe_id(uri: &str) -> bool {
    let parts = uri.strip_prefix("spiffe://").and_then(|rest| rest.split_once('/'));
    parts.is_some_and(|(domain, path)| !domain.is_empty() && path.split('/').all(|part| !part.is_empty()))
}

/// The findings of severity WARNING or above, file by file.
fn findings(python: &Judge, files: &[PathBuf]) -> Vec<(String, Vec<Finding>)> {
    let report =
        json(&python.accepts([Path::new(PROGRAM)].into_iter().chain(files.iter().map(AsRef::as_ref))));
    let read = |finding: &serde_json::Value| {
        let text = |key: &str| finding[key].as_str().expect("a text");
        Finding::new(text("code"), text("path"), text("message"))
    };
    let report = report.as_object().expect("an object").iter();
    let all = report.map(|(file, found)| {
        (file.clone(), found.as_array().expect("findings").iter().map(read).collect::<Vec<_>>())
    });
    let all: Vec<_> = all.collect();
    assert_eq!(all.len(), files.len(), "some certificate was not judged");
    all
}

/// No finding remains but those on names that were asked for and that are right.
#[track_caller]
fn is_clean(python: &Judge, files: &[PathBuf], asked: &BTreeSet<String>) {
    let bad: Vec<String> = findings(python, files)
        .into_iter()
        .flat_map(|(file, found)| found.into_iter().map(move |one| (file.clone(), one)))
        .filter(|(_, finding)| !finding.is_mistaken(asked))
        .map(|(file, finding)| format!("{file}: {finding:?}"))
        .collect();
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

/// The program of pkilint and the Python in which it is installed.
fn pkilint() -> Option<(Judge, Judge)> {
    let (pkilint, python) = (judge("lint_pkix_cert")?, judge("python3")?);
    let directory = |judge: &Judge| judge.path().parent().map(Path::to_owned);
    assert_eq!(directory(&python), directory(&pkilint), "pkilint is installed for another Python");
    Some((pkilint, python))
}

#[test]
fn no_certificate_has_a_finding() {
    let Some((_, python)) = pkilint() else { return };
    let credentials = || table().credentials.iter().chain([&table().expired]);
    let mut files = table().authorities();
    files.extend(credentials().map(|credential| credential.leaf.clone()));
    let names = credentials().flat_map(|one| [vec![one.name.clone()], one.hosts.clone()].concat());
    let ids = credentials().map(|one| format!("spiffe://example.org/{}", one.name));
    is_clean(&python, &files, &names.chain(ids).collect());
}

#[test]
fn no_certificate_that_is_made_in_memory_has_a_finding() {
    let Some((_, python)) = pkilint() else { return };
    let pki = EphemeralPki::new().expect("a PKI");
    let server = pki.issue_server("localhost").alt_name("web.example.com").issue().expect("a server");
    let client = pki.client("backend-1").expect("a client");
    let peer = pki.peer("node.example.com").expect("a peer");
    let workspace = Workspace::new();
    let made = [pki.anchor(), &server.certificate, &client.certificate, &peer.certificate];
    let write = |(number, certificate): (usize, &&pkictl::pki::Certificate)| {
        workspace.write(&format!("{number}.pem"), certificate.pem())
    };
    let files: Vec<PathBuf> = made.iter().enumerate().map(write).collect();
    is_clean(&python, &files, &["localhost", "backend-1"].map(String::from).into());
}

/// A self-signed certificate by openssl for one name, good but for that.
fn foreign(openssl: &Judge, workspace: &Workspace, san: &str) -> PathBuf {
    let [key, certificate] = ["key.pem", "foreign.pem"].map(|name| workspace.file(name));
    openssl.accepts(words(&[
        &"req",
        &"-x509",
        &"-newkey",
        &"ec",
        &"-pkeyopt",
        &"ec_paramgen_curve:P-256",
        &"-nodes",
        &"-subj",
        &"/CN=foreign",
        &"-addext",
        &"keyUsage=critical,keyCertSign",
        &"-addext",
        &format!("subjectAltName={san}"),
        &"-keyout",
        &key,
        &"-out",
        &certificate,
    ]));
    certificate
}

#[test]
fn a_bad_name_is_found_for_what_it_is_and_never_forgiven() {
    let (Some((_, python)), Some(openssl)) = (pkilint(), judge("openssl")) else { return };
    let workspace = Workspace::new();
    let long = format!("{}.example", "a".repeat(64));
    for (kind, value, code, field) in [
        ("DNS", "-bad-.example", DOMAIN, "dNSName"),
        ("DNS", "*.a", DOMAIN, "dNSName"),
        ("DNS", "1", DOMAIN, "dNSName"),
        ("DNS", &long, DOMAIN, "dNSName"),
        ("DNS", &long[..64], DOMAIN, "dNSName"),
        ("URI", "spiffe://x/", URI, "uniformResourceIdentifier"),
    ] {
        let certificate = foreign(&openssl, &workspace, &format!("{kind}:{value}"));
        let found = findings(&python, &[certificate]).remove(0).1;
        let names: Vec<_> = found.iter().map(|one| (one.code.as_str(), one.value.as_str())).collect();
        assert_eq!(names, [(code, value)], "{found:#?}");
        assert!(found[0].path.ends_with(&format!(".subjectAltName.0.{field}")), "{found:#?}");
        // Not even if somebody asked for it.
        assert!(!found[0].is_mistaken(&[value.to_owned()].into()), "{value:?} is forgiven");
    }
}

#[test]
fn only_names_that_were_asked_for_are_forgiven_and_only_where_names_stand() {
    let asked: BTreeSet<String> = ["localhost", "*.a.b", "spiffe://a/b"].map(String::from).into();
    let is_mistaken = |code: &str, path: &str, value: &str| {
        Finding::new(code, path, &format!("Invalid: \"{value}\"")).is_mistaken(&asked)
    };
    let place = "certificate.subjectAltName.0.dNSName";
    assert!(is_mistaken(DOMAIN, place, "localhost") && is_mistaken(DOMAIN, place, "*.a.b"));
    assert!(is_mistaken(URI, "x.uniformResourceIdentifier", "spiffe://a/b"));
    assert!(!is_mistaken(DOMAIN, place, "other") && !is_mistaken(DOMAIN, place, "*.b.c"));
    assert!(!is_mistaken(URI, "x.uniformResourceIdentifier", "spiffe://a/c"));
    assert!(!is_mistaken(DOMAIN, "certificate.subject.0.commonName", "localhost"));
    assert!(!is_mistaken("pkix.other", place, "localhost"));
}

/// The script calls pkilint's library: the program itself has the same findings.
#[test]
fn the_script_finds_what_the_program_of_pkilint_finds() {
    let (Some((pkilint, python)), Some(openssl)) = (pkilint(), judge("openssl")) else { return };
    let workspace = Workspace::new();
    let bad = foreign(&openssl, &workspace, "DNS:*.a,URI:x,email:a");
    for file in [bad, table().credential("root", "workload-ec-p256").leaf.clone()] {
        let (_, said) = pkilint.run(words(&[&"lint", &"-f", &"JSON", &"-s", &"WARNING", &file]), "");
        let mut by_program = Vec::new();
        for result in json(&said)["results"].as_array().expect("results") {
            for finding in result["finding_descriptions"].as_array().expect("findings") {
                let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
                let (code, path) = (text(&finding["code"]), text(&result["node_path"]));
                by_program.push(Finding::new(&code, &path, &text(&finding["message"])));
            }
        }
        let mut by_script = findings(&python, &[file]).remove(0).1;
        by_program.sort();
        by_script.sort();
        assert!(!by_script.is_empty(), "nothing to compare");
        assert_eq!(by_program, by_script);
    }
}
