//! junitparser: the report of `verify` as a CI server reads it.

use super::words;
use crate::harness::{Workspace, judge};

#[test]
fn a_ci_server_sees_whether_the_checks_passed() {
    let Some(junitparser) = judge("junitparser") else { return };
    let workspace = Workspace::with_ca();
    workspace.pkictl(&["issue", "server", "localhost"]).succeeds();
    workspace.pkictl(&["issue", "client", "backend"]).succeeds();
    let report = workspace.pkictl(&["verify", "--format", "junit"]).succeeds().stdout;
    assert!(report.contains("<testcase "), "{report}");
    let green = workspace.write("green.xml", report);
    junitparser.accepts(words(&[&"verify", &green]));

    workspace.pkictl(&["issue", "server", "late.example.org", "--not-after=-1d"]).succeeds();
    let report = workspace.pkictl(&["verify", "--format", "junit"]).exits_with(3).stdout;
    let red = workspace.write("red.xml", report);
    junitparser.refuses(words(&[&"verify", &red]));
}
