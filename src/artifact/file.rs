//! Single files: new ones, replaced ones, and the log that only grows.

#![allow(clippy::disallowed_methods, reason = "this directory is the one writer of files")]

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::system::{self, rename_new, sync_directory};
use super::{Existing, rename_failed, staged_name};
use crate::error::{Error, Result};

/// Writes a file whole, unless there is one already. `out_of_sight` is a name for the time of writing that no one else
/// uses; what a killed process left there is removed.
pub(crate) fn create_file(path: &Path, out_of_sight: PathBuf, contents: &[u8], mode: u32) -> Result<()> {
    if path.symlink_metadata().is_ok() {
        return Ok(());
    }
    let _ = std::fs::remove_file(&out_of_sight);
    let staged = StagedFile::at(out_of_sight, contents, mode)?;
    match staged.publish(path, Existing::Keep) {
        // Another process was faster, and wrote the same.
        Err(Error::AlreadyExists { .. }) => Ok(()),
        other => other,
    }
}

/// Lines at the end of a file, on their way to the disk. Dropping it removes them again, unless they are kept:
/// only one writer at a time may append.
#[derive(Debug)]
pub(crate) struct AppendedLine {
    file: File,
    path: PathBuf,
    before: u64,
    kept: bool,
}

impl AppendedLine {
    /// Writes a line, or several, and does not wait for the disk. A line that a crash tore off stays alone in its line; a failed
    /// write leaves the file as it was.
    pub(crate) fn write(path: &Path, line: &str, mode: u32) -> Result<Self> {
        let failed = |error| Error::io("write", path, error);
        let mut file = system::open_append(path, mode).map_err(|error| Error::io("open", path, error))?;
        let before = file.metadata().map_err(failed)?.len();
        let torn = before > 0 && last_byte(&mut file).map_err(failed)? != b'\n';
        let text = format!("{}{line}\n", if torn { "\n" } else { "" });
        let mut appended = Self { file, path: path.to_owned(), before, kept: false };
        appended.file.write_all(text.as_bytes()).map_err(failed)?;
        system::start_writing(&appended.file);
        Ok(appended)
    }

    /// Waits until it is on disk; it stays there.
    pub(crate) fn keep(mut self) -> Result<()> {
        self.file.sync_data().map_err(|error| Error::io("write", &self.path, error))?;
        self.kept = true;
        Ok(())
    }
}

impl Drop for AppendedLine {
    fn drop(&mut self) {
        if !self.kept {
            let _ = self.file.set_len(self.before);
        }
    }
}

fn last_byte(file: &mut File) -> std::io::Result<u8> {
    let mut byte = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut byte)?;
    Ok(byte[0])
}

/// Opens a file for locking, and makes it if need be.
pub(crate) fn open_lock(path: &Path) -> Result<File> {
    system::open_or_create(path, 0o600).map_err(|error| Error::io("open", path, error))
}

/// Opens what is there and is not a regular file, to write into it: a pipe, a terminal, a device.
#[cfg(feature = "cli")]
pub(crate) fn open_stream(path: &Path) -> Result<File> {
    File::options().write(true).open(path).map_err(|error| Error::io("write to", path, error))
}

/// A file that is written out of sight and takes its place as a whole.
pub(super) struct StagedFile {
    path: PathBuf,
    written: SystemTime,
    published: bool,
}

impl StagedFile {
    pub(super) fn new(parent: &Path, contents: &[u8], mode: u32) -> Result<Self> {
        Self::at(parent.join(staged_name()?), contents, mode)
    }

    fn at(path: PathBuf, contents: &[u8], mode: u32) -> Result<Self> {
        // Its own name means nothing to anybody: errors name the directory.
        let failed = |action, error| {
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            Error::io(action, parent.unwrap_or(Path::new(".")), error)
        };
        let mut file = system::new_file(&path, mode).map_err(|error| failed("create a file in", error))?;
        let mut staged = Self { path: path.clone(), written: SystemTime::UNIX_EPOCH, published: false };
        let written = file.write_all(contents).and_then(|()| file.sync_all());
        let modified = written.and_then(|()| file.metadata()?.modified());
        staged.written = modified.map_err(|error| failed("write into", error))?;
        Ok(staged)
    }

    /// When it was written, by the clock of its file system.
    pub(super) fn written(&self) -> SystemTime {
        self.written
    }

    pub(super) fn publish(mut self, target: &Path, existing: Existing) -> Result<()> {
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

/// A file that was moved out of the way. Dropping it puts it back, or removes it if its place was taken.
pub(super) struct SetAside {
    aside: PathBuf,
    target: PathBuf,
}

impl SetAside {
    /// Nothing where there is no such file.
    pub(super) fn new(target: &Path) -> Result<Option<Self>> {
        let aside = target.with_file_name(staged_name()?);
        match std::fs::rename(target, &aside) {
            Ok(()) => Ok(Some(Self { aside, target: target.to_owned() })),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io("replace", target, error)),
        }
    }
}

impl Drop for SetAside {
    fn drop(&mut self) {
        if rename_new(&self.aside, &self.target).is_err() {
            let _ = std::fs::remove_file(&self.aside);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::AppendedLine;
    use crate::error::Result;
    use std::path::Path;

    fn append_line(path: &Path, line: &str) -> Result<()> {
        AppendedLine::write(path, line, 0o600)?.keep()
    }

    #[test]
    fn a_line_that_a_crash_tore_off_does_not_swallow_the_next_one() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("log");
        std::fs::write(&path, "one\ntw").expect("a torn log");
        append_line(&path, "three").expect("appended");
        append_line(&path, "four").expect("appended");
        assert_eq!(std::fs::read_to_string(&path).expect("the log"), "one\ntw\nthree\nfour\n");
    }

    #[test]
    fn a_line_that_is_not_kept_is_gone_with_its_line_end() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("log");
        append_line(&path, "one").expect("appended");
        let line = AppendedLine::write(&path, "two", 0o600).expect("written");
        assert_eq!(std::fs::read_to_string(&path).expect("the log"), "one\ntwo\n");
        drop(line);
        assert_eq!(std::fs::read_to_string(&path).expect("the log"), "one\n");
    }
}
