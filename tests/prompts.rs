//! Questions at a real terminal, answered by a person's keys (tmux).

use std::time::{Duration, Instant};

use crate::harness::{Judge, Workspace, judge};

/// A terminal in which the program runs; closed when dropped.
struct Terminal<'a> {
    tmux: &'a Judge,
    socket: String,
}

impl<'a> Terminal<'a> {
    fn open(tmux: &'a Judge, workspace: &Workspace, command: &str) -> Self {
        let terminal = Self { tmux, socket: workspace.file("tmux").display().to_string() };
        let line = format!("{} {command}; echo exit=$?; sleep 60", env!("CARGO_BIN_EXE_pkictl"));
        let status = tmux
            .command()
            .args([
                "-S",
                &terminal.socket,
                "-f",
                "/dev/null",
                "new-session",
                "-d",
                "-x",
                "120",
                "-y",
                "40",
                &line,
            ])
            .current_dir(workspace.path())
            .env("TERM", "xterm-256color")
            .env_remove("PKICTL_DIR")
            .env_remove("PKICTL_ENV")
            .env_remove("NO_COLOR")
            .status()
            .expect("tmux starts");
        assert!(status.success());
        terminal
    }

    fn screen(&self) -> String {
        self.tmux.accepts(["-S", &self.socket, "capture-pane", "-p"])
    }

    #[track_caller]
    fn shows(&self, text: &str) -> String {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let screen = self.screen();
            if screen.contains(text) {
                return screen;
            }
            assert!(Instant::now() < deadline, "the terminal never showed {text:?}:\n{screen}");
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    fn keys(&self, keys: &[&str]) {
        self.tmux.accepts([&["-S", &self.socket, "send-keys"], keys].concat());
    }
}

impl Drop for Terminal<'_> {
    fn drop(&mut self) {
        let _ = self.tmux.command().args(["-S", &self.socket, "kill-server"]).status();
    }
}

#[test]
fn init_without_arguments_asks_at_a_terminal() {
    let Some(tmux) = judge("tmux") else { return };
    let workspace = Workspace::new();
    let terminal = Terminal::open(&tmux, &workspace, "init");
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
    let terminal = Terminal::open(&tmux, &workspace, "issue");
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
    let terminal = Terminal::open(&tmux, &workspace, "init");
    terminal.shows("Organization");
    terminal.keys(&["C-c"]);
    terminal.shows("exit=");
    assert!(!workspace.file("pki").exists());
}

#[test]
fn no_input_never_asks_even_at_a_terminal() {
    let Some(tmux) = judge("tmux") else { return };
    let workspace = Workspace::with_ca();
    let terminal = Terminal::open(&tmux, &workspace, "issue --no-input");
    let screen = terminal.shows("exit=2");
    assert!(screen.contains("error: issue needs a profile and a name"), "{screen}");
}

#[test]
fn a_private_key_is_not_shown_on_a_terminal_unasked() {
    let Some(tmux) = judge("tmux") else { return };
    let workspace = Workspace::with_ca();
    workspace.pkictl(&["issue", "server", "web.test"]).succeeds();
    let terminal = Terminal::open(&tmux, &workspace, "emit route edge --service web --cert web.test");
    let screen = terminal.shows("exit=2");
    assert!(screen.contains("holds a private key, which would appear on this terminal"), "{screen}");
    assert!(!screen.contains("BEGIN PRIVATE KEY"), "{screen}");
}
