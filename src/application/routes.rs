//! The ways of the lines: from a box to the name of the exit, from there through the bends, and into
//! the next box; those that go back up take a lane on the right.

use crate::drawing::{Point, Stroke};
use crate::layers::Bundle;
use crate::layout::Placed;

/// The room for an arrow above a box, and how much of it the head takes, where the line ends.
pub(crate) const ARROW: f64 = 16.0;
pub(crate) const ARROW_HEAD: f64 = 8.0;
/// The room between two lines that go the same way.
pub(crate) const TRACK: f64 = 9.0;
/// How round the corners of lines are.
const CORNER: f64 = 7.0;

/// The strokes of each line, and where the rightmost lane is.
pub(crate) fn routes(placed: &Placed<'_>) -> (Vec<Vec<Stroke>>, f64) {
    let lanes = lanes(placed);
    let lane = |lane: usize| placed.right + TRACK * (lane + 1) as f64;
    let lines = placed.layers.bundles.iter().zip(&placed.ports).zip(&lanes).enumerate();
    let lines = lines.map(|(index, ((bundle, (from, to)), lane_of))| {
        let mut pen = Pen { at: Point { x: 0.0, y: 0.0 }, strokes: Vec::new() };
        leave(placed, bundle, *from, &mut pen);
        match placed.tracks.get(&index) {
            Some(tracks) => back(placed, bundle, *tracks, lane(*lane_of), *to, &mut pen),
            None => onwards(placed, bundle, *to, &mut pen),
        }
        pen.strokes
    });
    let lines = lines.collect();
    let used = placed.tracks.keys().filter_map(|index| lanes.get(*index)).max();
    (lines, used.map_or(placed.right, |used| lane(*used)))
}

/// From the box to the name of the exit, and on below it.
fn leave(placed: &Placed<'_>, bundle: &Bundle, port: f64, pen: &mut Pen) {
    let from = placed.rectangle(bundle.from);
    let (_, below_boxes) = placed.span(placed.layer_of(bundle.from));
    pen.go(Point { x: port, y: from.bottom() });
    pen.line(Point { x: port, y: below_boxes });
    let Some(label) = bundle.through.first().map(|label| placed.rectangle(*label)) else { return };
    pen.curve(Point { x: label.centre(), y: label.top });
    pen.go(Point { x: label.centre(), y: label.bottom() });
}

/// Through the bends to the next box.
fn onwards(placed: &Placed<'_>, bundle: &Bundle, port: f64, pen: &mut Pen) {
    for (number, item) in bundle.through.iter().enumerate() {
        let (top, bottom) = placed.span(placed.layer_of(*item));
        let x = placed.column(*item);
        if number > 0 {
            pen.curve(Point { x, y: top });
        }
        pen.line(Point { x, y: bottom });
    }
    pen.curve(Point { x: port, y: placed.rectangle(bundle.to).top - ARROW_HEAD });
}

/// To the lane on the right, up, and from above into the earlier box.
fn back(
    placed: &Placed<'_>,
    bundle: &Bundle,
    (below, above): (usize, usize),
    lane: f64,
    port: f64,
    pen: &mut Pen,
) {
    let label = bundle.through.first().map_or(0, |label| placed.layer_of(*label));
    let (_, bottom) = placed.span(label);
    let to = placed.rectangle(bundle.to);
    let all_above = placed.tracks_above(bundle.to);
    let x = pen.at.x;
    let down = bottom + TRACK * (below + 1) as f64;
    let up = to.top - ARROW - TRACK * (all_above - above) as f64;
    pen.around(&[
        Point { x, y: down },
        Point { x: lane, y: down },
        Point { x: lane, y: up },
        Point { x: port, y: up },
        Point { x: port, y: to.top - ARROW_HEAD },
    ]);
}

/// The lane of each line that goes back; those that are shorter go further inside, and lines that
/// are never beside each other share one.
fn lanes(placed: &Placed<'_>) -> Vec<usize> {
    let spans = placed.layers.bundles.iter().map(|bundle| {
        let label = bundle.through.first().map_or(0, |label| placed.layer_of(*label));
        (placed.layer_of(bundle.to), label)
    });
    let spans: Vec<(usize, usize)> = spans.collect();
    let mut by_length: Vec<usize> = placed.tracks.keys().copied().collect();
    let span = |index: usize| spans.get(index).copied().unwrap_or_default();
    by_length.sort_by_key(|index| span(*index).1 - span(*index).0);
    let mut taken: Vec<Vec<(usize, usize)>> = Vec::new();
    let mut lanes = vec![0; spans.len()];
    for index in by_length {
        let (first, last) = span(index);
        let is_free =
            |lane: &Vec<(usize, usize)>| lane.iter().all(|(from, to)| last < *from || *to < first);
        // Not further inside than a shorter one that it goes around.
        let inner = taken.iter().rposition(|lane| !is_free(lane)).map_or(0, |lane| lane + 1);
        if taken.len() <= inner {
            taken.resize(inner + 1, Vec::new());
        }
        if let Some(lane) = taken.get_mut(inner) {
            lane.push((first, last));
        }
        if let Some(lane) = lanes.get_mut(index) {
            *lane = inner;
        }
    }
    lanes
}

/// Draws a line.
struct Pen {
    at: Point,
    strokes: Vec<Stroke>,
}

impl Pen {
    fn go(&mut self, to: Point) {
        self.strokes.push(Stroke::Move(to));
        self.at = to;
    }

    fn line(&mut self, to: Point) {
        if to != self.at {
            self.strokes.push(Stroke::Line(to));
            self.at = to;
        }
    }

    /// Goes down to a place, from straight down to straight down.
    fn curve(&mut self, to: Point) {
        let middle = (self.at.y + to.y) / 2.0;
        if (self.at.x - to.x).abs() < 0.5 {
            return self.line(to);
        }
        let first = Point { x: self.at.x, y: middle };
        self.strokes.push(Stroke::Curve(first, Point { x: to.x, y: middle }, to));
        self.at = to;
    }

    /// Goes straight from place to place, with round corners.
    fn around(&mut self, places: &[Point]) {
        for (place, next) in places.iter().zip(places.iter().skip(1)) {
            let before = towards(*place, self.at);
            let after = towards(*place, *next);
            self.line(before);
            self.strokes.push(Stroke::Curve(*place, *place, after));
            self.at = after;
        }
        if let Some(last) = places.last() {
            self.line(*last);
        }
    }
}

/// The place where a corner begins on the side of another place.
fn towards(corner: Point, other: Point) -> Point {
    let (x, y) = (other.x - corner.x, other.y - corner.y);
    let length = x.hypot(y).max(f64::EPSILON);
    let part = CORNER.min(length / 2.0) / length;
    Point { x: corner.x + x * part, y: corner.y + y * part }
}
