//! The application language: what a workflow file says, whether it can work, and what its parts
//! make of a mail. Pure: no views, no clock, no input or output.

mod expression;
mod model;
mod problem;
mod table;
mod template;
mod variables;

pub use expression::Expression;
pub use model::{Action, ActionKind, AgentRef, Application, Localised, Reply, Webhook};
pub use problem::{ApplicationError, Problem};
pub use table::{CheckedMail, Found, Row, Table};
pub use template::Template;
pub use variables::Variables;
