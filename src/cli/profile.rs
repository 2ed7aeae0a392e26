//! `pkictl profile`: the templates of certificates.

use serde::Serialize;

use super::args::{Format, Global, ProfileArgs, ProfileCommand};
use super::failure::Failure;
use super::output::{BOLD, Output, paint, table};

pub(super) fn run(args: &ProfileArgs, global: &Global, output: &Output) -> Result<(), Failure> {
    match &args.command {
        ProfileCommand::List => list(global, output),
        ProfileCommand::Show { name } => show(name, global, output),
    }
}

#[derive(Serialize)]
struct Row {
    name: String,
    role: String,
    key_type: String,
    validity: String,
    summary: String,
}

fn list(global: &Global, output: &Output) -> Result<(), Failure> {
    let profiles = global.profile_library();
    let mut rows = Vec::new();
    for name in profiles.names() {
        let profile = profiles.load(&name)?;
        rows.push(Row {
            name,
            role: profile.role.to_string(),
            key_type: profile.key_algorithm.to_string(),
            validity: profile.validity.to_string(),
            summary: profile.summary,
        });
    }
    if output.format == Format::Json {
        #[derive(Serialize)]
        struct All {
            profiles: Vec<Row>,
        }
        return output.json(&All { profiles: rows });
    }
    let cells: Vec<Vec<String>> = rows
        .into_iter()
        .map(|row| vec![paint(BOLD, row.name), row.key_type, row.validity, row.summary])
        .collect();
    output.data(&table(&cells))
}

fn show(name: &str, global: &Global, output: &Output) -> Result<(), Failure> {
    let profiles = global.profile_library();
    let (text, _) = profiles.text(name)?;
    output.data(&text)?;
    if !global.pki.join("profiles").join(format!("{name}.toml")).exists() {
        output.next(&format!(
            "pkictl profile show {name} > {}/NAME.toml, change it, and `pkictl issue NAME ...`",
            global.pki.join("profiles").display()
        ));
    }
    Ok(())
}
