//! pkictl: a developer PKI that proves itself.
//!
//! An authority and the certificates under it are made by [`profile`]s and [`pki`]; [`store`] keeps them on disk;
//! [`bundle`] is what the rest sees of them.

pub mod artifact;
pub mod bundle;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "emit")]
pub mod emit;
pub mod error;
pub mod pki;
pub mod profile;
pub mod report;
pub mod store;
pub mod template;
pub mod verify;

pub use error::{Error, Result};
