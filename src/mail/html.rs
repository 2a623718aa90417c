//! The text a person sees in HTML, for display and conditions; never for showing as HTML.

use crate::decode;

/// Elements whose content is not shown.
const HIDDEN: [&str; 6] = ["head", "noscript", "script", "style", "template", "title"];
/// Elements that begin a new line.
pub(crate) const BLOCKS: [&str; 22] = [
    "address",
    "article",
    "blockquote",
    "br",
    "center",
    "dd",
    "div",
    "dl",
    "dt",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "p",
    "pre",
    "table",
    "tr",
];
/// No entity is longer than this.
const ENTITY_BYTES_MAX: usize = 32;

/// Turns HTML into plain text in one pass; nesting does not matter.
pub(crate) fn to_text(html: &str) -> String {
    let mut out = Writer::default();
    let mut rest = html;
    // Beyond the last `>` no tag can end: looking for it each time would take quadratic time.
    let tagless = html.rfind('>').map_or(html.len(), |last| html.len() - last);
    while let Some(at) = rest.find(['<', '&']) {
        let (before, special) = rest.split_at(at);
        out.text(before);
        rest = if special.starts_with('&') {
            entity(special, &mut out)
        } else if special.len() > tagless {
            tag(special, &mut out)
        } else {
            out.text("<");
            special.get(1..).unwrap_or_default()
        };
    }
    out.text(rest);
    out.text.trim().to_owned()
}

/// Takes an entity; gives what follows.
fn entity<'a>(text: &'a str, out: &mut Writer) -> &'a str {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'#';
    let length = text.bytes().skip(1).take(ENTITY_BYTES_MAX).take_while(is_part).count();
    match (text.get(..length + 2), text.get(length + 2..)) {
        (Some(whole), Some(rest)) if length > 0 && whole.ends_with(';') => {
            let mut decoded = String::new();
            decode::push_entity(whole, &mut decoded);
            out.text(&decoded);
            rest
        }
        _ => {
            out.text("&");
            text.get(1..).unwrap_or_default()
        }
    }
}

/// Takes a tag or a comment; gives what follows.
fn tag<'a>(text: &'a str, out: &mut Writer) -> &'a str {
    let inner = text.get(1..).unwrap_or_default();
    if out.hidden.is_some() && !inner.starts_with('/') && !starts_body(inner) {
        return inner;
    }
    if let Some(comment) = text.strip_prefix("<!--") {
        return comment.split_once("-->").map_or("", |(_, rest)| rest);
    }
    let is_tag =
        inner.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'));
    let (true, Some((inner, rest))) = (is_tag, inner.split_once('>')) else {
        out.text("<");
        return inner;
    };
    let closing = inner.starts_with('/');
    let name: String = inner
        .trim_start_matches('/')
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .take(16)
        .collect::<String>()
        .to_ascii_lowercase();
    if HIDDEN.contains(&name.as_str()) {
        out.hide(&name, closing);
    } else if name == "body" {
        out.show();
    } else if BLOCKS.contains(&name.as_str()) {
        out.line_break();
    } else if name == "td" || name == "th" {
        out.space();
    }
    rest
}

fn starts_body(inner: &str) -> bool {
    inner.get(..4).is_some_and(|name| name.eq_ignore_ascii_case("body"))
}

#[derive(Default)]
struct Writer {
    text: String,
    /// The outermost hidden element that is open.
    hidden: Option<String>,
    space_due: bool,
}

impl Writer {
    fn text(&mut self, text: &str) {
        if self.hidden.is_some() {
            return;
        }
        for c in text.chars() {
            if c.is_whitespace() {
                self.space_due = true;
            } else if !c.is_control() {
                if self.space_due && !self.text.ends_with('\n') && !self.text.is_empty() {
                    self.text.push(' ');
                }
                self.space_due = false;
                self.text.push(c);
            }
        }
    }

    fn space(&mut self) {
        self.space_due = true;
    }

    fn line_break(&mut self) {
        if self.hidden.is_none() && !self.text.ends_with("\n\n") && !self.text.is_empty() {
            self.text.push('\n');
        }
        self.space_due = false;
    }

    fn hide(&mut self, name: &str, closing: bool) {
        match &self.hidden {
            None if !closing => self.hidden = Some(name.to_owned()),
            Some(open) if closing && open == name => self.hidden = None,
            _ => {}
        }
    }

    /// A body begins, even where the head was never closed.
    fn show(&mut self) {
        self.hidden = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(html: &str, expected: &str) {
        assert_eq!(to_text(html), expected, "{html:?}");
    }

    #[test]
    fn text_is_what_is_seen() {
        check("<p>Hello,   <b>wor</b>ld!</p><p>Bye</p>", "Hello, world!\n\nBye");
        check("<div>a</div><div>b</div>", "a\n\nb");
        check("a<br>b<BR/>c", "a\nb\nc");
        check("<tr><td>1</td><td>2</td></tr>", "1 2");
        check("<style>p { }</style><script>if (a<b) c</script>x", "x");
        check("<head><title>t</title></head><body>x", "x");
        check("<head><title>t<body>x", "x");
        check("<!-- <p>no</p> -->yes", "yes");
        check(
            "caf&eacute; &#8364;5 &lt;tag&gt; &amp; &nonsense; & co",
            "café €5 <tag> & &nonsense; & co",
        );
        check("1 < 2 and <3", "1 < 2 and <3");
    }

    #[test]
    fn broken_html_is_taken_as_it_comes() {
        for html in ["<", "&", "<!--", "<p", "</", "&#", "&#xffffffff;", "<>", "<é>"] {
            let _ = to_text(html);
        }
        check("<div", "<div");
    }
}
