//! An agent, who answers the delivered copy in the mail client of their company.

use crate::mail::{Mail, Outgoing};
use crate::people::{answer_subject, base64_lines, date, message_id, person, thread_fields};

/// What the agent's company uses; each leaves traces of its own in a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailClient {
    /// Outlook behind Exchange: HTML and text, the history below `From: Sent: To:`, many X- fields.
    Outlook,
    /// Thunderbird behind an ordinary server: flowed text, the history quoted with `>`.
    Thunderbird,
}

/// An agent with an own company mailbox.
#[derive(Clone, Debug)]
pub struct Agent {
    /// The number the engine knows the agent by.
    pub number: u32,
    /// The name in From and in the signature.
    pub name: String,
    /// The company mailbox.
    pub address: String,
    /// The mail client.
    pub client: MailClient,
}

impl Agent {
    /// An agent with the mailbox `address`.
    pub fn new(number: u32, name: &str, address: &str, client: MailClient) -> Self {
        Self { number, name: name.to_owned(), address: address.to_owned(), client }
    }

    /// Answers the delivered `copy`: to its Reply-To, else its From.
    pub fn reply(&self, copy: &Mail, text: &str) -> Outgoing {
        self.reply_with_copies(copy, &[], text)
    }

    /// Answers the delivered `copy` and puts `copies` in Cc.
    pub fn reply_with_copies(&self, copy: &Mail, copies: &[&str], text: &str) -> Outgoing {
        let to = copy.answer_to();
        let message_id = match self.client {
            MailClient::Outlook => message_id("AM0PR01MB1001.eurprd01.prod.agents.test"),
            MailClient::Thunderbird => message_id(self.host()),
        };
        let thread = thread_fields(&copy.field("References"), &copy.field("Message-ID"));
        let mut head = format!("From: {}\r\nTo: {to}\r\n", person(&self.name, &self.address));
        if !copies.is_empty() {
            head += &format!("Cc: {}\r\n", copies.join(",\r\n "));
        }
        head += &format!("Date: {}\r\nMessage-ID: {message_id}\r\n{thread}", date());
        let raw = match self.client {
            MailClient::Outlook => self.outlook(copy, &head, text),
            MailClient::Thunderbird => self.thunderbird(copy, &head, text),
        };
        let copies = copies.iter().map(|&copy| copy.to_owned());
        Outgoing {
            sender: self.address.clone(),
            recipients: [to].into_iter().chain(copies).collect(),
            message_id,
            raw: raw.into_bytes(),
        }
    }

    /// The words in the fields of this agent's mail that must never reach a customer.
    pub fn traces(&self) -> Vec<String> {
        vec![
            self.address.clone(),
            self.host().to_owned(),
            self.name.clone(),
            "10.20.30.40".to_owned(),
            "X-Originating-IP".to_owned(),
            "DKIM-Signature".to_owned(),
            "X-MS-".to_owned(),
            "Thread-Index".to_owned(),
            "User-Agent".to_owned(),
            "X-Mozilla".to_owned(),
        ]
    }

    fn host(&self) -> &str {
        self.address.rsplit_once('@').map_or("", |(_, host)| host)
    }

    fn outlook(&self, copy: &Mail, head: &str, text: &str) -> String {
        let (host, address) = (self.host(), &self.address);
        let history = format!(
            "From: {}\nSent: {}\nTo: {}\nSubject: {}\n\n{}",
            copy.field("From"),
            copy.field("Date"),
            copy.field("To"),
            copy.subject(),
            copy.text()
        );
        let plain = format!(
            "{text}\n\nKind regards\n{}\n\n________________________________\n{history}\n",
            self.name
        );
        let html = format!(
            "<html><head><meta name=\"Generator\" content=\"Microsoft Word 15\"></head><body><p>{}</p>\
             <p>Kind regards<br>{}</p><hr><p>{}</p></body></html>\n",
            escaped(text),
            escaped(&self.name),
            escaped(&history)
        );
        let boundary = "_000_AM0PR01MB1001_";
        format!(
            "Received: from AM0PR01MB1001.{host} (10.20.30.40) by mail.{host} with HTTPS; {date}\r\n\
             DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={host}; s=selector1;\r\n \
             h=From:Date:Subject:Message-ID; bh=AAAA; b=BBBB\r\n\
             {head}Subject: {subject}\r\n\
             Thread-Topic: {topic}\r\nThread-Index: AdkAbcDEfGhIJKlmNOpQRStUVwXyZ==\r\n\
             Sender: {address}\r\nReply-To: {address}\r\nReturn-Receipt-To: {address}\r\n\
             Accept-Language: en-GB, en-US\r\nContent-Language: en-GB\r\nX-MS-Has-Attach:\r\n\
             X-MS-TNEF-Correlator:\r\nx-ms-exchange-organization-authas: Internal\r\n\
             X-MS-Exchange-CrossTenant-userprincipalname: {address}\r\n\
             X-Originating-IP: [10.20.30.40]\r\n\
             MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n\tboundary=\"{boundary}\"\r\n\r\n\
             --{boundary}\r\nContent-Type: text/plain; charset=\"utf-8\"\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{plain}\r\n\
             --{boundary}\r\nContent-Type: text/html; charset=\"utf-8\"\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{html}\r\n--{boundary}--\r\n",
            date = date(),
            subject = answer_subject("RE:", &copy.subject()),
            topic = crate::people::header_text(&copy.subject()),
            plain = base64_lines(&plain),
            html = base64_lines(&html),
        )
    }

    fn thunderbird(&self, copy: &Mail, head: &str, text: &str) -> String {
        let (host, address) = (self.host(), &self.address);
        let quoted: String = copy.text().lines().map(|line| format!("> {line}\n")).collect();
        let body = format!(
            "{text}\n\nOn {}, {} wrote:\n{quoted}\n-- \n{}\n",
            copy.field("Date"),
            copy.field("From"),
            self.name
        );
        format!(
            "Received: from [10.20.30.40] (laptop.{host} [10.20.30.40])\r\n\
             \tby mail.{host} (Postfix) with ESMTPSA id 4abc\r\n\tfor <x>; {date}\r\n\
             X-Mozilla-Status: 0001\r\nX-Identity-Key: id1\r\nX-Account-Key: account1\r\n\
             MIME-Version: 1.0\r\nUser-Agent: Mozilla Thunderbird\r\nContent-Language: en-GB\r\n\
             Organization: {host}\r\nDisposition-Notification-To: {address}\r\n\
             {head}Subject: {subject}\r\n\
             Content-Type: text/plain; charset=UTF-8; format=flowed\r\n\
             Content-Transfer-Encoding: 8bit\r\n\r\n{body}",
            date = date(),
            subject = answer_subject("Re:", &copy.subject()),
            body = body.replace('\n', "\r\n"),
        )
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\n', "<br>\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_looks_like_its_client_wrote_it() {
        let copy = Mail::new(
            "From: Ann <ann@customer.test>\r\nReply-To: internal+tok1@support.test\r\n\
             To: support@support.test\r\nMessage-ID: <1@x>\r\nSubject: help\r\n\r\nwhere is it?\r\n"
                .into(),
        );
        for client in [MailClient::Outlook, MailClient::Thunderbird] {
            let agent = Agent::new(1001, "Agnès Martin", "agnes@agents.test", client);
            let reply = agent.reply_with_copies(&copy, &["finance@agents.test"], "It is — here.");
            assert_eq!(reply.recipients, ["internal+tok1@support.test", "finance@agents.test"]);
            let sent = Mail::new(reply.raw);
            assert_eq!(sent.subject().to_lowercase(), "re: help");
            assert_eq!(sent.field("In-Reply-To"), "<1@x>");
            assert_eq!(sent.field("Message-ID"), reply.message_id);
            assert!(sent.text().starts_with("It is — here.\n"), "{}", sent.text());
            assert!(sent.text().contains("where is it?"));
            assert!(agent.traces().iter().any(|trace| sent.head().contains(trace)));
        }
    }
}
