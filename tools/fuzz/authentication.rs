//! What the trusted server found out about a sender, among what the sender wrote.

use event::{Check, CheckedBy, Verification};
use mail::{AuthenticationServer, SenderCheck};

const SERVER: &str = "mx.corp.test";

/// Nobody but the trusted server is believed.
pub fn authentication(raw: &[u8]) {
    let parsed = mail::parse(raw).unwrap_or_default();
    let from = parsed.from.as_ref().map(|person| &person.address);
    let server = AuthenticationServer::Named(SERVER.to_owned());
    for trusted in [server.clone(), AuthenticationServer::Unnamed] {
        let SenderCheck { verification, domains } =
            mail::sender_check(raw, std::slice::from_ref(&trusted), from);
        let Verification { dkim, spf, dmarc, by } = verification;
        let is_nothing = [dkim, spf, dmarc] == [Check::NotChecked; 3];
        assert_eq!(by == CheckedBy::Nobody, is_nothing);
        // A name may be written in quotation marks, which leave out what they like.
        let text = String::from_utf8_lossy(raw).to_ascii_lowercase();
        let may_be_named = text.contains(SERVER) || text.contains('"');
        assert!(is_nothing || may_be_named || trusted == AuthenticationServer::Unnamed);
        for (check, domain) in [(dkim, domains.dkim), (spf, domains.spf), (dmarc, domains.dmarc)] {
            let domain = domain.unwrap_or_else(|| "x".to_owned());
            assert!((1..=253).contains(&domain.len()) && !domain.contains(char::is_control));
            assert!(check != Check::NotChecked || domain == "x");
        }
    }

    // The server's own field stands above what the sender wrote.
    let field = format!("Authentication-Results: {SERVER}; dkim=none; spf=fail; dmarc=fail\r\n");
    let received = format!("Received: from evil.test by {SERVER}; today\r\n");
    let told = Verification {
        dkim: Check::None,
        spf: Check::Fail,
        dmarc: Check::Fail,
        by: CheckedBy::Server,
    };
    let mail = [field.as_bytes(), received.as_bytes(), raw].concat();
    assert_eq!(mail::sender_check(&mail, &[server], from).verification, told);

    if let Some(hop) = mail::hop(raw, SERVER) {
        assert!(!hop.client.is_loopback() && !hop.sender.contains(char::is_whitespace));
    }
}
