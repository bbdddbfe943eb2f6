//! Work that follows chains by recursion: on a thread with room for the longest that may be written.

use std::io;
use std::panic::resume_unwind;
use std::thread;

use crate::stop;

/// Bytes of stack of what follows chains: of columns and keys, of words of SQL. Only what is used of it takes memory.
pub const DEEP: usize = 256 << 20;

/// Does work on a thread that has [`DEEP`] bytes of stack, and waits for it. What stops this thread's work stops that too.
///
/// # Errors
/// The system starts no thread.
pub fn deep<T: Send>(work: impl FnOnce() -> T + Send) -> io::Result<T> {
    let stop = stop::current();
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(DEEP).spawn_scoped(scope, || stop::within(stop, work))?;
        match thread.join() {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(_)) => stop::leave(),
            Err(cause) => resume_unwind(cause),
        }
    })
}
