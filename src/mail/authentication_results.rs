//! Reads what our own mail server found out about a mail's sender: Authentication-Results (RFC 8601).
//!
//! Anybody can write such a field into a mail, so only those count that the trusted server put
//! above what it received. RFC 8601 section 5 obliges that server to take forged fields in its own
//! name out; where it does not and adds none itself either, nothing here can tell.

use std::str::FromStr;

use event::{Address, Check, CheckedBy, SenderDomains, Verification};

use crate::header::{self, Field};

const FIELD: &str = "Authentication-Results";
/// A longer field is not believed, nor what stands below it: no server writes it of itself.
const FIELD_BYTES_MAX: usize = 16_384;
/// RFC 1035 section 2.3.4.
const DOMAIN_BYTES_MAX: usize = 253;
/// Servers write one field, or one for each check.
const FIELDS_MAX: usize = 16;

/// How the server that is believed names itself in its fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthenticationServer {
    /// By this authserv-id, mostly its host name; case does not matter.
    Named(String),
    /// Not at all, as Exchange Online does.
    Unnamed,
}

/// The result of one check of a mail's sender.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckOutcome {
    /// The result.
    pub check: Check,
    /// The domain it is about, in lower case.
    pub domain: Option<String>,
}

/// A text that is no authserv-id.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` is no name of a mail server; write what stands first in the Authentication-Results of mail you received, or \"\" where there is no name"
)]
pub struct AuthenticationServerError(String);

impl FromStr for AuthenticationServer {
    type Err = AuthenticationServerError;

    /// An authserv-id; the empty text for a server that does not name itself.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() {
            return Ok(Self::Unnamed);
        }
        let is_id = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '/' | '@');
        if text.chars().all(is_id) {
            Ok(Self::Named(text.to_owned()))
        } else {
            Err(AuthenticationServerError(text.to_owned()))
        }
    }
}

/// What is known of whether a mail is from whom it says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SenderCheck {
    /// The results, and who made the checks.
    pub verification: Verification,
    /// The domain each check is about.
    pub domains: SenderDomains,
}

/// What a trusted server says in the header of a raw mail.
///
/// Of its fields the topmost decides about each check, and none counts below the next Received:
/// from there on the header is what the sending host sent. Where several servers are trusted, the
/// one of the topmost field is it. DMARC counts only if it is about the domain of `from`, which is
/// what people are shown; a mail with two From fields is read differently by each program.
pub fn sender_check(
    raw: &[u8],
    servers: &[AuthenticationServer],
    from: Option<&Address>,
) -> SenderCheck {
    let (header, _) = header::split(raw);
    let mut servers: Vec<&AuthenticationServer> = servers.iter().collect();
    let mut found = Told::default();
    let mut fields = 0;
    for field in header.iter() {
        if fields > 0 && field.name.eq_ignore_ascii_case("Received") {
            break;
        }
        if !field.name.eq_ignore_ascii_case(FIELD) {
            continue;
        }
        let segments = segments(field);
        let theirs =
            servers.iter().find_map(|&server| Some((server, results_of(server, &segments)?)));
        let Some((server, results)) = theirs else { continue };
        servers = vec![server];
        fields += 1;
        let is_whole = field.value.len() <= FIELD_BYTES_MAX;
        let Some(told) = read(results).filter(|_| is_whole) else { break };
        for (known, new) in [
            (&mut found.dkim, told.dkim),
            (&mut found.spf, told.spf),
            (&mut found.dmarc, told.dmarc),
        ] {
            if known.check == Check::NotChecked {
                *known = new;
            }
        }
        if fields == FIELDS_MAX {
            break;
        }
    }
    if let Some(domain) = &found.dmarc.domain
        && !from.is_some_and(|from| is_within(from.domain(), domain))
    {
        found.dmarc = CheckOutcome::default();
    }
    SenderCheck::new(CheckedBy::Server, found.dkim, found.spf, found.dmarc)
}

fn is_within(domain: &str, organization: &str) -> bool {
    let rest = domain.strip_suffix(organization);
    rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// The checks one field tells of.
#[derive(Default)]
struct Told {
    dkim: CheckOutcome,
    spf: CheckOutcome,
    dmarc: CheckOutcome,
}

impl SenderCheck {
    /// What `by` found out; nobody checked anything if all outcomes say so.
    pub fn new(by: CheckedBy, dkim: CheckOutcome, spf: CheckOutcome, dmarc: CheckOutcome) -> Self {
        let checks = [dkim.check, spf.check, dmarc.check];
        let by = if checks == [Check::NotChecked; 3] { CheckedBy::Nobody } else { by };
        let [dkim_check, spf_check, dmarc_check] = checks;
        Self {
            verification: Verification { dkim: dkim_check, spf: spf_check, dmarc: dmarc_check, by },
            domains: SenderDomains { dkim: dkim.domain, spf: spf.domain, dmarc: dmarc.domain },
        }
    }
}

/// The part of a field that holds results, if the field is the server's.
fn results_of<'a>(server: &AuthenticationServer, segments: &'a [String]) -> Option<&'a [String]> {
    let (first, rest) = segments.split_first()?;
    match server {
        AuthenticationServer::Named(id) => {
            let mut words = first.split_whitespace();
            let is_theirs = words.next().is_some_and(|word| word.eq_ignore_ascii_case(id));
            // Section 2.2: only a version may follow.
            let version = words.next().unwrap_or("1");
            (is_theirs && version == "1" && words.next().is_none()).then_some(rest)
        }
        AuthenticationServer::Unnamed => statement(first).map(|_| segments),
    }
}

/// `None` if the field says that nothing was checked; then nothing below is the server's.
fn read(results: &[String]) -> Option<Told> {
    let mut told = Told::default();
    let mut is_empty = true;
    for (method, word, properties) in results.iter().filter_map(|segment| statement(segment)) {
        is_empty = false;
        let Some(check) = check_named(&word) else { continue };
        match method.as_str() {
            // A mail may be signed by several domains; one good signature is enough.
            "dkim" if told.dkim.check == Check::NotChecked || check == Check::Pass => {
                told.dkim.set(check, &properties, &["header.d", "header.i"]);
            }
            // The name a host gives itself says nothing about the sender.
            "spf" if !properties.contains("smtp.helo=") => {
                told.spf.set_without_doubt(check, &properties, &["smtp.mailfrom"]);
            }
            "dmarc" => told.dmarc.set_without_doubt(check, &properties, &["header.from"]),
            _ => {}
        }
    }
    (!is_empty).then_some(told)
}

impl CheckOutcome {
    fn set(&mut self, check: Check, properties: &str, names: &[&str]) {
        let domain = names.iter().find_map(|name| domain(properties, name));
        *self = Self { check, domain };
    }

    /// A second result of one check in one field may come from a sender's address that the server
    /// wrote without quotes; a pass counts only if nothing contradicts it.
    fn set_without_doubt(&mut self, check: Check, properties: &str, names: &[&str]) {
        if matches!(self.check, Check::NotChecked | Check::Pass) {
            self.set(check, properties, names);
        }
    }
}

/// The domain in the value of a property, which may be an address.
fn domain(properties: &str, name: &str) -> Option<String> {
    let value = properties
        .split_whitespace()
        .find_map(|property| property.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')))?;
    let domain = value.rsplit('@').next().unwrap_or_default();
    let is_domain = (1..=DOMAIN_BYTES_MAX).contains(&domain.len())
        && domain.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'));
    is_domain.then(|| domain.to_owned())
}

/// Method, result and the rest of `method/version=result rest`, in lower case.
fn statement(segment: &str) -> Option<(String, String, String)> {
    let (method, after) = segment.split_once('=')?;
    let method = method.split('/').next().unwrap_or_default().trim();
    let after = after.trim_start();
    let (result, rest) = after.split_once(char::is_whitespace).unwrap_or((after, ""));
    let is_word = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    };
    (is_word(method) && is_word(result)).then(|| {
        (method.to_ascii_lowercase(), result.to_ascii_lowercase(), rest.to_ascii_lowercase())
    })
}

/// RFC 8601 sections 2.7.1 to 2.7.3 and what servers write besides; an unknown word tells nothing.
fn check_named(word: &str) -> Option<Check> {
    Some(match word {
        "pass" => Check::Pass,
        "fail" | "hardfail" | "policy" => Check::Fail,
        "softfail" => Check::SoftFail,
        "neutral" => Check::Neutral,
        // Exchange guesses for domains that publish no policy; a guess is no policy.
        "none" | "bestguesspass" => Check::None,
        "temperror" => Check::TemporaryError,
        "permerror" => Check::PermanentError,
        _ => return None,
    })
}

/// What stands between the semicolons, without comments, and with nothing in quoted text that
/// could be taken for more than text. An open comment or quoted text takes the rest with it.
fn segments(field: &Field<'_>) -> Vec<String> {
    let unfolded: Vec<u8> = field.lines().flatten().copied().take(FIELD_BYTES_MAX).collect();
    let mut segments = vec![];
    let mut current = String::new();
    let (mut depth, mut is_quoted) = (0_usize, false);
    let text = String::from_utf8_lossy(&unfolded);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' if depth > 0 || is_quoted => {
                chars.next();
            }
            '"' if depth == 0 => is_quoted = !is_quoted,
            _ if is_quoted => current.push(if is_plain(c) { c } else { '_' }),
            '(' => depth += 1,
            ')' if depth > 0 => {
                depth -= 1;
                current.push(' ');
            }
            _ if depth > 0 => {}
            ';' => segments.push(std::mem::take(&mut current)),
            _ => current.push(c),
        }
    }
    if depth == 0 && !is_quoted {
        segments.push(current);
    }
    segments
}

fn is_plain(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '-' | '@')
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Verification = Verification {
        dkim: Check::NotChecked,
        spf: Check::NotChecked,
        dmarc: Check::NotChecked,
        by: CheckedBy::Nobody,
    };
    const PASS: Verification = told(Check::Pass, Check::Pass, Check::Pass);

    const fn told(dkim: Check, spf: Check, dmarc: Check) -> Verification {
        Verification { dkim, spf, dmarc, by: CheckedBy::Server }
    }

    #[track_caller]
    fn check_of(server: &AuthenticationServer, header: &str, expected: Verification) {
        let found = found(header, std::slice::from_ref(server));
        assert_eq!(found.verification, expected, "{header}");
    }

    fn found(header: &str, servers: &[AuthenticationServer]) -> SenderCheck {
        let raw = format!("{header}\r\nSubject: x\r\n\r\nbody\r\n");
        let from = Address::new("jo@sub.example.org").unwrap();
        sender_check(raw.as_bytes(), servers, Some(&from))
    }

    fn named(names: &[&str]) -> Vec<AuthenticationServer> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    /// With a server that names itself `mx.corp.test`.
    #[track_caller]
    fn check(header: &str, expected: Verification) {
        check_of(&AuthenticationServer::Named("mx.corp.test".to_owned()), header, expected);
    }

    #[test]
    fn google_is_read() {
        let google = AuthenticationServer::Named("mx.google.com".to_owned());
        check_of(
            &google,
            "Delivered-To: info@corp.test\r\n\
             Received: by 2002:a05:6402:1:b0:1 with SMTP id a1; Mon, 2 Mar 2026 01:00:00 -0800\r\n\
             ARC-Authentication-Results: i=1; mx.google.com; dkim=fail header.i=@example.org\r\n\
             Return-Path: <jo@example.org>\r\n\
             Received: from mail.example.org (mail.example.org. [192.0.2.1]) by mx.google.com\r\n\
             Received-SPF: pass (google.com: domain of jo@example.org) client-ip=192.0.2.1;\r\n\
             Authentication-Results: mx.google.com;\r\n       \
             dkim=pass header.i=@example.org header.s=mail header.b=\"a/b+c=\";\r\n       \
             spf=pass (google.com: domain of jo@example.org designates 192.0.2.1 as permitted \
             sender) smtp.mailfrom=jo@example.org;\r\n       \
             dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=example.org",
            PASS,
        );
        check_of(
            &google,
            "Authentication-Results: mx.google.com;\r\n       \
             spf=softfail (google.com: domain of transitioning jo@example.org does not designate \
             192.0.2.1 as permitted sender) smtp.mailfrom=jo@example.org;\r\n       \
             dmarc=fail (p=NONE sp=NONE dis=NONE) header.from=example.org",
            told(Check::NotChecked, Check::SoftFail, Check::Fail),
        );
    }

    #[test]
    fn microsoft_is_read_and_names_itself_not_at_all() {
        let header = "Received: from AM6EUR05.test by DB7PR03.test; Mon, 2 Mar 2026 09:00:00 +0000\r\n\
             Authentication-Results: spf=pass (sender IP is 192.0.2.1)\r\n \
             smtp.mailfrom=example.org; dkim=pass (signature was verified)\r\n \
             header.d=example.org;dmarc=bestguesspass action=none\r\n \
             header.from=example.org;compauth=pass reason=109\r\n\
             Received: from mail.example.org (192.0.2.1) by AM6EUR05.test\r\n\
             Authentication-Results: dkim=pass header.d=x;dmarc=pass action=none header.from=x";
        check_of(
            &AuthenticationServer::Unnamed,
            header,
            told(Check::Pass, Check::Pass, Check::None),
        );
        check(header, NOTHING);
        check_of(
            &AuthenticationServer::Unnamed,
            "Authentication-Results: mx.corp.test; dmarc=pass header.from=example.org",
            NOTHING,
        );
        check_of(
            &AuthenticationServer::Unnamed,
            "Authentication-Results: spf=fail (sender IP is 192.0.2.1) smtp.mailfrom=example.org; \
             corp.test; dkim=none (message not signed) header.d=none;corp.test; dmarc=fail \
             action=quarantine header.from=example.org",
            told(Check::None, Check::Fail, Check::Fail),
        );
    }

    #[test]
    fn rspamd_is_read() {
        check(
            "Authentication-Results: mx.corp.test;\r\n\
             \tdkim=pass header.d=example.org header.s=mail header.b=abcdefgh;\r\n\
             \tspf=pass (mx.corp.test: domain of jo@example.org designates 192.0.2.1 as permitted \
             sender) smtp.mailfrom=jo@example.org;\r\n\
             \tdmarc=pass (policy=reject) header.from=example.org;\r\n\
             \tarc=none",
            PASS,
        );
        check(
            "Authentication-Results: mx.corp.test;\r\n\
             \tdkim=permerror (\"unknown key type\") header.d=example.org;\r\n\
             \tspf=temperror (mx.corp.test: error in processing during lookup);\r\n\
             \tdmarc=none",
            told(Check::PermanentError, Check::TemporaryError, Check::None),
        );
    }

    #[test]
    fn programs_that_write_a_field_each_are_read_together() {
        check(
            "Received: by mx.corp.test (Postfix); Mon, 2 Mar 2026 09:00:00 +0000\r\n\
             Authentication-Results: MX.corp.test; dmarc=pass (p=none dis=none) \
             header.from=example.org\r\n\
             Authentication-Results: mx.corp.test 1; spf=none smtp.helo=mail.example.org\r\n\
             Authentication-Results: mx.corp.test; spf=pass (sender SPF authorized) \
             smtp.mailfrom=jo@example.org\r\n\
             DKIM-Filter: OpenDKIM Filter v2.11.0 mx.corp.test 4ABC\r\n\
             Authentication-Results: mx.corp.test;\r\n\
             \tdkim=pass (2048-bit key; unprotected) header.d=example.org header.i=@example.org \
             header.a=rsa-sha256 header.s=mail header.b=AbCd;\r\n\
             \tdkim-atps=neutral",
            PASS,
        );
    }

    #[test]
    fn one_good_signature_of_several_is_enough() {
        for results in [
            "dkim=fail header.d=a.test; dkim=pass header.d=b.test",
            "dkim=pass header.d=b.test; dkim=fail header.d=a.test",
            "DKIM / 1 = Pass",
        ] {
            check(
                &format!("Authentication-Results: mx.corp.test; {results}"),
                told(Check::Pass, Check::NotChecked, Check::NotChecked),
            );
        }
    }

    #[test]
    fn fields_of_others_are_not_believed() {
        for id in [
            "mx.evil.test",
            "mx.corp.test.evil.test",
            "evil.test mx.corp.test",
            "mx.corp.test evil",
            "mx.corp.test 1 1",
            "mx.corp.test=1",
            "(mx.corp.test)",
            "",
        ] {
            check(&format!("Authentication-Results: {id}; dmarc=pass"), NOTHING);
        }
        check("Authentication-Results: dmarc=pass; mx.corp.test", NOTHING);
        check("X-Authentication-Results: mx.corp.test; dmarc=pass", NOTHING);
        check("Subject: x\r\n\r\nAuthentication-Results: mx.corp.test; dmarc=pass", NOTHING);
    }

    #[test]
    fn forged_fields_below_the_servers_are_not_believed() {
        let forged = "Authentication-Results: mx.corp.test; dkim=pass; spf=pass; dmarc=pass";
        let by_us = "Received: from evil.test by mx.corp.test; Mon, 2 Mar 2026 09:00:00 +0000";
        let real = "Authentication-Results: mx.corp.test; dkim=none; spf=fail; dmarc=fail";
        let expected = told(Check::None, Check::Fail, Check::Fail);
        check(&format!("{real}\r\n{by_us}\r\n{forged}"), expected);
        check(&format!("{by_us}\r\n{real}\r\n{forged}"), expected);
        let partly = "Authentication-Results: mx.corp.test; spf=fail";
        let expected = told(Check::NotChecked, Check::Fail, Check::NotChecked);
        check(&format!("{partly}\r\n{by_us}\r\n{forged}"), expected);
        for nothing in ["none", "", "x", "none; "] {
            let real = format!("Authentication-Results: mx.corp.test; {nothing}");
            check(&format!("{real}\r\n{forged}"), NOTHING);
        }
    }

    #[test]
    fn what_a_sender_gets_into_a_field_is_no_result() {
        let fail = told(Check::NotChecked, Check::Pass, Check::Fail);
        for mail_from in [
            "\"a; dmarc=pass \"@evil.test",
            "\"a\\\"; dmarc=pass \"@evil.test",
            "a;dmarc=pass smtp.x=@evil.test",
        ] {
            check(
                &format!(
                    "Authentication-Results: mx.corp.test; spf=pass smtp.mailfrom={mail_from}; \
                     dmarc=fail"
                ),
                fail,
            );
        }
        for comment in ["(a; dmarc=pass)", "(a (b; dmarc=pass) c)", "(a\\); dmarc=pass; )"] {
            check(
                &format!("Authentication-Results: mx.corp.test; spf=pass {comment}; dmarc=fail"),
                fail,
            );
        }
        let open = told(Check::NotChecked, Check::Fail, Check::NotChecked);
        check("Authentication-Results: mx.corp.test; spf=fail; dmarc=pass (open", open);
        check("Authentication-Results: mx.corp.test; spf=fail; dmarc=pass x=\"open", open);
        check("Authentication-Results: mx.corp.test; spf=fail; dmarc=passed", open);
        check("Authentication-Results: mx.corp.test; spf=fail; dmarc=pass; dmarc=fail", {
            told(Check::NotChecked, Check::Fail, Check::Fail)
        });
    }

    #[test]
    fn hostile_sizes_end_early() {
        let long = "x=y; ".repeat(10_000);
        let long = format!("Authentication-Results: mx.corp.test; dmarc=pass; {long}");
        check(&format!("{long}\r\nAuthentication-Results: mx.corp.test; spf=pass"), NOTHING);
        let deep = "(".repeat(16_000);
        check(&format!("Authentication-Results: mx.corp.test; spf=pass; {deep}"), {
            told(Check::NotChecked, Check::Pass, Check::NotChecked)
        });
        let many = "Authentication-Results: mx.corp.test; x=y\r\n".repeat(1_000);
        check(&format!("{many}Authentication-Results: mx.corp.test; dmarc=pass"), NOTHING);
    }

    #[test]
    fn each_check_names_its_domain() {
        let servers = named(&["mx.corp.test"]);
        let check = found(
            "Authentication-Results: mx.corp.test; dkim=fail header.d=list.test; \
             dkim=pass header.i=@Mail.example.org header.s=a; \
             spf=pass smtp.mailfrom=\"jo; x\"@bounce.example.org; dmarc=pass header.from=example.org",
            &servers,
        );
        let domain = |name: &str| Some(name.to_owned());
        assert_eq!(check.verification, PASS);
        assert_eq!(
            check.domains,
            SenderDomains {
                dkim: domain("mail.example.org"),
                spf: domain("bounce.example.org"),
                dmarc: domain("example.org"),
            }
        );
        let long = "a".repeat(300);
        for value in ["", "a(b", "<x>", &long] {
            let field = format!("Authentication-Results: mx.corp.test; dkim=pass header.d={value}");
            assert_eq!(found(&field, &servers).domains, SenderDomains::default(), "{value}");
        }
    }

    #[test]
    fn dmarc_about_another_from_is_not_believed() {
        for (domain, expected) in [
            ("sub.example.org", Check::Pass),
            ("example.org", Check::Pass),
            ("evil.test", Check::NotChecked),
            ("other.sub.example.org", Check::NotChecked),
            ("ample.org", Check::NotChecked),
        ] {
            check(
                &format!("Authentication-Results: mx.corp.test; dmarc=pass header.from={domain}"),
                Verification {
                    dmarc: expected,
                    by: if expected == Check::Pass { CheckedBy::Server } else { CheckedBy::Nobody },
                    ..NOTHING
                },
            );
        }
    }

    #[test]
    fn of_several_trusted_servers_the_one_of_the_topmost_field_is_believed() {
        let servers = named(&["mx1.corp.test", "mx2.corp.test"]);
        let check = found(
            "Authentication-Results: mx2.corp.test; spf=fail\r\n\
             Authentication-Results: mx1.corp.test; dmarc=pass header.from=example.org",
            &servers,
        );
        let expected = told(Check::NotChecked, Check::Fail, Check::NotChecked);
        assert_eq!(check.verification, expected);
        assert_eq!(found("Authentication-Results: mx1.corp.test; dkim=pass", &[]), {
            SenderCheck::default()
        });
    }

    #[test]
    fn only_a_name_or_nothing_names_a_server() {
        assert_eq!("".parse::<AuthenticationServer>().unwrap(), AuthenticationServer::Unnamed);
        for wrong in ["mx corp", "mx;", "\"mx\"", "mx=1"] {
            assert!(wrong.parse::<AuthenticationServer>().is_err(), "{wrong}");
        }
    }
}
