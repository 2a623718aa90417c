//! What is written in a drawing, and how much room it takes.

use crate::graph::{Edge, Graph, Node};
use crate::text_width::{cut, text_width};

/// The sizes of the letters of a name, and of everything else.
pub(crate) const NAME_SIZE: f64 = 14.0;
pub(crate) const SMALL_SIZE: f64 = 12.0;
/// The height of a line of letters.
pub(crate) const LINE_HEIGHT: f64 = 17.0;
/// The room around the texts in a box.
pub(crate) const PADDING: f64 = 10.0;

const BOX_WIDTH_MIN: f64 = 110.0;
const TEXT_WIDTH_MAX: f64 = 210.0;
const LABEL_WIDTH_MAX: f64 = 130.0;

/// What stands in a box.
pub(crate) struct BoxWords {
    pub(crate) name: String,
    pub(crate) does: &'static str,
    pub(crate) says: String,
    pub(crate) count: Option<String>,
}

impl BoxWords {
    pub(crate) fn new(node: &Node) -> Self {
        Self {
            name: cut(node.name.as_str(), NAME_SIZE, TEXT_WIDTH_MAX),
            does: node.does,
            says: cut(&node.says, SMALL_SIZE, TEXT_WIDTH_MAX),
            count: node.count.map(grouped),
        }
    }

    /// The width and height of the box.
    pub(crate) fn size(&self) -> (f64, f64) {
        let count = self.count.as_ref().map_or(0.0, |count| 10.0 + text_width(count, SMALL_SIZE));
        // The name is bold, which is wider.
        let name = text_width(&self.name, NAME_SIZE) * 1.06 + count;
        let small = text_width(self.does, SMALL_SIZE).max(text_width(&self.says, SMALL_SIZE));
        let lines = if self.says.is_empty() { 2.0 } else { 3.0 };
        (
            (name.max(small) + 2.0 * PADDING).max(BOX_WIDTH_MIN),
            lines * LINE_HEIGHT + 2.0 * PADDING - 4.0,
        )
    }
}

/// The lines that name exits at their line, none of them too long.
pub(crate) fn exit_words(graph: &Graph, edges: &[usize]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for edge in edges.iter().filter_map(|edge| graph.edges.get(*edge)) {
        let words = exit(edge);
        match lines.last_mut() {
            Some(line)
                if text_width(&format!("{line}, {words}"), SMALL_SIZE) <= LABEL_WIDTH_MAX =>
            {
                *line += &format!(", {words}");
            }
            Some(line) => {
                line.push(',');
                lines.push(words);
            }
            None => lines.push(words),
        }
    }
    lines
}

/// The width and height of such lines.
pub(crate) fn exit_size(words: &[String]) -> (f64, f64) {
    let width = words.iter().map(|line| text_width(line, SMALL_SIZE)).fold(0.0, f64::max);
    (width + 6.0, words.len() as f64 * LINE_HEIGHT)
}

/// The exit and how many took it; only the name is cut.
fn exit(edge: &Edge) -> String {
    let count = edge.count.map_or_else(String::new, |count| format!(" {}", grouped(count)));
    let room = LABEL_WIDTH_MAX - text_width(&count, SMALL_SIZE);
    cut(edge.exit.as_str(), SMALL_SIZE, room) + &count
}

/// A number whose thousands are set apart by narrow spaces, so that it is read at a glance.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (digit, left) in digits.chars().zip((0..digits.len()).rev()) {
        grouped.push(digit);
        if left > 0 && left % 3 == 0 {
            grouped.push('\u{202f}');
        }
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        for (number, expected) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1\u{202f}000"),
            (12_345_678, "12\u{202f}345\u{202f}678"),
        ] {
            assert_eq!(grouped(number), expected);
        }
    }
}
