//! What an agent is told of an event that their mail client does not show.

use event::{Address, DeliveryOutcome, Event, Fact, ReleaseReason, ReplyRefusal, Written};

/// The words about an event, for `to`; `None` for an event that nobody is told of.
///
/// `topic` names contact and subject, `diagnostic` is what a mail system said in a report.
pub fn notice(
    to: &Address,
    about: &Event,
    topic: &str,
    diagnostic: Option<&str>,
) -> Option<Written> {
    let said = |words: Option<&str>| {
        words.map(|words| format!("\n\nThe mail server says: {words}")).unwrap_or_default()
    };
    let (subject, text) = match &about.fact {
        Fact::ReplyRefused { reason, .. } => (
            "Your answer was not passed on",
            format!("Your answer was not passed on. {}", refusal(*reason, sender(about))?),
        ),
        Fact::SendRefused { .. } => (
            "Your answer was not delivered",
            format!(
                "The mail server of whoever was to get your answer does not take it, and it is \
                 not tried again. The customer has to be told in another way.{}",
                said(about.text())
            ),
        ),
        Fact::SendUncertain { .. } => (
            "Your answer may not have arrived",
            "The connection to the mail server was lost while your answer was sent, and nobody \
             knows whether the customer has it. It is not sent twice by itself: your supervisor \
             sees it in `postbook outbox` and can have it sent again."
                .to_owned(),
        ),
        Fact::ContactReleased { reason: ReleaseReason::Restart, .. } => (
            "Released by a restart",
            "Postbook was started anew, and the contact you held counts as released. You can still \
             answer it: the answer goes to the customer and is marked late."
                .to_owned(),
        ),
        Fact::DeliveryReported { outcome: DeliveryOutcome::Failed, status, .. } => {
            let code = status.as_ref().map(|status| format!(" ({status})")).unwrap_or_default();
            let text = format!(
                "What you sent or passed on came back{code}: it did not arrive, and it is not \
                 sent again.{}",
                said(diagnostic)
            );
            ("What you sent came back", text)
        }
        _ => return None,
    };
    let footer = "Postbook wrote this. Nobody reads answers to it.";
    Some(Written {
        to: to.clone(),
        subject: format!("{subject}: {topic}"),
        text: format!("{topic}\n\n{text}\n\n{footer}\n"),
    })
}

fn sender(about: &Event) -> Option<&Address> {
    about.mail()?.from.as_ref().map(|from| &from.address)
}

/// Why a mail was refused, and what to do; `None` where an answer would only make noise.
fn refusal(reason: ReplyRefusal, sender: Option<&Address>) -> Option<String> {
    Some(match reason {
        ReplyRefusal::WrongSender => {
            let sender = sender.map(|sender| format!(" {sender}")).unwrap_or_default();
            format!(
                "It came from an address{sender} to which the contact was not delivered. Answer \
                 from the mailbox that got it. If you did not write it, tell your supervisor: \
                 somebody else knows the reply address of this contact."
            )
        }
        ReplyRefusal::NoRights => {
            "You are no longer in the directory. Ask your supervisor who answers now.".to_owned()
        }
        ReplyRefusal::NoRecipient => {
            "The customer's address is not known any more, so there is nobody to send it to."
                .to_owned()
        }
        ReplyRefusal::Signed => {
            "It is signed, and the signature would show your own address to the customer. Send it \
             again without a signature."
                .to_owned()
        }
        ReplyRefusal::NoToken
        | ReplyRefusal::ForgedToken
        | ReplyRefusal::UnknownDelivery
        | ReplyRefusal::Automatic => return None,
    })
}
