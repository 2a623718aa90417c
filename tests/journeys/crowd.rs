//! A thousand customers' mails at once, and what became of each.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use harness::{Agent, Customer, Mail};

use super::office::{INTERNAL, Office, Plan, SUPPORT, agnes, bruno};

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

/// All copies in the mailboxes of the two agents.
pub(crate) fn copies(office: &Office<'_>) -> Result<Vec<(Agent, Mail)>> {
    let mut copies = Vec::new();
    for agent in [agnes(), bruno()] {
        let mails = office.servers.mailbox(&agent.address)?;
        copies.extend(mails.into_iter().map(|mail| (agent.clone(), mail)));
    }
    Ok(copies)
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
