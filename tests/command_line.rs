//! The commands as a user meets them: exact words, exit codes, files.

mod authorities;
mod showing;

use crate::harness::Workspace;

/// The moment at which these tests run the program: 2026-11-21 12:00 UTC.
const EPOCH: &str = "1795262400";

fn at_noon(workspace: &Workspace, arguments: &[&str]) -> crate::harness::Run {
    workspace.command(arguments).env("SOURCE_DATE_EPOCH", EPOCH).run()
}

/// Text with the random suffixes of authorities replaced.
fn without_suffix(text: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let (head, tail) = word.split_at(word.find('\n').unwrap_or(word.len()));
        let random = head.len() == 6 && head.chars().all(|c| c.is_ascii_hexdigit());
        words.push(if random { format!("SUFFIX{tail}") } else { word.to_owned() });
    }
    words.join(" ")
}

#[test]
fn init_says_what_was_made_and_what_comes_next() {
    let workspace = Workspace::new();
    let run =
        at_noon(&workspace, &["init", "--org", "Example", "--intermediate", "--env", "test"]).succeeds();
    assert_eq!(run.stdout, "");
    assert_eq!(
        without_suffix(&run.stderr),
        "created the CA of environment \"test\"
  root      O=Example, CN=Example test Root CA SUFFIX
            valid until 2036-11-18 12:00 UTC
            pki/test/ca/root/ca.crt
  issuing   O=Example, CN=Example test issuing CA SUFFIX
            valid until 2031-11-20 12:00 UTC
            pki/test/ca/issuing/ca.crt
next: pkictl issue server NAME --env test
"
    );
    assert_eq!(workspace.read("pki/.gitignore"), "# private keys: never commit them\n*\n");
}

#[test]
fn issue_says_what_was_made_and_what_comes_next() {
    let workspace = Workspace::new();
    at_noon(&workspace, &["init"]).succeeds();
    let run =
        at_noon(&workspace, &["issue", "server", "web", "--san", "localhost", "--days", "900"]).succeeds();
    assert_eq!(run.stdout, "");
    assert_eq!(
        run.stderr,
        "issued server certificate web in environment \"dev\"
  names  DNS:web DNS:localhost IP:127.0.0.1 IP:::1
  valid  until 2029-05-09 12:00 UTC
  key    ec-p256
  files  pki/dev/certs/web/  tls.crt  tls.key  ca.crt
warning: valid for more than 825 days: Apple systems refuse such a certificate, under a private CA too
next: pkictl verify
"
    );
}

#[test]
fn issue_before_init_says_what_to_run() {
    Workspace::new().pkictl(&["issue", "server", "web"]).fails(
        1,
        "error: environment \"dev\" has no certificate authority in pki\n\nhint: run `pkictl init` first",
    );
}

#[test]
fn nothing_is_replaced_without_force() {
    let workspace = Workspace::with_ca();
    workspace.pkictl(&["issue", "client", "backend"]).succeeds();
    let before = workspace.read("pki/dev/certs/backend/tls.crt");
    workspace.pkictl(&["issue", "client", "backend"]).fails(
        1,
        "error: credential \"backend\" already exists in pki/dev/certs\n\nhint: use `--force` to replace it",
    );
    assert_eq!(workspace.read("pki/dev/certs/backend/tls.crt"), before);
    workspace.pkictl(&["issue", "client", "backend", "--force"]).succeeds();
    assert_ne!(workspace.read("pki/dev/certs/backend/tls.crt"), before);
    workspace.pkictl(&["init"]).fails(
        1,
        "error: authority \"root\" already exists in pki/dev/ca\n\n\
         hint: use `--if-missing` to keep it, or `--force` to replace it: certificates that the old one signed are no \
         longer trusted then, and have to be issued again",
    );
}

#[test]
fn init_if_missing_keeps_the_authority_and_force_moves_it_aside() {
    let workspace = Workspace::with_ca();
    let root = workspace.read("pki/dev/ca/root/ca.crt");
    let kept = workspace.pkictl(&["init", "--if-missing", "--format", "json"]).succeeds().json();
    assert_eq!((&kept["schema"], &kept["created"]), (&1.into(), &false.into()));
    assert_eq!(workspace.read("pki/dev/ca/root/ca.crt"), root);
    let forced = workspace.pkictl(&["init", "--force", "--format", "json"]).succeeds().json();
    let aside = forced["replaced"].as_str().expect("where the old one went");
    assert_eq!(workspace.read(format!("{aside}/root/ca.crt")), root);
    assert_ne!(workspace.read("pki/dev/ca/root/ca.crt"), root);
}

#[test]
fn issue_writes_a_copy_where_it_is_asked_to() {
    let workspace = Workspace::with_ca();
    workspace.pkictl(&["issue", "server", "web", "-d", "out/tls"]).succeeds();
    for file in ["tls.crt", "tls.key", "ca.crt"] {
        assert_eq!(
            workspace.read(format!("out/tls/{file}")),
            workspace.read(format!("pki/dev/certs/web/{file}"))
        );
    }
    workspace
        .pkictl(&["issue", "server", "api", "-d", "out/tls"])
        .fails(1, "error: file \"tls.crt\" already exists in out/tls\n\nhint: use `--force` to replace it");
    assert!(!workspace.file("pki/dev/certs/api").exists(), "a failed run left a credential");
}

#[test]
fn wrong_usage_exits_with_2_and_names_what_is_missing() {
    let workspace = Workspace::with_ca();
    workspace.pkictl(&["issue", "--no-input"]).fails(
        2,
        "error: issue needs a profile and a name\n\n\
         hint: use `pkictl issue PROFILE NAME`, for example `pkictl issue server web`",
    );
    workspace.pkictl(&["init", "--encrypt-key", "--env", "x"]).fails(
        2,
        "error: no passphrase to encrypt the CA key of environment \"x\" with\n\n\
         hint: give one with `--passphrase-file FILE` or in the variable PKICTL_PASSPHRASE",
    );
    let run = workspace.pkictl(&["isue"]).exits_with(2);
    assert!(run.stderr.contains("similar subcommands exist: 'inspect', 'issue'"), "{}", run.stderr);
}

#[test]
fn quiet_says_nothing_when_all_is_well() {
    let workspace = Workspace::new();
    for arguments in [&["init", "-q"][..], &["issue", "server", "web", "-q"]] {
        let run = workspace.pkictl(arguments).succeeds();
        assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
    }
    workspace.write("pkictl.toml", "version = 1\n[service.web]\nnames = [\"web\"]\n");
    let certificate = "pki/dev/certs/web/tls.crt";
    for arguments in [
        &["verify", "-q"][..],
        &["apply", "-q"],
        &["verify", "-q", "-f", "pkictl.toml"],
        &["lint", "-q", certificate],
    ] {
        let run = workspace.pkictl(arguments).succeeds();
        assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""), "{arguments:?}");
    }
    std::fs::remove_file(workspace.file("pki/dev/certs/web/tls.key")).expect("removed");
    for arguments in [&["verify", "-q"][..], &["verify", "-q", "-f", "pkictl.toml"]] {
        let run = workspace.pkictl(arguments).exits_with(3);
        assert!(run.stdout.contains("tls.key"), "{}", run.stdout);
    }
}

#[test]
fn help_begins_with_what_the_program_is() {
    let workspace = Workspace::new();
    for (arguments, says) in [
        (&["-h"][..], "\n\nA developer PKI that proves itself\n\nUsage: pkictl "),
        (&["--help"], "\n\nA developer PKI that proves itself\n\npkictl creates a certificate authority "),
    ] {
        let run = workspace.pkictl(arguments).succeeds();
        assert!(run.stdout.contains(says), "{}", run.stdout);
    }
}

#[test]
fn the_log_knows_every_certificate_in_order() {
    let workspace = Workspace::with_ca();
    workspace.pkictl(&["issue", "server", "web"]).succeeds();
    workspace.pkictl(&["issue", "server", "web", "--force"]).succeeds();
    let log = workspace.read("pki/dev/log.jsonl");
    let entries: Vec<serde_json::Value> =
        log.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let actions: Vec<(&str, &str)> = entries
        .iter()
        .map(|entry| (entry["action"].as_str().expect("action"), entry["name"].as_str().expect("name")))
        .collect();
    assert_eq!(actions, [("init", "root"), ("issue", "web"), ("issue", "web")]);
    assert_ne!(entries[1]["serial"], entries[2]["serial"]);
    let shown = workspace.pkictl(&["show", "web", "--format", "json"]).succeeds().json();
    assert_eq!(shown["items"][0]["sha256"], entries[2]["sha256"]);
}

#[test]
fn bundle_is_another_name_of_emit() {
    let workspace = Workspace::with_ca();
    workspace.pkictl(&["issue", "server", "web"]).succeeds();
    let by_name =
        |command: &str| workspace.pkictl(&[command, "k8s-secret", "--cert", "web"]).succeeds().stdout;
    assert_eq!(by_name("bundle"), by_name("emit"));
    assert!(by_name("bundle").contains("kind: Secret"));
    let help = |command: &str| workspace.pkictl(&[command, "nginx", "--help"]).succeeds().stdout;
    assert_eq!(help("bundle"), help("emit"));
}

#[cfg(unix)]
#[test]
fn nobody_else_looks_into_any_directory_of_the_pki() {
    use std::os::unix::fs::PermissionsExt;
    let workspace = Workspace::new();
    // Not even where the machine would let them.
    let script =
        "umask 000; \"$0\" init -q --intermediate && \"$0\" issue server web -q && \"$0\" init -q --force";
    let mut command = std::process::Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_pkictl")]).current_dir(workspace.path());
    let output = command.output().expect("a shell");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut left = vec![workspace.file("pki")];
    let mut looked_at = 0;
    while let Some(directory) = left.pop() {
        let mode = directory.metadata().expect("its metadata").permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{}", directory.display());
        let entries = std::fs::read_dir(&directory).expect("a directory").flatten();
        left.extend(entries.map(|entry| entry.path()).filter(|path| path.is_dir()));
        looked_at += 1;
    }
    assert!(looked_at >= 9, "{looked_at} directories");
}
