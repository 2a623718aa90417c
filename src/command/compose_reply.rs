//! The action `compose reply`: whether an automatic answer may go out, and what it says.

use application::{Localised, Reply, Template, Variables};
use event::{Address, Attachment, Composed, Fact, Private, WithheldReason, Written};
use projections::Visit;

use crate::interpreter::At;
use crate::{Fault, NewEvent, View};

/// What an answer says.
struct Words {
    subject: String,
    text: String,
    html: Option<String>,
    attachments: Vec<Attachment>,
}

impl At<'_> {
    /// What asks for the answer or withholds it, and the way out.
    ///
    /// A contact that enters its application again after a restart has asked already: it leaves by the
    /// same exit and asks for nothing.
    pub(crate) fn compose_reply(&self, reply: &Reply) -> Result<Vec<NewEvent>, Fault> {
        if self.open.done.contains(&Visit::from(&self.step)) {
            return Ok(vec![self.leave("sent", "it was asked for before the restart")]);
        }
        let (contact, step) = (self.contact, self.step.clone());
        let to = match self.recipient() {
            Ok(to) => to.clone(),
            Err(reason) => {
                let withheld = Fact::AutomaticReplyWithheld { contact, step, reason };
                return Ok(vec![withheld.into(), self.leave("withheld", "")]);
            }
        };
        let language = self.open.language.as_deref().unwrap_or_default();
        let texts = [Some(&reply.subject), Some(&reply.text), reply.html.as_ref()];
        let texts = texts.into_iter().flatten().map(|text| text.choose(language));
        let variables = self.variables(texts.flat_map(Template::names))?;
        let words = match self.words(reply, &variables) {
            Ok(words) => words,
            Err(error) => return Ok(self.fail(&error)),
        };
        let (thread, arrival) = (self.open.thread, self.open.arrival);
        let asked = Fact::AutomaticReplyRequested { contact, thread, arrival, step };
        Ok(vec![NewEvent::with(asked, words.to(to)), self.leave("sent", "")])
    }

    /// Who gets the answer. The limits stop what no rule recognises: a robot that passes for a person,
    /// also where it writes under another address each time.
    fn recipient(&self) -> Result<&Address, WithheldReason> {
        let own = |address: &Address| self.view.hot.directory.is_inside(address);
        let to = mail::may_answer(self.open.automatic, self.open.answer_to.as_ref(), own)?;
        if self.view.hot.automatic_mail.to_thread(self.open.thread) > 0 {
            return Err(WithheldReason::Thread);
        }
        within_limits(self.view, to)
    }

    fn words(&self, reply: &Reply, variables: &Variables) -> Result<Words, String> {
        let language = self.open.language.as_deref().unwrap_or_default();
        let render = |text: &Localised| text.choose(language).render(variables);
        Ok(Words {
            subject: reply.subject.choose(language).render_line(variables)?,
            text: render(&reply.text)?,
            html: reply.html.as_ref().map(render).transpose()?,
            attachments: reply
                .attachments
                .iter()
                .map(|name| self.attachment(name))
                .collect::<Result<_, _>>()?,
        })
    }

    fn attachment(&self, name: &str) -> Result<Attachment, String> {
        let file = self.view.hot.directory.file(&self.step.application, name);
        let file = file.ok_or_else(|| format!("file `{name}` was not published"))?;
        let (media_type, content) = (file.media_type.clone(), file.content);
        Ok(Attachment { name: name.to_owned(), media_type, content })
    }
}

impl Words {
    fn to(self, to: Address) -> Private {
        let Self { subject, text, html, attachments } = self;
        let written = Written { to, subject, text };
        if html.is_none() && attachments.is_empty() {
            return Private::Written(Box::new(written));
        }
        Private::Composed(Box::new(Composed { written, html, attachments }))
    }
}

/// The address, where it may get one more automatic answer now.
pub(crate) fn within_limits<'a>(
    view: &View<'_>,
    to: &'a Address,
) -> Result<&'a Address, WithheldReason> {
    let (lately, settings) = (&view.hot.automatic_mail, &view.hot.directory.settings);
    if lately.to_address(to) >= settings.automatic_replies_per_address_day {
        Err(WithheldReason::Address)
    } else if lately.to_domain(to.domain()) >= settings.automatic_replies_per_domain_hour {
        Err(WithheldReason::Domain)
    } else if lately.total() >= settings.automatic_replies_per_hour {
        Err(WithheldReason::Total)
    } else {
        Ok(to)
    }
}
