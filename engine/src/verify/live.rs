//! Rows that are proved while they are made: statements that read a table once get its batches from whoever makes them, so that no row is made
//! again for them.
//!
//! A table's statements say beforehand whether they wait for its rows. Its maker asks [`Live::begin`] for the [`Feed`], which is given once
//! each of them has said so, hands over every batch in row order, and ends the feed. Who comes later, or reads a second time, reads as though
//! nothing were live.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use datafusion::arrow::array::{RecordBatch, RecordBatchOptions};
use datafusion::arrow::error::ArrowError;
use tokio::sync::mpsc;

/// Batches that a statement may be behind.
const BEHIND: usize = 4;

/// How often a wait looks whether it is still wanted.
const POLL: Duration = Duration::from_millis(20);

/// Tables whose rows are handed over as they are made. Its clones are one.
#[derive(Clone, Debug)]
pub struct Live(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    tables: HashMap<String, Waiting>,
    /// Whether all statements are known that may wait for rows.
    is_open: bool,
    /// Whether nobody proves any more.
    is_closed: bool,
}

#[derive(Debug, Default)]
struct Waiting {
    /// Statements that have not said yet whether they wait.
    undecided: usize,
    has_begun: bool,
    readers: Vec<Reader>,
}

/// A statement that waits for rows.
#[derive(Debug)]
struct Reader {
    /// The table's columns that it reads, in its order.
    columns: Vec<usize>,
    sender: mpsc::Sender<Message>,
}

/// A batch, or that there are no more.
#[derive(Debug)]
enum Message {
    Rows(RecordBatch),
    End,
}

impl Live {
    /// Tables whose rows will be handed over.
    pub fn new<'a>(tables: impl IntoIterator<Item = &'a str>) -> Live {
        let tables = tables.into_iter().map(|name| (name.to_owned(), Waiting::default())).collect();
        Live(Arc::new(Shared { state: Mutex::new(State { tables, ..State::default() }), changed: Condvar::new() }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until every statement about a table has said whether it waits for its rows, and begins to hand them over. `None` where
    /// `is_cancelled` said so before.
    pub fn begin(&self, table: &str, is_cancelled: impl Fn() -> bool) -> Option<Feed> {
        let mut state = self.state();
        loop {
            let is_closed = state.is_closed;
            let is_open = state.is_open;
            let Some(waiting) = state.tables.get_mut(table) else { return Some(Feed::default()) };
            if is_closed || (is_open && waiting.undecided == 0) {
                waiting.has_begun = true;
                return Some(Feed::of(std::mem::take(&mut waiting.readers)));
            }
            if is_cancelled() {
                return None;
            }
            let waited = self.0.changed.wait_timeout(state, POLL);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// One more statement about a table that has yet to say whether it waits.
    pub(super) fn expect(&self, table: &str) -> Undecided {
        if let Some(waiting) = self.state().tables.get_mut(table) {
            waiting.undecided += 1;
        }
        Undecided { live: self.clone(), table: table.to_owned() }
    }

    /// All statements have been expected.
    pub(super) fn open(&self) {
        self.state().is_open = true;
        self.0.changed.notify_all();
    }

    /// The rows of a table, with these of its columns, where it is live and has not begun.
    pub(super) fn rows(&self, table: &str, columns: Vec<usize>) -> Option<LiveRows> {
        let mut state = self.state();
        if state.is_closed {
            return None;
        }
        let waiting = state.tables.get_mut(table).filter(|waiting| !waiting.has_begun)?;
        let (sender, receiver) = mpsc::channel(BEHIND);
        waiting.readers.push(Reader { columns, sender });
        Some(LiveRows(receiver))
    }
}

/// Ends what is live with the proof, however that ends.
pub(super) struct CloseOnDrop(pub Option<Live>);

impl Drop for CloseOnDrop {
    fn drop(&mut self) {
        if let Some(live) = &self.0 {
            live.state().is_closed = true;
            live.0.changed.notify_all();
        }
    }
}

/// A statement that has not said yet whether it waits for its table's rows; dropped once it has.
#[derive(Debug)]
pub(super) struct Undecided {
    live: Live,
    table: String,
}

impl Drop for Undecided {
    fn drop(&mut self) {
        if let Some(waiting) = self.live.state().tables.get_mut(&self.table) {
            waiting.undecided -= 1;
        }
        self.live.0.changed.notify_all();
    }
}

/// Rows that come as they are made.
pub(super) struct LiveRows(mpsc::Receiver<Message>);

/// What comes of a live table.
pub(super) enum Came {
    /// The next rows.
    Rows(RecordBatch),
    /// Those were all.
    End,
    /// Whoever made them gave up.
    Nothing,
}

impl LiveRows {
    pub(super) async fn next(&mut self) -> Came {
        match self.0.recv().await {
            Some(Message::Rows(batch)) => Came::Rows(batch),
            Some(Message::End) => Came::End,
            None => Came::Nothing,
        }
    }
}

/// Hands a table's rows to the statements that wait for them. One that is dropped before [`Feed::end`] fails them.
#[derive(Debug, Default)]
pub struct Feed {
    /// The columns that somebody reads, ascending.
    columns: Vec<usize>,
    /// For each reader the places of its columns among these, and where they go.
    readers: Vec<(Vec<usize>, mpsc::Sender<Message>)>,
}

impl Feed {
    fn of(readers: Vec<Reader>) -> Feed {
        let mut columns: Vec<usize> = readers.iter().flat_map(|reader| reader.columns.iter().copied()).collect();
        columns.sort_unstable();
        columns.dedup();
        let place = |column: &usize| columns.binary_search(column).ok();
        let readers = readers
            .into_iter()
            .map(|reader| (reader.columns.iter().filter_map(place).collect(), reader.sender))
            .collect();
        Feed { columns, readers }
    }

    /// What the threads that make rows have to keep of them.
    pub fn columns(&self) -> Wanted {
        Wanted((!self.readers.is_empty()).then(|| self.columns.clone()))
    }

    /// Hands over what [`Wanted::of`] kept of the next rows, and waits where a reader is far behind. Not to be called by a task of tokio's.
    ///
    /// # Errors
    /// It is not what was kept.
    pub fn offer(&mut self, kept: &RecordBatch) -> Result<(), ArrowError> {
        let options = RecordBatchOptions::new().with_row_count(Some(kept.num_rows()));
        let mut outcome = Ok(());
        self.readers.retain(|(places, sender)| {
            let fields: Vec<_> = places.iter().map(|&place| Arc::clone(&kept.schema_ref().fields()[place])).collect();
            let columns = places.iter().map(|&place| Arc::clone(kept.column(place))).collect();
            let schema = Arc::new(datafusion::arrow::datatypes::Schema::new(fields));
            match RecordBatch::try_new_with_options(schema, columns, &options) {
                // Who has failed reads no more.
                Ok(rows) => sender.blocking_send(Message::Rows(rows)).is_ok(),
                Err(error) => {
                    outcome = Err(error);
                    false
                }
            }
        });
        outcome
    }

    /// Says that those were all rows.
    pub fn end(self) {
        for (_, sender) in self.readers {
            // Who has failed reads no more.
            let _ = sender.blocking_send(Message::End);
        }
    }
}

/// The columns of a table that somebody reads.
#[derive(Clone, Debug)]
pub struct Wanted(Option<Vec<usize>>);

impl Wanted {
    /// What is read of a batch of all columns, to be offered in its turn; `None` where nobody reads.
    ///
    /// # Errors
    /// The batch lacks a column.
    pub fn of(&self, batch: &RecordBatch) -> Result<Option<RecordBatch>, ArrowError> {
        self.0.as_ref().map(|columns| batch.project(columns)).transpose()
    }
}
