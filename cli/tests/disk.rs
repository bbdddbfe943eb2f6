//! Disks that take nothing more: full ones, read-only ones, folders of somebody else. Servers run on real mounts, as a user whom permissions
//! hold; root is not.
//!
//! Mounting wants root. Where it is not allowed the tests say so in `SKIPPED`, which `make` shows at its end.

#![cfg(target_os = "linux")]

use std::env;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::caller::Caller;
use super::serve::{PATIENCE, Server};
use super::support::{Home, Ran};

/// The user of the image.
const USER: u32 = 32_767;

/// Rows that fit, and rows of which a disk of 64 MB holds a part.
fn schema(rows: u64) -> Value {
    json!({"schema": {"name": "disk", "tables": [{"name": "row", "rows": rows, "columns": [
        {"name": "id", "generator": {"type": "sequence"}}, {"name": "code", "generator": {"type": "uuid_v4"}}]}]}})
}

/// A mount that goes with the value.
struct Mount(PathBuf);

impl Mount {
    /// Mounts memory of so many megabytes on a folder, or says loudly why that cannot be done.
    fn memory(folder: &Path, megabytes: u32) -> Option<Mount> {
        fs::create_dir_all(folder).expect("a folder");
        let options = format!("size={megabytes}m,uid={USER},gid={USER},mode=0755");
        let arguments = ["-t", "tmpfs", "-o", &options, "tmpfs"];
        let mounted = Command::new("mount").args(arguments).arg(folder).output();
        match mounted {
            Ok(out) if out.status.success() => Some(Mount(folder.to_owned())),
            Ok(out) => skipped(String::from_utf8_lossy(&out.stderr).lines().next().unwrap_or_default()),
            Err(error) => skipped(&format!("mount: {error}")),
        }
    }

    /// Lays memory that nobody may write to over a folder.
    fn over(folder: &Path) -> Mount {
        let out =
            Command::new("mount").args(["-t", "tmpfs", "-o", "ro", "tmpfs"]).arg(folder).output().expect("mount runs");
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        Mount(folder.to_owned())
    }

    /// Lets it be written to, or not.
    fn remount(&self, how: &str) {
        let out =
            Command::new("mount").args(["-o", &format!("remount,{how}")]).arg(&self.0).output().expect("mount runs");
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// Says that a test was not done.
fn skipped<T>(reason: &str) -> Option<T> {
    let test = thread::current().name().unwrap_or_default().to_owned();
    let sentence = format!("SKIPPED {test}: nothing can be mounted here ({reason}); run it as root\n");
    eprint!("{sentence}");
    let path = env::var_os("SKIPPED").map_or_else(|| env::temp_dir().join("synthetic-data-skipped.txt"), PathBuf::from);
    let file = fs::File::options().create(true).append(true).open(path);
    file.and_then(|mut file| file.write_all(sentence.as_bytes())).expect("the reason is kept");
    None
}

/// Makes a folder the user's own.
fn give(folder: &Path) {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).expect("a mode");
    chown(folder, Some(USER), Some(USER)).expect("an owner");
}

/// A home whose commands run as the image's user.
struct Place {
    home: Home,
    // After the server, before the folder.
    mount: Mount,
}

impl Place {
    /// With a disk of so many megabytes at a folder.
    fn new(folder: &str, megabytes: u32) -> Option<Place> {
        let mut home = Home::new();
        let mount = Mount::memory(&home.at(folder), megabytes)?;
        fs::create_dir_all(home.at("data")).expect("a folder");
        give(home.path());
        give(&home.at("data"));
        home.lend_binary();
        Some(Place { home, mount })
    }

    fn command(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
        let mut command = self.home.command(arguments);
        command.uid(USER).gid(USER).env("DATA_DIR", self.home.at("data"));
        Ran::of(command.envs(variables.iter().copied()).output().expect("it runs"))
    }

    /// A server as the image's user, and a caller of it.
    fn serve(&self, variables: &[(&str, &str)]) -> (Server, Caller) {
        let server = Server::start_as(&self.home, variables, Some(USER));
        let key = server.sign_in(&self.home).key(&server);
        let caller = Caller::new(&server.address, &key);
        (server, caller)
    }

    /// Fills a folder's disk to the last byte; the file's path.
    fn fill(&self, folder: &str) -> PathBuf {
        let path = self.home.at(folder).join("ballast");
        let mut file = fs::File::create(&path).expect("a file");
        let mut block = vec![0_u8; 1 << 16];
        while !block.is_empty() {
            while file.write_all(&block).is_ok() {}
            block.truncate(block.len() / 2);
        }
        path
    }
}

fn generated(caller: &Caller, dataset: &str) -> Value {
    let id = caller.post(&format!("/datasets/{dataset}/generations"), &json!({})).is(202).id();
    caller.ended(&format!("/generations/{id}"))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value}")).to_owned()
}

#[test]
fn on_a_full_disk_answers_are_clear_nothing_is_lost_and_the_server_goes_on_once_there_is_room() {
    let Some(place) = Place::new("data", 64) else { return };
    let data = place.home.at("data").display().to_string();
    let (server, caller) = place.serve(&[("MIN_FREE_DISK_MB", "1")]);
    let small = caller.post("/datasets", &schema(1000)).is(201).id();
    let kept = generated(&caller, &small);
    assert_eq!(kept["state"], "succeeded", "{kept}");
    let large = caller.post("/datasets", &schema(6_000_000)).is(201).id();

    // Rows that do not fit fail with the reason, and give their room back.
    let failed = generated(&caller, &large);
    let reason = text(&failed["failure"]);
    assert_eq!(failed["state"], "failed", "{failed}");
    assert!(reason.contains("disk") && reason.contains("space") || reason.contains("MB are free"), "{reason}");
    assert!(!reason.contains(&data), "the place on the disk is nobody's business: {reason}");
    assert!(!place.home.at("data/generations").join(text(&failed["id"])).exists());

    // With the disk full to the last byte.
    let ballast = place.fill("data");
    let mut saved = Vec::new();
    let mut refusal = None;
    for number in 0..2000 {
        let mut body = schema(1000);
        body["name"] = json!(format!("{number} {}", "x".repeat(150)));
        let answer = caller.post("/datasets", &body);
        match answer.status {
            201 => saved.push(answer.id()),
            _ => {
                refusal = Some(answer);
                break;
            }
        }
    }
    let refusal = refusal.expect("the disk holds no 2000 datasets more").is(503).json();
    assert_eq!(refusal["code"], "unavailable", "{refusal}");
    assert!(text(&refusal["detail"]).contains("disk"), "{refusal}");
    for (path, body) in [
        (format!("/datasets/{small}/generations"), json!({})),
        (format!("/generations/{}/exports", text(&kept["id"])), json!({"format": "csv"})),
    ] {
        let refusal = caller.post(&path, &body).is(503).json();
        assert!(text(&refusal["detail"]).contains("MB are free on the disk"), "{refusal}");
    }
    let refused = place.command(&["backup"], &[]).fails().stderr;
    assert!(refused.contains("disk") || refused.contains("space"), "{refused}");
    assert!(!place.home.names("data").iter().any(|name| name.contains("partial")));
    assert!(place.command(&["check"], &[]).fails().stderr.contains("MB are free on the disk"));
    let ready = ureq_status(&format!("{}/health/ready", server.address));
    assert_eq!(ready, 503);
    // What can be read is read.
    caller.get(&format!("/datasets/{small}")).is(200);
    caller.get(&format!("/generations/{}/tables/row/rows?limit=3", text(&kept["id"]))).is(200);

    // With room again everything goes on, in the same process.
    fs::remove_file(ballast).expect("room");
    comes_to_be(&server, 200, "ok");
    let again = generated(&caller, &small);
    assert_eq!((&again["state"], &again["content_hash"]), (&json!("succeeded"), &kept["content_hash"]));
    let export =
        caller.post(&format!("/generations/{}/exports", text(&kept["id"])), &json!({"format": "csv"})).is(202).id();
    assert_eq!(caller.ended(&format!("/exports/{export}"))["state"], "succeeded");
    saved.push(caller.post("/datasets", &schema(1000)).is(201).id());
    place.command(&["backup"], &[]).succeeds();
    server.kill();
    place.command(&["check"], &[("MIN_FREE_DISK_MB", "1")]).succeeds();
    let (_server, caller) = place.serve(&[("MIN_FREE_DISK_MB", "1")]);
    saved.iter().for_each(|id| drop(caller.get(&format!("/datasets/{id}")).is(200)));
}

#[test]
fn a_command_on_a_full_disk_says_so_in_every_format_and_leaves_nothing() {
    let Some(place) = Place::new("small", 16) else { return };
    fs::write(place.home.at("disk.yaml"), serde_json::to_string(&schema(2_000_000)["schema"]).expect("JSON"))
        .expect("a file");
    for format in ["csv", "jsonl", "json", "parquet", "xlsx"] {
        let out = place.home.at("small").join(format!("rows.{format}")).display().to_string();
        let ran = place.command(&["generate", "disk.yaml", "--table", "row", "--format", format, "--out", &out], &[]);
        assert_eq!(ran.status, Some(1), "{format}: {ran:?}");
        assert!(ran.stderr.contains("no space is left on the disk"), "{format}: {ran:?}");
        assert!(!ran.stderr.contains("internal"), "{format}: {ran:?}");
        let left: Vec<_> = fs::read_dir(place.home.at("small")).expect("a folder").collect();
        assert!(left.is_empty(), "{format}: {left:?}");
    }
}

#[test]
fn a_disk_that_fills_up_while_rows_are_made_ends_them_as_failed_whatever_else_it_holds_up() {
    let Some(place) = Place::new("data", 64) else { return };
    // Nothing is kept free, so that the disk itself refuses.
    let (_server, caller) = place.serve(&[("MIN_FREE_DISK_MB", "0")]);
    let large = caller.post("/datasets", &schema(20_000_000)).is(201).id();
    let id = caller.post(&format!("/datasets/{large}/generations"), &json!({})).is(202).id();
    let begun = Instant::now();
    while caller.get(&format!("/generations/{id}")).is(200).json()["rows_done"] == 0 {
        assert!(begun.elapsed() < PATIENCE, "it does not begin");
        thread::sleep(Duration::from_millis(5));
    }
    // The database cannot take the end of it either, until there is room.
    let ballast = place.fill("data");
    thread::sleep(Duration::from_secs(3));
    fs::remove_file(ballast).expect("room");
    let failed = caller.ended(&format!("/generations/{id}"));
    assert_eq!(failed["state"], "failed", "{failed}");
    assert!(text(&failed["failure"]).contains("no space is left on the disk"), "{failed}");
    let small = caller.post("/datasets", &schema(1000)).is(201).id();
    assert_eq!(generated(&caller, &small)["state"], "succeeded", "the queue goes on");
}

#[test]
fn the_room_that_is_to_stay_free_is_looked_for_while_files_are_written() {
    let Some(place) = Place::new("data", 64) else { return };
    let limited = |megabytes: &str| place.serve(&[("MIN_FREE_DISK_MB", megabytes)]);
    // Rows of one part, which fit onto the disk, and would leave too little of it.
    let (mut server, caller) = limited("55");
    let dataset = caller.post("/datasets", &schema(1_000_000)).is(201).id();
    let failed = generated(&caller, &dataset);
    assert_eq!(failed["state"], "failed", "{failed}");
    assert!(text(&failed["failure"]).contains("MB are free on the disk, and 55 are to stay free"), "{failed}");
    assert!(!place.home.at("data/generations").join(text(&failed["id"])).exists());
    server.signal("-TERM");
    assert_eq!(server.child.wait().expect("it ends").code(), Some(0));

    // A file of them that does.
    let (mut server, caller) = limited("20");
    let whole = generated(&caller, &dataset);
    assert_eq!(whole["state"], "succeeded", "{whole}");
    let exports = format!("/generations/{}/exports", text(&whole["id"]));
    let id = caller.post(&exports, &json!({"format": "csv"})).is(202).id();
    let failed = caller.ended(&format!("/exports/{id}"));
    assert_eq!(failed["state"], "failed", "{failed}");
    assert!(text(&failed["failure"]).contains("MB are free on the disk, and 20 are to stay free"), "{failed}");
    let folder = format!("data/generations/{}/exports", text(&whole["id"]));
    assert!(place.home.names(&folder).is_empty(), "{:?}", place.home.names(&folder));
    server.signal("-TERM");
    assert_eq!(server.child.wait().expect("it ends").code(), Some(0));
}

#[test]
fn a_read_only_disk_and_a_folder_of_somebody_else_are_told_at_the_start() {
    let Some(place) = Place::new("data", 16) else { return };
    let (mut server, caller) = place.serve(&[("MIN_FREE_DISK_MB", "1")]);
    let dataset = caller.post("/datasets", &schema(1000)).is(201).id();
    server.signal("-TERM");
    assert_eq!(server.child.wait().expect("it ends").code(), Some(0));

    place.mount.remount("ro");
    for arguments in [&["serve"][..], &["migrate"], &["backup"], &["maintain"]] {
        let refused = place.command(arguments, &[("PORT", "0"), ("RUST_LOG", "error")]).fails().stderr;
        assert!(refused.contains("read-only"), "{arguments:?}: {refused}");
        assert_eq!(refused.lines().count(), 1, "{arguments:?}: {refused}");
    }
    assert!(place.command(&["check"], &[]).fails().stderr.contains("read-only"));
    place.mount.remount("rw");

    let folder = place.home.at("data");
    chown(&folder, Some(0), Some(0)).expect("an owner");
    let refused = place.command(&["backup"], &[]).fails().stderr;
    assert!(refused.contains("permission denied"), "{refused}");
    give(&folder);

    let (_server, caller) = place.serve(&[("MIN_FREE_DISK_MB", "1")]);
    caller.get(&format!("/datasets/{dataset}")).is(200);
}

#[test]
fn where_rows_and_backups_cannot_be_written_the_rest_works() {
    let Some(place) = Place::new("disk", 32) else { return };
    for folder in ["generations", "backups"] {
        let folder = place.home.at("disk").join(folder);
        fs::create_dir(&folder).expect("a folder");
        give(&folder);
    }
    std::os::unix::fs::symlink(place.home.at("disk/generations"), place.home.at("data/generations")).expect("a link");
    let target = place.home.at("disk/backups").display().to_string();
    let variables = [("MIN_FREE_DISK_MB", "1"), ("BACKUP_TARGET", &*target)];
    let (_server, caller) = place.serve(&variables);
    let dataset = caller.post("/datasets", &schema(1000)).is(201).id();
    let whole = generated(&caller, &dataset);
    place.mount.remount("ro");
    let failed = generated(&caller, &dataset);
    assert_eq!((&failed["state"], &failed["failure"]), (&json!("failed"), &json!("the file system is read-only")));
    let refused = place.command(&["backup"], &variables).fails().stderr;
    assert!(refused.contains("the file system is read-only"), "{refused}");
    caller.get(&format!("/generations/{}/tables/row/rows?limit=3", text(&whole["id"]))).is(200);
    caller.post("/datasets", &schema(1000)).is(201);
    place.mount.remount("rw");
    let again = generated(&caller, &dataset);
    assert_eq!((&again["state"], &again["content_hash"]), (&json!("succeeded"), &whole["content_hash"]));
    place.command(&["backup"], &variables).succeeds();
}

#[test]
fn a_disk_that_takes_no_writes_any_more_is_known_to_whoever_asks_for_readiness() {
    let Some(place) = Place::new("data", 16) else { return };
    let (server, caller) = place.serve(&[("MIN_FREE_DISK_MB", "1")]);
    comes_to_be(&server, 200, "ok");
    let folder = place.home.at("data");
    let before = place.home.names("data");

    // The database is open and its files are there; only new files are refused.
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).expect("a mode");
    comes_to_be(&server, 503, "takes no writes");
    give(&folder);
    comes_to_be(&server, 200, "ok");

    // A disk on which files are open is remounted by the system alone; one that lies over it looks the same to whoever makes a new file.
    let over = Mount::over(&folder);
    comes_to_be(&server, 503, "read-only");
    drop(over);
    comes_to_be(&server, 200, "ok");
    caller.post("/datasets", &schema(1000)).is(201);
    assert_eq!(place.home.names("data"), before);
}

/// Asks for readiness until the status and what is said of the disk are these.
fn comes_to_be(server: &Server, status: u16, disk: &str) {
    let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
    let begun = Instant::now();
    loop {
        let mut answer = agent.get(format!("{}/health/ready", server.address)).call().expect("an answer");
        let told: Value = serde_json::from_str(&answer.body_mut().read_to_string().expect("a body")).expect("JSON");
        if answer.status().as_u16() == status && told["checks"]["disk"] == disk {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{told}");
        thread::sleep(Duration::from_millis(100));
    }
}

fn ureq_status(url: &str) -> u16 {
    let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
    agent.get(url).call().expect("an answer").status().as_u16()
}
