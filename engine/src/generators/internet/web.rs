//! Names, paths and requests of the web.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::lists::{Draw, FromList, List, likely};
use super::super::numbered::{self, Numbered};
use super::super::text::{TextColumn, nothing_fits};
use super::super::{Cells, Fill, Generator, Made, Problems, Rows, RunError};
use super::site;
use crate::plan::Context;
use crate::problem::{Problem, pointer_step};
use crate::random::{Alias, Cell, Key};
use crate::types::LogicalType;

/// Words of the locale's language as they stand in names of hosts and paths: lower-case ASCII letters, three to twelve of them, each once.
pub(super) fn plain_words(cx: &Context<'_>) -> Arc<[String]> {
    let mut words: Vec<String> = Vec::new();
    for word in &cx.locale().words().values {
        let letters = cx.locale().plain(word);
        if (3..=12).contains(&letters.len()) && letters.bytes().all(|byte| byte.is_ascii_lowercase()) {
            words.push(letters);
        }
    }
    words.sort_unstable();
    words.dedup();
    words.into()
}

/// Top-level domains that are reserved (RFC 2606, RFC 6761): nobody has a name there.
const RESERVED: [&str; 4] = ["example", "test", "invalid", "localhost"];

/// Usual top-level domains and how often each comes, beside the country's own.
const USUAL: [(&str, f64); 4] = [("com", 62.0), ("net", 9.0), ("org", 8.0), ("io", 3.0)];

/// Two words with or without a hyphen, and a top-level domain.
struct Hosts {
    words: Arc<[String]>,
    endings: Vec<String>,
    longest: u64,
}

impl Hosts {
    fn of(cx: &Context<'_>, tld: Option<&String>) -> Result<Hosts, Problems> {
        let words = plain_words(cx);
        let endings = match tld {
            Some(tld) => {
                let tld = tld.trim_start_matches('.').to_ascii_lowercase();
                let labels_right = tld.split('.').all(|label| {
                    !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                });
                if !labels_right {
                    let detail = format!("\"{tld}\" is no top-level domain");
                    return Err(vec![Problem::new("wrong_domain", detail).remedy("write one such as com").at("/tld")]);
                }
                if cx.safe() && !RESERVED.contains(&tld.as_str()) {
                    let detail = format!("names under .{tld} can be somebody's, and the dataset is safe");
                    let remedy = format!("take one of {} or say safe: false", RESERVED.join(", "));
                    return Err(vec![Problem::new("unsafe_domain", detail).remedy(remedy).at("/tld")]);
                }
                vec![tld]
            }
            None if cx.safe() => vec!["example".to_owned()],
            None => {
                let own = cx.locale().country().to_ascii_lowercase();
                USUAL
                    .iter()
                    .map(|(tld, _)| (*tld).to_owned())
                    .chain([if own == "gb" { "uk".to_owned() } else { own }])
                    .collect()
            }
        };
        let word = words.iter().map(|word| word.len() as u64).max().unwrap_or(0);
        let ending = endings.iter().map(|ending| ending.len() as u64).max().unwrap_or(0);
        Ok(Hosts { words, endings, longest: 2 * word + 2 + ending })
    }
}

impl Numbered for Hosts {
    fn count(&self) -> u128 {
        let words = self.words.len() as u128;
        words * words * self.endings.len() as u128
    }

    fn longest(&self) -> u64 {
        self.longest
    }

    fn write(&self, rank: u128, out: &mut String) {
        let words = self.words.len() as u128;
        out.push_str(&self.words[(rank % words) as usize]);
        // Without the hyphen two pairs of words could make one name.
        out.push('-');
        out.push_str(&self.words[(rank / words % words) as usize]);
        out.push('.');
        out.push_str(&self.endings[(rank / words / words) as usize]);
    }
}

/// A domain name of two words, or that of the row's company, as in its people's addresses. Where the dataset is safe it lies under `.example`, which is reserved, so that nobody has it.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DomainName {
    /// The top-level domain; when absent, `example` where the dataset is safe, else com, net, org, io or the country's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tld: Option<String>,
}

impl Generator for DomainName {
    const EXAMPLE: &'static str = "{type: domain_name, tld: test}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let hosts = Hosts::of(cx, self.tld.as_ref())?;
        let ending = self.tld.as_ref().and(hosts.endings.first()).cloned();
        if let Some(made) = site::of_company(cx, ending.as_deref(), None, None)? {
            return Ok(made);
        }
        numbered::column(cx, hosts, "a domain name")
    }
}

/// The address of a page: scheme, domain and, unless it is left out, a path of one to three parts. Where the row shows a company it is a page of
/// that. Where the dataset is safe the domain is a reserved one.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Url {
    /// The scheme; `https` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scheme: Option<String>,
    /// Whether a path follows the domain; true when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<bool>,
}

struct Urls {
    scheme: String,
    hosts: Hosts,
    path: bool,
}

impl Urls {
    /// How many paths of up to three words there are.
    fn paths(&self) -> u128 {
        let words = self.hosts.words.len() as u128;
        if self.path { words + words * words + words * words * words } else { 1 }
    }
}

impl Numbered for Urls {
    fn count(&self) -> u128 {
        self.hosts.count() * self.paths()
    }

    fn longest(&self) -> u64 {
        let word = self.hosts.words.iter().map(|word| word.len() as u64).max().unwrap_or(0);
        self.scheme.len() as u64 + 3 + self.hosts.longest() + if self.path { 3 * (word + 1) } else { 1 }
    }

    fn write(&self, rank: u128, out: &mut String) {
        let hosts = self.hosts.count();
        out.push_str(&self.scheme);
        out.push_str("://");
        self.hosts.write(rank % hosts, out);
        let mut rest = rank / hosts;
        if !self.path {
            out.push('/');
            return;
        }
        let words = self.hosts.words.len() as u128;
        let (mut depth, mut paths) = (1, words);
        while rest >= paths {
            rest -= paths;
            paths *= words;
            depth += 1;
        }
        for _ in 0..depth {
            out.push('/');
            out.push_str(&self.hosts.words[(rest % words) as usize]);
            rest /= words;
        }
    }
}

impl Generator for Url {
    const EXAMPLE: &'static str = "{type: url}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let scheme = self.scheme.clone().unwrap_or_else(|| "https".to_owned());
        let starts = scheme.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
        if !starts || !scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)) {
            let detail = format!("\"{scheme}\" is no scheme of a URL");
            return Err(vec![Problem::new("wrong_scheme", detail).remedy("write one such as https").at("/scheme")]);
        }
        let hosts = Hosts::of(cx, None)?;
        let path = self.path.unwrap_or(true);
        let words = path.then(|| Arc::clone(&hosts.words));
        if let Some(made) = site::of_company(cx, None, Some(format!("{scheme}://")), words)? {
            return Ok(made);
        }
        let urls = Urls { scheme, hosts, path };
        numbered::column(cx, urls, "a URL")
    }
}

/// A text for a URL's path: words of the locale's language in lower-case ASCII, hyphens between.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Slug {
    /// How many words; 3 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 12))]
    words: Option<u32>,
}

struct Slugs {
    words: Arc<[String]>,
    count: u32,
}

impl Numbered for Slugs {
    fn count(&self) -> u128 {
        (self.words.len() as u128).saturating_pow(self.count)
    }

    fn longest(&self) -> u64 {
        let word = self.words.iter().map(|word| word.len() as u64).max().unwrap_or(0);
        (word + 1) * u64::from(self.count) - 1
    }

    fn write(&self, mut rank: u128, out: &mut String) {
        let words = self.words.len() as u128;
        for place in 0..self.count {
            if place > 0 {
                out.push('-');
            }
            out.push_str(&self.words[(rank % words) as usize]);
            rank /= words;
        }
    }
}

impl Generator for Slug {
    const EXAMPLE: &'static str = "{type: slug, words: 3}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let count = self.words.unwrap_or(3);
        if !(1..=12).contains(&count) {
            let detail = format!("a slug of {count} words is not between 1 and 12 words long");
            return Err(vec![Problem::new("out_of_range", detail).at("/words")]);
        }
        let words = plain_words(cx);
        numbered::column(cx, Slugs { words, count }, "a slug")
    }
}

/// A column of words by weight: those of a list, or the ones that are named with a weight of their own.
fn weighted<'a>(
    known: &[(&'a str, f64)],
    given: Option<&BTreeMap<String, f64>>,
    unknown: impl Fn(&str) -> Problem,
) -> Result<(Vec<&'a str>, Vec<f64>, Alias), Problems> {
    let (words, weights): (Vec<&str>, Vec<f64>) = match given {
        None => known.iter().copied().unzip(),
        Some(given) => {
            let mut chosen = Vec::with_capacity(given.len());
            for (word, weight) in given {
                let found = known.iter().find(|(known, _)| known.eq_ignore_ascii_case(word));
                let place = format!("/weights{}", pointer_step(word));
                let (found, _) = found.ok_or_else(|| vec![unknown(word).at(place)])?;
                chosen.push((*found, *weight));
            }
            chosen.into_iter().unzip()
        }
    };
    if words.is_empty() {
        return Err(vec![Problem::new("empty_list", "the map is empty").at("/weights")]);
    }
    let alias = Alias::new(&weights).ok_or_else(|| {
        vec![Problem::new("wrong_weights", "weights are numbers from 0, and one of them is above it").at("/weights")]
    })?;
    Ok((words, weights, alias))
}

/// The method of an HTTP request (RFC 9110), reading ones more often.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpMethod {
    /// How often each method comes, in proportion, such as `{GET: 9, POST: 1}`; those that are not named never do. Mostly GET when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "weight"))]
    weights: Option<BTreeMap<String, f64>>,
}

/// Methods of RFC 9110 and RFC 5789.
const METHODS: [(&str, f64); 9] = [
    ("GET", 70.0),
    ("POST", 16.0),
    ("PUT", 5.0),
    ("PATCH", 3.0),
    ("DELETE", 2.5),
    ("HEAD", 1.5),
    ("OPTIONS", 2.0),
    ("CONNECT", 0.0),
    ("TRACE", 0.0),
];

impl Generator for HttpMethod {
    const EXAMPLE: &'static str = "{type: http_method, weights: {GET: 9, POST: 1}}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let (methods, weights, alias) = weighted(&METHODS, self.weights.as_ref(), |method| {
            Problem::new("unknown_method", format!("\"{method}\" is no HTTP method")).remedy("write one such as GET")
        })?;
        let list = List::of_texts(methods);
        let (longest, domain) = (list.longest(), likely(&list, &weights));
        let fill = FromList { list, key: cx.key("value"), draw: Draw::Weighted(alias) };
        Ok(Made { longest, ..Made::drawn(LogicalType::String, fill).counted(domain) })
    }
}

/// The status of an HTTP response, a number; successful ones more often.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpStatus {
    /// How often each status comes, in proportion, such as `{"200": 95, "500": 5}`; those that are not named never do. Mostly 200 when
    /// absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("role" = "weight"))]
    weights: Option<BTreeMap<String, f64>>,
}

/// Statuses of the IANA registry of HTTP status codes; those without a weight come only where they are named.
const STATUSES: [(&str, f64); 50] = [
    ("200", 84.0),
    ("201", 3.0),
    ("204", 1.5),
    ("301", 1.0),
    ("302", 1.5),
    ("304", 3.0),
    ("400", 0.8),
    ("401", 0.9),
    ("403", 0.5),
    ("404", 2.5),
    ("429", 0.2),
    ("500", 0.5),
    ("502", 0.2),
    ("503", 0.3),
    ("504", 0.1),
    ("100", 0.0),
    ("101", 0.0),
    ("202", 0.0),
    ("203", 0.0),
    ("205", 0.0),
    ("206", 0.0),
    ("207", 0.0),
    ("300", 0.0),
    ("303", 0.0),
    ("307", 0.0),
    ("308", 0.0),
    ("402", 0.0),
    ("405", 0.0),
    ("406", 0.0),
    ("407", 0.0),
    ("408", 0.0),
    ("409", 0.0),
    ("410", 0.0),
    ("411", 0.0),
    ("412", 0.0),
    ("413", 0.0),
    ("414", 0.0),
    ("415", 0.0),
    ("416", 0.0),
    ("417", 0.0),
    ("421", 0.0),
    ("422", 0.0),
    ("423", 0.0),
    ("425", 0.0),
    ("426", 0.0),
    ("428", 0.0),
    ("431", 0.0),
    ("451", 0.0),
    ("501", 0.0),
    ("511", 0.0),
];

impl Generator for HttpStatus {
    const EXAMPLE: &'static str = "{type: http_status}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let (statuses, weights, alias) = weighted(&STATUSES, self.weights.as_ref(), |status| {
            Problem::new("unknown_status", format!("\"{status}\" is no HTTP status")).remedy("write one such as 404")
        })?;
        let numbers =
            statuses.iter().map(|status| json!(status.parse::<i64>().unwrap_or_default())).collect::<Vec<_>>();
        let list = List::of(&numbers, Some(&LogicalType::Integer))
            .map_err(|found| found.into_iter().map(|problem| problem.at("/weights")).collect::<Problems>())?;
        let domain = likely(&list, &weights);
        let fill = FromList { list, key: cx.key("value"), draw: Draw::Weighted(alias) };
        Ok(Made::drawn(LogicalType::Integer, fill).counted(domain))
    }
}

/// What a browser runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Platform {
    /// Windows on a desk.
    Windows,
    /// A Mac.
    Mac,
    /// Linux on a desk.
    Linux,
    /// An Android telephone.
    Android,
    /// An iPhone.
    Ios,
}

/// What a browser says of itself in its requests: usual browsers of the last years, each as often as it is used.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UserAgent {
    /// What it runs on: `windows`, `mac`, `linux`, `android` or `ios`; all of them, by use, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    platform: Option<Platform>,
}

/// How often each platform and browser comes, in rough thousandths of all page views, and its text: `#` stands for a main version, `+` for
/// a minor one.
const AGENTS: [(Platform, f64, Browser, &str); 12] = [
    (
        Platform::Android,
        330.0,
        Browser::Chrome,
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/#.0.0.0 Mobile Safari/537.36",
    ),
    (
        Platform::Windows,
        200.0,
        Browser::Chrome,
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/#.0.0.0 Safari/537.36",
    ),
    (
        Platform::Ios,
        165.0,
        Browser::Safari,
        "Mozilla/5.0 (iPhone; CPU iPhone OS #_+ like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/#.+ Mobile/15E148 Safari/604.1",
    ),
    (
        Platform::Mac,
        60.0,
        Browser::Chrome,
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/#.0.0.0 Safari/537.36",
    ),
    (
        Platform::Windows,
        50.0,
        Browser::Chrome,
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/#.0.0.0 Safari/537.36 Edg/#.0.0.0",
    ),
    (
        Platform::Mac,
        40.0,
        Browser::Safari,
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/#.+ Safari/605.1.15",
    ),
    (
        Platform::Windows,
        25.0,
        Browser::Firefox,
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:#.0) Gecko/20100101 Firefox/#.0",
    ),
    (
        Platform::Ios,
        20.0,
        Browser::Chrome,
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_+ like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/#.0.0.0 Mobile/15E148 Safari/604.1",
    ),
    (
        Platform::Linux,
        15.0,
        Browser::Chrome,
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/#.0.0.0 Safari/537.36",
    ),
    (Platform::Linux, 8.0, Browser::Firefox, "Mozilla/5.0 (X11; Linux x86_64; rv:#.0) Gecko/20100101 Firefox/#.0"),
    (
        Platform::Mac,
        6.0,
        Browser::Firefox,
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:#.0) Gecko/20100101 Firefox/#.0",
    ),
    (Platform::Android, 6.0, Browser::Firefox, "Mozilla/5.0 (Android 14; Mobile; rv:#.0) Gecko/#.0 Firefox/#.0"),
];

/// Browsers by their numbering.
#[derive(Clone, Copy)]
enum Browser {
    Chrome,
    Firefox,
    Safari,
}

impl Browser {
    /// First main version and how many follow it.
    fn versions(self) -> (u64, u64) {
        match self {
            Browser::Chrome => (120, 24),
            Browser::Firefox => (121, 24),
            Browser::Safari => (16, 3),
        }
    }
}

struct Agents {
    key: Key,
    chosen: Vec<(Browser, &'static str)>,
    alias: Alias,
}

impl Agents {
    fn write(&self, cell: &mut Cell, out: &mut String) {
        let (browser, text) = self.chosen[self.alias.pick(cell.next())];
        let (first, count) = browser.versions();
        // The later of two draws: newer versions are used more.
        let main = first + cell.below(count).max(cell.below(count));
        let minor = cell.below(6);
        for c in text.chars() {
            match c {
                '#' => out.push_str(&main.to_string()),
                '+' => out.push_str(&minor.to_string()),
                c => out.push(c),
            }
        }
    }
}

impl Fill for Agents {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let key = cells.key(&self.key);
        let mut column = TextColumn::with_capacity(rows.len(), 128);
        for row in rows.iter() {
            self.write(&mut key.cell(row), column.out());
            column.end();
        }
        Ok(Arc::new(column.finish()))
    }
}

impl Generator for UserAgent {
    const EXAMPLE: &'static str = "{type: user_agent, platform: android}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let agents = AGENTS.iter().filter(|(platform, ..)| self.platform.is_none_or(|wanted| wanted == *platform));
        let (chosen, weights): (Vec<_>, Vec<f64>) =
            agents.map(|(_, weight, browser, text)| ((*browser, *text), *weight)).unzip();
        // Versions have three digits at most, minor ones one.
        let longest =
            chosen.iter().map(|(_, text)| text.len() + 2 * text.matches('#').count()).max().unwrap_or(0) as u64;
        if let Some(most) = cx.lengths().1.filter(|most| u64::from(*most) < longest) {
            let detail =
                format!("what a browser says of itself can have {longest} characters, and the column takes {most}");
            return Err(vec![nothing_fits(detail)]);
        }
        let alias = Alias::new(&weights)
            .ok_or_else(|| vec![Problem::new("empty_list", "no browser runs there").at("/platform")])?;
        let fill = Agents { key: cx.key("value"), chosen, alias };
        Ok(Made { longest: Some(longest), ..Made::drawn(LogicalType::String, fill) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_pages_are_distinct_and_well_formed() {
        let words: Arc<[String]> = ["casa", "libro", "mesa"].map(str::to_owned).into();
        let hosts = || Hosts { words: Arc::clone(&words), endings: vec!["example".to_owned()], longest: 5 + 1 + 5 + 8 };
        let urls = Urls { scheme: "https".to_owned(), hosts: hosts(), path: true };
        assert_eq!(urls.count(), 9 * (3 + 9 + 27));
        for text in numbered::check(&urls, 0..urls.count()) {
            let path = text.strip_prefix("https://").and_then(|rest| rest.split_once(".example/")).expect("a URL").1;
            assert!(
                (1..=3).contains(&path.split('/').count()) && path.split('/').all(|part| part.len() >= 4),
                "{text}"
            );
        }
        let bare = Urls { scheme: "ftp".to_owned(), hosts: hosts(), path: false };
        assert_eq!(numbered::check(&bare, 0..bare.count())[0], "ftp://casa-casa.example/");
        let slugs = Slugs { words, count: 2 };
        assert_eq!(numbered::check(&slugs, 0..slugs.count()).len(), 9);
    }
}
