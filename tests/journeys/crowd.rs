//! A thousand customers' mails at once, and what became of each.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use harness::{Agent, Customer, Mail, Servers};

use super::office::{INTERNAL, Office, Plan, SUPPORT, agnes, bruno, text};

/// How many mails a crowd writes.
pub(crate) const CROWD: usize = 1000;
/// They come from so many customers.
const CUSTOMERS: usize = 20;

/// Two agents who can hold the crowd's contacts between them.
pub(crate) fn roomy(held_contacts: &'static str) -> Plan {
    Plan { agents: vec![(agnes(), 600), (bruno(), 400)], held_contacts, ..Plan::default() }
}

/// The subject of the crowd's mail number `number`.
pub(crate) fn subject(number: usize) -> String {
    format!("crowd {number:04}")
}

fn customer(number: usize) -> Customer {
    let number = number % CUSTOMERS;
    Customer::new(&format!("Customer {number}"), &format!("customer{number}@customer.test"))
}

/// The crowd's mails with these numbers, as they lie in the mailbox.
pub(crate) fn mails(numbers: std::ops::Range<usize>) -> Vec<Vec<u8>> {
    let write = |number| customer(number).write(SUPPORT, &[], &subject(number), "When?").raw;
    numbers.map(write).collect()
}

/// The whole crowd writes; returns the contacts once all of them have arrived.
pub(crate) fn arrive(office: &Office<'_>) -> Result<BTreeSet<String>> {
    office.servers.fill(SUPPORT, mails(0..CROWD).iter().map(Vec::as_slice))?;
    let arrived = office.wait_for("ContactArrived", CROWD)?;
    let contacts: BTreeSet<String> = arrived.iter().map(|fact| fact.text("contact")).collect();
    ensure!(contacts.len() == CROWD, "{} contacts of {CROWD} mails", contacts.len());
    Ok(contacts)
}

/// The whole crowd writes, and its contacts are delivered to the two agents.
pub(crate) fn deliver(office: &Office<'_>) -> Result<BTreeSet<String>> {
    let contacts = arrive(office)?;
    office.ready(&agnes())?;
    office.ready(&bruno())?;
    office.wait_for("ContactDelivered", CROWD)?;
    office.servers.wait_until_delivered()?;
    Ok(contacts)
}

/// All copies in the mailboxes of the two agents; not what they are told besides.
pub(crate) fn copies(office: &Office<'_>) -> Result<Vec<(Agent, Mail)>> {
    let mut copies = Vec::new();
    for agent in [agnes(), bruno()] {
        let mails = copies_for(office.servers, &agent)?;
        copies.extend(mails.into_iter().map(|mail| (agent.clone(), mail)));
    }
    Ok(copies)
}

/// All copies in the mailbox of an agent; notices are none.
fn copies_for(servers: &Servers, agent: &Agent) -> Result<Vec<Mail>> {
    let mut mails = servers.mailbox(&agent.address)?;
    mails.retain(|mail| mail.field("Auto-Submitted").is_empty());
    Ok(mails)
}

/// Every contact has exactly one copy, and it is with the agent the contact was assigned to.
pub(crate) fn check_copies(office: &Office<'_>, contacts: &BTreeSet<String>) -> Result<()> {
    office.servers.wait_until_delivered()?;
    let copies = copies(office)?;
    let ids: BTreeSet<String> = copies.iter().map(|(_, copy)| copy.field("Message-ID")).collect();
    ensure!(ids.len() == copies.len(), "a copy was sent twice");
    let found: BTreeMap<String, u32> = copies
        .iter()
        .map(|(agent, copy)| (copy.field("X-Postbook-Contact"), agent.number))
        .collect();
    ensure!(found.len() == copies.len(), "a contact has two copies");
    ensure!(found.keys().eq(contacts), "{} of {} contacts", found.len(), contacts.len());
    let assigned = office.all("ContactAssigned")?;
    ensure!(assigned.len() == contacts.len(), "a contact was assigned twice");
    for fact in assigned {
        let with = found.get(&fact.text("contact")).copied();
        ensure!(with.map(u64::from) == Some(fact.number("agent")), "a copy went astray");
    }
    Ok(())
}

/// Both agents answer every copy; the replies lie in the internal mailbox at once.
pub(crate) fn answer_all(office: &Office<'_>) -> Result<()> {
    let copies = copies(office)?;
    let replies: Vec<Vec<u8>> =
        copies.iter().map(|(agent, copy)| agent.reply(copy, "Soon.").raw).collect();
    office.servers.fill(INTERNAL, replies.iter().map(Vec::as_slice))?;
    office.wait_for("ReplyReceived", replies.len()).map(|_| ())
}

/// How many relayed replies there are to each mail of the crowd, by the mail's number.
pub(crate) fn relayed(office: &Office<'_>) -> Result<BTreeMap<usize, Vec<Mail>>> {
    office.servers.wait_until_delivered()?;
    let mut relayed: BTreeMap<usize, Vec<Mail>> = BTreeMap::new();
    for number in 0..CUSTOMERS {
        for mail in office.servers.mailbox(&customer(number).address)? {
            let subject = mail.subject();
            let answered = subject.rsplit(' ').next().and_then(|number| number.parse().ok());
            let answered = answered.with_context(|| format!("whose is `{subject}`?"))?;
            relayed.entry(answered).or_default().push(mail);
        }
    }
    Ok(relayed)
}

/// The number of the crowd's mail that each contact is.
pub(crate) fn numbers(office: &Office<'_>) -> Result<BTreeMap<String, usize>> {
    let number = |subject: &str| subject.rsplit(' ').next().and_then(|last| last.parse().ok());
    office
        .all("ContactArrived")?
        .iter()
        .map(|fact| {
            let found = number(&fact.subject()).context("the crowd numbers its mails")?;
            Ok((fact.text("contact"), found))
        })
        .collect()
}

/// Both agents answer each contact once, as soon as its copy is there, while `work` lasts.
pub(crate) fn answer_during<T>(servers: &Servers, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let working = [agnes(), bruno()]
            .map(|agent| scope.spawn(|| answer_as_they_come(servers, agent, &stop)));
        let done = work();
        stop.store(true, Ordering::Relaxed);
        for person in working {
            person.join().map_err(|_| anyhow!("an agent panicked"))??;
        }
        done
    })
}

fn answer_as_they_come(servers: &Servers, agent: Agent, stop: &AtomicBool) -> Result<()> {
    let mut answered = BTreeSet::new();
    while !stop.load(Ordering::Relaxed) {
        let mut copies = copies_for(servers, &agent)?;
        copies.retain(|copy| answered.insert(copy.field("Message-ID")));
        let replies: Vec<Vec<u8>> =
            copies.iter().map(|copy| agent.reply(copy, "Soon.").raw).collect();
        servers.fill(INTERNAL, replies.iter().map(Vec::as_slice))?;
        thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// Waits until the first `mails` mails of the crowd are answered, and checks that each is one
/// contact, and that each contact was answered once or its answer is known to be uncertain. Returns
/// the uncertain ones.
pub(crate) fn check_answered(office: &Office<'_>, mails: usize) -> Result<BTreeSet<String>> {
    office.wait_for("ContactDelivered", mails)?;
    office.wait_for("ReplyReceived", mails)?;
    let uncertain: BTreeSet<String> =
        office.settled()?.iter().map(|entry| text(entry, "contact")).collect();
    let numbers = numbers(office)?;
    let subjects: BTreeSet<usize> = numbers.values().copied().collect();
    ensure!(office.all("ContactArrived")?.len() == mails, "a mail became two contacts");
    ensure!(subjects.len() == mails && numbers.len() == mails, "a mail became no contact");
    ensure!(office.all("ContactAssigned")?.len() == mails, "a contact was assigned twice");
    ensure!(office.all("ReplyReceived")?.len() == mails, "a reply was taken twice");
    let relayed = relayed(office)?;
    for (contact, number) in &numbers {
        let count = relayed.get(number).map_or(0, Vec::len);
        let expected = if uncertain.contains(contact) { 0..=1 } else { 1..=1 };
        ensure!(expected.contains(&count), "{count} replies to {contact}");
    }
    let told: BTreeSet<String> =
        office.all("SendUncertain")?.iter().map(|fact| fact.text("contact")).collect();
    ensure!(told == uncertain, "what became uncertain stays so");
    check_repeated(office, mails)?;
    Ok(uncertain)
}

/// Every contact has a copy with its agent; a second one has the same Message-ID, and only where it
/// was left unknown whether the first was sent.
fn check_repeated(office: &Office<'_>, mails: usize) -> Result<()> {
    let repeated: BTreeSet<String> =
        office.all("SendDeferred")?.iter().map(|fact| fact.text("contact")).collect();
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (agent, copy) in copies(office)? {
        let sent = format!("{} {}", agent.number, copy.field("Message-ID"));
        found.entry(copy.field("X-Postbook-Contact")).or_default().push(sent);
    }
    ensure!(found.len() == mails, "{} of {mails} contacts are with an agent", found.len());
    for (contact, sent) in found {
        let first = sent.first().context("a copy")?;
        ensure!(sent.iter().all(|one| one == first), "two different copies of {contact}");
        ensure!(sent.len() == 1 || repeated.contains(&contact), "{contact} was sent twice");
    }
    Ok(())
}
