//! `pkictl issue`: a certificate and its key.

use std::path::Path;

use serde::Serialize;

use super::args::{Format, Global, IssueArgs};
use super::clock;
use super::failure::Failure;
use super::hint::location;
use super::output::{BOLD, GREEN, Output, paint};
use super::passphrase::{self, Purpose};
use super::progress::{self, with_spinner};
use super::prompt;
use crate::artifact::{self, Artifact, Existing, Staged};
use crate::error::Error;
use crate::pki::validity::human_time;
use crate::pki::{Certificate, Credential, Issued, Label, Moment, Passphrase, Role, Span};
use crate::profile::{Profile, Request};
use crate::store::{Environment, NewAuthority, ROOT};

pub(super) fn run(args: &IssueArgs, global: &Global, output: &Output) -> Result<(), Failure> {
    let environment = global.store().environment(&global.env)?;
    let profiles = global.profile_library();
    let asked = Asked::new(args, &profiles, global)?;
    let profile = profiles.load(&asked.profile)?;
    if profile.role == Role::RootCa {
        return Err(Failure::usage(
            "a root is the CA of a whole environment, not a certificate in one",
            Some(format!("make it with `pkictl init --env NEW{}`", location(global))),
        ));
    }
    let name: Label = asked.name.parse()?;
    let ca = args.ca.as_deref().unwrap_or(match profile.role {
        Role::IntermediateCa => ROOT,
        _ => environment.default_authority(),
    });
    // Fail before the work: the same questions are asked again under the lock.
    environment.require_authority(ca)?;
    let target = match profile.role {
        Role::IntermediateCa => environment.authority_path(name.as_str()),
        _ => environment.credential_path(&name),
    };
    if target.exists() && !args.force {
        return Err(match profile.role {
            Role::IntermediateCa => Error::AlreadyExists {
                what: "authority",
                name: name.to_string(),
                place: target.parent().map_or_else(Default::default, std::path::Path::to_path_buf),
            },
            _ => environment.credential_exists(&name),
        }
        .into());
    }
    let passphrase = if environment.authority_key_is_encrypted(ca) {
        let place = environment.authority_path(ca).join("ca.key").display().to_string();
        Some(passphrase::find(args.passphrase_file.as_deref(), Purpose::Open, &place, global)?)
    } else {
        None
    };
    let mut request = Request::new(&name, environment.name());
    request.sans.clone_from(&asked.sans);
    request.common_name.clone_from(&args.cn);
    request.key_algorithm = args.key_type.as_deref().map(str::parse).transpose()?;
    request.not_before = args.not_before;
    request.not_after = args.not_after.or(args.days.map(|days| Moment::In(Span::days(days))));
    request.values.clone_from(&args.set);
    request.insist = args.force;

    let work = Work { args, environment: &environment, profile: &profile, ca, passphrase };
    if profile.role == Role::IntermediateCa {
        return work.authority(&request, global, output);
    }
    work.leaf(&request, global, output)
}

/// Profile, name and names, from arguments or answers.
struct Asked {
    profile: String,
    name: String,
    sans: Vec<crate::pki::SubjectAltName>,
}

impl Asked {
    fn new(args: &IssueArgs, profiles: &crate::profile::Profiles, global: &Global) -> Result<Self, Failure> {
        let can_ask = prompt::possible(global);
        let missing = |what: &str| {
            Failure::usage(
                format!("issue needs a {what}"),
                Some("write it as `pkictl issue PROFILE NAME`, for example `pkictl issue server web`".into()),
            )
        };
        let profile = match &args.profile {
            Some(profile) => profile.clone(),
            None if can_ask => prompt::profile(profiles)?,
            None => return Err(missing("profile and a name")),
        };
        let (name, asked_name) = match &args.name {
            Some(name) => (name.clone(), false),
            None if can_ask => (prompt::name()?, true),
            None => return Err(missing("name")),
        };
        let sans = if asked_name && args.san.is_empty() { prompt::sans()? } else { args.san.clone() };
        Ok(Self { profile, name, sans })
    }
}

struct Work<'a> {
    args: &'a IssueArgs,
    environment: &'a Environment,
    profile: &'a Profile,
    ca: &'a str,
    passphrase: Option<Passphrase>,
}

impl Work<'_> {
    fn existing(&self) -> Existing {
        if self.args.force { Existing::Replace } else { Existing::Keep }
    }

    fn leaf(&self, request: &Request<'_>, global: &Global, output: &Output) -> Result<(), Failure> {
        let now = clock::now()?;
        if let Some(out_dir) = &self.args.out_dir {
            artifact::check_targets(out_dir, &["tls.crt", "tls.key", "ca.crt"], self.existing())?;
        }
        // The key is made before the lock is taken: an RSA key would keep everybody waiting.
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
            .map(|directory| self.stage_copy(directory, &credential))
            .transpose()?;
        let path = self.environment.put(&lock, &credential, &self.profile.name, self.existing(), now)?;
        drop(lock);
        copy.map(Staged::publish).transpose()?;
        let directory = self.args.out_dir.clone().unwrap_or(path);
        self.report(&credential, &directory.display().to_string(), output)?;
        output.notices(&decision.notices);
        output.next(&format!("pkictl verify{}", location(global)));
        Ok(())
    }

    fn stage_copy(&self, directory: &Path, credential: &Credential) -> Result<Staged, Failure> {
        let files = [
            Artifact::public("tls.crt", credential.chain_pem()),
            Artifact::secret("tls.key", &credential.key_pem()),
            Artifact::public("ca.crt", credential.anchor_pem()),
        ];
        Ok(Staged::new(directory, &files, self.existing())?)
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
        let path =
            self.environment.add_authority(&lock, &new, self.passphrase.as_ref(), self.existing(), now)?;
        drop(lock);
        output.notices(&decision.notices);
        let report = IssueReport::new(
            self,
            request.name.as_str(),
            authority.certificate(),
            &path.display().to_string(),
            "ca.crt",
            "ca.key",
        );
        if output.format == Format::Json {
            return output.json(&report);
        }
        output.say(&format!(
            "{} authority {} in environment {:?}\n  {}",
            paint(GREEN, "created"),
            paint(BOLD, request.name),
            self.environment.name(),
            path.display()
        ));
        output.next(&format!("pkictl issue server NAME --ca {}{}", request.name, location(global)));
        Ok(())
    }

    fn report(&self, credential: &Credential, directory: &str, output: &Output) -> Result<(), Failure> {
        let details = &credential.certificate.details;
        if output.format == Format::Json {
            let name = credential.name.as_str();
            return output.json(&IssueReport::new(
                self,
                name,
                &credential.certificate,
                directory,
                "tls.crt",
                "tls.key",
            ));
        }
        let names: Vec<String> = details.sans.iter().map(ToString::to_string).collect();
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
    #[serde(flatten)]
    details: crate::pki::certificate::Details,
}

impl IssueReport {
    fn new(
        work: &Work<'_>,
        name: &str,
        certificate: &Certificate,
        directory: &str,
        file: &str,
        key: &str,
    ) -> Self {
        Self {
            environment: work.environment.name().to_owned(),
            name: name.to_owned(),
            profile: work.profile.name.clone(),
            authority: work.ca.to_owned(),
            certificate: format!("{directory}/{file}"),
            key: format!("{directory}/{key}"),
            trust_anchor: format!("{directory}/ca.crt"),
            details: certificate.details.clone(),
        }
    }
}
