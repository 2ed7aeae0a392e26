//! What differs between operating systems: modes, swapping, and waiting for the disk.

#![allow(clippy::disallowed_methods, reason = "this directory is the one writer of files")]

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Makes a file that must not exist, with its mode from the first moment.
pub(super) fn new_file(path: &Path, mode: u32) -> std::io::Result<File> {
    create_new(OpenOptions::new().write(true), path, mode)
}

/// Opens a file for reading and appending, and makes it if need be.
pub(super) fn open_append(path: &Path, mode: u32) -> std::io::Result<File> {
    open_or_new(OpenOptions::new().read(true).append(true), path, mode)
}

/// Opens a file for reading and writing, and makes it if need be.
pub(super) fn open_or_create(path: &Path, mode: u32) -> std::io::Result<File> {
    open_or_new(OpenOptions::new().read(true).write(true), path, mode)
}

fn open_or_new(options: &mut OpenOptions, path: &Path, mode: u32) -> std::io::Result<File> {
    match options.open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        other => return other,
    }
    match create_new(options, path, mode) {
        // Another process was faster.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => options.create_new(false).open(path),
        other => other,
    }
}

/// The umask takes bits away at creation, and never adds one: the file is never open to more than `mode` says.
#[cfg(unix)]
fn create_new(options: &mut OpenOptions, path: &Path, mode: u32) -> std::io::Result<File> {
    std::os::unix::fs::OpenOptionsExt::mode(options, mode);
    let file = options.create_new(true).open(path)?;
    if has_less(&file.metadata()?, mode) {
        rustix::fs::fchmod(&file, rustix::fs::Mode::from_raw_mode(mode))?;
    }
    Ok(file)
}

#[cfg(unix)]
fn has_less(found: &std::fs::Metadata, mode: u32) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&found.permissions()) & 0o777 != mode
}

#[cfg(not(unix))]
fn create_new(options: &mut OpenOptions, path: &Path, _: u32) -> std::io::Result<File> {
    options.create_new(true).open(path)
}

/// Makes a directory that must not exist. By path where the umask leaves its owner no right to open it.
#[cfg(unix)]
pub(super) fn new_directory(path: &Path, mode: u32) -> std::io::Result<()> {
    use rustix::fs::{Mode, OFlags, fchmod, open};
    let mut builder = DirBuilder::new();
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, mode);
    builder.create(path)?;
    if !has_less(&path.symlink_metadata()?, mode) {
        return Ok(());
    }
    let wanted = Mode::from_raw_mode(mode);
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match open(path, flags, Mode::empty()) {
        Ok(directory) => fchmod(directory, wanted)?,
        Err(rustix::io::Errno::ACCESS) => rustix::fs::chmod(path, wanted)?,
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn new_directory(path: &Path, _: u32) -> std::io::Result<()> {
    DirBuilder::new().create(path)
}

/// Puts the names in a directory on disk.
#[cfg(unix)]
pub(super) fn sync_directory(path: &Path) -> Result<()> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    File::open(path)
        .and_then(|directory| directory.sync_all())
        .map_err(|error| Error::io("sync", path, error))
}

/// Puts everything on disk that was written to the file system of `path`: one wait for thousands of files. Linux
/// reports errors of the writes since 5.8 (syncfs(2)).
#[cfg(target_os = "linux")]
pub(super) fn sync_file_system(path: &Path, _: &[PathBuf]) -> Result<()> {
    let failed = |error: std::io::Error| Error::io("sync", path, error);
    let directory = File::open(path).map_err(failed)?;
    rustix::fs::syncfs(&directory).map_err(|error| failed(error.into()))
}

/// Without such a call, file by file.
#[cfg(not(target_os = "linux"))]
pub(super) fn sync_file_system(_: &Path, files: &[PathBuf]) -> Result<()> {
    for path in files {
        let synced = OpenOptions::new().write(true).open(path).and_then(|file| file.sync_all());
        synced.map_err(|error| Error::io("sync", path, error))?;
    }
    Ok(())
}

/// Makes it readable by its owner only.
#[cfg(unix)]
pub(super) fn make_private(path: &Path) -> Result<()> {
    rustix::fs::chmod(path, rustix::fs::Mode::from_raw_mode(0o600))
        .map_err(|error| Error::io("change the mode of", path, error.into()))
}

/// Modes do not exist here.
#[cfg(not(unix))]
pub(super) fn make_private(_: &Path) -> Result<()> {
    Ok(())
}

/// The system has no such thing.
#[cfg(not(unix))]
pub(super) fn sync_directory(_: &Path) -> Result<()> {
    Ok(())
}

/// Lets the system begin to write what a file holds to the disk, without waiting: the wait for several files is then one
/// wait. "Not needed soon" is how a process says so (POSIX_FADV_DONTNEED in posix_fadvise(2)); it promises nothing, and
/// `sync` is still needed.
#[cfg(target_os = "linux")]
pub(super) fn start_writing(file: &File) {
    let _ = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed);
}

/// The wait comes at the end.
#[cfg(not(target_os = "linux"))]
pub(super) fn start_writing(_: &File) {}

/// Renames unless the target exists, without a moment in between where the system can do that.
#[cfg(any(target_os = "linux", target_os = "macos"))]
pub(super) fn rename_new(from: &Path, to: &Path) -> std::io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS | rustix::io::Errno::NOTSUP) => {
            rename_new_portably(from, to)
        }
        other => other.map_err(Into::into),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub(super) fn rename_new(from: &Path, to: &Path) -> std::io::Result<()> {
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
#[cfg(any(target_os = "linux", target_os = "macos"))]
pub(super) fn exchange(one: &Path, other: &Path) -> std::io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    match renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE) {
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS | rustix::io::Errno::NOTSUP) => {
            exchange_portably(one, other)
        }
        swapped => swapped.map_err(Into::into),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub(super) fn exchange(one: &Path, other: &Path) -> std::io::Result<()> {
    exchange_portably(one, other)
}

/// How the name of a directory begins while it is neither the old one nor the new one.
pub(super) const OLD_PREFIX: &str = ".old-";

/// Where the system cannot swap, there is a moment in which `other` is missing; never one in which it is mixed. Killed
/// in that moment, the next holder of the lock puts the old one back.
fn exchange_portably(one: &Path, other: &Path) -> std::io::Result<()> {
    let name = other.file_name().ok_or(std::io::ErrorKind::InvalidInput)?;
    let old = other.with_file_name(format!("{OLD_PREFIX}{}", name.to_string_lossy()));
    std::fs::rename(other, &old)?;
    if let Err(error) = std::fs::rename(one, other) {
        let _ = std::fs::rename(&old, other);
        return Err(error);
    }
    std::fs::rename(&old, one)
}

#[cfg(test)]
mod tests {
    use super::super::remove_stale;
    use super::{OLD_PREFIX, exchange_portably};

    #[test]
    fn directories_are_swapped_where_the_system_cannot_and_a_killed_swap_is_undone() {
        let place = tempfile::tempdir().expect("a directory");
        let (new, web) = (place.path().join(".tmp-1"), place.path().join("web"));
        for (directory, text) in [(&new, "new"), (&web, "old")] {
            std::fs::create_dir(directory).expect("a directory");
            std::fs::write(directory.join("file"), text).expect("a file");
        }
        let text = || std::fs::read_to_string(web.join("file")).expect("the file");
        exchange_portably(&new, &web).expect("swapped");
        assert_eq!(text(), "new");
        std::fs::rename(&web, place.path().join(format!("{OLD_PREFIX}web"))).expect("as if killed there");
        remove_stale(place.path());
        assert_eq!(text(), "new");
        assert_eq!(std::fs::read_dir(place.path()).expect("a directory").count(), 1, "stale files are left");
    }
}
