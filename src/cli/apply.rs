//! `pkictl plan` and `pkictl apply`: what a manifest would change, and changing it.

use std::path::Path;

use serde::Serialize;

use super::args::apply::ReconcileArgs;
use super::args::{ApplyArgs, PlanArgs};
use super::failure::Failure;
use super::global::{Format, Global};
use super::manifest_context::ManifestContext;
pub(super) use super::presentation::hint::given as options;
use super::presentation::output::{BOLD, DIM, GREEN, Output, YELLOW, paint, table};
use super::presentation::progress;
use crate::manifest::FILE_NAME;
use crate::pki::Notice;
use crate::reconcile::{Action, EnvironmentPlan, Plan, Reason, Step};
use crate::template::shell_word;

pub(super) fn plan(args: &PlanArgs, global: &Global, output: &Output) -> Result<(), Failure> {
    let mut context = ManifestContext::read(&args.manifest.file, global)?;
    context.open_keys(args.manifest.passphrase_file.as_deref(), false)?;
    let choices = (args.manifest.prune, args.manifest.remake_authorities);
    let plan = context.reconcile(choices, output, &|_, _| {}, |reconciler| reconciler.plan())?;
    show(&plan, Tense::Future, output)?;
    mention(&plan, output);
    match is_stuck(&plan) {
        true => output.next(&format!("pkictl plan --remake-authorities{}", location(&args.manifest, global))),
        false if !plan.is_done() => {
            output.next(&format!("pkictl apply{}", location(&args.manifest, global)));
        }
        false => {}
    }
    if args.check && !plan.is_done() { Err(Failure::checks_failed()) } else { Ok(()) }
}

pub(super) fn apply(args: &ApplyArgs, global: &Global, output: &Output) -> Result<(), Failure> {
    let mut context = ManifestContext::read(&args.manifest.file, global)?;
    let passphrase_file = args.manifest.passphrase_file.as_deref();
    let choices = (args.manifest.prune, args.manifest.remake_authorities);
    let is_locked = context.open_keys(passphrase_file, passphrase_file.is_some())?;
    // A run that signs nothing needs no passphrase.
    if is_locked && !context.reconcile(choices, output, &|_, _| {}, |reconciler| reconciler.plan())?.is_done()
    {
        context.open_keys(None, true)?;
    }
    let bar = progress::Counter::new(global.quiet, "certificates");
    let count = |done, of| bar.set(done, of);
    let plan = context.reconcile(choices, output, &count, |reconciler| reconciler.apply());
    bar.finish();
    let plan = plan?;
    show(&plan, Tense::Past, output)?;
    mention(&plan, output);
    let file = shell_word(&args.manifest.file.display().to_string());
    output.next(&format!("pkictl verify -f {file}{}", options(global)));
    Ok(())
}

/// Whether it will be done or was done.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tense {
    Future,
    Past,
}

#[derive(Serialize)]
struct Json<'a> {
    /// Whether everything is now as the manifest declares.
    done: bool,
    #[serde(flatten)]
    plan: &'a Plan,
}

fn show(plan: &Plan, tense: Tense, output: &Output) -> Result<(), Failure> {
    match output.format {
        Format::Json => {
            let differs = plan.environments.iter().any(EnvironmentPlan::keeps_authority);
            let done = if tense == Tense::Past { !differs } else { plan.is_done() };
            output.json(&Json { done, plan })
        }
        // The plan is the answer to `plan`; what `apply` did is information.
        _ if tense == Tense::Past => {
            output.say(human(plan, tense).trim_end());
            Ok(())
        }
        _ => output.data(&human(plan, tense)),
    }
}

/// Differences that `apply` alone does not resolve.
fn mention(plan: &Plan, output: &Output) {
    let has = |action| plan.environments.iter().flat_map(|one| &one.steps).any(|step| step.action == action);
    let mut notices = Vec::new();
    if has(Action::KeepAuthority) {
        notices.push(Notice::Warning(
            "a CA differs from the manifest and is kept, because replacing it breaks everyone who trusts it; \
             `--remake-authorities` replaces it and re-issues everything below it"
                .into(),
        ));
    }
    if has(Action::Leftover) {
        notices.push(Notice::Note(
            "`--prune` moves leftover credentials aside; remove files and environments yourself".into(),
        ));
    }
    if output.format == Format::Human {
        output.notices(&notices);
    }
}

/// Whether the only differences are CAs that are kept, so that `apply` would change nothing.
fn is_stuck(plan: &Plan) -> bool {
    let mut steps = plan.environments.iter().flat_map(|one| &one.steps);
    !plan.is_done() && steps.all(|step| step.action.is_mention() || step.action == Action::KeepAuthority)
}

fn human(plan: &Plan, tense: Tense) -> String {
    let one = |environment: &EnvironmentPlan| {
        let mut text = format!("{}\n", paint(BOLD, &environment.environment));
        let rows: Vec<Vec<String>> =
            environment.steps.iter().flat_map(|step| rows(step, environment, tense)).collect();
        text += &table(&rows);
        for note in &environment.notes {
            text += &format!("  {} {note}\n", paint(DIM, "note:"));
        }
        text + &format!("  {}\n", paint(DIM, summary(environment)))
    };
    plan.environments.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// A line for the step, and one for each further reason.
fn rows(step: &Step, environment: &EnvironmentPlan, tense: Tense) -> Vec<Vec<String>> {
    let (future, past, style) = match step.action {
        Action::MakeAuthority => ("make CA", "made CA", GREEN),
        Action::RemakeAuthority => ("remake CA", "remade CA", YELLOW),
        Action::KeepAuthority => ("keep CA", "kept CA", YELLOW),
        Action::Issue => ("issue", "issued", GREEN),
        Action::Reissue => ("re-issue", "re-issued", YELLOW),
        Action::Mend => ("fix", "fixed", YELLOW),
        Action::Write => ("write", "wrote", GREEN),
        Action::Admit => ("admit", "admits", YELLOW),
        Action::Prune => ("move aside", "moved aside", YELLOW),
        Action::Leftover => ("leftover", "leftover", DIM),
    };
    let word = if tense == Tense::Future { future } else { past };
    // That it did not exist is not news about something just created.
    let is_told = |reason: &&Reason| tense == Tense::Future || reason.id != "new";
    let mut reasons = step.reasons.iter().filter(is_told).map(|reason| reason.text.clone());
    // The domain is the environment's, unless the authority has a name of its own.
    let name =
        match step.domain.strip_prefix(&environment.environment).and_then(|rest| rest.strip_prefix('.')) {
            Some(authority) => format!("{} {}", step.name, paint(DIM, format!("({authority})"))),
            None => step.name.clone(),
        };
    let mut rows = vec![vec![format!("  {}", paint(style, word)), name, reasons.next().unwrap_or_default()]];
    rows.extend(reasons.map(|reason| vec![String::new(), String::new(), reason]));
    rows
}

fn summary(environment: &EnvironmentPlan) -> String {
    let count = |action| environment.steps.iter().filter(|step| step.action == action).count();
    let parts = [
        (count(Action::Issue), "new"),
        (count(Action::Reissue), "re-issued"),
        (environment.unchanged, "unchanged"),
    ];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!("{number} {word}"))
        .collect();
    format!("credentials: {}", if parts.is_empty() { "none".into() } else { parts.join(", ") })
}

/// The options that select the same manifest and environment.
fn location(args: &ReconcileArgs, global: &Global) -> String {
    let mut text = String::new();
    for (given, option) in [(args.prune, " --prune"), (args.remake_authorities, " --remake-authorities")] {
        if given {
            text += option;
        }
    }
    format!("{}{text}{}", named(&args.file), options(global))
}

/// The option that selects the manifest, unless it has the default name.
pub(super) fn named(file: &Path) -> String {
    match file.as_os_str() == FILE_NAME {
        true => String::new(),
        false => format!(" -f {}", shell_word(&file.display().to_string())),
    }
}
