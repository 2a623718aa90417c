//! Questions to other programs, at servers on loopback that answer well, badly, or not at all.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gateway::{Trust, WebhookCall, WebhookOutcome, call_webhook};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::peer;

/// What a server does once it has read a question.
#[derive(Clone, Copy, Debug)]
enum Reply {
    /// Status and body.
    Answer(&'static str, &'static str),
    /// These bytes, and then it hangs up.
    Bytes(&'static [u8]),
    /// Nothing, and it keeps the connection.
    Hang,
    /// A good answer, but byte by byte for longer than anybody waits here.
    Dribble,
    /// A body without an end; with its length in the header where that is given.
    Flood(Option<u64>),
}

struct Server {
    port: u16,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Gives one reply to each connection, the last one to all others.
    async fn start(replies: &'static [Reply]) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let questions = Arc::clone(&heard);
        tokio::spawn(async move {
            let mut left = replies.iter();
            let mut reply = left.next().unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let questions = Arc::clone(&questions);
                // Whoever asked may have gone.
                tokio::spawn(async move { serve(stream, *reply, &questions).await.is_ok() });
                reply = left.next().unwrap_or(reply);
            }
        });
        Self { port, heard }
    }

    fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    async fn ask(&self, attempts: u8, timeout_ms: u64) -> WebhookOutcome {
        let call =
            question(&format!("http://{}/look?key=s3cret", self.host()), attempts, timeout_ms);
        call_webhook(&call, &[self.host()], &Trust::load(None).unwrap()).await
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

async fn serve(
    stream: TcpStream,
    reply: Reply,
    questions: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let (mut question, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        question.push_str(&line);
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    question.push_str(&String::from_utf8(body).unwrap());
    questions.lock().unwrap().push(question);
    match reply {
        Reply::Answer(status, body) => {
            let length = body.len();
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n{body}");
            stream.write_all(answer.as_bytes()).await
        }
        Reply::Bytes(bytes) => stream.write_all(bytes).await,
        Reply::Hang => std::future::pending().await,
        Reply::Dribble => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n").await?;
            for _ in 0..100 {
                stream.write_all(b"1").await?;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Ok(())
        }
        Reply::Flood(length) => {
            let length = length.map_or_else(String::new, |it| format!("Content-Length: {it}\r\n"));
            stream.write_all(format!("HTTP/1.1 200 OK\r\n{length}\r\n").as_bytes()).await?;
            loop {
                stream.write_all(&[b' '; 10_000]).await?;
            }
        }
    }
}

fn question(url: &str, attempts: u8, timeout_ms: u64) -> WebhookCall {
    WebhookCall {
        url: url.to_owned(),
        body: "{\"subject\": \"café\"}".to_owned(),
        timeout: Duration::from_millis(timeout_ms),
        attempts,
        idempotency_key: "C7-ask-1".to_owned(),
    }
}

#[track_caller]
fn check(
    outcome: &WebhookOutcome,
    status: Option<u16>,
    attempts: u8,
    expected: Result<&str, &str>,
) {
    assert_eq!((outcome.status, outcome.attempts), (status, attempts), "{outcome:?}");
    match (&outcome.answer, expected) {
        (Ok(body), Ok(expected)) => assert_eq!(body, expected),
        (Err(reason), Err(expected)) => assert!(reason.contains(expected), "{reason}"),
        _ => panic!("{outcome:?}"),
    }
    assert!(!format!("{outcome:?}").contains("s3cret"), "{outcome:?}");
}

#[tokio::test]
async fn a_question_is_asked_as_it_should_be() {
    let server = Server::start(&[Reply::Answer("200 OK", "{\"tier\": \"gold\"}")]).await;
    let outcome = server.ask(3, 10_000).await;
    check(&outcome, Some(200), 1, Ok("{\"tier\": \"gold\"}"));
    let heard = server.heard();
    let expected = format!(
        "POST /look?key=s3cret HTTP/1.1\r\nhost: {}\r\naccept: application/json\r\ncontent-type: \
         application/json\r\nuser-agent: Postbook\r\nidempotency-key: C7-ask-1\r\ncontent-length: \
         20\r\n\r\n{{\"subject\": \"café\"}}",
        server.host()
    );
    assert_eq!(heard, [expected]);
    assert!(!format!("{:?}", question("http://a/?s3cret", 1, 1)).contains("s3cret"));
}

#[tokio::test]
async fn what_passes_is_asked_again_under_the_same_key() {
    for (replies, attempts, status, expected) in [
        (
            &[Reply::Answer("500 Oops", "x"), Reply::Answer("201 Created", "{}")][..],
            2,
            Some(201),
            Ok("{}"),
        ),
        (
            &[
                Reply::Answer("429 Slow", "x"),
                Reply::Answer("503 Later", "x"),
                Reply::Answer("200 OK", ""),
            ],
            3,
            Some(200),
            Ok(""),
        ),
        (&[Reply::Answer("502 Bad Gateway", "x")], 3, Some(502), Err("127.0.0.1 answered 502")),
    ] {
        let server = Server::start(replies).await;
        check(&server.ask(3, 10_000).await, status, attempts, expected);
        let heard = server.heard();
        assert_eq!(heard.len(), usize::from(attempts));
        assert!(heard.iter().all(|question| *question == heard[0]), "{heard:?}");
    }
}

#[tokio::test]
async fn what_does_not_pass_is_asked_once() {
    const REDIRECT: &[u8] =
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
    for (reply, status, expected) in [
        (Reply::Answer("404 Not Found", "x"), Some(404), "127.0.0.1 answered 404 Not Found"),
        (
            Reply::Bytes(REDIRECT),
            Some(302),
            "redirects to another address (302 Found), which is not",
        ),
        (Reply::Hang, None, "127.0.0.1 has not answered within 300ms"),
        (Reply::Dribble, None, "127.0.0.1 has not answered within 300ms"),
        (Reply::Bytes(b"* OK IMAP\r\n"), None, "127.0.0.1 gave no usable answer: "),
        (Reply::Bytes(b""), None, "127.0.0.1 gave no usable answer: "),
        (
            Reply::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"),
            None,
            "127.0.0.1 gave no usable answer: ",
        ),
        (
            Reply::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\xff"),
            None,
            "the answer of 127.0.0.1 is no text in UTF-8",
        ),
    ] {
        let replies: &'static [Reply] = Box::leak(Box::new([reply]));
        let server = Server::start(replies).await;
        check(&server.ask(3, 300).await, status, 1, Err(expected));
        assert_eq!(server.heard().len(), 1, "{reply:?}");
    }
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_not_read_to_its_end() {
    for length in [None, Some(10_000_000), Some(1_000_000_000_000)] {
        let server = Server::start(Box::leak(Box::new([Reply::Flood(length)]))).await;
        let outcome = server.ask(3, 60_000).await;
        check(
            &outcome,
            None,
            1,
            Err("127.0.0.1 gave no usable answer: its answer is longer than 64 KiB"),
        );
    }
}

#[tokio::test]
async fn nobody_else_is_asked() {
    let server = Server::start(&[Reply::Answer("200 OK", "{}")]).await;
    let (host, trust) = (server.host(), Trust::load(None).unwrap());
    for (url, hosts, expected) in [
        (format!("http://{host}/"), &[][..], "is not among the `webhook_hosts`"),
        (format!("http://{host}/"), &["127.0.0.1"], "is not among the `webhook_hosts`"),
        (
            format!("http://{host}/"),
            &["127.0.0.1:1", "example.org"],
            "is not among the `webhook_hosts`",
        ),
        (format!("http://127.0.0.1@{host}/"), &["127.0.0.1"], "holds a user's name"),
        (
            "https://crm.example.org/".to_owned(),
            &["example.org"],
            "`crm.example.org` is not among the",
        ),
        (
            "https://crm.example.org:8443/".to_owned(),
            &["crm.example.org"],
            "`crm.example.org:8443` is",
        ),
        ("ftp://crm.example.org/".to_owned(), &["crm.example.org"], "is no address of"),
        ("http://192.0.2.1/".to_owned(), &["192.0.2.1"], "is not secret on its way"),
    ] {
        let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        let outcome = call_webhook(&question(&url, 3, 10_000), &hosts, &trust).await;
        assert!(outcome.attempts <= 1, "{outcome:?}");
        check(&outcome, None, outcome.attempts, Err(expected));
    }
    assert_eq!(server.heard(), [""; 0]);
}

#[tokio::test]
async fn nobody_there_is_tried_again() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let host = format!("127.0.0.1:{}", listener.local_addr().unwrap().port());
    drop(listener);
    let call = question(&format!("http://{host}/"), 2, 10_000);
    let outcome = call_webhook(&call, &[host], &Trust::load(None).unwrap()).await;
    check(&outcome, None, 2, Err("refuses connections"));
}

#[tokio::test]
async fn a_server_must_prove_who_it_is() {
    let Some(peer) = peer::dovecot() else { return };
    let host = format!("localhost:{}", peer.port("IMAPS"));
    let call = question(&format!("https://{host}/"), 3, 10_000);
    let stranger =
        call_webhook(&call, std::slice::from_ref(&host), &Trust::load(None).unwrap()).await;
    check(&stranger, None, 1, Err("the certificate of localhost is not accepted"));
    // With its certificate it is believed, and turns out to be no web server.
    let known = call_webhook(&call, &[host], &peer.trust()).await;
    check(&known, None, 1, Err("localhost gave no usable answer"));
}
