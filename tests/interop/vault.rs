//! The script for OpenBao, run against an OpenBao server in memory; openssl judges what that issues.

use std::process::{Command, Stdio};

use serde_json::Value;

use super::cluster::{Cluster, verify};
use crate::harness::{Judge, Server, deadline, free_port, judge, python_with};

/// A server that keeps everything in memory.
struct Bao {
    cluster: Cluster,
    program: Judge,
    _server: Server,
    address: String,
}

impl Bao {
    fn start() -> Option<Self> {
        let program = judge("bao")?;
        let (cluster, port) = (Cluster::new(), free_port());
        let mut command = program.command();
        command.env("HOME", cluster.workspace.path()).args(["server", "-dev", "-dev-no-store-token"]);
        command.arg("-dev-root-token-id=of-a-test").arg(format!("-dev-listen-address=127.0.0.1:{port}"));
        let server = Server::start(command, port);
        server.says("Development mode should NOT be used");
        Some(Self { cluster, program, _server: server, address: format!("http://127.0.0.1:{port}") })
    }

    /// Runs a program that calls the server; whether it succeeds, and what it prints.
    fn run(&self, mut command: Command) -> (bool, String, String) {
        let directory = self.program.path().parent().expect("a directory").display().to_string();
        let path = std::env::var("PATH").expect("a path");
        command
            .env_clear()
            .env("PATH", format!("{directory}:{path}"))
            .env("HOME", self.cluster.workspace.path());
        command.env("BAO_ADDR", &self.address).env("BAO_TOKEN", "of-a-test").stdin(Stdio::null());
        let output = assert_cmd::Command::from_std(command).timeout(deadline(60)).output().expect("it runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.success(), text(&output.stdout), text(&output.stderr))
    }

    fn bao(&self, arguments: &[&str]) -> (bool, String, String) {
        let mut command = Command::new(self.program.path());
        command.args(arguments);
        self.run(command)
    }

    /// A client whose organization has a comma in it, at which a list would be cut, and what Terraform takes for a template.
    fn partner(&self) {
        let workspace = &self.cluster.workspace;
        let profile = workspace.pkictl(&["profile", "show", "client"]).succeeds().stdout;
        let profile = profile.replace("[subject]", "[subject]\norganization = \"Example, ${Inc.}\"");
        workspace.write("pki/profiles/partner.toml", profile);
        workspace.pkictl(&["issue", "partner", "partner"]).succeeds();
    }

    /// A certificate of a role, as a chain in a file.
    #[track_caller]
    fn issue(&self, role: &str, names: &[&str]) -> std::path::PathBuf {
        let path = format!("pki/issue/{role}");
        let (success, said, errors) = self.bao(&[&["write", "-format=json", &path], names].concat());
        assert!(success, "{errors}");
        let data = &serde_json::from_str::<Value>(&said).expect("JSON")["data"];
        let text = |field: &str| data[field].as_str().expect("a text").to_owned();
        // What `issuing_ca` holds is our intermediate, byte for byte.
        let own = self.cluster.workspace.read("pki/dev/ca/issuing/ca.crt");
        assert_eq!(text("issuing_ca").trim(), own.trim());
        let chain = format!("{}\n{own}", text("certificate"));
        self.cluster.workspace.write(&format!("{role}.crt"), chain)
    }
}

/// The subject of [`Bao::partner`], as openssl writes it.
const PARTNER: &str = "subject=O = \"Example, ${Inc.}\", CN = partner";

fn subject(openssl: &Judge, certificate: &std::path::Path) -> String {
    let shown = openssl.accepts(["x509", "-noout", "-subject", "-in", &certificate.display().to_string()]);
    shown.trim().to_owned()
}

#[test]
fn openbao_issues_by_our_roles_what_leads_to_our_root() {
    let Some(bao) = Bao::start() else { return };
    let Some(openssl) = judge("openssl") else { return };
    // A common name that is no subject alternative name, and an address.
    bao.cluster.workspace.pkictl(&["issue", "client", "orders", "--cn", "robot"]).succeeds();
    bao.cluster.workspace.pkictl(&["issue", "server", "10.0.0.7"]).succeeds();
    bao.partner();
    let credentials = "web,backend,orders,10.0.0.7,partner";
    let text = bao.cluster.emit(&["vault", "--issuer", "issuing", "--credential", credentials]);
    let script = bao.cluster.workspace.write("pki.sh", text);
    let mut shell = Command::new("/bin/sh");
    shell.arg(script);
    let (success, said, errors) = bao.run(shell);
    assert!(success, "{said}{errors}");
    let root = bao.cluster.workspace.credential("web", "ca.crt");
    let judged = |chain: &std::path::PathBuf, purpose: &str| verify(&openssl, chain, &root, purpose);
    let web = bao.issue("web", &["common_name=web", "alt_names=web.apps.example.com", "ttl=24h"]);
    assert!(judged(&web, "sslserver").0, "{}", judged(&web, "sslserver").1);
    assert!(judged(&web, "sslclient").1.contains("unsuitable certificate purpose"));
    let shown = openssl.accepts(["x509", "-noout", "-text", "-in", &web.display().to_string()]);
    assert!(shown.contains("NIST CURVE: P-256") && shown.contains("DNS:web.apps.example.com"), "{shown}");
    let backend = bao.issue("backend", &["common_name=backend"]);
    assert!(judged(&backend, "sslclient").0, "{}", judged(&backend, "sslclient").1);
    assert!(judged(&backend, "sslserver").1.contains("unsuitable certificate purpose"));
    for foreign in ["common_name=api", "common_name=evil.web.apps.example.com", "common_name=localhost"] {
        let (success, _, errors) = bao.bao(&["write", "pki/issue/web", foreign]);
        assert!(!success && errors.contains("not allowed by this role"), "{foreign}: {errors}");
    }
    let robot = bao.issue("orders", &["common_name=robot", "exclude_cn_from_sans=true"]);
    assert!(judged(&robot, "sslclient").0, "{}", judged(&robot, "sslclient").1);
    let partner = bao.issue("partner", &["common_name=partner"]);
    assert_eq!(subject(&openssl, &partner), PARTNER);
    let address = bao.issue("10-0-0-7", &["ip_sans=10.0.0.7"]);
    assert!(judged(&address, "sslserver").0, "{}", judged(&address, "sslserver").1);
    for (role, foreign) in [("orders", "common_name=root"), ("10-0-0-7", "common_name=web")] {
        let (success, _, errors) = bao.bao(&["write", &format!("pki/issue/{role}"), foreign]);
        assert!(!success && errors.contains("not allowed by this role"), "{role}: {errors}");
    }
    let (success, _, errors) = bao.bao(&["write", "pki/issue/web", "common_name=web", "ip_sans=10.0.0.7"]);
    assert!(!success && errors.contains("IP Subject Alternative Names are not allowed"), "{errors}");
}

/// Reads resources of Terraform, and prints each as [type, name, arguments].
const RESOURCES: &str = r#"
import hcl2, json, sys
options = hcl2.SerializationOptions(strip_string_quotes=True, explicit_blocks=False, with_comments=False)
document = hcl2.load(open(sys.argv[1]), serialization_options=options)
print(json.dumps([[kind, name, arguments] for resource in document["resource"]
                  for kind, named in resource.items() for name, arguments in named.items()]))
"#;

/// What the provider's documentation (version 5.11) names as arguments, of those kinds of resources that are emitted.
const DOCUMENTED: &[(&str, &str)] = &[
    ("vault_mount", "path type max_lease_ttl_seconds"),
    ("vault_pki_secret_backend_config_ca", "backend pem_bundle"),
    ("vault_pki_secret_backend_issuer", "backend issuer_ref issuer_name leaf_not_after_behavior"),
    (
        "vault_pki_secret_backend_role",
        "backend issuer_ref name key_type key_bits allowed_domains allow_bare_domains allow_subdomains \
         allow_wildcard_certificates allow_localhost allow_ip_sans allowed_uri_sans enforce_hostnames require_cn \
         server_flag client_flag key_usage organization max_ttl",
    ),
];

#[test]
fn terraform_says_what_the_script_does_and_holds_no_key() {
    let Some(bao) = Bao::start() else { return };
    let (Some(openssl), Some(python)) = (judge("openssl"), python_with("hcl2")) else { return };
    let workspace = &bao.cluster.workspace;
    bao.partner();
    workspace.pkictl(&["issue", "server", "10.0.0.7"]).succeeds();
    let emit = ["vault", "--issuer", "issuing", "--credential", "web,partner,10.0.0.7", "--as", "terraform"];
    let _ = bao.cluster.emit(&[&emit[..], &["-d", "deploy"]].concat());
    let text = workspace.read("deploy/pki.tf");
    assert!(!text.contains("BEGIN ") && workspace.read("deploy/pki-bundle.pem").contains("PRIVATE KEY"));
    let script = workspace.write("resources.py", RESOURCES);
    let file = workspace.file("deploy/pki.tf");
    let read = python.accepts([script, file].map(std::path::PathBuf::into_os_string));
    let resources: Vec<(String, String, Value)> = serde_json::from_str(&read).expect("JSON");
    // What the provider does with each: it writes the arguments, under their names, to the path of the resource.
    for (kind, name, mut arguments) in resources {
        let arguments = arguments.as_object_mut().expect("arguments");
        let documented = DOCUMENTED.iter().find(|(known, _)| *known == kind).expect("a known resource").1;
        for argument in arguments.keys() {
            assert!(documented.split(' ').any(|known| known == argument), "{kind} has no {argument}");
        }
        let path = match kind.as_str() {
            "vault_mount" => "sys/mounts/pki".to_owned(),
            "vault_pki_secret_backend_config_ca" => "pki/config/ca".into(),
            "vault_pki_secret_backend_issuer" => "pki/issuer/default".into(),
            _ => format!("pki/roles/{}", name.trim_start_matches('_')),
        };
        for value in arguments.values_mut() {
            match value.as_str() {
                Some("${var.pki_bundle}") => *value = workspace.read("deploy/pki-bundle.pem").into(),
                Some("${vault_pki_secret_backend_issuer.pki.issuer_ref}") => *value = "default".into(),
                _ => {}
            }
        }
        if let Some(seconds) = arguments.remove("max_lease_ttl_seconds") {
            arguments.insert("config".into(), serde_json::json!({ "max_lease_ttl": seconds }));
        }
        // The text as Terraform means it.
        let body = Value::Object(arguments.clone()).to_string().replace("$${", "${");
        let file = workspace.write("body.json", body).display().to_string();
        let (success, said, errors) = bao.bao(&["write", &path, &format!("@{file}")]);
        assert!(success, "{path}: {said}{errors}");
    }
    let root = workspace.credential("web", "ca.crt");
    let web = bao.issue("web", &["common_name=web", "alt_names=web.apps.example.com", "ttl=24h"]);
    let (verified, said) = verify(&openssl, &web, &root, "sslserver");
    assert!(verified, "{said}");
    let (success, _, errors) = bao.bao(&["write", "pki/issue/web", "common_name=api"]);
    assert!(!success && errors.contains("not allowed by this role"), "{errors}");
    let partner = bao.issue("partner", &["common_name=partner"]);
    assert_eq!(subject(&openssl, &partner), PARTNER);
    let address = bao.issue("10-0-0-7", &["ip_sans=10.0.0.7"]);
    let (verified, said) = verify(&openssl, &address, &root, "sslserver");
    assert!(verified, "{said}");
}

#[test]
fn the_agent_writes_what_a_server_reads_and_runs_its_command() {
    let Some(bao) = Bao::start() else { return };
    let Some(openssl) = judge("openssl") else { return };
    let path = |name: &str| bao.cluster.workspace.file(name).display().to_string();
    bao.cluster.workspace.write("token", "of-a-test");
    let (mount, token, reload) = (path("tls"), path("token"), format!("touch {}", path("reloaded")));
    let agent = ["--mount", &mount, "--token-file", &token, "--reload", &reload, "-d", &path("out")];
    let _ =
        bao.cluster.emit(&[&["vault", "--issuer", "issuing", "--credential", "web"], &agent[..]].concat());
    let mut shell = Command::new("/bin/sh");
    shell.arg(bao.cluster.workspace.file("out/pki.sh"));
    let (success, said, errors) = bao.run(shell);
    assert!(success, "{said}{errors}");
    let (success, said, errors) =
        bao.bao(&["agent", &format!("-config={}", path("out/pki-agent.hcl")), "-exit-after-auth"]);
    assert!(success && bao.cluster.workspace.file("reloaded").exists(), "{said}{errors}");
    let (chain, root) = (bao.cluster.workspace.file("tls/tls.crt"), bao.cluster.workspace.file("tls/ca.crt"));
    assert_eq!(
        bao.cluster.workspace.read("tls/ca.crt").trim(),
        bao.cluster.credential("web", "ca.crt").trim()
    );
    let (verified, said) = verify(&openssl, &chain, &root, "sslserver");
    assert!(verified, "{said}");
    let own = openssl.accepts(["x509", "-noout", "-pubkey", "-in", &chain.display().to_string()]);
    assert_eq!(own, openssl.accepts(["pkey", "-pubout", "-in", &path("tls/tls.key")]));
    let mode = std::fs::metadata(path("tls/tls.key")).expect("a key").permissions();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777, 0o600);
    let names =
        openssl.accepts(["x509", "-noout", "-ext", "subjectAltName", "-in", &chain.display().to_string()]);
    assert!(names.contains("DNS:web, DNS:web.apps.example.com"), "{names}");
}

#[test]
fn a_name_that_no_role_can_be_held_to_is_refused() {
    let cluster = Cluster::new();
    cluster.workspace.pkictl(&["issue", "client", "orders", "--cn", "db_user"]).succeeds();
    let run = cluster.workspace.pkictl(&["emit", "vault", "--issuer", "issuing", "--credential", "orders"]);
    let run = run.exits_with(1);
    assert!(run.stderr.contains("a role cannot be limited to the common name \"db_user\""), "{}", run.stderr);
    assert!(run.stdout.is_empty());
}
