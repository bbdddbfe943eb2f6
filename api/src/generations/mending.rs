//! Lost parts, made again when somebody reads them.
//!
//! A table is made again by one reader at a time, others wait for it; readers of other tables do not. Whoever leaves stops what is made for
//! them, or the waiting. What is made again has to have the hash that is recorded.

use std::collections::HashSet;
use std::fs::Metadata;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use engine::ENGINE_VERSION;
use engine::plan::Plan;

use super::parts::{self, NewPart, StoredTable};
use super::store::{self, GenerationRow, PartRow};
use crate::auth::tokens::hex;
use crate::db::off_thread;
use crate::error::{ApiError, Code};
use crate::storage::Room;
use crate::{App, Cancellation, Failure};

/// How often who waits for somebody else's work looks whether anybody waits for them.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A table of a generation: its id, and the table's place.
type Place = (String, usize);

/// Which tables are being made again.
#[derive(Default)]
pub struct Mending {
    at_work: Mutex<HashSet<Place>>,
    done: Condvar,
}

impl Mending {
    /// Waits until nobody else makes a table again.
    fn turn(&self, place: Place, cancellation: &Cancellation) -> Result<Turn<'_>, Failure> {
        let mut at_work = self.at_work.lock().unwrap_or_else(PoisonError::into_inner);
        while at_work.contains(&place) {
            cancellation.check()?;
            (at_work, _) = self.done.wait_timeout(at_work, LOOK_EVERY).unwrap_or_else(PoisonError::into_inner);
        }
        cancellation.check()?;
        at_work.insert(place.clone());
        Ok(Turn { mending: self, place })
    }
}

struct Turn<'a> {
    mending: &'a Mending,
    place: Place,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.mending.at_work.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.place);
        self.mending.done.notify_all();
    }
}

/// Does work with stored tables for a request; whoever leaves stops it.
pub async fn for_request<T: Send + 'static>(
    work: impl FnOnce(&Cancellation) -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    let cancellation = Cancellation::default();
    let _left = cancellation.on_drop();
    off_thread(move || cancellation.watch(|| work(&cancellation))).await
}

/// The stored rows of a table. A part whose file was lost or cut is made again; where another engine made it, that cannot be done.
pub fn stored_table(
    app: &App,
    row: &GenerationRow,
    plan: &Arc<Plan>,
    table: usize,
    cancellation: &Cancellation,
) -> Result<StoredTable, ApiError> {
    let folder = parts::folder(&app.config.data_dir, &row.id);
    let recorded = app.db.read_now(|c| Ok::<_, ApiError>(store::parts(c, &row.id)?))?;
    let is_whole = |path: &Path, part: usize| {
        let known = recorded.iter().find(|row| (row.table_index, row.part) == (table as i32, part as i32));
        let size = path.metadata().ok().filter(Metadata::is_file).map(|found| found.len());
        size.is_some_and(|size| known.is_none_or(|known| u64::try_from(known.size_bytes) == Ok(size)))
    };
    for (part, range) in parts::ranges(plan.tables[table].rows).into_iter().enumerate() {
        let path = parts::path(&folder, table, part);
        if is_whole(&path, part) {
            continue;
        }
        if row.engine_version != ENGINE_VERSION {
            let sentence = format!(
                "rows of this generation were lost, and engine version {} that made them is not this server's {ENGINE_VERSION}; start a new generation",
                row.engine_version
            );
            return Err(ApiError::new(Code::EngineChanged, sentence));
        }
        let _turn = app.mending.turn((row.id.clone(), table), cancellation)?;
        if !is_whole(&path, part) {
            mend(app, row, plan, &recorded, Lost { table, part, range, path: &path }, cancellation)?;
        }
    }
    Ok(StoredTable::new(&folder, plan, table))
}

/// A part that is to be made again.
struct Lost<'a> {
    table: usize,
    part: usize,
    range: Range<u64>,
    path: &'a Path,
}

fn mend(
    app: &App,
    row: &GenerationRow,
    plan: &Arc<Plan>,
    recorded: &[PartRow],
    lost: Lost<'_>,
    cancellation: &Cancellation,
) -> Result<(), ApiError> {
    let Lost { table, part, range, path } = lost;
    log::warn!("part {part} of table {table} of generation {} was lost and is made again", row.id);
    let room = Room::on(path, app.config.min_free_disk_bytes).map_err(Failure::from)?;
    let threads = app.config.generate_threads;
    let made = parts::make(NewPart { plan, table, range, path, threads, room: &room, cancellation }, None, |_| {})?;
    let known = recorded.iter().find(|row| (row.table_index, row.part) == (table as i32, part as i32));
    if known.is_some_and(|row| row.content_hash != hex(&made.hash)) {
        // It stays lost: nobody is to read other rows than those that were proved.
        let _ = std::fs::remove_file(path);
        return Err(ApiError::internal(format!("part {part} of table {table} was made again and differs")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn place(table: usize) -> Place {
        ("a generation".to_owned(), table)
    }

    #[test]
    fn a_table_has_one_turn_others_their_own_and_whoever_leaves_waits_no_more() {
        let mending = Mending::default();
        let stays = Cancellation::default();
        let turn = mending.turn(place(0), &stays).expect("a turn");
        drop(mending.turn(place(1), &stays).expect("another table's turn"));
        let left = Cancellation::default();
        thread::scope(|scope| {
            let leaves = scope.spawn(|| mending.turn(place(0), &left).is_err());
            let waits = scope.spawn(|| mending.turn(place(0), &stays).is_ok());
            left.cancel();
            assert!(leaves.join().expect("it ends"), "whoever left got a turn");
            drop(turn);
            assert!(waits.join().expect("it ends"));
        });
    }
}
