//! `Accept` (RFC 9110, section 12.5.1): which of the media types that there are a client likes best.

use actix_web::HttpRequest;
use actix_web::http::header;

use crate::error::{ApiError, Code};

/// The place among `offered` of the one that a request likes best, the first where it does not say.
///
/// # Errors
/// It takes none of them.
pub fn choose(request: &HttpRequest, offered: &[&str]) -> Result<usize, ApiError> {
    let values = request.headers().get_all(header::ACCEPT).filter_map(|value| value.to_str().ok());
    let accept = values.collect::<Vec<_>>().join(",");
    preferred(&accept, offered)
        .ok_or_else(|| ApiError::new(Code::NotAcceptable, format!("send one of {} as Accept", offered.join(", "))))
}

/// A range of media types, and how much it is liked.
struct Range<'a> {
    kind: &'a str,
    subtype: &'a str,
    /// Thousandths.
    quality: u16,
}

/// The one that is liked best; among those that are liked alike the one that is named first, then the one that is offered first.
fn preferred(accept: &str, offered: &[&str]) -> Option<usize> {
    let ranges: Vec<Range<'_>> = accept.split(',').filter_map(range).collect();
    if ranges.is_empty() {
        return Some(0);
    }
    let liked = offered.iter().enumerate().filter_map(|(place, media_type)| {
        let (kind, subtype) = media_type.split_once('/')?;
        // What names it best speaks of it, whatever the others say.
        let exactness = |range: &Range<'_>| match (range.kind, range.subtype) {
            ("*", "*") => Some(0),
            (named, "*") if named.eq_ignore_ascii_case(kind) => Some(1),
            (named, other) if named.eq_ignore_ascii_case(kind) && other.eq_ignore_ascii_case(subtype) => Some(2),
            _ => None,
        };
        let found = ranges.iter().enumerate().filter_map(|(nth, range)| Some((exactness(range)?, nth, range)));
        let (_, nth, range) = found.max_by_key(|(exact, nth, _)| (*exact, usize::MAX - nth))?;
        (range.quality > 0).then_some((range.quality, nth, place))
    });
    liked.min_by_key(|(quality, nth, place)| (1000 - quality, *nth, *place)).map(|(_, _, place)| place)
}

/// What stands between two commas; nothing where it is no range. A quality that cannot be read counts as none given.
fn range(text: &str) -> Option<Range<'_>> {
    let mut parts = text.split(';').map(str::trim);
    let (kind, subtype) = parts.next()?.split_once('/')?;
    let quality = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then(|| value.trim().parse::<f64>().ok()).flatten()
    });
    let quality = quality.filter(|quality| (0.0..=1.0).contains(quality)).unwrap_or(1.0);
    Some(Range { kind: kind.trim(), subtype: subtype.trim(), quality: (quality * 1000.0).round() as u16 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_that_is_liked_best_is_given() {
        let offered = ["application/json", "text/csv", "application/yaml"];
        for (accept, expected) in [
            ("", Some(0)),
            ("nonsense", Some(0)),
            ("*/*", Some(0)),
            ("text/csv;q=0.1, application/json;q=0.9", Some(0)),
            ("application/json;q=0.1,TEXT/CSV;Q=0.9", Some(1)),
            ("application/yaml, application/json", Some(2)),
            ("text/*, application/json", Some(1)),
            ("application/*;q=0.5, text/*;q=0.4", Some(0)),
            ("application/json;q=0, */*", Some(1)),
            ("application/json;q=0, */*;q=0.000", None),
            ("application/json;q=0", None),
            ("*/*;q=0.1, application/yaml", Some(2)),
            ("text/html, application/xhtml+xml, */*;q=0.8", Some(0)),
            ("text/csv;charset=utf-8;q=0.3, application/yaml;q=0.2", Some(1)),
            ("text/csv;q=much", Some(1)),
            ("image/png", None),
        ] {
            assert_eq!(preferred(accept, &offered), expected, "{accept}");
        }
    }
}
