//! What a manifest declares reaches the servers: `apply` writes to the letter what `emit --allow` writes, of which the
//! interop tests show that the real servers admit the declared caller and refuse the other one of the same CA.

use std::collections::BTreeMap;
use std::path::Path;

use super::applied;

/// Every file below a directory.
fn contents(path: &Path) -> BTreeMap<String, String> {
    let files = std::fs::read_dir(path).expect("a directory").flatten();
    let read = |entry: std::fs::DirEntry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        (name, std::fs::read_to_string(entry.path()).expect("a text"))
    };
    files.map(read).collect()
}

#[test]
fn apply_writes_what_emit_writes_with_the_callers_as_allow() {
    let targets: [(&str, &str, &[&str]); 5] = [
        ("nginx", "", &[]),
        ("haproxy", ", upstream = \"http://127.0.0.1:9000\"", &["--upstream", "http://127.0.0.1:9000"]),
        ("envoy", ", upstream = \"http://127.0.0.1:9000\"", &["--upstream", "http://127.0.0.1:9000"]),
        ("postgres", "", &[]),
        ("rabbitmq", "", &[]),
    ];
    let emits: Vec<String> = targets
        .iter()
        .map(|(target, more, _)| format!("{{ target = \"{target}\", to = \"by-apply/{target}\"{more} }}"))
        .collect();
    let workspace = applied(&format!(
        "version = 1\nenvironments = [\"test\"]\n[service.api]\nnames = [\"api.example.com\"]\ncallers = [\"job\", \"shop\"]\nemit = [{}]\n[service.job]\n[service.shop]\n[service.other]\nnames = [\"other.example.com\"]\n",
        emits.join(", ")
    ));
    for (target, _, more) in targets {
        let directory = format!("by-emit/{target}");
        let arguments = [
            "emit", target, "--env", "test", "--cert", "api", "--allow", "job", "--allow", "shop", "-d",
            &directory,
        ];
        workspace.pkictl(&[&arguments[..], more].concat()).succeeds();
        let (ours, theirs) =
            (contents(&workspace.file(format!("by-apply/{target}"))), contents(&workspace.file(&directory)));
        assert_eq!(ours, theirs, "{target}");
        assert!(ours.values().any(|text| text.contains("job")), "{target} does not name its caller");
        assert!(!ours.values().any(|text| text.contains("other")), "{target} names somebody else");
    }
}
