//! Each reader of foreign bytes, behind one function that accepts anything and must come back: the fuzz targets of
//! `fuzz/` and the test that replays their corpora call the same.

use time::OffsetDateTime;

use crate::emit::Emitters;
use crate::kubernetes as yaml;
use crate::lint::{self, SourceFile};
use crate::manifest::{Manifest, compose};
use crate::pki::{
    Certificate, CertificationRequest, Cidr, DnsName, Label, Moment, NameConstraints, Span, SubjectAltName,
    pem as sections,
};
use crate::profile::{Profile, Profiles, Request};
use crate::route::Route;

/// A reader and its name, which is also that of its fuzz target and of the directory of its corpus.
pub type Target = (&'static str, fn(&[u8]));

/// Every reader.
pub const TARGETS: &[Target] = &[
    ("pem", pem),
    ("certificate", certificate),
    ("request", request),
    ("name_constraints", name_constraints),
    ("name", name),
    ("profile", profile),
    ("manifest", manifest),
    ("kubernetes", kubernetes),
    ("compose", compose),
    ("route", route),
];

const PLACE: &str = "input";

/// PEM sections, as a credential, as a key and as a file that lint judges.
pub fn pem(bytes: &[u8]) {
    let _ = (sections::read(bytes, PLACE), sections::certificates(bytes, PLACE));
    let _ = (sections::private_key(bytes, None, PLACE), sections::holds_encrypted_key(bytes));
    judge("input.pem", bytes);
}

/// A certificate in DER, asked everything.
pub fn certificate(der: &[u8]) {
    if let Ok(certificate) = Certificate::from_der(der, PLACE) {
        ask(&certificate);
    }
    judge("input.crt", der);
}

/// A certification request in DER.
pub fn request(der: &[u8]) {
    if let Ok(request) = CertificationRequest::from_der(der, PLACE) {
        let _ = format!("{} {:?}", request.subject, request);
    }
    judge("input.csr", der);
}

/// What a user asks for, in text, and the value of the extension, in DER: in a certificate that is not signed.
pub fn name_constraints(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = (NameConstraints::permit_dns(&text), text.parse::<Cidr>());
    let Ok(certificate) = Certificate::from_der(&constrained(bytes), PLACE) else { return };
    ask(&certificate);
    let Some(subtrees) = &certificate.details.name_constraints else { return };
    for name in ["a.test", "*.a.test", "10.0.0.1", "::1", "a@b.test", "URI:spiffe://a.test/b", "URI:urn:x"] {
        let _ = name.parse().map(|name: SubjectAltName| subtrees.permits(&name));
    }
    let _ = (subtrees.to_string(), subtrees.is_empty());
}

/// A name, date or span on the command line. A name prints as what it was read from, and a label has one directory.
pub fn name(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = (text.parse::<DnsName>(), text.parse::<Span>());
    let _ = text.parse::<Moment>().map(|moment| moment.resolve(OffsetDateTime::UNIX_EPOCH));
    if let Ok(name) = text.parse::<SubjectAltName>() {
        assert_eq!(name.to_string().parse().ok(), Some(name), "{text:?}");
    }
    if let Ok(label) = text.parse::<Label>() {
        let directory = label.directory();
        assert_eq!(Label::from_directory(&directory).ok(), Some(label), "{text:?} is kept in {directory:?}");
    }
}

/// A profile, and the certificate that it decides.
pub fn profile(bytes: &[u8]) {
    let Ok(profile) = Profile::parse("mine", &String::from_utf8_lossy(bytes), PLACE) else { return };
    if let Ok(label) = "web.a.test".parse::<Label>() {
        let _ = profile.decide(&Request::new(&label, "dev"), None, OffsetDateTime::UNIX_EPOCH);
    }
}

/// `pkictl.toml`.
pub fn manifest(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = Manifest::read(&text, &Profiles::built_in(), &Emitters::built_in());
}

/// Kubernetes resources, as lint judges them.
pub fn kubernetes(bytes: &[u8]) {
    judge("input.yaml", bytes);
}

/// A Compose file, and the manifest that is drafted from it.
pub fn compose(bytes: &[u8]) {
    let emitters = Emitters::built_in();
    let Ok(draft) = compose::draft(&String::from_utf8_lossy(bytes), PLACE, &emitters) else { return };
    let read = Manifest::read(&draft.text, &Profiles::built_in(), &emitters);
    assert!(read.is_ok(), "{:#?}\n{}", read.err(), draft.text);
}

/// OpenShift Routes, as lint and the simulation of a router read them.
pub fn route(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = lint::resources(&text, OffsetDateTime::UNIX_EPOCH);
    let Ok(documents) = yaml::read(&text) else { return };
    let objects = yaml::resources(&documents);
    for object in objects.iter().filter(|object| yaml::is_route(object.value)) {
        let _ = (
            Route::read(object, &objects, Some("shop")),
            lint::refusals(object, &objects, OffsetDateTime::UNIX_EPOCH),
        );
    }
}

fn judge(name: &str, bytes: &[u8]) {
    let file = SourceFile { name, bytes, mode: None, tracked: false, trusted: false };
    let _ = lint::files(&[file], &[], OffsetDateTime::UNIX_EPOCH);
}

fn ask(certificate: &Certificate) {
    let _ = format!("{} {:?}", certificate.details.subject, certificate.details);
    let _ = (certificate.title(), certificate.is_signed_by(certificate), certificate.is_self_issued());
    let _ = (certificate.serves_host("web.a.test"), certificate.serves_host("::1"));
}

/// A certificate with one extension, name constraints of this value (RFC 5280, sections 4.1 and 4.2.1.10).
fn constrained(value: &[u8]) -> Vec<u8> {
    const SEQUENCE: u8 = 0x30;
    let ecdsa = element(SEQUENCE, &[&[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2]]);
    let period: [&[u8]; 2] = [b"\x17\x0d700101000000Z", b"\x17\x0d491231235959Z"];
    let curve: [&[u8]; 2] =
        [&[6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1], &[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]];
    let key = element(SEQUENCE, &[&element(SEQUENCE, &curve), &element(3, &[&[0, 4], &[7; 64]])]);
    let extension = element(SEQUENCE, &[&[6, 3, 0x55, 0x1d, 30], &element(4, &[value])]);
    let extensions = element(0xa3, &[&element(SEQUENCE, &[&extension])]);
    let (version, serial, nobody) = ([0xa0, 3, 2, 1, 2], [2, 1, 1], [SEQUENCE, 0]);
    let period = element(SEQUENCE, &period);
    let signed =
        element(SEQUENCE, &[&version, &serial, &ecdsa, &nobody, &period, &nobody, &key, &extensions]);
    element(SEQUENCE, &[&signed, &ecdsa, &element(3, &[&[0, 0x30, 0]])])
}

/// One element of DER, its length in four octets where one is not enough.
fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let contents = parts.concat();
    let mut element = vec![tag];
    match u8::try_from(contents.len()) {
        Ok(short @ ..0x80) => element.push(short),
        _ if contents.len() < 0x1_00 => element.extend([0x81, contents.len() as u8]),
        _ if contents.len() < 0x1_0000 => {
            element.extend([0x82, (contents.len() >> 8) as u8, contents.len() as u8])
        }
        _ => element.extend([&[0x84][..], &(contents.len() as u32).to_be_bytes()].concat()),
    }
    element.extend(contents);
    element
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_certificate_around_name_constraints_is_read_with_them() {
        let any_host_below =
            |domain: &[u8]| element(0x30, &[&element(0xa0, &[&element(0x30, &[&element(0x82, &[domain])])])]);
        for domain in [&b"a.test"[..], &[b'a'; 150], &[b'a'; 300]] {
            let certificate =
                Certificate::from_der(&constrained(&any_host_below(domain)), PLACE).expect("it is whole");
            let subtrees = certificate.details.name_constraints.expect("they were read");
            assert!(subtrees.to_string().contains("DNS:a"), "{subtrees}");
        }
    }
}
