//! A terminal as a person has it: what is on its screen, and keys that are pressed (tmux).

use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Judge, Workspace, wait_for};

/// A terminal in which a command runs; closed when dropped.
pub struct Terminal<'a> {
    tmux: &'a Judge,
    socket: String,
}

impl<'a> Terminal<'a> {
    /// Runs a line of the shell in the workspace, which is also the home directory. `pkictl` is the program.
    pub fn open(tmux: &'a Judge, workspace: &Workspace, line: &str) -> Self {
        // A server of its own: one that is still ending would take the next terminal with it.
        static OPENED: AtomicUsize = AtomicUsize::new(0);
        let socket = workspace.file(format!("tmux-{}", OPENED.fetch_add(1, Ordering::Relaxed)));
        let terminal = Self { tmux, socket: socket.display().to_string() };
        let size = ["-x", "120", "-y", "40"];
        let mut command = tmux.command();
        command.args(["-S", &terminal.socket, "-f", "/dev/null", "new-session", "-d"]).args(size).arg(line);
        command.current_dir(workspace.path()).env("HOME", workspace.path()).env("TERM", "xterm-256color");
        command.env("PATH", path_with_program()).env("LC_ALL", "C.UTF-8");
        for variable in
            ["PKICTL_DIR", "PKICTL_ENV", "NO_COLOR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "ZDOTDIR"]
        {
            command.env_remove(variable);
        }
        assert!(command.status().expect("tmux starts").success());
        terminal
    }

    /// Waits until `text` is on the screen, and returns all that is there.
    #[track_caller]
    pub fn shows(&self, text: &str) -> String {
        self.waits(&format!("{text:?}"), |screen| screen.contains(text))
    }

    /// Waits until the screen is as it should be, and returns it; `what` says of it in an error what was missing.
    #[track_caller]
    pub fn waits(&self, what: &str, is_there: impl Fn(&str) -> bool) -> String {
        let mut screen = String::new();
        let found = wait_for(20, || {
            screen = self.tmux.accepts(["-S", &self.socket, "capture-pane", "-p"]);
            is_there(&screen).then_some(())
        });
        assert!(found.is_some(), "the terminal never showed {what}:\n{screen}");
        screen
    }

    /// Waits until the terminal no longer shows what is typed: whoever asks for a passphrase is listening.
    #[track_caller]
    pub fn hides_typing(&self) {
        let device = self.tmux.accepts(["-S", &self.socket, "display-message", "-p", "#{pane_tty}"]);
        let hides = || {
            let terminal = std::fs::File::open(device.trim()).ok()?;
            let settings = std::process::Command::new("stty").arg("-a").stdin(terminal).output().ok()?;
            String::from_utf8_lossy(&settings.stdout)
                .split([' ', '\n'])
                .find(|word| *word == "-echo")
                .map(drop)
        };
        assert!(wait_for(20, hides).is_some(), "the terminal shows what is typed");
    }

    /// Whether the cursor can be seen.
    pub fn shows_cursor(&self) -> bool {
        self.tmux.accepts(["-S", &self.socket, "display-message", "-p", "#{cursor_flag}"]).trim() == "1"
    }

    /// Presses keys: texts, and names such as `Enter`.
    pub fn keys(&self, keys: &[&str]) {
        self.tmux.accepts([&["-S", &self.socket, "send-keys"], keys].concat());
    }
}

impl Drop for Terminal<'_> {
    fn drop(&mut self) {
        let _ = self.tmux.command().args(["-S", &self.socket, "kill-server"]).status();
    }
}

/// Where programs are, the one under test before all others.
pub fn path_with_program() -> std::ffi::OsString {
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_pkictl")).parent().expect("a directory");
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(std::iter::once(program.to_owned()).chain(std::env::split_paths(&path)))
        .expect("a PATH")
}
