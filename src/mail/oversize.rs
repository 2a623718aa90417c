//! What the writer of a mail is told that is larger than its mailbox allows.

use event::{Address, Written};

/// The words for `to` about a mail of `size` bytes, of which `size_max` are allowed.
pub fn oversize_notice(to: &Address, subject: &str, size: u64, size_max: u64) -> Written {
    // Rounded apart, so that a mail above the limit is never shown as large as the limit.
    let (size, size_max) = (megabytes(size.div_ceil(1_000)), megabytes(size_max / 1_000));
    Written {
        to: to.clone(),
        subject: format!("Too large: {subject}"),
        text: format!(
            "Your mail was not accepted, and nobody has read it: it has {size} MB, and this mailbox \
             takes no more than {size_max} MB.\n\n\
             Subject: {subject}\n\n\
             Please send it again with smaller attachments, or ask how else to send them.\n\n\
             This answer was written by a program.\n"
        ),
    }
}

fn megabytes(thousands: u64) -> String {
    let text = format!("{}.{:03}", thousands / 1_000, thousands % 1_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_so_that_they_differ() {
        let to = "jo@example.org".parse().unwrap();
        let check = |size, size_max, expected: &str| {
            let text = oversize_notice(&to, "x", size, size_max).text;
            assert!(text.contains(expected), "{text}");
        };
        check(
            26_214_401,
            26_214_400,
            "has 26.215 MB, and this mailbox takes no more than 26.214 MB.",
        );
        check(1, 0, "has 0.001 MB, and this mailbox takes no more than 0 MB.");
        check(120_000_000, 25_000_000, "has 120 MB, and this mailbox takes no more than 25 MB.");
    }
}
