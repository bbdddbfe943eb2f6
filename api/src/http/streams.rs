//! Answers that are written while they are made: rows in a format, files by range, events.

use std::io::{self, Write};

use bytes::Bytes;
use futures::Stream;
use tokio::sync::mpsc;

use crate::Failure;

/// Chunks that wait for a slow reader at most.
const WINDOW: usize = 4;

/// Bytes of a chunk.
const CHUNK: usize = 1 << 17;

/// A writer whose bytes are the body of an answer. Writing waits for the reader, and fails once it is gone.
pub struct BodyWriter {
    send: mpsc::Sender<Result<Bytes, io::Error>>,
    buffer: Vec<u8>,
}

/// A writer and the body that it fills.
pub fn body() -> (BodyWriter, impl Stream<Item = Result<Bytes, io::Error>>) {
    let (send, receive) = mpsc::channel(WINDOW);
    let stream =
        futures::stream::unfold(
            receive,
            |mut receive| async move { receive.recv().await.map(|chunk| (chunk, receive)) },
        );
    (BodyWriter { send, buffer: Vec::with_capacity(CHUNK) }, stream)
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
        let chunk = std::mem::replace(&mut self.buffer, Vec::with_capacity(CHUNK));
        let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
        self.send.blocking_send(Ok(Bytes::from(chunk))).map_err(gone)
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
