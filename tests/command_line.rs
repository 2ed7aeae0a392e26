//! The commands as a user meets them: exact words, exit codes, files.

use crate::harness::Workspace;

#[test]
fn issue_before_init_says_what_to_run() {
    let workspace = Workspace::new();
    workspace.pkictl(&["issue", "server", "web"]).fails(
        1,
        "error: environment \"dev\" has no certificate authority in pki\n\nhint: run `pkictl init` first",
    );
}
