//! The structures that private keys travel in: PKCS#8, SEC 1, and the algorithms that they name.

use zeroize::Zeroizing;

use super::KeyAlgorithm;

/// A kind of key as its structures name it: RSA of any size is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyKind {
    Rsa,
    Curve(KeyCurve),
    Ed25519,
}

/// A NIST curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyCurve {
    P256,
    P384,
}

impl From<KeyAlgorithm> for KeyKind {
    fn from(algorithm: KeyAlgorithm) -> Self {
        match algorithm {
            KeyAlgorithm::EcP256 => Self::Curve(KeyCurve::P256),
            KeyAlgorithm::EcP384 => Self::Curve(KeyCurve::P384),
            KeyAlgorithm::Ed25519 => Self::Ed25519,
            KeyAlgorithm::Rsa(_) => Self::Rsa,
        }
    }
}

/// PKCS#8 version 1 of an Ed25519 seed (RFC 8410, section 7).
pub(super) fn ed25519_pkcs8(seed: &[u8; 32]) -> Vec<u8> {
    let inner = Zeroizing::new(yasna::construct_der(|writer| writer.write_bytes(seed)));
    wrap_pkcs8(KeyKind::Ed25519, &inner)
}

/// Puts an inner private key structure into PKCS#8 version 1 (RFC 5208, section 5).
pub(super) fn wrap_pkcs8(kind: KeyKind, inner: &[u8]) -> Vec<u8> {
    yasna::construct_der(|writer| {
        writer.write_sequence(|writer| {
            writer.next().write_u8(0);
            write_algorithm(writer.next(), kind);
            writer.next().write_bytes(inner);
        });
    })
}

const RSA: &[u64] = &[1, 2, 840, 113_549, 1, 1, 1];
const EC: &[u64] = &[1, 2, 840, 10045, 2, 1];
const P256: &[u64] = &[1, 2, 840, 10045, 3, 1, 7];
const P384: &[u64] = &[1, 3, 132, 0, 34];
const ED25519: &[u64] = &[1, 3, 101, 112];

/// AlgorithmIdentifier of a public key (RFC 3279, 5480, 8410).
pub(super) fn write_algorithm(writer: yasna::DERWriter<'_>, kind: KeyKind) {
    let oid = |components: &[u64]| yasna::models::ObjectIdentifier::from_slice(components);
    writer.write_sequence(|writer| match kind {
        KeyKind::Curve(curve) => {
            writer.next().write_oid(&oid(EC));
            writer.next().write_oid(&oid(if curve == KeyCurve::P256 { P256 } else { P384 }));
        }
        KeyKind::Ed25519 => writer.next().write_oid(&oid(ED25519)),
        KeyKind::Rsa => {
            writer.next().write_oid(&oid(RSA));
            writer.next().write_null();
        }
    });
}

/// What a key structure says that it holds.
pub(super) enum Found {
    Known(KeyKind),
    Other(String),
}

/// The algorithm that a PKCS#8 structure names.
pub(super) fn algorithm_of(pkcs8: &[u8]) -> Option<Found> {
    let info = pkcs8::PrivateKeyInfoRef::try_from(pkcs8).ok()?;
    let oid = info.algorithm.oid.to_string();
    let curve = info.algorithm.parameters_oid().ok().map(|oid| oid.to_string());
    let dotted = |components: &[u64]| components.iter().map(u64::to_string).collect::<Vec<_>>().join(".");
    Some(if oid == dotted(RSA) {
        Found::Known(KeyKind::Rsa)
    } else if oid == dotted(ED25519) {
        Found::Known(KeyKind::Ed25519)
    } else if oid == dotted(EC) && curve == Some(dotted(P256)) {
        Found::Known(KeyKind::Curve(KeyCurve::P256))
    } else if oid == dotted(EC) && curve == Some(dotted(P384)) {
        Found::Known(KeyKind::Curve(KeyCurve::P384))
    } else {
        Found::Other(curve.unwrap_or(oid))
    })
}

/// The curve of an ECPrivateKey; where it names none, the length of the private key tells.
pub(super) fn sec1_curve(der: &[u8]) -> Option<KeyCurve> {
    yasna::parse_der(der, |reader| {
        reader.read_sequence(|reader| {
            reader.next().read_u8()?;
            let length = Zeroizing::new(reader.next().read_bytes()?).len();
            let named = reader.read_optional(|reader| {
                reader.read_tagged(yasna::Tag::context(0), |reader| reader.read_oid())
            })?;
            reader.read_optional(|reader| {
                reader.read_tagged(yasna::Tag::context(1), |reader| reader.read_bitvec_bytes())
            })?;
            let is = |components: &[u64]| {
                named.as_ref().is_some_and(|oid| oid.components().as_slice() == components)
            };
            Ok(match (&named, length) {
                (Some(_), _) if is(P256) => Some(KeyCurve::P256),
                (Some(_), _) if is(P384) => Some(KeyCurve::P384),
                (None, 32) => Some(KeyCurve::P256),
                (None, 48) => Some(KeyCurve::P384),
                _ => None,
            })
        })
    })
    .ok()
    .flatten()
}
