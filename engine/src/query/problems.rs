//! What the SQL library says of a query, in our own sentences: with the name that was meant, the place in the text, and what would mend it.

use datafusion::common::SchemaError;
use datafusion::error::DataFusionError;
use datafusion::functions_aggregate::all_default_aggregate_functions;
use datafusion::functions_window::all_default_window_functions;
use datafusion::sql::sqlparser::parser::ParserError;

use super::{measure, phrases};
use crate::expr::{our_types, syntax_problem};
use crate::functions;
use crate::plan::Plan;
use crate::problem::{Problem, nearest, suggestion};

/// A problem of a query over a plan's tables.
pub(super) fn problem_of(error: &DataFusionError, plan: &Plan) -> Problem {
    let mut problem = match error.find_root() {
        DataFusionError::SchemaError(error, _) => of_schema(error),
        DataFusionError::SQL(error, _) if matches!(**error, ParserError::RecursionLimitExceeded) => measure::too_deep(),
        DataFusionError::SQL(error, _) => {
            let found = syntax_problem(error);
            let mut problem = Problem::new("sql", found.detail);
            problem.remedy = found.remedy;
            (problem.line, problem.column) = (found.line, found.column);
            problem
        }
        root => of_text(&text_of(root), plan).unwrap_or_else(|| {
            Problem::new("sql", format!("the query cannot be answered: {}", crate::expr::sentence(error)))
        }),
    };
    if let Some(span) = error.diagnostic().and_then(|diagnostic| diagnostic.span).filter(|span| span.start.line > 0) {
        (problem.line, problem.column) = (Some(span.start.line), Some(span.start.column));
    }
    problem
}

fn of_schema(error: &SchemaError) -> Problem {
    match error {
        SchemaError::FieldNotFound { field, valid_fields } => {
            let names: Vec<&str> = valid_fields.iter().map(|column| column.name.as_str()).collect();
            let missing = match &field.relation {
                Some(table) => format!("no column \"{table}.{}\"", field.name),
                None => format!("no column \"{}\"", field.name),
            };
            let mut problem = Problem::new("unknown_column", missing).param("column", field.name.as_str());
            let is_there = names.contains(&field.name.as_str());
            problem.remedy = if is_there || names.iter().any(|name| name.to_lowercase() == field.name.to_lowercase()) {
                let meant = names.iter().find(|name| name.to_lowercase() == field.name.to_lowercase());
                meant.filter(|_| !is_there).map(|name| format!("did you mean \"{name}\"?"))
            } else {
                let mut distinct = names.clone();
                distinct.sort_unstable();
                distinct.dedup();
                suggestion(&field.name, distinct)
            };
            problem
        }
        SchemaError::AmbiguousReference { field } => {
            Problem::new("ambiguous_column", format!("several tables of the query have a column \"{}\"", field.name))
                .param("column", field.name.as_str())
                .remedy("write the table before it, with a point between them")
        }
        SchemaError::DuplicateQualifiedField { name, .. } | SchemaError::DuplicateUnqualifiedField { name } => {
            Problem::new("repeated_name", format!("two columns of the answer are called \"{name}\""))
                .remedy("give one of them another name with AS")
        }
    }
}

fn text_of(error: &DataFusionError) -> String {
    match error {
        DataFusionError::Plan(text)
        | DataFusionError::NotImplemented(text)
        | DataFusionError::Execution(text)
        | DataFusionError::Internal(text) => text.clone(),
        other => other.strip_backtrace(),
    }
}

/// The problem of a sentence that is known; none of one that is not.
fn of_text(text: &str, plan: &Plan) -> Option<Problem> {
    let text = text.split(DataFusionError::BACK_TRACE_SEP).next().unwrap_or_default().trim();
    let line = text.lines().next().unwrap_or_default();
    let between = |(start, end): (&str, &str)| {
        let rest = &line[line.find(start)? + start.len()..];
        Some(&rest[..rest.find(end)?])
    };
    if line.starts_with(phrases::TABLE.0) && line.ends_with(phrases::TABLE.1) {
        let name = between(phrases::TABLE)?;
        // The library puts its own catalogue and schema before a name.
        let name = name.strip_prefix("datafusion.public.").unwrap_or(name);
        let problem = Problem::new("unknown_table", format!("there is no table \"{name}\"")).param("table", name);
        return Some(problem.hint(name, plan.tables.iter().map(|table| table.name.as_str())));
    }
    if line.starts_with(phrases::FUNCTION.0) || line.starts_with(phrases::WINDOW) {
        return Some(unknown_function(between(phrases::FUNCTION).or_else(|| line.split_whitespace().last())?));
    }
    if phrases::WRITES.iter().any(|phrase| line.starts_with(phrase)) {
        return Some(measure::no_query());
    }
    if line.contains(phrases::SEVERAL) {
        return Some(Problem::new("no_query", "these are several statements").remedy("ask one query at a time"));
    }
    if line.starts_with(phrases::NONE) {
        return Some(Problem::new("no_query", "the SQL is empty"));
    }
    if let Some(rest) = phrases::OPERATIONS.iter().find_map(|phrase| line.strip_prefix(phrase)) {
        let rest = rest.rsplit_once(phrases::OPERATION.0).map_or(rest, |(_, rest)| rest);
        let operation = rest.split(phrases::OPERATION.1).next().unwrap_or(rest);
        let operation = operation.split(": ").next().unwrap_or(operation);
        let detail = format!("{} has no meaning for values of these types", our_types(operation));
        return Some(Problem::new("wrong_type", detail).remedy("make them one type with CAST"));
    }
    let other = "change its arguments, or make them another type with CAST";
    if line.contains(phrases::CALL.0) {
        let detail = format!("no function takes {}", our_types(between(phrases::CALL)?));
        return Some(Problem::new("wrong_type", detail).remedy(other));
    }
    if line.starts_with(phrases::ARGUMENTS.0) {
        let detail = format!("{} does not take arguments of these types", between(phrases::ARGUMENTS)?);
        return Some(Problem::new("wrong_type", detail).remedy(other));
    }
    if phrases::GROUPS.iter().any(|phrase| line.contains(phrase)) {
        let detail = match between(phrases::GROUPED) {
            None => "a column stands beside an aggregate and is not grouped by".to_owned(),
            Some(column) => format!("{column} stands beside an aggregate and is not grouped by"),
        };
        return Some(Problem::new("not_grouped", detail).remedy("put it into GROUP BY, or into an aggregate"));
    }
    if line.starts_with(phrases::WHERE) {
        let problem = Problem::new("wrong_place", "WHERE is asked of single rows and cannot hold an aggregate");
        return Some(problem.remedy("write the condition behind HAVING"));
    }
    None
}

fn unknown_function(name: &str) -> Problem {
    let scalar = functions::list().iter().flat_map(|function| function.aliases.iter().chain([&function.name]));
    let mut known: Vec<String> = scalar.map(|name| (*name).to_owned()).collect();
    known.extend(all_default_aggregate_functions().iter().map(|function| function.name().to_owned()));
    known.extend(all_default_window_functions().iter().map(|function| function.name().to_owned()));
    let near = nearest(name, known.iter().map(String::as_str));
    let here = functions::unknown(name);
    let plain = format!("no function \"{name}\"");
    // What expressions refuse for a reason of its own, a query does as well.
    let detail = if near.is_none_or(|near| near != name) { here.detail } else { plain.clone() };
    let has_reason = detail != plain;
    let problem = Problem::new("unknown_function", detail).param("function", name);
    match near {
        _ if has_reason => problem.remedy(here.remedy.unwrap_or_default()),
        Some(near) => problem.remedy(format!("did you mean \"{near}\"?")),
        None => problem.remedy("the reference lists the functions that SQL may call"),
    }
}
