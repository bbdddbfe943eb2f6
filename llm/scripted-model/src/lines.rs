//! What a program logs while it is tested, to be searched for what has no place in it.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Keeps every line that anybody logs.
struct Lines(Mutex<String>);

static LINES: Lines = Lines(Mutex::new(String::new()));

impl Lines {
    fn kept(&self) -> MutexGuard<'_, String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl log::Log for Lines {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        self.kept().push_str(&format!("{} {}\n", record.target(), record.args()));
    }

    fn flush(&self) {}
}

/// Keeps all that this process logs from now on, however fine. Says whether it does: where somebody else listens already, that one goes on.
pub fn keep_log() -> bool {
    let listens = log::set_logger(&LINES).is_ok();
    if listens {
        log::set_max_level(log::LevelFilter::Trace);
    }
    listens
}

/// What was logged so far, each line with its target.
pub fn kept_log() -> String {
    LINES.kept().clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_logged_is_kept() {
        assert!(keep_log() && !keep_log());
        log::trace!("a {}", "word");
        assert!(kept_log().contains("lines::tests a word\n"), "{}", kept_log());
    }
}
