//! Rules about the certificates of servers and clients.

use crate::explanation::Explanation;
use crate::finding::Platform::{Apple, Browsers, Postgres, Python};
use crate::finding::Severity::{Error, Note, Warning};
use crate::lint::rule::{CheckFn, FileRule, explain, row, when};
use crate::pki::certificate::GeneralName;
use crate::pki::defect;
use crate::pki::{Certificate, ExtendedKeyUsage, KeyUsage, SubjectAltName};

pub(super) const RULES: &[FileRule] = &[
    row(
        "san-missing",
        Error,
        &[],
        "has its name in the common name alone",
        "RFC 9525, section 2; Go, Python, curl, browsers and rustls do not look at the common name",
        "issue it again with subjectAltName",
        CheckFn::Leaf(|leaf| explain(defect::no_names(leaf))),
    ),
    row(
        "san-without-host",
        Error,
        &[],
        "is for servers and names no host",
        "RFC 9525, section 6.1",
        "issue it again with the host name as DNS:, or the address as IP:",
        CheckFn::Leaf(|leaf| {
            explain(defect::no_host(leaf).filter(|_| says(leaf, ExtendedKeyUsage::ServerAuth)))
        }),
    ),
    row(
        "san-address-as-dns",
        Error,
        &[],
        "has an address where host names belong",
        "RFC 5280, section 4.2.1.6: an address is an iPAddress; clients compare it with nothing else",
        "write IP:127.0.0.1, not DNS:127.0.0.1",
        CheckFn::Leaf(address_as_dns),
    ),
    row(
        "san-critical",
        Warning,
        &[Python],
        "has no subject, and its names are not critical",
        "RFC 5280, section 4.2.1.6; OpenSSL in strict mode refuses it",
        "mark subjectAltName critical, or give it a subject",
        CheckFn::Leaf(|leaf| {
            let details = &leaf.details;
            let wrong =
                details.subject.is_empty() && !details.sans_critical() && details.sans().next().is_some();
            when(wrong, "subjectAltName, critical", "subjectAltName, not critical")
        }),
    ),
    row(
        "san-underscore",
        Warning,
        &[],
        "has a name with `_`",
        "RFC 1123, section 2.1; several clients refuse it, no Kubernetes name has it",
        "name the host with `-`",
        CheckFn::Leaf(|leaf| {
            let names = leaf.details.sans().filter_map(SubjectAltName::as_dns);
            let wrong = names.filter(|name| name.has_underscore());
            wrong.flat_map(|name| when(true, "letters, digits and `-`", name.to_string())).collect()
        }),
    ),
    row(
        "common-name-not-covered",
        Warning,
        &[],
        "has a host in its common name that it does not serve",
        "RFC 9525, section 2: the common name does not count",
        "issue it again with that name in subjectAltName, too",
        CheckFn::Leaf(|leaf| {
            explain(
                defect::host_in_common_name_alone(leaf).filter(|_| says(leaf, ExtendedKeyUsage::ServerAuth)),
            )
        }),
    ),
    row(
        "common-name-missing",
        Note,
        &[Postgres],
        "is for clients and has no common name",
        "PostgreSQL documentation, client authentication with certificates: the common name is the user; RabbitMQ and Mosquitto likewise",
        "issue it again with the user's name as common name",
        CheckFn::Leaf(|leaf| {
            let nameless =
                leaf.details.subject.common_name().is_none() && says(leaf, ExtendedKeyUsage::ClientAuth);
            when(nameless, "a common name", "none")
        }),
    ),
    row(
        "spiffe-id",
        Error,
        &[],
        "has a SPIFFE ID that no peer takes",
        "SPIFFE-ID, section 2; X.509-SVID, section 2: exactly one URI",
        "issue it again with one URI, such as spiffe://example.org/ns/shop/sa/web",
        CheckFn::Leaf(|leaf| explain(defect::spiffe_names(leaf.details.sans()))),
    ),
    row(
        "wildcard-too-wide",
        Error,
        &[],
        "has a wildcard that clients do not match",
        "OpenSSL, curl and rustls match `*` only in front of two labels or more",
        "name the hosts one by one, or put them below a domain of their own",
        CheckFn::Leaf(|leaf| explain(defect::wide_wildcards(leaf))),
    ),
    row(
        "purpose-missing",
        Warning,
        &[Apple],
        "does not say whether it is for servers or clients",
        "RFC 5280, section 4.2.1.12; Apple (support.apple.com/103769) requires serverAuth",
        "issue it again with extendedKeyUsage=serverAuth or clientAuth",
        // That a CA has none is right; that it is used as a leaf has a rule of its own.
        CheckFn::Leaf(|leaf| {
            explain(defect::no_purpose(leaf, "serverAuth or clientAuth").filter(|_| !leaf.is_authority()))
        }),
    ),
    row(
        "key-usage-signature",
        Error,
        &[],
        "may not sign handshakes",
        "RFC 8446, section 4.4.2.2",
        "issue it again with keyUsage=digitalSignature",
        CheckFn::Leaf(|leaf| explain(defect::no_handshake_signature(leaf))),
    ),
    row(
        "key-usage-encipherment",
        Warning,
        &[],
        "has a key that cannot encipher keys, and says that it may",
        "RFC 8813, section 3 (ECDSA); RFC 9295, section 3 (Ed25519)",
        "issue it again with keyUsage=digitalSignature alone",
        CheckFn::Leaf(|leaf| {
            let usages = leaf.details.key_usage.unwrap_or_default();
            let wrong =
                usages.contains(KeyUsage::KeyEncipherment) && leaf.details.key_type.rsa_bits().is_none();
            when(wrong, "digitalSignature alone", usages.to_string())
        }),
    ),
    row(
        "authority-as-leaf",
        Error,
        &[Browsers],
        "is used by a server or client, and is a CA",
        "rustls CaUsedAsEndEntity, Firefox MOZILLA_PKIX_ERROR_CA_CERT_USED_AS_END_ENTITY; plain `openssl req -x509` makes it",
        "make a CA of its own, and issue a certificate for the server or client",
        CheckFn::Leaf(|leaf| explain(defect::authority_as_leaf(leaf))),
    ),
    row(
        "validity-long",
        Warning,
        &[Apple],
        "is valid for longer than Apple takes",
        "support.apple.com/103769: at most 825 days, under private CAs, too",
        "issue it again for 397 days or less, and renew it by a program",
        CheckFn::Leaf(|leaf| explain(defect::too_long_for_apple(leaf))),
    ),
];

/// Whether extended key usage names a purpose, in so many words.
fn says(leaf: &Certificate, purpose: ExtendedKeyUsage) -> bool {
    leaf.details.ext_key_usage.as_ref().is_some_and(|all| all.contains(purpose))
}

fn address_as_dns(leaf: &Certificate) -> Vec<Explanation> {
    let names = leaf.details.other_names().filter(|name| name.is_dns()).filter_map(GeneralName::text);
    let addresses = names.filter(|name| name.parse::<std::net::IpAddr>().is_ok());
    addresses.flat_map(|name| when(true, &format!("IP:{name}"), format!("DNS:{name}"))).collect()
}
