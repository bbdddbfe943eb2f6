//! What a query may be made of, known before it is planned: planning follows the text by recursion, copies what `WITH` names wherever it is
//! used, and answers to nobody while it does, so that what it would have to carry is counted first.

use std::collections::HashMap;
use std::ops::ControlFlow;

use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{
    Expr, Ident, ObjectName, Query, Select, SetExpr, Statement as SqlStatement, TableFactor, Visit, Visitor,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

use crate::expr::height::{Height, TooHigh, too_long};
use crate::problem::Problem;

/// Words and operators along one path from the outside of a query to its innermost bracket.
const MAX_PATH: usize = 2_000;

/// Selects and tables that a query comes to, with what `WITH` names put where it is used.
const MAX_READS: u64 = 500;

/// What joins carry: in each select the tables that it joins times their columns, since each of the joins can carry them all.
const MAX_CARRIED: u64 = 100_000;

/// Aggregates that keep the values of all rows.
pub(super) const COLLECTING: [&str; 2] = ["array_agg", "string_agg"];

/// Values that a struct could hold, if each struct of a query were made of the one before.
const MAX_STRUCT: usize = 1_000;

/// A problem unless the words of a text can be parsed and planned by recursion.
pub(super) fn check_text(sql: &str) -> Result<(), Problem> {
    // What is no text of tokens is no query either, which its parser says better.
    let Ok(tokens) = Tokenizer::new(&GenericDialect {}, sql).tokenize_with_location() else { return Ok(()) };
    let mut height = Height::new(MAX_PATH);
    for token in tokens.iter().filter(|token| !matches!(token.token, Token::Whitespace(_))) {
        if let Err(high) = height.read(&token.token) {
            let mut problem = match high {
                TooHigh::Brackets => too_deep(),
                TooHigh::Words => Problem::new("query_too_large", too_long(MAX_PATH).detail)
                    .remedy("use IN for many values, or give parts of it a name with WITH"),
            };
            (problem.line, problem.column) = (Some(token.span.start.line), Some(token.span.start.column));
            return Err(problem);
        }
    }
    Ok(())
}

/// The problem of brackets, or anything else, inside each other.
pub(super) fn too_deep() -> Problem {
    Problem::new("query_too_large", "the SQL is nested too deeply").remedy("give inner parts a name with WITH")
}

/// How many values its structs could hold at most, or a problem unless a statement is small enough to be planned. `columns` says how many columns
/// a table has.
pub(super) fn check_statement(statement: &Statement, columns: &HashMap<&str, u64>) -> Result<usize, Problem> {
    let mut statement = statement;
    while let Statement::Explain(explained) = statement {
        statement = &explained.statement;
    }
    let Statement::Statement(statement) = statement else { return Err(no_query()) };
    if matches!(**statement, SqlStatement::Insert(_) | SqlStatement::Copy { .. }) {
        return Err(no_query());
    }
    let mut counting = Counting { columns, open: vec![Scope::default()], named: HashMap::new(), structs: 1 };
    match statement.visit(&mut counting) {
        ControlFlow::Continue(()) => Ok(counting.structs),
        ControlFlow::Break(problem) => Err(*problem),
    }
}

/// The problem of a statement that changes something.
pub(super) fn no_query() -> Problem {
    Problem::new("no_query", "a query reads and changes nothing").remedy("write a SELECT")
}

/// What a part of a query comes to.
#[derive(Clone, Copy, Debug, Default)]
struct Weight {
    /// Selects and tables.
    reads: u64,
    /// Columns of the tables.
    columns: u64,
    /// What their joins carry.
    carried: u64,
}

impl Weight {
    /// One select or table.
    fn one() -> Weight {
        Weight { reads: 1, ..Weight::default() }
    }

    fn plus(self, other: Weight) -> Weight {
        Weight {
            reads: self.reads.saturating_add(other.reads),
            columns: self.columns.saturating_add(other.columns),
            carried: self.carried.saturating_add(other.carried),
        }
    }

    fn check(self) -> ControlFlow<Box<Problem>> {
        let detail = if self.reads > MAX_READS {
            format!(
                "the query comes to more than {MAX_READS} selects and tables, parts that WITH names counted wherever they are used"
            )
        } else if self.carried > MAX_CARRIED {
            format!("the query joins {} tables and selects of {} columns, which is too much", self.reads, self.columns)
        } else {
            return ControlFlow::Continue(());
        };
        let problem = Problem::new("query_too_large", detail);
        ControlFlow::Break(Box::new(problem.remedy("read fewer tables, or a part of WITH fewer times")))
    }
}

/// A query that is being counted.
#[derive(Default)]
struct Scope {
    weight: Weight,
    /// What its `WITH` names so far.
    named: Vec<(String, Weight)>,
    /// What the one around it calls it.
    name: Option<String>,
    /// Its selects that are being counted, outermost first: what each joins.
    selects: Vec<Joined>,
}

/// What a select joins: so many tables and selects, with so many columns.
#[derive(Default)]
struct Joined {
    parts: u64,
    columns: u64,
}

struct Counting<'a> {
    columns: &'a HashMap<&'a str, u64>,
    /// Queries around the place, outermost first; before them the statement.
    open: Vec<Scope>,
    /// The queries that a `WITH` names, by where they are, until they are come to.
    named: HashMap<*const Query, String>,
    /// What a struct could hold.
    structs: usize,
}

impl Counting<'_> {
    /// Counts something that is read; what a select reads it joins with the rest.
    fn add(&mut self, weight: Weight) -> ControlFlow<Box<Problem>> {
        let Some(scope) = self.open.last_mut() else { return ControlFlow::Continue(()) };
        scope.weight = scope.weight.plus(weight);
        if let Some(select) = scope.selects.last_mut() {
            select.parts = select.parts.saturating_add(1);
            select.columns = select.columns.saturating_add(weight.columns);
        }
        scope.weight.check()
    }
}

impl Visitor for Counting<'_> {
    type Break = Box<Problem>;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Box<Problem>> {
        let place: *const Query = query;
        let name = self.named.remove(&place);
        for part in query.with.iter().flat_map(|with| &with.cte_tables) {
            self.named.insert(&raw const *part.query, normal(&part.alias.name));
        }
        self.open.push(Scope { name, ..Scope::default() });
        if matches!(*query.body, SetExpr::Values(_)) {
            return self.add(Weight::one());
        }
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<Box<Problem>> {
        let Some(Scope { weight, name, .. }) = self.open.pop() else { return ControlFlow::Continue(()) };
        match (name, self.open.last_mut()) {
            // Counted where it is used.
            (Some(name), Some(around)) => around.named.push((name, weight)),
            _ => return self.add(weight),
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, _: &Select) -> ControlFlow<Box<Problem>> {
        let counted = self.add(Weight::one());
        if let Some(scope) = self.open.last_mut() {
            scope.selects.push(Joined::default());
        }
        counted
    }

    fn post_visit_select(&mut self, _: &Select) -> ControlFlow<Box<Problem>> {
        let Some(scope) = self.open.last_mut() else { return ControlFlow::Continue(()) };
        let joined = scope.selects.pop().unwrap_or_default();
        scope.weight.carried = scope.weight.carried.saturating_add(joined.parts.saturating_mul(joined.columns));
        scope.weight.check()
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Box<Problem>> {
        if let Expr::Function(function) = expr
            && function.over.is_some()
            && let Some(name) = function.name.0.last().and_then(|part| part.as_ident()).map(normal)
            && COLLECTING.contains(&name.as_str())
        {
            let detail = format!("{name} with OVER makes a value of many rows for each row");
            let problem = Problem::new("query_too_large", detail);
            return ControlFlow::Break(Box::new(problem.remedy("use it with GROUP BY")));
        }
        let values = match expr {
            Expr::Struct { values, .. } => values.len(),
            Expr::Tuple(values) => values.len(),
            Expr::Dictionary(fields) => fields.len(),
            Expr::Map(map) => 2 * map.entries.len(),
            _ => 1,
        };
        self.structs = self.structs.saturating_mul(values.max(1));
        if self.structs <= MAX_STRUCT {
            return ControlFlow::Continue(());
        }
        let detail = format!("the query could make a struct of more than {MAX_STRUCT} values");
        ControlFlow::Break(Box::new(Problem::new("query_too_large", detail).remedy("select the values as columns")))
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<Box<Problem>> {
        if matches!(factor, TableFactor::Table { sample: Some(_), .. } | TableFactor::Derived { sample: Some(_), .. }) {
            // The library takes it for nothing.
            let problem = Problem::new("sql", "TABLESAMPLE is not understood");
            return ControlFlow::Break(Box::new(
                problem.remedy("choose rows by a condition, or with LIMIT and OFFSET"),
            ));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<Box<Problem>> {
        let name = relation.0.last().and_then(|part| part.as_ident()).map(normal).unwrap_or_default();
        let mut named = self.open.iter().rev().flat_map(|scope| scope.named.iter().rev());
        let weight = match named.find(|(known, _)| *known == name) {
            Some((_, weight)) => *weight,
            None => {
                Weight { columns: self.columns.get(name.as_str()).copied().unwrap_or_default(), ..Weight::default() }
            }
        };
        self.add(weight.plus(Weight::one()))
    }
}

/// A name as the planner compares it.
fn normal(name: &Ident) -> String {
    match name.quote_style {
        Some(_) => name.value.clone(),
        None => name.value.to_ascii_lowercase(),
    }
}
