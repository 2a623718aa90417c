//! The known word that somebody may have meant.

/// `did you mean ...?`, where one of the known words is near enough.
pub(crate) fn did_you_mean<'a>(
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    let (distance, found) = known
        .into_iter()
        .map(|known| (distance(&word.to_lowercase(), &known.to_lowercase()), known))
        .min()?;
    // A third of the letters may be wrong; more is another word.
    let is_near = distance <= word.chars().count().max(found.chars().count()) / 3;
    is_near.then(|| format!("did you mean `{found}`?"))
}

/// How many letters must be put in, taken out, changed or swapped with the next one.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    let mut earlier = None;
    for letter in from.chars() {
        let mut row = vec![last.first().copied().unwrap_or_default() + 1];
        for (index, &wanted) in to.iter().enumerate() {
            let at = |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX);
            let mut least = (at(&last, index + 1) + 1).min(at(&row, index) + 1);
            least = least.min(at(&last, index) + usize::from(letter != wanted));
            let is_swap = index > 0
                && earlier == Some(wanted)
                && to.get(index - 1).is_some_and(|&previous| previous == letter);
            if is_swap {
                least = least.min(at(&before_last, index - 1) + 1);
            }
            row.push(least);
        }
        before_last = std::mem::replace(&mut last, row);
        earlier = Some(letter);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_offered() {
        let known = ["queue", "priority", "skills", "wait for e-mail"];
        for (word, expected) in [
            ("qeue", Some("queue")),
            ("priorty", Some("priority")),
            ("Skill", Some("skills")),
            ("ksills", Some("skills")),
            ("wait for email", Some("wait for e-mail")),
            ("colour", None),
            ("", None),
        ] {
            let expected = expected.map(|word| format!("did you mean `{word}`?"));
            assert_eq!(did_you_mean(word, known), expected, "{word}");
        }
    }

    #[test]
    fn the_distance_counts_changes() {
        for (from, to, expected) in
            [("", "abc", 3), ("abc", "", 3), ("abc", "acb", 1), ("kitten", "sitting", 3)]
        {
            assert_eq!(distance(from, to), expected, "{from} {to}");
        }
    }
}
