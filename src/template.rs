//! Templates: the embedded table, directories that come before it, and the engine that renders them.

mod guard;
mod limits;
mod quoting;
mod tokens;

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use minijinja::{Environment, Error as EngineError, UndefinedBehavior, Value};
use serde::Serialize;

use crate::error::{Error, Result};
use quoting::{double_quoted, literal_block};

pub use quoting::shell_word;

include!(concat!(env!("OUT_DIR"), "/templates.rs"));

/// Largest template file that is read: no profile and no template comes near.
const MAX_FILE: u64 = 1 << 20;

/// Steps that a template may take: loops of a hostile one end, and no real one needs a hundredth of it.
const FUEL: u64 = 2_000_000;

/// What a template of a family is on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A file, `NAME.toml`.
    File,
    /// A directory, `NAME`.
    Directory,
}

/// One family of templates ("profiles", "emit"): the embedded ones, and users' directories that come first.
#[derive(Debug, Clone)]
pub struct Library {
    family: &'static str,
    directories: Vec<PathBuf>,
}

impl Library {
    /// A family with users' directories, the first of which wins.
    pub fn new(family: &'static str, directories: Vec<PathBuf>) -> Self {
        Self { family, directories }
    }

    /// Names at the top of the family, sorted; what has another form is something else that is there.
    pub fn names(&self, form: Form) -> Vec<String> {
        let prefix = format!("{}/", self.family);
        let embedded = EMBEDDED
            .iter()
            .filter_map(|(path, _)| path.strip_prefix(&prefix))
            .map(|rest| rest.split('/').next().unwrap_or(rest).trim_end_matches(".toml").to_owned());
        let found =
            self.directories.iter().filter_map(|directory| std::fs::read_dir(directory).ok()).flatten();
        let users = found.filter_map(|entry| {
            let entry = entry.ok()?;
            let name = entry.file_name().into_string().ok()?;
            match (form, entry.path().is_dir()) {
                (Form::File, false) => name.strip_suffix(".toml").map(str::to_owned),
                (Form::Directory, true) => Some(name),
                _ => None,
            }
        });
        let mut names: Vec<String> = embedded.chain(users).filter(|name| is_name(name)).collect();
        names.sort();
        names.dedup();
        names
    }

    /// The text of a file of the family and the place it came from, for errors. `None` if it is nowhere.
    pub fn read(&self, path: &str) -> Result<Option<(String, String)>> {
        if !path.split('/').all(is_name) {
            return Ok(None);
        }
        for directory in &self.directories {
            let file = directory.join(path);
            if let Some(text) = read_file(&file)? {
                return Ok(Some((text, file.display().to_string())));
            }
        }
        let wanted = format!("{}/{path}", self.family);
        let index = EMBEDDED.binary_search_by(|(name, _)| (*name).cmp(wanted.as_str())).ok();
        Ok(index.map(|index| (EMBEDDED[index].1.to_owned(), format!("built-in {wanted}"))))
    }

    /// As [`render`]; `source` may import and include other files of the family by their path, such as
    /// `_shared/proxy.j2`. Users' directories come first here too, and all of it has to do with one template's fuel.
    pub fn render(&self, name: &str, source: &str, context: &Value) -> Result<String> {
        let mut engine = ENGINE.clone();
        let library = self.clone();
        engine.set_loader(move |path| match library.read(path) {
            Ok(None) => Ok(None),
            Ok(Some((text, _))) => guard::template(&text).map(Some).map_err(|fault| {
                let reason = format!("{path}:{}: {}", fault.line, fault.reason);
                EngineError::new(minijinja::ErrorKind::SyntaxError, reason)
            }),
            Err(error) => Err(EngineError::new(minijinja::ErrorKind::InvalidOperation, error.to_string())),
        });
        render_with(&engine, name, source, context)
    }
}

/// Whether this can be the name of a template or of a directory of templates.
pub(crate) fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    (1..=100).contains(&text.len()) && !text.starts_with(['.', '-']) && text.chars().all(plain)
}

/// The text of a user's template. `None` where there is none; one that is there and cannot be read is an error, for the
/// built-in one of that name is not what its owner wants.
fn read_file(path: &Path) -> Result<Option<String>> {
    let failed = |error| Error::io("read", path, error);
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(failed(error)),
    };
    if file.metadata().map_err(failed)?.is_dir() {
        return Ok(None);
    }
    let refuse = |reason: String| Err(Error::Syntax { place: path.display().to_string(), reason });
    let mut bytes = Vec::new();
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_FILE {
        return refuse("it is larger than 1 MiB".into());
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(text)),
        Err(error) => refuse(format!("byte {} is not UTF-8 text", error.utf8_error().valid_up_to() + 1)),
    }
}

/// Renders `source`. A name that is not defined is an error; values are never escaped by themselves.
pub fn render(name: &str, source: &str, context: &Value) -> Result<String> {
    match without_engine(source, context) {
        Some(text) => Ok(text),
        None => render_with(&ENGINE, name, source, context),
    }
}

/// What is rendered without the engine, which takes longer to set up than a certificate takes to sign: plain text, and
/// `{{ name }}` alone. Most templates of profiles are just that.
fn without_engine(source: &str, context: &Value) -> Option<String> {
    if !source.contains("{{") && !source.contains("{%") && !source.contains("{#") {
        return Some(source.to_owned());
    }
    plain_name(source, context)
}

fn render_with(engine: &Environment<'_>, name: &str, source: &str, context: &Value) -> Result<String> {
    let source = guard::template(source).map_err(|fault| Error::Template {
        template: format!("{name}:{}", fault.line),
        reason: fault.reason,
    })?;
    let template = engine.template_from_named_str(name, &source).map_err(|error| failure(name, &error))?;
    template.render(context).map_err(|error| failure(name, &error))
}

/// What `{{ name }}` stands for, where a template is no more than that and the context has text of that name.
fn plain_name(source: &str, context: &Value) -> Option<String> {
    let name = source.strip_prefix("{{ ")?.strip_suffix(" }}")?;
    let is_name = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !["true", "false", "none"].contains(&name);
    if !is_name {
        return None;
    }
    context.get_attr(name).ok()?.as_str().map(str::to_owned)
}

/// Renders the built-in template at `path` ("page/report.html.j2") as HTML: every value is escaped, for text and for
/// attributes in quotes. Other built-in templates of the same family can be included.
pub fn html(path: &str, context: &impl Serialize) -> Result<String> {
    let template = PAGES.get_template(path).map_err(|error| failure(path, &error))?;
    template.render(minijinja::value::Serde(context)).map_err(|error| failure(path, &error))
}

/// The value of an expression such as `termination != 'plain'`. `name` says where it is, for errors.
pub fn evaluate(name: &str, expression: &str, context: &Value) -> Result<Value> {
    guard::expression(expression).map_err(|reason| Error::Template { template: name.to_owned(), reason })?;
    let value = ENGINE.compile_expression(expression).and_then(|compiled| compiled.eval(context));
    match value {
        Ok(value) if value.is_undefined() => Err(Error::Template {
            template: name.to_owned(),
            reason: format!("the expression `{expression}` is undefined"),
        }),
        value => value.map_err(|error| failure(name, &error)),
    }
}

/// Made once: its tables of filters and tests take longer to fill than a name to render.
static ENGINE: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut engine = engine();
    limits::install(&mut engine);
    engine
});

/// The built-in pages. No one else's template runs here, and a page of a large report is long: there is no limit.
static PAGES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut engine = engine();
    engine.set_fuel(None);
    engine.set_auto_escape_callback(|_| minijinja::AutoEscape::Html);
    for (path, source) in EMBEDDED.iter().filter(|(path, _)| path.starts_with("page/")) {
        engine.add_template(path, source).expect("built-in templates are well-formed");
    }
    engine
});

/// The engine with this project's filters: `yaml`, `json`, `toml`, `python` (a quoted string), `shell` (one word),
/// `block(indent)` (a YAML literal block), and the function `refuse(reason, advice)`, by which a template refuses
/// what it is asked for.
fn engine() -> Environment<'static> {
    let mut engine = Environment::new();
    engine.set_fuel(Some(FUEL));
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = minijinja::syntax::SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build()
        .expect("the default delimiters are distinct");
    engine.set_syntax(syntax);
    engine.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    for syntax in ["yaml", "json", "toml", "python"] {
        engine.add_filter(syntax, |value: &Value| limits::limited(double_quoted(&limits::text(value)?)));
    }
    engine.add_filter("shell", |value: &Value| limits::limited(shell_word(&limits::text(value)?)));
    engine.add_filter("block", |value: &Value, indent: usize| {
        limits::limited(literal_block(&limits::text(value)?, limits::indent(indent)?))
    });
    engine.add_function("refuse", |reason: String, advice: Option<String>| -> Result<Value, EngineError> {
        Err(EngineError::new(minijinja::ErrorKind::InvalidOperation, "refused")
            .with_source(Refusal { reason, advice }))
    });
    engine
}

/// A value that refuses to be used.
#[cfg(feature = "emit")]
pub(crate) fn refusal(reason: String, advice: &str) -> Value {
    let refusal = Refusal { reason, advice: Some(advice.to_owned()) };
    EngineError::new(minijinja::ErrorKind::InvalidOperation, "refused").with_source(refusal).into()
}

/// What `refuse()` carries through the engine.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
struct Refusal {
    reason: String,
    advice: Option<String>,
}

fn failure(name: &str, error: &EngineError) -> Error {
    let mut source: Option<&dyn std::error::Error> = Some(error);
    // What went wrong in an included template is wrapped once for each template around it.
    let mut error = error;
    while let Some(current) = source {
        error = current.downcast_ref().unwrap_or(error);
        if let Some(refusal) = current.downcast_ref::<Refusal>() {
            return Error::Refused { reason: refusal.reason.clone(), advice: refusal.advice.clone() };
        }
        source = current.source();
    }
    let template = match error.line() {
        Some(line) => format!("{}:{line}", error.name().unwrap_or(name)),
        None => name.to_owned(),
    };
    let detail = error
        .detail()
        .map_or_else(|| error.kind().to_string(), |detail| format!("{}: {detail}", error.kind()));
    Error::Template { template, reason: detail }
}

#[cfg(test)]
mod tests {
    use super::{EMBEDDED, Library, evaluate, render, without_engine};
    use crate::error::Error;
    use minijinja::context;

    #[test]
    fn every_embedded_file_is_found_by_its_path() {
        let library = Library::new("emit", vec![]);
        for (path, text) in EMBEDDED {
            let Some(rest) = path.strip_prefix("emit/") else { continue };
            let found = library.read(rest).expect("it is embedded").map(|(text, _)| text);
            assert_eq!(found.as_deref(), Some(*text), "{path}");
        }
    }

    #[test]
    fn values_are_quoted_for_the_place_they_go_to() {
        let values = context! { host => "*.apps", path => "it's here" };
        assert_eq!(render("t", "host: {{ host | yaml }}", &values).expect("renders"), "host: \"*.apps\"");
        assert_eq!(render("t", "cd {{ path | shell }}", &values).expect("renders"), "cd 'it'\\''s here'");
    }

    #[test]
    #[cfg(feature = "emit")]
    fn every_text_comes_back_from_yaml_unchanged() {
        for text in
            ["a\nb\n", "a\n\n  b", "", "\n", " a\n", "a\n\n", "tab\t", "\u{85}\u{2028}", "${x}: #\u{7f}"]
        {
            let source = "k:\n  block: {{ text | block(4) }}\n  line: {{ text | yaml }}\n";
            let yaml = render("t", source, &context! { text }).expect("renders");
            let read: serde_json::Value = serde_saphyr::from_str(&yaml).expect("it is YAML");
            assert_eq!((&read["k"]["block"], &read["k"]["line"]), (&text.into(), &text.into()), "{yaml}");
        }
    }

    #[test]
    fn a_name_alone_renders_as_it_does_among_other_text() {
        let values = context! { name => "web", empty => "", number => 7, list => vec!["a"] };
        for name in ["name", "empty", "number", "list", "true", "none", "range", "missing"] {
            let source = format!("{{{{ {name} }}}}");
            // The engine is set up for what is not plain text.
            assert_eq!(
                without_engine(&source, &values).is_some(),
                ["name", "empty"].contains(&name),
                "{name}"
            );
            let alone = render("t", &source, &values).map_err(|error| error.to_string());
            let among = render("t", &format!("{{##}}{{{{ {name} }}}}"), &values);
            assert_eq!(alone, among.map_err(|error| error.to_string()), "{name}");
        }
    }

    #[test]
    fn an_expression_is_evaluated_strictly() {
        let values = context! { kind => "edge" };
        assert!(evaluate("t", "kind != 'plain'", &values).expect("it is defined").is_true());
        let error = evaluate("t", "other", &values).expect_err("it is undefined").to_string();
        assert_eq!(error, "template t does not render: the expression `other` is undefined");
    }

    #[test]
    fn an_unknown_name_is_an_error_with_its_line() {
        let error = render("t", "a\n{{ nothing }}", &context! {}).expect_err("nothing is undefined");
        assert_eq!(
            error.to_string(),
            "template t:2 does not render: undefined value: `nothing` is undefined"
        );
    }

    #[test]
    fn a_template_that_would_run_for_hours_is_stopped() {
        let endless = "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}";
        let error = render("t", endless, &context! {}).expect_err("it is stopped");
        assert!(matches!(error, Error::Template { .. }), "{error}");
    }

    #[test]
    fn what_would_end_the_program_is_an_error_with_its_line() {
        let minus = format!("a\n{{{{ {}1 }}}}", "-".repeat(100_000));
        let filters = format!("{{{{ 'a' {} }}}}", "| trim ".repeat(100_000));
        let parentheses = format!("{{{{ {}1{} }}}}", "(".repeat(100_000), ")".repeat(100_000));
        let nested = format!("{}{}", "{% if true %}".repeat(100_000), "{% endif %}".repeat(100_000));
        let elifs = format!("{{% if a %}}{}{{% endif %}}", "{% elif a %}".repeat(100_000));
        let cases = [
            "{% import \"x\" as 1 %}",
            "{% import \"x\" as a.b() %}",
            "{% import \"x\" as -a %}",
            "{% import \"x\" as \"s\" %}",
            "{% import \"x\" as none %}",
            "{% import \"x\" as a if b %}",
            "{% from \"x\" import a as 1 %}",
            "{% from \"x\" import -a %}",
            "{% set 1 = 2 %}",
            "{% set a() = 2 %}",
            "{% for 1 in [] %}{% endfor %}",
            "{% for a[0] in [] %}{% endfor %}",
            "{% macro 1() %}{% endmacro %}",
            "{% macro m(1) %}{% endmacro %}",
            "{% macro m(a.b) %}{% endmacro %}",
            "{% block 1 %}{% endblock %}",
            "{% with 1 = 2 %}{% endwith %}",
            "{{ 'a' * 1000000000 }}",
            "{{ __spend(0) }}",
            "{{ ) }}",
            "{{ 'a",
            "{# a",
            "{% raw %}",
            &minus,
            &filters,
            &parentheses,
            &nested,
            &elifs,
        ];
        for source in cases {
            let shown: String = source.chars().take(60).collect();
            match render("t", source, &context! { a => 1, b => true }) {
                Err(Error::Template { template, .. }) => {
                    let line = if source.starts_with("a\n") { "t:2" } else { "t:1" };
                    assert_eq!(template, line, "{shown}");
                }
                other => panic!("{shown}: {other:?}"),
            }
        }
    }

    #[test]
    fn what_would_take_gigabytes_is_an_error() {
        let x = "x".repeat(100_000);
        let doubled = "{% set x = x ~ x %}".repeat(40);
        let captured = "{% set x %}{{ x }}{{ x }}{% endset %}".repeat(40);
        let cases = [
            doubled.as_str(),
            &captured,
            "{% set n = namespace(x=x) %}{% for i in range(40) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
            "{% macro m(x, n) %}{{ m(x ~ x, n - 1) if n else x }}{% endmacro %}{{ m(x, 40) }}",
            "{% for i in range(9999) %}{% for j in range(9999) %}{{ x }}{% endfor %}{% endfor %}",
            "{% set l = [x, x, x, x, x, x, x, x] %}{% set l = [l, l, l, l, l, l, l, l] %}{% set l = [l, l, l, l, l] %}",
            "{{ range(100000) | map('replace', '', x) | join }}",
            "{{ x | replace('x', x) }}",
            "{{ x | replace('', x) }}",
            "{{ '\n' ~ 'x\nx' | block(400000000) }}",
            "{{ '%400000000s' | format('x') }}",
            "{{ [1] | batch(400000000, x) }}",
            "{{ range(100000) | join(x) }}",
            "{{ '\"' | yaml | yaml | yaml | yaml | yaml | yaml | yaml | yaml | yaml | yaml | yaml | yaml | yaml | yaml | yaml | yaml | yaml | yaml | yaml | yaml | yaml | yaml }}",
        ];
        for source in cases {
            let shown: String = source.chars().take(80).collect();
            let error = render("t", source, &context! { x => &x }).expect_err(&shown);
            assert!(matches!(error, Error::Template { .. }), "{shown}: {error}");
        }
    }

    #[test]
    fn counting_changes_no_white_space() {
        let source = "  {% set a = 1 %}\n  {%- set b = 2 -%}  \n{% for i in [1, 2] %}\n  {% if i %}\n    {{ i }}\n  {% endif %}\n{% endfor %}\n\
            {% macro m(x, y='d') -%}\n  {{ x }}{{ y }}\n{%- endmacro %}\n{{ m(1) }}\n{% set c +%}\n c\n{% endset %}\n{{ c }}";
        let counted = render("t", source, &context! {}).expect("renders");
        let plain = super::engine().render_str(source, context! {}).expect("renders");
        assert_eq!(counted, plain);
    }

    #[test]
    fn a_template_can_refuse_what_it_is_asked_for() {
        let error = render("t", "{{ refuse('no', 'do that') }}", &context! {}).expect_err("it refuses");
        assert!(
            matches!(error, Error::Refused { reason, advice: Some(advice) } if reason == "no" && advice == "do that")
        );
    }
}
