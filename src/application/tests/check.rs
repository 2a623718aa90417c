//! What a check says of whole files.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Application, Severity, Surroundings};

use super::OFFICE;

fn told(text: &str, surroundings: &Surroundings) -> String {
    let problems = Application::check(text, surroundings);
    problems.iter().map(|problem| format!("{problem}\n")).collect()
}

fn alone(text: &str) -> String {
    told(text, &Surroundings::default())
}

fn set<T: std::str::FromStr + Ord>(names: &[&str]) -> Option<BTreeSet<T>>
where
    T::Err: std::fmt::Debug,
{
    Some(names.iter().map(|name| name.parse().unwrap()).collect())
}

const PART: &str = "start = \"n\"\n[action.n]\ndo = \"note\"\ntext = \"x\"\nthen = \"e\"\n[action.e]\ndo = \"end\"\n";

fn part_that_runs(name: &str) -> String {
    format!(
        "start = \"r\"\n[action.r]\ndo = \"run application\"\napplication = \"{name}\"\nthen = \"e\"\n[action.e]\ndo = \"end\"\n"
    )
}

fn surroundings() -> Surroundings {
    Surroundings {
        name: Some("office".parse().unwrap()),
        applications: Some(BTreeMap::from([("greeting".parse().unwrap(), PART.to_owned())])),
        queues: set(&["support", "billing", "security"]),
        skills: set(&["english", "products", "billing"]),
        agents: set(&["1001"]),
        schedules: set(&["office hours"]),
        mailboxes: set(&["support", "sales"]),
        webhook_hosts: set(&["crm.example.com"]),
        files: set(&["terms.pdf"]),
    }
}

/// Changes of the good file, each with all that is then said beside the warning.
const MISTAKES: &[(&str, &str, &[&str])] = &[
    // Names of things that are not there.
    (
        "queue = \"security\"",
        "queue = \"secrity\"",
        &["line 48: there is no queue `secrity`; did you mean `security`?"],
    ),
    (
        "queue = \"billing\"",
        "queue = \"tomatoes\"",
        &["line 58: there is no queue `tomatoes`; there are: billing, security, support"],
    ),
    (
        "skill = \"products\"",
        "skill = \"product\"",
        &["line 137: there is no skill `product`; did you mean `products`?"],
    ),
    (
        "skills = [\"billing\"]",
        "skills = [\"maths\"]",
        &["line 59: there is no skill `maths`; there are: billing, english, products"],
    ),
    (
        "agent = \"$Email:LastHandlingAgent\"",
        "agent = 1002",
        &["line 92: there is no agent `1002`; did you mean `1001`?"],
    ),
    (
        "schedule = \"office hours\"",
        "schedule = \"nights\"",
        &["line 99: there is no schedule `nights`; there are: office hours"],
    ),
    (
        "\"sales\"]",
        "\"billing\"]",
        &["line 6: there is no mailbox `billing`; there are: sales, support"],
    ),
    (
        "\"https://crm.example.com/c",
        "\"https://crm.example.org/c",
        &["line 75: webhooks may not call `crm.example.org`; did you mean `crm.example.com`?"],
    ),
    (
        "application = \"greeting\"",
        "application = \"goodbye\"",
        &["line 125: there is no application `goodbye`; there are: greeting, office"],
    ),
    (
        "subject.en = \"We",
        "attachments = [\"term.pdf\"]\nsubject.en = \"We",
        &["line 107: there is no file `term.pdf`; did you mean `terms.pdf`?"],
    ),
    (
        "text = \"Marked",
        "text = \"{{ queue['suport'].waiting }} Marked",
        &["line 64: there is no queue `suport`; did you mean `support`?"],
    ),
    (
        "when = 'wf",
        "when = 'schedule[\"nights\"].open && wf",
        &["line 85: there is no schedule `nights`; there are: office hours"],
    ),
    // Keys.
    (
        "priority = 200",
        "prority = 200",
        &[
            "line 70: `prority` means nothing to \"queue\"; allowed: do, queue, priority, skills, exit, then; did you mean `priority`?",
        ],
    ),
    (
        "do = \"end\"",
        "do = \"end\"\nthen = \"sort\"",
        &["line 142: `then` means nothing to \"end\"; allowed: do"],
    ),
    (
        "name = \"robot\"",
        "name = \"robot\"\nsender_domain = \"x\"",
        &[
            "line 14: `sender_domain` means nothing to a row; allowed: name, to, subject, body, header, attachment, sender, recipient, size, language, automatic, dmarc, dkim, spf",
        ],
    ),
    (
        "level = 3",
        "levl = 3",
        &["line 137: `levl` means nothing to a skill; allowed: skill, level"],
    ),
    (
        "start = \"arrive\"",
        "start = \"arrive\"\nactions = 1",
        &[
            "line 3: `actions` means nothing to a file; allowed: start, action; did you mean `action`?",
        ],
    ),
    (
        "default_language = \"en\"\nsubject.en = \"We are not here: {{ contact.subject }}\"\nsubject.fr",
        "default_language = \"en\"\nsubject.en = \"We are not here: {{ contact.subject }}\"\nsubject.de",
        &[
            "line 107: warning: `subject` is not there in `fr`, unlike other texts; add `subject.fr = \"...\"`",
            "line 109: warning: `text` is not there in `de`, unlike other texts; add `text.de = \"...\"`",
        ],
    ),
    // Exits.
    (
        "exit.answered",
        "exit.anwered",
        &[
            "line 73: exit `answered` of action `known customer` leads nowhere; add `exit.answered = \"...\"`",
            "line 79: action `known customer` has no exit `anwered`; allowed: answered, failed, error; did you mean `answered`?",
        ],
    ),
    (
        "wait = \"15 min\"\npriority = 100\nthen = \"hours\"",
        "wait = \"15 min\"\npriority = 100",
        &[
            "line 90: exits `no agent`, `timed out` of action `last agent` lead nowhere; add `exit.\"no agent\" = \"...\"` and so on, or `then = \"...\"` for all of them",
        ],
    ),
    (
        "exit.failed = \"hours\"",
        "exit.failed = \"hour\"",
        &["line 80: exit `failed` leads to `hour`, which is no action; did you mean `hours`?"],
    ),
    (
        "then = \"to billing\"",
        "then = \"to billin\"",
        &[
            "line 54: `then` leads to `to billin`, which is no action; did you mean `to billing`?",
            "line 56: no contact ever comes to action `to billing`; lead an exit to it, or take it out",
        ],
    ),
    (
        "error = \"to support\"",
        "error = \"to support\"\ninvoice = \"to billing\"",
        &[
            "line 35: exit `invoice` leads to one action here and to one by `to` in its row; keep one of them",
            "line 52: no contact ever comes to action `to accounts`",
        ],
    ),
    (
        "error = \"to support\"\n",
        "",
        &["line 9: exit `error` of action `sort` leads nowhere; add `exit.error = \"...\"`"],
    ),
    // Ways.
    (
        "to = \"to accounts\"",
        "to = \"to billing\"",
        &["line 51: no contact ever comes to action `to accounts`"],
    ),
    (
        "tag = \"robot\"\nthen = \"finish\"",
        "tag = \"robot\"\nthen = \"sort\"",
        &[
            "line 9: a contact comes back here without a wait: `sort` → `mark robot` → `sort`; put a \"wait\" on the way",
        ],
    ),
    (
        "wait = \"8 h\"",
        "wait = \"0 s\"",
        &[
            "line 97: a contact comes back here without a wait: `hours` → `night` → `mark night` → `until morning` → `hours`",
        ],
    ),
    (
        "wait = \"15 min\"\npriority = 100\nthen = \"hours\"",
        "wait = \"0 s\"\npriority = 100\nthen = \"known customer\"",
        &[
            "line 73: a contact comes back here without a wait: `known customer` → `valued` → `last agent` → `known customer`",
        ],
    ),
    (
        "do = \"end\"",
        "do = \"wait for e-mail\"\nthen = \"until morning\"",
        &[
            "line 140: action `finish` waits for e-mail and is not the start; contacts only arrive at the start",
        ],
    ),
    // What cannot be run is told beside the rest.
    (
        "tag = \"forged\"\nthen",
        "tag = 1\nexit.x",
        &[
            "line 41: exit `tagged` of action `mark forged` leads nowhere",
            "line 43: `tag` must be text in quotes, not 1; such as `tag = \"complaint\"`",
            "line 44: action `mark forged` has no exit `x`; allowed: tagged",
        ],
    ),
    (
        "do = \"tag\"\ntag = \"robot\"",
        "do = \"label\"",
        &["line 37: `label` is no action; allowed: "],
    ),
];

#[test]
fn a_good_file_has_no_error() {
    let problems = Application::check(OFFICE, &surroundings());
    assert!(problems.iter().all(|problem| problem.severity == Severity::Warning), "{problems:?}");
    assert_eq!(
        told(OFFICE, &surroundings()),
        "line 140: warning: a contact can end here that nobody answered or will see: `arrive` → \
         `sort` → `mark robot` → `finish`; queue it on the way, unless that is what you want\n"
    );
}

#[test]
fn every_mistake_is_said_where_it_is() {
    let warning = told(OFFICE, &surroundings());
    let (_, warning) = warning.trim_end().split_once(": ").unwrap();
    let mut wrong = String::new();
    for (from, to, expected) in MISTAKES {
        let text = OFFICE.replacen(from, to, 1);
        assert_ne!(text, OFFICE, "{from}");
        let told = told(&text, &surroundings());
        let told: Vec<&str> = told.lines().filter(|line| !line.ends_with(warning)).collect();
        let is_right = told.len() == expected.len()
            && told.iter().zip(*expected).all(|(line, expected)| line.starts_with(expected));
        if !is_right {
            wrong += &format!("{to}\nexpected {expected:#?}\nfound {told:#?}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_file_alone_is_checked_without_names() {
    let changed =
        OFFICE.replace("crm.example.com", "other.example.org").replace("\"security\"", "\"x\"");
    assert_eq!(alone(&changed).lines().count(), 1, "{}", alone(&changed));
}

#[test]
fn where_there_is_nothing_it_is_said() {
    let surroundings = Surroundings { queues: set(&[]), ..Surroundings::default() };
    let told = told(OFFICE, &surroundings);
    assert!(
        told.contains("line 48: there is no queue `security`; there is none at all\n"),
        "{told}"
    );
}

/// What an action does, where its exits lead, and whether a contact may end with nothing done.
#[test]
fn contacts_that_nobody_will_see_are_warned_of() {
    let reply = "do = \"compose reply\"\ntext = \"x\"\n";
    let route = "do = \"route to agent\"\nagent = 1001\nwait = \"1 h\"\n";
    let transfer = "do = \"transfer to address\"\naddress = \"jo@example.org\"\n";
    for (lines, warned) in [
        (format!("{reply}exit.sent = \"e\"\nthen = \"q\""), false),
        (format!("{reply}exit.withheld = \"e\"\nthen = \"q\""), true),
        (format!("{reply}exit.error = \"e\"\nthen = \"q\""), true),
        (format!("{route}exit.\"timed out\" = \"e\"\nthen = \"q\""), true),
        (format!("{route}then = \"q\""), false),
        (format!("{transfer}exit.failed = \"e\"\nthen = \"q\""), true),
        (format!("{transfer}then = \"q\""), false),
        (
            "do = \"run application\"\napplication = \"p\"\nthen = \"e\"\nexit.x = \"q\""
                .to_owned(),
            false,
        ),
        ("do = \"tag\"\ntag = \"t\"\nthen = \"e\"\nexit.x = \"q\"".to_owned(), true),
    ] {
        let text = format!(
            "start = \"a\"\n[action.a]\ndo = \"wait for e-mail\"\nthen = \"b\"\n[action.b]\n{lines}\n[action.q]\ndo = \"queue\"\nqueue = \"q\"\nthen = \"e\"\n[action.e]\ndo = \"end\"\n"
        );
        let problems = Application::check(&text, &Surroundings::default());
        let warnings = problems.iter().filter(|problem| problem.severity == Severity::Warning);
        assert_eq!(warnings.count(), usize::from(warned), "{lines}\n{problems:#?}");
    }
}

#[test]
fn parts_need_no_queue() {
    assert_eq!(alone(PART), "");
}

#[test]
fn parts_that_cannot_be_run_are_told() {
    let with = |applications: &[(&str, String)]| Surroundings {
        name: Some("main".parse().unwrap()),
        applications: Some(
            applications.iter().map(|(name, text)| (name.parse().unwrap(), text.clone())).collect(),
        ),
        ..Surroundings::default()
    };
    type Others<'a> = &'a [(&'a str, String)];
    let cases: &[(&str, Others<'_>, &str)] = &[
        ("greeting", &[("greeting", PART.to_owned())], ""),
        (
            "main",
            &[],
            "line 4: applications run each other in a circle: `main` → `main`; take one of these steps out\n",
        ),
        (
            "one",
            &[("one", part_that_runs("two")), ("two", part_that_runs("main"))],
            "line 4: applications run each other in a circle: `main` → `one` → `two` → `main`; take one of these steps out\n",
        ),
        (
            "one",
            &[("one", part_that_runs("two")), ("two", part_that_runs("one"))],
            "line 4: applications run each other in a circle: `one` → `two` → `one`; take one of these steps out\n",
        ),
        ("one", &[("one", part_that_runs("two")), ("two", PART.to_owned())], ""),
        (
            "office",
            &[("office", OFFICE.to_owned())],
            "line 4: application `office` waits for e-mail, so it is no part to be run; run one that begins with another action\n",
        ),
        ("one", &[("one", "broken".to_owned())], ""),
        // What was published before under the name does not count: this text takes its place.
        ("one", &[("one", PART.to_owned()), ("main", part_that_runs("main"))], ""),
    ];
    for (runs, applications, expected) in cases {
        assert_eq!(told(&part_that_runs(runs), &with(applications)), *expected, "{runs}");
    }
}

#[test]
fn what_can_be_run_may_still_not_be_published() {
    let text =
        OFFICE.replace("error = \"to support\"\n", "").replace("priority = 200", "prority = 200");
    assert!(Application::parse(&text).is_ok());
    assert_eq!(Application::check(&text, &Surroundings::default()).len(), 3);
}

#[test]
fn broken_toml_is_told_alone() {
    let text = OFFICE.replace("queue = \"security\"", "queue = \"security");
    let told = alone(&text);
    assert!(told.starts_with("line 48: "), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
}

#[test]
fn an_exit_that_is_taken_at_once_makes_a_circle_whatever_the_others_wait() {
    let text = "start = \"arrive\"\n\
                [action.arrive]\n\
                do = \"wait for e-mail\"\n\
                exit.mail = \"first\"\n\
                [action.first]\n\
                do = \"route to agent\"\n\
                agent = 1001\n\
                wait = \"15 min\"\n\
                then = \"second\"\n\
                [action.second]\n\
                do = \"route to agent\"\n\
                agent = 1002\n\
                wait = \"15 min\"\n\
                exit.\"timed out\" = \"first\"\n\
                exit.\"no agent\" = \"EXIT\"\n\
                [action.\"line up\"]\n\
                do = \"queue\"\n\
                queue = \"support\"\n\
                exit.queued = \"over\"\n\
                [action.over]\n\
                do = \"end\"\n";
    let circles = |exit: &str| {
        let problems = Application::check(&text.replace("EXIT", exit), &Surroundings::default());
        problems.iter().filter(|problem| problem.message.contains("without a wait")).count()
    };
    assert_eq!((circles("first"), circles("line up")), (1, 0));
}
