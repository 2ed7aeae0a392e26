//! Kubernetes resources in YAML or JSON: in documents, Lists and Templates.

use std::collections::BTreeMap;

use serde_json::Value;

/// A Kubernetes resource.
#[derive(Debug, Clone, Copy)]
pub struct Resource<'a> {
    /// Its fields.
    pub value: &'a Value,
    /// Whether it is in a Template, where `${...}` stands for a value that is not known yet.
    pub in_template: bool,
    /// Its position among the resources, from 1.
    pub number: usize,
}

/// Why text is not YAML or JSON. It does not quote the text, which may hold a private key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong, with the position.
    pub message: String,
    /// The line, from 1, where it is known.
    pub line: Option<usize>,
    /// The column, in characters from 1, where it is known.
    pub column: Option<usize>,
}

impl SyntaxError {
    /// Bytes that are not text.
    pub fn not_utf8() -> Self {
        Self { message: "this is not UTF-8 text".into(), line: None, column: None }
    }

    fn of(error: &serde_saphyr::Error) -> Self {
        let error = error.without_snippet();
        let location = error.location().filter(|location| location.line() > 0);
        let (line, column) = (location.map(|at| at.line()), location.map(|at| at.column()));
        let number = |value| usize::try_from(value).ok();
        Self { message: error.to_string(), line: line.and_then(number), column: column.and_then(number) }
    }
}

/// Reads every document of YAML (or JSON, which is YAML) text, with the parameters of Templates replaced. Base64 in
/// `data` of Secrets is moved to `stringData`.
///
/// # Errors
/// What is wrong with the text, with line and column.
pub fn read(text: &str) -> Result<Vec<Value>, SyntaxError> {
    let mut documents =
        serde_saphyr::from_multiple::<Value>(text).map_err(|error| SyntaxError::of(&error))?;
    documents.iter_mut().filter(|document| kind(document) == Some("Template")).for_each(fill_in);
    documents.iter_mut().for_each(open_secrets);
    Ok(documents)
}

/// All resources, in order; Lists and Templates are replaced by what they hold.
pub fn resources(documents: &[Value]) -> Vec<Resource<'_>> {
    let mut resources = Vec::new();
    for document in documents {
        let held = match kind(document) {
            Some("List" | "RouteList") => document.get("items"),
            Some("Template") => document.get("objects"),
            _ => None,
        };
        let in_template = kind(document) == Some("Template");
        let values = match held {
            Some(Value::Array(values)) => values.as_slice(),
            _ => std::slice::from_ref(document),
        };
        for value in values {
            resources.push(Resource { value, in_template, number: resources.len() + 1 });
        }
    }
    resources
}

/// The value at a path such as `spec.to.name`; `null` is nothing.
pub fn value_at<'a>(object: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(object, |value, field| value.get(field)).filter(|value| !value.is_null())
}

/// The text at a path.
pub fn text_at<'a>(object: &'a Value, path: &str) -> Option<&'a str> {
    value_at(object, path)?.as_str()
}

/// The Secret of the external certificate of a Route, with its name, if it is among the objects. It is in the Route's
/// namespace (openshift/api, `LocalObjectReference`), as far as both say theirs.
pub fn secret_of<'a>(route: &'a Value, all: &[Resource<'a>]) -> Option<(&'a str, &'a Value)> {
    let name = text_at(route, "spec.tls.externalCertificate.name")?;
    let namespace = |object: &'a Value| text_at(object, "metadata.namespace");
    let is_near = |secret| match (namespace(route), namespace(secret)) {
        (Some(own), Some(other)) => own == other,
        _ => true,
    };
    let is_it = |object: &&Resource<'a>| {
        kind(object.value) == Some("Secret")
            && text_at(object.value, "metadata.name") == Some(name)
            && is_near(object.value)
    };
    all.iter().find(is_it).map(|object| (name, object.value))
}

/// Whether it is a Route of OpenShift; others (Knative, for one) have objects of that kind, too.
pub fn is_route(object: &Value) -> bool {
    let group = match object.get("apiVersion") {
        None => true,
        Some(version) => {
            version.as_str().is_some_and(|text| text.starts_with("route.openshift.io/") || text == "v1")
        }
    };
    kind(object) == Some("Route") && group
}

/// The object's kind.
pub fn kind(object: &Value) -> Option<&str> {
    object.get("kind")?.as_str()
}

/// Moves what is as base64 in `data` of Secrets to `stringData`, as far as it is text; both mean the same to a
/// cluster, but `stringData` wins where a name is in both.
fn open_secrets(value: &mut Value) {
    for list in ["items", "objects"] {
        if let Some(Value::Array(values)) = value.get_mut(list) {
            values.iter_mut().for_each(open_secrets);
        }
    }
    if kind(value) != Some("Secret") {
        return;
    }
    let Some(Value::Object(data)) = value.get_mut("data") else { return };
    let mut opened = Vec::new();
    data.retain(|name, encoded| {
        let text = encoded.as_str().and_then(base64).and_then(|bytes| String::from_utf8(bytes).ok());
        text.map(|text| opened.push((name.clone(), Value::String(text)))).is_none()
    });
    let Value::Object(secret) = value else { return };
    let strings = secret.entry("stringData").or_insert_with(|| Value::Object(serde_json::Map::new()));
    if let Value::Object(strings) = strings {
        for (name, text) in opened {
            strings.entry(name).or_insert(text);
        }
    }
}

/// Bytes from base64 (RFC 4648, section 4), or nothing if it is none; line ends are skipped, as the reader of Kubernetes
/// does.
pub fn base64(text: &str) -> Option<Vec<u8>> {
    use base64ct::{Base64, Encoding};
    Base64::decode_vec(&text.replace(['\n', '\r'], "")).ok()
}

/// Puts the values of a Template's parameters where they belong; a parameter without a value stays as it is.
fn fill_in(template: &mut Value) {
    let mut values = BTreeMap::new();
    for parameter in template.get("parameters").and_then(Value::as_array).into_iter().flatten() {
        let text = |key: &str| parameter.get(key).and_then(Value::as_str).map(str::to_owned);
        if let (Some(name), Some(value)) = (text("name"), text("value")) {
            values.insert(name, value);
        }
    }
    if let Some(objects) = template.get_mut("objects") {
        replace(objects, &values);
    }
}

/// The text with values for the parameters that have one; what a value holds is not looked at again.
fn filled(text: &str, parameters: &BTreeMap<String, String>) -> String {
    let mut parts = text.split("${");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let known = part.split_once('}').and_then(|(name, rest)| Some((parameters.get(name)?, rest)));
        match known {
            Some((value, rest)) => filled.extend([value.as_str(), rest]),
            None => filled.extend(["${", part]),
        }
    }
    filled
}

fn replace(value: &mut Value, parameters: &BTreeMap<String, String>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, parameters)),
        Value::Object(fields) => fields.values_mut().for_each(|field| replace(field, parameters)),
        Value::String(text) if text.contains("${") => {
            let whole = text.strip_prefix("${{").and_then(|rest| rest.strip_suffix("}}"));
            if let Some(found) = whole.and_then(|name| parameters.get(name)) {
                // `${{X}}` stands for a JSON value, not for text.
                *value = serde_json::from_str(found).unwrap_or_else(|_| Value::String(found.clone()));
                return;
            }
            *text = filled(text, parameters);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn a_parameter_is_replaced_once_by_its_value_and_stays_without_one() {
        let template = r#"{"kind": "Template", "parameters": [{"name": "A", "value": "${B}"}, {"name": "B", "value": "b"},
            {"name": "N", "value": "8080"}, {"name": "T", "value": "http"}, {"name": "E"}],
            "objects": [{"x": "${A}-${B}-${E}-${C}-${", "n": "${{N}}", "t": "${{T}}", "s": "${N}"}]}"#;
        let documents = read(template).expect("it is JSON");
        let expected = serde_json::json!({"x": "${B}-b-${E}-${C}-${", "n": 8080, "t": "http", "s": "8080"});
        assert_eq!(documents[0]["objects"][0], expected);
    }
}
