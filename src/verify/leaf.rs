//! Rules on a leaf and its key.

use super::certificates::{Case, Finding, Verdict};
use crate::pki::{DnsName, ExtendedKeyUsage, SubjectAltName};

pub(super) fn key_matches(case: &Case<'_>) -> Verdict {
    let leaf = case.identity.leaf();
    let Some(key) = &case.identity.key else {
        return Verdict::Unknown("there is no private key to compare with".into());
    };
    match leaf.require_key(key, "the certificate", "the private key") {
        Ok(()) => Verdict::Fine(key.algorithm().to_string()),
        Err(error) => Verdict::Wrong(vec![Finding::new(
            error.expected().unwrap_or_else(|| "the key of the certificate".into()),
            error.found().unwrap_or_else(|| error.to_string()),
            "put the key beside the certificate that it was made with, or issue the certificate again",
        )]),
    }
}

/// Names must be in subjectAltName: clients have not looked at the common name for years (RFC 9525, section 2).
pub(super) fn names(case: &Case<'_>) -> Verdict {
    let details = &case.identity.leaf().details;
    let host = |san: &&SubjectAltName| matches!(san, SubjectAltName::Dns(_) | SubjectAltName::Ip(_));
    let list = |sans: Vec<String>| if sans.is_empty() { "no name at all".into() } else { sans.join(", ") };
    let all: Vec<String> =
        details.sans.iter().map(ToString::to_string).chain(details.other_names.iter().cloned()).collect();
    let again = "issue the certificate again with the name as subject alternative name";
    let common_name = details.common_name.as_deref();
    let mut findings = Vec::new();
    if all.is_empty() {
        findings.push(Finding::new(
            "subjectAltName with the names of the holder",
            common_name.map_or("no name at all".into(), |name| format!("the common name {name:?} alone")),
            again,
        ));
    } else if case.serves {
        let uri = details.sans.iter().any(|san| matches!(san, SubjectAltName::Uri(_)));
        if !uri && !details.sans.iter().any(|san| host(&san)) {
            findings.push(Finding::new("a host name or an address", list(all.clone()), again));
        }
        let hostlike = common_name.filter(|name| name.contains('.') && name.parse::<DnsName>().is_ok());
        if let Some(name) = hostlike.filter(|name| !details.sans.iter().any(|san| san.covers(name))) {
            findings.push(Finding::new(
                format!("{name} in subjectAltName, too"),
                format!("{name} in the common name alone, beside {}", list(all.clone())),
                again,
            ));
        }
    }
    Verdict::of(findings, all.join(", "))
}

/// rustls takes a leaf without extended key usage; OpenSSL with purposes, Go and Apple do not.
pub(super) fn ext_key_usage(case: &Case<'_>) -> Verdict {
    let leaf = case.identity.leaf();
    let needed: Vec<&str> = [(case.serves, "serverAuth"), (case.calls, "clientAuth")]
        .into_iter()
        .filter_map(|(needed, name)| needed.then_some(name))
        .collect();
    let Some(usages) = &leaf.details.ext_key_usage else {
        return Verdict::Wrong(vec![Finding::new(
            format!("extended key usage with {}", needed.join(" and ")),
            "no extended key usage: it would serve every purpose, and several peers refuse it",
            "issue the certificate again for its role",
        )]);
    };
    let found = if usages.is_empty() { "nothing".into() } else { usages.join(", ") };
    let roles = [
        (case.serves, ExtendedKeyUsage::ServerAuth, "serverAuth", "a server"),
        (case.calls, ExtendedKeyUsage::ClientAuth, "clientAuth", "a client"),
    ];
    let findings = roles
        .into_iter()
        .filter(|(used, purpose, ..)| *used && !leaf.allows(*purpose))
        .map(|(_, _, name, role)| {
            Finding::new(
                format!("{name} in extended key usage, because it is used by {role}"),
                found.clone(),
                format!("issue a certificate for {role}, or do not use this one there"),
            )
        })
        .collect();
    Verdict::of(findings, found.clone())
}

/// TLS 1.3 signs every handshake, so does TLS 1.2 with ephemeral keys (RFC 8446, section 4.4.2.2).
pub(super) fn key_usage(case: &Case<'_>) -> Verdict {
    match &case.identity.leaf().details.key_usage {
        None => Verdict::Fine("no key usage, so every usage is allowed".into()),
        Some(usages) if usages.iter().any(|usage| usage == "digitalSignature") => {
            Verdict::Fine(usages.join(", "))
        }
        Some(usages) => Verdict::Wrong(vec![Finding::new(
            "digitalSignature in key usage",
            if usages.is_empty() { "an empty key usage".into() } else { usages.join(", ") },
            "issue the certificate again with digitalSignature",
        )]),
    }
}

pub(super) fn wildcards(case: &Case<'_>) -> Verdict {
    let names = case.identity.leaf().details.sans.iter().filter_map(SubjectAltName::as_dns);
    let wildcards: Vec<&DnsName> = names.filter(|name| name.is_wildcard()).collect();
    let findings = wildcards
        .iter()
        .filter(|name| name.is_too_wide())
        .map(|name| {
            Finding::new(
                "a wildcard in front of at least two labels, such as *.apps.example",
                name.to_string(),
                "name the hosts one by one, or put them below a domain of their own",
            )
        })
        .collect();
    let list: Vec<String> = wildcards.iter().map(ToString::to_string).collect();
    Verdict::of(findings, if list.is_empty() { "no wildcard".into() } else { list.join(", ") })
}

/// What plain `openssl req -x509` makes: OpenSSL takes it as a server, rustls does not (CaUsedAsEndEntity).
pub(super) fn not_an_authority(case: &Case<'_>) -> Verdict {
    let leaf = case.identity.leaf();
    let mut findings = Vec::new();
    if leaf.is_authority() {
        findings.push(Finding::new(
            "a leaf: basicConstraints without cA",
            "basicConstraints with cA TRUE",
            "issue a certificate for the server or client instead of using the CA's own",
        ));
    }
    let signs = |usages: &Vec<String>| usages.iter().any(|usage| usage == "keyCertSign");
    if !leaf.is_authority() && leaf.details.key_usage.as_ref().is_some_and(signs) {
        findings.push(Finding::new(
            "a leaf without keyCertSign",
            "keyCertSign without cA TRUE, which RFC 5280 (section 4.2.1.9) forbids",
            "issue the certificate again without keyCertSign",
        ));
    }
    Verdict::of(findings, "")
}
