//! How long a test waits before it says that something hangs. A deadline is never what a test is about, so it is as long
//! as the machine is slow: a machine on which ten programs wait for each processor needs ten times as long.

use std::time::{Duration, Instant};

/// How much longer than an idle machine any machine may take.
const SPARE: f64 = 3.0;

/// `seconds` on an idle machine, as long as that may take on this one, now. `PKICTL_TEST_PATIENCE` multiplies it.
pub fn deadline(seconds: u64) -> Duration {
    let asked = std::env::var("PKICTL_TEST_PATIENCE").ok().and_then(|factor| factor.parse::<f64>().ok());
    let asked = asked.filter(|factor| (0.01..=1000.0).contains(factor)).unwrap_or(1.0);
    Duration::from_secs(seconds).mul_f64(SPARE * asked * crowd())
}

/// Programs that want to run, for each processor; at least 1.
fn crowd() -> f64 {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().and_then(|minute| minute.parse::<f64>().ok()).unwrap_or_default();
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    (load / processors as f64).max(1.0)
}

/// Looks again and again until `look` finds something. `None` when the deadline is over, which moves as the machine
/// becomes busier.
pub fn wait_for<T>(seconds: u64, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let (start, mut limit) = (Instant::now(), deadline(seconds));
    loop {
        // Asked before the look: what comes true in the last moment counts.
        let over = start.elapsed() > limit;
        let found = look();
        if found.is_some() || over {
            return found;
        }
        limit = limit.max(deadline(seconds));
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_wait_ends_with_what_it_waits_for_or_after_its_time_and_no_sooner_than_on_an_idle_machine() {
    assert!(deadline(20) >= Duration::from_secs(20));
    let mut looks = 0;
    let found = wait_for(60, || {
        looks += 1;
        (looks == 3).then_some(looks)
    });
    assert_eq!(found, Some(3));
    assert_eq!(wait_for(0, || None::<()>), None);
}
