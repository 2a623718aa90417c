//! The addresses no customer is to see, and where they stand in a text.

use std::collections::BTreeSet;
use std::ops::Range;

use event::Address;

/// The `@` of an address, as text, links and HTML write it.
const AT_SIGNS: [&[u8]; 5] = [b"@", b"%40", b"&#64;", b"&#x40;", b"&commat;"];
/// No side of an address is longer (RFC 5321 section 4.5.3.1).
const SIDE_BYTES_MAX: usize = 254;

/// Addresses no customer is to see: the internal one and the agents'. Each is also found with a
/// `+suffix`, as reply tokens are written.
#[derive(Clone, Debug, Default)]
pub struct PrivateAddresses {
    /// In lower case, with the domain as the DNS has it and as people read it.
    addresses: BTreeSet<String>,
    domains: BTreeSet<String>,
}

impl<'a> FromIterator<&'a Address> for PrivateAddresses {
    fn from_iter<T: IntoIterator<Item = &'a Address>>(addresses: T) -> Self {
        let mut all = Self::default();
        addresses.into_iter().for_each(|address| all.insert(address));
        all
    }
}

impl PrivateAddresses {
    /// Adds one.
    pub fn insert(&mut self, address: &Address) {
        let local = address.local().to_lowercase();
        for domain in [address.domain().to_owned(), address.readable_domain()] {
            self.addresses.insert(format!("{local}@{domain}"));
            self.domains.insert(domain);
        }
    }

    /// Where private addresses stand in some bytes, in their order. The work is linear: the
    /// domain is looked at first, and each byte belongs to one domain at most.
    pub(crate) fn find(&self, bytes: &[u8]) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let Some(next) = rest.iter().position(|byte| matches!(byte, b'@' | b'%' | b'&')) else {
                break;
            };
            at += next;
            let (before, sign) = bytes.split_at(at);
            let starts = |form: &&[u8]| {
                sign.get(..form.len()).is_some_and(|start| start.eq_ignore_ascii_case(form))
            };
            let Some(form) = AT_SIGNS.iter().copied().find(starts) else {
                at += 1;
                continue;
            };
            at += form.len();
            let after = sign.get(form.len()..).unwrap_or_default();
            let floor = found.last().map_or(0, |last| last.end);
            if let Some((local, domain)) = self.around(before.get(floor..).unwrap_or(before), after)
            {
                found.push(before.len() - local..at + domain);
                at += domain;
            }
        }
        found
    }

    /// The lengths of the local part that ends `before` and of the domain that begins `after`.
    fn around(&self, before: &[u8], after: &[u8]) -> Option<(usize, usize)> {
        let domain = domains(after).into_iter().find(|domain| self.domains.contains(domain))?;
        locals(before)
            .into_iter()
            .find(|local| self.contains(local, &domain))
            .map(|local| (local.len(), domain.len()))
    }

    fn contains(&self, local: &[u8], domain: &str) -> bool {
        let Ok(local) = std::str::from_utf8(local) else { return false };
        let local = local.to_lowercase().replace("%2b", "+");
        let suffixes = local.match_indices('+').map(|(at, _)| at);
        suffixes.chain([local.len()]).any(|end| {
            let local = local.get(..end).unwrap_or_default();
            self.addresses.contains(&format!("{local}@{domain}"))
        })
    }
}

/// What may be the domain at the beginning of some bytes: all that looks like one, and only the
/// ASCII of it, as languages without spaces write on right behind it. Lengths stay those of the
/// bytes, as only ASCII is folded.
fn domains(after: &[u8]) -> Vec<String> {
    let count = |is_part: fn(&u8) -> bool| {
        after.iter().take(SIDE_BYTES_MAX).take_while(|byte| is_part(byte)).count()
    };
    let plain: fn(&u8) -> bool = |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    let wide: fn(&u8) -> bool =
        |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-') || !byte.is_ascii();
    [count(wide), count(plain)]
        .into_iter()
        .filter_map(|length| std::str::from_utf8(after.get(..length)?).ok())
        .map(|domain| domain.trim_end_matches(['.', '-']).to_ascii_lowercase())
        .collect()
}

/// What may be the local part at the end of some bytes, the longest first.
fn locals(before: &[u8]) -> [&[u8]; 3] {
    let tail = |is_part: fn(&u8) -> bool| {
        let length =
            before.iter().rev().take(SIDE_BYTES_MAX).take_while(|byte| is_part(byte)).count();
        before.get(before.len() - length..).unwrap_or_default()
    };
    let wide = tail(|byte| {
        byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(byte) || !byte.is_ascii()
    });
    let plain = tail(|byte| byte.is_ascii_alphanumeric() || b".+-_%".contains(byte));
    let start = plain.iter().take_while(|byte| !byte.is_ascii_alphanumeric()).count();
    [wide, plain, plain.get(start..).unwrap_or_default()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let addresses = ["A1@ct.com", "desk@corp.test", "ops+desk@corp.test", "bo@bücher.test"]
            .map(|text| Address::new(text).unwrap());
        let private: PrivateAddresses = addresses.iter().collect();
        let found = private.find(text.as_bytes());
        let found: Vec<&str> = found.into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn addresses_are_found_as_people_write_them() {
        check("a1@ct.com", &["a1@ct.com"]);
        check("<A1@CT.com>, 'a1@ct.com'.", &["A1@CT.com", "a1@ct.com"]);
        check("a1@ct.com.\n-a1@ct.com-", &["a1@ct.com", "a1@ct.com"]);
        check("担当a1@ct.comさん", &["a1@ct.com"]);
        check("mailto:a1%40ct.com?cc=a1&#64;ct.com", &["a1%40ct.com", "a1&#64;ct.com"]);
        check("a1@ct.coma1@ct.com", &[]);
        check("a1@ct.com/a1@ct.com", &["a1@ct.com", "a1@ct.com"]);
        check("bo@bücher.test xn--bo@xn--bcher-kva.test", &["bo@bücher.test"]);
        check("<bo@xn--bcher-kva.test>", &["bo@xn--bcher-kva.test"]);
    }

    #[test]
    fn suffixes_belong_to_an_address() {
        check("desk+c00k@corp.test", &["desk+c00k@corp.test"]);
        check("desk%2Bc00k%40corp.test", &["desk%2Bc00k%40corp.test"]);
        check("ops+desk+c00k@corp.test", &["ops+desk+c00k@corp.test"]);
    }

    #[test]
    fn others_are_not() {
        check("b1@ct.com a1@ct.com.au xa1@ct.com a1@sub.ct.com ops@corp.test", &[]);
        check("@ @@ a1@ @ct.com & %4 % &#64", &[]);
    }
}
