//! What customers, their colleagues and the others received.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use harness::Mail;
use mail_parser::{MessageParser, MimeHeaders};

use super::build::{ACCOUNTANTS, ACCOUNTS};
use super::checks::Told;
use super::crm::MANAGER;
use super::floor::{Answer, EXPERT};
use super::letters::{CHATTERBOX, COLLEAGUE, Language, number_of};
use super::oracle::Acknowledgement;

/// The answer that a mail passes on.
pub(crate) fn answered<'a>(mail: &Mail, answers: &'a [Answer]) -> Option<&'a Answer> {
    let text = mail.text();
    answers.iter().find(|answer| text.starts_with(&answer.token))
}

/// Everything in the mailbox of an address, once each: what was uncertain may have come twice.
fn received(told: &Told<'_>, address: &str) -> Result<Vec<Mail>> {
    let mut seen = BTreeSet::new();
    let mut mails = told.floor.office.servers.mailbox(address)?;
    mails.retain(|mail| seen.insert(mail.field("Message-ID")));
    Ok(mails)
}

/// Every customer got every acknowledgement and answer that is due, once, and nothing else.
pub(crate) fn check(told: &Told<'_>) -> Result<()> {
    let customers: BTreeSet<&str> = told.letters.iter().map(|it| it.from.as_str()).collect();
    let mut acknowledged: BTreeMap<usize, usize> = BTreeMap::new();
    let mut relayed: BTreeMap<String, usize> = BTreeMap::new();
    for customer in &customers {
        for mail in received(told, customer)? {
            check_private(told, &mail).with_context(|| format!("in the mailbox of {customer}"))?;
            if mail.field("Auto-Submitted") == "auto-replied" {
                let number =
                    number_of(&mail.field("In-Reply-To")).context("it answers a letter")?;
                *acknowledged.entry(number).or_default() += 1;
                check_acknowledgement(told, number, &mail)?;
            } else {
                let answer = answered(&mail, &told.floor.answers);
                let answer = answer.with_context(|| format!("{customer} got {}", mail.source()))?;
                *relayed.entry(answer.token.clone()).or_default() += 1;
            }
        }
    }
    let mut to_chatterbox = 0;
    for letter in told.letters {
        let expected = told.expected(letter.number)?;
        let count = acknowledged.get(&letter.number).copied().unwrap_or_default();
        let due = usize::from(expected.acknowledgement.is_some());
        ensure!(count == due, "{count} acknowledgements of {due} to letter {letter:?}");
        to_chatterbox += if letter.from == CHATTERBOX { count } else { 0 };
    }
    ensure!(to_chatterbox == 5, "{CHATTERBOX} got {to_chatterbox} acknowledgements, not 5");
    for answer in &told.floor.answers {
        let count = relayed.get(&answer.token).copied().unwrap_or_default();
        ensure!(
            count == 1,
            "`{}` came {count} times: {:?}",
            answer.token,
            told.story(*told.floor.letters.get(&answer.contact).context("it arrived")?)?
        );
    }
    check_copies(told)?;
    check_accountants(told)
}

/// Colleagues and managers got the answers they are due, and experts none from us.
fn check_copies(told: &Told<'_>) -> Result<()> {
    let (mut colleague, mut manager) = (BTreeSet::new(), BTreeSet::new());
    for answer in &told.floor.answers {
        let letter = told.letter(&answer.contact)?;
        if letter.copy.is_some() {
            colleague.insert(answer.token.as_str());
        }
        if told.expected(letter.number)?.managed {
            manager.insert(answer.token.as_str());
        }
    }
    for (address, due) in [(COLLEAGUE, colleague), (MANAGER, manager)] {
        let mut got = BTreeSet::new();
        for mail in received(told, address)? {
            check_private(told, &mail).with_context(|| format!("in the mailbox of {address}"))?;
            let answer = answered(&mail, &told.floor.answers).context("it is an answer")?;
            ensure!(got.insert(answer.token.as_str()), "{address} got `{}` twice", answer.token);
        }
        ensure!(!due.is_empty() && got == due, "{address} got {got:?}, not {due:?}");
    }
    Ok(())
}

fn check_accountants(told: &Told<'_>) -> Result<()> {
    let mut due = BTreeSet::new();
    for letter in told.letters {
        if told.expected(letter.number)?.forwarded {
            due.insert(format!("Your invoice {:04}", letter.number));
        }
    }
    let mut got = BTreeSet::new();
    for mail in received(told, ACCOUNTANTS)? {
        ensure!(got.insert(mail.subject()), "{ACCOUNTANTS} got `{}` twice", mail.subject());
    }
    ensure!(!due.is_empty() && got == due, "{ACCOUNTANTS} got {got:?}, not {due:?}");
    Ok(())
}

/// An acknowledgement is in the language of the letter, with HTML and the file where that is so.
fn check_acknowledgement(told: &Told<'_>, number: usize, mail: &Mail) -> Result<()> {
    let letter = told.letters.get(number).context("it was written")?;
    let expected = told.expected(number)?.acknowledgement;
    let wrong = || format!("to letter {letter:?}, {expected:?} due: {}", mail.source());
    let is_french = letter.language == Language::French;
    let (subject, is_rich) = match expected.with_context(wrong)? {
        Acknowledgement::Greeting if is_french => ("Nous avons votre message : ", true),
        Acknowledgement::Greeting => ("We have your mail: ", true),
        Acknowledgement::Closed if is_french => ("Nous sommes fermés : ", true),
        Acknowledgement::Closed => ("We are closed: ", true),
        Acknowledgement::Merci => ("Merci : ", false),
        Acknowledgement::Thanks => ("Thank you: ", false),
    };
    ensure!(mail.subject().starts_with(subject), wrong());
    let parsed = MessageParser::default().parse(mail.raw()).context("it can be read")?;
    let html = parsed.html_bodies().filter(|part| part.is_text_html()).count();
    let files: Vec<_> = parsed.attachments().filter_map(MimeHeaders::attachment_name).collect();
    if is_rich {
        ensure!(html == 1 && files == ["opening-hours.txt"], wrong());
        let contact = told.contact(number)?;
        let html = parsed.body_html(0).unwrap_or_default();
        ensure!(mail.text().contains(contact) && html.contains(contact), wrong());
    } else {
        ensure!(html == 0 && files.is_empty(), wrong());
    }
    Ok(())
}

/// Nothing in a mail tells an agent's address, the internal one, or who was in Cc.
fn check_private(told: &Told<'_>, mail: &Mail) -> Result<()> {
    let parsed = MessageParser::default().parse(mail.raw()).context("it can be read")?;
    let mut texts = vec![mail.source()];
    for part in 0..parsed.parts.len() {
        texts.extend(parsed.body_text(part).map(std::borrow::Cow::into_owned));
        texts.extend(parsed.body_html(part).map(std::borrow::Cow::into_owned));
    }
    let (internal, _) = ACCOUNTS[3].split_once('@').context("an address")?;
    for private in ["@agents.test", internal, EXPERT, "10.20.30.40"] {
        let leaks = texts.iter().any(|text| text.contains(private));
        ensure!(!leaks, "it shows {private}: {}", mail.source());
    }
    let head = mail.head();
    for member in &told.floor.members {
        let name = &member.agent.name;
        ensure!(!head.contains(name.as_str()), "its header names {name}: {head}");
    }
    Ok(())
}
