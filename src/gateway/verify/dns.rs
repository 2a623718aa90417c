//! The DNS: whom to ask, and whether anybody answers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use mail_auth::MessageAuthenticator;
use mail_auth::hickory_resolver::config::{NameServerConfig, ResolverConfig, ResolverOpts};
use mail_auth::hickory_resolver::net::NetError;
use mail_auth::hickory_resolver::proto::rr::RecordType;
use mail_auth::hickory_resolver::system_conf::read_system_conf;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, timeout, timeout_at};

use crate::{HealthCell, Stop};

/// A server that does not answer a question within this time is asked once more, or given up.
const ANSWER: Duration = Duration::from_secs(2);
/// After no answer at all, the DNS is asked again at this interval whether it is back.
const RETRY: Duration = Duration::from_secs(5);
/// So many mails are checked at once.
const CHECKS_MAX: usize = 32;
const SILENT: &str = "the DNS does not answer, so mail goes on unchecked where its server told nothing \
                      of the sender; mend it, or turn this off by verification.check = \"header\"";

/// A resolver that knows whether it is of any use.
#[derive(Clone)]
pub struct Dns {
    authenticator: MessageAuthenticator,
    answers: Arc<watch::Sender<Option<bool>>>,
    doubt: Arc<Notify>,
    permits: Arc<Semaphore>,
}

/// Why the DNS cannot be used.
#[derive(Debug, thiserror::Error)]
#[error(
    "the system does not say which DNS server to ask ({0}); name one as `verification.dns_server`"
)]
pub struct DnsError(#[from] NetError);

impl Dns {
    /// Asks `server`, or those of the system. Nobody is asked before [`Dns::watch`] runs.
    pub fn new(server: Option<SocketAddr>) -> Result<Self, DnsError> {
        let (config, mut options) = match server {
            Some(server) => (only(server), ResolverOpts::default()),
            None => read_system_conf()?,
        };
        options.timeout = ANSWER;
        options.attempts = 1;
        Ok(Self {
            authenticator: MessageAuthenticator::new(config, options)?,
            answers: Arc::new(watch::Sender::new(None)),
            doubt: Arc::default(),
            permits: Arc::new(Semaphore::new(CHECKS_MAX)),
        })
    }

    /// Asks what a mail claims.
    pub(super) fn authenticator(&self) -> &MessageAuthenticator {
        &self.authenticator
    }

    /// The right to check a mail, for as long as it is held.
    pub(super) async fn permit(&self) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed.
        Arc::clone(&self.permits).acquire_owned().await.ok()
    }

    /// Whether the DNS answers, as far as is known; waits until it was asked for the first time.
    pub(super) async fn answers(&self, limit: Instant) -> bool {
        let mut known = self.answers.subscribe();
        let first = timeout_at(limit, known.wait_for(Option::is_some)).await;
        matches!(first, Ok(Ok(answers)) if *answers == Some(true))
    }

    /// A question got no answer: whether anybody answers at all has to be found out again.
    pub(super) fn doubt(&self) {
        self.doubt.notify_one();
    }

    /// Finds out whether anybody answers: at first, whenever that is in doubt, and after a silence
    /// at times, so that no mail has to wait for the DNS to be back.
    pub async fn watch(self, health: HealthCell, mut stop: Stop) {
        loop {
            let answers = self.is_alive().await;
            let before = self.answers.send_replace(Some(answers));
            if answers {
                health.succeeded();
            } else {
                if before != Some(false) {
                    tracing::warn!("{SILENT}");
                }
                health.failed(SILENT.to_owned());
            }
            let next = async {
                if answers { self.doubt.notified().await } else { tokio::time::sleep(RETRY).await }
            };
            tokio::select! {
                () = next => {}
                () = stop.stopped() => return,
            }
        }
    }

    /// Every server knows something to say of the root, be it that it says nothing about it.
    async fn is_alive(&self) -> bool {
        let resolver = self.authenticator.resolver();
        // The answer must not come from our own memory.
        resolver.clear_lookup_cache(".", RecordType::NS);
        match timeout(ANSWER, resolver.lookup(".", RecordType::NS)).await {
            Ok(Ok(_) | Err(NetError::Dns(_))) => true,
            Ok(Err(_)) | Err(_) => false,
        }
    }
}

fn only(server: SocketAddr) -> ResolverConfig {
    let mut server_config = NameServerConfig::udp_and_tcp(server.ip());
    for connection in &mut server_config.connections {
        connection.port = server.port();
    }
    ResolverConfig::from_parts(None, Vec::new(), vec![server_config])
}
