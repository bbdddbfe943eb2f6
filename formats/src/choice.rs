//! The choices that a format leaves to whoever asks for a file: declared once, read from JSON, shown as a JSON Schema.

use serde_json::{Map, Value, json};

use crate::{DateOrder, Format, Options, ParquetCompression};

/// One choice of a format.
pub struct Choice {
    /// Its key.
    pub name: &'static str,
    /// What it means, for people.
    pub description: &'static str,
    /// Its JSON Schema, beside the description, as JSON text; the default included.
    pub schema: &'static str,
    /// Puts a value into the options, or says what it should be.
    pub set: fn(&mut Options, &Value) -> Result<(), &'static str>,
}

/// What is wrong with a choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChoiceError {
    /// Its key.
    pub name: String,
    /// One sentence.
    pub detail: String,
}

/// The choices of delimited files.
pub(crate) const CSV: &[Choice] = &[
    Choice {
        name: "delimiter",
        description: "Character between two values",
        schema: r#"{"type": "string", "minLength": 1, "maxLength": 1, "pattern": "^[\\t!#-*,/;-@\\[-`{-~]$", "default": ",", "examples": [",", ";", "\t", "|"]}"#,
        set: |options, value| match value.as_str().map(str::as_bytes) {
            Some([byte]) => {
                options.csv_delimiter = *byte;
                Ok(())
            }
            _ => Err("one ASCII character"),
        },
    },
    Choice {
        name: "bom",
        description: "Start the file with a byte order mark, which Excel wants for accented letters",
        schema: r#"{"type": "boolean", "default": false}"#,
        set: |options, value| {
            options.csv_bom = value.as_bool().ok_or("true or false")?;
            Ok(())
        },
    },
    Choice {
        name: "null",
        description: "Text that stands for a missing value",
        schema: r#"{"type": "string", "default": ""}"#,
        set: |options, value| {
            value.as_str().ok_or("a text")?.clone_into(&mut options.csv_null);
            Ok(())
        },
    },
    Choice {
        name: "decimal_separator",
        description: "Between a number's whole part and its fraction; a comma for spreadsheets of regions that write it so",
        schema: r#"{"type": "string", "enum": [".", ","], "default": "."}"#,
        set: |options, value| {
            options.csv_decimal_separator = match value.as_str() {
                Some(".") => b'.',
                Some(",") => b',',
                _ => return Err("a point or a comma"),
            };
            Ok(())
        },
    },
    Choice {
        name: "date_order",
        description: "What comes first in a date: year-month-day is read everywhere, the others by spreadsheets of their regions",
        schema: r#"{"type": "string", "enum": ["year-month-day", "day/month/year", "month/day/year"], "default": "year-month-day"}"#,
        set: |options, value| {
            options.csv_date_order = match value.as_str() {
                Some("year-month-day") => DateOrder::Iso,
                Some("day/month/year") => DateOrder::DayFirst,
                Some("month/day/year") => DateOrder::MonthFirst,
                _ => return Err("year-month-day, day/month/year or month/day/year"),
            };
            Ok(())
        },
    },
];

/// The choices of Parquet files.
pub(crate) const PARQUET: &[Choice] = &[Choice {
    name: "compression",
    description: "Codec of the pages: snappy is read fast everywhere, zstd is smaller",
    schema: r#"{"type": "string", "enum": ["snappy", "zstd", "none"], "default": "snappy"}"#,
    set: |options, value| {
        options.parquet_compression = match value.as_str() {
            Some("snappy") => ParquetCompression::Snappy,
            Some("zstd") => ParquetCompression::Zstd,
            Some("none") => ParquetCompression::None,
            _ => return Err("snappy, zstd or none"),
        };
        Ok(())
    },
}];

/// The choices of workbooks.
pub(crate) const XLSX: &[Choice] = &[Choice {
    name: "level",
    description: "How hard the workbook is compressed: 1 is fast, 9 is small",
    schema: r#"{"type": "integer", "minimum": 1, "maximum": 9, "default": 6}"#,
    set: |options, value| {
        // JSON has one kind of numbers: 2.0 is whole too.
        let level = value.as_f64().filter(|level| (1.0..=9.0).contains(level) && level.fract() == 0.0);
        options.xlsx_level = level.ok_or("a whole number from 1 to 9")? as u8;
        Ok(())
    },
}];

/// The JSON Schema of a format's choices.
pub fn schema(format: &dyn Format) -> Value {
    let properties = format.kind().choices.iter().map(|choice| {
        let mut schema: Value = serde_json::from_str(choice.schema).unwrap_or_default();
        schema["description"] = json!(choice.description);
        (choice.name.to_owned(), schema)
    });
    json!({"type": "object", "properties": properties.collect::<Map<_, _>>(), "additionalProperties": false})
}

/// The options that say what a map of choices says; everything that is wrong with it where something is.
pub fn options(format: &dyn Format, choices: &Map<String, Value>) -> Result<Options, Vec<ChoiceError>> {
    let mut options = Options::default();
    let mut errors = Vec::new();
    let known = format.kind().choices;
    for (name, value) in choices {
        let error = |detail: String| ChoiceError { name: name.clone(), detail };
        match known.iter().find(|choice| choice.name == name) {
            None if known.is_empty() => errors.push(error(format!("{} files leave no choice", format.name()))),
            None => {
                let names: Vec<&str> = known.iter().map(|choice| choice.name).collect();
                errors.push(error(format!(
                    "{name:?} is no choice of {} files; known: {}",
                    format.name(),
                    names.join(", ")
                )));
            }
            Some(_) if value.is_null() => {}
            Some(choice) => {
                if let Err(expected) = (choice.set)(&mut options, value) {
                    errors.push(error(format!("{value} is not {expected}")));
                }
            }
        }
    }
    if errors.is_empty()
        && let Err(error) = options.check()
    {
        errors.push(ChoiceError { name: String::new(), detail: error.to_string() });
    }
    if errors.is_empty() { Ok(options) } else { Err(errors) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FORMATS;

    #[test]
    fn every_default_is_what_the_options_are_without_a_choice() {
        for format in FORMATS {
            let schema = schema(*format);
            let defaults: Map<String, Value> = schema["properties"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, property)| (name.clone(), property["default"].clone()))
                .collect();
            assert!(defaults.values().all(|value| !value.is_null()), "{}", format.name());
            let chosen = options(*format, &defaults).expect("defaults are choices");
            assert_eq!(format!("{chosen:?}"), format!("{:?}", Options::default()), "{}", format.name());
        }
    }

    #[test]
    fn every_wrong_choice_is_told() {
        let format = crate::by_name("csv").expect("it is listed");
        let wrong = json!({"delimiter": "ab", "bom": 1, "quote": "'"});
        let errors = options(format, wrong.as_object().expect("a map")).expect_err("three errors");
        let told: Vec<String> = errors.iter().map(|error| format!("{}: {}", error.name, error.detail)).collect();
        assert_eq!(
            told,
            [
                "delimiter: \"ab\" is not one ASCII character",
                "bom: 1 is not true or false",
                "quote: \"quote\" is no choice of csv files; known: delimiter, bom, null, decimal_separator, date_order",
            ]
        );
    }

    #[test]
    fn a_level_is_whole_however_it_is_spelled() {
        let format = crate::by_name("xlsx").expect("it is listed");
        let level = |level: Value| options(format, json!({ "level": level }).as_object().expect("a map"));
        assert_eq!(level(json!(2.0)).expect("a level").xlsx_level, 2);
        assert_eq!(level(json!(9)).expect("a level").xlsx_level, 9);
        for wrong in [json!(2.5), json!(0), json!(10), json!("2")] {
            assert!(level(wrong).is_err());
        }
    }

    #[test]
    fn choices_that_cannot_be_kept_together_are_told() {
        let format = crate::by_name("csv").expect("it is listed");
        let wrong = json!({"delimiter": ";", "null": ";"});
        assert_eq!(options(format, wrong.as_object().expect("a map")).expect_err("an error").len(), 1);
    }
}
