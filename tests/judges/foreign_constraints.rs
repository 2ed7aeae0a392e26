//! Constraints that other tools wrote are read as OpenSSL reads them: form by form, with what they exclude.

use super::words;
use crate::harness::{Judge, Workspace, judge};

/// Constraints as `openssl x509` takes them, and names that lie inside or outside.
const CASES: &[(&str, &[&str])] = &[
    (
        "permitted;DNS:shop.svc",
        &[
            "DNS:web.shop.svc",
            "DNS:shop.svc",
            "DNS:evilshop.svc",
            "DNS:*.shop.svc",
            "DNS:*.svc",
            "DNS:web.shop.svc,IP:10.0.0.1",
            "IP:10.0.0.1",
            "URI:spiffe://evil.example/web",
        ],
    ),
    (
        "excluded;DNS:bank.svc,excluded;IP:10.0.0.0/255.0.0.0",
        &[
            "DNS:shop.svc",
            "DNS:bank.svc",
            "DNS:web.bank.svc",
            "DNS:mybank.svc",
            "DNS:*.bank.svc",
            "IP:10.1.2.3",
            "IP:11.0.0.1",
            "DNS:shop.svc,IP:10.1.2.3",
            "IP:fd00::1",
        ],
    ),
    (
        "permitted;DNS:svc,excluded;DNS:bank.svc",
        &["DNS:shop.svc", "DNS:web.bank.svc", "DNS:shop.example", "IP:10.0.0.1"],
    ),
    ("permitted;DNS:.shop.svc", &["DNS:web.shop.svc", "DNS:shop.svc", "DNS:ashop.svc"]),
    (
        "permitted;IP:10.0.0.0/255.0.0.0",
        &["IP:10.1.2.3", "IP:11.0.0.1", "IP:fd00::1", "DNS:shop.svc", "DNS:shop.svc,IP:11.0.0.1"],
    ),
    (
        "permitted;URI:.mesh.svc",
        &[
            "URI:spiffe://a.mesh.svc/web",
            "URI:spiffe://mesh.svc/web",
            "URI:https://evil.example/",
            "DNS:web.svc",
        ],
    ),
    (
        "permitted;email:shop.svc",
        &["email:dev@shop.svc", "email:dev@web.shop.svc", "email:dev@bank.svc", "DNS:web.svc"],
    ),
];

/// A root with `constraints`, and one leaf under it for each list of names; all made by openssl.
fn make(openssl: &Judge, workspace: &Workspace, constraints: &str, names: &[&str]) {
    let mut sections = format!(
        "[req]\ndistinguished_name=dn\n[dn]\n[ca]\nbasicConstraints=critical,CA:TRUE\n\
         keyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\nnameConstraints=critical,{constraints}\n"
    );
    for (number, san) in names.iter().enumerate() {
        sections += &format!(
            "[leaf{number}]\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n\
             extendedKeyUsage=serverAuth\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n\
             subjectAltName=critical,{san}\n"
        );
    }
    let file = |name: &str| workspace.file(name).display().to_string();
    workspace.write("x.cnf", sections);
    let run = |line: &str| {
        let place = |word: &str| match word.strip_prefix('@') {
            Some(name) => file(name),
            None => word.to_owned(),
        };
        openssl.accepts(line.split_whitespace().map(place))
    };
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    run(&format!(
        "req -x509 -config @x.cnf -extensions ca -subj /CN=Foreign -days 9 -keyout @ca.key -out @ca.pem {key}"
    ));
    run(&format!("req -new -config @x.cnf -subj /O=Example -keyout @leaf.key -out @leaf.csr {key}"));
    for number in 0..names.len() {
        run(&format!(
            "x509 -req -in @leaf.csr -CA @ca.pem -CAkey @ca.key -days 9 -extfile @x.cnf -extensions leaf{number} \
             -out @leaf{number}.pem"
        ));
    }
}

/// Whether pkictl's own check takes the leaf; what it says of it besides is not asked for here.
fn pkictl_takes(workspace: &Workspace, leaf: &str) -> bool {
    let line = [
        "verify",
        "--roots",
        "ca.pem",
        "--server-cert",
        leaf,
        "--server-key",
        "leaf.key",
        "--format",
        "json",
    ];
    let report = workspace.pkictl(&line).json();
    let checks = report["checks"].as_array().expect("checks");
    let found: Vec<_> = checks.iter().filter(|check| check["id"] == "name-constraints").collect();
    assert_eq!(found.len(), 1, "{leaf}: {report}");
    match found[0]["outcome"].as_str() {
        Some("passed") => true,
        Some("failed") => false,
        other => panic!("{leaf}: {other:?}"),
    }
}

#[test]
fn constraints_of_other_tools_are_judged_as_openssl_judges_them() {
    let Some(openssl) = judge("openssl") else { return };
    for (constraints, names) in CASES {
        let workspace = Workspace::new();
        make(&openssl, &workspace, constraints, names);
        let mut verdicts = Vec::new();
        for (number, san) in names.iter().enumerate() {
            let leaf = format!("leaf{number}.pem");
            let line = words(&[&"verify", &"-CAfile", &workspace.file("ca.pem"), &workspace.file(&leaf)]);
            let (taken, text) = openssl.run(line, "");
            let subtree = text.contains("subtree violation");
            assert!(taken != subtree, "{constraints}, {san}: {text}");
            assert_eq!(pkictl_takes(&workspace, &leaf), taken, "{constraints}, {san}: {text}");
            verdicts.push(taken);
        }
        assert!(
            verdicts.contains(&true) && verdicts.contains(&false),
            "{constraints} proves nothing: {verdicts:?}"
        );
    }
}
