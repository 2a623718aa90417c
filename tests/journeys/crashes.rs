//! The program is killed again and again at random moments while everybody goes on working.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, anyhow, ensure};
use harness::{Agent, Needs, Servers, journey};

use super::crowd;
use super::office::{Office, SUPPORT, agnes, bruno, text};

const MAILS: usize = 300;
const KILLS: usize = 10;
/// The customers' mails come in this many heaps.
const HEAPS: usize = 10;

/// Numbers that look random; the seed is printed, so that a failure can be played again.
struct Random(u64);

impl Random {
    fn new() -> Result<Self> {
        let seed = match std::env::var("POSTBOOK_SEED") {
            Ok(seed) => seed.parse()?,
            Err(_) => u64::from(SystemTime::now().duration_since(UNIX_EPOCH)?.subsec_nanos()) | 1,
        };
        eprintln!("the moments of the kills follow POSTBOOK_SEED={seed}");
        Ok(Self(seed))
    }

    fn below(&mut self, end: u64) -> u64 {
        // xorshift64 by Marsaglia.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// An agent who answers every contact once, as soon as its copy is there, until told to stop.
fn answers(servers: &Servers, agent: &Agent, stop: &AtomicBool) -> Result<()> {
    let mut answered = BTreeSet::new();
    while !stop.load(Ordering::Relaxed) {
        for copy in servers.mailbox(&agent.address)? {
            if answered.insert(copy.field("Message-ID")) {
                servers.submit(&agent.reply(&copy, "Soon."))?;
            }
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Stops the program in good order and starts it at random moments, while the customers go on
/// writing.
fn stop_and_start(office: &mut Office<'_>) -> Result<()> {
    let mut random = Random::new()?;
    for heap in crowd::mails(0..MAILS).chunks(MAILS / HEAPS) {
        office.servers.fill(SUPPORT, heap.iter().map(Vec::as_slice))?;
        thread::sleep(Duration::from_millis(random.below(700)));
        office.program.stop()?;
        office.program.start(&["status"])?;
    }
    Ok(())
}

/// Kills and starts the program at random moments, while the customers go on writing.
fn kill_and_start(office: &mut Office<'_>) -> Result<()> {
    let mut random = Random::new()?;
    let mails = crowd::mails(0..MAILS);
    let mut heaps = mails.chunks(MAILS / HEAPS);
    for _ in 0..KILLS {
        if let Some(heap) = heaps.next() {
            office.servers.fill(SUPPORT, heap.iter().map(Vec::as_slice))?;
        }
        thread::sleep(Duration::from_millis(random.below(700)));
        office.program.kill()?;
        // Now and then it dies while it opens, too.
        if random.below(3) == 0 {
            office.program.spawn()?;
            thread::sleep(Duration::from_millis(random.below(150)));
            office.program.kill()?;
        }
        office.program.start(&["status"])?;
    }
    for heap in heaps {
        office.servers.fill(SUPPORT, heap.iter().map(Vec::as_slice))?;
    }
    Ok(())
}

/// Every mail is one contact, and every contact is answered once, or is known to be uncertain.
fn check(office: &Office<'_>) -> Result<()> {
    office.wait_for("ContactDelivered", MAILS)?;
    office.wait_for("ReplyReceived", MAILS)?;
    let uncertain: BTreeSet<String> =
        office.settled()?.iter().map(|entry| text(entry, "contact")).collect();
    let numbers = crowd::numbers(office)?;
    let subjects: BTreeSet<usize> = numbers.values().copied().collect();
    ensure!(office.all("ContactArrived")?.len() == MAILS, "a mail became two contacts");
    ensure!(subjects.len() == MAILS && numbers.len() == MAILS, "a mail became no contact");
    ensure!(office.all("ContactAssigned")?.len() == MAILS, "a contact was assigned twice");
    ensure!(office.all("ReplyReceived")?.len() == MAILS, "a reply was taken twice");
    let relayed = crowd::relayed(office)?;
    for (contact, number) in &numbers {
        let count = relayed.get(number).map_or(0, Vec::len);
        let expected = if uncertain.contains(contact) { 0..=1 } else { 1..=1 };
        ensure!(expected.contains(&count), "{count} replies to {contact}");
    }
    let restarts: BTreeSet<String> = office
        .all("SendUncertain")?
        .iter()
        .filter(|fact| fact.text("reason") == "Restart")
        .map(|fact| fact.text("contact"))
        .collect();
    ensure!(restarts == uncertain, "only what a kill interrupted is uncertain");
    check_copies(office)
}

/// Every contact has a copy with its agent; a second one has the same Message-ID, and only where a
/// kill left it unknown whether the first was sent.
fn check_copies(office: &Office<'_>) -> Result<()> {
    let repeated: BTreeSet<String> =
        office.all("SendDeferred")?.iter().map(|fact| fact.text("contact")).collect();
    let mut copies: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (agent, copy) in crowd::copies(office)? {
        let sent = format!("{} {}", agent.number, copy.field("Message-ID"));
        copies.entry(copy.field("X-Postbook-Contact")).or_default().push(sent);
    }
    ensure!(copies.len() == MAILS, "{} of {MAILS} contacts are with an agent", copies.len());
    for (contact, sent) in copies {
        let first = sent.first().context("a copy")?;
        ensure!(sent.iter().all(|one| one == first), "two different copies of {contact}");
        ensure!(sent.len() == 1 || repeated.contains(&contact), "{contact} was sent twice");
    }
    Ok(())
}

/// Two agents work while `disturb` does what it does; then everything is checked.
fn work_through(
    disturb: impl FnOnce(&mut Office<'_>) -> Result<()>,
    check_more: impl FnOnce(&Office<'_>) -> Result<()>,
) -> Result<()> {
    journey(Needs::Mail, |stage| {
        let mut office = Office::open(stage, &crowd::roomy("keep"))?;
        office.ready(&agnes())?;
        office.ready(&bruno())?;
        let (servers, stop) = (office.servers, AtomicBool::new(false));
        let stopped = &stop;
        thread::scope(|scope| {
            let working = [agnes(), bruno()]
                .map(|agent| scope.spawn(move || answers(servers, &agent, stopped)));
            let checked = disturb(&mut office).and_then(|()| check(&office));
            stop.store(true, Ordering::Relaxed);
            for person in working {
                person.join().map_err(|_| anyhow!("an agent panicked"))??;
            }
            checked
        })?;
        check_more(&office)?;
        office.verify()
    })
}

#[test]
fn kills_at_random_moments_lose_and_double_nothing() -> Result<()> {
    work_through(kill_and_start, |_| Ok(()))
}

#[test]
fn stops_at_random_moments_leave_nothing_open() -> Result<()> {
    work_through(stop_and_start, |office| {
        for kind in ["SendUncertain", "SendDeferred", "ContactReleased"] {
            ensure!(office.all(kind)?.is_empty(), "{kind} after a stop in good order");
        }
        ensure!(office.all("EngineStopped")?.len() == HEAPS, "every stop is recorded");
        Ok(())
    })
}
