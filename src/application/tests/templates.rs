//! Templates: what they make, what they refuse, and that nothing makes them fall over.

use proptest::prelude::*;

use super::variables;
use crate::{Template, Values, Variables};

#[test]
fn what_is_known_stands_in_its_places() {
    for (text, expected) in [
        ("", ""),
        ("no variable }} } {\n", "no variable }} } {\n"),
        (
            "{{ contact }} {{mailbox}} {{ subject }}",
            "C7 Support desk Offer & <b>more</b> {{ now }}",
        ),
        ("{{ contact.id }} {{ mailbox.name }}", "C7 support"),
        ("{{ queue[\"first line\"].waiting }} wait", "3 wait"),
        ("{{ wf.level }}{{ wf['account number'] }}{{ wf.absent }}.", "gold77."),
        ("{{ $Email:LastHandlingAgent }}", "1001:a1@ct.com"),
        (" $Email:LastHandlingAgent\n", "1001:a1@ct.com"),
        ("{{ '$Email:x' }} $Email:LastHandlingAgent", "$Email:x $Email:LastHandlingAgent"),
        ("{{ contact.attachments | join(', ') | upper }}", "INVOICE.PDF, PHOTO.JPG"),
        ("{% if schedule.desk.open %}open{% else %}closed{% endif %}", "open"),
        (
            "{% for name in contact.attachments %}{{ loop.index }} {{ name }};{% endfor %}",
            "1 invoice.pdf;2 photo.jpg;",
        ),
        ("{{ wf.absent | default('none', true) }}", "none"),
        ("{{ contact.verification.dmarc == 'pass' }}", "true"),
        ("{# {{ nobody reads }} #}{{ now }}", "2026-09-21T14:13:20Z"),
        ("{% raw %}{{ $x }} {# {% {% endraw -%} {{ now }}", "{{ $x }} {# {% 2026-09-21T14:13:20Z"),
        ("{{ '}}' }}{{ contact.attachments[0] }}", "}}invoice.pdf"),
        ("{{ \"{{ now }}\" }}", "{{ now }}"),
        ("{{ contact.size // 1024 }} KiB", "2 KiB"),
    ] {
        let template = Template::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(template.render(&variables()).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    for (text, expected) in [
        ("Hi\n{{ from }}", "line 2 of the text: there is no `from`; allowed: `contact`, "),
        (
            "{{ contact.sbject }}",
            "line 1 of the text: there is no `sbject` in `contact`; allowed: `id`, ",
        ),
        ("\n\n{{ subject", "line 3 of the text: `{{` is not closed by `}}`"),
        ("{{ \"}}", "line 1 of the text: `{{` is not closed by `}}`"),
        (
            "{{ $Email:Agent }}",
            "line 1 of the text: there is no `$Email:Agent`; after `$` is allowed",
        ),
        ("$Email:Agent", "there is no `$Email:Agent`"),
        ("{{ thread }}", "line 1 of the text: `thread` is no value but holds some: `id`, "),
        ("{{ queue[wf.level].waiting }}", "line 1 of the text: `queue` is no value but holds some"),
        (
            "{{ subject | safe }}",
            "line 1 of the text: there is no filter `safe`; allowed: `capitalize`",
        ),
        ("{{ range(9) }}", "line 1 of the text: there are no functions"),
        ("{{ subject.upper() }}", "line 1 of the text: there are no functions"),
        ("{{ subject is defined }}", "line 1 of the text: `is defined` means nothing here"),
        ("{% set a = now %}", "beside `{{ }}` only `{% if %}` and `{% for %}` mean something"),
        ("{% include 'a' %}", "line 1 of the text: unknown statement include"),
        (
            "{% for a, b in contact.tags %}{% endfor %}",
            "line 1 of the text: `{% for %}` gives one name",
        ),
        ("{% for a in contact.tags %}{% endfor %}{{ a }}", "line 1 of the text: there is no `a`"),
        ("{% if now %}", "line 1 of the text: unexpected end of input"),
        (&"{{ now }}".repeat(501), "line 1 of the text: it has more than 500 pieces of code"),
        (
            &format!("{{{{ {}now }}}}", "now~".repeat(250)),
            "line 1 of the text: code between `{{` and `}}` has more than 1000 bytes",
        ),
        (&"x".repeat(65_537), "it is longer than 65536 bytes"),
    ] {
        let error = Template::parse(text).unwrap_err();
        assert!(error.starts_with(expected), "{text}: {error}");
    }
}

#[test]
fn html_and_json_keep_what_a_customer_wrote_apart() {
    let html = Template::parse_html("<p>{{ subject }}</p>").unwrap();
    let expected = "<p>Offer &amp; &lt;b&gt;more&lt;&#x2f;b&gt; {{ now }}</p>";
    assert_eq!(html.render(&variables()).unwrap(), expected);

    let text = "{\"a\": {{ wf.quotes }}, \"b\": [{{ contact.size }}, {{ contact.tags }}, {{ schedule.desk.open }}, {{ contact }}]}";
    let json = Template::parse_json(text).unwrap();
    let mut values = Values::default();
    values.parameters.insert("quotes".parse().unwrap(), "\", \"admin\": \"\n".to_owned());
    values.schedules.insert("desk".parse().unwrap(), Default::default());
    let made = json.render(&Variables::from(&values)).unwrap();
    assert_eq!(made, "{\"a\": \"\\\", \\\"admin\\\": \\\"\\n\", \"b\": [0, [], false, \"\"]}");

    let error = Template::parse_json("{\"a\": \"{{ contact.subject }}\"}").unwrap_err();
    assert!(error.contains("is no JSON") && error.contains("brings its own quotes"), "{error}");
}

#[test]
fn a_line_stays_one() {
    let template = Template::parse("Re: {{ wf.evil }}\n").unwrap();
    let mut values = Values::default();
    let evil = "a\r\nBcc: x@y\u{2028}\u{85}b";
    values.parameters.insert("wf.evil".parse().unwrap(), evil.to_owned());
    let line = template.render_line(&Variables::from(&values));
    assert_eq!(line.as_deref(), Ok("Re: a  Bcc: x@y  b"));
}

#[test]
fn what_goes_wrong_is_told() {
    let long = "{% for a in [1, 2, 3, 4, 5, 6, 7, 8, 9] %}".repeat(5)
        + "{{ wf.level * 100 }}"
        + &"{% endfor %}".repeat(5);
    let slow = "{% for a in [1, 2, 3, 4, 5, 6, 7, 8, 9] %}".repeat(6) + &"{% endfor %}".repeat(6);
    for (text, expected) in [
        (
            "{{ queue.gone.waiting }}",
            "there is no `queue.gone` now: the directory does not name it",
        ),
        ("{{ 1 // (contact.size - 2048) }}", "line 1 of the text: "),
        (&long, "what it makes is longer than 65536 bytes"),
        (&slow, "it takes more than 50000 steps"),
    ] {
        let error = Template::parse(text).unwrap().render(&variables()).unwrap_err();
        assert!(error.contains(expected), "{text}: {error}");
    }
}

#[test]
fn deep_templates_are_refused_or_made() {
    for text in [
        "{% if now %}".repeat(240) + &"{% endif %}".repeat(240),
        "{% if now %}".to_owned() + &"{% elif now %}".repeat(498) + "{% endif %}",
        format!("{{{{ {}now }}}}", "now~".repeat(240)),
        format!("{{{{ {}now{} }}}}", "(".repeat(490), ")".repeat(490)),
        format!("{{{{ now{} }}}}", "|upper".repeat(160)),
        format!("{{{{ {}now }}}}", "not ".repeat(240)),
        format!("{{{{ {}now }}}}", "-".repeat(980)),
        format!("{{{{ now{} }}}}", ".a".repeat(490)),
    ] {
        let _ = Template::parse(&text).map(|template| template.render(&variables()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_makes_a_template_fall_over(
        pieces in proptest::collection::vec(prop_oneof![
            Just("{{ ".to_owned()), Just(" }}".to_owned()), Just("{% if ".to_owned()),
            Just(" %}".to_owned()), Just("{% endif %}".to_owned()), Just("{% for x in ".to_owned()),
            Just("{% endfor %}".to_owned()), Just("contact.tags".to_owned()),
            Just("now".to_owned()), Just("wf[\"a\"]".to_owned()), Just("$Email:".to_owned()),
            Just("|join(".to_owned()), Just(")".to_owned()), Just("\"".to_owned()),
            Just("{#".to_owned()), Just("#}".to_owned()), Just("{% raw %}".to_owned()), ".{0,3}",
        ], 0..16),
    ) {
        let text = pieces.concat();
        for template in [Template::parse(&text), Template::parse_html(&text), Template::parse_json(&text)] {
            let _ = template.map(|template| template.render_line(&variables()));
        }
    }

    #[test]
    fn text_without_code_stays_as_it_is(text in "[^{$]*") {
        let template = Template::parse(&text).unwrap();
        prop_assert_eq!(template.render(&variables()).unwrap(), text);
    }

    #[test]
    fn what_a_customer_wrote_is_shown_as_it_is(subject in ".*") {
        let mut values = Values::default();
        values.contact.subject = subject.clone();
        let template = Template::parse("{{ subject }}").unwrap();
        prop_assert_eq!(template.render(&Variables::from(&values)).unwrap(), subject);
    }
}
