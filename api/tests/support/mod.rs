//! An API in this process, on a SQLite file of its own.

pub mod bucket;

use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::{Method, StatusCode};
use actix_web::{Error, test, web};
use api::error::ApiError;
use api::users::service::{self, NewUser};
use api::users::{Role, store};
use api::{App, Config, server};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The password of every user of the tests.
pub const PASSWORD: &str = "a password for tests";

/// An installation with its workers, and its folder.
pub struct Api {
    /// What requests share.
    pub app: web::Data<App>,
    /// Holds the data folder.
    pub folder: TempDir,
    workers: Vec<JoinHandle<()>>,
}

/// A key of the language model; nothing but the one header that carries it may hold it.
pub const MODEL_KEY: &str = "sk-test-0123456789abcdefghij";

/// The same with little patience for the language model, so that tests need little too.
pub fn impatient(mut config: Config) -> Config {
    config.model.timeout = Duration::from_millis(700);
    config.model.backoff = Duration::from_millis(5);
    config.model.longest_wait = Duration::from_secs(2);
    config.model.circuit_failures = 1000;
    config
}

/// A fresh installation that asks a server in the place of a model.
pub fn asking(server: &scripted_model::Server, variables: &[(&str, &str)]) -> Api {
    let variables = [&[("OPENAI_BASE_URL", server.url())], variables].concat();
    Api::reopened(tempfile::tempdir().expect("a folder"), |folder| impatient(config(folder, &variables)))
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: Vec<(String, String)>,
    pub bytes: Vec<u8>,
}

impl Answer {
    /// Its body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    /// Its body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The same, after a check of its status.
    #[track_caller]
    pub fn is(self, status: u16) -> Answer {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self
    }

    /// A check of its status and of the code of its problem document.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Answer {
        let answer = self.is(status);
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        let document = answer.json();
        assert_eq!(document["code"], code, "{document}");
        assert_eq!(document["status"], status, "{document}");
        assert!(document["request_id"].as_str().is_some_and(|id| id.len() == 32), "{document}");
        answer
    }
}

/// The settings of a server on a folder.
pub fn config(folder: &TempDir, variables: &[(&str, &str)]) -> Config {
    let data = folder.path().to_string_lossy().into_owned();
    let given = [("DATA_DIR", data.as_str()), ("LOCK_WAIT_S", "0"), ("MIN_FREE_DISK_MB", "0")];
    let pairs = given.iter().chain(variables).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::from_variables(pairs, 2).expect("settings")
}

impl Api {
    /// A fresh installation.
    pub fn new() -> Api {
        Api::with(&[])
    }

    /// A fresh installation with settings.
    pub fn with(variables: &[(&str, &str)]) -> Api {
        Api::reopened(tempfile::tempdir().expect("a folder"), |folder| config(folder, variables))
    }

    /// An installation on a folder that may have been one before.
    pub fn reopened(folder: TempDir, settings: impl Fn(&TempDir) -> Config) -> Api {
        let app = web::Data::new(App::open(settings(&folder)).expect("an app"));
        let workers = server::start_workers(&app).expect("workers");
        Api { app, folder, workers }
    }

    /// Stops it as a server stops; gives the folder.
    pub fn stop(mut self) -> TempDir {
        self.app.stop_workers();
        for worker in self.workers.drain(..) {
            worker.join().expect("a worker ends");
        }
        std::mem::replace(&mut self.folder, tempfile::tempdir().expect("a folder"))
    }

    /// What answers requests.
    pub async fn service(
        &self,
    ) -> impl Service<actix_http::Request, Response = ServiceResponse<impl MessageBody>, Error = Error> {
        test::init_service(server::application(self.app.clone(), web::Data::new(server::document()))).await
    }

    /// A user with a role, signed in: its access token.
    pub fn user(&self, role: Role) -> String {
        let email = format!("{}@example.com", role.word());
        let new = NewUser { email, name: role.word().to_owned(), role, password: PASSWORD.to_owned() };
        let row = new.prepare().expect("a user");
        let user = self.app.db.write_now(|c| service::add(c, &row)).expect("a user");
        api::auth::tokens::access(&self.app.secret, user.id, 1).expect("a token")
    }

    /// A token of the user of a role, who is there.
    pub fn token(&self, role: Role) -> String {
        let id = self.id_of(role).parse().expect("an id");
        api::auth::tokens::access(&self.app.secret, id, 1).expect("a token")
    }

    /// The id of the user of a role.
    pub fn id_of(&self, role: Role) -> String {
        let email = format!("{}@example.com", role.word());
        let row = self.app.db.read_now(|c| Ok::<_, ApiError>(store::by_email(c, &email)?)).expect("a database");
        row.expect("a user").id
    }

    /// Runs SQL on the database.
    pub fn sql(&self, sql: &str) {
        self.app.db.write_now(|c| diesel::RunQueryDsl::execute(diesel::sql_query(sql), c)).expect("SQL");
        self.app.directory.forget();
    }

    /// Sends a request with headers and a body.
    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        self.send_from("192.0.2.1", method, path, headers, body).await
    }

    /// Sends a request from an address.
    pub async fn send_from(
        &self,
        peer: &str,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Answer {
        let service = self.service().await;
        let peer = std::net::SocketAddr::new(peer.parse().expect("an address"), 4711);
        let mut request = test::TestRequest::with_uri(path).method(method).peer_addr(peer);
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.insert_header(("host", "localhost"));
        }
        for (name, value) in headers {
            request = request.append_header((*name, *value));
        }
        if !body.is_empty() {
            request = request.set_payload(body);
        }
        let response = test::call_service(&service, request.to_request()).await;
        let status = response.status();
        let headers = response.headers().iter();
        let headers =
            headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned())).collect();
        let bytes = test::try_read_body(response).await.map(|bytes| bytes.to_vec()).unwrap_or_default();
        Answer { status, headers, bytes }
    }

    /// GET with a token.
    pub async fn get(&self, path: &str, token: &str) -> Answer {
        self.send(Method::GET, path, &[("authorization", &format!("Bearer {token}"))], Vec::new()).await
    }

    /// POST of JSON with a token.
    pub async fn post(&self, path: &str, token: &str, body: &Value) -> Answer {
        let token = format!("Bearer {token}");
        let headers = [("authorization", token.as_str()), ("content-type", "application/json")];
        self.send(Method::POST, path, &headers, body.to_string().into_bytes()).await
    }

    /// PATCH of JSON with a token and an entity tag.
    pub async fn patch(&self, path: &str, token: &str, etag: &str, body: &Value) -> Answer {
        let token = format!("Bearer {token}");
        let headers = [("authorization", token.as_str()), ("content-type", "application/json"), ("if-match", etag)];
        self.send(Method::PATCH, path, &headers, body.to_string().into_bytes()).await
    }

    /// A method without a body, with a token.
    pub async fn act(&self, method: Method, path: &str, token: &str) -> Answer {
        self.send(method, path, &[("authorization", &format!("Bearer {token}"))], Vec::new()).await
    }

    /// A dataset of a schema's text: its id.
    pub async fn dataset(&self, token: &str, text: &str) -> String {
        let created = self.post("/api/v1/datasets", token, &json!({"schema_text": text})).await.is(201).json();
        created["id"].as_str().expect("an id").to_owned()
    }

    /// A generation that has ended: its resource.
    pub async fn generation(&self, token: &str, dataset: &str, body: &Value) -> Value {
        let path = format!("/api/v1/datasets/{dataset}/generations");
        let id = self.post(&path, token, body).await.is(202).json()["id"].as_str().expect("an id").to_owned();
        self.ended(token, &format!("/api/v1/generations/{id}")).await
    }

    /// A generation or an export once it has ended.
    pub async fn ended(&self, token: &str, path: &str) -> Value {
        for _ in 0..3000 {
            let found = self.get(path, token).await.is(200).json();
            if !matches!(found["state"].as_str(), Some("queued" | "running")) {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{path} has not ended within half a minute");
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        self.app.stop_workers();
    }
}

/// A part of a form.
#[derive(Clone, Copy)]
pub struct Part<'a> {
    name: &'a str,
    file_name: Option<&'a str>,
    content: &'a [u8],
}

impl<'a> Part<'a> {
    /// A text.
    pub fn text(name: &'a str, text: &'a str) -> Part<'a> {
        Part { name, file_name: None, content: text.as_bytes() }
    }

    /// A file.
    pub fn file(file_name: &'a str, content: &'a [u8]) -> Part<'a> {
        Part { name: "file", file_name: Some(file_name), content }
    }
}

/// The media type and the body of a form.
pub fn form(parts: &[Part<'_>]) -> (String, Vec<u8>) {
    const BOUNDARY: &str = "a-boundary-of-tests";
    let mut body = Vec::new();
    for Part { name, file_name, content } in parts {
        let file = file_name.map(|name| format!("; filename=\"{name}\"")).unwrap_or_default();
        body.extend(format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").bytes());
        body.extend_from_slice(content);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{BOUNDARY}--\r\n").bytes());
    (format!("multipart/form-data; boundary={BOUNDARY}"), body)
}

/// The example of the guide.
pub fn hiring() -> &'static str {
    api::catalogue::templates::by_name("hiring").expect("a template").text
}

/// A table that takes a while: some rows of one number.
pub fn numbers(rows: u64) -> String {
    format!(
        "name: numbers\ntables:\n  - name: number\n    rows: {rows}\n    columns:\n      - {{ name: n, generator: {{ type: sequence }} }}\n"
    )
}
