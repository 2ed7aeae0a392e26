//! Progress of work that may last longer than a second: RSA keys, many certificates, handshakes.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::environment::is_dumb_terminal;
use crate::error::{Error, Result};
use crate::pki::{KeyAlgorithm, PrivateKey};

/// More threads do not shorten the search for a prime: its minimum is fixed.
const MAX_RACERS: usize = 4;

/// Generates a private key. RSA generation time varies, so every core searches for primes and the first to finish wins;
/// how long a search took says nothing about its primes. The others end with the program.
pub(in crate::cli) fn private_key(algorithm: KeyAlgorithm, quiet: bool) -> Result<PrivateKey> {
    if !algorithm.is_rsa() {
        return PrivateKey::generate(algorithm);
    }
    let racers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(MAX_RACERS);
    if racers == 1 {
        return with_spinner(algorithm, quiet, || PrivateKey::generate(algorithm));
    }
    with_spinner(algorithm, quiet, || {
        let (sender, finished) = std::sync::mpsc::channel();
        for _ in 0..racers {
            let sender = sender.clone();
            // The first result has ended the wait; a later one cannot be sent, and that is fine.
            std::thread::spawn(move || drop(sender.send(PrivateKey::generate(algorithm))));
        }
        finished.recv().unwrap_or(Err(Error::Crypto { action: "generating a key" }))
    })
}

/// Runs `work`. If it makes an RSA key and takes over a second, a terminal shows a spinner.
pub(in crate::cli) fn with_spinner<T>(key: KeyAlgorithm, quiet: bool, work: impl FnOnce() -> T) -> T {
    if !key.is_rsa() || quiet || is_dumb_terminal() {
        return work();
    }
    let spinner = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
    spinner.set_style(ProgressStyle::default_spinner());
    spinner.set_message(format!("generating an {key} key"));
    let (done, waiting) = std::sync::mpsc::channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn({
            let spinner = spinner.clone();
            move || {
                if waiting.recv_timeout(Duration::from_secs(1))
                    == Err(std::sync::mpsc::RecvTimeoutError::Timeout)
                {
                    spinner.set_draw_target(ProgressDrawTarget::stderr());
                    spinner.enable_steady_tick(Duration::from_millis(100));
                }
            }
        });
        let result = work();
        drop(done);
        spinner.finish_and_clear();
        result
    })
}

/// A progress bar, shown on a terminal after one second.
pub(in crate::cli) struct Counter {
    bar: ProgressBar,
    start: std::time::Instant,
    quiet: bool,
}

impl Counter {
    pub(in crate::cli) fn new(quiet: bool, what: &'static str) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(what);
        Self { bar, start: std::time::Instant::now(), quiet }
    }

    pub(in crate::cli) fn set(&self, done: usize, of: usize) {
        if self.quiet || is_dumb_terminal() || self.start.elapsed() < Duration::from_secs(1) {
            return;
        }
        if self.bar.is_hidden() {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_length(of as u64);
        self.bar.set_position(done as u64);
    }

    pub(in crate::cli) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
