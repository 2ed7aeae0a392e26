//! Findings as SARIF 2.1.0 (OASIS), which code hosts and editors show beside the files.

use serde_json::{Value, json};

use super::rules;
use crate::finding::{Finding, RuleInfo, Severity};

/// One run with these findings. Every rule is described, broken or not.
pub fn sarif(findings: &[Finding]) -> Value {
    let rules = rules();
    let results: Vec<Value> = findings.iter().map(|finding| result(finding, &rules)).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "pkictl",
                "version": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules.iter().map(rule).collect::<Vec<Value>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn rule(info: &RuleInfo) -> Value {
    json!({
        "id": info.id,
        "shortDescription": {"text": info.id.replace('-', " ")},
        "fullDescription": {"text": info.source},
        "help": {"text": info.fix},
        "defaultConfiguration": {"level": level(info.severity)},
    })
}

fn result(finding: &Finding, rules: &[RuleInfo]) -> Value {
    let mut text = format!("{}: {}", finding.place, finding.message);
    for (name, value) in [("expected", &finding.explanation.expected), ("found", &finding.explanation.found)]
    {
        if let Some(value) = value {
            text += &format!("; {name} {value}");
        }
    }
    let mut location = json!({"logicalLocations": [{"fullyQualifiedName": finding.place}]});
    if let Some(file) = &finding.file {
        // Without a line some code hosts show nothing.
        let mut region = json!({"startLine": finding.line.unwrap_or(1)});
        if let Some(column) = finding.column {
            region["startColumn"] = column.into();
        }
        location["physicalLocation"] = json!({"artifactLocation": {"uri": uri(file)}, "region": region});
    }
    json!({
        "ruleId": finding.rule.id,
        "ruleIndex": rules.iter().position(|rule| rule.id == finding.rule.id),
        "level": level(finding.rule.severity),
        "message": {"text": text},
        "locations": [location],
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

/// A path as a URI reference (RFC 3986, section 4.2).
fn uri(path: &str) -> String {
    let path = path.replace('\\', "/");
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let escaped = path.bytes().map(|byte| match plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    });
    let text: String = escaped.collect();
    if text.starts_with('/') { format!("file://{text}") } else { text }
}
