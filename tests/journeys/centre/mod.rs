//! The contact centre of `docs/example`, played from its own files: five hundred mails, twenty
//! agents, two changes of its configuration while it runs, and two kills. What must become of each
//! mail is worked out apart from the program, and compared with the log and with what customers
//! received.

mod answers;
mod build;
mod checks;
mod crm;
mod floor;
mod letters;
mod oracle;
mod routing;

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use harness::{Mail, Needs, Random, Server, Stage, journey};

use build::{ACCOUNTANTS, CHANGED, Files, add_word, close_office, declare_holiday, members, write};
use crm::Crm;
use floor::Floor;
use letters::{CHATTERBOX, Letter, Mailbox, check_variety};

/// The letters of the first two rounds, in each of which everybody writes twice.
const FIRST: std::ops::Range<usize> = 0..200;
const CHATTER: std::ops::Range<usize> = 200..212;
const SECOND: std::ops::Range<usize> = 212..400;
const THIRD: std::ops::Range<usize> = 400..490;
/// These stay where they are: everybody has gone home.
pub(crate) const LEFT: std::ops::Range<usize> = 490..500;
/// Who goes home after the first round.
const LEAVING: [u32; 2] = [1019, 1020];

#[test]
fn the_example_serves_every_mail_as_it_says() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let random = Random::seeded("the letters and what is done with them")?;
        let seed = std::env::var("POSTBOOK_SEED");
        play(stage, &random)
            .with_context(|| format!("with the seed printed above ({seed:?} given)"))
    })
}

fn play(stage: &Stage, random: &Random) -> Result<()> {
    let crm = Crm::start()?;
    let mut files = build::files(stage.servers()?, &crm)?;
    let office = build::install(stage, &files)?;
    let mut floor = Floor::new(office, members(&files)?, random.part(1));
    floor.office.start()?;
    let mut all = first_round(&mut floor, random)?;

    close_office(&mut files)?;
    apply(&floor, &files)?;
    add_word(&mut files)?;
    write(&floor.office.program, &files)?;
    floor.office.program.text(&["application", "publish", "support", CHANGED])?;
    floor.leave(&LEAVING)?;
    second_round(&mut floor, random, &mut all)?;

    declare_holiday(&mut files)?;
    apply(&floor, &files)?;
    third_round(&mut floor, random, &mut all)?;
    last_round(&mut floor, &mut all)?;
    check_variety(&all)?;
    checks::check(&floor, &all)
}

/// Has the running program take over the files.
fn apply(floor: &Floor<'_>, files: &Files) -> Result<()> {
    write(&floor.office.program, files)?;
    let applied = floor.office.program.json(&["apply"])?;
    let changes = applied["changes"].as_array().context("what it changes")?;
    ensure!(!changes.is_empty(), "nothing was changed: {applied}");
    Ok(())
}

/// Everybody writes, the program is killed while their mail comes in, and nobody is at work yet.
fn first_round(floor: &mut Floor<'_>, random: &Random) -> Result<Vec<Letter>> {
    let mut letters: Vec<Letter> =
        FIRST.map(|number| Letter::write(number, 1, random, None)).collect();
    let chatter = |number| Letter::plain(number, 1, Mailbox::Info, CHATTERBOX.to_owned());
    letters.extend(CHATTER.map(chatter));
    let (before, after) = letters.split_at(FIRST.len() / 2);
    floor.post(before)?;
    floor.arrived(before.len() / 3)?;
    floor.office.restart()?;
    floor.post(after)?;
    floor.arrived(letters.len())?;
    floor.settle()?;
    floor.lined_up()?;
    floor.supervise()?;
    floor.hand_out()?;
    floor.sign_in()?;
    floor.work(|_| false)?;
    floor.settle()?;
    Ok(letters)
}

/// Customers write again, some of them to answer, and the program is killed amid the work.
fn second_round(floor: &mut Floor<'_>, random: &Random, all: &mut Vec<Letter>) -> Result<()> {
    let letters = answers_and_news(floor, random, SECOND, 2, all)?;
    floor.post(&letters)?;
    all.extend(letters);
    floor.arrived(all.len())?;
    let half = floor.letters.len() - SECOND.len() / 2;
    floor.work(|floor| floor.letters.len() - floor.open.len() > half)?;
    floor.office.restart()?;
    floor.settle()?;
    floor.work(|_| false)?;
    floor.settle()
}

/// On a holiday; the accountants' mailbox is closed, too.
fn third_round(floor: &mut Floor<'_>, random: &Random, all: &mut Vec<Letter>) -> Result<()> {
    let servers = floor.office.servers;
    servers.answer(ACCOUNTANTS, "550 5.2.1 closed")?;
    // It looks at its answers anew for each connection, and one may be open.
    servers.control(Server::Mta, "stop")?;
    servers.control(Server::Mta, "start")?;
    let letters = answers_and_news(floor, random, THIRD, 3, all)?;
    floor.post(&letters)?;
    all.extend(letters);
    floor.arrived(all.len())?;
    floor.work(|_| false)?;
    floor.settle()
}

/// Everybody goes home, and the last letters wait.
fn last_round(floor: &mut Floor<'_>, all: &mut Vec<Letter>) -> Result<()> {
    floor.sign_out()?;
    for number in LEFT {
        let customer = format!("customer{}@customer.test", number % 100);
        all.push(Letter::plain(number, 4, Mailbox::Orders, customer));
    }
    let last = all.split_at(LEFT.start).1;
    floor.post(last)?;
    floor.arrived(all.len())?;
    floor.settle()?;
    routing::wait_until_raised(floor, LEFT.len())
}

/// Letters of which half answer what their writers received, where there is something to answer.
fn answers_and_news(
    floor: &Floor<'_>,
    random: &Random,
    numbers: std::ops::Range<usize>,
    round: u32,
    all: &[Letter],
) -> Result<Vec<Letter>> {
    let mut followed: BTreeSet<usize> = all.iter().filter_map(|letter| letter.follows).collect();
    let mut letters = Vec::new();
    for number in numbers {
        let plain = Letter::write(number, round, random, None);
        let answerable = if random.part(50_000 + number as u64).below(2) == 0 {
            answerable(floor, &plain.from, all, &followed)?
        } else {
            None
        };
        letters.push(match answerable {
            Some((earlier, answer)) => {
                followed.insert(earlier.number);
                Letter::write(number, round, random, Some((earlier, &answer)))
            }
            None => plain,
        });
    }
    Ok(letters)
}

/// An answer that a customer got to the newest letter of a thread.
fn answerable<'a>(
    floor: &Floor<'_>,
    customer: &str,
    all: &'a [Letter],
    followed: &BTreeSet<usize>,
) -> Result<Option<(&'a Letter, Mail)>> {
    for mail in floor.office.servers.mailbox(customer)? {
        let contact = answers::answered(&mail, &floor.answers).map(|answer| &answer.contact);
        let number = contact.and_then(|contact| floor.letters.get(contact));
        let letter = number.and_then(|number| all.get(*number));
        let is_own = |letter: &&Letter| letter.from == customer;
        if let Some(letter) = letter.filter(is_own).filter(|it| !followed.contains(&it.number)) {
            return Ok(Some((letter, mail)));
        }
    }
    Ok(None)
}
