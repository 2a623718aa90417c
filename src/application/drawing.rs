//! Where everything stands in a drawing, in pixels from the upper left corner.

/// A place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Point {
    pub(crate) x: f64,
    pub(crate) y: f64,
}

/// A rectangle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Rectangle {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

/// A step of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Stroke {
    /// Goes on from another place.
    Move(Point),
    /// Goes straight there.
    Line(Point),
    /// Goes to the last place, drawn towards the other two (a cubic Bézier curve).
    Curve(Point, Point, Point),
}

/// A box, a name or a line of a graph.
#[derive(Clone, Debug)]
pub(crate) struct Drawing {
    pub(crate) width: f64,
    pub(crate) height: f64,
    /// The boxes of the graph's nodes.
    pub(crate) boxes: Vec<Rectangle>,
    /// The lines.
    pub(crate) lines: Vec<Line>,
}

/// A line, from an action to another one.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// The indices of the edges it stands for.
    pub(crate) edges: Vec<usize>,
    /// Whether it goes back up.
    pub(crate) is_back: bool,
    /// What is written at it.
    pub(crate) words: Vec<String>,
    /// The room of the words.
    pub(crate) label: Rectangle,
    pub(crate) strokes: Vec<Stroke>,
}

impl Rectangle {
    pub(crate) fn right(&self) -> f64 {
        self.left + self.width
    }

    pub(crate) fn bottom(&self) -> f64 {
        self.top + self.height
    }

    pub(crate) fn centre(&self) -> f64 {
        self.left + self.width / 2.0
    }
}
