//! What a template may hold, judged before the engine compiles it, and the counting that keeps it within memory.
//!
//! The engine's parser and compiler recurse over what they read, and end the program where they meet a target that they
//! cannot assign to. So statements, targets, nesting and lengths are checked here first. The engine counts steps and not
//! bytes: after each tag that binds a name, a call of [`SPEND`] is inserted that measures the value, in the same line, so
//! that the lines of errors stay right.

use std::ops::Range;

use super::tokens::{Judged, next_tag, raw_block, tokens};

/// The function that counts bytes. No template can name it.
pub(super) const SPEND: &str = "__spend";

/// Tokens on the way from the outermost expression to the innermost one.
const MAX_DEPTH: usize = 200;
/// Statements within each other; every `elif` counts.
const MAX_NESTING: usize = 100;
/// What cannot be assigned to.
const RESERVED: [&str; 8] = ["true", "True", "false", "False", "none", "None", "loop", "self"];

/// What is wrong with a template.
#[derive(Debug)]
pub(super) struct Fault {
    /// Line, from 1.
    pub(super) line: usize,
    pub(super) reason: String,
}

/// Refuses a template that the engine must not see; returns it with the calls that count its bytes.
pub(super) fn template(source: &str) -> Result<String, Fault> {
    let mut guard = Guard { source, at: 0, calls: vec![], open: vec![] };
    match guard.template() {
        Ok(()) => Ok(guard.with_calls()),
        Err(reason) => {
            let line = source.as_bytes()[..guard.at].iter().filter(|byte| **byte == b'\n').count() + 1;
            Err(Fault { line, reason })
        }
    }
}

/// Refuses an expression that the engine must not see.
pub(super) fn expression(source: &str) -> Judged<()> {
    tokens(source, 0, None).and_then(|(tokens, _)| check_expression(source, &tokens))
}

/// A call to insert: where, in which form of tag, and what it counts.
struct Call {
    place: usize,
    open: &'static str,
    close: String,
    raw: usize,
    values: String,
}

struct Guard<'s> {
    source: &'s str,
    at: usize,
    calls: Vec<Call>,
    /// For each open statement, how often it nests, and the call that its text belongs to if it has one.
    open: Vec<(usize, Option<usize>)>,
}

impl Guard<'_> {
    fn template(&mut self) -> Judged<()> {
        self.calls.push(first_call(self.source));
        while let Some((start, kind)) = next_tag(&self.source[self.at..]) {
            self.text(start);
            self.at += start;
            let marker = self.source[self.at + 2..].starts_with(['-', '+']);
            let inside = self.at + 2 + usize::from(marker);
            self.at = match kind {
                b'#' => inside + self.source[inside..].find("#}").ok_or("a comment has no end `#}`")? + 2,
                b'{' => {
                    let (tokens, end) = tokens(self.source, inside, Some("}}"))?;
                    check_expression(self.source, &tokens)?;
                    end
                }
                _ => match raw_block(&self.source[inside..]) {
                    Some(end) => {
                        self.text(end);
                        inside + end
                    }
                    None => {
                        let (tokens, end) = tokens(self.source, inside, Some("%}"))?;
                        self.statement(&tokens, end)?;
                        end
                    }
                },
            };
        }
        self.text(self.source.len() - self.at);
        Ok(())
    }

    /// Counts text for the innermost loop or macro, or for the template.
    fn text(&mut self, bytes: usize) {
        let call = self.open.iter().rev().find_map(|(_, call)| *call).unwrap_or(0);
        self.calls[call].raw += bytes;
    }

    fn statement(&mut self, tokens: &[Range<usize>], end: usize) -> Judged<()> {
        let word = |nth: usize| tokens.get(nth).map_or("", |token| &self.source[token.clone()]);
        let first = word(0);
        check_expression(self.source, tokens)?;
        let mut nesting = 0;
        match first {
            "if" => nesting = 1,
            "elif" => {
                if let Some((depth, _)) = self.open.last_mut() {
                    *depth += 1;
                }
            }
            "endif" | "endfor" | "endmacro" => drop(self.open.pop()),
            "endset" => {
                // What was captured has a name now.
                if let Some((_, Some(call))) = self.open.pop()
                    && self.calls[call].place == 0
                {
                    self.calls[call].place = end;
                    self.calls[call].close = closing(self.source, end);
                }
            }
            "else" | "do" => {}
            "include" => {
                is_text(word(1)).then_some(()).ok_or("`include` needs the name of a template in quotes")?
            }
            "import" => {
                let context = ["with", "without"].contains(&word(4)) && word(5) == "context";
                let fits = is_text(word(1)) && word(2) == "as" && is_assignable(word(3));
                let ends = tokens.len() == 4 || (tokens.len() == 6 && context);
                (fits && ends).then_some(()).ok_or("`import` has the form `import \"file\" as name`")?;
            }
            "from" => (is_text(word(1)) && word(2) == "import")
                .then_some(())
                .ok_or("`from` has the form `from \"file\" import name`")?,
            "set" | "for" | "macro" => {
                let (bound, opens) = targets(self.source, tokens)?;
                self.calls.push(Call {
                    place: if first == "set" && opens { 0 } else { end },
                    open: "{%",
                    close: closing(self.source, end),
                    raw: 0,
                    values: bound,
                });
                if opens {
                    self.open.push((1, Some(self.calls.len() - 1)));
                }
            }
            other => return Err(format!("the statement `{other}` is not supported in templates")),
        }
        if nesting > 0 {
            self.open.push((nesting, None));
        }
        match self.open.iter().map(|(depth, _)| depth).sum::<usize>() > MAX_NESTING {
            true => Err(format!("more than {MAX_NESTING} statements are nested")),
            false => Ok(()),
        }
    }

    fn with_calls(self) -> String {
        let mut calls: Vec<&Call> = self.calls.iter().collect();
        calls.sort_by_key(|call| call.place);
        let mut text = String::with_capacity(self.source.len() + calls.len() * 40);
        let mut done = 0;
        for call in calls {
            text += &self.source[done..call.place];
            text += &format!("{} do {SPEND}({}{}) {}", call.open, call.raw, call.values, call.close);
            done = call.place;
        }
        text + &self.source[done..]
    }
}

/// The call for the text of the template itself. It is where it changes no white space: before the first tag in the
/// form of that tag, or before any text.
fn first_call(source: &str) -> Call {
    let start = source.len() - source.trim_start().len();
    let rest = &source[start..];
    let place =
        if rest.starts_with("{%") || rest.starts_with("{#") || rest.starts_with("{{") { start } else { 0 };
    let open = match rest.as_bytes().get(..3) {
        Some([b'{', b'{' | b'%' | b'#', b'-']) => "{%-",
        Some([b'{', b'%' | b'#', next]) if *next != b'+' => "{%",
        _ => "{%+",
    };
    Call { place, open, close: "+%}".into(), raw: 0, values: String::new() }
}

/// The end of the tag that ends at `end`: a call behind it must take as much white space away.
fn closing(source: &str, end: usize) -> String {
    match source.as_bytes().get(end.saturating_sub(3)) {
        Some(b'-') => "-%}".into(),
        Some(b'+') => "+%}".into(),
        _ => "%}".into(),
    }
}

/// Depth as the engine recurses: each operator, filter and bracket within another is a level.
fn check_expression(source: &str, tokens: &[Range<usize>]) -> Judged<()> {
    // Repeated texts and lists become very large: a product has a number beside it, and is the only one.
    let word = |nth: usize| tokens.get(nth).map_or("", |token| &source[token.clone()]);
    let mut products = (0..tokens.len()).filter(|nth| word(*nth) == "*");
    let is_small = |text: &str| text.len() <= 4 && text.parse::<u16>().is_ok();
    let first = products.next();
    let fits = |nth: usize| is_small(word(nth + 1)) || (nth > 0 && is_text(word(nth - 1)));
    if products.next().is_some() || first.is_some_and(|nth| !fits(nth)) {
        return Err(
            "`*` is only supported once, behind a text or before a number of at most four digits".into()
        );
    }
    let mut levels = vec![0];
    for token in tokens {
        match &source[token.clone()] {
            "(" | "[" | "{" => levels.push(1),
            ")" | "]" | "}" => drop(levels.pop()),
            "," => levels.last_mut().into_iter().for_each(|level| *level = 0),
            "**" => return Err("`**` is not supported in templates".into()),
            name if name.starts_with("__") => {
                return Err(format!("`{name}`: names must not begin with `__`"));
            }
            _ => levels.last_mut().into_iter().for_each(|level| *level += 1),
        }
        if levels.iter().sum::<usize>() > MAX_DEPTH {
            return Err(format!("an expression is nested or chained more than {MAX_DEPTH} parts deep"));
        }
    }
    Ok(())
}

fn is_text(token: &str) -> bool {
    token.starts_with(['"', '\''])
}

fn is_assignable(token: &str) -> bool {
    token.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && !RESERVED.contains(&token)
}

/// The names that `set`, `for` or `macro` binds, as further arguments of a call, and whether an end belongs to the tag.
fn targets(source: &str, tokens: &[Range<usize>]) -> Judged<(String, bool)> {
    let word = |token: &Range<usize>| &source[token.clone()];
    let rest = tokens.get(1..).unwrap_or_default();
    let (names, opens): (Vec<&Range<usize>>, bool) = match tokens.first().map(word) {
        Some("macro") => {
            let mut depth = 0;
            let mut names = Vec::new();
            for (before, token) in rest.iter().zip(rest.iter().skip(1)) {
                depth += i32::from("([{".contains(word(before))) - i32::from(")]}".contains(word(before)));
                if depth == 1 && ["(", ","].contains(&word(before)) && word(token) != ")" {
                    names.push(token);
                }
            }
            (names, true)
        }
        Some("for") => (rest.iter().take_while(|token| word(token) != "in").collect(), true),
        _ => {
            let is_end = |token: &&Range<usize>| ["=", "|"].contains(&word(token));
            let opens = !rest.iter().any(|token| word(token) == "=");
            (rest.iter().take_while(|token| !is_end(token)).collect(), opens)
        }
    };
    let is_target = |token: &str| is_assignable(token) || [",", "(", ")", "."].contains(&token);
    if let Some(wrong) = names.iter().map(|token| word(token)).find(|token| !is_target(token)) {
        return Err(format!("`{wrong}` is not a name that can be assigned"));
    }
    let text: String = match tokens.first().map(word) {
        Some("macro") => names.iter().map(|token| format!(", {}", word(token))).collect(),
        _ => match (names.first(), names.last()) {
            (Some(first), Some(last)) => {
                format!(", ({},)", source[first.start..last.end].trim_end_matches(','))
            }
            _ => String::new(),
        },
    };
    Ok((text, opens))
}
