//! Ends that one generator sets for another, which is a part of it: a distribution is cut before it is drawn from where it can be.

use serde_json::{Number, Value, json};

use super::GeneratorSpec;
use crate::schema::Param;

/// What ends that cut a distribution are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Any numbers.
    Real,
    /// Whole numbers.
    Whole,
}

impl GeneratorSpec {
    /// The same between tighter ends, as far as its `min` and `max` cut its distribution, and whether that is all that these ends ask for.
    pub fn within(&self, min: Option<&Param<f64>>, max: Option<&Param<f64>>) -> (GeneratorSpec, bool) {
        let Some(cut) = self.entry().cut else { return (self.clone(), min.is_none() && max.is_none()) };
        let (mut value, mut whole) = (self.to_value(), true);
        for (name, end) in [("min", min), ("max", max)] {
            let Some(end) = end else { continue };
            match tighter(value.get(name), end, cut, name == "min") {
                Some(tighter) => value[name] = tighter,
                None => whole = false,
            }
        }
        match GeneratorSpec::from_value(value) {
            Ok(within) => (within, whole),
            Err(_) => (self.clone(), false),
        }
    }
}

/// The tighter of an end that a generator has and one that it is to have; `None` where that is known in the row alone.
fn tighter(own: Option<&Value>, end: &Param<f64>, cut: Cut, is_lower: bool) -> Option<Value> {
    let end = match end {
        Param::Constant(end) => *end,
        Param::Sql(sql) if own.is_none() && cut == Cut::Real => return Some(json!({ "sql": sql })),
        Param::Sql(_) => return None,
    };
    let end = match own {
        None => end,
        Some(own) => {
            let own = own.as_f64()?;
            if is_lower { own.max(end) } else { own.min(end) }
        }
    };
    match cut {
        Cut::Real => Number::from_f64(end).map(Value::Number),
        Cut::Whole => {
            let end = if is_lower { libm::ceil(end) } else { libm::floor(end) };
            (end.abs() < (1_i64 << 53) as f64).then(|| Value::from(end as i64))
        }
    }
}
