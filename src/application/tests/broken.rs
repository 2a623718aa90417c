//! Files that were changed at random: whatever they say, it is read or refused for a reason.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::{Application, Graph, Severity, Surroundings, diff};

use super::OFFICE;

/// A change: at a line, what becomes of it.
#[derive(Clone, Debug)]
enum Slip {
    Lost,
    Twice,
    MovedTo(usize),
    Cut(usize),
    Other(String),
}

fn slip() -> impl Strategy<Value = Slip> {
    let words = prop::sample::select(vec![
        "start = 1",
        "[action.x]",
        "[[action.sort.row]]",
        "do = \"check e-mail\"",
        "do = \"end\"",
        "exit = \"finish\"",
        "exit.error = \"sort\"",
        "then = \"hours\"",
        "text.de = \"{{ x }}\"",
        "skills = [1, {}]",
        "result = { a = 1 }",
        "subject = { contains = [] }",
        "wait = \"999999999 weeks\"",
    ]);
    prop_oneof![
        Just(Slip::Lost),
        Just(Slip::Twice),
        any::<usize>().prop_map(Slip::MovedTo),
        any::<usize>().prop_map(Slip::Cut),
        words.prop_map(|line| Slip::Other(line.to_owned())),
        "\\PC{0,30}".prop_map(Slip::Other),
    ]
}

fn apply(slips: Vec<(usize, Slip)>) -> String {
    let mut lines: Vec<String> = OFFICE.lines().map(str::to_owned).collect();
    for (at, slip) in slips {
        let at = at % lines.len();
        let line = lines.remove(at);
        match slip {
            Slip::Lost => {}
            Slip::Twice => lines.splice(at..at, [line.clone(), line]).for_each(drop),
            Slip::MovedTo(to) => lines.insert(to % (lines.len() + 1), line),
            Slip::Cut(length) => {
                let kept = line.chars().take(length % (line.chars().count() + 1)).collect();
                lines.insert(at, kept);
            }
            Slip::Other(other) => lines.splice(at..at, [line, other]).for_each(drop),
        }
    }
    lines.join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changed_files_are_read_or_refused(slips in vec((any::<usize>(), slip()), 1..4)) {
        let text = apply(slips);
        let last_line = text.lines().count().max(1) + 1;
        let problems = Application::check(&text, &Surroundings::default());
        prop_assert!(problems.is_sorted_by_key(|problem| problem.line));
        prop_assert!(problems.iter().all(|problem| (1..=last_line).contains(&problem.line)));
        let is_good = problems.iter().all(|problem| problem.severity == Severity::Warning);
        match Application::parse(&text) {
            Ok(application) => {
                prop_assert!(application.actions.contains_key(&application.start));
                let graph = Graph::new(&application, None);
                prop_assert_eq!(graph.nodes.len(), application.actions.len());
                if is_good {
                    for action in application.actions.values() {
                        prop_assert_eq!(action.exits.len(), action.kind.exits().len());
                        let targets = &mut action.exits.values();
                        prop_assert!(targets.all(|to| application.actions.contains_key(to)));
                    }
                }
            }
            Err(error) => {
                prop_assert!(!error.problems.is_empty(), "{}", text);
                let told = error.problems.iter().all(|problem| problems.contains(problem));
                prop_assert!(told && !is_good, "{}", text);
            }
        }
        prop_assert!(diff(&text, &text).is_empty());
        diff(OFFICE, &text);
    }
}
