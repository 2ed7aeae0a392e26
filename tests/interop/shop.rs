//! The shop of these tests: a web page behind a wildcard certificate, a REST API, the client that may call it, and a
//! production environment that nobody in the test environment trusts.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::harness::{Judge, Server, Workspace, free_port, judge};

/// The wildcard's domain, as of an OpenShift sandbox.
pub(super) const DOMAIN: &str = "apps.sandbox.example.com";

/// The environments `test` and `prod`, and the programs that run and call the services.
pub(super) struct Shop {
    pub(super) workspace: Workspace,
    pub(super) curl: Judge,
    gunicorn: Judge,
}

/// What a client got.
#[derive(Debug)]
pub(super) struct Answer {
    /// Exit code of curl; 0 if there was an answer at all.
    pub(super) exit: Option<i32>,
    /// HTTP status; `000` if there was no answer.
    pub(super) status: String,
    pub(super) body: String,
    /// What curl told about the connection.
    pub(super) talk: String,
}

impl Shop {
    /// Both environments with their certificates; nothing if a program is missing.
    pub(super) fn open() -> Option<Self> {
        Self::open_in(Workspace::new())
    }

    /// The same in a workspace that was prepared.
    pub(super) fn open_in(workspace: Workspace) -> Option<Self> {
        let (curl, gunicorn) = (judge("curl")?, judge("gunicorn")?);
        let route = format!("rest-api.{DOMAIN}");
        let wildcard = format!("*.{DOMAIN}");
        for environment in ["test", "prod"] {
            let run = |arguments: &[&str]| {
                workspace.command(arguments).env("PKICTL_ENV", environment).run().succeeds();
            };
            run(&["init", "--org", "Example", "--intermediate"]);
            let names =
                ["--san", "rest-api.shop.svc", "--san", "localhost", "--san", "127.0.0.1", "--san", &route];
            run(&[&["issue", "server", "rest-api"], &names[..]].concat());
            run(&["issue", "client", "backend-1"]);
            run(&["issue", "wildcard", &wildcard]);
        }
        Some(Self { workspace, curl, gunicorn })
    }

    /// A file of a credential: `test`, `rest-api`, `tls.crt`.
    pub(super) fn file(&self, environment: &str, credential: &str, file: &str) -> PathBuf {
        self.workspace.file("pki").join(environment).join("certs").join(credential).join(file)
    }

    /// What an emitter of the environment `test` prints.
    #[track_caller]
    pub(super) fn emit(&self, arguments: &[&str]) -> String {
        let run = self.workspace.pkictl(&[&["emit"], arguments, &["--env", "test"]].concat()).succeeds();
        // The harness hides where the workspace is; a server must know it.
        run.stdout.replace("[HERE]", &self.workspace.path().display().to_string())
    }

    /// gunicorn with the shop's application in it, about to start in the workspace.
    pub(super) fn gunicorn(&self, service: &str) -> Command {
        let mut command = self.serving(self.gunicorn.command(), service);
        command.arg("wsgi:app");
        command
    }

    /// The same by a line as people type it.
    pub(super) fn gunicorn_by(&self, line: &str, service: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        let path = self.gunicorn.path().display();
        command.args(["-euc", &format!("gunicorn() {{ exec {path} \"$@\"; }}\n{line}")]);
        self.serving(command, service)
    }

    fn serving(&self, mut command: Command, service: &str) -> Command {
        let application = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/shop");
        command.current_dir(self.workspace.path()).env("PYTHONPATH", application).env("SERVICE", service);
        // gunicorn keeps a control socket in the home directory.
        command.env("HOME", self.workspace.path()).env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }

    /// A pod that speaks plain HTTP.
    pub(super) fn plain_pod(&self, service: &str) -> (Server, u16) {
        let port = free_port();
        let mut command = self.gunicorn(service);
        command.arg(format!("--bind=127.0.0.1:{port}"));
        (Server::start(command, port), port)
    }

    /// A pod that runs with the variable of an emitted Deployment. Its Secret is the credential `rest-api` of an
    /// environment, mounted under a name with a space in it.
    pub(super) fn tls_pod(&self, environment: &str, options: &[&str]) -> (Server, u16) {
        let port = free_port();
        let mount = self.workspace.file(format!("{environment} tls"));
        if !mount.exists() {
            std::os::unix::fs::symlink(self.file(environment, "rest-api", ""), &mount)
                .expect("a mounted directory");
        }
        let (mount, number) = (mount.display().to_string(), port.to_string());
        let fixed =
            ["gunicorn", "--cert", "rest-api", "--mount", &mount, "--bind", "127.0.0.1", "--port", &number];
        let patch = self.emit(&[&fixed, options].concat());
        let mut command = self.gunicorn("rest-api");
        command.env("GUNICORN_CMD_ARGS", variable(&document(&patch)));
        (Server::start(command, port), port)
    }

    /// Asks a URL, trusting only the root of the environment `test`; a host of [`DOMAIN`] is on this machine.
    pub(super) fn get(&self, url: &str, options: &[&str]) -> Answer {
        self.ask(url, &self.file("test", "rest-api", "ca.crt"), options)
    }

    /// As the client `backend-1` of an environment.
    pub(super) fn get_as_backend(&self, url: &str, environment: &str) -> Answer {
        self.get_with(url, environment, "backend-1")
    }

    /// With a credential as the client's.
    pub(super) fn get_with(&self, url: &str, environment: &str, credential: &str) -> Answer {
        let path = |file| self.file(environment, credential, file).display().to_string();
        self.get(url, &["--cert", &path("tls.crt"), "--key", &path("tls.key")])
    }

    /// Asks a URL, trusting only what is in `authorities`.
    pub(super) fn ask(&self, url: &str, authorities: &Path, options: &[&str]) -> Answer {
        let mut command = self.curl.command();
        command.args(["--silent", "--show-error", "--verbose", "--noproxy", "*", "--max-time", "20"]);
        command.arg("--cacert").arg(authorities).args(["--write-out", "\n%{http_code}", url]).args(options);
        let address = url.split_once("://").map_or(url, |(_, rest)| rest);
        let address = address.split_once('/').map_or(address, |(address, _)| address);
        if address.contains(DOMAIN) {
            command.args(["--resolve", &format!("{address}:127.0.0.1")]);
        }
        let output = command.output().expect("curl runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let printed = text(&output.stdout);
        let (body, status) = printed.rsplit_once('\n').expect("the status is on a line of its own");
        let (body, status) = (body.to_owned(), status.to_owned());
        Answer { exit: output.status.code(), status, body, talk: text(&output.stderr) }
    }
}

impl Answer {
    /// A service answered, with this scheme between the client and it.
    #[track_caller]
    pub(super) fn is_from(&self, service: &str, scheme: &str) {
        assert_eq!((self.exit, self.status.as_str()), (Some(0), "200"), "{self:#?}");
        let body: Value =
            serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:#?}"));
        assert_eq!(body, serde_json::json!({ "service": service, "scheme": scheme }));
    }

    /// There was no answer, and curl knows this reason.
    #[track_caller]
    pub(super) fn is_refused(&self, reason: &str) {
        assert_ne!(self.exit, Some(0), "{self:#?}");
        assert!(self.talk.contains(reason), "the reason is not {reason:?}: {self:#?}");
    }

    /// The common name of the certificate that the server showed.
    #[track_caller]
    pub(super) fn shown_by(&self) -> &str {
        let subject = self.talk.lines().find_map(|line| line.strip_prefix("*  subject: "));
        let subject = subject.unwrap_or_else(|| panic!("no certificate was shown: {self:#?}"));
        subject.rsplit_once("CN=").map_or(subject, |(_, name)| name.trim())
    }
}

/// The only document of a YAML text.
#[track_caller]
pub(super) fn document(yaml: &str) -> Value {
    let mut documents: Vec<Value> = serde_saphyr::from_multiple(yaml).expect("it is YAML");
    assert_eq!(documents.len(), 1, "{yaml}");
    documents.remove(0)
}

/// `GUNICORN_CMD_ARGS` of an emitted Deployment.
pub(super) fn variable(deployment: &Value) -> String {
    let variable = &deployment["spec"]["template"]["spec"]["containers"][0]["env"][0];
    assert_eq!(variable["name"], "GUNICORN_CMD_ARGS");
    variable["value"].as_str().expect("a text").to_owned()
}
