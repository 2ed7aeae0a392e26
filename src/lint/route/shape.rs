//! The fields that a Route has, and the types of their values.

use serde_json::{Map, Value};

use super::context::RouteContext;
use super::rule::{RouteRule, refused, unenforced};
use super::violation::RouteViolation;
use crate::finding::{EnforcedBy, Severity};

pub(super) const RULES: &[RouteRule] = &[
    refused(
        "route-field-type",
        EnforcedBy::Crd,
        "route/v1 CRD: types of the schema",
        "give the field a value of the type that is expected",
        |route| problems(route, true),
    ),
    refused(
        "route-required",
        EnforcedBy::Crd,
        "route/v1 CRD: required fields (spec, spec.to, name, action); library-go route validation",
        "add the field",
        |route| required(route, &TOP, route.object, ""),
    ),
    unenforced(
        "route-field-unknown",
        Severity::Error,
        "route/v1 CRD: it has no such field; strict validation refuses it, others drop it without a word",
        "correct the spelling, or leave the field out",
        |route| problems(route, false),
    ),
];

enum Shape {
    Text,
    Integer,
    IntegerOrText,
    /// Text values under any key.
    Texts,
    /// Exactly these fields.
    Fields(&'static [Field]),
    /// These fields and others.
    Open(&'static [Field]),
    List(&'static Shape),
    Any,
}

struct Field {
    name: &'static str,
    shape: Shape,
    required: bool,
}

const fn optional(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, required: false }
}

const fn needed(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, required: true }
}

static TOP: Shape = Shape::Fields(&[
    needed("apiVersion", Shape::Text),
    needed("kind", Shape::Text),
    optional("metadata", METADATA),
    needed("spec", SPEC),
    optional("status", Shape::Any),
]);

const METADATA: Shape = Shape::Open(&[
    optional("name", Shape::Text),
    optional("generateName", Shape::Text),
    optional("namespace", Shape::Text),
    optional("labels", Shape::Texts),
    optional("annotations", Shape::Texts),
]);

const SPEC: Shape = Shape::Fields(&[
    optional("host", Shape::Text),
    optional("subdomain", Shape::Text),
    optional("path", Shape::Text),
    needed("to", BACKEND),
    optional("alternateBackends", Shape::List(&BACKEND)),
    optional("port", Shape::Fields(&[needed("targetPort", Shape::IntegerOrText)])),
    optional("tls", TLS),
    optional("wildcardPolicy", Shape::Text),
    optional("httpHeaders", Shape::Fields(&[optional("actions", ACTIONS)])),
]);

const BACKEND: Shape = Shape::Fields(&[
    optional("kind", Shape::Text),
    needed("name", Shape::Text),
    optional("weight", Shape::Integer),
]);

const TLS: Shape = Shape::Fields(&[
    needed("termination", Shape::Text),
    optional("certificate", Shape::Text),
    optional("key", Shape::Text),
    optional("caCertificate", Shape::Text),
    optional("destinationCACertificate", Shape::Text),
    optional("insecureEdgeTerminationPolicy", Shape::Text),
    optional("externalCertificate", Shape::Fields(&[needed("name", Shape::Text)])),
]);

const ACTIONS: Shape =
    Shape::Fields(&[optional("request", Shape::List(&HEADER)), optional("response", Shape::List(&HEADER))]);

const HEADER: Shape = Shape::Fields(&[needed("name", Shape::Text), needed("action", ACTION)]);

const ACTION: Shape = Shape::Fields(&[
    needed("type", Shape::Text),
    optional("set", Shape::Fields(&[needed("value", Shape::Text)])),
]);

/// Values of the wrong type, or fields that are not known.
fn problems(route: &RouteContext<'_>, types: bool) -> Vec<RouteViolation> {
    let mut found = Vec::new();
    walk(route, &TOP, route.object, "", types, &mut found);
    found
}

fn walk(
    route: &RouteContext<'_>,
    shape: &Shape,
    value: &Value,
    path: &str,
    types: bool,
    found: &mut Vec<RouteViolation>,
) {
    // The API reads null as if the field were not there.
    if value.is_null() || value.as_str().is_some_and(|text| !route.is_known(text)) {
        return;
    }
    let expected = match (shape, value) {
        (Shape::Any, _) | (Shape::Text | Shape::IntegerOrText, Value::String(_)) => return,
        (Shape::Integer | Shape::IntegerOrText, Value::Number(number)) if is_int32(number) => return,
        (Shape::Fields(fields) | Shape::Open(fields), Value::Object(object)) => {
            let open = matches!(shape, Shape::Open(_));
            for (name, value) in object {
                match fields.iter().find(|field| field.name == name) {
                    Some(field) => walk(route, &field.shape, value, &join(path, name), types, found),
                    None if types || open => {}
                    None => found.push(unknown(route, fields, path, name)),
                }
            }
            return;
        }
        (Shape::Texts, Value::Object(object)) => {
            for (name, value) in object {
                walk(route, &Shape::Text, value, &join(path, name), types, found);
            }
            return;
        }
        (Shape::List(item), Value::Array(values)) => {
            for (index, value) in values.iter().enumerate() {
                walk(route, item, value, &format!("{path}[{index}]"), types, found);
            }
            return;
        }
        (Shape::Text, _) => "text (quote a value that looks like something else)",
        (Shape::Integer, _) => "a whole number of 32 bits",
        (Shape::IntegerOrText, _) => "a whole number of 32 bits, or text",
        (Shape::List(_), _) => "a list",
        (Shape::Fields(_) | Shape::Open(_) | Shape::Texts, _) => "a mapping",
    };
    if types {
        found.push(
            route.problem(path, "the value has the wrong type").expected(expected).found(describe(value)),
        );
    }
}

fn required(route: &RouteContext<'_>, shape: &Shape, value: &Value, path: &str) -> Vec<RouteViolation> {
    let mut found = Vec::new();
    match (shape, value) {
        (Shape::Fields(fields), Value::Object(object)) => {
            for field in *fields {
                let path = join(path, field.name);
                match present(object, field.name) {
                    Some(value) => found.extend(required(route, &field.shape, value, &path)),
                    None if field.required => found.push(route.problem(&path, "this field is required")),
                    None => {}
                }
            }
        }
        (Shape::List(item), Value::Array(values)) => {
            for (index, value) in values.iter().enumerate() {
                found.extend(required(route, item, value, &format!("{path}[{index}]")));
            }
        }
        _ => {}
    }
    found
}

fn present<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object.get(name).filter(|value| !value.is_null())
}

fn unknown(route: &RouteContext<'_>, fields: &[Field], path: &str, name: &str) -> RouteViolation {
    let known: Vec<&str> = fields.iter().map(|field| field.name).collect();
    let place = join(path, &name.escape_debug().to_string());
    route.problem(&place, "a Route has no such field").expected(format!("one of {}", known.join(", ")))
}

fn is_int32(number: &serde_json::Number) -> bool {
    number.as_i64().is_some_and(|number| i32::try_from(number).is_ok())
}

fn describe(value: &Value) -> String {
    match value {
        Value::Null => "nothing".into(),
        Value::Bool(value) => format!("the boolean {value}"),
        Value::Number(number) => format!("the number {number}"),
        Value::String(_) => "text".into(),
        Value::Array(_) => "a list".into(),
        Value::Object(_) => "a mapping".into(),
    }
}

fn join(path: &str, field: &str) -> String {
    if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") }
}
