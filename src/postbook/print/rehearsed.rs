//! What an application would do with mails.

use http::answer::{Effect, Rehearsed, RehearsedStep};

use super::{local, optional};

/// So many lines of a text are shown; `--json` has them all.
const LINES_MAX: usize = 6;

/// The way of each mail.
pub(crate) fn rehearsed(names: &str, mails: &[Rehearsed]) -> String {
    let mails = mails.iter().map(one);
    mails.chain([format!("Nothing was sent, asked or recorded; {names}")]).collect()
}

fn one(mail: &Rehearsed) -> String {
    let mut text = format!("{} in mailbox {}\n", mail.mail, mail.mailbox);
    let mut application = None;
    for step in &mail.steps {
        if application != Some(&step.application) {
            text += &format!("  {}\n", step.application);
            application = Some(&step.application);
        }
        text += &shown(step);
    }
    text + &format!("  {}\n\n", mail.end.text)
}

fn shown(step: &RehearsedStep) -> String {
    let way = match &step.exit {
        Some(exit) => format!(" -> {exit}"),
        None if step.is_end => " (the application ends)".to_owned(),
        None => String::new(),
    };
    let effects = step.effects.iter().flat_map(effect);
    let details = step.why.iter().cloned().chain(effects);
    let details: String = details.map(|line| format!("      {line}\n")).collect();
    format!("    {}{way}\n{details}", step.action)
}

/// What a step does, in lines.
fn effect(effect: &Effect) -> Vec<String> {
    let line = match effect {
        Effect::Reply { to, subject, text, html, attachments } => {
            let mut lines = vec![format!("answers {}: {subject}", optional(to.as_deref()))];
            lines.extend(quoted(text));
            if html.is_some() {
                lines.push("the same as HTML".to_owned());
            }
            lines.extend(attachments.iter().map(|name| format!("with {name}")));
            return lines;
        }
        Effect::Webhook { url, body, status, answer } => {
            let status = status.map(|status| format!("{status} ")).unwrap_or_default();
            let mut lines = vec![format!("asks {url}")];
            lines.extend(quoted(body));
            lines.push(format!("gets {status}{}", answer.replace(['\r', '\n'], " ")));
            return lines;
        }
        Effect::Note { text } => {
            return ["notes".to_owned()].into_iter().chain(quoted(text)).collect();
        }
        Effect::Withheld { why } => format!("no answer: {why}"),
        Effect::Wait { ms, until } => {
            let time = application::duration::show(*ms);
            format!("waits for {time}, until {}: over at once here", local(until))
        }
        Effect::Parameter { name, value } => format!("{name} = {value}"),
        Effect::Tag { tag } => format!("tag {tag}"),
        Effect::LineUp { line, priority } => {
            format!("into the line of {line}, priority {priority}")
        }
        Effect::Forward { to } => format!("a copy goes to {}", optional(to.as_deref())),
        Effect::Run { application } => format!("runs {application}"),
        Effect::Failure { why } => format!("FAILS: {why}"),
    };
    vec![line]
}

/// The first lines of a text.
fn quoted(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text
        .lines()
        .take(LINES_MAX)
        .map(|line| format!("| {line}").trim_end().to_owned())
        .collect();
    if text.lines().nth(LINES_MAX).is_some() {
        lines.push("| ...".to_owned());
    }
    lines
}
