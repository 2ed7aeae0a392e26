//! There is no Kafka and no Spring Boot here: Java, on which both run, says whether it reads and knows what is emitted.

use std::process::Command;

use crate::harness::{Workspace, judge};

/// Prints a property of each file as Java reads it, and which of the remaining words Java does not know as a TLS version
/// or cipher suite. File, words.
const PROGRAM: &str = r#"
import java.io.FileReader;
import java.util.*;
import javax.net.ssl.SSLContext;

class Judge {
    public static void main(String[] arguments) throws Exception {
        Properties properties = new Properties();
        properties.load(new FileReader(arguments[0]));
        for (String name : new TreeSet<>(properties.stringPropertyNames())) {
            System.out.println(name + " = " + properties.getProperty(name));
        }
        var supported = SSLContext.getDefault().getSupportedSSLParameters();
        Set<String> known = new HashSet<>(Arrays.asList(supported.getProtocols()));
        known.addAll(Arrays.asList(supported.getCipherSuites()));
        for (String word : Arrays.copyOfRange(arguments, 1, arguments.length)) {
            if (!known.contains(word)) System.out.println("unknown: " + word);
        }
    }
}
"#;

#[test]
fn java_reads_the_properties_and_knows_every_version_and_suite_that_is_named() {
    let Some(java) = judge("java") else { return };
    let workspace = Workspace::with_ca();
    workspace.pkictl(&["issue", "peer", "broker"]).succeeds();
    workspace.pkictl(&["issue", "client", "backend"]).succeeds();
    let mount = "/a dir: it's = #1!";
    let options = ["--cert", "broker", "--allow", "backend", "--mount", mount, "-d", "deploy"];
    workspace.pkictl(&[&["emit", "kafka"], &options[..]].concat()).succeeds();
    let spring = workspace.pkictl(&["emit", "spring-boot", "--cert", "broker", "--mtls"]).succeeds().stdout;
    let spring: Vec<serde_json::Value> = serde_saphyr::from_multiple(&spring).expect("it is YAML");
    let bundle = &spring[0]["spring"]["ssl"]["bundle"]["pem"]["server"];
    let names = |value: &serde_json::Value| -> Vec<String> {
        let names = value.as_array().expect("a list").iter();
        names.map(|name| name.as_str().expect("a text").to_owned()).collect()
    };
    let (versions, suites) =
        (names(&bundle["options"]["enabled-protocols"]), names(&bundle["options"]["ciphers"]));

    let program = workspace.write("Judge.java", PROGRAM);
    let mut command: Command = java.command();
    command.arg(program).arg(workspace.file("deploy/kafka-server.properties"));
    let output = command.args(&versions).args(&suites).arg("TLS_OF_NOBODY").output().expect("java runs");
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    for line in [
        "listeners = SSL://:9093",
        &format!("ssl.keystore.location = {mount}/kafka.pem"),
        &format!("ssl.truststore.location = {mount}/ca.crt"),
        &format!("ssl.enabled.protocols = {}", versions.join(",")),
        &format!("ssl.cipher.suites = {}", suites.join(",")),
        "super.users = User:CN=broker",
    ] {
        assert!(text.lines().any(|found| found == line), "{line:?} is not there:\n{text}");
    }
    let unknown: Vec<&str> = text.lines().filter(|line| line.starts_with("unknown")).collect();
    assert_eq!(unknown, ["unknown: TLS_OF_NOBODY"], "{text}");
}
