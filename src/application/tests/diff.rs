//! What is said of two versions.

use crate::diff;

use super::OFFICE;

fn told(old: &str, new: &str) -> Vec<String> {
    diff(old, new).iter().map(ToString::to_string).collect()
}

#[test]
fn the_same_is_no_change() {
    assert!(diff(OFFICE, OFFICE).is_empty());
    let other_words = OFFICE
        .replace("then = \"until morning\"", "exit.tagged = \"until morning\"")
        .replace("# An office", "# Another office")
        .replace("start = \"arrive\"", "\n\nstart = 'arrive'");
    assert!(diff(OFFICE, &other_words).is_empty());
}

/// Changes of a file, what is said of them, and what is said of taking them back.
const CHANGES: &[(&str, &str, &[&str], &[&str])] = &[
    (
        "start = \"arrive\"",
        "start = \"sort\"",
        &["it begins with `sort`, and no longer with `arrive`"],
        &["it begins with `arrive`, and no longer with `sort`"],
    ),
    (
        "[action.finish]",
        "[action.late]\ndo = \"end\"\n[action.finish]",
        &["`late` is new: end"],
        &["`late` is gone: end"],
    ),
    (
        "priority = 200",
        "priority = 100",
        &["`to the front`: `priority` is 100, and was 200"],
        &["`to the front`: `priority` is 200, and was 100"],
    ),
    (
        "priority = 200\n",
        "",
        &["`to the front`: `priority` is gone: 200"],
        &["`to the front`: `priority` is new: 200"],
    ),
    (
        "Nous sommes absents",
        "Nous voilà",
        &[
            "`night`: `subject.fr` is \"Nous voilà : {{ contact.subject }}\", and was \"Nous sommes absents : {{ contact.subject }}\"",
        ],
        &[
            "`night`: `subject.fr` is \"Nous sommes absents : {{ contact.subject }}\", and was \"Nous voilà : {{ contact.subject }}\"",
        ],
    ),
    (
        "text.en = \"Our office is closed;",
        "text.en = \"\"\"Our\noffice is closed, as it always is on days like this one;\"\"\" #",
        &[
            "`night`: `text.en` is \"Our office is closed, as it always is on days like this one…, and was \"Our office is closed; we answer on the next working day.\"",
        ],
        &[
            "`night`: `text.en` is \"Our office is closed; we answer on the next working day.\", and was \"Our office is closed, as it always is on days like this one…",
        ],
    ),
    (
        "do = \"end\"",
        "do = \"tag\"\ntag = \"done\"",
        &["`finish`: `do` is \"tag\", and was \"end\"", "`finish`: `tag` is new: \"done\""],
        &["`finish`: `do` is \"end\", and was \"tag\"", "`finish`: `tag` is gone: \"done\""],
    ),
    (
        "dmarc = [\"fail\"]",
        "dmarc = [\"fail\", \"none\"]",
        &[
            "`sort`: `row forged` is { dmarc = [\"fail\", \"none\"] }, and was { dmarc = [\"fail\"] }",
        ],
        &[
            "`sort`: `row forged` is { dmarc = [\"fail\"] }, and was { dmarc = [\"fail\", \"none\"] }",
        ],
    ),
    (
        "[[action.sort.row]]\nname = \"forged\"\ndmarc = [\"fail\"]\nto = \"mark forged\"\n",
        "",
        &[
            "`sort`: `row 3` is new: { header = { X-Priority = { equals = \"1\" } } }",
            "`sort`: `row 4` is gone: { header = { X-Priority = { equals = \"1\" } } }",
            "`sort`: `row forged` is gone: { dmarc = [\"fail\"] }",
            "`sort`: exit `forged` no longer leads to `mark forged`",
            "`sort`: exit `row 3` leads to `note urgent`",
            "`sort`: exit `row 4` no longer leads to `note urgent`",
        ],
        &[],
    ),
    (
        "name = \"robot\"\nautomatic = true\nto = \"mark robot\"\n\n[[action.sort.row]]\nname = \"forged\"\ndmarc = [\"fail\"]\nto = \"mark forged\"\n",
        "name = \"forged\"\ndmarc = [\"fail\"]\nto = \"mark forged\"\n\n[[action.sort.row]]\nname = \"robot\"\nautomatic = true\nto = \"mark robot\"\n",
        &["`sort`: the rows are in another order"],
        &["`sort`: the rows are in another order"],
    ),
    (
        "to = \"to accounts\"",
        "to = \"to billing\"",
        &["`sort`: exit `invoice` leads to `to billing`, and no longer to `to accounts`"],
        &["`sort`: exit `invoice` leads to `to accounts`, and no longer to `to billing`"],
    ),
    (
        "then = \"mark night\"",
        "exit.sent = \"until morning\"\nthen = \"mark night\"",
        &["`night`: exit `sent` leads to `until morning`, and no longer to `mark night`"],
        &["`night`: exit `sent` leads to `mark night`, and no longer to `until morning`"],
    ),
    (
        "exit.open = \"thank\"\n",
        "",
        &["`hours`: exit `open` no longer leads to `thank`"],
        &["`hours`: exit `open` leads to `thank`"],
    ),
];

#[test]
fn changes_are_told() {
    for (from, to, expected, expected_back) in CHANGES {
        let changed = OFFICE.replacen(from, to, 1);
        assert_ne!(changed, OFFICE, "{from}");
        assert_eq!(told(OFFICE, &changed), *expected);
        if !expected_back.is_empty() {
            assert_eq!(told(&changed, OFFICE), *expected_back);
        }
    }
}

#[test]
fn what_cannot_be_read_counts_as_empty() {
    assert_eq!(told("", OFFICE).len(), 20);
    assert_eq!(told(OFFICE, "start = ").len(), 20);
}
