//! What somebody might try, and that nothing comes of it.

use actix_web::http::Method;
use api::users::Role;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::support::{Answer, Api, PASSWORD, Part, form, hiring, numbers};

const ME: &str = "/api/v1/auth/me";

async fn login(api: &Api, peer: &str, email: &str, password: &str, headers: &[(&str, &str)]) -> Answer {
    let body = json!({"email": email, "password": password}).to_string().into_bytes();
    api.send_from(peer, Method::POST, "/api/v1/auth/login", headers, body).await
}

/// Attempts from one address until one is refused: the thirty that it has at once, and those that come back while they are made.
#[derive(Default)]
struct Attempts {
    made: usize,
    is_refused: bool,
}

impl Attempts {
    fn go_on(&self) -> bool {
        !self.is_refused
    }

    fn answered(&mut self, answer: Answer) {
        if self.made < 30 || answer.status.as_u16() == 401 {
            answer.problem(401, "invalid_credentials");
        } else {
            answer.problem(429, "too_many_attempts");
            self.is_refused = true;
        }
        self.made += 1;
        assert!(self.made < 200, "nobody is ever refused");
    }
}

/// Base64 as tokens spell it.
fn base64(text: &str) -> String {
    base64_of(text.as_bytes())
}

fn base64_of(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            out.push(LETTERS[(bits >> (18 - 6 * place) & 63) as usize] as char);
        }
    }
    out
}

#[actix_web::test]
async fn forged_and_expired_tokens_are_refused() {
    let api = Api::new();
    let token = api.user(Role::Viewer);
    api.get(ME, &token).await.is(200);
    let [head, claims, signature]: [&str; 3] = token.split('.').collect::<Vec<_>>().try_into().expect("three parts");
    let admin = api.user(Role::Admin);
    let of_admin = admin.split('.').nth(1).expect("claims");
    let id = api.id_of(Role::Viewer);
    let own = |exp: i64| base64(&json!({"sub": id, "ver": 1, "exp": exp}).to_string());
    let none = base64(r#"{"alg":"none","typ":"JWT"}"#);
    let secret = api.app.secret.clone();
    let other = api::auth::tokens::access(&api::auth::tokens::Secret::new("x"), id.parse().expect("an id"), 1);
    let stale = api::auth::tokens::access(&secret, id.parse().expect("an id"), 0);
    let nobody = api::auth::tokens::access(&secret, uuid::Uuid::now_v7(), 1);
    let (link, _) = api::auth::tokens::link(&secret, uuid::Uuid::now_v7()).expect("a link");
    for forged in [
        format!("{head}.{of_admin}.{signature}"),
        format!("{head}.{}.{signature}", own(4_000_000_000)),
        format!("{none}.{claims}."),
        format!("{none}.{}.", own(4_000_000_000)),
        format!("{none}.{claims}.{signature}"),
        format!("{}.{claims}.{signature}", base64(r#"{"alg":"RS256"}"#)),
        format!("{head}.{claims}."),
        format!("{head}.{claims}"),
        format!("{token}x"),
        other.expect("a token"),
        stale.expect("a token"),
        nobody.expect("a token"),
        link,
        String::new(),
        "null".to_owned(),
    ] {
        api.get(ME, &forged).await.problem(401, "unauthenticated");
    }
    let basic = [("authorization", "Basic YWRtaW46YWRtaW4=")];
    api.send(Method::GET, ME, &basic, Vec::new()).await.problem(401, "unauthenticated");
    // A token in the query opens the one file that it was made for, and nothing else.
    api.send(Method::GET, &format!("{ME}?token={token}"), &[], Vec::new()).await.problem(401, "unauthenticated");
    let content = format!("/api/v1/exports/{}/content?token={token}", uuid::Uuid::now_v7());
    api.send(Method::GET, &content, &[], Vec::new()).await.problem(401, "unauthenticated");
}

#[actix_web::test]
async fn a_token_that_has_expired_is_refused() {
    const KEY: &str = "3f0c9a51be7724d8e6015b9fc2a8437d10e95c6a";
    let api = Api::with(&[("SECRET_KEY", KEY)]);
    let token = api.user(Role::Viewer);
    let head = token.split('.').next().expect("a head");
    let id = api.id_of(Role::Viewer);
    // Signed with the server's own secret: all of it is right but the time.
    let of = |exp: i64| {
        let signed = format!("{head}.{}", base64(&json!({"sub": id, "ver": 1, "exp": exp}).to_string()));
        let mut mac = Hmac::<Sha256>::new_from_slice(KEY.as_bytes()).expect("a key");
        mac.update(signed.as_bytes());
        format!("{signed}.{}", base64_of(&mac.finalize().into_bytes()))
    };
    let now = jiff::Timestamp::now().as_second();
    api.get(ME, &of(now + 600)).await.is(200);
    for past in [now - 1, now - 60, now - 900, 1, 0, -1] {
        api.get(ME, &of(past)).await.problem(401, "unauthenticated");
    }
}

#[actix_web::test]
async fn every_operation_keeps_out_who_may_not_call_it() {
    let api = Api::new();
    let tokens = [(Role::Viewer, api.user(Role::Viewer)), (Role::Editor, api.user(Role::Editor))];
    let document = api::server::document();
    let mut kept_out = 0;
    for (template, methods) in document["paths"].as_object().expect("paths") {
        // Another one's id, so that one's own are not met by chance.
        let path = template.replace("{id}", &uuid::Uuid::now_v7().to_string()).replace("{version}", "1");
        let path = path.replace("{table}", "t").replace("{name}", "n");
        for (method, operation) in methods.as_object().expect("methods") {
            let Some(needed) = operation["x-required-role"].as_str() else { continue };
            let method: Method = method.to_uppercase().parse().expect("a method");
            api.send(method.clone(), &path, &[], Vec::new()).await.problem(401, "unauthenticated");
            let needed = Role::of_word(needed).expect("a role");
            for (role, token) in &tokens {
                let answer = api.act(method.clone(), &path, token).await;
                if *role < needed {
                    answer.problem(403, "forbidden");
                    kept_out += 1;
                } else {
                    assert_ne!(answer.status, 403, "{method} {path} as {}", role.word());
                }
            }
        }
    }
    assert!(kept_out > 15, "{kept_out}");
}

#[actix_web::test]
async fn spellings_of_a_path_lead_around_no_gate() {
    let api = Api::new();
    let viewer = api.user(Role::Viewer);
    for path in [
        "/api/v1/%75sers",
        "/api/v1/users/",
        "/api/v1//users",
        "/api/v1/./users",
        "/api/v1/datasets/../users",
        "/api/v1/users%2f",
        "/api/v1/users;x",
        "/API/v1/users",
        "/api/v1/admin%2Faudit",
        "/api/v1/%61dmin/audit",
    ] {
        let answer = api.get(path, &viewer).await;
        let is_page = !path.starts_with("/api/");
        assert!(matches!(answer.status.as_u16(), 403 | 404) || is_page, "{path}: {} {}", answer.status, answer.text());
        assert!(!answer.text().contains("password_hash") && !answer.text().contains("@example.com"), "{path}");
    }
}

#[actix_web::test]
async fn no_path_leads_out_of_the_folders() {
    let api = Api::new();
    std::fs::write(api.folder.path().join("canary"), "a secret of the disk").expect("a file");
    let token = api.user(Role::Admin);
    for path in [
        "/../canary",
        "/..%2fcanary",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/assets/../../Cargo.toml",
        "/docs/../../canary",
        "/docs/..%2f..%2fcanary",
        "/api/v1/templates/..%2f..%2fcanary",
        "/api/v1/templates/%2e%2e%2fcanary",
        "/api/v1/exports/..%2f..%2fcanary/content",
        "/api/v1/generations/..%2f..%2fcanary/certificate",
        "//etc/passwd",
        "/etc/passwd%00.html",
    ] {
        let answer = api.get(path, &token).await;
        let text = answer.text();
        assert!(
            !text.contains("a secret of the disk") && !text.contains("root:") && !text.contains("[package]"),
            "{path}"
        );
        assert_ne!(answer.status, 500, "{path}: {text}");
    }
}

#[actix_web::test]
async fn queries_carry_no_sql() {
    let api = Api::new();
    let (admin, editor) = (api.user(Role::Admin), api.user(Role::Editor));
    let dataset = api.dataset(&editor, &numbers(5)).await;
    let generation = api.generation(&editor, &dataset, &json!({})).await;
    let id = generation["id"].as_str().expect("an id");
    let rows = format!("/api/v1/generations/{id}/tables/number/rows");
    let export =
        api.post(&format!("/api/v1/generations/{id}/exports"), &editor, &json!({"format": "csv"})).await.is(202);
    let export = export.json()["id"].as_str().expect("an id").to_owned();
    api.ended(&editor, &format!("/api/v1/exports/{export}")).await;
    let document = api::server::document();
    let mut tried = 0;
    for (template, methods) in document["paths"].as_object().expect("paths") {
        let below = template.strip_prefix("/api/v1/").expect("an address of the API");
        let own = match below.split('/').next() {
            Some("datasets") => dataset.clone(),
            Some("generations") => id.to_owned(),
            Some("exports") => export.clone(),
            _ => api.id_of(Role::Editor),
        };
        let path = template.replace("{id}", &own).replace("{table}", "number").replace("{version}", "1");
        let path = path.replace("{name}", "hiring");
        for (method, operation) in methods.as_object().expect("methods") {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let names = parameters.filter(|parameter| parameter["in"] == "query").map(|parameter| &parameter["name"]);
            for name in names.map(|name| name.as_str().expect("a name")) {
                for attack in [
                    "' OR '1'='1",
                    "'; DROP TABLE users; --",
                    "x' UNION SELECT password_hash FROM users --",
                    "1); DELETE FROM users; --",
                    "(SELECT password_hash FROM users)",
                    "\" OR 1=1 --",
                ] {
                    let query: String =
                        url::form_urlencoded::Serializer::new(String::new()).append_pair(name, attack).finish();
                    let method: Method = method.to_uppercase().parse().expect("a method");
                    let answer = api.act(method, &format!("{path}?{query}"), &admin).await;
                    assert!(answer.status.as_u16() < 500, "{path} {query}: {}", answer.text());
                    assert!(!answer.text().contains("argon2"), "{path} {query}: {}", answer.text());
                    if name == "search" {
                        assert_eq!(answer.is(200).json()["total"], 0, "{path} {query}");
                    }
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 300, "{tried}");
    assert_eq!(api.get("/api/v1/users", &admin).await.is(200).json()["total"], 2);
    for file in ["SELECT * FROM read_csv('/etc/passwd')", "n IN (SELECT n FROM '/etc/passwd')"] {
        let query: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("where", file).finish();
        let answer = api.get(&format!("{rows}?{query}"), &admin).await;
        assert!(answer.status.is_client_error() && !answer.text().contains("root:"), "{}", answer.text());
    }
}

#[actix_web::test]
async fn bodies_that_are_too_large_are_not_read() {
    let api = Api::new();
    let token = api.user(Role::Editor);
    let large = "x".repeat(17 << 20);
    api.post("/api/v1/datasets", &token, &json!({"schema_text": large})).await.problem(413, "too_large");
    // Who has not signed in sends little.
    let password = json!({"email": "ana@example.com", "password": "x".repeat(1 << 16)});
    api.post("/api/v1/auth/login", "", &password).await.problem(413, "too_large");
    let nested = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let answer = api.send(Method::POST, "/api/v1/plan", &headers, nested.into_bytes()).await;
    assert!(answer.status.is_client_error(), "{}", answer.text());
    let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: [*f,*f,*f,*f,*f,*f,*f,*f,*f]\n";
    api.post("/api/v1/plan", &token, &json!({"schema_text": bomb})).await.problem(422, "invalid_input");
}

#[actix_web::test]
async fn an_upload_reaches_nothing_but_its_own_folder() {
    let api = Api::with(&[("MAX_UPLOAD_MB", "1")]);
    let token = api.user(Role::Viewer);
    let canary = api.folder.path().join("canary.csv");
    std::fs::write(&canary, "n\n1\n").expect("a file");
    let schema = numbers(1);
    let send = |headers: Vec<(&'static str, String)>, parts: Vec<Part<'static>>, schema: String| {
        let (api, token) = (&api, &token);
        async move {
            let parts: Vec<Part<'_>> = [Part::text("schema", &schema)].into_iter().chain(parts).collect();
            let (media_type, body) = form(&parts);
            let bearer = format!("Bearer {token}");
            let mut all = vec![("content-type", media_type.as_str())];
            all.extend(headers.iter().map(|(name, value)| (*name, value.as_str())));
            if !headers.iter().any(|(name, _)| *name == "authorization") {
                all.push(("authorization", &bearer));
            }
            let answer = api.send(Method::POST, "/api/v1/verify", &all, body).await;
            let left = std::fs::read_dir(api.folder.path().join("uploads")).map_or(0, Iterator::count);
            assert_eq!(left, 0, "files are left behind");
            answer
        }
    };
    for name in
        ["../../number.csv", "/etc/number.csv", "..\\\\..\\\\number.csv", "C:\\\\data\\\\number.csv", "number.csv"]
    {
        send(vec![], vec![Part::file(name, b"n\n1\n")], schema.clone()).await.is(200);
    }
    for name in ["../canary.csv", "..", "", "/", "x\u{0}.csv", "%2e%2e%2fcanary.csv", ".csv"] {
        let told = send(vec![], vec![Part::file(name, b"n\n9\n")], schema.clone()).await;
        assert!(told.status.is_client_error(), "{name}: {}", told.text());
        assert!(!told.text().contains("uploads"), "{name}: {}", told.text());
    }
    assert_eq!(std::fs::read(&canary).expect("a file"), b"n\n1\n");
    // A list of another file's values is none of the schema's business here.
    let reads = "name: x\nlists: { secret: { file: canary.csv } }\ntables:\n  - name: number\n    rows: 1\n    columns:\n      - { name: n, generator: { type: sequence } }\n";
    let told = send(vec![], vec![Part::file("number.csv", b"n\n1\n")], reads.to_owned()).await;
    assert!(told.status.is_client_error(), "{}", told.text());
    // Nobody else's token, none, and another method.
    send(vec![("authorization", "Bearer x".to_owned())], vec![], schema.clone()).await.problem(401, "unauthenticated");
    api.get("/api/v1/verify", &token).await.problem(405, "method_not_allowed");
    // More files than a form may have.
    let many = vec![Part::file("number.csv", b"n\n1\n"); 300];
    send(vec![], many, schema).await.problem(422, "invalid_input");
}

#[actix_web::test]
async fn another_site_makes_a_browser_do_nothing() {
    let api = Api::new();
    api.user(Role::Viewer);
    let signed_in = login(&api, "192.0.2.1", "viewer@example.com", PASSWORD, &[]).await.is(200);
    let cookie = signed_in.header("set-cookie").and_then(|set| set.split(';').next()).expect("a cookie").to_owned();
    for path in ["/api/v1/auth/refresh", "/api/v1/auth/logout"] {
        for headers in [
            &[("origin", "https://evil.example")][..],
            &[("origin", "null")],
            &[("origin", "https://localhost.evil.example")],
            &[("origin", "https://evil.example/localhost")],
            // Another application on the same host.
            &[("origin", "http://localhost:1")],
            &[("origin", "http://localhost:5173"), ("sec-fetch-site", "same-site")],
            &[("origin", "http://localhost"), ("host", "localhost:8000")],
            &[("origin", "http://data.example"), ("x-forwarded-host", "data.example")],
            &[("sec-fetch-site", "cross-site")],
        ] {
            let headers: Vec<(&str, &str)> = headers.iter().copied().chain([("cookie", cookie.as_str())]).collect();
            api.send(Method::POST, path, &headers, Vec::new()).await.problem(403, "foreign_origin");
        }
    }
    // Nor is anybody signed in as somebody else by a form of another site.
    let foreign = [("origin", "https://evil.example")];
    login(&api, "192.0.2.1", "viewer@example.com", PASSWORD, &foreign).await.problem(403, "foreign_origin");
    // The cookie opens nothing but the way to a new token.
    api.send(Method::GET, "/api/v1/datasets", &[("cookie", &cookie)], Vec::new()).await.problem(401, "unauthenticated");
    let body = json!({"schema_text": hiring()}).to_string().into_bytes();
    api.send(Method::POST, "/api/v1/datasets", &[("cookie", &cookie)], body).await.problem(401, "unauthenticated");
    for own in [
        &[("origin", "http://localhost")][..],
        &[("origin", "http://localhost:5173"), ("host", "localhost:5173")],
        &[("origin", "https://localhost:443"), ("host", "localhost")],
        // A proxy left the port out.
        &[("origin", "https://localhost:8443"), ("sec-fetch-site", "same-origin")],
    ] {
        let own: Vec<(&str, &str)> = own.iter().copied().chain([("cookie", cookie.as_str())]).collect();
        api.send(Method::POST, "/api/v1/auth/refresh", &own, Vec::new()).await.is(200);
    }
    let behind = Api::with(&[("TRUSTED_PROXIES", "10.0.0.0/8")]);
    let asks = [("origin", "https://data.example:8443"), ("x-forwarded-host", "data.example:8443")];
    let refresh = "/api/v1/auth/refresh";
    behind.send_from("10.0.0.1", Method::POST, refresh, &asks, Vec::new()).await.problem(401, "no_session");
    behind.send_from("192.0.2.1", Method::POST, refresh, &asks, Vec::new()).await.problem(403, "foreign_origin");
}

#[actix_web::test]
async fn a_stolen_refresh_token_ends_with_its_family() {
    let api = Api::new();
    api.user(Role::Viewer);
    let cookie = |answer: &Answer| {
        answer.header("set-cookie").and_then(|set| set.split(';').next()).expect("a cookie").to_owned()
    };
    let refresh = |cookie: String| {
        let api = &api;
        async move { api.send(Method::POST, "/api/v1/auth/refresh", &[("cookie", &cookie)], Vec::new()).await }
    };
    let stolen = cookie(&login(&api, "192.0.2.1", "viewer@example.com", PASSWORD, &[]).await.is(200));
    let elsewhere = cookie(&login(&api, "192.0.2.1", "viewer@example.com", PASSWORD, &[]).await.is(200));
    let second = cookie(&refresh(stolen.clone()).await.is(200));
    let third = cookie(&refresh(second.clone()).await.is(200));
    assert_eq!(cookie(&refresh(stolen.clone()).await.is(200)), second, "two tabs");
    api.sql("UPDATE sessions SET rotated_at = '2020-01-01T00:00:00.000Z' WHERE rotated_at IS NOT NULL");
    let refused = refresh(stolen).await.problem(401, "no_session");
    assert!(refused.header("set-cookie").is_some_and(|set| set.contains("Max-Age=0")), "{refused:?}");
    for token in [second, third, "refresh_token=nonsense".to_owned()] {
        refresh(token).await.problem(401, "no_session");
    }
    refresh(elsewhere).await.is(200);
}

#[actix_web::test]
async fn passwords_are_not_guessed_whatever_a_client_says_of_its_address() {
    let api = Api::new();
    api.user(Role::Viewer);
    // One account, from one address.
    for _ in 0..10 {
        login(&api, "198.51.100.1", "viewer@example.com", "some wrong password", &[])
            .await
            .problem(401, "invalid_credentials");
    }
    let told = login(&api, "198.51.100.1", "Viewer@Example.com", PASSWORD, &[]).await.problem(429, "too_many_attempts");
    let seconds: u64 = told.header("retry-after").and_then(|text| text.parse().ok()).expect("seconds");
    assert!((1..=30).contains(&seconds), "{seconds}");
    // Its owner is elsewhere, and is not kept out.
    login(&api, "203.0.113.7", "viewer@example.com", PASSWORD, &[]).await.is(200);
    // One account, from many addresses: those that are strange to it wait, its owner's does not.
    let mut tried = 0;
    loop {
        let peer = format!("198.51.100.{}", tried + 2);
        let answer = login(&api, &peer, "viewer@example.com", "some wrong password", &[]).await;
        if answer.status.as_u16() == 429 {
            break;
        }
        tried += 1;
        assert!(tried < 200, "nobody is ever refused");
    }
    assert!(tried >= 90, "{tried}");
    login(&api, "203.0.113.7", "viewer@example.com", PASSWORD, &[]).await.is(200);
    // Many accounts, from one address that names another each time.
    let mut attempts = Attempts::default();
    while attempts.go_on() {
        let forwarded = format!("203.0.113.{}", attempts.made);
        let headers = [("x-forwarded-for", forwarded.as_str())];
        let email = format!("user{}@example.com", attempts.made);
        attempts.answered(login(&api, "192.0.2.9", &email, "some wrong password", &headers).await);
    }
    let headers = [("x-forwarded-for", "203.0.113.200")];
    login(&api, "192.0.2.10", "x@example.com", "wrong", &headers).await.problem(401, "invalid_credentials");
}

#[actix_web::test]
async fn behind_a_proxy_clients_are_told_apart() {
    let api = Api::with(&[("TRUSTED_PROXIES", "10.0.0.0/8")]);
    let from = |client: &'static str, attempt: usize| {
        let api = &api;
        async move {
            // What the client writes itself stands to the left of what the proxy adds.
            let forwarded = format!("203.0.113.{attempt}, {client}");
            let headers = [("x-forwarded-for", forwarded.as_str())];
            login(api, "10.0.0.1", &format!("user{attempt}@example.com"), "wrong", &headers).await
        }
    };
    let mut attempts = Attempts::default();
    while attempts.go_on() {
        attempts.answered(from("198.51.100.1", attempts.made).await);
    }
    from("198.51.100.2", 201).await.problem(401, "invalid_credentials");
}

#[actix_web::test]
async fn an_answer_tells_nothing_of_who_has_an_account() {
    let api = Api::new();
    api.user(Role::Viewer);
    let mut told = Vec::new();
    for email in ["viewer@example.com", "nobody@example.com"] {
        let mut document = login(&api, "192.0.2.1", email, "some wrong password", &[])
            .await
            .problem(401, "invalid_credentials")
            .json();
        document["request_id"] = Value::Null;
        told.push(document);
    }
    assert_eq!(told[0], told[1]);
}
