//! Errors for programs: exit codes, JSON, forms that an output has not.

use crate::harness::Workspace;

#[test]
fn an_error_is_json_where_json_was_asked_for() {
    let workspace = Workspace::with_ca();
    let error = |arguments: &[&str], code: i32| {
        let run = workspace.pkictl(&[arguments, &["--format", "json"]].concat()).exits_with(code);
        assert_eq!(run.stdout, "", "{arguments:?}");
        let document: serde_json::Value = serde_json::from_str(&run.stderr).expect("one JSON document");
        assert_eq!(document["schema"], 1);
        assert_eq!(document["error"]["exit_code"], code);
        document["error"].clone()
    };
    let found = error(&["issue", "sever", "web"], 1);
    assert!(found["message"].as_str().is_some_and(|text| text.starts_with("no profile named \"sever\" in ")));
    assert!(found["expected"].as_str().is_some_and(|text| text.contains("server")));
    assert_eq!(found["hint"], "did you mean `server`?");

    let found = error(&["show", "./missing.pem"], 1);
    assert_eq!(found["message"], "cannot read ./missing.pem");
    assert_eq!(found["causes"].as_array().map(Vec::len), Some(1));

    let found = error(&["list", "--verbose"], 2);
    assert_eq!(found["message"], "unexpected argument '--verbose' found");
    assert_eq!(found["hint"], "only `verify` has `--verbose`");
    assert_eq!(error(&["issue", "--no-input"], 2)["found"], serde_json::Value::Null);
    let nothing = error(&[], 2)["message"].clone();
    assert!(
        nothing.as_str().is_some_and(|text| text.starts_with("'pkictl' requires a subcommand")),
        "{nothing}"
    );
}

#[test]
fn a_value_that_can_never_be_right_is_wrong_usage_and_what_is_not_there_is_not() {
    let workspace = Workspace::with_ca();
    for (code, arguments) in [
        (2, &["issue", "server", "a/b"][..]),
        (2, &["issue", "server", ""]),
        (2, &["list", "--env", "../x"]),
        (2, &["issue", "server", "web", "--set", "a=b"]),
        (2, &["issue", "wildcard", "*.com"]),
        (2, &["show", "a b"]),
        (1, &["issue", "nosuch", "web"]),
        (1, &["show", "nosuch"]),
        (1, &["list", "--env", "nosuch"]),
        (1, &["issue", "server", "web", "--ca", "nosuch"]),
    ] {
        workspace.pkictl(arguments).exits_with(code);
    }
}

#[test]
fn a_name_that_no_certificate_can_have_is_wrong_usage_and_named() {
    let workspace = Workspace::with_ca();
    for (arguments, named) in [
        (&["issue", "intermediate-ca", "root"][..], "root"),
        (&["issue", "intermediate-ca", "*.a.test"], "*.a.test"),
        (&["issue", "server", "web", "--cn", ""], "common name"),
    ] {
        let run = workspace.pkictl(arguments).exits_with(2);
        assert!(run.stderr.contains(named), "{arguments:?}: {}", run.stderr);
    }
}

#[test]
fn a_form_that_an_output_has_not_is_refused() {
    let workspace = Workspace::with_ca();
    workspace.pkictl(&["issue", "server", "web"]).succeeds();
    for arguments in [
        &["completions", "bash"][..],
        &["man"],
        &["show", "web", "--pem"],
        &["manifest", "init", "-o", "-"],
        &["emit", "nginx", "--cert", "web"],
    ] {
        let run = workspace.pkictl(&[arguments, &["--format", "json"]].concat()).exits_with(2);
        assert_eq!(run.stdout, "");
        assert!(run.stderr.contains("does not support `--format json`"), "{}", run.stderr);
    }
    let written = workspace.pkictl(&["emit", "nginx", "--cert", "web", "-d", "out", "--format", "json"]);
    assert!(written.succeeds().json()["files"].as_array().is_some_and(|files| !files.is_empty()));
}

#[test]
fn a_profile_is_shown_as_json_and_copied_with_its_directory() {
    let workspace = Workspace::new();
    let shown = workspace.pkictl(&["profile", "show", "server", "--format", "json"]).succeeds().json();
    assert_eq!((&shown["name"], &shown["role"]), (&"server".into(), &"server".into()));
    let run = workspace.pkictl(&["profile", "show", "server", "-o", "pki/profiles/mine.toml"]).succeeds();
    assert_eq!(run.stderr, "wrote pki/profiles/mine.toml\nnext: change it, and `pkictl issue mine NAME`\n");
    assert_eq!(workspace.read("pki/profiles/mine.toml"), shown["text"].as_str().expect("a text"));
    workspace.pkictl(&["profile", "show", "client", "-o", "pki/profiles/mine.toml"]).exits_with(1);
    let hint = workspace.pkictl(&["profile", "show", "server"]).succeeds().stderr;
    assert_eq!(hint, "next: pkictl profile show server -o pki/profiles/NAME.toml\n");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(workspace.file("pki")).expect("the PKI directory").permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn help_that_cannot_be_written_is_a_failure() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a full disk");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_pkictl"))
        .arg("--help")
        .stdout(full)
        .output()
        .expect("the program runs");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.starts_with("error: cannot write to standard output: "), "{said}");
}

/// The error of a command that fails, as JSON.
fn error_of(workspace: &Workspace, arguments: &[&str]) -> serde_json::Value {
    let run = workspace.pkictl(&[arguments, &["--format", "json"]].concat()).exits_with(1);
    let document: serde_json::Value = serde_json::from_str(&run.stderr).expect("one JSON document");
    document["error"].clone()
}

#[test]
fn what_stops_emit_and_apply_are_the_findings_of_lint() {
    let workspace = Workspace::with_ca();
    workspace.pkictl(&["issue", "server", "web", "--san", "web.example.com"]).succeeds();
    let route =
        ["emit", "route", "edge", "--service", "web", "--cert", "web", "--hostname", "shop.example.com"];
    workspace.pkictl(&[&route[..], &["-o", "route.yaml", "--insist"]].concat()).succeeds();
    let run = workspace.pkictl(&["lint", "route.yaml", "--format", "json"]).exits_with(3);
    let mut wanted = run.json()["findings"].clone();
    let wanted = wanted.as_array_mut().expect("findings");
    for finding in wanted.iter_mut().filter_map(|one| one.as_object_mut()) {
        // What is not in a file yet has no line.
        ["file", "line", "column"].iter().for_each(|key| drop(finding.remove(*key)));
        let place = finding["place"].as_str().and_then(|place| place.strip_prefix("route.yaml: "));
        finding["place"] = place.expect("the place begins with the file").into();
    }
    wanted.retain(|finding| finding["severity"] == "error");
    assert!(!wanted.is_empty());

    let to_file = [&route[..], &["-o", "other.yaml"]].concat();
    assert_eq!(error_of(&workspace, &to_file)["findings"].as_array(), Some(&*wanted), "emit");
    workspace.write(
        "pkictl.toml",
        "version = 1\nenvironments = [\"test\"]\n[service.web]\nnames = [\"web.example.com\"]\n\
         emit = [{ target = \"route\", termination = \"edge\", service = \"web\", hostname = \"shop.example.com\", to = \"deploy\" }]\n",
    );
    let error = error_of(&workspace, &["apply"]);
    assert_eq!(error["findings"].as_array(), Some(&*wanted), "apply");
    let message = error["message"].as_str().expect("a message");
    assert!(message.starts_with("line 5 of the manifest, emitter \"route\": Route web: "), "{message}");
}

#[test]
fn an_error_of_apply_keeps_the_hint_of_issue() {
    let workspace = Workspace::new();
    workspace.pkictl(&["init", "--env", "test", "--permit-dns", "a.example"]).succeeds();
    let issued = error_of(&workspace, &["issue", "server", "web.b.example", "--env", "test"]);
    workspace.write(
        "pkictl.toml",
        "version = 1\nenvironments = [\"test\"]\n[service.web]\nnames = [\"web.b.example\"]\n",
    );
    let applied = error_of(&workspace, &["apply"]);
    assert!(issued["hint"].as_str().is_some_and(|hint| hint.contains("--permit-dns")), "{issued}");
    for part in ["hint", "expected", "found"] {
        assert_eq!(applied[part], issued[part], "{part}");
    }
    let message = format!("service \"web\": {}", issued["message"].as_str().expect("a message"));
    assert_eq!(applied["message"], message);
}
