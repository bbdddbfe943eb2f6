//! Names of days and months.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringViewArray, UInt32Array};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{Date32Type, TimestampMicrosecondType};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::lists::{Draw, FromList, List};
use super::super::{Cells, Fill, Generator, Made, Problems, Rows, RunError};
use crate::locale::CalendarForm;
use crate::plan::Context;
use crate::problem::Problem;
use crate::schema::{DAY_US, civil_of_days};
use crate::types::LogicalType;

/// How a name is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NameForm {
    /// The whole word.
    Long,
    /// The usual short form.
    Short,
}

fn form_of(form: Option<NameForm>) -> CalendarForm {
    match form {
        None | Some(NameForm::Long) => CalendarForm::Long,
        Some(NameForm::Short) => CalendarForm::Short,
    }
}

/// The day of the week of a date, named in the locale's language.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Weekday {
    /// The column of the date or instant (UTC); any day, each equally likely, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// `long` for the whole word, `short` for the usual short form; long when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    form: Option<NameForm>,
}

impl Generator for Weekday {
    const EXAMPLE: &'static str = "{type: weekday, from: starts_on, form: long}";
    const EXAMPLE_BESIDE: &'static str =
        "{columns: [{name: starts_on, generator: {type: date, start: 2024-01-01, end: 2024-12-31}}]}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let names = cx.locale().calendar().weekdays(form_of(self.form));
        // 1 January 1970 was a Thursday.
        named(cx, names, self.from.as_deref(), |day| (day + 3).rem_euclid(7) as u32)
    }
}

/// The month of a date, named in the locale's language.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MonthName {
    /// The column of the date or instant (UTC); any month, each equally likely, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// `long` for the whole word, `short` for the usual short form; long when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    form: Option<NameForm>,
}

impl Generator for MonthName {
    const EXAMPLE: &'static str = "{type: month_name, from: starts_on, form: short}";
    const EXAMPLE_BESIDE: &'static str =
        "{columns: [{name: starts_on, generator: {type: date, start: 2024-01-01, end: 2024-12-31}}]}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let names = cx.locale().calendar().months(form_of(self.form));
        named(cx, names, self.from.as_deref(), |day| civil_of_days(day).1 - 1)
    }
}

/// A name by the day of a column, else any.
fn named(
    cx: &mut Context<'_>,
    names: &'static [&'static str],
    from: Option<&str>,
    place: fn(i64) -> u32,
) -> Result<Made, Problems> {
    let list = List::of_texts(names.iter().copied());
    let longest = list.longest();
    let Some(column) = from else {
        let draw = Draw::Uniform(list.len() as u64);
        let domain = list.clone();
        let fill = FromList { list, key: cx.key("value"), draw };
        return Ok(Made { longest, ..Made::drawn(LogicalType::String, fill).counted(domain) });
    };
    let at = |problems: Problems| problems.into_iter().map(|problem| problem.at("/from")).collect::<Problems>();
    let input = cx.column(column).map_err(at)?;
    let logical = cx.input_type(input);
    if !matches!(logical, LogicalType::Date | LogicalType::Datetime) {
        let detail = format!("a day is named by a date or an instant, and {column} is {logical}");
        return Err(vec![Problem::new("wrong_type", detail).at("/from")]);
    }
    let names = StringViewArray::from_iter_values(names);
    Ok(Made { longest, ..Made::computed(LogicalType::String, NamedDay { input, names, place }) })
}

struct NamedDay {
    input: usize,
    names: StringViewArray,
    /// The name's place by the days since 1970.
    place: fn(i64) -> u32,
}

impl Fill for NamedDay {
    fn fill(&self, cells: &Cells<'_>, _: &Rows) -> Result<ArrayRef, RunError> {
        let array = &cells.inputs[self.input];
        let places: UInt32Array = if let Some(dates) = array.as_primitive_opt::<Date32Type>() {
            dates.iter().map(|day| day.map(|day| (self.place)(i64::from(day)))).collect()
        } else if let Some(times) = array.as_primitive_opt::<TimestampMicrosecondType>() {
            times.iter().map(|us| us.map(|us| (self.place)(us.div_euclid(DAY_US)))).collect()
        } else {
            return Err(RunError::new(format!("{} stands where a day is read", array.data_type())));
        };
        let names: ArrayRef = Arc::new(self.names.clone());
        take(&names, &places, None).map_err(|error| RunError::new(error.to_string()))
    }
}
