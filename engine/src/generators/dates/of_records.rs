//! Dates and zones that belong to the row's person or place.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::interval::{Step, Uniform};
use super::super::records::part;
use super::super::{Generator, Made, Problems};
use super::days_after_months;
use crate::plan::{Context, Scalar};
use crate::problem::Problem;
use crate::schema::DAY_US;
use crate::types::LogicalType;

/// A person's date of birth, each day between the ages equally likely.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DateOfBirth {
    /// The fewest whole years since birth at the dataset's reference time; 18 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 150))]
    min_age: Option<u32>,
    /// The most whole years since birth at the dataset's reference time; 90 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 150))]
    max_age: Option<u32>,
}

/// Ages where the schema says nothing.
const USUAL_AGES: (u32, u32) = (18, 90);

/// The greatest age.
const MOST_YEARS: u32 = 150;

/// The ages that two parameters say; the end that is not given gives way to the one that is.
pub fn check_ages(min_age: Option<u32>, max_age: Option<u32>) -> Result<(u32, u32), Problems> {
    let min = min_age.unwrap_or_else(|| USUAL_AGES.0.min(max_age.unwrap_or(MOST_YEARS)));
    let max = max_age.unwrap_or_else(|| USUAL_AGES.1.max(min));
    for (age, place) in [(min, "/min_age"), (max, "/max_age")] {
        if age > MOST_YEARS {
            let detail = format!("an age of {age} years is above {MOST_YEARS}");
            return Err(vec![Problem::new("out_of_range", detail).at(place)]);
        }
    }
    if max < min {
        let detail = format!("max_age {max} is below min_age {min}");
        return Err(vec![Problem::new("empty_interval", detail).at("/max_age").propose(min)]);
    }
    Ok((min, max))
}

impl Generator for DateOfBirth {
    const EXAMPLE: &'static str = "{type: date_of_birth, min_age: 18, max_age: 65}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let setting = |name| cx.setting("date_of_birth", name).and_then(|age| u32::try_from(age.as_u64()?).ok());
        let (min_age, max_age) =
            check_ages(self.min_age.or_else(|| setting("min_age")), self.max_age.or_else(|| setting("max_age")))?;
        let today = cx.reference_time_us().div_euclid(DAY_US);
        let before = |years: u32| days_after_months(today, -12 * i64::from(years));
        // Somebody who turns one year older than the oldest on the next day is still among them.
        let ends = before(max_age + 1).map(|day| day + 1).zip(before(min_age));
        let (first, last) = ends.ok_or_else(|| {
            vec![Problem::new("out_of_range", "these ages reach beyond the years 1 to 9999").at("/max_age")]
        })?;
        let fill = Uniform {
            key: cx.key("value"),
            logical: LogicalType::Date,
            min: Scalar::Constant(first),
            max: Scalar::Constant(last),
            step: Step::Every(1),
            bounds: cx.bounds().to_vec(),
        };
        Ok(fill.made())
    }
}

/// The time zone of the row's place, as the IANA database names it: `America/Lima`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Timezone {}

impl Generator for Timezone {
    const EXAMPLE: &'static str = "{type: timezone}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let cities = cx.locale().cities();
        let zones: Vec<&str> = cities.iter().map(|city| city.timezone).collect();
        part(cx, "place_row", &zones, || cities.iter().map(|city| city.population as f64).collect(), "time zone")
    }
}
