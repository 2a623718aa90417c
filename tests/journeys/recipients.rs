//! Who sees whom: both settings for additional recipients, in all four combinations.

use anyhow::Result;
use harness::{Customer, Mail, Needs, journey};

use super::office::{Office, Plan, SUPPORT, agnes, ann};

const COLLEAGUE: &str = "carl@customer.test";
const FINANCE: &str = "finance@ct.com";

/// The mails of one thread in which both sides add someone: the customer a colleague, the agent
/// the finance department on the first of two replies.
struct Played {
    copy: Mail,
    replies: [Mail; 2],
    colleague: Vec<Mail>,
    finance: Vec<Mail>,
}

/// Plays two rounds and waits until nothing is to be sent any more.
fn play(settings: &'static str, check: impl Fn(&Played)) -> Result<()> {
    journey(Needs::Mail, |stage| {
        let office = Office::open(stage, &Plan { settings, ..Plan::default() })?;
        let servers = office.servers;
        office.ready(&agnes())?;
        servers.submit(&ann().write(SUPPORT, &[COLLEAGUE], "invoice", "Is it right?"))?;
        let copy = office.newest_mail(&agnes().address, 1)?;
        servers.submit(&agnes().reply_with_copies(&copy, &[FINANCE], "Finance looks at it."))?;
        let first = office.newest_mail(&ann().address, 1)?;
        office.release(&agnes())?;
        servers.submit(&ann().reply_with_copies(&first, &[COLLEAGUE], "And?"))?;
        let second_copy = office.newest_mail(&agnes().address, 2)?;
        servers.submit(&agnes().reply(&second_copy, "It is right."))?;
        let second = office.newest_mail(&ann().address, 2)?;
        assert!(office.settled()?.is_empty(), "everything is sent");
        servers.wait_until_delivered()?;
        assert_eq!(servers.mailbox(&ann().address)?.len(), 2, "the customer has each reply once");
        check(&Played {
            copy,
            replies: [first, second],
            colleague: servers.mailbox(COLLEAGUE)?,
            finance: servers.mailbox(FINANCE)?,
        });
        office.verify()
    })
}

/// What we sent: mail from the public address.
fn from_us(mails: &[Mail]) -> Vec<&Mail> {
    mails.iter().filter(|mail| mail.addresses("From") == [SUPPORT]).collect()
}

fn shows_no_agent(mail: &Mail) {
    assert!(!mail.head().contains(&agnes().address), "{}", mail.head());
}

/// The colleague has the replies as the customer has them, byte for byte in what we wrote.
fn colleague_has_both(played: &Played) {
    let copies = from_us(&played.colleague);
    assert_eq!(copies.len(), 2);
    for (copy, reply) in copies.iter().zip(&played.replies) {
        assert_eq!(reply.addresses("To"), [ann().address]);
        assert_eq!(reply.addresses("Cc"), [COLLEAGUE]);
        for name in ["To", "Cc", "Message-ID", "In-Reply-To", "Date", "Subject"] {
            assert_eq!(copy.field(name), reply.field(name), "{name}");
        }
        assert_eq!(copy.text(), reply.text());
        shows_no_agent(copy);
        shows_no_agent(reply);
    }
    assert_eq!(played.copy.addresses("Cc"), [""; 0], "the agent's copy names nobody else");
}

/// Finance has the first reply from the agent's own server and the second from us, hidden.
fn finance_is_hidden(played: &Played) {
    let copies = from_us(&played.finance);
    assert_eq!((played.finance.len(), copies.len()), (2, 1));
    let hidden = copies[0];
    assert_eq!(hidden.addresses("To"), [FINANCE]);
    assert!(hidden.text().contains("It is right."));
    assert!(!hidden.head().contains(&ann().address), "{}", hidden.head());
    assert_eq!(hidden.field("In-Reply-To"), "");
    assert_ne!(hidden.field("Message-ID"), played.replies[1].field("Message-ID"));
    shows_no_agent(hidden);
    for reply in &played.replies {
        assert!(!reply.head().contains(FINANCE), "{}", reply.head());
    }
}

/// The colleague is shown on the replies and gets nothing of ours.
fn colleague_is_only_shown(played: &Played) {
    assert_eq!(from_us(&played.colleague).len(), 0);
    assert_eq!(played.copy.addresses("Cc"), [COLLEAGUE]);
    for reply in &played.replies {
        assert!(reply.addresses("Cc").contains(&COLLEAGUE.to_owned()));
    }
}

/// Finance is shown on the reply the agent put them on, and gets nothing of ours.
fn finance_is_only_shown(played: &Played) {
    assert_eq!((played.finance.len(), from_us(&played.finance).len()), (1, 0));
    assert!(played.replies[0].addresses("Cc").contains(&FINANCE.to_owned()));
    assert!(!played.replies[1].head().contains(FINANCE));
}

#[test]
fn case_099_internal_and_external_are_kept() -> Result<()> {
    play("", |played| {
        colleague_has_both(played);
        finance_is_hidden(played);
    })
}

#[test]
fn case_048_an_answer_to_a_hidden_copy_is_a_note_for_the_agent() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let office = Office::open(stage, &Plan::default())?;
        let servers = office.servers;
        office.ready(&agnes())?;
        servers.submit(&ann().write(SUPPORT, &[], "invoice", "Is it right?"))?;
        let copy = office.newest_mail(&agnes().address, 1)?;
        servers.submit(&agnes().reply_with_copies(&copy, &[FINANCE], "Finance looks at it."))?;
        office.newest_mail(&ann().address, 1)?;
        servers.submit(&agnes().reply(&copy, "It is right."))?;
        office.newest_mail(&ann().address, 2)?;
        servers.wait_for_mail(FINANCE, 2)?;
        let copies = servers.mailbox(FINANCE)?;
        let hidden = from_us(&copies)[0];
        let finance = Customer::new("Finance", FINANCE);
        servers.submit(&finance.reply(hidden, "It is wrong, but do not tell them."))?;
        let note = office.newest_mail(&agnes().address, 2)?;
        assert_eq!(note.addresses("From"), [FINANCE]);
        assert_eq!(note.answer_to(), FINANCE);
        assert!(note.text().contains("It is wrong"));
        office.wait_for("NoteSent", 1)?;
        assert!(office.settled()?.is_empty(), "everything is sent");
        servers.wait_until_delivered()?;
        assert_eq!(servers.mailbox(&ann().address)?.len(), 2, "the customer gets nothing of it");
        assert_eq!(office.all("ContactArrived")?.len(), 1, "it is no contact");
        office.verify()
    })
}

/// An application that decides who gets the answers beside the customer.
const DECIDING: &str = r#"
start = "arrival"
[action.arrival]
do = "wait for e-mail"
exit.mail = "inside"
[action.inside]
do = "set parameter"
parameter = "wf.internalccaddresses"
value = "audit@ct.com"
then = "outside"
[action.outside]
do = "set parameter"
parameter = "wf.externalccaddresses"
value = "nobody@ext.com"
then = "correct"
[action.correct]
do = "set parameter"
parameter = "wf.externalccaddresses"
value = "partner@ext.com, support@support.test"
then = "line"
[action.line]
do = "queue"
queue = "support"
exit.queued = "finish"
[action.finish]
do = "end"
"#;

#[test]
fn the_application_decides_who_gets_the_answer() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let application = DECIDING.to_owned();
        let office = Office::open(stage, &Plan { application, ..Plan::default() })?;
        let servers = office.servers;
        office.ready(&agnes())?;
        servers.submit(&ann().write(SUPPORT, &[COLLEAGUE], "invoice", "Is it right?"))?;
        let copy = office.newest_mail(&agnes().address, 1)?;
        servers.submit(&agnes().reply(&copy, "It is right."))?;
        let reply = office.newest_mail(&ann().address, 1)?;
        assert!(office.settled()?.is_empty(), "everything is sent");
        servers.wait_until_delivered()?;
        assert_eq!(reply.addresses("Cc"), ["partner@ext.com"], "the last value counts, not ours");
        let count = |address: &str| Ok::<_, anyhow::Error>(servers.mailbox(address)?.len());
        assert_eq!(count("partner@ext.com")?, 1);
        assert_eq!(count("audit@ct.com")?, 1);
        assert_eq!(count("nobody@ext.com")?, 0);
        assert_eq!(from_us(&servers.mailbox(COLLEAGUE)?).len(), 0);
        office.verify()
    })
}

#[test]
fn only_internal_is_kept() -> Result<()> {
    play("keep_external_cc = false", |played| {
        colleague_is_only_shown(played);
        finance_is_hidden(played);
        assert!(played.replies.iter().all(|reply| reply.addresses("Cc") == [COLLEAGUE]));
    })
}

#[test]
fn only_external_is_kept() -> Result<()> {
    play("keep_internal_cc = false", |played| {
        finance_is_only_shown(played);
        let copies = from_us(&played.colleague);
        assert_eq!(copies.len(), 2);
        assert_eq!(copies[0].addresses("Cc"), [COLLEAGUE, FINANCE]);
        assert_eq!(copies[1].addresses("Cc"), [COLLEAGUE]);
    })
}

#[test]
fn neither_is_kept() -> Result<()> {
    play("keep_internal_cc = false\nkeep_external_cc = false", |played| {
        colleague_is_only_shown(played);
        finance_is_only_shown(played);
    })
}

/// The customer's colleague and what the agent's mail client puts into Cc when it answers to all.
fn answer_to_all(settings: &'static str, check: impl Fn(&[String], &Mail, &[Mail])) -> Result<()> {
    journey(Needs::Mail, |stage| {
        let office = Office::open(stage, &Plan { settings, ..Plan::default() })?;
        let servers = office.servers;
        office.ready(&agnes())?;
        servers.submit(&ann().write(SUPPORT, &[COLLEAGUE], "invoice", "Is it right?"))?;
        let copy = office.newest_mail(&agnes().address, 1)?;
        let mut all = copy.addresses("To");
        all.extend(copy.addresses("Cc"));
        all.retain(|address| *address != agnes().address);
        let copies: Vec<&str> = all.iter().map(String::as_str).collect();
        servers.submit(&agnes().reply_with_copies(&copy, &copies, "It is right."))?;
        let reply = office.newest_mail(&ann().address, 1)?;
        assert!(office.settled()?.is_empty(), "everything is sent");
        shows_no_agent(&reply);
        check(&all, &reply, &servers.mailbox(COLLEAGUE)?);
        office.verify()
    })
}

#[test]
fn case_100_an_answer_to_all_goes_to_nobody_past_us() -> Result<()> {
    answer_to_all("", |all, reply, colleague| {
        assert_eq!(all, [""; 0], "the copy names nobody else");
        assert_eq!(reply.addresses("Cc"), [COLLEAGUE]);
        assert_eq!((colleague.len(), from_us(colleague).len()), (2, 1), "the question, the answer");
        shows_no_agent(from_us(colleague)[0]);
    })
}

#[test]
fn case_100_an_answer_to_all_goes_past_us_where_external_is_not_kept() -> Result<()> {
    answer_to_all("keep_external_cc = false", |all, reply, colleague| {
        assert_eq!(all, [COLLEAGUE]);
        assert_eq!(reply.addresses("Cc"), [COLLEAGUE]);
        assert_eq!((colleague.len(), from_us(colleague).len()), (2, 0));
    })
}
