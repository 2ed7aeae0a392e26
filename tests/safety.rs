//! Many at once, and killed at any moment: a reader finds the old complete set or the new one, nothing is lost, nothing
//! is left lying about, and no key is ever to be read by others.

mod applying;
mod calls;
mod faults;
pub mod kills;
mod modes;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use pkictl::pki::{Label, pem};
use pkictl::store::{Environment, Store};

use crate::harness::{Workspace, deadline, judge};
use crate::hostile_input::disk::{is_whole, litter};

fn program(workspace: &Workspace, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pkictl"));
    command.current_dir(workspace.path()).env_clear().args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn environment(workspace: &Workspace) -> Environment {
    Store::new(workspace.file("pki")).environment("dev").expect("a name")
}

fn label(text: &str) -> Label {
    text.parse().expect("a name")
}

#[test]
fn eight_first_runs_at_once_make_one_authority_and_lose_no_certificate() {
    let openssl = judge("openssl");
    for round in 0..20 {
        let workspace = Workspace::new();
        let gate = Barrier::new(8);
        std::thread::scope(|scope| {
            for number in 0..8 {
                let (workspace, gate) = (&workspace, &gate);
                scope.spawn(move || {
                    let name = format!("s{number}");
                    gate.wait();
                    for arguments in [&["init", "--if-missing"][..], &["issue", "server", &name]] {
                        workspace.pkictl(arguments).succeeds();
                    }
                });
            }
        });
        let environment = environment(&workspace);
        let root = environment.authority("root", None).expect("a certificate and the key that belongs to it");
        let names: Vec<String> = environment.credentials().iter().map(ToString::to_string).collect();
        assert_eq!(names, ["s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7"], "round {round}");
        for name in environment.credentials() {
            let credential = environment.credential(&name).expect("a whole credential");
            assert!(credential.certificate.is_signed_by(root.certificate()), "round {round}: {name}");
            assert_eq!(&credential.anchor, root.certificate(), "round {round}: {name}");
        }
        assert_eq!(
            environment.log().expect("the log").len(),
            9,
            "round {round}: one line for each certificate"
        );
        assert_eq!(litter(workspace.path()), Vec::<String>::new());
        if let Some(openssl) = &openssl {
            let root = workspace.file("pki/dev/ca/root/ca.crt");
            let leaves = (0..8).map(|number| workspace.credential(&format!("s{number}"), "tls.crt"));
            let options =
                ["verify", "-x509_strict", "-no-CApath", "-no-CAstore", "-CAfile"].map(PathBuf::from);
            openssl.accepts(options.into_iter().chain([root]).chain(leaves));
        }
    }
}

#[test]
fn of_two_authorities_made_at_once_one_is_kept_and_the_other_is_told() {
    for _ in 0..20 {
        let workspace = Workspace::new();
        let gate = Barrier::new(2);
        let runs: Vec<_> = std::thread::scope(|scope| {
            let run = || {
                gate.wait();
                workspace.pkictl(&["init"])
            };
            let both = [(); 2].map(|()| scope.spawn(run));
            both.map(|run| run.join().expect("it ran")).into()
        });
        let (won, lost): (Vec<_>, Vec<_>) = runs.into_iter().partition(|run| run.status == Some(0));
        assert_eq!((won.len(), lost.len()), (1, 1));
        for run in lost {
            run.fails(
                1,
                "error: authority \"root\" already exists in pki/dev/ca\n\nhint: use `--if-missing` to keep it, or `--force` to replace it: certificates that the old one signed are no longer trusted then, and have to be issued again",
            );
        }
        let root = environment(&workspace).authority("root", None).expect("a pair that belongs together");
        assert!(
            won[0].stderr.contains(root.certificate().title().as_str()),
            "the one that was kept is not the winner's"
        );
    }
}

#[test]
fn fifty_kills_at_random_moments_never_leave_a_pair_that_does_not_match() {
    let workspace = Workspace::with_ca();
    let issue = ["issue", "server", "web", "--force", "--out-dir", "copy"];
    kills::at_random_moments(
        50,
        || program(&workspace, &issue),
        || {
            is_whole(workspace.path(), "web");
            belongs_together_or_has_no_key(&workspace.file("copy"));
            environment(&workspace).authority("root", None).expect("the authority is untouched");
        },
    );
    workspace.pkictl(&["issue", "client", "next"]).succeeds();
    assert_eq!(litter(&workspace.file("pki")), Vec::<String>::new(), "the next run cleans up");

    // Nothing but its age tells a file that was left behind from one that another run is writing at this moment.
    let a_while_ago = SystemTime::now() - Duration::from_secs(90);
    for path in litter(&workspace.file("copy")) {
        let file = std::fs::File::options().write(true).open(path).expect("an unfinished file");
        file.set_modified(a_while_ago).expect("it looks old");
    }
    assert!(program(&workspace, &issue).status().expect("it runs").success());
    assert_eq!(litter(workspace.path()), Vec::<String>::new(), "the next run cleans up beside its files");
    belongs_together_or_has_no_key(&workspace.file("copy"));
    assert!(workspace.file("copy/tls.key").is_file());
}

/// A directory of the user's cannot be exchanged as a whole: for a moment the key is missing, and it is never another's.
#[track_caller]
fn belongs_together_or_has_no_key(directory: &Path) {
    let read = |name: &str| std::fs::read(directory.join(name));
    let Ok(key) = read("tls.key") else { return };
    let chain = pem::certificates(&read("tls.crt").expect("a chain"), "tls.crt").expect("a whole chain");
    let key = pem::private_key(&key, None, "tls.key").expect("a whole key");
    assert!(chain[0].matches(&key), "a mixture");
    let root = pem::certificates(&read("ca.crt").expect("a root"), "ca.crt").expect("a whole root");
    assert!(chain[0].is_signed_by(&root[0]));
}

#[test]
fn a_reader_never_meets_a_mixture_or_a_gap() {
    let workspace = Workspace::with_ca();
    workspace.pkictl(&["issue", "server", "web"]).succeeds();
    let done = AtomicBool::new(false);
    let (mut reads, mut serials) = (0, std::collections::BTreeSet::new());
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            while !done.load(Ordering::Acquire) {
                let again = program(&workspace, &["issue", "server", "web", "--force"]).status();
                assert!(again.expect("it runs").success());
            }
        });
        let _stops_the_writer = Stops(&done);
        let environment = environment(&workspace);
        let start = Instant::now();
        while (reads < 500 || serials.len() < 50) && !writer.is_finished() {
            assert!(
                start.elapsed() < deadline(100),
                "{reads} reads met {} certificates: too few",
                serials.len()
            );
            let credential = environment.credential(&label("web")).expect("a whole credential at any time");
            let (chain, _) = environment.chain(&label("web")).expect("a chain at any time");
            assert!(chain[0].is_signed_by(&credential.anchor));
            serials.insert(credential.certificate.details.serial);
            reads += 1;
            if reads % 50 == 0 {
                workspace.pkictl(&["show", "web"]).succeeds();
            }
        }
    });
}

/// Tells a thread to stop, when a test ends and when it fails.
struct Stops<'a>(&'a AtomicBool);

impl Drop for Stops<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}
