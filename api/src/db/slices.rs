//! Parts of sorted lists: where a page begins, by the item that it begins behind, so that what is added or removed meanwhile neither repeats
//! an item nor leaves one out.

use super::fold::folded;

/// Characters of an id.
const ID_CHARS: usize = 36;

/// An item of a sorted list: what the list is sorted by, and the id that tells equal ones apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The item's id.
    pub id: String,
    /// Its value of the column that the list is sorted by.
    pub key: String,
}

impl Place {
    /// The item of an id and a value.
    pub fn new(id: &str, key: &str) -> Place {
        Place { id: id.to_owned(), key: key.to_owned() }
    }

    /// The item that a cursor names, and the order that it belongs to.
    pub fn of_cursor(cursor: &str) -> Option<(&str, Place)> {
        let (sorted, place) = cursor.split_once(':')?;
        let (id, key) = place.split_once(':')?;
        let is_id = id.len() == ID_CHARS && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        is_id.then(|| (sorted, Place::new(id, key)))
    }

    /// The cursor that names the item of a list with this order: `name-asc:<id>:<key>`.
    fn cursor(&self, sorted: &str) -> String {
        format!("{sorted}:{}:{}", self.id, self.key)
    }
}

/// Which part of a sorted list, checked.
#[derive(Clone, Debug)]
pub struct Slice<O> {
    /// What the list is sorted by.
    pub order: O,
    /// The name of the order and its direction, as in `name-asc`; with that of the ids behind it where it is another.
    pub sorted: String,
    /// Whether the last come first.
    pub descending: bool,
    /// Whether the last ids come first, of equal items.
    pub ids_descending: bool,
    /// Items to give.
    pub limit: i64,
    /// Items to pass over, where no item is named.
    pub offset: i64,
    /// The item that it begins behind.
    pub behind: Option<Place>,
}

impl<O> Slice<O> {
    /// Items to read: one more than are given says whether there is a next page.
    pub fn reach(&self) -> i64 {
        self.limit + 1
    }

    /// The cursor of the page behind an item.
    pub fn cursor(&self, place: &Place) -> String {
        place.cursor(&self.sorted)
    }

    /// The items to give of those that were read, and the one that the next page begins behind.
    pub fn cut<R>(&self, mut rows: Vec<R>, place: impl Fn(&R) -> Place) -> (Vec<R>, Option<Place>) {
        let has_more = rows.len() as i64 > self.limit;
        rows.truncate(self.limit as usize);
        let next = rows.last().filter(|_| has_more).map(place);
        (rows, next)
    }
}

/// Sorts a query by a text column and the id, and begins it behind the item of a [`Slice`].
macro_rules! sliced {
    ($query:expr, $column:expr, $id:expr, $slice:expr) => {{
        let slice = $slice;
        let query = match &slice.behind {
            None => $query,
            Some(Place { id, key }) => {
                let (id, key) = (id.clone(), key.clone());
                let of_equals = $column.eq(key.clone());
                match (slice.descending, slice.ids_descending) {
                    (true, true) => $query.filter($column.lt(key).or(of_equals.and($id.lt(id)))),
                    (true, false) => $query.filter($column.lt(key).or(of_equals.and($id.gt(id)))),
                    (false, true) => $query.filter($column.gt(key).or(of_equals.and($id.lt(id)))),
                    (false, false) => $query.filter($column.gt(key).or(of_equals.and($id.gt(id)))),
                }
            }
        };
        let query = query.limit(slice.reach()).offset(slice.offset);
        let query = if slice.descending { query.order($column.desc()) } else { query.order($column.asc()) };
        if slice.ids_descending { query.then_order_by($id.desc()) } else { query.then_order_by($id.asc()) }
    }};
}
pub(crate) use sliced;

/// The pattern of `LIKE`, with `\\` as its escape, for folded texts that hold another, however that is written. SQLite reads a pattern up to a
/// null byte, and would find all for one that begins with it: what has one finds nothing.
pub fn holding(text: &str) -> String {
    if text.contains('\0') {
        return "\u{10FFFF}".to_owned();
    }
    format!("%{}%", folded(text).replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}
