//! Which file imports from which: `use` trees and written-out paths, followed through re-exports to the file that owns the name.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{Source, places};

/// A path without its `::`: a module, or a name in one.
pub type Path = Vec<String>;

/// All modules, and for each the names that its `use` lines bring into it.
pub struct Modules {
    modules: BTreeSet<Path>,
    /// Module, name in it, and where that name is from.
    names: BTreeMap<(Path, String), Path>,
}

/// `cli/args.rs` is the module `cli::args`, `lib.rs` the crate itself.
pub fn module_of(source: &Source) -> Path {
    let path = source.name.trim_end_matches(".rs");
    if path == "lib" { vec![] } else { path.split('/').map(str::to_owned).collect() }
}

impl Modules {
    /// Reads all files of the library.
    pub fn new(sources: &[Source]) -> Self {
        let modules: BTreeSet<Path> = sources.iter().map(module_of).chain([vec![]]).collect();
        let mut found = Self { modules, names: BTreeMap::new() };
        for source in sources {
            let module = module_of(source);
            for (path, name) in uses(&source.code) {
                if let Some(path) = found.absolute(&module, &path) {
                    found.names.insert((module.clone(), name), path);
                }
            }
        }
        found
    }

    /// The modules from which a file imports, without itself, each with the path by which it does.
    pub fn imports(&self, source: &Source) -> BTreeMap<Path, Path> {
        let own = module_of(source);
        let written = uses(&source.code).into_iter().map(|(path, _)| path).chain(paths(&source.code));
        let absolute = written.filter_map(|path| self.absolute(&own, &path));
        let mut found: BTreeMap<Path, Path> = absolute.map(|path| (self.owner(&path, 0), path)).collect();
        found.remove(&own);
        found
    }

    /// A path from the crate's root; `None` where it leads into another library.
    fn absolute(&self, module: &[String], path: &[String]) -> Option<Path> {
        let (first, rest) = path.split_first()?;
        let mut base = match first.as_str() {
            "crate" | "pkictl" => vec![],
            "self" => module.to_vec(),
            "super" => module.split_last()?.1.to_vec(),
            child if self.modules.contains(&[module, &[child.to_owned()]].concat()) => {
                return Some([module, path].concat());
            }
            _ => return None,
        };
        for name in rest {
            if name == "super" { base.pop().map(drop)? } else { base.push(name.clone()) }
        }
        Some(base)
    }

    /// The module that owns what a path names.
    fn owner(&self, path: &[String], depth: usize) -> Path {
        assert!(depth < 20, "re-exports in a circle: {path:?}");
        let mut module: Path = vec![];
        for (index, name) in path.iter().enumerate() {
            let deeper = [&module[..], std::slice::from_ref(name)].concat();
            if self.modules.contains(&deeper) {
                module = deeper;
            } else if let Some(original) = self.names.get(&(module.clone(), name.clone())) {
                let path = [&original[..], &path[index + 1..]].concat();
                return self.owner(&path, depth + 1);
            } else {
                break;
            }
        }
        module
    }
}

/// Every path of the `use` lines, and the name under which it is known in the file.
pub fn uses(code: &str) -> Vec<(Path, String)> {
    let mut found = Vec::new();
    for at in places(code, "use ") {
        let tree = &code[at + "use ".len()..];
        let tree = &tree[..tree.find(';').unwrap_or(tree.len())];
        leaves(tree, &[], &mut found);
    }
    found
}

/// The ends of a `use` tree.
fn leaves(tree: &str, before: &[String], found: &mut Vec<(Path, String)>) {
    for branch in branches(tree) {
        let (path, inner) = match branch.split_once('{') {
            Some((path, inner)) => {
                (path.trim_end_matches("::"), Some(inner.trim_end().trim_end_matches('}')))
            }
            None => (branch, None),
        };
        let (path, alias) = path.split_once(" as ").unwrap_or((path, ""));
        let names = path.split("::").map(str::trim).filter(|name| !name.is_empty());
        let mut whole = before.to_vec();
        whole.extend(names.map(str::to_owned));
        match inner {
            // The last brace closes this branch, and those before it closed others.
            Some(_) => {
                let start = branch.find('{').unwrap_or(0) + 1;
                let end = branch.rfind('}').unwrap_or(branch.len());
                leaves(&branch[start..end], &whole, found);
            }
            None => {
                if whole.last().is_some_and(|name| name == "self") && whole.len() > 1 {
                    whole.pop();
                }
                if let Some(name) = whole.last().cloned() {
                    found.push((whole, if alias.is_empty() { name } else { alias.trim().to_owned() }));
                }
            }
        }
    }
}

/// The parts of a list between its commas, those inside braces not counted.
fn branches(list: &str) -> Vec<&str> {
    let (mut depth, mut start, mut found) = (0_usize, 0, Vec::new());
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                found.push(list[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(list[start..].trim());
    found.retain(|part| !part.is_empty());
    found
}

/// Paths that begin at the crate or above the file, wherever they stand in code.
fn paths(code: &str) -> Vec<Path> {
    let mut found = Vec::new();
    for root in ["crate::", "pkictl::", "super::"] {
        for at in places(code, root).filter(|at| !code[..*at].ends_with("::")) {
            let end = code[at..].find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':');
            let path = &code[at..end.map_or(code.len(), |end| at + end)];
            found.push(path.split("::").filter(|name| !name.is_empty()).map(str::to_owned).collect());
        }
    }
    found
}

/// The circles of a graph: each set of nodes that reach one another.
pub fn circles(edges: &BTreeMap<String, BTreeSet<String>>) -> Vec<BTreeSet<String>> {
    let reach = |from: &String| {
        let (mut left, mut seen) = (vec![from], BTreeSet::new());
        while let Some(node) = left.pop() {
            left.extend(edges.get(node).into_iter().flatten().filter(|next| seen.insert((*next).clone())));
        }
        seen
    };
    let reached: BTreeMap<&String, BTreeSet<String>> = edges.keys().map(|node| (node, reach(node))).collect();
    let mut found = BTreeSet::new();
    for (node, nodes) in &reached {
        let back = nodes.iter().filter(|other| reached.get(other).is_some_and(|nodes| nodes.contains(*node)));
        let circle: BTreeSet<String> = back.cloned().collect();
        if circle.len() > 1 {
            found.insert(circle);
        }
    }
    found.into_iter().collect()
}

#[test]
fn use_trees_are_read_to_their_ends() {
    let read = |code: &str| {
        uses(code).into_iter().map(|(path, name)| format!("{}={name}", path.join("::"))).collect::<Vec<_>>()
    };
    assert_eq!(
        read("use crate::{error::Error, pki::{Label, pem::{self, x as y}}};\nuse a as b;"),
        [
            "crate::error::Error=Error",
            "crate::pki::Label=Label",
            "crate::pki::pem=pem",
            "crate::pki::pem::x=y",
            "a=b"
        ]
    );
}
