//! Who may know whom: the `use` lines and paths of `src/` against the table of the floor plan, and rules that keep
//! printing, writing, the clock and each foreign library in the one place that is theirs.

mod imports;
mod public;
mod source;
mod tables;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use crate::harness::skip;

use imports::{Modules, Path, circles, module_of};
use source::{Source, below, line_of, names_after, places, roots, sources, without_tests};
use tables::{LIBRARIES, MAY_IMPORT, POWERS};

/// Longest file, in lines, without the tests at its end.
const MAX_LINES: usize = 300;

#[test]
fn every_module_imports_only_what_the_floor_plan_allows() {
    let table: BTreeMap<&str, &[&str]> = MAY_IMPORT.iter().copied().collect();
    let (mut offences, mut imports) = (Vec::new(), 0);
    for source in sources() {
        let module = source.name.split('/').next().unwrap_or_default().trim_end_matches(".rs");
        if module == "lib" {
            continue;
        }
        let Some(allowed) = table.get(module) else {
            offences.push(format!("src/{}: the module {module} has no line in the table", source.name));
            continue;
        };
        // `super` as often as the module is deep means the crate.
        let depth = source.name.trim_end_matches(".rs").split('/').count();
        for root in ["crate::".to_owned(), "pkictl::".to_owned(), "super::".repeat(depth)] {
            for at in places(&source.code, &root) {
                for name in names_after(&source.code[at + root.len()..]) {
                    // The crate root has names of these modules.
                    let name = match name {
                        "Error" | "Result" => "error",
                        "Explanation" => "explanation",
                        name => name,
                    };
                    imports += 1;
                    if name != module && !allowed.contains(&name) {
                        offences.push(format!("src/{}: {}", source.name, line_of(&source.code, at)));
                    }
                }
            }
        }
    }
    assert!(offences.is_empty(), "against the floor plan:\n{}", offences.join("\n"));
    assert!(imports > 150, "only {imports} imports were found: the test reads too little");
}

#[test]
fn every_row_of_the_floor_plan_is_used() {
    let sources = sources();
    let modules = Modules::new(&sources);
    let mut used: BTreeSet<[String; 2]> = BTreeSet::new();
    for source in &sources {
        let own = module_of(source);
        for target in modules.imports(source).into_keys() {
            used.extend(own.first().zip(target.first()).map(|(own, target)| [own.clone(), target.clone()]));
        }
    }
    let rows = MAY_IMPORT.iter().flat_map(|(module, names)| names.iter().map(|name| [*module, *name]));
    let unused: Vec<_> = rows.filter(|row| !used.contains(&row.map(str::to_owned))).collect();
    assert!(unused.is_empty(), "no import uses these rows (module, imported): {unused:?}");
}

#[test]
fn the_architecture_page_has_the_same_table() {
    const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/ARCHITECTURE.md");
    let page = std::fs::read_to_string(PAGE).expect("the page");
    let (before, rest) = page.split_once("Who may import whom:\n\n").expect("the table's title");
    let (_, after) = rest.split_once("\n\n").expect("the table's end");
    let row = |(module, names): &(&str, &[&str])| format!("    {module}: {}", names.join(", "));
    let rows: Vec<String> = MAY_IMPORT.iter().filter(|(_, names)| !names.is_empty()).map(row).collect();
    let wanted = format!("{before}Who may import whom:\n\n{}\n\n{after}", rows.join("\n"));
    if std::env::var_os("PKICTL_BLESS").is_some() {
        std::fs::write(PAGE, &wanted).expect("the page is written");
    } else {
        assert_eq!(page, wanted, "PKICTL_BLESS=1 renews the table of ARCHITECTURE.md");
    }
}

#[test]
fn no_files_of_a_room_import_one_another_in_a_circle() {
    let sources = sources();
    let modules = Modules::new(&sources);
    // A room is a module with files of its own. What stands below a file of the room counts as that file; the room's own
    // file introduces them to each other and may know all.
    let mut rooms: BTreeMap<Path, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    let mut imports = 0;
    for source in &sources {
        let own = module_of(source);
        for target in modules.imports(source).into_keys() {
            let shared = own.iter().zip(&target).take_while(|(one, other)| one == other).count();
            if let (Some(from), Some(to)) = (own.get(shared), target.get(shared)) {
                let room = rooms.entry(own[..shared].to_vec()).or_default();
                room.entry(from.clone()).or_default().insert(to.clone());
                imports += 1;
            }
        }
    }
    let mut found = Vec::new();
    for (room, edges) in &rooms {
        for circle in circles(edges) {
            let inside = |name: &String| circle.contains(name);
            let arrows = circle.iter().flat_map(|from| {
                edges[from].iter().filter(|to| inside(to)).map(move |to| format!("{from} -> {to}"))
            });
            found.push(format!("src/{}: {}", room.join("/"), arrows.collect::<Vec<_>>().join(", ")));
        }
    }
    assert!(found.is_empty(), "{} circles:\n{}", found.len(), found.join("\n"));
    assert!(imports > 500, "only {imports} imports inside of rooms were found: the test reads too little");
}

#[test]
fn each_type_name_has_one_owner() {
    let mut owners: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for source in sources() {
        for name in source::public_types(&source.code) {
            owners.entry(name.to_owned()).or_default().push(format!("src/{}", source.name));
        }
    }
    assert!(owners.len() > 200, "only {} types were found: the test reads too little", owners.len());
    let shared = owners.iter().filter(|(_, files)| files.len() > 1);
    let shared: Vec<String> = shared.map(|(name, files)| format!("{name}: {}", files.join(", "))).collect();
    assert!(shared.is_empty(), "{} names with several owners:\n{}", shared.len(), shared.join("\n"));
}

#[test]
fn each_library_and_each_power_stays_in_its_place() {
    let sources = sources();
    let mut offences = Vec::new();
    let libraries = LIBRARIES.iter().map(|(word, homes)| (word, homes, true));
    for (word, homes, is_library) in libraries.chain(POWERS.iter().map(|(word, homes)| (word, homes, false)))
    {
        let found = |source: &Source| match is_library {
            true => roots(&source.code, word).collect::<Vec<_>>(),
            false => places(&source.code, word).collect(),
        };
        let lives_in = |home: &str, name: &str| name == home || home.ends_with('/') && name.starts_with(home);
        for source in &sources {
            if !homes.iter().any(|home| lives_in(home, &source.name)) {
                let lines = found(source).into_iter().map(|at| line_of(&source.code, at));
                offences.extend(lines.map(|line| format!("src/{}: `{word}` in: {line}", source.name)));
            }
        }
        let at_home = |source: &&Source| homes.iter().any(|home| lives_in(home, &source.name));
        let used = sources.iter().filter(at_home).any(|source| !found(source).is_empty());
        assert!(homes.is_empty() || used, "`{word}` is used nowhere: take it out of the table");
    }
    assert!(offences.is_empty(), "out of place:\n{}", offences.join("\n"));
}

#[test]
fn no_file_is_too_long_to_be_read_at_once() {
    let lines = |source: &Source| without_tests(&source.text).lines().count();
    let all: Vec<Source> = sources();
    let tests = below("tests");
    let long = all.iter().chain(&tests).filter(|source| lines(source) > MAX_LINES);
    let long: Vec<String> = long.map(|source| format!("{}: {} lines", source.name, lines(source))).collect();
    assert!(long.is_empty(), "over {MAX_LINES} lines:\n{}", long.join("\n"));
    let mut lengths: Vec<usize> = all.iter().map(lines).collect();
    lengths.sort_unstable();
    let median = lengths[lengths.len() / 2];
    assert!(median < 150, "half of the files have {median} lines or more");
}

#[test]
fn every_file_says_first_what_it_is_for() {
    let silent: Vec<String> = sources()
        .into_iter()
        .filter(|source| !source.text.starts_with("//! "))
        .map(|source| source.name)
        .collect();
    assert!(silent.is_empty(), "no `//!` in {silent:?}");
}

#[test]
fn no_dependency_needs_a_newer_compiler_than_the_package_promises() {
    let mut command = Command::new(env!("CARGO"));
    command.args(["metadata", "--format-version", "1", "--offline", "--locked"]);
    command.args(["--filter-platform", &host()]).current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = command.output().expect("cargo runs");
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        let reason = reason.lines().next().unwrap_or_default();
        let _ = skip::<()>(&format!("the dependencies' manifests are not here: {reason}"));
        return;
    }
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo writes JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let own = version(env!("CARGO_PKG_RUST_VERSION"));
    assert!(own > (1, 0) && packages.len() > 100, "{own:?}, {} packages", packages.len());
    let newer = packages
        .iter()
        .filter(|package| package["rust_version"].as_str().is_some_and(|one| version(one) > own));
    let names: Vec<String> = newer
        .map(|package| {
            format!("{} {} needs {}", package["name"], package["version"], package["rust_version"])
        })
        .collect();
    assert!(names.is_empty(), "newer than {}:\n{}", env!("CARGO_PKG_RUST_VERSION"), names.join("\n"));
}

/// `1.89.0` as numbers; the last one does not matter.
fn version(text: &str) -> (u32, u32) {
    let mut numbers = text.split('.').map(|number| number.parse().expect("a number"));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

fn host() -> String {
    let output = Command::new("rustc").args(["-vV"]).output().expect("rustc runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host").to_owned()
}
