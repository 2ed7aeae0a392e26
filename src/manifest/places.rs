//! Where files go: below the manifest's directory, and never two of them to one place.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Component, Path};

/// The longest name that file systems take, in bytes (NAME_MAX in limits.h of Linux).
const LONGEST_NAME: usize = 255;

/// A path below the manifest's directory, in its shortest form: two that lead to one place are one text.
///
/// # Errors
/// What is wrong with it, and what would be right.
pub(super) fn below(path: &str) -> Result<String, (String, String)> {
    let wrong = |message: String| Err((message, "a relative path without `..`".to_owned()));
    if path.chars().any(char::is_control) {
        return wrong(format!("{path:?} holds a control character"));
    }
    let mut parts = Vec::new();
    for part in Path::new(path).components() {
        match part {
            Component::Normal(name) => parts.push(name.to_string_lossy()),
            Component::CurDir => {}
            _ => return wrong(format!("{path:?} leads out of the manifest's directory")),
        }
    }
    if parts.is_empty() {
        return wrong(format!("{path:?} names nothing below the manifest's directory"));
    }
    if let Some(long) = parts.iter().find(|part| part.len() > LONGEST_NAME) {
        let start: String = long.chars().take(20).collect();
        let message = format!("the name that starts with {start:?} has {} bytes", long.len());
        return Err((message, format!("at most {LONGEST_NAME} bytes between two `/`")));
    }
    Ok(parts.join("/"))
}

/// Who has which place, in all environments.
#[derive(Default)]
pub(super) struct Claims {
    files: RefCell<BTreeMap<String, String>>,
    sets: RefCell<BTreeMap<String, String>>,
}

impl Claims {
    /// Takes the place of one file.
    ///
    /// # Errors
    /// Why someone else has it.
    pub(super) fn file(&self, path: &str, who: &str) -> Result<(), String> {
        let mut files = self.files.borrow_mut();
        if let Some(other) = files.get(path) {
            return Err(format!("{path:?} is already written by {other}"));
        }
        let directories = path.match_indices('/').map(|(end, _)| &path[..end]);
        if let Some((above, other)) = directories.filter_map(|above| Some((above, files.get(above)?))).next()
        {
            return Err(format!("{above:?} is already a file written by {other}"));
        }
        let inside = format!("{path}/");
        let first = files.range(inside.clone()..).next().filter(|(below, _)| below.starts_with(&inside));
        if let Some((below, other)) = first {
            return Err(format!("{path:?} is already a directory: {other} writes {below:?}"));
        }
        files.insert(path.to_owned(), who.to_owned());
        Ok(())
    }

    /// Takes the places of whatever an emitter makes of `what`: the same of it twice would be the same files.
    ///
    /// # Errors
    /// Why someone else has them.
    pub(super) fn set(&self, to: &str, what: String, who: &str) -> Result<(), String> {
        match self.sets.borrow_mut().insert(what, who.to_owned()) {
            None => Ok(()),
            Some(other) => Err(format!("{other} already writes the same files to {to:?}")),
        }
    }
}
