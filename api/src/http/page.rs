//! Pages of lists: `limit`, an opaque `cursor`, and where the next page is.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

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

    /// Items to pass over, checked.
    pub fn offset(&self) -> Result<i64, ApiError> {
        let offset = self.offset.unwrap_or_default();
        if offset > MAX_OFFSET {
            return Err(ApiError::invalid_at("/offset", format!("{offset} is above {MAX_OFFSET}")));
        }
        let Some(cursor) = self.cursor.as_ref().filter(|cursor| !cursor.is_empty()) else {
            return Ok(offset.into());
        };
        let is_number = cursor.len() <= CURSOR_DIGITS && cursor.bytes().all(|byte| byte.is_ascii_digit());
        match cursor.parse::<u32>() {
            Ok(offset) if is_number => Ok(offset.into()),
            _ => Err(ApiError::invalid_at("/cursor", format!("{cursor:?} is no cursor of this list"))),
        }
    }
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
        let next = (end < total && !items.is_empty()).then(|| {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            for (name, value) in parameters.iter().filter(|(_, value)| !value.is_empty()) {
                query.append_pair(name, value);
            }
            query.append_pair("limit", &limit.to_string()).append_pair("cursor", &end.to_string());
            format!("{path}?{}", query.finish())
        });
        Ok(List { items, total, next })
    }

    /// A list that has one page.
    pub fn whole(items: Vec<T>) -> List<T> {
        let total = items.len() as i64;
        List { items, total, next: None }
    }
}
