//! A server as a process of its own: started, spoken to, killed, started again.

#![cfg(unix)]

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::support::{Home, Ran, root};

/// Longer than any machine takes for what is waited for.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A running server.
pub struct Server {
    pub child: Child,
    pub address: String,
    pub link: Option<String>,
}

impl Server {
    pub fn start(home: &Home) -> Server {
        Server::start_with(home, &[])
    }

    /// Starts it with more variables; what it logs is added to `server.log`.
    pub fn start_with(home: &Home, variables: &[(&str, &str)]) -> Server {
        Server::start_as(home, variables, None)
    }

    /// The same as another user.
    pub fn start_as(home: &Home, variables: &[(&str, &str)], user: Option<u32>) -> Server {
        let mut command = home.command(&["serve"]);
        command.env("DATA_DIR", home.at("data")).env("PORT", "0").env("LOCK_WAIT_S", "30").env("RUST_LOG", "warn");
        command.envs(variables.iter().copied());
        if let Some(user) = user {
            command.uid(user).gid(user);
        }
        let log = fs::File::options().create(true).append(true).open(home.at("server.log")).expect("a log");
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().expect("it starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut next = || lines.next().and_then(Result::ok).unwrap_or_default();
        let address = next().strip_prefix("Listening on ").expect("an address").trim_end_matches('/').to_owned();
        let is_new = !home.at("data/has-user").exists();
        let link = is_new.then(|| next().strip_prefix("Create the first user: ").expect("a link").to_owned());
        Server { child, address, link }
    }

    /// Signs in; the first time by the link.
    pub fn sign_in(&self, home: &Home) -> Client {
        let user = json!({"email": "ana@example.com", "password": "correct horse battery"});
        let session = match &self.link {
            Some(link) => {
                let mut first = user;
                first["token"] = json!(link.split_once("#token=").expect("a token").1);
                fs::write(home.at("data/has-user"), "").expect("a mark");
                self.request("POST", "/auth/setup", "", Some(&first))
            }
            None => self.request("POST", "/auth/login", "", Some(&user)),
        };
        Client { token: session["access_token"].as_str().expect("a token").to_owned() }
    }

    pub fn request(&self, method: &str, path: &str, token: &str, body: Option<&Value>) -> Value {
        let url = format!("{}/api/v1{path}", self.address);
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(url)
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .body(body.map(Value::to_string).unwrap_or_default())
            .expect("a request");
        let mut answer = ureq::run(request).expect("an answer");
        serde_json::from_str(&answer.body_mut().read_to_string().expect("a body")).expect("JSON")
    }

    pub fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().expect("kill runs");
        assert!(sent.success());
    }

    pub fn kill(mut self) {
        self.child.kill().expect("it is killed");
        self.child.wait().expect("it ends");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Who calls it.
pub struct Client {
    pub token: String,
}

impl Client {
    pub fn get(&self, server: &Server, path: &str) -> Value {
        server.request("GET", path, &self.token, None)
    }

    /// A key that goes on holding when the server is another.
    pub fn key(&self, server: &Server) -> String {
        text(&self.post(server, "/api-keys", &json!({"name": "a test"}))["key"])
    }

    pub fn post(&self, server: &Server, path: &str, body: &Value) -> Value {
        server.request("POST", path, &self.token, Some(body))
    }

    /// A generation once it has ended.
    pub fn ended(&self, server: &Server, id: &str) -> Value {
        let begun = Instant::now();
        loop {
            let found = self.get(server, &format!("/generations/{id}"));
            if !matches!(found["state"].as_str(), Some("queued" | "running")) {
                return found;
            }
            assert!(begun.elapsed() < PATIENCE, "{found}");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// Three and a half parts of rows that are proved to be distinct.
const LARGE: &str = "name: large\ntables:\n  - name: row\n    rows: 3670016\n    primary_key: [id]\n    columns:\n      - { name: id, generator: { type: sequence } }\n      - { name: code, generator: { type: uuid_v4 } }\n      - { name: amount, generator: { type: normal, mean: 100, std: 20 } }\n";

#[test]
fn a_server_that_is_asked_to_stop_parks_its_work_and_ends() {
    let home = Home::new();
    let mut server = Server::start(&home);
    let client = server.sign_in(&home);
    let body = json!({"schema_text": LARGE.replace("3670016", "60000000")});
    let dataset = text(&client.post(&server, "/datasets", &body)["id"]);
    let id = text(&client.post(&server, &format!("/datasets/{dataset}/generations"), &json!({}))["id"]);
    let begun = Instant::now();
    while client.get(&server, &format!("/generations/{id}"))["rows_done"] == 0 {
        assert!(begun.elapsed() < PATIENCE, "it does not begin");
        thread::sleep(Duration::from_millis(5));
    }
    let asked = Instant::now();
    server.signal("-TERM");
    let status = server.child.wait().expect("it ends");
    assert_eq!(status.code(), Some(0));
    assert!(asked.elapsed() < Duration::from_secs(25), "{:?}", asked.elapsed());
    let server = Server::start(&home);
    let client = server.sign_in(&home);
    let found = client.get(&server, &format!("/generations/{id}"));
    assert!(matches!(found["state"].as_str(), Some("queued" | "running")), "{found}");
    assert_eq!(client.post(&server, &format!("/generations/{id}/cancel"), &json!({}))["id"], json!(id));
    assert_eq!(client.ended(&server, &id)["state"], "cancelled");
}

#[test]
fn work_is_parked_while_connections_end_and_not_after_them() {
    let home = Home::new();
    let mut server = Server::start_with(&home, &[("RUST_LOG", "info")]);
    let client = server.sign_in(&home);
    let body = json!({"schema_text": LARGE.replace("3670016", "60000000")});
    let dataset = text(&client.post(&server, "/datasets", &body)["id"]);
    let id = text(&client.post(&server, &format!("/datasets/{dataset}/generations"), &json!({}))["id"]);
    let begun = Instant::now();
    while client.get(&server, &format!("/generations/{id}"))["rows_done"] == 0 {
        assert!(begun.elapsed() < PATIENCE, "it does not begin");
        thread::sleep(Duration::from_millis(5));
    }
    // Somebody who asks for more than the system holds for him, and reads none of it, is waited for.
    let mut reader = TcpStream::connect(server.address.trim_start_matches("http://")).expect("a connection");
    let asked = format!(
        "GET /api/v1/datasets/{dataset}/tables/row/rows?limit=1000000&format=csv HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\r\n",
        client.token
    );
    reader.write_all(asked.as_bytes()).expect("a request");
    let mut first = [0; 12];
    reader.read_exact(&mut first).expect("an answer");
    assert_eq!(&first, b"HTTP/1.1 200");

    server.signal("-TERM");
    let status = server.child.wait().expect("it ends");
    assert_eq!(status.code(), Some(0));
    drop(reader);
    let log = home.read("server.log");
    let place = |sentence: &str| log.find(sentence).unwrap_or_else(|| panic!("no {sentence:?} in {log}"));
    assert!(place("stopping") < place("work is parked"), "{log}");
    assert!(place("work is parked") < place("all connections have ended"), "{log}");

    // Of the state that the parked generation was left in, no server that goes on with it tells.
    let mut dump = home.command(&["dumpdata"]);
    let dump = Ran::of(dump.env("DATA_DIR", home.at("data")).output().expect("it runs")).succeeds().stdout;
    let rows = dump.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let found: Vec<Value> = rows.filter(|line| line["row"]["id"] == json!(id)).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((&found[0]["table"], &found[0]["row"]["state"]), (&json!("generations"), &json!("queued")));
}

/// Status and `Retry-After` of an address; nothing while nobody listens.
fn status_of(url: &str) -> Option<(u16, bool)> {
    let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
    let answer = agent.get(url).call().ok()?;
    Some((answer.status().as_u16(), answer.headers().contains_key("retry-after")))
}

/// Asks until the answer is this.
#[track_caller]
fn comes_to(url: &str, expected: (u16, bool)) {
    let begun = Instant::now();
    loop {
        let found = status_of(url);
        if found == Some(expected) {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{url}: {found:?}");
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_second_server_says_that_it_waits_and_takes_over() {
    let home = Home::new();
    let mut first = Server::start(&home);
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
    let mut command = home.command(&["serve"]);
    command.env("DATA_DIR", home.at("data")).env("PORT", port.to_string()).env("LOCK_WAIT_S", "120");
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    let address = format!("http://127.0.0.1:{port}");
    let second = Server { child, address: address.clone(), link: None };
    comes_to(&format!("{address}/health/live"), (200, false));
    for path in ["/health/ready", "/api/v1/generators", "/"] {
        assert_eq!(status_of(&format!("{address}{path}")), Some((503, true)), "{path}");
    }
    assert_eq!(status_of(&format!("{}/health/ready", first.address)), Some((200, false)));
    first.signal("-TERM");
    assert_eq!(first.child.wait().expect("it ends").code(), Some(0));
    comes_to(&format!("{address}/health/ready"), (200, false));
    comes_to(&format!("{address}/api/v1/generators"), (200, false));
    drop(second);
}

#[test]
fn a_second_server_that_has_waited_enough_or_is_asked_to_ends() {
    let home = Home::new();
    let _first = Server::start(&home);
    let serve = |wait: &str| {
        let mut command = home.command(&["serve"]);
        command.env("DATA_DIR", home.at("data")).env("PORT", "0").env("LOCK_WAIT_S", wait).env("RUST_LOG", "error");
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
    };
    let begun = Instant::now();
    let ran = Ran::of(serve("1").wait_with_output().expect("it ends")).fails();
    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert!(
        ran.stderr.starts_with("DATA_DIR: another server holds ") && ran.stderr.lines().count() == 1,
        "{}",
        ran.stderr
    );
    let waiting = serve("120");
    // Until it has begun to listen for the signal.
    thread::sleep(Duration::from_secs(1));
    let sent = Command::new("kill").args(["-TERM", &waiting.id().to_string()]).status().expect("kill runs");
    assert!(sent.success());
    let ended = waiting.wait_with_output().expect("it ends");
    assert_eq!((ended.status.code(), String::from_utf8_lossy(&ended.stderr).as_ref()), (Some(0), ""));
}

#[cfg(target_os = "linux")]
#[test]
fn requests_are_answered_by_so_many_threads() {
    for count in ["1", "3"] {
        let home = Home::new();
        let server = Server::start_with(&home, &[("WEB_CONCURRENCY", count)]);
        comes_to(&format!("{}/health/live", server.address), (200, false));
        let tasks = fs::read_dir(format!("/proc/{}/task", server.child.id())).expect("threads").flatten();
        let names = tasks.map(|task| fs::read_to_string(task.path().join("comm")).unwrap_or_default());
        let workers = names.filter(|name| name.starts_with("actix-rt|system")).count();
        assert_eq!(workers.to_string(), count);
    }
}

#[test]
fn the_journey_of_the_guide_delivers_the_files_of_the_command_line() {
    let home = Home::new();
    let server = Server::start(&home);
    let script = root().join("docs/guide/journey.sh");
    let link = server.link.clone().expect("a link");
    let out = Command::new("sh").arg(script).arg(link).arg(home.path()).output().expect("sh runs");
    let ran = Ran::of(out).succeeds();
    assert!(ran.stdout.contains("\"first_name\"") && ran.stdout.contains(": succeeded"), "{}", ran.stdout);
    let (schema, seed) = ("schema.yaml", "7");
    let parameters = ["--set", "candidates=250", "--seed", seed];
    for out in ["command.xlsx", "command/"] {
        let arguments: Vec<&str> = [&["generate", schema, "--out", out], &parameters[..]].concat();
        home.run(&arguments).succeeds();
    }
    assert!(home.bytes("hiring.xlsx") == home.bytes("command.xlsx"));
    assert!(home.bytes("candidate.csv") == home.bytes("command/candidate.csv"));
    assert!(home.read("certificate.html").contains("planned-in-order"));
}

#[test]
fn the_link_that_is_printed_is_one_that_a_person_can_open() {
    let lines = |variables: &[(&str, &str)]| {
        let home = Home::new();
        let mut command = home.command(&["serve"]);
        command
            .env("DATA_DIR", home.at("data"))
            .env("PORT", "0")
            .env("RUST_LOG", "error")
            .envs(variables.iter().copied());
        command.env("SECRET_KEY", "3f0c9a51be7724d8e6015b9fc2a8437d10e95c6a");
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
        let told = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
        child.kill().and_then(|()| child.wait()).expect("it ends");
        told
    };
    let everywhere = ("HOST", "0.0.0.0");
    let proxy = ("TRUSTED_PROXIES", "10.0.0.0/8");
    let (listening, link) = lines(&[everywhere, proxy, ("ALLOWED_HOSTS", ".herokuapp.com")]);
    assert!(listening.starts_with("Listening on port ") && !listening.contains("herokuapp"), "{listening}");
    assert!(link.starts_with("Create the first user: open /setup#token="), "{link}");
    assert!(link.ends_with(" on the site's own address"), "{link}");
    let (listening, link) = lines(&[everywhere, proxy, ("ALLOWED_HOSTS", "data.example.com")]);
    assert!(listening.ends_with(", behind https://data.example.com/"), "{listening}");
    assert!(link.starts_with("Create the first user: https://data.example.com/setup#token="), "{link}");
    let (listening, link) = lines(&[]);
    let address = listening.strip_prefix("Listening on ").expect("an address");
    assert!(address.starts_with("http://127.0.0.1:"), "{listening}");
    assert!(link.starts_with(&format!("Create the first user: {address}setup#token=")), "{link}");
}

#[test]
fn users_are_added_beside_a_running_server_and_from_the_environment() {
    let home = Home::new();
    let server = Server::start(&home);
    let data = home.at("data");
    let run = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = home.command(arguments);
        command.env("DATA_DIR", &data).envs(variables.iter().copied());
        Ran::of(command.output().expect("it runs"))
    };
    assert_eq!(run(&["migrate"], &[]).succeeds().stdout, "The database is up to date\n");
    let user = ["createsuperuser", "--email", "eva@example.com", "--password"];
    let short = run(&[&user[..], &["short"]].concat(), &[]).fails();
    assert_eq!(short.stderr, "the password has 5 characters, fewer than 12\n");
    assert_eq!(
        run(&[&user[..], &["a long password"]].concat(), &[]).succeeds().stdout,
        "eva@example.com is an admin\n"
    );
    let again = [("SUPERUSER_EMAIL", "EVA@example.com"), ("SUPERUSER_PASSWORD", "a long password")];
    assert!(run(&["createsuperuser"], &again).fails().stderr.contains("belongs to a user already"));
    let credentials = json!({"email": "eva@example.com", "password": "a long password"});
    let session = server.request("POST", "/auth/login", "", Some(&credentials));
    assert_eq!(session["user"]["role"], "admin");
    let change = ["changepassword", "--email", "eva@example.com", "--password", "another long password"];
    assert!(run(&change, &[]).succeeds().stdout.contains("all sessions have ended"));
    let changed = json!({"email": "eva@example.com", "password": "another long password"});
    server.request("POST", "/auth/login", "", Some(&changed));
    let unknown = ["changepassword", "--email", "x@example.com", "--password", "another long password"];
    assert!(run(&unknown, &[]).fails().stderr.contains("no user has the e-mail address"));
}

#[test]
fn a_wrong_environment_stops_the_start_with_a_sentence_each() {
    let home = Home::new();
    let mut command = home.command(&["serve"]);
    command.env("PORT", "x").env("HOST", "0.0.0.0").env("DATA_DIR", home.at("data"));
    let ran = Ran::of(command.output().expect("it runs")).fails();
    assert_eq!(ran.stderr.lines().count(), 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("PORT: \"x\"") && ran.stderr.contains("SECRET_KEY: it is required"), "{}", ran.stderr);
    assert!(!home.at("data").exists());
}

#[test]
fn the_document_at_the_root_is_what_the_code_says() {
    let home = Home::new();
    let said = home.run(&["openapi"]).succeeds().stdout;
    let path = root().join("openapi.yaml");
    if env::var_os("BLESS").is_some() {
        fs::write(&path, &said).expect("the document is written");
    }
    assert!(fs::read_to_string(&path).unwrap_or_default() == said, "openapi.yaml is stale; `make bless` renews it");
}
