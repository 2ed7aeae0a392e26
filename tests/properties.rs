//! Names, labels, subjects and subtrees, whatever they are: what is written is read again as the same, and each limit
//! holds to the byte.

use pkictl::pki::{Authority, DnsName, Label, NameConstraints, SubjectAltName};
use proptest::prelude::*;
use proptest::sample::select;

use crate::fixtures::Pki;
use crate::harness::property;

/// Names of all kinds, most of which can be read.
fn name() -> impl Strategy<Value = String> {
    let part = || "[a-z0-9_]([a-z0-9-]{0,6}[a-z0-9])?";
    let host = prop::collection::vec(part(), 1..5).prop_map(|parts| parts.join("."));
    let international = "[a-zäöüßéñ\u{3b1}-\u{3c9}\u{430}-\u{44f}]{1,8}\\.[a-z]{2,4}";
    prop_oneof![
        4 => host,
        2 => international,
        1 => (part(), "[a-zäöü]{1,8}").prop_map(|(service, host)| format!("_{service}.{host}.example")),
        1 => part().prop_map(|host| format!("*.{host}.example")),
        1 => (select(&["_ipv6", "_wildcard"][..]), "[a-zäöü]{1,8}").prop_map(|(word, host)| format!("{word}.{host}.example")),
        1 => any::<std::net::Ipv4Addr>().prop_map(|address| address.to_string()),
        1 => any::<std::net::Ipv6Addr>().prop_map(|address| address.to_string()),
        1 => (part(), part()).prop_map(|(mailbox, host)| format!("email:{mailbox}@{host}.example")),
        1 => (part(), "[a-zA-Z0-9._-]{1,9}").prop_map(|(domain, path)| format!("URI:spiffe://{domain}/x{path}")),
        1 => "\\PC{0,12}",
    ]
}

#[test]
fn a_name_that_was_read_prints_as_one_that_is_read_as_the_same() {
    let read = std::cell::Cell::new(0);
    property(3000, name(), |text| {
        if let Ok(san) = text.parse::<SubjectAltName>() {
            read.set(read.get() + 1);
            prop_assert_eq!(san.to_string().parse().ok(), Some(san));
        }
        if let Ok(host) = text.parse::<DnsName>() {
            prop_assert_eq!(host.to_string().parse().ok(), Some(host));
        }
        Ok(())
    });
    assert!(read.get() > 1000, "only {} names were read: the property says too little", read.get());
}

#[test]
fn a_label_and_its_directory_belong_to_each_other_alone() {
    let read = std::cell::Cell::new(0);
    property(3000, (name(), name()), |(one, other)| {
        let (Ok(one), Ok(other)) = (one.parse::<Label>(), other.parse::<Label>()) else { return Ok(()) };
        read.set(read.get() + 1);
        prop_assert_eq!(Label::from_directory(&one.directory()).ok(), Some(one.clone()));
        prop_assert_eq!(one == other, one.directory() == other.directory(), "{} {}", one, other);
        Ok(())
    });
    assert!(read.get() > 500, "only {} pairs were read: the property says too little", read.get());
}

#[test]
fn a_common_name_is_read_from_the_certificate_as_it_was_written() {
    let pki = Pki::flat();
    property(60, "[a-zA-Z0-9 ,+\"\\\\<>;=#äöüß\u{3b1}-\u{3c9}\u{4e00}-\u{4e10}'/.*@-]{1,40}", |text| {
        let common_name = text.trim().to_owned();
        prop_assume!(!common_name.is_empty());
        let wanted = Some(common_name.clone());
        let identity =
            pki.identity_with("client", "backend", |spec| spec.subject.common_name = Some(common_name));
        prop_assert_eq!(identity.leaf().details.subject.common_name(), wanted);
        Ok(())
    });
}

#[test]
fn what_an_authority_permits_is_read_from_its_certificate_as_it_was_asked_for() {
    let domain = || select(&["a.test", "b.test", "x.a.test", "test", "svc"][..]);
    let network = || select(&["10.0.0.0/8", "10.1.0.0/16", "192.0.2.7", "2001:db8::/32", "::1"][..]);
    let wanted = (prop::collection::vec(domain(), 0..3), prop::collection::vec(network(), 0..3));
    let asked = [
        "a.test",
        "x.a.test",
        "*.a.test",
        "notb.test",
        "b.test",
        "10.1.2.3",
        "192.0.2.7",
        "192.0.2.8",
        "::1",
        "2001:db8::5",
        "email:x@a.test",
        "URI:spiffe://a.test/x",
    ];
    property(60, wanted, |(domains, networks)| {
        let constraints = NameConstraints {
            permitted_dns: domains.iter().map(|domain| domain.parse().expect("a domain")).collect(),
            permitted_ip: networks.iter().map(|network| network.parse().expect("a network")).collect(),
        };
        let spec = crate::fixtures::spec("root-ca", "root", None, |spec| {
            spec.name_constraints = constraints.clone()
        });
        let authority = Authority::root(&spec).expect("a root");
        let details = &authority.certificate().details;
        for name in asked {
            let name: SubjectAltName = name.parse().expect("a name");
            let read = details.name_constraints.as_ref().is_none_or(|subtrees| subtrees.permits(&name));
            prop_assert_eq!(read, constraints.permits(&name), "{} under {:?}", name, constraints);
        }
        Ok(())
    });
}

#[test]
fn each_limit_of_a_name_holds_to_the_byte() {
    let is_name = |text: &str| text.parse::<SubjectAltName>().is_ok();
    let spiffe = |domain: usize, whole: usize| {
        let start = format!("URI:spiffe://{}/", "d".repeat(domain));
        format!("{start}{}", "p".repeat(whole + "URI:".len() - start.len()))
    };
    let host = |length: usize| {
        let labels = format!("{}.", "a".repeat(63)).repeat(3);
        format!("{labels}{}", "b".repeat(length - labels.len()))
    };
    for (what, longest, too_long) in [
        ("a SPIFFE trust domain", spiffe(255, 400), spiffe(256, 400)),
        ("a SPIFFE ID", spiffe(255, 2048), spiffe(255, 2049)),
        ("a short trust domain's SPIFFE ID", spiffe(1, 2048), spiffe(1, 2049)),
        ("a label of a host", format!("{}.test", "a".repeat(63)), format!("{}.test", "a".repeat(64))),
        ("a host", host(253), host(254)),
    ] {
        assert!(is_name(&longest), "the longest {what} is refused");
        assert!(!is_name(&too_long), "{what} that is a byte too long is accepted");
    }
    assert!(
        is_name("10.0.0.255")
            && !"10.0.0.256"
                .parse::<SubjectAltName>()
                .is_ok_and(|name| matches!(name, SubjectAltName::Ip(_)))
    );
    for (network, is_network) in
        [("10.0.0.0/32", true), ("10.0.0.0/33", false), ("::/128", true), ("::/129", false)]
    {
        assert_eq!(network.parse::<pkictl::pki::Cidr>().is_ok(), is_network, "{network}");
    }
    let label = |length: usize| "a".repeat(length).parse::<Label>().is_ok();
    assert!(label(63) && !label(254), "a name under which a credential is kept");
}
