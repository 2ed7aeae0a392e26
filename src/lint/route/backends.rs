//! Where the Route leads.

use serde_json::Value;

use super::context::RouteContext;
use super::rule::{RouteRule, refused, unenforced};
use super::violation::RouteViolation;
use crate::finding::{EnforcedBy, Severity};

pub(super) const RULES: &[RouteRule] = &[
    refused(
        "route-to-kind",
        EnforcedBy::ApiServer,
        "library-go route validation: to and alternateBackends must reference a Service",
        "write kind: Service",
        kind,
    ),
    refused(
        "route-to-name",
        EnforcedBy::ApiServer,
        "library-go route validation and CRD: the name of a backend has at least one character",
        "name the Service",
        name,
    ),
    refused(
        "route-weight",
        EnforcedBy::ApiServer,
        "library-go route validation: weight must be an integer between 0 and 256",
        "choose a weight from 0 to 256; 100 is the default",
        weight,
    ),
    refused(
        "route-alternate-backends",
        EnforcedBy::ApiServer,
        "library-go route validation: cannot specify more than 3 alternate backends; CRD: each only once",
        "keep at most 3, each of them once",
        alternates,
    ),
    refused(
        "route-port",
        EnforcedBy::ApiServer,
        "library-go route validation: port.targetPort is required, not 0 and not empty",
        "give the number or the name of the pods' port, or leave spec.port out",
        port,
    ),
    unenforced(
        "route-port-range",
        Severity::Error,
        "RFC 9293, section 3.1: a port has 16 bits; nothing can listen elsewhere",
        "choose a port from 1 to 65535",
        port_range,
    ),
    unenforced(
        "route-port-quoted",
        Severity::Warning,
        "openshift/api route/v1: targetPort as text is looked up among the names of the endpoints' ports",
        "write the number without quotes",
        port_quoted,
    ),
];

/// `spec.to` and the alternate backends, with their paths.
fn backends<'a>(route: &RouteContext<'a>) -> Vec<(String, &'a Value)> {
    let main = route.value("spec.to").map(|value| ("spec.to".to_owned(), value));
    let others = route.value("spec.alternateBackends").and_then(Value::as_array);
    let others = others.into_iter().flatten().enumerate();
    main.into_iter().chain(others.map(|(i, value)| (format!("spec.alternateBackends[{i}]"), value))).collect()
}

fn text<'a>(route: &RouteContext<'_>, backend: &'a Value, field: &str) -> Option<&'a str> {
    backend.get(field)?.as_str().filter(|text| route.is_known(text))
}

fn kind(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let problem = |(path, backend): (String, &Value)| {
        // Absent and empty are defaulted to Service.
        let kind = text(route, backend, "kind").filter(|kind| !["Service", ""].contains(kind))?;
        let path = format!("{path}.kind");
        Some(route.problem(&path, "a Route leads to a Service only").expected("Service").found(kind))
    };
    backends(route).into_iter().filter_map(problem).collect()
}

fn name(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let problem = |(path, backend): (String, &Value)| {
        let empty = text(route, backend, "name")?.is_empty();
        empty.then(|| route.problem(&format!("{path}.name"), "the name of the Service is empty"))
    };
    backends(route).into_iter().filter_map(problem).collect()
}

fn weight(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let problem = |(path, backend): (String, &Value)| {
        let weight = backend.get("weight")?.as_i64().filter(|weight| !(0..=256).contains(weight))?;
        let problem = route.problem(&format!("{path}.weight"), "the weight is out of range");
        Some(problem.expected("a number from 0 to 256").found(weight.to_string()))
    };
    backends(route).into_iter().filter_map(problem).collect()
}

fn alternates(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let path = "spec.alternateBackends";
    let Some(all) = route.value(path).and_then(Value::as_array) else { return vec![] };
    let mut found = Vec::new();
    if all.len() > 3 {
        let problem = route.problem(path, "there are too many alternate backends");
        found.push(problem.expected("at most 3").found(all.len().to_string()));
    }
    let names: Vec<&str> = all.iter().filter_map(|backend| text(route, backend, "name")).collect();
    for (index, name) in names.iter().enumerate() {
        if names[..index].contains(name) {
            found.push(
                route.problem(&format!("{path}[{index}]"), "this Service is there already").found(*name),
            );
        }
    }
    found
}

fn port(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let path = "spec.port.targetPort";
    let message = match route.value(path) {
        Some(Value::Number(number)) if number.as_i64() == Some(0) => "no endpoint listens on port 0",
        Some(Value::String(name)) if name.is_empty() => "the name of the port is empty",
        _ => return vec![],
    };
    vec![route.problem(path, message)]
}

fn port_range(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let path = "spec.port.targetPort";
    let number = route.value(path).and_then(Value::as_i64).filter(|port| *port < 0 || *port > 65535);
    let problem = |port: i64| {
        route
            .problem(path, "there is no such port")
            .expected("a number from 1 to 65535")
            .found(port.to_string())
    };
    number.map(problem).into_iter().collect()
}

fn port_quoted(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let path = "spec.port.targetPort";
    let text = route.text(path).filter(|text| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()));
    let problem = |text| {
        let message = "a number in quotes is read as the name of a port";
        route.problem(path, message).expected("a number without quotes").found(format!("{text:?}"))
    };
    text.map(problem).into_iter().collect()
}
