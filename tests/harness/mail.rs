//! A mail as it lies in a mailbox, and a mail that is about to be sent.

use mail_parser::MessageParser;

/// The raw bytes of one mail, with the reading a mail client does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    raw: Vec<u8>,
}

impl Mail {
    /// Takes the bytes as they lie in the mailbox.
    pub fn new(raw: Vec<u8>) -> Self {
        Self { raw }
    }

    /// The bytes.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// The bytes as text, for searching; what is not UTF-8 is replaced.
    pub fn source(&self) -> String {
        String::from_utf8_lossy(&self.raw).into_owned()
    }

    /// Everything above the first empty line, as text.
    pub fn head(&self) -> String {
        let source = self.source().replace("\r\n", "\n");
        match source.split_once("\n\n") {
            Some((head, _)) => format!("{head}\n"),
            None => source,
        }
    }

    /// Everything below the first empty line, its line ends as they lie in the mailbox.
    pub fn body(&self) -> &[u8] {
        let ends = |end: &[u8]| self.raw.windows(end.len()).position(|window| window == end);
        let after = |end: &[u8]| ends(end).map(|at| at + end.len());
        let start = [after(b"\n\n"), after(b"\r\n\r\n")].into_iter().flatten().min();
        start.and_then(|start| self.raw.get(start..)).unwrap_or_default()
    }

    /// The values of every field called `name`, unfolded (RFC 5322 section 2.2.3), top first.
    pub fn fields(&self, name: &str) -> Vec<String> {
        let unfolded = self.head().replace("\n ", " ").replace("\n\t", " ");
        unfolded
            .lines()
            .filter_map(|line| line.split_once(':'))
            .filter(|(field, _)| field.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim().to_owned())
            .collect()
    }

    /// The value of the first field called `name`, unfolded; empty where there is none.
    pub fn field(&self, name: &str) -> String {
        self.fields(name).into_iter().next().unwrap_or_default()
    }

    /// The addresses in the field called `name`, without names and angle brackets.
    pub fn addresses(&self, name: &str) -> Vec<String> {
        self.fields(name)
            .iter()
            .flat_map(|value| value.split(','))
            .map(|part| part.rsplit_once('<').map_or(part, |(_, address)| address))
            .map(|address| address.trim().trim_end_matches('>').to_owned())
            .filter(|address| address.contains('@'))
            .collect()
    }

    /// Where an answer goes: Reply-To, else From (RFC 5322 section 3.6.2).
    pub fn answer_to(&self) -> String {
        let mut addresses = self.addresses("Reply-To");
        addresses.extend(self.addresses("From"));
        addresses.into_iter().next().unwrap_or_default()
    }

    /// The subject, decoded.
    pub fn subject(&self) -> String {
        let message = MessageParser::default().parse(&self.raw);
        let subject = message.as_ref().and_then(mail_parser::Message::subject);
        subject.unwrap_or_default().to_owned()
    }

    /// The text a reader sees first, decoded; made from HTML where there is no plain text.
    pub fn text(&self) -> String {
        let message = MessageParser::default().parse(&self.raw);
        let text = message.as_ref().and_then(|message| message.body_text(0));
        text.unwrap_or_default().replace("\r\n", "\n")
    }
}

/// A mail on its way out of somebody's mail client.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// MAIL FROM.
    pub sender: String,
    /// RCPT TO.
    pub recipients: Vec<String>,
    /// The Message-ID it was given, with its angle brackets.
    pub message_id: String,
    /// The mail, CRLF line ends.
    pub raw: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_read_as_a_client_reads_it() {
        let mail = Mail::new(
            b"From: Ann =?utf-8?B?w4k=?= <ann@customer.test>\r\nTo: a@x.test,\r\n\t\"B\" <b@x.test>\r\n\
              Subject: =?utf-8?B?w4k=?=\r\nReceived: 1\r\nReceived: 2\r\n\r\nReply-To: no\r\n"
                .to_vec(),
        );
        assert_eq!(mail.addresses("to"), ["a@x.test", "b@x.test"]);
        assert_eq!(mail.answer_to(), "ann@customer.test");
        assert_eq!(mail.fields("RECEIVED"), ["1", "2"]);
        assert_eq!(mail.subject(), "É");
        assert_eq!(mail.text(), "Reply-To: no\n");
        assert!(!mail.head().contains("Reply-To"));
        assert_eq!(mail.body(), b"Reply-To: no\r\n");
    }
}
