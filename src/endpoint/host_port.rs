//! Where an endpoint listens.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use crate::error::{Error, ValueKind};
use crate::pki::SubjectAltName;

/// A host name or an address, and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPort {
    host: String,
    port: u16,
}

impl HostPort {
    /// The host name, or the address without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The TCP port.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl FromStr for HostPort {
    type Err = Error;

    /// Accepts `web.example.com:443`, `10.0.0.1:443` and `[::1]:443`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let refuse = |reason: &str| Error::Invalid {
            what: ValueKind::Endpoint,
            value: text.to_owned(),
            reason: reason.to_owned(),
            expected: Some("a host and a port, such as web.example.com:443 or [::1]:443".into()),
        };
        if text.contains("://") {
            return Err(refuse("it is a URL"));
        }
        let (host, port) = text.rsplit_once(':').ok_or_else(|| refuse("it has no port"))?;
        if host.contains(':') && !host.starts_with('[') {
            return Err(refuse("an IPv6 address needs brackets around it"));
        }
        let port = port
            .parse()
            .ok()
            .filter(|port| *port > 0)
            .ok_or_else(|| refuse("the port is not a number from 1 to 65535"))?;
        let host = match host.parse() {
            Ok(SubjectAltName::Dns(name)) if !name.is_wildcard() => name.to_string(),
            Ok(SubjectAltName::Ip(address)) => address.to_string(),
            _ => return Err(refuse("the host is neither a host name nor an address")),
        };
        Ok(Self { host, port })
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.parse::<IpAddr>() {
            Ok(IpAddr::V6(address)) => write!(f, "[{address}]:{}", self.port),
            _ => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::HostPort;

    #[test]
    fn names_and_addresses_are_taken_with_their_port() {
        for (text, host) in
            [("Web.Example.com:443", "web.example.com"), ("10.0.0.1:1", "10.0.0.1"), ("[::1]:8443", "::1")]
        {
            let host_port: HostPort = text.parse().expect(text);
            assert_eq!(host_port.host(), host);
            assert_eq!(host_port.to_string(), text.to_lowercase());
        }
    }

    #[test]
    fn what_is_no_place_is_refused_with_the_reason() {
        for (text, reason) in [
            ("web.example.com", "it has no port"),
            ("https://web.example.com:443", "it is a URL"),
            ("::1:443", "an IPv6 address needs brackets around it"),
            ("web:0", "the port is not a number from 1 to 65535"),
            ("web:https", "the port is not a number from 1 to 65535"),
            ("*.example.com:443", "the host is neither a host name nor an address"),
            (":443", "the host is neither a host name nor an address"),
        ] {
            let error = text.parse::<HostPort>().expect_err(text).to_string();
            assert_eq!(error, format!("invalid endpoint {text:?}: {reason}"));
        }
    }
}
