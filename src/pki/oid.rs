//! Object identifiers (X.660) as certificates carry them.

use std::borrow::Cow;
use std::fmt;

/// An object identifier in dotted decimal form.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Oid(Cow<'static, str>);

impl Oid {
    /// One that is known here.
    pub const fn known(dotted: &'static str) -> Self {
        Self(Cow::Borrowed(dotted))
    }

    /// The dotted decimal form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Oid {
    fn from(dotted: String) -> Self {
        Self(Cow::Owned(dotted))
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
