//! Address lists of header fields (RFC 5322 section 3.4), read leniently and in linear time.

use event::{Address, Person};

use crate::words::decode_words;

/// No list is read further than this many addresses.
const ADDRESSES_MAX: usize = 1_000;
/// No display name is kept beyond this many characters.
const NAME_CHARS_MAX: usize = 255;

/// Reads the people named in a list; entries without a usable address are left out.
pub(crate) fn people(text: &str) -> Vec<Person> {
    let found = Scanner::new(text).read();
    if !found.is_empty() || !text.contains("=?") {
        return found;
    }
    // Some senders encode a whole list as if it were a name.
    Scanner::new(&decode_words(text)).read()
}

/// The addresses of a list.
pub(crate) fn addresses(text: &str) -> Vec<Address> {
    people(text).into_iter().map(|person| person.address).collect()
}

/// Cleans a display name: encoded words decoded, control characters gone, white space single,
/// bounded.
pub(crate) fn display_name(text: &str) -> Option<String> {
    let decoded = decode_words(text);
    let clean: Vec<&str> = decoded
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    let name: String = clean.join(" ").chars().take(NAME_CHARS_MAX).collect();
    let name = name.trim().trim_matches('\'').trim();
    (!name.is_empty()).then(|| name.to_owned())
}

struct Scanner<'a> {
    chars: std::iter::Peekable<std::str::CharIndices<'a>>,
    /// Where the last quotation mark is: a quoted string opened there is never closed.
    last_quote: Option<usize>,
    found: Vec<Person>,
    entry: Entry,
}

#[derive(Default)]
struct Entry {
    /// As written, quotation marks included.
    raw: String,
    /// As meant, quoted strings opened.
    name: String,
    comment: String,
    angle: Option<String>,
    has_at: bool,
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            chars: text.char_indices().peekable(),
            last_quote: text.rfind('"'),
            found: Vec::new(),
            entry: Entry::default(),
        }
    }

    fn read(mut self) -> Vec<Person> {
        while let Some((at, c)) = self.chars.next() {
            match c {
                ',' | ';' => self.finish(),
                '(' => {
                    let comment = self.comment();
                    self.entry.comment.push_str(&comment);
                }
                '"' if self.last_quote.is_some_and(|last| at < last) => self.quoted(),
                '<' => self.angle(),
                // The name of a group, or a scheme such as `mailto:`.
                ':' if !self.entry.has_at => self.entry = Entry::default(),
                _ => {
                    self.entry.has_at |= c == '@';
                    self.entry.raw.push(c);
                    self.entry.name.push(c);
                }
            }
            if self.found.len() >= ADDRESSES_MAX {
                return self.found;
            }
        }
        self.finish();
        self.found
    }

    fn finish(&mut self) {
        self.found.extend(std::mem::take(&mut self.entry).person());
    }

    /// Reads a comment to its end, those within it included.
    fn comment(&mut self) -> String {
        let mut comment = String::new();
        let mut depth = 1_usize;
        while let Some((_, c)) = self.chars.next() {
            match c {
                '\\' => comment.extend(self.chars.next().map(|(_, c)| c)),
                '(' => depth += 1,
                ')' => {
                    depth -= 1;
                    if depth == 0 {
                        break;
                    }
                }
                _ => comment.push(c),
            }
        }
        comment
    }

    fn quoted(&mut self) {
        self.entry.raw.push('"');
        while let Some((_, c)) = self.chars.next() {
            self.entry.raw.push(c);
            match c {
                '"' => return,
                '\\' => {
                    if let Some((_, escaped)) = self.chars.next() {
                        self.entry.raw.push(escaped);
                        self.entry.name.push(escaped);
                    }
                }
                _ => self.entry.name.push(c),
            }
        }
    }

    fn angle(&mut self) {
        let mut inner = String::new();
        while let Some((_, c)) = self.chars.next_if(|&(_, c)| c != '>' && c != ',') {
            // In a quoted local part it is a letter like others.
            if c == '(' && !inner.starts_with('"') {
                self.comment();
            } else {
                inner.push(c);
            }
        }
        self.chars.next_if(|&(_, c)| c == '>');
        self.entry.angle = Some(inner);
    }
}

impl Entry {
    fn person(self) -> Option<Person> {
        if let Some(address) = self.angle.as_deref().and_then(address) {
            let name = display_name(&self.name).or_else(|| display_name(&self.comment));
            return Some(Person { name, address });
        }
        // No brackets: the word with the `@` is the address, and what stands before it a name.
        let words = || self.raw.split_whitespace();
        let bare = words().rfind(|word| address(word).is_some())?;
        let before: Vec<&str> = words().take_while(|&word| word != bare).collect();
        let name = display_name(&self.comment).or_else(|| display_name(&before.join(" ")));
        Some(Person { name, address: address(bare)? })
    }
}

/// An address as people and programs write it: with a route, a scheme, a stray dot or quote.
fn address(text: &str) -> Option<Address> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let text = text.rsplit_once(':').map_or(text.as_str(), |(_, after)| after);
    let text = text.trim_start_matches(['<', '>', '\'']).trim_end_matches(['<', '>', '\'', '.']);
    Address::new(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(Option<&str>, &str)]) {
        let found = people(text);
        let found: Vec<(Option<&str>, &str)> =
            found.iter().map(|person| (person.name.as_deref(), person.address.as_str())).collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn lists_are_read() {
        check("jo@example.org", &[(None, "jo@example.org")]);
        check("Jo Doe <jo@example.org>", &[(Some("Jo Doe"), "jo@example.org")]);
        check(
            "\"Doe, Jo\" <jo@example.org>, a@b.test",
            &[(Some("Doe, Jo"), "jo@example.org"), (None, "a@b.test")],
        );
        check("jo@example.org (Jo (the) Doe)", &[(Some("Jo the Doe"), "jo@example.org")]);
        check("Team: a@b.test, C <c@d.test>;", &[(None, "a@b.test"), (Some("C"), "c@d.test")]);
        check("=?utf-8?q?Jos=C3=A9?= <jo@example.org>", &[(Some("José"), "jo@example.org")]);
        check("Jo(\\) x) <jo(his)@a(host).test>", &[(Some("Jo"), "jo@a.test")]);
        check("Jo <\"jo(\"@a.test>", &[(Some("Jo"), "\"jo(\"@a.test")]);
        check("undisclosed-recipients:;", &[]);
        check("", &[]);
    }

    #[test]
    fn what_people_get_wrong_is_read() {
        check("\"Jo Doe <jo@example.org>", &[(Some("\"Jo Doe"), "jo@example.org")]);
        check("Jo Doe jo@example.org", &[(Some("Jo Doe"), "jo@example.org")]);
        check("'jo@example.org'.", &[(None, "jo@example.org")]);
        check("<mailto:jo@example.org>", &[(None, "jo@example.org")]);
        check("<@relay.test:jo@example.org>", &[(None, "jo@example.org")]);
        check("a@b.test; c@d.test", &[(None, "a@b.test"), (None, "c@d.test")]);
        check("=?utf-8?q?Jo_=3Cjo=40example.org=3E?=", &[(Some("Jo"), "jo@example.org")]);
        check("Jo <jo@example.org", &[(Some("Jo"), "jo@example.org")]);
        check(
            "Jo <jo@example.org, a@b.test",
            &[(Some("Jo"), "jo@example.org"), (None, "a@b.test")],
        );
        check("Jo < jo@example.org >", &[(Some("Jo"), "jo@example.org")]);
        check("nobody, <>, a@b.test", &[(None, "a@b.test")]);
        check("ü@bücher.test", &[(None, "ü@xn--bcher-kva.test")]);
    }

    #[test]
    fn a_decoded_name_cannot_add_an_address() {
        check(
            "=?utf-8?q?boss=40corp.test=3E=2C?= <jo@example.org>",
            &[(Some("boss@corp.test>,"), "jo@example.org")],
        );
    }

    #[test]
    fn long_lists_are_cut() {
        let text = "a@b.test,".repeat(5_000);
        assert_eq!(people(&text).len(), ADDRESSES_MAX);
    }
}
