//! What variables do that only a process shows. That a wrong value stops the start is told where they are read.

#![cfg(target_os = "linux")]

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use scripted_model::{Script, Server as ModelServer};
use serde_json::json;

use super::serve::{PATIENCE, Server};
use super::support::{Home, Ran};

#[test]
fn it_listens_on_this_host_and_this_port_alone() {
    let home = Home::new();
    let port = TcpListener::bind("127.0.0.2:0").and_then(|free| free.local_addr()).expect("a port").port();
    let listens = [("HOST", "127.0.0.2"), ("PORT", &port.to_string()), ("ALLOWED_HOSTS", "127.0.0.2")];
    let server = Server::start_with(&home, &listens);
    assert_eq!(server.address, format!("http://127.0.0.2:{port}"));
    server.sign_in(&home);
    TcpStream::connect(("127.0.0.1", port)).expect_err("nobody listens there");

    let mut second = home.command(&["serve"]);
    second.env("DATA_DIR", home.at("other")).env("HOST", "127.0.0.2").env("PORT", port.to_string());
    let ran = Ran::of(second.output().expect("it runs")).fails();
    assert_eq!(ran.stderr, format!("PORT: {port} is in use already; set PORT to another\n"));
    let mut nowhere = home.command(&["serve"]);
    nowhere.env("DATA_DIR", home.at("other")).env("HOST", "192.0.2.1").env("PORT", "0");
    nowhere.env("SECRET_KEY", "a secret of the tests, thirty-two bytes and more");
    let ran = Ran::of(nowhere.output().expect("it runs")).fails();
    assert!(ran.stderr.starts_with("HOST, PORT: 192.0.2.1:0: "), "{}", ran.stderr);
}

#[test]
fn rows_are_made_by_so_many_threads() {
    const ROWS: &str = "name: x\ntables:\n  - name: t\n    rows: 4000000\n    columns:\n      - { name: n, generator: { type: sequence } }\n      - { name: u, generator: { type: uuid_v4 } }\n";
    for (count, expected) in [("1", 1..=2), ("4", 5..=6)] {
        let home = Home::new();
        let server = Server::start_with(&home, &[("GENERATE_CONCURRENCY", count)]);
        let client = server.sign_in(&home);
        let dataset = client.post(&server, "/datasets", &json!({"schema_text": ROWS}))["id"].clone();
        let path = format!("/datasets/{}/generations", dataset.as_str().expect("an id"));
        client.post(&server, &path, &json!({}));
        // A worker's threads have its name.
        let named = || {
            let tasks = fs::read_dir(format!("/proc/{}/task", server.child.id())).expect("threads").flatten();
            let names = tasks.map(|task| fs::read_to_string(task.path().join("comm")).unwrap_or_default());
            names.filter(|name| name.trim() == "generations").count()
        };
        let begun = Instant::now();
        let mut most = 0;
        while begun.elapsed() < PATIENCE && most < *expected.start() {
            most = most.max(named());
        }
        let watched = Instant::now();
        while watched.elapsed() < Duration::from_millis(500) {
            most = most.max(named());
        }
        assert!(expected.contains(&most), "GENERATE_CONCURRENCY={count}: {most}");
    }
}

#[test]
fn the_log_says_as_much_as_it_is_asked_for() {
    let line = "GET /api/v1/auth/me 200";
    for (filter, is_logged) in [("info", true), ("warn", false), ("warn,api=info", true), ("off", false)] {
        let home = Home::new();
        let server = Server::start_with(&home, &[("RUST_LOG", filter)]);
        let client = server.sign_in(&home);
        client.get(&server, "/auth/me");
        let log = home.read("server.log");
        assert_eq!(log.contains(line), is_logged, "RUST_LOG={filter}: {log}");
        assert!(filter != "off" || log.is_empty(), "{log}");
    }
}

#[test]
fn the_language_model_is_asked_as_variables_say() {
    const SCHEMA: &str = "name: x\ntables:\n  - name: t\n    rows: 40\n    columns:\n      - { name: motto, max_length: 30, generator: { type: llm, prompt: A motto, pool: 20 } }\n";
    let home = Home::new();
    home.write("x.yaml", SCHEMA);
    let model = ModelServer::start(Script { key: Some("sk-test-of-ours".to_owned()), ..Script::default() });
    let model = model.expect("a free port");
    let run = |variables: &[(&str, &str)]| {
        let mut command = home.command(&["generate", "x.yaml", "--out", "out"]);
        command.env("DATA_DIR", home.at(&format!("data{}", model.counts().calls)));
        command.envs(variables.iter().copied());
        Ran::of(command.output().expect("it runs"))
    };
    let (url, key) = (("OPENAI_BASE_URL", model.url()), ("OPENAI_API_KEY", "sk-test-of-ours"));
    let ran = run(&[url, key, ("OPENAI_MODEL", "gpt-4.1")]).succeeds();
    assert!(ran.stderr.starts_with("language model gpt-4.1: 20 of 20 answers are missing"), "{ran:#?}");
    assert_eq!(model.requests()[0].body["model"], "gpt-4.1");
    let ran = run(&[url, ("OPENAI_API_KEY", "sk-test-of-another")]).fails();
    assert!(!ran.stderr.contains("of-another"), "{ran:#?}");
    let ran = run(&[url, key, ("LLM_BUDGET_USD", "0.000001")]).fails();
    assert!(ran.stderr.contains("LLM_BUDGET_USD"), "{ran:#?}");
    home.write(
        "prices.json",
        r#"{"read_on": "2026-01-01", "source": "ours", "models": {"gpt-4.1-mini": {"input": 0, "output": 1000000}}}"#,
    );
    let ran = run(&[url, key, ("LLM_PRICES", "prices.json")]).succeeds();
    let dollars =
        ran.stderr.lines().nth(1).and_then(|line| line.split(", ").last()?.split('.').next()?.parse::<u64>().ok());
    assert!(dollars.is_some_and(|dollars| dollars > 40), "{ran:#?}");
    for (name, wrong) in [
        ("OPENAI_API_KEY", "two words"),
        ("OPENAI_BASE_URL", "ftp://host/v1"),
        ("LLM_BUDGET_USD", "much"),
        ("LLM_PRICES", "x.yaml"),
    ] {
        let ran = run(&[url, key, (name, wrong)]).fails();
        assert!(ran.stderr.starts_with(&format!("{name}: ")) && ran.stderr.lines().count() == 1, "{ran:#?}");
        assert!(name != "OPENAI_API_KEY" || !ran.stderr.contains("two words"), "{ran:#?}");
    }
}

#[test]
fn the_file_of_the_working_folder_stands_in_and_real_variables_win() {
    let home = Home::new();
    home.write(".env", "DATA_DIR=data\nSUPERUSER_EMAIL=ana@example.com\nSUPERUSER_PASSWORD='a long password'\n");
    let added = home.run(&["createsuperuser"]).succeeds();
    assert_eq!(added.stdout, "ana@example.com is an admin\n");
    assert!(home.at("data/db.sqlite3").exists());
    assert!(home.run(&["changepassword"]).succeeds().stdout.starts_with("ana@example.com has another password"));

    let mut real = home.command(&["createsuperuser"]);
    real.env("SUPERUSER_EMAIL", "eva@example.com");
    assert_eq!(Ran::of(real.output().expect("it runs")).succeeds().stdout, "eva@example.com is an admin\n");
    let mut option = home.command(&["createsuperuser", "--email", "luz@example.com"]);
    option.env("SUPERUSER_EMAIL", "eva@example.com");
    assert_eq!(Ran::of(option.output().expect("it runs")).succeeds().stdout, "luz@example.com is an admin\n");

    // A file above the working folder is somebody else's.
    fs::create_dir(home.at("below")).expect("a folder");
    let mut below = home.command(&["createsuperuser"]);
    let ran = Ran::of(below.current_dir(home.at("below")).output().expect("it runs")).refuses_usage();
    assert!(ran.stderr.contains("--email"), "{ran:#?}");
    let mut below = home.command(&["migrate"]);
    Ran::of(below.current_dir(home.at("below")).output().expect("it runs")).succeeds();
    assert!(home.at("below/data/db.sqlite3").exists());

    // One that is wrong sets nothing, and is told to those who read settings.
    home.write(".env", "DATA_DIR=elsewhere\nSUPERUSER_EMAIL=ana@example.com\nSUPERUSER_PASSWORD=a secret of ours\n");
    for command in ["createsuperuser", "migrate", "check"] {
        let told = home.run(&[command]).fails().stderr;
        assert_eq!(told, ".env:3: it is no line such as NAME=value; put values with spaces into quotes\n", "{command}");
    }
    assert!(!home.at("elsewhere").exists());
    home.run(&["generators"]).succeeds();
}

#[test]
fn a_wrong_address_of_an_admin_adds_nobody() {
    let home = Home::new();
    for email in ["", "ana", "ana@", "@example.com"] {
        let mut command = home.command(&["createsuperuser"]);
        command.env("SUPERUSER_EMAIL", email).env("SUPERUSER_PASSWORD", "a long password");
        let ran = Ran::of(command.env("DATA_DIR", home.at("data")).output().expect("it runs")).fails();
        assert_eq!((ran.stdout.as_str(), ran.stderr), ("", format!("{email:?} is no e-mail address\n")));
    }
    assert!(!home.at("data").exists());
}

#[cfg(unix)]
#[test]
fn an_installation_is_its_owners_to_read() {
    use std::os::unix::fs::PermissionsExt;

    let home = Home::new();
    let data = home.at("data");
    let modes = || {
        let (mut open, mut left) = (Vec::new(), vec![data.clone()]);
        while let Some(path) = left.pop() {
            let known = fs::metadata(&path).expect("metadata");
            if known.permissions().mode() & 0o077 != 0 {
                open.push(path.clone());
            }
            if known.is_dir() {
                left.extend(fs::read_dir(&path).expect("a folder").map(|entry| entry.expect("an entry").path()));
            }
        }
        open
    };
    let mut command = home.command(&["migrate"]);
    Ran::of(command.env("DATA_DIR", &data).output().expect("it runs")).succeeds();
    assert_eq!(modes(), Vec::<std::path::PathBuf>::new());
    // One that an older program made is closed by the next command.
    fs::set_permissions(data.join("db.sqlite3"), fs::Permissions::from_mode(0o644)).expect("a mode");
    Ran::of(home.command(&["migrate"]).env("DATA_DIR", &data).output().expect("it runs")).succeeds();
    assert_eq!(modes(), Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_folder_for_backups_that_takes_none_stops_the_start() {
    let home = Home::new();
    home.write("file", "");
    let target = home.at("file/backups");
    let mut serve = home.command(&["serve"]);
    serve.env("DATA_DIR", home.at("data")).env("PORT", "0").env("BACKUP_TARGET", &target);
    let ran = Ran::of(serve.output().expect("it runs")).fails();
    assert!(ran.stderr.starts_with(&format!("BACKUP_TARGET: {}: ", target.display())), "{}", ran.stderr);
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
}

#[test]
fn a_password_is_changed_where_there_are_users_and_no_database_is_made_for_it() {
    let home = Home::new();
    let mut command = home.command(&["changepassword", "--email", "ana@example.com", "--password", "a long password"]);
    let ran = Ran::of(command.env("DATA_DIR", home.at("data")).output().expect("it runs")).fails();
    assert!(ran.stderr.contains("there is no database; `synthetic-data migrate` makes one"), "{}", ran.stderr);
    assert!(!home.at("data").exists());
}

#[test]
fn a_head_comes_without_its_body_and_with_its_length() {
    let home = Home::new();
    let server = Server::start_with(&home, &[]);
    let place = server.address.trim_start_matches("http://").to_owned();
    let mut connection = TcpStream::connect(&place).expect("a connection");
    let request = format!("HEAD /api/v1/formats HTTP/1.1\r\nHost: {place}\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).expect("it is sent");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("\r\n\r\n"), "{answer}");
    let length =
        answer.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    assert!(length.is_some_and(|length: u64| length > 2), "{answer}");
}
