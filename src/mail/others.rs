//! Who else is on a mail, and what of it goes into an event.

use event::{Address, MailDetails};

use crate::parse::Parsed;

/// No more addresses are kept than this.
const OTHERS_MAX: usize = 500;

/// The extra addresses of a mail (To, then Cc): without our own, without the sender and those in
/// `exclude`; each once, in their order.
///
/// `own` tells whether an address is ours; an address with a `+suffix` is also asked for without it.
pub fn others(
    parsed: &Parsed,
    own: &dyn Fn(&Address) -> bool,
    exclude: &[&Address],
) -> Vec<Address> {
    let is_ours =
        |address: &Address| own(address) || address.without_detail().is_some_and(|a| own(&a));
    let sender = parsed.from.as_ref().map(|person| &person.address);
    let mut found: Vec<Address> = Vec::new();
    for address in parsed.to.iter().chain(&parsed.cc) {
        let excluded = exclude
            .iter()
            .copied()
            .chain(sender)
            .chain(&parsed.reply_to)
            .chain(&found)
            .any(|other| other == address);
        if !excluded && !is_ours(address) {
            found.push(address.clone());
            if found.len() >= OTHERS_MAX {
                break;
            }
        }
    }
    found
}

/// The private part of an event about a mail.
pub fn details(parsed: &Parsed, others: Vec<Address>) -> MailDetails {
    MailDetails {
        from: parsed.from.clone(),
        answer_to: parsed.answer_to().cloned(),
        subject: parsed.subject.clone(),
        message_id: parsed.message_id.clone(),
        date: parsed.date,
        others,
        attachments: parsed.attachments.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        Address::new(text).unwrap()
    }

    #[test]
    fn others_are_neither_us_nor_the_sender() {
        let raw = b"From: Jo <jo@example.org>\r\n\
                    To: support@corp.test, x@one.test, Desk+c123@corp.test\r\n\
                    Cc: X@one.test, jo@example.org, y@two.test, z@three.test\r\n\r\n";
        let parsed = crate::parse::parse(raw).unwrap();
        let ours = [address("support@corp.test"), address("desk@corp.test")];
        let own = |address: &Address| ours.contains(address);
        let found = others(&parsed, &own, &[&address("Z@three.test")]);
        assert_eq!(found, [address("x@one.test"), address("y@two.test")]);
    }

    #[test]
    fn a_crowd_is_cut() {
        let cc: String = (0..2_000).map(|n| format!("p{n}@x.test,")).collect();
        let parsed = crate::parse::parse(format!("Cc: {cc}\r\n\r\n").as_bytes()).unwrap();
        let found = others(&parsed, &|_| false, &[]);
        assert_eq!(found.len(), OTHERS_MAX);
        assert_eq!(details(&parsed, found).others.len(), OTHERS_MAX);
    }
}
