//! `pkictl init`: the authorities of an environment.

mod kept;

use serde::Serialize;

use super::args::InitArgs;
use super::clock;
use super::failure::Failure;
use super::global::{Format, Global};
use super::passphrase::{self, Purpose};
use super::presentation::hint::location;
use super::presentation::output::{BOLD, GREEN, Output, paint};
use super::presentation::progress::with_spinner;
use super::prompt;
use crate::artifact::Existing;
use crate::error::{Error, ThingKind};
use crate::pki::validity::{human_time, machine_time};
use crate::pki::{Authority, KeyAlgorithm, Label, Moment, NameConstraints, Notice, Passphrase, Span};
use crate::profile::{Decision, Request};
use crate::store::{Environment, ISSUING, NewAuthority, ROOT};
use crate::template::shell_word;

pub(super) fn run(args: &InitArgs, global: &Global, output: &Output) -> Result<(), Failure> {
    let environment = global.store().environment(&global.env)?;
    if environment.has_authority() && !args.force {
        return existing(args, &environment, global, output);
    }
    let options = InitOptions::new(args, &environment, global)?;
    let (root, issuing, notices) = make(&options, global)?;
    let mut authorities = vec![NewAuthority { name: ROOT, authority: &root, profile: "root-ca" }];
    if let Some(issuing) = &issuing {
        authorities.push(NewAuthority { name: ISSUING, authority: issuing, profile: "intermediate-ca" });
    }
    let lock = environment.lock()?;
    if environment.has_authority() && !args.force {
        // Another process was faster.
        return existing(args, &environment, global, output);
    }
    let lost = match environment.has_authority() {
        true => kept::lost(options.organization.as_deref(), options.intermediate, &environment)
            .unwrap_or_default(),
        false => Vec::new(),
    };
    let replace = if args.force { Existing::Replace } else { Existing::Keep };
    let aside = environment.create_authorities(
        &lock,
        &authorities,
        options.passphrase.as_ref(),
        replace,
        clock::now()?,
    )?;
    drop(lock);

    output.notices(&notices);
    if let Some(mode) = environment.lax_mode() {
        let directory = environment.pki().display().to_string();
        output.notices(&[Notice::Warning(format!(
            "other users can write to {directory} (mode {mode:04o}) and replace the CA; run `chmod 700 {}`",
            shell_word(&directory)
        ))]);
    }
    output.notices(&lost);
    if options.passphrase.is_none() {
        output.notices(kept::unused_passphrase().as_slice());
    }
    let aside = aside.map(|path| path.display().to_string());
    report(&environment, true, aside, global, output)
}

/// The environment has an authority already.
fn existing(
    args: &InitArgs,
    environment: &Environment,
    global: &Global,
    output: &Output,
) -> Result<(), Failure> {
    if args.if_missing {
        output.notices(&kept::differences(args, environment)?);
        return report(environment, false, None, global, output);
    }
    Err(Error::AlreadyExists {
        what: ThingKind::Authority,
        name: ROOT.into(),
        place: environment
            .authority_path(ROOT)
            .parent()
            .map_or_else(Default::default, std::path::Path::to_path_buf),
    }
    .into())
}

/// What to create, from arguments or prompts.
struct InitOptions<'a> {
    args: &'a InitArgs,
    environment: &'a Environment,
    organization: Option<String>,
    intermediate: bool,
    passphrase: Option<Passphrase>,
    key_algorithm: Option<KeyAlgorithm>,
}

impl<'a> InitOptions<'a> {
    fn new(args: &'a InitArgs, environment: &'a Environment, global: &Global) -> Result<Self, Failure> {
        let answers = if args.is_bare() && prompt::possible(global) { Some(prompt::init()?) } else { None };
        let encrypt = args.encrypt_key || answers.as_ref().is_some_and(|answers| answers.encrypt);
        if args.passphrase_file.is_some() && !encrypt {
            return Err(Failure::usage(
                "`--passphrase-file` needs `--encrypt-key`",
                Some("add `--encrypt-key`".into()),
            ));
        }
        let passphrase = if encrypt {
            let place = format!("the CA key of environment {:?}", environment.name());
            Some(passphrase::find(args.passphrase_file.as_deref(), Purpose::Close, &place, global)?)
        } else {
            None
        };
        Ok(Self {
            args,
            environment,
            organization: args
                .org
                .clone()
                .or_else(|| answers.as_ref().and_then(|answers| answers.organization.clone())),
            intermediate: args.intermediate || answers.as_ref().is_some_and(|answers| answers.intermediate),
            passphrase,
            key_algorithm: args.key_type.as_deref().map(str::parse).transpose()?,
        })
    }

    fn request<'r>(&'r self, name: &'r Label) -> Request<'r> {
        let mut request = Request::new(name, self.environment.name());
        request.organization.clone_from(&self.organization);
        request.key_algorithm = self.key_algorithm;
        request.not_before = self.args.not_before;
        request.name_constraints = NameConstraints {
            permitted_dns: self.args.permit_dns.clone(),
            permitted_ip: self.args.permit_ip.clone(),
        };
        request
    }
}

fn make(
    options: &InitOptions<'_>,
    global: &Global,
) -> Result<(Authority, Option<Authority>, Vec<Notice>), Failure> {
    let now = clock::now()?;
    let profiles = global.profile_library();
    let (root_name, issuing_name): (Label, Label) = (ROOT.parse()?, ISSUING.parse()?);
    let mut request = options.request(&root_name);
    request.common_name.clone_from(&options.args.cn);
    request.not_after = options.args.not_after.or(options.args.days.map(|days| Moment::In(Span::days(days))));
    let Decision { spec, mut notices } = profiles.load("root-ca")?.decide(&request, None, now)?;
    let root = with_spinner(spec.key_algorithm, global.quiet, || Authority::root(&spec))?;
    if !options.intermediate {
        return Ok((root, None, notices));
    }
    let decision = profiles.load("intermediate-ca")?.decide(
        &options.request(&issuing_name),
        Some(root.issuer()),
        now,
    )?;
    notices.extend(decision.notices);
    let issuing =
        with_spinner(decision.spec.key_algorithm, global.quiet, || root.intermediate(&decision.spec))?;
    Ok((root, Some(issuing), notices))
}

#[derive(Serialize)]
struct InitReport {
    environment: String,
    created: bool,
    authorities: Vec<AuthorityReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replaced: Option<String>,
}

#[derive(Serialize)]
struct AuthorityReport {
    name: String,
    certificate: String,
    subject: String,
    not_after: String,
    sha256: String,
}

fn report(
    environment: &Environment,
    created: bool,
    replaced: Option<String>,
    global: &Global,
    output: &Output,
) -> Result<(), Failure> {
    let mut authorities = Vec::new();
    let mut lines = Vec::new();
    for name in environment.authorities() {
        let chain = environment.authority_chain(&name)?;
        let details = &chain[0].details;
        let path = environment.authority_path(&name).join("ca.crt").display().to_string();
        lines.push(format!(
            "  {:<9} {}\n            valid until {}\n            {path}",
            name,
            paint(BOLD, &details.subject),
            human_time(details.validity.not_after)
        ));
        authorities.push(AuthorityReport {
            name,
            certificate: path,
            subject: details.subject.to_string(),
            not_after: machine_time(details.validity.not_after),
            sha256: details.sha256.clone(),
        });
    }
    if output.format == Format::Json {
        return output.json(&InitReport {
            environment: environment.name().to_owned(),
            created,
            authorities,
            replaced,
        });
    }
    let verb = if created { paint(GREEN, "created") } else { "kept".to_owned() };
    output.say(&format!("{verb} the CA of environment {:?}\n{}", environment.name(), lines.join("\n")));
    if let Some(replaced) = &replaced {
        output.notices(&[Notice::Warning(format!(
            "the old CA was moved to {replaced}; what it signed is no longer trusted and must be re-issued"
        ))]);
    }
    output.next(&format!("pkictl issue server NAME{}", location(global)));
    Ok(())
}
