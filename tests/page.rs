//! The HTML report: its content, and how a real browser shows it.

mod browser;
mod diagrams;
mod sample;

use pkictl::page;
use sample::{NOW, empty, hostile, landscape, large, shop};

fn render(report: &pkictl::report::policy::PolicyReport) -> String {
    page::render(report, "pkictl.toml", "0.1.0", NOW)
}

#[test]
fn the_answer_comes_first() {
    let counted = |report: &pkictl::report::policy::PolicyReport| {
        let counts = report.counts();
        (counts.failed, counts.passed + counts.failed + counts.skipped)
    };
    let ((none, all), (failed, of)) = (counted(&shop(false)), counted(&shop(true)));
    assert!(none == 0 && failed > 0 && all > 1, "{none} {all} {failed} {of}");
    for (report, headline, sentence) in [
        (shop(false), "The policy holds", format!("{all} checks run, none failed.")),
        (shop(true), "The policy does not hold", format!("{failed} of {of} checks failed.")),
        (empty(), "The policy is not proven", "No check was run.".into()),
    ] {
        let page = render(&report);
        assert!(page.contains(&format!("<h1>{headline}</h1>\n<p class=\"lead\">{sentence}</p>")), "{page}");
        assert!(page.contains(&format!("<title>pkictl.toml: {}</title>", headline.replace("The", "the"))));
    }
}

#[test]
fn hostile_names_stay_text() {
    let page = render(&hostile());
    for syntax in ["<script", "<img", "onerror=\"", "\u{202e}", "\u{7}"] {
        assert!(!page.contains(syntax), "{syntax:?}");
    }
    assert!(page.contains("&lt;script&gt;alert(1)&lt;&#x2f;script&gt;"), "{page}");
    assert!(page.contains("\\u{202e}"));
}

#[test]
fn nothing_is_loaded_and_no_script_is_there() {
    let page = render(&large());
    for source in ["http:", "https:", "src=", "@import", "@font-face", "<script", "javascript:", " onclick"] {
        assert!(!page.contains(source), "{source}");
    }
    // Pointing into the page itself is no loading.
    let urls = page.matches("url(").count();
    assert!(urls > 0 && urls == page.matches("url(#").count());
}

/// The text of the page's elements that start with `start`, without their tags.
fn elements(page: &str, start: &str, end: &str) -> Vec<String> {
    let inner = |part: &str| {
        let text = part.split(end).next().unwrap_or_default();
        text.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text)).collect()
    };
    page.split(start).skip(1).map(inner).collect()
}

#[test]
fn the_matrix_keeps_the_order_of_the_manifest() {
    let page = render(&landscape());
    let matrix = page.split("<table class=\"matrix").nth(1).expect("a matrix");
    let matrix = matrix.split("</table>").next().expect("its end");
    let names: Vec<String> =
        landscape().environments[0].services.iter().map(|one| one.name.clone()).collect();
    let rows = elements(matrix, "<th scope=\"row\">", "</th>");
    assert_eq!(rows, [&names[..], &["anyone (root only)".to_owned()]].concat());
    let columns = elements(matrix, "<th scope=\"col\"><span>", "</th>");
    assert_eq!(columns.len(), 29, "one does not serve");
    assert!(names.iter().filter(|name| *name != "admin-console").eq(columns.iter()), "{columns:?}");
    let cells = matrix.matches("popovertargetaction=\"hide\"").count();
    assert_eq!(cells, landscape().environments[0].cells.len());
}

#[test]
fn environments_that_differ_are_shown_side_by_side() {
    let page = render(&shop(true));
    let table = page
        .split("<table class=\"plain differences\">")
        .nth(1)
        .expect("a table")
        .split("</table>")
        .next()
        .expect("its end");
    assert_eq!(
        elements(table, "<tr>", "</tr>")[1..],
        [
            "storefront \u{2192} databasenono!",
            "rest-api \u{2192} databaseyesyes!",
            "anyone (root only) \u{2192} rest-apinono!"
        ]
    );
    let page = render(&shop(false));
    assert!(page.contains("Same policy, same result in every environment."));
    assert!(!render(&landscape()).contains("Same policy, same result"), "there is only one");
}

#[test]
fn a_failure_is_listed_once_and_leads_to_each_of_its_cells() {
    let page = render(&shop(true));
    let prod = page.split("<h2 id=\"e1\">").nth(1).expect("the second environment");
    let failures = elements(prod, "<article>", "</article>");
    assert_eq!(failures.len(), 3, "{failures:?}");
    for failure in prod.split("<article>").skip(1) {
        for target in failure.split("</article>").next().unwrap_or_default().split("href=\"#").skip(1) {
            let id = target.split('"').next().unwrap_or_default();
            assert!(prod.contains(&format!("<td><button type=\"button\" id=\"{id}\" class=\"")), "{id}");
        }
    }
    assert_eq!(prod.matches("href=\"#e1c").count(), 3);
}

#[test]
fn whatever_a_report_holds_the_page_renders() {
    let mut report = shop(true);
    let environment = &mut report.environments[1];
    environment.services[2].domain = "prod.db".into();
    environment.certificates[3].domain = "prod.db".into();
    environment.certificates[1].not_after = "someday".into();
    environment.certificates[2].not_before = "2026-07-01T00:00:00Z".into();
    environment.checks[1].outcome = pkictl::report::Outcome::skipped("its file is missing");
    environment.cells[0].checks = vec![9999];
    environment.cells[1].checks.clear();
    environment.cells.remove(2);
    environment.cells[3].callee = "unknown".into();
    report.environments.push(sample::Builder::new("nothing").build());
    let page = render(&report);
    for words in [
        "<i>prod.db</i>",
        "unreadable dates",
        "not yet valid, starts in 29 days",
        "2 not yet valid, or with unreadable dates",
        "<dt>reason</dt><dd>its file is missing</dd>",
        "No check was run.",
        "no such pair",
        "No service may be called.",
    ] {
        assert!(page.contains(words), "{words}\n{page}");
    }
}

#[test]
fn a_graph_too_large_to_read_is_not_drawn() {
    let names: Vec<String> = (0..61).map(|at| format!("s{at}")).collect();
    let builder = names.iter().fold(sample::Builder::new("test"), |builder, name| {
        builder.service(name, name == "s0", Some(&["s1"]), 90)
    });
    let report = |builder: sample::Builder| pkictl::report::policy::PolicyReport {
        environments: vec![builder.cells(&[], &[]).build()],
    };
    let page = render(&report(builder));
    assert!(page.contains("No graph: it would be too large to read.") && !page.contains("class=\"graph"));
}
