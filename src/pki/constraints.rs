//! Name constraints that constrain (RFC 5280, section 4.2.1.10).
//!
//! Permitting DNS names restricts only DNS names: an authority that may sign `example.com` could still sign any
//! address. So every form of name that is not permitted is closed here, too.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use super::name::{DnsName, SubjectAltName};
use crate::error::{Error, Result, ValueKind};

/// A host that exists nowhere (RFC 6761, section 6.4): permitting it alone closes a form of name. It has two labels
/// because a URI constraint is a fully qualified name.
pub(crate) const NOWHERE: &str = "nowhere.invalid";

/// A network: an address and the length of its prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cidr {
    address: IpAddr,
    prefix: u8,
}

impl Cidr {
    /// All IPv4 addresses.
    pub const ALL_V4: Self = Self { address: IpAddr::V4(Ipv4Addr::UNSPECIFIED), prefix: 0 };
    /// All IPv6 addresses.
    pub const ALL_V6: Self = Self { address: IpAddr::V6(Ipv6Addr::UNSPECIFIED), prefix: 0 };

    /// Whether `address` is in the network.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(net), IpAddr::V4(host)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0);
                net.to_bits() & mask == host.to_bits() & mask
            }
            (IpAddr::V6(net), IpAddr::V6(host)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix)).unwrap_or(0);
                net.to_bits() & mask == host.to_bits() & mask
            }
            _ => false,
        }
    }

    /// Whether every address of this network is in `wider`, too.
    pub(crate) fn is_within(&self, wider: Self) -> bool {
        wider.prefix <= self.prefix && wider.contains(self.address)
    }

    /// Address and mask, as the extension carries them.
    pub(crate) fn to_octets(self) -> Vec<u8> {
        match self.address {
            IpAddr::V4(net) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0);
                [net.octets(), mask.to_be_bytes()].concat()
            }
            IpAddr::V6(net) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix)).unwrap_or(0);
                [net.octets(), mask.to_be_bytes()].concat()
            }
        }
    }

    /// The network of `octets` (8 or 32), if the mask is a prefix.
    pub(crate) fn from_octets(octets: &[u8]) -> Option<Self> {
        if let Ok([a, b, c, d, m @ ..]) = <[u8; 8]>::try_from(octets) {
            let mask = u32::from_be_bytes(m);
            return (mask.leading_ones() + mask.trailing_zeros() >= 32)
                .then(|| Self { address: IpAddr::from([a, b, c, d]), prefix: mask.leading_ones() as u8 });
        }
        let octets = <[u8; 32]>::try_from(octets).ok()?;
        let (address, mask) = octets.split_at(16);
        let address = <[u8; 16]>::try_from(address).ok()?;
        let mask = u128::from_be_bytes(<[u8; 16]>::try_from(mask).ok()?);
        (mask.leading_ones() + mask.trailing_zeros() >= 128)
            .then(|| Self { address: IpAddr::from(address), prefix: mask.leading_ones() as u8 })
    }
}

impl FromStr for Cidr {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let refuse = |reason: &str| Error::Invalid {
            what: ValueKind::Network,
            value: text.to_owned(),
            reason: reason.to_owned(),
            expected: Some("an address and a prefix length, such as 10.0.0.0/8 or fd00::/8".into()),
        };
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| refuse("it is not an IPv4 or IPv6 network"))?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix =
            match prefix {
                None => longest,
                Some(prefix) => prefix.parse().ok().filter(|prefix| *prefix <= longest).ok_or_else(|| {
                    refuse(&format!("the prefix length is not a number from 0 to {longest}"))
                })?,
            };
        let octets = Self { address, prefix }.to_octets();
        let (address, mask) = octets.split_at(octets.len() / 2);
        let network: Vec<u8> = address.iter().zip(mask).map(|(address, mask)| address & mask).collect();
        Self::from_octets(&[&network, mask].concat())
            .ok_or_else(|| refuse("it is not an IPv4 or IPv6 network"))
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// What an authority may sign. Without any permitted name it may sign every name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NameConstraints {
    /// Domains; each covers itself and everything below it.
    pub permitted_dns: Vec<DnsName>,
    /// Networks.
    pub permitted_ip: Vec<Cidr>,
}

impl NameConstraints {
    /// Reads what a user permits: no wildcard, no leading dot.
    pub fn permit_dns(text: &str) -> Result<DnsName> {
        let refuse = |reason: &str| Err(Error::invalid(ValueKind::PermittedDomain, text, reason));
        if text.contains('*') {
            return refuse(
                "a constraint has no wildcard: a domain covers all names below it (RFC 5280, section 4.2.1.10)",
            );
        }
        if text.starts_with('.') {
            return refuse("a DNS constraint has no leading dot (RFC 5280, section 4.2.1.10)");
        }
        let domain: DnsName = text.parse()?;
        if domain.as_str() == NOWHERE {
            return refuse(
                "it is reserved: pkictl uses it to exclude a kind of name (RFC 6761, section 6.4)",
            );
        }
        Ok(domain)
    }

    /// Whether nothing is constrained.
    pub fn is_empty(&self) -> bool {
        self.permitted_dns.is_empty() && self.permitted_ip.is_empty()
    }

    /// NameConstraints in DER. Every form of name without a permitted value is closed: addresses by excluding all of
    /// their kind, names, mailboxes and URIs by permitting only a host that exists nowhere.
    pub(crate) fn to_der(&self) -> Vec<u8> {
        use yasna::{DERWriterSeq, Tag};
        const RFC822: u64 = 1;
        const DNS: u64 = 2;
        const URI: u64 = 6;
        const IP: u64 = 7;
        fn text(writer: &mut DERWriterSeq<'_>, tag: u64, value: &str) {
            writer.next().write_sequence(|writer| {
                writer
                    .next()
                    .write_tagged_implicit(Tag::context(tag), |writer| writer.write_ia5_string(value));
            });
        }
        fn network(writer: &mut DERWriterSeq<'_>, network: Cidr) {
            writer.next().write_sequence(|writer| {
                writer.next().write_tagged_implicit(Tag::context(IP), |writer| {
                    writer.write_bytes(&network.to_octets())
                });
            });
        }
        yasna::construct_der(|writer| {
            writer.write_sequence(|writer| {
                writer.next().write_tagged_implicit(Tag::context(0), |writer| {
                    writer.write_sequence(|writer| {
                        for domain in &self.permitted_dns {
                            text(writer, DNS, domain.as_str());
                        }
                        if self.permitted_dns.is_empty() {
                            text(writer, DNS, NOWHERE);
                        }
                        for permitted in &self.permitted_ip {
                            network(writer, *permitted);
                        }
                        text(writer, RFC822, NOWHERE);
                        text(writer, URI, NOWHERE);
                    });
                });
                // One kind of address at a time: GnuTLS leaves IPv6 open when only IPv4 is permitted.
                let is_open =
                    |all: &Cidr| self.permitted_ip.iter().any(|permitted| permitted.is_within(*all));
                let mut closed =
                    [Cidr::ALL_V4, Cidr::ALL_V6].into_iter().filter(|all| !is_open(all)).peekable();
                if closed.peek().is_some() {
                    writer.next().write_tagged_implicit(Tag::context(1), |writer| {
                        writer.write_sequence(|writer| closed.for_each(|all| network(writer, all)));
                    });
                }
            });
        })
    }

    /// Whether a certificate with this name may be signed.
    pub fn permits(&self, name: &SubjectAltName) -> bool {
        if self.is_empty() {
            return true;
        }
        match name {
            SubjectAltName::Dns(name) => {
                // A wildcard is inside when all that it can stand for is inside.
                let name = name.as_str().strip_prefix("*.").unwrap_or(name.as_str());
                self.permitted_dns.iter().any(|domain| covers_host(domain.as_str(), name))
            }
            SubjectAltName::Ip(address) => self.permitted_ip.iter().any(|network| network.contains(*address)),
            SubjectAltName::Uri(_) | SubjectAltName::Email(_) => false,
        }
    }
}

impl fmt::Display for NameConstraints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names: Vec<String> =
            self.permitted_dns.iter().map(|domain| format!("DNS:{domain}")).collect();
        names.extend(self.permitted_ip.iter().map(|network| format!("IP:{network}")));
        if names.is_empty() { f.write_str("any name") } else { f.write_str(&names.join(", ")) }
    }
}

/// A host is in a domain when it is the domain or below it; an empty one has every host. A leading dot, which the RFC
/// does not provide for, leaves the domain itself out (so do OpenSSL and webpki).
pub(super) fn covers_host(base: &str, host: &str) -> bool {
    host.strip_suffix(base).is_some_and(|front| match base.chars().next() {
        None => true,
        Some('.') => !front.is_empty(),
        Some(_) => front.is_empty() || front.ends_with('.'),
    })
}

#[cfg(test)]
mod tests {
    use super::{Cidr, NameConstraints};

    #[test]
    fn permitting_domains_closes_every_other_form_of_name() {
        let constraints = NameConstraints {
            permitted_dns: vec![NameConstraints::permit_dns("shop.svc").expect("a domain")],
            permitted_ip: vec![],
        };
        let permits = |name: &str| constraints.permits(&name.parse().expect("a name"));
        assert!(permits("shop.svc") && permits("web.shop.svc") && permits("*.shop.svc"));
        for outside in ["svc", "myshop.svc", "127.0.0.1", "::1", "spiffe://shop.svc/web", "ops@shop.svc"] {
            assert!(!permits(outside), "{outside} was permitted");
        }
    }

    #[test]
    fn permitting_networks_closes_names() {
        let constraints = NameConstraints {
            permitted_dns: vec![],
            permitted_ip: vec!["10.0.0.0/8".parse().expect("a network")],
        };
        assert!(constraints.permits(&"10.1.2.3".parse().expect("an address")));
        assert!(!constraints.permits(&"11.1.2.3".parse().expect("an address")));
        assert!(!constraints.permits(&"example.com".parse().expect("a name")));
    }

    #[test]
    fn networks_survive_the_extension_and_back() {
        for text in ["10.0.0.0/8", "0.0.0.0/0", "192.168.1.7/32", "fd00::/8", "::/0"] {
            let network: Cidr = text.parse().expect("a network");
            assert_eq!(Cidr::from_octets(&network.to_octets()), Some(network), "{text}");
        }
        assert!("10.0.0.0/33".parse::<Cidr>().is_err());
        assert!("example.com/8".parse::<Cidr>().is_err());
    }

    #[test]
    fn an_address_in_a_network_stands_for_the_network() {
        for (text, network) in
            [("127.0.0.1/8", "127.0.0.0/8"), ("fd12::1/8", "fd00::/8"), ("10.1.2.3", "10.1.2.3/32")]
        {
            assert_eq!(text.parse::<Cidr>().expect("a network").to_string(), network);
        }
    }

    #[test]
    fn a_constraint_has_no_wildcard_and_no_leading_dot() {
        assert!(NameConstraints::permit_dns("*.shop.svc").is_err());
        assert!(NameConstraints::permit_dns(".shop.svc").is_err());
    }
}
