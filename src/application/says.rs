//! What an action does, in the few words that a drawing has room for.

use crate::read_action::PRIORITY_DEFAULT;
use crate::shorten::shorten;
use crate::{ActionKind, AgentRef, duration, webhook_url};

impl ActionKind {
    /// What it does beyond the word of `do`: the queue, the text, the condition. One line, perhaps a
    /// long one, perhaps empty.
    pub fn says(&self) -> String {
        let said = match self {
            Self::WaitForEmail { mailboxes } => list(mailboxes),
            Self::CheckEmail(table) => match table.rows.len() {
                1 => "1 row".to_owned(),
                count => format!("{count} rows"),
            },
            Self::ComposeReply(reply) => {
                let languages: Vec<&String> = reply.text.by_language.keys().collect();
                let subject = reply.subject.default.written();
                join([subject.to_owned(), list(&languages)])
            }
            Self::Queue { queue, priority, skills } => {
                let skills: Vec<String> = skills
                    .iter()
                    .map(|need| match need.level {
                        1 => need.skill.to_string(),
                        level => format!("{} {level}", need.skill),
                    })
                    .collect();
                let queue = match *priority {
                    PRIORITY_DEFAULT => queue.to_string(),
                    priority => format!("{queue}, priority {priority}"),
                };
                join([queue, list(&skills)])
            }
            Self::RouteToAgent { agent, wait_ms, .. } => {
                let agent = match agent {
                    AgentRef::Number(number) => number.to_string(),
                    AgentRef::Variable(template) => template.written().to_owned(),
                };
                format!("{} for {agent}", duration::show(*wait_ms))
            }
            Self::TransferToAddress { address } => address.written().to_owned(),
            Self::SetParameter { parameter, value } => {
                format!("{parameter} = {}", value.written())
            }
            Self::ChooseBySchedule { schedule } => schedule.to_string(),
            Self::Branch { condition } => condition.written().to_owned(),
            Self::Wait { ms } => duration::show(*ms),
            Self::Note { text } => text.written().to_owned(),
            Self::Tag { tag } => tag.to_string(),
            Self::CallWebhook(webhook) => webhook_url::host(&webhook.url).unwrap_or_default(),
            Self::RunApplication { application } => application.to_string(),
            Self::End => String::new(),
        };
        shorten(&said, usize::MAX)
    }
}

fn list<T: ToString>(names: &[T]) -> String {
    names.iter().map(T::to_string).collect::<Vec<_>>().join(", ")
}

/// Those that are not empty, one behind the other.
fn join(parts: [String; 2]) -> String {
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
}
