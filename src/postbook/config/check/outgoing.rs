//! How mail leaves: one way, one login, one rate a domain, keys that can be used.

use std::collections::BTreeSet;

use anyhow::Context;
use gateway::Signer;

use super::Check;
use crate::config::{Dkim, File};

/// Gives a signer the key that an entry names.
pub(crate) fn read_key(key: &Dkim, signer: &mut Signer) -> anyhow::Result<()> {
    let path = key.key_file.get_ref();
    let name = || format!("cannot use the DKIM key in {}", path.display());
    let pem = std::fs::read(path).with_context(name)?;
    signer.add(&key.domain, &key.selector, &pem).with_context(name)
}

impl Check<'_> {
    pub(super) fn outgoing(&mut self, file: &File) {
        let outgoing = &file.outgoing;
        let at = self.sources.find("[outgoing");
        if outgoing.smtp.is_some() == outgoing.maildirs.is_some() {
            self.report(at..at, "outgoing", "give one of: `smtp`, `maildirs`");
        }
        if outgoing.connections == 0 {
            self.report(at..at, "outgoing.connections", "at least 1 is needed");
        }
        let mut domains = BTreeSet::new();
        for rate in &outgoing.rate {
            let domain = &rate.domain.get_ref().0;
            if !domains.insert(domain) {
                let message = format!("there are two rates for `{domain}`");
                self.report(rate.domain.span(), "outgoing.rate.domain", &message);
            }
        }
        self.one_client_secret(at..at, "outgoing.oauth2", outgoing.oauth2.as_ref());
        if outgoing.oauth2.is_some() && outgoing.smtp.is_none() {
            self.report(at..at, "outgoing.oauth2", "it goes with `outgoing.smtp` only");
        }
        self.keys(&outgoing.dkim);
        if let Some(smtp) = &outgoing.smtp {
            self.filled(&(at..at), "outgoing.smtp", "host", &smtp.host);
            let logins = [
                smtp.password_file.is_some(),
                smtp.password_env.is_some(),
                outgoing.oauth2.is_some(),
            ];
            let given = logins.iter().filter(|given| **given).count();
            if given != usize::from(smtp.user.is_some()) {
                let message =
                    "`user` goes with one of: `password_file`, `password_env`, `outgoing.oauth2`";
                self.report(at..at, "outgoing.smtp", message);
            }
        }
    }

    fn keys(&mut self, keys: &[Dkim]) {
        for key in keys {
            if let Err(error) = read_key(key, &mut Signer::default()) {
                self.report(key.key_file.span(), "outgoing.dkim.key_file", &format!("{error:#}"));
            }
        }
    }
}
