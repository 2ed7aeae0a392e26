//! What is put around an error on its way up: the place that it is about, another kind of value, one more way to go on.

use super::{Error, ValueKind};

impl Error {
    /// An [`Error::Invalid`] without a general form to show.
    pub fn invalid(what: ValueKind, value: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Invalid { what, value: value.into(), reason: reason.into(), expected: None }
    }

    /// The same error, with the place that it is about.
    #[must_use]
    pub fn at(self, place: impl Into<String>) -> Self {
        Self::At { place: place.into(), error: Box::new(self) }
    }

    /// The same error about a value of another kind, where a value is refused.
    #[must_use]
    pub fn about(self, what: ValueKind) -> Self {
        match self {
            Self::Invalid { value, reason, expected, .. } => Self::Invalid { what, value, reason, expected },
            other => other,
        }
    }

    /// A key mismatch of an authority.
    pub(crate) fn of_authority(self) -> Self {
        match self {
            Self::KeyMismatch { certificate, key, expected, found, .. } => {
                Self::KeyMismatch { certificate, key, expected, found, is_authority: true }
            }
            other => other,
        }
    }

    /// The same refusal with another way to go on; other errors stay as they are.
    #[cfg(feature = "emit")]
    #[must_use]
    pub(crate) fn with_advice(self, way: &str) -> Self {
        match self {
            Self::At { place, error } => error.with_advice(way).at(place),
            Self::Refused { reason, advice } => {
                let advice = advice.map_or_else(|| way.to_owned(), |advice| format!("{advice}; {way}"));
                Self::Refused { reason, advice: Some(advice) }
            }
            other => other,
        }
    }

    /// The error itself, without the places that were put in front of it.
    pub fn innermost(&self) -> &Self {
        match self {
            Self::At { error, .. } => error.innermost(),
            other => other,
        }
    }
}
