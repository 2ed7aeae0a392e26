//! The text in files, as passages without line breaks: all of a document, the strings and documentation of Rust.

/// Text that is read in one go.
pub struct Passage {
    /// Without line breaks, and without what begins a line of a comment.
    pub text: String,
    /// Where each line begins in the text, and its number in the file.
    lines: Vec<(usize, usize)>,
}

impl Passage {
    fn new() -> Self {
        Self { text: String::new(), lines: Vec::new() }
    }

    /// Adds a line of the file, set apart from what was before by a space.
    fn push(&mut self, number: usize, line: &str) {
        self.lines.push((self.text.len(), number));
        self.text += line.trim().trim_start_matches(['#', '/', '!', '*', ';', '-', ' ', '>']).trim_start();
        self.text.push(' ');
    }

    /// The number of the line in the file.
    pub fn line(&self, at: usize) -> usize {
        self.lines.iter().take_while(|(start, _)| *start <= at).last().map_or(1, |(_, number)| *number)
    }
}

/// What is to be read in a file.
pub fn passages(file: &str, text: &str) -> Vec<Passage> {
    if file.ends_with(".rs") { rust(text) } else { vec![document(text)] }
}

fn document(text: &str) -> Passage {
    let mut passage = Passage::new();
    for (at, line) in text.lines().enumerate() {
        passage.push(at + 1, line);
    }
    passage
}

/// Strings, and comments that are documentation.
fn rust(text: &str) -> Vec<Passage> {
    let mut found: Vec<Passage> = Vec::new();
    let mut rest = text;
    let mut documentation = false;
    while let Some(c) = rest.chars().next() {
        let number = text[..text.len() - rest.len()].matches('\n').count() + 1;
        let length = if rest.starts_with("//") {
            let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
            if line.starts_with("///") || line.starts_with("//!") {
                if !documentation {
                    found.push(Passage::new());
                }
                documentation = true;
                found.last_mut().expect("one was added").push(number, line);
            }
            line.len()
        } else if let Some(start) = string_start(rest) {
            let length = string_length(rest, start);
            let mut passage = Passage::new();
            for (at, line) in rest[start..length].lines().enumerate() {
                passage.push(
                    number + at,
                    &line.trim_end_matches('\\').replace("\\n", " ").replace("\\\"", "\""),
                );
            }
            found.push(passage);
            documentation = false;
            length
        } else if rest.starts_with("'\"'") || rest.starts_with("'\\") {
            2 + rest[2..].find('\'').expect("a character ends") + 1
        } else {
            documentation &= c.is_whitespace();
            c.len_utf8()
        };
        rest = &rest[length..];
    }
    found
}

/// Where the content of a string begins, if one begins here.
fn string_start(rest: &str) -> Option<usize> {
    if rest.starts_with('"') {
        return Some(1);
    }
    let hashes = rest.strip_prefix('r')?.chars().take_while(|c| *c == '#').count();
    rest[1 + hashes..].starts_with('"').then_some(hashes + 2)
}

/// The length of a string whose content begins at `start`, with its quotes.
fn string_length(rest: &str, start: usize) -> usize {
    if rest.starts_with('r') {
        let end = format!("\"{}", "#".repeat(start - 2));
        return start + rest[start..].find(&end).expect("a raw string ends") + end.len();
    }
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    rest.len()
}
