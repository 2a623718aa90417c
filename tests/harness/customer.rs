//! A customer, who writes to public mailboxes and answers what comes back.

use crate::mail::{Mail, Outgoing};
use crate::people::{answer_subject, date, header_text, message_id, person, thread_fields};

/// A customer with an ordinary mail client.
#[derive(Clone, Debug)]
pub struct Customer {
    /// The name in From.
    pub name: String,
    /// The address in From.
    pub address: String,
}

impl Customer {
    /// A customer of that name and address.
    pub fn new(name: &str, address: &str) -> Self {
        Self { name: name.to_owned(), address: address.to_owned() }
    }

    /// A new mail to `to`, with `copies` in Cc.
    pub fn write(&self, to: &str, copies: &[&str], subject: &str, text: &str) -> Outgoing {
        self.compose(&[to.to_owned()], copies, &header_text(subject), "", text)
    }

    /// An answer to the one who sent `mail`.
    pub fn reply(&self, mail: &Mail, text: &str) -> Outgoing {
        self.answer(mail, &[], text)
    }

    /// An answer to the one who sent `mail` and to everybody else on it but the customer.
    pub fn reply_all(&self, mail: &Mail, text: &str) -> Outgoing {
        let answer_to = mail.answer_to();
        let mut others = mail.addresses("To");
        others.extend(mail.addresses("Cc"));
        others.retain(|address| *address != self.address && *address != answer_to);
        let others: Vec<&str> = others.iter().map(String::as_str).collect();
        self.answer(mail, &others, text)
    }

    /// An answer to the one who sent `mail`, with `copies` in Cc.
    pub fn reply_with_copies(&self, mail: &Mail, copies: &[&str], text: &str) -> Outgoing {
        self.answer(mail, copies, text)
    }

    fn answer(&self, mail: &Mail, copies: &[&str], text: &str) -> Outgoing {
        let thread = thread_fields(&mail.field("References"), &mail.field("Message-ID"));
        let quoted: String = mail.text().lines().map(|line| format!("> {line}\n")).collect();
        let text =
            format!("{text}\n\nOn {}, {} wrote:\n{quoted}", mail.field("Date"), mail.field("From"));
        let subject = answer_subject("Re:", &mail.subject());
        self.compose(&[mail.answer_to()], copies, &subject, &thread, &text)
    }

    fn compose(
        &self,
        to: &[String],
        copies: &[&str],
        subject: &str,
        thread: &str,
        text: &str,
    ) -> Outgoing {
        let message_id = message_id("mail.customer.test");
        let mut head = format!(
            "Date: {}\r\nFrom: {}\r\nTo: {}\r\n",
            date(),
            person(&self.name, &self.address),
            to.join(", ")
        );
        if !copies.is_empty() {
            head += &format!("Cc: {}\r\n", copies.join(",\r\n "));
        }
        head += &format!(
            "Subject: {subject}\r\nMessage-ID: {message_id}\r\n{thread}MIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        );
        let copies = copies.iter().map(|&copy| copy.to_owned());
        Outgoing {
            sender: self.address.clone(),
            recipients: to.iter().cloned().chain(copies).collect(),
            message_id,
            raw: (head + &text.replace('\n', "\r\n") + "\r\n").into_bytes(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_go_to_whom_they_should() {
        let ann = Customer::new("Ann", "ann@customer.test");
        let mail = Mail::new(
            b"From: Support <support@support.test>\r\nTo: ann@customer.test\r\n\
              Cc: bob@customer.test, carl@x.test\r\nMessage-ID: <1@x>\r\nReferences: <0@x>\r\n\
              Subject: Re: help\r\n\r\nhere it is\r\n"
                .to_vec(),
        );
        assert_eq!(ann.reply(&mail, "thanks").recipients, ["support@support.test"]);
        let all = ann.reply_all(&mail, "thanks");
        assert_eq!(all.recipients, ["support@support.test", "bob@customer.test", "carl@x.test"]);
        let sent = Mail::new(all.raw);
        assert_eq!(sent.field("References"), "<0@x> <1@x>");
        assert_eq!(sent.field("Subject"), "Re: help");
        assert!(sent.text().starts_with("thanks\n\nOn"), "{}", sent.text());
        assert!(sent.text().contains("\n> here it is\n"));
    }
}
