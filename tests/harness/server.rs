//! A server that a test started: on loopback, for bounded time, stopped by its own handle.

use std::io::Read;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Mutex, PoisonError};

use super::wait_for;

/// A running server; dropping it stops it.
pub struct Server {
    child: Child,
    log: PathBuf,
    _directory: tempfile::TempDir,
}

/// Ports that systems give to nobody who does not ask for them by number: Linux begins at 32768 with those.
const PORTS: std::ops::Range<u16> = 24_000..32_000;

/// So far below a port is the UDP port that a run of the tests holds as long as it lives, so that no other run gets the
/// same: between this moment and the start of a server, nobody listens on the port itself.
const CLAIM: u16 = 8_000;

/// A port on loopback on which nobody listens, and that no other test gets, of this run or another.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    static CLAIMS: Mutex<Vec<UdpSocket>> = Mutex::new(Vec::new());
    // Two runs on one machine begin at different places.
    let start = std::process::id().wrapping_mul(97);
    let count = u32::from(PORTS.end - PORTS.start);
    let mut ports = std::iter::repeat_with(|| {
        let step = u32::from(NEXT.fetch_add(1, Ordering::Relaxed));
        PORTS.start + (start.wrapping_add(step) % count) as u16
    });
    let claim = |port: u16| {
        let claim = UdpSocket::bind(("127.0.0.1", port - CLAIM)).ok()?;
        TcpListener::bind(("127.0.0.1", port)).ok().map(|_| (port, claim))
    };
    let found = ports.by_ref().take(count as usize).find_map(claim);
    let (port, claim) = found.expect("a free port on loopback");
    CLAIMS.lock().unwrap_or_else(PoisonError::into_inner).push(claim);
    port
}

impl Server {
    /// Starts `command` and waits until it listens on `port`. Both of its streams go to a log.
    #[track_caller]
    pub fn start(mut command: Command, port: u16) -> Self {
        let directory = tempfile::tempdir().expect("a directory for the log");
        let log = directory.path().join("log");
        let file = std::fs::File::create(&log).expect("a log");
        command
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a second handle of the log"))
            .stderr(file);
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let mut server = Self { child, log, _directory: directory };
        let listens = wait_for(30, || {
            let listens = TcpStream::connect(("127.0.0.1", port)).is_ok();
            // Asked after it: whoever listens there while the server has ended is somebody else.
            if let Ok(Some(status)) = server.child.try_wait() {
                panic!("{command:?} ended with {status}\n{}", server.log());
            }
            listens.then_some(())
        });
        assert!(listens.is_some(), "{command:?} does not listen on {port}\n{}", server.log());
        server
    }

    /// What it said until now.
    pub fn log(&self) -> String {
        let mut text = Vec::new();
        if let Ok(mut file) = std::fs::File::open(&self.log) {
            let _ = file.read_to_end(&mut text);
        }
        String::from_utf8_lossy(&text).into_owned()
    }

    /// Waits until its log holds `text`.
    #[track_caller]
    pub fn says(&self, text: &str) {
        self.says_times(text, 1);
    }

    /// Waits until its log holds `text` so many times.
    #[track_caller]
    pub fn says_times(&self, text: &str, times: usize) {
        let said = wait_for(60, || (self.log().matches(text).count() >= times).then_some(()));
        assert!(said.is_some(), "the server never said {text:?}:\n{}", self.log());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A master that is killed leaves its workers: ask first.
        #[cfg(unix)]
        {
            let _ = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status();
            if wait_for(5, || self.child.try_wait().ok().flatten()).is_some() {
                return;
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
