//! Where the actions of a graph stand and which ways its lines take: downwards from layer to layer,
//! and back up beside everything.

use std::collections::BTreeMap;

use crate::columns::columns;
use crate::drawing::{Drawing, Line, Rectangle};
use crate::graph::Graph;
use crate::labels::{BoxWords, exit_size, exit_words};
use crate::layers::{Item, Layers};
use crate::routes::{self, ARROW, TRACK};

const MARGIN: f64 = 16.0;
/// The least room between two layers.
const GAP: f64 = 16.0;
/// The most room that lines far to the side add to that.
const SLOPE_MAX: f64 = 50.0;
/// Lines that go to the side get one pixel downwards for so many.
const SLOPE: f64 = 9.0;
/// How far apart lines leave and reach a box.
const PORT: f64 = 22.0;
/// The room between the last line and the corner of a box.
const PORT_MARGIN: f64 = 14.0;

/// What is known of a drawing before its lines are drawn.
pub(crate) struct Placed<'a> {
    pub(crate) layers: &'a Layers,
    /// The rectangle of each item; that of a bend has no width.
    pub(crate) rectangles: Vec<Rectangle>,
    /// The layer of each item.
    pub(crate) layer_of: Vec<usize>,
    /// The top and the bottom of each layer.
    pub(crate) spans: Vec<(f64, f64)>,
    /// Where each line leaves its action and where it reaches the other one.
    pub(crate) ports: Vec<(f64, f64)>,
    /// For lines that go back, their place among those below the same layer of names, and among
    /// those above the same layer of actions.
    pub(crate) tracks: BTreeMap<usize, (usize, usize)>,
    /// The right end of everything but these lines.
    pub(crate) right: f64,
}

/// Where everything stands.
pub(crate) fn layout(graph: &Graph) -> Drawing {
    let layers = Layers::new(graph);
    let words: Vec<Vec<String>> =
        layers.bundles.iter().map(|bundle| exit_words(graph, &bundle.edges)).collect();
    let mut placed = place(graph, &layers, &words);
    placed.ports = ports(&placed);
    placed.tracks = tracks(&placed);
    stack(&mut placed);
    let (ways, right) = routes::routes(&placed);
    let boxes = placed.rectangles.iter().take(graph.nodes.len()).copied().collect();
    let lines = layers.bundles.iter().zip(words).zip(ways).map(|((bundle, words), strokes)| {
        let label = bundle.through.first().and_then(|label| placed.rectangles.get(*label));
        let label = label.copied().unwrap_or_default();
        Line { edges: bundle.edges.clone(), is_back: bundle.is_back, words, label, strokes }
    });
    let bottom = placed.spans.last().map_or(0.0, |(_, bottom)| *bottom);
    let below = tracks_of(&placed, placed.spans.len()).0;
    Drawing {
        width: right + MARGIN,
        height: bottom + TRACK * below as f64 + MARGIN,
        boxes,
        lines: lines.collect(),
    }
}

/// Everything at its place from left to right, and with its height.
fn place<'a>(graph: &Graph, layers: &'a Layers, words: &[Vec<String>]) -> Placed<'a> {
    let size = |item: &Item| match item {
        Item::Box(node) => {
            graph.nodes.get(*node).map_or((0.0, 0.0), |node| BoxWords::new(node).size())
        }
        Item::Label(bundle) => words.get(*bundle).map_or((0.0, 0.0), |words| exit_size(words)),
        Item::Bend(_) => (0.0, 0.0),
    };
    let sizes: Vec<(f64, f64)> = layers.items.iter().map(size).collect();
    let widths: Vec<f64> = sizes.iter().map(|(width, _)| *width).collect();
    let columns = columns(layers, &widths);
    let lefts = columns.iter().zip(&widths).map(|(column, width)| column - width / 2.0);
    let shift = MARGIN - lefts.clone().fold(f64::INFINITY, f64::min);
    let rectangles: Vec<Rectangle> = lefts
        .zip(&sizes)
        .map(|(left, &(width, height))| Rectangle { left: left + shift, top: 0.0, width, height })
        .collect();
    let mut layer_of = vec![0; layers.items.len()];
    for (layer, items) in layers.layers.iter().enumerate() {
        for item in items {
            if let Some(of) = layer_of.get_mut(*item) {
                *of = layer;
            }
        }
    }
    let right = rectangles.iter().map(Rectangle::right).fold(0.0, f64::max);
    Placed {
        layers,
        rectangles,
        layer_of,
        spans: Vec::new(),
        ports: Vec::new(),
        tracks: BTreeMap::new(),
        right,
    }
}

/// Where lines leave and reach boxes: side by side, in the order of where they go and come from.
fn ports(placed: &Placed<'_>) -> Vec<(f64, f64)> {
    let mut leaving: BTreeMap<usize, Vec<(f64, usize)>> = BTreeMap::new();
    let mut reaching: BTreeMap<usize, Vec<(f64, usize)>> = BTreeMap::new();
    for (index, bundle) in placed.layers.bundles.iter().enumerate() {
        let first = bundle.through.first().map_or(0.0, |item| placed.column(*item));
        leaving.entry(bundle.from).or_default().push((first, index));
        // What comes back comes from the right.
        let last = bundle.through.last().filter(|_| !bundle.is_back);
        let last = last.map_or(f64::INFINITY, |item| placed.column(*item));
        reaching.entry(bundle.to).or_default().push((last, index));
    }
    let side_by_side = |at_boxes: BTreeMap<usize, Vec<(f64, usize)>>| {
        let mut places = BTreeMap::new();
        for (node, mut lines) in at_boxes {
            lines.sort_by(|one, other| one.0.total_cmp(&other.0));
            let room = placed.rectangle(node).width - 2.0 * PORT_MARGIN;
            let gaps = lines.len().saturating_sub(1).max(1) as f64;
            let step = PORT.min(room / gaps);
            let first = placed.column(node) - step * (lines.len() - 1) as f64 / 2.0;
            for ((_, bundle), number) in lines.into_iter().zip(0_u32..) {
                places.insert(bundle, first + step * f64::from(number));
            }
        }
        places
    };
    let (leaving, reaching) = (side_by_side(leaving), side_by_side(reaching));
    leaving.into_values().zip(reaching.into_values()).collect()
}

/// The places of lines that go back among those that go the same way, so that they do not cross.
fn tracks(placed: &Placed<'_>) -> BTreeMap<usize, (usize, usize)> {
    let mut below: BTreeMap<usize, Vec<(f64, usize)>> = BTreeMap::new();
    let mut above: BTreeMap<usize, Vec<(f64, usize)>> = BTreeMap::new();
    for (index, (bundle, port)) in placed.layers.bundles.iter().zip(&placed.ports).enumerate() {
        let Some(label) = bundle.through.first().filter(|_| bundle.is_back) else { continue };
        // To the right: whoever begins further right goes above.
        below.entry(placed.layer_of(*label)).or_default().push((-placed.column(*label), index));
        // To the left: whoever ends further left goes above.
        above.entry(placed.layer_of(bundle.to)).or_default().push((port.1, index));
    }
    let numbered = |groups: BTreeMap<usize, Vec<(f64, usize)>>| {
        let groups = groups.into_values().flat_map(|mut lines| {
            lines.sort_by(|one, other| one.0.total_cmp(&other.0));
            lines.into_iter().map(|(_, bundle)| bundle).zip(0..)
        });
        groups.collect::<BTreeMap<usize, usize>>()
    };
    let (below, above) = (numbered(below), numbered(above));
    below
        .into_iter()
        .zip(above.into_values())
        .map(|((at, below), above)| (at, (below, above)))
        .collect()
}

/// How many lines go back below the layer before this one, and above this one.
fn tracks_of(placed: &Placed<'_>, layer: usize) -> (usize, usize) {
    let back = placed.layers.bundles.iter().filter(|bundle| bundle.is_back);
    let (mut below, mut above) = (0, 0);
    for bundle in back {
        let label = bundle.through.first().map(|label| placed.layer_of(*label) + 1);
        below += usize::from(label == Some(layer));
        above += usize::from(placed.layer_of(bundle.to) == layer);
    }
    (below, above)
}

/// Puts the layers one below the other, with room for the lines between them.
fn stack(placed: &mut Placed<'_>) {
    let mut top = MARGIN;
    let mut spans = Vec::new();
    let slopes = slopes(placed);
    for ((layer, items), slope) in placed.layers.layers.iter().enumerate().zip(slopes) {
        let (below, above) = tracks_of(placed, layer);
        if layer > 0 {
            top += GAP + slope;
        }
        top += TRACK * (below + above) as f64;
        if layer % 2 == 0 && (layer > 0 || above > 0) {
            top += ARROW;
        }
        let heights = items.iter().map(|item| placed.rectangle(*item).height);
        let height = heights.fold(0.0, f64::max);
        for item in items {
            if let Some(rectangle) = placed.rectangles.get_mut(*item) {
                rectangle.top = top;
            }
        }
        spans.push((top, top + height));
        top += height;
    }
    placed.spans = spans;
}

/// The room that lines need above each layer because they go far to the side.
fn slopes(placed: &Placed<'_>) -> Vec<f64> {
    let mut slopes = vec![0.0_f64; placed.layers.layers.len()];
    for (bundle, (from, to)) in placed.layers.bundles.iter().zip(&placed.ports) {
        let through = bundle.through.iter();
        let through = through.map(|item| (placed.layer_of(*item), placed.column(*item)));
        let end = (!bundle.is_back).then(|| (placed.layer_of(bundle.to), *to));
        let mut before = *from;
        for (layer, column) in through.chain(end) {
            if let Some(slope) = slopes.get_mut(layer) {
                *slope = slope.max((column - before).abs() / SLOPE).min(SLOPE_MAX);
            }
            before = column;
        }
    }
    slopes
}

impl Placed<'_> {
    pub(crate) fn rectangle(&self, item: usize) -> Rectangle {
        self.rectangles.get(item).copied().unwrap_or_default()
    }

    /// The middle of an item.
    pub(crate) fn column(&self, item: usize) -> f64 {
        self.rectangle(item).centre()
    }

    pub(crate) fn layer_of(&self, item: usize) -> usize {
        self.layer_of.get(item).copied().unwrap_or_default()
    }

    /// How many lines go back into the layer of an action.
    pub(crate) fn tracks_above(&self, node: usize) -> usize {
        tracks_of(self, self.layer_of(node)).1
    }

    /// The top and the bottom of a layer.
    pub(crate) fn span(&self, layer: usize) -> (f64, f64) {
        self.spans.get(layer).copied().unwrap_or_default()
    }
}
