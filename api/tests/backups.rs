//! Backups in a bucket, against a store on this machine.

use std::fs;

use api::backups::{self, Aws, Target};
use api::{App, Failure};

use crate::support::bucket::{KEY_ID, REGION, SECRET, Store};
use crate::support::config;

const NAMES: [&str; 2] = ["synthetic-data-20260102T030405678Z.sqlite3", "synthetic-data-20260103T030405678Z.sqlite3"];

fn aws(store: &Store, key_id: &str) -> Aws {
    Aws {
        access_key_id: key_id.to_owned(),
        secret_access_key: SECRET.to_owned(),
        region: REGION.to_owned(),
        endpoint: Some(store.endpoint.clone()),
    }
}

fn opened(store: &Store, target: &str, work: &tempfile::TempDir) -> Box<dyn backups::Store> {
    let target = Target::parse(target).expect("a target");
    backups::store(&target, &aws(store, KEY_ID), work.path()).expect("a store")
}

fn keep(kept: &dyn backups::Store, name: &str, bytes: &[u8]) -> Result<u64, Failure> {
    kept.keep(name, &mut |path| {
        fs::write(path, bytes).expect("a file");
        Ok(())
    })
}

#[test]
fn a_bucket_gives_back_what_it_was_given_in_one_piece_and_in_parts() {
    let (store, work) = (Store::start(), tempfile::tempdir().expect("a folder"));
    let kept = opened(&store, "s3://bucket/a/b", &work);
    assert!(kept.list().expect("a list").is_empty());
    let small = b"small".to_vec();
    let large: Vec<u8> = (0..20_000_000_u32).map(|n| (n >> 7) as u8).collect();
    assert_eq!(keep(&*kept, NAMES[0], &small).expect("kept"), 5);
    assert_eq!(keep(&*kept, NAMES[1], &large).expect("kept"), 20_000_000);
    assert_eq!(store.held().ended_uploads, 1, "the large one went in parts");
    let listed = kept.list().expect("a list");
    assert_eq!(listed.iter().map(|backup| backup.name.as_str()).collect::<Vec<_>>(), [NAMES[1], NAMES[0]]);
    assert_eq!(listed[0].size_bytes, 20_000_000);
    let to = work.path().join("fetched");
    for (name, bytes) in [(NAMES[0], &small), (NAMES[1], &large)] {
        kept.fetch(name, &to).expect("fetched");
        assert!(fs::read(&to).expect("a file") == *bytes, "{name}");
    }
    kept.remove(NAMES[1]).expect("removed");
    kept.remove(NAMES[1]).expect("it may be gone already");
    assert_eq!(store.names(), [format!("bucket/a/b/{}", NAMES[0])]);
    fs::remove_file(to).expect("removed");
    assert_eq!(fs::read_dir(work.path()).expect("a folder").count(), 0, "nothing is left behind");
}

#[test]
fn what_is_no_backup_or_lies_elsewhere_is_left_alone() {
    let (store, work) = (Store::start(), tempfile::tempdir().expect("a folder"));
    for key in ["bucket/a/notes.txt", &format!("bucket/a/deeper/{}", NAMES[0]), &format!("bucket/{}", NAMES[0])] {
        store.held().objects.insert(key.to_owned(), b"mine".to_vec());
    }
    let kept = opened(&store, "s3://bucket/a", &work);
    keep(&*kept, NAMES[1], b"x").expect("kept");
    assert_eq!(kept.list().expect("a list").len(), 1);
    backups::rotate(&*kept, 1).expect("rotated");
    assert_eq!(store.names().len(), 4);
    assert_eq!(opened(&store, "s3://bucket", &work).list().expect("a list").len(), 1);
}

#[test]
fn an_upload_that_fails_leaves_neither_object_nor_parts() {
    let (store, work) = (Store::start(), tempfile::tempdir().expect("a folder"));
    store.held().refuses_part = Some(2);
    let kept = opened(&store, "s3://bucket/a", &work);
    let failed = keep(&*kept, NAMES[0], &vec![7; 20_000_000]).expect_err("the second part is refused").to_string();
    assert!(failed.starts_with("s3://bucket/a: "), "{failed}");
    assert!(store.names().is_empty() && store.held().uploads.is_empty());
}

#[test]
fn a_store_that_refuses_is_told_in_a_sentence() {
    let (store, work) = (Store::start(), tempfile::tempdir().expect("a folder"));
    let target = Target::parse("s3://bucket/a").expect("a target");
    let foreign = backups::store(&target, &aws(&store, "another-key"), work.path()).expect("a store");
    let refused = foreign.list().expect_err("it knows no such key").to_string();
    assert!(refused.contains("refuses AWS_ACCESS_KEY_ID"), "{refused}");
    assert!(!refused.contains(SECRET));
    let refusal = |aws: Aws| {
        let store = backups::store(&target, &aws, work.path()).expect("a store");
        let (list, keep) = (store.list().map(drop), keep(&*store, NAMES[0], b"x").map(drop));
        let told = [list, keep].map(|refused| refused.expect_err("it is refused").to_string());
        assert_eq!(told[0], told[1]);
        told[0].clone()
    };
    let wrong = refusal(Aws { secret_access_key: "another secret".to_owned(), ..aws(&store, KEY_ID) });
    assert!(wrong.contains("refuses AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"), "{wrong}");
    assert!(!wrong.contains("another secret"));
    let wrong = refusal(Aws { region: "us-east-1".to_owned(), ..aws(&store, KEY_ID) });
    assert_eq!(wrong, "s3://bucket/a: AWS_REGION is not where the bucket is; the store says eu-west-1");
    assert!(store.names().is_empty());
    let missing = opened(&store, "s3://bucket/a", &work).fetch(NAMES[0], &work.path().join("x"));
    assert!(missing.expect_err("nothing is there").to_string().contains("no such bucket or backup"));
}

#[test]
fn an_empty_folder_gets_the_newest_backup_of_the_bucket_or_nothing_starts() {
    let store = Store::start();
    let (first, second) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let mut variables = store.variables("s3://bucket/a").to_vec();
    // An empty bucket is no fault: this is the first start of all.
    let app = App::open(config(&first, &variables)).expect("an app");
    let kept = backups::configured(&app.config).expect("a store");
    let made = backups::make(first.path(), &*kept, 3).expect("a backup");
    assert_eq!(store.names(), [format!("bucket/a/{}", made.name)]);
    drop(App::open(config(&second, &variables)).expect("an app"));
    assert!(second.path().join("db.sqlite3").is_file());
    let third = tempfile::tempdir().expect("a folder");
    variables[1] = ("AWS_ACCESS_KEY_ID", "another-key");
    let refused = App::open(config(&third, &variables)).err().expect("it would start empty");
    assert!(refused.starts_with("BACKUP_TARGET: ") && refused.contains("unset it to start anew"), "{refused}");
    assert!(!third.path().join("db.sqlite3").exists());
    // One that has a database does not ask.
    drop(App::open(config(&second, &variables)).expect("an app"));
}
