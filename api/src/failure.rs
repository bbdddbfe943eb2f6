//! What the world did: one failure of the service layer, a sentence each.

use std::io;
use std::path::Path;

use engine::generators::RunError;
use engine::verify::VerifyError;
use formats::FormatError;

use crate::storage::StorageError;

/// Why a service did not do what was asked. What a person can mend in a schema is no failure but a list of problems.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The request contradicts itself.
    #[error("{0}")]
    Usage(String),
    /// The request cannot be met, and its sentence says why.
    #[error("{0}")]
    Request(String),
    /// Files do not fit the schema; a sentence each.
    #[error("{}", .0.join("\n"))]
    Data(Vec<String>),
    /// Statements that do not hold for rows that were just made.
    #[error("{}", broken(.0))]
    Broken(Vec<String>),
    /// Somebody asked to stop.
    #[error("interrupted; no file was changed")]
    Cancelled,
    /// The reader of our output has seen enough.
    #[error("the reader of standard output is gone")]
    ReaderGone,
    /// A file or folder was refused.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A file could not be written or read in its format.
    #[error(transparent)]
    Format(FormatError),
    /// A row could not be made.
    #[error(transparent)]
    Run(#[from] RunError),
    /// Statements could not be checked.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// A language model did not answer as it was to.
    #[error(transparent)]
    Model(#[from] ::llm::Failure),
    /// The machine lacks what a run needs.
    #[error("{what}: {}", crate::storage::reason(source))]
    Machine {
        /// What was wanted.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// An invariant of ours is broken.
    #[error("internal error: {0}")]
    Internal(String),
}

impl Failure {
    /// A format's error while it wrote to `path`: what the sink refused names the file.
    pub(crate) fn writing(path: &Path) -> impl Fn(FormatError) -> Failure + '_ {
        move |error| match error {
            FormatError::Io(source) => Failure::sink(path)(source),
            // A library that writes a format wraps what the sink refused into an error of its own.
            other => match refusal(&other) {
                Some(source) => Failure::sink(path)(source),
                None => Failure::Format(other),
            },
        }
    }

    /// What a sink refused.
    pub(crate) fn sink(path: &Path) -> impl Fn(io::Error) -> Failure + '_ {
        move |source| match source.kind() {
            io::ErrorKind::BrokenPipe => Failure::ReaderGone,
            _ => Failure::Storage(StorageError { path: path.to_owned(), source }),
        }
    }

    /// What somebody is told who asked from elsewhere: what the machine refused, without the place on its disk.
    pub fn said(&self) -> String {
        match self {
            Failure::Storage(error) => crate::storage::reason(&error.source),
            other => other.to_string(),
        }
    }

    /// The sentences, one a line.
    pub fn sentences(&self) -> Vec<String> {
        match self {
            Failure::Data(sentences) => sentences.clone(),
            other => vec![other.to_string()],
        }
    }
}

/// What the system, or the room that is to stay free, refused at the bottom of an error of a library.
fn refusal(error: &FormatError) -> Option<io::Error> {
    let mut found: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = found {
        if let Some(refused) = error.downcast_ref::<io::Error>() {
            match (refused.raw_os_error(), refused.kind()) {
                (Some(code), _) => return Some(io::Error::from_raw_os_error(code)),
                (None, io::ErrorKind::StorageFull) => {
                    return Some(io::Error::new(io::ErrorKind::StorageFull, refused.to_string()));
                }
                _ => {}
            }
        }
        found = error.source();
    }
    None
}

/// The ids of broken statements in a sentence.
fn broken(ids: &[String]) -> String {
    match ids {
        [id] => format!("the rows break the rule {id}"),
        ids => format!("the rows break the rules {}", ids.join(", ")),
    }
}
