//! What comes after what in one row: a change after the creation, an end after its start, a maximum above its minimum.

use serde_json::{Value, json};

use super::words::{Lexicon, Token};
use super::{Choice, Place};
use crate::plan::order::quoted;

/// What a name says, what it comes after, the nearest relation first, and how far at most: days.
const AFTER: &[(&str, &[&str], u64)] = &[
    ("time of a change", &["time of creation"], 90),
    ("last day", &["first day", "date of issue", "date of an order", "date of hire"], 60),
    ("date of delivery", &["date of an order", "date of issue", "date of departure"], 60),
    ("date of arrival", &["date of departure"], 20),
    ("date of leaving", &["date of hire", "first day", "date of admission"], 2_500),
    ("date of discharge", &["date of admission"], 30),
    ("time of an end", &["time of a start"], 3),
];

impl Place<'_> {
    /// The choice held after or above what another column of the row says.
    pub(super) fn after(self, choice: Choice) -> Choice {
        let made =
            |choice: &Choice| choice.generator.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
        let kind = made(&choice);
        if let Some(above) = self.above(&choice, &kind) {
            return above;
        }
        let Some((_, earlier, days)) = AFTER.iter().find(|(later, ..)| *later == choice.says) else { return choice };
        // The one that is named most like it: of two orders and one invoice an invoice's due date follows the invoice.
        let before = earlier.iter().find_map(|earlier| {
            self.sibling(|other, place| {
                other.says == *earlier && made(other) == kind && place.column.null_rate.is_none()
            })
        });
        let Some(before) = before else { return choice };
        let generator = match kind.as_str() {
            "datetime" => {
                json!({"type": "date_offset", "from": before, "min": 0, "max": days * 86_400, "unit": "second"})
            }
            "date" => json!({"type": "date_offset", "from": before, "min": 1, "max": days}),
            _ => return choice,
        };
        Choice { generator, reason: format!("{}, not before {before}", choice.reason), says: choice.says }
    }

    /// A number that is named as the most beside one that is named as the least of the same.
    fn above(self, choice: &Choice, kind: &str) -> Option<Choice> {
        if !["integer", "decimal", "price"].contains(&kind) {
            return None;
        }
        let lexicon = Lexicon::get();
        let (least, most) = (lexicon.concept("minimum"), lexicon.concept("maximum"));
        let own = lexicon.phrase(&self.column.name).tokens;
        if !own.iter().any(|token| token.concepts.contains(&most)) {
            return None;
        }
        let rest = |tokens: &[Token], bound| -> Vec<Token> {
            tokens.iter().filter(|token| !token.concepts.contains(&bound)).cloned().collect()
        };
        let named = rest(&own, most);
        let below = self.sibling(|other, place| {
            let tokens = lexicon.phrase(&place.column.name).tokens;
            let theirs = rest(&tokens, least);
            theirs.len() + 1 == tokens.len()
                && theirs.len() == named.len()
                && theirs.iter().zip(&named).all(|(a, b)| a.is_same(b))
                && other.generator["type"] == choice.generator["type"]
                && place.column.null_rate.is_none()
                && place.column.null_when.is_none()
                && place.column.kind == self.column.kind
                && place.column.scale == self.column.scale
        })?;
        let bound = |name: &str| choice.generator.get(name).and_then(Value::as_f64);
        let usual = if kind == "price" { 100.0 } else { 1000.0 };
        let top = libm::ceil(bound("max").unwrap_or(usual) * 1.5) as i64;
        let mut generator = json!({"min": {"sql": quoted(&below)}, "max": top});
        generator["type"] = if kind == "integer" { "integer".into() } else { "decimal".into() };
        if kind != "integer" {
            generator["scale"] = choice.generator.get("scale").cloned().unwrap_or_else(|| 2.into());
        }
        Some(Choice { generator, reason: format!("{}, not below {below}", choice.reason), says: choice.says })
    }
}
