//! The layers of a drawing: which action stands in which, and in which order within it, so that few
//! lines cross.
//!
//! Every other layer holds the names of exits, so that these have room of their own. A line that goes
//! over several layers has a bend in each. A line that goes back up ends in the layer of its name
//! here; the rest of its way goes beside the drawing.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::Graph;

/// How often the layers are put in order, from the top and from the bottom.
const SWEEPS: usize = 12;

/// Exits of one action that lead to the same one, drawn as one line.
#[derive(Clone, Debug)]
pub(crate) struct Bundle {
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// Indices of the graph's edges.
    pub(crate) edges: Vec<usize>,
    pub(crate) is_back: bool,
    /// What the line goes through: the name, then bends.
    pub(crate) through: Vec<usize>,
}

/// What stands in a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    /// An action.
    Box(usize),
    /// The name of a bundle.
    Label(usize),
    /// A bend of a bundle.
    Bend(usize),
}

#[derive(Debug)]
pub(crate) struct Layers {
    pub(crate) bundles: Vec<Bundle>,
    /// What stands anywhere; the actions first, under their own indices.
    pub(crate) items: Vec<Item>,
    /// The items of each layer from the left; actions stand in even layers.
    pub(crate) layers: Vec<Vec<usize>>,
    /// For each item what it is linked with in the layer above, and in the one below.
    pub(crate) above: Vec<Vec<usize>>,
    pub(crate) below: Vec<Vec<usize>>,
}

impl Layers {
    pub(crate) fn new(graph: &Graph) -> Self {
        let mut bundles = bundles(graph);
        let order = depth_first(graph.nodes.len(), &mut bundles);
        let rows = rows(&order, &bundles);
        let mut layers = Self {
            bundles: Vec::new(),
            items: (0..graph.nodes.len()).map(Item::Box).collect(),
            layers: Vec::new(),
            above: vec![Vec::new(); graph.nodes.len()],
            below: vec![Vec::new(); graph.nodes.len()],
        };
        for node in order {
            let row = rows.get(&node).copied().unwrap_or_default();
            layers.put(2 * row, node);
        }
        for (index, mut bundle) in bundles.into_iter().enumerate() {
            let row = |node| rows.get(node).copied().unwrap_or_default();
            let first = 2 * row(&bundle.from) + 1;
            let end = if bundle.is_back { first + 1 } else { 2 * row(&bundle.to) };
            let mut before = bundle.from;
            for layer in first..end {
                let item = if layer == first { Item::Label(index) } else { Item::Bend(index) };
                let id = layers.add(item);
                layers.put(layer, id);
                layers.link(before, id);
                bundle.through.push(id);
                before = id;
            }
            if !bundle.is_back {
                layers.link(before, bundle.to);
            }
            layers.bundles.push(bundle);
        }
        layers.arrange();
        layers
    }

    fn add(&mut self, item: Item) -> usize {
        self.items.push(item);
        self.above.push(Vec::new());
        self.below.push(Vec::new());
        self.items.len() - 1
    }

    fn put(&mut self, layer: usize, item: usize) {
        if self.layers.len() <= layer {
            self.layers.resize(layer + 1, Vec::new());
        }
        if let Some(layer) = self.layers.get_mut(layer) {
            layer.push(item);
        }
    }

    fn link(&mut self, upper: usize, lower: usize) {
        if let (Some(below), Some(above)) = (self.below.get_mut(upper), self.above.get_mut(lower)) {
            below.push(lower);
            above.push(upper);
        }
    }

    /// Puts each layer in the order of what its items are linked with, again and again, and keeps
    /// the order in which the fewest lines cross.
    fn arrange(&mut self) {
        let mut best = (self.crossings(), self.layers.clone());
        for sweep in 0..SWEEPS {
            let (links, downwards) =
                if sweep % 2 == 0 { (&self.above, true) } else { (&self.below, false) };
            let mut positions = BTreeMap::new();
            let mut sort = |layer: &mut Vec<usize>| {
                let own: BTreeMap<usize, usize> = layer.iter().copied().zip(0..).collect();
                let wish = |item: &usize| {
                    mean(links.get(*item), &positions).unwrap_or_else(|| position(&own, item))
                };
                layer.sort_by(|one, other| wish(one).total_cmp(&wish(other)));
                positions = layer.iter().copied().zip(0..).collect();
            };
            if downwards {
                self.layers.iter_mut().for_each(&mut sort);
            } else {
                self.layers.iter_mut().rev().for_each(&mut sort);
            }
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.layers.clone());
            }
        }
        self.layers = best.1;
    }

    /// How often lines cross.
    fn crossings(&self) -> usize {
        let pairs = self.layers.iter().zip(self.layers.iter().skip(1));
        pairs.map(|(upper, lower)| self.crossings_between(upper, lower)).sum()
    }

    fn crossings_between(&self, upper: &[usize], lower: &[usize]) -> usize {
        let positions: BTreeMap<usize, usize> = lower.iter().copied().zip(0..).collect();
        let mut seen = Counted::new(lower.len());
        let mut crossings = 0;
        for item in upper {
            let ends = self.below.get(*item).into_iter().flatten();
            let ends: Vec<usize> = ends.filter_map(|end| positions.get(end).copied()).collect();
            crossings += ends.iter().map(|end| seen.after(*end)).sum::<usize>();
            ends.into_iter().for_each(|end| seen.add(end));
        }
        crossings
    }
}

fn bundles(graph: &Graph) -> Vec<Bundle> {
    let mut bundles: Vec<Bundle> = Vec::new();
    let mut known = BTreeMap::new();
    for (index, edge) in graph.edges.iter().enumerate() {
        let at = *known.entry((edge.from, edge.to)).or_insert_with(|| {
            let (edges, through) = (Vec::new(), Vec::new());
            bundles.push(Bundle { from: edge.from, to: edge.to, edges, is_back: false, through });
            bundles.len() - 1
        });
        if let Some(bundle) = bundles.get_mut(at) {
            bundle.edges.push(index);
        }
    }
    bundles
}

/// The actions in an order in which every line leads onwards but those that lead back, which are
/// marked.
fn depth_first(count: usize, bundles: &mut [Bundle]) -> Vec<usize> {
    let mut leaving: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, bundle) in bundles.iter().enumerate() {
        leaving.entry(bundle.from).or_default().push(index);
    }
    let (mut seen, mut done, mut order) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for root in 0..count {
        // What is still to be looked at of each action on the way here.
        let mut way: Vec<(usize, Vec<usize>)> = Vec::new();
        if seen.insert(root) {
            way.push((root, leaving.remove(&root).unwrap_or_default()));
        }
        while let Some((node, rest)) = way.last_mut() {
            let Some(index) = rest.pop() else {
                done.insert(*node);
                order.push(*node);
                way.pop();
                continue;
            };
            let Some(bundle) = bundles.get_mut(index) else { continue };
            if seen.insert(bundle.to) {
                way.push((bundle.to, leaving.remove(&bundle.to).unwrap_or_default()));
            } else {
                bundle.is_back = !done.contains(&bundle.to);
            }
        }
    }
    order.reverse();
    order
}

/// The row of each action: below all from which lines lead to it.
fn rows(order: &[usize], bundles: &[Bundle]) -> BTreeMap<usize, usize> {
    let mut leaving: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for bundle in bundles.iter().filter(|bundle| !bundle.is_back) {
        leaving.entry(bundle.from).or_default().push(bundle.to);
    }
    let mut rows: BTreeMap<usize, usize> = order.iter().map(|node| (*node, 0)).collect();
    for node in order {
        let next = rows.get(node).copied().unwrap_or_default() + 1;
        for to in leaving.get(node).into_iter().flatten() {
            rows.entry(*to).and_modify(|row| *row = next.max(*row));
        }
    }
    rows
}

fn position(positions: &BTreeMap<usize, usize>, item: &usize) -> f64 {
    positions.get(item).map_or(0.0, |position| *position as f64)
}

fn mean(linked: Option<&Vec<usize>>, positions: &BTreeMap<usize, usize>) -> Option<f64> {
    let linked = linked.filter(|linked| !linked.is_empty())?;
    let sum: f64 = linked.iter().map(|item| position(positions, item)).sum();
    Some(sum / linked.len() as f64)
}

/// Counts of positions, and how many lie behind one (a Fenwick tree).
struct Counted {
    sums: Vec<usize>,
    total: usize,
}

impl Counted {
    fn new(count: usize) -> Self {
        Self { sums: vec![0; count + 1], total: 0 }
    }

    fn add(&mut self, position: usize) {
        self.total += 1;
        let mut at = position + 1;
        while let Some(sum) = self.sums.get_mut(at) {
            *sum += 1;
            at += at & at.wrapping_neg();
        }
    }

    fn after(&self, position: usize) -> usize {
        let (mut up_to, mut at) = (0, position + 1);
        while at > 0 {
            up_to += self.sums.get(at).copied().unwrap_or_default();
            at &= at - 1;
        }
        self.total - up_to
    }
}
