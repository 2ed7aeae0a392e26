//! The commands as a user meets them: exact words, exit codes, files.

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
         hint: use `--if-missing` to keep it, or `--force` to make a new one and to re-issue everything",
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
fn list_shows_what_there_is_and_how_long_it_lasts() {
    let workspace = Workspace::new();
    at_noon(&workspace, &["init", "--org", "Example"]).succeeds();
    for arguments in [
        &["issue", "server", "web", "--san", "web.test"][..],
        &["issue", "client", "soon", "--days", "3"],
        &["issue", "peer", "gone", "--not-after=-1d"],
        &["issue", "wildcard", "*.apps.example.com", "--key-type", "ec-p384"],
    ] {
        at_noon(&workspace, arguments).succeeds();
    }
    let run = at_noon(&workspace, &["list"]).succeeds();
    assert_eq!(
        without_suffix(&run.stdout),
        "NAME                USE     KEY      EXPIRES     LEFT       NAMES
root                ca      ec-p256  2036-11-18  3650 days  O=Example, CN=Example dev Root CA SUFFIX
*.apps.example.com  server  ec-p384  2027-12-23  397 days   *.apps.example.com
gone                peer    ec-p256  2026-11-20  expired    gone
soon                client  ec-p256  2026-11-24  3 days     soon
web                 server  ec-p256  2027-12-23  397 days   web web.test
"
    );
    let coloured = at_noon(&workspace, &["list", "--color", "always"]).succeeds().stdout;
    for (text, code) in [("expired", "31"), ("3 days", "33"), ("397 days", "32")] {
        assert!(coloured.contains(&format!("{code}m{text}")), "{text} is not {code}: {coloured:?}");
    }
    assert!(!run.stdout.contains('\u{1b}'), "colours went into a pipe");
    let json = at_noon(&workspace, &["list", "--format", "json"]).succeeds().json();
    assert_eq!(json["schema"], 1);
    assert_eq!(json["environments"][0]["credentials"][2]["name"], "soon");
    assert_eq!(json["environments"][0]["credentials"][2]["days_left"], 3);
}

#[test]
fn a_list_of_nothing_says_how_to_begin() {
    let run = Workspace::new().pkictl(&["list", "--all-environments"]).succeeds();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", "next: pkictl init\n"));
}

#[test]
fn no_color_is_respected_unless_colours_are_demanded() {
    let workspace = Workspace::with_ca();
    let list = |arguments: &[&str]| {
        workspace
            .command(&[&["list"], arguments].concat())
            .env("NO_COLOR", "1")
            .env("CLICOLOR_FORCE", "")
            .run()
            .succeeds()
            .stdout
    };
    assert!(!list(&[]).contains('\u{1b}'));
    assert!(list(&["--color", "always"]).contains('\u{1b}'));
}

#[test]
fn show_explains_a_credential_and_prints_it_as_json_and_pem() {
    let workspace = Workspace::new();
    at_noon(&workspace, &["init"]).succeeds();
    at_noon(&workspace, &["issue", "server", "web"]).succeeds();
    let text = at_noon(&workspace, &["show", "web"]).succeeds().stdout;
    for line in [
        "server CN=web",
        "  names        DNS:web",
        "  valid from   2026-11-21 11:00 UTC",
        "  valid until  2027-12-23 12:00 UTC (397 days)",
        "  key          ec-p256, signed with ecdsa-with-SHA256",
        "  key usage    digitalSignature",
        "  ext usage    serverAuth",
    ] {
        assert!(text.lines().any(|found| found == line), "no line {line:?} in\n{text}");
    }
    let json = at_noon(&workspace, &["show", "web", "--format", "json"]).succeeds().json();
    assert_eq!(json["items"][0]["sans"][0], "DNS:web");
    assert_eq!(json["items"][1]["basic_constraints"]["ca"], true);
    let pem = at_noon(&workspace, &["show", "web", "--pem"]).succeeds().stdout;
    assert_eq!(
        pem,
        workspace.read("pki/dev/certs/web/tls.crt") + &workspace.read("pki/dev/certs/web/ca.crt")
    );
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
fn a_profile_is_shown_copied_changed_and_used() {
    let workspace = Workspace::with_ca();
    let text = workspace.pkictl(&["profile", "show", "server"]).succeeds().stdout;
    workspace.write("pki/profiles/week.toml", text.replace("397d", "7d").replace("TLS server", "one week:"));
    let list = workspace.pkictl(&["profile", "list"]).succeeds().stdout;
    assert!(list.lines().any(|line| line.starts_with("week ") && line.contains("7 days")), "{list}");
    workspace.pkictl(&["issue", "week", "web"]).succeeds();
    let json = workspace.pkictl(&["list", "--format", "json"]).succeeds().json();
    assert_eq!(json["environments"][0]["credentials"][0]["days_left"], 6);
}

#[test]
fn a_profile_variable_is_set_or_asked_for() {
    let workspace = Workspace::with_ca();
    workspace.pkictl(&["issue", "spiffe", "web"]).fails(
        1,
        "error: profile \"spiffe\" needs a value for \"trust_domain\" (SPIFFE trust domain, such as example.org)\n\n\
         hint: add `--set trust_domain=VALUE`",
    );
    workspace.pkictl(&["issue", "spiffe", "web", "--set", "trust_domain=example.org"]).succeeds();
    let json = workspace.pkictl(&["show", "web", "--format", "json"]).succeeds().json();
    assert_eq!(json["items"][0]["sans"], serde_json::json!(["URI:spiffe://example.org/web"]));
    assert_eq!(json["items"][0]["sans_critical"], true);
    workspace.pkictl(&["issue", "postgres-client", "db", "--set", "usr=app"]).fails(
        1,
        "error: no variable named \"usr\" in profile \"postgres-client\"\n  expected: one of user\n\n\
         hint: `pkictl profile show NAME` shows the profile's variables",
    );
}

#[test]
fn a_constrained_authority_signs_only_what_it_permits() {
    let workspace = Workspace::new();
    workspace.pkictl(&["init", "--permit-dns", "shop.svc", "--cn", "Shop CA"]).succeeds();
    workspace.pkictl(&["issue", "server", "web.example.com"]).fails(
        1,
        "error: DNS:web.example.com lies outside the name constraints of \"Shop CA\"\n  expected: DNS:shop.svc\n  \
         found:    DNS:web.example.com\n\n\
         hint: ask for a name inside, or make a CA that permits it with `--permit-dns` or `--permit-ip`",
    );
    let run = workspace.pkictl(&["issue", "server", "web", "--san", "web.shop.svc"]).succeeds();
    assert!(
        run.stderr.contains("note: left out DNS:web: it lies outside the CA's name constraints"),
        "{}",
        run.stderr
    );
    let run = workspace.pkictl(&["issue", "client", "backend"]).succeeds();
    assert!(
        run.stderr.contains("note: its name is DNS:backend.shop.svc, inside the CA's name constraints"),
        "{}",
        run.stderr
    );
    workspace.pkictl(&["verify"]).succeeds();
}

#[test]
fn a_certificate_cannot_outlive_its_issuer() {
    let workspace = Workspace::new();
    at_noon(&workspace, &["init", "--days", "10"]).succeeds();
    let run = at_noon(&workspace, &["issue", "server", "web"]).succeeds();
    assert!(
        run.stderr.contains("note: its end was moved to that of its issuer, 2026-12-01 12:00 UTC: a certificate cannot outlive its issuer"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_further_authority_signs_when_it_is_named() {
    let workspace = Workspace::with_ca();
    workspace.pkictl(&["issue", "intermediate-ca", "db"]).succeeds();
    workspace.pkictl(&["issue", "server", "postgres", "--ca", "db"]).succeeds();
    let json = workspace.pkictl(&["show", "postgres", "--format", "json"]).succeeds().json();
    let subjects: Vec<&str> =
        json["items"].as_array().expect("items").iter().filter_map(|item| item["subject"].as_str()).collect();
    assert_eq!(subjects.len(), 3);
    assert!(subjects[1].contains("db CA"), "{subjects:?}");
    workspace.pkictl(&["verify"]).succeeds();
    workspace.pkictl(&["issue", "root-ca", "x"]).fails(
        2,
        "error: a root is the CA of a whole environment, not a certificate in one\n\n\
         hint: make it with `pkictl init --env NEW`",
    );
}

#[test]
fn an_authority_for_which_the_path_is_too_long_is_refused_before_it_is_made() {
    let workspace = Workspace::new();
    workspace.pkictl(&["init", "--cn", "Root", "--intermediate"]).succeeds();
    let shown =
        workspace.pkictl(&["show", "pki/dev/ca/issuing/ca.crt", "--format", "json"]).succeeds().json();
    let issuing = shown["items"][0]["common_name"].as_str().expect("a common name").to_owned();
    let refused = |authority: &str, limit: u32, count: u32| {
        format!(
            "error: {authority:?} does not allow one more authority below it\n  \
             expected: at most {limit} (path length constraint)\n  found:    {count} with this one\n\n\
             hint: sign it with an authority nearer to the root: `--ca root`; `pkictl list` shows them"
        )
    };
    let profile = workspace.pkictl(&["profile", "show", "intermediate-ca"]).succeeds().stdout;
    let endless = profile.replace("path_len = 0\n", "");
    assert_ne!(endless, profile);
    workspace.write("pki/profiles/endless.toml", endless);
    workspace
        .pkictl(&["issue", "endless", "middle", "--cn", "Middle", "--ca", "issuing"])
        .fails(1, &refused(&issuing, 0, 1));
    workspace.pkictl(&["issue", "endless", "middle", "--cn", "Middle", "--ca", "root"]).succeeds();
    // It has no limit of its own: the root's holds.
    workspace.pkictl(&["issue", "endless", "lower", "--ca", "middle"]).fails(1, &refused("Root", 1, 2));
    assert!(!workspace.file("pki/dev/ca/lower").exists());
    workspace.pkictl(&["issue", "server", "web", "--ca", "middle"]).succeeds();
    workspace.pkictl(&["verify"]).succeeds();
}

#[test]
fn wrong_usage_exits_with_2_and_names_what_is_missing() {
    let workspace = Workspace::with_ca();
    workspace.pkictl(&["issue", "--no-input"]).fails(
        2,
        "error: issue needs a profile and a name\n\n\
         hint: write it as `pkictl issue PROFILE NAME`, for example `pkictl issue server web`",
    );
    workspace.pkictl(&["init", "--encrypt-key", "--env", "x"]).fails(
        2,
        "error: there is no passphrase to encrypt the CA key of environment \"x\" with\n\n\
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
        (&["--help"], "\n\nA developer PKI that proves itself\n\npkictl makes a certificate authority "),
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
