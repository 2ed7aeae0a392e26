//! An error, part by part: for people and for programs.

use serde::Serialize;
use serde_json::Value;

use super::finding_text::describe;
use super::hint;
use crate::cli::failure::{Failure, Kind, Problem};
use crate::cli::global::Global;
use crate::error::Error;
use crate::finding::Finding;

/// An error, ready to be shown.
pub(in crate::cli) struct RenderedError {
    /// What went wrong; several where several things did.
    pub(in crate::cli) messages: Vec<String>,
    /// What is wrong with files, one by one.
    findings: Vec<Value>,
    pub(in crate::cli) expected: Option<String>,
    pub(in crate::cli) found: Option<String>,
    /// The outermost first.
    pub(in crate::cli) causes: Vec<String>,
    pub(in crate::cli) hint: Option<String>,
    exit_code: u8,
}

impl RenderedError {
    /// A failed command.
    pub(in crate::cli) fn of(failure: &Failure, global: &Global) -> Self {
        let mut rendered = Self {
            messages: messages(failure),
            findings: findings(failure),
            expected: None,
            found: None,
            causes: Vec::new(),
            hint: failure.hint.clone(),
            exit_code: failure.exit_code(),
        };
        if let Kind::Library(error) = &failure.kind {
            let explanation = error.explanation();
            (rendered.expected, rendered.found) = (explanation.expected, explanation.found);
            let mut source = std::error::Error::source(error.innermost());
            while let Some(cause) = source {
                rendered.causes.push(cause.to_string());
                source = cause.source();
            }
            rendered.hint = rendered.hint.or_else(|| hint::for_error(error, global));
        }
        rendered
    }

    /// Wrong usage: what went wrong is what clap says first, and the tips that follow are the hint.
    pub(in crate::cli) fn of_usage(error: &clap::Error) -> Self {
        let text = error.to_string();
        let mut parts = text.split("\n\n").map(str::trim);
        let first = parts.next().unwrap_or_default();
        let message = match first.strip_prefix("error: ") {
            Some(message) => message.to_owned(),
            None => "no command given".into(),
        };
        let tips = parts.flat_map(str::lines).filter_map(|line| line.trim().strip_prefix("tip: "));
        let tips: Vec<&str> = tips.collect();
        Self {
            messages: vec![message],
            findings: Vec::new(),
            expected: None,
            found: None,
            causes: Vec::new(),
            hint: Some(tips.join("; ")).filter(|hint| !hint.is_empty()),
            exit_code: u8::try_from(error.exit_code()).unwrap_or(2),
        }
    }

    /// One JSON document.
    pub(in crate::cli) fn json(&self) -> String {
        #[derive(Serialize)]
        struct Document<'a> {
            schema: u32,
            error: Parts<'a>,
        }
        #[derive(Serialize)]
        struct Parts<'a> {
            message: String,
            expected: Option<&'a str>,
            found: Option<&'a str>,
            causes: &'a [String],
            hint: Option<&'a str>,
            exit_code: u8,
            findings: &'a [Value],
        }
        let error = Parts {
            message: self.messages.join("\n"),
            expected: self.expected.as_deref(),
            found: self.found.as_deref(),
            causes: &self.causes,
            hint: self.hint.as_deref(),
            exit_code: self.exit_code,
            findings: &self.findings,
        };
        serde_json::to_string_pretty(&Document { schema: 1, error }).expect("texts always encode")
    }
}

/// What went wrong, in a text for each thing.
fn messages(failure: &Failure) -> Vec<String> {
    match &failure.kind {
        Kind::Manifest(problems) => {
            let text = |problem: &Problem| match &problem.expected {
                Some(expected) => format!("{problem}\n  expected: {expected}"),
                None => problem.to_string(),
            };
            problems.iter().map(text).collect()
        }
        Kind::Library(error) => match described(error) {
            texts if texts.is_empty() => vec![error.to_string()],
            texts => texts,
        },
        _ => vec![failure.to_string()],
    }
}

/// The findings of an error, each behind the place that the error has in front.
fn described(error: &Error) -> Vec<String> {
    match error {
        Error::At { place, error } => {
            described(error).into_iter().map(|text| format!("{place}: {text}")).collect()
        }
        Error::Findings { findings } => findings.iter().map(describe).collect(),
        _ => Vec::new(),
    }
}

fn findings(failure: &Failure) -> Vec<Value> {
    match &failure.kind {
        Kind::Manifest(problems) => {
            problems.iter().filter_map(|one| serde_json::to_value(one).ok()).collect()
        }
        Kind::Library(error) => match error.innermost() {
            Error::Findings { findings } => findings.iter().map(Finding::to_json).collect(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}
