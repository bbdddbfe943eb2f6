//! The one list of functions that SQL may call, wherever it stands: expressions, conditions, rules, users' queries, the reference page.
//!
//! Every function is a pure function of its arguments: none reads the clock, the environment or a source of randomness, and none asks the
//! platform's mathematics library, whose last digits differ between machines. None makes more than a bounded text from its
//! arguments, and none works long on a few rows.

/// What a function that wraps another, its field `inner`, leaves to it.
macro_rules! delegated {
    () => {
        fn name(&self) -> &str {
            self.inner.name()
        }

        fn aliases(&self) -> &[String] {
            self.inner.aliases()
        }

        fn signature(&self) -> &Signature {
            self.inner.signature()
        }

        fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
            self.inner.return_type(arg_types)
        }

        fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
            self.inner.coerce_types(arg_types)
        }
    };
}

mod dates;
mod list;
mod math;
mod signs;
mod stepwise;
mod text;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use datafusion::arrow::datatypes::DataType;
use datafusion::common::TableReference;
use datafusion::common::config::ConfigOptions;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::SessionStateDefaults;
use datafusion::logical_expr::planner::{ContextProvider, ExprPlanner};
use datafusion::logical_expr::{AggregateUDF, HigherOrderUDF, ScalarUDF, TableSource, WindowUDF};

pub(crate) use signs::{bounded, joins};

use crate::expr::SqlProblem;
use crate::problem::nearest;

/// A function as the reference shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FunctionDoc {
    /// Its name.
    pub name: &'static str,
    /// Other names that it answers to.
    pub aliases: &'static [&'static str],
    /// What it is about: `text`, `pattern`, `number`, `date`, `condition`, `hash`, `list`.
    pub group: &'static str,
    /// How it is called, optional arguments in square brackets.
    pub signature: &'static str,
    /// What it gives, in one sentence.
    pub description: &'static str,
    /// An expression without columns that uses it.
    pub example: &'static str,
}

/// The functions that SQL may call, by group.
pub fn list() -> &'static [FunctionDoc] {
    list::FUNCTIONS
}

/// The functions for a query context that is to understand the same SQL, with `reference_time()` in microseconds since 1970, UTC.
pub fn registered(reference_time_us: i64) -> Vec<Arc<ScalarUDF>> {
    let mut functions: Vec<Arc<ScalarUDF>> = Vec::new();
    for doc in list() {
        if let Some(function) = table(reference_time_us).get_function_meta(doc.name) {
            functions.push(function);
        }
    }
    functions
}

/// What a query context needs beside [`registered`] to read special forms (`EXTRACT`, `SUBSTRING … FROM`, `POSITION`, lists).
pub fn expr_planners() -> Vec<Arc<dyn ExprPlanner>> {
    SessionStateDefaults::default_expr_planners()
}

/// Whether a name, in lower case, is that of a function.
pub(crate) fn is_known(name: &str) -> bool {
    names().contains_key(name)
}

/// Why a function cannot be called, and what can instead.
pub(crate) fn unknown(written: &str) -> SqlProblem {
    let name = written.to_lowercase();
    match name.as_str() {
        "now" | "current_date" | "current_time" | "current_timestamp" | "localtime" | "localtimestamp" | "today"
        | "getdate" | "sysdate" | "clock_timestamp" => {
            SqlProblem::new(format!("{written} reads the clock, and the same seed must give the same rows"))
                .remedy("use reference_time(), or CAST(reference_time() AS DATE) for the day")
        }
        "random" | "rand" | "uuid" | "gen_random_uuid" | "newid" | "setseed" => SqlProblem::new(format!(
            "{written} gives another value each time, and the same seed must give the same rows"
        ))
        .remedy("give a column of its own a generator, and for the present use reference_time()"),
        "sum" | "count" | "avg" | "mean" | "median" | "stddev" | "variance" | "array_agg" | "string_agg"
        | "bool_and" | "bool_or" | "first_value" | "last_value" => {
            SqlProblem::new(format!("{written} reads many rows, and an expression sees one"))
                .remedy("a rule of kind aggregate gives a column the sum, count, min, max or mean of its children")
        }
        "min" => SqlProblem::new(format!("{written} reads many rows, and an expression sees one"))
            .remedy("the smaller of two values is least(a, b); that of all children is a rule of kind aggregate"),
        "max" => SqlProblem::new(format!("{written} reads many rows, and an expression sees one"))
            .remedy("the larger of two values is greatest(a, b); that of all children is a rule of kind aggregate"),
        "row_number" | "rank" | "dense_rank" | "percent_rank" | "ntile" | "lag" | "lead" => {
            SqlProblem::new(format!("{written} reads the rows beside, and an expression sees one"))
                .remedy("the generators sequence, previous, running and rank look at the rows before")
        }
        _ => {
            let problem = SqlProblem::new(format!("no function \"{written}\""));
            match nearest(&name, names().keys().map(String::as_str)) {
                Some(near) => problem.remedy(format!("did you mean \"{near}\"?")),
                None => problem.remedy("the reference lists the functions that SQL may call"),
            }
        }
    }
}

/// The functions as the planner of expressions asks for them.
pub(crate) struct Table {
    reference_time: Arc<ScalarUDF>,
}

/// The functions, with `reference_time()` in microseconds since 1970, UTC.
pub(crate) fn table(reference_time_us: i64) -> Table {
    Table { reference_time: Arc::new(ScalarUDF::new_from_impl(dates::ReferenceTime::new(reference_time_us))) }
}

impl Table {
    /// The options that functions are evaluated with: the defaults, which no environment changes.
    pub(crate) fn config(&self) -> Arc<ConfigOptions> {
        Arc::clone(config())
    }
}

fn config() -> &'static Arc<ConfigOptions> {
    static CONFIG: OnceLock<Arc<ConfigOptions>> = OnceLock::new();
    CONFIG.get_or_init(|| Arc::new(ConfigOptions::default()))
}

/// Every name and alias with its function.
fn names() -> &'static BTreeMap<String, Arc<ScalarUDF>> {
    static NAMES: OnceLock<BTreeMap<String, Arc<ScalarUDF>>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let theirs: Vec<Arc<ScalarUDF>> = SessionStateDefaults::default_scalar_functions();
        let find = |name: &str| {
            let function = theirs.iter().find(|function| answers_to(function, name)).cloned();
            function.map(stepwise::stepwise)
        };
        let mut ours = math::functions();
        ours.extend(dates::functions());
        ours.extend(text::functions(find));
        let mut names = BTreeMap::new();
        for doc in list() {
            let function = ours.iter().find(|function| answers_to(function, doc.name)).cloned();
            let Some(function) = function.or_else(|| find(doc.name)) else { continue };
            for name in std::iter::once(&doc.name).chain(doc.aliases) {
                names.insert((*name).to_owned(), Arc::clone(&function));
            }
        }
        names
    })
}

fn answers_to(function: &ScalarUDF, name: &str) -> bool {
    function.name() == name || function.aliases().iter().any(|alias| alias == name)
}

impl ContextProvider for Table {
    fn get_table_source(&self, name: TableReference) -> Result<Arc<dyn TableSource>> {
        Err(DataFusionError::Plan(format!("an expression reads no table, and {name} is one")))
    }

    fn get_function_meta(&self, name: &str) -> Option<Arc<ScalarUDF>> {
        match name {
            dates::REFERENCE_TIME => Some(Arc::clone(&self.reference_time)),
            _ => names().get(name).cloned(),
        }
    }

    fn get_higher_order_meta(&self, _name: &str) -> Option<Arc<HigherOrderUDF>> {
        None
    }

    fn get_aggregate_meta(&self, _name: &str) -> Option<Arc<AggregateUDF>> {
        None
    }

    fn get_window_meta(&self, _name: &str) -> Option<Arc<WindowUDF>> {
        None
    }

    fn get_variable_type(&self, _names: &[String]) -> Option<DataType> {
        None
    }

    fn options(&self) -> &ConfigOptions {
        config()
    }

    fn udf_names(&self) -> Vec<String> {
        names().keys().cloned().collect()
    }

    fn higher_order_function_names(&self) -> Vec<String> {
        Vec::new()
    }

    fn udaf_names(&self) -> Vec<String> {
        Vec::new()
    }

    fn udwf_names(&self) -> Vec<String> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_of_the_list_exists_under_all_its_names() {
        for doc in list() {
            for name in std::iter::once(&doc.name).chain(doc.aliases) {
                let function = names().get(*name);
                assert!(function.is_some_and(|function| answers_to(function, name)), "{name}");
            }
        }
    }

    #[test]
    fn no_name_stands_twice_in_the_list() {
        let mut seen = std::collections::BTreeSet::new();
        for doc in list() {
            for name in std::iter::once(&doc.name).chain(doc.aliases) {
                assert!(seen.insert(*name), "{name}");
            }
        }
    }

    #[test]
    fn a_context_gets_one_function_for_each_entry_and_all_are_immutable() {
        let functions = registered(0);
        assert_eq!(functions.len(), list().len());
        for function in functions {
            assert_eq!(
                function.signature().volatility,
                datafusion::logical_expr::Volatility::Immutable,
                "{}",
                function.name()
            );
        }
    }
}
