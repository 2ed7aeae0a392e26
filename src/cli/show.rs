//! `pkictl show`: a credential, an authority, or any file that holds certificates, requests or keys.

use std::path::Path;

use serde::Serialize;
use time::OffsetDateTime;

use super::args::{Format, Global, ShowArgs};
use super::clock;
use super::failure::Failure;
use super::list::days_left;
use super::output::{BOLD, DIM, Output, paint};
use super::passphrase::{self, Purpose};
use crate::pki::certificate::Details;
use crate::pki::pem::{self, Block};
use crate::pki::validity::human_time;
use crate::pki::{CertificationRequest, Label, PrivateKey, PublicKey};
use crate::store;

pub(super) fn run(args: &ShowArgs, global: &Global, output: &Output) -> Result<(), Failure> {
    let blocks = find(args, global)?;
    if args.pem {
        let text: String = blocks
            .iter()
            .filter_map(|block| match block {
                Block::Certificate(certificate) => Some(certificate.pem()),
                _ => None,
            })
            .collect();
        return output.data(&text);
    }
    let now = clock::now()?;
    let mut items = Vec::new();
    for block in blocks {
        items.push(Item::new(block, args, now, global)?);
    }
    if output.format == Format::Json {
        #[derive(Serialize)]
        struct Shown<'a> {
            source: &'a str,
            items: Vec<Item>,
        }
        return output.json(&Shown { source: &args.what, items });
    }
    let texts: Vec<String> = items.iter().map(|item| item.text()).collect();
    output.data(&texts.join("\n"))
}

/// What `show` was pointed at: first a file if it looks like one, then the names of the environment, then a file.
fn find(args: &ShowArgs, global: &Global) -> Result<Vec<Block>, Failure> {
    let path = Path::new(&args.what);
    let looks_like_path = args.what.contains(['/', '\\']);
    let environment = global.store().environment(&global.env)?;
    if !looks_like_path {
        if let Ok(name) = args.what.parse::<Label>()
            && environment.credential_path(&name).is_dir()
        {
            let (chain, anchor) = environment.chain(&name)?;
            return Ok(chain.into_iter().chain([anchor]).map(Block::Certificate).collect());
        }
        if environment.has_authority() && environment.authorities().contains(&args.what) {
            let chain = environment.authority_chain(&args.what)?;
            return Ok(chain.into_iter().map(Block::Certificate).collect());
        }
    }
    if looks_like_path || path.exists() {
        return from_file(path);
    }
    let name: Label = args.what.parse()?;
    if !environment.has_authority() {
        environment.authority_chain(store::ROOT)?;
    }
    environment.credential(&name).map(|_| vec![]).map_err(Failure::from)
}

/// PEM of any kind, or one certificate, request or private key in DER.
fn from_file(path: &Path) -> Result<Vec<Block>, Failure> {
    let bytes = zeroize::Zeroizing::new(store::read_file(path)?);
    let place = path.display().to_string();
    if bytes.first() != Some(&0x30) {
        return Ok(pem::read(&bytes, &place)?);
    }
    Ok(vec![pem::read_der(&bytes, &place)?])
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Item {
    Certificate {
        days_left: i64,
        #[serde(flatten)]
        details: Box<Details>,
    },
    Request {
        #[serde(flatten)]
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
    fn new(block: Block, args: &ShowArgs, now: OffsetDateTime, global: &Global) -> Result<Self, Failure> {
        Ok(match block {
            Block::Certificate(certificate) => Self::Certificate {
                days_left: certificate.details.validity.days_left(now),
                details: Box::new(certificate.details),
            },
            Block::Request(request) => Self::Request { request },
            Block::Key(key) => Self::key(&key, false),
            Block::EncryptedKey(sealed) => {
                let passphrase =
                    passphrase::find(args.passphrase_file.as_deref(), Purpose::Open, &args.what, global)?;
                Self::key(&PrivateKey::from_encrypted_pkcs8(&sealed, &passphrase, &args.what)?, true)
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

    fn text(&self) -> String {
        let mut lines = Lines::default();
        match self {
            Self::Certificate { days_left: left, details } => certificate_lines(&mut lines, details, *left),
            Self::Request { request } => {
                lines.title("request", &request.subject);
                lines.row("names", &request.sans.join(" "));
                lines.row("key", &request.key_type);
                lines.row("key usage", &request.key_usage.join(", "));
                lines.row(
                    "signature",
                    if request.signature_valid { "valid" } else { "does not fit its own key" },
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

fn certificate_lines(lines: &mut Lines, details: &Details, left: i64) {
    let kind = if super::list::use_of(details) == "ca" { "authority" } else { super::list::use_of(details) };
    lines.title(kind, if details.subject.is_empty() { "(no subject)" } else { &details.subject });
    lines.row("issuer", if details.issuer == details.subject { "itself" } else { &details.issuer });
    let names: Vec<String> =
        details.sans.iter().map(ToString::to_string).chain(details.other_names.iter().cloned()).collect();
    lines.row("names", &names.join(" "));
    lines.row("valid from", &human_time(details.validity.not_before));
    lines.row("valid until", &format!("{} ({})", human_time(details.validity.not_after), days_left(left)));
    lines.row("key", &format!("{}, signed with {}", details.key_type, details.signature_algorithm));
    if let Some(constraints) = details.basic_constraints.filter(|constraints| constraints.ca) {
        lines.row(
            "may sign",
            &match constraints.path_len {
                Some(0) => "leaf certificates".to_owned(),
                Some(length) => format!("certificates; at most {length} further authorities in a row"),
                None => "certificates and further authorities".to_owned(),
            },
        );
    }
    if let Some(constraints) = &details.name_constraints {
        lines.row("only for", &constraints.to_string());
    }
    lines.row("key usage", &details.key_usage.clone().unwrap_or_default().join(", "));
    lines.row("ext usage", &details.ext_key_usage.clone().unwrap_or_default().join(", "));
    lines.row("serial", &details.serial);
    lines.row("sha256", &details.sha256);
    if details.version != 3 {
        lines.row("version", &format!("{}: no extensions, so no TLS client takes it", details.version));
    }
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
