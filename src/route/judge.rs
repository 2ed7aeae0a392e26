//! What must come of a visit, and whether it did.

use rustls::{CertificateError, Error};

use super::declared::Termination;
use super::fixture::RouteFixture;
use super::http::HttpResponse;
use super::visit::{Response, Visit, all};
use super::{RouterError, fix, pod};
use crate::handshake::TlsVersion;
use crate::handshake::{Refusal, SessionError, alert_name};
use crate::pki::Certificate;
use crate::report::{Check, Group, Outcome};

/// A visit and what must come of it.
pub(super) struct PlannedVisit {
    /// The place of the Route that it is about.
    pub(super) route: usize,
    pub(super) id: String,
    pub(super) title: &'static str,
    pub(super) subject: String,
    /// The TLS version, if there is TLS.
    pub(super) version: Option<TlsVersion>,
    /// Or the outcome, if there cannot be a visit.
    pub(super) visit: Result<Visit, Outcome>,
    pub(super) expected: Expected,
}

/// What must come of a visit.
pub(super) enum Expected {
    /// What this pod says, behind the certificate of its Route.
    Page(String),
    /// What this pod says, behind a certificate that only the cluster knows.
    PageBehindDefault(String),
    /// The way to this URL.
    Redirect(String),
    /// Anything but a page of this Route's pods.
    NoPage,
    /// The router's own certificate, and 503.
    Stranger,
    /// The visitor does not know the issuer of the certificate.
    RefusedByVisitor,
    /// The pod does not accept the visitor.
    RefusedByPod(Refusal),
    /// The router does not know the issuer of the pod's certificate.
    PodRefused,
}

/// Makes visits and adds what came of them; returns the Routes whose pods were reached over TLS, by version.
pub(super) fn execute(
    fixture: &RouteFixture<'_>,
    plan: Vec<PlannedVisit>,
    checks: &mut Vec<Check>,
) -> Vec<(usize, TlsVersion)> {
    let mut visits = Vec::new();
    let mut rest = Vec::new();
    for PlannedVisit { route, id, title, subject, version, visit, expected } in plan {
        let group = expected.group();
        let check = move |outcome| Check::new(id, group, title, subject, outcome);
        match visit {
            Ok(visit) => {
                visits.push(visit);
                rest.push((check, Ok((route, version, expected))));
            }
            Err(outcome) => rest.push((check, Err(outcome))),
        }
    }
    let responses = all(&fixture.router, &visits);
    let mut results = visits.iter().zip(&responses);
    let mut reached = Vec::new();
    for (check, planned) in rest {
        checks.push(match planned {
            Err(outcome) => check(outcome),
            Ok((route, version, expected)) => {
                let (visit, response) =
                    results.next().expect("each visit has its response, in the same order");
                let verdict = PageVerdict::of(fixture, route, &expected, visit, response);
                if let (true, Some(version)) = (verdict.reached, version) {
                    reached.push((route, version));
                }
                let took = response.took.as_secs_f64() * 1e3;
                let parts =
                    [Some(response.to_string()), shown(response), version.map(|version| version.to_string())];
                let parts: Vec<String> = parts.into_iter().flatten().collect();
                check(verdict.outcome)
                    .with_detail(format!("{}, {took:.1} ms", parts.join(", ")))
                    .took(response.took)
            }
        });
    }
    reached
}

/// Whose certificate the visitor took.
fn shown(response: &Response) -> Option<String> {
    let leaf = Certificate::from_der(response.leaf.as_ref()?, "the certificate that was shown").ok()?;
    Some(format!("certificate {:?}", leaf.title()))
}

impl Expected {
    fn group(&self) -> Group {
        match self {
            Self::Page(_) | Self::PageBehindDefault(_) | Self::Redirect(_) => Group::Handshake,
            _ => Group::Refusal,
        }
    }
}

struct PageVerdict {
    outcome: Outcome,
    /// Whether the page came that should.
    reached: bool,
}

impl PageVerdict {
    fn of(
        fixture: &RouteFixture<'_>,
        place: usize,
        expected: &Expected,
        visit: &Visit,
        response: &Response,
    ) -> Self {
        match expected {
            Expected::Page(page) => Self::page(fixture, place, page, visit, response, None),
            Expected::PageBehindDefault(page) => {
                let reason = "the pod is reached, but the Route has no certificate: visitors are shown the router's own, which is not known here";
                Self::page(fixture, place, page, visit, response, Some(reason))
            }
            _ => Self { outcome: other(fixture, place, expected, visit, response), reached: false },
        }
    }

    /// `but` is why a page that came proves too little.
    fn page(
        fixture: &RouteFixture<'_>,
        place: usize,
        page: &str,
        visit: &Visit,
        response: &Response,
        but: Option<&str>,
    ) -> Self {
        let came = matches!(&response.got, Ok(HttpResponse { status: 200, body, .. }) if body == page);
        let failed = |found: String| {
            let advice = fix::advice(fixture.route(place), &visit.host, response);
            Outcome::failed("200 from the pod of this Route", found).with_fix(advice)
        };
        let outcome = match (&response.got, &response.router.why) {
            (_, Some(RouterError::Unknown(reason))) => Outcome::skipped(reason.clone()),
            _ if came => but.map_or(Outcome::Passed, Outcome::skipped),
            (Ok(HttpResponse { status: 200, .. }), _) => failed("200 from the pod of another Route".into()),
            _ => failed(response.to_string()),
        };
        Self { outcome, reached: came }
    }
}

fn other(
    fixture: &RouteFixture<'_>,
    place: usize,
    expected: &Expected,
    visit: &Visit,
    response: &Response,
) -> Outcome {
    let router_refuses = |response: &Response| {
        let issuer = Error::InvalidCertificate(CertificateError::UnknownIssuer);
        response.router.why.as_ref().and_then(RouterError::tls) == Some(&issuer)
    };
    let status = response.got.as_ref().ok().map(|response| response.status);
    let (is_right, wanted) = match expected {
        Expected::Redirect(to) => {
            let got = response.got.as_ref().ok();
            let location = got.filter(|got| got.status == 302).and_then(|got| got.location.as_deref());
            (location == Some(to), format!("302 to {to}"))
        }
        Expected::NoPage => {
            let own = ["http", "https"].map(|scheme| pod::page(place, scheme, &visit.host, &visit.path));
            let is_own = response.got.as_ref().is_ok_and(|got| own.contains(&got.body));
            (status.is_some() && !is_own, "503 from the router, or the page of another Route".into())
        }
        Expected::Stranger => {
            let default = response.leaf.as_deref() == Some(&*fixture.router.default.leaf);
            (default && status == Some(503), "the router's own certificate, and 503".into())
        }
        Expected::RefusedByVisitor => {
            let issuer = Error::InvalidCertificate(CertificateError::UnknownIssuer);
            let is_right = matches!(&response.got, Err(SessionError::Tls(error)) if *error == issuer);
            (is_right, "the visitor refuses: unknown issuer".into())
        }
        Expected::RefusedByPod(refusal) => {
            let by_pod = matches!(&response.router.pod, Some(SessionError::Tls(error)) if refusal.is(error));
            let told = matches!(&response.got, Err(SessionError::Tls(Error::AlertReceived(alert))) if *alert == refusal.alert());
            (by_pod && told, format!("the pod refuses with the alert {}", alert_name(refusal.alert())))
        }
        Expected::PodRefused => {
            (status == Some(503) && router_refuses(response), "503 from the router: unknown issuer".into())
        }
        Expected::Page(_) | Expected::PageBehindDefault(_) => (false, String::new()),
    };
    if is_right {
        return Outcome::Passed;
    }
    let advice = match (expected, fixture.route(place).termination) {
        (Expected::RefusedByPod(_), _) => "let the pod require client certificates of its own CA".to_owned(),
        (Expected::RefusedByVisitor, Termination::Passthrough) => {
            "give the pod a certificate of your own CA".into()
        }
        _ => fix::advice(fixture.route(place), &visit.host, response),
    };
    Outcome::failed(wanted, response.to_string()).with_fix(advice)
}
