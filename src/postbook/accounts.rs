//! The mailboxes and the outgoing server of the configuration, as the network edge wants them.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use event::MailboxName;
use gateway::{
    Account, ImapAccount, MaildirAccount, Pop3Account, Signer, SmtpAccount, SmtpSender, Target,
};

use crate::config::{
    After, Config, Dkim, File, History, Imap, Maildir, Pop3, Pop3After, Security, read_key,
};
use crate::logins::Logins;

/// Every mailbox that is polled.
pub(crate) fn accounts(file: &File, logins: &mut Logins) -> Result<BTreeMap<MailboxName, Account>> {
    let public = file.mailbox.iter();
    let public =
        public.map(|mailbox| (&mailbox.name, &mailbox.imap, &mailbox.pop3, &mailbox.maildir));
    let internal = &file.internal;
    let internal = (&internal.name, &internal.imap, &internal.pop3, &internal.maildir);
    let mut accounts = BTreeMap::new();
    for (name, imap, pop3, maildir) in public.chain([internal]) {
        let account = if let Some(imap) = imap {
            Account::Imap(imap_account(imap, logins)?)
        } else if let Some(pop3) = pop3 {
            Account::Pop3(pop3_account(pop3, logins)?)
        } else if let Some(maildir) = maildir {
            Account::Maildir(maildir_account(maildir))
        } else {
            continue;
        };
        accounts.insert(name.get_ref().0.clone(), account);
    }
    Ok(accounts)
}

fn imap_account(imap: &Imap, logins: &mut Logins) -> Result<ImapAccount> {
    let port = if imap.security == Security::Tls { 993 } else { 143 };
    Ok(ImapAccount {
        host: imap.host.clone(),
        port: imap.port.unwrap_or(port),
        security: security(imap.security),
        user: imap.user.clone(),
        login: logins.login(
            imap.password_file.as_deref(),
            imap.password_env.as_deref(),
            imap.oauth2.as_ref(),
        )?,
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
        trust: logins.trust(),
    })
}

fn pop3_account(pop3: &Pop3, logins: &mut Logins) -> Result<Pop3Account> {
    let port = if pop3.security == Security::Tls { 995 } else { 110 };
    Ok(Pop3Account {
        host: pop3.host.clone(),
        port: pop3.port.unwrap_or(port),
        security: security(pop3.security),
        user: pop3.user.clone(),
        login: logins.login(
            pop3.password_file.as_deref(),
            pop3.password_env.as_deref(),
            pop3.oauth2.as_ref(),
        )?,
        poll: Duration::from_secs(pop3.poll_seconds.max(1).into()),
        message_bytes_max: pop3.message_bytes_max,
        history: history(pop3.history),
        after: match pop3.after {
            Pop3After::Leave => gateway::Pop3After::Leave,
            Pop3After::Delete => gateway::Pop3After::Delete,
        },
        timeouts: Default::default(),
        trust: logins.trust(),
    })
}

fn history(history: History) -> gateway::History {
    match history {
        History::FromNow => gateway::History::FromNow,
        History::All => gateway::History::All,
    }
}

fn maildir_account(maildir: &Maildir) -> MaildirAccount {
    MaildirAccount {
        path: maildir.path.clone(),
        poll: Duration::from_secs(maildir.poll_seconds.max(1).into()),
        message_bytes_max: maildir.message_bytes_max,
    }
}

pub(crate) fn targets(config: &Config, logins: &mut Logins) -> Result<Vec<Target>> {
    let outgoing = &config.file.outgoing;
    let mut targets = Vec::new();
    for _ in 0..outgoing.connections {
        if let Some(root) = &outgoing.maildirs {
            targets.push(Target::Maildir { root: root.clone() });
        } else if let Some(smtp) = &outgoing.smtp {
            let port = if smtp.security == Security::Tls { 465 } else { 587 };
            let credentials = match &smtp.user {
                None => None,
                Some(user) => {
                    let login = logins.login(
                        smtp.password_file.as_deref(),
                        smtp.password_env.as_deref(),
                        outgoing.oauth2.as_ref(),
                    )?;
                    Some((user.clone(), login))
                }
            };
            let hello = smtp.hello_name.clone();
            targets.push(Target::Smtp(SmtpSender::new(SmtpAccount {
                host: smtp.host.clone(),
                port: smtp.port.unwrap_or(port),
                security: security(smtp.security),
                credentials,
                hello_name: hello.unwrap_or_else(|| outgoing.sender.0.domain().to_owned()),
                timeouts: Default::default(),
                trust: logins.trust(),
            })));
        }
    }
    Ok(targets)
}

pub(crate) fn signer(keys: &[Dkim]) -> Result<Signer> {
    let mut signer = Signer::default();
    for key in keys {
        read_key(key, &mut signer)?;
    }
    Ok(signer)
}

fn security(security: Security) -> gateway::Security {
    match security {
        Security::Tls => gateway::Security::Tls,
        Security::Starttls => gateway::Security::StartTls,
        Security::PlainLoopback => gateway::Security::PlainLoopback,
    }
}
