//! `plan` and `apply`: a manifest becomes certificates and files, once, and every reason to make one anew is found.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::SystemTime;

use crate::harness::Workspace;

mod crash;
mod enforced;
mod exact;
mod leftovers;
mod reasons;

/// Two services that call one another in one direction, and a file for one of them.
pub const PAIR: &str = r#"version = 1
environments = ["test"]

[service.api]
names = ["api.example.com", "localhost"]
callers = ["job"]
emit = [{ target = "nginx", upstream = "http://127.0.0.1:9000" }]

[service.job]
"#;

pub fn workspace(manifest: &str) -> Workspace {
    let workspace = Workspace::new();
    workspace.write("pkictl.toml", manifest);
    workspace
}

pub fn applied(manifest: &str) -> Workspace {
    let workspace = workspace(manifest);
    workspace.pkictl(&["apply"]).succeeds();
    workspace
}

/// What a plan says of each name: `action: reason, reason`.
pub fn steps(workspace: &Workspace, arguments: &[&str]) -> BTreeMap<String, String> {
    let run = workspace.pkictl(&[&["plan", "--format", "json"], arguments].concat()).succeeds();
    let mut found = BTreeMap::new();
    for environment in run.json()["environments"].as_array().expect("environments") {
        for step in environment["steps"].as_array().expect("steps") {
            let ids = step["reasons"].as_array().expect("reasons").iter();
            let ids: Vec<&str> = ids.map(|reason| reason["id"].as_str().expect("an id")).collect();
            let action = step["action"].as_str().expect("an action");
            let name = step["name"].as_str().expect("a name");
            found.insert(name.to_owned(), format!("{action}: {}", ids.join(", ")));
        }
    }
    found
}

/// Every file with its time and size.
fn files(path: &Path, found: &mut BTreeMap<String, (SystemTime, u64)>) {
    for entry in std::fs::read_dir(path).expect("a directory").flatten() {
        let data = entry.metadata().expect("metadata");
        if data.is_dir() {
            files(&entry.path(), found);
        } else if !entry.file_name().to_string_lossy().ends_with(".lock") {
            let time = data.modified().expect("a time");
            found.insert(entry.path().display().to_string(), (time, data.len()));
        }
    }
}

#[test]
fn a_second_run_writes_nothing_and_keeps_every_time() {
    let workspace = applied(PAIR);
    let (mut before, mut after) = (BTreeMap::new(), BTreeMap::new());
    files(workspace.path(), &mut before);
    let run = workspace.pkictl(&["apply"]).succeeds();
    assert_eq!(
        (run.stdout.as_str(), run.stderr.as_str()),
        ("", "test\n  credentials: 2 unchanged\nnext: pkictl verify -f pkictl.toml\n")
    );
    files(workspace.path(), &mut after);
    assert_eq!(before, after);
    workspace.pkictl(&["plan", "--check"]).succeeds();
}

#[test]
fn plan_writes_nothing_and_says_with_its_exit_code_that_something_is_out_of_date() {
    let workspace = workspace(PAIR);
    workspace.pkictl(&["plan"]).succeeds();
    workspace.pkictl(&["plan", "--check"]).exits_with(3);
    let names: Vec<_> = std::fs::read_dir(workspace.path()).expect("a directory").flatten().collect();
    assert_eq!(names.len(), 1, "{names:?}");
}

#[test]
fn who_serves_and_calls_gets_the_purposes_for_it_and_files_name_the_callers() {
    let workspace = applied(PAIR);
    let show = |name: &str| {
        let run = workspace.pkictl(&["show", name, "--env", "test", "--format", "json"]).succeeds();
        run.json()["items"][0]["ext_key_usage"].to_string()
    };
    assert_eq!(show("api"), "[\"serverAuth\"]");
    assert_eq!(show("job"), "[\"clientAuth\"]");
    let conf: String = std::fs::read_dir(workspace.file("deploy/test/api"))
        .expect("a directory")
        .flatten()
        .map(|entry| std::fs::read_to_string(entry.path()).expect("a file"))
        .collect();
    assert!(conf.contains("CN=job"), "{conf}");
}

#[test]
fn one_environment_can_be_applied_alone_and_a_wrong_name_says_which_there_are() {
    let workspace =
        workspace("version = 1\nenvironments = [\"test\", \"prod\"]\n[service.web]\nnames = [\"web\"]\n");
    workspace.pkictl(&["apply", "--env", "prod"]).succeeds();
    assert!(!workspace.file("pki/test").exists());
    assert!(workspace.file("pki/prod/certs/web/tls.crt").exists());
    workspace
        .pkictl(&["apply", "--env", "dev"])
        .fails(1, "error: no environment named \"dev\" in the manifest\n  expected: one of test, prod");
}

#[test]
fn the_pki_lies_beside_the_manifest_unless_the_command_line_says_where() {
    let workspace = Workspace::new();
    workspace.write("deep/pkictl.toml", PAIR);
    workspace.pkictl(&["apply", "-f", "deep/pkictl.toml"]).succeeds();
    assert!(workspace.file("deep/pki/test/certs/api").exists());
    assert!(workspace.file("deep/deploy/test/api").exists());
    workspace.pkictl(&["apply", "-f", "deep/pkictl.toml", "--pki", "there"]).succeeds();
    assert!(workspace.file("there/test/certs/api").exists());
}

#[test]
fn every_authority_with_a_name_has_a_root_that_no_other_shares() {
    let workspace = applied(
        "version = 1\nenvironments = [\"test\"]\n[authority.db]\nintermediate = true\n[service.a]\nnames = [\"a\"]\n[service.b]\nauthority = \"db\"\nnames = [\"b\"]\n",
    );
    let roots =
        ["test/certs/a", "test.db/certs/b"].map(|place| workspace.read(format!("pki/{place}/ca.crt")));
    assert_ne!(roots[0], roots[1]);
    assert!(workspace.file("pki/test.db/ca/issuing/ca.crt").exists());
    // Nobody needs the environment's own authority here, so it is not made.
    let workspace = applied(
        "version = 1\nenvironments = [\"test\"]\n[authority.db]\n[service.b]\nauthority = \"db\"\nnames = [\"b\"]\n",
    );
    assert!(!workspace.file("pki/test").exists());
}

#[test]
fn copies_have_the_names_that_a_service_asks_for() {
    let workspace = applied(
        "version = 1\nenvironments = [\"test\"]\n[service.nginx]\nnames = [\"localhost\"]\nfiles = { certificate = \"certs/nginx-selfsigned.crt\", key = \"certs/nginx-selfsigned.key\", ca = \"certs/ca.crt\" }\n",
    );
    let pair =
        [("nginx-selfsigned.crt", "tls.crt"), ("nginx-selfsigned.key", "tls.key"), ("ca.crt", "ca.crt")];
    for (copy, original) in pair {
        assert_eq!(
            workspace.read(format!("certs/{copy}")),
            workspace.read(format!("pki/test/certs/nginx/{original}"))
        );
    }
    use std::os::unix::fs::PermissionsExt;
    let mode = workspace.file("certs/nginx-selfsigned.key").metadata().expect("the key").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    workspace.write("certs/nginx-selfsigned.crt", "edited");
    assert_eq!(steps(&workspace, &[])["certs/nginx-selfsigned.crt"], "write: changed");
}

#[test]
fn a_configuration_with_local_files_names_the_copies_that_the_service_asks_for() {
    let workspace = applied(
        "version = 1\nenvironments = [\"test\"]\n[service.nginx]\nnames = [\"localhost\"]\nfiles = { certificate = \"certs/a.crt\", key = \"certs/a.key\" }\nemit = [{ target = \"nginx\", local = true, mtls = true }]\n",
    );
    let conf = workspace.read("deploy/test/nginx/nginx-site.conf");
    let here = workspace.path().display();
    for line in [
        format!("ssl_certificate \"{here}/certs/a.crt\";"),
        format!("ssl_certificate_key \"{here}/certs/a.key\";"),
        format!("ssl_client_certificate \"{here}/pki/test/certs/nginx/ca.crt\";"),
    ] {
        assert!(conf.contains(&line), "{line} is not in\n{conf}");
    }
}

#[test]
fn what_is_no_longer_declared_stays_until_it_is_pruned_and_then_lies_aside() {
    let workspace = applied(PAIR);
    workspace.write("pkictl.toml", "version = 1\nenvironments = [\"test\"]\n[service.api]\nnames = [\"api.example.com\", \"localhost\"]\n");
    let found = steps(&workspace, &[]);
    assert_eq!(found["job"], "leftover: undeclared");
    assert_eq!(steps(&workspace, &["--prune"])["job"], "prune: undeclared");
    let key = workspace.read("pki/test/certs/job/tls.key");
    workspace.pkictl(&["apply"]).succeeds();
    assert!(workspace.file("pki/test/certs/job").exists());
    workspace.pkictl(&["plan", "--check"]).succeeds();
    workspace.pkictl(&["plan", "--check", "--prune"]).exits_with(3);
    workspace.pkictl(&["apply", "--prune"]).succeeds();
    assert!(!workspace.file("pki/test/certs/job").exists());
    let aside: Vec<_> =
        std::fs::read_dir(workspace.file("pki/test/replaced")).expect("a directory").flatten().collect();
    assert_eq!(std::fs::read_to_string(aside[0].path().join("tls.key")).expect("the key"), key);
}

#[test]
fn a_ca_key_under_a_passphrase_signs_when_the_passphrase_is_given() {
    let workspace = workspace(PAIR);
    workspace.write("pass", "secret\n");
    workspace.pkictl(&["init", "--env", "test", "--encrypt-key", "--passphrase-file", "pass"]).succeeds();
    let run = workspace.pkictl(&["apply"]).exits_with(1);
    assert_eq!(
        run.stderr.trim_end(),
        "error: pki/test/ca/root/ca.key: the private key is encrypted and no passphrase was given\n\nhint: give it with `--passphrase-file FILE` or in the variable PKICTL_PASSPHRASE"
    );
    assert!(
        !workspace.file("pki/test/certs").exists()
            || std::fs::read_dir(workspace.file("pki/test/certs")).expect("a directory").next().is_none()
    );
    workspace.pkictl(&["apply", "--passphrase-file", "pass"]).succeeds();
    // Nothing is to be signed, so nobody needs it.
    workspace.pkictl(&["plan", "--check"]).succeeds();
}
