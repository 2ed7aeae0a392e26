//! Colours, and what keeps text of others from steering the terminal.
//!
//! File names, subjects and values of YAML may hold anything. On their way to a terminal, characters without a visible
//! form are written as escapes: controls, format characters (those that turn the direction of writing around among
//! them), separators of lines and paragraphs, private use. Painted text carries marks instead of control sequences, so
//! that a sequence which is in the text is told from one that belongs here.

use anstyle::AnsiColor;
pub(in crate::cli) use anstyle::Style;

/// Red and bold: errors, failed checks, expired.
pub(in crate::cli) const RED: Style = AnsiColor::Red.on_default().bold();
/// Yellow: warnings, soon expired.
pub(in crate::cli) const YELLOW: Style = AnsiColor::Yellow.on_default();
/// Green: passed, done.
pub(in crate::cli) const GREEN: Style = AnsiColor::Green.on_default();
/// Bold: headings and names.
pub(in crate::cli) const BOLD: Style = Style::new().bold();
/// Dim: what can be skipped when reading.
pub(in crate::cli) const DIM: Style = Style::new().dimmed();

/// Each style with its mark: a noncharacter, which no text is made of (Unicode, section 23.7).
const MARKS: [(char, Style); 7] = [
    ('\u{fdd0}', RED),
    ('\u{fdd1}', YELLOW),
    ('\u{fdd2}', GREEN),
    ('\u{fdd3}', BOLD),
    ('\u{fdd4}', DIM),
    ('\u{fdd5}', YELLOW.bold()),
    ('\u{fdd6}', GREEN.bold()),
];

/// The mark where a style ends.
const END: char = '\u{fdd7}';

/// `text` in `style`, which must be one of those above.
pub(in crate::cli) fn paint(style: Style, text: impl std::fmt::Display) -> String {
    match MARKS.iter().find(|(_, known)| *known == style) {
        Some((mark, _)) => format!("{mark}{text}{END}"),
        None => text.to_string(),
    }
}

/// Painted text as a terminal accepts it: control sequences for the marks, escapes for all else that has no visible form.
pub(in crate::cli) fn render(painted: &str) -> String {
    let mut text = String::with_capacity(painted.len());
    for c in painted.chars() {
        match MARKS.iter().find(|(mark, _)| *mark == c) {
            _ if c == END => text += anstyle::Reset.render().to_string().as_str(),
            _ if c == '\n' => text.push(c),
            Some((_, style)) => text += &style.render().to_string(),
            None => push_visible(&mut text, c),
        }
    }
    text
}

/// Text without any paint, as a terminal may show it within a line.
pub(in crate::cli) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    text.chars().for_each(|c| push_visible(&mut shown, c));
    shown
}

/// How many columns painted text takes, if each of its characters takes one.
pub(super) fn width(painted: &str) -> usize {
    anstream::adapter::strip_str(&render(painted)).to_string().chars().count()
}

/// The standard library knows which characters have no visible form. It is asked with a letter before them, for a mark
/// that combines with a letter has one.
fn push_visible(text: &mut String, c: char) {
    if c.is_ascii() && !c.is_ascii_control() {
        text.push(c);
        return;
    }
    let mut pair = String::from("a");
    pair.push(c);
    let is_escaped = pair.escape_debug().nth(1) == Some('\\');
    if is_escaped { text.extend(c.escape_debug()) } else { text.push(c) }
}

#[cfg(test)]
mod tests {
    use super::{BOLD, RED, paint, render, visible, width};

    #[test]
    fn characters_without_a_visible_form_are_written_as_escapes() {
        for (kind, c) in [
            ("a C0 control", '\u{7}'),
            ("escape", '\u{1b}'),
            ("a carriage return", '\r'),
            ("a tab", '\t'),
            ("delete", '\u{7f}'),
            ("a C1 control", '\u{9b}'),
            ("a soft hyphen", '\u{ad}'),
            ("the Arabic letter mark", '\u{61c}'),
            ("a zero width space", '\u{200b}'),
            ("a zero width joiner", '\u{200d}'),
            ("a right-to-left mark", '\u{200f}'),
            ("a line separator", '\u{2028}'),
            ("a paragraph separator", '\u{2029}'),
            ("a right-to-left override", '\u{202e}'),
            ("a word joiner", '\u{2060}'),
            ("a first strong isolate", '\u{2068}'),
            ("a byte order mark", '\u{feff}'),
            ("an annotation", '\u{fff9}'),
            ("private use", '\u{e000}'),
            ("private use of a higher plane", '\u{10fffd}'),
            ("a tag", '\u{e0041}'),
            ("a noncharacter", '\u{fdef}'),
        ] {
            let shown = render(&format!("a{c}b"));
            assert!(
                shown.starts_with("a\\") && shown.is_ascii() && shown.ends_with('b'),
                "{kind}: {shown:?}"
            );
            assert_eq!(visible(&format!("a{c}b")), shown, "{kind}");
        }
        assert_eq!(render("a\u{1b}[31mb\u{61c}"), "a\\u{1b}[31mb\\u{61c}");
    }

    #[test]
    fn letters_of_every_script_and_lines_stay_as_they_are() {
        for text in [
            "Müller",
            "مثال",
            "עִבְרִית",
            "ไทย",
            "हिन्दी",
            "例え",
            "e\u{301}",
            "😀",
            "a 'b' \"c\" \\d",
            "one\ntwo\n",
        ] {
            assert_eq!(render(text), text);
        }
    }

    #[test]
    fn paint_is_the_only_source_of_control_sequences() {
        assert_eq!(render(&paint(RED, "a\u{1b}[0mb")), "\u{1b}[1m\u{1b}[31ma\\u{1b}[0mb\u{1b}[0m");
        assert_eq!(width(&paint(BOLD, "ab\u{200b}")), "ab\\u{200b}".len());
    }
}
