//! TLS errors in the words of the field.

use rustls::{AlertDescription, CertificateError, Error, ExtendedKeyPurpose, InconsistentKeys};
use time::OffsetDateTime;

use crate::pki::validity::human_time;

/// What a TLS error says, for people.
pub(crate) fn describe(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(error) => certificate(error),
        Error::AlertReceived(alert) => format!("received the alert {}", alert_name(*alert)),
        Error::NoCertificatesPresented => "the peer showed no certificate".into(),
        Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            "the private key does not belong to the certificate".into()
        }
        Error::General(reason) => reason.clone(),
        other => other.to_string(),
    }
}

fn certificate(error: &CertificateError) -> String {
    match error {
        CertificateError::Expired => "the certificate has expired".into(),
        CertificateError::ExpiredContext { not_after, .. } => {
            format!("the certificate expired on {}", moment(not_after.as_secs()))
        }
        CertificateError::NotValidYet => "the certificate is not valid yet".into(),
        CertificateError::NotValidYetContext { not_before, .. } => {
            format!("the certificate is not valid before {}", moment(not_before.as_secs()))
        }
        CertificateError::UnknownIssuer => {
            "unknown issuer: the certificate does not lead to a trusted root".into()
        }
        CertificateError::BadSignature => {
            "bad signature: it was not made with the key of the issuer that the certificate names".into()
        }
        CertificateError::NotValidForName => {
            "the certificate is not valid for the name that was asked for".into()
        }
        CertificateError::NotValidForNameContext { expected, presented } => format!(
            "the certificate is not valid for {}; it names {}",
            expected.to_str(),
            if presented.is_empty() { "no host".into() } else { plain_names(presented) }
        ),
        CertificateError::InvalidPurpose => "the certificate was issued for another purpose".into(),
        CertificateError::InvalidPurposeContext { required, presented } => {
            let presented: Vec<String> = presented.iter().map(purpose).collect();
            format!(
                "the certificate was not issued for {required}, but for {}",
                if presented.is_empty() { "nothing".into() } else { presented.join(", ") }
            )
        }
        CertificateError::BadEncoding => "the certificate is not encoded correctly".into(),
        CertificateError::ApplicationVerificationFailure => {
            "this caller is not among those that are admitted".into()
        }
        CertificateError::Revoked => "the certificate has been revoked".into(),
        CertificateError::UnhandledCriticalExtension => {
            "the certificate has a critical extension that TLS peers do not know".into()
        }
        error if is_beyond(error) => {
            "it is signed in a way that this program's TLS library does not know".into()
        }
        CertificateError::Other(reason) => path_error(&reason.to_string()),
        other => other.to_string(),
    }
}

/// Whether a signature is of a kind that the TLS library does not know: nothing is wrong with it, for all that is known.
pub(super) fn is_beyond(error: &CertificateError) -> bool {
    matches!(
        error,
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
            | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. }
    )
}

/// rustls puts commas between the numbers of an object identifier.
fn purpose(purpose: &ExtendedKeyPurpose) -> String {
    match purpose {
        ExtendedKeyPurpose::Other(numbers) => {
            numbers.iter().map(usize::to_string).collect::<Vec<_>>().join(".")
        }
        known => known.to_string(),
    }
}

/// webpki writes `DnsName("web.example")`; people want what stands inside.
fn plain_names(presented: &[String]) -> String {
    let plain = |name: &String| {
        let inner = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
        inner.unwrap_or(name).trim_matches('"').to_owned()
    };
    presented.iter().map(plain).collect::<Vec<_>>().join(", ")
}

/// The errors of path building that rustls passes on by name only.
fn path_error(name: &str) -> String {
    let words = match name {
        "CaUsedAsEndEntity" => "the leaf is a CA certificate (basicConstraints cA TRUE)",
        "EndEntityUsedAsCa" => "a certificate that is no CA signed another one",
        "UnsupportedCertVersion" => "a certificate is not of X.509 version 3",
        "NameConstraintViolation" => "a name is outside the name constraints of a CA above it",
        "PathLenConstraintViolated" => "there are more CAs in the chain than a path length constraint allows",
        "UnsupportedCriticalExtension" => "a certificate has a critical extension that TLS peers do not know",
        "MalformedExtensions" | "ExtensionValueInvalid" => "a certificate has a malformed extension",
        "SignatureAlgorithmMismatch" => "a certificate names two different signature algorithms",
        "InvalidSerialNumber" => "a certificate has an invalid serial number",
        "EmptyEkuExtension" => "a certificate has an empty extended key usage",
        other => return format!("the certificate is not acceptable ({other})"),
    };
    words.to_owned()
}

/// The name of an alert in RFC 8446, section 6.
pub(crate) fn alert_name(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::UnknownCA => "unknown_ca".into(),
        other => {
            let debug = format!("{other:?}");
            let mut name = String::with_capacity(debug.len() + 4);
            for (index, letter) in debug.char_indices() {
                if letter.is_ascii_uppercase() && index > 0 {
                    name.push('_');
                }
                name.push(letter.to_ascii_lowercase());
            }
            name
        }
    }
}

/// The name of an alert by its number.
pub(crate) fn alert_of(number: u8) -> String {
    match AlertDescription::from(number) {
        AlertDescription::Unknown(number) => format!("number {number}"),
        known => alert_name(known),
    }
}

fn moment(seconds: u64) -> String {
    i64::try_from(seconds)
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .map_or_else(|| format!("second {seconds} after 1970"), human_time)
}

#[cfg(test)]
mod tests {
    use super::{alert_name, alert_of, describe, path_error};
    use rustls::pki_types::{ServerName, UnixTime};
    use rustls::{AlertDescription, CertificateError, Error, ExtendedKeyPurpose};
    use std::time::Duration;

    #[test]
    fn errors_are_said_in_the_words_of_the_field() {
        let not_after = UnixTime::since_unix_epoch(Duration::from_secs(86_400));
        let cases = [
            (
                CertificateError::ExpiredContext { time: not_after, not_after },
                "the certificate expired on 1970-01-02 00:00 UTC",
            ),
            (
                CertificateError::NotValidForNameContext {
                    expected: ServerName::try_from("a.test").expect("a name"),
                    presented: vec!["DnsName(\"b.test\")".into(), "IpAddress(127.0.0.1)".into()],
                },
                "the certificate is not valid for a.test; it names b.test, 127.0.0.1",
            ),
            (
                CertificateError::InvalidPurposeContext {
                    required: ExtendedKeyPurpose::ClientAuth,
                    presented: vec![ExtendedKeyPurpose::Other(vec![2, 5, 29, 37, 0])],
                },
                "the certificate was not issued for client authentication, but for 2.5.29.37.0",
            ),
            (
                CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext {
                    signature_algorithm_id: vec![1],
                    public_key_algorithm_id: vec![2],
                },
                "it is signed in a way that this program's TLS library does not know",
            ),
        ];
        for (error, words) in cases {
            assert_eq!(describe(&Error::InvalidCertificate(error)), words);
        }
        assert_eq!(
            describe(&Error::AlertReceived(AlertDescription::CertificateRequired)),
            "received the alert certificate_required"
        );
    }

    #[test]
    fn alerts_have_their_names_from_the_standard() {
        assert_eq!(alert_name(AlertDescription::UnknownCA), "unknown_ca");
        assert_eq!((alert_of(70), alert_of(255)), ("protocol_version".into(), "number 255".into()));
        assert_eq!(alert_name(AlertDescription::BadCertificate), "bad_certificate");
        assert_eq!(alert_name(AlertDescription::UnsupportedCertificate), "unsupported_certificate");
    }

    #[test]
    fn errors_of_path_building_are_explained() {
        assert!(path_error("CaUsedAsEndEntity").contains("cA TRUE"));
        assert!(path_error("UnsupportedCertVersion").contains("version 3"));
        assert!(path_error("Whatever").contains("(Whatever)"));
    }
}
