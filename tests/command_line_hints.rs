//! What the command line says beside what it does: the next step, what was meant, what was not heeded.

use crate::harness::Workspace;

#[test]
fn a_next_step_leads_to_the_same_place_whatever_the_variables_say() {
    let workspace = Workspace::new();
    let next = |arguments: &[&str], variables: &[(&str, &str)]| {
        let command = workspace.command(arguments);
        let command = variables.iter().fold(command, |command, (name, value)| command.env(name, value));
        let said = command.run().succeeds().stderr;
        said.lines().find_map(|line| line.strip_prefix("next: ")).expect("a next step").to_owned()
    };
    let init = |rest: &[&'static str]| [&["init", "--force"], rest].concat();
    assert_eq!(next(&init(&[]), &[]), "pkictl issue server NAME");
    assert_eq!(next(&init(&[]), &[("PKICTL_ENV", "prod")]), "pkictl issue server NAME");
    assert_eq!(
        next(&init(&["--env", "dev"]), &[("PKICTL_ENV", "prod")]),
        "pkictl issue server NAME --env dev"
    );
    assert_eq!(next(&init(&["--env", "prod"]), &[("PKICTL_ENV", "prod")]), "pkictl issue server NAME");
    assert_eq!(
        next(&init(&["--pki", "pki"]), &[("PKICTL_DIR", "other")]),
        "pkictl issue server NAME --pki pki"
    );
    workspace.write(
        "pkictl.toml",
        "version = 1\nenvironments = [\"test\", \"prod\"]\n[service.web]\nnames = [\"web\"]\n",
    );
    assert_eq!(next(&["plan", "--env", "test"], &[("PKICTL_ENV", "prod")]), "pkictl apply --env test");
}

#[test]
fn a_variable_that_is_set_to_nothing_is_not_set() {
    let workspace = Workspace::with_ca();
    let mut list = workspace.command(&["list"]);
    for name in ["PKICTL_DIR", "PKICTL_ENV", "SOURCE_DATE_EPOCH", "PKICTL_PASSPHRASE"] {
        list = list.env(name, "");
    }
    assert!(list.run().succeeds().stdout.contains("root"));
}

#[test]
fn an_environment_of_a_variable_is_no_part_of_the_usage() {
    let run = Workspace::with_ca().command(&["emit", "nginx"]).env("PKICTL_ENV", "prod").run().exits_with(2);
    assert!(run.stderr.contains("Usage: pkictl emit nginx --cert <NAME|FILE>\n"), "{}", run.stderr);
}

#[test]
fn habits_of_other_tools_get_a_tip_and_nothing_that_only_looks_alike() {
    let workspace = Workspace::with_ca();
    for (line, tip) in [
        ("version", "`pkictl --version` prints it"),
        ("renew web", "`pkictl issue PROFILE NAME --force` replaces one"),
        ("revoke web", "pkictl has no revocation"),
        ("sign web.csr", "pkictl does not sign requests (CSRs)"),
        ("nginx --cert web", "`pkictl emit nginx` generates it"),
        ("completion bash", "`pkictl completions SHELL` prints the script"),
        ("issue --profile server web", "the profile is the first argument: `pkictl issue PROFILE NAME`"),
        ("issue server web --curve P-384", "use `--key-type`, for example `--key-type ec-p256`"),
        ("list --verbose", "only `verify` has `--verbose`"),
        ("verify pkictl.toml", "use `-f pkictl.toml` for the manifest"),
    ] {
        let run = workspace.pkictl(&line.split(' ').collect::<Vec<_>>()).exits_with(2);
        let tips: Vec<&str> = run.stderr.lines().filter_map(|line| line.strip_prefix("  tip: ")).collect();
        assert_eq!(tips.len(), 1, "{}", run.stderr);
        assert!(tips[0].starts_with(tip), "{}", run.stderr);
    }
}

#[test]
fn a_mistyped_name_is_recognised() {
    let workspace = Workspace::with_ca();
    workspace.pkictl(&["issue", "server", "backend"]).succeeds();
    for (arguments, hint) in [
        (&["issue", "sever", "web"][..], "did you mean `server`?"),
        (&["show", "bakend"], "did you mean `backend`?"),
        (&["show", "frontend"], "`pkictl list` shows what exists"),
        (&["issue", "wildcard", "apps"], "use *.apps.example.com, or use the profile server"),
        (&["issue", "wildcard", "example.org"], "use *.example.org, or use the profile server"),
    ] {
        let run = workspace.pkictl(arguments).exits_with(1);
        assert!(run.stderr.ends_with(&format!("\n\nhint: {hint}\n")), "{}", run.stderr);
    }
}

#[test]
fn a_ca_that_is_kept_says_what_it_has_not() {
    let workspace = Workspace::new();
    workspace.pkictl(&["init", "--org", "Example", "--permit-dns", "a.test"]).succeeds();
    let kept = |options: &[&str]| {
        let run = workspace.pkictl(&[&["init", "--if-missing"], options].concat()).succeeds();
        run.stderr.lines().filter(|line| line.starts_with("warning: ")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(kept(&["--org", "Example", "--permit-dns", "a.test", "--key-type", "ec-p256"]).is_empty());
    let heed =
        |option: &str, is: &str| format!("warning: ignoring `{option}`: the existing CA is kept, and {is}");
    assert_eq!(
        kept(&["--org", "Other", "--key-type", "ed25519", "--permit-dns", "b.test", "--intermediate"]),
        [
            heed("--org", "its organization is Example"),
            heed("--key-type", "its key is ec-p256"),
            heed("--permit-dns", "its name constraints are DNS:a.test"),
            heed("--intermediate", "it has no issuing CA"),
        ]
    );
    assert_eq!(
        kept(&["--cn", "X", "--permit-ip", "10.0.0.0/8"])[1],
        heed("--permit-ip", "its name constraints are DNS:a.test")
    );
}

#[test]
fn a_ca_that_is_replaced_says_what_went_with_it() {
    let workspace = Workspace::new();
    workspace.pkictl(&["init", "--org", "Example", "--intermediate"]).succeeds();
    workspace.pkictl(&["issue", "intermediate-ca", "db"]).succeeds();
    let said = workspace.pkictl(&["init", "--force"]).succeeds().stderr;
    for warning in [
        "the old CA had the organization Example, the new one has none: add `--org`",
        "the old CA had an issuing CA, the new one has none: add `--intermediate`",
        "additional CAs were moved aside: db",
    ] {
        assert!(said.contains(&format!("warning: {warning}\n")), "{said}");
    }
}

#[test]
fn a_passphrase_that_encrypts_nothing_is_mentioned() {
    let workspace = Workspace::new();
    let run = workspace.command(&["init"]).env("PKICTL_PASSPHRASE", "secret").run().succeeds();
    assert!(run.stderr.contains("note: the CA key is not encrypted although PKICTL_PASSPHRASE is set"));
    let run = workspace.command(&["init", "--env", "x", "--encrypt-key"]).env("PKICTL_PASSPHRASE", "secret");
    assert!(!run.run().succeeds().stderr.contains("not encrypted"));
}

#[test]
fn a_network_without_its_length_is_refused() {
    let run = Workspace::new().pkictl(&["init", "--permit-ip", "10.0.0.0"]).exits_with(2);
    assert!(
        run.stderr.contains("it has no prefix length; write 10.0.0.0/32 for this single address"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_copy_says_where_the_credential_is_kept_too() {
    let run = Workspace::with_ca().pkictl(&["issue", "server", "web", "-d", "out"]).succeeds();
    assert!(
        run.stderr.contains("  files  out/  tls.crt  tls.key  ca.crt\n  kept   pki/dev/certs/web/\n"),
        "{}",
        run.stderr
    );
}

#[test]
fn colours_of_help_and_wrong_usage_are_those_that_were_asked_for() {
    let workspace = Workspace::new();
    let says = |arguments: &[&str]| {
        let run = workspace.pkictl(arguments);
        format!("{}{}", run.stdout, run.stderr).contains('\u{1b}')
    };
    for line in [&["--help"][..], &["issue", "--help"], &["list", "--wrong"], &["wrong"], &["emit", "nginx"]]
    {
        assert!(says(&[line, &["--color", "always"]].concat()), "{line:?}");
        assert!(says(&[line, &["--color=always"]].concat()), "{line:?}");
        assert!(!says(&[line, &["--color", "never"]].concat()), "{line:?}");
    }
}

#[test]
fn every_command_opens_its_help_with_examples() {
    let workspace = Workspace::new();
    let help = workspace.pkictl(&["--help"]).succeeds().stdout;
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let commands: Vec<&str> = commands
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|name| !name.is_empty() && *name != "help")
        .collect();
    assert!(commands.len() > 10, "{help}");
    let deeper =
        [&["manifest", "init"][..], &["manifest", "import"], &["profile", "show"], &["emit", "nginx"]];
    for command in commands.iter().map(std::slice::from_ref).chain(deeper) {
        let help = workspace.pkictl(&[command, &["--help"]].concat()).succeeds().stdout;
        assert!(help.starts_with("Examples:\n  "), "{command:?}: {help}");
    }
}
