//! What the certificate of an authority, anybody's, says about the names that it may sign (RFC 5280, section 4.2.1.10).
//!
//! Each form of name stands for itself: where no subtree of a form is permitted, every name of that form is, and what is
//! excluded is never permitted. Judged are hosts, addresses, mailboxes and URIs; no certificate for TLS has others.

use std::fmt;
use std::net::IpAddr;

use super::constraints::{Cidr, NOWHERE, NameConstraints, covers_host};
use super::name::SubjectAltName;
use super::text::{hex, printable};

/// Names that an authority may sign.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subtrees {
    permitted: Forms,
    excluded: Forms,
}

/// Subtrees by their form, as the extension has them: texts in small letters, addresses with their masks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Forms {
    dns: Vec<String>,
    ip: Vec<Vec<u8>>,
    email: Vec<String>,
    uri: Vec<String>,
}

/// One of them, as the extension has it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Subtree<'a> {
    Dns(&'a str),
    /// The octets of an address and of its mask.
    Ip(&'a [u8]),
    Email(&'a str),
    Uri(&'a str),
}

impl Subtrees {
    pub(crate) fn new<'a>(
        permitted: impl Iterator<Item = Subtree<'a>>,
        excluded: impl Iterator<Item = Subtree<'a>>,
    ) -> Self {
        Self { permitted: permitted.collect(), excluded: excluded.collect() }
    }

    /// Whether nothing is constrained.
    pub fn is_empty(&self) -> bool {
        self.permitted == Forms::default() && self.excluded == Forms::default()
    }

    /// Whether a certificate with this name may be signed.
    pub fn permits(&self, name: &SubjectAltName) -> bool {
        let Self { permitted, excluded } = self;
        match name {
            SubjectAltName::Dns(name) => {
                // A wildcard is inside when all that it can stand for is inside.
                let (below, host) = match name.as_str().strip_prefix("*.") {
                    Some(domain) => (true, domain),
                    None => (false, name.as_str()),
                };
                let inside = |base: &String| covers_host(base, host) || below && *base == format!(".{host}");
                allows(&permitted.dns, &excluded.dns, inside)
            }
            SubjectAltName::Ip(address) => {
                allows(&permitted.ip, &excluded.ip, |net| covers_address(net, *address))
            }
            SubjectAltName::Email(mailbox) => {
                allows(&permitted.email, &excluded.email, |base| covers_mailbox(base, mailbox))
            }
            // A URI without a host name is refused wherever URIs are constrained (RFC 5280, section 4.2.1.10).
            SubjectAltName::Uri(uri) => match host_of(uri) {
                Some(host) => allows(&permitted.uri, &excluded.uri, |base| covers_exactly(base, &host)),
                None => permitted.uri.is_empty() && excluded.uri.is_empty(),
            },
        }
    }

    /// The first name or network of `wanted` that is outside.
    pub(crate) fn first_outside(&self, wanted: &NameConstraints) -> Option<String> {
        let names = wanted.permitted_dns.iter().cloned().map(SubjectAltName::Dns);
        let name = names.filter(|name| !self.permits(name)).map(|name| name.to_string()).next();
        let covers =
            |net: &Vec<u8>, wanted: Cidr| Cidr::from_octets(net).is_some_and(|net| wanted.is_within(net));
        let mut networks = wanted
            .permitted_ip
            .iter()
            .filter(|network| !allows(&self.permitted.ip, &self.excluded.ip, |net| covers(net, **network)));
        name.or_else(|| networks.next().map(|network| format!("IP:{network}")))
    }

    /// What a user would ask for to get the permitted domains and networks: forms of name that are open here are closed
    /// there. What is excluded, by a leading dot too, is not repeated: it holds for everyone below (RFC 5280, section
    /// 6.1.4 (g)).
    pub fn to_requested(&self) -> NameConstraints {
        let domains = self.permitted.dns.iter().filter(|domain| *domain != NOWHERE);
        NameConstraints {
            permitted_dns: domains.filter_map(|domain| domain.trim_start_matches('.').parse().ok()).collect(),
            permitted_ip: self.permitted.ip.iter().filter_map(|net| Cidr::from_octets(net)).collect(),
        }
    }
}

/// `DNS:shop.svc, any IP`, or what is not permitted: `any name, but not DNS:bank.svc`.
impl fmt::Display for Subtrees {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { permitted, excluded } = self;
        let mut names = permitted.words();
        let all = |form: Cidr| excluded.ip.contains(&form.to_octets());
        let closed = all(Cidr::ALL_V4) && all(Cidr::ALL_V6);
        if permitted == &Forms::default() {
            names.push("any name".into());
        } else {
            if permitted.dns.is_empty() {
                names.push("any DNS".into());
            }
            if permitted.ip.is_empty() && !closed {
                names.push("any IP".into());
            }
        }
        f.write_str(&names.join(", "))?;
        // That a form is closed is no news where others are permitted.
        let closes =
            |word: &String| permitted != &Forms::default() && (word == "IP:0.0.0.0/0" || word == "IP:::/0");
        let mut but = excluded.words();
        but.retain(|word| !closes(word));
        if but.is_empty() { Ok(()) } else { write!(f, ", but not {}", but.join(", ")) }
    }
}

impl<'a> FromIterator<Subtree<'a>> for Forms {
    fn from_iter<I: IntoIterator<Item = Subtree<'a>>>(subtrees: I) -> Self {
        let mut forms = Self::default();
        for subtree in subtrees {
            match subtree {
                Subtree::Dns(text) => forms.dns.push(text.to_ascii_lowercase()),
                Subtree::Ip(octets) => forms.ip.push(octets.to_vec()),
                Subtree::Email(text) => forms.email.push(lower_host(text)),
                Subtree::Uri(text) => forms.uri.push(text.to_ascii_lowercase()),
            }
        }
        forms
    }
}

impl Forms {
    /// For people; what only closes a form is left out.
    fn words(&self) -> Vec<String> {
        let text = |form: &str, texts: &[String]| -> Vec<String> {
            let told = texts.iter().filter(|text| *text != NOWHERE);
            told.map(|text| format!("{form}:{}", printable(text))).collect()
        };
        let network = |octets: &Vec<u8>| match Cidr::from_octets(octets) {
            Some(network) => format!("IP:{network}"),
            None => format!("IP:{}", hex(octets)),
        };
        [
            text("DNS", &self.dns),
            self.ip.iter().map(network).collect(),
            text("email", &self.email),
            text("URI", &self.uri),
        ]
        .concat()
    }
}

/// Whether a name is permitted that is in those subtrees for which `inside` says so.
fn allows<T>(permitted: &[T], excluded: &[T], inside: impl Fn(&T) -> bool) -> bool {
    (permitted.is_empty() || permitted.iter().any(&inside)) && !excluded.iter().any(&inside)
}

/// The host of a mailbox or URI is that of the constraint, or below it where that has a leading dot.
fn covers_exactly(base: &str, host: &str) -> bool {
    if base.starts_with('.') { covers_host(base, host) } else { base == host }
}

fn covers_mailbox(base: &str, mailbox: &str) -> bool {
    let mailbox = lower_host(mailbox);
    match mailbox.rsplit_once('@') {
        Some((_, host)) if !base.contains('@') => covers_exactly(base, host),
        _ => base == mailbox,
    }
}

/// The part before the `@` keeps its case (RFC 5321, section 2.4).
fn lower_host(mailbox: &str) -> String {
    match mailbox.rsplit_once('@') {
        Some((local, host)) => format!("{local}@{}", host.to_ascii_lowercase()),
        None => mailbox.to_ascii_lowercase(),
    }
}

fn covers_address(net: &[u8], address: IpAddr) -> bool {
    let octets = match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    let (base, mask) = net.split_at(net.len() / 2);
    let equal = |((base, mask), octet): ((&u8, &u8), &u8)| base & mask == octet & mask;
    net.len() == octets.len() * 2 && base.iter().zip(mask).zip(&octets).all(equal)
}

/// The host name in the authority of a URI (RFC 3986, section 3.2); none where there is an address or nothing.
fn host_of(uri: &str) -> Option<String> {
    let (_, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    (!host.is_empty() && !host.starts_with('[') && host.parse::<IpAddr>().is_err())
        .then(|| host.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::{Forms, Subtrees};
    use crate::pki::{Cidr, NameConstraints};

    fn forms(dns: &[&str], networks: &[&str], email: &[&str], uri: &[&str]) -> Forms {
        let texts = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect();
        let octets = |text: &&str| text.parse::<Cidr>().expect("a network").to_octets();
        Forms {
            dns: texts(dns),
            ip: networks.iter().map(octets).collect(),
            email: texts(email),
            uri: texts(uri),
        }
    }

    #[track_caller]
    fn assert_permits(subtrees: &Subtrees, inside: &[&str], outside: &[&str]) {
        let permits = |name: &str| subtrees.permits(&name.parse().expect("a name"));
        for name in inside {
            assert!(permits(name), "{name} is refused under {subtrees}");
        }
        for name in outside {
            assert!(!permits(name), "{name} is permitted under {subtrees}");
        }
    }

    #[test]
    fn a_form_of_which_nothing_is_said_is_open() {
        let subtrees = Subtrees { permitted: forms(&["shop.svc"], &[], &[], &[]), ..Subtrees::default() };
        assert_permits(
            &subtrees,
            &["shop.svc", "web.shop.svc", "*.shop.svc", "10.0.0.1", "spiffe://bank/web", "ops@bank"],
            &["svc", "myshop.svc", "*.svc"],
        );
        assert_eq!(subtrees.to_string(), "DNS:shop.svc, any IP");
    }

    #[test]
    fn what_is_excluded_is_not_permitted() {
        let excluded = forms(&["bank.svc"], &["10.0.0.0/8"], &[], &[]);
        let subtrees = Subtrees { permitted: Forms::default(), excluded };
        assert_permits(
            &subtrees,
            &["shop.svc", "mybank.svc", "11.0.0.1", "::1"],
            &["bank.svc", "web.bank.svc", "*.bank.svc", "10.1.2.3"],
        );
        assert_eq!(subtrees.to_string(), "any name, but not DNS:bank.svc, IP:10.0.0.0/8");
        let permitted = forms(&["svc"], &[], &[], &[]);
        let subtrees =
            Subtrees { permitted, excluded: forms(&["bank.svc"], &["0.0.0.0/0", "::/0"], &[], &[]) };
        assert_permits(&subtrees, &["svc", "shop.svc"], &["bank.svc", "10.0.0.1", "::1"]);
        assert_eq!(subtrees.to_string(), "DNS:svc, but not DNS:bank.svc");
    }

    #[test]
    fn a_leading_dot_leaves_the_domain_itself_out() {
        let permitted =
            forms(&[".shop.svc"], &[], &["shop.svc", "ops@bank.svc", ".mail.svc"], &["shop.svc", ".mesh"]);
        assert_permits(
            &Subtrees { permitted, ..Subtrees::default() },
            &[
                "web.shop.svc",
                "*.shop.svc",
                "dev@shop.svc",
                "ops@bank.svc",
                "dev@a.mail.svc",
                "https://shop.svc:8443/x",
                "spiffe://a.mesh/web",
            ],
            &[
                "shop.svc",
                "ashop.svc",
                "dev@web.shop.svc",
                "dev@bank.svc",
                "dev@mail.svc",
                "https://web.shop.svc",
                "spiffe://mesh/web",
                "urn:x:y",
                "https://10.0.0.1/",
            ],
        );
    }

    #[test]
    fn an_authority_below_is_asked_for_no_more_than_is_permitted() {
        let excluded = forms(&["bank.svc"], &["10.9.0.0/16"], &[], &[]);
        let subtrees = Subtrees { permitted: forms(&["svc"], &[], &[], &[]), excluded };
        let wanted = |domain: &str, network: &str| NameConstraints {
            permitted_dns: vec![domain.parse().expect("a domain")],
            permitted_ip: vec![network.parse().expect("a network")],
        };
        assert_eq!(subtrees.first_outside(&wanted("shop.svc", "10.0.0.0/8")), None);
        assert_eq!(
            subtrees.first_outside(&wanted("a.bank.svc", "10.0.0.0/8")).as_deref(),
            Some("DNS:a.bank.svc")
        );
        assert_eq!(
            subtrees.first_outside(&wanted("shop.svc", "10.9.1.0/24")).as_deref(),
            Some("IP:10.9.1.0/24")
        );
    }

    #[test]
    fn networks_of_strange_masks_are_matched_octet_by_octet() {
        let permitted =
            Forms { ip: vec![vec![10, 0, 7, 0, 255, 0, 255, 0], vec![1, 2, 3]], ..Forms::default() };
        let subtrees = Subtrees { permitted, ..Subtrees::default() };
        assert_permits(&subtrees, &["10.99.7.1"], &["10.99.8.1", "::1"]);
        assert_eq!(subtrees.to_string(), "IP:0a000700ff00ff00, IP:010203, any DNS");
    }
}
