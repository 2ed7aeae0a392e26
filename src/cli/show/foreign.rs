//! Files that hold certificates and keys in another form: what they are, and what makes PEM of them.

use std::path::Path;

use crate::cli::failure::Failure;
use crate::error::Error;
use crate::pki::pem::Block;
use crate::template::shell_word;

/// Object identifiers in DER, with their tag and length.
const PKCS7_SIGNED: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
const PBES2: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d";

/// The error of DER that is not a certificate, request or PKCS#8 key, in better words if the format is known.
pub(super) fn der(error: Error, bytes: &[u8], path: &Path) -> Failure {
    let file = shell_word(&path.display().to_string());
    let key = format!("`openssl pkey -inform der -in {file} -out FILE.pem`");
    let (found, convert) = match content(bytes) {
        // PFX version 3 (RFC 7292, section 4).
        [0x02, 0x01, 0x03, 0x30, ..] => {
            ("a PKCS#12 store", format!("`openssl pkcs12 -in {file} -out FILE.pem`"))
        }
        // RSAPrivateKey version 0 (RFC 8017, appendix A.1.2); a PKCS#8 key has a sequence behind its version.
        [0x02, 0x01, 0x00, 0x02, ..] => ("an RSA private key in PKCS#1", key),
        // ECPrivateKey version 1 (RFC 5915, section 3).
        [0x02, 0x01, 0x01, 0x04, ..] => ("an EC private key in SEC 1", key),
        content if content.starts_with(PKCS7_SIGNED) => {
            ("PKCS#7", format!("`openssl pkcs7 -inform der -print_certs -in {file} -out FILE.pem`"))
        }
        content if content.get(2..).is_some_and(|rest| rest.starts_with(PBES2)) => {
            ("an encrypted private key in PKCS#8", key)
        }
        _ => return error.into(),
    };
    refused(path, &format!("{found} (binary)"), format!("convert it with {convert}"))
}

/// Refuses sections that only look like PEM: in YAML they are indented.
pub(super) fn check_text(blocks: &[Block], path: &Path) -> Result<(), Failure> {
    const KNOWN: [&str; 5] =
        ["CERTIFICATE", "CERTIFICATE REQUEST", "PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"];
    let unread = |block: &Block| matches!(block, Block::Other(label) if KNOWN.contains(&label.as_str()));
    match blocks.iter().any(unread) {
        true => Err(refused(path, "PEM inside other text, such as YAML", lint(path))),
        false => Ok(()),
    }
}

/// The error of a text without any section, with the command that reads manifests.
pub(super) fn text(error: Error, path: &Path) -> Failure {
    let is_manifest = path
        .extension()
        .is_some_and(|end| ["yaml", "yml", "json"].iter().any(|known| end.eq_ignore_ascii_case(known)));
    Failure { hint: is_manifest.then(|| lint(path)), ..error.into() }
}

fn lint(path: &Path) -> String {
    format!("`pkictl lint {}` reads Routes, Secrets and ConfigMaps", shell_word(&path.display().to_string()))
}

fn refused(path: &Path, found: &str, hint: String) -> Failure {
    let error = Error::Encoding {
        place: path.display().to_string(),
        reason: "this format cannot be shown".into(),
        expected: "PEM, or one certificate, request or PKCS#8 key in DER".into(),
        found: found.to_owned(),
    };
    Failure { hint: Some(hint), ..error.into() }
}

/// What is in the outermost sequence (X.690, section 8.1.3).
fn content(bytes: &[u8]) -> &[u8] {
    let length_octets = match bytes.get(1) {
        Some(length @ 0x80..) => usize::from(length & 0x7f),
        _ => 0,
    };
    bytes.get(2 + length_octets..).unwrap_or_default()
}
