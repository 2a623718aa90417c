//! Conditions: what holds, what is refused, and that nothing makes them fall over.

use proptest::prelude::*;

use super::variables;
use crate::Expression;

fn read(text: &str) -> Expression {
    Expression::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn conditions_hold_or_do_not() {
    for (text, expected) in [
        ("true", true),
        ("contact.language == 'fr' && contact.size > 1024", true),
        ("contact.subject.matches('(?i)^offer')", true),
        ("contact.subject.matches('^offer')", false),
        ("contact.subject.contains('Offer') || 1 / (contact.size - 2048) == 1", true),
        ("queue[\"first line\"].waiting > 2", true),
        ("queue[\"first line\"].longest_wait_s / 60 >= 2", false),
        ("wf.level == \"gold\" && wf[\"account number\"] == '77' && wf.absent == ''", true),
        ("!schedule.desk.open", false),
        ("$Email:LastHandlingAgent == '1001:a1@ct.com'", true),
        ("'vip' in contact.tags", true),
        ("contact.attachments.exists(name, name.endsWith('.pdf'))", true),
        ("contact.attachments.all(name, name.endsWith('.pdf'))", false),
        ("contact['attachments'].filter(name, name.startsWith('x')).size() == 0", true),
        ("size(contact.attachments.map(name, size(name))) == 2", true),
        ("contact.attachments[0] == 'invoice.pdf'", true),
        ("int(wf['account number']) == 77", true),
        ("contact.verification.dmarc in ['pass', 'none']", true),
        ("(agents.ready > 1 ? now : '') > '2026-09-01'", true),
        ("subject != 'é' // a comment\n", true),
        ("contact.size == 2048.0", true),
    ] {
        assert_eq!(read(text).holds(&variables()), Ok(expected), "{text}");
    }
}

#[test]
fn what_is_wrong_is_told() {
    for (text, expected) in [
        (" ", "the condition is empty"),
        ("contact.sbject == ''", "there is no `sbject` in `contact`; allowed: `id`"),
        ("vip", "there is no `vip`; allowed: `contact`"),
        ("contact == 'C7'", "`contact` is no value but holds some"),
        ("queue[wf.level].waiting > 1", "`queue` is no value but holds some: any name"),
        ("now", "the condition must be true or false, and is a text"),
        ("contact.size", "the condition must be true or false, and is a whole number"),
        ("contact.tags", "the condition must be true or false, and is a list"),
        ("contact.size > '1'", "`>` does not work on a whole number and a text"),
        ("contact.size = 1", "line 1, character 14 of the condition: "),
        ("true &&\n(", "line 2, character "),
        ("lower(now) == ''", "there is no function `lower`; allowed: `contains`"),
        ("has(contact.subject)", "`has` means nothing here"),
        ("now.matches(wf.level)", "the pattern of `matches` must be written out in quotes"),
        ("now.matches('(')", "`(` is no pattern: unclosed group"),
        ("now.matches('(\\\\w{50}){50}')", "the pattern `(\\w{50}){50}` is too large"),
        ("$Email:Agent == ''", "there is no `$Email:Agent`"),
        ("Thing{a: 1} == 1", "a name before `{` means nothing here"),
        (
            "contact.tags.all(a, contact.tags.all(b, a == b))",
            "`all`, `exists`, `exists_one`, `filter` and `map` cannot be inside one another",
        ),
        (
            "(contact.tags + contact.tags).all(a, a == '')",
            "`all`, `exists`, `exists_one`, `filter` and `map` work on a list that is named",
        ),
        (&format!("{}now == ''", "now + ".repeat(17)), "the condition has more than 16 `+`"),
        (&format!("now in [{}'']", "'',".repeat(100)), "a list has more than 100 items"),
        (&" ".repeat(4_097), "the condition is longer than 4096 bytes"),
    ] {
        let error = Expression::parse(text).map(|read| read.holds(&variables())).unwrap_err();
        assert!(error.starts_with(expected), "{text}: {error}");
    }
}

#[test]
fn what_goes_wrong_is_told() {
    for (text, expected) in [
        ("queue.gone.waiting > 1", "there is no `queue.gone` now: the directory does not name it"),
        ("contact.tags[7] == ''", "Index out of bounds: Int(7)"),
        ("1 / (contact.size - 2048) == 1", "Division by zero of Int(1)"),
        ("int(wf.level) == 1", "Error executing function 'int': "),
    ] {
        let error = read(text).holds(&variables()).unwrap_err();
        assert!(error.starts_with(expected), "{text}: {error}");
    }
}

/// A quarter of the stack that a thread has must do.
#[test]
fn deep_conditions_are_worked_out_or_refused() {
    let thread = std::thread::Builder::new().stack_size(512 * 1_024);
    thread.spawn(go_deep).unwrap().join().unwrap();
}

/// Every shape in which a condition can be deep, up to as large as a condition can be.
fn go_deep() {
    for (before, middle, after) in [
        ("!", "true", ""),
        ("!(", "true", ")"),
        ("- ", "1 == 1", ""),
        ("(", "true", ")"),
        ("[", "", "]"),
        ("{1:", "1", "}"),
        ("1-", "1 == 1", ""),
        ("now==", "now", ""),
        ("true||", "true", ""),
        ("false||true&&", "true", ""),
        ("true?true:", "true", ""),
        ("true?", "true", ":false"),
        ("now in ", "now", ""),
        ("", "now", ".a"),
        ("", "now", "[0]"),
        ("", "now", "[now]"),
        ("", "now", ".size()"),
        ("", "contact.tags", ".map(a,a)"),
        ("size(", "now", ")"),
        ("1+(1,", "now", ")"),
        ("\"", "now", ""),
        ("Thing{a:", "1", "}"),
    ] {
        for repeats in (1..41).chain([60, 80, 100, 130, 198, 390, 399, 1_000]) {
            let text = format!("{}{middle}{}", before.repeat(repeats), after.repeat(repeats));
            let read = Expression::parse(&text).map(|read| read.holds(&variables()));
            assert!(repeats < 400 || read.is_err(), "{text}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_makes_a_condition_fall_over(
        pieces in proptest::collection::vec(prop_oneof![
            Just("contact.tags"), Just("contact.size"), Just("queue"), Just("[\"a\"]"), Just("wf.a"),
            Just("["), Just("]"), Just("("), Just(")"), Just("."), Just(".map(a, a)"), Just("a"),
            Just(" && "), Just("!"), Just(" == "), Just(" + "), Just(" in "), Just(" ? "),
            Just(" : "), Just("'"), Just("\""), Just("1"), Just("9223372036854775807"), Just("-"),
            Just("{"), Just("}"), Just("size("), Just("$Email:"), Just("é"), Just("\\"), Just("1u"),
        ], 0..12),
    ) {
        let _ = Expression::parse(&pieces.concat()).map(|read| read.holds(&variables()));
    }
}
