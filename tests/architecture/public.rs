//! What the documentation shows to an embedder: a list, so that nothing comes into it or leaves it by accident.

use std::collections::BTreeSet;

use super::imports::uses;
use super::source::{Source, names_after, places, sources};

/// Everything documented, one path a line. Renew it with `PKICTL_BLESS=1`.
const LIST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/architecture/public.txt");

/// Libraries whose types an embedder must not need.
const PRIVATE: [&str; 2] = ["clap", "minijinja"];

/// Items that a file shows, each with its kind, its name, and whether the documentation shows it.
fn items(source: &Source) -> Vec<(&str, Vec<&str>)> {
    let (mut found, mut is_hidden) = (Vec::new(), false);
    for line in source.code.lines() {
        if line.starts_with("#[") {
            is_hidden |= line.contains("doc(hidden)");
            continue;
        }
        if let Some((kind, rest)) = line.strip_prefix("pub ").and_then(|rest| rest.split_once(' ')) {
            let names = match kind {
                "use" => vec![],
                "const" if rest.starts_with("fn ") => names_after(&rest["fn ".len()..]),
                _ => names_after(rest),
            };
            if !is_hidden && kind != "use" {
                found.push((kind, names));
            }
        }
        is_hidden = false;
    }
    found
}

/// The documented paths of a module and of those in it.
fn documented(sources: &[Source], module: &str, found: &mut BTreeSet<String>) {
    let file =
        if module.is_empty() { "lib.rs".to_owned() } else { format!("{}.rs", module.replace("::", "/")) };
    let source = sources.iter().find(|source| source.name == file).expect("a module has a file");
    let path = |name: &str| if module.is_empty() { name.to_owned() } else { format!("{module}::{name}") };
    let re_exported = source.code.split("\npub use ").skip(1).flat_map(|rest| {
        let tree = rest.split(';').next().unwrap_or_default();
        uses(&format!("use {tree};"))
    });
    found.extend(re_exported.map(|(_, name)| path(&name)));
    for (kind, names) in items(source) {
        for name in names {
            found.insert(path(name));
            if kind == "mod" {
                documented(sources, &path(name), found);
            }
        }
    }
}

#[test]
fn what_is_documented_is_meant_to_be() {
    let mut found = BTreeSet::new();
    documented(&sources(), "", &mut found);
    let found: String = found.into_iter().map(|path| path + "\n").collect();
    if std::env::var_os("PKICTL_BLESS").is_some() {
        std::fs::write(LIST, &found).expect("the list is written");
    }
    let listed = std::fs::read_to_string(LIST).expect("the list");
    assert_eq!(found, listed, "the documented interface differs from {LIST}; PKICTL_BLESS=1 renews it");
}

#[test]
fn no_documented_signature_names_a_library_that_may_change() {
    let mut found = BTreeSet::new();
    let sources = sources();
    documented(&sources, "", &mut found);
    let rooms: BTreeSet<&str> =
        found.iter().filter_map(|path| path.split("::").next()).chain(["ephemeral"]).collect();
    let (mut offences, mut signatures) = (Vec::new(), 0);
    for source in &sources {
        let room = source.name.trim_end_matches(".rs").split('/').next().unwrap_or_default();
        if !rooms.contains(room) {
            continue;
        }
        let uses = uses(&source.code);
        let private = uses.iter().filter(|(path, _)| PRIVATE.contains(&path[0].as_str()));
        let names: Vec<&str> = private.map(|(_, name)| name.as_str()).chain(PRIVATE).collect();
        for at in places(&source.code, "pub ") {
            let signature = &source.code[at..];
            let signature = &signature[..signature.find(['{', ';', '}']).unwrap_or(signature.len())];
            signatures += 1;
            if names.iter().any(|name| places(signature, name).next().is_some()) {
                offences.push(format!("src/{}: {signature}", source.name));
            }
        }
    }
    assert!(offences.is_empty(), "{}", offences.join("\n"));
    assert!(signatures > 200, "only {signatures} signatures were read");
}
