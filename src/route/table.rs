//! Which Route a request belongs to. The rules are those of openshift/router (`pkg/router/template/util`, maps of regular
//! expressions that HAProxy searches in order), without regular expressions.

use super::declared::{Insecure, Route, Termination};

/// The admitted Routes in the order in which they are searched: whole hosts before wildcards, long paths before short.
pub(super) struct RouteTable<'a> {
    entries: Vec<(usize, &'a Route)>,
}

/// What the router does with plain HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plain {
    Redirect,
    Pod(usize),
    Nobody,
}

impl<'a> RouteTable<'a> {
    /// Of Routes and their places; those without a known host are left out.
    pub(super) fn new(routes: impl Iterator<Item = (usize, &'a Route)>) -> Self {
        let mut entries: Vec<(usize, &Route)> = routes.filter(|(_, route)| route.host.is_ok()).collect();
        entries.sort_by_key(|(_, route)| (route.wildcard, std::cmp::Reverse(route.path.len())));
        Self { entries }
    }

    /// The Route whose pod ends TLS for this name.
    pub(super) fn passthrough(&self, name: &str) -> Option<usize> {
        let is = |route: &Route| route.termination == Termination::Passthrough && route.path.is_empty();
        self.first(|route| is(route) && serves_host(route, name))
    }

    /// The Route whose certificate is shown for this name; the router's own is shown if there is none.
    pub(super) fn certificate(&self, name: &str) -> Option<usize> {
        self.first(|route| ends_tls(route) && matches!(route.own, Ok(Some(_))) && serves_host(route, name))
    }

    /// The Route that a request over TLS belongs to, once the router has decrypted it.
    pub(super) fn https(&self, host: &str, path: &str) -> Option<usize> {
        self.first(|route| ends_tls(route) && serves(route, host, path))
    }

    /// Where a request without TLS goes.
    pub(super) fn http(&self, host: &str, path: &str) -> Plain {
        let best = self.entries.iter().find(|(_, route)| serves(route, host, path));
        if best.is_some_and(|(_, route)| route.insecure == Insecure::Redirect) {
            return Plain::Redirect;
        }
        let is_open = |route: &Route| {
            route.insecure == Insecure::Allow && route.termination != Termination::Passthrough
        };
        let open = self.first(|route| is_open(route) && serves(route, host, path));
        open.map_or(Plain::Nobody, Plain::Pod)
    }

    /// Whether any Route has this host.
    pub(super) fn knows(&self, host: &str) -> bool {
        self.entries.iter().any(|(_, route)| serves_host(route, host))
    }

    fn first(&self, wanted: impl Fn(&Route) -> bool) -> Option<usize> {
        self.entries.iter().find(|(_, route)| wanted(route)).map(|(place, _)| *place)
    }
}

/// For each Route, the older Route that has its host already, by its place (openshift/router,
/// `pkg/router/controller/unique_host.go`; with one namespace for one host, which is the default).
pub(super) fn claims(routes: &[&Route]) -> Vec<Option<usize>> {
    let mut by_age: Vec<usize> = (0..routes.len()).collect();
    // RFC 3339 in UTC, as clusters write it, sorts as text. What has no time yet is younger than all.
    by_age.sort_by_key(|place| (routes[*place].created.is_empty(), &routes[*place].created));
    let mut claims = vec![None; routes.len()];
    for (nth, place) in by_age.iter().enumerate() {
        let older = by_age[..nth].iter().filter(|older| claims[**older].is_none());
        let owner = older.copied().find(|older| is_claimed(routes[*place], routes[*older]));
        claims[*place] = owner;
    }
    claims
}

fn is_claimed(route: &Route, older: &Route) -> bool {
    let same_host =
        route.host().is_some() && route.host() == older.host() && route.wildcard == older.wildcard;
    same_host && (route.path == older.path || route.namespace != older.namespace)
}

fn ends_tls(route: &Route) -> bool {
    matches!(route.termination, Termination::Edge | Termination::Reencrypt)
}

fn serves(route: &Route, host: &str, path: &str) -> bool {
    serves_host(route, host) && serves_path(&route.path, path)
}

/// A wildcard stands for exactly one label.
fn serves_host(route: &Route, asked: &str) -> bool {
    let (Some(own), asked) = (route.host(), asked.to_ascii_lowercase()) else { return false };
    let asked = asked.strip_suffix('.').unwrap_or(&asked);
    match (route.wildcard, own.split_once('.'), asked.split_once('.')) {
        (true, Some((_, parent)), Some((_, asked_parent))) => parent == asked_parent,
        (true, ..) => false,
        (false, ..) => own == asked,
    }
}

fn serves_path(own: &str, asked: &str) -> bool {
    if own.trim_end_matches('/').is_empty() {
        return true;
    }
    match asked.strip_prefix(own) {
        Some(rest) => own.ends_with('/') || rest.is_empty() || rest.starts_with('/'),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Plain, RouteTable, claims, serves_path};
    use crate::kubernetes;
    use crate::route::Route;

    fn routes(all: &[(&str, serde_json::Value)]) -> Vec<Route> {
        let values: Vec<serde_json::Value> = all
            .iter()
            .map(|(host, more)| {
                let mut spec = json!({"host": host, "to": {"name": "web"}});
                for (name, value) in more.as_object().expect("fields") {
                    spec[name] = value.clone();
                }
                json!({"kind": "Route", "metadata": {"name": host}, "spec": spec})
            })
            .collect();
        let objects = kubernetes::resources(&values);
        objects.iter().map(|object| Route::read(object, &objects, None)).collect()
    }

    #[test]
    fn a_path_covers_what_lies_below_it_and_not_what_begins_like_it() {
        for (own, asked, covered) in [
            ("", "/x", true),
            ("/", "/x", true),
            ("/a", "/a", true),
            ("/a", "/a/b", true),
            ("/a", "/ab", false),
            ("/a/", "/a/b", true),
            ("/a/", "/a", false),
        ] {
            assert_eq!(serves_path(own, asked), covered, "{own} {asked}");
        }
    }

    #[test]
    fn the_longest_path_and_the_whole_host_win() {
        let edge = |path: &str| json!({"tls": {"termination": "edge"}, "path": path});
        let wildcard = json!({"tls": {"termination": "edge"}, "wildcardPolicy": "Subdomain"});
        let all = routes(&[("w.a.b", wildcard), ("x.a.b", edge("/")), ("x.a.b", edge("/api"))]);
        let table = RouteTable::new(all.iter().enumerate());
        assert_eq!(table.https("x.a.b", "/api/1"), Some(2));
        assert_eq!(table.https("X.a.b.", "/apis"), Some(1));
        assert_eq!(table.https("any.a.b", "/"), Some(0));
        assert_eq!(table.https("one.more.a.b", "/"), None);
        assert_eq!(table.http("x.a.b", "/"), Plain::Nobody);
    }

    #[test]
    fn a_host_belongs_to_the_older_route() {
        let mut all = routes(&[("a.b", json!({})), ("a.b", json!({})), ("a.b", json!({"path": "/x"}))]);
        let claimed = |all: &[Route]| claims(&all.iter().collect::<Vec<_>>());
        assert_eq!(claimed(&all), [None, Some(0), None]);
        all[1].created = "2024-01-01T00:00:00Z".into();
        assert_eq!(claimed(&all), [Some(1), None, None]);
        all[2].namespace = Some("other".into());
        assert_eq!(claimed(&all), [Some(1), None, Some(1)]);
    }
}
