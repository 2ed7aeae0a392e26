//! `pkictl verify -f`: a manifest, and who may call whom.

use std::path::Path;
use std::time::Instant;

use super::{moment, versions};
use crate::artifact::{self, Artifact, Existing};
use crate::cli::apply;
use crate::cli::args::VerifyArgs;
use crate::cli::failure::Failure;
use crate::cli::global::{Format, Global};
use crate::cli::manifest_context::ManifestContext;
use crate::cli::presentation::matrix;
use crate::cli::presentation::output::Output;
use crate::cli::presentation::progress::Counter;
use crate::cli::presentation::report::Stamp;
use crate::report::policy::PolicyReport;
use crate::{diagram, page, verify};

pub(super) fn run(file: &Path, args: &VerifyArgs, global: &Global, output: &Output) -> Result<(), Failure> {
    if let Some(path) = args.policy.report.as_ref().filter(|path| path.file_name().is_none() || path.is_dir())
    {
        let hint = Some("name the file, such as `--report policy.html`".into());
        return Err(Failure::usage(format!("{} is a directory", path.display()), hint));
    }
    let mut context = ManifestContext::read(file, global)?;
    context.open_keys(args.passphrase_file.as_deref(), false)?;
    let policy = context.reconcile((false, false), output, &|_, _| {}, |reconciler| reconciler.policy())?;
    let (start, now) = (Instant::now(), moment(args)?);
    let counter = Counter::new(output.is_quiet(), "connections");
    let count = |done, all| counter.set(done, all);
    let report = verify::policy::run_watched(&policy, &versions(args), now, &count);
    counter.finish();
    let stamp = Stamp { took: start.elapsed(), ..Stamp::new(args, now) };
    let title = file.display().to_string();
    if let Some(path) = &args.policy.report {
        let text = page::render(&report, &title, env!("CARGO_PKG_VERSION"), now);
        write(path, text)?;
        output.say(&format!("wrote {}", path.display()));
    }
    let shown = match output.format {
        Format::Mermaid => drawn(&report, &diagram::mermaid(&report), output),
        Format::Dot => drawn(&report, &diagram::dot(&report), output),
        _ => matrix::show(&report, &title, &stamp, args.verbose, output),
    };
    if report.counts().failed > 0 {
        output.next(&format!("pkictl plan{}{}", apply::named(file), apply::options(global)));
    }
    shown
}

/// The diagram shows who may call whom; the exit code tells whether it is enforced.
fn drawn(report: &PolicyReport, picture: &str, output: &Output) -> Result<(), Failure> {
    output.raw(picture.as_bytes())?;
    if report.counts().failed > 0 { Err(Failure::checks_failed()) } else { Ok(()) }
}

/// A report of this run replaces an older one of the same name.
fn write(path: &Path, text: String) -> Result<(), Failure> {
    let directory = path.parent().unwrap_or(Path::new(""));
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    artifact::write_all(directory, &[Artifact::public(name, text)], Existing::Replace)?;
    Ok(())
}
