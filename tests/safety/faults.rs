//! A kill, or an error, at every single system call.

use super::calls::{Faulty, Traced};
use super::environment;
use crate::harness::Workspace;
use crate::hostile_input::disk::{is_whole, litter};
use crate::hostile_input::snapshot;

/// Runs the program once for every system call by which it changes the disk or looks at it, each time with a fault at
/// another one; `check` looks at each run. Returns the number of faults.
fn at_every_call(traced: &Traced<'_>, fault: &str, spared: &[&str], check: impl Fn(&Faulty, &str)) -> usize {
    let mut faults = 0;
    for call in traced.calls.iter().filter(|call| !spared.contains(call)) {
        for number in 1.. {
            let run = traced.run(call, fault, number);
            check(&run, call);
            if !run.hit {
                break;
            }
            faults += 1;
        }
    }
    faults
}

#[test]
fn a_kill_at_every_single_system_call_leaves_the_old_set_or_the_new_one() {
    let workspace = Workspace::with_ca();
    let Some(traced) = Traced::new(&workspace, &["issue", "server", "web", "--force"]) else { return };
    let old = std::cell::RefCell::new(workspace.read("pki/dev/certs/web/tls.crt"));
    let replaced = std::cell::Cell::new(0);
    let kills = at_every_call(&traced, "signal=KILL", &[], |_, _| {
        is_whole(workspace.path(), "web");
        let now = workspace.read("pki/dev/certs/web/tls.crt");
        replaced.set(replaced.get() + usize::from(old.replace(now.clone()) != now));
    });
    assert!(
        kills >= 30 && (1..kills).contains(&replaced.get()),
        "{kills} kills, {} replaced",
        replaced.get()
    );
    workspace.pkictl(&["issue", "client", "next"]).succeeds();
    assert_eq!(litter(workspace.path()), Vec::<String>::new());
    let log = environment(&workspace).log().expect("the log");
    assert_eq!(log.last().map(|entry| entry.name.as_str()), Some("next"));
}

#[test]
fn a_kill_at_every_single_system_call_of_a_new_authority_loses_neither_the_old_nor_the_new_one() {
    let workspace = Workspace::with_ca();
    let Some(traced) = Traced::new(&workspace, &["init", "--force"]) else { return };
    let roots = || {
        let replaced = workspace.file("pki/dev/replaced");
        let aside = std::fs::read_dir(replaced).into_iter().flatten().flatten().map(|entry| entry.path());
        let all = aside.chain([workspace.file("pki/dev/ca")]);
        all.map(|place| std::fs::read(place.join("root/ca.key")).expect("a key")).collect::<Vec<_>>()
    };
    let root = || std::fs::read(workspace.file("pki/dev/ca/root/ca.key")).expect("a key");
    let known = std::cell::RefCell::new(roots());
    // Nothing was cut off yet: all of these were in force.
    let in_force = std::cell::RefCell::new(roots());
    let kills = at_every_call(&traced, "signal=KILL", &[], |run, _| {
        let said = &run.said;
        environment(&workspace).authority("root", None).unwrap_or_else(|error| panic!("{said}{error}"));
        // The next holder of the lock finishes what was begun.
        workspace.pkictl(&["issue", "client", "next", "--force"]).succeeds();
        in_force.borrow_mut().push(root());
        let now = roots();
        assert!(known.borrow().iter().all(|key| now.contains(key)), "{said}lost a key that was in use");
        assert!(now.iter().all(|key| in_force.borrow().contains(key)), "{said}kept what was never in use");
        assert_eq!(litter(workspace.path()), Vec::<String>::new(), "{said}");
        known.replace(now);
    });
    assert!(kills >= 30, "{kills} kills");
}

#[test]
fn an_error_at_every_single_system_call_is_reported_and_leaves_no_litter() {
    let workspace = Workspace::with_ca();
    let line = ["issue", "server", "web", "--force", "--quiet"];
    let Some(traced) = Traced::new(&workspace, &line) else { return };
    let certificates = || snapshot(&workspace.file("pki/dev/certs"));
    let before = std::cell::RefCell::new(certificates());
    // What cannot be opened is another story, and what cannot be removed stays.
    let faults = at_every_call(&traced, "error=ENOSPC", &["openat", "unlink", "unlinkat"], |run, call| {
        let said = &run.said;
        is_whole(workspace.path(), "web");
        assert_eq!(litter(workspace.path()), Vec::<String>::new(), "{said}");
        assert_eq!(run.code, Some(i32::from(run.hit)), "{said}");
        let now = certificates();
        if run.hit {
            assert!(said.ends_with("caused by: No space left on device (os error 28)\n"), "{said}");
            // After the swap, only the wait for the disk can still fail.
            assert!(call == "fsync" || now == *before.borrow(), "{said}");
        }
        before.replace(now);
    });
    assert!(faults >= 10, "{faults} faults");
}
