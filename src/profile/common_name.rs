//! Common names: short enough, and harmless under an authority with name constraints.

use crate::error::{Error, Result};
use crate::explanation::Explanation;
use crate::pki::{DnsName, Issuer, Role, Subject, SubjectAltName, defect};

/// Without a DNS name among the SANs, verifiers hold the common name itself against the DNS constraints: OpenSSL when
/// it has a dot, GnuTLS on every server. A server's common name only repeats a SAN, so there it is left out.
pub(super) fn hold_against(
    issuer: Option<Issuer<'_>>,
    role: Role,
    sans: &[SubjectAltName],
    asked: bool,
    subject: &mut Subject,
) -> Result<()> {
    let (Some(issuer), Some(name)) = (issuer, &subject.common_name) else { return Ok(()) };
    let Some(constraints) = issuer.constraints() else { return Ok(()) };
    let is_inside = name.parse::<DnsName>().is_ok_and(|name| issuer.permits(&SubjectAltName::Dns(name)));
    let is_held = !role.is_authority()
        && !sans.iter().any(|san| san.as_dns().is_some())
        && (role.serves() || name.contains('.'));
    if is_inside || !is_held {
        return Ok(());
    }
    if role.serves() && !asked {
        subject.common_name = None;
        return Ok(());
    }
    Err(Error::Contradiction {
        reason: format!(
            "without a DNS name beside it, the common name {name:?} is checked as a host name, and as such it is outside the name constraints of {:?}",
            issuer.certificate.title()
        ),
        explanation: Explanation::new(
            format!("a DNS name among the SANs, or a common name without a dot; permitted: {constraints}"),
            name.clone(),
        ),
    })
}

/// Refuses the subject of an authority above: OpenSSL would take such a leaf for self-signed.
pub(super) fn refuse_own_name(issuer: Issuer<'_>, subject: &Subject) -> Result<()> {
    let mut chain = std::iter::once(issuer.certificate).chain(issuer.above);
    match chain.find_map(|authority| defect::same_subject(subject, authority)) {
        None => Ok(()),
        Some(defect) => Err(Error::Contradiction {
            reason: "a certificate with the subject of its CA looks self-signed to OpenSSL".into(),
            explanation: Explanation::new(defect.expected, defect.found),
        }),
    }
}

/// `name suffix`, shortened to what a common name may hold.
pub(super) fn fit(name: &str, suffix: &str) -> String {
    format!("{} {suffix}", name.chars().take(room(suffix)).collect::<String>().trim_end())
}

/// How many characters of `name` find no room before the suffix.
pub(super) fn excess(name: &str, suffix: &str) -> usize {
    name.chars().count().saturating_sub(room(suffix))
}

fn room(suffix: &str) -> usize {
    Subject::MAX_LENGTH - suffix.len() - 1
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use crate::error::Error;
    use crate::pki::{Authority, Label, NameConstraints, Subject};
    use crate::profile::{Profiles, Request};

    /// The common name that a profile gives `name` under an authority that may sign 10.0.0.0/8 only.
    fn decided(profile: &str, name: &str, common_name: Option<&str>) -> Result<Subject, Error> {
        let now = datetime!(2026-11-21 12:00 UTC);
        let profiles = Profiles::built_in();
        let constraints = NameConstraints {
            permitted_dns: vec![],
            permitted_ip: vec!["10.0.0.0/8".parse().expect("a network")],
        };
        let label: Label = "root".parse().expect("a label");
        let root = Request { name_constraints: constraints, ..Request::new(&label, "dev") };
        let root =
            profiles.load("root-ca").and_then(|profile| profile.decide(&root, None, now)).expect("a root");
        let root = Authority::root(&root.spec).expect("a root");
        let label: Label = name.parse().expect("a label");
        let request = Request {
            common_name: common_name.map(str::to_owned),
            sans: vec!["10.1.2.3".parse().expect("an address")],
            ..Request::new(&label, "dev")
        };
        let profile = profiles.load(profile).expect("a built-in profile");
        profile.decide(&request, Some(root.issuer()), now).map(|decided| decided.spec.subject)
    }

    #[test]
    fn a_server_with_addresses_only_has_no_common_name_to_hold_against_the_constraints() {
        assert_eq!(decided("server", "10.1.2.3", None).expect("it is decided"), Subject::default());
    }

    #[test]
    fn a_client_keeps_a_common_name_that_nobody_takes_for_a_host() {
        let subject = decided("client", "10.1.2.3", Some("backend")).expect("it is decided");
        assert_eq!(subject, Subject::common_name("backend"));
    }

    #[test]
    fn a_client_with_a_dotted_common_name_is_refused() {
        let error = decided("client", "10.1.2.3", None).expect_err("it is outside");
        let text = error.to_string();
        assert!(
            text.starts_with(
                "without a DNS name beside it, the common name \"10.1.2.3\" is checked as a host name, and as such it \
                 is outside the name constraints of \"pkictl dev Root CA "
            ),
            "{text}"
        );
    }
}
