//! Dockerfiles: every one before a linter, and those that can be built here built and used.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use pkictl::emit::Emitters;

use super::shop::Shop;
use crate::harness::{Judge, Workspace, judge, root};

/// The name that the emitted files know the Debian image by.
const DEBIAN: &str = "localhost/debian:bookworm-slim";

#[test]
fn a_linter_finds_nothing_in_any_dockerfile_and_none_holds_a_key() {
    let Some(hadolint) = judge("hadolint") else { return };
    let workspace = Workspace::with_ca();
    workspace.pkictl(&["init", "--env", "deep", "--intermediate"]).succeeds();
    let emitter = Emitters::built_in().load("dockerfile").expect("a built-in emitter");
    let choices = |name: &str| {
        let option = emitter.options.iter().find(|option| option.name == name);
        option.expect("an option of the emitter").choices.clone()
    };
    let mut files: Vec<PathBuf> = Vec::new();
    for base in choices("base") {
        for runtime in choices("runtime") {
            for (environment, authorities) in [("dev", 1), ("deep", 2)] {
                let directory = format!("{environment}-{base}-{runtime}");
                let command =
                    ["emit", "dockerfile", "--base", &base, "--runtime", &runtime, "-d", &directory];
                let command = [&command[..], &["--env", environment]].concat();
                let run = workspace.pkictl(&command);
                if run.stderr.contains("no default ") {
                    let image = ["--image", "registry.example.com/image:1"];
                    workspace.pkictl(&[&command[..], &image].concat()).succeeds();
                } else {
                    run.succeeds();
                }
                let directory = workspace.file(&directory);
                assert_eq!(without_keys(&directory), authorities + 1, "{}", directory.display());
                files.push(directory.join("Dockerfile"));
            }
        }
    }
    assert_eq!(files.len(), 112);
    assert_eq!(hadolint.accepts(&files), "");
}

/// The number of files in a directory, none of which holds a private key or speaks of one.
fn without_keys(directory: &Path) -> usize {
    let files = std::fs::read_dir(directory).expect("a directory").flatten();
    let texts = files.map(|file| std::fs::read_to_string(file.path()).expect("text"));
    texts.inspect(|text| assert!(!text.contains("PRIVATE KEY") && !text.contains(".key"), "{text}")).count()
}

#[test]
fn an_image_built_from_the_debian_file_trusts_our_server() {
    let Some(machine) = Machine::new() else { return };
    let Some(shop) = Shop::open() else { return };
    let (_server, port) = shop.tls_pod("test", &[]);
    let url = format!("https://localhost:{port}/");
    let curl = ["curl", "--silent", "--show-error", "--noproxy", "*", "--max-time", "20", &url];

    let without = machine.container(DEBIAN);
    let refused = machine.run(&without, &curl);
    assert!(!refused.0 && refused.1.contains("unable to get local issuer certificate"), "{refused:?}");

    let image = machine.build(&shop, "debian");
    let with = machine.container(&image);
    let answered = machine.run(&with, &curl);
    assert!(answered.0 && answered.1.contains("rest-api"), "{answered:?}");
    assert_eq!(machine.run(&with, &["id", "-u"]), (true, "1001\n".into()));
}

#[test]
fn an_image_from_scratch_holds_a_list_by_which_our_server_is_trusted() {
    let Some(machine) = Machine::new() else { return };
    let Some(shop) = Shop::open() else { return };
    let (_server, port) = shop.tls_pod("test", &[]);
    let url = format!("https://localhost:{port}/");
    let container = machine.container(&machine.build(&shop, "scratch"));
    let root = PathBuf::from(machine.buildah(&["mount", &container]).trim());
    let list = root.join("etc/ssl/certs/ca-certificates.crt");
    shop.ask(&url, &list, &[]).is_from("rest-api", "https");
    // The public authorities are still in it.
    let count = std::fs::read_to_string(&list).expect("a list").matches("BEGIN CERTIFICATE").count();
    assert!(count > 50, "{count}");
}

/// Images and containers in a directory of their own, without a daemon.
struct Machine {
    buildah: Judge,
    directory: tempfile::TempDir,
}

impl Machine {
    /// With the Debian image in it, made by `debootstrap`; nothing if a program is missing.
    fn new() -> Option<Self> {
        let buildah = judge("buildah")?;
        let directory = tempfile::tempdir().expect("a directory");
        // Both programs change the owner of files.
        root()?;
        let root = debian()?;
        let machine = Self { buildah, directory };
        let container = machine.container("scratch");
        machine.buildah(&["add", "--quiet", &container, &root.display().to_string(), "/"]);
        machine.buildah(&["commit", "--quiet", "--rm", &container, DEBIAN]);
        Some(machine)
    }

    /// An image from what the emitter makes, unchanged, with no registry at hand.
    fn build(&self, shop: &Shop, base: &str) -> String {
        let context = shop.workspace.file(base).display().to_string();
        let _ = shop.emit(&["dockerfile", "--base", base, "-d", &context]);
        let image = format!("localhost/trusting-{base}");
        self.buildah(&["bud", "--isolation", "chroot", "--pull-never", "--tag", &image, &context]);
        image
    }

    /// A container of an image; its name.
    fn container(&self, image: &str) -> String {
        self.buildah(&["from", "--pull-never", image]).trim().to_owned()
    }

    /// Whether a program in a container succeeds, and what it prints.
    fn run(&self, container: &str, program: &[&str]) -> (bool, String) {
        let start = ["run", "--isolation", "chroot", container, "--"];
        let output = self.command(&[&start, program].concat()).output().expect("buildah runs");
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&text).into_owned())
    }

    #[track_caller]
    fn buildah(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().expect("buildah runs");
        let talk = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "buildah {}: {}\n{talk}", arguments.join(" "), output.status);
        String::from_utf8(output.stdout).expect("text")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.buildah.command();
        let directory = self.directory.path();
        command.arg("--root").arg(directory.join("storage")).arg("--runroot").arg(directory.join("run"));
        command.args(["--storage-driver", "vfs"]).args(arguments).env("TMPDIR", directory);
        command
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // Whatever is still mounted would keep the directory from being removed.
        for arguments in [&["umount", "--all"][..], &["rm", "--all"], &["rmi", "--all", "--force"]] {
            let _ = self.command(arguments).output();
        }
    }
}

/// A Debian root with `ca-certificates` and `curl` in it, made once: the images are built without a network. It is
/// kept in the directory that `PKICTL_IMAGES` names, or in the build directory.
fn debian() -> Option<PathBuf> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let directory = std::env::var_os("PKICTL_IMAGES")
        .map_or_else(|| Path::new(env!("CARGO_TARGET_TMPDIR")).join("images"), PathBuf::from);
    let root = directory.join("bookworm");
    if root.is_dir() {
        return Some(root);
    }
    let debootstrap = judge("debootstrap")?;
    std::fs::create_dir_all(&directory).expect("a directory");
    let unfinished = tempfile::tempdir_in(&directory).expect("a directory");
    let made = unfinished.path().join("root");
    debootstrap.accepts([
        "--variant=minbase".as_ref(),
        "--include=ca-certificates,curl".as_ref(),
        "bookworm".as_ref(),
        made.as_os_str(),
    ]);
    // Each layer is a copy of the whole: leave out what no test reads.
    for directory in
        ["var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/locale", "usr/share/man"]
    {
        std::fs::remove_dir_all(made.join(directory)).expect("a directory of Debian");
    }
    match std::fs::rename(&made, &root) {
        // Another test run was faster.
        Err(_) if root.is_dir() => Some(root),
        renamed => renamed.map(|()| Some(root)).expect("the finished root takes its name"),
    }
}
