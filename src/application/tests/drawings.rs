//! Drawings of graphs: nothing is on top of something else, and nothing is missing.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::drawing::{Drawing, Point, Rectangle, Stroke};
use crate::graph::{Edge, Group, Node};
use crate::layout::layout;
use crate::{Application, Graph, Taken};

use super::OFFICE;

fn office(taken: Option<&Taken>) -> Graph {
    Graph::new(&Application::parse(OFFICE).unwrap(), taken)
}

/// Any graph of up to so many actions.
fn graphs(nodes_max: usize) -> impl Strategy<Value = Graph> {
    let node = ("[a-zéß漢]{1,20}", "[ -~漢]{0,60}", any::<Option<u32>>());
    (1..nodes_max).prop_flat_map(move |count| {
        let edge = (0..count, 0..count, "[a-z]{1,12}", any::<Option<u16>>());
        (vec(node.clone(), count), vec(edge, 0..3 * count)).prop_map(|(nodes, edges)| Graph {
            nodes: nodes
                .into_iter()
                .map(|(name, says, count)| Node {
                    name: name.parse().unwrap(),
                    does: "queue",
                    says,
                    group: Group::Line,
                    count: count.map(u64::from),
                })
                .collect(),
            edges: edges
                .into_iter()
                .map(|(from, to, exit, count)| Edge {
                    from,
                    exit: exit.parse().unwrap(),
                    to,
                    count: count.map(u64::from),
                })
                .collect(),
        })
    })
}

fn overlap(one: &Rectangle, other: &Rectangle) -> bool {
    one.left < other.right()
        && other.left < one.right()
        && one.top < other.bottom()
        && other.top < one.bottom()
}

/// Whether a point lies well inside: more than rounding can explain.
fn holds(rectangle: &Rectangle, point: Point) -> bool {
    const ROUNDING: f64 = 0.01;
    rectangle.left + ROUNDING < point.x
        && point.x < rectangle.right() - ROUNDING
        && rectangle.top + ROUNDING < point.y
        && point.y < rectangle.bottom() - ROUNDING
}

/// Points along a line, close to each other.
fn points(strokes: &[Stroke]) -> Vec<Point> {
    let (mut points, mut at) = (Vec::new(), Point { x: 0.0, y: 0.0 });
    for stroke in strokes {
        let (first, second, to) = match *stroke {
            Stroke::Move(to) => (to, to, to),
            Stroke::Line(to) => (at, to, to),
            Stroke::Curve(first, second, to) => (first, second, to),
        };
        let from = if matches!(stroke, Stroke::Move(_)) { to } else { at };
        for step in 0..=32 {
            let t = f64::from(step) / 32.0;
            let mix = |a: f64, b: f64, c: f64, d: f64| {
                let s = 1.0 - t;
                s * s * s * a + 3.0 * s * s * t * b + 3.0 * s * t * t * c + t * t * t * d
            };
            points.push(Point {
                x: mix(from.x, first.x, second.x, to.x),
                y: mix(from.y, first.y, second.y, to.y),
            });
        }
        at = to;
    }
    points
}

/// What must hold of any drawing.
fn check(graph: &Graph, drawing: &Drawing) {
    assert_eq!(drawing.boxes.len(), graph.nodes.len());
    let labels: Vec<&Rectangle> = drawing.lines.iter().map(|line| &line.label).collect();
    let all: Vec<&Rectangle> = drawing.boxes.iter().chain(labels.iter().copied()).collect();
    for (number, one) in all.iter().enumerate() {
        assert!(one.left >= 0.0 && one.right() <= drawing.width, "{one:?} is outside");
        assert!(one.top >= 0.0 && one.bottom() <= drawing.height, "{one:?} is outside");
        for other in &all[number + 1..] {
            assert!(!overlap(one, other), "{one:?} and {other:?} overlap");
        }
    }
    let mut drawn: Vec<usize> = Vec::new();
    for (number, line) in drawing.lines.iter().enumerate() {
        drawn.extend(&line.edges);
        let points = points(&line.strokes);
        for point in &points {
            assert!((0.0..=drawing.width).contains(&point.x), "{point:?} is outside");
            assert!((0.0..=drawing.height).contains(&point.y), "{point:?} is outside");
            let boxes = drawing.boxes.iter().filter(|rectangle| holds(rectangle, *point));
            assert_eq!(boxes.count(), 0, "a line goes through a box at {point:?}");
            for (other, label) in labels.iter().enumerate() {
                assert!(!holds(label, *point), "line {number} goes through name {other}");
            }
        }
        let (first, last) = (points[0], points[points.len() - 1]);
        let edge = &graph.edges[line.edges[0]];
        let (from, to) = (&drawing.boxes[edge.from], &drawing.boxes[edge.to]);
        assert!((from.left..from.right()).contains(&first.x) && first.y == from.bottom());
        assert!((to.left..to.right()).contains(&last.x) && last.y == to.top - 8.0);
    }
    drawn.sort_unstable();
    assert_eq!(drawn, (0..graph.edges.len()).collect::<Vec<_>>(), "every exit is drawn once");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_on_top_of_something_else(graph in graphs(24)) {
        check(&graph, &layout(&graph));
    }
}

#[test]
fn the_office_is_drawn_whole() {
    check(&office(None), &layout(&office(None)));
    let drawing = layout(&office(None));
    assert!(drawing.width < 1_100.0 && drawing.height < 1_700.0, "{drawing:?}");
}

/// Tags that are closed in turn, and nothing in texts or values that XML has another meaning for.
fn assert_well_formed(xml: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = xml;
    while let Some((text, after)) = rest.split_once('<') {
        assert_no_stray_sign(text);
        let (tag, after) = after.split_once('>').expect("a tag is closed");
        assert!(!tag.contains('<'), "{tag}");
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
            continue;
        }
        let values = tag.split('"').collect::<Vec<_>>();
        assert!(values.len() % 2 == 1, "a value is not closed: {tag}");
        values.iter().for_each(|value| assert_no_stray_sign(value));
        if !tag.ends_with('/') {
            open.push(tag.split(' ').next().unwrap());
        }
    }
    assert!(open.is_empty() && rest.trim().is_empty(), "{open:?} {rest}");
}

fn assert_no_stray_sign(text: &str) {
    for after in text.split('&').skip(1) {
        let entity = after.split(';').next().unwrap();
        assert!(["amp", "lt", "gt", "quot", "#39"].contains(&entity), "{after}");
    }
    assert!(!text.contains(|sign: char| sign < ' ' && sign != '\n'), "{text:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_escaped(mut graph in graphs(4), says in any::<String>()) {
        for node in &mut graph.nodes {
            node.says = format!("<script>\"&'{says}");
        }
        let svg = graph.svg();
        assert_well_formed(&svg);
        prop_assert!(!svg.contains("<script"));
        for line in graph.mermaid().lines().skip(1) {
            prop_assert!(line.starts_with("    n"), "{}", line);
            prop_assert_eq!(line.matches('"').count(), 2);
            prop_assert!(!line.contains("<script"));
        }
    }
}

fn taken() -> Taken {
    [
        ("arrive", Some("mail"), 1_200),
        ("sort", Some("robot"), 200),
        ("sort", Some("invoice"), 1_000),
        ("finish", None, 1_200),
    ]
    .into_iter()
    .map(|(action, exit, count)| {
        ((action.parse().unwrap(), exit.map(|exit| exit.parse().unwrap())), count)
    })
    .collect()
}

#[test]
fn counts_are_of_contacts() {
    let graph = office(Some(&taken()));
    let counts = |name: &str| {
        let (index, node) =
            graph.nodes.iter().enumerate().find(|(_, node)| node.name.as_str() == name).unwrap();
        let exits = graph.edges.iter().filter(|edge| edge.from == index);
        let exits: Vec<(String, u64)> =
            exits.map(|edge| (edge.exit.to_string(), edge.count.unwrap())).collect();
        (node.count.unwrap(), exits)
    };
    let exits = [
        ("robot", 200),
        ("forged", 0),
        ("invoice", 1_000),
        ("row 4", 0),
        ("otherwise", 0),
        ("error", 0),
    ];
    assert_eq!(
        counts("sort"),
        (1_200, exits.map(|(exit, count)| (exit.to_owned(), count)).to_vec())
    );
    assert_eq!(counts("finish"), (1_200, Vec::new()));
    assert_eq!(counts("hours").0, 0);
    assert!(office(None).edges.iter().all(|edge| edge.count.is_none()));
}

#[test]
fn counts_are_seen() {
    let svg = office(Some(&taken())).svg();
    assert_well_formed(&svg);
    for expected in [
        ">invoice 1\u{202f}000</text>",
        ">1\u{202f}200</text>",
        "<g class=\"exits untaken\">",
        "style=\"stroke-width:4.5\"",
    ] {
        assert!(svg.contains(expected), "{expected} is not in {svg}");
    }
    assert!(!office(None).svg().contains("<g class=\"exits untaken\">"));
}

#[test]
fn what_is_cut_can_still_be_read() {
    let svg = office(None).svg();
    assert!(svg.contains(">wf.internalccaddresses = audi…</text>"), "{svg}");
    assert!(
        svg.contains(
            "<title>copy to audit: set parameter wf.internalccaddresses = audit@example.com</title>"
        ),
        "{svg}"
    );
}

#[test]
fn the_office_as_mermaid() {
    let expected = include_str!("office.mmd");
    assert_eq!(office(None).mermaid(), expected);
}
