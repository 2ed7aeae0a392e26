//! Sorts what the files hold: certificates, keys, requests and Kubernetes resources.

use time::OffsetDateTime;

use super::certificate_graph::{CertificateGraph, Key, Located, Location};
use super::source::{Source, SourceFile};
use super::{route, rules, secrets, syntax};
use crate::error::Error;
use crate::finding::Finding;
use crate::kubernetes::{self, Resource, SyntaxError};
use crate::pki::pem::{self, Block};

/// Reads all files; the findings are about what cannot be read, and about Kubernetes resources.
pub(super) fn read(files: &[SourceFile<'_>], now: OffsetDateTime) -> (CertificateGraph, Vec<Finding>) {
    let mut graph = CertificateGraph::new(now);
    let mut findings = Vec::new();
    for file in files {
        if holds_resources(file) {
            findings.extend(read_resources(file, &mut graph, now));
        } else {
            let source = Source::new(file.name, file.name, file);
            findings.extend(read_pem_or_der(file.bytes, source, &mut graph));
        }
    }
    graph.resolve_issuers();
    (graph, findings)
}

/// By the name, otherwise by a line that every resource in YAML has: indented PEM in YAML is PEM, too.
fn holds_resources(file: &SourceFile<'_>) -> bool {
    let name = file.name.to_ascii_lowercase();
    if [".yaml", ".yml", ".json"].iter().any(|end| name.ends_with(end)) {
        return true;
    }
    let is_json = file.bytes.trim_ascii_start().starts_with(b"{");
    is_json || file.bytes.split(|byte| *byte == b'\n').any(|line| line.starts_with(b"kind:"))
}

fn read_resources(file: &SourceFile<'_>, graph: &mut CertificateGraph, now: OffsetDateTime) -> Vec<Finding> {
    let text = std::str::from_utf8(file.bytes).map_err(|_| SyntaxError::not_utf8());
    let documents = match text.and_then(kubernetes::read) {
        Ok(documents) => documents,
        Err(error) => return vec![in_file(syntax::invalid(error), file)],
    };
    let resources = kubernetes::resources(&documents);
    if !resources.iter().any(is_checked) {
        return vec![in_file(syntax::nothing(&resources), file)];
    }
    let mut findings = route::check_all(&resources, now);
    findings.extend(secrets::check(&resources));
    let mut findings: Vec<Finding> = findings.into_iter().map(|finding| in_file(finding, file)).collect();
    for (place, text) in resources.iter().flat_map(secrets::pem_fields) {
        let source = Source::new(&format!("{}: {place}", file.name), file.name, file);
        findings.extend(read_pem_or_der(text.as_bytes(), source, graph));
    }
    findings
}

/// Whether any rule looks at a resource of this kind.
fn is_checked(resource: &Resource<'_>) -> bool {
    kubernetes::is_route(resource.value)
        || matches!(kubernetes::kind(resource.value), Some("Secret" | "ConfigMap"))
}

fn in_file(finding: Finding, file: &SourceFile<'_>) -> Finding {
    let place = format!("{}: {}", file.name, finding.place);
    Finding { file: Some(file.name.to_owned()), place, ..finding }
}

/// Reads one text in PEM, or one certificate, request or key in DER.
fn read_pem_or_der(bytes: &[u8], source: Source, graph: &mut CertificateGraph) -> Vec<Finding> {
    let index = graph.sources.len();
    let sections = match pem::read_each(bytes, &source.place) {
        Ok(sections) => sections,
        Err(error) => return vec![rules::unreadable(&source, None, &error)],
    };
    let in_file = source.place == source.file;
    let mut findings = Vec::new();
    for section in sections {
        // A line of a text inside a resource says nothing about the file.
        let line = Some(section.line).filter(|_| in_file);
        let location = Location { source: index, line };
        match section.block {
            Ok(Block::Certificate(item)) => graph.certificates.push(Located { location, item }),
            Ok(Block::Request(item)) => graph.requests.push(Located { location, item: *item }),
            Ok(Block::Key(key)) => graph.keys.push(Located { location, item: Key::Open(Box::new(key)) }),
            Ok(Block::EncryptedKey(_)) => graph.keys.push(Located { location, item: Key::Encrypted }),
            Ok(Block::Other(_)) => {}
            Err(Error::UnusableKey { reason, .. }) => {
                graph.keys.push(Located { location, item: Key::Unusable(reason) });
            }
            Err(error) => findings.push(rules::unreadable(&source, line, &error)),
        }
    }
    graph.sources.push(source);
    findings
}
