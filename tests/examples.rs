//! The examples, as a newcomer runs them: each must hold from nothing to its last step.

use std::path::Path;
use std::process::Command;

use crate::harness::{TRUST_VARIABLES, Workspace, deadline, judge, peers, python_with, skip};

/// An example that needs longer, on an idle machine, hangs. `timeout` ends it with all that it started.
const SECONDS: u64 = 100;

/// An example and what it needs: programs, modules of Python, packages of npm.
struct Example {
    name: &'static str,
    programs: &'static [&'static str],
    modules: &'static [&'static str],
    npm: &'static [&'static str],
}

#[test]
fn the_shop_on_openshift_holds() {
    Example {
        name: "flask-openshift",
        programs: &["curl", "node", "haproxy", "postgres", "initdb", "psql", "gunicorn", "hadolint"],
        modules: &["flask", "psycopg", "yaml"],
        npm: &["express"],
    }
    .holds();
}

/// What the case of the README needs beside pkictl: a shell and the commands that every system has.
const EVERYWHERE: &[&str] =
    &["bash", "cat", "cp", "dirname", "mkdir", "mktemp", "realpath", "rm", "sort", "tail"];

#[test]
fn the_case_of_the_readme_goes_from_nothing_to_a_green_report_where_nothing_else_is_installed() {
    let Some(bash) = judge("bash") else { return };
    let workspace = Workspace::new();
    std::fs::create_dir_all(workspace.file("bin")).expect("a directory");
    for name in EVERYWHERE {
        let program = judge(name).expect("a program that every system has");
        std::os::unix::fs::symlink(program.path(), workspace.file("bin").join(name)).expect("a link");
    }
    let output = bash
        .command()
        .env_clear()
        .env("PKICTL", env!("CARGO_BIN_EXE_pkictl"))
        .env("PKICTL_PEERS", workspace.file("none"))
        .env("PATH", workspace.file("bin"))
        .env("TMPDIR", workspace.path())
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/flask-openshift/run.sh"))
        .output()
        .expect("the example runs");
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{stdout}{}", String::from_utf8_lossy(&output.stderr));
    assert!(stdout.contains(" 0 failed, 0 skipped in "), "{stdout}");
    let is_step =
        |line: &&str| line.split_once(". ").is_some_and(|(number, _)| number.parse::<u32>().is_ok());
    let steps = stdout.lines().filter(is_step).count();
    let last = format!("\nall {steps} steps hold; those with real servers were left out\n");
    assert!(steps > 2 && stdout.ends_with(&last), "{stdout}");
}

#[test]
fn five_ways_into_a_cluster_are_what_the_table_says() {
    Example {
        name: "ingress-variants",
        programs: &["curl", "python3", "haproxy", "nginx", "apache2"],
        modules: &[],
        npm: &[],
    }
    .holds();
}

#[test]
fn the_application_with_a_queue_and_a_database_holds() {
    Example {
        name: "flask-rabbitmq-postgres",
        programs: &[
            "curl",
            "openssl",
            "nginx",
            "uwsgi-core",
            "uwsgi_python3",
            "rabbitmq-server",
            "epmd",
            "postgres",
            "initdb",
            "psql",
            "celery",
        ],
        modules: &["flask", "celery", "psycopg"],
        npm: &[],
    }
    .holds();
}

#[test]
fn the_blog_whose_issuing_openbao_takes_over_holds() {
    Example {
        name: "vault-nginx",
        programs: &["curl", "nginx", "openssl", "postgres", "initdb", "psql", "gunicorn", "bao"],
        modules: &["flask", "psycopg", "yaml"],
        npm: &[],
    }
    .holds();
}

#[test]
fn every_example_with_a_script_is_run_by_a_test() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tests = std::fs::read_to_string(project.join("tests/examples.rs")).expect("this file");
    for entry in std::fs::read_dir(project.join("examples")).expect("the examples").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_tested = tests.contains(&format!("name: \"{name}\""));
        assert!(is_tested || !entry.path().join("run.sh").exists(), "nothing runs examples/{name}/run.sh");
    }
}

impl Example {
    #[track_caller]
    fn holds(&self) {
        let Some(()) = self.can_run() else { return };
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(self.name).join("run.sh");
        let mut command = Command::new("timeout");
        command.args([&deadline(SECONDS).as_secs().to_string(), "bash"]).arg(script);
        command.env("PKICTL", env!("CARGO_BIN_EXE_pkictl")).env("PKICTL_PEERS", peers());
        for variable in TRUST_VARIABLES {
            command.env_remove(variable);
        }
        let output = command.output().expect("the example runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (said, errors) = (text(&output.stdout), text(&output.stderr));
        let last = said.lines().last().unwrap_or_default();
        assert!(
            output.status.success() && last.starts_with("all ") && last.ends_with(" steps hold"),
            "{said}{errors}"
        );
    }

    /// Whether everything is installed that it needs.
    #[track_caller]
    fn can_run(&self) -> Option<()> {
        for program in ["timeout", "bash"].iter().chain(self.programs) {
            judge(program)?;
        }
        for module in self.modules {
            python_with(module)?;
        }
        for package in self.npm {
            if !peers().join("npm/node_modules").join(package).is_dir() {
                return skip(&format!("{package} of npm is not installed"));
            }
        }
        Some(())
    }
}
