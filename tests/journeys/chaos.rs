//! Everything that networks and servers do to mail, all at once, while the program is killed again
//! and again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};
use harness::{Fault, Needs, Random, Stage, Wire, journey};

use super::crowd;
use super::office::{Office, PASSWORD, Plan, SALES, SUPPORT, agnes, bruno};

/// The customers' mails; each travels on as a copy, an answer and a relayed answer.
const MAILS: usize = 2000;
const HEAPS: usize = 20;
/// The mailbox that is fetched by POP3.
const POST: &str = "post@support.test";

/// What goes wrong on the way to a mailbox, each kind in turn.
fn fetching(number: u64, random: &mut Random) -> Fault {
    let after = random.of_any_length(17);
    match number % 8 {
        0 => Fault::Cut(after),
        1 => Fault::Reset(after),
        2 => Fault::Garbage(after),
        3 => Fault::Hang(after),
        4 => Fault::Refuse,
        5 => Fault::Slow(after),
        6 => Fault::HalfOpen(after),
        _ => Fault::None,
    }
}

/// What goes wrong on the way out.
fn sending(number: u64, random: &mut Random) -> Fault {
    let mail = u32::try_from(random.below(60)).unwrap_or_default();
    match number % 4 {
        0 => Fault::BeforeReply(mail),
        1 => Fault::BeforeDot(mail),
        2 => Fault::NoReply(mail),
        _ => fetching(number / 4, random),
    }
}

/// The wires between the program and its servers.
struct Wires {
    fetching: [Wire; 3],
    sending: Wire,
}

impl Wires {
    fn suffer(&self, random: &Random) {
        for (number, wire) in (0..).zip(&self.fetching) {
            wire.suffer_in_turn(random.part(number), fetching);
        }
        self.sending.suffer_in_turn(random.part(9), sending);
    }

    fn heal(&self) {
        self.all().for_each(|wire| wire.suffer(Fault::None));
    }

    fn all(&self) -> impl Iterator<Item = &Wire> {
        self.fetching.iter().chain([&self.sending])
    }

    /// Every kind of fault has struck.
    fn check(&self) -> Result<()> {
        let mut total: BTreeMap<&str, u32> = BTreeMap::new();
        for (kind, count) in self.all().flat_map(Wire::struck) {
            *total.entry(kind).or_default() += count;
        }
        eprintln!("what went wrong: {total:?}");
        let kinds: BTreeSet<&str> = total.into_keys().collect();
        let expected = "BeforeDot BeforeReply Cut Garbage HalfOpen Hang NoReply Refuse Reset Slow";
        ensure!(kinds.into_iter().eq(expected.split(' ')), "not everything went wrong");
        Ok(())
    }
}

/// The contact centre, with a wire in every way: IMAP in the clear and over TLS, POP3, and SMTP.
fn install(stage: &Stage) -> Result<(Office<'_>, Wires)> {
    let servers = stage.servers()?;
    let wire = |name| Wire::to(servers.port(name)?);
    let wires =
        Wires { fetching: [wire("IMAP")?, wire("IMAPS")?, wire("POP3")?], sending: wire("SMTP")? };
    let [imap, imaps, pop3] = &wires.fetching;
    let plan = Plan {
        agents: vec![(agnes(), 2000), (bruno(), 2000)],
        held_contacts: "keep",
        plain_smtp_port: Some(wires.sending.port()),
        extra: format!(
            "[[mailbox]]\nname = \"post\"\naddresses = [\"{POST}\"]\napplication = \"support\"\n\
             pop3 = {{ host = \"localhost\", port = {}, security = \"plain-loopback\", \
             user = \"{POST}\", password_file = \"password\", poll_seconds = 1 }}\n",
            pop3.port()
        ),
        ..Plan::default()
    };
    servers.user(POST, PASSWORD)?;
    let office = Office::install(stage, &plan)?;
    let path = office.program.configuration();
    let configuration = fs::read_to_string(&path)?
        .replace(&format!("port = {},", servers.port("IMAP")?), &format!("port = {},", imap.port()))
        .replace(
            &format!("port = {},", servers.port("IMAPS")?),
            &format!("port = {},", imaps.port()),
        )
        .replace("\"starttls\"", "\"plain-loopback\"")
        .replace("[outgoing]\n", "[outgoing]\nconnections = 4\n");
    fs::write(path, configuration)?;
    Ok((office, wires))
}

/// Customers write heap by heap, and the program is killed at random moments.
fn disturb(office: &mut Office<'_>, mut random: Random) -> Result<()> {
    let mails = crowd::mails(0..MAILS);
    for (heap, mails) in mails.chunks(MAILS / HEAPS).enumerate() {
        let mailbox = [SUPPORT, POST, SALES, SUPPORT][heap % 4];
        office.servers.fill(mailbox, mails.iter().map(Vec::as_slice))?;
        thread::sleep(Duration::from_millis(random.below(3000)));
        if heap % 2 == 1 {
            office.program.kill()?;
            // Now and then it dies while it opens, too.
            if random.below(3) == 0 {
                office.program.spawn()?;
                thread::sleep(Duration::from_millis(random.below(150)));
                office.program.kill()?;
            }
            office.program.start(&["status"])?;
        }
    }
    Ok(())
}

#[test]
fn chaos_on_every_wire_loses_and_doubles_nothing() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let random = Random::seeded("the faults and the kills")?;
        let (mut office, wires) = install(stage)?;
        office.start()?;
        office.ready(&agnes())?;
        office.ready(&bruno())?;
        wires.suffer(&random);
        let uncertain = crowd::answer_during(office.servers, || {
            disturb(&mut office, random.part(10))?;
            crowd::check_answered(&office, MAILS)
        })?;
        eprintln!("{} answers are uncertain", uncertain.len());
        ensure!(uncertain.len() < MAILS / 10, "people have to look at too many");
        wires.check()?;
        wires.heal();
        // It fails where a mail is accounted for by no event, or by two.
        let told = office.program.json(&["mail", "reconcile"])?;
        let recorded = told.as_array().into_iter().flatten();
        let recorded: u64 = recorded.filter_map(|mailbox| mailbox["recorded"].as_u64()).sum();
        ensure!(recorded == 2 * MAILS as u64, "as many questions as answers: {told}");
        office.verify()
    })
}
