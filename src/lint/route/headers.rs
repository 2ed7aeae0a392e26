//! `spec.httpHeaders`: headers that the router sets or deletes.

use serde_json::Value;

use super::context::RouteContext;
use super::rule::{RouteRule, refused};
use super::violation::RouteViolation;
use crate::finding::EnforcedBy;

pub(super) const RULES: &[RouteRule] = &[
    refused(
        "route-header-count",
        EnforcedBy::ApiServer,
        "library-go route validation: at most 20 actions for requests and 20 for responses",
        "keep at most 20",
        count,
    ),
    refused(
        "route-header-name",
        EnforcedBy::ApiServer,
        "library-go route validation: a header name is a token of RFC 9110 of at most 255 characters, each only once",
        "use letters, digits and -!#$%&'*+.^_`|~, and name each header once",
        name,
    ),
    refused(
        "route-header-reserved",
        EnforcedBy::ApiServer,
        "CRD: Strict-Transport-Security, Proxy, Cookie and Set-Cookie may not be modified via header actions",
        "leave the action out; HSTS has the annotation haproxy.router.openshift.io/hsts_header",
        reserved,
    ),
    refused(
        "route-header-action",
        EnforcedBy::ApiServer,
        "CRD: the type is Set or Delete; set is required when type is Set, and forbidden otherwise",
        "write type: Set with set.value, or type: Delete alone",
        action,
    ),
    refused(
        "route-header-value",
        EnforcedBy::ApiServer,
        "CRD: an HAProxy format string with the fetchers req.hdr (requests), res.hdr (responses), ssl_c_der and the converters lower, base64",
        "write plain text of at most 16384 characters, %% for a percent sign, or %[req.hdr(Name),lower] and the like",
        value,
    ),
];

/// The actions of one direction: its path, the fetcher that it allows, and the list.
struct Direction<'a> {
    path: &'static str,
    fetcher: &'static str,
    actions: &'a [Value],
}

fn directions<'a>(route: &RouteContext<'a>) -> Vec<Direction<'a>> {
    let all =
        [("spec.httpHeaders.actions.request", "req.hdr("), ("spec.httpHeaders.actions.response", "res.hdr(")];
    let direction = |(path, fetcher)| {
        let actions = route.value(path)?.as_array()?;
        Some(Direction { path, fetcher, actions })
    };
    all.into_iter().filter_map(direction).collect()
}

/// Calls `check` for every action with its place among the others.
fn each<'a>(
    route: &RouteContext<'a>,
    check: impl Fn(&Direction<'a>, usize, &'a Value) -> Option<(&'static str, &'static str)>,
) -> Vec<RouteViolation> {
    let mut found = Vec::new();
    for direction in directions(route) {
        for (index, action) in direction.actions.iter().enumerate() {
            if let Some((field, message)) = check(&direction, index, action) {
                found.push(route.problem(&format!("{}[{index}].{field}", direction.path), message));
            }
        }
    }
    found
}

fn count(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let long = directions(route).into_iter().filter(|direction| direction.actions.len() > 20);
    long.map(|direction| {
        let found = direction.actions.len().to_string();
        route.problem(direction.path, "there are too many actions").expected("at most 20").found(found)
    })
    .collect()
}

fn name(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    let token = |c: char| c.is_ascii_alphanumeric() || "-!#$%&'*+.^_`|~".contains(c);
    each(route, |direction, index, action| {
        let name = action.get("name")?.as_str()?;
        if name.is_empty() || name.len() > 255 || !name.chars().all(token) {
            return Some(("name", "this is not the name of an HTTP header"));
        }
        let earlier = &direction.actions[..index];
        let twice = earlier.iter().any(|other| other.get("name") == action.get("name"));
        twice.then_some(("name", "there is an action for this header already"))
    })
}

fn reserved(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    each(route, |_, _, action| {
        let name = action.get("name")?.as_str()?.to_ascii_lowercase();
        let reserved =
            ["strict-transport-security", "proxy", "cookie", "set-cookie"].contains(&name.as_str());
        reserved.then_some(("name", "this header may not be changed"))
    })
}

fn action(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    each(route, |_, _, action| {
        let action = action.get("action")?;
        let sets = action.get("set").is_some_and(|set| !set.is_null());
        match action.get("type")?.as_str()? {
            "Set" if !sets => Some(("action.set", "the type Set needs a value to set")),
            "Delete" if sets => Some(("action.set", "the type Delete sets nothing")),
            "Set" | "Delete" => None,
            _ => Some(("action.type", "the type is neither Set nor Delete")),
        }
    })
}

fn value(route: &RouteContext<'_>) -> Vec<RouteViolation> {
    each(route, |direction, _, action| {
        let value = action.get("action")?.get("set")?.get("value")?.as_str()?;
        let message = if value.is_empty() {
            "the value is empty"
        } else if value.chars().count() > 16384 {
            "the value is too long"
        } else if !is_format(value, direction.fetcher) {
            "the value is not a format string allowed in a Route"
        } else {
            return None;
        };
        Some(("action.set.value", message))
    })
}

/// Whether all of `text` is made of plain characters, `%%` and allowed `%[...]` expressions.
fn is_format(text: &str, fetcher: &str) -> bool {
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let tail = &rest[first.len_utf8()..];
        let next = match first {
            '%' => tail.strip_prefix('%').or_else(|| expression(tail, fetcher)),
            c if c.is_ascii_control() => None,
            _ => Some(tail),
        };
        match next {
            Some(next) => rest = next,
            None => return false,
        }
    }
    true
}

/// What follows an expression `{+Q,-X}[fetcher(...),converter]` at the start of `text`.
fn expression<'a>(text: &'a str, fetcher: &str) -> Option<&'a str> {
    let body = match text.strip_prefix('{') {
        None => text,
        Some(flags) => {
            let (flags, body) = flags.split_once('}')?;
            let flag = |flag: &str| matches!(flag.strip_prefix(['+', '-']).unwrap_or(flag), "Q" | "X" | "E");
            flags.split(',').all(flag).then_some(body)?
        }
    };
    let body = body.strip_prefix('[')?;
    let mut rest = match body.strip_prefix(fetcher) {
        Some(header) => {
            let (name, rest) = header.split_once(')')?;
            let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
            plain.then_some(rest)?
        }
        None => body.strip_prefix("ssl_c_der")?,
    };
    while let Some(next) = rest.strip_prefix(",lower").or_else(|| rest.strip_prefix(",base64")) {
        rest = next;
    }
    rest.strip_prefix(']')
}
