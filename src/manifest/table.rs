//! TOML with positions: whatever is wrong is noted at its place, and reading goes on.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

/// Something in a manifest that cannot be meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What would be right, if one sentence can say it.
    pub expected: Option<String>,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

/// A value and where it is in the text, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it is.
    pub span: Range<usize>,
}

/// The text of a manifest and what was found wrong with it so far.
#[derive(Debug)]
pub(super) struct Diagnostics<'t> {
    text: &'t str,
    /// Where each line but the first begins.
    lines: Vec<usize>,
    list: RefCell<BTreeSet<Diagnostic>>,
}

impl<'t> Diagnostics<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let lines = text.match_indices('\n').map(|(end, _)| end + 1).collect();
        Self { text, lines, list: RefCell::default() }
    }

    pub(super) fn add(&self, span: &Range<usize>, message: impl Into<String>, expected: Option<String>) {
        let line = self.line(span);
        let begin = if line == 1 { 0 } else { self.lines[line - 2] };
        let column = self.text.get(begin..span.start).map_or(0, |before| before.chars().count()) + 1;
        let diagnostic = Diagnostic { line, column, message: message.into(), expected };
        self.list.borrow_mut().insert(diagnostic);
    }

    /// The line of a place, from 1.
    pub(super) fn line(&self, span: &Range<usize>) -> usize {
        self.lines.partition_point(|begin| *begin <= span.start) + 1
    }

    /// An error of the library about the value that is there.
    pub(super) fn error(&self, span: &Range<usize>, error: &crate::Error) {
        let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
        self.add(span, format!("{error}{cause}"), error.expected());
    }

    /// In the order of the text.
    pub(super) fn into_list(self) -> Vec<Diagnostic> {
        self.list.into_inner().into_iter().collect()
    }
}

/// A table; every key that is asked for is known, and every other one is a mistake.
pub(super) struct SpannedTable<'r, 't> {
    diagnostics: &'r Diagnostics<'t>,
    table: &'r DeTable<'t>,
    /// Where it begins, for what is missing in it.
    pub(super) span: Range<usize>,
    known: RefCell<Known>,
}

/// The keys that were asked for: in their order for people, and as a set, for a table may have very many.
#[derive(Default)]
struct Known {
    asked: Vec<String>,
    all: BTreeSet<String>,
}

impl Known {
    fn add(&mut self, key: &str) {
        if self.all.insert(key.to_owned()) {
            self.asked.push(key.to_owned());
        }
    }
}

impl<'r, 't> SpannedTable<'r, 't> {
    pub(super) fn new(diagnostics: &'r Diagnostics<'t>, table: &'r DeTable<'t>, span: Range<usize>) -> Self {
        Self { diagnostics, table, span, known: RefCell::default() }
    }

    fn get(&self, key: &str) -> Option<&'r toml::Spanned<DeValue<'t>>> {
        self.known.borrow_mut().add(key);
        self.table.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
    }

    /// Where a value is, if it is there.
    pub(super) fn has(&self, key: &str) -> Option<Range<usize>> {
        self.get(key).map(toml::Spanned::span)
    }

    fn wrong(&self, value: &toml::Spanned<DeValue<'_>>, key: &str, expected: &str) {
        self.is_no(value, &format!("`{key}`"), expected);
    }

    fn is_no(&self, value: &toml::Spanned<DeValue<'_>>, what: &str, expected: &str) {
        let found = with_article(value.get_ref().type_str());
        self.diagnostics.add(&value.span(), format!("{what} is {found}"), Some(expected.into()));
    }

    pub(super) fn string(&self, key: &str) -> Option<Spanned<String>> {
        let value = self.get(key)?;
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.wrong(value, key, "a string");
        }
        text.map(|text| Spanned { value: text.to_owned(), span: value.span() })
    }

    /// A string that `parse` understands.
    pub(super) fn parsed<T>(
        &self,
        key: &str,
        parse: impl Fn(&str) -> crate::Result<T>,
    ) -> Option<Spanned<T>> {
        let text = self.string(key)?;
        match parse(&text.value) {
            Ok(value) => Some(Spanned { value, span: text.span }),
            Err(error) => {
                self.diagnostics.error(&text.span, &error);
                None
            }
        }
    }

    pub(super) fn boolean(&self, key: &str) -> Option<bool> {
        let value = self.get(key)?;
        let found = value.get_ref().as_bool();
        if found.is_none() {
            self.wrong(value, key, "true or false");
        }
        found
    }

    pub(super) fn integer(&self, key: &str) -> Option<Spanned<i64>> {
        let value = self.get(key)?;
        let found = integer(value.get_ref());
        if found.is_none() {
            self.wrong(value, key, "a whole number");
        }
        found.map(|number| Spanned { value: number, span: value.span() })
    }

    /// A list of strings, in which nothing is twice.
    pub(super) fn strings(&self, key: &str) -> Option<Vec<Spanned<String>>> {
        let value = self.get(key)?;
        let Some(items) = value.get_ref().as_array() else {
            self.wrong(value, key, "a list of strings");
            return None;
        };
        let mut texts: Vec<Spanned<String>> = Vec::new();
        for item in items.iter() {
            match item.get_ref().as_str() {
                Some(text) if texts.iter().any(|earlier| earlier.value == text) => {
                    self.diagnostics.add(&item.span(), format!("duplicate value {text:?} in `{key}`"), None);
                }
                Some(text) => texts.push(Spanned { value: text.to_owned(), span: item.span() }),
                None => self.is_no(item, &format!("an item of `{key}`"), "a string"),
            }
        }
        Some(texts)
    }

    pub(super) fn table(&self, key: &str) -> Option<SpannedTable<'r, 't>> {
        let value = self.get(key)?;
        self.as_table(value, &format!("`{key}`"))
    }

    fn as_table(&self, value: &'r toml::Spanned<DeValue<'t>>, what: &str) -> Option<SpannedTable<'r, 't>> {
        let found = value.get_ref().as_table();
        if found.is_none() {
            self.is_no(value, what, "a table");
        }
        found.map(|table| SpannedTable::new(self.diagnostics, table, value.span()))
    }

    /// A list of tables.
    pub(super) fn tables(&self, key: &str) -> Vec<SpannedTable<'r, 't>> {
        let Some(value) = self.get(key) else { return vec![] };
        let Some(items) = value.get_ref().as_array() else {
            self.wrong(value, key, "a list of tables");
            return vec![];
        };
        items.iter().filter_map(|item| self.as_table(item, &format!("an item of `{key}`"))).collect()
    }

    /// Every entry whose value is a table, with the place of its name; these keys are known from now on.
    pub(super) fn subtables(&self) -> Vec<(Spanned<String>, SpannedTable<'r, 't>)> {
        let tables = self.table.iter().filter(|(_, value)| value.get_ref().is_table());
        let mut found: Vec<_> = tables
            .filter_map(|(name, value)| {
                self.known.borrow_mut().add(name.get_ref());
                let name = Spanned { value: name.get_ref().to_string(), span: name.span() };
                let table = self.as_table(value, &name.value)?;
                Some((name, table))
            })
            .collect();
        found.sort_by_key(|(name, _)| name.span.start);
        found
    }

    /// Every entry that was not asked for, with the place of its name; these keys are known from now on.
    pub(super) fn others(&self) -> Vec<(Spanned<String>, &'r toml::Spanned<DeValue<'t>>)> {
        let mut known = self.known.borrow_mut();
        let others = self.table.iter().filter(|(name, _)| !known.all.contains(name.get_ref().as_ref()));
        let mut found: Vec<_> = others
            .map(|(name, value)| (Spanned { value: name.get_ref().to_string(), span: name.span() }, value))
            .collect();
        found.sort_by_key(|(name, _)| name.span.start);
        found.iter().for_each(|(name, _)| known.add(&name.value));
        found
    }

    /// Whatever was never asked for is a mistake.
    pub(super) fn finish(self, what: &str) {
        let known = self.known.borrow().asked.clone();
        for (name, _) in self.others() {
            let message = format!("{what} has no key `{}`", name.value);
            self.diagnostics.add(&name.span, message, Some(format!("one of {}", known.join(", "))));
        }
    }
}

/// A whole number that a program can count with.
pub(super) fn integer(value: &DeValue<'_>) -> Option<i64> {
    let number = value.as_integer()?;
    i64::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok()
}

fn with_article(word: &str) -> String {
    match word.starts_with(['a', 'e', 'i', 'o', 'u']) {
        true => format!("an {word}"),
        false => format!("a {word}"),
    }
}
