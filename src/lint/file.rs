//! Files as they come: what each of them holds, and what cannot be read.

use std::collections::BTreeSet;

use time::OffsetDateTime;

use super::scene::{At, Held, Key, Scene, Source};
use super::{Finding, NOTHING, routes, rule, secrets, syntax};
use crate::error::Error;
use crate::kubernetes::{self, Object};
use crate::pki::pem::{self, Block};

/// A file to judge. Whoever reads it says what its bytes do not.
#[derive(Debug, Clone, Copy)]
pub struct File<'a> {
    /// Its path, as people know it.
    pub name: &'a str,
    /// What stands in it.
    pub bytes: &'a [u8],
    /// Its permission bits, where the system has them and they mean something.
    pub mode: Option<u32>,
    /// Whether it is under version control.
    pub tracked: bool,
    /// Whether somebody loads it as the authorities that he trusts. A name such as `ca.crt` says that, too.
    pub trusted: bool,
}

/// Sorts what the files hold; the findings are about what cannot be sorted, and about manifests.
pub(super) fn read<'a>(files: &[File<'a>], now: OffsetDateTime) -> (Scene, Vec<Finding>) {
    let mut scene = Scene::new(now);
    let mut findings = Vec::new();
    for file in files {
        if is_manifest(file) {
            findings.extend(read_manifest(file, &mut scene, now));
        } else {
            let source = Source::new(file.name, file.name, file);
            findings.extend(read_section(file.bytes, source, &mut scene));
        }
    }
    scene.settle();
    (scene, findings)
}

/// By the name, otherwise by a line that every manifest has: indented PEM in YAML is PEM, too.
fn is_manifest(file: &File<'_>) -> bool {
    let name = file.name.to_ascii_lowercase();
    if [".yaml", ".yml", ".json"].iter().any(|end| name.ends_with(end)) {
        return true;
    }
    let is_json = file.bytes.trim_ascii_start().starts_with(b"{");
    is_json || file.bytes.split(|byte| *byte == b'\n').any(|line| line.starts_with(b"kind:"))
}

fn read_manifest(file: &File<'_>, scene: &mut Scene, now: OffsetDateTime) -> Vec<Finding> {
    let text = match std::str::from_utf8(file.bytes) {
        Ok(text) => text,
        Err(_) => return vec![in_file(syntax("these bytes are no text".into()), file)],
    };
    let documents = match kubernetes::read(text) {
        Ok(documents) => documents,
        Err(message) => return vec![in_file(syntax(message), file)],
    };
    let objects = kubernetes::objects(&documents);
    if !objects.iter().any(is_judged) {
        return vec![in_file(nothing(&objects), file)];
    }
    let mut findings = routes(&objects, now);
    findings.extend(secrets::check(&objects));
    let mut findings: Vec<Finding> = findings.into_iter().map(|finding| in_file(finding, file)).collect();
    for (place, text) in objects.iter().flat_map(secrets::pem_fields) {
        let source = Source::new(&format!("{}: {place}", file.name), file.name, file);
        findings.extend(read_section(text.as_bytes(), source, scene));
    }
    findings
}

/// Whether any rule looks at an object of this kind.
fn is_judged(object: &Object<'_>) -> bool {
    kubernetes::is_route(object.value)
        || matches!(kubernetes::kind(object.value), Some("Secret" | "ConfigMap"))
}

fn nothing(objects: &[Object<'_>]) -> Finding {
    let kinds: BTreeSet<&str> =
        objects.iter().filter_map(|object| kubernetes::kind(object.value)).take(KINDS_SHOWN).collect();
    let found = match kinds.is_empty() {
        true => "no object of Kubernetes".to_owned(),
        false => kinds.iter().map(|kind| kind.escape_debug().to_string()).collect::<Vec<_>>().join(", "),
    };
    Finding {
        expected: Some("a Route, a Secret or a ConfigMap".into()),
        found: Some(found),
        rule: NOTHING,
        ..syntax("there is nothing in it that lint judges".into())
    }
}

/// Kinds that a finding names: a manifest may have thousands of objects.
const KINDS_SHOWN: usize = 20;

fn in_file(finding: Finding, file: &File<'_>) -> Finding {
    let place = format!("{}: {}", file.name, finding.place);
    Finding { file: Some(file.name.to_owned()), place, ..finding }
}

/// Takes apart one text in PEM, or one thing in DER.
fn read_section(bytes: &[u8], source: Source, scene: &mut Scene) -> Vec<Finding> {
    let at = |line| At { source: scene.sources.len(), line };
    let sections = match pem::read_each(bytes, &source.place) {
        Ok(sections) => sections,
        Err(error) => return vec![rule::unreadable(&source, None, &error)],
    };
    let in_file = source.place == source.file;
    let mut findings = Vec::new();
    for section in sections {
        // A line of a text inside a manifest says nothing about the manifest.
        let at = at(Some(section.line).filter(|_| in_file));
        let line = at.line;
        match section.block {
            Ok(Block::Certificate(item)) => scene.certificates.push(Held { at, item }),
            Ok(Block::Request(item)) => scene.requests.push(Held { at, item: *item }),
            Ok(Block::Key(key)) => scene.keys.push(Held { at, item: Key::Open(Box::new(key)) }),
            Ok(Block::EncryptedKey(_)) => scene.keys.push(Held { at, item: Key::Encrypted }),
            Ok(Block::Other(_)) => {}
            Err(Error::UnusableKey { reason, .. }) => {
                scene.keys.push(Held { at, item: Key::Unusable(reason) });
            }
            Err(error) => findings.push(rule::unreadable(&source, line, &error)),
        }
    }
    scene.sources.push(source);
    findings
}
