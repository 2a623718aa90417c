//! What configurations may say, and what is said about those that are wrong.

use std::fs;
use std::path::Path;

use super::{Config, load};

const MAIN: &str = r#"data = "data"
include = ["directory/*.toml"]

[internal]
name = "internal"
address = "replies@desk.test"
maildir = { path = "mail/replies" }

[outgoing]
sender = "bounces@desk.test"
maildirs = "mail"

[[mailbox]]
name = "support"
addresses = ["support@desk.test"]
application = "support"
maildir = { path = "mail/support" }

[[application]]
name = "support"
file = "support.toml"

[[queue]]
name = "support"
"#;

const PEOPLE: &str = r#"[[agent]]
number = 1001
name = "Ada"
address = "ada@desk.test"
queues = ["support", { queue = "sales", level = 8 }]
skills = ["french", { skill = "german", level = 3 }]
team = "Paris"

[[skill]]
name = "french"
[[skill]]
name = "german"
[[team]]
name = "Paris"
"#;

const QUEUES: &str = r#"[[queue]]
name = "sales"
next_agent = "hunt-order"
hunt_order = [1001]
accept_within = "2 min"
service_level = { percent = 80, within = "4 h" }
raise_priority = { every = "1 h", by = 1, to = 9 }
overflow = { after = "2 h", to = "support" }
prefer_last_agent = "15 min"
dispositions = ["solved"]
disposition_required = true

[[disposition]]
code = "solved"

[[schedule]]
name = "office hours"
zone = "Europe/Paris"
hours = ["Mon-Fri 09:00-17:30"]
holidays = ["2026-12-25 Christmas"]

[[mailbox]]
name = "orders"
addresses = ["orders@desk.test"]
application = "support"
imap = { host = "localhost", user = "orders", password_file = "orders.password" }
"#;

const APPLICATION: &str = "start = \"arrival\"\n\
    [action.arrival]\ndo = \"wait for e-mail\"\nexit.mail = \"line\"\n\
    [action.line]\ndo = \"queue\"\nqueue = \"support\"\nexit.queued = \"end\"\n\
    [action.end]\ndo = \"end\"\n";

/// Writes the files into a folder, and reads them.
fn read(folder: &Path, main: &str, people: &str, queues: &str) -> Result<Config, String> {
    fs::create_dir_all(folder.join("directory")).unwrap();
    fs::write(folder.join("postbook.toml"), main).unwrap();
    fs::write(folder.join("directory/people.toml"), people).unwrap();
    fs::write(folder.join("directory/queues.toml"), queues).unwrap();
    fs::write(folder.join("support.toml"), APPLICATION).unwrap();
    load(&folder.join("postbook.toml")).map_err(|error| format!("{error:#}"))
}

#[test]
fn a_configuration_may_lie_in_several_files() {
    let folder = tempfile::tempdir().unwrap();
    let config = read(folder.path(), MAIN, PEOPLE, QUEUES).unwrap();
    let (file, base) = (&config.file, folder.path());
    let read: Vec<_> = config.sources.paths().collect();
    let expected = ["postbook.toml", "directory/people.toml", "directory/queues.toml"];
    assert_eq!(read, expected.map(|name| base.join(name)));
    assert_eq!((file.mailbox.len(), file.queue.len(), file.agent.len()), (2, 2, 1));
    // A path is relative to the file it stands in.
    let imap = file.mailbox[1].imap.as_ref().unwrap();
    let password_file = imap.password_file.as_ref().map(|file| file.get_ref().clone());
    assert_eq!(password_file, Some(base.join("directory/orders.password")));
    assert_eq!(file.mailbox[0].maildir.as_ref().unwrap().path, base.join("mail/support"));
    let levels: Vec<u8> = file.agent[0].queues.iter().map(|queue| queue.get_ref().level).collect();
    assert_eq!(levels, [5, 8]);
}

#[test]
fn the_example_in_the_documentation_is_in_order() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/example/postbook.toml");
    let config = load(&example).unwrap_or_else(|error| panic!("{error:#}"));
    let file = &config.file;
    assert_eq!((file.mailbox.len(), file.queue.len(), file.agent.len()), (3, 5, 20));
    assert_eq!(config.applications.len(), 4);
}

/// In which file which text is replaced by which; the file and line of the complaint, and what else
/// it says.
type Mistake = (&'static str, &'static str, &'static str, &'static str, &'static [&'static str]);

const MISTAKES: [Mistake; 42] = [
    ("queues", "host = \"localhost\"", "host = \" \"", "queues.toml:", &["imap.host", "empty"]),
    (
        "queues",
        "user = \"orders\",",
        "user = \"orders\", message_bytes_max = 50,",
        "queues.toml:",
        &["imap.message_bytes_max", "50 bytes are less"],
    ),
    (
        "queues",
        "user = \"orders\",",
        "user = \"orders\", poll_seconds = 0,",
        "queues.toml:",
        &["imap.poll_seconds", "at least 1"],
    ),
    ("main", "data = \"data\"", "", "postbook.toml:1:", &["missing field `data`"]),
    ("main", "[[queue]]", "[queue]", "postbook.toml:23:", &["queue", "expected a list"]),
    ("main", "directory/*.toml", "directory/x.toml", "postbook.toml:2:", &["include", "x.toml"]),
    ("main", "directory/*.toml", "*/x.toml", "postbook.toml:2:", &["include", "of a folder"]),
    (
        "main",
        "[outgoing]",
        "[settings]\nagent_wait = \"1\"\n[outgoing]",
        "postbook.toml:10:",
        &["settings.agent_wait", "without a unit"],
    ),
    (
        "main",
        "[outgoing]",
        "[settings]\nrunning_contacts = \"stop\"\n[outgoing]",
        "postbook.toml:10:",
        &["settings.running_contacts", "`finish`", "`move`"],
    ),
    (
        "main",
        "[outgoing]",
        "[settings]\nwebhook_hosts = [\"https://a.test\"]\n[outgoing]",
        "postbook.toml:10:",
        &["settings.webhook_hosts[0]", "is no host"],
    ),
    (
        "people",
        "queues = [\"support\"",
        "queues = [\"suport\"",
        "people.toml:5:",
        &["agent.queues", "no queue `suport`", "`sales`, `support`"],
    ),
    (
        "people",
        "level = 8",
        "level = 11",
        "people.toml:5:",
        &["agent[0].queues[1].level", "11 is no level; allowed: 1 to 10"],
    ),
    (
        "people",
        "level = 8",
        "levl = 8",
        "people.toml:5:",
        &["agent[0].queues[1]", "unknown field `levl`", "`level`"],
    ),
    (
        "people",
        "{ queue = \"sales\", level = 8 }",
        "{ level = 8 }",
        "people.toml:5:",
        &["agent[0].queues[1]", "missing field `queue`"],
    ),
    (
        "people",
        "{ queue = \"sales\", level = 8 }",
        "8",
        "people.toml:5:",
        &["agent[0].queues[1]", "a name, or { queue ="],
    ),
    (
        "people",
        "{ queue = \"sales\", level = 8 }",
        "\"support\"",
        "people.toml:5:",
        &["agent.queues", "`support` is named twice"],
    ),
    (
        "people",
        "skill = \"german\"",
        "skill = \"gorman\"",
        "people.toml:6:",
        &["agent.skills", "no skill `gorman`", "`french`, `german`"],
    ),
    (
        "people",
        "team = \"Paris\"",
        "team = \"London\"",
        "people.toml:7:",
        &["agent.team", "no team `London`", "`Paris`"],
    ),
    (
        "people",
        "name = \"german\"",
        "name = \"french\"",
        "people.toml:12:",
        &["skill.name", "two skills `french`"],
    ),
    (
        "people",
        "name = \"german\"",
        "name = \"ger/man\"",
        "people.toml:12:",
        &["skill[1].name", "not a skill name"],
    ),
    (
        "people",
        "[[team]]\nname = \"Paris\"",
        "[settings]\nquotes = \"warn\"",
        "people.toml:13:",
        &["unknown field `settings`", "`mailbox`", "`schedule`"],
    ),
    ("people", "[[team]]", "[[teams]]", "people.toml:13:", &["unknown field `teams`", "`team`"]),
    ("people", "number = 1001", "number = = 1001", "people.toml:2:", &[]),
    (
        "queues",
        "name = \"sales\"",
        "name = \"support\"",
        "queues.toml:2:",
        &["queue.name", "two queues `support`"],
    ),
    (
        "queues",
        "\"hunt-order\"",
        "\"fastest\"",
        "queues.toml:3:",
        &["queue[0].next_agent", "`longest-idle`", "`best-skill`"],
    ),
    (
        "queues",
        "\"hunt-order\"",
        "\"best-skill\"",
        "queues.toml:4:",
        &["queue.hunt_order", "`next_agent = \"hunt-order\"` only"],
    ),
    (
        "queues",
        "hunt_order = [1001]",
        "",
        "queues.toml:2:",
        &["queue.hunt_order", "needs the agents"],
    ),
    (
        "queues",
        "[1001]",
        "[1001, 1002]",
        "queues.toml:4:",
        &["queue.hunt_order", "no agent `1002`", "`1001`"],
    ),
    (
        "queues",
        "[1001]",
        "[1001, 1001]",
        "queues.toml:4:",
        &["queue.hunt_order", "1001 is named twice"],
    ),
    (
        "queues",
        "\"2 min\"",
        "\"2 m\"",
        "queues.toml:5:",
        &["queue[0].accept_within", "write `min`"],
    ),
    ("queues", "\"2 min\"", "\"0 s\"", "queues.toml:5:", &["queue.accept_within", "at least 1 s"]),
    (
        "queues",
        "percent = 80",
        "percent = 101",
        "queues.toml:6:",
        &["queue.service_level.percent", "1 to 100"],
    ),
    ("queues", "by = 1", "by = 0", "queues.toml:7:", &["queue.raise_priority.by", "at least 1"]),
    (
        "queues",
        "to = \"support\"",
        "to = \"sales\"",
        "queues.toml:8:",
        &["queue.overflow.to", "itself"],
    ),
    (
        "queues",
        "to = \"support\"",
        "to = \"x\"",
        "queues.toml:8:",
        &["queue.overflow.to", "no queue `x`"],
    ),
    (
        "queues",
        "[\"solved\"]",
        "[\"sold\"]",
        "queues.toml:10:",
        &["queue.dispositions", "no disposition `sold`", "`solved`"],
    ),
    (
        "queues",
        "[\"solved\"]",
        "[\"solved\", \"solved\"]",
        "queues.toml:10:",
        &["queue.dispositions", "named twice"],
    ),
    ("queues", "Europe/Paris", "Europe/Pari", "queues.toml:17:", &["schedule", "Europe/Pari"]),
    (
        "queues",
        "Mon-Fri 09:00-17:30",
        "Mon-Fry 09:00-17:30",
        "queues.toml:19:",
        &["schedule[0].hours[0]", "`Fry`"],
    ),
    (
        "queues",
        "2026-12-25 Christmas",
        "Christmas",
        "queues.toml:20:",
        &["schedule[0].holidays[0]", "no date"],
    ),
    (
        "queues",
        "addresses = [\"orders",
        "addresses = [\"support",
        "queues.toml:24:",
        &["mailbox.addresses", "support@desk.test"],
    ),
    (
        "queues",
        "application = \"support\"",
        "application = \"x\"",
        "queues.toml:25:",
        &["mailbox.application", "no application `x`"],
    ),
];

#[test]
fn a_mistake_is_told_by_file_line_and_key() {
    let folder = tempfile::tempdir().unwrap();
    for (file, right, wrong, place, words) in MISTAKES {
        let [main, people, queues] =
            [("main", MAIN), ("people", PEOPLE), ("queues", QUEUES)].map(|(name, text)| {
                assert!(name != file || text.contains(right), "{right} is in {file}");
                if name == file { text.replacen(right, wrong, 1) } else { text.to_owned() }
            });
        let error = read(folder.path(), &main, &people, &queues).err();
        let error = error.unwrap_or_else(|| panic!("{wrong} is a mistake"));
        let told: Vec<&str> = error.lines().collect();
        let found = told
            .iter()
            .any(|line| line.contains(place) && words.iter().all(|word| line.contains(word)));
        assert!(found, "{place} {words:?} is missing: {error}");
    }
}

#[test]
fn all_mistakes_in_all_files_are_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let main = MAIN.replace("sender =", "sendr =").replace("file = ", "fil = ");
    let people = PEOPLE.replace("1001", "\"me\"").replace("level = 3", "level = 0");
    let queues = QUEUES.replace("\"2 min\"", "2").replace("percent = 80", "percent = \"most\"");
    let error = read(folder.path(), &main, &people, &queues).err().unwrap();
    let places: Vec<&str> = error
        .lines()
        .filter_map(|line| line.rsplit('/').next()?.split(": ").next())
        .filter(|place| place.contains(".toml:"))
        .collect();
    let expected = [
        "postbook.toml:10",
        "postbook.toml:9",
        "postbook.toml:21",
        "postbook.toml:19",
        "people.toml:2",
        "people.toml:6",
        "queues.toml:5",
        "queues.toml:6",
    ];
    let mut expected = expected.to_vec();
    let mut told = places.clone();
    expected.sort_unstable();
    told.sort_unstable();
    assert_eq!(told, expected, "{error}");
    assert!(error.contains("people.toml:2: agent[0].number: invalid type"), "{error}");
    assert!(places.is_sorted_by_key(|place| place.starts_with("queues")), "{error}");
}

#[test]
fn a_line_with_a_secret_is_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let queues = QUEUES.replace(
        "password_file = \"orders.password\"",
        "oauth2 = { token_url = 1, client_secret = \"hunter2\" }",
    );
    let error = read(folder.path(), MAIN, PEOPLE, &queues).err().unwrap();
    assert!(error.contains("queues.toml:26: mailbox[0].imap.oauth2.token_url"), "{error}");
    assert!(error.contains("(not shown, for it may hold a secret)"), "{error}");
    assert!(!error.contains("hunter2"), "{error}");
}

#[test]
fn a_file_that_is_no_configuration_is_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("password"), "correct horse").unwrap();
    let main = MAIN.replace("directory/*.toml", "pass*");
    let error = read(folder.path(), &main, PEOPLE, QUEUES).err().unwrap();
    assert!(error.contains("password:1: ") && !error.contains("horse"), "{error}");
}

#[test]
fn an_address_is_one_agents() {
    let folder = tempfile::tempdir().unwrap();
    let second = PEOPLE.replace("1001", "1002");
    let error = read(folder.path(), MAIN, &format!("{PEOPLE}\n{second}"), QUEUES).err().unwrap();
    assert!(error.contains("agent.address: agent 1001 has this address already"), "{error}");
}
