//! Certificates and keys by name from the environment, or by path from anywhere.

use std::path::{Path, PathBuf};

use super::failure::Failure;
use super::global::Global;
use super::passphrase::{self, Purpose};
use crate::bundle::{Files, Identity, Trust};
use crate::error::{Error, NotPem, Result};
use crate::explanation::Explanation;
use crate::pki::{Certificate, Label, PrivateKey, defect, pem};
use crate::store::{self, Environment, ROOT};
use crate::template::shell_word;

/// A credential of the environment, or a chain from a file with its key and authorities from other files.
pub(super) fn identity(
    environment: &Environment,
    what: &str,
    key: Option<&Path>,
    authorities: Option<&Path>,
) -> Result<Identity, Failure> {
    if key.is_none() && authorities.is_none() {
        if let Ok(name) = what.parse::<Label>()
            && environment.credential_path(&name).is_dir()
        {
            return credential(environment, &name);
        }
        if !Path::new(what).exists() {
            let name: Label = what.parse()?;
            if !environment.has_authority() {
                environment.authority_chain(ROOT)?;
            }
            return credential(environment, &name);
        }
    }
    if !Path::new(what).exists()
        && let Ok(name) = what.parse::<Label>()
        && environment.credential_path(&name).is_dir()
    {
        let message = format!("{what:?} is a credential of the environment: its files must not be named");
        return Err(Failure::usage(message, Some("omit the files, or name the file of its chain".into())));
    }
    from_files(Path::new(what), key, authorities)
}

/// An authority of the environment with its private key, and the file of the key's passphrase. Its name is that of its
/// directory.
pub(super) fn authority(
    environment: &Environment,
    name: &str,
    passphrase_file: Option<&Path>,
    global: &Global,
) -> Result<Identity, Failure> {
    let passphrase = if environment.authority_key_is_encrypted(name) {
        let place = environment.authority_path(name).join("ca.key").display().to_string();
        Some(passphrase::find(passphrase_file, Purpose::Open, &place, global)?)
    } else {
        None
    };
    let identity = Identity::from(environment.authority(name, passphrase.as_ref())?);
    Ok(Identity { name: name.to_owned(), ..identity })
}

fn credential(environment: &Environment, name: &Label) -> Result<Identity, Failure> {
    let identity = Identity::from(environment.credential(name)?);
    let directory = absolute(&environment.credential_path(name));
    let files = Files {
        chain: directory.join("tls.crt"),
        is_whole: true,
        key: Some(directory.join("tls.key")),
        anchors: Some(directory.join("ca.crt")),
    };
    Ok(Identity { files: Some(files), ..identity })
}

/// Configurations are read by programs with another working directory. Unchanged if the working directory was deleted.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// Files made by any tool: a chain, its key (perhaps in the same file), and the CAs above it. The chain is put
/// in order; what does not belong to it is refused.
pub(super) fn from_files(
    chain: &Path,
    key: Option<&Path>,
    authorities: Option<&Path>,
) -> Result<Identity, Failure> {
    let mut identity = unchecked_from_files(chain, key)?;
    let as_it_lies = identity.chain.clone();
    let mut found = std::mem::take(&mut identity.chain);
    if let Some(path) = authorities {
        let trust = authorities_from_file(path)?;
        if let Some(files) = identity.files.as_mut().filter(|_| !trust.anchors.is_empty()) {
            files.anchors = Some(absolute(path));
        }
        found.extend(trust.intermediates);
        identity.anchors.extend(trust.anchors);
    }
    let sorted = in_order(found, identity.key.as_ref());
    identity.chain = sorted.map_err(|stranger| stranger_in(&identity.name, authorities, &stranger))?;
    identity.anchors.extend(identity.chain.extract_if(1.., |one| one.is_self_issued()));
    distinct(&mut identity.anchors);
    if let Some(key) = &identity.key {
        let owned = identity.leaf().require_key(key, &identity.name, "the private key");
        owned.map_err(|error| with_hint(error, "use the key that belongs to this certificate"))?;
    }
    if let Some(files) = &mut identity.files {
        files.is_whole = identity.chain == as_it_lies;
    }
    Ok(identity)
}

/// The leaf, its issuer, the issuer's issuer, and so on (RFC 8446, section 4.4.2); then other certificates of the same
/// issuers. The leaf is the one that the key belongs to, or else the first that is not a CA. The error is an unrelated
/// certificate.
fn in_order(
    mut all: Vec<Certificate>,
    key: Option<&PrivateKey>,
) -> Result<Vec<Certificate>, Box<Certificate>> {
    distinct(&mut all);
    let owned = all.iter().position(|one| key.is_some_and(|key| one.matches(key)));
    let leaf = owned.or_else(|| all.iter().position(|one| !one.is_authority()));
    let mut chain = vec![all.remove(leaf.unwrap_or(0))];
    let next = |chain: &[Certificate], all: &[Certificate]| {
        let last = &chain[chain.len() - 1..];
        let above = |holders: &[Certificate]| {
            all.iter().position(|one| holders.iter().any(|holder| has_issued(one, holder)))
        };
        above(last).or_else(|| above(chain))
    };
    while let Some(index) = next(&chain, &all) {
        chain.push(all.remove(index));
    }
    all.pop().map_or(Ok(chain), |stranger| Err(stranger.into()))
}

/// A signature that cannot be checked here counts as valid.
fn has_issued(issuer: &Certificate, holder: &Certificate) -> bool {
    issuer.details.subject == holder.details.issuer
        && (!defect::is_checkable(holder, issuer) || holder.is_signed_by(issuer))
}

fn distinct(all: &mut Vec<Certificate>) {
    let mut kept: Vec<Certificate> = Vec::new();
    all.retain(|one| {
        let is_new = !kept.contains(one);
        kept.extend(is_new.then(|| one.clone()));
        is_new
    });
}

fn stranger_in(chain: &str, authorities: Option<&Path>, stranger: &Certificate) -> Failure {
    let authorities = authorities.map(|path| format!(" with {}", path.display())).unwrap_or_default();
    let error = Error::Contradiction {
        reason: format!("{:?} does not belong to the chain of {chain}{authorities}", stranger.title()),
        explanation: Explanation::new(
            "the leaf and the authorities above it, each of which signed one of the others",
            format!("a certificate of {}, which did not sign any of them", stranger.details.subject),
        ),
    };
    with_hint(error, "remove it from the file")
}

fn with_hint(error: Error, hint: &str) -> Failure {
    Failure { hint: Some(hint.to_owned()), ..error.into() }
}

/// A chain and its key as they are on disk, whether or not they belong together.
fn unchecked_from_files(chain: &Path, key_path: Option<&Path>) -> Result<Identity, Failure> {
    let place = chain.display().to_string();
    let bytes = zeroize::Zeroizing::new(store::read_file(chain)?);
    let mut certificates =
        pem::certificates(&bytes, &place).map_err(|error| unread(error, &bytes, "x509"))?;
    let key_file = key_path.or_else(|| holds_key(&bytes).then_some(chain));
    let key = key_file.map(read_key).transpose()?;
    let mut anchors: Vec<Certificate> = Vec::new();
    // A root in the chain file is an anchor; no server sends it.
    while certificates.len() > 1 && certificates.last().is_some_and(Certificate::is_self_issued) {
        anchors.extend(certificates.pop().filter(|root| !anchors.contains(root)));
    }
    let files = Files { chain: absolute(chain), is_whole: true, key: key_file.map(absolute), anchors: None };
    Ok(Identity { name: place, chain: certificates, key, anchors, files: Some(files) })
}

/// Whether it contains a private key in PEM.
pub(super) fn holds_key(bytes: &[u8]) -> bool {
    bytes.windows(12).any(|window| window == b"PRIVATE KEY-")
}

fn read_key(path: &Path) -> Result<PrivateKey, Failure> {
    let place = path.display().to_string();
    let bytes = zeroize::Zeroizing::new(store::read_file(path)?);
    let old_way = bytes.windows(22).any(|window| window == b"Proc-Type: 4,ENCRYPTED");
    pem::private_key(&bytes, None, &place).map_err(|error| match error {
        Error::UnusableKey { .. } | Error::PassphraseNeeded { .. }
            if old_way || matches!(error, Error::PassphraseNeeded { .. }) =>
        {
            let hint = format!(
                "servers and the OpenShift router read unencrypted keys only: decrypt it with `openssl pkey -in {} -out NEW.key`",
                shell_word(&place)
            );
            with_hint(Error::UnusableKey { place, reason: "it is protected by a passphrase".into() }, &hint)
        }
        Error::UnusableKey { place, reason } => {
            let reason = reason.replace("its algorithm 1.3.132.0.35", "its curve P-521");
            let hint = "use a supported key type";
            with_hint(Error::UnusableKey { place, reason }, hint)
        }
        other => unread(other, &bytes, "pkey"),
    })
}

/// What is not PEM may be DER, or PKCS#12, whose first field is the version 3 (RFC 7292, section 4). `kind` is the
/// command of openssl that converts it.
fn unread(error: Error, bytes: &[u8], kind: &str) -> Failure {
    let Error::NotPem { place, found } = &error else { return error.into() };
    let word = shell_word(place);
    let kind = match *found == NotPem::DerKey {
        true => "pkey",
        false if Certificate::from_der(bytes, place).is_ok() => "x509",
        false => kind,
    };
    let hint = match bytes {
        [0x30, 0x82, _, _, 2, 1, 3, ..] | [0x30, 0x80, 2, 1, 3, ..] | [0x30, 0x83, _, _, _, 2, 1, 3, ..] => {
            format!("it looks like PKCS#12: extract it with `openssl pkcs12 -in {word} -nodes -out FILE.pem`")
        }
        [0x30, ..] => format!("convert it with `openssl {kind} -inform der -in {word} -out FILE.pem`"),
        _ => return error.into(),
    };
    with_hint(error, &hint)
}

/// What the services of the environment trust.
pub(super) fn environment_trust(environment: &Environment) -> Result<Trust> {
    let mut trust = Trust { anchors: environment.authority_chain(ROOT)?, intermediates: vec![] };
    for name in environment.authorities().iter().filter(|name| *name != ROOT) {
        trust.intermediates.push(environment.authority_chain(name)?.swap_remove(0));
    }
    Ok(trust)
}

/// An authority of the environment with those above it, or a file of CA certificates.
pub(super) fn trust(environment: &Environment, what: &str) -> Result<Trust, Failure> {
    if environment.has_authority() && environment.authorities().iter().any(|name| name == what) {
        let mut chain = environment.authority_chain(what)?;
        let anchors = chain.split_off(chain.len() - 1);
        return Ok(Trust { anchors, intermediates: chain });
    }
    if Path::new(what).exists() {
        let trust = authorities_from_file(Path::new(what))?;
        require_root(Path::new(what), &trust)?;
        return Ok(trust);
    }
    environment.authority_chain(what)?;
    Err(Error::io("read", what, std::io::ErrorKind::NotFound.into()).into())
}

/// Most TLS programs trust only self-signed certificates.
pub(super) fn require_root(path: &Path, trust: &Trust) -> Result<(), Failure> {
    if !trust.anchors.is_empty() {
        return Ok(());
    }
    let message = format!("{} contains no root: all its certificates were signed by others", path.display());
    let hint = "most TLS programs trust only self-signed roots; add the root to the file";
    Err(Failure::usage(message, Some(hint.into())))
}

/// The same as [`trust_from_file`], and refuses certificates that are not CAs.
fn authorities_from_file(path: &Path) -> Result<Trust, Failure> {
    let trust = trust_from_file(path)?;
    match trust.intermediates.iter().find(|one| !one.is_authority()) {
        None => Ok(trust),
        Some(leaf) => Err(with_hint(
            Error::Contradiction {
                reason: format!("{:?} in {} is not a CA", leaf.title(), path.display()),
                explanation: Explanation::new(
                    "CA certificates, and a self-signed root",
                    "a certificate that may not sign others",
                ),
            },
            "use the CA certificates that signed it",
        )),
    }
}

/// CA certificates of a file: self-signed ones are anchors, the others are intermediates.
pub(super) fn trust_from_file(path: &Path) -> Result<Trust> {
    let all = pem::certificates(&store::read_file(path)?, &path.display().to_string())?;
    let (anchors, intermediates) = all.into_iter().partition(Certificate::is_self_issued);
    Ok(Trust { anchors, intermediates })
}
