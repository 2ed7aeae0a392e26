//! The page of a policy: what stands in it, and what a real browser makes of it.

mod browser;
mod diagrams;
mod sample;

use pkictl::page;
use sample::{NOW, empty, hostile, large, shop};

fn render(report: &pkictl::report::policy::PolicyReport) -> String {
    page::render(report, "pkictl.toml", "0.1.0", NOW)
}

#[test]
fn the_answer_comes_first() {
    for (report, headline, sentence) in [
        (shop(false), "The policy holds", "44 checks made, none failed."),
        (shop(true), "The policy does not hold", "7 of 44 checks failed."),
        (empty(), "The policy is not proven", "No check was made."),
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
