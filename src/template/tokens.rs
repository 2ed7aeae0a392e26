//! The tags of a template and the tokens in them, as the engine's lexer tells them apart.

use std::ops::Range;

/// What is wrong, where something is.
pub(super) type Judged<T> = Result<T, String>;

/// Tokens in one tag; the longest built-in one has 150.
const MAX_TOKENS: usize = 1000;

/// Where the next tag begins, and its kind.
pub(super) fn next_tag(text: &str) -> Option<(usize, u8)> {
    let pairs = text.as_bytes().windows(2).enumerate();
    pairs
        .filter(|(_, pair)| pair[0] == b'{')
        .find_map(|(at, pair)| b"{%#".contains(&pair[1]).then_some((at, pair[1])))
}

/// The length of a raw block whose first tag begins before `text`, with its last tag.
pub(super) fn raw_block(text: &str) -> Option<usize> {
    let begin = basic_tag(text, "raw")?;
    let mut at = begin;
    loop {
        at += text[at..].find("{%")? + 2;
        let rest = text[at..].strip_prefix(['-', '+']).unwrap_or(&text[at..]);
        if let Some(length) = basic_tag(rest, "endraw") {
            return Some(text.len() - rest.len() + length);
        }
    }
}

fn basic_tag(text: &str, name: &str) -> Option<usize> {
    let rest = text.trim_ascii_start().strip_prefix(name)?.trim_ascii_start();
    let rest = rest.strip_prefix(['-', '+']).unwrap_or(rest).strip_prefix("%}")?;
    Some(text.len() - rest.len())
}

/// The tokens from `at` to the end of the tag, or of the text, and where that is.
pub(super) fn tokens(source: &str, mut at: usize, end: Option<&str>) -> Judged<(Vec<Range<usize>>, usize)> {
    let (mut tokens, mut depth) = (Vec::new(), 0_usize);
    loop {
        at += source[at..].len() - source[at..].trim_ascii_start().len();
        let rest = &source[at..];
        if let (Some(end), 0) = (end, depth) {
            let unmarked = rest.strip_prefix(['-', '+']).unwrap_or(rest);
            if let Some(rest) = rest.strip_prefix(end).or_else(|| unmarked.strip_prefix(end)) {
                return Ok((tokens, source.len() - rest.len()));
            }
        }
        let Some(first) = rest.chars().next() else {
            return match end {
                Some(end) => Err(format!("a tag has no end `{end}`")),
                None => Ok((tokens, at)),
            };
        };
        let length = match first {
            '"' | '\'' => string(rest, first)?,
            c if c.is_ascii_alphanumeric() || c == '_' => {
                rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len())
            }
            '(' | '[' | '{' => {
                depth += 1;
                1
            }
            ')' | ']' | '}' => {
                depth = depth.checked_sub(1).ok_or_else(|| format!("unexpected `{first}`"))?;
                1
            }
            _ if ["//", "**", "==", "!=", ">=", "<="].iter().any(|sign| rest.starts_with(sign)) => 2,
            other => other.len_utf8(),
        };
        tokens.push(at..at + length);
        if tokens.len() > MAX_TOKENS {
            return Err(format!("a tag has more than {MAX_TOKENS} parts"));
        }
        at += length;
    }
}

/// The length of a string with its quotes.
fn string(text: &str, quote: char) -> Judged<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Ok(at + 1),
            _ => {}
        }
    }
    Err("a string has no end".into())
}
