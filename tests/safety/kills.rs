//! Kills at moments that nobody chose.

use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::time::Instant;

use crate::harness::Random;

/// Runs a program again and again, each time killed at a random moment of its run and looked at, until so many kills
/// came before its end.
#[track_caller]
pub fn at_random_moments(kills: usize, program: impl Fn() -> Command, check: impl Fn()) {
    let start = Instant::now();
    assert!(program().status().expect("the program runs").success());
    let (mut whole_run, mut random, mut killed) = (start.elapsed(), Random::from(0x5eed), 0);
    for _ in 0..20 * kills {
        let mut child = program().spawn().expect("the program runs");
        std::thread::sleep(whole_run.mul_f64(random.part()));
        let finished = child.try_wait().expect("a child").is_some();
        let _ = child.kill();
        if child.wait().expect("it ended").signal() == Some(9) {
            killed += 1;
        } else if finished {
            // It came too late; a machine with less to do than before is faster than it was.
            whole_run = whole_run.mul_f64(0.95);
        }
        check();
        if killed == kills {
            return;
        }
    }
    panic!("only {killed} kills came before the end");
}
