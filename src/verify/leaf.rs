//! Rules on a leaf and its key.

use super::case::{Case, RuleVerdict, explain};
use crate::explanation::Explanation;
use crate::pki::{DnsName, ExtendedKeyUsage, SubjectAltName, defect};

pub(super) fn key_matches(case: &Case<'_>) -> RuleVerdict {
    let leaf = case.identity.leaf();
    let Some(key) = &case.identity.key else {
        return RuleVerdict::Unknown("there is no private key to compare with".into());
    };
    let fix = "put the key beside the certificate that it was made with, or issue the certificate again";
    let findings = defect::foreign_key(leaf, key).map(|defect| explain(defect, fix));
    RuleVerdict::of(findings.into_iter().collect(), key.algorithm().to_string())
}

pub(super) fn names(case: &Case<'_>) -> RuleVerdict {
    let leaf = case.identity.leaf();
    let hosts = [defect::no_host(leaf), defect::host_in_common_name_alone(leaf)];
    let hosts = hosts.into_iter().flatten().filter(|_| case.serves);
    let again = "issue the certificate again with the name as subject alternative name";
    let workload = defect::spiffe_names(leaf.details.sans());
    let defects = defect::no_names(leaf).into_iter().chain(hosts).chain(workload);
    let detail: Vec<String> = leaf.details.names.iter().map(ToString::to_string).collect();
    let findings = defects.map(|defect| explain(defect, again));
    RuleVerdict::of(findings.collect(), detail.join(", "))
}

pub(super) fn ext_key_usage(case: &Case<'_>) -> RuleVerdict {
    let leaf = case.identity.leaf();
    let needed: Vec<&str> = [(case.serves, "serverAuth"), (case.calls, "clientAuth")]
        .into_iter()
        .filter_map(|(needed, name)| needed.then_some(name))
        .collect();
    if let Some(defect) = defect::no_purpose(leaf, &needed.join(" and ")) {
        return RuleVerdict::Wrong(vec![explain(defect, "issue the certificate again for its role")]);
    }
    let usages = leaf.details.ext_key_usage.as_ref().map(ToString::to_string).unwrap_or_default();
    let found = if usages.is_empty() { "nothing".into() } else { usages };
    let roles = [
        (case.serves, ExtendedKeyUsage::ServerAuth, "serverAuth", "a server"),
        (case.calls, ExtendedKeyUsage::ClientAuth, "clientAuth", "a client"),
    ];
    let findings = roles
        .into_iter()
        .filter(|(used, purpose, ..)| *used && !leaf.allows(*purpose))
        .map(|(_, _, name, role)| {
            Explanation::new(
                format!("{name} in extended key usage, because it is used by {role}"),
                found.clone(),
            )
            .with_fix(format!("issue a certificate for {role}, or do not use this one there"))
        })
        .collect();
    RuleVerdict::of(findings, found.clone())
}

pub(super) fn key_usage(case: &Case<'_>) -> RuleVerdict {
    let leaf = case.identity.leaf();
    let fix = "issue the certificate again with digitalSignature";
    let findings = defect::no_handshake_signature(leaf).map(|defect| explain(defect, fix));
    let usages = leaf.details.key_usage;
    let detail = usages.map_or("no key usage, so every usage is allowed".into(), |usages| usages.to_string());
    RuleVerdict::of(findings.into_iter().collect(), detail)
}

pub(super) fn wildcards(case: &Case<'_>) -> RuleVerdict {
    let leaf = case.identity.leaf();
    let names = leaf.details.sans().filter_map(SubjectAltName::as_dns);
    let wildcards: Vec<&DnsName> = names.filter(|name| name.is_wildcard()).collect();
    let fix = "name the hosts one by one, or put them below a domain of their own";
    let findings = defect::wide_wildcards(leaf).into_iter().map(|defect| explain(defect, fix)).collect();
    let list: Vec<String> = wildcards.iter().map(ToString::to_string).collect();
    RuleVerdict::of(findings, if list.is_empty() { "no wildcard".into() } else { list.join(", ") })
}

pub(super) fn not_an_authority(case: &Case<'_>) -> RuleVerdict {
    let leaf = case.identity.leaf();
    let instead = "issue a certificate for the server or client instead of using the CA's own";
    let wrong = [
        (defect::authority_as_leaf(leaf), instead),
        (defect::certificate_signing_leaf(leaf), "issue the certificate again without keyCertSign"),
    ];
    RuleVerdict::of(wrong.into_iter().filter_map(|(defect, fix)| Some(explain(defect?, fix))).collect(), "")
}
