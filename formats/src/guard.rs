//! Work of libraries that panic where they should fail.

use std::any::Any;
use std::cell::Cell;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::FormatError;

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread does work whose panics are caught and told as errors: a panic hook has nothing to say of them.
pub fn is_guarded() -> bool {
    GUARDED.get()
}

/// Does work of which a panic is an error; `told` says which.
pub(crate) fn guarded<T>(
    work: impl FnOnce() -> Result<T, FormatError>,
    told: impl FnOnce(Box<dyn Any + Send>) -> FormatError,
) -> Result<T, FormatError> {
    let before = GUARDED.replace(true);
    let done = catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(before);
    done.unwrap_or_else(|cause| Err(told(cause)))
}

/// The system's error that a panic speaks of, as in `Couldn't write: Os { code: 28, … }`; any other panic goes on.
pub(crate) fn system_error(cause: Box<dyn Any + Send>) -> FormatError {
    let text = cause.downcast_ref::<String>().map(String::as_str).or(cause.downcast_ref::<&str>().copied());
    let code = text.and_then(|text| {
        let (_, behind) = text.split_once("Os { code: ")?;
        behind.split(|character: char| !character.is_ascii_digit()).next()?.parse().ok()
    });
    match code {
        Some(code) => FormatError::Io(io::Error::from_raw_os_error(code)),
        None => resume_unwind(cause),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_that_speaks_of_the_system_is_its_error_and_any_other_goes_on() {
        let full = || panic!("Couldn't write to xml file: {:?}", io::Error::from_raw_os_error(28));
        match guarded::<()>(full, system_error) {
            Err(FormatError::Io(error)) => assert_eq!(error.kind(), io::ErrorKind::StorageFull),
            other => panic!("{other:?}"),
        }
        assert!(!is_guarded());
        let other = || panic!("an invariant");
        let fallen = catch_unwind(AssertUnwindSafe(|| guarded::<()>(other, system_error)));
        assert_eq!(fallen.expect_err("it goes on").downcast_ref(), Some(&"an invariant"));
    }
}
