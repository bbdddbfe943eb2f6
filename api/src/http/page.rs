//! Pages of lists: `limit`, an opaque `cursor`, and where the next page is.
//!
//! A cursor names the last item of a page by what the list is sorted by and its id, so that what is added or removed meanwhile neither repeats
//! an item nor leaves one out.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::db::slices::{Place, Slice};
use crate::error::ApiError;

/// Items of a page where the client names no number.
const DEFAULT_LIMIT: u32 = 50;

/// Items of a page at most.
const MAX_LIMIT: u32 = 500;

/// The most items that are passed over.
const MAX_OFFSET: u32 = i32::MAX as u32;

/// Digits of a cursor at most.
const CURSOR_DIGITS: usize = 9;

/// Which page of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// Items of a page, at most 500.
    #[param(minimum = 1, maximum = 500, default = 50)]
    pub limit: Option<u32>,
    /// Items to pass over.
    #[param(maximum = 2147483647)]
    pub offset: Option<u32>,
    /// Where the page begins, in place of `offset`: the `cursor` of the `next` of the page before.
    #[param(pattern = "^[0-9]{0,9}$")]
    pub cursor: Option<String>,
}

impl Page {
    /// Items to give, checked.
    pub fn limit(&self) -> Result<i64, ApiError> {
        match self.limit.unwrap_or(DEFAULT_LIMIT) {
            limit @ 1..=MAX_LIMIT => Ok(limit.into()),
            limit => Err(ApiError::invalid_at("/limit", format!("{limit} is not in 1 to {MAX_LIMIT}"))),
        }
    }

    /// The cursor, where there is one: it stands in the place of an offset.
    fn cursor(&self) -> Result<Option<&str>, ApiError> {
        let cursor = self.cursor.as_deref().filter(|cursor| !cursor.is_empty());
        if cursor.is_some() && self.offset.is_some_and(|offset| offset > 0) {
            return Err(ApiError::invalid_at("/offset", "a cursor says where the page begins; leave the offset out"));
        }
        Ok(cursor)
    }

    /// The number that a cursor names, in a list that is numbered: the items below it are meant.
    pub fn before(&self) -> Result<Option<i32>, ApiError> {
        let Some(cursor) = self.cursor()? else { return Ok(None) };
        let is_number = cursor.len() <= CURSOR_DIGITS && cursor.bytes().all(|byte| byte.is_ascii_digit());
        let number = cursor.parse().ok().filter(|_| is_number);
        let wrong = || no_cursor(cursor);
        number.map(Some).ok_or_else(wrong)
    }

    /// Items to pass over, checked.
    pub fn offset(&self) -> Result<i64, ApiError> {
        let offset = self.offset.unwrap_or_default();
        if offset > MAX_OFFSET {
            return Err(ApiError::invalid_at("/offset", format!("{offset} is above {MAX_OFFSET}")));
        }
        let Some(cursor) = self.cursor()? else { return Ok(offset.into()) };
        let is_number = cursor.len() <= CURSOR_DIGITS && cursor.bytes().all(|byte| byte.is_ascii_digit());
        match cursor.parse::<u32>() {
            Ok(offset) if is_number => Ok(offset.into()),
            _ => Err(no_cursor(cursor)),
        }
    }
}

impl Page {
    /// The part of a list that is asked for. `order_by` names one of the orders that are known, the first where it is empty, with `asc` or
    /// `desc` behind it; `descending` says which of them it is where nothing is said of the first. Equal items are sorted by their ids, the same
    /// way or as a second key says, as in `name desc, id`.
    pub fn slice<O: Copy>(&self, order_by: &str, known: &[(&str, O)], descending: bool) -> Result<Slice<O>, ApiError> {
        let Some((name, word, ids)) = keys(order_by) else { return Err(no_order(order_by, known)) };
        let found = known.iter().find(|(known, _)| *known == name).or(known.first().filter(|_| order_by.is_empty()));
        let Some((name, order)) = found else { return Err(no_order(order_by, known)) };
        let descending = word.unwrap_or(order_by.is_empty() && descending);
        let ids_descending = ids.unwrap_or(descending);
        let spell = |descending| if descending { "-desc" } else { "-asc" };
        let of_ids = if ids_descending == descending { "" } else { spell(ids_descending) };
        let sorted = format!("{name}{}{of_ids}", spell(descending));
        let behind = match self.cursor()? {
            None => None,
            Some(cursor) => match Place::of_cursor(cursor).ok_or_else(|| no_cursor(cursor))? {
                (own, place) if own == sorted => Some(place),
                // What lies behind an item in one order says nothing of another.
                (own, _) => {
                    let sentence = format!(
                        "the cursor is of the order {own:?}, the list of {sorted:?}; take the next of a page of this order"
                    );
                    return Err(ApiError::invalid_at("/cursor", sentence));
                }
            },
        };
        let offset = Page { cursor: None, ..*self }.offset()?;
        Ok(Slice { order: *order, sorted, descending, ids_descending, limit: self.limit()?, offset, behind })
    }
}

/// What an order names: its key, whether the last come first, and the same of the ids behind it, where that is said. Nothing where a second key
/// is another than the id.
fn keys(order_by: &str) -> Option<(&str, Option<bool>, Option<bool>)> {
    let key = |text| match str::split_once(text, ' ') {
        Some((name, word @ ("asc" | "desc"))) => (name, Some(word == "desc")),
        _ => (text, None),
    };
    let Some((first, second)) = order_by.split_once(',') else {
        let (name, word) = key(order_by);
        return Some((name, word, None));
    };
    let (name, word) = key(first);
    match key(second.strip_prefix(' ').unwrap_or(second)) {
        ("id", ids) => Some((name, word, Some(ids.unwrap_or_default()))),
        _ => None,
    }
}

/// What is told of an order that a list does not have.
pub fn no_order<O>(order_by: &str, known: &[(&str, O)]) -> ApiError {
    let known = known.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    let sentence = format!("{order_by:?} is no order; known are {known}, with asc or desc");
    ApiError::invalid_at("/order_by", sentence)
}

/// What is told of a cursor that no page of a list has named.
pub fn no_cursor(cursor: &str) -> ApiError {
    ApiError::invalid_at("/cursor", format!("{cursor:?} is no cursor of this list"))
}

fn address(path: &str, parameters: &[(&str, String)], limit: i64, cursor: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in parameters.iter().filter(|(_, value)| !value.is_empty()) {
        query.append_pair(name, value);
    }
    query.append_pair("limit", &limit.to_string()).append_pair("cursor", cursor);
    format!("{path}?{}", query.finish())
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct List<T> {
    /// The items.
    pub items: Vec<T>,
    /// Items of the whole list.
    pub total: i64,
    /// Where the next page is, relative to the server; null on the last.
    pub next: Option<String>,
}

impl<T> List<T> {
    /// A page of a list, `path` with its other parameters being the list's address.
    pub fn new(
        items: Vec<T>,
        total: i64,
        page: &Page,
        path: &str,
        parameters: &[(&str, String)],
    ) -> Result<List<T>, ApiError> {
        let (limit, end) = (page.limit()?, page.offset()? + items.len() as i64);
        let more = end < total && !items.is_empty();
        let next = more.then(|| address(path, parameters, limit, &end.to_string()));
        Ok(List { items, total, next })
    }

    /// A page that is a part of a sorted list, the next one beginning behind an item; `path` with its other parameters is the list's address.
    pub fn of_slice<O>(
        items: Vec<T>,
        total: i64,
        slice: &Slice<O>,
        next: Option<&Place>,
        path: &str,
        parameters: &[(&str, String)],
    ) -> List<T> {
        let next = next.map(|next| address(path, parameters, slice.limit, &slice.cursor(next)));
        List { items, total, next }
    }

    /// A list that has one page.
    pub fn whole(items: Vec<T>) -> List<T> {
        let total = items.len() as i64;
        List { items, total, next: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "018f0000-0000-7000-8000-000000000000";

    fn page(cursor: Option<String>) -> Page {
        Page { limit: Some(2), offset: cursor.is_none().then_some(7), cursor }
    }

    #[test]
    fn an_order_is_one_that_is_known() {
        let order = |text: &str| {
            let slice = page(None).slice(text, &[("made", 'm'), ("name", 'n')], true);
            slice.map(|slice| (slice.order, slice.descending)).ok()
        };
        let known = ["", "made", "made asc", "made desc", "name", "name desc"];
        let found = [('m', true), ('m', false), ('m', false), ('m', true), ('n', false), ('n', true)];
        assert_eq!(known.map(order), found.map(Some));
        assert_eq!(
            ["size", "name down", "name ", " ", "name,", "name,size", "name,id,id", ",id"].map(order),
            [None; 8]
        );
        let ids = |text: &str| {
            let slice = page(None).slice(text, &[("name", 'n')], false);
            slice.map(|slice| (slice.descending, slice.ids_descending, slice.sorted)).ok()
        };
        let told = |descending, ids, sorted: &str| Some((descending, ids, sorted.to_owned()));
        assert_eq!(ids("name desc"), told(true, true, "name-desc"));
        assert_eq!(ids("name desc,id"), told(true, false, "name-desc-asc"));
        assert_eq!(ids("name desc, id desc"), told(true, true, "name-desc"));
        assert_eq!(ids("name, id desc"), told(false, true, "name-asc-desc"));
    }

    #[test]
    fn a_next_page_begins_behind_the_last_item_whatever_it_holds() {
        let slice = page(None).slice("", &[("name", ())], false).expect("a slice");
        assert_eq!((slice.reach(), slice.offset), (3, 7));
        let (rows, next) = slice.cut(vec!["a", "b: & %", "c"], |row| Place::new(ID, row));
        assert_eq!(rows, ["a", "b: & %"]);
        let list = List::of_slice(
            rows,
            9,
            &slice,
            next.as_ref(),
            "/x",
            &[("search", "a b".to_owned()), ("order_by", String::new())],
        );
        let address = list.next.expect("a next page");
        assert!(address.starts_with("/x?search=a+b&limit=2&cursor="), "{address}");
        let (_, query) = address.split_once('?').expect("a query");
        let cursor =
            url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "cursor").expect("a cursor");
        let behind = page(Some(cursor.1.into_owned())).slice("", &[("name", ())], false).expect("a slice");
        assert_eq!((behind.behind, behind.offset), (Some(Place::new(ID, "b: & %")), 0));
        assert_eq!(slice.cut(vec!["a", "b"], |row| Place::new(ID, row)).1, None);
        let of = |sorted: &str| format!("{sorted}:{ID}:b");
        page(Some(of("name-asc"))).slice("", &[("name", ())], false).expect("the same order");
        for wrong in ["7", "x:y", &ID[1..], &format!("{ID}:b"), &of("name-desc"), &of("made-asc"), &of("")] {
            assert!(page(Some(wrong.to_owned())).slice("", &[("name", ())], false).is_err(), "{wrong}");
        }
        let both = Page { offset: Some(7), ..page(Some(of("name-asc"))) };
        both.slice("", &[("name", ())], false).expect_err("a cursor and an offset");
    }
}
