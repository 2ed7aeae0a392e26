//! Who may call whom as text for other programs to draw: Mermaid (rendered in Markdown by code hosts) and DOT
//! (Graphviz). Names may contain anything; nothing in them is interpreted as syntax.

use crate::pki::printable;
use crate::report::policy::{Cell, Declared, EnvironmentReport, PolicyReport, Verdict};

/// Label of a client that trusts the root and has no certificate of its own.
const VISITOR: &str = "anyone (root only)";

/// A Mermaid flowchart: a subgraph for each environment, an arrow for each pair that may call, dashed where anyone may.
/// An arrow whose pair failed or was not tested has a label that says so.
pub fn mermaid(report: &PolicyReport) -> String {
    let mut text = String::from("flowchart LR\n");
    let mut styles = String::new();
    let mut links = 0;
    for picture in pictures(report) {
        text += &format!("  subgraph {}[\"{}\"]\n", picture.id, mermaid_text(picture.name));
        for node in &picture.nodes {
            let (open, close) = if node.visitor { ("([", "])") } else { ("[", "]") };
            text += &format!("    {}{open}\"{}\"{close}\n", node.id, mermaid_text(node.label));
        }
        for arrow in &picture.arrows {
            let line = if arrow.cell.declared == Declared::Open { "-.->" } else { "-->" };
            let label = remark(arrow.cell).map(|remark| format!("|{remark}|")).unwrap_or_default();
            text += &format!("    {} {line}{label} {}\n", arrow.from, arrow.to);
            if let Some(colour) = colour(arrow.cell.verdict) {
                styles += &format!("  linkStyle {links} stroke:{colour},stroke-width:2px\n");
            }
            links += 1;
        }
        text += "  end\n";
    }
    text + &styles
}

/// A DOT digraph with the same content: a cluster for each environment.
pub fn dot(report: &PolicyReport) -> String {
    let mut text = String::from("digraph policy {\n  rankdir=LR;\n  node [shape=box, style=rounded];\n");
    for picture in pictures(report) {
        text += &format!("  subgraph cluster_{} {{\n    label={};\n", picture.id, dot_text(picture.name));
        for node in &picture.nodes {
            let style = if node.visitor { ", style=\"rounded,dashed\"" } else { "" };
            text += &format!("    {} [label={}{style}];\n", node.id, dot_text(node.label));
        }
        for arrow in &picture.arrows {
            let mut attributes = Vec::new();
            if arrow.cell.declared == Declared::Open {
                attributes.push("style=dashed".to_owned());
            }
            attributes.extend(remark(arrow.cell).map(|remark| format!("label=\"{remark}\"")));
            attributes.extend(
                colour(arrow.cell.verdict)
                    .map(|colour| format!("color=\"{colour}\", fontcolor=\"{colour}\", penwidth=2")),
            );
            let attributes = match attributes.is_empty() {
                true => String::new(),
                false => format!(" [{}]", attributes.join(", ")),
            };
            text += &format!("    {} -> {}{attributes};\n", arrow.from, arrow.to);
        }
        text += "  }\n";
    }
    text + "}\n"
}

/// An environment, with identifiers that are valid in both syntaxes.
struct Picture<'a> {
    id: String,
    name: &'a str,
    nodes: Vec<Node<'a>>,
    arrows: Vec<Arrow<'a>>,
}

struct Node<'a> {
    id: String,
    label: &'a str,
    visitor: bool,
}

struct Arrow<'a> {
    from: String,
    to: String,
    cell: &'a Cell,
}

fn pictures(report: &PolicyReport) -> impl Iterator<Item = Picture<'_>> {
    report.environments.iter().enumerate().map(|(at, environment)| picture(format!("e{at}"), environment))
}

fn picture(id: String, environment: &EnvironmentReport) -> Picture<'_> {
    let service = |at: usize| format!("{id}s{at}");
    let visitor = format!("{id}v");
    let place =
        |name: &str| environment.services.iter().position(|service| service.name == name).map(service);
    let arrows: Vec<Arrow<'_>> = environment
        .connections()
        .filter_map(|cell| {
            let from = cell.caller.as_deref().map_or_else(|| Some(visitor.clone()), place)?;
            Some(Arrow { from, to: place(&cell.callee)?, cell })
        })
        .collect();
    let visits = arrows.iter().any(|arrow| arrow.cell.caller.is_none());
    let visitor = visits.then(|| Node { id: visitor.clone(), label: VISITOR, visitor: true });
    let services = environment.services.iter().enumerate();
    let services = services.map(|(at, one)| Node { id: service(at), label: &one.name, visitor: false });
    Picture { name: &environment.name, nodes: visitor.into_iter().chain(services).collect(), arrows, id }
}

/// The label of an arrow.
fn remark(cell: &Cell) -> Option<&'static str> {
    match (cell.verdict, cell.declared) {
        (Verdict::Holds, _) => None,
        (Verdict::Fails, Declared::MayNot) => Some("must be refused, but is not"),
        (Verdict::Fails, _) => Some("must get through, but does not"),
        (Verdict::Unknown, _) => Some("not tested"),
    }
}

fn colour(verdict: Verdict) -> Option<&'static str> {
    match verdict {
        Verdict::Holds => None,
        Verdict::Fails => Some("#b3261e"),
        Verdict::Unknown => Some("#777777"),
    }
}

/// Text between double quotes in Mermaid, where characters can be written as `#`, their decimal number, `;`. Everything
/// that could be syntax, Markdown or HTML is.
fn mermaid_text(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '.' | '-' | '/' | '(' | ')' | ',' | ':');
    let code = |c: char| if plain(c) { c.to_string() } else { format!("#{};", u32::from(c)) };
    printable(text).chars().map(code).collect()
}

/// A double-quoted string of DOT. In labels, `\N` and the like are replaced and HTML entities are read.
fn dot_text(text: &str) -> String {
    format!("\"{}\"", printable(text).replace('&', "&amp;").replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::{dot, mermaid};
    use crate::report::policy::{Cell, Declared, EnvironmentReport, PolicyReport, ServiceReport, Verdict};

    fn report() -> PolicyReport {
        let service = |name: &str| ServiceReport {
            name: name.into(),
            domain: "test".into(),
            serves: true,
            calls: true,
            names: vec![],
            callers: None,
        };
        let cell = |caller: Option<&str>, callee: &str, declared, verdict| Cell {
            caller: caller.map(str::to_owned),
            callee: callee.into(),
            declared,
            verdict,
            checks: vec![],
        };
        PolicyReport {
            environments: vec![EnvironmentReport {
                name: "te\"st".into(),
                services: vec![service("web"), service("a\\\"]&b"), service("db")],
                cells: vec![
                    cell(Some("web"), "a\\\"]&b", Declared::May, Verdict::Holds),
                    cell(Some("web"), "db", Declared::MayNot, Verdict::Holds),
                    cell(Some("a\\\"]&b"), "db", Declared::May, Verdict::Fails),
                    cell(Some("db"), "a\\\"]&b", Declared::MayNot, Verdict::Fails),
                    cell(Some("db"), "web", Declared::Open, Verdict::Holds),
                    cell(None, "web", Declared::Open, Verdict::Unknown),
                ],
                certificates: vec![],
                checks: vec![],
            }],
        }
    }

    #[test]
    fn mermaid_draws_what_may_and_what_is_wrong() {
        assert_eq!(
            mermaid(&report()),
            r##"flowchart LR
  subgraph e0["te#34;st"]
    e0v(["anyone (root only)"])
    e0s0["web"]
    e0s1["a#92;#34;#93;#38;b"]
    e0s2["db"]
    e0s0 --> e0s1
    e0s1 -->|must get through, but does not| e0s2
    e0s2 -->|must be refused, but is not| e0s1
    e0v -.->|not tested| e0s0
  end
  linkStyle 1 stroke:#b3261e,stroke-width:2px
  linkStyle 2 stroke:#b3261e,stroke-width:2px
  linkStyle 3 stroke:#777777,stroke-width:2px
"##
        );
    }

    #[test]
    fn dot_draws_the_same() {
        assert_eq!(
            dot(&report()),
            r##"digraph policy {
  rankdir=LR;
  node [shape=box, style=rounded];
  subgraph cluster_e0 {
    label="te\"st";
    e0v [label="anyone (root only)", style="rounded,dashed"];
    e0s0 [label="web"];
    e0s1 [label="a\\\"]&amp;b"];
    e0s2 [label="db"];
    e0s0 -> e0s1;
    e0s1 -> e0s2 [label="must get through, but does not", color="#b3261e", fontcolor="#b3261e", penwidth=2];
    e0s2 -> e0s1 [label="must be refused, but is not", color="#b3261e", fontcolor="#b3261e", penwidth=2];
    e0v -> e0s0 [style=dashed, label="not tested", color="#777777", fontcolor="#777777", penwidth=2];
  }
}
"##
        );
    }
}
