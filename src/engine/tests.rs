//! The loop over logs in memory, good ones and bad ones.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use command::{Command, LoadDirectory, Publish, Rejection, SetAgentState};
use event::{
    Actor, AgentNumber, AgentState, DirectoryEntry, Event, Fact, Position, PrivateEntry, Recorded,
    TeamReason,
};
use log::{AppendError, EventLog, MemoryLog, ReadError, Verified};
use projections::{Hot, MemoryShelf, Shelf};

use crate::{Engine, EngineError, Opened, Options, replay_for_reading};

/// A log whose appends can be slow, counted, or refused.
struct Wayward {
    inner: MemoryLog,
    appends: AtomicUsize,
    pause: Duration,
    full: AtomicBool,
}

impl Wayward {
    fn new(pause: Duration) -> Arc<Self> {
        let (appends, full) = (AtomicUsize::new(0), AtomicBool::new(false));
        Arc::new(Self { inner: MemoryLog::default(), appends, pause, full })
    }
}

impl EventLog for Wayward {
    fn head(&self) -> Position {
        self.inner.head()
    }

    fn append(&self, expected_head: Position, batch: &[Event]) -> Result<Position, AppendError> {
        if self.full.load(Ordering::SeqCst) && !batch.is_empty() {
            return Err(AppendError::Full("no space".to_owned()));
        }
        std::thread::sleep(self.pause);
        self.appends.fetch_add(usize::from(!batch.is_empty()), Ordering::SeqCst);
        self.inner.append(expected_head, batch)
    }

    fn read(&self, from: Position, count_max: usize) -> Result<Vec<Recorded>, ReadError> {
        self.inner.read(from, count_max)
    }

    fn scan(
        &self,
        from: Position,
        visit: &mut dyn FnMut(Recorded) -> ControlFlow<()>,
    ) -> Result<(), ReadError> {
        self.inner.scan(from, visit)
    }

    fn verify(&self, progress: &mut dyn FnMut(Position)) -> Result<Verified, ReadError> {
        self.inner.verify(progress)
    }
}

async fn open(log: Arc<dyn EventLog>, shelf: &Arc<MemoryShelf>, folder: &Path) -> (Engine, Opened) {
    let shelf: Arc<dyn Shelf> = Arc::clone(shelf) as Arc<dyn Shelf>;
    let snapshots = Some(folder.join("snapshots"));
    Engine::open(Options { log, shelf, snapshots, version: "test".to_owned() }).await.unwrap()
}

async fn furnish(engine: &Engine) {
    let number = AgentNumber(1001);
    let queues = vec!["support".parse().unwrap()];
    let entries = vec![
        DirectoryEntry::Queue { name: "support".parse().unwrap() },
        DirectoryEntry::Agent { number, queues, capacity: 1 },
    ];
    let private = vec![PrivateEntry::Agent {
        number,
        name: "Ada".to_owned(),
        address: "ada@desk.test".parse().unwrap(),
    }];
    give(engine, Command::LoadDirectory(LoadDirectory { entries, private })).await.unwrap();
}

async fn give(engine: &Engine, command: Command) -> Result<crate::Done, EngineError> {
    engine.handle().submit(Actor::Engine, command).await
}

fn state(number: u32, turn: usize) -> Command {
    let reason = TeamReason::new(format!("turn {turn}")).unwrap();
    let agent = AgentNumber(number);
    Command::SetAgentState(SetAgentState { agent, state: AgentState::NotReady { reason } })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_durable_and_a_refusal_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let log = Wayward::new(Duration::from_millis(5));
    let (engine, _) = open(log.clone(), &Arc::default(), folder.path()).await;
    furnish(&engine).await;
    let done = give(&engine, state(1001, 1)).await.unwrap();
    assert_eq!((done.events, done.head), (1, log.head()));
    let seen = engine.handle().read(|views| views.hot.position).await.unwrap();
    assert!(seen <= log.head(), "a question rests on durable events only");
    let refused = give(&engine, state(7, 1)).await.unwrap_err();
    assert!(matches!(refused, EngineError::Rejected(Rejection::UnknownAgent(AgentNumber(7)))));
    assert_eq!(log.head(), done.head);
    engine.stop().await.unwrap();
    let last = log.read(log.head(), 1).unwrap().pop().unwrap();
    assert_eq!(last.event.fact, Fact::EngineStopped);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_appended_together() {
    let folder = tempfile::tempdir().unwrap();
    let log = Wayward::new(Duration::from_millis(20));
    let (engine, _) = open(log.clone(), &Arc::default(), folder.path()).await;
    furnish(&engine).await;
    let before = log.appends.load(Ordering::SeqCst);
    let commands = (0..500).map(|turn| state(1001, turn)).collect();
    let done = engine.handle().submit_all(&Actor::Engine, commands).await.unwrap();
    assert_eq!(done.iter().map(|done| done.events).sum::<usize>(), 500);
    let appends = log.appends.load(Ordering::SeqCst) - before;
    assert!(appends < 100, "{appends} appends for 500 commands");
    engine.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_behind_a_rejected_command_is_carried_out() {
    let folder = tempfile::tempdir().unwrap();
    let log = Wayward::new(Duration::ZERO);
    let (engine, _) = open(log.clone(), &Arc::default(), folder.path()).await;
    furnish(&engine).await;
    let before = log.head();
    let commands = vec![state(1001, 1), state(7, 1), state(1001, 2)];
    let refused = engine.handle().submit_all(&Actor::Engine, commands).await.unwrap_err();
    assert!(matches!(refused, EngineError::Rejected(Rejection::UnknownAgent(AgentNumber(7)))));
    assert_eq!(log.head(), before.next());
    engine.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn views_after_any_end_are_those_of_a_replay() {
    let folder = tempfile::tempdir().unwrap();
    let log = Wayward::new(Duration::ZERO);
    let shelf = Arc::new(MemoryShelf::default());
    for orderly in [false, true, false, true] {
        let (engine, _) = open(log.clone(), &shelf, folder.path()).await;
        furnish(&engine).await;
        for turn in 0..50 {
            give(&engine, state(1001, turn)).await.unwrap();
        }
        let hash = engine.handle().read(|views| views.hot.state_hash().unwrap()).await.unwrap();
        let mut replayed = Hot::default();
        log.scan(Position(1), &mut |recorded| {
            replayed.apply(recorded.position, &recorded.event);
            ControlFlow::Continue(())
        })
        .unwrap();
        assert_eq!(replayed.state_hash().unwrap(), hash);
        if orderly {
            engine.stop().await.unwrap();
        } else {
            drop(engine);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_shortens_the_next_start_and_a_damaged_one_does_not_harm() {
    let folder = tempfile::tempdir().unwrap();
    let log = Wayward::new(Duration::ZERO);
    let shelf = Arc::new(MemoryShelf::default());
    let (engine, _) = open(log.clone(), &shelf, folder.path()).await;
    furnish(&engine).await;
    give(&engine, state(1001, 1)).await.unwrap();
    engine.stop().await.unwrap();
    let (engine, opened) = open(log.clone(), &shelf, folder.path()).await;
    assert_eq!(opened.replayed, 0);
    engine.stop().await.unwrap();
    let path = std::fs::read_dir(folder.path().join("snapshots")).unwrap().next().unwrap();
    let path = path.unwrap().path();
    let mut bytes = std::fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let (engine, opened) = open(log.clone(), &shelf, folder.path()).await;
    assert_eq!(opened.replayed, opened.head.0, "everything is replayed");
    engine.stop().await.unwrap();
    let shelf: Arc<dyn Shelf> = Arc::new(MemoryShelf::default());
    let (hot, archive) = replay_for_reading(&*log, shelf, None).unwrap();
    assert_eq!((hot.position, archive.position()), (log.head(), log.head()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_the_engine_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let log = Wayward::new(Duration::ZERO);
    let shelf = Arc::new(MemoryShelf::default());
    let (engine, _) = open(log.clone(), &shelf, folder.path()).await;
    furnish(&engine).await;
    let acknowledged = give(&engine, state(1001, 1)).await.unwrap();
    log.full.store(true, Ordering::SeqCst);
    let failed = give(&engine, state(1001, 2)).await.unwrap_err();
    assert!(matches!(failed, EngineError::Stopped(_)), "{failed}");
    assert!(engine.handle().failed().await.contains("full"));
    assert!(engine.stop().await.is_err());
    assert_eq!(log.head(), acknowledged.head);
    log.full.store(false, Ordering::SeqCst);
    let (engine, opened) = open(log.clone(), &shelf, folder.path()).await;
    assert_eq!(opened.head, acknowledged.head);
    give(&engine, state(1001, 2)).await.unwrap();
    engine.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_waits_by_the_clock() {
    let folder = tempfile::tempdir().unwrap();
    let log = Wayward::new(Duration::ZERO);
    let (engine, _) = open(log.clone(), &Arc::default(), folder.path()).await;
    let text = "start = \"a\"\n[action.a]\ndo = \"wait for e-mail\"\nexit.mail = \"w\"\n[action.w]\ndo = \"wait\"\nseconds = 1\nexit.over = \"e\"\n[action.e]\ndo = \"end\"\n";
    let name = "support".parse().unwrap();
    give(&engine, Command::Publish(Publish { name, text: text.to_owned(), files: Vec::new() }))
        .await
        .unwrap();
    let entries = vec![DirectoryEntry::Mailbox {
        name: "support".parse().unwrap(),
        application: "support".parse().unwrap(),
    }];
    let private = Vec::new();
    give(&engine, Command::LoadDirectory(LoadDirectory { entries, private })).await.unwrap();
    let mail = command::ReceiveMail {
        source: event::Source {
            mailbox: "support".parse().unwrap(),
            mark: event::Mark::Imap { uid_validity: 1, uid: 1 },
        },
        message: event::MessageRef { digest: event::MessageDigest([1; 32]), size: 1 },
        received: crate::now(),
        digest: [1; 32],
        parsed: mail::Parsed::default(),
        answers: None,
        sender: mail::SenderCheck::default(),
    };
    give(&engine, Command::ReceiveMail(Box::new(mail))).await.unwrap();
    let mut durable = engine.handle().durable();
    let over = async {
        while engine.handle().read(|views| !views.hot.contacts.is_empty()).await.unwrap() {
            durable.changed().await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(30), over).await.unwrap();
    engine.stop().await.unwrap();
}
