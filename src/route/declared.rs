//! A Route as its manifest declares it, in types.

use serde_json::Value;

use crate::bundle::Identity;
use crate::error::Error;
use crate::kubernetes::{self, Resource, text_at, value_at};
use crate::pki::pem::{self, Block};
use crate::pki::{Certificate, PrivateKey};

/// A Route, as far as it decides what a visitor gets.
#[derive(Debug)]
pub struct Route {
    /// `metadata.name`, or its place in the manifest.
    pub name: String,
    /// `metadata.namespace`, or the one that was given for Routes without.
    pub namespace: Option<String>,
    /// The name of the Service that it leads to.
    pub service: String,
    /// Where TLS ends.
    pub termination: Termination,
    /// The host in small letters, or why it is not known.
    pub(super) host: Result<String, String>,
    /// Whether it serves every host beside its own, too (`wildcardPolicy: Subdomain`).
    pub(super) wildcard: bool,
    /// The path, perhaps empty.
    pub(super) path: String,
    pub(super) insecure: Insecure,
    /// The certificate that the router shows; none, if that is the router's own. Or why it is not known.
    pub(super) own: Result<Option<Identity>, String>,
    /// Whom the router trusts as a pod; only the authority of the cluster's services, if it is not given.
    pub(super) destination: Result<Option<Vec<Certificate>>, String>,
    /// Whether some backend gets a share of the visitors.
    pub(super) has_weight: bool,
    /// What the cluster said when it did not admit the Route.
    pub(super) status: Option<String>,
    /// When the cluster took it: the older of two Routes for one host has it.
    pub(super) created: String,
}

/// Where TLS ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Termination {
    /// There is none.
    Plain,
    /// At the router.
    Edge,
    /// At the router, which opens another connection to the pod.
    Reencrypt,
    /// At the pod.
    Passthrough,
}

/// What plain HTTP gets (`insecureEdgeTerminationPolicy`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Insecure {
    Nothing,
    Allow,
    Redirect,
}

impl Termination {
    /// The word for people.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Edge => "edge",
            Self::Reencrypt => "re-encrypt",
            Self::Passthrough => "passthrough",
        }
    }
}

impl Route {
    /// Reads a Route. `all` are the objects of the manifests, among which its Secret may be; `namespace` is that of Routes
    /// that do not say theirs. Nothing is refused here: what cannot be known is said when the Route is run.
    pub fn read(object: &Resource<'_>, all: &[Resource<'_>], namespace: Option<&str>) -> Self {
        let text = |path: &str| text_at(object.value, path).unwrap_or_default().to_owned();
        let name = text("metadata.name");
        let termination = match text("spec.tls.termination").to_ascii_lowercase().as_str() {
            _ if value_at(object.value, "spec.tls").is_none() => Termination::Plain,
            "edge" => Termination::Edge,
            "reencrypt" => Termination::Reencrypt,
            "passthrough" => Termination::Passthrough,
            _ => Termination::Plain,
        };
        let insecure = match (text("spec.tls.insecureEdgeTerminationPolicy").as_str(), termination) {
            (_, Termination::Plain) | ("Allow", _) => Insecure::Allow,
            ("Redirect", _) => Insecure::Redirect,
            _ => Insecure::Nothing,
        };
        let ends_tls = matches!(termination, Termination::Edge | Termination::Reencrypt);
        Self {
            name: if name.is_empty() { format!("object {}", object.number) } else { name.clone() },
            namespace: text_at(object.value, "metadata.namespace").or(namespace).map(str::to_owned),
            service: text("spec.to.name"),
            termination,
            host: host(object),
            wildcard: text("spec.wildcardPolicy") == "Subdomain",
            path: text("spec.path"),
            insecure,
            own: if ends_tls { own(object, all, &name) } else { Ok(None) },
            destination: destination(object),
            has_weight: has_weight(object.value),
            status: status(object.value),
            created: text("metadata.creationTimestamp"),
        }
    }

    /// Whether its host and path could be read, so that the router can have it.
    pub(super) fn host(&self) -> Option<&str> {
        self.host.as_deref().ok()
    }
}

/// A value that is not known before a Template's parameter has one.
fn unknown(object: &Resource<'_>, text: &str) -> Option<String> {
    let open = object.in_template && text.contains("${");
    open.then(|| "it holds a parameter of a Template that has no value".into())
}

/// As the manifest says, or as the cluster wrote it into the status.
fn host(object: &Resource<'_>) -> Result<String, String> {
    let admitted = value_at(object.value, "status.ingress").and_then(|all| all.get(0));
    let host = text_at(object.value, "spec.host").filter(|host| !host.is_empty());
    let host = host.or_else(|| admitted.and_then(|one| text_at(one, "host"))).unwrap_or_default();
    match unknown(object, host) {
        Some(reason) => Err(format!("spec.host is not known: {reason}")),
        None if host.is_empty() => Err("it has no host, so the router makes one up".into()),
        None => Ok(host.to_ascii_lowercase()),
    }
}

fn own(object: &Resource<'_>, all: &[Resource<'_>], name: &str) -> Result<Option<Identity>, String> {
    let (mut certificate, mut key) =
        (text_at(object.value, "spec.tls.certificate"), text_at(object.value, "spec.tls.key"));
    if let Some(secret) = text_at(object.value, "spec.tls.externalCertificate.name") {
        let Some((_, held)) = kubernetes::secret_of(object.value, all) else {
            return Err(format!("the Secret {secret:?} with its certificate is not among the files"));
        };
        let field = |field: &str| held.get("stringData").and_then(|data| data.get(field));
        (certificate, key) =
            (field("tls.crt").and_then(Value::as_str), field("tls.key").and_then(Value::as_str));
    }
    let (certificate, key) = (certificate.unwrap_or_default(), key.unwrap_or_default());
    if certificate.is_empty() {
        return Ok(None);
    }
    let authorities = text_at(object.value, "spec.tls.caCertificate").unwrap_or_default();
    let (mut chain, mut keys) = (Vec::new(), Vec::new());
    // The order in which the router writes them into one file, which is the order in which it sends them.
    for (place, text) in [("key", key), ("certificate", certificate), ("caCertificate", authorities)] {
        if let Some(reason) = unknown(object, text) {
            return Err(format!("spec.tls.{place} is not known: {reason}"));
        }
        let (certificates, found) = blocks(text, place)?;
        chain.extend(certificates);
        keys.extend(found);
    }
    if chain.is_empty() {
        return Err("there is no certificate in spec.tls.certificate".into());
    }
    let key = keys.into_iter().next();
    Ok(Some(Identity { name: name.to_owned(), chain, key, anchors: vec![], files: None }))
}

fn destination(object: &Resource<'_>) -> Result<Option<Vec<Certificate>>, String> {
    let text = text_at(object.value, "spec.tls.destinationCACertificate").unwrap_or_default();
    match unknown(object, text) {
        Some(reason) => Err(format!("spec.tls.destinationCACertificate is not known: {reason}")),
        None if text.is_empty() => Ok(None),
        None => Ok(Some(blocks(text, "destinationCACertificate")?.0)),
    }
}

fn blocks(text: &str, place: &str) -> Result<(Vec<Certificate>, Vec<PrivateKey>), String> {
    let (mut certificates, mut keys) = (Vec::new(), Vec::new());
    if text.is_empty() {
        return Ok((certificates, keys));
    }
    let blocks = pem::read(text.as_bytes(), place).map_err(|error| match error {
        Error::UnusableKey { reason, .. } => format!("the private key cannot be used here: {reason}"),
        other => other.to_string(),
    })?;
    for block in blocks {
        match block {
            Block::Certificate(certificate) => certificates.push(certificate),
            Block::Key(key) => keys.push(key),
            _ => {}
        }
    }
    Ok((certificates, keys))
}

/// Weights are 100 where nothing is said.
fn has_weight(route: &Value) -> bool {
    let others = value_at(route, "spec.alternateBackends").and_then(Value::as_array);
    let backends = value_at(route, "spec.to").into_iter().chain(others.into_iter().flatten());
    let weight = |backend: &Value| backend.get("weight").and_then(Value::as_i64).unwrap_or(100);
    backends.map(weight).any(|weight| weight > 0)
}

/// Why every router that looked at it did not admit it.
fn status(route: &Value) -> Option<String> {
    let routers = value_at(route, "status.ingress").and_then(Value::as_array)?;
    let conditions = routers.iter().flat_map(|one| one.get("conditions").and_then(Value::as_array)).flatten();
    let admitted: Vec<&Value> =
        conditions.filter(|condition| text_at(condition, "type") == Some("Admitted")).collect();
    let refused = |condition: &&&Value| text_at(condition, "status") == Some("False");
    if admitted.is_empty() || !admitted.iter().all(|condition| refused(&condition)) {
        return None;
    }
    let condition = admitted.first()?;
    let part = |field| text_at(condition, field).unwrap_or("no reason given");
    Some(format!("{}: {}", part("reason"), part("message")))
}
