//! Who is at the other end of the socket.

use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use event::{Actor, AgentNumber, UserName};
use tokio::net::UnixListener;

/// The operating system's user at the other end.
#[derive(Clone, Debug)]
pub(crate) struct Peer(pub(crate) Actor);

impl Peer {
    /// Who acts where this user gives a command of an agent's: the agent.
    pub(crate) fn in_name_of(&self, agent: AgentNumber) -> Actor {
        Actor::Agent(agent)
    }
}

impl Connected<IncomingStream<'_, UnixListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, UnixListener>) -> Self {
        let uid = stream.io().peer_cred().map(|peer| peer.uid()).ok();
        Self(uid.and_then(actor).unwrap_or(Actor::Engine))
    }
}

fn actor(uid: u32) -> Option<Actor> {
    let name = std::fs::read_to_string("/etc/passwd").ok().and_then(|text| name_of(uid, &text));
    let name = name.unwrap_or_else(|| format!("uid {uid}"));
    UserName::new(name).ok().map(Actor::User)
}

/// The name of a user in the format of passwd(5).
fn name_of(uid: u32, passwd: &str) -> Option<String> {
    let uid = uid.to_string();
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == uid).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_named() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\nada:x:1000:1000::/home/ada:/bin/sh\n";
        assert_eq!(name_of(1000, passwd).as_deref(), Some("ada"));
        assert_eq!(name_of(7, passwd), None);
    }
}
