//! One PKI with everything in it: every built-in profile, every kind of key, every shape of chain.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::harness::Workspace;

/// A name of 77 characters, as OpenShift makes them: too long for a common name.
const LONG_HOST: &str = "rest-api-shop-test-environment-of-the-platform-teams.apps.sandbox.example.com";

const KEY_TYPES: [&str; 4] = ["ec-p256", "ec-p384", "ed25519", "rsa-2048"];

/// The environments and how each is made.
const ENVIRONMENTS: &[(&str, &[&str])] = &[
    ("root", &["--org", "Example"]),
    ("chain", &["--org", "Example", "--intermediate"]),
    (
        "closed",
        &[
            "--intermediate",
            "--permit-dns",
            "shop.svc",
            "--permit-dns",
            "localhost",
            "--permit-ip",
            "127.0.0.0/8",
            "--permit-ip",
            "::1/128",
        ],
    ),
    ("names", &["--org", "Example", "--permit-dns", "example.org"]),
    ("addresses", &["--org", "Example", "--permit-ip", "10.0.0.0/8"]),
    ("p384", &["--intermediate", "--key-type", "ec-p384"]),
    ("ed25519", &["--intermediate", "--key-type", "ed25519"]),
    ("rsa", &["--org", "Example", "--intermediate", "--key-type", "rsa-2048"]),
    ("rsa-3072", &["--intermediate", "--key-type", "rsa-3072"]),
    ("rsa-4096", &["--intermediate", "--key-type", "rsa-4096"]),
    ("p384-root", &["--key-type", "ec-p384"]),
    ("ed25519-root", &["--key-type", "ed25519"]),
    ("named", &["--cn", "Zertifizierungsstelle für Prüfungen"]),
];

/// The environment whose leaf has ended.
const EXPIRED: &str = "expired";

/// A leaf with its key in the store.
pub struct Credential {
    /// Its environment.
    pub environment: &'static str,
    /// Its name in the store.
    pub name: String,
    /// The kind of its key.
    pub key_type: String,
    /// Host names and addresses that it must be taken for.
    pub hosts: Vec<String>,
    /// Whether it may serve.
    pub serves: bool,
    /// Whether it may call.
    pub calls: bool,
    /// `tls.crt`: the leaf and the intermediates.
    pub chain: PathBuf,
    /// `tls.key`.
    pub key: PathBuf,
    /// `ca.crt`: the root.
    pub anchor: PathBuf,
    /// The leaf alone.
    pub leaf: PathBuf,
    /// The intermediates alone, if there are any.
    pub intermediates: Option<PathBuf>,
}

impl Credential {
    /// What a failed assertion calls it.
    pub fn title(&self) -> String {
        format!("{}/{}", self.environment, self.name)
    }
}

/// Everything that was issued.
pub struct Table {
    workspace: Workspace,
    /// Every leaf that is valid now.
    pub credentials: Vec<Credential>,
    /// One that ended yesterday, the only one of its environment.
    pub expired: Credential,
}

impl Table {
    /// A credential by its environment and name.
    #[track_caller]
    pub fn credential(&self, environment: &str, name: &str) -> &Credential {
        self.credentials
            .iter()
            .find(|credential| credential.environment == environment && credential.name == name)
            .unwrap_or_else(|| panic!("the table holds no {environment}/{name}"))
    }

    /// The names of all environments.
    pub fn environments() -> impl Iterator<Item = &'static str> {
        ENVIRONMENTS.iter().map(|(environment, _)| *environment)
    }

    /// Everything that an environment issued.
    pub fn of(&self, environment: &str) -> impl Iterator<Item = &Credential> {
        self.credentials.iter().filter(move |credential| credential.environment == environment)
    }

    /// The file of an authority: `ca.crt` or `ca.key` of `root` or `issuing`.
    pub fn authority(&self, environment: &str, name: &str, file: &str) -> PathBuf {
        self.workspace.file("pki").join(environment).join("ca").join(name).join(file)
    }

    /// The certificate of every authority.
    pub fn authorities(&self) -> Vec<PathBuf> {
        let of =
            |environment: &str| ["root", "issuing"].map(|name| self.authority(environment, name, "ca.crt"));
        Self::environments().chain([EXPIRED]).flat_map(of).filter(|file| file.exists()).collect()
    }
}

/// The table, made once by whichever test comes first.
pub fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let workspace = Workspace::shared("judges");
        let credentials = std::thread::scope(|scope| {
            let environments: Vec<_> = ENVIRONMENTS
                .iter()
                .map(|(environment, arguments)| {
                    let workspace = &workspace;
                    scope.spawn(move || fill(workspace, environment, arguments))
                })
                .collect();
            environments.into_iter().flat_map(|filled| filled.join().expect("an environment")).collect()
        });
        let expired = expired(&workspace);
        Table { workspace, credentials, expired }
    })
}

/// A leaf under a root that is older than its end.
fn expired(workspace: &Workspace) -> Credential {
    workspace.pkictl(&["init", "--env", EXPIRED, "--not-before=-30d"]).succeeds();
    let line = ["server", "old", "--san", "old.shop.svc", "--not-before=-20d", "--not-after=-1d"];
    issue(workspace, EXPIRED, &line, &["old.shop.svc"])
}

fn fill(workspace: &Workspace, environment: &'static str, arguments: &[&str]) -> Vec<Credential> {
    workspace.pkictl(&[&["init", "--env", environment], arguments].concat()).succeeds();
    let issue = |line: &[&str], hosts: &[&str]| issue(workspace, environment, line, hosts);
    match environment {
        "root" | "chain" => {
            let mut all: Vec<Credential> = KEY_TYPES
                .iter()
                .flat_map(|key_type| every_profile(workspace, environment, key_type))
                .collect();
            if environment == "root" {
                all.extend(unusual_names(workspace, environment));
            }
            all
        }
        "closed" => vec![
            issue(
                &["server", "web", "--san", "web.shop.svc,localhost,127.0.0.1,::1"],
                &["web.shop.svc", "localhost", "127.0.0.1", "::1"],
            ),
            issue(&["server", "127.0.0.1"], &["127.0.0.1"]),
            issue(&["server", "::1"], &["::1"]),
            issue(&["client", "person.example.com"], &[]),
            issue(&["wildcard", "*.shop.svc"], &["web.shop.svc"]),
            issue(&["client", "backend"], &[]),
            issue(&["peer", "node", "--san", "node.shop.svc"], &["node.shop.svc"]),
        ],
        "names" => {
            vec![issue(&["server", "example.org"], &["example.org"]), issue(&["client", "backend"], &[])]
        }
        "addresses" => vec![
            issue(&["server", "10.1.2.3"], &["10.1.2.3"]),
            issue(&["client", "10.1.2.4", "--cn", "backend"], &[]),
        ],
        "named" => vec![
            issue(&["server", "web.example.org"], &["web.example.org"]),
            issue(&["client", "backend", "--cn", "Bäckerei Öçalan 東京"], &[]),
        ],
        _ => vec![
            issue(&["server", "web", "--san", "localhost"], &["localhost"]),
            issue(&["client", "backend"], &[]),
        ],
    }
}

fn every_profile(workspace: &Workspace, environment: &'static str, key_type: &str) -> Vec<Credential> {
    let issue = |profile: &str, name: &str, more: &[&str], hosts: &[&str]| {
        issue(workspace, environment, &[&[profile, name, "--key-type", key_type], more].concat(), hosts)
    };
    let name = |prefix: &str| format!("{prefix}-{key_type}");
    let wildcard = format!("*.{key_type}.example.com");
    let san = ["--san", "web.shop.svc,localhost,127.0.0.1,::1"];
    let hosts = ["web.shop.svc", "localhost", "127.0.0.1", "::1"];
    vec![
        issue("server", &name("web"), &san, &hosts),
        issue("client", &name("backend"), &[], &[]),
        issue("peer", &name("node"), &san, &hosts),
        issue("wildcard", &wildcard, &[], &[&wildcard.replace('*', "web")]),
        issue("postgres-server", &name("db"), &["--san", "db.shop.svc"], &["db.shop.svc"]),
        issue("postgres-client", &name("app"), &["--set", "user=shop_owner"], &[]),
        issue("short-lived", &name("job"), &["--san", "job.shop.svc"], &["job.shop.svc"]),
        issue("spiffe", &name("workload"), &["--set", "trust_domain=example.org"], &[]),
    ]
}

fn unusual_names(workspace: &Workspace, environment: &'static str) -> Vec<Credential> {
    let issue = |line: &[&str], hosts: &[&str]| issue(workspace, environment, line, hosts);
    let many: Vec<String> = (0..100).map(|number| format!("host-{number}.shop.svc")).collect();
    vec![
        issue(&["server", "rsa-3072", "--san", "a.shop.svc", "--key-type", "rsa-3072"], &["a.shop.svc"]),
        issue(&["server", "rsa-4096", "--san", "a.shop.svc", "--key-type", "rsa-4096"], &["a.shop.svc"]),
        issue(&["server", LONG_HOST], &[LONG_HOST]),
        issue(&["server", "192.0.2.7"], &["192.0.2.7"]),
        issue(&["server", "2001:db8::7"], &["2001:db8::7"]),
        issue(&["server", "bücher.example.com"], &["xn--bcher-kva.example.com"]),
        issue(&["server", "many", "--san", &many.join(",")], &["host-0.shop.svc", "host-99.shop.svc"]),
        issue(&["wildcard", "*.example.net", "--san", "example.net"], &["example.net", "www.example.net"]),
        issue(&["client", "person", "--san", "email:person@example.org"], &[]),
        issue(&["server", "until-2999", "--san", "a.shop.svc", "--not-after", "2999-12-31"], &["a.shop.svc"]),
    ]
}

fn issue(workspace: &Workspace, environment: &'static str, line: &[&str], hosts: &[&str]) -> Credential {
    let issued = workspace
        .pkictl(&[&["issue", "--env", environment, "--format", "json"], line].concat())
        .succeeds()
        .json();
    let file = |key: &str| workspace.file(issued[key].as_str().expect("a path"));
    let usages = issued["ext_key_usage"].to_string();
    let chain = file("certificate");
    let (leaf, intermediates) = split(workspace, environment, &chain);
    Credential {
        environment,
        name: issued["name"].as_str().expect("a name").to_owned(),
        key_type: issued["key_type"].as_str().expect("a kind of key").to_owned(),
        hosts: hosts.iter().map(ToString::to_string).collect(),
        serves: usages.contains("serverAuth"),
        calls: usages.contains("clientAuth"),
        key: file("key"),
        anchor: file("trust_anchor"),
        chain,
        leaf,
        intermediates,
    }
}

/// Programs such as openssl take a leaf and its intermediates from two files.
fn split(workspace: &Workspace, environment: &str, chain: &Path) -> (PathBuf, Option<PathBuf>) {
    const END: &str = "-----END CERTIFICATE-----\n";
    let text = std::fs::read_to_string(chain).expect("a chain");
    let (leaf, rest) = text.split_once(END).expect("a certificate");
    let directory = chain.parent().and_then(Path::file_name).expect("a directory of its own");
    let write = |name: &str, text: &str| {
        workspace.write(&format!("split/{environment}/{}/{name}", directory.display()), text)
    };
    let intermediates = (!rest.is_empty()).then(|| write("intermediates.pem", rest));
    (write("leaf.pem", &format!("{leaf}{END}")), intermediates)
}

#[test]
fn the_table_holds_every_profile_and_every_kind_of_key() {
    let profiles = Workspace::new().pkictl(&["profile", "list", "--format", "json"]).succeeds().json();
    let log = ["root", "chain"]
        .map(|environment| {
            let path = table().workspace.file("pki").join(environment).join("log.jsonl");
            std::fs::read_to_string(path).expect("a log")
        })
        .concat();
    for profile in profiles["profiles"].as_array().expect("profiles") {
        let name = profile["name"].as_str().expect("a name");
        assert!(log.contains(&format!("\"profile\":\"{name}\"")), "the judges never see the profile {name}");
    }
    for key_type in ["ec-p256", "ec-p384", "ed25519", "rsa-2048", "rsa-3072", "rsa-4096"] {
        assert!(
            table().credentials.iter().any(|credential| credential.key_type == key_type),
            "no {key_type}"
        );
    }
    assert_eq!(LONG_HOST.len(), 77);
}
