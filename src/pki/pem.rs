//! PEM (RFC 7468) in and out: the only caller of `rustls-pemfile`.

use std::borrow::Cow;

use rustls_pemfile::Item;
use zeroize::Zeroizing;

use super::certificate::Certificate;
use super::key::{Passphrase, PrivateKey};
use super::request::CertificationRequest;
use crate::error::{Error, NotPem, Result};

pub use super::armor::encode;

/// One section of a PEM file.
pub enum Block {
    /// `CERTIFICATE`.
    Certificate(Certificate),
    /// `CERTIFICATE REQUEST`.
    Request(Box<CertificationRequest>),
    /// `PRIVATE KEY`, `RSA PRIVATE KEY` or `EC PRIVATE KEY`.
    Key(PrivateKey),
    /// `ENCRYPTED PRIVATE KEY`, still closed.
    EncryptedKey(Zeroizing<Vec<u8>>),
    /// Another section, by its label.
    Other(String),
}

impl Block {
    /// What an error message calls it.
    fn describe(&self) -> &str {
        match self {
            Self::Certificate(_) => "CERTIFICATE",
            Self::Request(_) => "CERTIFICATE REQUEST",
            Self::Key(_) => "PRIVATE KEY",
            Self::EncryptedKey(_) => "ENCRYPTED PRIVATE KEY",
            Self::Other(label) => label,
        }
    }
}

/// Reads every section of a PEM file; text between sections is skipped. At least one section must be there.
pub fn read(bytes: &[u8], place: &str) -> Result<Vec<Block>> {
    let blocks = sections(bytes, place)?
        .into_iter()
        .map(|section| section.decode(place))
        .collect::<Result<Vec<_>>>()?;
    if blocks.is_empty() {
        return Err(not_pem(bytes, place));
    }
    Ok(blocks)
}

/// A section of a file, whether it could be read or not.
pub struct LocatedBlock {
    /// The line of its BEGIN, from 1.
    pub line: usize,
    /// What its BEGIN line says.
    pub label: String,
    /// What it holds.
    pub block: Result<Block>,
}

/// Reads PEM section by section, so that one that is damaged hides no other; or one certificate, request or private
/// key in DER.
pub fn read_each(bytes: &[u8], place: &str) -> Result<Vec<LocatedBlock>> {
    if bytes.first() == Some(&0x30) {
        let block = read_der(bytes, place)?;
        return Ok(vec![LocatedBlock { line: 1, label: block.describe().to_owned(), block: Ok(block) }]);
    }
    let located = |section: Section<'_>| LocatedBlock {
        line: section.line,
        block: section.decode(place),
        label: section.label,
    };
    let found: Vec<LocatedBlock> = sections(bytes, place)?.into_iter().map(located).collect();
    if found.is_empty() { Err(not_pem(bytes, place)) } else { Ok(found) }
}

/// Reads one certificate, request or PKCS#8 key in DER; the error is that of the certificate.
pub fn read_der(bytes: &[u8], place: &str) -> Result<Block> {
    match Certificate::from_der(bytes, place) {
        Ok(certificate) => Ok(Block::Certificate(certificate)),
        Err(error) => match CertificationRequest::from_der(bytes, place) {
            Ok(request) => Ok(Block::Request(Box::new(request))),
            Err(_) => PrivateKey::from_pkcs8(Zeroizing::new(bytes.to_vec()), place)
                .map(Block::Key)
                .map_err(|_| error),
        },
    }
}

/// Reads one or more certificates and nothing else, in the order of the file.
pub fn certificates(bytes: &[u8], place: &str) -> Result<Vec<Certificate>> {
    let mut certificates = Vec::new();
    let mut others = Vec::new();
    for block in read(bytes, place)? {
        match block {
            Block::Certificate(certificate) => certificates.push(certificate),
            other => others.push(other.describe().to_owned()),
        }
    }
    if certificates.is_empty() {
        return Err(Error::Encoding {
            place: place.to_owned(),
            reason: "it holds no certificate".into(),
            expected: "a section `-----BEGIN CERTIFICATE-----`".into(),
            found: others.join(", "),
        });
    }
    Ok(certificates)
}

/// Reads the one private key of a file; certificates and parameters beside it are skipped.
pub fn private_key(bytes: &[u8], passphrase: Option<&Passphrase>, place: &str) -> Result<PrivateKey> {
    let mut keys = Vec::new();
    let mut others = Vec::new();
    for block in read(bytes, place)? {
        match block {
            Block::Key(key) => keys.push(key),
            Block::EncryptedKey(sealed) => {
                let passphrase =
                    passphrase.ok_or_else(|| Error::PassphraseNeeded { place: place.to_owned() })?;
                keys.push(PrivateKey::from_encrypted_pkcs8(&sealed, passphrase, place)?);
            }
            other => others.push(other.describe().to_owned()),
        }
    }
    match (keys.len(), keys.pop()) {
        (1, Some(key)) => Ok(key),
        (count, _) => Err(Error::Encoding {
            place: place.to_owned(),
            reason: if count == 0 { "it holds no private key" } else { "it holds several private keys" }
                .into(),
            expected: "one section `-----BEGIN PRIVATE KEY-----`".into(),
            found: if count == 0 { others.join(", ") } else { format!("{count} private keys") },
        }),
    }
}

/// Whether some section of the file is an encrypted private key.
pub fn holds_encrypted_key(bytes: &[u8]) -> bool {
    sections(bytes, "").is_ok_and(|all| all.iter().any(|section| section.label == "ENCRYPTED PRIVATE KEY"))
}

struct Section<'a> {
    label: String,
    line: usize,
    bytes: &'a [u8],
}

impl Section<'_> {
    fn decode(&self, place: &str) -> Result<Block> {
        let damaged = |detail: &str| Error::Encoding {
            place: place.to_owned(),
            reason: format!("the section {} is damaged", self.label),
            expected: "base64 between its BEGIN and END lines".into(),
            found: detail.to_owned(),
        };
        if self.label == "ENCRYPTED PRIVATE KEY" {
            let text = std::str::from_utf8(self.bytes).map_err(|_| damaged("bytes that are not text"))?;
            let (_, document) =
                pkcs8::SecretDocument::from_pem(text.trim()).map_err(|error| damaged(&error.to_string()))?;
            return Ok(Block::EncryptedKey(Zeroizing::new(document.as_bytes().to_vec())));
        }
        if self.bytes.windows(10).any(|window| window == b"Proc-Type:") {
            return Err(Error::UnusableKey {
                place: place.to_owned(),
                reason: "it is encrypted in OpenSSL's old way (Proc-Type: 4,ENCRYPTED), which is weak; decrypt it with `openssl pkey -in FILE -out NEW.key`, or encrypt it again with `openssl pkcs8 -topk8 -v2 aes-256-cbc`".into(),
            });
        }
        if self.label == "TRUSTED CERTIFICATE" {
            return Err(Error::Encoding {
                place: place.to_owned(),
                reason: "the section TRUSTED CERTIFICATE has OpenSSL's own trust settings behind the certificate; `openssl x509 -in FILE -out FILE.crt` leaves them out".into(),
                expected: "a section `-----BEGIN CERTIFICATE-----`".into(),
                found: self.label.clone(),
            });
        }
        let bytes = self.renamed();
        let item =
            rustls_pemfile::read_one_from_slice(&bytes).map_err(|error| damaged(&format!("{error:?}")))?;
        Ok(match item.map(|(item, _)| item) {
            Some(Item::X509Certificate(der)) => {
                Block::Certificate(Certificate::from_der(der.as_ref(), place)?)
            }
            Some(Item::Csr(der)) => {
                Block::Request(Box::new(CertificationRequest::from_der(der.as_ref(), place)?))
            }
            Some(Item::Pkcs8Key(der)) => {
                Block::Key(PrivateKey::from_pkcs8(Zeroizing::new(der.secret_pkcs8_der().to_vec()), place)?)
            }
            Some(Item::Pkcs1Key(der)) => Block::Key(PrivateKey::from_pkcs1(der.secret_pkcs1_der(), place)?),
            Some(Item::Sec1Key(der)) => Block::Key(PrivateKey::from_sec1(der.secret_sec1_der(), place)?),
            _ => Block::Other(self.label.clone()),
        })
    }

    /// The section under the label that readers know, where its own is an older one for the same (RFC 7468, section 4).
    fn renamed(&self) -> Cow<'_, [u8]> {
        let known = match self.label.as_str() {
            "X509 CERTIFICATE" | "X.509 CERTIFICATE" => "CERTIFICATE",
            "NEW CERTIFICATE REQUEST" => "CERTIFICATE REQUEST",
            _ => return self.bytes.into(),
        };
        let mut lines = self.bytes.trim_ascii().split(|byte| *byte == b'\n');
        let (_, _) = (lines.next(), lines.next_back());
        let body: Vec<&[u8]> = lines.collect();
        let (begin, end) = (format!("-----BEGIN {known}-----\n"), format!("\n-----END {known}-----\n"));
        [begin.as_bytes(), &body.join(&b'\n'), end.as_bytes()].concat().into()
    }
}

/// What some editors write in front of a text (UTF-8 byte order mark).
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Splits a file at its BEGIN and END lines.
fn sections<'a>(bytes: &'a [u8], place: &str) -> Result<Vec<Section<'a>>> {
    let truncated = |label: &str, found: &str| Error::Encoding {
        place: place.to_owned(),
        reason: format!("the section {label} has no end"),
        expected: format!("a line `-----END {label}-----`"),
        found: found.to_owned(),
    };
    let mut sections = Vec::new();
    let mut open: Option<(String, usize, usize)> = None;
    let text = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let mut start = bytes.len() - text.len();
    for (index, line) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let text = line.trim_ascii();
        let end = start + line.len();
        if let Some(label) = marker(text, b"-----BEGIN ") {
            if let Some((unfinished, ..)) = &open {
                return Err(truncated(unfinished, &format!("the start of another section, {label}")));
            }
            open = Some((label, start, index + 1));
        } else if let Some(label) = marker(text, b"-----END ")
            && let Some((opened, from, line)) = open.take()
        {
            if opened != label {
                return Err(truncated(&opened, &format!("`-----END {label}-----`")));
            }
            sections.push(Section { label, line, bytes: &bytes[from..end] });
        }
        start = end;
    }
    match open {
        Some((label, ..)) => Err(truncated(&label, "the end of the file")),
        None => Ok(sections),
    }
}

fn marker(line: &[u8], begin: &[u8]) -> Option<String> {
    let label = line.strip_prefix(begin)?.strip_suffix(b"-----")?;
    // Printable ASCII only (RFC 7468, section 3): a label is shown to people.
    let printable = label.len() <= 64 && label.iter().all(|byte| *byte == b' ' || byte.is_ascii_graphic());
    std::str::from_utf8(label).ok().filter(|_| printable).map(str::to_owned)
}

fn not_pem(bytes: &[u8], place: &str) -> Error {
    let found = match bytes {
        [] => NotPem::Empty,
        _ if is_der_key(bytes) => NotPem::DerKey,
        [0x30, 0x80..=0x84, ..] => NotPem::Der,
        [0xEF, 0xBB, 0xBF, ..] => NotPem::ByteOrderMark,
        _ if std::str::from_utf8(bytes).is_err() => NotPem::Binary(bytes.len()),
        _ => NotPem::Text,
    };
    Error::NotPem { place: place.to_owned(), found }
}

/// Every form of a private key (PKCS#8, PKCS#1, SEC1) is a SEQUENCE that begins with the INTEGER 0 or 1.
fn is_der_key(bytes: &[u8]) -> bool {
    let content = match bytes {
        [0x30, ..=0x7F, content @ ..] | [0x30, 0x81, _, content @ ..] | [0x30, 0x82, _, _, content @ ..] => {
            content
        }
        _ => return false,
    };
    matches!(content, [0x02, 0x01, 0x00 | 0x01, ..])
}

#[cfg(test)]
mod tests {
    use super::{certificates, private_key, read};

    fn message(bytes: &[u8]) -> String {
        let error = read(bytes, "x.pem").map(|_| ()).expect_err("it is not a PEM file");
        format!("{error} / {}", error.found().unwrap_or_default())
    }

    #[test]
    fn what_is_not_pem_is_named() {
        assert_eq!(message(b""), "x.pem: this is not PEM / an empty file");
        assert_eq!(message(b"\x30\x82\x01\x00"), "x.pem: this is not PEM / DER (binary)");
        let key = "x.pem: this is not PEM / DER (binary) of a private key";
        assert_eq!(message(b"\x30\x77\x02\x01\x01\x04"), key);
        assert_eq!(message(b"\x30\x82\x04\xbf\x02\x01\x00\x30"), key);
        assert_eq!(message(b"\xff\xfe\x00"), "x.pem: this is not PEM / 3 bytes that are not text");
        assert_eq!(message(b"hello\n"), "x.pem: this is not PEM / text without any section");
    }

    /// A certificate, whose label is then another.
    fn certificate() -> String {
        let pki = crate::EphemeralPki::at(std::time::SystemTime::UNIX_EPOCH).expect("a PKI");
        pki.anchor().pem()
    }

    #[test]
    fn older_labels_and_a_byte_order_mark_hide_no_certificate() {
        let plain = certificate();
        let der = |text: &str| {
            let found = certificates(text.as_bytes(), "x.pem").expect("certificates");
            found.iter().map(|one| one.der().to_vec()).collect::<Vec<_>>()
        };
        let wanted = der(&plain);
        for label in ["X509 CERTIFICATE", "X.509 CERTIFICATE"] {
            let text = plain.replace("CERTIFICATE", label);
            assert_eq!(der(&text), wanted, "{label}");
            assert_eq!(der(&text.replace('\n', "\r\n")), wanted, "{label} with CRLF");
        }
        assert_eq!(der(&format!("\u{feff}{plain}")), wanted);
        assert_eq!(der(&format!("\u{feff}{plain}{plain}")).len(), 2, "the first section disappeared");
    }

    #[test]
    fn a_trusted_certificate_says_how_to_convert_it() {
        let text = certificate().replace("CERTIFICATE", "TRUSTED CERTIFICATE");
        assert!(message(text.as_bytes()).contains("`openssl x509 -in FILE -out FILE.crt`"));
    }

    #[test]
    fn a_truncated_section_is_named() {
        assert_eq!(
            message(b"-----BEGIN CERTIFICATE-----\nMIIB\n"),
            "x.pem: the section CERTIFICATE has no end / the end of the file"
        );
        assert_eq!(
            message(b"-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n"),
            "x.pem: the section CERTIFICATE has no end / the start of another section, PRIVATE KEY"
        );
    }

    #[test]
    fn a_file_without_the_wanted_section_says_what_it_has() {
        let other = b"-----BEGIN DH PARAMETERS-----\nAAAA\n-----END DH PARAMETERS-----\n";
        let error = certificates(other, "x.pem").map(|_| ()).expect_err("no certificate");
        assert_eq!(error.found().as_deref(), Some("DH PARAMETERS"));
        assert!(private_key(other, None, "x.pem").is_err());
    }
}
