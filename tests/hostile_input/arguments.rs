//! Numbers, dates, variables and passphrases that are none.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::process::Command;

use super::{refuses, workspace};
use crate::harness::Workspace;

#[test]
fn names_numbers_and_dates_that_are_none_are_wrong_usage() {
    let workspace = workspace();
    let date = "expected RFC 3339 (2027-01-31T12:00:00Z), YYYY-MM-DD, or a span from now such as 90d or -1d";
    let year = "several certificate readers cannot hold it; expected a year from 1950 to 3000";
    let label = "a label is 64 characters long, at most 63 are allowed";
    let long = format!("{}.com", "x".repeat(64));
    for (option, value, reason) in [
        ("--san <NAME>", "", "invalid DNS name \"\": it is empty".to_owned()),
        ("--san <NAME>", "a..b", "invalid DNS name \"a..b\": a label is empty".into()),
        ("--san <NAME>", "-a", "invalid DNS name \"-a\": a label starts or ends with a hyphen".into()),
        ("--san <NAME>", "10.0.0.0/8", "invalid IP address \"10.0.0.0/8\": a certificate names single addresses, not networks".into()),
        ("--san <NAME>", "1.2.3.4.5", "invalid IP address \"1.2.3.4.5\": it is not an IPv4 or IPv6 address".into()),
        ("--san <NAME>", "a.*.b", "invalid DNS name \"a.*.b\": `*` must be the whole left-most label, and only that one".into()),
        ("--san <NAME>", "🦀", "invalid DNS name \"🦀\": it holds a character that no host name has".into()),
        ("--san <NAME>", "URI:x", "invalid URI \"x\": it has no scheme (RFC 3986)".into()),
        ("--san <NAME>", "email:@", "invalid email address \"@\": the part before `@` must be plain ASCII (RFC 5280, section 4.2.1.6)".into()),
        ("--san <NAME>", &long, format!("invalid DNS name \"{long}\": {label}")),
        ("--days <N>", "x", "invalid digit found in string".into()),
        ("--days <N>", "9223372036854775807", "9223372036854775807 is not in -365000..=365000".into()),
        ("--days <N>", "-9223372036854775808", "-9223372036854775808 is not in -365000..=365000".into()),
        ("--not-after <TIME>", "", format!("invalid date \"\": it is neither a date nor a time span; {date}")),
        ("--not-after <TIME>", "2027-02-30", format!("invalid date \"2027-02-30\": there is no such day; {date}")),
        ("--not-after <TIME>", "3001-01-01", format!("invalid date \"3001-01-01\": {year}")),
        ("--not-after <TIME>", "9999-12-31T23:59:59-23:59", format!("invalid date \"9999-12-31T23:59:59-23:59\": {year}")),
        ("--not-before <TIME>", "0001-01-01T00:00:00Z", format!("invalid date \"0001-01-01\": {year}")),
        ("--not-before <TIME>", "9999999999y", format!("invalid date \"9999999999y\": it is longer than 1000 years; {date}")),
        ("--set <KEY=VALUE>", "a", "expected KEY=VALUE".into()),
    ] {
        let flag = option.split(' ').next().expect("a flag");
        refuses(
            &workspace,
            &["issue", "server", "other", &format!("{flag}={value}")],
            2,
            &format!("error: invalid value '{value}' for '{option}': {reason}\n\nFor more information, try '--help'."),
        );
    }
}

#[test]
fn a_form_of_output_that_a_command_does_not_have_is_wrong_usage() {
    let workspace = workspace();
    for command in ["list", "init", "man"] {
        let stderr = "error: only `verify` supports `--format junit`\n\nhint: use `--format json`";
        refuses(&workspace, &[command, "--format", "junit"], 2, stderr);
    }
}

#[test]
fn a_validity_that_contradicts_itself_is_refused() {
    let workspace = workspace();
    refuses(
        &workspace,
        &["issue", "server", "other", "--not-before", "2027-02-01", "--not-after", "2027-01-01"],
        1,
        "error: the certificate would end before it starts\n  expected: an end after 2027-02-01 00:00 UTC\n  found:    2027-01-01 00:00 UTC",
    );
    let run = workspace.pkictl(&["issue", "server", "other", "--not-before", "2900-01-01"]).exits_with(1);
    let title = run.stderr.split('"').nth(1).unwrap_or_default().to_owned();
    assert!(title.starts_with("Example dev Root CA "), "{}", run.stderr);
    assert!(run.stderr.starts_with(&format!("error: the certificate would outlive its issuer, {title:?}\n")));
    assert!(run.stderr.ends_with("  found:    a start at 2900-01-01 00:00 UTC\n"), "{}", run.stderr);
    workspace.pkictl(&["issue", "server", "past", "--days", "-5"]).succeeds();
}

#[test]
fn a_clock_that_is_set_to_nonsense_is_refused() {
    let workspace = workspace();
    for value in ["x", "-1", " 5", "1e3", "99999999999999999999", "2000000000000"] {
        let run = workspace.command(&["issue", "server", "other"]).env("SOURCE_DATE_EPOCH", value).run();
        run.fails(
            2,
            &format!(
                "error: the variable SOURCE_DATE_EPOCH is {value:?}, which is not a number of seconds between 1970 and 3000\n\nhint: unset it, or set it to what `date +%s` prints"
            ),
        );
    }
}

#[test]
fn arguments_and_variables_that_are_no_text_are_refused() {
    let workspace = workspace();
    let bytes = OsStr::from_bytes(b"\xff\xfe");
    let run = |set: &dyn Fn(&mut Command) -> &mut Command| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pkictl"));
        command.current_dir(workspace.path()).env_clear();
        set(&mut command);
        let output = command.output().expect("the program runs");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    for position in [
        vec![bytes],
        vec![OsStr::new("issue"), OsStr::new("server"), bytes],
        vec![OsStr::new("list"), OsStr::new("--env"), bytes],
    ] {
        let (code, stderr) = run(&|command| command.args(&position));
        assert_eq!((code, stderr.contains("panicked")), (Some(2), false), "{position:?}: {stderr}");
    }
    let (code, stderr) = run(&|command| command.arg("list").env("PKICTL_ENV", bytes));
    assert!(code == Some(2) && stderr.starts_with("error: invalid environment "), "{stderr}");
    let (code, stderr) = run(&|command| command.arg("list").env("SOURCE_DATE_EPOCH", bytes));
    assert!(
        code == Some(2) && stderr.starts_with("error: the variable SOURCE_DATE_EPOCH is \"\\xFF\\xFE\""),
        "{stderr}"
    );
    let init = ["init", "--env", "e", "--encrypt-key"];
    let (code, stderr) = run(&|command| command.args(init).env("PKICTL_PASSPHRASE", bytes));
    assert_eq!(
        (code, stderr.as_str()),
        (Some(2), "error: the passphrase in the variable PKICTL_PASSPHRASE is not UTF-8 text\n")
    );
}

#[test]
fn a_passphrase_that_is_missing_empty_or_wrong_is_never_guessed() {
    let workspace = Workspace::new();
    let hint = "--passphrase-file FILE` or in the variable PKICTL_PASSPHRASE";
    workspace.write("right", "secret\n");
    workspace.write("wrong", "Secret\n");
    workspace.write("empty", "");
    workspace.write("blank", "\nsecret\n");
    let init = ["init", "--encrypt-key"];
    refuses(
        &workspace,
        &init,
        2,
        &format!(
            "error: no passphrase to encrypt the CA key of environment \"dev\" with\n\nhint: give one with `{hint}"
        ),
    );
    for file in ["empty", "blank"] {
        let given = [&init[..], &["--passphrase-file", file]].concat();
        refuses(
            &workspace,
            &given,
            2,
            &format!(
                "error: the passphrase in {file} is empty\n\nhint: use a passphrase of at least one character"
            ),
        );
    }
    refuses(
        &workspace,
        &[&init[..], &["--passphrase-file", "missing"]].concat(),
        1,
        "error: cannot read missing\n  caused by: No such file or directory (os error 2)",
    );
    workspace.pkictl(&[&init[..], &["--passphrase-file", "right"]].concat()).succeeds();
    let key = "pki/dev/ca/root/ca.key";
    let issue = ["issue", "server", "web"];
    refuses(
        &workspace,
        &issue,
        1,
        &format!(
            "error: {key}: the private key is encrypted and no passphrase was given\n\nhint: give it with `{hint}"
        ),
    );
    let wrong = [&issue[..], &["--passphrase-file", "wrong"]].concat();
    refuses(
        &workspace,
        &wrong,
        1,
        &format!(
            "error: {key}: wrong passphrase for this private key\n\nhint: check the first line of wrong"
        ),
    );
    workspace.pkictl(&[&issue[..], &["--passphrase-file", "right"]].concat()).succeeds();
}
