//! A stored file as an answer, whole or by a range (RFC 9110, section 14).

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;

use actix_web::http::header::{self, Charset, ContentDisposition, DispositionParam, DispositionType, ExtendedValue};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;

use crate::db::off_thread;
use crate::error::{ApiError, Code};
use crate::http::precondition::etag;

/// Bytes that are read at a time.
const CHUNK: u64 = 1 << 18;

/// Has a client save the answer under a name, and under what ASCII has of it where a client knows no more.
pub fn attachment(name: &str) -> ContentDisposition {
    let plain = name.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '_' });
    let whole = ExtendedValue {
        charset: Charset::Ext("UTF-8".to_owned()),
        language_tag: None,
        value: name.as_bytes().to_vec(),
    };
    ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::Filename(plain.collect()), DispositionParam::FilenameExt(whole)],
    }
}

/// The file, or the one range of it that the request asks for while its tag is still the client's.
pub async fn answer(path: &Path, tag: &str, request: &HttpRequest) -> Result<HttpResponse, ApiError> {
    let path = path.to_owned();
    let (mut file, size) = off_thread(move || {
        let file = File::open(&path).map_err(|error| ApiError::internal(format!("{}: {error}", path.display())))?;
        let size = file.metadata().map_err(ApiError::internal)?.len();
        Ok((file, size))
    })
    .await?;
    let text = |name: header::HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    let is_same = text(header::IF_RANGE).is_none_or(|known| known.trim() == etag(tag));
    let range = text(header::RANGE).filter(|_| is_same).and_then(|asked| ranged(asked, size));
    let (mut answer, range) = match range {
        None => (HttpResponse::Ok(), 0..size),
        Some(Some(range)) => {
            let mut answer = HttpResponse::PartialContent();
            answer.insert_header((header::CONTENT_RANGE, format!("bytes {}-{}/{size}", range.start, range.end - 1)));
            (answer, range)
        }
        Some(None) => {
            let error = ApiError::new(Code::UnsatisfiableRange, format!("the file has {size} bytes"));
            let mut answer = actix_web::ResponseError::error_response(&error);
            if let Ok(value) = header::HeaderValue::from_str(&format!("bytes */{size}")) {
                answer.headers_mut().insert(header::CONTENT_RANGE, value);
            }
            return Ok(answer);
        }
    };
    let length = range.end - range.start;
    file =
        off_thread(move || file.seek(SeekFrom::Start(range.start)).map(|_| file).map_err(ApiError::internal)).await?;
    // No thread waits for a slow reader: each part is read when it is asked for.
    let stream = futures::stream::try_unfold((file, length), |(mut file, rest)| async move {
        if rest == 0 {
            return Ok::<_, ApiError>(None);
        }
        let read = move || {
            let mut part = vec![0; rest.min(CHUNK) as usize];
            file.read_exact(&mut part).map_err(ApiError::internal)?;
            Ok((file, part))
        };
        let (file, part) = off_thread(read).await?;
        let rest = rest - part.len() as u64;
        Ok(Some((Bytes::from(part), (file, rest))))
    });
    Ok(answer
        .insert_header((header::ETAG, etag(tag)))
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        .no_chunking(length)
        .streaming(stream))
}

/// The bytes of `bytes=A-B`, `bytes=A-` or `bytes=-N`; `None` for what is to be passed over (other units, several ranges, nonsense), an inner
/// `None` for a range that lies outside.
fn ranged(asked: &str, size: u64) -> Option<Option<Range<u64>>> {
    let (first, last) = asked.trim().strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let range = match (first.trim(), last.trim()) {
        ("", "") => return None,
        ("", suffix) => {
            let length = number(suffix)?;
            size.saturating_sub(length)..size
        }
        (first, "") => number(first)?..size,
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            if first > last {
                return None;
            }
            first..last.saturating_add(1).min(size)
        }
    };
    Some((range.start < range.end).then_some(range))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        for (asked, expected) in [
            ("bytes=0-9", Some(Some(0..10))),
            ("bytes=90-", Some(Some(90..100))),
            ("bytes=-10", Some(Some(90..100))),
            ("bytes=-200", Some(Some(0..100))),
            ("bytes=50-200", Some(Some(50..100))),
            ("bytes=100-", Some(None)),
            ("bytes=-0", Some(None)),
            ("bytes=9-0", None),
            ("bytes=0-1,5-6", None),
            ("rows=0-1", None),
            ("bytes=-", None),
        ] {
            assert_eq!(ranged(asked, 100), expected, "{asked}");
        }
    }
}
