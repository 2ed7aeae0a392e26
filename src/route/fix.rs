//! What to do about a visit that did not end as it must.

use rustls::{AlertDescription, CertificateError, Error};

use super::RouterError;
use super::declared::{Route, Termination};
use super::visit::Response;
use crate::handshake::SessionError;

/// Advice for a visitor of `route` that got no page.
pub(super) fn advice(route: &Route, host: &str, response: &Response) -> String {
    match (&response.got, &response.router.why) {
        (Err(SessionError::Tls(error)), _) if !matches!(error, Error::AlertReceived(_)) => {
            shown(route, host, error)
        }
        (_, Some(why)) if why.tls().is_some() => {
            why.tls().map_or_else(String::new, |error| behind(route, error))
        }
        (_, Some(RouterError::NoWeight)) => "give a backend a weight above 0".into(),
        (Err(SessionError::Tls(_)), _) => {
            "let the pod trust the root of this client, and give the client a certificate for clientAuth"
                .into()
        }
        (Ok(_), _) => "let no other Route have this host and path".into(),
        _ => "read what the router and the pod say".into(),
    }
}

/// The visitor does not accept the certificate.
fn shown(route: &Route, host: &str, error: &Error) -> String {
    let holder = match route.termination {
        Termination::Passthrough => "the pod",
        _ => "the Route",
    };
    match error {
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => match route.termination {
            Termination::Passthrough => {
                "let the pod send its intermediates, or let visitors trust the root above its certificate".into()
            }
            _ => "put the intermediates into spec.tls.caCertificate, or let visitors trust the root above the certificate".into(),
        },
        Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => format!("give {holder} a certificate for {host}, or change spec.host"),
        _ => format!("give {holder} a new server certificate"),
    }
}

/// The router does not accept the pod, or the pod the router.
fn behind(route: &Route, error: &Error) -> String {
    let service_ca = !matches!(route.destination, Ok(Some(_)));
    match error {
        Error::InvalidCertificate(CertificateError::UnknownIssuer) if service_ca => {
            "set spec.tls.destinationCACertificate to the root above the pod's certificate: without it, only the CA of the cluster's services is trusted".into()
        }
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            "put the root above the pod's certificate into spec.tls.destinationCACertificate; it must be self-signed and valid".into()
        }
        Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => "give the pod a certificate for SERVICE.NAMESPACE.svc, or set spec.tls.destinationCACertificate".into(),
        Error::AlertReceived(AlertDescription::CertificateRequired | AlertDescription::HandshakeFailure) => {
            "the router has no client certificate for pods: choose passthrough, or let the pod not ask for one".into()
        }
        _ => "give the pod a new server certificate".into(),
    }
}
