//! What customers write: five hundred mails of many kinds, which follow from a seed.

use std::fmt;

use anyhow::Result;
use harness::{Mail, Random};

use super::crm::UNKNOWN;

/// The mailboxes customers write to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mailbox {
    Support,
    Orders,
    Info,
    Bonjour,
}

/// What kind of mail it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Plain,
    Complaint,
    /// The German word that the application knows from the second round on.
    Reklamation,
    Invoice,
    /// It speaks of an invoice and has none.
    InvoiceMissing,
    Urgent,
    /// Priority 3 is nothing special.
    NotUrgent,
    Large,
    List,
    Vacation,
    Bounce,
    Forged,
    Proven,
    KnownOrder,
}

/// The language it is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    French,
    German,
    /// Too short to tell.
    Unknown,
}

/// One mail of a customer.
#[derive(Clone)]
pub(crate) struct Letter {
    /// Its number among all.
    pub(crate) number: usize,
    /// The round in which it is written.
    pub(crate) round: u32,
    pub(crate) mailbox: Mailbox,
    pub(crate) kind: Kind,
    pub(crate) language: Language,
    /// Who writes.
    pub(crate) from: String,
    /// Who else gets it, and so the answer.
    pub(crate) copy: Option<&'static str>,
    /// The letter whose answer it answers.
    pub(crate) follows: Option<usize>,
    /// With its angle brackets.
    pub(crate) message_id: String,
    pub(crate) raw: Vec<u8>,
}

/// As those read it who look for what went wrong.
impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, round, mailbox, kind, language, from, .. } = self;
        write!(
            f,
            "letter {number} of round {round} from {from} to {mailbox:?}: {kind:?} in {language:?}"
        )?;
        self.follows.map_or(Ok(()), |earlier| write!(f, ", after letter {earlier}"))
    }
}

/// The customer who writes too often.
pub(crate) const CHATTERBOX: &str = "customer99@customer.test";
/// A colleague some customers put on their mail.
pub(crate) const COLLEAGUE: &str = "colleague@computer-talk.com";
/// So many customers there are.
const CUSTOMERS: usize = 100;

impl Mailbox {
    /// The address, and the account behind it.
    pub(crate) fn addresses(self) -> (&'static str, &'static str) {
        match self {
            Self::Support => ("support@support.test", "support@support.test"),
            Self::Orders => ("orders@support.test", "orders@support.test"),
            Self::Info => ("info@support.test", "info@support.test"),
            Self::Bonjour => ("bonjour@support.test", "info@support.test"),
        }
    }
}

impl Letter {
    /// A new one, and perhaps an answer to what came back of an earlier letter.
    pub(crate) fn write(
        number: usize,
        round: u32,
        random: &Random,
        follows: Option<(&Self, &Mail)>,
    ) -> Self {
        let mut random = random.part(number as u64);
        let from = customer(number % CUSTOMERS);
        let mailbox = match random.below(8) {
            0..4 => Mailbox::Support,
            4..6 => Mailbox::Orders,
            6 => Mailbox::Info,
            _ => Mailbox::Bonjour,
        };
        let mailbox = match follows.map(|(earlier, _)| earlier.mailbox) {
            None => mailbox,
            // Answers come from the first address.
            Some(Mailbox::Bonjour) => Mailbox::Info,
            Some(earlier) => earlier,
        };
        let mut kind = kind(&mut random, mailbox);
        let language = match random.below(8) {
            _ if kind == Kind::Reklamation => Language::German,
            0..3 => Language::English,
            3..5 => Language::French,
            5..7 => Language::German,
            _ => Language::Unknown,
        };
        let copy = (random.below(20) == 0).then_some(COLLEAGUE);
        if follows.is_some() && !matches!(kind, Kind::Vacation | Kind::Complaint) {
            kind = Kind::Plain;
        }
        let bounces = kind == Kind::Bounce;
        let from = if bounces { "mailer-daemon@customer.test".to_owned() } else { from };
        let message_id = format!("<centre-{number:04}@mail.customer.test>");
        let mut letter = Self {
            number,
            round,
            mailbox,
            kind,
            language,
            from,
            copy,
            follows: follows.map(|(earlier, _)| earlier.number),
            message_id,
            raw: Vec::new(),
        };
        letter.raw = letter.compose(follows.map(|(_, answer)| answer));
        letter
    }

    /// One without anything special about it.
    pub(crate) fn plain(number: usize, round: u32, mailbox: Mailbox, from: String) -> Self {
        let mut letter = Self {
            number,
            round,
            mailbox,
            kind: Kind::Plain,
            language: Language::English,
            from,
            copy: None,
            follows: None,
            message_id: format!("<centre-{number:04}@mail.customer.test>"),
            raw: Vec::new(),
        };
        letter.raw = letter.compose(None);
        letter
    }

    /// Whether no person wrote it.
    pub(crate) fn is_automatic(&self) -> bool {
        matches!(self.kind, Kind::List | Kind::Vacation | Kind::Bounce)
    }

    fn compose(&self, answers: Option<&Mail>) -> Vec<u8> {
        let (number, kind) = (self.number, self.kind);
        let subject = match kind {
            Kind::Invoice | Kind::InvoiceMissing => format!("Your invoice {number:04}"),
            Kind::KnownOrder => format!("About order  {:04}", 1000 + number),
            Kind::Plain
            | Kind::Complaint
            | Kind::Reklamation
            | Kind::Urgent
            | Kind::NotUrgent
            | Kind::Large
            | Kind::List
            | Kind::Vacation
            | Kind::Bounce
            | Kind::Forged
            | Kind::Proven => format!("Parcel {number:04}"),
        };
        let mut head = String::new();
        let domain = self.from.rsplit('@').next().unwrap_or_default();
        let results = "Authentication-Results: mx.support.test; dmarc";
        head += &match kind {
            Kind::Forged => format!("{results}=fail header.from={domain}\r\n"),
            Kind::Proven => format!("{results}=pass header.from={domain}\r\n"),
            Kind::Urgent => "X-Priority: 1 (Highest)\r\n".to_owned(),
            Kind::NotUrgent => "X-Priority: 3\r\n".to_owned(),
            Kind::List => "List-Id: <news.customer.test>\r\n".to_owned(),
            Kind::Vacation => "Auto-Submitted: auto-replied\r\n".to_owned(),
            _ => String::new(),
        };
        if let Some(copy) = self.copy {
            head += &format!("Cc: {copy}\r\n");
        }
        let mut to = self.mailbox.addresses().0.to_owned();
        let mut subject = subject;
        if let Some(answer) = answers {
            let id = answer.field("Message-ID");
            head += &format!("In-Reply-To: {id}\r\nReferences: {id}\r\n");
            subject = format!("Re: {subject}");
            to = answer.answer_to();
        }
        head = format!(
            "From: Customer {number:04} <{}>\r\nTo: {to}\r\nSubject: {subject}\r\n\
             Message-ID: {}\r\nDate: Mon, 02 Nov 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n{head}",
            self.from, self.message_id
        );
        (head + &self.body()).into_bytes()
    }

    fn body(&self) -> String {
        let text = format!("{}\r\n", self.text());
        let plain = "Content-Type: text/plain; charset=utf-8\r\n\
                     Content-Transfer-Encoding: 8bit\r\n\r\n";
        let (name, content) = match self.kind {
            Kind::Invoice => (format!("invoice-{:04}.pdf", self.number), "JVBERi0xLjQK".to_owned()),
            Kind::Large => ("photo.jpg".to_owned(), "QUJDREVG\r\n".repeat(32_000)),
            Kind::Bounce => return self.report(plain, &text),
            _ => return format!("{plain}{text}"),
        };
        format!(
            "Content-Type: multipart/mixed; boundary=\"=_part\"\r\n\r\n--=_part\r\n{plain}{text}\r\n\
             --=_part\r\nContent-Type: application/octet-stream; name=\"{name}\"\r\n\
             Content-Disposition: attachment; filename=\"{name}\"\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{content}\r\n--=_part--\r\n"
        )
    }

    fn report(&self, plain: &str, text: &str) -> String {
        format!(
            "Content-Type: multipart/report; report-type=delivery-status;\r\n boundary=\"=_part\"\r\n\r\n\
             --=_part\r\n{plain}{text}\r\n--=_part\r\nContent-Type: message/delivery-status\r\n\r\n\
             Reporting-MTA: dns; mail.customer.test\r\n\r\n\
             Final-Recipient: rfc822; nobody{}@customer.test\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n\
             --=_part--\r\n",
            self.number
        )
    }

    fn text(&self) -> String {
        let (text, complaint) = match self.language {
            Language::English => (
                "Hello, my parcel has not arrived yet. Could you please tell me where it is and when \
                 I can expect it?",
                " This is a complaint about your service.",
            ),
            Language::French => (
                "Bonjour, je n'ai toujours pas reçu mon colis. Pourriez-vous me dire où il se trouve \
                 et quand il arrivera ?",
                " Ceci est une réclamation au sujet de votre service.",
            ),
            Language::German => (
                "Guten Tag, mein Paket ist noch nicht angekommen. Können Sie mir bitte sagen, wo es \
                 ist und wann es kommt?",
                " Dies ist eine Beschwerde über Ihren Dienst.",
            ),
            Language::Unknown => ("OK", " - complaint"),
        };
        match self.kind {
            Kind::Complaint => format!("{text}{complaint}"),
            Kind::Reklamation => format!("{text} Dies ist eine Reklamation wegen der Lieferung."),
            _ => text.to_owned(),
        }
    }
}

fn kind(random: &mut Random, mailbox: Mailbox) -> Kind {
    match (random.below(20), mailbox) {
        (0..2, Mailbox::Support) => Kind::Complaint,
        (2, Mailbox::Support) => Kind::Reklamation,
        (3, Mailbox::Support) => Kind::Invoice,
        (4, Mailbox::Support) => Kind::InvoiceMissing,
        (5..7, Mailbox::Support) => Kind::Urgent,
        (7, Mailbox::Support) => Kind::NotUrgent,
        (8, _) => Kind::Large,
        (9, _) => Kind::List,
        (10, _) => Kind::Vacation,
        (11, _) => Kind::Bounce,
        (12, Mailbox::Support) => Kind::Forged,
        (13, Mailbox::Support) => Kind::Proven,
        (0..7, Mailbox::Orders) => Kind::KnownOrder,
        _ => Kind::Plain,
    }
}

/// The address of a customer: twenty of a hundred have a contract.
fn customer(number: usize) -> String {
    match number {
        0 => UNKNOWN.to_owned(),
        1..10 => format!("partner{number}@business.com"),
        10..20 => format!("partner{number}@ct.com"),
        _ => format!("customer{number}@customer.test"),
    }
}

/// The number that a Message-ID of a letter names.
pub(crate) fn number_of(message_id: &str) -> Option<usize> {
    let rest = message_id.trim_start_matches('<').strip_prefix("centre-")?;
    rest.split('@').next()?.parse().ok()
}

/// Every kind has been written, so that nothing is left untried by chance.
pub(crate) fn check_variety(letters: &[Letter]) -> Result<()> {
    let kinds: std::collections::BTreeSet<Kind> = letters.iter().map(|it| it.kind).collect();
    anyhow::ensure!(kinds.len() == 14, "only these kinds were written: {kinds:?}");
    Ok(())
}
