//! A namespace's worth of credentials, what the emitters for Kubernetes make of them, and openssl to read it.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::harness::{Judge, Workspace, judge};
use crate::schemas;

/// An environment with an intermediate: `web` and `api` serve, `backend` calls.
pub(super) struct Cluster {
    pub(super) workspace: Workspace,
}

impl Cluster {
    pub(super) fn new() -> Self {
        let workspace = Workspace::new();
        workspace.pkictl(&["init", "--org", "Example", "--intermediate"]).succeeds();
        workspace.pkictl(&["issue", "server", "web", "--san", "web.apps.example.com"]).succeeds();
        workspace.pkictl(&["issue", "server", "api", "--san", "api.shop.svc"]).succeeds();
        workspace.pkictl(&["issue", "client", "backend"]).succeeds();
        Self { workspace }
    }

    /// What an emitter prints.
    #[track_caller]
    pub(super) fn emit(&self, arguments: &[&str]) -> String {
        self.workspace.pkictl(&[&["emit"], arguments].concat()).succeeds().stdout
    }

    /// The objects that an emitter prints, each of which its official schema takes.
    #[track_caller]
    pub(super) fn objects(&self, arguments: &[&str]) -> Vec<Value> {
        schemas::valid(&self.emit(arguments))
    }

    /// A file of a credential.
    pub(super) fn credential(&self, name: &str, file: &str) -> String {
        self.workspace.read(self.workspace.credential(name, file))
    }

    /// Puts a value of an object into a file, as a mount does.
    #[track_caller]
    pub(super) fn mounted(&self, object: &Value, field: &str, key: &str) -> PathBuf {
        let value = object[field][key].as_str().unwrap_or_else(|| panic!("no {field} {key} in {object:#}"));
        let name = object["metadata"]["name"].as_str().expect("a name");
        self.workspace.write(&format!("mnt/{name}/{key}"), value)
    }

    /// A chain and its key in a Secret belong together, and lead to these authorities for this purpose.
    #[track_caller]
    pub(super) fn holds_together(&self, secret: &Value, authorities: &Path, purpose: &str) {
        let Some(openssl) = judge("openssl") else { return };
        assert_eq!(secret["type"], "kubernetes.io/tls");
        let chain = self.mounted(secret, "stringData", "tls.crt");
        let key = self.mounted(secret, "stringData", "tls.key");
        let own = openssl.accepts(
            ["x509", "-noout", "-pubkey", "-in"]
                .map(Into::into)
                .into_iter()
                .chain([chain.clone().into_os_string()]),
        );
        let public = openssl
            .accepts(["pkey", "-pubout", "-in"].map(Into::into).into_iter().chain([key.into_os_string()]));
        assert_eq!(own, public);
        assert!(
            verify(&openssl, &chain, authorities, purpose).0,
            "{}",
            verify(&openssl, &chain, authorities, purpose).1
        );
    }
}

/// openssl's verdict over a chain file, which trusts these authorities and nobody else.
pub(super) fn verify(openssl: &Judge, chain: &Path, authorities: &Path, purpose: &str) -> (bool, String) {
    let mut arguments: Vec<std::ffi::OsString> =
        ["verify", "-x509_strict", "-no-CApath", "-no-CAstore", "-purpose", purpose].map(Into::into).into();
    arguments.extend(["-CAfile".into(), authorities.into()]);
    arguments.extend(["-untrusted".into(), chain.into(), chain.into()]);
    openssl.run(arguments, "")
}
