//! `pkictl emit`: the files of a place of use, checked before they are written.

use clap::CommandFactory;
use serde::Serialize;

use super::args::Cli;
use super::destination::Destination;
use super::emit_args::{self, EmitArgs};
use super::failure::Failure;
use super::global::{Format, Global};
use super::presentation::findings;
use super::presentation::output::{BOLD, DIM, Output, paint, table};
use super::{clock, emit_input};

pub(super) fn run(args: &EmitArgs, global: &Global, output: &Output) -> Result<(), Failure> {
    let emitters = global.emitters();
    let Some((name, matches)) = args.target() else { return list(global, output) };
    let emitter = emitters.load(name)?;
    if let Some(option) = emit_args::clash(&emitter, &emit_args::taken_names(&Cli::command())) {
        return Err(Failure::usage(
            format!("emitter {name:?} declares the option {option:?}, which already exists"),
            Some("rename the option in its emitter.toml".into()),
        ));
    }
    let destination = Destination::of(matches)?;
    let environment = global.store().environment(&global.env)?;
    let material = emit_input::Material::collect(&emitter, matches, &environment, global)?;
    let (insist, now) = (matches.get_flag("insist"), clock::now()?);
    findings::check_dates(material.identities(), insist, now, output)?;
    let artifacts = emitter.render(&material.input(&environment))?;
    findings::check(&artifacts, insist, now, output).map_err(findings::stopped)?;
    destination.write(&artifacts, output)
}

fn list(global: &Global, output: &Output) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Row {
        name: String,
        summary: String,
        proven_by: String,
    }
    let emitters = global.emitters();
    let mut rows = Vec::new();
    for name in emitters.names() {
        let emitter = emitters.load(&name)?;
        rows.push(Row { name, summary: emitter.summary, proven_by: emitter.proven_by });
    }
    if output.format == Format::Json {
        #[derive(Serialize)]
        struct All {
            emitters: Vec<Row>,
        }
        return output.json(&All { emitters: rows });
    }
    let mut cells = Vec::new();
    for row in rows {
        cells.push(vec![paint(BOLD, row.name), row.summary]);
        cells.push(vec![String::new(), paint(DIM, format!("proven by: {}", row.proven_by))]);
    }
    output.data(&table(&cells))
}
