//! How much a server bears: reads, saves beside a generation, and its memory over minutes.
//!
//! `make soak SOAK=load` runs these with a release build; server and callers share the machine. The goals are those of the acceptance.

#![cfg(target_os = "linux")]

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::caller::Caller;
use super::serve::Server;
use super::support::Home;

/// Reads a second of an otherwise idle server, at least.
const READS: f64 = 5000.0;

/// Who save at the same time, and how often each.
const WRITERS: usize = 50;
const WRITES: usize = 200;

/// How long ninety-nine of a hundred saves may take.
const SLOWEST: Duration = Duration::from_millis(500);

/// How much memory may grow from the second minute to the last.
const GROWTH: f64 = 1.15;

fn number(variable: &str, default: u64) -> u64 {
    env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn small(rows: usize) -> Value {
    json!({"name": "small", "tables": [{"name": "row", "rows": rows, "columns": [
        {"name": "id", "generator": {"type": "sequence"}}, {"name": "name", "generator": {"type": "full_name"}},
        {"name": "amount", "generator": {"type": "normal", "mean": 100, "std": 20}}]}]})
}

/// A server with the settings of production, somebody who calls it, the key and the token of the session.
fn served(home: &Home) -> (Server, Caller, String, String) {
    let server = Server::start_with(home, &[("RUST_LOG", "info")]);
    let session = server.sign_in(home);
    let key = session.key(&server);
    let caller = Caller::new(&server.address, &key);
    (server, caller, key, session.token)
}

/// A connection that stays open.
struct Connection {
    stream: BufReader<TcpStream>,
    line: String,
    body: Vec<u8>,
}

impl Connection {
    fn open(server: &Server) -> Connection {
        let stream = TcpStream::connect(server.address.trim_start_matches("http://")).expect("a connection");
        stream.set_nodelay(true).expect("a socket");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a socket");
        Connection { stream: BufReader::new(stream), line: String::new(), body: Vec::new() }
    }

    fn send(&mut self, request: &[u8]) {
        self.stream.get_mut().write_all(request).expect("it is sent");
    }

    /// The status of the answer; its body stays here.
    fn receive(&mut self) -> u16 {
        let mut next = |line: &mut String| {
            line.clear();
            self.stream.read_line(line).expect("a line of the answer");
        };
        next(&mut self.line);
        let status = self.line.split(' ').nth(1).and_then(|word| word.parse().ok()).expect("a status");
        let mut length = 0;
        loop {
            next(&mut self.line);
            match self.line.trim_end().split_once(": ") {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.parse().expect("a length");
                }
                Some(_) => {}
                None => break,
            }
        }
        self.body.resize(length, 0);
        self.stream.read_exact(&mut self.body).expect("the body");
        status
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }
}

fn request(method: &str, path: &str, key: &str, more: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "{method} /api/v1{path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {key}\r\n{more}content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// The time that a share of some calls took no longer than.
fn quantile(times: &mut [Duration], share: f64) -> Duration {
    times.sort_unstable();
    times[((times.len() as f64 * share) as usize).min(times.len() - 1)]
}

/// Reads a second by so many connections at once, each answered before it asks again.
fn reads_a_second(server: &Server, request: &[u8], connections: usize, seconds: u64) -> f64 {
    const THREADS: usize = 2;
    let done = AtomicU64::new(0);
    let begun = Instant::now();
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let mut open: Vec<Connection> = (0..connections / THREADS).map(|_| Connection::open(server)).collect();
                open.iter_mut().for_each(|connection| connection.send(request));
                while begun.elapsed() < Duration::from_secs(seconds) {
                    for connection in &mut open {
                        assert_eq!(connection.receive(), 200);
                        connection.send(request);
                    }
                    done.fetch_add(open.len() as u64, Ordering::Relaxed);
                }
            });
        }
    });
    done.into_inner() as f64 / begun.elapsed().as_secs_f64()
}

#[test]
#[ignore = "make soak SOAK=load"]
fn reads_of_a_dataset_with_its_token() {
    let home = Home::new();
    let (server, caller, key, session) = served(&home);
    let dataset = caller.post("/datasets", &json!({"schema": small(1000)})).is(201).id();
    for (who, token) in [("an API key", &key), ("an access token", &session)] {
        let asked = request("GET", &format!("/datasets/{dataset}"), token, "", "");
        reads_a_second(&server, &asked, 32, 1);
        let rate = reads_a_second(&server, &asked, 32, number("LOAD_SECONDS", 10));
        println!("reads of a dataset with {who}: {rate:.0} a second (goal {READS})");
        assert!(rate >= READS, "{rate:.0} reads a second are fewer than {READS}");
    }
}

/// Saves versions of datasets, each writer one after the other; how long each save took, and all together.
fn save(server: &Server, caller: &Caller, key: &str, writers: usize, writes: usize) -> (Vec<Duration>, Duration) {
    let datasets: Vec<Value> =
        (0..writers).map(|_| caller.post("/datasets", &json!({"schema": small(1)})).is(201).json()).collect();
    let begun = Instant::now();
    let times = thread::scope(|scope| {
        let writers: Vec<_> = datasets
            .iter()
            .map(|dataset| {
                scope.spawn(move || {
                    let id = dataset["id"].as_str().expect("an id");
                    let mut tag = dataset["schema_etag"].as_str().expect("a tag").to_owned();
                    let mut connection = Connection::open(server);
                    let mut times = Vec::new();
                    for write in 0..writes {
                        let condition = format!("if-match: \"{tag}\"\r\n");
                        let body = small(write + 2).to_string();
                        let asked = request("PUT", &format!("/datasets/{id}/schema"), key, &condition, &body);
                        let at = Instant::now();
                        connection.send(&asked);
                        let status = connection.receive();
                        times.push(at.elapsed());
                        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&connection.body));
                        tag = connection.json()["etag"].as_str().expect("a tag").to_owned();
                    }
                    times
                })
            })
            .collect();
        writers.into_iter().flat_map(|writer| writer.join().expect("no save was refused")).collect()
    });
    (times, begun.elapsed())
}

#[test]
#[ignore = "make soak SOAK=load"]
fn saves_beside_a_generation() {
    let home = Home::new();
    let (server, caller, key, _) = served(&home);
    let (times, took) = save(&server, &caller, &key, 1, WRITES);
    println!("one writer: {:.0} saves a second, each synced", times.len() as f64 / took.as_secs_f64());
    let dataset = caller.post("/datasets", &json!({"schema": small(90_000_000)})).is(201).id();
    let generation = caller.post(&format!("/datasets/{dataset}/generations"), &json!({})).is(202).id();
    let path = format!("/generations/{generation}");
    while caller.get(&path).is(200).json()["rows_done"] == 0 {
        thread::sleep(Duration::from_millis(10));
    }
    let (mut times, took) = save(&server, &caller, &key, WRITERS, WRITES);
    assert_eq!(caller.get(&path).is(200).json()["state"], "running", "it was at work all the while");
    caller.post(&format!("{path}/cancel"), &json!({})).is(202);
    let [median, slowest, longest] = [0.5, 0.99, 1.0].map(|share| quantile(&mut times, share).as_millis());
    println!(
        "{WRITERS} writers × {WRITES} saves beside a generation: no error, {:.0} a second, half within {median} ms, 99 % within {slowest} ms, all within {longest} ms (goal {} ms)",
        times.len() as f64 / took.as_secs_f64(),
        SLOWEST.as_millis()
    );
    assert_eq!(times.len(), WRITERS * WRITES);
    assert!(slowest < SLOWEST.as_millis());
    // All of them are there.
    let total = caller.get("/datasets?limit=1").is(200).json()["total"].as_u64();
    assert_eq!(total, Some(WRITERS as u64 + 2));
}

/// Memory of a process, in MB.
fn memory(process: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a figure");
    line.trim().trim_end_matches(" kB").parse::<f64>().expect("a number") / 1024.0
}

/// A bit of everything that people do, over and over.
fn use_it(caller: &Caller, turn: usize) {
    let dataset = caller.post("/datasets", &json!({"schema": small(2000 + turn % 50)})).is(201).id();
    let path = format!("/datasets/{dataset}");
    for _ in 0..20 {
        caller.get(&path).is(200);
    }
    caller.get("/datasets?limit=50").is(200);
    caller.post("/preview", &json!({"schema": small(500), "rows": 100})).is(200);
    caller.get(&format!("{path}/tables/row/rows?limit=2000&format=csv")).is(200);
    let generation = caller.post(&format!("{path}/generations"), &json!({"seed": turn})).is(202).id();
    let own = format!("/generations/{generation}");
    assert_eq!(caller.ended(&own)["state"], "succeeded");
    caller.get(&format!("{own}/tables/row/rows?limit=100&order_by=amount")).is(200);
    caller
        .post(&format!("{own}/query"), &json!({"sql": "SELECT name, sum(amount) FROM \"row\" GROUP BY name"}))
        .is(200);
    let export = caller.post(&format!("{own}/exports"), &json!({"format": "csv"})).is(202).id();
    assert_eq!(caller.ended(&format!("/exports/{export}"))["state"], "succeeded");
    caller.get(&format!("/exports/{export}/content")).is(200);
    caller.attempt("DELETE", &own, "", "").expect("an answer").is(204);
    caller.attempt("DELETE", &path, "", "").expect("an answer").is(204);
}

#[test]
#[ignore = "make soak SOAK=load"]
fn memory_stays_as_it_is() {
    let minutes = number("LOAD_MINUTES", 10).max(3);
    let home = Home::new();
    let (server, caller, _, _) = served(&home);
    let is_over = AtomicBool::new(false);
    let turns = AtomicU64::new(0);
    let mut figures = Vec::new();
    thread::scope(|scope| {
        for first in 0..3 {
            let (caller, is_over, turns) = (caller.clone(), &is_over, &turns);
            scope.spawn(move || {
                for turn in (first..).step_by(3) {
                    if is_over.load(Ordering::Relaxed) {
                        break;
                    }
                    use_it(&caller, turn);
                    turns.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for _ in 0..minutes {
            let mut seen: Vec<f64> = Vec::new();
            for _ in 0..60 {
                thread::sleep(Duration::from_secs(1));
                seen.push(memory(server.child.id()));
            }
            seen.sort_unstable_by(f64::total_cmp);
            figures.push(seen[seen.len() / 2]);
        }
        is_over.store(true, Ordering::Relaxed);
    });
    let shown: Vec<String> = figures.iter().map(|figure| format!("{figure:.0}")).collect();
    println!("MB of memory in each minute of mixed use ({} turns): {}", turns.into_inner(), shown.join(" "));
    let (second, last) = (figures[1], figures[figures.len() - 1]);
    assert!(last <= second * GROWTH, "{last:.0} MB after {minutes} minutes, {second:.0} after two");
}
