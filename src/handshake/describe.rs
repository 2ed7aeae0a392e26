//! TLS errors in the words of the field.

use std::borrow::Cow;

use rustls::{
    AlertDescription, CertificateError, CipherSuite, Error, ExtendedKeyPurpose, InconsistentKeys, NamedGroup,
    OtherError,
};
use time::OffsetDateTime;

use crate::pki::validity::human_time;

const UNKNOWN_CRITICAL: &str = "a certificate has a critical extension that TLS libraries do not know";

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
            if presented.is_empty() { "no host".into() } else { presented.join(", ") }
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
            "this caller is not on the list of allowed callers".into()
        }
        CertificateError::Revoked => "the certificate has been revoked".into(),
        CertificateError::UnhandledCriticalExtension => UNKNOWN_CRITICAL.into(),
        error if is_beyond(error) => {
            "it is signed in a way that this program's TLS library does not know".into()
        }
        CertificateError::Other(error) => path_error(error).into(),
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

/// The errors of path building, for which rustls has no variants.
fn path_error(error: &OtherError) -> &'static str {
    use webpki::Error as Path;
    match error.0.downcast_ref::<Path>() {
        Some(Path::CaUsedAsEndEntity) => "the leaf is a CA certificate (basicConstraints cA TRUE)",
        Some(Path::EndEntityUsedAsCa) => "a certificate that is not a CA signed another one",
        Some(Path::UnsupportedCertVersion) => "a certificate is not X.509 version 3",
        Some(Path::NameConstraintViolation) => "a name is outside the name constraints of a CA above it",
        Some(Path::PathLenConstraintViolated) => "the chain exceeds a CA's path length constraint",
        Some(Path::UnsupportedCriticalExtension) => UNKNOWN_CRITICAL,
        Some(Path::MalformedExtensions | Path::ExtensionValueInvalid) => {
            "a certificate has a malformed extension"
        }
        Some(Path::MalformedNameConstraint | Path::InvalidNetworkMaskConstraint) => {
            "a CA has malformed name constraints"
        }
        Some(Path::MalformedDnsIdentifier | Path::UnsupportedNameType) => {
            "a certificate has a malformed or unsupported name"
        }
        Some(Path::SignatureAlgorithmMismatch) => "a certificate names two different signature algorithms",
        Some(Path::InvalidSerialNumber) => "a certificate has an invalid serial number",
        Some(Path::EmptyEkuExtension) => "a certificate has an empty extended key usage",
        Some(
            Path::MaximumNameConstraintComparisonsExceeded
            | Path::MaximumPathBuildCallsExceeded
            | Path::MaximumPathDepthExceeded
            | Path::MaximumSignatureChecksExceeded,
        ) => "the chain is too long or too tangled to be checked",
        _ => "the certificate is not acceptable to this program's TLS library",
    }
}

/// The name of an alert (IANA, "TLS Alerts").
pub(crate) fn alert_name(alert: AlertDescription) -> Cow<'static, str> {
    Cow::Borrowed(match u8::from(alert) {
        0 => "close_notify",
        10 => "unexpected_message",
        20 => "bad_record_mac",
        21 => "decryption_failed",
        22 => "record_overflow",
        30 => "decompression_failure",
        40 => "handshake_failure",
        41 => "no_certificate",
        42 => "bad_certificate",
        43 => "unsupported_certificate",
        44 => "certificate_revoked",
        45 => "certificate_expired",
        46 => "certificate_unknown",
        47 => "illegal_parameter",
        48 => "unknown_ca",
        49 => "access_denied",
        50 => "decode_error",
        51 => "decrypt_error",
        60 => "export_restriction",
        70 => "protocol_version",
        71 => "insufficient_security",
        80 => "internal_error",
        86 => "inappropriate_fallback",
        90 => "user_canceled",
        100 => "no_renegotiation",
        109 => "missing_extension",
        110 => "unsupported_extension",
        111 => "certificate_unobtainable",
        112 => "unrecognized_name",
        113 => "bad_certificate_status_response",
        114 => "bad_certificate_hash_value",
        115 => "unknown_psk_identity",
        116 => "certificate_required",
        120 => "no_application_protocol",
        121 => "ech_required",
        number => return format!("number {number}").into(),
    })
}

/// The name of a group for the key exchange: `X25519`.
pub(super) fn group_name(group: NamedGroup) -> String {
    group.as_str().map_or_else(|| format!("group {}", u16::from(group)), str::to_owned)
}

/// The name of a cipher suite: `TLS13_AES_128_GCM_SHA256`.
pub(super) fn suite_name(suite: CipherSuite) -> String {
    suite.as_str().map_or_else(|| format!("suite {}", u16::from(suite)), str::to_owned)
}

fn moment(seconds: u64) -> String {
    i64::try_from(seconds)
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .map_or_else(|| format!("second {seconds} after 1970"), human_time)
}

#[cfg(test)]
mod tests {
    use super::{alert_name, describe};
    use rustls::pki_types::{ServerName, UnixTime};
    use rustls::{AlertDescription, CertificateError, Error, ExtendedKeyPurpose, OtherError};
    use std::sync::Arc;
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
                    presented: vec!["b.test".into(), "127.0.0.1".into()],
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
        assert_eq!(alert_name(70.into()), "protocol_version");
        assert_eq!(alert_name(255.into()), "number 255");
        assert_eq!(alert_name(AlertDescription::BadCertificate), "bad_certificate");
        assert_eq!(alert_name(AlertDescription::UnsupportedCertificate), "unsupported_certificate");
    }

    #[test]
    fn errors_of_path_building_are_explained_by_their_type() {
        let says = |error: webpki::Error| {
            describe(&Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(error)))))
        };
        assert!(says(webpki::Error::CaUsedAsEndEntity).contains("cA TRUE"));
        assert!(says(webpki::Error::UnsupportedCertVersion).contains("version 3"));
        assert!(says(webpki::Error::UnsupportedDeltaCrl).contains("not acceptable"));
    }
}
