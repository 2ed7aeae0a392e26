//! The hand-over to cert-manager, judged by its definitions; openssl signs with the issuer as cert-manager would.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::cluster::{Cluster, verify};
use crate::harness::judge;
use crate::schemas::only;

#[test]
fn the_issuer_signs_what_leads_to_our_root() {
    let cluster = Cluster::new();
    let objects = cluster.objects(&["cert-manager", "--issuer", "issuing", "-n", "shop"]);
    let (secret, issuer) = (only(&objects, "Secret"), only(&objects, "Issuer"));
    assert_eq!(issuer["spec"], json!({ "ca": { "secretName": secret["metadata"]["name"] } }));
    assert_eq!(
        (&secret["metadata"]["namespace"], &issuer["metadata"]["namespace"]),
        (&json!("shop"), &json!("shop"))
    );
    let Some(openssl) = judge("openssl") else { return };
    let chain = cluster.mounted(secret, "stringData", "tls.crt");
    let key = cluster.mounted(secret, "stringData", "tls.key");
    let path = |name: &str| cluster.workspace.file(name).display().to_string();
    let (chain, key) = (chain.display().to_string(), key.display().to_string());
    let request =
        ["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=new"];
    openssl.accepts(request.into_iter().chain(["-keyout", &path("new.key"), "-out", &path("new.csr")]));
    let extensions = "subjectAltName=DNS:new\nbasicConstraints=CA:false\nextendedKeyUsage=serverAuth\n\
                      subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\nkeyUsage=critical,digitalSignature\n";
    cluster.workspace.write("new.ext", extensions);
    let sign = ["x509", "-req", "-days", "30", "-CA", &chain, "-CAkey", &key, "-extfile", &path("new.ext")];
    openssl.accepts(sign.into_iter().chain(["-in", &path("new.csr"), "-out", &path("new.crt")]));
    // What cert-manager puts into tls.crt of a Certificate: the leaf, then the issuer without the root.
    let signed = cluster.workspace.read("new.crt") + &cluster.workspace.read("pki/dev/ca/issuing/ca.crt");
    let signed = cluster.workspace.write("signed.crt", signed);
    let root = cluster.workspace.credential("web", "ca.crt");
    let (verified, said) = verify(&openssl, &signed, &root, "sslserver");
    assert!(verified, "{said}");
}

#[test]
fn a_certificate_has_the_names_the_usages_and_the_key_of_its_credential() {
    let cluster = Cluster::new();
    let all = ["--san", "db.shop.svc", "--san", "10.0.0.7", "--key-type", "rsa-2048", "--days", "30"];
    cluster.workspace.pkictl(&[&["issue", "peer", "db"], &all[..]].concat()).succeeds();
    let objects =
        cluster.objects(&["cert-manager", "--issuer", "issuing", "--cluster", "--credential", "db,backend"]);
    assert_eq!(only(&objects, "Secret")["metadata"]["namespace"], "cert-manager");
    let issuer = only(&objects, "ClusterIssuer");
    let certificates: Vec<&Value> = objects.iter().filter(|object| object["kind"] == "Certificate").collect();
    assert_eq!(certificates.len(), 2);
    let db = &certificates[0]["spec"];
    assert_eq!(db["issuerRef"]["name"], issuer["metadata"]["name"]);
    assert_eq!(db["issuerRef"]["kind"], "ClusterIssuer");
    assert_eq!((&db["dnsNames"], &db["ipAddresses"]), (&json!(["db", "db.shop.svc"]), &json!(["10.0.0.7"])));
    assert_eq!((&db["commonName"], &db["secretName"]), (&json!("db"), &json!("db-tls")));
    let key = json!({ "algorithm": "RSA", "size": 2048, "encoding": "PKCS8", "rotationPolicy": "Always" });
    assert_eq!(db["privateKey"], key);
    let usages = |spec: &Value| {
        let all = spec["usages"].as_array().expect("usages").iter();
        all.map(|usage| usage.as_str().expect("a text").to_owned()).collect::<BTreeSet<_>>()
    };
    let expected = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(
        usages(db),
        expected(&["digital signature", "key encipherment", "server auth", "client auth"])
    );
    let backend = &certificates[1]["spec"];
    assert_eq!(usages(backend), expected(&["digital signature", "client auth"]));
    assert_eq!(backend["privateKey"]["algorithm"], "ECDSA");
    let hours: i64 =
        db["duration"].as_str().and_then(|text| text.strip_suffix('h')?.parse().ok()).expect("hours");
    assert!((30 * 24..=30 * 24 + 1).contains(&hours), "{hours}");
}

#[test]
fn the_key_of_a_root_stays_out_of_clusters() {
    let cluster = Cluster::new();
    let run = cluster.workspace.pkictl(&["emit", "cert-manager", "--issuer", "root"]).exits_with(1);
    assert!(run.stderr.contains("the CA root is not an intermediate under a known root"), "{}", run.stderr);
    assert!(run.stdout.is_empty());
}

#[test]
fn the_key_of_an_issuer_is_opened_with_its_passphrase() {
    let workspace = crate::harness::Workspace::new();
    let run = |arguments: &[&str], passphrase: &str| {
        workspace.command(arguments).env("PKICTL_PASSPHRASE", passphrase).run()
    };
    run(&["init", "--intermediate", "--encrypt-key"], "open sesame").succeeds();
    let emit = ["emit", "cert-manager", "--issuer", "issuing"];
    let objects = crate::schemas::valid(&run(&emit, "open sesame").succeeds().stdout);
    let key = only(&objects, "Secret")["stringData"]["tls.key"].as_str().expect("a key").to_owned();
    assert!(key.starts_with("-----BEGIN PRIVATE KEY-----"), "a server cannot open it");
    let refused = run(&emit, "wrong").exits_with(1);
    assert!(refused.stdout.is_empty() && refused.stderr.contains("passphrase"), "{}", refused.stderr);
    // What the error recommends.
    let refused = workspace.pkictl(&emit).exits_with(1);
    assert!(refused.stderr.contains("give it with `--passphrase-file FILE`"), "{}", refused.stderr);
    workspace.write("words", "open sesame\n");
    workspace.pkictl(&[&emit[..], &["--passphrase-file", "words"]].concat()).succeeds();
    let by_path = ["emit", "cert-manager", "--issuer", "pki/dev/ca/issuing/ca.crt", "--issuer-key"];
    let files = ["pki/dev/ca/issuing/ca.key", "--issuer-ca-cert", "pki/dev/ca/root/ca.crt"];
    let said = "error: `--passphrase-file` works only with a CA of the environment, and this one is a file\n\n\
                hint: decrypt its key with `openssl pkey -in KEY -out NEW.key`";
    workspace.pkictl(&[&by_path[..], &files, &["--passphrase-file", "words"]].concat()).fails(2, said);
}
