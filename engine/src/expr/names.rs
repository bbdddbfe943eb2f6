//! Names that an expression reads: columns of the row, and columns of referenced rows by way of foreign keys.

use std::fmt;

/// One path that an expression reads: `name`, or `key.column`, `key.key.column`, as it was written.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Reference(pub Vec<String>);

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("."))
    }
}

/// The position of the name that `written` means: the name itself, else the only one that equals it when case is ignored.
pub fn resolve<'a>(written: &str, names: impl IntoIterator<Item = &'a str>) -> Option<usize> {
    let folded = written.to_lowercase();
    let mut alike = None;
    let mut several = false;
    for (index, name) in names.into_iter().enumerate() {
        if name == written {
            return Some(index);
        }
        if name.to_lowercase() == folded {
            several |= alike.is_some();
            alike = Some(index);
        }
    }
    if several { None } else { alike }
}
