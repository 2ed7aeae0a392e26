//! Every failure as data.
//!
//! A variant keeps what was expected and what was found; the sentence is written once, here. No option and no
//! command is named: what to do next depends on who asked, so the command line attaches hints, by variant and kind.

mod context;
mod explain;
mod kind;

use std::path::{Path, PathBuf};

use crate::explanation::Explanation;
use crate::finding::Finding;

use explain::{messages, shorten};

pub use kind::{NotPem, ThingKind, ValueKind};

/// What can go wrong in this library.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another error, with the place that it is about: a service of a manifest, a file. Kind, explanation and hint are
    /// those of the other error.
    #[error("{place}: {error}")]
    At {
        /// The place, for people.
        place: String,
        /// What is wrong there.
        error: Box<Error>,
    },
    /// A value does not have the form that its kind requires.
    #[error("invalid {what} {:?}: {reason}", shorten(value))]
    Invalid {
        /// The kind of value.
        what: ValueKind,
        /// The value as it was given.
        value: String,
        /// Why it is refused.
        reason: String,
        /// The form that would be accepted, if one sentence can say it.
        expected: Option<String>,
    },
    /// A wildcard that TLS clients ignore.
    #[error(
        "wildcard {name:?} is too wide: OpenSSL, curl and rustls match `*` only in front of at least two labels"
    )]
    WildcardTooWide {
        /// The wildcard as it was given.
        name: String,
    },
    /// This build cannot generate keys of the wanted type.
    #[error("this build cannot generate {key_type} keys: it was compiled without the feature `rsa`")]
    KeyTypeUnavailable {
        /// The wanted key type.
        key_type: String,
    },
    /// A random number or a key could not be made.
    #[error("the cryptographic library failed while {action}")]
    Crypto {
        /// What was being done.
        action: &'static str,
    },
    /// The operating system refused a file operation.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// "read", "create", "replace" and the like.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Bytes that should have been PEM or DER are not.
    #[error("{place}: {reason}")]
    Encoding {
        /// File name, or another description of where the bytes came from.
        place: String,
        /// What is wrong with them.
        reason: String,
        /// What was expected.
        expected: String,
        /// What was found.
        found: String,
    },
    /// A file that should be PEM is something else.
    #[error("{place}: this is not PEM")]
    NotPem {
        /// Where the bytes came from.
        place: String,
        /// What they are.
        found: NotPem,
    },
    /// The record of what was applied last cannot be used.
    #[error("{}: not a record of what was applied", path.display())]
    AppliedState {
        /// The file.
        path: PathBuf,
        /// What is in it.
        found: String,
        /// Whether a newer version wrote it: then nothing is wrong with it.
        is_newer: bool,
    },
    /// A private key is of a kind that cannot be used.
    #[error("{place}: unusable private key: {reason}")]
    UnusableKey {
        /// Where the key came from.
        place: String,
        /// Why it cannot be used.
        reason: String,
    },
    /// A private key is encrypted and no passphrase was given.
    #[error("{place}: the private key is encrypted and no passphrase was given")]
    PassphraseNeeded {
        /// Where the key came from.
        place: String,
    },
    /// The passphrase does not decrypt the key.
    #[error("{place}: wrong passphrase for this private key")]
    PassphraseWrong {
        /// Where the key came from.
        place: String,
    },
    /// A certificate and a private key do not belong together.
    #[error("{key} does not belong to {certificate}")]
    KeyMismatch {
        /// Where the certificate came from.
        certificate: String,
        /// Where the key came from.
        key: String,
        /// SHA-256 of the public key in the certificate.
        expected: String,
        /// SHA-256 of the public key that belongs to the private key.
        found: String,
        /// Whether it is the key of an authority.
        is_authority: bool,
    },
    /// A secret file can be read by other users.
    #[error("{} can be read by other users", path.display())]
    LaxMode {
        /// The secret file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Something was asked for by a name that nothing here has.
    #[error("no {what} named {:?} in {place}", shorten(name))]
    NotFound {
        /// The kind of thing.
        what: ThingKind,
        /// The name that was asked for.
        name: String,
        /// Where it was looked for.
        place: String,
        /// The names that exist there.
        known: Vec<String>,
    },
    /// Something would be overwritten.
    #[error("{what} {name:?} already exists in {}", place.display())]
    AlreadyExists {
        /// The kind of thing.
        what: ThingKind,
        /// Its name.
        name: String,
        /// The directory that holds it.
        place: PathBuf,
    },
    /// The environment has no certificate authority yet.
    #[error("environment {environment:?} has no certificate authority in {}", place.display())]
    NoAuthority {
        /// The environment.
        environment: String,
        /// The PKI directory.
        place: PathBuf,
    },
    /// An authority cannot sign because its private key is not there.
    #[error("authority {name:?} has no private key at {}", path.display())]
    NoAuthorityKey {
        /// The authority.
        name: String,
        /// Where the key should be.
        path: PathBuf,
    },
    /// A name is outside what the issuing authority may sign.
    #[error("{name} is outside the name constraints of {authority:?}")]
    OutsideConstraints {
        /// The name that was asked for.
        name: String,
        /// The authority's common name.
        authority: String,
        /// What it may sign.
        permitted: String,
    },
    /// A chain would be longer than an authority allows.
    #[error("another authority under {authority:?} exceeds its path length constraint")]
    NoRoomBelow {
        /// The authority's common name.
        authority: String,
        /// How many may be under it (RFC 5280, section 4.2.1.9).
        limit: u32,
        /// How many there would be.
        count: u32,
    },
    /// The request contradicts itself or the profile.
    #[error("{reason}")]
    Contradiction {
        /// The whole sentence.
        reason: String,
        /// What would have been right, and what was given.
        explanation: Explanation,
    },
    /// A profile or an emitter cannot be used without a value that was not given.
    #[error("{what} {name:?} needs a value for {key:?} ({help})")]
    MissingValue {
        /// The kind of thing that needs it.
        what: ThingKind,
        /// Its name.
        name: String,
        /// The variable or option.
        key: String,
        /// What the value means.
        help: String,
    },
    /// A certificate would have no name that clients could check.
    #[error(
        "certificate {name:?} needs a subject alternative name: its own name is not a host name, address or mailbox"
    )]
    MissingName {
        /// The certificate's label.
        name: String,
    },
    /// A profile, an emitter description or another text file of the project's form could not be read.
    #[error("{place}: {reason}")]
    Syntax {
        /// The file or field, with line and column where known.
        place: String,
        /// What the reader said.
        reason: String,
    },
    /// A template could not be rendered.
    #[error("template {template} does not render: {reason}")]
    Template {
        /// Template name, with the line where known.
        template: String,
        /// What the template engine said.
        reason: String,
    },
    /// A template refused the combination of options that it was given.
    #[error("{reason}")]
    Refused {
        /// The whole sentence, written in the template.
        reason: String,
        /// How to go on.
        advice: Option<String>,
    },
    /// Files that are about to be written break rules.
    #[error("{}", messages(findings))]
    Findings {
        /// One at least.
        findings: Vec<Finding>,
    },
    /// An emitter's output does not have the syntax that it claims. This is a defect of the template, not of its input.
    #[error("emitter {emitter:?} made an invalid {syntax} file {file:?}: {reason}")]
    BadArtifact {
        /// The emitter.
        emitter: String,
        /// The file that it made.
        file: String,
        /// The syntax that the file claims.
        syntax: String,
        /// What the reader of that syntax said.
        reason: String,
    },
    /// Another process keeps the environment locked.
    #[error("{} is still locked by another process after {seconds} s", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// How long was waited, in seconds.
        seconds: u64,
    },
    /// A name is on its way into a path or a file and would leave its directory.
    #[error("refusing to write outside of {}: {path:?}", directory.display())]
    UnsafePath {
        /// The directory that must hold every file.
        directory: PathBuf,
        /// The path that leaves it.
        path: String,
    },
}

/// `Result` with this library's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An [`Error::Io`] for `path`.
    pub fn io(action: &'static str, path: impl AsRef<Path>, source: std::io::Error) -> Self {
        Self::Io { action, path: path.as_ref().to_owned(), source }
    }
}
