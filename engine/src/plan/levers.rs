//! What may be changed in a schema so that it holds: the numbers and dates of some rules, of the columns and keys that these name, and of
//! their tables.

use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::{Map, Value, json};

use crate::expr::literals;
use crate::problem::pointer_step;
use crate::schema::{CORRELATION_TOLERANCE, parse_date, print_date};

/// How much dearer it is to change what rules speak of than a number of their own.
const BACKGROUND: f64 = 4.0;

/// How much dearer it is to allow for a difference than to ask for another number.
const ALLOWANCE: f64 = 3.0;

/// Parameters of generators that are no amounts: how values are listed or drawn, not which.
const NO_AMOUNTS: [&str; 5] = ["type", "step", "weights", "values", "seed"];

/// A number or date that may be changed.
#[derive(Clone, Debug)]
pub(super) struct Lever {
    pub form: Form,
    /// What it is now, in units of its form.
    pub now: i64,
    /// What it may become.
    pub within: Range<i64>,
    /// What a change is measured by, in units.
    pub scale: f64,
    /// How much dearer than another a change is.
    pub weight: f64,
    place: Place,
    /// What it is of, for people: a rule's id, a column, a key, a table.
    owner: String,
}

/// How a lever is written.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Form {
    /// A number of so many places after the point.
    Number(usize),
    /// A day.
    Day,
    /// A number with a unit behind it.
    Span(String),
}

/// Where a lever stands.
#[derive(Clone, Debug)]
enum Place {
    /// At a pointer; the word is its key.
    Value { pointer: String, key: String },
    /// At a pointer where nothing is yet.
    Absent { pointer: String },
    /// In an SQL text.
    Sql { pointer: String, sql: String, at: Range<usize> },
    /// A share of a map where all add up to 1, so that the others make room for it.
    Share { pointer: String, shares: Map<String, Value>, name: String },
    /// A share of a map that leaves some rows to chance.
    Alone { pointer: String, name: String },
    /// A coefficient of two columns and their names.
    Pair { pointer: String, matrix: Value, row: usize, column: usize, names: [String; 2] },
}

/// A change of a schema and what it is called.
#[derive(Clone, Debug)]
pub(super) struct Change {
    /// The operation of RFC 6902.
    pub operation: Value,
    /// What a person is asked to do.
    pub words: String,
}

impl Lever {
    /// What becomes of the schema where the lever stands at `units`.
    pub fn at(&self, units: i64) -> Change {
        let text = self.form.print(units);
        match &self.place {
            Place::Value { pointer, key } => Change {
                words: format!("change {key} of {} from {} to {text}", self.owner, self.form.print(self.now)),
                operation: replace(pointer, self.form.value(units)),
            },
            Place::Absent { pointer } => Change {
                words: format!("give {} a tolerance of {text}", self.owner),
                operation: json!({ "op": "add", "path": pointer, "value": self.form.value(units) }),
            },
            Place::Sql { pointer, sql, at } => {
                let better = format!("{}{text}{}", &sql[..at.start], &sql[at.end..]);
                Change {
                    words: format!(
                        "write {} in {}",
                        better.split_whitespace().collect::<Vec<_>>().join(" "),
                        self.owner
                    ),
                    operation: replace(pointer, better.into()),
                }
            }
            Place::Share { pointer, shares, name } => {
                let (owner, now) = (&self.owner, self.form.print(self.now));
                let words =
                    format!("change the share of {name} in {owner} from {now} to {text}, and the others with it");
                Change { words, operation: replace(pointer, with_share(shares, name, units)) }
            }
            Place::Alone { pointer, name } => Change {
                words: format!(
                    "change the share of {name} in {} from {} to {text}",
                    self.owner,
                    self.form.print(self.now)
                ),
                operation: replace(pointer, self.form.value(units)),
            },
            Place::Pair { pointer, matrix, row, column, names: [first, second] } => {
                let mut matrix = matrix.clone();
                matrix[*row][*column] = self.form.value(units);
                matrix[*column][*row] = self.form.value(units);
                let words = format!(
                    "change the coefficient of {first} and {second} in {} from {} to {text}",
                    self.owner,
                    self.form.print(self.now)
                );
                Change { words, operation: replace(pointer, matrix) }
            }
        }
    }

    /// Whether it is a table's rows.
    pub fn is_rows(&self) -> bool {
        matches!(&self.place, Place::Value { key, .. } if key == "rows")
    }

    /// Whether it allows for a difference.
    pub fn is_allowance(&self) -> bool {
        match &self.place {
            Place::Absent { .. } => true,
            Place::Value { key, .. } => key == "tolerance",
            _ => false,
        }
    }

    /// The least number of units that is no smaller than a number.
    pub fn units_above(&self, number: f64) -> Option<i64> {
        let Form::Number(places) = self.form else { return None };
        let units = (number * 10_f64.powi(places as i32)).ceil();
        (units < 9e15).then_some(units as i64)
    }

    /// Whether its values are one unit apart as they are written.
    pub fn is_whole(&self) -> bool {
        !matches!(self.form, Form::Number(places) if places > 0)
    }

    /// How dear a change is.
    pub fn cost(&self, units: i64) -> f64 {
        self.weight * (units - self.now).unsigned_abs() as f64 / self.scale
    }

    /// What a word of a sentence says in the units of this lever.
    pub fn read(&self, word: &str) -> Option<i64> {
        match &self.form {
            Form::Day => parse_date(word).map(i64::from),
            form => {
                let number = word.trim_end_matches(['.', ',']).parse::<f64>().ok()?;
                let places = if let Form::Number(places) = form { *places } else { 0 };
                let units = number * 10_f64.powi(places as i32);
                (units.abs() < 9e15).then(|| units.round() as i64)
            }
        }
    }
}

fn replace(pointer: &str, value: Value) -> Value {
    json!({ "op": "replace", "path": pointer, "value": value })
}

/// The shares with one of them at so many ten-thousandths, the others in their own proportion.
fn with_share(shares: &Map<String, Value>, name: &str, units: i64) -> Value {
    let own = shares.get(name).and_then(Value::as_f64).unwrap_or(0.0);
    let left = (1.0 - own).max(f64::MIN_POSITIVE);
    let mut rest = 10_000 - units;
    let mut others: Vec<&String> = shares.keys().filter(|key| *key != name).collect();
    let last = others.pop();
    let mut changed = shares.clone();
    for key in others {
        let share = shares[key].as_f64().unwrap_or(0.0);
        let part = ((10_000 - units) as f64 * share / left).round() as i64;
        rest -= part;
        changed.insert(key.clone(), Form::Number(4).value(part));
    }
    changed.insert(name.to_owned(), Form::Number(4).value(units));
    if let Some(last) = last {
        changed.insert(last.clone(), Form::Number(4).value(rest));
    }
    Value::Object(changed)
}

impl Form {
    /// A number of a schema, a date or a span; none for anything else. Real numbers are changed by hundredths at least.
    fn read(value: &Value, is_real: bool) -> Option<(Form, i64)> {
        match value {
            Value::Number(number) => {
                let text = number.to_string();
                let places = text.split_once('.').map_or(0, |(_, places)| if places == "0" { 0 } else { places.len() });
                let places = if is_real { places.max(2) } else { places };
                let units = number.as_f64()? * 10_f64.powi(places as i32);
                let plain = places <= 6 && !text.contains(['e', 'E']) && units.abs() < 9e15;
                plain.then(|| (Form::Number(places), units.round() as i64))
            }
            Value::String(text) => {
                if let Some(day) = parse_date(text) {
                    return Some((Form::Day, i64::from(day)));
                }
                let end = text.rfind(|c: char| c.is_ascii_digit())? + 1;
                let amount = text[..end].parse::<i64>().ok().filter(|amount| *amount < 1 << 50)?;
                let unit = &text[end..];
                let is_unit = ["s", "min", "h", "d", "w"].contains(&unit);
                is_unit.then(|| (Form::Span(unit.to_owned()), amount))
            }
            _ => None,
        }
    }

    fn print(&self, units: i64) -> String {
        match self {
            Form::Day => i32::try_from(units).map(print_date).unwrap_or_default(),
            Form::Span(unit) => format!("{units}{unit}"),
            Form::Number(0) => units.to_string(),
            Form::Number(places) => {
                let one = 10_u64.pow(*places as u32);
                let (whole, part) = (units.unsigned_abs() / one, units.unsigned_abs() % one);
                let text = format!("{}{whole}.{part:0places$}", if units < 0 { "-" } else { "" }, places = *places);
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            }
        }
    }

    fn value(&self, units: i64) -> Value {
        let text = self.print(units);
        match self {
            Form::Number(_) => serde_json::from_str(&text).unwrap_or(Value::Null),
            _ => Value::String(text),
        }
    }
}

/// The words of a text.
pub(super) fn words(text: &str) -> BTreeSet<&str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').collect()
}

/// The levers of a schema for some rules, and the elements at some pointers.
pub(super) fn levers(schema: &Value, rules: &BTreeSet<String>, pointer: &str) -> Vec<Lever> {
    let mut found = Found::default();
    let mut spoken = String::new();
    let mut own = BTreeSet::new();
    let tables = schema["tables"].as_array().map(Vec::as_slice).unwrap_or_default();
    for (at, table) in tables.iter().enumerate() {
        let base = format!("/tables/{at}");
        if pointer.strip_prefix(&base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
            own.insert(at);
        }
        for (place, rule) in table["rules"].as_array().into_iter().flatten().enumerate() {
            let id = rule["id"].as_str().unwrap_or_default();
            if rules.contains(id) {
                own.insert(at);
                spoken.push_str(&rule.to_string());
                found.rule(&format!("{base}/rules/{place}"), id, rule);
            }
        }
    }
    let spoken = words(&spoken);
    let named: BTreeSet<usize> = (0..tables.len())
        .filter(|at| own.contains(at) || tables[*at]["name"].as_str().is_some_and(|name| spoken.contains(name)))
        .collect();
    for at in named {
        let (table, base) = (&tables[at], format!("/tables/{at}"));
        let name = table["name"].as_str().unwrap_or_default();
        // Half the rows are another data set, and none are no answer.
        let rows = table["rows"].as_i64().unwrap_or(0);
        let leaf = Leaf::of(false, BACKGROUND).from((rows + 1) / 2).to(rows.saturating_mul(2));
        found.value(&format!("{base}/rows"), "rows", name, &table["rows"], leaf);
        for (place, column) in table["columns"].as_array().into_iter().flatten().enumerate() {
            let (base, name) = (format!("{base}/columns/{place}"), column["name"].as_str().unwrap_or_default());
            let is_at = pointer.strip_prefix(&base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            if spoken.contains(name) || is_at {
                found.column(&base, name, column, shares_answers(table, column));
            }
        }
        for (place, key) in table["foreign_keys"].as_array().into_iter().flatten().enumerate() {
            let base = format!("{base}/foreign_keys/{place}");
            let name = key["name"].as_str().or(key["references"]["table"].as_str()).unwrap_or_default();
            for (word, value) in key["children"].as_object().into_iter().flatten() {
                let leaf = Leaf::of(word == "mean", BACKGROUND).from(0);
                found.value(&format!("{base}/children/{word}"), &format!("children.{word}"), name, value, leaf);
            }
        }
    }
    found.levers
}

/// Whether a column shows answers of a language model together with others of its table.
fn shares_answers(table: &Value, column: &Value) -> bool {
    let prompt = |column: &Value| column["generator"]["prompt"].as_str().map(str::to_owned);
    let all = table["columns"].as_array().into_iter().flatten();
    column["generator"]["type"] == "llm"
        && prompt(column).is_some_and(|own| all.filter(|other| prompt(other).as_ref() == Some(&own)).count() > 1)
}

/// What is known of a number before it is read.
#[derive(Clone, Copy)]
struct Leaf {
    is_real: bool,
    weight: f64,
    /// The least and the largest it may be, as a number.
    least: Option<i64>,
    most: Option<i64>,
    /// Whether it may fall, and rise.
    falls: bool,
    rises: bool,
}

impl Leaf {
    fn of(is_real: bool, weight: f64) -> Leaf {
        Leaf { is_real, weight, least: None, most: None, falls: true, rises: true }
    }

    fn from(self, least: i64) -> Leaf {
        Leaf { least: Some(least), ..self }
    }

    fn to(self, most: i64) -> Leaf {
        Leaf { most: Some(most), ..self }
    }
}

#[derive(Default)]
struct Found {
    levers: Vec<Lever>,
}

impl Found {
    fn value(&mut self, pointer: &str, key: &str, owner: &str, value: &Value, leaf: Leaf) {
        let place = Place::Value { pointer: pointer.to_owned(), key: key.to_owned() };
        if let Some((form, now)) = Form::read(value, leaf.is_real) {
            self.push(place, owner, form, now, leaf);
        }
    }

    fn push(&mut self, place: Place, owner: &str, form: Form, now: i64, leaf: Leaf) {
        let one = if let Form::Number(places) = form { 10_i64.pow(places as u32) } else { 1 };
        let low = if leaf.falls { leaf.least.map_or(-(1 << 52), |least| least.saturating_mul(one)) } else { now };
        let high = if leaf.rises { leaf.most.map_or(1 << 52, |most| most.saturating_mul(one)) } else { now };
        let scale = match form {
            Form::Day => 365.0,
            _ => (now.unsigned_abs() as f64).max(one as f64 / 10.0).max(1.0),
        };
        self.levers.push(Lever {
            form,
            now,
            within: low..high.saturating_add(1),
            scale,
            weight: leaf.weight,
            place,
            owner: owner.to_owned(),
        });
    }

    /// The numbers of a rule.
    fn rule(&mut self, base: &str, id: &str, rule: &Value) {
        let kind = rule["kind"].as_str().unwrap_or_default();
        for (key, value) in rule.as_object().into_iter().flatten() {
            let pointer = format!("{base}{}", pointer_step(key));
            match key.as_str() {
                "if" | "then" | "when" | "where" | "sql" => self.sql(&pointer, id, value),
                "exactly" => self.value(&pointer, key, id, value, Leaf::of(false, 1.0).from(0)),
                "min" => self.value(&pointer, key, id, value, Leaf { rises: false, ..Leaf::of(false, 1.0).from(0) }),
                "max" => self.value(&pointer, key, id, value, Leaf { falls: false, ..Leaf::of(false, 1.0) }),
                "equals" => self.value(&pointer, key, id, value, Leaf::of(kind == "statistic", 1.0)),
                "coefficient" => self.value(&pointer, key, id, value, Leaf::of(true, 1.0).from(-1).to(1)),
                "tolerance" => self.value(&pointer, key, id, value, Leaf { falls: false, ..Leaf::of(true, ALLOWANCE) }),
                "counts" => {
                    for (name, count) in value.as_object().into_iter().flatten() {
                        let place = format!("{pointer}{}", pointer_step(name));
                        self.value(&place, &format!("counts.{name}"), id, count, Leaf::of(false, 1.0).from(0));
                    }
                }
                "shares" => self.shares(&pointer, id, value),
                "matrix" => self.matrix(&pointer, id, rule),
                "gap" => {
                    let (min, max) = (&value["min"], &value["max"]);
                    let (least, most) = (format!("{pointer}/min"), format!("{pointer}/max"));
                    self.value(&least, "gap.min", id, min, Leaf { rises: false, ..Leaf::of(false, 1.0) });
                    self.value(&most, "gap.max", id, max, Leaf { falls: false, ..Leaf::of(false, 1.0) });
                }
                "bands" => {
                    for (at, band) in value.as_array().into_iter().flatten().enumerate() {
                        for word in ["below", "value"] {
                            let place = format!("{pointer}/{at}/{word}");
                            let name = format!("bands[{at}].{word}");
                            self.value(&place, &name, id, &band[word], Leaf::of(false, 1.0));
                        }
                    }
                }
                _ => {}
            }
        }
        let takes = matches!(kind, "statistic" | "share" | "correlation");
        if takes && rule.get("tolerance").is_none() {
            let now = if kind == "correlation" { (CORRELATION_TOLERANCE * 100.0).round() as i64 } else { 0 };
            let leaf = Leaf { falls: false, ..Leaf::of(true, ALLOWANCE) };
            self.push(Place::Absent { pointer: format!("{base}/tolerance") }, id, Form::Number(2), now, leaf);
            // It is measured by what it is a difference of.
            if let (Some(lever), Some(equals)) = (self.levers.last_mut(), rule["equals"].as_f64()) {
                lever.scale = (equals.abs() * 100.0).max(1.0);
            } else if let Some(lever) = self.levers.last_mut() {
                lever.scale = 100.0;
            }
        }
    }

    fn sql(&mut self, pointer: &str, id: &str, sql: &Value) {
        let Some(sql) = sql.as_str() else { return };
        for (at, quoted) in literals(sql) {
            let value = match quoted {
                true => Value::String(sql[at.clone()].to_owned()),
                false => serde_json::from_str(&sql[at.clone()]).unwrap_or(Value::Null),
            };
            let Some((form, now)) = Form::read(&value, false) else { continue };
            let leaf = Leaf::of(false, 1.0);
            // A sign stands before its number.
            let leaf = if form == Form::Day { leaf } else { leaf.from(0) };
            let place = Place::Sql { pointer: pointer.to_owned(), sql: sql.to_owned(), at };
            self.push(place, id, form, now, leaf);
        }
    }

    fn shares(&mut self, pointer: &str, id: &str, value: &Value) {
        let Some(shares) = value.as_object() else { return };
        let sum: f64 = shares.values().filter_map(Value::as_f64).sum();
        let are_all = shares.len() > 1 && (sum - 1.0).abs() < 1e-9;
        for (name, share) in shares {
            let Some(share) = share.as_f64().filter(|share| *share < 1.0 || !are_all) else { continue };
            let place = match are_all {
                true => Place::Share { pointer: pointer.to_owned(), shares: shares.clone(), name: name.clone() },
                false => Place::Alone { pointer: format!("{pointer}{}", pointer_step(name)), name: name.clone() },
            };
            let now = (share * 10_000.0).round() as i64;
            self.push(place, id, Form::Number(4), now, Leaf::of(true, 1.0).from(0).to(1));
        }
    }

    fn matrix(&mut self, pointer: &str, id: &str, rule: &Value) {
        let value = &rule["matrix"];
        let named = |at: usize| rule["columns"][at].as_str().unwrap_or_default().to_owned();
        for row in 0..value.as_array().map_or(0, Vec::len) {
            for column in 0..row {
                let Some((form, now)) = Form::read(&value[row][column], true) else { continue };
                let names = [named(column), named(row)];
                let place = Place::Pair { pointer: pointer.to_owned(), matrix: value.clone(), row, column, names };
                self.push(place, id, form, now, Leaf::of(true, 1.0).from(-1).to(1));
            }
        }
    }

    /// The numbers of a column: how many are null, and what its generator draws between.
    fn column(&mut self, base: &str, name: &str, column: &Value, shares_answers: bool) {
        let rate = Leaf::of(true, BACKGROUND).from(0).to(1);
        self.value(&format!("{base}/null_rate"), "null_rate", name, &column["null_rate"], rate);
        for (key, value) in column["generator"].as_object().into_iter().flatten() {
            // What is asked of a language model would be another question, whose answers nobody has.
            let asks_anew = ["pool", "temperature"].contains(&key.as_str()) && shares_answers;
            if NO_AMOUNTS.contains(&key.as_str()) || asks_anew {
                continue;
            }
            let pointer = format!("{base}/generator{}", pointer_step(key));
            self.value(&pointer, key, name, value, Leaf::of(false, BACKGROUND));
        }
    }
}
