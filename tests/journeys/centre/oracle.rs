//! What must become of a letter, worked out from the letter alone and from what the example says in
//! words: `docs/example/README.md`.

use super::letters::{Kind, Language, Letter, Mailbox};

/// How a letter's contact meets the agent who handled the thread last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LastAgent {
    /// Nobody handled it, or they are not at work.
    Absent,
    /// They took it.
    Took,
    /// They had no time.
    Busy,
}

/// An automatic answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Acknowledgement {
    Greeting,
    Closed,
    Merci,
    Thanks,
}

/// What must become of a letter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Expected {
    /// It is no contact but filed in its thread.
    pub(crate) filed: bool,
    /// Each step, `action:exit`.
    pub(crate) steps: Vec<&'static str>,
    /// The queue it comes to by its application, the priority there, and the skill it needs.
    pub(crate) queue: Option<(&'static str, u64, Option<&'static str>)>,
    /// It is sent on to the accountants.
    pub(crate) forwarded: bool,
    /// The automatic answer.
    pub(crate) acknowledgement: Option<Acknowledgement>,
    /// The answer goes to the manager of the customer, too.
    pub(crate) managed: bool,
}

/// What is known beside the letter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Circumstances {
    /// Whether its thread got an automatic answer before, or its writer too many.
    pub(crate) is_withheld: bool,
    /// Who handled the thread last.
    pub(crate) last: LastAgent,
}

/// What must become of a letter.
pub(crate) fn expected(letter: &Letter, known: Circumstances) -> Expected {
    if letter.follows.is_some() && matches!(letter.kind, Kind::Vacation | Kind::Bounce) {
        return Expected { filed: true, ..Expected::default() };
    }
    let known = Circumstances { is_withheld: known.is_withheld || letter.is_automatic(), ..known };
    let mut way = Expected { steps: vec!["arrive:mail"], ..Expected::default() };
    match letter.mailbox {
        Mailbox::Support => support(&mut way, letter, known),
        Mailbox::Orders => orders(&mut way, letter, known),
        Mailbox::Info if letter.language != Language::French => {
            way.go("in French:otherwise");
            way.acknowledge("thank", Acknowledgement::Thanks, known);
            way.queue("to general:queued", ("general", 5, None));
        }
        Mailbox::Info | Mailbox::Bonjour => {
            let is_by_address = letter.mailbox == Mailbox::Bonjour;
            way.go(if is_by_address { "in French:address" } else { "in French:language" });
            way.acknowledge("merci", Acknowledgement::Merci, known);
            way.queue("to French:queued", ("languages", 5, Some("french")));
        }
    }
    way
}

impl Expected {
    fn go(&mut self, step: &'static str) {
        self.steps.push(step);
    }

    fn queue(
        &mut self,
        step: &'static str,
        (queue, priority, skill): (&'static str, u64, Option<&'static str>),
    ) {
        self.steps.extend([step, "finish:"]);
        self.queue = Some((queue, priority, skill));
    }

    fn acknowledge(&mut self, action: &str, what: Acknowledgement, known: Circumstances) {
        self.go(match (action, known.is_withheld) {
            ("merci", false) => "merci:sent",
            ("merci", true) => "merci:withheld",
            ("say closed", false) => "say closed:sent",
            ("say closed", true) => "say closed:withheld",
            (_, false) => "thank:sent",
            (_, true) => "thank:withheld",
        });
        self.acknowledgement = (!known.is_withheld).then_some(what);
    }

    /// The part that is run for several applications.
    fn greet(&mut self, known: Circumstances) {
        self.acknowledge("thank", Acknowledgement::Greeting, known);
        if !known.is_withheld {
            self.go("mark greeted:tagged");
        }
        self.go("end:");
    }
}

fn orders(way: &mut Expected, letter: &Letter, known: Circumstances) {
    if letter.kind == Kind::KnownOrder {
        way.go("about an order:match");
        way.go("mark known:tagged");
        return way.queue("first:queued", ("orders", 7, None));
    }
    way.go("about an order:otherwise");
    way.greet(known);
    way.queue("line up:queued", ("orders", 5, None));
}

/// The rows of the table, from the top.
fn support(way: &mut Expected, letter: &Letter, known: Circumstances) {
    let is_complaint =
        letter.kind == Kind::Complaint || (letter.kind == Kind::Reklamation && letter.round > 1);
    if letter.is_automatic() {
        way.go("sort:robot");
        way.go("mark robot:tagged");
        way.queue("to the end:queued", ("general", 1, None));
    } else if letter.kind == Kind::Forged {
        way.go("sort:forged");
        way.go("mark forged:tagged");
        way.queue("to complaints:queued", ("complaints", 8, None));
    } else if letter.kind == Kind::Invoice {
        way.go("sort:invoice");
        if letter.round == 3 {
            // The accountants' mailbox is closed then.
            way.go("to accounts:failed");
            way.queue("to general:queued", ("general", 5, Some("english")));
        } else {
            way.forwarded = true;
        }
    } else if is_complaint {
        way.go("sort:complaint");
        way.go("note complaint:noted");
        way.queue("to complaints:queued", ("complaints", 8, None));
    } else if letter.kind == Kind::Urgent {
        way.go("sort:urgent");
        way.queue("to the front:queued", ("general", 9, None));
    } else if letter.kind == Kind::Large {
        way.go("sort:large");
        way.go("note large:noted");
        anybody(way, letter, known);
    } else if letter.from == super::crm::UNKNOWN {
        way.go("sort:partner");
        way.go("ask about contract:failed");
        anybody(way, letter, known);
    } else if letter.from.ends_with("@business.com") {
        way.go("sort:partner");
        way.go("ask about contract:answered");
        way.go("has gold:yes");
        way.go("copy to manager:set");
        way.managed = true;
        way.queue("to gold:queued", ("gold", 9, None));
    } else if letter.from.ends_with("@ct.com") {
        way.go("sort:partner");
        way.go("ask about contract:answered");
        way.go("has gold:no");
        anybody(way, letter, known);
    } else {
        way.go("sort:otherwise");
        anybody(way, letter, known);
    }
}

/// The agent who knows the thread, else an acknowledgement, and then by language.
fn anybody(way: &mut Expected, letter: &Letter, known: Circumstances) {
    match known.last {
        LastAgent::Took => return,
        LastAgent::Busy => way.go("last agent:timed out"),
        LastAgent::Absent => {
            way.go("last agent:no agent");
            by_schedule(way, letter.round, known);
        }
    }
    match letter.language {
        Language::French => {
            way.go("by language:French");
            way.queue("to French:queued", ("languages", 5, Some("french")));
        }
        Language::German => {
            way.go("by language:German");
            way.queue("to German:queued", ("languages", 5, Some("german")));
        }
        Language::English | Language::Unknown => {
            way.go("by language:otherwise");
            way.queue("to general:queued", ("general", 5, Some("english")));
        }
    }
}

fn by_schedule(way: &mut Expected, round: u32, known: Circumstances) {
    match round {
        1 => way.go("office hours:open"),
        2 => {
            way.go("office hours:closed");
            way.go("weekend hours:open");
        }
        _ => {
            way.go("office hours:closed");
            way.go("weekend hours:holiday");
            way.acknowledge("say closed", Acknowledgement::Closed, known);
            return way.go("until morning:over");
        }
    }
    way.greet(known);
}
