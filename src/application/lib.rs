//! The application language: what a workflow file says, whether it can work, and what its parts
//! make of a mail. Pure: no views, no clock, no input or output.

mod check;
mod check_parts;
mod columns;
mod condition;
mod diff;
mod draft;
mod drawing;
pub mod duration;
mod email_words;
mod expression;
mod expression_names;
mod expression_size;
mod fold;
mod form;
mod forms;
mod graph;
mod known;
mod labels;
mod layers;
mod layout;
mod mermaid;
mod model;
mod nearest;
mod operand;
mod part;
mod paths;
mod pattern;
mod problem;
mod read;
mod read_action;
mod read_reply;
mod read_table;
mod read_webhook;
mod reading;
mod routes;
mod says;
mod schedule;
mod schedule_text;
mod schema;
mod seen;
mod shorten;
mod surroundings;
mod svg;
mod table;
mod template;
mod template_code;
mod template_names;
mod template_value;
#[cfg(test)]
mod tests;
mod text_width;
mod variables;
mod verdict;
mod webhook_url;

pub use condition::Condition;
pub use diff::{Change, diff};
pub use expression::Expression;
pub use graph::{Edge, Graph, Group, Node, Taken};
pub use known::{Kind, Known, Name, known};
pub use model::{Action, ActionKind, AgentRef, Application, Localised, Reply, Webhook};
pub use operand::automatic_word;
pub use problem::{ApplicationError, Problem, Severity};
pub use schedule::{Clock, Standing};
pub use schedule_text::{check_schedule, special_day, weekly_hours};
pub use surroundings::Surroundings;
pub use table::{CheckedMail, Found, Row, Table};
pub use template::Template;
pub use variables::{
    AgentValues, ContactValues, MailboxValues, QueueValues, ScheduleValues, ThreadValues, Values,
    Variables, VerificationValues, instant,
};
pub use webhook_url::{webhook_allowed, webhook_hosts};
