//! A developer PKI that proves itself.
//!
//! The floor plan, in the direction in which data flows:
//!
//! - [`profile`] turns a request into a certificate that is fully decided;
//! - [`pki`] signs it: names, keys, certificates and the authority, without files, clock or terminal;
//! - [`store`] keeps it on disk, atomically, by the one writer of files, [`artifact`];
//! - [`bundle`] is what the rest sees of it;
//! - `emit` turns it into the files of a place of use, `lint` judges those files, [`verify`] proves certificates by
//!   handshakes and returns a [`report`], which [`page`] and [`diagram`] draw;
//! - `cli` is the command line. Nothing below it prints, asks, or looks at the clock or the environment.
//!
//! For a Rust test suite, [`EphemeralPki`] makes certificates in memory. With `default-features = false` nothing of the
//! command line is compiled.
//!
//! ```
//! use std::time::SystemTime;
//! use pkictl::bundle::{Identity, Trust};
//! use pkictl::verify::{self, Scope};
//!
//! let now = SystemTime::now();
//! let pki = pkictl::EphemeralPki::new(now)?;
//! let servers = [Identity::from(pki.server(&["localhost"])?)];
//! let clients = [Identity::from(pki.client("backend-1")?)];
//! let trust = Trust { anchors: vec![pki.anchor().clone()], intermediates: vec![] };
//!
//! // Real handshakes on loopback: those that must work, and those that must be refused.
//! let mut scope = Scope::new(&servers, &clients, &trust, now.into());
//! scope.signer = Ok(pki.authority());
//! let report = verify::run(&scope);
//! assert!(!report.has_failures(), "{report:#?}");
//! # Ok::<(), pkictl::Error>(())
//! ```

#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests put files of their own into the way"))]

pub mod artifact;
pub mod bundle;
#[cfg(feature = "cli")]
pub mod cli;
pub mod diagram;
#[cfg(feature = "emit")]
pub mod emit;
pub mod endpoint;
mod ephemeral;
pub mod error;
pub mod explanation;
#[cfg(feature = "emit")]
#[doc(hidden)]
pub mod fuzzing;
pub mod handshake;
#[cfg(feature = "emit")]
pub mod kubernetes;
#[cfg(feature = "emit")]
pub mod lint;
#[cfg(feature = "emit")]
pub mod manifest;
pub mod page;
pub mod pki;
pub mod policy;
pub mod profile;
#[cfg(feature = "emit")]
pub mod reconcile;
pub mod report;
#[cfg(feature = "emit")]
pub mod route;
pub mod store;
#[cfg(feature = "emit")]
pub mod suggestion;
pub mod template;
pub mod verify;

pub use ephemeral::EphemeralPki;
pub use error::{Error, Result};
pub use explanation::Explanation;
