//! The sandbox: one folder in which the main job runs before the user's eyes.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use engine::Handle;
use event::{AgentNumber, Fact, Position, Recorded};

use crate::apply::Origin;
use crate::arguments::{Common, TryArgs};
use crate::print;
use crate::sandbox_people::{Ada, AgentMail, Customers};
use crate::serve::{Server, Signals, runtime};

const CONFIG: &str = "postbook.toml";

/// `postbook try`.
pub(crate) fn run(args: &TryArgs, _common: &Common) -> Result<()> {
    crate::logging::start_quietly();
    let fresh = prepare(&args.folder)?;
    let origin = Origin { path: args.folder.join(CONFIG), data: None };
    let config = Arc::new(origin.read()?);
    runtime()?.block_on(async {
        let mut signals = Signals::new()?;
        let server = Server::start(&origin, config).await?;
        tokio::select! {
            told = play(&server, args, fresh) => told?,
            () = signals.wait() => {}
            reason = server.failed() => anyhow::bail!("the engine stopped: {reason}"),
        }
        print::line("\nStopped. Start again to find every contact where it was.")?;
        server.stop().await
    })
}

/// Makes the sandbox's folder; tells whether it is new.
fn prepare(folder: &Path) -> Result<bool> {
    let config = folder.join(CONFIG);
    if config.exists() {
        return Ok(false);
    }
    let empty = fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none());
    ensure!(
        empty,
        "{} holds something else; give --folder with a new folder's name",
        folder.display()
    );
    let mail = ["support", "sales", "service-clients", "replies"];
    let people = ["ada", "ben"];
    for name in mail.into_iter().chain(people) {
        for part in ["new", "cur", "tmp"] {
            let path = folder.join("mail").join(format!("{name}@desk.test")).join(part);
            fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
        }
    }
    fs::write(folder.join("support.toml"), include_str!("sample/support.toml"))?;
    fs::write(folder.join("sales.toml"), include_str!("sample/sales.toml"))?;
    // Written last: a folder with it is complete.
    fs::write(config, include_str!("sample/postbook.toml"))?;
    Ok(true)
}

/// Tells what happens, plays customers and agents, and never ends.
async fn play(server: &Server, args: &TryArgs, fresh: bool) -> Result<()> {
    let handle = server.handle().clone();
    let mail = args.folder.join("mail");
    greet(server, args, fresh).await?;
    let customers = Customers::new(&mail);
    if fresh {
        customers.write_all()?;
    }
    let mut ada = Ada::new(handle.clone());
    ada.begin(fresh).await?;
    let mut agents =
        [AgentMail::new(&mail, "ada", "Ada Martin"), AgentMail::new(&mail, "ben", "Ben Roy")];
    let mut teller = Teller { next: handle.log().head().next(), handle, told: false };
    loop {
        let news = teller.news().await?;
        let quiet = news.is_empty();
        for recorded in news {
            if let Some(text) = headline(&recorded) {
                print::line(&format!("  {text}"))?;
            }
            ada.hear(&recorded).await?;
        }
        if ada.is_away() && quiet && !teller.told {
            teller.told = true;
            advise(args)?;
        }
        for agent in &mut agents {
            agent.answer_all()?;
        }
        customers.write_sometimes()?;
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

async fn greet(server: &Server, args: &TryArgs, fresh: bool) -> Result<()> {
    let folder = args.folder.display();
    if fresh {
        print::line(&format!(
            "A contact centre in the folder {folder}: three public mailboxes, two agents.\n\
             Five customers write; Ada (1001) answers two of them. What happens:\n"
        ))?;
        return Ok(());
    }
    let counted = server.handle().read(|views| {
        let waiting: usize = views.hot.queues.lines().map(|line| views.hot.queues.len(line)).sum();
        (views.hot.contacts.len(), waiting)
    });
    let (open, waiting) = counted.await?;
    print::line(&format!(
        "Back in {folder}: {} events in the log, {open} contacts open, {waiting} of them waiting,\n\
         each where it was. What happens from now on:\n",
        server.opened().head
    ))
}

fn advise(args: &TryArgs) -> Result<()> {
    let config = args.folder.join(CONFIG);
    let program = program();
    let run = format!("{program} --config {}", config.display());
    print::line(&format!(
        "\nAda is at lunch; who waits now waits for Ben (1002). Type in another terminal:\n\
         \n  {run} queue                 who waits where\
         \n  {run} agent ready 1002      Ben takes the next contact; his mail client answers\
         \n  {run} agent release 1002    Ben is done with it\
         \n  {run} journal list          all contacts; then: journal show CONTACT\
         \n  {run} log verify            check every event and every hash\
         \n\nThe mail lies in {}/mail. Kill this with kill -9 {} and start it again:\n\
         every contact will be where it was. It runs until Ctrl-C.\n",
        args.folder.display(),
        std::process::id(),
    ))
}

/// How the user started us.
fn program() -> String {
    if std::env::var_os("CARGO").is_some() {
        "cargo run -q --".to_owned()
    } else {
        std::env::args().next().unwrap_or_else(|| "postbook".to_owned())
    }
}

/// Reads the log as it grows.
struct Teller {
    handle: Handle,
    next: Position,
    told: bool,
}

impl Teller {
    async fn news(&mut self) -> Result<Vec<Recorded>> {
        let (log, next) = (Arc::clone(self.handle.log()), self.next);
        let news = tokio::task::spawn_blocking(move || log.read(next, 1000)).await??;
        if let Some(last) = news.last() {
            self.next = last.position.next();
        }
        Ok(news)
    }
}

/// The events a newcomer wants to see.
fn headline(recorded: &Recorded) -> Option<String> {
    let event = &recorded.event;
    let shown = match &event.fact {
        Fact::ContactArrived { .. }
        | Fact::ContactAssigned { .. }
        | Fact::ContactDelivered { .. }
        | Fact::ContactTransferred { .. }
        | Fact::ContactRequeued { .. }
        | Fact::ReplyReceived { .. }
        | Fact::ReplyRelayed { .. }
        | Fact::ReplyRefused { .. }
        | Fact::DispositionSet { .. }
        | Fact::ContactReleased { .. }
        | Fact::MailQuarantined { .. }
        | Fact::MailSetAside { .. }
        | Fact::SendUncertain { .. } => true,
        Fact::AgentStateChanged { agent, .. } => *agent == AgentNumber(1002),
        _ => false,
    };
    shown.then(|| {
        let time = print::local(&http::answer::instant(event.time));
        let clock = time.split(' ').next_back().unwrap_or_default();
        format!("{clock}  {}", http::describe(event))
    })
}
