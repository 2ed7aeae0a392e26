//! The authorities of an environment.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use time::OffsetDateTime;

use super::log::{LogAction, LogEntry};
use super::{Environment, ISSUING, Lock, ROOT, read, read_file};
use crate::artifact::{self, Artifact, Existing, StagedDirectory};
use crate::error::{Error, Result, ThingKind, ValueKind};
use crate::explanation::Explanation;
use crate::pki::validity::machine_time;
use crate::pki::{Authority, Certificate, Label, Passphrase, pem};

/// What `ca/<name>/` will hold.
#[derive(Debug)]
pub struct NewAuthority<'a> {
    /// `root`, `issuing`, or another name.
    pub name: &'a str,
    /// The authority.
    pub authority: &'a Authority,
    /// The profile that it was made by.
    pub profile: &'a str,
}

impl Environment {
    /// Makes the environment's authorities, all at once. With [`Existing::Replace`] the old ones are moved aside, to
    /// the returned directory: what they signed cannot be checked without them.
    pub fn create_authorities(
        &self,
        _lock: &Lock,
        authorities: &[NewAuthority<'_>],
        passphrase: Option<&Passphrase>,
        existing: Existing,
        now: OffsetDateTime,
    ) -> Result<Option<PathBuf>> {
        let target = self.path.join("ca");
        if existing == Existing::Keep && self.has_authority() {
            return Err(Error::AlreadyExists {
                what: ThingKind::Authority,
                name: ROOT.into(),
                place: target,
            });
        }
        if existing == Existing::Keep && target.symlink_metadata().is_ok() {
            let place = self.path.clone();
            return Err(Error::AlreadyExists {
                what: ThingKind::AuthorityDirectory,
                name: "ca".into(),
                place,
            });
        }
        let mut files = Vec::new();
        for new in authorities {
            files.extend(authority_files(&format!("{}/", new.name), new.authority, passphrase)?);
        }
        self.take_place(&target, "ca", authorities, &files, now)
    }

    /// Adds an authority under one that exists. With [`Existing::Replace`] the old one of its name is moved aside, to the
    /// returned directory.
    pub fn add_authority(
        &self,
        _lock: &Lock,
        new: &NewAuthority<'_>,
        passphrase: Option<&Passphrase>,
        existing: Existing,
        now: OffsetDateTime,
    ) -> Result<Option<PathBuf>> {
        let target = self.place_below_root(&new.name.parse()?, existing)?;
        let above = new.authority.issuer().above;
        if read::certificate(&target.join("ca.crt")).is_ok_and(|old| above.contains(&old)) {
            return Err(Error::Contradiction {
                reason: format!("authority {:?} would replace one of its own issuers", new.name),
                explanation: Explanation::expected("another name, or another authority that signs"),
            });
        }
        let files = authority_files("", new.authority, passphrase)?;
        self.take_place(&target, &format!("ca-{}", new.name), std::slice::from_ref(new), &files, now)
    }

    /// Where an authority under another one will be kept; refuses names that it cannot have.
    pub fn place_below_root(&self, name: &Label, existing: Existing) -> Result<PathBuf> {
        if name.as_str().eq_ignore_ascii_case(ROOT) {
            let reason = "`root` is reserved for the environment's root CA";
            return Err(Error::invalid(ValueKind::AuthorityName, name.as_str(), reason));
        }
        if !name.is_word() {
            let reason = "a CA name must be a plain word, not a wildcard or an address";
            return Err(Error::invalid(ValueKind::AuthorityName, name.as_str(), reason));
        }
        let target = self.authority_path(name.as_str());
        if existing == Existing::Keep && target.symlink_metadata().is_ok() {
            let place = self.path.join("ca");
            return Err(Error::AlreadyExists { what: ThingKind::Authority, name: name.to_string(), place });
        }
        Ok(target)
    }

    /// Puts authorities in their place. What was there is kept, under a name that begins with `what`.
    fn take_place(
        &self,
        target: &Path,
        what: &str,
        authorities: &[NewAuthority<'_>],
        files: &[Artifact],
        now: OffsetDateTime,
    ) -> Result<Option<PathBuf>> {
        let staged = StagedDirectory::new(&self.path)?;
        let entry = |new: &NewAuthority<'_>| {
            LogEntry::new(LogAction::Init, new.name, new.profile, new.authority.certificate(), now)
        };
        let logged = self.start_log(&authorities.iter().map(entry).collect::<Vec<_>>())?;
        staged.fill(files)?;
        let aside = target.symlink_metadata().is_ok().then(|| self.free_place_aside(what, now));
        let existing = match &aside {
            None => Existing::Keep,
            Some(aside) => {
                let name = aside.file_name().unwrap_or_default().to_string_lossy();
                artifact::keep_aside(target, &self.path, &name)?;
                Existing::Replace
            }
        };
        // Nothing but the exchange is left, and no certificate is in use that the log does not know.
        logged.keep()?;
        staged.publish(target, existing)?;
        Ok(aside)
    }

    /// A directory that nothing was moved to before, even if its end came within the same second.
    pub(super) fn free_place_aside(&self, what: &str, now: OffsetDateTime) -> PathBuf {
        let first = format!("{what}-{}", machine_time(now).replace(':', ""));
        let names = std::iter::once(first.clone()).chain((2..).map(|count| format!("{first}-{count}")));
        let mut places = names.map(|name| self.path.join(artifact::REPLACED).join(name));
        places.find(|place| place.symlink_metadata().is_err()).expect("the numbers do not end")
    }

    /// The names of all authorities; the root first.
    pub fn authorities(&self) -> Vec<String> {
        let mut names = read::directories(&self.path.join("ca"));
        names.sort_by_key(|name| (name != ROOT, name != ISSUING, name.clone()));
        names
    }

    /// The authority that signs when none is named: the intermediate if there is one.
    pub fn default_authority(&self) -> &'static str {
        if self.authority_path(ISSUING).is_dir() { ISSUING } else { ROOT }
    }

    /// Refuses an authority that is not there, without reading one that is.
    pub fn require_authority(&self, name: &str) -> Result<()> {
        let root = self.authority_path(ROOT).join("ca.crt");
        match root.metadata() {
            Ok(_) => {}
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Err(Error::NoAuthority { environment: self.name.clone(), place: self.pki.clone() });
            }
            // It may well be there: somebody who may not look must not be told to make one.
            Err(error) => return Err(Error::io("read", root, error)),
        }
        if name.parse::<Label>().is_err() || !self.authority_path(name).is_dir() {
            return Err(Error::NotFound {
                what: ThingKind::Authority,
                name: name.to_owned(),
                place: format!("environment {:?}", self.name),
                known: self.authorities(),
            });
        }
        Ok(())
    }

    /// An authority's certificate and those above it, the root last.
    pub fn authority_chain(&self, name: &str) -> Result<Vec<Certificate>> {
        self.require_authority(name)?;
        let mut chain = vec![self.authority_certificate(name)?];
        while let Some(last) = chain.last()
            && !last.is_self_issued()
        {
            let others = self.authorities().into_iter().filter(|other| other != name);
            let mut candidates =
                others.map(|other| read::certificate(&self.authority_path(&other).join("ca.crt")));
            let issuer = candidates.find_map(|candidate| {
                candidate.ok().filter(|candidate| candidate.is_authority() && last.is_signed_by(candidate))
            });
            match issuer {
                Some(issuer) if !chain.contains(&issuer) => chain.push(issuer),
                _ => {
                    return Err(Error::Contradiction {
                        reason: format!(
                            "the chain of authority {name:?} in environment {:?} does not end at a root",
                            self.name
                        ),
                        explanation: Explanation::expected(format!(
                            "the authority {:?} in {}",
                            last.details.issuer,
                            self.path.join("ca").display()
                        )),
                    });
                }
            }
        }
        Ok(chain)
    }

    fn authority_certificate(&self, name: &str) -> Result<Certificate> {
        let path = self.authority_path(name).join("ca.crt");
        let certificate = read::certificate(&path)?;
        if certificate.is_authority() {
            return Ok(certificate);
        }
        Err(Error::Encoding {
            place: path.display().to_string(),
            reason: format!("{:?} is not a CA", certificate.title()),
            expected: "a certificate that may sign others (basicConstraints with cA TRUE)".into(),
            found: "a certificate that may not".into(),
        })
    }

    /// An authority with its key, ready to sign.
    pub fn authority(&self, name: &str, passphrase: Option<&Passphrase>) -> Result<Authority> {
        let mut chain = self.authority_chain(name)?;
        let path = self.authority_path(name).join("ca.key");
        if !path.exists() {
            return Err(Error::NoAuthorityKey { name: name.to_owned(), path });
        }
        let key = read::private_key(&path, passphrase)?;
        let certificate = chain.remove(0);
        certificate
            .require_key(
                &key,
                &self.authority_path(name).join("ca.crt").display().to_string(),
                &path.display().to_string(),
            )
            .map_err(Error::of_authority)?;
        Authority::from_parts(certificate, chain, key)
    }

    /// Whether an authority's key is encrypted.
    pub fn authority_key_is_encrypted(&self, name: &str) -> bool {
        read_file(&self.authority_path(name).join("ca.key"))
            .is_ok_and(|bytes| pem::holds_encrypted_key(&bytes))
    }
}

fn authority_files(
    prefix: &str,
    authority: &Authority,
    passphrase: Option<&Passphrase>,
) -> Result<Vec<Artifact>> {
    let key = match passphrase {
        Some(passphrase) => authority.key().encrypted_pkcs8_pem(passphrase)?,
        None => authority.key().pkcs8_pem(),
    };
    Ok(vec![
        Artifact::public(format!("{prefix}ca.crt"), authority.certificate().pem()),
        Artifact::secret(format!("{prefix}ca.key"), &key),
    ])
}
