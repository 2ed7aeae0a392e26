//! Finds the objects in a manifest, wherever they lie.

use std::collections::BTreeMap;

use serde_json::Value;

/// An object of a manifest.
pub(super) struct Object<'a> {
    /// The object.
    pub(super) value: &'a Value,
    /// Whether it lies in a Template, where `${...}` stands for a value that is not known yet.
    pub(super) in_template: bool,
    /// Its place among the objects, from 1.
    pub(super) number: usize,
}

/// Reads every document of YAML (or JSON, which is YAML) text, with the parameters of Templates replaced. The error
/// does not quote the text, which may hold a private key.
pub(super) fn read(text: &str) -> Result<Vec<Value>, String> {
    let mut documents =
        serde_saphyr::from_multiple::<Value>(text).map_err(|error| error.without_snippet().to_string())?;
    documents.iter_mut().filter(|document| kind(document) == Some("Template")).for_each(fill_in);
    documents.iter_mut().for_each(open_secrets);
    Ok(documents)
}

/// All objects, in order; Lists and Templates are replaced by what they hold.
pub(super) fn objects(documents: &[Value]) -> Vec<Object<'_>> {
    let mut objects = Vec::new();
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
            objects.push(Object { value, in_template, number: objects.len() + 1 });
        }
    }
    objects
}

/// Whether it is a Route of OpenShift; others (Knative, for one) have objects of that kind, too.
pub(super) fn is_route(object: &Value) -> bool {
    let group = match object.get("apiVersion") {
        None => true,
        Some(version) => {
            version.as_str().is_some_and(|text| text.starts_with("route.openshift.io/") || text == "v1")
        }
    };
    kind(object) == Some("Route") && group
}

/// The object's kind.
pub(super) fn kind(object: &Value) -> Option<&str> {
    object.get("kind")?.as_str()
}

/// Moves what stands as base64 in `data` of Secrets to `stringData`, as far as it is text; both mean the same to a
/// cluster, but `stringData` wins where a name stands in both.
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

/// Bytes from base64 (RFC 4648, section 4); line ends are skipped, as the reader of Kubernetes does.
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    let text: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\n' | b'\r')).collect();
    let padding = text.iter().rev().take_while(|byte| **byte == b'=').count();
    let digits = &text[..text.len() - padding];
    if !text.len().is_multiple_of(4) || padding > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
    for chunk in digits.chunks(4) {
        let mut bits = 0u32;
        for byte in chunk {
            bits = bits << 6 | digit(*byte)?;
        }
        let whole = (bits << (6 * (4 - chunk.len()))).to_be_bytes();
        bytes.extend(&whole[1..chunk.len()]);
    }
    Some(bytes)
}

fn digit(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(value.into())
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
            for (name, found) in parameters {
                *text = text.replace(&format!("${{{name}}}"), found);
            }
        }
        _ => {}
    }
}
