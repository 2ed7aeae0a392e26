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
