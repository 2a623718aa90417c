//! Mailboxes: names, accounts, logins, addresses.

use std::collections::BTreeSet;
use std::ops::Range;

use event::Address;

use super::Check;
use crate::config::{After, File, Imap, Maildir, OAuth2, Pop3};

/// With less, no mail would ever be taken.
const MESSAGE_BYTES_MIN: u64 = 4 << 10;

impl Check<'_> {
    pub(super) fn mailboxes(&mut self, file: &File) {
        let mut names = BTreeSet::from([&file.internal.name.get_ref().0]);
        let internal = (&file.internal.imap, &file.internal.pop3, &file.internal.maildir);
        self.one_account(file.internal.address.span(), "internal", internal);
        for mailbox in &file.mailbox {
            let (name, span) = (&mailbox.name.get_ref().0, mailbox.name.span());
            if !names.insert(name) {
                self.report(
                    span.clone(),
                    "mailbox.name",
                    &format!("there are two mailboxes `{name}`"),
                );
            }
            if mailbox.addresses.is_empty() {
                self.report(span.clone(), "mailbox.addresses", "at least one address is needed");
            }
            let accounts = (&mailbox.imap, &mailbox.pop3, &mailbox.maildir);
            self.one_account(span, "mailbox", accounts);
        }
    }

    fn one_account(
        &mut self,
        span: Range<usize>,
        key: &str,
        (imap, pop3, maildir): (&Option<Imap>, &Option<Pop3>, &Option<Maildir>),
    ) {
        let given = [imap.is_some(), pop3.is_some(), maildir.is_some()];
        if given.iter().filter(|given| **given).count() != 1 {
            self.report(span.clone(), key, "give one of: `imap`, `pop3`, `maildir`");
        }
        if let Some(imap) = imap {
            let key = format!("{key}.imap");
            let texts = [("host", &imap.host), ("user", &imap.user), ("folder", &imap.folder)];
            for (name, text) in texts {
                self.filled(&span, &key, name, text);
            }
            self.polled(&span, &key, imap.poll_seconds, imap.message_bytes_max);
            let passwords = [imap.password_file.is_some(), imap.password_env.is_some()];
            self.one_login(span.clone(), &key, passwords, imap.oauth2.as_ref());
            self.move_to(span.clone(), &format!("{key}.move_to"), imap);
        }
        if let Some(pop3) = pop3 {
            let key = format!("{key}.pop3");
            let texts = [("host", &pop3.host), ("user", &pop3.user)];
            for (name, text) in texts {
                self.filled(&span, &key, name, text);
            }
            self.polled(&span, &key, pop3.poll_seconds, pop3.message_bytes_max);
            let passwords = [pop3.password_file.is_some(), pop3.password_env.is_some()];
            self.one_login(span.clone(), &key, passwords, pop3.oauth2.as_ref());
        }
        if let Some(maildir) = maildir {
            let key = format!("{key}.maildir");
            self.polled(&span, &key, maildir.poll_seconds, maildir.message_bytes_max);
        }
    }

    /// A text that must not be empty.
    pub(super) fn filled(&mut self, span: &Range<usize>, section: &str, key: &str, text: &str) {
        if text.trim().is_empty() {
            self.report(span.clone(), &format!("{section}.{key}"), "it must not be empty");
        }
    }

    fn polled(
        &mut self,
        span: &Range<usize>,
        key: &str,
        poll_seconds: u32,
        message_bytes_max: u64,
    ) {
        if poll_seconds == 0 {
            self.report(span.clone(), &format!("{key}.poll_seconds"), "at least 1 is needed");
        }
        if message_bytes_max < MESSAGE_BYTES_MIN {
            let message = format!(
                "{message_bytes_max} bytes are less than the header of a mail takes; at least \
                 {MESSAGE_BYTES_MIN} are needed"
            );
            self.report(span.clone(), &format!("{key}.message_bytes_max"), &message);
        }
    }

    fn one_login(
        &mut self,
        span: Range<usize>,
        key: &str,
        passwords: [bool; 2],
        oauth2: Option<&OAuth2>,
    ) {
        let logins = passwords.into_iter().chain([oauth2.is_some()]);
        if logins.filter(|given| *given).count() != 1 {
            let message = "give one of: `password_file`, `password_env`, `oauth2`";
            self.report(span.clone(), key, message);
        }
        self.one_client_secret(span, &format!("{key}.oauth2"), oauth2);
    }

    pub(super) fn one_client_secret(
        &mut self,
        span: Range<usize>,
        key: &str,
        oauth2: Option<&OAuth2>,
    ) {
        if let Some(oauth2) = oauth2
            && oauth2.client_secret.is_some()
            && oauth2.client_secret_file.is_some()
        {
            self.report(span, key, "give one of: `client_secret`, `client_secret_file`");
        }
    }

    fn move_to(&mut self, span: Range<usize>, key: &str, imap: &Imap) {
        match (&imap.move_to, imap.after) {
            (None, After::Move) => {
                self.report(span, key, "`after = \"move\"` needs the folder to move to");
            }
            (Some(folder), After::Move) => {
                let name = folder.get_ref();
                // Moved into itself, a mail would come as a new one again and again.
                let same = *name == imap.folder
                    || (name.eq_ignore_ascii_case("INBOX")
                        && imap.folder.eq_ignore_ascii_case("INBOX"));
                if same || name.is_empty() || name.chars().any(char::is_control) {
                    let message = "give a folder other than `folder`, without control characters";
                    self.report(folder.span(), key, message);
                }
            }
            (Some(folder), After::Nothing | After::Seen | After::Delete) => {
                self.report(folder.span(), key, "goes with `after = \"move\"` only");
            }
            (None, After::Nothing | After::Seen | After::Delete) => {}
        }
    }

    /// Our own addresses; the same address twice is a loop waiting to happen.
    pub(super) fn addresses(&mut self, file: &File) -> BTreeSet<Address> {
        let mut own = BTreeSet::from([file.internal.address.get_ref().0.clone()]);
        for address in file.mailbox.iter().flat_map(|mailbox| &mailbox.addresses) {
            let plain = &address.get_ref().0;
            if !own.insert(plain.clone()) {
                let message = format!("{plain} is the address of another mailbox already");
                self.report(address.span(), "mailbox.addresses", &message);
            }
        }
        own
    }
}
