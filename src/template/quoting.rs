//! Values in quotes, for the place that they go to.

/// A double-quoted scalar that YAML, JSON, TOML and Python read as the same text.
pub(super) fn double_quoted(text: &str) -> String {
    let json = serde_json::to_string(text).expect("a string always encodes");
    // JSON takes these as they are; YAML calls them unprintable or takes them for line ends.
    let special = |c: char| {
        matches!(c, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
    };
    json.chars().fold(String::with_capacity(json.len()), |mut quoted, c| {
        if special(c) {
            quoted.push_str(&format!("\\u{:04x}", u32::from(c)))
        } else {
            quoted.push(c)
        }
        quoted
    })
}

/// A YAML literal block (`|`) whose lines stand `indent` columns to the right, without the last line end. Text that
/// a block cannot carry unchanged becomes a quoted scalar.
pub(super) fn literal_block(text: &str, indent: usize) -> String {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let plain = |c: char| c == '\n' || c == ' ' || c.is_ascii_graphic();
    let faithful = !body.is_empty() && !body.starts_with([' ', '\n']) && !body.ends_with('\n');
    if !faithful || !body.chars().all(plain) {
        return double_quoted(text);
    }
    let chomping = if text.len() == body.len() { "-" } else { "" };
    let margin = " ".repeat(indent);
    let lines =
        body.lines().map(|line| if line.is_empty() { "\n".into() } else { format!("\n{margin}{line}") });
    format!("|{chomping}{}", lines.collect::<String>())
}

/// One word for a POSIX shell.
pub fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}
