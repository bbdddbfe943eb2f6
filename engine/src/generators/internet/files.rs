//! Files, media types and passwords.

use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::lists::{Draw, FromList, List, likely};
use super::super::numbered::{self, Numbered};
use super::super::text::{TextColumn, nothing_fits};
use super::super::{Cells, Fill, Generator, Made, Problems, Rows, RunError};
use super::web::plain_words;
use crate::plan::Context;
use crate::problem::Problem;
use crate::random::{Alias, Cell, Key};
use crate::types::LogicalType;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MediaClass {
    /// Documents, archives and data.
    Application,
    /// Sound.
    Audio,
    /// Pictures.
    Image,
    /// Text.
    Text,
    /// Films.
    Video,
}

/// Media types of the IANA registry and the usual extension of their files, the usual ones first in each class.
const MEDIA: [(MediaClass, &str, &str, f64); 34] = [
    (MediaClass::Application, "application/pdf", "pdf", 14.0),
    (MediaClass::Application, "application/json", "json", 10.0),
    (MediaClass::Application, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx", 8.0),
    (MediaClass::Application, "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx", 8.0),
    (MediaClass::Application, "application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx", 4.0),
    (MediaClass::Application, "application/zip", "zip", 4.0),
    (MediaClass::Application, "application/xml", "xml", 3.0),
    (MediaClass::Application, "application/gzip", "gz", 2.0),
    (MediaClass::Application, "application/vnd.oasis.opendocument.text", "odt", 1.0),
    (MediaClass::Application, "application/vnd.oasis.opendocument.spreadsheet", "ods", 1.0),
    (MediaClass::Application, "application/rtf", "rtf", 0.5),
    (MediaClass::Application, "application/sql", "sql", 0.5),
    (MediaClass::Application, "application/octet-stream", "bin", 2.0),
    (MediaClass::Audio, "audio/mpeg", "mp3", 4.0),
    (MediaClass::Audio, "audio/ogg", "ogg", 0.5),
    (MediaClass::Audio, "audio/flac", "flac", 0.3),
    (MediaClass::Audio, "audio/aac", "aac", 0.5),
    (MediaClass::Image, "image/jpeg", "jpg", 14.0),
    (MediaClass::Image, "image/png", "png", 12.0),
    (MediaClass::Image, "image/gif", "gif", 3.0),
    (MediaClass::Image, "image/webp", "webp", 3.0),
    (MediaClass::Image, "image/svg+xml", "svg", 2.0),
    (MediaClass::Image, "image/tiff", "tiff", 0.5),
    (MediaClass::Image, "image/avif", "avif", 0.5),
    (MediaClass::Text, "text/plain", "txt", 6.0),
    (MediaClass::Text, "text/html", "html", 6.0),
    (MediaClass::Text, "text/csv", "csv", 5.0),
    (MediaClass::Text, "text/css", "css", 2.0),
    (MediaClass::Text, "text/javascript", "js", 3.0),
    (MediaClass::Text, "text/markdown", "md", 1.5),
    (MediaClass::Text, "text/calendar", "ics", 0.5),
    (MediaClass::Video, "video/mp4", "mp4", 5.0),
    (MediaClass::Video, "video/webm", "webm", 1.0),
    (MediaClass::Video, "video/quicktime", "mov", 1.0),
];

/// A media type as in `Content-Type`, of the IANA registry; usual ones more often.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MimeType {
    /// `application`, `audio`, `image`, `text` or `video`; all of them when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    class: Option<MediaClass>,
}

impl Generator for MimeType {
    const EXAMPLE: &'static str = "{type: mime_type, class: image}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let most = cx.lengths().1.map_or(usize::MAX, |most| most as usize);
        let chosen = MEDIA
            .iter()
            .filter(|(class, name, ..)| self.class.is_none_or(|wanted| wanted == *class) && name.len() <= most);
        let (names, weights): (Vec<&str>, Vec<f64>) = chosen.map(|(_, name, _, weight)| (*name, *weight)).unzip();
        let alias = Alias::new(&weights)
            .ok_or_else(|| vec![nothing_fits(format!("no media type of that class has at most {most} characters"))])?;
        let list = List::of_texts(names);
        let (longest, domain) = (list.longest(), likely(&list, &weights));
        let fill = FromList { list, key: cx.key("value"), draw: Draw::Weighted(alias) };
        Ok(Made { longest, ..Made::drawn(LogicalType::String, fill).counted(domain) })
    }
}

/// A file's name: two or three words, a number where it has two, and an extension.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileName {
    /// The extension without its point; usual ones when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    extension: Option<String>,
}

struct FileNames {
    words: Arc<[String]>,
    extensions: Vec<String>,
}

impl FileNames {
    /// Names of two words and a number below it, and of three words.
    const NUMBERS: u128 = 1_000;

    fn pairs(&self) -> u128 {
        (self.words.len() as u128).pow(2) * FileNames::NUMBERS
    }
}

impl Numbered for FileNames {
    fn count(&self) -> u128 {
        (self.pairs() + (self.words.len() as u128).pow(3)) * self.extensions.len() as u128
    }

    fn longest(&self) -> u64 {
        let word = self.words.iter().map(|word| word.len() as u64).max().unwrap_or(0);
        let extension = self.extensions.iter().map(|extension| extension.chars().count() as u64).max().unwrap_or(0);
        (3 * word + 2).max(2 * word + 5) + 1 + extension
    }

    fn write(&self, rank: u128, out: &mut String) {
        let words = self.words.len() as u128;
        let word = |rank: u128| self.words[(rank % words) as usize].as_str();
        let extensions = self.extensions.len() as u128;
        let rest = rank / extensions;
        if rest < self.pairs() {
            let (number, pair) = (rest % FileNames::NUMBERS, rest / FileNames::NUMBERS);
            out.push_str(word(pair));
            out.push('_');
            out.push_str(word(pair / words));
            out.push_str(&format!("_{number:03}"));
        } else {
            let triple = rest - self.pairs();
            out.push_str(word(triple));
            out.push('_');
            out.push_str(word(triple / words));
            out.push('_');
            out.push_str(word(triple / words / words));
        }
        out.push('.');
        out.push_str(&self.extensions[(rank % extensions) as usize]);
    }
}

impl Generator for FileName {
    const EXAMPLE: &'static str = "{type: file_name, extension: pdf}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let extensions = match &self.extension {
            None => MEDIA.iter().map(|(_, _, extension, _)| (*extension).to_owned()).collect(),
            Some(extension) => {
                let extension = extension.trim_start_matches('.').to_owned();
                if extension.is_empty() || extension.contains(|c: char| c == '/' || c == '\\' || c.is_control()) {
                    let detail = format!("\"{extension}\" is no extension of a file");
                    return Err(vec![
                        Problem::new("wrong_extension", detail).remedy("write one such as pdf").at("/extension"),
                    ]);
                }
                vec![extension]
            }
        };
        numbered::column(cx, FileNames { words: plain_words(cx), extensions }, "a file name")
    }
}

/// What a password must hold.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordPolicy {
    /// Fewest characters; 12 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 256))]
    min: Option<u32>,
    /// Most characters; 16 or the fewest when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 256))]
    max: Option<u32>,
    /// Fewest lower-case letters; 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lower: Option<u32>,
    /// Fewest upper-case letters; 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    upper: Option<u32>,
    /// Fewest digits; 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    digits: Option<u32>,
    /// Fewest other signs; 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signs: Option<u32>,
}

/// A password of random characters that keeps a policy: for tests, never for an account. Letters and digits that are taken for one another
/// are left out.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Password {
    /// What it must hold; 12 to 16 characters with one of each kind when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    policy: Option<PasswordPolicy>,
}

const LOWER: &[u8] = b"abcdefghijkmnopqrstuvwxyz";
const UPPER: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
const DIGITS: &[u8] = b"23456789";
const SIGNS: &[u8] = b"!#$%&*+-./:=?@_~";

struct Passwords {
    key: Key,
    min: u32,
    max: u32,
    /// Fewest lower-case letters, upper-case letters, digits, signs.
    least: [u32; 4],
}

impl Passwords {
    fn write(&self, cell: &mut Cell, scratch: &mut Vec<u8>, out: &mut String) {
        const KINDS: [&[u8]; 4] = [LOWER, UPPER, DIGITS, SIGNS];
        let all: usize = KINDS.iter().map(|kind| kind.len()).sum();
        let length = self.min + cell.below(u64::from(self.max - self.min) + 1) as u32;
        scratch.clear();
        for (kind, least) in KINDS.iter().zip(self.least) {
            for _ in 0..least {
                scratch.push(kind[cell.below(kind.len() as u64) as usize]);
            }
        }
        while scratch.len() < length as usize {
            let mut place = cell.below(all as u64) as usize;
            for kind in KINDS {
                if let Some(sign) = kind.get(place) {
                    scratch.push(*sign);
                    break;
                }
                place -= kind.len();
            }
        }
        // The required ones stand anywhere (Durstenfeld 1964).
        for last in (1..scratch.len()).rev() {
            scratch.swap(last, cell.below(last as u64 + 1) as usize);
        }
        out.extend(scratch.iter().map(|byte| char::from(*byte)));
    }
}

impl Fill for Passwords {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let key = cells.key(&self.key);
        let mut column = TextColumn::with_capacity(rows.len(), self.max as usize);
        let mut scratch = Vec::with_capacity(self.max as usize);
        for row in rows.iter() {
            self.write(&mut key.cell(row), &mut scratch, column.out());
            column.end();
        }
        Ok(Arc::new(column.finish()))
    }
}

impl Generator for Password {
    const EXAMPLE: &'static str = "{type: password, policy: {min: 10, max: 14, digits: 2}}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let policy = self.policy.as_ref();
        let of = |field: fn(&PasswordPolicy) -> Option<u32>| policy.and_then(field);
        let least =
            [of(|p| p.lower), of(|p| p.upper), of(|p| p.digits), of(|p| p.signs)].map(|least| least.unwrap_or(1));
        let needed: u64 = least.iter().map(|least| u64::from(*least)).sum();
        // The end that is not given gives way to the one that is.
        let min = of(|p| p.min).unwrap_or_else(|| 12.min(of(|p| p.max).unwrap_or(u32::MAX)));
        let max = of(|p| p.max).unwrap_or_else(|| 16.max(min));
        let (shortest, most) = cx.lengths();
        let (low, high) = (min.max(shortest), most.map_or(max, |most| max.min(most)));
        if min == 0 || max > 256 || max < min {
            let detail = format!("a password of {min} to {max} characters is not between 1 and 256 characters long");
            return Err(vec![Problem::new("out_of_range", detail).at("/policy")]);
        }
        if low > high {
            return Err(vec![nothing_fits(format!("no password of {min} to {max} characters fits the column"))]);
        }
        if needed > u64::from(low) {
            let detail = format!("the policy asks for {needed} characters by kind, and a password can have {low}");
            return Err(vec![
                Problem::new("too_many", detail).remedy("raise min or ask for fewer of a kind").at("/policy"),
            ]);
        }
        let fill = Passwords { key: cx.key("value"), min: low, max: high, least };
        Ok(Made { longest: Some(u64::from(high)), ..Made::drawn(LogicalType::String, fill) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Seeds;

    #[test]
    fn passwords_hold_what_the_policy_asks() {
        let key = Seeds::new(5).key("t", "c", "value", 0);
        let passwords = Passwords { key, min: 6, max: 9, least: [1, 2, 2, 1] };
        let mut lengths = std::collections::BTreeSet::new();
        for row in 0..2_000 {
            let mut out = String::new();
            passwords.write(&mut key.cell(row), &mut Vec::new(), &mut out);
            let among = |kind: &[u8]| out.bytes().filter(|byte| kind.contains(byte)).count();
            assert!(among(LOWER) >= 1 && among(UPPER) >= 2 && among(DIGITS) >= 2 && among(SIGNS) >= 1, "{out}");
            lengths.insert(out.len());
        }
        assert_eq!(lengths, (6..=9).collect());
    }

    #[test]
    fn file_names_are_distinct() {
        let words: Arc<[String]> = ["acta", "informe"].map(str::to_owned).into();
        let names = FileNames { words, extensions: vec!["pdf".to_owned(), "csv".to_owned()] };
        let all = numbered::check(&names, 0..names.count());
        assert_eq!((all[0].as_str(), all.len()), ("acta_acta_000.pdf", 2 * (4_000 + 8)));
    }

    #[test]
    fn every_media_type_is_of_its_class() {
        for (class, name, extension, weight) in MEDIA {
            let class = serde_json::to_value(class).expect("a word");
            assert_eq!(name.split_once('/').map(|(before, _)| before), class.as_str(), "{name}");
            assert!(!extension.is_empty() && weight > 0.0);
        }
    }
}
