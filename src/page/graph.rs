//! The graph of who may call whom, as boxes and curves of an SVG.

use std::collections::HashMap;

use serde::Serialize;

use super::layers::{Layout, lay_out};
use super::words;
use crate::report::policy::{Cell, EnvironmentReport, Verdict};

/// A graph with more boxes than this is unreadable; the matrix shows the same.
const MOST: usize = 60;

const BOX: (f64, f64) = (172.0, 34.0);
const GAP: f64 = 96.0;
const MARGIN: f64 = 12.0;

/// Columns of text that fit into a box.
const COLUMNS: usize = 21;

/// The graph of an environment.
#[derive(Serialize)]
pub(super) struct Graph {
    width: f64,
    height: f64,
    boxes: Vec<Node>,
    edges: Vec<Edge>,
    /// Whether there are so many edges that they are drawn thin.
    dense: bool,
    /// Number of edges that failed.
    failed: usize,
    /// Number of edges that were not tested.
    unknown: usize,
}

#[derive(Serialize)]
struct Node {
    left: f64,
    top: f64,
    label: String,
    /// The whole name.
    name: String,
    visitor: bool,
}

#[derive(Serialize)]
struct Edge {
    path: String,
    /// Where to put a sign.
    middle: (f64, f64),
    class: &'static str,
    kind: &'static str,
    sentence: String,
    sign: &'static str,
}

/// Draws an environment, unless the graph would be unreadable.
pub(super) fn draw(environment: &EnvironmentReport) -> Option<Graph> {
    let cells: Vec<&Cell> = environment.connections().collect();
    let services = environment.services.iter().map(|service| Some(service.name.as_str()));
    let visitor = cells.iter().any(|cell| cell.caller.is_none()).then_some(None);
    let names: Vec<Option<&str>> = visitor.into_iter().chain(services).collect();
    if names.len() > MOST || names.is_empty() {
        return None;
    }
    let place: HashMap<Option<&str>, usize> =
        names.iter().enumerate().map(|(place, name)| (*name, place)).collect();
    let pair = |cell: &Cell| {
        let place = |name: Option<&str>| place.get(&name).copied();
        Some((place(cell.caller.as_deref())?, place(Some(&cell.callee))?))
    };
    let drawn: Vec<(&Cell, (usize, usize))> =
        cells.iter().filter_map(|cell| Some((*cell, pair(cell)?))).collect();
    let pairs: Vec<(usize, usize)> = drawn.iter().map(|(_, pair)| *pair).collect();
    let canvas = Canvas::new(lay_out(names.len(), &pairs), &pairs);
    let boxes = names.iter().enumerate().map(|(at, name)| canvas.node(at, *name)).collect();
    let mut edges: Vec<Edge> =
        drawn.iter().enumerate().map(|(at, (cell, pair))| canvas.edge(at, *pair, cell)).collect();
    // What is drawn last is on top, so failures go last.
    edges.sort_by_key(|edge| edge.sign);
    let count = |verdict| drawn.iter().filter(|(cell, _)| cell.verdict == verdict).count();
    Some(Graph {
        width: canvas.width,
        height: canvas.height,
        boxes,
        dense: edges.len() > 80,
        edges,
        failed: count(Verdict::Fails),
        unknown: count(Verdict::Unknown),
    })
}

struct Canvas {
    layout: Layout,
    width: f64,
    height: f64,
    /// Space on the left for curves within the first layer.
    left: f64,
}

impl Canvas {
    fn new(layout: Layout, pairs: &[(usize, usize)]) -> Self {
        // Curves that go up leave the first layer to the left, curves that go down leave the last one to the right.
        let beyond = |layer: usize, down: bool| {
            let goes_there = |from: (usize, f64), to: (usize, f64)| {
                (from.0, to.0) == (layer, layer) && (from.1 < to.1) == down
            };
            let curves = pairs.iter().filter(|(from, to)| goes_there(layout.nodes[*from], layout.nodes[*to]));
            curves.map(|(from, to)| bulge(&layout, *from, *to)).fold(0.0, f64::max)
        };
        let left = MARGIN + beyond(0, false);
        let last = layout.layers.saturating_sub(1);
        let width = left + layout.layers as f64 * BOX.0 + last as f64 * GAP + beyond(last, true) + MARGIN;
        let height = layout.height + BOX.1 + 2.0 * MARGIN;
        Self { width: width.round(), height: height.round(), left, layout }
    }

    /// Left edge and middle of a node's box.
    fn place(&self, node: usize) -> (f64, f64) {
        let (layer, height) = self.layout.nodes[node];
        (self.column(layer), MARGIN + BOX.1 / 2.0 + height)
    }

    fn column(&self, layer: usize) -> f64 {
        self.left + layer as f64 * (BOX.0 + GAP)
    }

    fn node(&self, node: usize, name: Option<&str>) -> Node {
        let (left, middle) = self.place(node);
        let (visitor, name) = (name.is_none(), name.unwrap_or(words::VISITOR).to_owned());
        let (left, top) = (tenth(left), tenth(middle - BOX.1 / 2.0));
        Node { left, top, label: shorten(&name), name, visitor }
    }

    fn edge(&self, at: usize, (from, to): (usize, usize), cell: &Cell) -> Edge {
        let (path, middle) = if self.layout.nodes[from].0 < self.layout.nodes[to].0 {
            self.onward(at, from, to)
        } else {
            self.around(from, to)
        };
        Edge {
            path,
            middle: (tenth(middle.0), tenth(middle.1)),
            class: words::class(cell.verdict),
            kind: words::kind(cell.declared),
            sentence: words::sentence(cell),
            sign: match cell.verdict {
                Verdict::Holds => "",
                Verdict::Fails => "!",
                Verdict::Unknown => "?",
            },
        }
    }

    /// An edge from layer to layer, horizontal where it passes one.
    fn onward(&self, at: usize, from: usize, to: usize) -> (String, (f64, f64)) {
        let (start, end) = (self.place(from), self.place(to));
        let mut points = vec![(start.0 + BOX.0, start.1)];
        for (step, height) in self.layout.ways[at].iter().enumerate() {
            let (left, height) =
                (self.column(self.layout.nodes[from].0 + 1 + step), MARGIN + BOX.1 / 2.0 + height);
            points.extend([(left, height), (left + BOX.0, height)]);
        }
        points.push(end);
        let mut path = format!("M{} {}", tenth(points[0].0), tenth(points[0].1));
        for pair in points.windows(2) {
            let ((x, y), (u, v)) = (pair[0], pair[1]);
            path += &curve((x + u) / 2.0, y, (u, v));
        }
        let middle = points.len() / 2;
        let ((x, y), (u, v)) = (points[middle - 1], points[middle]);
        (path, ((x + u) / 2.0, (y + v) / 2.0))
    }

    /// An edge within a layer: downwards on the right side, upwards on the left.
    fn around(&self, from: usize, to: usize) -> (String, (f64, f64)) {
        let (start, end) = (self.place(from), self.place(to));
        let (side, sign) = if start.1 < end.1 { (start.0 + BOX.0, 1.0) } else { (start.0, -1.0) };
        // A Bezier curve goes three quarters of the way to its control points.
        let bulge = sign * bulge(&self.layout, from, to);
        let curve = curve(side + bulge * 4.0 / 3.0, start.1, (side, end.1));
        let path = format!("M{} {}{curve}", tenth(side), tenth(start.1));
        (path, (side + bulge, (start.1 + end.1) / 2.0))
    }
}

/// A cubic curve from height `y`, level at both ends, by way of two control points at `x`.
fn curve(x: f64, y: f64, end: (f64, f64)) -> String {
    let (x, y, u, v) = (tenth(x), tenth(y), tenth(end.0), tenth(end.1));
    format!("C{x} {y} {x} {v} {u} {v}")
}

/// How far a curve within a layer goes out: into the gap, and further only if there is only one layer.
fn bulge(layout: &Layout, from: usize, to: usize) -> f64 {
    let apart = (layout.nodes[from].1 - layout.nodes[to].1).abs();
    let most = if layout.layers == 1 { 340.0 } else { GAP * 0.7 };
    (18.0 + apart * 0.28).min(most)
}

/// The part of a name that fits into a box. East Asian characters are two columns wide.
fn shorten(name: &str) -> String {
    let width = |c: char| if c >= '\u{1100}' { 2 } else { 1 };
    if name.chars().map(width).sum::<usize>() <= COLUMNS {
        return name.to_owned();
    }
    let mut left = COLUMNS - 1;
    let fits = |c: &char| match left.checked_sub(width(*c)) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    };
    name.chars().take_while(fits).chain(['\u{2026}']).collect()
}

/// Rounds to a tenth, which is finer than any screen.
fn tenth(length: f64) -> f64 {
    (length * 10.0).round() / 10.0
}
