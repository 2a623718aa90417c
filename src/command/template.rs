//! Texts of an application with places for what is known of a contact: `{{ subject }}`.

/// A text with variables in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Value(Variable),
}

/// What a template may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Variable {
    /// The contact's id.
    Contact,
    /// The name that customers see of the mailbox.
    Mailbox,
    /// The subject of the customer's mail.
    Subject,
}

const VARIABLES: [(&str, Variable); 3] = [
    ("contact", Variable::Contact),
    ("mailbox", Variable::Mailbox),
    ("subject", Variable::Subject),
];
const ALLOWED: &str = "allowed: {{ contact }}, {{ mailbox }}, {{ subject }}";

impl Template {
    /// Reads a template; the error says what is wrong. `{%` and `{#` are refused, so that they can
    /// get a meaning later.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.contains("{%") || text.contains("{#") {
            return Err(format!("`{{%` and `{{#` mean nothing here; {ALLOWED}"));
        }
        let (mut pieces, mut rest) = (Vec::new(), text);
        while let Some((before, after)) = rest.split_once("{{") {
            let (name, after) = after
                .split_once("}}")
                .ok_or_else(|| format!("a `{{{{` is not closed by `}}}}`; {ALLOWED}"))?;
            let known = VARIABLES.iter().find(|(known, _)| *known == name.trim());
            let (_, variable) =
                known.ok_or_else(|| format!("there is no {{{{{name}}}}}; {ALLOWED}"))?;
            pieces.extend([Piece::Text(before.to_owned()), Piece::Value(*variable)]);
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Ok(Self(pieces))
    }

    /// The text with `value` in its places; what is put in is not read as a template again.
    pub(crate) fn render(&self, value: impl Fn(Variable) -> String) -> String {
        let pieces = self.0.iter().map(|piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Value(variable) => value(*variable),
        });
        pieces.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_put_in_once() {
        let template = Template::parse("{{subject}}: {{ contact }} } {{ mailbox }}.").unwrap();
        let rendered = template.render(|variable| match variable {
            Variable::Contact => "7".to_owned(),
            Variable::Mailbox => "Desk".to_owned(),
            Variable::Subject => "{{ contact }}".to_owned(),
        });
        assert_eq!(rendered, "{{ contact }}: 7 } Desk.");
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for (text, expected) in [
            ("{{ from }}", "there is no {{ from }}; allowed: {{ contact }}"),
            ("{{ subject", "a `{{` is not closed by `}}`"),
            ("{% if x %}", "`{%` and `{#` mean nothing here"),
        ] {
            let error = Template::parse(text).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
