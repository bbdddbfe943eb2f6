//! The one writer: callers take turns on one connection, and those that wait share a commit.
//!
//! A commit is synced to the disk, which takes longer than most writes. So the transaction stays open while others wait for their turn: each
//! does its work on its own thread inside of a savepoint of its own, and nobody is answered before the transaction that holds its work is on
//! the disk. Work that fails is undone alone; a commit that fails is told to everybody whose work it held.

use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::result::{DatabaseErrorKind, Error};
use diesel::{Connection, QueryResult, SqliteConnection};

use super::Pragmas;

/// How many share a commit at most, so that the first of them waits for no more than these.
const MEMBERS: usize = 64;

/// How long a transaction stays open for others at most.
const OPEN_FOR: Duration = Duration::from_millis(50);

/// Fails where SQLite has ended the transaction by itself, as it does when the disk is full.
const STILL_OPEN: &str = "RELEASE shared; SAVEPOINT shared";

/// The writer of a database.
pub(super) struct Writer {
    url: String,
    pragmas: Pragmas,
    turn: Mutex<Turn>,
    /// How many wait for their turn; each of them will have it, and commit or hand over.
    waiting: AtomicUsize,
}

/// What the one whose turn it is holds.
struct Turn {
    /// Missing after a transaction that could be neither committed nor undone.
    connection: Option<SqliteConnection>,
    /// The transaction that was left open.
    shared: Option<Shared>,
}

/// A transaction of several.
struct Shared {
    commit: Arc<Commit>,
    begun: Instant,
    members: usize,
}

/// How the transaction ended, for those who wait for it.
#[derive(Default)]
struct Commit {
    outcome: Mutex<Option<Result<(), String>>>,
    told: Condvar,
}

impl Commit {
    fn tell(&self, outcome: Result<(), String>) {
        *self.outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
        self.told.notify_all();
    }

    fn wait(&self) -> Result<(), String> {
        let mut outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match &*outcome {
                Some(outcome) => return outcome.clone(),
                None => outcome = self.told.wait(outcome).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}

impl Writer {
    /// A writer on a connection that has its pragmas.
    pub fn new(connection: SqliteConnection, url: String, pragmas: Pragmas) -> Writer {
        let turn = Mutex::new(Turn { connection: Some(connection), shared: None });
        Writer { url, pragmas, turn, waiting: AtomicUsize::new(0) }
    }

    /// Runs work in a transaction that writes: all of it is on the disk when this returns, or nothing. Work must not write by another call.
    pub fn write<T, E: From<Error>>(&self, work: impl FnOnce(&mut SqliteConnection) -> Result<T, E>) -> Result<T, E> {
        let mut turn = self.take_turn();
        let (connection, shared) = self.open(&mut turn)?;
        let done = panic::catch_unwind(AssertUnwindSafe(|| connection.transaction(work)));
        shared.members += 1;
        let commit = Arc::clone(&shared.commit);
        // What failed may have taken the whole transaction with it.
        let lost = if matches!(done, Ok(Ok(_))) { None } else { undo(connection).err() };
        let others_come = self.waiting.load(Ordering::SeqCst) > 0;
        let hands_over = others_come && shared.members < MEMBERS && shared.begun.elapsed() < OPEN_FOR;
        let ended = if let Some(error) = lost {
            turn.give_up(Err(error.to_string()))
        } else if hands_over {
            drop(turn);
            commit.wait()
        } else {
            turn.commit()
        };
        match (done, ended) {
            (Err(panic), _) => panic::resume_unwind(panic),
            (Ok(Err(error)), _) => Err(error),
            (Ok(Ok(value)), Ok(())) => Ok(value),
            (Ok(Ok(_)), Err(reason)) => Err(failure(reason).into()),
        }
    }

    /// Runs statements outside of a transaction.
    pub fn apart<T>(&self, work: impl FnOnce(&mut SqliteConnection) -> QueryResult<T>) -> QueryResult<T> {
        let mut turn = self.take_turn();
        // Whoever left a transaction open counted on its being ended.
        if turn.shared.is_some() {
            let _ = turn.commit();
        }
        work(self.connected(&mut turn.connection)?)
    }

    fn take_turn(&self) -> MutexGuard<'_, Turn> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        turn
    }

    /// The transaction that was left open, or a new one.
    fn open<'t>(&self, turn: &'t mut Turn) -> QueryResult<(&'t mut SqliteConnection, &'t mut Shared)> {
        if turn.shared.is_none() {
            let connection = self.connected(&mut turn.connection)?;
            let begun = AnsiTransactionManager::begin_transaction_sql(connection, "BEGIN IMMEDIATE; SAVEPOINT shared");
            if let Err(error) = begun {
                turn.connection = None;
                return Err(error);
            }
            turn.shared = Some(Shared { commit: Arc::default(), begun: Instant::now(), members: 0 });
        }
        let Turn { connection: Some(connection), shared: Some(shared) } = turn else {
            return Err(failure("an open transaction has lost its connection".to_owned()));
        };
        Ok((connection, shared))
    }

    fn connected<'c>(&self, slot: &'c mut Option<SqliteConnection>) -> QueryResult<&'c mut SqliteConnection> {
        if slot.is_none() {
            let mut connection = SqliteConnection::establish(&self.url).map_err(|error| failure(error.to_string()))?;
            self.pragmas.set_on_writer(&mut connection)?;
            *slot = Some(connection);
        }
        Ok(slot.as_mut().expect("it was made where it was missing"))
    }
}

impl Turn {
    /// Commits what was left open, and tells everybody who waits for it.
    fn commit(&mut self) -> Result<(), String> {
        let Some(connection) = &mut self.connection else { return Ok(()) };
        match AnsiTransactionManager::commit_transaction(connection) {
            Ok(()) => self.tell(Ok(())),
            Err(error) => self.give_up(Err(error.to_string())),
        }
    }

    /// Leaves a transaction that failed as a whole. Its connection is in no known state: the next caller opens another.
    fn give_up(&mut self, outcome: Result<(), String>) -> Result<(), String> {
        self.connection = None;
        self.tell(outcome)
    }

    fn tell(&mut self, outcome: Result<(), String>) -> Result<(), String> {
        if let Some(shared) = self.shared.take() {
            shared.commit.tell(outcome.clone());
        }
        outcome
    }
}

/// Undoes what is left of a member's work, and fails where the whole transaction is gone.
fn undo(connection: &mut SqliteConnection) -> QueryResult<()> {
    // A panic leaves savepoints behind, as many as there were transactions inside of transactions.
    while depth(connection)? > 1 {
        AnsiTransactionManager::rollback_transaction(connection)?;
    }
    connection.batch_execute(STILL_OPEN)
}

fn depth(connection: &mut SqliteConnection) -> QueryResult<u32> {
    let status = AnsiTransactionManager::transaction_manager_status_mut(connection);
    Ok(status.transaction_depth()?.map_or(0, std::num::NonZeroU32::get))
}

fn failure(reason: String) -> Error {
    Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new(reason))
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use diesel::sql_types::{BigInt, Text};
    use diesel::{QueryableByName, RunQueryDsl, sql_query};

    use super::*;

    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }

    fn writer(folder: &tempfile::TempDir) -> Writer {
        let url = folder.path().join("test.sqlite3").to_string_lossy().into_owned();
        let pragmas = Pragmas { busy_timeout_ms: 1000 };
        let mut connection = SqliteConnection::establish(&url).expect("a database");
        pragmas.set_on_writer(&mut connection).expect("pragmas");
        connection.batch_execute("CREATE TABLE note (text TEXT NOT NULL UNIQUE) STRICT").expect("a table");
        Writer::new(connection, url, pragmas)
    }

    fn insert(writer: &Writer, text: &str) -> QueryResult<usize> {
        writer.write(|c| sql_query("INSERT INTO note VALUES (?)").bind::<Text, _>(text).execute(c))
    }

    /// How many rows another connection sees: what was committed.
    fn committed(writer: &Writer) -> i64 {
        let mut other = SqliteConnection::establish(&writer.url).expect("a database");
        let found: Vec<Count> = sql_query("SELECT count(*) AS count FROM note").load(&mut other).expect("a count");
        found[0].count
    }

    #[test]
    fn what_returns_is_committed_whoever_commits_it() {
        const WRITERS: usize = 16;
        const WRITES: usize = 50;
        let folder = tempfile::tempdir().expect("a folder");
        let writer = writer(&folder);
        let alone = Instant::now();
        for write in 0..WRITES {
            insert(&writer, &format!("alone {write}")).expect("it is written");
        }
        let alone = WRITES as f64 / alone.elapsed().as_secs_f64();
        let barrier = Barrier::new(WRITERS);
        let together = Instant::now();
        thread::scope(|scope| {
            for name in 0..WRITERS {
                let (writer, barrier) = (&writer, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    for write in 0..WRITES {
                        insert(writer, &format!("{name} {write}")).expect("it is written");
                        // The one before it has failed alone, and is told so.
                        assert!(insert(writer, &format!("{name} {write}")).is_err());
                    }
                });
            }
        });
        let together = (WRITERS * WRITES) as f64 / together.elapsed().as_secs_f64();
        println!("synced writes a second: {alone:.0} by one writer, {together:.0} by {WRITERS} that share commits");
        assert_eq!(committed(&writer), (WRITERS * WRITES + WRITES) as i64);
    }

    #[test]
    fn those_who_wait_share_a_commit_and_are_not_answered_before_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let writer = writer(&folder);
        let (begun, go) = (Barrier::new(2), Barrier::new(2));
        thread::scope(|scope| {
            let first = scope.spawn(|| {
                writer.write(|c| {
                    begun.wait();
                    go.wait();
                    sql_query("INSERT INTO note VALUES ('first')").execute(c)
                })
            });
            begun.wait();
            let second = scope.spawn(|| {
                writer.write(|c| {
                    let count: Vec<Count> = sql_query("SELECT count(*) AS count FROM note").load(c)?;
                    let seen = (count[0].count, committed(&writer));
                    sql_query("INSERT INTO note VALUES ('second')").execute(c).map(|_| seen)
                })
            });
            while writer.waiting.load(Ordering::SeqCst) == 0 {
                thread::yield_now();
            }
            go.wait();
            // The second sees the work of the first, which nobody else does yet.
            assert_eq!(second.join().expect("no panic").expect("it is written"), (1, 0));
            first.join().expect("no panic").expect("it is written");
        });
        assert_eq!(committed(&writer), 2);
    }

    #[test]
    fn a_panic_undoes_its_own_work_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let writer = writer(&folder);
        insert(&writer, "before").expect("it is written");
        let fell = panic::catch_unwind(AssertUnwindSafe(|| {
            writer.write(|c| {
                sql_query("INSERT INTO note VALUES ('lost')").execute(c)?;
                c.transaction(|_| -> QueryResult<()> { panic!("a fault") })
            })
        }));
        assert!(fell.is_err());
        insert(&writer, "after").expect("it is written");
        assert_eq!(committed(&writer), 2);
    }

    #[test]
    fn a_transaction_that_is_gone_is_told_to_all_and_the_next_works() {
        let folder = tempfile::tempdir().expect("a folder");
        let writer = writer(&folder);
        // What SQLite does by itself when the disk is full.
        let gone = writer.write(|c| -> QueryResult<()> {
            c.batch_execute("INSERT INTO note VALUES ('lost'); ROLLBACK")?;
            Err(Error::NotFound)
        });
        assert!(gone.is_err());
        insert(&writer, "after").expect("it is written");
        assert_eq!(committed(&writer), 1);
    }

    #[test]
    fn a_writer_waits_for_another_process() {
        let folder = tempfile::tempdir().expect("a folder");
        let writer = writer(&folder);
        let mut other = SqliteConnection::establish(&writer.url).expect("a database");
        other.batch_execute("PRAGMA busy_timeout = 1000; BEGIN IMMEDIATE").expect("a transaction");
        thread::scope(|scope| {
            let waiting = scope.spawn(|| insert(&writer, "mine"));
            other.batch_execute("INSERT INTO note VALUES ('theirs'); COMMIT").expect("committed");
            waiting.join().expect("no panic").expect("it is written");
        });
        assert_eq!(committed(&writer), 2);
    }
}
