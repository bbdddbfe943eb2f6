//! Clients that take their time: each is cut off after the time that the documents say, and holds nobody else up.

#![cfg(unix)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use super::serve::Server;
use super::support::Home;

/// How long a head may take, and a body.
const HEAD: Duration = Duration::from_secs(5);
const BODY: Duration = Duration::from_secs(30);

/// How much later a busy machine may be.
const SLACK: Duration = Duration::from_secs(20);

/// Sends a start, then a byte every now and then until the server has enough. Gives the answer and how long that took.
fn drip(address: &str, start: &str) -> (String, Duration) {
    let mut stream = TcpStream::connect(address.trim_start_matches("http://")).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_millis(100))).expect("a socket");
    let begun = Instant::now();
    stream.write_all(start.as_bytes()).expect("it listens");
    let (mut answer, mut buffer) = (Vec::new(), [0; 4096]);
    while begun.elapsed() < BODY + 2 * SLACK {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => answer.extend_from_slice(&buffer[..read]),
            // Nothing was said yet.
            Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {
                if !answer.is_empty() || stream.write_all(b"x").is_err() {
                    break;
                }
            }
            Err(_) => break,
        }
    }
    (String::from_utf8_lossy(&answer).into_owned(), begun.elapsed())
}

#[test]
fn a_client_that_sends_byte_by_byte_is_cut_off_and_holds_nobody_up() {
    let home = Home::new();
    let server = Server::start_with(&home, &[("WEB_CONCURRENCY", "1")]);
    let client = server.sign_in(&home);
    let head = |path: &str, rest: &str| {
        format!("POST /api/v1{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n{rest}", client.token)
    };
    let json = "Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n{\"schema_text\": \"";
    let form = "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000\r\n\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n";
    let starts = [
        (head("/plan", json), BODY),
        (head("/verify", form), BODY),
        ("POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50000\r\n\r\n{".to_owned(), BODY),
        ("GET /api/v1/generators HTTP/1.1\r\nHost: localhost\r\nX-Slow: ".to_owned(), HEAD),
    ];
    // Many at once, so that a thread for each would be missed.
    let drips: Vec<_> = (0..5)
        .flat_map(|_| starts.clone())
        .map(|(start, limit)| {
            let address = server.address.clone();
            (thread::spawn(move || drip(&address, &start)), limit)
        })
        .collect();
    let begun = Instant::now();
    let mut slowest = Duration::ZERO;
    while begun.elapsed() < BODY - HEAD {
        let asked = Instant::now();
        client.get(&server, "/auth/me");
        slowest = slowest.max(asked.elapsed());
        thread::sleep(Duration::from_millis(200));
    }
    assert!(slowest < Duration::from_secs(5), "somebody waited {slowest:?}");
    for (drip, limit) in drips {
        let (answer, took) = drip.join().expect("it ends");
        assert!(took >= limit - Duration::from_secs(2) && took < limit + SLACK, "{took:?} for {limit:?}: {answer}");
        // Nobody answers a request whose head has not arrived.
        if limit == BODY {
            assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("body_timeout"), "{answer}");
        } else {
            assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408 "), "{answer}");
        }
    }
    let uploads = std::fs::read_dir(home.at("data/uploads")).map_or(0, Iterator::count);
    assert_eq!(uploads, 0, "an upload that was cut off leaves nothing");
}

#[test]
fn a_length_that_is_too_large_is_refused_before_a_byte_is_read() {
    let home = Home::new();
    let server = Server::start_with(&home, &[("MAX_UPLOAD_MB", "1")]);
    let client = server.sign_in(&home);
    for path in ["/verify", "/plan"] {
        let head = format!(
            "POST /api/v1{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 1000000000000\r\n\r\n",
            client.token
        );
        let (answer, took) = drip(&server.address, &head);
        assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("larger than 1 MB"), "{answer}");
        assert!(took < Duration::from_secs(5), "{took:?}");
    }
}
