//! `pkictl profile`: the templates of certificates.

use serde::Serialize;

use super::args::{Format, Global, ProfileArgs, ProfileCommand};
use super::failure::Failure;
use super::output::{BOLD, Output, RED, paint, table};
use crate::error::Result;
use crate::profile::Profile;

pub(super) fn run(args: &ProfileArgs, global: &Global, output: &Output) -> std::result::Result<(), Failure> {
    match &args.command {
        ProfileCommand::List => list(global, output),
        ProfileCommand::Show { name } => show(name, global, output),
    }
}

#[derive(Serialize)]
struct Row {
    name: String,
    #[serde(flatten)]
    profile: Option<Summary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Serialize)]
struct Summary {
    role: String,
    key_type: String,
    validity: String,
    summary: String,
}

impl Row {
    fn new(name: String, profile: Result<Profile>) -> Self {
        match profile {
            Ok(profile) => {
                let summary = Summary {
                    role: profile.role.to_string(),
                    key_type: profile.key_algorithm.to_string(),
                    validity: profile.validity.to_string(),
                    summary: profile.summary,
                };
                Self { name, profile: Some(summary), error: None }
            }
            // One that is broken must not hide the others.
            Err(error) => Self { name, profile: None, error: Some(error.to_string()) },
        }
    }

    fn cells(self) -> Vec<String> {
        let name = paint(BOLD, self.name);
        match self.profile {
            Some(found) => vec![name, found.key_type, found.validity, found.summary],
            None => vec![name, paint(RED, format!("unreadable: {}", self.error.unwrap_or_default()))],
        }
    }
}

fn list(global: &Global, output: &Output) -> std::result::Result<(), Failure> {
    let profiles = global.profile_library();
    let names = profiles.names().into_iter();
    let rows: Vec<Row> = names
        .map(|name| {
            let profile = profiles.load(&name);
            Row::new(name, profile)
        })
        .collect();
    if output.format == Format::Json {
        #[derive(Serialize)]
        struct All {
            profiles: Vec<Row>,
        }
        return output.json(&All { profiles: rows });
    }
    output.data(&table(&rows.into_iter().map(Row::cells).collect::<Vec<_>>()))
}

fn show(name: &str, global: &Global, output: &Output) -> std::result::Result<(), Failure> {
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
