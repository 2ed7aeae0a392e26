//! The log of an environment: one line of JSON for every certificate that was ever signed.

use std::path::Path;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::error::{Error, Result};
use crate::pki::Certificate;
use crate::pki::validity::machine_time;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogAction {
    /// An authority was made.
    Init,
    /// A leaf was signed.
    Issue,
}

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// When, RFC 3339 in UTC.
    pub time: String,
    /// What was done.
    pub action: LogAction,
    /// The credential or authority.
    pub name: String,
    /// The profile that it was made by.
    pub profile: String,
    /// Serial number, hexadecimal.
    pub serial: String,
    /// SHA-256 of the certificate, hexadecimal.
    pub sha256: String,
    /// Subject alternative names.
    pub sans: Vec<String>,
    /// End of validity, RFC 3339 in UTC.
    pub not_after: String,
}

impl LogEntry {
    pub(super) fn new(
        action: LogAction,
        name: &str,
        profile: &str,
        certificate: &Certificate,
        now: OffsetDateTime,
    ) -> Self {
        let details = &certificate.details;
        Self {
            time: machine_time(now),
            action,
            name: name.to_owned(),
            profile: profile.to_owned(),
            serial: details.serial.to_string(),
            sha256: details.sha256.clone(),
            sans: details.sans().map(ToString::to_string).collect(),
            not_after: machine_time(details.validity.not_after),
        }
    }

    /// One line of JSON, without its end.
    pub(super) fn line(&self) -> String {
        serde_json::to_string(self).expect("plain strings always encode")
    }
}

/// Reads a log. Lines that a crash cut off are passed over.
pub(super) fn read(path: &Path) -> Result<Vec<LogEntry>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(bytes
            .split(|byte| *byte == b'\n')
            .filter_map(|line| serde_json::from_slice(line).ok())
            .collect()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(vec![]),
        Err(error) => Err(Error::io("read", path, error)),
    }
}
