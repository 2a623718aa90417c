//! What one session of a POP3 mailbox leaves for the next.

use std::collections::{HashMap, HashSet, VecDeque};

use super::listing::Listed;

/// What earlier sessions found out about messages, by unique id.
#[derive(Default)]
pub(super) struct Past {
    /// The sizes as they were listed.
    sizes: HashMap<String, u64>,
    /// Messages that were due when a session broke; the one tried last at the end.
    suspects: Vec<String>,
    /// How many bytes came of messages that are listed with more.
    short: HashMap<String, u64>,
}

impl Past {
    /// Whether another message lies under a known id: its size is another.
    pub(super) fn is_replaced(&self, message: &Listed) -> bool {
        self.sizes.get(&message.uidl).is_some_and(|&size| size != message.size)
    }

    /// Whether less than the whole message came.
    pub(super) fn is_short(&self, uidl: &str) -> bool {
        self.short.contains_key(uidl)
    }

    /// Whether a message is taken as it came: whole, or as short as the time before. A server that
    /// cannot read a message to its end may send less of it, or nothing, and end it as if that was
    /// all.
    pub(super) fn takes(&mut self, message: &Listed, came: u64) -> bool {
        if came >= message.size {
            self.short.remove(&message.uidl);
            return true;
        }
        self.short.insert(message.uidl.clone(), came) == Some(came)
    }

    /// Whether there is nothing at which a session broke.
    pub(super) fn is_sound(&self) -> bool {
        self.suspects.is_empty()
    }

    /// Whether an earlier session broke at a message.
    pub(super) fn is_suspect(&self, uidl: &str) -> bool {
        self.suspects.iter().any(|known| known == uidl)
    }

    /// Puts a message down at which a session broke.
    pub(super) fn suspect(&mut self, uidl: String) {
        self.suspects.retain(|known| *known != uidl);
        self.suspects.push(uidl);
    }

    /// Leaves out what earlier sessions broke at, as long as there is anything else; then tries one
    /// such message alone, so that it holds up no other. Returns how many are left out.
    pub(super) fn hold_back(&mut self, wanted: &mut VecDeque<Listed>) -> usize {
        let all = wanted.len();
        self.suspects.retain(|uidl| wanted.iter().any(|message| message.uidl == *uidl));
        let is_suspect = |message: &Listed| self.suspects.contains(&message.uidl);
        if wanted.iter().all(is_suspect) {
            wanted.retain(|message| self.suspects.first() == Some(&message.uidl));
        } else {
            wanted.retain(|message| !is_suspect(message));
        }
        all - wanted.len()
    }

    /// A session did not break; `tried` is the suspect it was for, if it was for one.
    pub(super) fn passed(&mut self, listed: Vec<Listed>, tried: Option<&str>) {
        self.suspects.retain(|uidl| Some(&**uidl) != tried);
        self.sizes = listed.into_iter().map(|message| (message.uidl, message.size)).collect();
        let there: HashSet<&String> = self.sizes.keys().collect();
        self.short.retain(|uidl, _| there.contains(uidl));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(uidl: &str) -> Listed {
        Listed { number: 1, size: 10, uidl: uidl.to_owned() }
    }

    #[test]
    fn a_short_message_is_taken_when_it_comes_twice_or_whole() {
        let mut past = Past::default();
        assert!(past.takes(&message("a"), 10) && past.takes(&message("a"), 11));
        assert!(!past.takes(&message("a"), 2) && past.is_short("a"));
        assert!(!past.takes(&message("a"), 3), "it came with another length");
        assert!(past.takes(&message("a"), 3) && past.is_short("a"));
        assert!(past.takes(&message("a"), 10) && !past.is_short("a"));
        past.takes(&message("a"), 3);
        past.passed(vec![message("b")], None);
        assert!(!past.is_short("a"), "it is gone");
    }

    #[test]
    fn what_breaks_sessions_comes_last_and_alone_and_in_turn() {
        let mut past = Past::default();
        let round = |past: &mut Past, uidls: &[&str]| {
            let mut wanted: VecDeque<Listed> = uidls.iter().map(|uidl| message(uidl)).collect();
            let left = past.hold_back(&mut wanted);
            (wanted.into_iter().map(|message| message.uidl).collect::<Vec<_>>(), left)
        };
        let names = |uidls: &[&str]| uidls.iter().map(|&uidl| uidl.to_owned()).collect::<Vec<_>>();
        assert_eq!(round(&mut past, &["a", "b", "c"]), (names(&["a", "b", "c"]), 0));
        past.suspect("a".to_owned());
        past.suspect("b".to_owned());
        assert_eq!(round(&mut past, &["a", "b", "c"]), (names(&["c"]), 2));
        assert_eq!(round(&mut past, &["a", "b"]), (names(&["a"]), 1));
        past.suspect("a".to_owned());
        assert_eq!(round(&mut past, &["a", "b"]), (names(&["b"]), 1));
        past.passed(Vec::new(), Some("b"));
        assert_eq!(round(&mut past, &["a"]), (names(&["a"]), 0));
        assert_eq!(round(&mut past, &[]), (names(&[]), 0));
        assert!(past.is_sound(), "it is gone");
    }
}
