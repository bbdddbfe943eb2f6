//! Everything that a schema states about its finished rows: keys, columns, rules, in that order, table by table.

use super::Expected;
use super::aggregate::Aggregate;
use super::condition::Condition;
use super::correlation::Correlation;
use super::given::Row;
use super::overlap::Overlap;
use super::statistic::Statistic;
use super::totals::Total;
use crate::schema::{Children, Column, Dataset, ForeignKey, Given, RuleKind, Table};

/// A statement of a schema.
#[derive(Debug)]
pub(super) struct Statement<'a> {
    pub id: String,
    pub kind: &'static str,
    pub table: &'a Table,
    /// The statement for people.
    pub says: String,
    pub claim: Claim<'a>,
}

/// What a statement claims.
#[derive(Debug)]
pub(super) enum Claim<'a> {
    /// The table has so many rows.
    Rows(u64),
    /// The column exists and holds values of its type.
    Type(&'a Column),
    /// No nulls, no repeats.
    PrimaryKey(&'a [String]),
    /// No repeats, rows with nulls aside.
    Unique { columns: Vec<&'a str>, when: Option<&'a str> },
    /// Each row of those that `when` selects satisfies a condition.
    Row { when: Option<&'a str>, condition: Condition<'a> },
    /// So many rows there are of something.
    Total { when: Option<&'a str>, total: Total<'a> },
    /// A column is what the row's children come to.
    Aggregate { when: Option<&'a str>, aggregate: Aggregate<'a> },
    /// Each key that is not null exists in the parent.
    ForeignKey(&'a ForeignKey),
    /// Each key that is not null is that of a row of the parent of which a condition is true.
    Where { key: &'a ForeignKey, condition: &'a str },
    /// From each row its key leads to a row without one, within so many steps, and so many rows have none.
    Tree(&'a ForeignKey),
    /// Given rows are there.
    Given(&'a [Row]),
    /// Each parent has so many children.
    Children(&'a ForeignKey, &'a Children),
    /// Intervals of one group do not overlap.
    NoOverlap { when: Option<&'a str>, overlap: Overlap<'a> },
}

/// The statements of a dataset, and what its plan knows beyond them.
pub(super) fn statements<'a>(dataset: &'a Dataset, expected: &'a Expected) -> Vec<Statement<'a>> {
    dataset.tables.iter().flat_map(|table| of_table(table, expected)).collect()
}

fn of_table<'a>(table: &'a Table, expected: &'a Expected) -> Vec<Statement<'a>> {
    let mut statements = Vec::new();
    let mut add = |id: String, kind: &'static str, says: String, claim: Claim<'a>| {
        statements.push(Statement { id, kind, table, says, claim });
    };
    let columns = || table.columns.iter().filter(|column| column.hidden != Some(true));
    if let Some(rows) = stated_rows(table) {
        let says = format!("{} has {rows} {}", table.name, if rows == 1 { "row" } else { "rows" });
        add(format!("rows:{}", table.name), "rows", says, Claim::Rows(rows));
    }
    for column in columns() {
        let id = format!("type:{}.{}", table.name, column.name);
        let says = match expected.logical_type(table, column) {
            Some(kind) => format!("{} is of type {kind}", column.name),
            None => format!("{} exists", column.name),
        };
        add(id, "type", says, Claim::Type(column));
    }
    if !table.primary_key.is_empty() {
        let says = format!("{} is never null and tells every row from every other", table.primary_key.join(", "));
        add(format!("primary-key:{}", table.name), "primary-key", says, Claim::PrimaryKey(&table.primary_key));
    }
    if let Some(Given::Rows(rows)) = &table.given {
        let says = format!("the {} given rows are there", rows.len());
        add(format!("given:{}", table.name), "given", says, Claim::Given(rows));
    }
    for column in columns() {
        let place = format!("{}.{}", table.name, column.name);
        if column.unique == Some(true) {
            let columns = vec![column.name.as_str()];
            add(format!("unique:{place}"), "unique", repeats_says(&columns), Claim::Unique { columns, when: None });
        }
        let computed = expected.null_where.get(&table.name).and_then(|columns| columns.get(&column.name));
        if let Some(when) = computed.or(column.null_when.as_ref()) {
            let condition = Condition::Null { column: &column.name };
            row(&mut add, format!("null:{place}"), "null", Some(when), condition);
        }
        if expected.is_never_null(&table.name, &column.name) && !table.primary_key.contains(&column.name) {
            let condition = Condition::NotNull { column: &column.name };
            row(&mut add, format!("not-null:{place}"), "null", None, condition);
        }
        if let Some(when) = expected.never_null_where.get(&table.name).and_then(|columns| columns.get(&column.name)) {
            let condition = Condition::NotNull { column: &column.name };
            row(&mut add, format!("not-null:{place}"), "null", Some(when), condition);
        }
        if column.min_length.is_some() || column.max_length.is_some() {
            row(&mut add, format!("length:{place}"), "length", None, Condition::Length { column });
        }
    }
    for (_, columns) in table.unique_indexes() {
        let said = |name: &String| table.columns.iter().any(|own| own.name == *name && own.unique == Some(true));
        if *columns == table.primary_key || (columns.len() == 1 && columns.iter().all(said)) {
            continue;
        }
        let id = format!("unique:{}.{}", table.name, columns.join("+"));
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        add(id, "unique", repeats_says(&columns), Claim::Unique { columns, when: None });
    }
    for key in &table.foreign_keys {
        let place = format!("{}.{}", table.name, key.name());
        let (own, theirs) = (key.columns.join(", "), key.references.columns.join(", "));
        let says = format!("{own} is null or the {theirs} of a row of {}", key.references.table);
        add(format!("foreign-key:{place}"), "foreign-key", says, Claim::ForeignKey(key));
        if let Some(condition) = &key.condition {
            let says = format!("{own} is null or the {theirs} of a row of {} where {condition}", key.references.table);
            add(format!("where:{place}"), "where", says, Claim::Where { key, condition });
        }
        if key.references.table == table.name {
            add(format!("tree:{place}"), "tree", tree_says(&own, key), Claim::Tree(key));
        }
        if let Some(children) = &key.children {
            let says = children_says(table, key, children);
            add(format!("children:{place}"), "children", says, Claim::Children(key, children));
        }
    }
    for rule in &table.rules {
        let when = rule.when.as_deref();
        let condition = match &rule.kind {
            RuleKind::Implies { condition, then } => Condition::Implies { premise: condition, conclusion: then },
            RuleKind::Calculate { column, sql } => Condition::Calculate { column, sql },
            RuleKind::Score { column, of, bands } => Condition::Score { column, of, bands },
            RuleKind::Combination { columns, allowed, forbidden } => Condition::Combination {
                columns,
                tuples: allowed.as_ref().or(forbidden.as_ref()).map(Vec::as_slice).unwrap_or_default(),
                forbidden: allowed.is_none(),
            },
            RuleKind::Order { columns, strict, gap } => {
                Condition::Order { columns, strict: *strict == Some(true), gap: *gap }
            }
            RuleKind::Check { sql } => Condition::Check { sql },
            RuleKind::Unique { columns } => {
                let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
                let says = limited(repeats_says(&columns), when);
                add(rule.id.clone(), "unique", says, Claim::Unique { columns, when });
                continue;
            }
            RuleKind::Share { column, parts, tolerance } => {
                let total = Total::Share { column, parts, tolerance: tolerance.unwrap_or(0.0) };
                add(rule.id.clone(), "share", total.says(when), Claim::Total { when, total });
                continue;
            }
            RuleKind::Count { condition, exactly, min, max, per } => {
                let (least, most) = (exactly.or(*min).unwrap_or(0), exactly.or(*max));
                let total = Total::Count { condition, least, most, per };
                add(rule.id.clone(), "count", total.says(when), Claim::Total { when, total });
                continue;
            }
            RuleKind::Statistic { column, function, equals, q, tolerance } => {
                let share = if function == "quantile" { q.unwrap_or(0.5) } else { 0.5 };
                let total = Total::Statistic(Statistic { column, function, equals, share, tolerance: *tolerance });
                add(rule.id.clone(), "statistic", total.says(when), Claim::Total { when, total });
                continue;
            }
            RuleKind::Aggregate { column, of, by, function } => {
                let aggregate = Aggregate { column, of, by, function };
                let says = limited(aggregate.says(), when);
                add(rule.id.clone(), "aggregate", says, Claim::Aggregate { when, aggregate });
                continue;
            }
            RuleKind::Correlation { columns, coefficient, matrix, method, tolerance } => {
                let asked = (*coefficient, matrix.as_deref());
                let total = Total::Correlation(Correlation::new(columns, asked, method.as_deref(), *tolerance));
                add(rule.id.clone(), "correlation", total.says(when), Claim::Total { when, total });
                continue;
            }
            RuleKind::NoOverlap { per, start, end } => {
                let overlap = Overlap { per, start, end };
                let says = limited(overlap.says(), when);
                add(rule.id.clone(), "no_overlap", says, Claim::NoOverlap { when, overlap });
                continue;
            }
        };
        row(&mut add, rule.id.clone(), rule.kind.name(), when, condition);
    }
    statements
}

/// How many rows a table has, where the schema says so itself and no seed decides: what it writes, else all that it gives. Those that lie as a
/// key's `children` say are counted with that key.
fn stated_rows(table: &Table) -> Option<u64> {
    let lie_by_key = table.foreign_keys.iter().any(|key| key.children.is_some());
    let given = || match &table.given {
        Some(Given::Rows(rows)) if !lie_by_key && !rows.is_empty() => Some(rows.len() as u64),
        _ => None,
    };
    table.rows.or_else(given)
}

fn row<'a>(
    add: &mut impl FnMut(String, &'static str, String, Claim<'a>),
    id: String,
    kind: &'static str,
    when: Option<&'a str>,
    condition: Condition<'a>,
) {
    add(id, kind, limited(condition.says(), when), Claim::Row { when, condition });
}

pub(super) fn limited(says: String, when: Option<&str>) -> String {
    match when {
        Some(when) => format!("{says}, where {when}"),
        None => says,
    }
}

fn repeats_says(columns: &[&str]) -> String {
    match columns {
        [column] => format!("no two values of {column} are alike"),
        _ => format!("no two combinations of {} are alike", columns.join(", ")),
    }
}

fn tree_says(own: &str, key: &ForeignKey) -> String {
    let rate = key.root_rate.map(|rate| super::totals::rounded(rate * 100.0));
    match (key.max_depth, rate) {
        (Some(depth), Some(rate)) => {
            format!("following {own} ends within {depth} steps, and {rate} % of the rows have none")
        }
        (None, Some(rate)) => format!("following {own} ends, and {rate} % of the rows have none"),
        (Some(depth), None) => format!("following {own} ends within {depth} steps"),
        (None, None) => format!("following {own} ends"),
    }
}

fn children_says(table: &Table, key: &ForeignKey, children: &Children) -> String {
    let bounds = match (children.min.unwrap_or(0), children.max) {
        (min, Some(max)) => format!("{min} to {max} rows"),
        (0, None) => "any number of rows".to_owned(),
        (min, None) => format!("at least {min} rows"),
    };
    let mut says = format!("each row of {} has {bounds} of {}", key.references.table, table.name);
    if let Some(mean) = children.mean {
        says.push_str(&format!(", {mean} on average"));
    }
    if let Some(total) = children.total {
        says.push_str(&format!(", {total} in all"));
    }
    says
}
