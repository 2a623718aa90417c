//! Every kind of action: the words and sentences from which reader, schema and hints are made.

use crate::condition::{OF_ADDRESSES, OF_SIZES, OF_TEXTS, OF_WORDS};
use crate::form::{Form, Key, Takes};
use crate::{read_action, read_reply, read_table, read_webhook};

/// All kinds, in the order in which they are listed to people.
pub(crate) const ALL: [&Form; 15] = [
    &WAIT_FOR_EMAIL,
    &CHECK_EMAIL,
    &COMPOSE_REPLY,
    &QUEUE,
    &ROUTE_TO_AGENT,
    &TRANSFER_TO_ADDRESS,
    &SET_PARAMETER,
    &CHOOSE_BY_SCHEDULE,
    &BRANCH,
    &WAIT,
    &NOTE,
    &TAG,
    &CALL_WEBHOOK,
    &RUN_APPLICATION,
    &END,
];

/// What every `error` exit is for.
const ERROR: (&str, &str) = (
    "error",
    "Taken where it cannot be carried out, such as a variable that holds nothing to be worked with. \
     The journal says why.",
);

const fn needed(
    name: &'static str,
    takes: Takes,
    example: &'static str,
    about: &'static str,
) -> Key {
    Key { name, about, example, takes, is_needed: true }
}

const fn optional(
    name: &'static str,
    takes: Takes,
    example: &'static str,
    about: &'static str,
) -> Key {
    Key { name, about, example, takes, is_needed: false }
}

const PRIORITY: Key = optional(
    "priority",
    Takes::Number(0, 255),
    "5",
    "From 0 to 255; higher is served first, and among equals who waits longest. 5 where it is not \
     given.",
);

pub(crate) static WAIT_FOR_EMAIL: Form = Form {
    does: "wait for e-mail",
    about: "Where every contact of a mailbox begins. Only the first action may do this; an \
            application that begins with another action is a part, which others run.",
    keys: &[optional(
        "mailboxes",
        Takes::Texts,
        "[\"support\", \"sales\"]",
        "The mailboxes whose mail comes here. All that name this application where it is not given.",
    )],
    needs_one_of: &[],
    exits: &[("mail", "Taken by every mail that arrives.")],
    read: read_action::wait_for_email,
};

pub(crate) static CHECK_EMAIL: Form = Form {
    does: "check e-mail",
    about: "Looks at the mail. Rows are tried from the top, and the first of which every condition \
            holds decides. Conditions may also stand in the action itself: they are one row whose \
            exit is `match`.",
    keys: &[
        optional(
            "row",
            Takes::Rows,
            "[{ subject = { contains = \"invoice\" }, to = \"to billing\" }]",
            "The rows, each `[[action.NAME.row]]` with conditions, all of which must hold; `to`, the \
             action it leads to; and perhaps `name`, which names its exit. Without a name the exits \
             are `row 1`, `row 2` and so on.",
        ),
        optional(
            "subject",
            Takes::Condition(OF_TEXTS),
            "{ contains = [\"invoice\", \"facture\"] }",
            "What must hold of the subject.",
        ),
        optional(
            "body",
            Takes::Condition(OF_TEXTS),
            "{ contains = \"order number\" }",
            "What must hold of the text of the mail.",
        ),
        optional(
            "header",
            Takes::Headers(OF_TEXTS),
            "{ \"X-Priority\" = { equals = \"1\" } }",
            "What must hold of header fields, by their names.",
        ),
        optional(
            "attachment",
            Takes::Condition(OF_TEXTS),
            "{ contains = \".pdf\" }",
            "What must hold of the name of an attachment.",
        ),
        optional(
            "sender",
            Takes::Condition(OF_ADDRESSES),
            "{ domain = \"example.com\" }",
            "What must hold of the address the mail is from.",
        ),
        optional(
            "recipient",
            Takes::Condition(OF_ADDRESSES),
            "{ equals = \"billing@example.com\" }",
            "What must hold of an address in To or Cc.",
        ),
        optional(
            "size",
            Takes::Condition(OF_SIZES),
            "{ above = \"5 MB\" }",
            "What must hold of the size of the mail.",
        ),
        optional(
            "language",
            Takes::Condition(OF_WORDS),
            "\"fr\"",
            "What must hold of the language its text is written in, a tag such as `fr` (RFC 5646).",
        ),
        optional(
            "automatic",
            Takes::Condition(OF_WORDS),
            "true",
            "Whether a robot wrote it: an out-of-office notice, a bounce, a receipt or a list.",
        ),
        optional(
            "dmarc",
            Takes::Condition(OF_WORDS),
            "[\"pass\"]",
            "The results that fit of the check whether the domain of From stands by the mail.",
        ),
        optional(
            "dkim",
            Takes::Condition(OF_WORDS),
            "[\"pass\"]",
            "The results that fit of the check of its signature.",
        ),
        optional(
            "spf",
            Takes::Condition(OF_WORDS),
            "[\"pass\", \"none\"]",
            "The results that fit of the check of the server that sent it.",
        ),
    ],
    needs_one_of: read_table::ROW_OR_FIELD,
    exits: &[
        ("otherwise", "Taken where no row fits."),
        ("error", "Taken where the mail cannot be read. The journal says why."),
    ],
    read: read_table::check_email,
};

pub(crate) static COMPOSE_REPLY: Form = Form {
    does: "compose reply",
    about: "Answers the customer without a person, at most once a day in a thread and never to mail \
            that a robot wrote.",
    keys: &[
        needed(
            "text",
            Takes::Localised,
            "\"Thank you. We have your mail.\"",
            "What it says. A template, or one for each language: `text.en`, `text.fr`.",
        ),
        optional(
            "subject",
            Takes::Localised,
            "\"Auto: {{ contact.subject }}\"",
            "Its subject. A template, or one for each language. `Auto:` and the customer's subject \
             where it is not given.",
        ),
        optional(
            "html",
            Takes::Localised,
            "\"<p>Thank you. We have your mail.</p>\"",
            "The same as HTML, for mail programs that show it. A template, or one for each language.",
        ),
        optional(
            "default_language",
            Takes::Text,
            "\"en\"",
            "The language for customers whose own is not among the texts. Needed where texts are by \
             language.",
        ),
        optional(
            "attachments",
            Takes::Texts,
            "[\"terms.pdf\"]",
            "Files that go with it; they lie beside the application file.",
        ),
    ],
    needs_one_of: &[],
    exits: &[
        ("sent", "Taken where the answer was asked for; what the mail server says comes later."),
        ("withheld", "Taken where no answer may go out. The journal says why."),
        ERROR,
    ],
    read: read_reply::compose_reply,
};

pub(crate) static QUEUE: Form = Form {
    does: "queue",
    about: "Puts the contact in a queue, where it waits for an agent.",
    keys: &[
        needed("queue", Takes::Text, "\"support\"", "The name of the queue."),
        PRIORITY,
        optional(
            "skills",
            Takes::Skills,
            "[\"french\", { skill = \"billing\", level = 3 }]",
            "What an agent must be able to do to get it; with `level` how well at least, from 1 to 10.",
        ),
    ],
    needs_one_of: &[],
    exits: &[("queued", "Taken at once; the contact waits in the queue meanwhile.")],
    read: read_action::queue,
};

pub(crate) static ROUTE_TO_AGENT: Form = Form {
    does: "route to agent",
    about: "Has the contact wait for one agent. If they take it, the application has done its part.",
    keys: &[
        needed(
            "agent",
            Takes::Agent,
            "\"{{ thread.last_handling_agent }}\"",
            "The agent's number, or a template that gives it, such as the agent who handled the \
             thread last.",
        ),
        needed(
            "wait",
            Takes::Duration,
            "\"15 min\"",
            "How long it waits for them; with \"0 s\" it goes on unless they are free now.",
        ),
        PRIORITY,
    ],
    needs_one_of: &[],
    exits: &[
        ("no agent", "Taken where there is no such agent, or they are signed out."),
        ("timed out", "Taken where they did not take it in time."),
    ],
    read: read_action::route_to_agent,
};

pub(crate) static TRANSFER_TO_ADDRESS: Form = Form {
    does: "transfer to address",
    about: "Sends the mail to somebody who does not work with Postbook, and ends the contact.",
    keys: &[needed(
        "address",
        Takes::Text,
        "\"accounts@example.com\"",
        "The address, or a template that gives it.",
    )],
    needs_one_of: &[],
    exits: &[("failed", "Taken where the mail server would not have it."), ERROR],
    read: read_action::transfer_to_address,
};

pub(crate) static SET_PARAMETER: Form = Form {
    does: "set parameter",
    about: "Sets a parameter of the contact. `wf.internalccaddresses` and `wf.externalccaddresses` \
            decide who gets a copy of the answer; others are yours to use as {{ wf.NAME }}.",
    keys: &[
        needed("parameter", Takes::Text, "\"wf.internalccaddresses\"", "Its name."),
        needed("value", Takes::Text, "\"audit@example.com\"", "Its new value, a template."),
    ],
    needs_one_of: &[],
    exits: &[("set", "Taken where it is set."), ERROR],
    read: read_action::set_parameter,
};

pub(crate) static CHOOSE_BY_SCHEDULE: Form = Form {
    does: "choose by schedule",
    about: "Looks at the clock and at the hours in which somebody works.",
    keys: &[needed("schedule", Takes::Text, "\"office hours\"", "The name of the schedule.")],
    needs_one_of: &[],
    exits: &[
        ("open", "Taken within the hours."),
        ("closed", "Taken outside them."),
        ("holiday", "Taken on a day that the schedule names as closed."),
    ],
    read: read_action::choose_by_schedule,
};

pub(crate) static BRANCH: Form = Form {
    does: "branch",
    about: "Decides by what is known of the contact, its thread, agents, queues and schedules.",
    keys: &[needed(
        "when",
        Takes::Text,
        "'contact.language == \"fr\"'",
        "The condition, in the Common Expression Language.",
    )],
    needs_one_of: &[],
    exits: &[
        ("yes", "Taken where the condition is true."),
        ("no", "Taken where it is false."),
        ERROR,
    ],
    read: read_action::branch,
};

pub(crate) static WAIT: Form = Form {
    does: "wait",
    about: "Waits before the contact goes on. It is in no queue meanwhile.",
    keys: &[
        optional("wait", Takes::Duration, "\"2 h\"", "How long."),
        optional(
            "seconds",
            Takes::Number(0, u32::MAX as i64),
            "60",
            "How long, in seconds: the older way to write `wait`.",
        ),
    ],
    needs_one_of: &["wait", "seconds"],
    exits: &[("over", "Taken when the time is over.")],
    read: read_action::wait,
};

pub(crate) static NOTE: Form = Form {
    does: "note",
    about: "Notes something for the agents and supervisors who see the contact. Customers never do.",
    keys: &[needed("text", Takes::Text, "\"Writes often.\"", "What, a template.")],
    needs_one_of: &[],
    exits: &[("noted", "Taken where it is noted."), ERROR],
    read: read_action::note,
};

pub(crate) static TAG: Form = Form {
    does: "tag",
    about: "Gives the contact a word by which it is found again and counted.",
    keys: &[needed("tag", Takes::Text, "\"complaint\"", "The word.")],
    needs_one_of: &[],
    exits: &[("tagged", "Taken at once.")],
    read: read_action::tag,
};

pub(crate) static CALL_WEBHOOK: Form = Form {
    does: "call webhook",
    about: "Asks another program over HTTP, and goes on with its answer.",
    keys: &[
        needed(
            "url",
            Takes::Text,
            "\"https://crm.example.com/contacts\"",
            "Where: `https`, or `http` to this machine. Its host must be allowed in the settings.",
        ),
        needed(
            "body",
            Takes::Text,
            "'{\"subject\": {{ contact.subject }}}'",
            "What is sent, a template of JSON.",
        ),
        optional(
            "timeout",
            Takes::Duration,
            "\"10 s\"",
            "How long one attempt may take, up to \"5 min\". \"10 s\" where it is not given.",
        ),
        optional(
            "attempts",
            Takes::Number(1, 10),
            "3",
            "How many attempts are made in all. 3 where it is not given.",
        ),
        optional(
            "result",
            Takes::Parameters,
            "{ \"wf.customer\" = \"/customer/id\" }",
            "Parameters that are set from the answer, each from where a JSON Pointer (RFC 6901) leads.",
        ),
    ],
    needs_one_of: &[],
    exits: &[
        ("answered", "Taken where it answered with success."),
        ("failed", "Taken where no attempt was answered with success."),
        ERROR,
    ],
    read: read_webhook::call_webhook,
};

pub(crate) static RUN_APPLICATION: Form = Form {
    does: "run application",
    about: "Runs another application as a part of this one, and goes on where that ends.",
    keys: &[needed(
        "application",
        Takes::Text,
        "\"greeting\"",
        "Its name. It must not wait for e-mail itself.",
    )],
    needs_one_of: &[],
    exits: &[("done", "Taken where the part comes to its end.")],
    read: read_action::run_application,
};

pub(crate) static END: Form = Form {
    does: "end",
    about: "Ends the application; in a part, the one that runs it goes on. A contact that waits in \
            a queue then stays there, one that waits for an agent goes back to the queue it was in \
            before, and any other is released.",
    keys: &[],
    needs_one_of: &[],
    exits: &[],
    read: read_action::end,
};
