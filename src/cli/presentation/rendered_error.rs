//! An error, part by part: for people and for programs.

use serde::Serialize;

use super::hint;
use crate::cli::failure::{Failure, Kind};
use crate::cli::global::Global;

/// An error, ready to be shown.
pub(in crate::cli) struct RenderedError {
    /// What went wrong; several where several things did.
    pub(in crate::cli) messages: Vec<String>,
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
            messages: match &failure.kind {
                Kind::Findings(findings) => findings.clone(),
                _ => vec![failure.to_string()],
            },
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
        }
        let error = Parts {
            message: self.messages.join("\n"),
            expected: self.expected.as_deref(),
            found: self.found.as_deref(),
            causes: &self.causes,
            hint: self.hint.as_deref(),
            exit_code: self.exit_code,
        };
        serde_json::to_string_pretty(&Document { schema: 1, error }).expect("texts always encode")
    }
}
