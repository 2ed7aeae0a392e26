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
    terminal.shows("Organization name in the certificates (--org; may be empty)");
    terminal.keys(&["Example Inc", "Enter"]);
    terminal.shows("Create an issuing CA under the root (--intermediate)?");
    terminal.keys(&["y"]);
    terminal.shows("Encrypt the CA keys with a passphrase (--encrypt-key)?");
    terminal.keys(&["y"]);
    terminal.shows("Passphrase for the CA key of environment \"dev\"");
    terminal.keys(&["secret", "Enter"]);
    terminal.shows("Repeat the passphrase");
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
    terminal.shows("Additional host names and addresses");
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
fn the_cursor_can_be_seen_after_a_choice_was_interrupted() {
    let Some(tmux) = judge("tmux") else { return };
    let workspace = Workspace::with_ca();
    for (arguments, question) in [("issue", "server: TLS server"), ("init --env new", "Organization")] {
        let terminal = open(&tmux, &workspace, arguments);
        terminal.shows(question);
        if arguments.starts_with("init") {
            terminal.keys(&["Enter"]);
            terminal.shows("--intermediate");
        }
        terminal.keys(&["C-c"]);
        terminal.shows("exit=130");
        assert!(terminal.shows_cursor(), "{arguments}");
    }
}

#[test]
fn escape_leaves_a_choice_unanswered() {
    let Some(tmux) = judge("tmux") else { return };
    let workspace = Workspace::with_ca();
    let terminal = open(&tmux, &workspace, "issue");
    terminal.shows("server: TLS server");
    terminal.keys(&["Escape"]);
    let screen = terminal.shows("exit=1");
    assert!(screen.contains("the prompt was cancelled"), "{screen}");
}

#[test]
fn nobody_is_asked_where_every_answer_would_be_useless() {
    let Some(tmux) = judge("tmux") else { return };
    let workspace = Workspace::new();
    let screen = open(&tmux, &workspace, "issue").shows("exit=1");
    assert!(screen.contains("has no certificate authority") && !screen.contains("Profile"), "{screen}");
    workspace.pkictl(&["init"]).succeeds();
    let screen = open(&tmux, &workspace, "issue web").shows("exit=1");
    assert!(screen.contains("no profile named \"web\"") && !screen.contains("Name,"), "{screen}");
}

#[test]
fn a_name_that_is_taken_or_empty_is_asked_for_again() {
    let Some(tmux) = judge("tmux") else { return };
    let workspace = Workspace::with_ca();
    workspace.pkictl(&["issue", "server", "web"]).succeeds();
    let terminal = open(&tmux, &workspace, "issue server");
    terminal.shows("Name, such as web");
    terminal.keys(&["Enter"]);
    terminal.shows("it is empty");
    terminal.keys(&["web", "Enter"]);
    terminal.shows("web already exists, choose another name");
    terminal.keys(&["C-u"]);
    terminal.keys(&["other", "Enter"]);
    terminal.shows("Additional host names");
    terminal.keys(&["Enter"]);
    terminal.shows("exit=0");
}

#[test]
fn a_mistyped_passphrase_is_asked_for_three_times() {
    let Some(tmux) = judge("tmux") else { return };
    let workspace = Workspace::new();
    let init = workspace.command(&["init", "--encrypt-key"]).env("PKICTL_PASSPHRASE", "secret");
    init.run().succeeds();
    let terminal = open(&tmux, &workspace, "issue server web");
    terminal.shows("Passphrase for");
    terminal.keys(&["wrong", "Enter"]);
    asked(&terminal, 2);
    terminal.keys(&["secret", "Enter"]);
    terminal.shows("exit=0");

    let terminal = open(&tmux, &workspace, "issue server other");
    for time in 1..=3 {
        asked(&terminal, time);
        terminal.keys(&["wrong", "Enter"]);
    }
    let screen = terminal.shows("exit=1");
    assert!(screen.contains("hint: use the passphrase that the key was encrypted with"), "{screen}");
}

/// Waits until the passphrase is asked for once more; what is typed before that is lost.
fn asked(terminal: &Terminal<'_>, time: usize) {
    terminal.waits("another question", |screen| screen.matches("Passphrase for").count() == time);
    terminal.hides_typing();
}

#[test]
fn a_terminal_without_control_sequences_is_none() {
    let Some(tmux) = judge("tmux") else { return };
    let workspace = Workspace::with_ca();
    let line = "TERM=dumb pkictl issue; echo exit=$?; sleep 60";
    let screen = Terminal::open(&tmux, &workspace, line).shows("exit=2");
    assert!(screen.contains("error: issue needs a profile and a name"), "{screen}");
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
    assert!(screen.contains("contains a private key, which would be printed on this terminal"), "{screen}");
    assert!(!screen.contains("BEGIN PRIVATE KEY"), "{screen}");
}
