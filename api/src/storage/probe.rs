//! Whether a folder takes writes, which the system tells nobody who does not write.

use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long an answer holds: whoever asks more often makes no disk busy.
const HOLDS: Duration = Duration::from_secs(5);

/// Tries a folder now and then.
#[derive(Debug, Default)]
pub struct Probe {
    last: Mutex<Option<(Instant, Result<(), io::ErrorKind>)>>,
}

impl Probe {
    /// Whether a folder took a small file within the last seconds; else why it did not. Those who ask while it is tried wait for the one answer.
    pub fn takes_writes(&self, folder: &Path) -> Result<(), io::ErrorKind> {
        self.look(|| write_in(folder))
    }

    fn look(&self, look: impl FnOnce() -> io::Result<()>) -> Result<(), io::ErrorKind> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, found)) = *last
            && at.elapsed() < HOLDS
        {
            return found;
        }
        let found = look().map_err(|error| error.kind());
        *last = Some((Instant::now(), found));
        found
    }
}

/// Writes a file that has no name where the system knows such, and is gone when it is closed.
pub(crate) fn write_in(folder: &Path) -> io::Result<()> {
    let mut file = tempfile::tempfile_in(folder)?;
    file.write_all(b"x")?;
    file.sync_data()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_tried_once_in_a_while_and_nothing_is_left_in_it() {
        let home = tempfile::tempdir().expect("a folder");
        let probe = Probe::default();
        assert_eq!(probe.takes_writes(home.path()), Ok(()));
        assert_eq!(std::fs::read_dir(home.path()).expect("a folder").count(), 0);
        assert_eq!(probe.look(|| panic!("the last answer holds")), Ok(()));
        *probe.last.lock().expect("nobody fell") = None;
        assert_eq!(probe.takes_writes(&home.path().join("gone")), Err(io::ErrorKind::NotFound));
        assert_eq!(probe.look(|| Ok(())), Err(io::ErrorKind::NotFound));
    }
}
