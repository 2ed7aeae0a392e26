//! The shell's variables, judged by the programs that read them.

use std::path::Path;
use std::process::Command;

use super::cluster::Cluster;
use crate::harness::{Judge, Server, deadline, free_port, judge};

/// A program that fetches a page.
struct Client {
    name: &'static str,
    judge: Judge,
    arguments: Vec<String>,
    /// What it says when it does not trust the server; after `|`, what it says with another TLS library.
    refusal: &'static str,
    /// What it says when it does.
    success: &'static str,
}

const PYTHON: &str =
    "import sys, urllib.request as u; print('status', u.urlopen(sys.argv[1], timeout=20).status)";
const REQUESTS: &str = "import sys; from pip._vendor import requests as r; print('status', r.get(sys.argv[1], timeout=20).status_code)";
const NODE: &str = "require('https').get(process.argv[1], answer => { console.log('status', answer.statusCode); process.exit() })\
                    .on('error', error => { console.error(error.code); process.exit(1) })";
const JAVA: &str = "class Get { public static void main(String[] urls) throws Exception {\n\
                    var connection = (java.net.HttpURLConnection) new java.net.URI(urls[0]).toURL().openConnection();\n\
                    System.out.println(\"status \" + connection.getResponseCode()); } }\n";

/// The clients that are installed; Java only where it is asked for, as it is slow.
fn clients(cluster: &Cluster, with_java: bool) -> Vec<Client> {
    let directory = cluster.workspace.path().display().to_string();
    if with_java && let Some(javac) = judge("javac") {
        javac.accepts(["-d", &directory, &cluster.workspace.write("Get.java", JAVA).display().to_string()]);
    }
    let table: [(_, _, &[&str], _, _); 6] = [
        (
            "curl",
            "curl",
            &["-sS", "--max-time", "20", "-o", "/dev/null", "-w", "status %{http_code}"],
            "unable to get local issuer",
            "status 200",
        ),
        ("ssl of Python", "python3", &["-c", PYTHON], "CERTIFICATE_VERIFY_FAILED", "status 200"),
        ("requests of Python", "python3", &["-c", REQUESTS], "CERTIFICATE_VERIFY_FAILED", "status 200"),
        ("Node", "node", &["-e", NODE], "UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "status 200"),
        // The page is no repository: git says so once it has read it.
        (
            "git",
            "git",
            &["ls-remote"],
            "SSL certificate problem|certificate verification failed",
            "is this a git repository?",
        ),
        (
            "Java",
            "java",
            &["-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp", &directory, "Get"],
            "PKIX path building failed",
            "status 200",
        ),
    ];
    let wanted = table.into_iter().filter(|row| row.1 != "java" || with_java);
    let client = |(name, program, arguments, refusal, success): (_, _, &[&str], _, _)| {
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        Some(Client { name, judge: judge(program)?, arguments, refusal, success })
    };
    wanted.filter_map(client).collect()
}

impl Client {
    /// Asks for a page, after the shell has read `script` with `variables` set.
    fn ask(&self, cluster: &Cluster, script: &Path, variables: &[(&str, &str)], url: &str) -> String {
        let mut command = Command::new("/bin/sh");
        command.args(["-eu", "-c", ". \"$0\"; exec \"$@\""]).arg(script).arg(self.judge.path());
        command.args(&self.arguments).arg(url);
        command.env_clear().env("PATH", std::env::var_os("PATH").expect("a path"));
        command.env("HOME", cluster.workspace.path()).env("NO_PROXY", "*").envs(variables.iter().copied());
        let output = assert_cmd::Command::from_std(command).timeout(deadline(60)).output().expect("it runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        text(&output.stdout) + &text(&output.stderr)
    }

    fn refuses_in(&self, said: &str) -> bool {
        self.refusal.split('|').any(|words| said.contains(words))
    }

    #[track_caller]
    fn takes(&self, said: &str) {
        assert!(said.contains(self.success) && !self.refuses_in(said), "{}: {said}", self.name);
    }

    #[track_caller]
    fn refuses(&self, said: &str) {
        assert!(self.refuses_in(said) && !said.contains(self.success), "{}: {said}", self.name);
    }
}

/// A server for `localhost` that answers with a page.
fn serve(cluster: &Cluster) -> Option<(Server, String)> {
    let openssl = judge("openssl")?;
    cluster.workspace.pkictl(&["issue", "server", "localhost"]).succeeds();
    let file = |name: &str| cluster.workspace.credential("localhost", name);
    let port = free_port();
    let mut command = openssl.command();
    command.arg("s_server").arg("-accept").arg(format!("127.0.0.1:{port}")).arg("-www");
    command
        .arg("-cert")
        .arg(file("tls.crt"))
        .arg("-cert_chain")
        .arg(file("tls.crt"))
        .arg("-key")
        .arg(file("tls.key"));
    Some((Server::start(command, port), format!("https://localhost:{port}/")))
}

#[test]
fn clients_trust_our_servers_after_the_script_and_not_before() {
    let cluster = Cluster::new();
    let Some((_server, url)) = serve(&cluster) else { return };
    let script = cluster.workspace.write("env.sh", cluster.emit(&["env", "--java"]));
    let nothing = cluster.workspace.write("nothing.sh", "");
    for client in clients(&cluster, true) {
        client.refuses(&client.ask(&cluster, &nothing, &[], &url));
        client.takes(&client.ask(&cluster, &script, &[], &url));
    }
}

/// The other server stands for a public one: its root is in the list that the shell had before.
#[test]
fn the_list_that_was_there_is_kept_unless_ours_shall_be_the_only_one() {
    let (cluster, public) = (Cluster::new(), Cluster::new());
    let (Some((_ours, ours)), Some((_other, other))) = (serve(&cluster), serve(&public)) else { return };
    let before = public.workspace.credential("localhost", "ca.crt").display().to_string();
    let before = [("SSL_CERT_FILE", before.as_str())];
    let both = cluster.workspace.write("env.sh", cluster.emit(&["env"]));
    let only = cluster.workspace.write("only.sh", cluster.emit(&["env", "--only", "--name", "only"]));
    for client in clients(&cluster, false) {
        client.takes(&client.ask(&cluster, &both, &before, &ours));
        // Node keeps a list of its own, which no variable of before has changed.
        if client.name != "Node" {
            client.takes(&client.ask(&cluster, &both, &before, &other));
        }
        client.takes(&client.ask(&cluster, &only, &before, &ours));
        client.refuses(&client.ask(&cluster, &only, &before, &other));
    }
}

#[test]
fn a_shell_that_changes_to_another_environment_forgets_the_first() {
    let (cluster, other) = (Cluster::new(), Cluster::new());
    let Some((_server, url)) = serve(&cluster) else { return };
    let script = cluster.workspace.write("env.sh", cluster.emit(&["env"]));
    let second = cluster.workspace.write("second.sh", other.emit(&["env", "--name", "second"]));
    let change = format!(". '{}'\n. '{}'\n", script.display(), second.display());
    let change = cluster.workspace.write("change.sh", change);
    // They all read the same file; one is enough.
    for client in clients(&cluster, false).iter().take(1) {
        client.refuses(&client.ask(&cluster, &change, &[], &url));
    }
}

#[test]
fn java_can_be_told_to_trust_ours_alone() {
    let cluster = Cluster::new();
    let Some((_server, url)) = serve(&cluster) else { return };
    let only = cluster.workspace.write("only.sh", cluster.emit(&["env", "--only", "--java"]));
    let clients = clients(&cluster, true);
    let Some(java) = clients.iter().find(|client| client.name == "Java") else { return };
    java.takes(&java.ask(&cluster, &only, &[], &url));
    let Some(keytool) = judge("keytool") else { return };
    let store = cluster.workspace.file(".cache/pkictl/dev/truststore").display().to_string();
    let listed = keytool.accepts(["-list", "-keystore", &store, "-storepass", "changeit"]);
    assert!(listed.contains("contains 2 entries"), "{listed}");
}
