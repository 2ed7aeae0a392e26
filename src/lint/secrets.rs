//! Secrets and ConfigMaps: what is missing in them, what does not belong there, and the PEM that they hold.

use serde_json::Value;

use crate::explanation::Explanation;
use crate::finding::{EnforcedBy, Finding, RuleInfo, Severity};
use crate::kubernetes::{self, Resource};

const FIELDS: RuleInfo = RuleInfo {
    id: "secret-tls-fields",
    severity: Severity::Error,
    source: "Kubernetes validation: a Secret of type kubernetes.io/tls has the fields tls.crt and tls.key",
    refused_by: Some(EnforcedBy::ApiServer),
    fix: "add the field, or choose another type of Secret",
    errors_for: &[],
};

const BASE64: RuleInfo = RuleInfo {
    id: "secret-base64",
    severity: Severity::Error,
    source: "Kubernetes API: the values in `data` of a Secret are base64 (RFC 4648, section 4)",
    refused_by: Some(EnforcedBy::ApiServer),
    fix: "encode the value with `base64 -w0`, or put it as it is into stringData",
    errors_for: &[],
};

const PUBLIC_KEY: RuleInfo = RuleInfo {
    id: "configmap-private-key",
    severity: Severity::Error,
    source: "Kubernetes documentation: a ConfigMap is not secret, and most roles may read it",
    refused_by: None,
    fix: "move the key into a Secret, and consider it disclosed",
    errors_for: &[],
};

/// The rules of this file.
pub(super) fn rules() -> [RuleInfo; 3] {
    [FIELDS, BASE64, PUBLIC_KEY]
}

/// What is wrong with the Secrets and ConfigMaps among the objects.
pub(super) fn check(objects: &[Resource<'_>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for object in objects {
        match kubernetes::kind(object.value) {
            Some("Secret") => findings.extend(secret(object)),
            Some("ConfigMap") => findings.extend(config_map(object)),
            _ => {}
        }
    }
    findings
}

/// The fields with PEM, by their places. Templates have parameters in theirs, so those are left out.
pub(super) fn pem_fields<'a>(object: &Resource<'a>) -> Vec<(String, &'a str)> {
    let fields = match kubernetes::kind(object.value) {
        Some("Secret") => "stringData",
        Some("ConfigMap") => "data",
        _ => return vec![],
    };
    let title = title(object);
    let all = object.value.get(fields).and_then(Value::as_object).into_iter().flatten();
    all.filter_map(|(name, value)| Some((name, value.as_str()?)))
        .filter(|(_, text)| text.contains("-----BEGIN ") && !(object.in_template && text.contains("${")))
        .map(|(name, text)| (format!("{title}: {}", name.escape_debug()), text))
        .collect()
}

fn secret(object: &Resource<'_>) -> Vec<Finding> {
    let field = |map: &str, name: &str| object.value.get(map).and_then(|map| map.get(name)).is_some();
    let is_tls = object.value.get("type").and_then(Value::as_str) == Some("kubernetes.io/tls");
    let missing = ["tls.crt", "tls.key"]
        .into_iter()
        .filter(|name| is_tls && !field("data", name) && !field("stringData", name))
        .map(|name| finding(FIELDS, object, name, "the field is missing", None));
    // What is base64 of text stands in stringData by now.
    let left = object.value.get("data").and_then(Value::as_object).into_iter().flatten();
    let damaged = left
        .filter(|(_, value)| !value.is_null() && value.as_str().and_then(kubernetes::base64).is_none())
        .filter(|(_, value)| !(object.in_template && value.as_str().is_some_and(|text| text.contains("${"))))
        .map(|(name, _)| finding(BASE64, object, name, "the value is not base64", Some("base64")));
    missing.chain(damaged).collect()
}

fn config_map(object: &Resource<'_>) -> Vec<Finding> {
    let keys = pem_fields(object).into_iter().filter(|(_, text)| text.contains("PRIVATE KEY-----"));
    keys.map(|(place, _)| Finding {
        place,
        ..finding(PUBLIC_KEY, object, "", "a private key in a ConfigMap", Some("certificates alone"))
    })
    .collect()
}

fn finding(
    rule: RuleInfo,
    object: &Resource<'_>,
    field: &str,
    message: &str,
    expected: Option<&str>,
) -> Finding {
    let place = format!("{}: {}", title(object), field.escape_debug());
    let explanation = Explanation { expected: expected.map(str::to_owned), ..Explanation::default() };
    Finding::new(rule, place, message, explanation)
}

fn title(object: &Resource<'_>) -> String {
    let kind = kubernetes::kind(object.value).unwrap_or("object");
    match object.value.pointer("/metadata/name").and_then(Value::as_str) {
        Some(name) => format!("{kind} {}", name.escape_debug()),
        None => format!("{kind} without a name (object {})", object.number),
    }
}
