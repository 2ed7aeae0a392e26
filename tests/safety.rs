//! Many at once, and killed at any moment: a reader finds the old complete set or the new one, nothing is lost, nothing
//! is left lying about, and no key is ever to be read by others.

mod applying;
mod faults;

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use pkictl::pki::{Label, pem};
use pkictl::store::{Environment, Store};

use crate::harness::{Workspace, judge};
use crate::hostile_input::disk::{is_whole, litter};
use crate::hostile_input::snapshot;

fn program(workspace: &Workspace, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pkictl"));
    command.current_dir(workspace.path()).env_clear().args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn start(workspace: &Workspace, arguments: &[&str]) -> Child {
    program(workspace, arguments).spawn().expect("the program runs")
}

fn environment(workspace: &Workspace) -> Environment {
    Store::new(workspace.file("pki")).environment("dev").expect("a name")
}

fn label(text: &str) -> Label {
    text.parse().expect("a name")
}

#[test]
fn eight_first_runs_at_once_make_one_authority_and_lose_no_certificate() {
    const ROUNDS: usize = 20;
    for round in 0..ROUNDS {
        let workspace = Workspace::new();
        std::thread::scope(|scope| {
            for number in 0..8 {
                let workspace = &workspace;
                scope.spawn(move || {
                    let name = format!("s{number}");
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
        if round + 1 == ROUNDS
            && let Some(openssl) = judge("openssl")
        {
            let root = workspace.file("pki/dev/ca/root/ca.crt");
            let leaves = (0..8).map(|number| workspace.credential(&format!("s{number}"), "tls.crt"));
            let arguments = ["verify".into(), "-x509_strict".into(), "-CAfile".into(), root];
            openssl.accepts(arguments.into_iter().chain(leaves));
        }
    }
}

#[test]
fn of_two_authorities_made_at_once_one_is_kept_and_the_other_is_told() {
    for _ in 0..20 {
        let workspace = Workspace::new();
        let runs: Vec<_> = std::thread::scope(|scope| {
            let both = [(); 2].map(|()| scope.spawn(|| workspace.pkictl(&["init"])));
            both.map(|run| run.join().expect("it ran")).into()
        });
        let (won, lost): (Vec<_>, Vec<_>) = runs.into_iter().partition(|run| run.status == Some(0));
        assert_eq!((won.len(), lost.len()), (1, 1));
        for run in lost {
            run.fails(
                1,
                "error: authority \"root\" already exists in pki/dev/ca\n\nhint: use `--if-missing` to keep it, or `--force` to make a new one and to re-issue everything",
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
    const KILLS: usize = 50;
    let workspace = Workspace::with_ca();
    let issue = ["issue", "server", "web", "--force", "--out-dir", "copy"];
    let start_time = Instant::now();
    assert!(program(&workspace, &issue).status().expect("it runs").success());
    let (mut whole_run, mut random, mut killed) = (start_time.elapsed(), 0x5eed_u64, 0);
    for _ in 0..20 * KILLS {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let moment = whole_run.mul_f64((random >> 33) as f64 / f64::from(1u32 << 31));
        let mut child = start(&workspace, &issue);
        std::thread::sleep(moment);
        let finished = child.try_wait().expect("a child").is_some();
        let _ = child.kill();
        if child.wait().expect("it ended").signal() == Some(9) {
            killed += 1;
        } else if finished {
            // It came too late; a machine with less to do than before is faster than it was.
            whole_run = whole_run.mul_f64(0.95);
        }
        is_whole(workspace.path(), "web");
        belongs_together_or_has_no_key(&workspace.file("copy"));
        environment(&workspace).authority("root", None).expect("the authority is untouched");
        if killed == KILLS {
            break;
        }
    }
    assert_eq!(killed, KILLS, "kills that came before the end");
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
        scope.spawn(|| {
            for _ in 0..200 {
                assert!(
                    program(&workspace, &["issue", "server", "web", "--force"])
                        .status()
                        .expect("it runs")
                        .success()
                );
            }
            done.store(true, Ordering::Release);
        });
        let environment = environment(&workspace);
        let stop = Instant::now() + Duration::from_secs(300);
        while !done.load(Ordering::Acquire) && Instant::now() < stop {
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
    assert!(reads > 200 && serials.len() > 20, "{reads} reads met {} certificates: too few", serials.len());
}

#[test]
fn no_key_is_readable_by_others_for_any_moment_even_without_a_umask() {
    let workspace = Workspace::new();
    let done = AtomicBool::new(false);
    let mut seen = 0;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for command in ["init", "init --env e --intermediate", "init --force"] {
                open_umask(&workspace, command);
            }
            for number in 0..40 {
                open_umask(&workspace, &format!("issue server s{} --force -d out{number}", number % 4));
            }
            done.store(true, Ordering::Release);
        });
        while !done.load(Ordering::Acquire) {
            seen += look_at_keys(workspace.path());
        }
    });
    assert!(seen > 100, "only {seen} keys were looked at");
    let keys = snapshot(workspace.path())
        .into_iter()
        .filter(|(path, _)| path.extension().is_some_and(|end| end == "key"));
    let modes: Vec<u32> = keys.map(|(_, (mode, _))| mode & 0o777).collect();
    assert!(modes.len() >= 48 && modes.iter().all(|mode| *mode == 0o600), "{modes:?}");

    // The same, proven by what the system was asked for.
    let Some(strace) = faults::strace() else { return };
    let mut command = strace.command();
    let issue = "umask 000; exec \"$0\" issue server traced -d traced";
    command.args([
        "-f",
        "-qq",
        "-o",
        "trace",
        "-e",
        "trace=openat,open,creat,chmod,fchmod,fchmodat,mkdir,rename,renameat2",
    ]);
    command.args(["sh", "-c", issue, env!("CARGO_BIN_EXE_pkictl")]).current_dir(workspace.path());
    assert!(command.stderr(Stdio::null()).status().expect("strace runs").success());
    let trace = workspace.read("trace");
    let (made, secret): (Vec<&str>, Vec<&str>) = {
        let made: Vec<&str> = trace.lines().filter(|line| line.contains("O_CREAT")).collect();
        let secret =
            made.iter().copied().filter(|line| line.contains("O_EXCL") && line.contains(", 0600)")).collect();
        (made, secret)
    };
    let in_place = secret.iter().filter(|line| line.contains("/tls.key\""));
    assert_eq!(in_place.count(), 1, "{made:#?}");
    assert!(!trace.contains("chmod"), "a mode that is set afterwards was wrong before:\n{trace}");
    assert!(!made.iter().any(|line| line.contains(".key\"") && !secret.contains(line)), "{made:#?}");
}

fn open_umask(workspace: &Workspace, arguments: &str) {
    let script = format!("umask 000; exec \"$0\" {arguments} -q");
    let mut command = Command::new("sh");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_pkictl")]).current_dir(workspace.path()).env_clear();
    assert!(command.status().expect("a shell").success(), "{arguments}");
}

/// Looks at every file below `directory` that is a key or may become one, and returns how many there were.
fn look_at_keys(directory: &Path) -> usize {
    let mut seen = 0;
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        let Ok(metadata) = path.symlink_metadata() else { continue };
        if metadata.is_dir() {
            seen += look_at_keys(&path);
        } else if path.extension().is_some_and(|end| end == "key")
            || std::fs::read(&path)
                .is_ok_and(|bytes| bytes.windows(11).any(|window| window == b"PRIVATE KEY"))
        {
            // Named by its handle: the path may be another file by now.
            let Ok(file) = std::fs::File::open(&path) else { continue };
            let Ok(metadata) = file.metadata() else { continue };
            let mut text = String::new();
            let _ = std::io::Read::read_to_string(&mut &file, &mut text);
            if text.contains("PRIVATE KEY") || path.extension().is_some_and(|end| end == "key") {
                assert_eq!(metadata.permissions().mode() & 0o077, 0, "{}", path.display());
                seen += 1;
            }
        }
    }
    seen
}
