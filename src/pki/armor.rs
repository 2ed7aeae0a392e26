//! PEM (RFC 7468) of one structure, out.

use zeroize::Zeroizing;

/// One PEM section with LF line ends and a final newline.
pub fn encode(label: &'static str, der: &[u8]) -> String {
    pkcs8::der::pem::encode_string(label, pkcs8::LineEnding::LF, der)
        .expect("a label of this crate and bytes that fit in memory always encode")
}

/// [`encode`] for private keys: the text is wiped when dropped.
pub(crate) fn encode_secret(label: &'static str, der: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(encode(label, der))
}
