//! The only writer of files. A file has its mode from the moment it exists, appears whole under its name, and is on
//! disk before success is said.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Write;
use std::path::{Component, Path, PathBuf};

use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sensitivity {
    /// Everybody: mode 0644.
    Public,
    /// The owner: mode 0600.
    Secret,
}

impl Sensitivity {
    fn mode(self) -> u32 {
        match self {
            Self::Public => 0o644,
            Self::Secret => 0o600,
        }
    }
}

/// One file to write.
pub struct Artifact {
    /// Relative path with `/` between its parts.
    pub path: String,
    /// What it will hold; wiped from memory when dropped.
    pub contents: Zeroizing<Vec<u8>>,
    /// Who may read it.
    pub sensitivity: Sensitivity,
}

impl std::fmt::Debug for Artifact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Artifact({}, {} bytes, {:?})", self.path, self.contents.len(), self.sensitivity)
    }
}

impl Artifact {
    /// A file that everybody may read.
    pub fn public(path: impl Into<String>, contents: impl Into<Vec<u8>>) -> Self {
        Self {
            path: path.into(),
            contents: Zeroizing::new(contents.into()),
            sensitivity: Sensitivity::Public,
        }
    }

    /// A file that only its owner may read.
    pub fn secret(path: impl Into<String>, contents: &str) -> Self {
        Self {
            path: path.into(),
            contents: Zeroizing::new(contents.as_bytes().to_vec()),
            sensitivity: Sensitivity::Secret,
        }
    }
}

/// Whether a file that is already there may be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// No: report it.
    Keep,
    /// Yes, at once and whole.
    Replace,
}

/// Writes files into `directory`, which is made if need be. First every name is looked at, then every file is written
/// beside its place, then each takes its place: a failure before that leaves nothing behind.
pub fn write_all(directory: &Path, artifacts: &[Artifact], existing: Existing) -> Result<Vec<PathBuf>> {
    let paths: Vec<&str> = artifacts.iter().map(|artifact| artifact.path.as_str()).collect();
    let targets = check_targets(directory, &paths, existing)?;
    let mut staged = Vec::new();
    for (artifact, target) in artifacts.iter().zip(&targets) {
        let parent = target.parent().unwrap_or(directory);
        create_directory(parent, 0o755)?;
        staged.push(StagedFile::new(parent, &artifact.contents, artifact.sensitivity.mode())?);
    }
    for (file, target) in staged.into_iter().zip(&targets) {
        file.publish(target, existing)?;
    }
    Ok(targets)
}

/// The places of files below `directory`. With [`Existing::Keep`], none of them may be there yet.
pub fn check_targets(directory: &Path, paths: &[&str], existing: Existing) -> Result<Vec<PathBuf>> {
    let targets = paths.iter().map(|path| inside(directory, path)).collect::<Result<Vec<_>>>()?;
    match targets.iter().find(|target| existing == Existing::Keep && target.symlink_metadata().is_ok()) {
        Some(target) => Err(already_exists(target)),
        None => Ok(targets),
    }
}

/// Makes a directory and those above it. Only the last one gets `mode`.
pub(crate) fn create_directory(path: &Path, mode: u32) -> Result<()> {
    if path.as_os_str().is_empty() || path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        create_directory(parent, 0o755)?;
    }
    let mut builder = DirBuilder::new();
    set_directory_mode(&mut builder, mode);
    match builder.create(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        other => other.map_err(|error| Error::io("create", path, error)),
    }
}

/// Writes a file that must not exist yet; `Ok(false)` if it does.
pub(crate) fn create_file(path: &Path, contents: &[u8], mode: u32) -> Result<bool> {
    match new_file(path, mode) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        opened => {
            let failed = |error| Error::io("write", path, error);
            let mut file = opened.map_err(|error| Error::io("create", path, error))?;
            file.write_all(contents).map_err(failed)?;
            file.sync_all().map_err(failed)?;
            Ok(true)
        }
    }
}

/// Appends to a file, which is made with `mode` if need be, and puts it on disk.
pub(crate) fn append(path: &Path, contents: &[u8], mode: u32) -> Result<()> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    set_file_mode(&mut options, mode);
    let mut file = options.open(path).map_err(|error| Error::io("open", path, error))?;
    file.write_all(contents).and_then(|()| file.sync_data()).map_err(|error| Error::io("write", path, error))
}

/// Opens a file for locking, and makes it if need be.
pub(crate) fn open_lock(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true);
    set_file_mode(&mut options, 0o600);
    options.open(path).map_err(|error| Error::io("open", path, error))
}

/// A directory that is filled out of sight and takes its place as a whole.
#[derive(Debug)]
pub(crate) struct StagedDirectory {
    path: PathBuf,
    published: bool,
}

/// How the names of unfinished files and directories begin.
pub(crate) const STAGED_PREFIX: &str = ".tmp-";

impl StagedDirectory {
    /// An empty directory beside the future place, so that both are on one file system.
    pub(crate) fn new(parent: &Path) -> Result<Self> {
        let path = parent.join(staged_name()?);
        let mut builder = DirBuilder::new();
        set_directory_mode(&mut builder, 0o700);
        builder.create(&path).map_err(|error| Error::io("create", &path, error))?;
        Ok(Self { path, published: false })
    }

    /// Adds the files and puts them on disk.
    pub(crate) fn fill(&self, artifacts: &[Artifact]) -> Result<()> {
        let mut files = Vec::new();
        for artifact in artifacts {
            let target = inside(&self.path, &artifact.path)?;
            create_directory(target.parent().unwrap_or(&self.path), 0o700)?;
            let mut file = new_file(&target, artifact.sensitivity.mode())
                .map_err(|error| Error::io("create", &target, error))?;
            file.write_all(&artifact.contents).map_err(|error| Error::io("write", &target, error))?;
            files.push((file, target));
        }
        // All are written before the first is waited for, so that the disk takes them in one go.
        for (file, target) in &files {
            file.sync_all().map_err(|error| Error::io("write", target, error))?;
        }
        let parents: std::collections::BTreeSet<&Path> =
            files.iter().filter_map(|(_, target)| target.parent()).chain([self.path.as_path()]).collect();
        parents.into_iter().try_for_each(sync_directory)
    }

    /// Takes the place of `target`. What was there before is gone afterwards, or kept at `aside`.
    pub(crate) fn publish(mut self, target: &Path, existing: Existing, aside: Option<&Path>) -> Result<()> {
        let parent = target.parent().unwrap_or(Path::new("."));
        if target.symlink_metadata().is_err() {
            rename_new(&self.path, target).map_err(|error| rename_failed(target, error))?;
            self.published = true;
            return sync_directory(parent);
        }
        if existing == Existing::Keep {
            return Err(already_exists(target));
        }
        exchange(&self.path, target).map_err(|error| Error::io("replace", target, error))?;
        // What was the target lies under the staged name now: `drop` removes it, unless it is kept.
        if let Some(aside) = aside {
            create_directory(aside.parent().unwrap_or(parent), 0o700)?;
            std::fs::rename(&self.path, aside).map_err(|error| Error::io("move aside", aside, error))?;
            self.published = true;
        }
        sync_directory(parent)
    }
}

impl Drop for StagedDirectory {
    fn drop(&mut self) {
        if !self.published {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

/// Removes what killed processes left unfinished. Only the holder of the environment's lock may call it.
pub(crate) fn remove_litter(directory: &Path) {
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(STAGED_PREFIX) {
            let path = entry.path();
            let _ = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        }
    }
}

/// A file that is written out of sight and takes its place as a whole.
struct StagedFile {
    path: PathBuf,
    published: bool,
}

impl StagedFile {
    fn new(parent: &Path, contents: &[u8], mode: u32) -> Result<Self> {
        let path = parent.join(staged_name()?);
        let mut file = new_file(&path, mode).map_err(|error| Error::io("create a file in", parent, error))?;
        let staged = Self { path, published: false };
        file.write_all(contents)
            .and_then(|()| file.sync_all())
            .map_err(|error| Error::io("write into", parent, error))?;
        Ok(staged)
    }

    fn publish(mut self, target: &Path, existing: Existing) -> Result<()> {
        match existing {
            Existing::Replace => {
                std::fs::rename(&self.path, target).map_err(|error| Error::io("replace", target, error))?;
            }
            Existing::Keep => rename_new(&self.path, target).map_err(|error| rename_failed(target, error))?,
        }
        self.published = true;
        sync_directory(target.parent().unwrap_or(Path::new(".")))
    }
}

impl Drop for StagedFile {
    fn drop(&mut self) {
        if !self.published {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// `path` below `directory`; refuses one that leaves it.
fn inside(directory: &Path, path: &str) -> Result<PathBuf> {
    let parts: Vec<Component<'_>> = Path::new(path).components().collect();
    if parts.is_empty() || !parts.iter().all(|part| matches!(part, Component::Normal(_))) {
        return Err(Error::UnsafePath { directory: directory.to_owned(), path: path.to_owned() });
    }
    Ok(directory.join(path))
}

fn already_exists(target: &Path) -> Error {
    Error::AlreadyExists {
        what: "file",
        name: target.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
        place: target
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
            .unwrap_or(Path::new("."))
            .to_owned(),
    }
}

fn rename_failed(target: &Path, error: std::io::Error) -> Error {
    if matches!(error.kind(), std::io::ErrorKind::AlreadyExists | std::io::ErrorKind::DirectoryNotEmpty) {
        already_exists(target)
    } else {
        Error::io("create", target, error)
    }
}

fn staged_name() -> Result<String> {
    Ok(format!("{STAGED_PREFIX}{}", crate::pki::hex(&crate::pki::random_bytes::<8>()?)))
}

fn new_file(path: &Path, mode: u32) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    set_file_mode(&mut options, mode);
    options.open(path)
}

#[cfg(unix)]
fn set_file_mode(options: &mut OpenOptions, mode: u32) {
    std::os::unix::fs::OpenOptionsExt::mode(options, mode);
}

#[cfg(not(unix))]
fn set_file_mode(_: &mut OpenOptions, _: u32) {}

#[cfg(unix)]
fn set_directory_mode(builder: &mut DirBuilder, mode: u32) {
    std::os::unix::fs::DirBuilderExt::mode(builder, mode);
}

#[cfg(not(unix))]
fn set_directory_mode(_: &mut DirBuilder, _: u32) {}

#[cfg(unix)]
fn sync_directory(path: &Path) -> Result<()> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    File::open(path)
        .and_then(|directory| directory.sync_all())
        .map_err(|error| Error::io("sync", path, error))
}

#[cfg(not(unix))]
fn sync_directory(_: &Path) -> Result<()> {
    Ok(())
}

/// Renames unless the target exists, without a moment in between where the system can do that.
#[cfg(target_os = "linux")]
fn rename_new(from: &Path, to: &Path) -> std::io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS | rustix::io::Errno::NOTSUP) => {
            rename_new_portably(from, to)
        }
        other => other.map_err(Into::into),
    }
}

#[cfg(not(target_os = "linux"))]
fn rename_new(from: &Path, to: &Path) -> std::io::Result<()> {
    rename_new_portably(from, to)
}

/// The file system cannot refuse to replace: the lock of the environment is what keeps two writers apart.
fn rename_new_portably(from: &Path, to: &Path) -> std::io::Result<()> {
    if to.symlink_metadata().is_ok() {
        return Err(std::io::ErrorKind::AlreadyExists.into());
    }
    std::fs::rename(from, to)
}

/// Swaps two directories at once: a reader finds the old one or the new one, whole.
#[cfg(target_os = "linux")]
fn exchange(one: &Path, other: &Path) -> std::io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    match renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE) {
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS | rustix::io::Errno::NOTSUP) => {
            exchange_portably(one, other)
        }
        swapped => swapped.map_err(Into::into),
    }
}

#[cfg(not(target_os = "linux"))]
fn exchange(one: &Path, other: &Path) -> std::io::Result<()> {
    exchange_portably(one, other)
}

/// Where the system cannot swap, there is a moment in which `other` is missing; never one in which it is mixed.
fn exchange_portably(one: &Path, other: &Path) -> std::io::Result<()> {
    let mut old = other.as_os_str().to_owned();
    old.push(".old");
    let old = PathBuf::from(old);
    std::fs::rename(other, &old)?;
    std::fs::rename(one, other)?;
    std::fs::rename(&old, one)
}

#[cfg(all(test, unix))]
mod tests {
    use super::{Artifact, Existing, write_all};
    use crate::error::Error;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn secrets_are_readable_by_their_owner_only_and_nothing_is_replaced_unasked() {
        let directory = tempfile::tempdir().expect("a directory");
        let files = [Artifact::public("a/x.crt", "x"), Artifact::secret("a/x.key", "k")];
        write_all(directory.path(), &files, Existing::Keep).expect("written");
        let mode = |name: &str| {
            let file = directory.path().join(name);
            file.metadata().expect("the file").permissions().mode() & 0o777
        };
        assert_eq!((mode("a/x.crt") & 0o600, mode("a/x.key")), (0o600, 0o600));
        let again = write_all(directory.path(), &files, Existing::Keep);
        assert!(matches!(again, Err(Error::AlreadyExists { name, .. }) if name == "x.crt"));
        write_all(directory.path(), &files, Existing::Replace).expect("replaced");
        let names: Vec<_> = std::fs::read_dir(directory.path().join("a")).expect("a directory").collect();
        assert_eq!(names.len(), 2, "a failed or finished run left litter");
    }

    #[test]
    fn no_path_leaves_its_directory() {
        let directory = tempfile::tempdir().expect("a directory");
        for path in ["../x", "/etc/x", "a/../../x", ".", ""] {
            let result = write_all(directory.path(), &[Artifact::public(path, "x")], Existing::Replace);
            assert!(matches!(result, Err(Error::UnsafePath { .. })), "{path}");
        }
    }
}
