//! Backups, dumps and upkeep as people run them: beside a server, after a crash, onto an empty disk.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::bucket::{self, Store};
use super::serve::{Client, PATIENCE, Server};
use super::support::{Home, Ran, root};

/// A table that takes no time.
const SMALL: &str = "name: small\ntables:\n  - name: row\n    rows: 1000\n    columns:\n      - { name: id, generator: { type: sequence } }\n      - { name: code, generator: { type: uuid_v4 } }\n";

/// A command on the data folder of a home.
fn run_with(home: &Home, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
    let mut command = home.command(arguments);
    command.env("DATA_DIR", home.at("data")).envs(variables.iter().copied());
    Ran::of(command.output().expect("the binary runs"))
}

fn run(home: &Home, arguments: &[&str]) -> Ran {
    run_with(home, arguments, &[])
}

fn id_of(value: &Value) -> String {
    value["id"].as_str().expect("an id").to_owned()
}

/// What a server holds of a dataset: its generation and the bytes of an export.
struct Work {
    generation: String,
    export: String,
    content_hash: Value,
    bytes: Vec<u8>,
}

impl Work {
    fn of(server: &Server, client: &Client) -> Work {
        let dataset = id_of(&client.post(server, "/datasets", &json!({"schema_text": SMALL})));
        let generation = id_of(&client.post(server, &format!("/datasets/{dataset}/generations"), &json!({})));
        let content_hash = client.ended(server, &generation)["content_hash"].clone();
        let asked = client.post(server, &format!("/generations/{generation}/exports"), &json!({"format": "csv"}));
        let export = id_of(&asked);
        let bytes = exported(server, client, &export);
        Work { generation, export, content_hash, bytes }
    }

    /// The same on another server, which may have to make files again.
    fn is_on(&self, server: &Server, client: &Client) {
        let found = client.get(server, &format!("/generations/{}", self.generation));
        assert_eq!((&found["state"], &found["content_hash"]), (&json!("succeeded"), &self.content_hash));
        let rows = client.get(server, &format!("/generations/{}/tables/row/rows?limit=2", self.generation));
        assert_eq!(rows["total"], 1000, "{rows}");
        assert!(exported(server, client, &self.export) == self.bytes);
        let again =
            client.post(server, &format!("/generations/{}/exports", self.generation), &json!({"format": "csv"}));
        assert_eq!(id_of(&again), self.export, "the same request finds the same file");
    }
}

fn exported(server: &Server, client: &Client, id: &str) -> Vec<u8> {
    let begun = Instant::now();
    loop {
        let found = client.get(server, &format!("/exports/{id}"));
        match found["state"].as_str() {
            Some("succeeded") => break,
            Some("queued" | "running") if begun.elapsed() < PATIENCE => thread::sleep(Duration::from_millis(10)),
            _ => panic!("{found}"),
        }
    }
    let mut answer = ureq::get(format!("{}/api/v1/exports/{id}/content", server.address))
        .header("authorization", format!("Bearer {}", client.token))
        .call()
        .expect("an answer");
    answer.body_mut().read_to_vec().expect("bytes")
}

/// Another installation of the user of the first.
fn elsewhere() -> Home {
    let home = Home::new();
    fs::create_dir_all(home.at("data")).expect("a folder");
    home.write("data/has-user", "");
    home
}

/// The restore drill of the guide, docs/backup.md.
fn drill(variables: &[(&str, &str)], source: &str) {
    let home = Home::new();
    let server = Server::start_with(&home, variables);
    let client = server.sign_in(&home);
    let work = Work::of(&server, &client);
    let said = run_with(&home, &["backup"], variables).succeeds().stdout;
    assert!(said.starts_with(&format!("{source}/synthetic-data-")), "{said}");
    let listed = run_with(&home, &["backups"], variables).succeeds().stdout;
    assert_eq!(listed.lines().count(), 1, "{listed}");
    server.kill();

    let other = elsewhere();
    let restored = run_with(&other, &["restore", source], variables).succeeds().stdout;
    assert!(restored.starts_with(&format!("Restored {source}/synthetic-data-")), "{restored}");
    assert_eq!(run_with(&other, &["check"], variables).succeeds().stdout, "No problem was found\n");
    let server = Server::start_with(&other, variables);
    let client = server.sign_in(&other);
    work.is_on(&server, &client);
}

#[test]
fn the_restore_drill_of_the_guide_from_a_folder() {
    let kept = Home::new();
    let folder = kept.at("backups").display().to_string();
    drill(&[("BACKUP_TARGET", &folder)], &folder);
}

#[test]
fn the_restore_drill_of_the_guide_from_a_bucket() {
    let store = Store::start();
    drill(&store.variables("s3://bucket/prefix"), "s3://bucket/prefix");
}

#[test]
fn a_server_that_stops_leaves_a_backup_and_one_on_an_empty_disk_takes_it_up() {
    let store = Store::start();
    let variables = store.variables("s3://bucket/app");
    let home = Home::new();
    let mut server = Server::start_with(&home, &variables);
    let client = server.sign_in(&home);
    let work = Work::of(&server, &client);
    assert!(store.names().is_empty());
    let asked = Instant::now();
    server.signal("-TERM");
    assert_eq!(server.child.wait().expect("it ends").code(), Some(0));
    assert!(asked.elapsed() < Duration::from_secs(25), "{:?}", asked.elapsed());
    assert_eq!(store.names().len(), 1);
    assert_eq!(home.read("data/lock"), "", "it ended in order");
    assert!(!home.at("data/db.sqlite3-wal").exists());

    let other = elsewhere();
    let server = Server::start_with(&other, &variables);
    let client = server.sign_in(&other);
    work.is_on(&server, &client);
    assert!(other.read("server.log").contains("restored s3://bucket/app/synthetic-data-"));
}

#[test]
fn a_server_whose_terminal_is_closed_ends_in_order() {
    let home = Home::new();
    let mut server = Server::start_with(&home, &[]);
    server.signal("-HUP");
    assert_eq!(server.child.wait().expect("it ends").code(), Some(0));
    assert_eq!(home.read("data/lock"), "", "it ended in order");
}

#[test]
fn a_server_without_its_bucket_does_not_start_empty() {
    let store = Store::start();
    let right = store.variables("s3://bucket/app");
    let keys = "the store refuses AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or these may not do this";
    let region = "AWS_REGION is not where the bucket is; the store says eu-west-1";
    for (wrong, told) in [
        (("AWS_ACCESS_KEY_ID", "another-key"), keys),
        (("AWS_SECRET_ACCESS_KEY", "another secret"), keys),
        (("AWS_REGION", "us-east-1"), region),
    ] {
        let home = Home::new();
        let variables = [&right[..], &[wrong, ("PORT", "0")]].concat();
        let ran = run_with(&home, &["serve"], &variables).fails();
        let last = ran.stderr.lines().last().unwrap_or_default();
        assert!(last.contains(&format!("BACKUP_TARGET: s3://bucket/app: {told}")), "{wrong:?}: {}", ran.stderr);
        assert!(!ran.stderr.contains(bucket::SECRET) && !ran.stderr.contains("another secret"));
        assert!(!home.at("data/db.sqlite3").exists());
        let listed = run_with(&home, &["backups"], &variables).fails().stderr;
        assert_eq!(listed, format!("s3://bucket/app: {told}\n"), "{wrong:?}");
    }
}

/// The commands of a guide's first block, each with the variables that were set before it.
fn commands(guide: &str) -> Vec<(String, Vec<(String, String)>)> {
    let text = fs::read_to_string(root().join("docs").join(guide)).expect("a guide");
    let block = text.split("```console\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a block");
    let block = block
        .replace("\\\n", " ")
        .replace("\"$(openssl rand -hex 32)\"", "3f0c9a51be7724d8e6015b9fc2a8437d10e95c6ab38f472d");
    let mut variables = vec![("HOST".to_owned(), "0.0.0.0".to_owned())];
    let mut found = Vec::new();
    for line in block.lines() {
        if line.contains("config:set") {
            for (name, value) in line.split_whitespace().filter_map(|word| word.split_once('=')) {
                variables.push((name.to_owned(), value.to_owned()));
            }
        }
        let (line, _) = line.split_once("  #").unwrap_or((line, ""));
        found.push((line.trim().to_owned(), variables.clone()));
    }
    found
}

#[test]
fn the_commands_of_the_guide_to_dokku_end_well() {
    let home = Home::new();
    let backups = home.at("backups").display().to_string();
    let mut ran = Vec::new();
    for (command, variables) in commands("dokku.md") {
        let Some(arguments) = command.strip_prefix("dokku run APP synthetic-data ") else { continue };
        let arguments = arguments.replace("'…'", "correct-horse-battery");
        let arguments: Vec<&str> = arguments.split(' ').collect();
        let variables: Vec<(&str, &str)> = variables
            .iter()
            .map(|(name, value)| (name.as_str(), if value == "/backups" { backups.as_str() } else { value.as_str() }))
            .collect();
        let done = run_with(&home, &arguments, &variables).succeeds();
        assert_eq!(done.stderr, "", "{command}");
        assert!(arguments[0] != "check" || done.stdout == "No problem was found\n", "{}", done.stdout);
        ran.push(arguments[0].to_owned());
    }
    assert_eq!(ran, ["createsuperuser", "backup", "check"]);
}

#[test]
fn the_settings_of_the_guide_to_heroku_pass_the_checklist() {
    let (home, store) = (Home::new(), Store::start());
    let target = "s3://bucket/APP";
    let (_, variables) = commands("heroku.md").pop().expect("commands");
    let known = store.variables(target);
    let is_known = |name: &str| known.iter().any(|(known, _)| *known == name);
    assert!(variables.contains(&("BACKUP_TARGET".to_owned(), target.to_owned())), "{variables:?}");
    let own = variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).filter(|(name, _)| !is_known(name));
    let variables: Vec<(&str, &str)> = own.chain(known).collect();
    run_with(&home, &["createsuperuser", "--email", "ana@example.com", "--password", "a long password"], &variables)
        .succeeds();
    run_with(&home, &["backup"], &variables).succeeds();
    run_with(&home, &["check", "--deploy"], &variables).succeeds();
}

#[test]
fn backups_are_made_in_their_turn_and_the_oldest_go() {
    let kept = Home::new();
    let folder = kept.at("backups").display().to_string();
    let variables = [("BACKUP_TARGET", folder.as_str()), ("BACKUP_EVERY", "1d"), ("BACKUP_KEEP", "2")];
    let home = Home::new();
    let server = Server::start_with(&home, &variables);
    let begun = Instant::now();
    while run_with(&home, &["backups"], &variables).succeeds().stdout.is_empty() {
        assert!(begun.elapsed() < PATIENCE, "no backup was made");
    }
    let first = kept.names("backups");
    for _ in 0..2 {
        run_with(&home, &["backup"], &variables).succeeds();
    }
    let names = kept.names("backups");
    assert!(names.len() == 2 && !names.contains(&first[0]), "{names:?}");
    let mode = fs::metadata(kept.at("backups").join(&names[0])).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    drop(server);
}

#[test]
fn what_would_take_the_database_from_a_server_refuses_and_the_rest_works_beside_it() {
    let home = Home::new();
    let server = Server::start(&home);
    let client = server.sign_in(&home);
    client.post(&server, "/datasets", &json!({"schema_text": SMALL}));
    run(&home, &["backup"]).succeeds();
    let name = home.names("data/backups").remove(0);
    let dump = run(&home, &["dumpdata"]).succeeds().stdout;
    home.write("dump.jsonl", &dump);
    for (arguments, sentence) in [
        (&["restore", &name][..], "stop it before restoring"),
        (&["loaddata", "dump.jsonl"], "stop it before loading"),
        (&["maintain"], "--no-vacuum"),
    ] {
        let ran = run(&home, arguments).fails();
        assert!(ran.stderr.contains("a server holds") && ran.stderr.contains(sentence), "{}", ran.stderr);
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    }
    for arguments in [&["check"][..], &["migrate"], &["maintain", "--no-vacuum"], &["backups"]] {
        run(&home, arguments).succeeds();
    }
    assert_eq!(client.get(&server, "/datasets")["total"], 1);
}

#[test]
fn a_dump_carries_everything_but_sessions_to_another_installation() {
    let home = Home::new();
    let server = Server::start(&home);
    let client = server.sign_in(&home);
    let work = Work::of(&server, &client);
    run(&home, &["dumpdata", "everything.jsonl"]).succeeds();
    let mode = fs::metadata(home.at("everything.jsonl")).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let dump = home.read("everything.jsonl");
    // What is no file is written into, not replaced.
    let pipe = home.at("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    let reader = thread::spawn({
        let pipe = pipe.clone();
        move || fs::read_to_string(pipe).expect("a dump")
    });
    run(&home, &["dumpdata", "pipe"]).succeeds();
    assert_eq!(reader.join().expect("a reader").lines().count(), dump.lines().count());
    assert!(fs::metadata(&pipe).expect("a pipe").file_type().is_fifo());
    fs::remove_file(pipe).expect("a pipe");
    let header: Value = serde_json::from_str(dump.lines().next().expect("a line")).expect("JSON");
    assert_eq!((&header["format"], &header["tables"]["users"]), (&json!("synthetic-data dump"), &json!(1)));
    assert_eq!(header["tables"]["llm_usage"], 0, "every table is in it");
    assert!(!dump.contains("\"sessions\"") && !dump.contains(home.read("data/secret_key").trim()));
    drop(server);

    let other = elsewhere();
    other.write("cut.jsonl", &dump[..dump.len() - 10]);
    let refused = run(&other, &["loaddata", "cut.jsonl"]).fails().stderr;
    assert!(refused.starts_with("cut.jsonl: line "), "{refused}");
    let mut command = other.command(&["loaddata", "-"]);
    command.env("DATA_DIR", other.at("data")).stdin(fs::File::open(home.at("everything.jsonl")).expect("a file"));
    let said = Ran::of(command.output().expect("it runs")).succeeds().stdout;
    assert!(said.starts_with("Loaded ") && said.contains(" rows into "), "{said}");
    let again = run(&other, &["loaddata", &home.at("everything.jsonl").display().to_string()]).fails().stderr;
    assert!(again.contains("the database is not empty"), "{again}");
    let server = Server::start(&other);
    let client = server.sign_in(&other);
    work.is_on(&server, &client);
}

#[test]
fn after_a_crash_the_database_is_checked_and_a_damaged_one_is_not_served() {
    let home = Home::new();
    let server = Server::start(&home);
    let client = server.sign_in(&home);
    client.post(&server, "/datasets", &json!({"schema_text": SMALL}));
    run(&home, &["backup"]).succeeds();
    server.kill();
    assert_eq!(home.read("data/lock"), "at work\n");
    let server = Server::start_with(&home, &[("RUST_LOG", "info")]);
    assert!(home.read("server.log").contains("the database is sound"), "{}", home.read("server.log"));
    server.kill();
    // All of it in one file, then a page of it lost.
    run(&home, &["maintain"]).succeeds();
    let path = home.at("data/db.sqlite3");
    let mut bytes = fs::read(&path).expect("a file");
    let half = bytes.len() / 2 / 4096 * 4096;
    bytes[half..half + 4096].fill(0x5A);
    fs::write(&path, bytes).expect("damaged");
    let refused = run_with(&home, &["serve"], &[("PORT", "0"), ("RUST_LOG", "error")]).fails().stderr;
    assert!(refused.contains("it is damaged") && refused.contains("synthetic-data restore"), "{refused}");
    assert!(run(&home, &["check"]).fails().stderr.contains("database: "));
    let name = home.names("data/backups").remove(0);
    run(&home, &["restore", &name]).succeeds();
    assert!(home.at("data/replaced.sqlite3").is_file());
    let server = Server::start(&home);
    let client = server.sign_in(&home);
    assert_eq!(client.get(&server, "/datasets")["total"], 1);
}

#[test]
fn every_acknowledged_write_is_there_and_none_meets_a_lock() {
    const WRITERS: usize = 8;
    const WRITES: usize = 20;
    let home = Home::new();
    let server = Server::start_with(&home, &[("RUST_LOG", "error")]);
    let client = server.sign_in(&home);
    let begun = Instant::now();
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (server, client) = (&server, &client);
            scope.spawn(move || {
                for write in 0..WRITES {
                    let body = json!({"schema_text": SMALL, "name": format!("{writer} {write}")});
                    let made = client.post(server, "/datasets", &body);
                    assert!(made["id"].is_string(), "{made}");
                }
            });
        }
        // Other processes write and copy meanwhile.
        for other in 0..3 {
            run(&home, &["backup"]).succeeds();
            let email = format!("eva{other}@example.com");
            run(&home, &["createsuperuser", "--email", &email, "--password", "a long password"]).succeeds();
        }
    });
    let seconds = begun.elapsed().as_secs_f64();
    println!("{:.0} acknowledged writes a second, each through HTTP", (WRITERS * WRITES) as f64 / seconds);
    server.kill();
    let server = Server::start(&home);
    let client = server.sign_in(&home);
    assert_eq!(client.get(&server, "/datasets")["total"], json!(WRITERS * WRITES));
    assert!(!home.read("server.log").contains("locked"), "{}", home.read("server.log"));
}

#[test]
fn wrong_settings_of_backups_stop_the_start_with_a_sentence_each() {
    let home = Home::new();
    let variables = [("BACKUP_TARGET", "s3://B"), ("BACKUP_EVERY", "often"), ("BACKUP_KEEP", "0")];
    let ran = run_with(&home, &["serve"], &variables).fails();
    assert_eq!(ran.stderr.lines().count(), 3, "{}", ran.stderr);
    assert!(run_with(&home, &["check"], &variables).fails().stderr.contains("BACKUP_KEEP: \"0\""));
    assert!(run(&home, &["backup"]).fails().stderr.contains("there is no database"));
    assert!(run(&home, &["backup", "s3://bucket"]).fails().stderr.contains("AWS_ACCESS_KEY_ID: it is required"));
    assert!(run(&home, &["dumpdata"]).fails().stderr.contains("there is no such file"));
    assert_eq!(run(&home, &["backups"]).succeeds().stdout, "");
}

#[test]
fn a_password_is_changed_by_flags_by_standard_input_and_by_the_environment() {
    let home = Home::new();
    let credentials = [("SUPERUSER_EMAIL", "ana@example.com"), ("SUPERUSER_PASSWORD", "a long password")];
    run_with(&home, &["createsuperuser"], &credentials).succeeds();
    let changed = [credentials[0], ("SUPERUSER_PASSWORD", "another long password")];
    assert!(run_with(&home, &["changepassword"], &changed).succeeds().stdout.contains("has another password"));
    home.write("password.txt", "a third long password\n");
    let mut command = home.command(&["changepassword", "--email", "ana@example.com", "--password", "-"]);
    command.env("DATA_DIR", home.at("data")).stdin(fs::File::open(home.at("password.txt")).expect("a file"));
    Ran::of(command.stderr(Stdio::piped()).output().expect("it runs")).succeeds();
    let short = run(&home, &["changepassword", "--email", "ana@example.com", "--password", "short"]).fails();
    assert!(short.stderr.contains("fewer than 12"), "{}", short.stderr);
    run(&home, &["changepassword", "--email", "ana@example.com"]).refuses_usage();
    fs::write(home.at("data/has-user"), "").expect("a mark");
    let server = Server::start(&home);
    let session = json!({"email": "ana@example.com", "password": "a third long password"});
    assert!(server.request("POST", "/auth/login", "", Some(&session))["access_token"].is_string());
}
