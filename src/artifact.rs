//! The only writer of files. A file has its mode from the moment it exists, appears whole under its name, and is on
//! disk before success is said.

mod directory;
mod file;
mod system;

use std::path::{Component, Path, PathBuf};

use zeroize::Zeroizing;

use crate::error::{Error, Result, ThingKind};
use file::{SetAside, StagedFile};

pub(crate) use directory::{
    CreatedDirs, REPLACED, StagedDirectory, create_directory, keep_aside, remove_abandoned, remove_stale,
    require_directory,
};
#[cfg(feature = "cli")]
pub(crate) use file::open_stream;
pub(crate) use file::{AppendedLine, create_file, open_lock};

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sensitivity {
    /// Everyone: mode 0644.
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
    /// Whether it is YAML or JSON, in which objects of Kubernetes may stand.
    pub is_resource: bool,
}

impl std::fmt::Debug for Artifact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Artifact({}, {} bytes, {:?})", self.path, self.contents.len(), self.sensitivity)
    }
}

impl Artifact {
    /// A file that everyone may read.
    pub fn public(path: impl Into<String>, contents: impl Into<Vec<u8>>) -> Self {
        Self {
            path: path.into(),
            contents: Zeroizing::new(contents.into()),
            sensitivity: Sensitivity::Public,
            is_resource: false,
        }
    }

    /// The same under another path.
    pub fn named(&self, path: impl Into<String>) -> Self {
        Self { path: path.into(), contents: self.contents.clone(), ..*self }
    }

    /// A file that only its owner may read.
    pub fn secret(path: impl Into<String>, contents: &str) -> Self {
        Self {
            path: path.into(),
            contents: Zeroizing::new(contents.as_bytes().to_vec()),
            sensitivity: Sensitivity::Secret,
            is_resource: false,
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
    Staged::new(directory, artifacts, existing)?.publish()
}

/// Files that are on disk, each beside its future place, and not yet to be seen. Dropping it removes them.
pub struct Staged {
    files: Vec<(StagedFile, PathBuf, Sensitivity)>,
    existing: Existing,
    // After the files: a directory can only be removed when it is empty.
    made: CreatedDirs,
}

impl Staged {
    /// Writes files out of sight. Whatever can fail (names, permissions, space) fails here.
    pub fn new(directory: &Path, artifacts: &[Artifact], existing: Existing) -> Result<Self> {
        let paths: Vec<&str> = artifacts.iter().map(|artifact| artifact.path.as_str()).collect();
        let targets = check_targets(directory, &paths, existing)?;
        let mut staged = Self { files: vec![], existing, made: CreatedDirs::default() };
        for (artifact, target) in artifacts.iter().zip(targets) {
            let parent = target.parent().unwrap_or(directory);
            staged.made.extend(create_directory(parent, 0o755)?);
            let file = StagedFile::new(parent, &artifact.contents, artifact.sensitivity.mode())?;
            remove_abandoned(parent, file.written());
            staged.files.push((file, target, artifact.sensitivity));
        }
        Ok(staged)
    }

    /// Puts every file in its place, and returns where they are.
    ///
    /// A directory of the user's cannot be exchanged as a whole, for others may stand in it or have mounted it. So the
    /// old secrets go first and the new ones come last: killed in between, a key is missing, and never one that belongs
    /// to another certificate.
    pub fn publish(self) -> Result<Vec<PathBuf>> {
        let Self { mut files, existing, made } = self;
        made.keep();
        let targets = files.iter().map(|(_, target, _)| target.clone()).collect();
        files.sort_by_key(|(_, _, sensitivity)| *sensitivity);
        let mut aside = Vec::new();
        if existing == Existing::Replace && files.len() > 1 {
            let secrets = files.iter().filter(|(_, _, sensitivity)| *sensitivity == Sensitivity::Secret);
            for (_, target, _) in secrets {
                aside.extend(SetAside::new(target)?);
            }
        }
        for (file, target, _) in files {
            file.publish(&target, existing)?;
        }
        Ok(targets)
    }
}

/// The places of files below `directory`. With [`Existing::Keep`], none of them may be there yet.
pub fn check_targets(directory: &Path, paths: &[&str], existing: Existing) -> Result<Vec<PathBuf>> {
    let targets = paths.iter().map(|path| inside(directory, path)).collect::<Result<Vec<_>>>()?;
    for target in &targets {
        match target.symlink_metadata() {
            Ok(_) if existing == Existing::Keep => return Err(already_exists(target)),
            Ok(found) if found.is_dir() => {
                return Err(Error::io("replace", target, std::io::ErrorKind::IsADirectory.into()));
            }
            _ => {}
        }
    }
    Ok(targets)
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
        what: ThingKind::File,
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

/// Puts files on disk that were written without waiting, all below `directory`, on one file system.
pub(crate) fn sync_below(directory: &Path, files: &[PathBuf]) -> Result<()> {
    system::sync_file_system(directory, files)
}

/// Puts the names in a directory on disk.
pub(crate) fn sync_names(directory: &Path) -> Result<()> {
    system::sync_directory(directory)
}

/// Makes it readable by its owner only.
pub(crate) fn make_private(path: &Path) -> Result<()> {
    system::make_private(path)
}

/// Moves a directory to a place that must be free, which is made if need be.
pub(crate) fn move_aside(from: &Path, to: &Path) -> Result<()> {
    let parent = to.parent().unwrap_or(Path::new("."));
    create_directory(parent, 0o700)?.keep();
    system::rename_new(from, to).map_err(|error| rename_failed(to, error))?;
    system::sync_directory(parent)?;
    system::sync_directory(from.parent().unwrap_or(Path::new(".")))
}

/// How the names of unfinished files and directories begin.
const STAGED_PREFIX: &str = ".tmp-";

fn staged_name() -> Result<String> {
    Ok(format!("{STAGED_PREFIX}{}", crate::pki::hex(&crate::pki::random_bytes::<8>()?)))
}

fn is_staged_name(name: &str) -> bool {
    let digits = name.strip_prefix(STAGED_PREFIX);
    digits.is_some_and(|digits| digits.len() == 16 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
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
        assert_eq!(names.len(), 2, "a failed or finished run left stale files");
    }

    #[test]
    fn no_path_leaves_its_directory() {
        let directory = tempfile::tempdir().expect("a directory");
        for path in ["../x", "/etc/x", "a/../../x", ".", ""] {
            let result = write_all(directory.path(), &[Artifact::public(path, "x")], Existing::Replace);
            assert!(matches!(result, Err(Error::UnsafePath { .. })), "{path}");
        }
    }

    #[test]
    fn what_cannot_be_written_leaves_neither_files_nor_directories() {
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::write(directory.path().join("file"), "in the way").expect("a file");
        let files = [Artifact::public("new/deep/x", "x"), Artifact::public("file/y", "y")];
        let error = write_all(directory.path(), &files, Existing::Replace).expect_err("a file is in the way");
        assert!(error.to_string().ends_with("file: this is not a directory"), "{error}");
        let names: Vec<_> = std::fs::read_dir(directory.path()).expect("a directory").flatten().collect();
        assert_eq!(names.len(), 1, "left behind: {names:?}");
    }

    #[test]
    fn a_directory_in_the_place_of_one_file_keeps_all_of_them_as_they_are() {
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::write(directory.path().join("a"), "old").expect("a file");
        std::fs::create_dir(directory.path().join("b")).expect("a directory");
        let files = [Artifact::public("a", "new"), Artifact::public("b", "new")];
        assert!(matches!(write_all(directory.path(), &files, Existing::Replace), Err(Error::Io { .. })));
        assert_eq!(std::fs::read_to_string(directory.path().join("a")).expect("the old file"), "old");
    }
}
