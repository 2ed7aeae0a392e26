//! Warnings about a kept CA that differs from the options, and about a new CA that lacks what the old one had.

use super::InitArgs;
use crate::cli::{environment, passphrase};
use crate::error::Result;
use crate::pki::certificate::Details;
use crate::pki::{NameConstraints, Notice, Subtrees};
use crate::store::{Environment, ISSUING, ROOT};

/// A warning for each option that the kept CA does not match. Its validity is not compared: that changes every day.
pub(super) fn differences(args: &InitArgs, environment: &Environment) -> Result<Vec<Notice>> {
    let root = root(environment)?;
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".into());
    let mut found = Vec::new();
    let mut differs = |option: &str, is: String| {
        found.push(Notice::Warning(format!("ignoring `{option}`: the existing CA is kept, and {is}")));
    };
    if args.org.is_some() && args.org != root.subject.organization() {
        differs("--org", format!("its organization is {}", text(&root.subject.organization())));
    }
    if args.cn.is_some() && args.cn != root.subject.common_name() {
        differs("--cn", format!("its common name is {}", text(&root.subject.common_name())));
    }
    if args.key_type.as_ref().is_some_and(|wanted| *wanted != root.key_type.to_string()) {
        differs("--key-type", format!("its key is {}", root.key_type));
    }
    let permitted = root.name_constraints.as_deref().map(Subtrees::to_requested).unwrap_or_default();
    let is = |constraints: &NameConstraints| match constraints.is_empty() {
        true => "it has no name constraints".to_owned(),
        false => format!("its name constraints are {constraints}"),
    };
    if !args.permit_dns.is_empty() && !same(&args.permit_dns, &permitted.permitted_dns) {
        differs("--permit-dns", is(&permitted));
    }
    let networks = |all: &[crate::pki::Cidr]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
    if !args.permit_ip.is_empty() && !same(&networks(&args.permit_ip), &networks(&permitted.permitted_ip)) {
        differs("--permit-ip", is(&permitted));
    }
    if args.intermediate && !has_intermediate(environment) {
        differs("--intermediate", "it has no issuing CA".into());
    }
    if args.encrypt_key && !environment.authority_key_is_encrypted(ROOT) {
        differs("--encrypt-key", "its key is not encrypted".into());
    }
    Ok(found)
}

/// What the CA to be replaced has, and its replacement lacks.
pub(super) fn lost(
    organization: Option<&str>,
    intermediate: bool,
    environment: &Environment,
) -> Result<Vec<Notice>> {
    let root = root(environment)?;
    let mut lost = Vec::new();
    if let (Some(old), None) = (root.subject.organization(), organization) {
        lost.push(Notice::Warning(format!(
            "the old CA had the organization {old}, the new one has none: add `--org`"
        )));
    }
    if has_intermediate(environment) && !intermediate {
        lost.push(Notice::Warning(
            "the old CA had an issuing CA, the new one has none: add `--intermediate`".into(),
        ));
    }
    let further: Vec<String> =
        environment.authorities().into_iter().filter(|name| name != ROOT && name != ISSUING).collect();
    if !further.is_empty() {
        lost.push(Notice::Warning(format!("additional CAs were moved aside: {}", further.join(", "))));
    }
    Ok(lost)
}

/// A note if a passphrase was available and nothing was encrypted with it.
pub(super) fn unused_passphrase() -> Option<Notice> {
    passphrase::is_in_variable().then(|| {
        Notice::Note(format!(
            "the CA key is not encrypted although {} is set; use `--encrypt-key`",
            environment::PASSPHRASE
        ))
    })
}

fn root(environment: &Environment) -> Result<Details> {
    Ok(environment.authority_chain(ROOT)?.swap_remove(0).details)
}

fn has_intermediate(environment: &Environment) -> bool {
    environment.authority_path(ISSUING).is_dir()
}

/// Whether both have the same members, in any order.
fn same<T: Ord + Clone>(one: &[T], other: &[T]) -> bool {
    let sorted = |all: &[T]| {
        let mut all = all.to_vec();
        all.sort();
        all.dedup();
        all
    };
    sorted(one) == sorted(other)
}
