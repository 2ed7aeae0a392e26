//! Embeds `templates/` into the program: a table of path and text, in the order of the paths as texts.

#![allow(clippy::disallowed_methods, reason = "a build script writes for the compiler")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=templates");
    let mut files = Vec::new();
    collect(Path::new("templates"), &mut files);
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let mut table = String::from("pub(crate) const EMBEDDED: &[(&str, &str)] = &[\n");
    let mut files: Vec<(String, PathBuf)> = files.into_iter().map(|file| (name(&file), file)).collect();
    // Not in the order of the paths, which compare by component: as texts, `a-b/` comes before `a/`.
    files.sort();
    for (name, file) in &files {
        if name.contains("/expected/") {
            continue;
        }
        writeln!(table, "    ({name:?}, include_str!({:?})),", root.join(file)).expect("writing to a string");
    }
    table.push_str("];\n");
    let target = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("templates.rs");
    fs::write(target, table).expect("the build directory can be written");
}

/// Its path below `templates`, with slashes.
fn name(file: &Path) -> String {
    let name = file.strip_prefix("templates").expect("every file was found there");
    name.to_str().expect("template names are UTF-8").replace('\\', "/")
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(directory).expect("templates can be read");
    for entry in entries {
        let path = entry.expect("templates can be read").path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}
