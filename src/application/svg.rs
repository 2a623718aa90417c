//! A graph as a picture (SVG 1.1), without scripts and for light and dark backgrounds.

use std::fmt::Write;

use crate::drawing::{Line, Point, Rectangle, Stroke};
use crate::graph::{Edge, Graph, Node};
use crate::labels::{BoxWords, LINE_HEIGHT, PADDING};
use crate::layout::layout;
use crate::routes::ARROW_HEAD;

const STYLE: &str = include_str!("svg.css");
/// How wide the line is that most contacts took.
const STROKE_WIDTH_MAX: f64 = 4.5;
const STROKE_WIDTH_MIN: f64 = 1.3;

impl Graph {
    /// The text of the picture. Names and texts in it are escaped.
    pub fn svg(&self) -> String {
        let drawing = layout(self);
        let (width, height) = (drawing.width.ceil(), drawing.height.ceil());
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"application\" role=\"img\" \
             width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
             <title>The actions of an application and where their exits lead</title>\n\
             <style>{STYLE}</style>\n\
             <defs><marker id=\"arrow\" viewBox=\"0 0 10 10\" refX=\"0.5\" refY=\"5\" \
             markerWidth=\"{ARROW_HEAD}\" markerHeight=\"{ARROW_HEAD}\" markerUnits=\"userSpaceOnUse\" orient=\"auto\">\
             <path d=\"M0 0L10 5L0 10z\"/></marker></defs>\n"
        );
        let most = self.edges.iter().filter_map(|edge| edge.count).max().unwrap_or_default();
        // Lines first, so that a name is never below one.
        for line in &drawing.lines {
            svg += &self.way(line, most);
        }
        for line in &drawing.lines {
            svg += &self.exit_names(line);
        }
        for (node, rectangle) in self.nodes.iter().zip(&drawing.boxes) {
            svg += &action(node, rectangle);
        }
        svg + "</svg>\n"
    }

    fn edges_of(&self, line: &Line) -> Vec<&Edge> {
        line.edges.iter().filter_map(|edge| self.edges.get(*edge)).collect()
    }

    fn way(&self, line: &Line, most: u64) -> String {
        let edges = self.edges_of(line);
        let class = class(line, &edges);
        let taken: Option<u64> = edges.iter().map(|edge| edge.count).sum();
        let width = taken.map_or(String::new(), |taken| {
            format!(" style=\"stroke-width:{:.1}\"", stroke_width(taken, most))
        });
        format!(
            "<g class=\"{class}\"><path class=\"way\" marker-end=\"url(#arrow)\" d=\"{}\"{width}/></g>\n",
            path(&line.strokes)
        )
    }

    fn exit_names(&self, line: &Line) -> String {
        let edges = self.edges_of(line);
        let mut names = format!("<g class=\"{}\">", class(line, &edges));
        for (words, number) in line.words.iter().zip(0_u32..) {
            let y = line.label.top + LINE_HEIGHT * (f64::from(number) + 0.75);
            names += &text("exit", "middle", line.label.centre(), y, words);
        }
        names + "</g>\n"
    }
}

fn class(line: &Line, edges: &[&Edge]) -> &'static str {
    let is_untaken = !edges.is_empty() && edges.iter().all(|edge| edge.count == Some(0));
    match (line.is_back, is_untaken) {
        (false, false) => "exits",
        (false, true) => "exits untaken",
        (true, false) => "exits back",
        (true, true) => "exits back untaken",
    }
}

fn stroke_width(taken: u64, most: u64) -> f64 {
    let share = taken as f64 / most.max(1) as f64;
    STROKE_WIDTH_MIN + (STROKE_WIDTH_MAX - STROKE_WIDTH_MIN) * share.min(1.0).sqrt()
}

fn action(node: &Node, rectangle: &Rectangle) -> String {
    let words = BoxWords::new(node);
    let Rectangle { left, top, width, height } = rectangle;
    let (name, line) = (escape(node.name.as_str()), LINE_HEIGHT);
    let mut group = format!("<g class=\"action {}\" data-action=\"{name}\">", node.group.class());
    let _ =
        write!(group, "<title>{name}: {}</title>", escape(&format!("{} {}", node.does, node.says)));
    let _ = write!(
        group,
        "<rect class=\"box\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"7\"/>"
    );
    let (x, y) = (left + PADDING, top + PADDING + 11.0);
    group += &text("name", "start", x, y, &words.name);
    group += &text("does", "start", x, y + line, words.does);
    group += &text("says", "start", x, y + 2.0 * line, &words.says);
    if let Some(count) = &words.count {
        group += &text("count", "end", rectangle.right() - PADDING, y, count);
    }
    group + "</g>\n"
}

fn text(class: &str, anchor: &str, x: f64, y: f64, words: &str) -> String {
    if words.is_empty() {
        return String::new();
    }
    format!(
        "<text class=\"{class}\" text-anchor=\"{anchor}\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>",
        escape(words)
    )
}

fn path(strokes: &[Stroke]) -> String {
    let at = |point: &Point| format!("{:.1} {:.1}", point.x, point.y);
    let steps = strokes.iter().map(|stroke| match stroke {
        Stroke::Move(to) => format!("M{}", at(to)),
        Stroke::Line(to) => format!("L{}", at(to)),
        Stroke::Curve(first, second, to) => format!("C{} {} {}", at(first), at(second), at(to)),
    });
    steps.collect()
}

/// Signs that mean something to XML as entities; signs that XML does not allow as a replacement.
fn escape(text: &str) -> String {
    let escaped = text.chars().map(|sign| match sign {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\'' => "&#39;".to_owned(),
        '\t' | '\n' | '\r' => " ".to_owned(),
        '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => "\u{fffd}".to_owned(),
        other => other.to_string(),
    });
    escaped.collect()
}
