//! `pkictl show`: a credential, an authority, or any file that holds certificates, requests or keys.

mod foreign;

use std::path::Path;

use serde::Serialize;
use time::{Duration, OffsetDateTime};

use super::args::ShowArgs;
use super::failure::Failure;
use super::global::{Format, Global};
use super::list::{Status, time_left};
use super::presentation::certificate_json;
use super::presentation::output::{BOLD, DIM, Output, RED, YELLOW, paint};
use super::{clock, passphrase, text};
use crate::error::{Error, ThingKind};
use crate::pki::certificate::{Details, GeneralName};
use crate::pki::pem::{self, Block};
use crate::pki::validity::human_time;
use crate::pki::{CertificationRequest, Label, Passphrase, PrivateKey, PublicKey};
use crate::store;

pub(super) fn run(args: &ShowArgs, global: &Global, output: &Output) -> Result<(), Failure> {
    let Found { blocks, is_under_root } = find(args, global)?;
    if args.pem {
        return output.data(&certificates(&blocks, &args.what)?);
    }
    let now = clock::now()?;
    let mut items = Vec::new();
    for (index, block) in blocks.into_iter().enumerate() {
        items.push(Item::new(block, is_under_root || index > 0, args, now, global)?);
    }
    if output.format == Format::Json {
        #[derive(Serialize)]
        struct Shown<'a> {
            source: &'a str,
            items: Vec<Item>,
        }
        return output.json(&Shown { source: &args.what, items });
    }
    let texts: Vec<String> = items.iter().map(|item| item.text(now)).collect();
    output.data(&texts.join("\n"))
}

/// The certificates in PEM.
fn certificates(blocks: &[Block], what: &str) -> Result<String, Failure> {
    let certificates = blocks.iter().filter_map(|block| match block {
        Block::Certificate(certificate) => Some(certificate.pem()),
        _ => None,
    });
    let text: String = certificates.collect();
    if text.is_empty() {
        return Err(Error::Encoding {
            place: what.to_owned(),
            reason: "it contains no certificate, and `--pem` prints only certificates".into(),
            expected: "a certificate".into(),
            found: "no certificate".into(),
        }
        .into());
    }
    Ok(text)
}

/// What to show.
struct Found {
    blocks: Vec<Block>,
    /// Whether the root of the environment issued the first of them; true of what is not in an environment.
    is_under_root: bool,
}

impl From<Vec<Block>> for Found {
    fn from(blocks: Vec<Block>) -> Self {
        Self { blocks, is_under_root: true }
    }
}

/// Looks first for a file if it looks like one, then among the names of the environment, then for a file.
fn find(args: &ShowArgs, global: &Global) -> Result<Found, Failure> {
    if args.what == "-" {
        return from_bytes(&text::standard_input(store::MAX_FILE)?, Path::new("standard input"));
    }
    let path = Path::new(&args.what);
    let looks_like_path = args.what.contains(['/', '\\']);
    let environment = global.store().environment(&global.env)?;
    // The name of a credential's directory is as good as its own.
    let label = Label::from_directory(&args.what);
    if !looks_like_path {
        if let Ok(name) = &label
            && environment.credential_path(name).is_dir()
        {
            let (chain, anchor) = environment.chain(name)?;
            let root = environment.authority_chain(store::ROOT).ok().and_then(|mut chain| chain.pop());
            let is_under_root = root.is_none_or(|root| root == anchor);
            let blocks = chain.into_iter().chain([anchor]).map(Block::Certificate).collect();
            return Ok(Found { blocks, is_under_root });
        }
        if environment.has_authority() && environment.authorities().contains(&args.what) {
            let chain = environment.authority_chain(&args.what)?;
            return Ok(chain.into_iter().map(Block::Certificate).collect::<Vec<_>>().into());
        }
    }
    if looks_like_path || path.exists() {
        return from_bytes(&store::read_file(path).map(zeroize::Zeroizing::new)?, path);
    }
    let name = label?;
    environment.require_authority(store::ROOT)?;
    let credentials = environment.credentials().into_iter().map(|name| name.to_string());
    Err(Error::NotFound {
        what: ThingKind::CredentialOrAuthority,
        name: name.to_string(),
        place: format!("environment {:?}", environment.name()),
        known: environment.authorities().into_iter().chain(credentials).collect(),
    }
    .into())
}

/// PEM of any kind, or one certificate, request or private key in DER.
fn from_bytes(bytes: &[u8], path: &Path) -> Result<Found, Failure> {
    let place = path.display().to_string();
    if bytes.first() == Some(&0x30) {
        let block = pem::read_der(bytes, &place).map_err(|error| foreign::der(error, bytes, path))?;
        return Ok(vec![block].into());
    }
    let blocks = pem::read(bytes, &place).map_err(|error| foreign::text(error, path))?;
    foreign::check_text(&blocks, path)?;
    Ok(blocks.into())
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Item {
    Certificate {
        days_left: i64,
        status: Status,
        #[serde(flatten, serialize_with = "certificate_json::certificate")]
        details: Box<Details>,
    },
    Request {
        #[serde(flatten, serialize_with = "certificate_json::request")]
        request: Box<CertificationRequest>,
    },
    PrivateKey {
        key_type: String,
        encrypted: bool,
        spki_sha256: String,
    },
    Other {
        label: String,
    },
}

impl Item {
    fn new(
        block: Block,
        is_under_root: bool,
        args: &ShowArgs,
        now: OffsetDateTime,
        global: &Global,
    ) -> Result<Self, Failure> {
        Ok(match block {
            Block::Certificate(certificate) => Self::Certificate {
                days_left: certificate.details.validity.days_left(now),
                status: Status::of(&certificate.details, is_under_root, now),
                details: Box::new(certificate.details),
            },
            Block::Request(request) => Self::Request { request },
            Block::Key(key) => Self::key(&key, false),
            Block::EncryptedKey(sealed) => {
                let open = |passphrase: &Passphrase| {
                    PrivateKey::from_encrypted_pkcs8(&sealed, passphrase, &args.what)
                };
                let file = args.passphrase_file.as_deref();
                let passphrase =
                    passphrase::that_opens(file, &args.what, global, &|typed| open(typed).is_ok())?;
                Self::key(&open(&passphrase)?, true)
            }
            Block::Other(label) => Self::Other { label },
        })
    }

    fn key(key: &PrivateKey, encrypted: bool) -> Self {
        let public: &PublicKey = key.public_key();
        Self::PrivateKey {
            key_type: key.algorithm().to_string(),
            encrypted,
            spki_sha256: crate::pki::sha256_hex(&public.spki_der()),
        }
    }

    fn text(&self, now: OffsetDateTime) -> String {
        let mut lines = Lines::default();
        match self {
            Self::Certificate { status, details, .. } => certificate_lines(&mut lines, details, *status, now),
            Self::Request { request } => {
                lines.title("request", &request.subject.to_string());
                lines.row("names", &names(&request.names));
                lines.row("key", &request.key_type.to_string());
                lines.row("key usage", &request.key_usage.to_string());
                lines.row(
                    "signature",
                    if request.signature_valid { "valid" } else { "does not match its own key" },
                );
            }
            Self::PrivateKey { key_type, encrypted, spki_sha256 } => {
                lines.title("private key", key_type);
                lines.row("encrypted", if *encrypted { "yes" } else { "no" });
                lines.row("public key", &format!("sha256:{spki_sha256}"));
            }
            Self::Other { label } => lines.title("section", label),
        }
        lines.0
    }
}

fn certificate_lines(lines: &mut Lines, details: &Details, status: Status, now: OffsetDateTime) {
    let kind = if super::list::use_of(details) == "ca" { "authority" } else { super::list::use_of(details) };
    let subject = details.subject.to_string();
    lines.title(kind, if subject.is_empty() { "(no subject)" } else { &subject });
    let issuer = if details.issuer == details.subject { "itself".into() } else { details.issuer.to_string() };
    lines.row("issuer", &issuer);
    lines.row("names", &names(&details.names));
    let (start, end) = (details.validity.not_before, details.validity.not_after);
    match now < start {
        true => {
            lines.row("valid from", &format!("{} ({})", human_time(start), paint(YELLOW, "not valid before")))
        }
        false => lines.row("valid from", &human_time(start)),
    }
    let left = match now > end {
        true => paint(RED, format!("expired {} ago", span(now - end))),
        false => time_left(end - now),
    };
    lines.row("valid until", &format!("{} ({left})", human_time(end)));
    if status == Status::OtherCa {
        lines.row("trust", &paint(RED, "issued by a root other than the environment's: issue it again"));
    }
    lines.row("key", &format!("{}, signed with {}", details.key_type, details.signature_algorithm));
    if let Some(constraints) = details.basic_constraints.filter(|constraints| constraints.ca) {
        lines.row(
            "may sign",
            &match constraints.path_len {
                Some(0) => "leaf certificates".to_owned(),
                Some(length) => format!("certificates; at most {length} more levels of CAs"),
                None => "certificates and CAs".to_owned(),
            },
        );
    }
    if let Some(constraints) = &details.name_constraints {
        lines.row("only for", &constraints.to_string());
    }
    lines.row("key usage", &details.key_usage.unwrap_or_default().to_string());
    lines.row("ext usage", &details.ext_key_usage.as_ref().map(ToString::to_string).unwrap_or_default());
    lines.row("serial", &details.serial.to_string());
    lines.row("sha256", &details.sha256);
    if details.version != 3 {
        lines.row("version", &format!("{}: no extensions, so TLS clients reject it", details.version));
    }
}

fn names(names: &[GeneralName]) -> String {
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// A length of time in its nearest large unit.
fn span(length: Duration) -> String {
    let (count, unit) = match length.whole_minutes() {
        minutes @ ..60 => (minutes, "minute"),
        minutes @ 60..2_880 => (minutes / 60, "hour"),
        minutes => (minutes / 1_440, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[derive(Default)]
struct Lines(String);

impl Lines {
    fn title(&mut self, kind: &str, name: &str) {
        self.0 += &format!("{kind} {}\n", paint(BOLD, name));
    }

    /// A line with a name; nothing for an empty value.
    fn row(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.0 += &format!("  {} {value}\n", paint(DIM, format!("{name:<12}")));
        }
    }
}
