//! A store that speaks as much of S3 as backups need, on this machine, for tests.

#![allow(dead_code, reason = "the tests of the API and those of the binary use a part of it each")]

#[path = "signature.rs"]
mod signature;

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use signature::Refusal;

/// Who may ask.
pub const KEY_ID: &str = "a-key-of-the-tests";

/// What signs requests.
pub const SECRET: &str = "a-secret-of-the-tests";

/// Where the store is.
pub const REGION: &str = "eu-west-1";

/// What the store holds.
#[derive(Default)]
pub struct Held {
    /// Objects by bucket and key, `bucket/key`.
    pub objects: BTreeMap<String, Vec<u8>>,
    /// Uploads that were begun and neither ended nor given up: their parts by number.
    pub uploads: HashMap<String, BTreeMap<u32, Vec<u8>>>,
    /// Uploads in parts that have ended.
    pub ended_uploads: usize,
    /// Parts that are refused from this number on.
    pub refuses_part: Option<u32>,
    begun_uploads: usize,
}

/// A running store; its threads end with the process.
pub struct Store {
    /// Where it answers.
    pub endpoint: String,
    held: Arc<Mutex<Held>>,
}

impl Store {
    /// Starts it on a free port.
    pub fn start() -> Store {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let held: Arc<Mutex<Held>> = Arc::default();
        let shared = Arc::clone(&held);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let held = Arc::clone(&shared);
                thread::spawn(move || serve(stream, &held));
            }
        });
        Store { endpoint, held }
    }

    /// What it holds now.
    pub fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The names of its objects.
    pub fn names(&self) -> Vec<String> {
        self.held().objects.keys().cloned().collect()
    }

    /// The variables of a server that keeps its backups in `target`.
    pub fn variables<'a>(&'a self, target: &'a str) -> [(&'a str, &'a str); 5] {
        [
            ("BACKUP_TARGET", target),
            ("AWS_ACCESS_KEY_ID", KEY_ID),
            ("AWS_SECRET_ACCESS_KEY", SECRET),
            ("AWS_ENDPOINT_URL", &self.endpoint),
            ("AWS_REGION", REGION),
        ]
    }
}

struct Request {
    method: String,
    path: String,
    query: HashMap<String, String>,
    refusal: Option<Refusal>,
    body: Vec<u8>,
}

struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Answer {
    fn of(status: u16, body: impl Into<Vec<u8>>) -> Answer {
        Answer { status, headers: Vec::new(), body: body.into() }
    }

    fn object(body: &[u8]) -> Answer {
        let headers = vec![
            ("ETag", format!("\"{}\"", body.len())),
            ("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT".to_owned()),
        ];
        Answer { status: 200, headers, body: body.to_vec() }
    }
}

/// Answers the requests of a connection.
fn serve(stream: TcpStream, held: &Mutex<Held>) {
    let Ok(mut out) = stream.try_clone() else { return };
    let mut input = BufReader::new(stream);
    while let Some(request) = read(&mut input) {
        let answer = answer(&request, &mut held.lock().unwrap_or_else(PoisonError::into_inner));
        let mut head = format!("HTTP/1.1 {} x\r\nContent-Length: {}\r\n", answer.status, answer.body.len());
        for (name, value) in &answer.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        let body: &[u8] = if request.method == "HEAD" { &[] } else { &answer.body };
        if out.write_all(head.as_bytes()).and_then(|()| out.write_all(body)).is_err() {
            return;
        }
    }
}

fn read(input: &mut impl BufRead) -> Option<Request> {
    let mut line = String::new();
    input.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (mut length, mut headers) = (0, Vec::new());
    loop {
        let mut line = String::new();
        input.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        let (name, value) = (name.to_ascii_lowercase(), value.trim().to_owned());
        if name == "content-length" {
            length = value.parse().ok()?;
        }
        headers.push((name, value));
    }
    let mut body = vec![0; length];
    input.read_exact(&mut body).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let sent = signature::Request { method: &method, path, query, headers: &headers, body: &body };
    let refusal = sent.check(KEY_ID, SECRET, REGION).err();
    let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let query = pairs.map(|(name, value)| (decoded(name), decoded(value))).collect();
    let path = decoded(path).trim_matches('/').to_owned();
    Some(Request { method, path, query, refusal, body })
}

fn answer(request: &Request, held: &mut Held) -> Answer {
    if let Some(refusal) = &request.refusal {
        let (status, more) = match refusal {
            Refusal::AuthorizationHeaderMalformed => (400, format!("<Region>{REGION}</Region>")),
            Refusal::XAmzContentSHA256Mismatch => (400, String::new()),
            _ => (403, String::new()),
        };
        return Answer::of(status, format!("<Error><Code>{refusal:?}</Code>{more}</Error>"));
    }
    let key = request.path.clone();
    let upload = request.query.get("uploadId");
    match (request.method.as_str(), upload) {
        ("GET", _) if request.query.contains_key("list-type") => list(request, held),
        ("GET" | "HEAD", _) => match held.objects.get(&key) {
            Some(bytes) => Answer::object(bytes),
            None => Answer::of(404, "<Error><Code>NoSuchKey</Code></Error>"),
        },
        ("POST", None) if request.query.contains_key("uploads") => {
            held.begun_uploads += 1;
            let id = held.begun_uploads.to_string();
            held.uploads.insert(id.clone(), BTreeMap::new());
            Answer::of(
                200,
                format!("<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"),
            )
        }
        ("PUT", Some(id)) => {
            let number: u32 = request.query["partNumber"].parse().expect("a number");
            if held.refuses_part.is_some_and(|refused| number >= refused) {
                return Answer::of(400, "<Error><Code>EntityTooLarge</Code></Error>");
            }
            held.uploads.get_mut(id).expect("an upload").insert(number, request.body.clone());
            Answer { headers: vec![("ETag", format!("\"{number}\""))], ..Answer::of(200, "") }
        }
        ("POST", Some(id)) => {
            let parts = held.uploads.remove(id).expect("an upload");
            held.objects.insert(key, parts.into_values().flatten().collect());
            held.ended_uploads += 1;
            Answer::of(200, "<CompleteMultipartUploadResult><ETag>\"whole\"</ETag></CompleteMultipartUploadResult>")
        }
        ("DELETE", Some(id)) => {
            held.uploads.remove(id);
            Answer::of(204, "")
        }
        ("PUT", None) => {
            held.objects.insert(key, request.body.clone());
            Answer { headers: vec![("ETag", "\"whole\"".to_owned())], ..Answer::of(200, "") }
        }
        ("DELETE", None) => {
            held.objects.remove(&key);
            Answer::of(204, "")
        }
        _ => Answer::of(400, "<Error><Code>NotImplemented</Code></Error>"),
    }
}

fn list(request: &Request, held: &Held) -> Answer {
    let prefix = format!("{}/{}", request.path, request.query.get("prefix").map_or("", String::as_str));
    let found = held.objects.iter().filter(|(key, _)| key.starts_with(&prefix));
    let contents: String = found
        .map(|(key, bytes)| {
            let key = key.split_once('/').expect("a bucket before the key").1;
            format!(
                "<Contents><Key>{key}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>\"x\"</ETag><Size>{}</Size></Contents>",
                bytes.len()
            )
        })
        .collect();
    Answer::of(200, format!("<ListBucketResult><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>"))
}

/// A text without its percent signs.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut place = 0;
    while place < bytes.len() {
        let pair = text.get(place + 1..place + 3).filter(|_| bytes[place] == b'%');
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                place += 3;
            }
            None => {
                out.push(bytes[place]);
                place += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
