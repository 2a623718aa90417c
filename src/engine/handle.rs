//! The way to the engine: commands and questions, and news of what is durable.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use command::{Answer, Command, Envelope, Rejection};
use event::{Actor, CommandId, Position};
use log::EventLog;
use projections::{Archive, Hot};
use tokio::sync::{mpsc, oneshot, watch};

use crate::now;

/// The views, as a question sees them.
pub struct Views<'a> {
    /// What is open.
    pub hot: &'a Hot,
    /// What has been.
    pub archive: &'a Archive,
}

/// What came of a command; everything it says is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    /// What the asker is told.
    pub answer: Answer,
    /// The head of the log after the command.
    pub head: Position,
    /// How many events the command led to.
    pub events: usize,
}

/// Why a command or a question has no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum EngineError {
    /// The command is not carried out; nothing has changed.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The engine has stopped; what was not acknowledged may or may not be in the log.
    #[error("the engine has stopped: {0}")]
    Stopped(Arc<str>),
}

/// A question, and what releases its answer once it is durable.
pub(crate) type Question =
    Box<dyn FnOnce(&Views<'_>) -> Box<dyn FnOnce(Result<(), Arc<str>>) + Send> + Send>;

/// A command, and who is told what came of it.
pub(crate) type Asked = (Envelope, oneshot::Sender<Result<Done, EngineError>>);

type Reply = oneshot::Receiver<Result<Done, EngineError>>;

/// What the engine's thread is asked.
pub(crate) enum Request {
    /// To decide commands in this order, up to the first that is rejected.
    Decide(Vec<Asked>),
    /// To say what would come of a command.
    Rehearse(Box<Envelope>, oneshot::Sender<Result<usize, EngineError>>),
    /// To answer a question.
    Read(Question),
    /// To end in good order.
    Stop(oneshot::Sender<()>),
}

/// A way to the engine; cheap to clone.
#[derive(Clone)]
pub struct Handle {
    pub(crate) requests: mpsc::Sender<Request>,
    pub(crate) durable: watch::Receiver<Position>,
    pub(crate) failure: watch::Receiver<Option<Arc<str>>>,
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) ids: Arc<AtomicU64>,
}

impl Handle {
    /// Has a command decided; returns once its events are durable.
    pub async fn submit(&self, actor: Actor, command: Command) -> Result<Done, EngineError> {
        let mut done = self.submit_all(&actor, vec![command]).await?;
        done.pop().ok_or_else(|| self.stopped())
    }

    /// Has commands decided in this order, with no other in between; returns once the events of all
    /// are durable. The first that is rejected is the error, and none behind it is carried out: who
    /// goes on behind the last one that was done passes none over.
    pub async fn submit_all(
        &self,
        actor: &Actor,
        commands: Vec<Command>,
    ) -> Result<Vec<Done>, EngineError> {
        let (asked, answers): (Vec<Asked>, Vec<Reply>) =
            commands.into_iter().map(|command| self.asked(actor.clone(), command)).unzip();
        let request = Request::Decide(asked);
        self.requests.send(request).await.map_err(|_| self.stopped())?;
        let mut done = Vec::with_capacity(answers.len());
        for answer in answers {
            done.push(answer.await.map_err(|_| self.stopped())??);
        }
        Ok(done)
    }

    /// Finds out whether a command would be refused; gives how many events it would lead to, without
    /// those that these would lead to. Nothing is recorded.
    pub async fn rehearse(&self, actor: Actor, command: Command) -> Result<usize, EngineError> {
        let (reply, answer) = oneshot::channel();
        let request = Request::Rehearse(Box::new(self.envelope(actor, command)), reply);
        self.requests.send(request).await.map_err(|_| self.stopped())?;
        answer.await.map_err(|_| self.stopped())?
    }

    fn envelope(&self, actor: Actor, command: Command) -> Envelope {
        let id = CommandId(self.ids.fetch_add(1, Ordering::Relaxed));
        Envelope { id, time: now(), actor, command }
    }

    fn asked(&self, actor: Actor, command: Command) -> (Asked, Reply) {
        let envelope = self.envelope(actor, command);
        let (reply, answer) = oneshot::channel();
        ((envelope, reply), answer)
    }

    /// Asks the views; returns once everything the answer rests on is durable.
    pub async fn read<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Views<'_>) -> T + Send + 'static,
    ) -> Result<T, EngineError> {
        let (reply, answer) = oneshot::channel();
        let question: Question = Box::new(move |views| {
            let value = question(views);
            Box::new(move |durable| {
                // Who no longer waits for the answer needs none.
                let _ = reply.send(durable.map(|()| value));
            })
        });
        self.requests.send(Request::Read(question)).await.map_err(|_| self.stopped())?;
        answer.await.map_err(|_| self.stopped())?.map_err(EngineError::Stopped)
    }

    /// The log, for reading what is durable.
    pub fn log(&self) -> &Arc<dyn EventLog> {
        &self.log
    }

    /// Tells of every advance of the durable head.
    pub fn durable(&self) -> watch::Receiver<Position> {
        self.durable.clone()
    }

    /// Waits until the engine has failed, and says why.
    pub async fn failed(&self) -> Arc<str> {
        let mut failure = self.failure.clone();
        match failure.wait_for(Option::is_some).await {
            Ok(reason) => reason.as_ref().map_or_else(|| Arc::from("unknown"), Arc::clone),
            Err(_) => std::future::pending().await,
        }
    }

    fn stopped(&self) -> EngineError {
        let reason = self.failure.borrow().clone();
        EngineError::Stopped(reason.unwrap_or_else(|| Arc::from("it was asked to")))
    }
}
