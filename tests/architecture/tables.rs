//! The floor plan as tables: a new module or library needs a line here, and a reason.

/// Each top-level module and what it may import. A new module needs a line here, and a reason.
pub const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("error", &["explanation"]),
    ("explanation", &[]),
    ("parallel", &[]),
    ("pki", &["error", "explanation"]),
    ("suggestion", &[]),
    ("template", &["error"]),
    ("artifact", &["error", "pki"]),
    ("report", &["explanation"]),
    ("page", &["explanation", "pki", "template", "report"]),
    ("diagram", &["pki", "report"]),
    ("profile", &["error", "explanation", "pki", "template"]),
    ("ephemeral", &["error", "explanation", "pki", "profile", "bundle", "artifact", "store"]),
    ("store", &["error", "explanation", "parallel", "pki", "artifact"]),
    ("bundle", &["pki"]),
    ("policy", &["pki", "bundle"]),
    ("emit", &["error", "explanation", "pki", "profile", "bundle", "template", "artifact"]),
    ("kubernetes", &[]),
    ("handshake", &["error", "parallel", "pki", "bundle", "policy", "report"]),
    ("verify", &["error", "explanation", "pki", "bundle", "policy", "report", "handshake"]),
    ("endpoint", &["error", "pki", "bundle", "report", "handshake", "verify"]),
    ("route", &["error", "explanation", "parallel", "pki", "bundle", "report", "kubernetes", "handshake"]),
    ("lint", &["error", "explanation", "pki", "kubernetes"]),
    ("manifest", &["error", "pki", "template", "profile", "emit"]),
    (
        "reconcile",
        &[
            "error",
            "explanation",
            "parallel",
            "pki",
            "artifact",
            "profile",
            "bundle",
            "store",
            "emit",
            "manifest",
            "policy",
        ],
    ),
    (
        "cli",
        &[
            "error",
            "explanation",
            "pki",
            "template",
            "artifact",
            "report",
            "page",
            "diagram",
            "profile",
            "store",
            "bundle",
            "emit",
            "verify",
            "endpoint",
            "route",
            "lint",
            "manifest",
            "reconcile",
            "kubernetes",
            "suggestion",
        ],
    ),
    // Whatever reads foreign bytes, for the fuzz targets.
    ("fuzzing", &["pki", "profile", "emit", "kubernetes", "route", "lint", "manifest"]),
    ("main", &["cli"]),
];

/// Circles between the files of a room that are known, by the room and one file of it; a new one is refused.
pub const CIRCLES: &[(&str, &str)] = &[
    ("endpoint", "admission"),
    ("handshake", "listen"),
    // The table of rules names their functions, and these say what a rule is.
    ("lint", "rule"),
    ("pki", "subtrees"),
    ("reconcile", "partial_ca"),
    ("reconcile", "inspect"),
];

/// Names of types that several files have, each where the other is never seen.
pub const SHARED_NAMES: &[&str] = &["Check", "Counts", "Curve", "Kind", "Rule"];

/// Libraries and the only files (or directories) that may use them, so that a change of library is a change of one file.
pub const LIBRARIES: &[(&str, &[&str])] = &[
    ("rcgen::", &["pki/authority.rs"]),
    (
        "x509_parser::",
        &["pki/certificate.rs", "pki/certificate/", "pki/request.rs", "pki/distinguished_name.rs"],
    ),
    ("rustls_pemfile::", &["pki/pem.rs"]),
    ("webpki::", &["handshake/describe.rs"]),
    (
        "rustls::",
        &["lib.rs", "ephemeral/", "pki/credential.rs", "handshake.rs", "handshake/", "route.rs", "route/"],
    ),
    ("aws_lc_rs::", &["pki/key.rs", "pki/key/"]),
    ("pkcs8::", &["pki/armor.rs", "pki/pem.rs", "pki/key.rs", "pki/key/"]),
    ("ring::", &["pki.rs", "pki/"]),
    ("yasna::", &["pki/"]),
    ("base64ct::", &["kubernetes.rs"]),
    ("idna::", &["pki/name.rs"]),
    ("rustix::", &["artifact/system.rs"]),
    ("minijinja::", &["template.rs", "template/limits.rs", "profile/", "emit.rs", "emit/", "manifest/"]),
    ("serde_saphyr::", &["emit.rs", "emit/", "kubernetes.rs", "manifest/compose/"]),
    ("strsim::", &["suggestion.rs"]),
    ("clap::", &["cli.rs", "cli/"]),
    ("terminal_size::", &["cli/presentation/output.rs"]),
    ("clap_complete::", &["cli/"]),
    ("clap_mangen::", &["cli/man.rs"]),
    ("dialoguer::", &["cli/prompt.rs", "cli/prompt/"]),
    ("indicatif::", &["cli/presentation/progress.rs"]),
    ("anstream::", &["cli/presentation/output.rs", "cli/presentation/style.rs"]),
    ("anstyle::", &["cli/presentation/style.rs"]),
    ("quick_junit::", &["cli/"]),
];

/// Words of code and the only files (or directories) that may hold them.
pub const POWERS: &[(&str, &[&str])] = &[
    // Files are written in one place, with their mode from the first moment and as a whole.
    ("OpenOptions", &["artifact/system.rs"]),
    ("DirBuilder", &["artifact/system.rs"]),
    ("File::create", &[]),
    ("fs::write(", &[]),
    ("fs::create_dir", &[]),
    ("fs::copy(", &[]),
    ("fs::hard_link(", &[]),
    ("fs::set_permissions(", &[]),
    ("fs::rename(", &["artifact/file.rs", "artifact/system.rs"]),
    ("fs::remove_file(", &["artifact/file.rs", "artifact/directory.rs"]),
    ("fs::remove_dir(", &["artifact/directory.rs"]),
    ("fs::remove_dir_all(", &["artifact/directory.rs"]),
    // The clock, the environment and the terminal belong to the command line.
    ("now_utc(", &["cli/clock.rs"]),
    ("now_local(", &[]),
    // A test suite has one clock, and its first line should not have to name it; `at` takes the time beside it.
    ("SystemTime::now(", &["ephemeral.rs"]),
    ("std::env", &["cli/environment.rs"]),
    ("println!", &[]),
    ("eprintln!", &[]),
    ("print!", &[]),
    ("eprint!", &[]),
    ("dbg!", &[]),
    ("stdout(", &["cli/presentation/output.rs"]),
    (
        "stderr(",
        &["cli/presentation/output.rs", "cli/prompt.rs", "cli/prompt/", "cli/presentation/progress.rs"],
    ),
    ("stdin(", &["cli/prompt.rs", "cli/prompt/", "cli/text.rs"]),
    ("process::exit(", &[]),
    ("Command::new(", &["cli/emit_args.rs"]),
    // What hides a failure or who depends on whom.
    ("unwrap(", &[]),
    ("panic!", &[]),
    ("todo!", &[]),
    ("unimplemented!", &[]),
    ("unsafe", &[]),
    ("super::*", &[]),
    ("mod utils", &[]),
    ("mod util", &[]),
    ("mod helpers", &[]),
    ("mod common", &[]),
    ("mod prelude", &[]),
];
