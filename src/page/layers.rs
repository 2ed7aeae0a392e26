//! A layered layout of a directed graph: a caller is to the left of its callees (Sugiyama, Tagawa and Toda,
//! 1981: layers, then order, then coordinates). Nodes that call each other in a circle share a layer.

/// The positions of a graph's nodes and the routes of its edges.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// Each node's layer and the height of its middle.
    pub(super) nodes: Vec<(usize, f64)>,
    /// For each edge, heights at which it crosses the layers between its ends; none in a circle.
    pub(super) ways: Vec<Vec<f64>>,
    /// How many layers there are.
    pub(super) layers: usize,
    /// From the lowest height to the highest one, both being middles of something.
    pub(super) height: f64,
}

/// Distance of the middles of two nodes in a layer.
const NODE: f64 = 46.0;

/// Distance where one of them is a passing edge.
const PASSING: f64 = 28.0;

/// How often order and heights are improved: further rounds change nothing that an eye can see.
const ROUNDS: usize = 12;

/// Lays out `count` nodes. Edges are pairs of places below `count`.
pub(super) fn lay_out(count: usize, edges: &[(usize, usize)]) -> Layout {
    let layer = layers(count, edges);
    let mut grid = Grid::new(&layer, edges);
    grid.order();
    grid.settle();
    let lowest = grid.heights.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = grid.heights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let heights: Vec<f64> = grid.heights.iter().map(|height| height - lowest).collect();
    Layout {
        nodes: layer.iter().zip(&heights).map(|(layer, height)| (*layer, *height)).collect(),
        ways: grid.ways.iter().map(|way| way.iter().map(|place| heights[*place]).collect()).collect(),
        layers: grid.layers.len(),
        height: if count == 0 { 0.0 } else { highest - lowest },
    }
}

/// The layer of each node: one more than the highest of those who call it, circles counted as one.
fn layers(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let circle = circles(count, edges);
    let mut between: Vec<(usize, usize)> =
        edges.iter().map(|(from, to)| (circle[*from], circle[*to])).filter(|(from, to)| from != to).collect();
    // Circles are numbered callers first, so that one walk in their order sees every caller before whom it calls.
    between.sort_unstable();
    let mut depth = vec![0; count];
    for (from, to) in between {
        depth[to] = depth[to].max(depth[from] + 1);
    }
    circle.iter().map(|circle| depth[*circle]).collect()
}

/// Each node's circle (strongly connected component; Kosaraju and Sharir, without recursion), callers first.
fn circles(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let (mut onward, mut backward) = (vec![Vec::new(); count], vec![Vec::new(); count]);
    for (from, to) in edges {
        onward[*from].push(*to);
        backward[*to].push(*from);
    }
    let mut finished = Vec::with_capacity(count);
    let mut seen = vec![false; count];
    for start in 0..count {
        walk(start, &onward, &mut seen, &mut finished);
    }
    let mut circle = vec![0; count];
    let mut seen = vec![false; count];
    let mut number = 0;
    for start in finished.into_iter().rev() {
        let mut members = Vec::new();
        walk(start, &backward, &mut seen, &mut members);
        for member in &members {
            circle[*member] = number;
        }
        number += usize::from(!members.is_empty());
    }
    circle
}

/// Adds what can be reached from `start` and was not seen yet, each node after everything behind it.
fn walk(start: usize, next: &[Vec<usize>], seen: &mut [bool], finished: &mut Vec<usize>) {
    if std::mem::replace(&mut seen[start], true) {
        return;
    }
    let mut stack = vec![(start, 0)];
    while let Some((node, at)) = stack.pop() {
        match next[node].get(at) {
            None => finished.push(node),
            Some(other) => {
                stack.push((node, at + 1));
                if !std::mem::replace(&mut seen[*other], true) {
                    stack.push((*other, 0));
                }
            }
        }
    }
}

/// Nodes, and places at which long edges pass a layer, as things to put in order.
struct Grid {
    /// The things in each layer, in order.
    layers: Vec<Vec<usize>>,
    /// Neighbours of each thing in the layer before and in the layer after.
    neighbours: Vec<(Vec<usize>, Vec<usize>)>,
    heights: Vec<f64>,
    ways: Vec<Vec<usize>>,
    nodes: usize,
}

impl Grid {
    fn new(layer: &[usize], edges: &[(usize, usize)]) -> Self {
        let mut layers = vec![Vec::new(); layer.iter().max().map_or(0, |last| last + 1)];
        for (node, layer) in layer.iter().enumerate() {
            layers[*layer].push(node);
        }
        let mut neighbours = vec![(Vec::new(), Vec::new()); layer.len()];
        let mut ways = Vec::with_capacity(edges.len());
        for (from, to) in edges {
            // Nothing to pass, and nothing to straighten, where both are in one layer.
            let steps = layers.iter_mut().take(layer[*to]).skip(layer[*from] + 1);
            let mut way = Vec::new();
            for passed in steps {
                way.push(neighbours.len());
                passed.push(neighbours.len());
                neighbours.push((Vec::new(), Vec::new()));
            }
            let chain: Vec<usize> = std::iter::once(*from).chain(way.iter().copied()).chain([*to]).collect();
            for pair in chain.windows(2).filter(|_| layer[*from] < layer[*to]) {
                neighbours[pair[0]].1.push(pair[1]);
                neighbours[pair[1]].0.push(pair[0]);
            }
            ways.push(way);
        }
        let heights = vec![0.0; neighbours.len()];
        let mut grid = Self { layers, neighbours, heights, ways, nodes: layer.len() };
        grid.stack();
        grid
    }

    /// Fewer crossings: each thing moves to the mean of its neighbours, from left to right and back.
    fn order(&mut self) {
        for round in 0..ROUNDS {
            for at in self.sweep(round) {
                let wanted = self.wanted(at, round);
                let mut pairs: Vec<(f64, usize)> =
                    wanted.into_iter().zip(self.layers[at].iter().copied()).collect();
                pairs.sort_by(|one, other| one.0.total_cmp(&other.0));
                self.layers[at] = pairs.into_iter().map(|(_, thing)| thing).collect();
                self.stack_layer(at);
            }
        }
    }

    /// Straighter edges: each thing moves towards its neighbours as far as its layer's order and distances let it.
    fn settle(&mut self) {
        for round in 0..ROUNDS {
            for at in self.sweep(round) {
                let wanted = self.wanted(at, round);
                let mut placed = Vec::with_capacity(wanted.len());
                for (place, wanted) in wanted.iter().enumerate() {
                    let least = match placed.last() {
                        Some(last) => last + self.distance(at, place),
                        None => f64::NEG_INFINITY,
                    };
                    placed.push(wanted.max(least));
                }
                // Pushed down only, a crowded layer would hang too low: half of that goes up again.
                let surplus: f64 = placed.iter().zip(&wanted).map(|(placed, wanted)| placed - wanted).sum();
                let shift = surplus / placed.len().max(1) as f64;
                for (thing, height) in self.layers[at].clone().into_iter().zip(placed) {
                    self.heights[thing] = height - shift;
                }
            }
        }
    }

    /// Layers in the direction of a round.
    fn sweep(&self, round: usize) -> Vec<usize> {
        let all = 0..self.layers.len();
        if round.is_multiple_of(2) { all.collect() } else { all.rev().collect() }
    }

    /// The height that each thing of a layer wants: the mean of its neighbours on the side that a round comes from.
    fn wanted(&self, at: usize, round: usize) -> Vec<f64> {
        let mean = |places: &[usize]| {
            let sum: f64 = places.iter().map(|place| self.heights[*place]).sum();
            (!places.is_empty()).then(|| sum / places.len() as f64)
        };
        let wanted = |thing: &usize| {
            let (before, after) = &self.neighbours[*thing];
            let side = if round.is_multiple_of(2) { before } else { after };
            mean(side).unwrap_or(self.heights[*thing])
        };
        self.layers[at].iter().map(wanted).collect()
    }

    fn stack(&mut self) {
        for at in 0..self.layers.len() {
            self.stack_layer(at);
        }
    }

    /// A layer's things one below the other, around height zero.
    fn stack_layer(&mut self, at: usize) {
        let mut height = 0.0;
        for place in 0..self.layers[at].len() {
            if place > 0 {
                height += self.distance(at, place);
            }
            self.heights[self.layers[at][place]] = height;
        }
        for thing in &self.layers[at] {
            self.heights[*thing] -= height / 2.0;
        }
    }

    /// How far the thing at `place` of a layer stays below the one before it.
    fn distance(&self, at: usize, place: usize) -> f64 {
        let is_node = |place: usize| self.layers[at][place] < self.nodes;
        if is_node(place) && is_node(place - 1) { NODE } else { PASSING }
    }
}

#[cfg(test)]
mod tests {
    use super::{NODE, PASSING, lay_out, layers};

    #[test]
    fn a_caller_is_left_of_its_callees() {
        assert_eq!(layers(4, &[(0, 1), (1, 2), (0, 2), (3, 2)]), [0, 1, 2, 0]);
    }

    #[test]
    fn services_that_call_each_other_in_a_circle_share_a_layer() {
        assert_eq!(layers(5, &[(0, 1), (1, 2), (2, 3), (3, 1), (3, 4)]), [0, 1, 1, 1, 2]);
        let layout = lay_out(30, &all_pairs(30));
        assert_eq!(layout.layers, 1);
        assert!((layout.height - 29.0 * NODE).abs() < 1e-6, "{}", layout.height);
    }

    #[test]
    fn a_long_chain_neither_overflows_nor_takes_long() {
        let edges: Vec<(usize, usize)> = (1..20_000).map(|to| (to - 1, to)).collect();
        assert_eq!(layers(20_000, &edges).last(), Some(&19_999));
    }

    #[test]
    fn an_edge_keeps_its_distance_from_the_nodes_that_it_passes() {
        let layout = lay_out(3, &[(0, 1), (1, 2), (0, 2)]);
        assert_eq!(layout.ways.iter().map(Vec::len).collect::<Vec<_>>(), [0, 0, 1]);
        let distance = (layout.ways[2][0] - layout.nodes[1].1).abs();
        assert!((distance - PASSING).abs() < 1e-6, "{distance}");
    }

    #[test]
    fn nodes_of_a_layer_do_not_overlap() {
        let edges: Vec<(usize, usize)> = (0..6).flat_map(|from| (6..12).map(move |to| (from, to))).collect();
        let layout = lay_out(12, &edges);
        for (one, first) in layout.nodes.iter().enumerate() {
            for second in &layout.nodes[..one] {
                let apart = (first.1 - second.1).abs();
                assert!(first.0 != second.0 || apart >= NODE - 1e-6, "{apart}");
            }
        }
    }

    #[test]
    fn a_graph_without_crossings_is_drawn_without_crossings() {
        let layout = lay_out(6, &[(0, 5), (1, 4), (2, 3)]);
        let height = |node: usize| layout.nodes[node].1;
        for (from, to) in [(0, 5), (1, 4), (2, 3)] {
            assert!((height(from) - height(to)).abs() < 1e-6, "{layout:?}");
        }
    }

    #[test]
    fn an_empty_graph_has_no_layers() {
        assert_eq!(lay_out(0, &[]).layers, 0);
    }

    fn all_pairs(count: usize) -> Vec<(usize, usize)> {
        (0..count).flat_map(|from| (0..count).map(move |to| (from, to))).filter(|(a, b)| a != b).collect()
    }
}
