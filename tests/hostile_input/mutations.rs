//! Thousands of damaged certificates, requests, keys, profiles and names: each is taken or refused, and none panics.
//!
//! The generator of the damage starts from a fixed number. What is damaged is new in every run, for no key is kept; so
//! the bytes on which something panics are printed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Component;

use pkictl::pki::{
    Certificate, CertificationRequest, Cidr, DnsName, KeyAlgorithm, Label, Moment, NameConstraints,
    Passphrase, PrivateKey, Role, Span, SubjectAltName, pem,
};
use pkictl::profile::Profile;

use super::workspace;
use crate::harness::{Random, deadline};

impl Random {
    /// `bytes` with one to four of: a flipped bit, a telling byte, a missing end, a missing or doubled part.
    fn damage(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len());
            let end = (at + self.below(16)).min(bytes.len());
            match self.below(7) {
                _ if bytes.is_empty() => bytes.push(0x30),
                0..=2 => bytes[at] ^= 1 << self.below(8),
                3 => bytes[at] = [0x00, 0x01, 0x30, 0x7f, 0x80, 0x84, 0xff][self.below(7)],
                4 => bytes.truncate(at),
                5 => drop(bytes.drain(at..end)),
                _ => bytes = [&bytes[..end], &bytes[at..]].concat(),
            }
        }
        bytes
    }

    fn word(&mut self, alphabet: &[char]) -> String {
        (0..self.below(24)).map(|_| alphabet[self.below(alphabet.len())]).collect()
    }
}

/// Runs `read` on `count` damaged copies, and returns how many of them it took.
#[track_caller]
fn survives<T>(what: &str, original: &[u8], count: usize, read: impl Fn(&[u8]) -> Option<T>) -> usize {
    let mut random = Random::from(0x5eed_0000 + original.len() as u64);
    assert!(read(original).is_some(), "{what}: the undamaged one must be taken, or nothing is tested");
    let damaged = (0..count).map(|_| random.damage(original));
    let taken = damaged.filter(|bytes| match catch_unwind(AssertUnwindSafe(|| read(bytes))) {
        Ok(result) => result.is_some(),
        Err(_) => panic!("{what} panics on {}", hex(bytes)),
    });
    taken.count()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads a certificate and asks it everything.
fn ask(der: &[u8]) -> Option<()> {
    let certificate = Certificate::from_der(der, "a test").ok()?;
    let _ = (certificate.title(), certificate.pem(), certificate.is_signed_by(&certificate));
    let _ =
        (certificate.serves_host("web"), certificate.serves_host("127.0.0.1"), certificate.is_self_issued());
    let details = &certificate.details;
    let names: Vec<String> = details.names.iter().map(ToString::to_string).collect();
    let shown = format!("{} {} {} {}", details.subject, details.issuer, details.serial, names.join(" "));
    let steers_a_terminal = |c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c);
    assert!(!shown.chars().any(steers_a_terminal), "{shown:?}");
    Some(())
}

#[test]
fn no_damaged_certificate_panics() {
    let workspace = workspace();
    workspace
        .pkictl(&[
            "init",
            "--env",
            "narrow",
            "--permit-dns",
            "shop.svc",
            "--permit-ip",
            "10.0.0.0/8",
            "--key-type",
            "ec-p384",
        ])
        .succeeds();
    workspace
        .pkictl(&[
            "issue",
            "peer",
            "rsa",
            "--key-type",
            "rsa-2048",
            "--san",
            "URI:spiffe://x.org/y,a@b.c,::1",
        ])
        .succeeds();
    for file in ["pki/dev/certs/web/tls.crt", "pki/dev/certs/rsa/tls.crt", "pki/narrow/ca/root/ca.crt"] {
        let text = workspace.read(file);
        let taken = survives(file, &super::der(&text), 2000, ask);
        assert!(taken > 100, "{file}: only {taken} damaged certificates reached the fields");
        survives(file, text.as_bytes(), 500, |bytes| pem::read(bytes, "a test").ok());
    }
}

#[test]
fn no_damaged_request_panics() {
    let key = rcgen::KeyPair::generate().expect("a key");
    let names = vec!["web.example.com".to_owned(), "127.0.0.1".to_owned()];
    let mut parameters = rcgen::CertificateParams::new(names).expect("names");
    parameters.key_usages = vec![rcgen::KeyUsagePurpose::DigitalSignature];
    let request = parameters.serialize_request(&key).expect("a request");
    let read = |der: &[u8]| CertificationRequest::from_der(der, "a test").ok();
    assert!(read(request.der()).is_some_and(|request| request.signature_valid));
    let taken = survives("a request", request.der(), 2000, |der| format!("{:?}", read(der)?).into());
    assert!(taken > 100, "only {taken} damaged requests reached the fields");
}

#[test]
fn no_damaged_key_panics() {
    let ec = rcgen::KeyPair::generate().expect("a key");
    let workspace = workspace();
    workspace.pkictl(&["issue", "server", "rsa", "--key-type", "rsa-2048"]).succeeds();
    let rsa = workspace.read("pki/dev/certs/rsa/tls.key");
    let rsa = pem::private_key(rsa.as_bytes(), None, "a test").expect("a key");
    let ed25519 = PrivateKey::generate(KeyAlgorithm::Ed25519).expect("a key");
    for (what, der) in [
        ("EC", ec.serialize_der()),
        ("RSA", rsa.pkcs8_der().to_vec()),
        ("Ed25519", ed25519.pkcs8_der().to_vec()),
    ] {
        survives(what, &der, 500, |der| PrivateKey::from_pkcs8(der.to_vec().into(), "a test").ok());
        let text = pem::encode("PRIVATE KEY", &der);
        survives(what, text.as_bytes(), 500, |text| pem::private_key(text, None, "a test").ok());
        for label in ["EC PRIVATE KEY", "RSA PRIVATE KEY", "CERTIFICATE REQUEST", "ENCRYPTED PRIVATE KEY"] {
            let wrong = pem::encode(label, &der);
            let read =
                || pem::private_key(wrong.as_bytes(), Some(&Passphrase::new("x".into())), "a test").is_err();
            assert!(catch_unwind(read).expect("no panic"), "{what} under the label {label}");
        }
    }
}

#[test]
fn no_damaged_sealed_key_panics_or_takes_long() {
    use pkcs8::pkcs5::{pbes2::Parameters, scrypt::Params};
    let key = PrivateKey::generate(KeyAlgorithm::EcP256).expect("a key");
    let info = pkcs8::PrivateKeyInfoRef::try_from(key.pkcs8_der().as_slice()).expect("PKCS#8");
    let cheap = Params::new(4, 8, 1).expect("parameters");
    let cheap =
        Parameters::generate_scrypt_aes256cbc(cheap, b"0123456789abcdef", [7; 16]).expect("parameters");
    let sealed = info.encrypt_with_params(cheap, "secret").expect("a sealed key");
    // One whose cost were believed would take hours.
    let start = std::time::Instant::now();
    survives("a sealed key", sealed.as_bytes(), 500, |der| {
        let text = pem::encode("ENCRYPTED PRIVATE KEY", der);
        pem::private_key(text.as_bytes(), Some(&Passphrase::new("secret".into())), "a test").ok()
    });
    assert!(start.elapsed() < deadline(200), "{:?}", start.elapsed());
}

#[test]
fn no_damaged_profile_panics() {
    let text = "summary = \"x é\"\nrole = \"server\"\nkey_type = \"rsa-2048\"\nvalidity = \"397d\"\nsans = [\"{{ host }}\"]\nkey_usage = [\"digitalSignature\"]\n\n[subject]\ncommon_name = \"{{ name }}\"\n\n[variables.user]\nhelp = \"ü\"\ndefault = \"{{ name }}\"\n";
    let taken = survives("a profile", text.as_bytes(), 3000, |bytes| {
        Profile::parse("mine", &String::from_utf8_lossy(bytes), "mine.toml").ok()
    });
    assert!(taken > 100, "only {taken} damaged profiles were read");
}

#[test]
fn no_name_date_or_number_panics_and_every_label_is_one_safe_directory() {
    let alphabet: Vec<char> =
        "abzA019-_.*@+:/\\[]% \n\t\0'\"$`~<>;,=éßİ🦀\u{202e}\u{ad}\u{200d}１。ﬀTZdhmswy".chars().collect();
    let mut random = Random::from(0x5eed);
    let mut labels = 0;
    for _ in 0..20_000 {
        let text = random.word(&alphabet);
        let read = || {
            let _ = (
                text.parse::<DnsName>(),
                text.parse::<Cidr>(),
                text.parse::<Span>(),
                text.parse::<KeyAlgorithm>(),
            );
            let _ = (NameConstraints::permit_dns(&text), text.parse::<Role>());
            let now = time::OffsetDateTime::UNIX_EPOCH;
            let _ = text.parse::<Moment>().map(|moment| moment.resolve(now));
            if let Ok(san) = text.parse::<SubjectAltName>() {
                let again: SubjectAltName = san.to_string().parse().expect("what it prints is a name");
                assert_eq!(again, san);
                let _ = (san.covers("web"), NameConstraints::default().permits(&san));
            }
            text.parse::<Label>().ok()
        };
        let label = catch_unwind(read).unwrap_or_else(|_| panic!("{text:?} panics"));
        let Some(label) = label else { continue };
        labels += 1;
        let directory = label.directory();
        let parts: Vec<Component<'_>> = std::path::Path::new(&directory).components().collect();
        assert!(matches!(parts[..], [Component::Normal(_)]), "{text:?} is kept in {directory:?}");
        assert!(
            !directory.starts_with('.') && !directory.starts_with('-'),
            "{text:?} is kept in {directory:?}"
        );
        assert_eq!(Label::from_directory(&directory).expect("its directory"), label, "{text:?}");
    }
    assert!(labels > 500, "only {labels} labels were taken");
}
