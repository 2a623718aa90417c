//! The application language: what a workflow file says, whether it can work, and what its parts
//! make of a mail. Pure: no views, no clock, no input or output.

mod condition;
mod email_words;
mod expression;
mod expression_names;
mod expression_size;
mod fold;
mod known;
mod model;
mod operand;
mod pattern;
mod problem;
mod schedule;
mod schedule_text;
mod seen;
mod table;
mod template;
mod template_code;
mod template_names;
mod template_value;
#[cfg(test)]
mod tests;
mod variables;
mod verdict;

pub use condition::Condition;
pub use expression::Expression;
pub use known::{Kind, Known, Name, known};
pub use model::{Action, ActionKind, AgentRef, Application, Localised, Reply, Webhook};
pub use problem::{ApplicationError, Problem};
pub use schedule::{Clock, Standing};
pub use schedule_text::{check_schedule, special_day, weekly_hours};
pub use table::{CheckedMail, Found, Row, Table};
pub use template::Template;
pub use variables::{
    AgentValues, ContactValues, MailboxValues, QueueValues, ScheduleValues, ThreadValues, Values,
    Variables, VerificationValues,
};
