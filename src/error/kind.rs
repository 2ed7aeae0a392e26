//! What an error is about, so that exit codes and hints never depend on words.

use std::fmt;

/// The kind of a value that was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ValueKind {
    /// The name of a credential.
    Name,
    /// The name of an environment.
    Environment,
    /// The name of an authority.
    AuthorityName,
    /// The name of a service in a manifest.
    Service,
    /// The value of an emitter's option.
    OptionValue,
    /// A common name (RFC 5280, appendix A.1).
    CommonName,
    /// An organization.
    Organization,
    /// An organizational unit.
    OrganizationalUnit,
    /// The serialNumber attribute of a distinguished name.
    SerialNumberAttribute,
    /// A country code (ISO 3166).
    Country,
    /// A DNS name.
    DnsName,
    /// An IP address.
    IpAddress,
    /// A URI.
    Uri,
    /// A mailbox.
    EmailAddress,
    /// A DNS subtree that a CA permits.
    PermittedDomain,
    /// An address and a prefix length.
    Network,
    /// A point in time.
    Date,
    /// A length of time.
    TimeSpan,
    /// How long certificates are valid.
    Validity,
    /// The type of a key.
    KeyType,
    /// A key usage (RFC 5280, section 4.2.1.3).
    KeyUsage,
    /// An extended key usage (RFC 5280, section 4.2.1.12).
    ExtendedKeyUsage,
    /// What a certificate is for.
    Role,
    /// A host and a port.
    Endpoint,
    /// A version of TLS.
    TlsVersion,
    /// What a certificate says, when it cannot be encoded.
    CertificateContent,
}

impl fmt::Display for ValueKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "name",
            Self::Environment => "environment",
            Self::AuthorityName => "authority name",
            Self::Service => "service",
            Self::OptionValue => "value",
            Self::CommonName => "common name",
            Self::Organization => "organization",
            Self::OrganizationalUnit => "organizational unit",
            Self::SerialNumberAttribute => "serial number attribute",
            Self::Country => "country",
            Self::DnsName => "DNS name",
            Self::IpAddress => "IP address",
            Self::Uri => "URI",
            Self::EmailAddress => "email address",
            Self::PermittedDomain => "permitted domain",
            Self::Network => "network",
            Self::Date => "date",
            Self::TimeSpan => "time span",
            Self::Validity => "validity",
            Self::KeyType => "key type",
            Self::KeyUsage => "key usage",
            Self::ExtendedKeyUsage => "extended key usage",
            Self::Role => "role",
            Self::Endpoint => "endpoint",
            Self::TlsVersion => "TLS version",
            Self::CertificateContent => "certificate content",
        })
    }
}

/// The kind of a thing that is looked for, made or kept under a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ThingKind {
    /// A certificate chain and its private key.
    Credential,
    /// A CA.
    Authority,
    /// Either.
    CredentialOrAuthority,
    /// The directory that holds an environment's authorities.
    AuthorityDirectory,
    /// A template of a certificate.
    Profile,
    /// A variable of a profile.
    Variable,
    /// The description and templates of a place of use.
    Emitter,
    /// An option of an emitter.
    Option,
    /// An environment of a manifest.
    Environment,
    /// A service of a manifest.
    Service,
    /// A file.
    File,
}

impl fmt::Display for ThingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Credential => "credential",
            Self::Authority => "authority",
            Self::CredentialOrAuthority => "credential or authority",
            Self::AuthorityDirectory => "directory of authorities",
            Self::Profile => "profile",
            Self::Variable => "variable",
            Self::Emitter => "emitter",
            Self::Option => "option",
            Self::Environment => "environment",
            Self::Service => "service",
            Self::File => "file",
        })
    }
}

/// What was found where PEM was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NotPem {
    /// Nothing.
    Empty,
    /// A private key in DER.
    DerKey,
    /// Something else in DER.
    Der,
    /// Text without a section, after a byte order mark.
    ByteOrderMark,
    /// As many bytes that are not UTF-8.
    Binary(usize),
    /// Text without a section.
    Text,
}

impl fmt::Display for NotPem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("an empty file"),
            Self::DerKey => f.write_str("DER (binary) of a private key"),
            Self::Der => f.write_str("DER (binary)"),
            Self::ByteOrderMark => f.write_str("text without any section, after a byte order mark"),
            Self::Binary(count) => write!(f, "{count} bytes that are not text"),
            Self::Text => f.write_str("text without any section"),
        }
    }
}
