//! The system calls that a run makes, each of which can be the last one, or fail.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use crate::harness::{Judge, Workspace, judge, lacks_right};

/// Calls that change the disk, or open, hold or wait for what is on it.
const CHANGING: &[&str] = &[
    "chmod",
    "copy_file_range",
    "fallocate",
    "fchmod",
    "fchmodat",
    "fdatasync",
    "flock",
    "fsync",
    "ftruncate",
    "link",
    "linkat",
    "mkdir",
    "mkdirat",
    "openat",
    "pwrite64",
    "rename",
    "renameat",
    "renameat2",
    "rmdir",
    "sendfile",
    "symlink",
    "symlinkat",
    "syncfs",
    "unlink",
    "unlinkat",
    "utimensat",
    "write",
    "writev",
];

/// Calls after which the disk is as it was.
const HARMLESS: &[&str] = &[
    "access",
    "arch_prctl",
    "brk",
    "clock_nanosleep",
    "clone",
    "clone3",
    "close",
    "execve",
    "exit",
    "exit_group",
    "faccessat",
    "faccessat2",
    "fadvise64",
    "fcntl",
    "fstat",
    "fstatfs",
    "futex",
    "getcwd",
    "getdents64",
    "geteuid",
    "getpid",
    "getrandom",
    "gettid",
    "getuid",
    "ioctl",
    "lseek",
    "lstat",
    "madvise",
    "mmap",
    "mprotect",
    "mremap",
    "munmap",
    "newfstatat",
    "poll",
    "ppoll",
    "prctl",
    "pread64",
    "prlimit64",
    "read",
    "readlink",
    "readlinkat",
    "restart_syscall",
    "rseq",
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sched_getaffinity",
    "sched_yield",
    "set_robust_list",
    "set_tid_address",
    "sigaltstack",
    "stat",
    "statfs",
    "statx",
    "uname",
];

/// A command line of the program, run under strace.
pub struct Traced<'a> {
    strace: Judge,
    workspace: &'a Workspace,
    arguments: &'a [&'a str],
    /// Those of its calls that change the disk.
    pub calls: Vec<&'static str>,
}

/// What became of a run with a fault.
pub struct Faulty {
    /// Whether the run came so far.
    pub hit: bool,
    /// Exit code; `None` if it was killed.
    pub code: Option<i32>,
    /// The fault, and what the program said.
    pub said: String,
}

/// strace, if programs can be traced here.
#[track_caller]
pub fn strace() -> Option<Judge> {
    let strace = judge("strace")?;
    let probe = strace.command().args(["-qq", "-o", "/dev/null", "true"]).status();
    match probe.is_ok_and(|status| status.success()) {
        true => Some(strace),
        false => lacks_right("strace may not trace here"),
    }
}

impl<'a> Traced<'a> {
    /// Runs it once to its end. Nothing if programs cannot be traced here.
    #[track_caller]
    pub fn new(workspace: &'a Workspace, arguments: &'a [&'a str]) -> Option<Self> {
        let mut traced = Self { strace: strace()?, workspace, arguments, calls: vec![] };
        traced.calls = traced.changing();
        Some(traced)
    }

    /// A call that is in neither list fails: it must be known whether a fault there matters.
    #[track_caller]
    fn changing(&self) -> Vec<&'static str> {
        let status = self.command(&[]).stderr(Stdio::null()).status().expect("strace runs");
        assert!(status.success(), "{:?} without a fault: {status}", self.arguments);
        let trace = self.workspace.read("trace");
        let names: std::collections::BTreeSet<&str> = trace.lines().filter_map(name).collect();
        let is_known = |name: &&&str| CHANGING.contains(*name) || HARMLESS.contains(*name);
        let unknown: Vec<_> = names.iter().filter(|name| !is_known(name)).collect();
        assert!(unknown.is_empty(), "does {unknown:?} change the disk? Put it into a list of this file");
        CHANGING.iter().copied().filter(|call| names.contains(call)).collect()
    }

    /// Runs it with a fault at one call of a kind.
    #[track_caller]
    pub fn run(&self, call: &str, fault: &str, number: usize) -> Faulty {
        let inject = format!("inject={call}:{fault}:when={number}");
        let output =
            self.command(&["-e", &format!("trace={call}"), "-e", &inject]).output().expect("strace runs");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!stderr.contains("panicked"), "{inject}: {stderr}");
        let killed = output.status.signal() == Some(9);
        let hit = killed || self.workspace.read("trace").contains("(INJECTED)");
        Faulty { hit, code: output.status.code(), said: format!("{inject}: {stderr}") }
    }

    fn command(&self, options: &[&str]) -> Command {
        let mut command = self.strace.command();
        command.args(["-f", "-qq", "-o", "trace"]).args(options);
        command.arg(env!("CARGO_BIN_EXE_pkictl")).args(self.arguments);
        command.current_dir(self.workspace.path()).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }
}

/// The name of the call in a line of a trace, which begins with the number of the thread.
fn name(line: &str) -> Option<&str> {
    let call = line.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ').split_once('(')?.0;
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    (!call.is_empty() && call.chars().all(is_name)).then_some(call)
}
