//! `pkictl emit`: the files of a place of use, checked before they are written.

use std::path::PathBuf;

use serde::Serialize;

use clap::CommandFactory;

use super::args::{Cli, Format, Global};
use super::emit_args::{self, EmitArgs};
use super::failure::Failure;
use super::output::{BOLD, DIM, Output, paint, table};
use super::{clock, emit_input, findings};
use crate::artifact::{self, Artifact, Existing, Sensitivity};

/// Where the files go.
#[derive(Debug)]
struct Destination {
    output: Option<PathBuf>,
    directory: Option<PathBuf>,
    existing: Existing,
}

pub(super) fn run(args: &EmitArgs, global: &Global, output: &Output) -> Result<(), Failure> {
    let emitters = global.emitters();
    let Some((name, matches)) = args.target() else { return list(global, output) };
    let emitter = emitters.load(name)?;
    if let Some(option) = emit_args::clash(&emitter, &emit_args::taken_names(&Cli::command())) {
        return Err(Failure::usage(
            format!("emitter {name:?} declares the option {option:?}, which means something else already"),
            Some("give the option another name in its emitter.toml".into()),
        ));
    }
    let environment = global.store().environment(&global.env)?;
    let material = emit_input::Material::collect(&emitter, matches, &environment, global)?;
    let artifacts = emitter.render(&material.input(&environment))?;
    let force = matches.get_flag("force");
    findings::check(&artifacts, force, clock::now()?, output)?;
    let destination = Destination {
        output: matches.get_one::<PathBuf>("output").cloned(),
        directory: matches.get_one::<PathBuf>("out-dir").cloned(),
        existing: if force { Existing::Replace } else { Existing::Keep },
    };
    destination.write(&artifacts, output)
}

impl Destination {
    fn write(&self, artifacts: &[Artifact], output: &Output) -> Result<(), Failure> {
        if let Some(directory) = &self.directory {
            let written = artifact::write_all(directory, artifacts, self.existing)?;
            return output.wrote(&written);
        }
        // The first file of an emitter is the one that people mean; the others lie beside it in a directory.
        let Some(first) = artifacts.first() else {
            return Err(Failure::usage("the emitter makes no file with these options", None));
        };
        let to_stdout = self.output.as_ref().is_none_or(|path| path.as_os_str() == "-");
        if to_stdout {
            let asked = self.output.is_some();
            if first.sensitivity == Sensitivity::Secret
                && holds_key(first)
                && !asked
                && output.stdout_is_terminal()
            {
                return Err(Failure::usage(
                    format!("{} holds a private key, which would appear on this terminal", first.path),
                    Some("write it with `-o FILE` or `-d DIR`, pipe it to where it belongs, or insist with `-o -`".into()),
                ));
            }
            output.raw(&first.contents)?;
            self.mention(&artifacts[1..], output);
            return Ok(());
        }
        let path = self.output.clone().unwrap_or_default();
        let directory = path.parent().unwrap_or(std::path::Path::new("")).to_owned();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let renamed =
            Artifact { path: name, contents: first.contents.clone(), sensitivity: first.sensitivity };
        let written = artifact::write_all(&directory, &[renamed], self.existing)?;
        self.mention(&artifacts[1..], output);
        output.wrote(&written)
    }

    /// Files that were not asked for, but belong to the one that was.
    fn mention(&self, others: &[Artifact], output: &Output) {
        if !others.is_empty() {
            let names: Vec<&str> = others.iter().map(|artifact| artifact.path.as_str()).collect();
            output.say(&format!("{} with -d DIR it also writes {}", paint(BOLD, "note:"), names.join(", ")));
        }
    }
}

fn holds_key(artifact: &Artifact) -> bool {
    artifact.contents.windows(12).any(|window| window == b"PRIVATE KEY-")
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
