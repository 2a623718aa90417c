//! Mails are tried with applications.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use event::{
    Actor, Cause, CommandId, DirectoryEntry, Event, Fact, Position, Private, PrivateEntry,
    Timestamp,
};
use projections::Directory;

use super::{RehearsalError, rehearse};
use crate::answer::{Effect, Rehearsed};
use crate::commands::{MailRequest, RehearseRequest, WebhookAnswerRequest};

const APPLICATION: &str = r#"
start = "arrive"
[action.arrive]
do = "wait for e-mail"
exit.mail = "look"
[action.look]
do = "check e-mail"
exit.otherwise = "sort"
exit.error = "line"
[[action.look.row]]
name = "refund"
body = { contains = "refund" }
to = "receipt"
[[action.look.row]]
name = "signed"
dmarc = "pass"
to = "ask"
[action.receipt]
do = "compose reply"
subject = "We got {{ contact.subject }}"
text = "Dear {{ contact.sender }}"
html = "<p>Dear {{ contact.sender }}</p>"
attachments = ["terms.pdf"]
then = "pause"
[action.pause]
do = "wait"
wait = "2 h"
exit.over = "line"
[action.ask]
do = "call webhook"
url = "https://crm.test/level"
body = '{"sender": {{ contact.sender }}}'
result = { "wf.level" = "/level" }
exit.answered = "mark"
exit.failed = "line"
exit.error = "line"
[action.mark]
do = "tag"
tag = "known"
then = "line"
[action.sort]
do = "route to agent"
agent = 1001
wait = "5 min"
exit."no agent" = "line"
exit."timed out" = "line"
[action.line]
do = "queue"
queue = "support"
priority = 7
then = "finish"
[action.finish]
do = "end"
"#;

fn directory() -> Directory {
    let name = |name: &str| name.parse().unwrap();
    let entries = vec![
        DirectoryEntry::Queue { name: "support".parse().unwrap() },
        DirectoryEntry::Agent {
            number: "1001".parse().unwrap(),
            queues: vec!["support".parse().unwrap()],
            capacity: 1,
        },
        DirectoryEntry::Mailbox { name: name("desk"), application: "support".parse().unwrap() },
        DirectoryEntry::Internal { name: name("internal") },
    ];
    let addresses = vec!["desk@desk.test".parse().unwrap()];
    let private = vec![PrivateEntry::Mailbox { name: name("desk"), display_name: None, addresses }];
    let hosts = event::Setting::WebhookHosts(vec!["crm.test".to_owned()]);
    let mut directory = Directory::default();
    for (fact, private) in [
        (Fact::DirectoryLoaded { entries }, Some(Private::Directory(private))),
        (Fact::SettingsLoaded { settings: vec![hosts] }, None),
    ] {
        let (actor, cause) = (Actor::Engine, Cause::Command(CommandId(1)));
        directory.apply(Position(0), &Event { time: Timestamp(0), actor, cause, fact, private });
    }
    directory
}

fn request(body: &str) -> RehearseRequest {
    let mail = format!(
        "From: Jo <jo@customer.test>\r\nTo: desk@desk.test\r\nSubject: order 7\r\n\
         Message-ID: <7@customer.test>\r\n\r\n{body}\r\n"
    );
    let mails = vec![MailRequest { name: "a.eml".to_owned(), content: STANDARD.encode(mail) }];
    RehearseRequest {
        text: APPLICATION.to_owned(),
        files: vec!["terms.pdf".to_owned()],
        mails,
        mailbox: None,
        at: "2026-03-30T12:00:00Z".to_owned(),
        signed_in: Vec::new(),
        webhook: None,
        dmarc: None,
        dkim: None,
        spf: None,
    }
}

fn one(request: RehearseRequest) -> Rehearsed {
    let mut rehearsed = rehearse(Some(&directory()), "support", request).unwrap();
    assert_eq!(rehearsed.len(), 1);
    rehearsed.remove(0)
}

/// The way, and where it ends.
fn way(rehearsed: &Rehearsed) -> (Vec<String>, String) {
    let steps = rehearsed.steps.iter();
    let steps = steps.map(|step| match &step.exit {
        Some(exit) => format!("{} {exit}", step.action),
        None => step.action.clone(),
    });
    (steps.collect(), rehearsed.end.text.clone())
}

fn expected(way: &[&str], end: &str) -> (Vec<String>, String) {
    (way.iter().map(|step| (*step).to_owned()).collect(), end.to_owned())
}

const WAITS: &str = "it waits in queue support, with priority 7";

#[test]
fn every_way_is_told() {
    let refund = one(request("I want a refund."));
    let steps =
        ["arrive mail", "look refund", "receipt sent", "pause over", "line queued", "finish"];
    assert_eq!(way(&refund), expected(&steps, WAITS));
    assert_eq!((refund.mail.as_str(), refund.mailbox.as_str()), ("a.eml", "desk"));
    assert_eq!(refund.end.queue.as_deref(), Some("support"));
    assert!(refund.steps[1].why[0].contains("row 1 (refund): yes"), "{:?}", refund.steps[1]);
    let answer = Effect::Reply {
        to: Some("jo@customer.test".to_owned()),
        subject: "We got order 7".to_owned(),
        text: "Dear jo@customer.test".to_owned(),
        html: Some("<p>Dear jo@customer.test</p>".to_owned()),
        attachments: vec!["terms.pdf".to_owned()],
    };
    assert_eq!(refund.steps[2].effects, [answer]);
    let wait = Effect::Wait { ms: 7_200_000, until: "2026-03-30T14:00:00Z".to_owned() };
    assert_eq!(refund.steps[3].effects, [wait]);
    assert_eq!(refund.steps[0].application, "support v1");

    let other = one(request("Hello."));
    let steps = ["arrive mail", "look otherwise", "sort no agent", "line queued", "finish"];
    assert_eq!(way(&other), expected(&steps, WAITS));
    assert_eq!(other.steps[1].why.len(), 2, "{:?}", other.steps[1]);
}

#[test]
fn other_programs_answer_as_told_and_nobody_is_asked() {
    let signed = |webhook: Option<(u16, &str)>| {
        let webhook =
            webhook.map(|(status, body)| WebhookAnswerRequest { status, body: body.to_owned() });
        one(RehearseRequest { dmarc: Some("pass".to_owned()), webhook, ..request("Hello.") })
    };
    let nobody = signed(None);
    let steps = ["arrive mail", "look signed", "ask failed", "line queued", "finish"];
    assert_eq!(way(&nobody), expected(&steps, WAITS));
    let asked = &nobody.steps[2].effects[0];
    let expected_call = Effect::Webhook {
        url: "https://crm.test/level".to_owned(),
        body: "{\"sender\": \"jo@customer.test\"}".to_owned(),
        status: None,
        answer: super::NOBODY_ASKED.to_owned(),
    };
    assert_eq!(*asked, expected_call);

    let gold = signed(Some((200, "{\"level\": \"gold\"}")));
    let steps =
        ["arrive mail", "look signed", "ask answered", "mark tagged", "line queued", "finish"];
    assert_eq!(way(&gold), expected(&steps, WAITS));
    let set = Effect::Parameter { name: "wf.level".to_owned(), value: "gold".to_owned() };
    assert_eq!(gold.steps[2].effects[1], set);
    assert_eq!(gold.steps[3].effects, [Effect::Tag { tag: "known".to_owned() }]);

    let failing = signed(Some((200, "no JSON")));
    assert!(matches!(failing.steps[2].effects[1], Effect::Failure { .. }), "{failing:?}");
    assert_eq!(failing.steps[2].exit.as_deref(), Some("error"));
}

#[test]
fn agents_who_are_ready_get_what_they_may() {
    let ready = RehearseRequest { signed_in: vec![1001], ..request("Hello.") };
    let rehearsed = one(ready);
    let (steps, end) = way(&rehearsed);
    assert_eq!(steps, ["arrive mail", "look otherwise", "sort"]);
    assert_eq!(end, "agent 1001 gets it, from the line of agent 1001");
    assert_eq!(rehearsed.end.agent, Some(1001));
    let unknown = RehearseRequest { signed_in: vec![7], ..request("Hello.") };
    let error = rehearse(Some(&directory()), "support", unknown).unwrap_err();
    assert!(error.to_string().contains("there is no agent 7"), "{error}");
}

#[test]
fn what_cannot_work_is_not_tried() {
    let wrong = RehearseRequest {
        text: APPLICATION.replace("\"support\"", "\"suport\""),
        ..request("Hello.")
    };
    let error = rehearse(Some(&directory()), "support", wrong.clone()).unwrap_err();
    assert!(matches!(error, RehearsalError::Application(_)), "{error}");
    // Where no names are known, none is wrong.
    let rehearsed = rehearse(None, "support", wrong).unwrap();
    assert_eq!(rehearsed[0].mailbox, "test");
    assert_eq!(rehearsed[0].end.queue.as_deref(), Some("suport"));
    for (request, words) in [
        (RehearseRequest { mailbox: Some("dsk".to_owned()), ..request("") }, "there are: desk"),
        (RehearseRequest { at: "noon".to_owned(), ..request("") }, "RFC 3339"),
        (RehearseRequest { dmarc: Some("good".to_owned()), ..request("") }, "allowed"),
    ] {
        let error = rehearse(Some(&directory()), "support", request).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn a_contact_that_goes_round_in_circles_is_given_up() {
    let text = APPLICATION.replace("exit.over = \"line\"", "exit.over = \"pause\"");
    let round = one(RehearseRequest { text, ..request("I want a refund.") });
    assert!(round.end.text.contains("round in circles"), "{:?}", round.end);
    assert!(round.steps.len() > 100, "{} steps", round.steps.len());
}
