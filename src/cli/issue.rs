//! `pkictl issue`: a certificate and its key.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::args::IssueArgs;
use super::clock;
use super::failure::Failure;
use super::global::{Format, Global};
use super::presentation::hint::location;
use super::presentation::output::{BOLD, GREEN, Output, paint};
use super::presentation::progress::{self, with_spinner};
use super::{passphrase, prompt};
use crate::artifact::{self, Existing, Staged};
use crate::error::Error;
use crate::pki::validity::human_time;
use crate::pki::{
    Certificate, Credential, Issued, Label, Moment, Notice, Passphrase, Role, Span, SubjectAltName,
};
use crate::profile::{Profile, Profiles, Request};
use crate::store::{self, Environment, NewAuthority, ROOT};

pub(super) fn run(args: &IssueArgs, global: &Global, output: &Output) -> Result<(), Failure> {
    let environment = global.store().environment(&global.env)?;
    let profiles = global.profile_library();
    let ResolvedArgs { profile, name, sans } = ResolvedArgs::new(args, &environment, &profiles, global)?;
    let ca = args.ca.as_deref().unwrap_or(match profile.role {
        Role::IntermediateCa => ROOT,
        _ => environment.default_authority(),
    });
    // Fail before the work: the same questions are asked again under the lock.
    environment.require_authority(ca)?;
    let existing = existing(args);
    let place = place(&environment, &profile, &name, existing)?;
    if profile.role == Role::IntermediateCa {
        refuse_copy(args, &place)?;
    }
    let passphrase = if environment.authority_key_is_encrypted(ca) {
        let place = environment.authority_path(ca).join("ca.key").display().to_string();
        let opens = |typed: &Passphrase| {
            !matches!(environment.authority(ca, Some(typed)), Err(Error::PassphraseWrong { .. }))
        };
        Some(passphrase::that_opens(args.passphrase_file.as_deref(), &place, global, &opens)?)
    } else {
        None
    };
    let mut request = Request::new(&name, environment.name());
    request.sans = sans;
    request.common_name.clone_from(&args.cn);
    request.key_algorithm = args.key_type.as_deref().map(str::parse).transpose()?;
    request.not_before = args.not_before;
    request.not_after = args.not_after.or(args.days.map(|days| Moment::In(Span::days(days))));
    request.values.clone_from(&args.set);
    request.insist = args.force;

    let command =
        IssueCommand { args, environment: &environment, profile: &profile, ca, passphrase, existing };
    if profile.role == Role::IntermediateCa {
        return command.authority(&request, global, output);
    }
    command.leaf(&request, global, output)
}

/// Whether an existing credential of this name may be replaced.
fn existing(args: &IssueArgs) -> Existing {
    if args.force { Existing::Replace } else { Existing::Keep }
}

/// Where a credential or an authority of this name goes, if it may go there.
fn place(
    environment: &Environment,
    profile: &Profile,
    name: &Label,
    existing: Existing,
) -> crate::error::Result<PathBuf> {
    match profile.role {
        Role::IntermediateCa => environment.place_below_root(name, existing),
        _ => environment.place_of_new(name, existing),
    }
}

/// Only credentials are copied: a CA key stays where it is.
fn refuse_copy(args: &IssueArgs, place: &Path) -> Result<(), Failure> {
    match &args.out_dir {
        None => Ok(()),
        Some(_) => Err(Failure::usage(
            "`--out-dir` cannot be used with a CA profile",
            Some(format!("omit it: ca.crt and ca.key will be in {}", place.display())),
        )),
    }
}

/// Profile, name and SANs, from arguments or prompts.
struct ResolvedArgs {
    profile: Profile,
    name: Label,
    sans: Vec<SubjectAltName>,
}

impl ResolvedArgs {
    fn new(
        args: &IssueArgs,
        environment: &Environment,
        profiles: &Profiles,
        global: &Global,
    ) -> Result<Self, Failure> {
        let can_ask = prompt::possible(global);
        if can_ask && (args.profile.is_none() || args.name.is_none()) {
            // Fail before prompting.
            environment.require_authority(args.ca.as_deref().unwrap_or(ROOT))?;
        }
        let missing = |what: &str| {
            Failure::usage(
                format!("issue needs a {what}"),
                Some("use `pkictl issue PROFILE NAME`, for example `pkictl issue server web`".into()),
            )
        };
        let profile = match &args.profile {
            Some(profile) => profile.clone(),
            None if can_ask => prompt::profile(profiles)?,
            None => return Err(missing("profile and a name")),
        };
        let profile = profiles.load(&profile)?;
        if profile.role == Role::RootCa {
            return Err(Failure::usage(
                "`issue` cannot create a root CA: each environment has exactly one",
                Some(format!("create a new environment with `pkictl init --env NEW{}`", location(global))),
            ));
        }
        let taken = |name: &Label| match place(environment, &profile, name, existing(args)) {
            Err(Error::AlreadyExists { .. }) => Some(format!("{name} already exists, choose another name")),
            other => other.err().map(|error| error.to_string()),
        };
        let (name, was_asked) = match &args.name {
            Some(name) => (name.clone(), false),
            None if can_ask => (prompt::name(taken)?, true),
            None => return Err(missing("name")),
        };
        let sans = if was_asked && args.san.is_empty() { prompt::sans()? } else { args.san.clone() };
        Ok(Self { profile, name: name.parse()?, sans })
    }
}

struct IssueCommand<'a> {
    args: &'a IssueArgs,
    environment: &'a Environment,
    profile: &'a Profile,
    ca: &'a str,
    passphrase: Option<Passphrase>,
    existing: Existing,
}

impl IssueCommand<'_> {
    fn leaf(&self, request: &Request<'_>, global: &Global, output: &Output) -> Result<(), Failure> {
        let now = clock::now()?;
        if let Some(out_dir) = &self.args.out_dir {
            artifact::check_targets(out_dir, &["tls.crt", "tls.key", "ca.crt"], self.existing)?;
        }
        // The key is generated before the lock is taken: other processes would wait for an RSA key.
        let algorithm = request.key_algorithm.unwrap_or(self.profile.key_algorithm);
        let key = progress::private_key(algorithm, global.quiet)?;
        let lock = self.environment.lock()?;
        let authority = self.environment.authority(self.ca, self.passphrase.as_ref())?;
        let decision = self.profile.decide(request, Some(authority.issuer()), now)?;
        let certificate = authority.sign(&decision.spec, key.public_key())?;
        let credential = authority.credential(request.name.clone(), Issued { certificate, key });
        // Written out of sight before the credential is kept: a directory that cannot be written changes nothing.
        let copy = self
            .args
            .out_dir
            .as_ref()
            .map(|directory| Staged::new(directory, &store::artifacts(&credential), self.existing))
            .transpose()?;
        let path = self.environment.put(&lock, &credential, &self.profile.name, self.existing, now)?;
        drop(lock);
        copy.map(Staged::publish).transpose()?;
        self.report(&credential, &path, output)?;
        output.notices(&decision.notices);
        output.next(&format!("pkictl verify{}", location(global)));
        Ok(())
    }

    fn authority(&self, request: &Request<'_>, global: &Global, output: &Output) -> Result<(), Failure> {
        let now = clock::now()?;
        let lock = self.environment.lock()?;
        let parent = self.environment.authority(self.ca, self.passphrase.as_ref())?;
        let decision = self.profile.decide(request, Some(parent.issuer()), now)?;
        let authority =
            with_spinner(decision.spec.key_algorithm, global.quiet, || parent.intermediate(&decision.spec))?;
        let new =
            NewAuthority { name: request.name.as_str(), authority: &authority, profile: &self.profile.name };
        let aside =
            self.environment.add_authority(&lock, &new, self.passphrase.as_ref(), self.existing, now)?;
        drop(lock);
        output.notices(&decision.notices);
        let path = self.environment.authority_path(request.name.as_str());
        let aside = aside.map(|path| path.display().to_string());
        if output.format == Format::Json {
            let directory = path.display().to_string();
            let files = ["ca.crt", "ca.key"].map(|file| format!("{directory}/{file}"));
            let anchor = self.environment.authority_path(ROOT).join("ca.crt").display().to_string();
            let mut report =
                IssueReport::new(self, request.name.as_str(), authority.certificate(), files, anchor);
            report.replaced = aside;
            return output.json(&report);
        }
        output.say(&format!(
            "{} authority {} in environment {:?}\n  {}",
            paint(GREEN, "created"),
            paint(BOLD, request.name),
            self.environment.name(),
            path.display()
        ));
        if let Some(aside) = &aside {
            output.notices(&[Notice::Warning(format!(
                "the old one was moved to {aside}; re-issue what it signed"
            ))]);
        }
        output.next(&format!("pkictl issue server NAME --ca {}{}", request.name, location(global)));
        Ok(())
    }

    /// Reports what was issued and stored at `path`, and where the requested copy is.
    fn report(&self, credential: &Credential, path: &Path, output: &Output) -> Result<(), Failure> {
        let details = &credential.certificate.details;
        let directory = self.args.out_dir.as_deref().unwrap_or(path).display().to_string();
        if output.format == Format::Json {
            let [certificate, key, anchor] =
                ["tls.crt", "tls.key", "ca.crt"].map(|file| format!("{directory}/{file}"));
            let name = credential.name.as_str();
            let leaf = &credential.certificate;
            return output.json(&IssueReport::new(self, name, leaf, [certificate, key], anchor));
        }
        let names: Vec<String> = details.sans().map(ToString::to_string).collect();
        output.say(&format!(
            "{} {} certificate {} in environment {:?}\n  names  {}\n  valid  until {}\n  key    {}\n  files  {directory}/  tls.crt  tls.key  ca.crt",
            paint(GREEN, "issued"),
            self.profile.name,
            paint(BOLD, &credential.name),
            self.environment.name(),
            names.join(" "),
            human_time(details.validity.not_after),
            credential.key.algorithm(),
        ));
        if self.args.out_dir.is_some() {
            output.say(&format!("  kept   {}/", path.display()));
        }
        Ok(())
    }
}

#[derive(Serialize)]
struct IssueReport {
    environment: String,
    name: String,
    profile: String,
    authority: String,
    certificate: String,
    key: String,
    trust_anchor: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    replaced: Option<String>,
    #[serde(flatten, serialize_with = "crate::cli::presentation::certificate_json::certificate")]
    details: crate::pki::certificate::Details,
}

impl IssueReport {
    fn new(
        command: &IssueCommand<'_>,
        name: &str,
        certificate: &Certificate,
        [file, key]: [String; 2],
        trust_anchor: String,
    ) -> Self {
        Self {
            environment: command.environment.name().to_owned(),
            name: name.to_owned(),
            profile: command.profile.name.clone(),
            authority: command.ca.to_owned(),
            certificate: file,
            key,
            trust_anchor,
            replaced: None,
            details: certificate.details.clone(),
        }
    }
}
