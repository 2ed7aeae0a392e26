//! A sign of life for work that takes longer than a second: RSA keys.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::pki::KeyAlgorithm;

/// Runs `work`. If it makes an RSA key and takes over a second, a person at a terminal sees that it goes on.
pub(super) fn with_spinner<T>(key: KeyAlgorithm, quiet: bool, work: impl FnOnce() -> T) -> T {
    if !key.is_rsa() || quiet {
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
