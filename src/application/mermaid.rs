//! A graph as a flowchart of Mermaid, which many wikis and code hosts draw.

use std::fmt::Write;

use crate::graph::{Edge, Graph, Group, Node};
use crate::shorten::shorten;

/// What an action says is cut after so many characters.
const SAYS_MAX: usize = 60;

impl Graph {
    /// The text of the flowchart. Names and texts in it are escaped.
    pub fn mermaid(&self) -> String {
        let mut text = "flowchart TD\n".to_owned();
        for (index, node) in self.nodes.iter().enumerate() {
            // Writing to a string does not fail.
            let _ = writeln!(text, "    n{index}{}", shape(node));
        }
        for edge in &self.edges {
            let _ = writeln!(text, "    n{} -->|\"{}\"| n{}", edge.from, label(edge), edge.to);
        }
        text
    }
}

fn shape(node: &Node) -> String {
    let mut words = escape(node.name.as_str());
    if let Some(count) = node.count {
        words += &format!(" ({count})");
    }
    words += &format!("<br/>{}", node.does);
    if !node.says.is_empty() {
        words += &format!("<br/>{}", escape(&shorten(&node.says, SAYS_MAX)));
    }
    let [open, close] = match node.group {
        Group::Arrival | Group::End => ["([", "])"],
        Group::Decision => ["{{", "}}"],
        Group::Line => ["[(", ")]"],
        Group::Call => ["[[", "]]"],
        Group::Mail | Group::Record | Group::Time => ["[", "]"],
    };
    format!("{open}\"{words}\"{close}")
}

fn label(edge: &Edge) -> String {
    let exit = escape(edge.exit.as_str());
    edge.count.map_or_else(|| exit.clone(), |count| format!("{exit}: {count}"))
}

/// Signs that mean something to Mermaid or to HTML as what Mermaid calls entity codes.
fn escape(text: &str) -> String {
    let escaped = text.chars().map(|sign| match sign {
        'a'..='z' | 'A'..='Z' | '0'..='9' | ' ' | ',' | '.' | '-' => sign.to_string(),
        other if other.is_alphanumeric() => other.to_string(),
        other => format!("#{};", u32::from(other)),
    });
    escaped.collect()
}
