//! Mail that could not be read, and is read after all.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use command::{Answer, Command, LoadDirectory, Publish, QuarantineMail};
use engine::{Engine, Handle, Options};
use event::{
    Actor, ContactId, DirectoryEntry, Fact, MailboxName, Mark, OutgoingId, Position,
    QuarantineReason, Recorded, Source, Timestamp, UserName,
};
use gateway::{
    Account, Body, Fetched, HealthCell, HealthState, Inbox, Intake, MessageStore, Stopper, Terms,
    Verifier,
};
use log::{EventLog, MemoryLog};
use mail::{Purpose, TokenKey};
use projections::MemoryShelf;
use tempfile::TempDir;

use crate::peer::dovecot;

const APPLICATION: &str = "start = \"arrival\"\n[action.arrival]\ndo = \"wait for e-mail\"\n\
                           exit.mail = \"finish\"\n[action.finish]\ndo = \"end\"\n";
const MAIL: &[u8] = b"From: jo@customer.test\r\nSubject: parcel\r\n\r\nWhere is it?\r\n";
/// Long before the test runs.
const RECEIVED: Timestamp = Timestamp(1_767_225_600_000);

/// A mailbox with the engine behind it.
struct Desk {
    engine: Engine,
    intake: Intake,
    log: Arc<dyn EventLog>,
    folder: TempDir,
}

fn mailbox() -> MailboxName {
    MailboxName::new("support").unwrap()
}

fn mark() -> Mark {
    Mark::Imap { uid_validity: 7, uid: 5 }
}

/// An engine that knows no mailbox yet.
async fn unfurnished(log: Arc<dyn EventLog>) -> Desk {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        log: Arc::clone(&log),
        shelf: Arc::new(MemoryShelf::default()),
        snapshots: None,
        version: "test".to_owned(),
    };
    let (engine, _) = Engine::open(options).await.unwrap();
    let intake = Intake::new(
        engine.handle().clone(),
        MessageStore::open(folder.path()).unwrap(),
        TokenKey::from_bytes([1; 32]),
        Terms {
            internal: MailboxName::new("internal").unwrap(),
            internal_address: "internal@support.test".parse().unwrap(),
            envelope_sender: "bounces@support.test".parse().unwrap(),
            verifier: Verifier::default(),
        },
    );
    Desk { engine, intake, log, folder }
}

async fn furnish(handle: &Handle) {
    let publish = Publish {
        name: "support".parse().unwrap(),
        text: APPLICATION.to_owned(),
        files: Vec::new(),
    };
    let application = publish.name.clone();
    handle.submit(Actor::Engine, Command::Publish(publish)).await.unwrap();
    let entries = vec![DirectoryEntry::Mailbox { name: mailbox(), application }];
    let load = LoadDirectory { entries, private: Vec::new() };
    handle.submit(Actor::Engine, Command::LoadDirectory(load)).await.unwrap();
}

async fn desk(log: Arc<dyn EventLog>) -> Desk {
    let desk = unfurnished(log).await;
    furnish(&desk.intake.handle).await;
    desk
}

impl Desk {
    /// Takes a mail as a gateway hands it over.
    async fn take(&self, raw: &'static [u8]) {
        let body = Body::Raw(Bytes::from_static(raw));
        let fetched = Fetched { mark: mark(), received: Some(RECEIVED), body };
        self.intake.take(&mailbox(), vec![fetched]).await.unwrap();
    }

    fn events(&self) -> Vec<Recorded> {
        self.log.read(Position(1), usize::MAX).unwrap()
    }

    /// Every contact that arrived, with when the mail was received and who brought it in.
    fn arrivals(&self) -> Vec<(ContactId, Timestamp, Actor)> {
        let arrival = |recorded: Recorded| match recorded.event.fact {
            Fact::ContactArrived { contact, received, .. } => {
                Some((contact, received, recorded.event.actor))
            }
            _ => None,
        };
        self.events().into_iter().filter_map(arrival).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn case_084_a_replayed_mail_is_the_contact_it_would_have_been() {
    let healthy = desk(Arc::new(MemoryLog::default())).await;
    healthy.take(MAIL).await;
    let [(contact, RECEIVED, _)] = healthy.arrivals()[..] else {
        panic!("{:?}", healthy.arrivals())
    };

    // A program whose parser failed on the mail put it aside.
    let desk = desk(Arc::new(MemoryLog::default())).await;
    let message = desk.intake.store.put(Bytes::from_static(MAIL)).await.unwrap();
    let source = Source { mailbox: mailbox(), mark: mark() };
    let reason = QuarantineReason::ParserFailed;
    let command = QuarantineMail { source, message: Some(message), reason, received: RECEIVED };
    let actor = Actor::Mailbox(mailbox());
    let handle = &desk.intake.handle;
    let done = handle.submit(actor, Command::QuarantineMail(command)).await.unwrap();
    assert_eq!(desk.arrivals(), []);

    let nowhere = BTreeMap::new();
    let ada = Actor::User(UserName::new("ada").unwrap());
    let replayed = desk.intake.replay(done.head, ada.clone(), &nowhere).await.unwrap();
    assert_eq!(replayed.answer, Answer::Contact(contact));
    assert_eq!(desk.arrivals(), [(contact, RECEIVED, ada.clone())]);
    let again = desk.intake.replay(done.head, ada.clone(), &nowhere).await.unwrap_err();
    assert!(again.to_string().contains("nothing is in quarantine at"), "{again}");

    // Neither the server nor a restart brings it a second time.
    desk.take(MAIL).await;
    let Desk { engine, log, .. } = desk;
    engine.stop().await.unwrap();
    let desk = self::desk(log).await;
    desk.take(MAIL).await;
    assert_eq!(desk.arrivals(), [(contact, RECEIVED, ada)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_kept_with_its_time_and_stays() {
    let desk = desk(Arc::new(MemoryLog::default())).await;
    desk.take(b"no header at all").await;
    let quarantine = desk.intake.handle.read(|views| views.hot.quarantine.clone()).await.unwrap();
    let (position, mail) = quarantine.iter().next().unwrap();
    assert_eq!((mail.arrived, mail.reason), (RECEIVED, QuarantineReason::NoHeader));
    let nowhere = BTreeMap::new();
    let still = desk.intake.replay(position, Actor::Engine, &nowhere).await.unwrap_err();
    assert!(still.to_string().contains("it still cannot be read"), "{still}");
    // A message that is lost from the store is no reason to take it from the quarantine.
    for entry in std::fs::read_dir(desk.folder.path()).unwrap() {
        std::fs::remove_dir_all(entry.unwrap().path()).unwrap();
    }
    let missing = desk.intake.replay(position, Actor::Engine, &nowhere).await.unwrap_err();
    assert!(missing.to_string().contains("restore it from a backup"), "{missing}");
    let after = desk.intake.handle.read(|views| views.hot.quarantine.clone()).await.unwrap();
    assert_eq!(after, quarantine);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_is_rejected_is_not_passed_over() {
    let desk = unfurnished(Arc::new(MemoryLog::default())).await;
    let fetched = |uid, body| {
        let mark = Mark::Imap { uid_validity: 7, uid };
        Fetched { mark, received: Some(RECEIVED), body }
    };
    let oversize = Body::Oversize { size: 9, size_max: 8, header: Bytes::new() };
    let batch = vec![
        fetched(1, oversize.clone()),
        fetched(2, Body::Raw(Bytes::from_static(MAIL))),
        fetched(3, oversize.clone()),
    ];
    let cursor = async || desk.intake.reached(&mailbox()).await.unwrap().unwrap().cursor.uid;
    // Without an application there can be no contact.
    let error = desk.intake.take(&mailbox(), batch.clone()).await.unwrap_err();
    assert!(error.to_string().contains("has no application"), "{error}");
    assert_eq!(cursor().await, 1, "what lies behind the cursor is never fetched again");
    furnish(&desk.intake.handle).await;
    desk.intake.take(&mailbox(), batch[1..].to_vec()).await.unwrap();
    assert_eq!((desk.arrivals().len(), cursor().await), (1, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_was_not_sent_is_fetched_when_it_is_replayed() {
    let Some(peer) = dovecot() else { return };
    let user = peer.user();
    peer.fill(&user, 2, "hello");
    let account = Account::Imap(peer.imap(&user));
    let present = gateway::census(&account).await.unwrap();
    let desk = desk(Arc::new(MemoryLog::default())).await;
    let reason = QuarantineReason::Withheld;
    let withheld = |mark: &Mark| {
        let body = Body::Withheld { reason };
        Fetched { mark: mark.clone(), received: None, body }
    };
    let batch: Vec<Fetched> = present.iter().map(|present| withheld(&present.mark)).collect();
    desk.intake.take(&mailbox(), batch.clone()).await.unwrap();
    desk.intake.take(&mailbox(), batch).await.unwrap();
    let quarantine = desk.intake.handle.read(|views| views.hot.quarantine.clone()).await.unwrap();
    let [(first, mail), (second, _)] = quarantine.iter().collect::<Vec<_>>()[..] else {
        panic!("{quarantine:?}")
    };
    assert_eq!((mail.message, mail.reason), (None, reason));

    let accounts = BTreeMap::from([(mailbox(), account)]);
    desk.intake.replay(second, Actor::Engine, &accounts).await.unwrap();
    let [(_, received, _)] = desk.arrivals()[..] else { panic!("{:?}", desk.arrivals()) };
    assert!(received < mail.arrived, "the time of the server, not of the quarantine");
    for folder in ["new", "cur"] {
        std::fs::remove_dir_all(user.maildir.join(folder)).unwrap();
        std::fs::create_dir(user.maildir.join(folder)).unwrap();
    }
    let gone = desk.intake.replay(first, Actor::Engine, &accounts).await.unwrap_err();
    assert!(gone.to_string().contains("no longer in the folder"), "{gone}");
    let left = desk.intake.handle.read(|views| views.hot.quarantine.iter().count()).await.unwrap();
    assert_eq!((left, desk.arrivals().len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn case_003_one_mail_of_301_cannot_be_read_and_the_others_come() {
    let Some(peer) = dovecot() else { return };
    let user = peer.user();
    peer.fill(&user, 301, "hello");
    let filled = |number: &str| {
        let mut files = user.maildir.join("new").read_dir().unwrap();
        files.find_map(|file| {
            let path = file.unwrap().path();
            path.to_str().unwrap().contains(number).then_some(path)
        })
    };
    std::fs::write(filled(".M249P").or_else(|| filled(".M000249P")).unwrap(), "no header").unwrap();
    let desk = desk(Arc::new(MemoryLog::default())).await;
    let (stopper, stop) = Stopper::new();
    let health = HealthCell::new();
    let intake = Arc::new(desk.intake.clone());
    let run = gateway::run_imap(mailbox(), peer.imap(&user), intake, health.clone(), stop);
    let run = tokio::spawn(run);
    let mut watch = health.watch();
    let done = watch.wait_for(|health| health.state == HealthState::Ok);
    tokio::time::timeout(Duration::from_secs(60), done).await.unwrap().unwrap();
    stopper.stop();
    run.await.unwrap();
    assert_eq!(desk.arrivals().len(), 300);
    let quarantine = desk.intake.handle.read(|views| views.hot.quarantine.clone()).await.unwrap();
    let marks: Vec<Mark> = quarantine.iter().map(|(_, mail)| mail.source.mark.clone()).collect();
    assert!(matches!(marks[..], [Mark::Imap { uid: 250, .. }]), "{marks:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn case_081_nobody_is_told_that_our_own_mail_is_too_large() {
    let desk = desk(Arc::new(MemoryLog::default())).await;
    let token = TokenKey::from_bytes([1; 32]).sign(OutgoingId(Position(1)), Purpose::Copy);
    let ours = format!("X-Postbook-Loop: <{}>\r\n", mail::message_id(&token, "corp.test"));
    let oversize = |uid, fields: &str| {
        let header = format!("From: jo{uid}@customer.test\r\n{fields}\r\n").into();
        let body = Body::Oversize { size: 9, size_max: 8, header };
        Fetched { mark: Mark::Imap { uid_validity: 7, uid }, received: None, body }
    };
    let batch = vec![oversize(1, ""), oversize(2, &ours)];
    desk.intake.take(&mailbox(), batch).await.unwrap();
    let events = desk.events();
    let names: Vec<_> = events.iter().map(|recorded| recorded.event.fact.name()).collect();
    assert_eq!(names[names.len() - 3..], ["MailRefused", "OversizeHeaderKept", "MailRefused"]);
}
