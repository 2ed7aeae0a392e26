//! Certificates, keys and requests as people make them with openssl, made once a run.

mod manifests;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use crate::harness::{Judge, Workspace, judge};

/// Seconds of a day.
pub const DAY: i64 = 86_400;

/// The time of the machine, for certificates that openssl dates by its clock.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    since.as_secs() as i64 + 60
}

/// The files; `None`, said aloud, on a machine without openssl.
pub fn material() -> Option<&'static Workspace> {
    static MADE: LazyLock<Option<Workspace>> = LazyLock::new(|| Some(make(&judge("openssl")?)));
    let openssl = judge("openssl");
    openssl.and(MADE.as_ref())
}

const CONFIGURATION: &str = "
[req]
distinguished_name = dn
[dn]
[empty]
[ids]
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[plain_ca]
basicConstraints = CA:TRUE
subjectKeyIdentifier = hash
[plain_self]
basicConstraints = critical,CA:TRUE
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[purpose_root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
extendedKeyUsage = codeSigning
subjectKeyIdentifier = hash
[short_ca]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[narrow_ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
nameConstraints = critical,permitted;DNS:narrow.example
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
";

/// Everything of a sound leaf, to be changed line by line.
const LEAF: [(&str, &str); 6] = [
    ("basicConstraints", "CA:FALSE"),
    ("keyUsage", "critical,digitalSignature"),
    ("extendedKeyUsage", "serverAuth"),
    ("subjectAltName", "DNS:web.example"),
    ("subjectKeyIdentifier", "hash"),
    ("authorityKeyIdentifier", "keyid"),
];

struct Maker<'a> {
    openssl: &'a Judge,
    place: &'a Workspace,
}

impl Maker<'_> {
    /// Runs openssl on files of the workspace, each written as `@name`.
    #[track_caller]
    fn run(&self, line: &str) {
        let file = |word: &str| match word.strip_prefix('@') {
            Some(name) => self.place.file(name).display().to_string(),
            None => word.to_owned(),
        };
        self.openssl.accepts(line.split_whitespace().map(file));
    }

    fn key(&self, name: &str) {
        self.run(&format!("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out @{name}.key"));
    }

    /// A self-signed certificate with its key.
    fn root(&self, name: &str, subject: &str, section: &str) {
        self.key(name);
        self.run(&format!(
            "req -x509 -config @x.cnf -extensions {section} -days 300 -subj {subject} -key @{name}.key -out @{name}.crt"
        ));
    }

    /// A request for a key that is there.
    fn request(&self, name: &str, subject: &str) {
        self.run(&format!("req -new -config @x.cnf -subj {subject} -key @{name}.key -out @{name}.csr"));
    }

    /// A certificate under `issuer`, with the options of `openssl x509`.
    fn sign(&self, name: &str, issuer: &str, options: &str) {
        let serial = if options.contains("-set_serial") { "" } else { "-CAcreateserial" };
        let days = if options.contains("-days") { "" } else { "-days 30" };
        self.run(&format!(
            "x509 -req -in @{name}.csr -CA @{issuer}.crt -CAkey @{issuer}.key -out @{name}.crt {serial} {days} {options}"
        ));
    }

    /// A leaf like the sound one, but for these lines; an empty value takes the line out.
    fn leaf_with(&self, name: &str, subject: &str, issuer: &str, changes: &[(&str, &str)], options: &str) {
        let changed = |(field, value): &(&str, &str)| {
            let other = changes.iter().find(|(changed, _)| changed == field);
            (field.to_string(), other.map_or(*value, |(_, value)| *value).to_string())
        };
        let lines = LEAF.iter().map(changed).filter(|(_, value)| !value.is_empty());
        let text: String = lines.map(|(field, value)| format!("{field} = {value}\n")).collect();
        self.place.write(&format!("{name}.ext"), text);
        if !self.place.file(format!("{name}.key")).exists() {
            self.key(name);
        }
        self.request(name, subject);
        self.sign(name, issuer, &format!("-extfile @{name}.ext {options}"));
    }

    fn leaf(&self, name: &str, changes: &[(&str, &str)]) {
        self.leaf_with(name, &format!("/CN={name}"), "ca", changes, "");
    }

    /// Files one after the other.
    fn join(&self, name: &str, parts: &[&str]) {
        self.place.write(name, parts.iter().map(|part| self.place.read(part)).collect::<String>());
    }

    fn mode(&self, name: &str, mode: u32) {
        let file = self.place.file(name);
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode)).expect("a mode");
    }

    fn copy(&self, from: &str, to: &str) {
        let target = self.place.file(to);
        std::fs::create_dir_all(target.parent().unwrap_or(Path::new("."))).expect("a directory");
        std::fs::copy(self.place.file(from), target).expect("a copy");
    }
}

fn make(openssl: &Judge) -> Workspace {
    let place = Workspace::shared("lint");
    place.write("x.cnf", CONFIGURATION);
    let maker = Maker { openssl, place: &place };
    maker.root("ca", "/CN=CA", "ca");
    maker.root("other-ca", "/CN=Other-CA", "ca");
    maker.leaf_with("good", "/CN=web", "ca", &[], "");
    by_hand(&maker);
    keys(&maker);
    leaves(&maker);
    authorities(&maker);
    manifests::manifests(&maker);
    place
}

/// What stands in the accounts of those who did it by hand.
fn by_hand(maker: &Maker<'_>) {
    maker.key("v1");
    maker.request("v1", "/CN=web.example");
    maker.sign("v1", "ca", "");
    // Key identifiers are all that OpenSSL adds by itself since 3.2.
    maker.key("empty");
    maker.request("empty", "/CN=web.example");
    maker.sign("empty", "ca", "-extfile @x.cnf -extensions ids");
    maker.root("issuer-noext", "/CN=Made-without-v3_ca", "ids");
    maker.leaf_with("noext-leaf", "/CN=web", "issuer-noext", &[], "");
    maker.leaf_with("same", "/CN=CA", "ca", &[], "");
    maker.leaf("cn-only", &[("subjectAltName", "")]);
    maker.leaf("swapped", &[]);
    maker.copy("good.key", "swapped.key");
    maker.copy("good.crt", "copied/ca.crt");
    maker.root("self", "/CN=web", "plain_self");
    std::fs::create_dir_all(maker.place.file("prod")).expect("a directory");
    maker.root("prod/ca", "/CN=CA", "ca");
    maker.leaf_with("prod/good", "/CN=web", "other-ca", &[], "");
    for (name, mode) in [("lax-444", 0o444), ("lax-1555", 0o1555), ("group", 0o640)] {
        maker.key(name);
        maker.mode(&format!("{name}.key"), mode);
    }
    if let Some(git) = judge("git") {
        let repository = maker.place.file("repository");
        std::fs::create_dir_all(&repository).expect("a directory");
        for name in ["tracked", "untracked"] {
            maker.copy("good.key", &format!("repository/{name}.key"));
        }
        let directory = repository.display().to_string();
        git.accepts(["-C", &directory, "init", "-q"]);
        git.accepts(["-C", &directory, "add", "tracked.key"]);
    }
}

fn keys(maker: &Maker<'_>) {
    maker.run("pkcs8 -topk8 -in @good.key -passout pass:secret -out @sealed.key");
    maker.run("genrsa -out @weak.key 1024");
    maker.request("weak", "/CN=web");
    maker.run("req -new -config @x.cnf -subj /CN=web -addext subjectAltName=DNS:web.example -key @weak.key -out @weak.csr");
    maker.key("plain");
    maker.request("plain", "/CN=web.example");
    maker.run("x509 -in @good.crt -outform DER -out @good.der");
    // The last octet of a signature.
    maker.run("req -new -config @x.cnf -subj /CN=web -addext subjectAltName=DNS:web.example -key @good.key -out @good.csr");
    maker.run("req -in @good.csr -outform DER -out @forged.csr");
    let mut forged = std::fs::read(maker.place.file("forged.csr")).expect("a request");
    *forged.last_mut().expect("octets") ^= 1;
    maker.place.write("forged.csr", forged);
    maker.place.write("garbage.pem", "hello\n");
    maker.place.write("half.pem", maker.place.read("good.crt").replace("-----END", "-----"));
}

fn leaves(maker: &Maker<'_>) {
    let names = ["one", "two", "zero", "long", "distant", "sha1"];
    let options = ["-set_serial 1", "-set_serial 1", "-set_serial 0", "-days 900", "-days 400000", "-sha1"];
    for (name, options) in names.iter().zip(options) {
        maker.leaf_with(name, &format!("/CN={name}"), "ca", &[], options);
    }
    maker.run("req -new -config @x.cnf -newkey rsa:1024 -nodes -subj /CN=weak -keyout @weak-leaf.key -out @weak-leaf.csr");
    maker.copy("weak-leaf.csr", "weak.signing");
    maker.run(
        "x509 -req -in @weak-leaf.csr -CA @ca.crt -CAkey @ca.key -CAcreateserial -days 9 -extfile @good.ext -out @weak.crt",
    );
    maker.run("genpkey -algorithm ED25519 -out @ed25519.key");
    maker.leaf("ed25519", &[]);
    maker.leaf("nokid", &[("subjectKeyIdentifier", "none"), ("authorityKeyIdentifier", "none")]);
    maker.leaf("signing", &[("keyUsage", "critical,digitalSignature,keyCertSign")]);
    maker.leaf("mail", &[("subjectAltName", "email:ops@web.example")]);
    maker.leaf("address", &[("subjectAltName", "DNS:web.example,DNS:127.0.0.1")]);
    maker.leaf_with("nameless", "/", "ca", &[("extendedKeyUsage", "clientAuth")], "");
    maker.leaf("underscore", &[("subjectAltName", "DNS:my_web.example")]);
    maker.leaf_with("elsewhere", "/CN=www.example", "ca", &[], "");
    let several = "URI:spiffe://example.org/web,URI:https://example.org/web,DNS:web.example";
    maker.leaf("workload", &[("subjectAltName", several)]);
    maker.leaf("wide", &[("subjectAltName", "DNS:*.test")]);
    maker.leaf("purposeless", &[("extendedKeyUsage", "")]);
    maker.leaf("mute", &[("keyUsage", "critical,keyEncipherment")]);
    maker.leaf_with("below-leaf", "/CN=below-leaf", "good", &[], "");
}

fn authorities(maker: &Maker<'_>) {
    maker.root("plain-ca", "/CN=Plain", "plain_ca");
    maker.root("purpose-root", "/CN=Purpose", "purpose_root");
    for (name, section, issuer) in
        [("issuing", "short_ca", "ca"), ("deep-issuing", "ca", "issuing"), ("narrow", "narrow_ca", "ca")]
    {
        maker.key(name);
        maker.request(name, &format!("/CN={name}"));
        maker.sign(name, issuer, &format!("-extfile @x.cnf -extensions {section}"));
    }
    maker.copy("issuing.crt", "issuing-ca.crt");
    maker.leaf_with("below", "/CN=web", "issuing", &[], "");
    maker.leaf_with("deep", "/CN=deep", "deep-issuing", &[], "");
    maker.leaf_with("outside", "/CN=outside", "narrow", &[], "");
    // The issuer's key in another certificate with another identifier.
    maker.place.write(
        "otherkid.cnf",
        "[ca]\nbasicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=01020304\n",
    );
    maker.copy("issuing.key", "rekeyed.key");
    maker.copy("issuing.csr", "rekeyed.csr");
    maker.sign("rekeyed", "ca", "-extfile @otherkid.cnf -extensions ca");
    maker.leaf_with("otherkid", "/CN=otherkid", "rekeyed", &[], "");
    maker.join("chain.pem", &["good.crt"]);
    maker.join("both-ca.pem", &["ca.crt", "other-ca.crt"]);
    maker.join("keyed-ca.pem", &["ca.crt", "ca.key"]);
    maker.mode("keyed-ca.pem", 0o600);
    maker.join("backwards.pem", &["issuing.crt", "below.crt"]);
    maker.join("rooted.pem", &["good.crt", "ca.crt"]);
}
