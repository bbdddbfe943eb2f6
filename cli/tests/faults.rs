//! A server that is killed at any moment while everything is under way at once: people save, rows and files are made, backups are copied.
//!
//! After each kill the next server has to have every change that was acknowledged, to end what was begun with the hashes of work that nobody
//! disturbed, and to leave no file behind that nothing speaks of.

#![cfg(unix)]

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::caller::{Caller, is_final};
use super::serve::Server;
use super::support::{Home, Ran};

/// How often a server is killed; `make soak SOAK=kills` asks for more.
const KILLS: u64 = 20;

/// Where the moments begin, unless `FAULT_SEED` says so.
const SEED: u64 = 20_260_101;

/// Who save at the same time.
const WRITERS: u64 = 3;

/// Seeds of generations; each kind has as many content hashes.
const SEEDS: u64 = 3;

/// A table of three parts, and tables with keys and a rule: several moments to be killed at.
const KINDS: [&str; 2] = [
    "name: parts\ntables:\n  - name: row\n    rows: 2200000\n    columns:\n      - { name: id, generator: { type: sequence } }\n      - { name: amount, generator: { type: integer, min: 0, max: 999 } }\n",
    "name: keys\ntables:\n  - name: customer\n    rows: 2000\n    primary_key: [id]\n    columns:\n      - { name: id, generator: { type: sequence } }\n      - { name: email, generator: { type: email }, unique: true }\n  - name: purchase\n    rows: 6000\n    primary_key: [id]\n    columns:\n      - { name: id, generator: { type: uuid_v4 } }\n      - { name: customer_id }\n      - { name: amount, generator: { type: normal, mean: 100, std: 20 } }\n    foreign_keys:\n      - { name: customer, columns: [customer_id], references: { table: customer, columns: [id] } }\n",
];

/// The formats of exports: one file a table in an archive, and one file.
const FORMATS: [&str; 2] = ["csv", "jsonl"];

/// Numbers that are the same for a seed (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    /// True once in so many times.
    fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }
}

/// What somebody asked for, and whether the answer came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Asked {
    #[default]
    Never,
    /// It may have been done, or not.
    Unanswered,
    Acknowledged,
}

/// A generation that was acknowledged.
#[derive(Clone, Debug)]
struct Generation {
    kind: usize,
    seed: u64,
    cancelled: Asked,
    deleted: Asked,
}

/// An export that was acknowledged.
#[derive(Clone, Debug)]
struct Export {
    generation: String,
    deleted: Asked,
}

/// What the server has acknowledged.
#[derive(Default)]
struct Known {
    /// Texts of versions by dataset.
    versions: BTreeMap<String, BTreeMap<i64, String>>,
    generations: BTreeMap<String, Generation>,
    exports: BTreeMap<String, Export>,
}

/// What those who are at work share.
struct Desk<'a> {
    caller: &'a Caller,
    is_over: &'a AtomicBool,
}

impl Desk<'_> {
    /// Nothing once the server is gone; a refusal that nobody expects is a fault of the server.
    fn call(&self, method: &str, path: &str, if_match: &str, body: &str, expected: &[u16]) -> Option<(u16, Value)> {
        let answer = self.caller.attempt(method, path, if_match, body)?;
        assert!(expected.contains(&answer.status), "{method} {path}: {answer:?}");
        Some((answer.status, serde_json::from_str(&answer.body).unwrap_or_default()))
    }

    fn goes_on(&self) -> bool {
        !self.is_over.load(Ordering::Relaxed)
    }
}

/// Saves datasets and versions of them until the server is gone.
fn write(desk: &Desk<'_>, mut random: Random) -> BTreeMap<String, BTreeMap<i64, String>> {
    let mut saved: BTreeMap<String, BTreeMap<i64, String>> = BTreeMap::new();
    let text = |random: &mut Random| {
        json!({"name": "small", "tables": [{"name": "row", "rows": random.below(1_000_000), "columns": [
            {"name": "id", "generator": {"type": "sequence"}}]}]})
        .to_string()
    };
    while desk.goes_on() {
        let first = text(&mut random);
        let body = json!({"schema_text": first, "media_type": "application/json"}).to_string();
        let Some((_, made)) = desk.call("POST", "/datasets", "", &body, &[201]) else { break };
        let id = made["id"].as_str().expect("an id").to_owned();
        let mut tag = made["schema_etag"].as_str().expect("a tag").to_owned();
        let versions = saved.entry(id.clone()).or_default();
        versions.insert(1, first);
        for _ in 0..4 {
            let next = text(&mut random);
            let path = format!("/datasets/{id}/schema");
            let Some((_, made)) = desk.call("PUT", &path, &format!("\"{tag}\""), &next, &[200]) else { return saved };
            versions.insert(made["version"].as_i64().expect("a version"), next);
            tag = made["etag"].as_str().expect("a tag").to_owned();
            thread::sleep(Duration::from_millis(random.below(20)));
        }
    }
    saved
}

/// Generations and exports until the server is gone.
struct Maker<'a> {
    desk: Desk<'a>,
    datasets: &'a [String],
    generations: BTreeMap<String, Generation>,
    exports: BTreeMap<String, Export>,
    random: Random,
}

impl Maker<'_> {
    fn run(mut self) -> (BTreeMap<String, Generation>, BTreeMap<String, Export>) {
        while self.desk.goes_on() && self.step().is_some() {
            thread::sleep(Duration::from_millis(self.random.below(60)));
        }
        (self.generations, self.exports)
    }

    fn step(&mut self) -> Option<()> {
        let (_, list) = self.desk.call("GET", "/generations?limit=100", "", "", &[200])?;
        let listed: Vec<(String, String)> = list["items"].as_array().into_iter().flatten().map(named).collect();
        let in_state = |state: &str| -> Vec<String> {
            listed.iter().filter(|(_, found)| found == state).map(|(id, _)| id.clone()).collect()
        };
        let (running, done) = ([in_state("queued"), in_state("running")].concat(), in_state("succeeded"));
        if running.len() < 2 {
            return self.generate();
        }
        match self.random.below(6) {
            0 => self.cancel(&running),
            1 if done.len() > 4 => self.delete(&done),
            2 => self.delete_export(),
            _ => self.export(&done),
        }
    }

    fn generate(&mut self) -> Option<()> {
        let (kind, seed) = (self.random.below(KINDS.len() as u64) as usize, self.random.below(SEEDS));
        let path = format!("/datasets/{}/generations", self.datasets[kind]);
        let (_, made) = self.desk.call("POST", &path, "", &json!({"seed": seed}).to_string(), &[202])?;
        let new = Generation { kind, seed, cancelled: Asked::Never, deleted: Asked::Never };
        self.generations.insert(made["id"].as_str().expect("an id").to_owned(), new);
        Some(())
    }

    fn chosen(&mut self, ids: &[String]) -> String {
        ids.get(self.random.below(ids.len() as u64) as usize).cloned().unwrap_or_default()
    }

    fn cancel(&mut self, running: &[String]) -> Option<()> {
        let id = self.chosen(running);
        let Some(known) = self.generations.get_mut(&id) else { return Some(()) };
        let before = known.cancelled;
        known.cancelled = Asked::Unanswered;
        let (status, _) = self.desk.call("POST", &format!("/generations/{id}/cancel"), "", "{}", &[202, 409])?;
        // It had ended meanwhile.
        known.cancelled = if status == 202 { Asked::Acknowledged } else { before };
        Some(())
    }

    fn delete(&mut self, done: &[String]) -> Option<()> {
        let id = self.chosen(done);
        let Some(known) = self.generations.get_mut(&id) else { return Some(()) };
        known.deleted = Asked::Unanswered;
        self.desk.call("DELETE", &format!("/generations/{id}"), "", "", &[204])?;
        known.deleted = Asked::Acknowledged;
        Some(())
    }

    fn export(&mut self, done: &[String]) -> Option<()> {
        let generation = self.chosen(done);
        if self.generations.get(&generation).is_none_or(|known| known.deleted != Asked::Never) {
            return Some(());
        }
        let format = FORMATS[self.random.below(FORMATS.len() as u64) as usize];
        let path = format!("/generations/{generation}/exports");
        let (_, made) = self.desk.call("POST", &path, "", &json!({"format": format}).to_string(), &[202])?;
        let id = made["id"].as_str().expect("an id").to_owned();
        self.exports.entry(id).or_insert(Export { generation, deleted: Asked::Never });
        Some(())
    }

    fn delete_export(&mut self) -> Option<()> {
        let living = self.exports.iter().filter(|(_, known)| known.deleted == Asked::Never);
        let ids: Vec<String> = living.map(|(id, _)| id.clone()).collect();
        let id = self.chosen(&ids);
        let Some(known) = self.exports.get_mut(&id) else { return Some(()) };
        known.deleted = Asked::Unanswered;
        // With its generation it may be gone already.
        self.desk.call("DELETE", &format!("/exports/{id}"), "", "", &[204, 404])?;
        known.deleted = Asked::Acknowledged;
        Some(())
    }
}

fn named(item: &Value) -> (String, String) {
    let text = |key: &str| item[key].as_str().unwrap_or_default().to_owned();
    (text("id"), text("state"))
}

/// An installation through all its kills.
struct Site {
    home: Home,
    key: String,
    /// The datasets of [`KINDS`].
    datasets: Vec<String>,
    /// Hashes of work that nobody disturbed: of rows by kind and seed, of files by kind, seed and format.
    rows: BTreeMap<(usize, u64), String>,
    files: BTreeMap<(usize, u64, &'static str), String>,
    known: Known,
    /// Datasets that were looked at.
    saved: BTreeSet<String>,
    random: Random,
    kills: u64,
}

impl Site {
    /// Starts it and lets all work be done once in peace.
    fn new(seed: u64) -> (Site, Server) {
        let home = Home::new();
        let server = Server::start(&home);
        let key = server.sign_in(&home).key(&server);
        let caller = Caller::new(&server.address, &key);
        let datasets: Vec<String> =
            KINDS.iter().map(|text| caller.post("/datasets", &json!({"schema_text": text})).is(201).id()).collect();
        let mut site = Site {
            home,
            key,
            datasets,
            rows: BTreeMap::new(),
            files: BTreeMap::new(),
            known: Known::default(),
            saved: BTreeSet::new(),
            random: Random(seed),
            kills: 0,
        };
        for kind in 0..KINDS.len() {
            for seed in 0..SEEDS {
                let path = format!("/datasets/{}/generations", site.datasets[kind]);
                let id = caller.post(&path, &json!({"seed": seed})).is(202).id();
                let whole = caller.ended(&format!("/generations/{id}"));
                assert_eq!(whole["state"], "succeeded", "{whole}");
                site.rows.insert((kind, seed), whole["content_hash"].as_str().expect("a hash").to_owned());
                for format in FORMATS {
                    let path = format!("/generations/{id}/exports");
                    let export = caller.post(&path, &json!({"format": format})).is(202).id();
                    let made = caller.ended(&format!("/exports/{export}"));
                    assert_eq!(made["state"], "succeeded", "{made}");
                    site.files.insert((kind, seed, format), tag_of(&caller, &export));
                }
                caller.attempt("DELETE", &format!("/generations/{id}"), "", "").expect("an answer").is(204);
            }
        }
        (site, server)
    }

    /// Lets everything go on at once, and kills the server and whoever copies the database at some moment.
    fn disturb(&mut self, server: Server) {
        let caller = Caller::new(&server.address, &self.key);
        let is_over = AtomicBool::new(false);
        let moment = Duration::from_millis(20 + self.random.below(900));
        let seeds: Vec<u64> = (0..=WRITERS).map(|_| self.random.next()).collect();
        let (home, datasets, is_over) = (&self.home, &self.datasets[..], &is_over);
        let desk = || Desk { caller: &caller, is_over };
        let (generations, exports) = (self.known.generations.clone(), self.known.exports.clone());
        let maker = Maker { desk: desk(), datasets, generations, exports, random: Random(seeds[0]) };
        thread::scope(|scope| {
            let writers: Vec<_> = seeds[1..]
                .iter()
                .map(|seed| {
                    let (desk, random) = (desk(), Random(*seed));
                    scope.spawn(move || write(&desk, random))
                })
                .collect();
            let maker = scope.spawn(move || maker.run());
            let backups = scope.spawn(move || back_up(home, is_over));
            thread::sleep(moment);
            server.kill();
            is_over.store(true, Ordering::Relaxed);
            for writer in writers {
                self.known.versions.append(&mut writer.join().expect("a writer met no fault"));
            }
            (self.known.generations, self.known.exports) = maker.join().expect("a maker met no fault");
            backups.join().expect("a backup met no fault");
        });
        self.kills += 1;
    }

    /// Starts the next server, which may be killed before it answers, as often as chance has it.
    fn restart(&mut self) -> (Server, Caller) {
        while self.random.once_in(5) {
            let mut command = command(&self.home, &["serve"]);
            command.env("PORT", "0").env("RUST_LOG", "warn").stdout(Stdio::null()).stderr(Stdio::null());
            let mut child = command.spawn().expect("it starts");
            thread::sleep(Duration::from_millis(self.random.below(150)));
            child.kill().expect("it is killed");
            child.wait().expect("it ends");
            self.kills += 1;
        }
        let server = Server::start(&self.home);
        let caller = Caller::new(&server.address, &self.key);
        (server, caller)
    }

    /// The database is sound and holds what was acknowledged.
    fn has_lost_no_change(&mut self, caller: &Caller) {
        let ran = Ran::of(command(&self.home, &["check"]).output().expect("it runs")).succeeds();
        assert_eq!(ran.stdout, "No problem was found\n");
        // Each is read once. Nobody deletes them, so their number tells whether all are there still.
        for (dataset, versions) in std::mem::take(&mut self.known.versions) {
            for (version, text) in versions {
                let found = caller.get(&format!("/datasets/{dataset}/versions/{version}")).is(200).json();
                assert_eq!(found["text"], json!(text), "version {version} of {dataset}");
            }
            self.saved.insert(dataset);
        }
        let total = caller.get("/datasets?limit=1").is(200).json()["total"].as_u64().expect("a number");
        assert!(total >= (self.saved.len() + KINDS.len()) as u64, "datasets are lost: {total}");
    }

    /// What was begun ends, and as if nobody had disturbed it. Says how many were at work when it was asked.
    fn ends_all_work(&mut self, caller: &Caller) -> usize {
        let mut unfinished = 0;
        let mut generations = BTreeMap::new();
        for listed in caller.all("/generations") {
            let id = named(&listed).0;
            unfinished += usize::from(!is_final(&listed));
            let found = caller.ended(&format!("/generations/{id}"));
            let kind = self.datasets.iter().position(|dataset| found["dataset_id"] == json!(dataset)).expect("ours");
            let asked = self.known.generations.get(&id).map_or(Asked::Never, |known| known.cancelled);
            let seed = found["seed"].as_u64().expect("a seed");
            match found["state"].as_str() {
                Some("succeeded") => {
                    assert_ne!(asked, Asked::Acknowledged, "it was cancelled: {found}");
                    assert_eq!(found["content_hash"], json!(self.rows[&(kind, seed)]), "{found}");
                }
                Some("cancelled") => assert_ne!(asked, Asked::Never, "nobody cancelled it: {found}"),
                _ => panic!("{found}"),
            }
            generations.insert(id, Generation { kind, seed, cancelled: asked, deleted: Asked::Never });
        }
        for (id, known) in &self.known.generations {
            let is_there = generations.contains_key(id);
            assert!(is_there || known.deleted != Asked::Never, "generation {id} is lost");
            assert!(!is_there || known.deleted != Asked::Acknowledged, "generation {id} was deleted");
        }
        let mut exports = BTreeMap::new();
        for listed in caller.all("/exports") {
            let id = named(&listed).0;
            unfinished += usize::from(!is_final(&listed));
            let found = caller.ended(&format!("/exports/{id}"));
            assert_eq!(found["state"], "succeeded", "{found}");
            let generation = found["generation_id"].as_str().expect("an id").to_owned();
            let format = FORMATS.into_iter().find(|format| found["format"] == *format).expect("one of ours");
            let Generation { kind, seed, .. } = generations[&generation];
            assert_eq!(tag_of(caller, &id), self.files[&(kind, seed, format)], "{found}");
            exports.insert(id, Export { generation, deleted: Asked::Never });
        }
        for (id, known) in &self.known.exports {
            let is_there = exports.contains_key(id);
            let may_be_gone = known.deleted != Asked::Never || !generations.contains_key(&known.generation);
            assert!(is_there || may_be_gone, "export {id} is lost");
            assert!(!is_there || known.deleted != Asked::Acknowledged, "export {id} was deleted");
        }
        (self.known.generations, self.known.exports) = (generations, exports);
        unfinished
    }

    /// Every file in the data folder is one that a record speaks of. The rows of what was cancelled may take a moment to go.
    fn leaves_no_file(&self, caller: &Caller) {
        let begun = Instant::now();
        loop {
            let done = |path: &str| -> BTreeSet<String> {
                let all = caller.all(path).into_iter().filter(|item| item["state"] == "succeeded");
                all.map(|item| named(&item).0).collect()
            };
            let (generations, exports) = (done("/generations"), done("/exports"));
            let mut strays = Vec::new();
            walk(&self.home.at("data"), &mut Vec::new(), &mut |path| {
                if !belongs(path, &generations, &exports) {
                    strays.push(path.join("/"));
                }
            });
            if strays.is_empty() {
                return;
            }
            assert!(begun.elapsed() < Duration::from_secs(10), "after {} kills: {strays:?}", self.kills);
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Whether a file or folder in the data folder is spoken of.
fn belongs(path: &[String], generations: &BTreeSet<String>, exports: &BTreeSet<String>) -> bool {
    const ROOT: [&str; 8] =
        ["backups", "db.sqlite3", "db.sqlite3-shm", "db.sqlite3-wal", "generations", "has-user", "lock", "secret_key"];
    let is_number = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match path[..] {
        [name] => ROOT.contains(&name),
        ["backups", name] => name.starts_with("synthetic-data-") && name.ends_with(".sqlite3"),
        ["generations", id] => generations.contains(id),
        ["generations", _, "exports"] => true,
        ["generations", _, table] => is_number(table),
        ["generations", _, "exports", id] | ["generations", _, "exports", id, "content"] => exports.contains(id),
        ["generations", _, table, part] => is_number(table) && part.strip_suffix(".parquet").is_some_and(is_number),
        _ => false,
    }
}

/// All files and folders below a folder, by the names that lead to them.
fn walk(folder: &Path, names: &mut Vec<String>, visit: &mut impl FnMut(&[String])) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        names.push(entry.file_name().to_string_lossy().into_owned());
        visit(names);
        // What goes meanwhile is no stray.
        if entry.path().is_dir() {
            walk(&entry.path(), names, visit);
        }
        names.pop();
    }
}

fn command(home: &Home, arguments: &[&str]) -> Command {
    let mut command = home.command(arguments);
    command.env("DATA_DIR", home.at("data")).env("BACKUP_KEEP", "5");
    command
}

/// Copies the database again and again, until the one that does so is killed.
fn back_up(home: &Home, is_over: &AtomicBool) {
    while !is_over.load(Ordering::Relaxed) {
        let mut copying =
            command(home, &["backup"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
        while copying.try_wait().expect("it runs").is_none() {
            if is_over.load(Ordering::Relaxed) {
                copying.kill().expect("it is killed");
                copying.wait().expect("it ends");
                return;
            }
            thread::sleep(Duration::from_millis(2));
        }
        Ran::of(copying.wait_with_output().expect("it ended")).succeeds();
    }
}

/// The entity tag of an export's file, which is the hash of its bytes.
fn tag_of(caller: &Caller, export: &str) -> String {
    caller.get(&format!("/exports/{export}/content")).is(200).etag
}

fn number(variable: &str, default: u64) -> u64 {
    env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn a_killed_server_loses_nothing_and_ends_what_was_begun() {
    let (kills, seed) = (number("KILLS", KILLS), number("FAULT_SEED", SEED));
    println!("{kills} kills, FAULT_SEED={seed}");
    let begun = Instant::now();
    let (mut site, mut server) = Site::new(seed);
    let mut unfinished = 0;
    while site.kills < kills {
        site.disturb(server);
        let caller;
        (server, caller) = site.restart();
        site.has_lost_no_change(&caller);
        // Otherwise the next kill meets work that was cut off before.
        if !site.random.once_in(3) || site.kills >= kills {
            unfinished += site.ends_all_work(&caller);
            site.leaves_no_file(&caller);
        }
    }
    let (saved, made) = (site.saved.len(), site.known.generations.len());
    println!(
        "{} kills in {:.0} s: {saved} datasets, {made} generations at the end, {unfinished} pieces of work were cut off",
        site.kills,
        begun.elapsed().as_secs_f64()
    );
    assert!(unfinished > 0, "no kill met work under way");
    drop(server);
    let log = site.home.read("server.log");
    assert!(!log.contains("locked") && !log.contains("panicked"), "{log}");
    for name in site.home.names("data/backups") {
        let other = Home::new();
        let source = site.home.at("data/backups").join(name).display().to_string();
        Ran::of(command(&other, &["restore", &source]).output().expect("it runs")).succeeds();
        Ran::of(command(&other, &["check"]).output().expect("it runs")).succeeds();
    }
}
