//! Questions at a real terminal, answered by a person's keys (tmux).

use crate::harness::{Judge, Terminal, Workspace, judge};

/// A terminal in which the program runs with these arguments, and tells its exit code.
fn open<'a>(tmux: &'a Judge, workspace: &Workspace, arguments: &str) -> Terminal<'a> {
    // Until the program reads keys itself, the terminal interrupts the shell as well, which must stay to tell.
    Terminal::open(tmux, workspace, &format!("trap : INT; pkictl {arguments}; echo exit=$?; sleep 60"))
}

#[test]
fn init_without_arguments_asks_at_a_terminal() {
    let Some(tmux) = judge("tmux") else { return };
    let workspace = Workspace::new();
    let terminal = open(&tmux, &workspace, "init");
    terminal.shows("Organization, as certificates will show it (--org; may be empty)");
    terminal.keys(&["Example Inc", "Enter"]);
    terminal.shows("Make an issuing CA under the root (--intermediate)?");
    terminal.keys(&["y"]);
    terminal.shows("Encrypt the CA keys with a passphrase (--encrypt-key)?");
    terminal.keys(&["y"]);
    terminal.shows("Passphrase for the CA key of environment \"dev\"");
    terminal.keys(&["secret", "Enter"]);
    terminal.shows("The same again");
    terminal.keys(&["secret", "Enter"]);
    let screen = terminal.shows("exit=0");
    assert!(screen.contains("O=Example Inc, CN=Example Inc dev Root CA "), "{screen}");
    assert!(!screen.contains("secret"), "the passphrase was shown: {screen}");
    assert!(workspace.read("pki/dev/ca/issuing/ca.key").contains("ENCRYPTED PRIVATE KEY"));
}

#[test]
fn issue_without_arguments_asks_and_repeats_what_was_no_name() {
    let Some(tmux) = judge("tmux") else { return };
    let workspace = Workspace::with_ca();
    let terminal = open(&tmux, &workspace, "issue");
    terminal.shows("server: TLS server");
    terminal.keys(&["Enter"]);
    terminal.shows("Name, such as web");
    terminal.keys(&["../x", "Enter"]);
    terminal.shows("it would be a path");
    terminal.keys(&["C-u"]);
    terminal.keys(&["web", "Enter"]);
    terminal.shows("More host names and addresses");
    terminal.keys(&["web.test, 10.0.0.1", "Enter"]);
    let screen = terminal.shows("exit=0");
    assert!(screen.contains("names  DNS:web DNS:web.test IP:10.0.0.1"), "{screen}");
}

#[test]
fn a_question_that_is_interrupted_changes_nothing() {
    let Some(tmux) = judge("tmux") else { return };
    let workspace = Workspace::new();
    let terminal = open(&tmux, &workspace, "init");
    terminal.shows("Organization");
    terminal.keys(&["C-c"]);
    terminal.shows("exit=");
    assert!(!workspace.file("pki").exists());
}

#[test]
fn no_input_never_asks_even_at_a_terminal() {
    let Some(tmux) = judge("tmux") else { return };
    let workspace = Workspace::with_ca();
    let terminal = open(&tmux, &workspace, "issue --no-input");
    let screen = terminal.shows("exit=2");
    assert!(screen.contains("error: issue needs a profile and a name"), "{screen}");
}

#[test]
fn a_private_key_is_not_shown_on_a_terminal_unasked() {
    let Some(tmux) = judge("tmux") else { return };
    let workspace = Workspace::with_ca();
    workspace.pkictl(&["issue", "server", "web.test"]).succeeds();
    let terminal = open(&tmux, &workspace, "emit route edge --service web --cert web.test");
    let screen = terminal.shows("exit=2");
    assert!(screen.contains("holds a private key, which would appear on this terminal"), "{screen}");
    assert!(!screen.contains("BEGIN PRIVATE KEY"), "{screen}");
}
