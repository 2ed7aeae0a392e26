//! Directories that take their place as a whole, and what is left of those that did not.

#![allow(clippy::disallowed_methods, reason = "this directory is the one writer of files")]

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::system::{self, OLD_PREFIX, exchange, rename_new, sync_directory};
use super::{
    Artifact, Existing, STAGED_PREFIX, already_exists, inside, is_staged_name, rename_failed, staged_name,
};
use crate::error::{Error, Result};

/// Makes a directory and those above it, and returns those that it made. Only the last one gets `mode`.
pub(crate) fn create_directory(path: &Path, mode: u32) -> Result<CreatedDirs> {
    if path.as_os_str().is_empty() || path.is_dir() {
        return Ok(CreatedDirs::default());
    }
    let mut made = match path.parent() {
        Some(parent) => create_directory(parent, 0o755)?,
        None => CreatedDirs::default(),
    };
    match system::new_directory(path, mode) {
        Ok(()) => made.0.push(path.to_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            return in_the_way(path).map(|()| made);
        }
        Err(error) => return Err(Error::io("create", path, error)),
    }
    sync_directory(path.parent().unwrap_or(Path::new(".")))?;
    Ok(made)
}

/// Refuses a path at which a directory cannot be made, because it or one above it is something else.
pub(crate) fn require_directory(path: &Path) -> Result<()> {
    for above in path.ancestors().filter(|above| !above.as_os_str().is_empty()) {
        if above.symlink_metadata().is_ok() {
            return in_the_way(above);
        }
    }
    Ok(())
}

/// Something has the name already: another process made the directory, or it is none.
fn in_the_way(path: &Path) -> Result<()> {
    let found = match path.metadata() {
        Ok(found) if found.is_dir() => return Ok(()),
        Ok(_) => "a file",
        Err(_) => "a dangling symbolic link",
    };
    Err(Error::Encoding {
        place: path.display().to_string(),
        reason: "this is not a directory".into(),
        expected: "a directory, or nothing".into(),
        found: found.into(),
    })
}

/// Directories that were made on the way. Dropping it removes those that are still empty, unless they are kept.
#[derive(Debug, Default)]
pub(crate) struct CreatedDirs(Vec<PathBuf>);

impl CreatedDirs {
    /// They are needed from now on.
    pub(crate) fn keep(mut self) {
        self.0.clear();
    }

    /// Adds those that another call made, after these.
    pub(crate) fn extend(&mut self, mut others: CreatedDirs) {
        self.0.append(&mut others.0);
    }
}

impl Drop for CreatedDirs {
    fn drop(&mut self) {
        for path in self.0.iter().rev() {
            let _ = std::fs::remove_dir(path);
        }
    }
}

/// A directory that is filled out of sight and takes its place as a whole.
#[derive(Debug)]
pub(crate) struct StagedDirectory {
    path: PathBuf,
    published: bool,
}

impl StagedDirectory {
    /// An empty directory beside the future place, so that both are on one file system.
    pub(crate) fn new(parent: &Path) -> Result<Self> {
        let path = parent.join(staged_name()?);
        system::new_directory(&path, 0o700)
            .map_err(|error| Error::io("create a directory in", parent, error))?;
        Ok(Self { path, published: false })
    }

    /// Adds the files and puts them on disk.
    pub(crate) fn fill(&self, artifacts: &[Artifact]) -> Result<()> {
        let files = self.fill_unsynced(artifacts)?;
        files.iter().for_each(|(file, _)| system::start_writing(file));
        // All are written before the first is waited for, so that the disk takes them in one go.
        for (file, target) in &files {
            file.sync_all().map_err(|error| Error::io("write", target, error))?;
        }
        let parents: BTreeSet<&Path> =
            files.iter().filter_map(|(_, target)| target.parent()).chain([self.path.as_path()]).collect();
        parents.into_iter().try_for_each(sync_directory)
    }

    /// Adds the files; a caller that fills many directories puts all of them on disk at once, with [`sync_below`].
    ///
    /// [`sync_below`]: super::sync_below
    pub(crate) fn fill_unsynced(&self, artifacts: &[Artifact]) -> Result<Vec<(File, PathBuf)>> {
        let mut files = Vec::new();
        for artifact in artifacts {
            let target = inside(&self.path, &artifact.path)?;
            create_directory(target.parent().unwrap_or(&self.path), 0o700)?.keep();
            let mut file = system::new_file(&target, artifact.sensitivity.mode())
                .map_err(|error| Error::io("create", &target, error))?;
            file.write_all(&artifact.contents).map_err(|error| Error::io("write", &target, error))?;
            files.push((file, target));
        }
        Ok(files)
    }

    /// Takes the place of `target`. What was there before is gone afterwards, or where [`keep_aside`] said.
    pub(crate) fn publish(self, target: &Path, existing: Existing) -> Result<()> {
        self.publish_unsynced(target, existing)?;
        sync_directory(target.parent().unwrap_or(Path::new(".")))
    }

    /// The same; a caller that publishes many puts the names on disk at once, when all have their place.
    pub(crate) fn publish_unsynced(mut self, target: &Path, existing: Existing) -> Result<()> {
        if target.symlink_metadata().is_err() {
            rename_new(&self.path, target).map_err(|error| rename_failed(target, error))?;
            self.published = true;
            return Ok(());
        }
        if existing == Existing::Keep {
            return Err(already_exists(target));
        }
        exchange(&self.path, target).map_err(|error| Error::io("replace", target, error))?;
        // What was the target lies under the other name now.
        self.published = true;
        discard(&self.path)
    }
}

/// The file in a directory that says where it is to be kept when another takes its place.
const KEEP_MARKER: &str = ".tmp-keep-at";

/// How the name of such a directory begins on its way there.
const KEEP_PREFIX: &str = ".keep-";

/// The directory of those that were replaced and are kept.
pub(crate) const REPLACED: &str = "replaced";

/// Says in `target` that it is to be kept as `replaced/NAME` in `staging` once another directory takes its place: who
/// finishes the exchange, this process or the next holder of the lock, moves it there. The name must be free. The other one
/// is filled in `staging`.
pub(crate) fn keep_aside(target: &Path, staging: &Path, name: &str) -> Result<()> {
    inside(staging, name)?;
    create_directory(&staging.join(REPLACED), 0o700)?.keep();
    require_directory(target)?;
    let marker = target.join(KEEP_MARKER);
    remove(&marker);
    let written = system::new_file(&marker, 0o600).and_then(|mut file| {
        file.write_all(name.as_bytes())?;
        file.sync_all()
    });
    written.map_err(|error| Error::io("write", &marker, error))?;
    sync_directory(target)
}

/// Removes a directory that another one replaced, unless it says that it is to be kept: then it goes there.
fn discard(path: &Path) -> Result<()> {
    let Ok(name) = std::fs::read_to_string(path.join(KEEP_MARKER)) else {
        remove(path);
        return Ok(());
    };
    // Under a name that says the same, so that nothing is left to be removed once it is where it belongs.
    let staging = path.parent().unwrap_or(Path::new("."));
    let named = inside(staging, &format!("{KEEP_PREFIX}{name}"))?;
    rename_new(path, &named).map_err(|error| rename_failed(&named, error))?;
    keep(&named, &name)
}

/// Moves a directory that is named after its place there.
fn keep(named: &Path, name: &str) -> Result<()> {
    let staging = named.parent().unwrap_or(Path::new("."));
    remove(&named.join(KEEP_MARKER));
    let kept = staging.join(REPLACED);
    let aside = inside(&kept, name)?;
    rename_new(named, &aside).map_err(|error| rename_failed(&aside, error))?;
    sync_directory(&kept)?;
    sync_directory(staging)
}

impl Drop for StagedDirectory {
    fn drop(&mut self) {
        if !self.published {
            remove(&self.path);
        }
    }
}

/// Removes what killed processes left unfinished, keeps what they had replaced and not yet moved aside, and puts back what
/// one had taken away where the system cannot swap.
/// Only the holder of the environment's lock may call it.
pub(crate) fn remove_stale(directory: &Path) {
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_stale = name.starts_with(STAGED_PREFIX)
            || name.strip_prefix(OLD_PREFIX).is_some_and(|original| {
                // Taken away, and nothing is in its place yet.
                rename_new(&entry.path(), &directory.join(original)).is_err()
            });
        // What cannot be kept where it belongs stays: the next holder of the lock tries again.
        let _ = match name.strip_prefix(KEEP_PREFIX) {
            Some(name) => keep(&entry.path(), name),
            None if is_stale => discard(&entry.path()),
            None => Ok(()),
        };
    }
}

/// How old an unfinished file is before it counts as left behind.
const ABANDONED: Duration = Duration::from_secs(60);

/// Removes files that a killed process was writing into a directory of the user's, if they are a minute older than
/// `now`: others may write there at this moment, and no lock keeps them away. What only looks like one of them stays.
pub(crate) fn remove_abandoned(directory: &Path, now: SystemTime) {
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    let before = now - ABANDONED;
    for entry in entries.flatten() {
        let is_staged = entry.file_name().to_str().is_some_and(is_staged_name);
        let is_old = |found: std::fs::Metadata| {
            found.is_file() && found.modified().is_ok_and(|modified| modified < before)
        };
        if is_staged && entry.metadata().is_ok_and(is_old) {
            remove(&entry.path());
        }
    }
}

fn remove(path: &Path) {
    let is_directory = path.symlink_metadata().is_ok_and(|found| found.is_dir());
    let _ = if is_directory { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
}

#[cfg(test)]
mod tests {
    use super::{StagedDirectory, keep_aside, remove_stale};
    use crate::artifact::system::exchange;
    use crate::artifact::{Artifact, Existing};
    use std::path::{Path, PathBuf};

    /// A place with a directory `ca` that holds `old`, another that is filled with `new`, and where the old one will go.
    fn scene(place: &Path) -> (StagedDirectory, PathBuf, PathBuf) {
        let (target, aside) = (place.join("ca"), place.join("replaced/ca-1"));
        for text in ["old", "new"] {
            let staged = StagedDirectory::new(place).expect("a directory");
            staged.fill(&[Artifact::public("file", text)]).expect("filled");
            if text == "new" {
                keep_aside(&target, place, "ca-1").expect("it can be kept");
                return (staged, target, aside);
            }
            staged.publish(&target, Existing::Keep).expect("published");
        }
        unreachable!("the second one was new")
    }

    fn names(place: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(place).expect("a directory").flatten();
        let mut names: Vec<String> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_is_to_be_kept_goes_aside_when_another_takes_its_place() {
        let place = tempfile::tempdir().expect("a directory");
        let (staged, target, aside) = scene(place.path());
        staged.publish(&target, Existing::Replace).expect("published");
        let text = |path: &Path| std::fs::read_to_string(path.join("file")).expect("the file");
        assert_eq!((text(&target), text(&aside)), ("new".into(), "old".into()));
        assert_eq!(
            (names(place.path()), names(&aside)),
            (vec!["ca".into(), "replaced".into()], vec!["file".into()])
        );
    }

    #[test]
    fn killed_right_after_the_exchange_the_next_one_keeps_the_old_one() {
        let place = tempfile::tempdir().expect("a directory");
        let (staged, target, aside) = scene(place.path());
        exchange(&staged.path, &target).expect("exchanged");
        std::mem::forget(staged);
        remove_stale(place.path());
        assert_eq!(std::fs::read_to_string(aside.join("file")).expect("the old one"), "old");
        assert_eq!(names(place.path()), ["ca", "replaced"]);
    }

    #[test]
    fn killed_right_before_the_exchange_nothing_is_kept_but_what_is_in_force() {
        let place = tempfile::tempdir().expect("a directory");
        let (staged, target, _) = scene(place.path());
        std::mem::forget(staged);
        for directory in [place.path(), target.as_path()] {
            remove_stale(directory);
        }
        assert_eq!(std::fs::read_to_string(target.join("file")).expect("the old one"), "old");
        assert_eq!(
            (names(place.path()), names(&target)),
            (vec!["ca".into(), "replaced".into()], vec!["file".into()])
        );
        assert_eq!(names(&place.path().join("replaced")), Vec::<String>::new());
    }
}
