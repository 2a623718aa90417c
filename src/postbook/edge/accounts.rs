//! The mailboxes and the outgoing server of the configuration, as the network edge wants them.

use std::time::Duration;

use gateway::{
    Account, ImapAccount, Login, MaildirAccount, Pop3Account, SmtpAccount, SmtpSender, Target,
    Trust,
};

use crate::config::{After, History, Imap, Maildir, Outgoing, Pop3, Pop3After, Security};

/// An IMAP account with its login.
pub(super) fn imap_account(imap: &Imap, login: Login, trust: Trust) -> Account {
    let port = if imap.security == Security::Tls { 993 } else { 143 };
    Account::Imap(ImapAccount {
        host: imap.host.clone(),
        port: imap.port.unwrap_or(port),
        security: security(imap.security),
        user: imap.user.clone(),
        login,
        folder: imap.folder.clone(),
        poll: Duration::from_secs(imap.poll_seconds.max(1).into()),
        idle: imap.idle,
        message_bytes_max: imap.message_bytes_max,
        history: history(imap.history),
        after: match (imap.after, &imap.move_to) {
            (After::Seen, _) => gateway::After::Seen,
            (After::Delete, _) => gateway::After::Delete,
            (After::Move, Some(folder)) => {
                gateway::After::Move { folder: folder.get_ref().clone() }
            }
            // The check refuses a move to nowhere.
            (After::Move, None) | (After::Nothing, _) => gateway::After::Nothing,
        },
        timeouts: Default::default(),
        trust,
    })
}

/// A POP3 account with its login.
pub(super) fn pop3_account(pop3: &Pop3, login: Login, trust: Trust) -> Account {
    let port = if pop3.security == Security::Tls { 995 } else { 110 };
    Account::Pop3(Pop3Account {
        host: pop3.host.clone(),
        port: pop3.port.unwrap_or(port),
        security: security(pop3.security),
        user: pop3.user.clone(),
        login,
        poll: Duration::from_secs(pop3.poll_seconds.max(1).into()),
        message_bytes_max: pop3.message_bytes_max,
        history: history(pop3.history),
        after: match pop3.after {
            Pop3After::Leave => gateway::Pop3After::Leave,
            Pop3After::Delete => gateway::Pop3After::Delete,
        },
        timeouts: Default::default(),
        trust,
    })
}

fn history(history: History) -> gateway::History {
    match history {
        History::FromNow => gateway::History::FromNow,
        History::All => gateway::History::All,
    }
}

/// A Maildir.
pub(super) fn maildir_account(maildir: &Maildir) -> Account {
    Account::Maildir(MaildirAccount {
        path: maildir.path.clone(),
        poll: Duration::from_secs(maildir.poll_seconds.max(1).into()),
        message_bytes_max: maildir.message_bytes_max,
    })
}

/// As many ways out as there are to be connections; with a login where the server wants one.
pub(super) fn targets(outgoing: &Outgoing, login: &Login, trust: &Trust) -> Vec<Target> {
    (0..outgoing.connections).filter_map(|_| target(outgoing, login, trust)).collect()
}

fn target(outgoing: &Outgoing, login: &Login, trust: &Trust) -> Option<Target> {
    if let Some(root) = &outgoing.maildirs {
        return Some(Target::Maildir { root: root.clone() });
    }
    let smtp = outgoing.smtp.as_ref()?;
    let port = if smtp.security == Security::Tls { 465 } else { 587 };
    let hello = smtp.hello_name.clone();
    Some(Target::Smtp(SmtpSender::new(SmtpAccount {
        host: smtp.host.clone(),
        port: smtp.port.unwrap_or(port),
        security: security(smtp.security),
        credentials: smtp.user.as_ref().map(|user| (user.clone(), login.clone())),
        hello_name: hello.unwrap_or_else(|| outgoing.sender.0.domain().to_owned()),
        timeouts: Default::default(),
        trust: trust.clone(),
    })))
}

fn security(security: Security) -> gateway::Security {
    match security {
        Security::Tls => gateway::Security::Tls,
        Security::Starttls => gateway::Security::StartTls,
        Security::PlainLoopback => gateway::Security::PlainLoopback,
    }
}
