//! The TLS versions that are in use.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::error::{Error, ValueKind};

/// A version of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum TlsVersion {
    /// TLS 1.2 (RFC 5246).
    #[serde(rename = "1.2")]
    V12,
    /// TLS 1.3 (RFC 8446).
    #[serde(rename = "1.3")]
    V13,
}

impl TlsVersion {
    /// All versions, the newest first.
    pub const ALL: [Self; 2] = [Self::V13, Self::V12];

    /// `1.3`.
    pub fn number(self) -> &'static str {
        match self {
            Self::V12 => "1.2",
            Self::V13 => "1.3",
        }
    }

    /// The end of check ids: `tls13`.
    pub fn id(self) -> &'static str {
        match self {
            Self::V12 => "tls12",
            Self::V13 => "tls13",
        }
    }
}

impl fmt::Display for TlsVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V12 => "TLS 1.2",
            Self::V13 => "TLS 1.3",
        })
    }
}

impl FromStr for TlsVersion {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "1.2" => Ok(Self::V12),
            "1.3" => Ok(Self::V13),
            _ => Err(Error::Invalid {
                what: ValueKind::TlsVersion,
                value: text.to_owned(),
                reason: "it is unknown, or too old to be safe".into(),
                expected: Some("1.2 or 1.3".into()),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::TlsVersion;

    #[test]
    fn versions_are_read_as_people_write_them() {
        assert_eq!("1.3".parse::<TlsVersion>().expect("a version"), TlsVersion::V13);
        let error = "1.1".parse::<TlsVersion>().expect_err("it is refused");
        assert_eq!(error.expected().as_deref(), Some("1.2 or 1.3"));
    }
}
