//! Callers by callees, as wide as the terminal: names over the columns where they fit, otherwise numbers and blocks.
//! The signs are words, so that nothing is lost without colors.

use crate::cli::presentation::output::{BOLD, DIM, GREEN, RED, Style, YELLOW, paint};
use crate::report::policy::{Cell, Declared, EnvironmentReport, Verdict};

/// The row of a client that trusts the root and has no certificate.
const VISITOR: &str = "(visitor)";
/// Longer names are cut: a row must stay readable.
const LONGEST_NAME: usize = 32;
/// Between two columns.
const GAP: usize = 2;

/// A sign, its color, and its meaning in the legend.
type Sign = (&'static str, Style, &'static str);

const SIGNS: [Sign; 7] = [
    ("yes", GREEN, "accepted by its certificate, as declared"),
    ("open", GREEN, "accepted without a client certificate, as declared"),
    ("no", DIM, "refused, as declared"),
    ("no!", RED, "must be refused, but was not, or not for the right reason"),
    ("yes!", RED, "must be accepted by its certificate, but was not"),
    ("open!", RED, "must be accepted, but was not"),
    ("?", YELLOW, "not tested; see the reason below"),
];

/// The matrix and its legend; each ends with an empty line.
pub(super) fn draw(report: &EnvironmentReport, width: usize) -> String {
    let columns: Vec<Column<'_>> = columns(report);
    if columns.is_empty() {
        return "  no service accepts connections\n\n".into();
    }
    let numbered: Vec<Column<'_>> =
        columns.iter().map(|column| Column { title: column.number.to_string(), ..column.clone() }).collect();
    let callers: Vec<String> =
        report.services.iter().map(|one| cut(&one.name)).chain([VISITOR.to_owned()]).collect();
    let margin = 2 + widest(callers.iter()) + GAP;
    let needed = margin + columns.iter().map(|column| column.width() + GAP).sum::<usize>();
    let mut text = String::new();
    if needed <= width + GAP {
        text += &block(&callers, &columns);
    } else {
        let digits = report.services.len().to_string().len();
        let label = |(place, name): (usize, &String)| match name.as_str() {
            VISITOR => format!("{:digits$}  {name}", ""),
            name => format!("{:>digits$}  {name}", place + 1),
        };
        let callers: Vec<String> = callers.iter().enumerate().map(label).collect();
        let room = width.saturating_sub(margin + digits + 2) + GAP;
        let each = numbered.iter().map(Column::width).max().unwrap_or(1) + GAP;
        for part in numbered.chunks((room / each).max(1)) {
            text += &block(&callers, part);
        }
    }
    text + &legend(report)
}

/// A server, and the result of each caller.
#[derive(Clone)]
struct Column<'a> {
    title: String,
    /// The number of its row, counted from one.
    number: usize,
    cells: Vec<&'a Cell>,
}

impl Column<'_> {
    fn width(&self) -> usize {
        let signs = self.cells.iter().map(|cell| sign(cell).0.len());
        signs.chain([self.title.chars().count()]).max().unwrap_or(0)
    }
}

fn columns(report: &EnvironmentReport) -> Vec<Column<'_>> {
    let callees = report.services.iter().enumerate().filter(|(_, service)| service.serves);
    let mut columns: Vec<Column<'_>> = callees
        .map(|(place, service)| Column { title: cut(&service.name), number: place + 1, cells: vec![] })
        .collect();
    let count = columns.len().max(1);
    for (place, cell) in report.cells.iter().enumerate() {
        // Cells stand row by row, each row in the order of the columns.
        if let Some(column) = columns.get_mut(place % count) {
            column.cells.push(cell);
        }
    }
    columns
}

fn block(callers: &[String], columns: &[Column<'_>]) -> String {
    let name_width = widest(callers.iter());
    let mut text = line("", name_width, columns.iter().map(|column| (column.title.as_str(), BOLD, column)));
    for (place, caller) in callers.iter().enumerate() {
        let cells = columns.iter().filter_map(|column| {
            let (word, style, _) = sign(column.cells.get(place)?);
            Some((word, style, column))
        });
        text += &line(caller, name_width, cells);
    }
    text + "\n"
}

fn line<'a>(
    caller: &str,
    width: usize,
    cells: impl Iterator<Item = (&'a str, Style, &'a Column<'a>)>,
) -> String {
    let mut text = format!("  {caller:<width$}");
    let mut behind = GAP;
    for (word, style, column) in cells {
        text += &format!("{:behind$}{}", "", paint(style, word));
        behind = GAP + column.width() - word.chars().count();
    }
    format!("{}\n", text.trim_end())
}

/// The meaning of the signs in use.
fn legend(report: &EnvironmentReport) -> String {
    let used = |wanted: &&Sign| report.cells.iter().any(|cell| sign(cell).0 == wanted.0);
    let lines = SIGNS.iter().filter(used).map(|(word, style, meaning)| {
        format!("  {}{:gap$}{}\n", paint(*style, word), "", paint(DIM, meaning), gap = 6 - word.len())
    });
    lines.chain(["\n".to_owned()]).collect()
}

fn sign(cell: &Cell) -> Sign {
    let place = match (cell.verdict, cell.declared) {
        (Verdict::Holds, Declared::May) => 0,
        (Verdict::Holds, Declared::Open) => 1,
        (Verdict::Holds, Declared::MayNot) => 2,
        (Verdict::Fails, Declared::MayNot) => 3,
        (Verdict::Fails, Declared::May) => 4,
        (Verdict::Fails, Declared::Open) => 5,
        (Verdict::Unknown, _) => 6,
    };
    SIGNS[place]
}

fn cut(name: &str) -> String {
    match name.char_indices().nth(LONGEST_NAME) {
        Some(_) => name.chars().take(LONGEST_NAME - 1).chain(['…']).collect(),
        None => name.to_owned(),
    }
}

fn widest<'a>(texts: impl Iterator<Item = &'a String>) -> usize {
    texts.map(|text| text.chars().count()).max().unwrap_or(0)
}
