//! Which answers are new to the columns that show them: by the values that these will hold, and not by how an answer spells them.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray};
use datafusion::arrow::datatypes::Float64Type;
use serde_json::Value;

use super::item::{Holds, Part, typed};
use crate::plan::as_text;

/// Values of some parts, in words; none for null.
type Values = HashSet<Vec<Option<String>>>;

/// The values that answers have taken.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// What of an answer has to be new, and what was there: the value of each column that never repeats; where none is, all values together.
    groups: Vec<(Vec<Part>, Values)>,
}

impl Holds {
    /// Whether an answer is of no use where it repeats the value of one of its columns.
    pub fn never_repeats(&self) -> bool {
        self.parts.iter().any(|part| part.is_alone)
    }

    /// Tells new answers from others; none was seen yet.
    pub fn seen(&self) -> Seen {
        let alone = self.parts.iter().filter(|part| part.is_alone);
        let mut groups: Vec<_> = alone.map(|part| (vec![part.clone()], HashSet::new())).collect();
        if groups.is_empty() && !self.parts.is_empty() {
            groups.push((self.parts.clone(), HashSet::new()));
        }
        Seen { groups }
    }
}

impl Seen {
    /// Takes an answer, unless what has to be new of it was there, or is no value of its column. A column that never repeats takes no null.
    pub fn add(&mut self, answer: &Value) -> bool {
        let mut keys = Vec::with_capacity(self.groups.len());
        for (parts, known) in &self.groups {
            let Some(key) = parts.iter().map(|part| text(part, answer)).collect::<Option<Vec<_>>>() else {
                return false;
            };
            let is_null = parts.iter().zip(&key).any(|(part, text)| part.is_alone && text.is_none());
            if is_null || known.contains(&key) {
                return false;
            }
            keys.push(key);
        }
        for ((_, known), key) in self.groups.iter_mut().zip(keys) {
            known.insert(key);
        }
        true
    }
}

/// The value of a part in words; nothing where the answer holds none of its type.
fn text(part: &Part, answer: &Value) -> Option<Option<String>> {
    let mut value = typed(std::slice::from_ref(part.of(answer)), &part.logical).ok()?;
    if let Some(numbers) = value.as_primitive_opt::<Float64Type>() {
        // Zero is one number, whatever its sign.
        let unsigned: ArrayRef = Arc::new(numbers.unary::<_, Float64Type>(|number| number + 0.0));
        value = unsigned;
    }
    let texts = as_text(&value).ok()?;
    texts.as_string_view().iter().next().map(|text| text.map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::types::LogicalType;

    fn part(name: Option<&str>, logical: LogicalType, is_alone: bool) -> Part {
        Part { name: name.map(str::to_owned), logical, is_alone }
    }

    fn new_ones(parts: Vec<Part>, answers: Value) -> Vec<Value> {
        let mut seen = Holds { parts }.seen();
        answers.as_array().expect("a list").iter().filter(|answer| seen.add(answer)).cloned().collect()
    }

    #[test]
    fn one_value_in_two_spellings_is_one_answer() {
        let money = LogicalType::Decimal { precision: 10, scale: 2 };
        for (logical, answers, new) in [
            (money, json!([1.001, 1.002, 1.003, 1.01, null]), json!([1.001, 1.01])),
            (LogicalType::Integer, json!([1, "1", 1.0, 2]), json!([1, 2])),
            (LogicalType::Float, json!([0.0, -0.0, 1.5]), json!([0.0, 1.5])),
            (LogicalType::Time, json!(["10:00", "10:00:00Z", "10:01"]), json!(["10:00", "10:01"])),
            (
                LogicalType::Datetime,
                json!(["2026-01-01T10:00:00Z", "2026-01-01T12:00:00+02:00", "2026-01-01T12:00:00Z"]),
                json!(["2026-01-01T10:00:00Z", "2026-01-01T12:00:00Z"]),
            ),
        ] {
            let found = new_ones(vec![part(None, logical.clone(), true)], answers);
            assert_eq!(json!(found), new, "{logical}");
        }
    }

    #[test]
    fn each_column_that_never_repeats_is_looked_at_by_itself() {
        let parts = |alone: [bool; 2]| {
            let [x, y] = alone;
            vec![part(Some("x"), LogicalType::String, x), part(Some("y"), LogicalType::Integer, y)]
        };
        let answers = json!([{"x": "a", "y": 1}, {"x": "a", "y": 2}, {"x": "b", "y": 1}, {"x": "c", "y": 2},
            {"x": "a", "y": 1.0}, {"x": null, "y": 4}]);
        let of = |alone: [bool; 2]| -> Vec<String> {
            let name = |answer: &Value| format!("{}{}", answer["x"].as_str().unwrap_or("∅"), answer["y"]);
            new_ones(parts(alone), answers.clone()).iter().map(name).collect()
        };
        assert_eq!(of([true, false]), ["a1", "b1", "c2"]);
        // What one column refuses is not taken from the other.
        assert_eq!(of([true, true]), ["a1", "c2"]);
        assert_eq!(of([false, false]), ["a1", "a2", "b1", "c2", "∅4"]);
        assert_eq!(new_ones(Vec::new(), answers.clone()).len(), 6, "nothing is known of their columns");
    }
}
