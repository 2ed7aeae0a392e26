//! How many bytes a template may make: the engine counts steps, and one step can double a text.

use std::fmt::{self, Write};

use minijinja::value::{Kwargs, Rest, ValueKind, ValueOrKwargs, from_args};
use minijinja::{Environment, Error, ErrorKind, State, Value};

use super::guard::SPEND;

type Limited<T> = Result<T, Error>;

/// Bytes of one text.
const MAX_TEXT: usize = 1 << 20;
/// Bytes of all texts in one list or table.
const MAX_VALUE: usize = 16 << 20;
/// Bytes that one rendering writes, also into values.
const MAX_OUTPUT: usize = 64 << 20;
/// Items of a list that is not made yet.
const MAX_ITEMS: usize = 1_000_000;
/// Columns that a block may stand to the right.
const MAX_INDENT: usize = 1000;

/// Filters that multiply what they are given, or that print it with everything in it. No built-in template needs them.
const REMOVED: [&str; 8] = ["batch", "slice", "format", "pprint", "groupby", "zip", "chain", "sum"];

/// What a rendering has written so far.
#[derive(Default)]
struct Spent(usize);

fn too_large(what: &str, limit: usize) -> Error {
    Error::new(ErrorKind::InvalidOperation, format!("{what} is larger than {} MiB", limit >> 20))
}

/// A text that grows up to a limit.
struct Bounded(String);

impl Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() + text.len() > MAX_TEXT {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

/// A value as text.
pub(super) fn text(value: &Value) -> Limited<String> {
    let mut text = Bounded(String::new());
    write!(text, "{value}").map_err(|_| too_large("a text", MAX_TEXT))?;
    Ok(text.0)
}

/// What a filter made, unless it is too large.
pub(super) fn limited(text: String) -> Limited<String> {
    if text.len() > MAX_TEXT { Err(too_large("a text", MAX_TEXT)) } else { Ok(text) }
}

/// The columns of a block, unless they are too many.
pub(super) fn indent(columns: usize) -> Limited<usize> {
    match columns <= MAX_INDENT {
        true => Ok(columns),
        false => Err(Error::new(ErrorKind::InvalidOperation, format!("an indent is at most {MAX_INDENT}"))),
    }
}

/// Bounds an engine that runs templates of users.
pub(super) fn install(engine: &mut Environment<'static>) {
    REMOVED.iter().for_each(|name| engine.remove_filter(name));
    engine.remove_global("debug");
    engine.add_function(SPEND, |state: &mut State, raw: usize, values: Rest<Value>| -> Limited<String> {
        spend(state, raw)?;
        values.iter().try_for_each(|value| measure(value, &mut MAX_VALUE.clone(), 0))?;
        Ok(String::new())
    });
    engine.set_formatter(|out, state, value| {
        let text = if value.as_str().is_some() { None } else { Some(text(value)?) };
        let text = text.as_deref().or_else(|| value.as_str()).unwrap_or_default();
        spend(state, text.len())?;
        out.write_str(text).map_err(Error::from)
    });
    engine.add_filter("string", |value: &Value| text(value));
    engine.add_filter("join", |values: &Value, joiner: Option<String>| -> Limited<String> {
        let mut joined = Bounded(String::new());
        for (nth, value) in values.try_iter()?.enumerate() {
            let joiner = if nth == 0 { "" } else { joiner.as_deref().unwrap_or_default() };
            write!(joined, "{joiner}{value}").map_err(|_| too_large("a text", MAX_TEXT))?;
        }
        Ok(joined.0)
    });
    engine.add_filter(
        "indent",
        |value: &Value, width: Option<usize>, first: Option<bool>| -> Limited<String> {
            let (value, margin) = (text(value)?, " ".repeat(indent(width.unwrap_or(4))?));
            let value = value.strip_suffix('\n').unwrap_or(&value);
            let mut text = Bounded(String::new());
            for (nth, line) in value.split('\n').enumerate() {
                let end = if nth == 0 { "" } else { "\n" };
                let is_moved = !line.is_empty() && (nth > 0 || first == Some(true));
                write!(text, "{end}{}{line}", if is_moved { &margin } else { "" })
                    .map_err(|_| too_large("a text", MAX_TEXT))?;
            }
            Ok(text.0)
        },
    );
    engine.add_filter("replace", |value: &Value, from: String, to: String| -> Limited<String> {
        let value = text(value)?;
        let growth = value.matches(&from).count().saturating_mul(to.len());
        if growth > MAX_TEXT {
            Err(too_large("a text", MAX_TEXT))
        } else {
            limited(value.replace(&from, &to))
        }
    });
    engine.add_filter("map", map);
}

fn map(state: &mut State, values: Value, args: Rest<ValueOrKwargs>) -> Limited<Vec<Value>> {
    let args = args.into_values();
    let (args, kwargs): (&[Value], Kwargs) = from_args(&args)?;
    let attribute: Option<Value> = kwargs.get("attribute")?;
    kwargs.assert_all_used()?;
    let (mut all, mut left) = (Vec::new(), MAX_VALUE);
    for value in values.try_iter()? {
        let mapped = match (&attribute, args.split_first()) {
            (Some(attribute), None) => match attribute.as_str() {
                Some(path) => path.split('.').try_fold(value, |value, name| value.get_attr(name))?,
                None => value.get_item(attribute)?,
            },
            (None, Some((name, rest))) => {
                let name = name.as_str().unwrap_or_default();
                state.apply_filter(name, &[&[value], rest].concat())?
            }
            _ => return Err(Error::new(ErrorKind::InvalidOperation, "`map` needs a filter or an attribute")),
        };
        measure(&mapped, &mut left, 0)?;
        all.push(mapped);
    }
    Ok(all)
}

fn spend(state: &mut State, bytes: usize) -> Limited<()> {
    let spent = state.get_or_insert_extension(Spent::default());
    spent.0 = spent.0.saturating_add(bytes);
    if spent.0 > MAX_OUTPUT { Err(too_large("what the template writes", MAX_OUTPUT)) } else { Ok(()) }
}

/// Takes the bytes of a value from what is left.
fn measure(value: &Value, left: &mut usize, depth: usize) -> Limited<()> {
    if value.as_str().is_some_and(|text| text.len() > MAX_TEXT) {
        return Err(too_large("a text", MAX_TEXT));
    }
    if value.kind() == ValueKind::Iterable && value.len().is_some_and(|items| items > MAX_ITEMS) {
        return Err(Error::new(
            ErrorKind::InvalidOperation,
            format!("a list has more than {MAX_ITEMS} items"),
        ));
    }
    let own = 16 + value.as_str().map_or(0, str::len);
    *left = left.checked_sub(own).filter(|_| depth < 32).ok_or_else(|| too_large("a value", MAX_VALUE))?;
    if !matches!(value.kind(), ValueKind::Seq | ValueKind::Map) {
        return Ok(());
    }
    for item in value.try_iter()? {
        measure(&item, left, depth + 1)?;
        if value.kind() == ValueKind::Map {
            measure(&value.get_item(&item)?, left, depth + 1)?;
        }
    }
    Ok(())
}
