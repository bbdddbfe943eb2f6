//! The case files below `cases/`: every kind of rule where it holds and where it cannot, and every two kinds that meet on a column.
//!
//! A case that holds is planned, made, proved, made again in parts, and each of its rules binds: without it, its own proof finds rows that break
//! it. A case that is refused names rules that cannot stand together, none too many: they alone are refused, and without any of them it plans.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::cases::broken;
use super::proved::proved;
use super::{all_rows, compiled, patched, plan, rows_of};
use crate::plan::{Compiled, Plan};
use crate::problem::Problem;

/// The kinds of which every two are to meet.
const MEETING: [&str; 11] = [
    "implies",
    "calculate",
    "score",
    "share",
    "count",
    "statistic",
    "order",
    "unique",
    "combination",
    "aggregate",
    "check",
];

/// All kinds, each with a file of cases.
const KINDS: [&str; 13] = [
    "implies",
    "calculate",
    "score",
    "share",
    "count",
    "statistic",
    "order",
    "correlation",
    "unique",
    "combination",
    "aggregate",
    "no_overlap",
    "check",
];

/// One case: a table `t` with `id` and these columns and rules, behind the other tables.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    says: String,
    /// Rows of `t`; none where a key's children decide them.
    #[serde(default)]
    rows: Option<u64>,
    columns: Vec<Value>,
    #[serde(default)]
    foreign_keys: Vec<Value>,
    rules: Vec<Value>,
    #[serde(default)]
    tables: Vec<Value>,
    /// The rules that cannot stand together.
    #[serde(default)]
    refused: Vec<String>,
    /// The sentence of the first problem, where the case is refused.
    #[serde(default)]
    sentence: Option<String>,
}

impl Case {
    fn schema(&self) -> Value {
        let mut columns = vec![json!({ "name": "id", "generator": { "type": "sequence" } })];
        columns.extend(self.columns.iter().cloned());
        let mut own = json!({ "name": "t", "primary_key": ["id"], "columns": columns, "foreign_keys": self.foreign_keys, "rules": self.rules });
        if let Some(rows) = self.rows {
            own["rows"] = rows.into();
        }
        let tables: Vec<Value> = self.tables.iter().cloned().chain([own]).collect();
        json!({ "name": "d", "random_seed": 7, "tables": tables })
    }
}

fn cases(file: &str) -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/cases").join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let options = serde_saphyr::options! { strict_booleans: true };
    serde_saphyr::from_str_with_options(&text, options).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The rules of all tables.
pub(super) fn rules_of(schema: &Value) -> Vec<Value> {
    let tables = schema["tables"].as_array().into_iter().flatten();
    tables.flat_map(|table| table["rules"].as_array().cloned().unwrap_or_default()).collect()
}

/// The schema with those rules alone whose ids are kept.
pub(super) fn keeping(schema: &Value, keep: impl Fn(&str) -> bool) -> Value {
    let mut schema = schema.clone();
    for table in schema["tables"].as_array_mut().into_iter().flatten() {
        if let Some(rules) = table.get_mut("rules").and_then(Value::as_array_mut) {
            rules.retain(|rule| rule["id"].as_str().is_some_and(&keep));
        }
    }
    schema
}

fn ids(schema: &Value) -> Vec<String> {
    rules_of(schema).iter().filter_map(|rule| rule["id"].as_str().map(str::to_owned)).collect()
}

/// The rules that a problem names, by its place or in its words.
pub(super) fn named(schema: &Value, problem: &Problem) -> BTreeSet<String> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let words: HashMap<&str, ()> = problem.detail.split(|c| !is_word(c)).map(|word| (word, ())).collect();
    let mut found = BTreeSet::new();
    for (at, table) in schema["tables"].as_array().into_iter().flatten().enumerate() {
        for (rule, definition) in table["rules"].as_array().into_iter().flatten().enumerate() {
            let pointer = format!("/tables/{at}/rules/{rule}");
            let here =
                problem.pointer.strip_prefix(&pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            let id = definition["id"].as_str().unwrap_or_default();
            if here || words.contains_key(id) {
                found.insert(id.to_owned());
            }
        }
    }
    found
}

fn told(compiled: &Compiled) -> Vec<String> {
    compiled.problems.iter().map(ToString::to_string).collect()
}

/// The rules of a dataset that the rows of a plan break.
fn broken_by(of: &Arc<Plan>, rows: &Arc<Plan>) -> Result<BTreeSet<String>, crate::verify::VerifyError> {
    let certificate = proved(&of.dataset, rows)?;
    Ok(certificate.results.iter().filter(|result| result.broken > 0).map(|result| result.id.clone()).collect())
}

/// That the rows of two plans of a schema, one asked in parts and from behind, are the same.
pub(super) fn same_in_parts(text: &str) {
    let (whole, parts) = (plan(text), plan(text));
    for (table, definition) in whole.tables.iter().enumerate().rev() {
        let rows = all_rows(&whole, &definition.name);
        let cuts = [0, definition.rows / 3, definition.rows / 2 + 1, definition.rows];
        for cut in cuts.windows(2).rev().filter(|cut| cut[0] < cut[1] && cut[1] <= definition.rows) {
            let part = crate::run::batch(&parts, table, cut[0]..cut[1]).expect("rows");
            let expected = &rows[cut[0] as usize..cut[1] as usize];
            assert!(rows_of(&part) == expected, "{text}\nrows {cut:?} of {} differ alone", definition.name);
        }
    }
}

/// What is wrong with a case that is to hold.
fn faults_of_held(schema: &Value) -> Vec<String> {
    let text = schema.to_string();
    let found = compiled(&text);
    let Some(plan) = found.plan.clone() else { return vec![format!("is refused: {}", told(&found).join("\n"))] };
    let mut faults: Vec<String> = match broken(&plan) {
        Ok(broken) => broken.into_iter().map(|rule| format!("breaks {rule}")).collect(),
        Err(error) => vec![format!("cannot be proved: {error}")],
    };
    if faults.is_empty() {
        same_in_parts(&text);
    }
    for id in ids(schema) {
        let without = compiled(&keeping(schema, |other| other != id).to_string());
        match &without.plan {
            None => faults.push(format!("is refused without {id}: {}", told(&without).join("\n"))),
            Some(without) => match broken_by(&plan, without) {
                Ok(broken) if broken.contains(&id) => {}
                Ok(_) => faults.push(format!("{id} does not bind")),
                Err(error) => faults.push(format!("cannot be proved without {id}: {error}")),
            },
        }
    }
    faults
}

/// What is wrong with a case that is to be refused.
fn faults_of_refused(schema: &Value, case: &Case) -> Vec<String> {
    let found = compiled(&schema.to_string());
    let Some(first) = found.problems.iter().find(|problem| problem.is_error()) else {
        return vec!["is not refused".to_owned()];
    };
    let mut faults = Vec::new();
    if case.sentence.as_ref().is_some_and(|sentence| *sentence != first.to_string()) || case.sentence.is_none() {
        faults.push(format!("says {first}"));
    }
    let wanted: BTreeSet<String> = case.refused.iter().cloned().collect();
    let named = named(schema, first);
    if named != wanted {
        faults.push(format!("names {named:?}"));
    }
    if let Some(fix) = &first.fix {
        let mended = compiled(&patched(schema, fix).to_string());
        match mended.plan.as_ref().map(broken) {
            Some(Ok(broken)) if broken.is_empty() => {}
            Some(broken) => faults.push(format!("{fix} plans and does not hold: {broken:?}")),
            None => faults.push(format!("{fix} does not mend it: {}", told(&mended).join("\n"))),
        }
    }
    let alone = compiled(&keeping(schema, |id| wanted.contains(id)).to_string());
    if alone.plan.is_some() {
        faults.push("the named rules alone are not refused".to_owned());
    }
    for id in &wanted {
        let without = compiled(&keeping(schema, |other| other != id).to_string());
        if without.plan.is_none() {
            faults.push(format!("is refused without {id}: {}", told(&without).join("\n")));
        }
    }
    faults
}

fn check_all(cases: &[Case]) {
    let mut wrong = Vec::new();
    for case in cases {
        let schema = case.schema();
        let faults = match case.refused.is_empty() {
            true => faults_of_held(&schema),
            false => faults_of_refused(&schema, case),
        };
        wrong.extend(faults.into_iter().map(|fault| format!("{}: {fault}", case.says)));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn check_kind(kind: &str) {
    let cases = cases(&format!("{kind}.yaml"));
    let speaks = |case: &&Case| rules_of(&case.schema()).iter().any(|rule| rule["kind"] == kind);
    for refused in [false, true] {
        let found = cases.iter().filter(speaks).any(|case| case.refused.is_empty() != refused);
        assert!(found, "{kind}.yaml has no case where refused is {refused}");
    }
    check_all(&cases);
}

macro_rules! kinds {
    ($($kind:ident),*) => { $(
        #[test]
        fn $kind() {
            check_kind(stringify!($kind));
        }
    )* };
}

/// A test for each kind of rule.
mod cases_of {
    use super::check_kind;
    kinds!(
        implies,
        calculate,
        score,
        share,
        count,
        statistic,
        order,
        correlation,
        unique,
        combination,
        aggregate,
        no_overlap,
        check
    );
}

/// The words in a rule's values, without its id.
fn words(rule: &Value) -> BTreeSet<String> {
    let mut rule = rule.clone();
    rule.as_object_mut().map(|rule| (rule.remove("id"), rule.remove("kind")));
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    rule.to_string().split(|c| !is_word(c)).map(str::to_owned).collect()
}

/// The kinds of a case's two rules, having a column in common.
fn pair(case: &Case) -> (String, String) {
    let schema = case.schema();
    let rules = rules_of(&schema);
    let [one, other] = rules.as_slice() else { panic!("{} has {} rules", case.says, rules.len()) };
    let tables = schema["tables"].as_array().into_iter().flatten();
    let columns = tables.flat_map(|table| table["columns"].as_array().into_iter().flatten());
    let names: BTreeSet<String> = columns.filter_map(|column| column["name"].as_str().map(str::to_owned)).collect();
    let common: Vec<String> =
        words(one).intersection(&words(other)).filter(|word| names.contains(*word)).cloned().collect();
    assert!(!common.is_empty(), "{}: the rules meet on no column", case.says);
    let kind = |rule: &Value| rule["kind"].as_str().unwrap_or_default().to_owned();
    let (one, other) = (kind(one), kind(other));
    if one < other { (one, other) } else { (other, one) }
}

#[test]
fn every_two_kinds_hold_together_on_a_column() {
    let cases = cases("pairs.yaml");
    let found: BTreeSet<(String, String)> = cases.iter().map(pair).collect();
    let mut missing = Vec::new();
    for (at, one) in MEETING.iter().enumerate() {
        for other in &MEETING[at + 1..] {
            let (low, high) = if one < other { (one, other) } else { (other, one) };
            if !found.contains(&((*low).to_owned(), (*high).to_owned())) {
                missing.push(format!("{one} and {other}"));
            }
        }
    }
    assert!(missing.is_empty(), "no case of {}", missing.join(", "));
    check_all(&cases);
}

#[test]
fn contradictions_of_numbers_come_with_the_change_that_mends_them() {
    let mut without = Vec::new();
    let mut mended = 0;
    for kind in KINDS {
        for case in cases(&format!("{kind}.yaml")).iter().filter(|case| !case.refused.is_empty()) {
            let found = compiled(&case.schema().to_string());
            match found.problems.iter().find(|problem| problem.is_error()).and_then(|problem| problem.fix.as_ref()) {
                Some(_) => mended += 1,
                None => without.push(format!("{kind}: {}", case.says)),
            }
        }
    }
    // What two rules calculate has no number that would let both stand.
    assert!(mended >= 17, "{mended} are mended, and not:\n{}", without.join("\n"));
}

#[test]
fn two_rules_that_both_decide_a_column_are_refused_with_both_names() {
    let cases = cases("owners.yaml");
    cases.iter().map(pair).for_each(drop);
    check_all(&cases);
}
