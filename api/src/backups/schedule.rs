//! Backups that a server makes by itself: in their turn, and one more when it stops.

use std::sync::{Arc, Condvar, Mutex, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::{Backup, configured, make};
use crate::db::{FILE_NAME, files};
use crate::{Config, Failure};

/// How long after a backup that failed the next is tried, unless its turn is earlier.
const RETRY: Duration = Duration::from_secs(600);

/// How long a server that stops waits for its last backup. Heroku and Dokku kill it half a minute after they have asked.
pub const LAST_S: u64 = 12;

/// Ends the thread of scheduled backups.
#[derive(Clone, Default)]
pub struct Bell(Arc<(Mutex<bool>, Condvar)>);

impl Bell {
    /// Ends it, once a backup that is being made is done.
    pub fn ring(&self) {
        let (rung, waits) = &*self.0;
        *rung.lock().unwrap_or_else(PoisonError::into_inner) = true;
        waits.notify_all();
    }

    /// Waits for a time; says whether it was rung.
    pub fn wait(&self, time: Duration) -> bool {
        let (rung, waits) = &*self.0;
        let rung = rung.lock().unwrap_or_else(PoisonError::into_inner);
        let (rung, _) = waits.wait_timeout_while(rung, time, |rung| !*rung).unwrap_or_else(PoisonError::into_inner);
        *rung
    }
}

/// Starts the thread where backups are scheduled. It goes on from the newest there is, so that a restart neither skips a turn nor adds one.
pub fn start(config: &Config, bell: &Bell) -> std::io::Result<Option<JoinHandle<()>>> {
    let Some(every) = config.backups.every else { return Ok(None) };
    let (config, bell) = (config.clone(), bell.clone());
    thread::Builder::new()
        .name("backups".to_owned())
        .spawn(move || {
            let mut due = first_turn(newest(&config), every, Timestamp::now());
            while !bell.wait(due) {
                let begun = Instant::now();
                due = match make_one(&config) {
                    Ok(_) => every.saturating_sub(begun.elapsed()),
                    Err(failure) => {
                        log::error!("no backup was made: {failure}");
                        RETRY.min(every)
                    }
                };
            }
        })
        .map(Some)
}

/// When the newest backup was made; nothing where there is none, or the store cannot say.
fn newest(config: &Config) -> Option<Timestamp> {
    let found = configured(config).and_then(|store| store.list());
    found.ok()?.first().map(|backup| backup.made_at)
}

/// How long until the first backup of a server.
fn first_turn(newest: Option<Timestamp>, every: Duration, now: Timestamp) -> Duration {
    let Some(newest) = newest else { return Duration::ZERO };
    match Duration::try_from(now.duration_since(newest)) {
        Ok(age) => every.saturating_sub(age),
        // A clock that was set back.
        Err(_) => every,
    }
}

fn make_one(config: &Config) -> Result<Backup, Failure> {
    let store = configured(config)?;
    if !has_users(config) && !store.list()?.is_empty() {
        // A data folder that was lost: each backup of the new database would push out one of those that are wanted back.
        let sentence = format!(
            "the database has no users, and {} holds backups that are not to make room for it; `synthetic-data restore` puts the newest back",
            store.place()
        );
        return Err(Failure::Request(sentence));
    }
    let begun = Instant::now();
    let made = make(&config.data_dir, &*store, config.backups.keep)?;
    log::info!(
        "backup {}/{}: {} bytes in {:.1} s",
        store.place(),
        made.name,
        made.size_bytes,
        begun.elapsed().as_secs_f64()
    );
    Ok(made)
}

/// Whether there is anybody in the database; one that cannot be read is taken for one with users, so that its backup says what is wrong.
fn has_users(config: &Config) -> bool {
    let Ok(mut connection) = files::open(&config.data_dir.join(FILE_NAME)) else { return true };
    files::lines(&mut connection, "SELECT id AS text FROM users LIMIT 1").map_or(true, |found| !found.is_empty())
}

/// One more backup at the end of a server whose target somebody chose. It is given up where it takes too long: what is committed stays in the
/// data folder in any case.
pub fn make_last(config: &Config) {
    if !config.backups.is_target_set {
        return;
    }
    let (send, receive) = mpsc::channel();
    let config = config.clone();
    let spawned = thread::Builder::new().name("last backup".to_owned()).spawn(move || {
        let _ = send.send(make_one(&config));
    });
    let made = match spawned {
        Ok(_) => receive.recv_timeout(Duration::from_secs(LAST_S)),
        Err(error) => return log::error!("no last backup was made: {error}"),
    };
    match made {
        Ok(Ok(_)) => {}
        Ok(Err(failure)) => log::error!("no last backup was made: {failure}"),
        Err(_) => log::error!("no last backup was made: it took longer than {LAST_S} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn a_database_without_users_pushes_out_no_backup_of_one_that_had() {
        use diesel::RunQueryDsl;

        let home = tempfile::tempdir().expect("a folder");
        let place = |name: &str| home.path().join(name).to_string_lossy().into_owned();
        let settings = [("DATA_DIR", place("data")), ("BACKUP_TARGET", place("kept")), ("BACKUP_KEEP", "1".to_owned())];
        let settings = settings.map(|(name, value)| (name.to_owned(), value));
        let config = Config::from_variables(settings, 2).expect("settings");
        let database = || {
            std::fs::create_dir_all(&config.data_dir).expect("a folder");
            crate::db::Db::open(&config.data_dir, 1, 1000, |_| Ok(())).expect("a database").0
        };
        let kept = || configured(&config).and_then(|store| store.list()).expect("a list").len();
        drop(database());
        make_one(&config).expect("the first of all");
        let insert = "INSERT INTO users (id, email, name, role, password_hash, created_at) VALUES ('a', 'a@example.com', 'a', 'viewer', 'x', 'x')";
        database().write_now(|c| diesel::sql_query(insert).execute(c)).expect("a user");
        let made = make_one(&config).expect("a backup");
        std::fs::remove_dir_all(&config.data_dir).expect("lost");
        drop(database());
        let told = make_one(&config).expect_err("it is refused").to_string();
        assert!(told.contains("has no users") && told.contains("restore"), "{told}");
        assert_eq!(newest(&config), Some(made.made_at));
        assert_eq!(kept(), 1);
    }

    #[test]
    fn the_first_turn_goes_on_from_the_newest_backup() {
        let now: Timestamp = "2026-05-01T12:00:00Z".parse().expect("an instant");
        let before = |minutes: i64| Some(now - jiff::SignedDuration::from_mins(minutes));
        assert_eq!(first_turn(None, HOUR, now), Duration::ZERO);
        assert_eq!(first_turn(before(20), HOUR, now), HOUR * 2 / 3);
        assert_eq!(first_turn(before(90), HOUR, now), Duration::ZERO);
        assert_eq!(first_turn(before(-90), HOUR, now), HOUR);
    }

    #[test]
    fn a_scheduled_backup_is_made_at_once_where_there_is_none_and_the_bell_ends_it() {
        let home = tempfile::tempdir().expect("a folder");
        drop(crate::db::Db::open(home.path(), 1, 1000, |_| Ok(())).expect("a database"));
        let variables = [("DATA_DIR", &*home.path().to_string_lossy()), ("BACKUP_EVERY", "1d")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let config = Config::from_variables(variables, 2).expect("settings");
        let bell = Bell::default();
        let thread = start(&config, &bell).expect("a thread").expect("backups are scheduled");
        let begun = Instant::now();
        while newest(&config).is_none() {
            assert!(begun.elapsed() < Duration::from_secs(60), "no backup was made");
            thread::sleep(Duration::from_millis(5));
        }
        bell.ring();
        thread.join().expect("it ends");
        let kept = configured(&config).and_then(|store| store.list()).expect("a list");
        assert_eq!(kept.len(), 1);
        // Nobody chose the place: the disk that holds the data needs no second copy at each stop.
        make_last(&config);
        assert_eq!(configured(&config).and_then(|store| store.list()).expect("a list").len(), 1);
    }

    #[test]
    fn without_a_time_nothing_is_scheduled() {
        let config = Config::from_variables(Vec::<(String, String)>::new(), 2).expect("settings");
        assert!(start(&config, &Bell::default()).expect("no thread").is_none());
    }
}
