//! Files that people make by hand, each rule broken once, and what is said of them.

use std::collections::BTreeSet;

use super::material::{material, now};
use super::{ids, lint};

/// What is asked, and exactly the rules that must answer.
type Case = (&'static str, &'static [&'static str]);

/// What the authors of the use cases did.
const BY_HAND: &[Case] = &[
    // `openssl x509 -req` without -extfile: the section [v3_ca] was never applied.
    ("v1.crt v1.key", &["certificate-version"]),
    ("empty.crt empty.key", &["certificate-extensions"]),
    ("noext-leaf.crt issuer-noext.crt", &["certificate-extensions", "issuer-not-an-authority"]),
    ("same.crt same.key ca.crt", &["same-name-as-issuer"]),
    ("same.crt", &["same-name-as-issuer"]),
    ("cn-only.crt cn-only.key", &["san-missing"]),
    ("lax-444.key", &["key-mode-others", "key-mode-group"]),
    ("lax-1555.key", &["key-mode-others", "key-mode-group"]),
    ("swapped.crt swapped.key", &["key-mismatch"]),
    ("good.crt cn-only.key", &["key-mismatch"]),
    // `wsgi.py` loads the server's certificate as its CA.
    ("good.crt --ca good.crt", &["trust-not-an-authority"]),
    ("copied/ca.crt good.crt", &["trust-not-an-authority"]),
    ("self.crt self.key", &["authority-as-leaf", "san-missing"]),
    ("self.crt self.key ca.crt", &["authority-as-leaf", "san-missing"]),
    // Test and production with one name for everything.
    ("ca.crt prod/ca.crt", &["authority-name-reused"]),
    ("good.crt prod/ca.crt", &["issuer-signature"]),
    ("good.crt ca.crt prod/good.crt other-ca.crt", &["subject-shared"]),
    ("repository/tracked.key", &["key-tracked"]),
    ("repository/untracked.key", &[]),
];

/// What else goes wrong.
const BESIDES: &[Case] = &[
    ("good.crt good.key ca.crt", &[]),
    ("good.der good.key ca.crt", &[]),
    ("chain.pem good.key ca.crt", &[]),
    ("below.crt below.key issuing.crt ca.crt", &[]),
    ("good.csr", &[]),
    ("garbage.pem", &["file-unreadable"]),
    ("half.pem", &["file-unreadable"]),
    ("group.key", &["key-mode-group"]),
    ("sealed.key", &["key-encrypted"]),
    ("weak.key", &["key-unusable"]),
    ("weak.crt", &["key-weak"]),
    ("weak.csr", &["request-key-weak"]),
    ("plain.csr", &["request-names"]),
    ("forged.csr", &["request-signature"]),
    ("sha1.crt", &["signature-hash"]),
    ("zero.crt", &["serial-number", "serial-entropy"]),
    ("one.crt", &["serial-entropy"]),
    ("one.crt two.crt", &["serial-entropy", "serial-reused"]),
    ("distant.crt", &["certificate-distant-end", "validity-long"]),
    ("long.crt", &["validity-long"]),
    ("ed25519.crt", &["key-type-uncommon"]),
    ("nokid.crt", &["key-identifiers", "leaf-key-identifier"]),
    ("signing.crt", &["certificate-signing-leaf"]),
    ("mail.crt", &["san-without-host"]),
    ("address.crt", &["san-address-as-dns"]),
    ("nameless.crt", &["san-critical", "common-name-missing"]),
    ("underscore.crt", &["san-underscore"]),
    ("elsewhere.crt", &["common-name-not-covered"]),
    ("workload.crt", &["spiffe-id"]),
    ("wide.crt", &["wildcard-too-wide"]),
    ("purposeless.crt", &["purpose-missing"]),
    ("mute.crt", &["key-usage-signature", "key-usage-encipherment"]),
    ("plain-ca.crt", &["authority-constraints-critical", "authority-key-usage"]),
    ("purpose-root.crt", &["root-purpose"]),
    ("issuing-ca.crt", &["trust-without-root"]),
    ("both-ca.pem", &["trust-many"]),
    ("keyed-ca.pem", &["trust-with-key"]),
    ("backwards.pem ca.crt", &["chain-order"]),
    ("rooted.pem", &["chain-with-root"]),
    ("below-leaf.crt good.crt ca.crt", &["issuer-not-an-authority"]),
    ("otherkid.crt issuing.crt ca.crt", &["issuer-key-identifier"]),
    ("deep.crt deep-issuing.crt issuing.crt ca.crt", &["path-length"]),
    ("outside.crt narrow.crt ca.crt", &["name-constraints"]),
    ("secret.yaml", &["secret-tls-fields", "secret-base64"]),
    ("sound-secret.yaml", &[]),
    ("swapped-secret.json", &["key-mismatch"]),
    ("configmap.yaml", &["configmap-private-key"]),
    ("route.yaml", &["route-path"]),
    ("broken.yaml", &["manifest-syntax"]),
    ("service.yaml", &["manifest-nothing"]),
];

fn holds(cases: &[Case]) {
    let Some(workspace) = material() else { return };
    let mut wrong = Vec::new();
    for (arguments, expected) in cases {
        let found = ids(&lint(workspace, arguments, now()));
        let expected: BTreeSet<String> = expected.iter().map(|id| (*id).to_owned()).collect();
        if found != expected {
            wrong.push(format!("lint {arguments}: expected {expected:?}, found {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_people_do_by_hand_is_found_and_nothing_else() {
    holds(BY_HAND);
}

#[test]
fn each_rule_is_broken_once_and_no_other_answers() {
    holds(BESIDES);
}

#[test]
fn every_rule_about_files_is_broken_by_a_case() {
    let tried: BTreeSet<&str> =
        BY_HAND.iter().chain(BESIDES).flat_map(|(_, ids)| ids.iter().copied()).collect();
    let dates = ["certificate-expired", "certificate-not-yet-valid"];
    let rules = pkictl::lint::rules();
    let untried = rules
        .iter()
        .map(|rule| rule.id)
        .filter(|id| !tried.contains(id) && !dates.contains(id) && !id.starts_with("route-"));
    let untried: Vec<&str> = untried.collect();
    assert!(untried.is_empty(), "{untried:?}");
}
