//! Why a command ends without having done what it was asked for.

use std::io;

use api::Failure;

/// Lines for standard error and the exit status.
#[derive(Debug)]
pub struct Stop {
    /// A sentence each.
    pub lines: Vec<String>,
    /// 0 where nobody reads on, 1 for stated problems, 2 for wrong usage.
    pub status: u8,
}

impl Stop {
    /// Stated problems, a sentence each.
    pub fn problems(lines: Vec<String>) -> Stop {
        Stop { lines, status: 1 }
    }

    /// One stated problem.
    pub fn problem(line: impl Into<String>) -> Stop {
        Stop::problems(vec![line.into()])
    }

    /// Wrong usage, in the form of the argument parser's own errors.
    pub fn usage(line: impl AsRef<str>) -> Stop {
        Stop {
            lines: vec![
                format!("error: {}", line.as_ref()),
                String::new(),
                "For more information, try '--help'.".to_owned(),
            ],
            status: 2,
        }
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Stop {
        match failure {
            Failure::ReaderGone => Stop { lines: Vec::new(), status: 0 },
            Failure::Usage(line) => Stop::usage(line),
            other => Stop::problems(other.sentences()),
        }
    }
}

/// Errors of standard output; all other files are the services' matter.
impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Stop {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Stop { lines: Vec::new(), status: 0 },
            _ => Stop::problem(format!("standard output: {}", api::storage::reason(&error))),
        }
    }
}

impl From<api::storage::StorageError> for Stop {
    fn from(error: api::storage::StorageError) -> Stop {
        Stop::from(Failure::from(error))
    }
}
