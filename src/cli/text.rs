//! Texts that others wrote.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::error::{Error, Result};

/// A whole file as text, of at most so many bytes: one without end is not read to its end, and none is read in part.
pub(super) fn read(file: &Path, most: u64) -> Result<String> {
    let failed = |error| Error::io("read", file, error);
    let mut bytes = Vec::new();
    File::open(file).map_err(failed)?.take(most + 1).read_to_end(&mut bytes).map_err(failed)?;
    let place = || file.display().to_string();
    if bytes.len() as u64 > most {
        return Err(Error::Encoding {
            place: place(),
            reason: "the file is too large".into(),
            expected: format!("at most {} MiB", most >> 20),
            found: "more".into(),
        });
    }
    String::from_utf8(bytes).map_err(|error| Error::Syntax {
        place: place(),
        reason: format!("byte {} is no UTF-8 text", error.utf8_error().valid_up_to() + 1),
    })
}
