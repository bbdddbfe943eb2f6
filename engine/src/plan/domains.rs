//! Rules that no answer of a language model can obey: told before any is paid for.
//!
//! What a column's answers may be is known where they are listed, or bounded: every value that is allowed is held against what a rule says of
//! that column alone. That is no guess: of a rule that is refused here, no row could obey.

use serde_json::{Map, Value, json};

use super::compiler::Compiler;
use super::pools::Pool;
use super::statements::RowCondition;
use crate::expr::{Literal, Op, Parsed, Simple};
use crate::llm::item::typed;
use crate::llm::{Items, capacity};
use crate::problem::Problem;

/// The most values that are tried.
const TRIED: u64 = 10_000;

/// The most values that a sentence shows.
const SHOWN: usize = 8;

impl Compiler {
    /// Refuses conditions that no answer for a column can obey.
    pub(super) fn check_domains(&mut self, conditions: &[RowCondition]) {
        for condition in conditions.iter().filter(|condition| condition.when.is_none()) {
            let refused = condition.parts.iter().find_map(|part| self.beyond_answers(condition, part));
            self.problems.extend(refused);
        }
    }

    fn beyond_answers(&self, condition: &RowCondition, part: &Parsed) -> Option<Problem> {
        let table = condition.table;
        let mut columns = part.references().iter().map(|read| match read.0.as_slice() {
            [name] => self.column_named(table, name),
            _ => None,
        });
        let column = columns.next()??;
        if columns.any(|other| other != Some(column)) || self.generator_name(table, column).as_deref() != Some("llm") {
            return None;
        }
        let definition = &self.dataset.tables[table].columns[column];
        let is_own = |pool: &&Pool| pool.table == table && pool.columns.contains(&definition.name);
        let pool = self.pools.iter().find(is_own)?;
        let schema = match pool.columns.len() {
            1 => &pool.item,
            _ => &pool.item["properties"][&definition.name],
        };
        let may_be_null = definition.null_rate.is_some() || self.statements.nulls.contains_key(&(table, column));
        if may_be_null && !matches!(self.holds(part, table, column, &[Value::Null]), Some(false)) {
            return None;
        }
        let words = match domain(schema) {
            Some(values) => match self.holds(part, table, column, &values)? {
                true => return None,
                false => listed(&values),
            },
            None => {
                let bounds = Bounds::of(schema.as_object()?)?;
                match part.simple().is_none_or(|simple| bounds.may_obey(&simple)) {
                    true => return None,
                    false => bounds.to_string(),
                }
            }
        };
        let (rule, name) = (&condition.rule, &definition.name);
        let detail = format!("{rule} leaves no answer of the language model for {name}, which may be {words}");
        let remedy = "change the rule, or what answers may be";
        Some(Problem::new("contradiction", detail).at(condition.pointer.clone()).remedy(remedy))
    }

    /// Whether a condition on a column holds for any of some values, or is unknown; none where nobody can tell.
    fn holds(&self, part: &Parsed, table: usize, column: usize, values: &[Value]) -> Option<bool> {
        let slot = &self.tables[table].slots[self.column_slot(table, column)?];
        let array = typed(values, &slot.logical).ok()?;
        let verdicts = self.over_values(part.sql(), &array, &slot.logical).ok()?;
        Some(verdicts.iter().any(|verdict| verdict != Some(false)))
    }
}

/// All values that a schema allows, where they are few.
fn domain(schema: &Value) -> Option<Vec<Value>> {
    let count = capacity(schema).filter(|count| (1..=TRIED).contains(count))?;
    let candidates: Vec<Value> = if let Some(value) = schema.get("const") {
        vec![value.clone()]
    } else if let Some(values) = schema["enum"].as_array() {
        values.clone()
    } else if schema["type"] == "boolean" {
        vec![json!(true), json!(false)]
    } else if schema["type"] == "integer" {
        let least = schema["minimum"].as_i64()?;
        (0..count as i64).map(|step| json!(least.saturating_add(step))).collect()
    } else {
        return None;
    };
    let items = Items::new(schema).ok()?;
    let values: Vec<Value> = candidates.into_iter().filter(|value| items.check(value).is_ok()).collect();
    (!values.is_empty()).then_some(values)
}

/// Values in a sentence.
fn listed(values: &[Value]) -> String {
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match values {
        [first, .., last] if values.len() > SHOWN && values.iter().all(Value::is_i64) => format!("{first} to {last}"),
        _ => {
            let shown: Vec<String> = values.iter().take(SHOWN).map(plain).collect();
            let rest = if values.len() > SHOWN { " …" } else { "" };
            format!("{}{rest}", shown.join(", "))
        }
    }
}

/// Between which numbers answers lie; of a bound, whether it is one itself.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    low: Option<(f64, bool)>,
    high: Option<(f64, bool)>,
}

impl Bounds {
    /// Those of a schema of numbers, where it has any.
    fn of(schema: &Map<String, Value>) -> Option<Bounds> {
        if !schema.get("type").is_some_and(|kind| kind == "integer" || kind == "number") {
            return None;
        }
        let of = |key: &str, is_in: bool| Some((schema.get(key)?.as_f64()?, is_in));
        let tighter = |one: (f64, bool), other: (f64, bool), sign: f64| {
            let is_first = one.0 * sign > other.0 * sign || (one.0 == other.0 && !one.1);
            if is_first { one } else { other }
        };
        let both = |inclusive: &str, exclusive: &str, sign: f64| match (of(inclusive, true), of(exclusive, false)) {
            (Some(one), Some(other)) => Some(tighter(one, other, sign)),
            (one, other) => one.or(other),
        };
        let bounds =
            Bounds { low: both("minimum", "exclusiveMinimum", 1.0), high: both("maximum", "exclusiveMaximum", -1.0) };
        (bounds.low.is_some() || bounds.high.is_some()).then_some(bounds)
    }

    fn reaches_down(&self, value: f64, itself: bool) -> bool {
        self.low.is_none_or(|(low, is_in)| low < value || (low == value && is_in && itself))
    }

    fn reaches_up(&self, value: f64, itself: bool) -> bool {
        self.high.is_none_or(|(high, is_in)| high > value || (high == value && is_in && itself))
    }

    fn contains(&self, value: f64) -> bool {
        self.reaches_down(value, true) && self.reaches_up(value, true)
    }

    /// Whether a number between them may obey a condition; only what is sure is denied.
    fn may_obey(&self, simple: &Simple) -> bool {
        let number = |literal: &Literal| match literal {
            Literal::Number(digits) => digits.parse::<f64>().ok(),
            _ => None,
        };
        match simple {
            Simple::Compare { op, value, .. } => {
                let Some(value) = number(value) else { return true };
                match op {
                    Op::Equal => self.contains(value),
                    Op::NotEqual => true,
                    Op::Less => self.reaches_down(value, false),
                    Op::LessOrEqual => self.reaches_down(value, true),
                    Op::Greater => self.reaches_up(value, false),
                    Op::GreaterOrEqual => self.reaches_up(value, true),
                }
            }
            Simple::Between { low, high, negated: false, .. } => match (number(low), number(high)) {
                (Some(low), Some(high)) => self.reaches_up(low, true) && self.reaches_down(high, true),
                _ => true,
            },
            Simple::In { values, negated: false, .. } => {
                values.iter().any(|value| number(value).is_none_or(|value| self.contains(value)))
            }
            _ => true,
        }
    }
}

impl std::fmt::Display for Bounds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let word = |is_in: bool, within: &'static str, beyond: &'static str| if is_in { within } else { beyond };
        match (self.low, self.high) {
            (Some((low, true)), Some((high, true))) => write!(f, "{low} to {high}"),
            (low, high) => {
                if let Some((low, is_in)) = low {
                    write!(f, "{} {low}", word(is_in, "at least", "above"))?;
                }
                if let (Some(_), Some(_)) = (low, high) {
                    f.write_str(" and ")?;
                }
                match high {
                    Some((high, is_in)) => write!(f, "{} {high}", word(is_in, "at most", "below")),
                    None => Ok(()),
                }
            }
        }
    }
}
