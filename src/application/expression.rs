//! Conditions over what is known of a contact.

use crate::Variables;

/// A condition.
#[derive(Clone, Debug)]
pub struct Expression {
    source: String,
}

impl Expression {
    /// Reads a condition; the error says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        Ok(Self { source: text.to_owned() })
    }

    /// Whether it is true; the error says what went wrong.
    pub fn holds(&self, _variables: &Variables) -> Result<bool, String> {
        Ok(self.source.is_empty())
    }
}
