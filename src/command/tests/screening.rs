//! What of a reply would show the customer who wrote it, and what the settings make of that.

use event::{Fact, Quotes, ReplyRefusal, Setting, SignedReplies};
use mail::Seal;

use super::world::{APPLICATION, World, agent_address, reply};
use crate::{Command, Finding, ReceiveReply, Screening};

/// The facts that a reply leads to.
fn facts(settings: Vec<Setting>, change: impl FnOnce(&mut ReceiveReply)) -> Vec<Fact> {
    let mut world = World::with(APPLICATION, settings);
    let contact = world.arrive(1, "jo@customer.test");
    world.ready(1001);
    let delivery = Finding::Delivery(world.delivery(contact, 1001));
    let mut reply = reply(1, &agent_address(1001), delivery);
    change(&mut reply);
    world.give(Command::ReceiveReply(Box::new(reply)))
}

#[test]
fn what_is_found_in_a_reply_is_recorded_next_to_it() {
    assert_eq!(World::names(&facts(vec![], |_| {})), ["ReplyReceived"]);
    for treatment in [Quotes::Redact, Quotes::Warn] {
        let facts = facts(vec![Setting::Quotes(treatment)], |reply| {
            reply.screening = Screening { quoted: 2, elsewhere: 1, detachable: false };
        });
        let [
            Fact::ReplyReceived { .. },
            Fact::ReplyScreened { quoted, elsewhere, quotes, signed, .. },
        ] = facts.as_slice()
        else {
            panic!("{facts:?}");
        };
        assert_eq!((*quoted, *elsewhere, *quotes, *signed), (2, 1, treatment, None));
    }
}

#[test]
fn case_105_a_sealed_reply_does_not_go_out_as_it_is_unless_that_is_wanted() {
    let sealed = |setting: SignedReplies, seal: Seal, detachable: bool| {
        let facts = facts(vec![Setting::SignedReplies(setting)], |reply| {
            reply.parsed.seal = Some(seal);
            reply.screening.detachable = detachable;
        });
        match facts.as_slice() {
            [Fact::ReplyReceived { .. }, Fact::ReplyScreened { signed, .. }] => Ok(*signed),
            [Fact::ReplyRefused { contact: Some(_), reason, .. }, Fact::NoticeRequested { .. }] => {
                Err(*reason)
            }
            other => panic!("{other:?}"),
        }
    };
    let refused = Err(ReplyRefusal::Signed);
    for seal in [Seal::Signed, Seal::Encrypted] {
        assert_eq!(sealed(SignedReplies::default(), seal, true), refused);
        assert_eq!(sealed(SignedReplies::Relay, seal, false), Ok(Some(SignedReplies::Relay)));
        assert_eq!(sealed(SignedReplies::Strip, seal, false), refused);
    }
    let stripped = Ok(Some(SignedReplies::Strip));
    assert_eq!(sealed(SignedReplies::Strip, Seal::Signed, true), stripped);
}
