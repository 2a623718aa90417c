//! The lines by which mail programs say whose words follow: attributions and header blocks.
//!
//! What an agent writes must never be taken for one, so that a line counts only by its whole
//! shape, and mostly only where a quote follows.

use crate::quote_lines::QuoteLine;

/// An attribution is folded over no more lines.
const ATTRIBUTION_LINES_MAX: usize = 4;
/// No attribution is longer.
const ATTRIBUTION_BYTES_MAX: usize = 1_000;
/// A header block with its long lists of recipients has no more lines.
const BLOCK_LINES_MAX: usize = 40;
/// So many blank lines may stand before a quote or a header block.
const BLANK_LINES_MAX: usize = 2;
/// No label is longer.
const LABEL_CHARS_MAX: usize = 24;

/// What an attribution begins with, as programs write it.
const OPENERS: [&str; 19] = [
    "Am ",
    "At ",
    "Dana ",
    "Dne ",
    "Den ",
    "El ",
    "Em ",
    "I ",
    "Il ",
    "Le ",
    "No dia ",
    "On ",
    "Op ",
    "På ",
    "Pe ",
    "W dniu ",
    "В ",
    "Στις ",
    "בתאריך ",
];
/// What an attribution says the quoted person did, in lower case.
const VERBS: [&str; 24] = [
    " wrote",
    " schrieb",
    " a écrit",
    " escribió",
    " ha scritto",
    " escreveu",
    " schreef",
    " geschreven",
    " napisał",
    " skrev",
    " kirjoitti",
    " napsal",
    " napísal",
    " írta",
    " a scris",
    " va escriure",
    " yazdı",
    " написал",
    " пишет",
    " έγραψε",
    " כתב",
    "写道",
    "書きました",
    "님이 작성",
];
/// Labels of the person who wrote, in lower case.
const FROM: [&str; 19] = [
    "absender",
    "da",
    "de",
    "expéditeur",
    "feladó",
    "fra",
    "from",
    "från",
    "kimden",
    "lähettäjä",
    "mittente",
    "od",
    "remitente",
    "van",
    "von",
    "από",
    "от",
    "发件人",
    "差出人",
];
/// Labels of the time, in lower case.
const DATES: [&str; 30] = [
    "data",
    "date",
    "dato",
    "datum",
    "enviada em",
    "enviado",
    "enviado el",
    "envoyé",
    "fecha",
    "gesendet",
    "gönderildi",
    "inviato",
    "küldve",
    "lähetetty",
    "odesláno",
    "päivämäärä",
    "sendt",
    "sent",
    "skickat",
    "tarih",
    "verzonden",
    "wysłano",
    "дата",
    "отправлено",
    "发送时间",
    "日期",
    "送信日時",
    "日時",
    "보낸 날짜",
    "날짜",
];
/// Labels of those who got it, in lower case.
const RECIPIENTS: [&str; 35] = [
    "a",
    "aan",
    "an",
    "answer-to",
    "bcc",
    "bilgi",
    "cc",
    "copia",
    "címzett",
    "do",
    "dw",
    "kime",
    "komu",
    "kopi",
    "kopia",
    "kopie",
    "kopio",
    "másolatot kap",
    "para",
    "reply-to",
    "antwort an",
    "répondre à",
    "til",
    "till",
    "to",
    "vastaanottaja",
    "à",
    "кому",
    "копия",
    "抄送",
    "收件人",
    "宛先",
    "받는 사람",
    "보낸 사람",
    "참조",
];
/// Labels of the subject, in lower case.
const SUBJECTS: [&str; 18] = [
    "aihe",
    "asunto",
    "assunto",
    "betreff",
    "emne",
    "konu",
    "objet",
    "oggetto",
    "onderwerp",
    "předmět",
    "subject",
    "temat",
    "tárgy",
    "ämne",
    "тема",
    "主题",
    "件名",
    "제목",
];

/// What a line of a header block is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Label {
    From,
    Date,
    Recipients,
    Subject,
}

/// Tells for each line whether it is a marker line of a quote.
pub(crate) fn marked(lines: &[QuoteLine]) -> Vec<bool> {
    let mut marked = Vec::with_capacity(lines.len());
    while let Some(rest) = lines.get(marked.len()..).filter(|rest| !rest.is_empty()) {
        let count = header_block(rest).or_else(|| attribution(rest)).unwrap_or(0);
        if count == 0 {
            marked.push(false);
        }
        marked.extend(std::iter::repeat_n(true, count));
    }
    marked
}

/// How many of the first lines are an attribution, such as `On ..., Jo <jo@example.org> wrote:`.
fn attribution(lines: &[QuoteLine]) -> Option<usize> {
    let first = lines.first()?;
    let is_folded = begins_with_date(&first.text);
    let mut joined = String::new();
    for count in 1..=ATTRIBUTION_LINES_MAX {
        let line = lines.get(count - 1).filter(|line| line.depth == first.depth)?;
        let is_next = count > 1 && begins_with_date(&line.text) && opens(&line.text);
        if line.text.is_empty() || is_next {
            return None;
        }
        joined.push_str(&line.text);
        if joined.len() > ATTRIBUTION_BYTES_MAX {
            return None;
        }
        if joined.ends_with([':', '：']) {
            let is_quoted = first.depth > 0 || is_followed_by_quote(lines, count);
            return is_attribution(&joined, is_quoted).then_some(count);
        }
        if !is_folded {
            return None;
        }
        joined.push(' ');
    }
    None
}

fn is_attribution(text: &str, is_quoted: bool) -> bool {
    let lower = text.to_lowercase();
    let says = VERBS.iter().any(|verb| lower.contains(verb));
    let opens = opens(text);
    let numbers = numbers(text);
    let has_address = text.contains('@');
    let in_brackets = has_address && text.contains(['<', '(', '[']);
    let is_plain = opens && says && numbers >= 2;
    let is_dated = in_brackets && numbers >= 4;
    let is_named = in_brackets && says;
    is_quoted && (is_plain || is_dated || is_named) || is_plain && has_address && numbers >= 4
}

/// Whether a line may be the first of an attribution that is folded.
fn begins_with_date(text: &str) -> bool {
    let numbers = numbers(text);
    numbers >= 4 || numbers >= 1 && opens(text)
}

fn opens(text: &str) -> bool {
    OPENERS.iter().any(|opener| text.starts_with(opener))
}

/// How many numbers stand outside addresses.
fn numbers(text: &str) -> usize {
    text.split_whitespace()
        .filter(|word| !word.contains('@'))
        .flat_map(|word| word.split(|c: char| !c.is_ascii_digit()))
        .filter(|digits| !digits.is_empty())
        .count()
}

fn is_followed_by_quote(lines: &[QuoteLine], count: usize) -> bool {
    let depth = lines.first().map_or(0, |line| line.depth);
    let next = lines.iter().skip(count).take(BLANK_LINES_MAX + 1);
    next.into_iter()
        .find(|line| !line.text.is_empty() || line.depth > depth)
        .is_some_and(|line| line.depth > depth)
}

/// How many of the first lines are a header block, with what separates it; without a separator
/// it has to name the writer first, then the time and one thing more.
fn header_block(lines: &[QuoteLine]) -> Option<usize> {
    let depth = lines.first()?.depth;
    let is_separated = is_separator(&lines.first()?.text);
    let mut start = usize::from(is_separated);
    if is_separated {
        let blank = |line: &&QuoteLine| line.text.is_empty();
        start += lines.iter().skip(1).take(BLANK_LINES_MAX).take_while(blank).count();
    }
    let mut labels: Vec<Label> = Vec::new();
    let mut end = start;
    let mut is_open = false;
    for line in lines.iter().skip(start).take(BLOCK_LINES_MAX) {
        if line.depth != depth || line.text.is_empty() {
            break;
        }
        let label = label(&line.text);
        if label.is_none() && !is_open {
            break;
        }
        labels.extend(label);
        is_open = goes_on(&line.text, labels.last().copied());
        end += 1;
    }
    let has_writer = labels.contains(&Label::From);
    let is_told =
        labels.first() == Some(&Label::From) && labels.contains(&Label::Date) && labels.len() >= 3;
    let is_block = has_writer && labels.len() >= 2 && is_separated || is_told;
    is_block.then_some(end)
}

/// Whether a list of addresses is not at its end yet.
fn goes_on(text: &str, label: Option<Label>) -> bool {
    let is_list = matches!(label, Some(Label::From | Label::Recipients));
    let is_cut = text.rfind('<') > text.rfind('>');
    is_list && (is_cut || text.ends_with([',', ';', ':']))
}

/// `-----Original Message-----` in any language, a long rule, or the words before a forward.
fn is_separator(text: &str) -> bool {
    let dashes = |text: &str| text.chars().take_while(|&c| c == '-').count();
    let is_rule = text.len() >= 10 && text.chars().all(|c| c == '_');
    let backwards: String = text.chars().rev().take(8).collect();
    let is_titled = dashes(text) >= 2 && dashes(&backwards) >= 2 && text.len() >= 10;
    is_rule || is_titled || text == "Begin forwarded message:"
}

fn label(text: &str) -> Option<Label> {
    let text = text.trim_start_matches('*');
    let mut name = String::new();
    let mut letters = text.chars();
    loop {
        match letters.next()? {
            ':' | '：' => break,
            _ if name.chars().count() >= LABEL_CHARS_MAX => return None,
            letter => name.push(letter),
        }
    }
    let name = name.replace('\u{a0}', " ").to_lowercase();
    let name = name.trim_matches(['*', ' ']);
    let tables: [(&[&str], Label); 4] = [
        (&FROM, Label::From),
        (&DATES, Label::Date),
        (&RECIPIENTS, Label::Recipients),
        (&SUBJECTS, Label::Subject),
    ];
    tables.into_iter().find(|(names, _)| names.contains(&name)).map(|(_, label)| label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quote_lines::plain;

    /// Marker lines are written with a `§` at their beginning.
    #[track_caller]
    fn check(text: &str) {
        let bare = text.replace('§', "");
        let lines = plain(bare.as_bytes(), Some("utf-8"));
        let found = marked(&lines);
        let expected: Vec<bool> = text.lines().map(|line| line.starts_with('§')).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn attributions_in_many_languages() {
        for line in [
            "On Tue, Nov 14, 2023 at 10:13 PM Agnes <a1@ct.com> wrote:",
            "Am Di., 14. Nov. 2023 um 22:13 Uhr schrieb Agnes <a1@ct.com>:",
            "Am 14.11.23 um 22:13 schrieb Agnes:",
            "Le mar. 14 nov. 2023 à 22:13, Agnes <a1@ct.com> a écrit :",
            "El mar, 14 nov 2023 a las 22:13, Agnes (<a1@ct.com>) escribió:",
            "Il giorno mar 14 nov 2023 alle ore 22:13 Agnes <a1@ct.com> ha scritto:",
            "Em ter., 14 de nov. de 2023 às 22:13, Agnes <a1@ct.com> escreveu:",
            "Op di 14 nov 2023 om 22:13 schreef Agnes <a1@ct.com>:",
            "wt., 14 lis 2023 o 22:13 Agnes <a1@ct.com> napisał(a):",
            "вт, 14 нояб. 2023 г. в 22:13, Agnes <a1@ct.com>:",
            "2023年11月14日(火) 22:13 Agnes <a1@ct.com>:",
            "Agnes <a1@ct.com> 于2023年11月14日周二 22:13写道：",
            "Agnes <a1@ct.com> wrote:",
        ] {
            check(&format!("Hello\n\n§{line}\n\n> quoted\n"));
            check(&format!("> text\n§> {line}\n> text\n"));
        }
    }

    #[test]
    fn attributions_are_folded_and_stand_without_a_quote_sign() {
        check(
            "Hi a1@ct.com\n§On Tue, 14 Nov 2023 at 22:13, Agnes Agent via Desk <\n§a1@ct.com> wrote:\n> x\n",
        );
        check("§On Tue, 14 Nov 2023 at 22:13, Agnes <a1@ct.com> wrote:\nx\n");
    }

    #[test]
    fn header_blocks_in_many_languages() {
        check(
            "Bye\n§-----Original Message-----\n§From: Agnes <a1@ct.com>\n§Sent: 14 Nov\n§To: Ann;\n§ desk@ct.com\n§Subject: x\n\nFrom: me\n",
        );
        check(
            "§-----Ursprüngliche Nachricht-----\n§Von: Agnes <a1@ct.com>\n§Gesendet: gestern\n§An: Ann\n§Betreff: x\n",
        );
        check(
            "§________________________________\n§De : Agnes <a1@ct.com>\n§Envoyé : hier\n§À : Ann\n§Objet : x\n",
        );
        check("> x\n§> *From:* Agnes\n§> *Sent:* 14\n§> *To:* Ann\n");
        check("§差出人: a1@ct.com\n§送信日時: 14\n§宛先: Ann\n");
    }

    #[test]
    fn what_an_agent_writes_is_no_marker() {
        check("> one\nFrom: where? Write to a1@ct.com.\n> two\nTo: Ann\n");
        check("Please write to Agnes <a1@ct.com>:\n\nShe wrote:\n> x\n");
        check("On Monday call 555 or a1@ct.com\nand ask:\n> x\n");
        check("-- \nAgnes <a1@ct.com>\n________________________________\nFrom: 9 to 5\n");
        check("Call Agnes <a1@ct.com> on 11.12.2023 at 10:00:\nThen x\n");
        check("From: Agnes <a1@ct.com>\nTo: me\n");
        check(
            "On floor 3 ask a1@ct.com\n§On Tue, 14 Nov 2023 at 22:13, A <a1@ct.com> wrote:\n> x\n",
        );
        check("My colleague wrote to a1@ct.com on 1 2 3 4\n> x\n");
    }
}
