//! Files that a schema names: lists and given rows as CSV, taken into the dataset before it is compiled.
//!
//! Nothing here opens a file: who calls says what a file holds. A path is relative and leads down from the schema's folder, whoever reads it.

use std::collections::HashSet;

use indexmap::IndexMap;
use serde_json::{Number, Value};

use super::{Dataset, Given, ValueList};
use crate::problem::{Problem, pointer_step};

/// What a file holds, by its path relative to the schema file; or why it cannot be told, in one sentence.
pub type Files<'f> = dyn Fn(&str) -> Result<String, String> + 'f;

/// No file at all: where there is no folder that a schema lies in.
pub fn no_files(_: &str) -> Result<String, String> {
    Err("files are read below the folder of a schema file alone, so the values must be written here".to_owned())
}

impl Dataset {
    /// Puts what files hold in the place of their names; what could not be is a problem and becomes empty.
    pub fn take_in(&mut self, files: &Files<'_>) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (name, list) in &mut self.lists {
            let ValueList::File(reference) = list else { continue };
            let pointer = format!("/lists{}/file", pointer_step(name));
            let values = rows_of(files, &reference.file).and_then(|table| column(&table, name));
            *list = ValueList::Values(values.unwrap_or_else(|problem| {
                problems.push(problem.at(pointer));
                vec![Value::Null]
            }));
        }
        for (at, table) in self.tables.iter_mut().enumerate() {
            let Some(Given::File(reference)) = &table.given else { continue };
            let rows = rows_of(files, &reference.file).map(|table| objects(&table));
            table.given = rows.map(|rows| Some(Given::Rows(rows))).unwrap_or_else(|problem| {
                problems.push(problem.at(format!("/tables/{at}/given/file")));
                None
            });
        }
        problems
    }
}

/// A CSV text: the names of its columns, and its rows, an unquoted nothing as none.
struct Rows {
    names: Vec<String>,
    rows: Vec<Vec<Option<String>>>,
}

fn rows_of(files: &Files<'_>, path: &str) -> Result<Rows, Problem> {
    let is_below = !path.is_empty()
        && !path.starts_with('/')
        && !path.contains(['\\', ':', '\0'])
        && path.split('/').all(|step| !step.is_empty() && step != "..");
    if !is_below {
        let detail = format!("\"{path}\" does not lead down from the schema file's folder");
        let remedy = "give a path below that folder, with / between its steps";
        return Err(Problem::new("outside", detail).remedy(remedy));
    }
    let text = files(path).map_err(|reason| Problem::new("unread", format!("{path}: {reason}")))?;
    parse(&text).map_err(|detail| Problem::new("unread", format!("{path}: {detail}")))
}

/// The values of a list: the column of its name, or the only one. They are numbers where all of them are spelled as JSON spells them.
fn column(table: &Rows, name: &str) -> Result<Vec<Value>, Problem> {
    let place = match table.names.as_slice() {
        [_] => Some(0),
        names => names.iter().position(|known| known == name),
    };
    let Some(place) = place else {
        let detail = format!("the file has several columns, and none is named {name}");
        return Err(Problem::new("unknown_column", detail)
            .hint(name, table.names.iter().map(String::as_str).collect::<Vec<_>>()));
    };
    let texts: Vec<Option<&str>> = table.rows.iter().map(|row| row.get(place).and_then(Option::as_deref)).collect();
    let number = |text: &str| serde_json::from_str::<Number>(text).ok().filter(|number| number.to_string() == text);
    let numbers: Option<Vec<Option<Number>>> =
        texts.iter().map(|text| text.map_or(Some(None), |text| number(text).map(Some))).collect();
    let values: Vec<Value> = match numbers {
        Some(numbers) => numbers.into_iter().map(|number| number.map_or(Value::Null, Value::Number)).collect(),
        None => texts.iter().map(|text| text.map_or(Value::Null, Value::from)).collect(),
    };
    if values.is_empty() {
        return Err(Problem::new("empty_list", "the list is empty"));
    }
    Ok(values)
}

/// Rows as objects; what a file leaves empty is left open.
fn objects(table: &Rows) -> Vec<IndexMap<String, Value>> {
    let object = |row: &Vec<Option<String>>| {
        let cells = table.names.iter().zip(row);
        cells.filter_map(|(name, cell)| Some((name.clone(), Value::from(cell.clone()?)))).collect()
    };
    table.rows.iter().map(object).collect()
}

/// RFC 4180: commas, quotes doubled within quotes, lines ended by LF or CRLF, the first of them the names.
fn parse(text: &str) -> Result<Rows, String> {
    let mut lines: Vec<Vec<Option<String>>> = Vec::new();
    let mut line: Vec<Option<String>> = Vec::new();
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    while !rest.is_empty() {
        let (cell, after) = if let Some(quoted) = rest.strip_prefix('"') {
            let mut cell = String::new();
            let mut from = quoted;
            loop {
                let end = from.find('"').ok_or_else(|| format!("a quote in line {} does not end", lines.len() + 1))?;
                cell.push_str(&from[..end]);
                from = &from[end + 1..];
                match from.strip_prefix('"') {
                    Some(more) => {
                        cell.push('"');
                        from = more;
                    }
                    None => break (Some(cell), from),
                }
            }
        } else {
            let end = rest.find([',', '\n']).unwrap_or(rest.len());
            let cell = rest[..end].strip_suffix('\r').filter(|_| !rest[end..].starts_with(',')).unwrap_or(&rest[..end]);
            ((!cell.is_empty()).then(|| cell.to_owned()), &rest[end..])
        };
        line.push(cell);
        let after = after.strip_prefix('\r').filter(|after| after.starts_with('\n')).unwrap_or(after);
        if let Some(more) = after.strip_prefix(',') {
            rest = more;
            if rest.is_empty() {
                line.push(None);
            }
        } else if let Some(more) = after.strip_prefix('\n') {
            rest = more;
            lines.push(std::mem::take(&mut line));
        } else if after.is_empty() {
            rest = after;
        } else {
            return Err(format!("a quote in line {} ends before its value does", lines.len() + 1));
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    let mut lines =
        lines.into_iter().enumerate().filter(|(_, line)| line.iter().any(Option::is_some) || line.len() > 1);
    let (_, names) = lines.next().ok_or("the file is empty")?;
    let names: Vec<String> = names.into_iter().map(Option::unwrap_or_default).collect();
    let mut seen = HashSet::new();
    if let Some(name) = names.iter().find(|name| name.is_empty() || !seen.insert(name.as_str())) {
        return Err(format!("\"{name}\" in its first line is no name, or stands twice"));
    }
    let mut rows = Vec::new();
    for (at, row) in lines {
        if row.len() != names.len() {
            return Err(format!("line {} has {} values for {} columns", at + 1, row.len(), names.len()));
        }
        rows.push(row);
    }
    Ok(Rows { names, rows })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn list(text: &str) -> Result<Vec<Value>, Problem> {
        rows_of(&|_| Ok(text.to_owned()), "a.csv").and_then(|table| column(&table, "size"))
    }

    #[test]
    fn a_list_is_the_column_of_its_name_and_of_numbers_where_all_are() {
        assert_eq!(list("priority\nLow\n\"High, \"\"very\"\"\"\r\n").unwrap(), [json!("Low"), json!("High, \"very\"")]);
        assert_eq!(list("\u{feff}other,size\r\nx,1\r\ny,2.5\r\nz,\r\n").unwrap(), [json!(1), json!(2.5), Value::Null]);
        assert_eq!(list("code\n007\n12").unwrap(), [json!("007"), json!("12")]);
        assert_eq!(list("a,b\n1,2\n").unwrap_err().detail, "the file has several columns, and none is named size");
        assert_eq!(list("a\n").unwrap_err().detail, "the list is empty");
        assert_eq!(list("").unwrap_err().detail, "a.csv: the file is empty");
        assert_eq!(list("a,b\n1\n").unwrap_err().detail, "a.csv: line 2 has 1 values for 2 columns");
        assert_eq!(list("a\n\"b\n").unwrap_err().detail, "a.csv: a quote in line 2 does not end");
    }

    #[test]
    fn a_path_leads_down_and_nowhere_else() {
        for path in ["", "/etc/passwd", "../a.csv", "a/../../b.csv", "c:/a.csv", "a\\b.csv", "a//b.csv"] {
            let problem = rows_of(&|_| panic!("not to be read"), path).err().expect("a problem");
            assert_eq!(problem.code, "outside", "{path}");
        }
        assert!(rows_of(&|_| Ok("a\n1\n".to_owned()), "lists/a.csv").is_ok());
    }
}
