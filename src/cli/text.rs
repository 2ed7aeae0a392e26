//! Reading files of users, with a limit.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// A whole file as text, of at most `most` bytes; a larger or endless one is an error.
pub(super) fn read(file: &Path, most: u64) -> Result<String> {
    let failed = |error| Error::io("read", file, error);
    let bytes = whole(File::open(file).map_err(failed)?, file, most)?;
    String::from_utf8(bytes).map_err(|error| Error::Syntax {
        place: file.display().to_string(),
        reason: format!("byte {} is not UTF-8 text", error.utf8_error().valid_up_to() + 1),
    })
}

/// All of standard input, of at most `most` bytes. It may be a private key.
pub(super) fn standard_input(most: u64) -> Result<Zeroizing<Vec<u8>>> {
    whole(std::io::stdin().lock(), Path::new("standard input"), most).map(Zeroizing::new)
}

fn whole(source: impl Read, name: &Path, most: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(most + 1).read_to_end(&mut bytes).map_err(|error| Error::io("read", name, error))?;
    if bytes.len() as u64 > most {
        return Err(Error::Encoding {
            place: name.display().to_string(),
            reason: "the file is too large".into(),
            expected: format!("at most {} MiB", most >> 20),
            found: "more".into(),
        });
    }
    Ok(bytes)
}
