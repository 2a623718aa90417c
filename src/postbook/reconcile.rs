//! `postbook mail reconcile`: by the running server, or on a stopped data folder.

use std::time::Duration;

use anyhow::{Result, bail};
use event::MailboxName;
use http::answer::Reconciled;
use http::reconcile::{self, Found};
use indicatif::{ProgressBar, ProgressStyle};

use crate::arguments::Common;
use crate::client::{Client, escape};
use crate::config;
use crate::data::Data;
use crate::offline::Offline;
use crate::{edge, print, serve};

/// Prints the comparison; an error says that a mail is not accounted for by one event.
pub(crate) fn run(common: &Common, mailbox: Option<MailboxName>) -> Result<()> {
    let data = Data::at(&common.data_folder()?);
    let reconciled = match Client::find(&data)? {
        Some(client) => asked(&client, mailbox)?,
        None => offline(common, &data, mailbox)?,
    };
    print::show(common, &reconciled, print::reconciled)?;
    verdict(&reconciled)
}

fn asked(client: &Client, mailbox: Option<MailboxName>) -> Result<Vec<Reconciled>> {
    let bar = spinner("the server looks into its mailboxes and its log");
    let query = mailbox.map(|name| format!("?mailbox={}", escape(name.as_str())));
    let reconciled = client.get(&format!("/v1/reconcile{}", query.unwrap_or_default()));
    bar.finish_and_clear();
    reconciled
}

fn offline(common: &Common, data: &Data, mailbox: Option<MailboxName>) -> Result<Vec<Reconciled>> {
    let config = config::load(&common.config)?;
    let accounts = edge::polled(&config)?;
    let offline = Offline::open(data)?;
    let runtime = serve::runtime()?;
    let bar = spinner("looking into the mailboxes");
    let found = runtime.block_on(Found::look(reconcile::chosen(&accounts, mailbox)?));
    bar.finish_and_clear();
    let bar = ProgressBar::new(offline.log().head().0);
    bar.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} events, {eta} left")?);
    let ledger = reconcile::ledger(offline.log(), &mut |position| bar.set_position(position.0));
    bar.finish_and_clear();
    Ok(runtime.block_on(found.compare(&ledger?)))
}

fn spinner(message: &'static str) -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_message(message);
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

fn verdict(reconciled: &[Reconciled]) -> Result<()> {
    let sum = |count: fn(&Reconciled) -> usize| reconciled.iter().map(count).sum::<usize>();
    let unaccounted = sum(|mailbox| mailbox.unaccounted.len());
    let repeated = sum(|mailbox| mailbox.repeated.len());
    let failed = sum(|mailbox| usize::from(mailbox.failure.is_some()));
    if unaccounted + repeated + failed > 0 {
        bail!(
            "{unaccounted} mails are accounted for by no event, {repeated} by two, and {failed} \
             mailboxes could not be looked at"
        );
    }
    Ok(())
}
