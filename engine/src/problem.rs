//! What a person can mend in a schema: code, place, sentence and remedy.
//!
//! Reading and planning report all problems, never only the first. A place is a JSON Pointer (RFC 6901); the terminal prints it as a path,
//! `tables[1].columns[2].generator.max`.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

/// How much a problem matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing can be generated before it is mended.
    Error,
    /// Rows can be made; a person should know.
    Warning,
}

/// One thing to mend.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Problem {
    /// A stable word for the kind of problem, in snake_case.
    pub code: &'static str,
    /// Whether it stops a generation.
    pub severity: Severity,
    /// A JSON Pointer into the schema.
    pub pointer: String,
    /// One sentence without a full stop that carries the value, `5 is below min 10`.
    pub detail: String,
    /// What would mend it, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// The values in the sentence.
    pub params: Map<String, Value>,
    /// An RFC 6902 patch, where one change mends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<Value>,
    /// What stands better at its place; becomes the fix once the place is final.
    #[serde(skip)]
    proposal: Option<Box<Proposal>>,
    /// Whether it says what was not achieved, and not that nothing can achieve it.
    #[serde(skip)]
    is_open: bool,
    /// Line in the text that was read, from 1, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Column in that line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u64>,
}

/// What stands better at a problem's place.
#[derive(Clone, Debug, PartialEq)]
enum Proposal {
    /// This value.
    Value(Value),
    /// The same value under this key.
    Key(String),
}

impl Problem {
    /// An error at the place that the caller will put before it with [`Problem::under`].
    pub fn new(code: &'static str, detail: impl Into<String>) -> Problem {
        Problem {
            code,
            severity: Severity::Error,
            pointer: String::new(),
            detail: detail.into(),
            remedy: None,
            params: Map::new(),
            fix: None,
            proposal: None,
            is_open: false,
            line: None,
            column: None,
        }
    }

    /// The same as a warning.
    #[must_use]
    pub fn warning(mut self) -> Problem {
        self.severity = Severity::Warning;
        self
    }

    /// The same of what was tried in vain, which proves nothing of what might be.
    #[must_use]
    pub(crate) fn open(mut self) -> Problem {
        self.is_open = true;
        self
    }

    /// How rules are told that it is of together: that they contradict each other where that is proved, else that this version does not hold
    /// them together.
    pub(crate) fn of_rules(&self, rules: &str) -> String {
        let detail = &self.detail;
        match self.code {
            "nothing_moves" | "two_owners" | "two_sources" => format!("{rules} cannot be held together yet: {detail}"),
            "exhausted" | "run" => format!("{rules} cannot be held together: {detail}"),
            _ if self.is_open => format!("{rules} cannot be held together: {detail}"),
            _ => format!("{rules} contradict each other: {detail}"),
        }
    }

    /// The same at `pointer`, whatever place it had.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>) -> Problem {
        self.pointer = pointer.into();
        self
    }

    /// The same with `prefix` (a JSON Pointer) put before its place.
    #[must_use]
    pub fn under(mut self, prefix: &str) -> Problem {
        self.pointer.insert_str(0, prefix);
        self
    }

    /// The same one key deeper.
    #[must_use]
    pub fn key(self, key: &str) -> Problem {
        let step = pointer_step(key);
        self.under(&step)
    }

    /// The same with what would mend it.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Problem {
        self.remedy = Some(remedy.into());
        self
    }

    /// The same with a value of its sentence.
    #[must_use]
    pub fn param(mut self, name: &str, value: impl Into<Value>) -> Problem {
        self.params.insert(name.to_owned(), value.into());
        self
    }

    /// The same with the value that would stand better at its place.
    #[must_use]
    pub fn propose(mut self, value: impl Into<Value>) -> Problem {
        self.proposal = Some(Box::new(Proposal::Value(value.into())));
        self
    }

    /// The same with the nearest of the words that could stand in the place of `word`, as remedy and as proposal; where none is near and few
    /// are known, the remedy lists them.
    #[must_use]
    pub fn suggest<'a>(self, word: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> Problem {
        let proposal = nearest(word, known.clone()).map(|near| Proposal::Value(near.into()));
        self.suggested(suggestion(word, known), proposal)
    }

    /// The same as remedy alone: where the word is a part of the text at its place, or stands elsewhere.
    #[must_use]
    pub fn hint<'a>(self, word: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> Problem {
        self.suggested(suggestion(word, known), None)
    }

    /// The same for the key at the end of its place.
    #[must_use]
    pub fn suggest_key<'a>(self, key: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> Problem {
        let proposal = nearest(key, known.clone()).map(|near| Proposal::Key(near.to_owned()));
        self.suggested(suggestion(key, known), proposal)
    }

    fn suggested(mut self, remedy: Option<String>, proposal: Option<Proposal>) -> Problem {
        self.remedy = remedy.or(self.remedy);
        self.proposal = proposal.map(Box::new).or(self.proposal);
        self
    }

    /// The same, its place being final: what was proposed becomes the patch that does it.
    #[must_use]
    pub fn settled(mut self) -> Problem {
        let pointer = &self.pointer;
        match self.proposal.take().map(|proposal| *proposal) {
            Some(Proposal::Value(value)) => {
                self.fix = Some(serde_json::json!([{ "op": "replace", "path": pointer, "value": value }]));
            }
            Some(Proposal::Key(key)) => {
                let parent = pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
                let path = format!("{parent}{}", pointer_step(&key));
                self.fix = Some(serde_json::json!([{ "op": "move", "from": pointer, "path": path }]));
            }
            None => {}
        }
        self
    }

    /// Whether it stops a generation.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// The terminal's form: `tables[1].columns[2].generator.max: 5 is below min 10; remedy`.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = path_of_pointer(&self.pointer);
        if !place.is_empty() {
            write!(f, "{place}: ")?;
        } else if let Some(line) = self.line {
            write!(f, "line {line}, column {}: ", self.column.unwrap_or(1))?;
        }
        f.write_str(&self.detail)?;
        if let Some(remedy) = &self.remedy {
            write!(f, "; {remedy}")?;
        }
        Ok(())
    }
}

/// A step of a JSON Pointer, escaped, with its slash.
pub fn pointer_step(key: &str) -> String {
    format!("/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// `/tables/1/columns/2/generator/max` as `tables[1].columns[2].generator.max`; steps that are no plain names are quoted.
pub fn path_of_pointer(pointer: &str) -> String {
    let mut path = String::new();
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        if !step.is_empty() && step.bytes().all(|b| b.is_ascii_digit()) {
            path.push('[');
            path.push_str(&step);
            path.push(']');
            continue;
        }
        if !path.is_empty() {
            path.push('.');
        }
        if !step.is_empty() && step.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-') {
            path.push_str(&step);
        } else {
            path.push_str(&format!("{step:?}"));
        }
    }
    path
}

/// The candidate that `word` begins (`uuid` begins `uuid_v4`), else the nearest by edit distance (insertions, deletions, substitutions, swaps
/// of neighbours), if it is near enough to be meant: at most a third of the longer word, at least one edit.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.to_lowercase().chars().take(64).collect();
    let distance = |candidate: &[char]| {
        let begun =
            !word.is_empty() && candidate.strip_prefix(&word[..]).is_some_and(|rest| rest.first() == Some(&'_'));
        if begun { 0 } else { edit_distance(&word, candidate) }
    };
    candidates
        .into_iter()
        .map(|candidate| (distance(&candidate.to_lowercase().chars().collect::<Vec<_>>()), candidate))
        .filter(|(distance, candidate)| {
            *distance < word.len() && *distance <= (word.len().max(candidate.chars().count()) / 3).max(1)
        })
        .min_by_key(|(distance, candidate)| (*distance, *candidate))
        .map(|(_, candidate)| candidate)
}

/// `; did you mean "x"?`, or the list of what is known where it is short, or nothing.
pub fn suggestion<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> Option<String> {
    if let Some(near) = nearest(word, candidates.clone()) {
        return Some(format!("did you mean \"{near}\"?"));
    }
    let known: Vec<&str> = candidates.into_iter().collect();
    (!known.is_empty() && known.len() <= 24).then(|| format!("known here: {}", known.join(", ")))
}

/// Optimal string alignment distance, three rows of the table at a time.
fn edit_distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = vec![0; b.len() + 1];
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let cost = usize::from(a[i - 1] != b[j - 1]);
            row[j] = (above[j] + 1).min(row[j - 1] + 1).min(above[j - 1] + cost);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = above;
        above = row;
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_prints_as_a_path() {
        assert_eq!(path_of_pointer("/tables/1/columns/2/generator/max"), "tables[1].columns[2].generator.max");
        assert_eq!(path_of_pointer("/lists/a b~1c"), "lists.\"a b/c\"");
    }

    #[test]
    fn a_proposal_becomes_a_patch_of_the_final_place() {
        let value = Problem::new("x", "").suggest("frist", ["first", "last"]).key("type").under("/generator").settled();
        assert_eq!(
            value.fix,
            Some(serde_json::json!([{"op": "replace", "path": "/generator/type", "value": "first"}]))
        );
        let key = Problem::new("x", "").at("/tables/0/row").suggest_key("row", ["rows"]).settled();
        assert_eq!(
            key.fix,
            Some(serde_json::json!([{"op": "move", "from": "/tables/0/row", "path": "/tables/0/rows"}]))
        );
        assert_eq!(Problem::new("x", "").suggest("zzz", ["first"]).settled().fix, None);
    }

    #[test]
    fn a_near_miss_is_suggested_and_a_far_one_is_not() {
        let known = ["first_name", "last_name", "full_name"];
        assert_eq!(nearest("frist_name", known), Some("first_name"));
        assert_eq!(nearest("zzz", known), None);
        assert_eq!(nearest("uuid", ["ulid", "uuid_v4", "uuid_v7"]), Some("uuid_v4"));
    }
}
