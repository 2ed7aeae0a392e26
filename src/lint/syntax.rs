//! Rules about files of Kubernetes resources as a whole: whether they can be read, and whether lint has rules for them.

use std::collections::BTreeSet;

use crate::explanation::Explanation;
use crate::finding::{EnforcedBy, Finding, RuleInfo, Severity};
use crate::kubernetes::{self, Resource, SyntaxError};

pub(super) const SYNTAX: RuleInfo = RuleInfo {
    id: "manifest-syntax",
    severity: Severity::Error,
    source: "YAML 1.2; the strict readers of Kubernetes refuse duplicate keys",
    refused_by: Some(EnforcedBy::ApiServer),
    fix: "fix the file at the position in the message",
    errors_for: &[],
};

pub(super) const NOTHING: RuleInfo = RuleInfo {
    id: "manifest-nothing",
    severity: Severity::Note,
    source: "a report without findings would suggest that this file was checked",
    refused_by: None,
    fix: "name files with Routes, Secrets and ConfigMaps, or certificates in PEM or DER",
    errors_for: &[],
};

/// Kinds that a finding names: a file may have thousands of resources.
const MAX_KINDS: usize = 20;

/// Text that is not YAML or JSON.
pub(super) fn invalid(error: SyntaxError) -> Finding {
    let SyntaxError { message, line, column } = error;
    let finding = Finding::new(SYNTAX, "document".to_owned(), message, Explanation::default());
    Finding { line, column, ..finding }
}

/// Resources of which lint checks none.
pub(super) fn nothing(resources: &[Resource<'_>]) -> Finding {
    let kinds: BTreeSet<&str> =
        resources.iter().filter_map(|resource| kubernetes::kind(resource.value)).take(MAX_KINDS).collect();
    let found = match kinds.is_empty() {
        true => "no Kubernetes resource".to_owned(),
        false => kinds.iter().map(|kind| kind.escape_debug().to_string()).collect::<Vec<_>>().join(", "),
    };
    let explanation = Explanation::new("a Route, a Secret or a ConfigMap", found);
    Finding::new(NOTHING, "document".to_owned(), "nothing in this file is checked by lint", explanation)
}
