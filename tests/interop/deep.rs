//! Two authorities between a client and the root: a server that counts them must allow for both.

use crate::harness::Workspace;

/// Before `init`: profiles of authorities that leave room for one more below the issuing one.
pub(super) fn prepare(workspace: &Workspace) {
    for (profile, own, roomier) in
        [("root-ca", "path_len = 1", "path_len = 2"), ("intermediate-ca", "path_len = 0", "path_len = 1")]
    {
        let text = workspace.pkictl(&["profile", "show", profile]).succeeds().stdout;
        assert!(text.contains(own), "{text}");
        workspace.write(&format!("pki/profiles/{profile}.toml"), text.replace(own, roomier));
    }
}

/// After `init --intermediate`: the client `deep`, below the authority `lower`, which is below the issuing one.
pub(super) fn client(workspace: &Workspace, environment: &str) {
    let run =
        |arguments: &[&str]| workspace.pkictl(&[arguments, &["--env", environment]].concat()).succeeds();
    let _ = run(&["issue", "intermediate-ca", "lower", "--ca", "issuing"]);
    let _ = run(&["issue", "client", "deep", "--ca", "lower"]);
    let chain = workspace.read(format!("pki/{environment}/certs/deep/tls.crt"));
    assert_eq!(chain.matches("BEGIN CERTIFICATE").count(), 3);
}
