//! What a server offers in its answer to EHLO (RFC 5321 section 4.1.1.1), of what matters to a
//! message; lettre keeps too little of it.

/// The extensions a server has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Offers {
    /// Bodies of 8-bit bytes (8BITMIME, RFC 6152).
    pub(super) eight_bit: bool,
    /// Addresses of any letters (SMTPUTF8, RFC 6531).
    pub(super) utf8: bool,
    /// Reports in the form we want, naming the mail as we do (DSN, RFC 3461).
    pub(super) dsn: bool,
    /// Taking commands before it has answered those before (PIPELINING, RFC 2920).
    pub(super) pipelining: bool,
    /// Being told the size beforehand (RFC 1870): the largest message in bytes, 0 without a limit.
    pub(super) size: Option<u64>,
}

impl Offers {
    /// Reads the lines of the answer.
    pub(super) fn read<'a>(lines: impl Iterator<Item = &'a str>) -> Self {
        let mut offers = Self::default();
        for line in lines {
            let mut words = line.split_ascii_whitespace();
            match words.next().unwrap_or_default().to_ascii_uppercase().as_str() {
                "8BITMIME" => offers.eight_bit = true,
                "SMTPUTF8" => offers.utf8 = true,
                "DSN" => offers.dsn = true,
                "PIPELINING" => offers.pipelining = true,
                "SIZE" => {
                    let limit = words.next().and_then(|number| number.parse().ok());
                    offers.size = Some(limit.unwrap_or_default());
                }
                _ => {}
            }
        }
        offers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_offered_is_read() {
        let lines = "mail.test DSN\nPipelining\nsize 1000\n8bitmime\nSMTPUTF8\nDSN\nX-SIZE 1\n";
        let offers = Offers::read(lines.split('\n'));
        let size = Some(1_000);
        let all = Offers { eight_bit: true, utf8: true, dsn: true, pipelining: true, size };
        assert_eq!(offers, all);
        for (line, size) in [("SIZE", 0), ("SIZE 0", 0), ("SIZE -1", 0), ("SIZE many", 0)] {
            assert_eq!(Offers::read([line].into_iter()).size, Some(size), "{line}");
        }
        assert_eq!(Offers::read([].into_iter()), Offers::default());
    }
}
