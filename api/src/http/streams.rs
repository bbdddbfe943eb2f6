//! Answers that are written while they are made: rows in a format, files by range, events.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::Stream;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use crate::Failure;

/// Chunks that wait for a slow reader at most.
const WINDOW: usize = 4;

/// Bytes of a chunk.
const CHUNK: usize = 1 << 17;

/// How long a writer waits for a reader who takes nothing: what it holds is much, and others wait for it.
const STALL: Duration = Duration::from_secs(30);

/// The longest pause between two looks whether there is room.
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// A writer whose bytes are the body of an answer. Writing waits for the reader, and fails once it is gone or has taken nothing for half a
/// minute; the answer is broken off then.
pub struct BodyWriter {
    send: mpsc::Sender<Result<Bytes, io::Error>>,
    buffer: Vec<u8>,
    stall: Duration,
    is_broken_off: Arc<AtomicBool>,
}

/// A writer and the body that it fills.
pub fn body() -> (BodyWriter, impl Stream<Item = Result<Bytes, io::Error>>) {
    body_within(STALL)
}

fn body_within(stall: Duration) -> (BodyWriter, impl Stream<Item = Result<Bytes, io::Error>>) {
    let (send, receive) = mpsc::channel(WINDOW);
    let is_broken_off = Arc::new(AtomicBool::new(false));
    let stream = futures::stream::unfold((receive, Arc::clone(&is_broken_off)), |(mut receive, broken)| async move {
        match receive.recv().await {
            Some(chunk) => Some((chunk, (receive, broken))),
            // The end of what there was is not the end of the answer.
            None if broken.swap(false, Ordering::Relaxed) => {
                Some((Err(io::ErrorKind::TimedOut.into()), (receive, broken)))
            }
            None => None,
        }
    });
    (BodyWriter { send, buffer: Vec::with_capacity(CHUNK), stall, is_broken_off }, stream)
}

/// Whoever reads a body.
pub struct Reader(mpsc::Sender<Result<Bytes, io::Error>>);

impl Reader {
    /// [`Failure::ReaderGone`] once nobody reads any more, which a writer that writes nothing for a while does not see.
    pub fn check(&self) -> Result<(), Failure> {
        if self.0.is_closed() { Err(Failure::ReaderGone) } else { Ok(()) }
    }
}

impl BodyWriter {
    /// Whoever reads what is written.
    pub fn reader(&self) -> Reader {
        Reader(self.send.clone())
    }

    /// Breaks the answer off, so that no reader takes it for whole.
    pub fn fail(self, reason: impl std::fmt::Display) {
        let _ = self.send.blocking_send(Err(io::Error::other(reason.to_string())));
    }

    fn pass_on(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let gone = || io::Error::from(io::ErrorKind::BrokenPipe);
        let mut chunk = Ok(Bytes::from(std::mem::replace(&mut self.buffer, Vec::with_capacity(CHUNK))));
        let (begun, mut pause) = (Instant::now(), Duration::from_millis(1));
        // Looked at again and again: a timer would need the server's threads, which end before this one where the server does.
        loop {
            chunk = match self.send.try_send(chunk) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Closed(_)) => return Err(gone()),
                Err(TrySendError::Full(chunk)) => chunk,
            };
            if begun.elapsed() > self.stall {
                self.is_broken_off.store(true, Ordering::Relaxed);
                return Err(gone());
            }
            thread::sleep(pause);
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

impl Write for BodyWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= CHUNK {
            self.pass_on()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.pass_on()
    }
}

#[cfg(test)]
mod tests {
    use futures::StreamExt;

    use super::*;

    #[actix_web::test]
    async fn a_reader_who_takes_nothing_ends_the_writing_and_takes_no_part_for_the_whole() {
        let (mut writer, stream) = body_within(Duration::from_millis(100));
        let writing = thread::spawn(move || {
            (0..10).try_for_each(|_| writer.write_all(&[b'x'; CHUNK])).map_err(|error| error.kind())
        });
        let ended = tokio::task::spawn_blocking(|| writing.join()).await.expect("a thread").expect("no panic");
        assert_eq!(ended, Err(io::ErrorKind::BrokenPipe));
        let read: Vec<_> = stream.collect().await;
        let (last, before) = read.split_last().expect("chunks");
        assert_eq!(last.as_ref().map_err(io::Error::kind).expect_err("no end"), io::ErrorKind::TimedOut);
        assert!(before.len() == WINDOW && before.iter().all(Result::is_ok));
    }

    #[actix_web::test]
    async fn a_slow_reader_has_it_all() {
        let (mut writer, stream) = body_within(Duration::from_secs(5));
        let writing = thread::spawn(move || {
            (0..10).try_for_each(|_| writer.write_all(&[b'x'; CHUNK])).and_then(|()| writer.flush())
        });
        let slowly = stream.then(|chunk| async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            chunk.expect("a chunk").len()
        });
        assert_eq!(slowly.collect::<Vec<_>>().await.iter().sum::<usize>(), 10 * CHUNK);
        writing.join().expect("no panic").expect("all is written");
    }
}
