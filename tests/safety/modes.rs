//! The mode of a key from the first moment on.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use super::Stops;
use super::calls::strace;
use crate::harness::{Workspace, deadline};
use crate::hostile_input::snapshot;

#[test]
fn no_key_is_readable_by_others_for_any_moment_even_without_a_umask() {
    let workspace = Workspace::new();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for command in ["init", "init --env e --intermediate", "init --force"] {
                open_umask(&workspace, command);
            }
            let mut runs = (0..).take_while(|number| *number < 40 || !done.load(Ordering::Acquire));
            runs.by_ref().for_each(|number: usize| {
                open_umask(
                    &workspace,
                    &format!("issue server s{} --force -d out{}", number % 4, number % 40),
                );
            });
        });
        let _stops_the_writer = Stops(&done);
        let (mut seen, start) = (0, Instant::now());
        while !writer.is_finished() {
            assert!(start.elapsed() < deadline(100), "only {seen} keys were looked at");
            seen += look_at_keys(workspace.path());
            done.store(seen > 500, Ordering::Release);
        }
    });
    let keys = snapshot(workspace.path())
        .into_iter()
        .filter(|(path, _)| path.extension().is_some_and(|end| end == "key"));
    let modes: Vec<u32> = keys.map(|(_, (mode, _))| mode & 0o777).collect();
    assert!(modes.len() >= 48 && modes.iter().all(|mode| *mode == 0o600), "{modes:?}");

    // The same, proven by what the system was asked for.
    let Some(strace) = strace() else { return };
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
    let output = command.output().expect("a shell");
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
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

#[test]
fn every_file_and_directory_has_its_own_mode_whatever_the_umask_is() {
    use std::os::unix::fs::PermissionsExt;
    fn walk(path: &std::path::Path, found: &mut Vec<(String, u32)>) {
        let mode = path.symlink_metadata().expect("it is there").permissions().mode() & 0o777;
        found.push((path.display().to_string(), mode));
        if path.is_dir() {
            let entries = std::fs::read_dir(path).expect("a directory that can be read");
            entries.flatten().for_each(|entry| walk(&entry.path(), found));
        }
    }
    for umask in ["777", "077", "022", "000"] {
        let workspace = Workspace::new();
        workspace.write(
            "pkictl.toml",
            "version = 1\n[service.web]\nnames = [\"web\"]\nfiles = { key = \"copy/web.key\" }\n\
             emit = [{ target = \"nginx\" }]\n",
        );
        let script = format!(
            "umask {umask}; \"$0\" init -q && \"$0\" issue server web -q && \"$0\" issue server api -d out -q \
             && \"$0\" emit nginx --cert web -d deploy/own -q && \"$0\" apply -q && \"$0\" apply -q"
        );
        let status = std::process::Command::new("sh")
            .args(["-c", &script, env!("CARGO_BIN_EXE_pkictl")])
            .current_dir(workspace.path())
            .status()
            .expect("sh runs");
        assert!(status.success(), "umask {umask}");
        let mut found = Vec::new();
        ["pki", "out", "deploy", "copy"].iter().for_each(|name| walk(&workspace.file(name), &mut found));
        for (path, mode) in found {
            let is_directory = std::path::Path::new(&path).is_dir();
            let inside = path.contains("/pki");
            let is_secret = path.ends_with(".key");
            let wanted: &[u32] = match (is_directory, inside) {
                (true, true) => &[0o700],
                (true, false) => &[0o755],
                (false, _) if is_secret => &[0o600],
                (false, _) => &[0o644, 0o600],
            };
            assert!(wanted.contains(&mode), "umask {umask}: {path} has {mode:04o}");
        }
    }
}
