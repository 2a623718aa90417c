//! Logins by access tokens, at a real Dovecot and Postfix and a token endpoint on loopback.

use std::fs;
use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use gateway::{
    HealthState, ImapAccount, Login, OAuth2Client, Secret, Security, SendOutcome, SmtpAccount,
    SmtpSender, SmtpTimeouts, TokenSource, Trust,
};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::hostile_smtp::envelope;
use crate::memory::{Memory, Running};
use crate::peer::{Peer, User, with_oauth};
use crate::script::{Server, Turn, say};

const MAIL: &[u8] = b"Subject: x\r\n\r\nx\r\n";

/// A provider: it grants tokens at `/token`, and tells a mail server whose a token is at
/// `/whose?token=TOKEN`.
struct Provider {
    port: u16,
    consent: Arc<Mutex<Consent>>,
    folder: tempfile::TempDir,
}

/// What the provider knows of the one user.
struct Consent {
    user: String,
    refresh_token: String,
    /// The tokens a mail server accepts.
    access_tokens: Vec<String>,
    /// The answer instead of a grant.
    denial: Option<&'static str>,
    /// How often a grant was asked for.
    asked: u32,
}

impl Provider {
    async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let consent = Arc::new(Mutex::new(Consent {
            user: String::new(),
            refresh_token: "refresh-0".to_owned(),
            access_tokens: Vec::new(),
            denial: None,
            asked: 0,
        }));
        let shared = Arc::clone(&consent);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("refresh"), "refresh-0\n").unwrap();
        Self { port, consent, folder }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("refresh")
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.port)
    }

    fn source(&self) -> TokenSource {
        TokenSource::new(OAuth2Client {
            token_url: self.url("token").parse().unwrap(),
            client_id: "postbook".to_owned(),
            client_secret: Some(Secret::new("s&cret=")),
            refresh_token_file: self.file(),
            trust: Trust::load(None).unwrap(),
        })
    }

    /// The mail servers that believe this provider, and a user of them.
    fn peer(&self) -> Option<(Peer, User)> {
        let peer = with_oauth(&self.url("whose?token="))?;
        let user = peer.user();
        self.consent.lock().unwrap().user = user.address.clone();
        Some((peer, user))
    }

    /// Makes every access token so far worthless.
    fn expire(&self) {
        self.consent.lock().unwrap().access_tokens.clear();
    }

    fn deny(&self, denial: Option<&'static str>) {
        self.consent.lock().unwrap().denial = denial;
    }

    fn asked(&self) -> u32 {
        self.consent.lock().unwrap().asked
    }
}

impl Consent {
    /// Grants for the newest refresh token alone, and gives another one with each grant.
    fn grant(&mut self, form: &str) -> (u16, String) {
        self.asked += 1;
        let expected = format!(
            "grant_type=refresh_token&refresh_token={}&client_id=postbook&client_secret=s%26cret%3D",
            self.refresh_token
        );
        if let Some(denial) = self.denial {
            return (400, denial.to_owned());
        }
        if form != expected {
            return (400, r#"{"error": "invalid_grant"}"#.to_owned());
        }
        let number = self.asked;
        self.refresh_token = format!("refresh-{number}");
        self.access_tokens.push(format!("access-{number}"));
        let grant = format!(
            r#"{{"access_token": "access-{number}", "expires_in": 3600, "token_type": "Bearer",
                "refresh_token": "refresh-{number}"}}"#
        );
        (200, grant)
    }

    fn whose(&self, token: &str) -> (u16, String) {
        let active = self.access_tokens.iter().any(|known| known == token);
        (200, format!(r#"{{"active": {active}, "email": "{}"}}"#, self.user))
    }
}

async fn serve(stream: TcpStream, consent: Arc<Mutex<Consent>>) {
    let mut stream = BufReader::new(stream);
    let (mut first, mut length) = (String::new(), 0);
    stream.read_line(&mut first).await.unwrap();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut form = vec![0; length];
    stream.read_exact(&mut form).await.unwrap();
    let path = first.split(' ').nth(1).unwrap_or_default();
    let (status, body) = match path.strip_prefix("/whose?token=") {
        // Dovecot puts more fields behind the token.
        Some(query) => consent.lock().unwrap().whose(query.split('&').next().unwrap()),
        None => consent.lock().unwrap().grant(&String::from_utf8(form).unwrap()),
    };
    let answer = format!(
        "HTTP/1.1 {status} x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).await.unwrap();
}

fn imap(peer: &Peer, user: &User, source: &TokenSource) -> ImapAccount {
    ImapAccount { login: Login::OAuth2(source.clone()), ..peer.imap(user) }
}

fn smtp(peer: &Peer, user: &User, source: &TokenSource) -> SmtpSender {
    SmtpSender::new(SmtpAccount {
        host: "localhost".to_owned(),
        port: peer.port("SUBM"),
        security: Security::StartTls,
        credentials: Some((user.address.clone(), Login::OAuth2(source.clone()))),
        hello_name: "postbook.test".to_owned(),
        timeouts: SmtpTimeouts::default(),
        trust: peer.trust(),
    })
}

#[tokio::test]
async fn case_021_an_expired_token_is_replaced_and_the_new_refresh_token_stored() {
    let provider = Provider::start().await;
    let Some((peer, user)) = provider.peer() else { return };
    peer.fill(&user, 1, "hello");
    let source = provider.source();
    let running = Running::imap(imap(&peer, &user, &source), &Memory::activated());
    running.taken(1).await;
    running.stop().await;
    assert_eq!(fs::read_to_string(provider.file()).unwrap(), "refresh-1\n");
    assert_eq!(fs::metadata(provider.file()).unwrap().permissions().mode() & 0o777, 0o600);
    // The token is used as long as it is good, for sending, too.
    let outcome = smtp(&peer, &user, &source).send(&envelope(&user.address), MAIL).await.summary();
    assert_eq!((outcome, provider.asked()), (SendOutcome::Sent, 1));
    provider.expire();
    let running = Running::imap(imap(&peer, &user, &source), &Memory::activated());
    running.taken(2).await;
    running.stop().await;
    assert_eq!(fs::read_to_string(provider.file()).unwrap(), "refresh-2\n");
    provider.expire();
    let outcome = smtp(&peer, &user, &source).send(&envelope(&user.address), MAIL).await.summary();
    assert_eq!((outcome, provider.asked()), (SendOutcome::Sent, 3));
    // After a restart only what was stored is known.
    let source = provider.source();
    let outcome = smtp(&peer, &user, &source).send(&envelope(&user.address), MAIL).await.summary();
    assert_eq!((outcome, provider.asked()), (SendOutcome::Sent, 4));
}

#[tokio::test]
async fn case_022_a_revoked_grant_shows_at_the_first_attempt_and_is_renewed_by_a_new_token() {
    let provider = Provider::start().await;
    let Some((peer, user)) = provider.peer() else { return };
    let source = provider.source();
    let running = Running::imap(imap(&peer, &user, &source), &Memory::activated());
    running.healthy().await;
    running.stop().await;
    provider.expire();
    let cases = [
        (
            r#"{"error": "invalid_grant", "error_description": "AADSTS50173: refresh-1 is\u0007old"}"#,
            ["the grant was revoked", "AADSTS50173: *** is old"],
        ),
        (
            r#"{"error": "invalid_client", "error_description": "AADSTS7000222: expired"}"#,
            ["does not accept the client", "AADSTS7000222: expired"],
        ),
    ];
    for (denial, expected) in cases {
        provider.deny(Some(denial));
        let running = Running::imap(imap(&peer, &user, &source), &Memory::activated());
        let message = running.failure().await;
        let state = running.health.get().state;
        assert!(matches!(state, HealthState::Failing { attempts: 1, .. }), "{state:?}");
        running.stop().await;
        let outcome =
            smtp(&peer, &user, &source).send(&envelope(&user.address), MAIL).await.summary();
        let SendOutcome::Deferred { code: 0, text } = outcome else { panic!("{outcome:?}") };
        for words in expected {
            assert!(message.contains(words), "{message}");
            assert!(text.contains(words), "{text}");
        }
    }
    let path = provider.file().display().to_string();
    provider.deny(None);
    fs::write(provider.file(), "stale").unwrap();
    let running = Running::imap(imap(&peer, &user, &source), &Memory::activated());
    let message = running.failure().await;
    assert!(message.contains(&format!("put the new refresh token into {path}")), "{message}");
    // The operator's new token is used without a restart.
    fs::write(provider.file(), "refresh-1").unwrap();
    running.healthy().await;
    running.stop().await;
}

#[tokio::test]
async fn a_token_that_the_mail_server_refuses_is_named_and_not_shown() {
    let provider = Provider::start().await;
    let Some((peer, user)) = provider.peer() else { return };
    provider.consent.lock().unwrap().user = "someone-else@customer.test".to_owned();
    let source = provider.source();
    let running = Running::imap(imap(&peer, &user, &source), &Memory::activated());
    let message = running.failure().await;
    running.stop().await;
    let outcome = smtp(&peer, &user, &source).send(&envelope(&user.address), MAIL).await.summary();
    let SendOutcome::Deferred { code: 0, text } = outcome else { panic!("{outcome:?}") };
    for shown in [message, text] {
        assert!(shown.contains("refused the access token of"), "{shown}");
        assert!(!shown.contains("access-"), "{shown}");
    }
    let shown = format!("{source:?}");
    assert!(!shown.contains("s&cret") && !shown.contains("access-"), "{shown}");
}

#[tokio::test]
async fn a_new_refresh_token_that_cannot_be_stored_is_kept_until_it_can() {
    let provider = Provider::start().await;
    let Some((peer, user)) = provider.peer() else { return };
    let source = provider.source();
    // A folder in the place of the new file cannot be replaced by it.
    let obstacle = provider.folder.path().join("refresh.new");
    fs::create_dir(&obstacle).unwrap();
    let mut sender = smtp(&peer, &user, &source);
    let outcome = sender.send(&envelope(&user.address), MAIL).await.summary();
    let SendOutcome::Deferred { text, .. } = outcome else { panic!("{outcome:?}") };
    assert!(text.contains("the new refresh token cannot be stored"), "{text}");
    fs::remove_dir(&obstacle).unwrap();
    let outcome = sender.send(&envelope(&user.address), MAIL).await.summary();
    assert_eq!((outcome, provider.asked()), (SendOutcome::Sent, 1));
    assert_eq!(fs::read_to_string(provider.file()).unwrap(), "refresh-1\n");
}

#[tokio::test]
async fn endpoints_that_break_the_protocol_are_named() {
    let answer = |body: &str| {
        let length = body.len();
        vec![
            Turn::Expect("POST /token"),
            say(&format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}")),
            Turn::Hang,
        ]
    };
    let cases = [
        (answer("<html>"), "granted no access token"),
        (answer(r#"{"access_token": "a\u0001b"}"#), "other than visible characters"),
        (answer(&" ".repeat(100_000)), "its answer is longer than 64 KiB"),
        (vec![Turn::Expect("POST /token"), say("220 ready\r\n")], "broke the protocol"),
        (vec![Turn::Expect("POST /token")], "broke the protocol"),
        (
            vec![
                Turn::Expect("POST /token"),
                say(
                    "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
                ),
            ],
            "answered 302",
        ),
    ];
    let greeting = vec![
        say("* OK ready\r\n"),
        Turn::Expect("CAPABILITY"),
        say("* CAPABILITY IMAP4rev1 AUTH=XOAUTH2\r\n{tag} OK done\r\n"),
        Turn::Hang,
    ];
    for (script, expected) in cases {
        let endpoint = Server::start(vec![script]).await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("refresh");
        fs::write(&file, "refresh-0").unwrap();
        let source = TokenSource::new(OAuth2Client {
            token_url: format!("http://127.0.0.1:{}/token", endpoint.port).parse().unwrap(),
            client_id: "postbook".to_owned(),
            client_secret: None,
            refresh_token_file: file,
            trust: Trust::load(None).unwrap(),
        });
        let server = Server::start(vec![greeting.clone()]).await;
        let account = ImapAccount {
            login: Login::OAuth2(source),
            ..crate::hostile_imap::account(server.port)
        };
        let running = Running::imap(account, &Memory::activated());
        let message = running.failure().await;
        running.stop().await;
        assert!(message.contains(expected), "{expected}: {message}");
    }
}
