//! What is verified: the credentials of an environment, or files.

use super::{files, unreadable, unusable_key};
use crate::bundle::{Files, Identity};
use crate::cli::args::VerifyArgs;
use crate::cli::failure::Failure;
use crate::cli::global::Global;
use crate::cli::presentation::hint::location;
use crate::error::Error;
use crate::pki::{Certificate, ExtendedKeyUsage, Label, PrivateKey, pem};
use crate::report::{Check, Outcome};
use crate::store::{self, Environment};

/// What is verified.
pub(super) struct Subjects {
    pub(super) title: String,
    pub(super) servers: Vec<Identity>,
    pub(super) clients: Vec<Identity>,
    /// What could not be read: a failed check each, not the end of the run.
    pub(super) unreadable: Vec<Check>,
}

impl Subjects {
    pub(super) fn collect(
        args: &VerifyArgs,
        environment: &Environment,
        global: &Global,
    ) -> Result<Self, Failure> {
        if args.is_by_path() {
            let (servers, mut unreadable) =
                files::read(args.server_cert.as_deref(), args.server_key.as_deref())?;
            let (clients, more) = files::read(args.client_cert.as_deref(), args.client_key.as_deref())?;
            unreadable.extend(more);
            return Ok(Self { title: "files".into(), servers, clients, unreadable });
        }
        let title = format!("environment {}", environment.name());
        let mut subjects = Self { title, servers: vec![], clients: vec![], unreadable: vec![] };
        let wanted = Wanted { servers: &args.server, clients: &args.client };
        wanted.require(environment)?;
        for label in environment.credentials() {
            if wanted.is_candidate(&label) {
                subjects.take(environment, &label, &wanted);
            }
        }
        if subjects.servers.is_empty() && subjects.clients.is_empty() && subjects.unreadable.is_empty() {
            return Err(Failure::usage(
                format!("environment {:?} has no certificates to verify", environment.name()),
                Some(format!("issue one with `pkictl issue server NAME{}`", location(global))),
            ));
        }
        Ok(subjects)
    }

    fn take(&mut self, environment: &Environment, label: &Label, wanted: &Wanted<'_>) {
        match identity_of(environment, label) {
            Ok((identity, trouble)) => {
                self.unreadable.extend(trouble.map(|error| {
                    wanted.judge(label, unusable_key(label.to_string(), identity.leaf(), &error))
                }));
                match wanted.roles(label, identity.leaf()) {
                    (true, true) => {
                        self.clients.push(copy(&identity));
                        self.servers.push(identity);
                    }
                    (true, false) => self.servers.push(identity),
                    (false, true) => self.clients.push(identity),
                    (false, false) => {}
                }
            }
            Err(error) => self.unreadable.push(wanted.judge(label, unreadable(label.to_string(), &error))),
        }
    }
}

/// The selected credentials; none selected means all.
struct Wanted<'a> {
    servers: &'a [String],
    clients: &'a [String],
}

impl Wanted<'_> {
    /// Refuses unknown names.
    fn require(&self, environment: &Environment) -> Result<(), Failure> {
        for name in self.servers.iter().chain(self.clients) {
            let label: Label = name.parse()?;
            if !environment.credential_path(&label).is_dir() {
                environment.credential(&label)?;
            }
        }
        Ok(())
    }

    fn is_named(names: &[String], label: &Label) -> bool {
        names.iter().any(|name| name == label.as_str())
    }

    fn is_chosen(&self, label: &Label) -> bool {
        let none_is_named = self.servers.is_empty() && self.clients.is_empty();
        none_is_named || Self::is_named(self.servers, label) || Self::is_named(self.clients, label)
    }

    /// Whether it can have a role: by its name, or by its certificate where no name was given for a role.
    fn is_candidate(&self, label: &Label) -> bool {
        self.servers.is_empty() || self.clients.is_empty() || self.is_chosen(label)
    }

    /// Whether it is a server and whether it is a client: as selected, or else as its certificate allows.
    fn roles(&self, label: &Label, leaf: &Certificate) -> (bool, bool) {
        let role = |names: &[String], purpose| match names {
            [] => leaf.allows(purpose),
            names => Self::is_named(names, label),
        };
        let serves = role(self.servers, ExtendedKeyUsage::ServerAuth);
        let calls = role(self.clients, ExtendedKeyUsage::ClientAuth);
        // TLS rejects it in either role; one is enough to report that.
        let neither = self.servers.is_empty() && self.clients.is_empty() && !serves && !calls;
        (serves || neither, calls)
    }

    /// Problems of credentials that were not selected are skipped.
    fn judge(&self, label: &Label, check: Check) -> Check {
        let outcome = match check.outcome {
            Outcome::Failed(why) if !self.is_chosen(label) => {
                let found = why.found.unwrap_or_default();
                Outcome::skipped(format!("it was not selected, and cannot be used: {found}"))
            }
            other => other,
        };
        Check { outcome, ..check }
    }
}

/// A credential as it is on disk, whether or not its parts match; without its key if that cannot be used, and why.
pub(super) fn identity_of(
    environment: &Environment,
    name: &Label,
) -> Result<(Identity, Option<Error>), Error> {
    let directory = environment.credential_path(name);
    let place = directory.join("ca.crt");
    let (chain, _) = environment.chain(name)?;
    let anchors = pem::certificates(&store::read_file(&place)?, &place.display().to_string())?;
    let (key, error) = match environment.key(name) {
        Ok(key) => (Some(key), None),
        Err(error) => (None, Some(error)),
    };
    let files = Files {
        chain: directory.join("tls.crt"),
        is_whole: true,
        key: Some(directory.join("tls.key")),
        anchors: Some(place),
    };
    Ok((Identity { name: name.to_string(), chain, key, anchors, files: Some(files) }, error))
}

/// The same files in another role, read once: they may be replaced meanwhile.
fn copy(identity: &Identity) -> Identity {
    let key = identity.key.as_ref();
    Identity {
        name: identity.name.clone(),
        chain: identity.chain.clone(),
        key: key.and_then(|key| PrivateKey::from_pkcs8(key.pkcs8_der().clone(), &identity.name).ok()),
        anchors: identity.anchors.clone(),
        files: identity.files.clone(),
    }
}
