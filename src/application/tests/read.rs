//! What is read, and what is refused.

use event::{AgentNumber, SkillNeed};

use crate::{Action, ActionKind, AgentRef, Application};

use super::OFFICE;

fn action(text: &str, name: &str) -> Action {
    let mut application = Application::parse(text).unwrap_or_else(|error| panic!("{error}"));
    application.actions.remove(&name.parse().unwrap()).unwrap()
}

fn exits(action: &Action) -> Vec<String> {
    action.exits.iter().map(|(exit, to)| format!("{exit}: {to}")).collect()
}

/// A file whose second action has these lines; its `do` is on line 6.
fn file(lines: &str) -> String {
    format!(
        "start = \"a\"\n[action.a]\ndo = \"wait for e-mail\"\nexit.mail = \"b\"\n[action.b]\n{lines}\n[action.e]\ndo = \"end\"\n"
    )
}

#[test]
fn everything_an_office_needs_is_read() {
    let application = Application::parse(OFFICE).unwrap();
    assert_eq!(application.start.as_str(), "arrive");
    assert_eq!(application.actions.len(), 20);
    let mut done: Vec<&str> =
        application.actions.values().map(|action| action.kind.does()).collect();
    done.sort_unstable();
    done.dedup();
    assert_eq!(done.len(), 15, "every kind of action is there");
    let queues: Vec<&str> = application.queues().into_iter().map(|name| name.as_str()).collect();
    assert_eq!(queues, ["billing", "security", "support"]);
}

#[test]
fn rows_name_their_exits() {
    let sort = action(OFFICE, "sort");
    assert_eq!(sort.line, 9);
    assert_eq!(sort.kind.exits(), ["robot", "forged", "invoice", "row 4", "otherwise", "error"]);
    assert_eq!(
        exits(&sort),
        [
            "error: to support",
            "forged: mark forged",
            "invoice: to accounts",
            "otherwise: known customer",
            "robot: mark robot",
            "row 4: note urgent",
        ]
    );
    let ActionKind::CheckEmail(table) = &sort.kind else { panic!("{sort:?}") };
    let conditions: Vec<usize> = table.rows.iter().map(|row| row.conditions.len()).collect();
    assert_eq!(conditions, [1, 1, 2, 1]);
}

#[test]
fn the_older_form_of_a_check_is_one_row() {
    let text = file(
        "do = \"check e-mail\"\ndmarc = [\"pass\", \"none\"]\ndkim = [\"pass\"]\nexit.match = \"e\"\nexit.otherwise = \"e\"",
    );
    let check = action(&text, "b");
    assert_eq!(check.kind.exits(), ["match", "otherwise", "error"]);
    assert_eq!(exits(&check), ["match: e", "otherwise: e"]);
    let ActionKind::CheckEmail(table) = &check.kind else { panic!("{check:?}") };
    assert_eq!(table.rows.len(), 1);
    assert_eq!(table.rows[0].conditions.len(), 2);
}

/// Old logs hold such files: what they do not say by now is no reason not to run them.
#[test]
fn older_files_are_still_read() {
    for (lines, expected) in [
        (
            "do = \"check e-mail\"\nspf = [\"pass\", \"not checked\"]\nexit.match = \"e\"\nexit.otherwise = \"e\"",
            "match otherwise",
        ),
        (
            "do = \"compose reply\"\ntext = \"{{ contact }} {{ mailbox }} {{ subject }}\"\nexit.sent = \"e\"\nexit.withheld = \"e\"",
            "sent withheld",
        ),
        (
            "do = \"compose reply\"\nsubject = \"Auto: {{ subject }}\"\ntext = \"\"\"\nThanks\n{{contact}}\n\"\"\"\nexit.sent = \"e\"\nexit.withheld = \"e\"",
            "sent withheld",
        ),
        ("do = \"wait\"\nseconds = 4294967295\nexit.over = \"e\"", "over"),
        ("do = \"wait\"\nseconds = 0\nexit.over = \"b\"", "over"),
        ("do = \"queue\"\nqueue = \"q\"\npriority = 0\nexit.queued = \"e\"", "queued"),
        (
            "do = \"set parameter\"\nparameter = \"wf.internalccaddresses\"\nvalue = \"a@ct.com, b@ct.com\"\nexit.set = \"e\"",
            "set",
        ),
    ] {
        let action = action(&file(lines), "b");
        let exits: Vec<&str> = action.exits.keys().map(|exit| exit.as_str()).collect();
        assert_eq!(exits.join(" "), expected, "{lines}");
    }
}

#[test]
fn then_leads_where_no_exit_says() {
    let reply =
        action(&file("do = \"compose reply\"\ntext = \"x\"\nexit.sent = \"e\"\nthen = \"a\""), "b");
    assert_eq!(exits(&reply), ["error: a", "sent: e", "withheld: a"]);
}

#[test]
fn values_left_out_have_defaults() {
    let ActionKind::Queue { priority, skills, .. } =
        action(&file("do = \"queue\"\nqueue = \"q\""), "b").kind
    else {
        panic!("no queue")
    };
    assert_eq!((priority, skills.as_slice()), (5, [].as_slice()));
    let ActionKind::CallWebhook(webhook) =
        action(&file("do = \"call webhook\"\nurl = \"http://localhost/\"\nbody = \"{}\""), "b")
            .kind
    else {
        panic!("no webhook")
    };
    assert_eq!((webhook.timeout_ms, webhook.attempts, webhook.result.len()), (10_000, 3, 0));
    let ActionKind::ComposeReply(reply) =
        action(&file("do = \"compose reply\"\ntext = \"x\""), "b").kind
    else {
        panic!("no reply")
    };
    assert!(reply.html.is_none() && reply.attachments.is_empty());
    assert!(reply.subject.by_language.is_empty());
}

#[test]
fn values_are_read() {
    let ActionKind::Queue { skills, .. } = action(OFFICE, "to support").kind else { panic!() };
    let need = |skill: &str, level| SkillNeed { skill: skill.parse().unwrap(), level };
    assert_eq!(skills, [need("english", 1), need("products", 3)]);
    let ActionKind::RouteToAgent { agent, wait_ms, priority } = action(OFFICE, "last agent").kind
    else {
        panic!()
    };
    assert!(matches!(agent, AgentRef::Variable(_)));
    assert_eq!((wait_ms, priority), (900_000, 100));
    for agent in ["1001", "\"1001\""] {
        let text = file(&format!("do = \"route to agent\"\nagent = {agent}\nwait = \"0 s\""));
        let kind = action(&text, "b").kind;
        let ActionKind::RouteToAgent { agent: AgentRef::Number(number), wait_ms: 0, .. } = kind
        else {
            panic!("{kind:?}")
        };
        assert_eq!(number, AgentNumber(1001));
    }
    for (text, expected) in [("seconds = 60", 60_000), ("wait = \"1 h 30 min\"", 5_400_000)] {
        let kind = action(&file(&format!("do = \"wait\"\n{text}")), "b").kind;
        assert!(matches!(kind, ActionKind::Wait { ms } if ms == expected), "{kind:?}");
    }
    let ActionKind::ComposeReply(reply) = action(OFFICE, "night").kind else { panic!() };
    let languages: Vec<&String> = reply.text.by_language.keys().collect();
    assert_eq!(languages, ["en", "fr"]);
    assert_eq!(format!("{:?}", reply.text.default), format!("{:?}", reply.text.by_language["en"]));
}

/// What cannot be run, with the line and the beginning of what is said.
const REFUSED: &[(&str, &str)] = &[
    (
        "",
        "line 5: action `b` does not say what it does; add `do = ...`, one of: \"wait for e-mail\", ",
    ),
    ("do = 1", "line 6: `do` must be one of: \"wait for e-mail\", "),
    (
        "do = \"fly\"",
        "line 6: `fly` is no action; allowed: \"wait for e-mail\", \"check e-mail\", ",
    ),
    ("do = \"wait for email\"", "; did you mean `wait for e-mail`?"),
    (
        "do = \"queue\"",
        "line 6: \"queue\" needs `queue`; add `queue = \"support\"`: The name of the queue.",
    ),
    (
        "do = \"queue\"\nqueue = 7",
        "line 7: `queue` must be text in quotes, not 7; such as `queue = \"support\"`",
    ),
    (
        "do = \"queue\"\nqueue = \"a/b\"",
        "line 7: `queue`: `a/b` is not a queue name: 1 to 64 letters",
    ),
    (
        "do = \"queue\"\nqueue = \"q\"\npriority = 256",
        "line 8: `priority` must be a whole number from 0 to 255, not 256; such as `priority = 5`",
    ),
    (
        "do = \"queue\"\nqueue = \"q\"\npriority = \"high\"",
        "line 8: `priority` must be a whole number from 0 to 255, not text",
    ),
    (
        "do = \"queue\"\nqueue = \"q\"\npriority = 99999999999999999999",
        "line 8: `priority` must be a whole number from 0 to 255, not a whole number",
    ),
    (
        "do = \"queue\"\nqueue = \"q\"\nskills = \"x\"",
        "line 8: `skills` must be a list in square brackets, not text",
    ),
    (
        "do = \"queue\"\nqueue = \"q\"\nskills = [\n{ level = 3 }]",
        "line 9: a skill needs `skill`, its name",
    ),
    (
        "do = \"queue\"\nqueue = \"q\"\nskills = [{ skill = \"x\", level = 11 }]",
        "line 8: `level` must be a whole number from 1 to 10, not 11",
    ),
    (
        "do = \"queue\"\nqueue = \"q\"\nskills = [\"x\",\n1]",
        "line 9: `skills` must be text in quotes, not 1",
    ),
    ("do = \"wait\"", "line 6: \"wait\" needs `wait`; add `wait = \"2 h\"`: How long."),
    (
        "do = \"wait\"\nwait = 15",
        "line 7: `wait` must be a duration in quotes, with a unit, not 15; such as `wait = \"2 h\"`",
    ),
    ("do = \"wait\"\nwait = \"15\"", "line 7: `wait`: `15` has a number without a unit; write"),
    (
        "do = \"wait\"\nwait = \"1 s\"\nseconds = 1",
        "line 8: `seconds` and `wait` say the same; keep `wait`",
    ),
    (
        "do = \"wait\"\nseconds = -1",
        "line 7: `seconds` must be a whole number from 0 to 4294967295, not -1",
    ),
    ("do = \"route to agent\"\nwait = \"1 s\"", "line 6: \"route to agent\" needs `agent`"),
    ("do = \"route to agent\"\nagent = 1001", "line 6: \"route to agent\" needs `wait`"),
    (
        "do = \"route to agent\"\nagent = -1\nwait = \"1 s\"",
        "line 7: `agent` must be a whole number from 0 to 4294967295, not -1",
    ),
    ("do = \"set parameter\"\nparameter = \"p\"", "line 6: \"set parameter\" needs `value`"),
    ("do = \"set parameter\"\nvalue = \"x\"", "line 6: \"set parameter\" needs `parameter`"),
    ("do = \"branch\"", "line 6: \"branch\" needs `when`"),
    ("do = \"tag\"\ntag = \"#x\"", "line 7: `tag`: `#x` is not a tag: 1 to 64 letters"),
    (
        "do = \"check e-mail\"",
        "line 6: \"check e-mail\" has no condition; add `[[action.NAME.row]]`",
    ),
    ("do = \"check e-mail\"\ndkim = []", "line 7: `dkim` has an empty list, which nothing fits"),
    ("do = \"check e-mail\"\nsubject = {}", "line 7: `subject` says nothing that must hold"),
    ("do = \"check e-mail\"\nrow = []", "line 7: `row` is empty: it needs at least one row"),
    (
        "do = \"check e-mail\"\n[[action.b.row]]\nto = \"e\"",
        "line 7: row 1 has no condition; mail that no row fits leaves by `otherwise`",
    ),
    (
        "do = \"check e-mail\"\ndkim = [\"pass\"]\n[[action.b.row]]\nspf = [\"pass\"]",
        "line 8: conditions stand both in the action and in rows",
    ),
    (
        "do = \"check e-mail\"\n[[action.b.row]]\nname = \"error\"\nspf = [\"pass\"]",
        "line 8: a row cannot have the name `error`",
    ),
    (
        "do = \"check e-mail\"\n[[action.b.row]]\nname = \"x\"\nspf = [\"pass\"]\n[[action.b.row]]\nname = \"x\"\nspf = [\"fail\"]",
        "line 10: rows 1 and 2 have the same name, `x`",
    ),
    ("do = \"check e-mail\"\nheader = 1", "line 7: `header` must be a table, not 1"),
    ("do = \"compose reply\"", "line 6: \"compose reply\" needs `text`"),
    (
        "do = \"compose reply\"\ntext.fr = \"x\"",
        "line 6: `text` is by language, which needs `default_language`; add `default_language = \"fr\"`",
    ),
    (
        "do = \"compose reply\"\ndefault_language = \"en\"\ntext.fr = \"x\"",
        "line 8: `text` is missing in the default language; add `text.en = \"...\"`",
    ),
    (
        "do = \"compose reply\"\ndefault_language = \"English\"\ntext.en = \"x\"",
        "line 7: `default_language`: `English` is no language tag such as `fr` or `pt-BR`",
    ),
    (
        "do = \"compose reply\"\ndefault_language = \"en\"\ntext.en = \"x\"\ntext.french = \"x\"",
        "line 9: `text.french`: `french` is no language tag",
    ),
    (
        "do = \"compose reply\"\ntext = \"x\"\nattachments = [\"../x.pdf\"]",
        "line 8: `attachments`: `../x.pdf` must be the name of a file beside the application file",
    ),
    ("do = \"call webhook\"\nbody = \"{}\"", "line 6: \"call webhook\" needs `url`"),
    (
        "do = \"call webhook\"\nbody = \"{}\"\nurl = \"http://x.test/\"",
        "line 8: `url`: `http://x.test/` is not secret on its way",
    ),
    (
        "do = \"call webhook\"\nbody = \"{}\"\nurl = \"https://x.test/\"\ntimeout = \"6 min\"",
        "line 9: `timeout` must be above \"0 s\" and at most \"5 min\"",
    ),
    (
        "do = \"call webhook\"\nbody = \"{}\"\nurl = \"https://x.test/\"\nresult.x = \"id\"",
        "line 9: `result`: `id` is no JSON Pointer",
    ),
    ("do = \"end\"\nexit = \"e\"", "line 7: `exit` does not say which exit leads there"),
    ("do = \"end\"\nexit.x = 1", "line 7: `exit.x` must be the name of an action, in quotes"),
    ("do = \"run application\"", "line 6: \"run application\" needs `application`"),
    (
        "do = \"note\"\ntext = \"{{ form }}\"",
        "line 7: `text`: line 1 of the text: there is no `form`; allowed: ",
    ),
    (
        "do = \"compose reply\"\ntext = \"x\"\nhtml = \"{{ form }}\"",
        "line 8: `html`: line 1 of the text: there is no `form`; allowed: ",
    ),
    ("do = \"branch\"\nwhen = \"1 +\"", "line 7: `when`: "),
    (
        "do = \"call webhook\"\nurl = \"https://x.test/\"\nbody = \"x\"",
        "line 8: `body`: what it makes is no JSON: ",
    ),
    (
        "do = \"route to agent\"\nagent = \"Jo\"\nwait = \"1 s\"",
        "line 7: `agent` is not the number of an agent; give a number",
    ),
    (
        "do = \"check e-mail\"\nsubject = { above = 1 }",
        "line 7: `subject`: `subject` knows no `above`; allowed: ",
    ),
    (
        "do = \"check e-mail\"\nsize = { above = 99999999999999999999 }",
        "line 7: `size` has a number that is too large",
    ),
    (
        "do = \"compose reply\"\ndefault_language = \"fr\"\ntext.fr = \"x\"\ntext.FR = \"x\"",
        " `text.fr` is there twice, in other letters",
    ),
];

#[test]
fn what_cannot_be_run_is_refused() {
    let mut wrong = String::new();
    for (lines, expected) in REFUSED {
        let message = Application::parse(&file(lines)).unwrap_err().to_string();
        if !message.contains(expected) {
            wrong += &format!("{lines}\nexpected {expected}\nfound {message}\n\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn files_that_are_no_application_are_refused() {
    for (text, expected) in [
        ("", "line 1: the file does not say where it begins; add `start = \"arrival\"`"),
        ("start = \"a\"", "line 1: there is no action; add the first one"),
        ("start = \"a\"\naction = 1", "line 2: there is no action"),
        ("start = \"a\"\n[action]\na = 1", "line 3: action `a` must be a table"),
        (
            "[action.a]\ndo = \"end\"",
            "line 1: the file does not say where it begins; add `start = \"a\"`",
        ),
        (
            "start = \"aa\"\n[action.a]\ndo = \"end\"",
            "line 1: there is no action `aa` to begin with",
        ),
        ("start = 1\n[action.a]\ndo = \"end\"", "line 1: `start` must be the name of an action"),
        ("start = \"a\"\n[action.\"a/b\"]\ndo = \"end\"", "line 2: `a/b` is not a action name"),
        ("start = \"a\nb = 1", "line 1: "),
        ("start = \"a\"\nstart = \"b\"", "line 2: duplicate key"),
    ] {
        let message = Application::parse(text).unwrap_err().to_string();
        assert!(message.contains(expected), "{text}\nis refused with\n{message}");
    }
}

#[test]
fn every_mistake_is_told_at_once() {
    let text = file("do = \"queue\"\npriority = 999\nskills = 1")
        .replace("exit.mail = \"b\"", "exit.mail = 5");
    let error = Application::parse(&text).unwrap_err();
    let lines: Vec<usize> = error.problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [4, 6, 7, 8]);
}
