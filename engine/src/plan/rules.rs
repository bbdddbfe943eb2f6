//! Rules at plan time: which way each is held, and what that asks of columns and keys.
//!
//! Before columns are compiled, [`Compiler::gather_rules`] turns statements into what columns are compiled with: nulls, values, formulas,
//! bounds, dealt positions. What no construction holds is left as conditions; after the columns, [`Compiler::compile_rules`] finds the slots
//! that are drawn again for them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::Side;
use super::combinations::Combination;
use super::compiler::Compiler;
use super::quotas::{Asked, Limit, Pass};
use super::scope::sql_problem;
use super::statistics::Statistic;
use crate::enforce::redraw::Group;
use crate::expr::{Literal, Op, Parsed, Simple};
use crate::generators::{Countable, GeneratorSpec};
use crate::problem::Problem;
use crate::schema::{Rule, RuleKind};
use crate::types::LogicalType;

/// A condition that a rule puts on a column, and the place of the rule.
#[derive(Clone, Debug)]
pub(super) struct Implied {
    pub condition: String,
    pub pointer: String,
}

/// A value that a rule puts into some rows.
#[derive(Clone, Debug)]
pub(super) struct ForcedValue {
    pub condition: String,
    pub value: Literal,
    pub pointer: String,
}

/// A rule's formula of a column.
#[derive(Clone, Debug)]
pub(super) struct Formula {
    pub sql: String,
    /// The rows that it speaks of; all where absent.
    pub when: Option<String>,
    pub rule: String,
    pub pointer: String,
}

/// What bounds a column in an order.
#[derive(Clone, Copy, Debug)]
pub(super) enum Bound {
    Constant(i64),
    Column(usize),
}

/// A bound of a column in an order.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlannedBound {
    pub value: Bound,
    pub side: Side,
    pub gap: i64,
}

/// Who takes part in a combination without repetition.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Member {
    Column(usize),
    Key(usize),
}

/// A combination without repetition that is held by dealing positions.
pub(super) struct Deal {
    pub members: Vec<Member>,
    /// Dealt among the children of each parent of this key; else in the whole table.
    pub siblings_of: Option<usize>,
    pub pointer: String,
    pub rule: String,
    pub parts: Option<Vec<Part>>,
}

/// One member's values.
#[derive(Clone)]
pub(super) struct Part {
    pub countable: Arc<dyn Countable>,
    pub logical: LogicalType,
    pub longest: Option<u64>,
}

/// A condition that rows are drawn again for.
struct RowCondition {
    table: usize,
    rule: String,
    sql: String,
    /// The part whose columns are to move; all that the condition reads where absent.
    steered: Option<String>,
    /// Columns that are left no value which breaks it, once these are counted; empty where that is not all.
    limited: Vec<usize>,
    pointer: String,
}

/// How a rule is held, for the plan.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub table: usize,
    pub kind: &'static str,
    pub way: &'static str,
    pub note: String,
}

/// All that rules ask for.
#[derive(Default)]
pub(super) struct Statements {
    nulls: HashMap<(usize, usize), Vec<Implied>>,
    values: HashMap<(usize, usize), Vec<Implied>>,
    pub(super) forced: HashMap<(usize, usize), Vec<ForcedValue>>,
    pub(super) formulas: HashMap<(usize, usize), Vec<Formula>>,
    pub(super) bounds: HashMap<(usize, usize), Vec<PlannedBound>>,
    pub(super) deals: HashMap<usize, Vec<Deal>>,
    pub(super) combinations: HashMap<usize, Vec<Combination>>,
    /// Values that rules name of columns that have no generator, with the first rule that does.
    suggested: IndexMap<(usize, usize), (Vec<Value>, String)>,
    /// What rules ask of how often a column's values stand.
    pub(super) counted: HashMap<(usize, usize), Vec<Asked>>,
    /// What rules ask of a column's statistics.
    pub(super) statistics: HashMap<(usize, usize), Vec<Statistic>>,
    /// Columns of which all that is asked is one system.
    pub(super) systems: HashSet<(usize, usize)>,
    /// What rules leave of a column's values.
    pub(super) limits: HashMap<(usize, usize), Vec<Limit>>,
    pub(super) passes: Vec<Pass>,
    conditions: Vec<RowCondition>,
    pub(super) groups: HashMap<usize, Vec<Group>>,
    pub(super) held: IndexMap<String, Held>,
    pub(super) pointers: HashMap<String, String>,
    /// Conditions that nothing can move: table, slot, rule.
    pub(super) fixed: Vec<(usize, usize, String)>,
    /// Slots that may have no value for some row, and then show that a rule cannot hold: table, slot, rule.
    pub(super) tried: Vec<(usize, usize, String)>,
}

impl Statements {
    pub fn implied_nulls(&self, table: usize, column: usize) -> Vec<Implied> {
        self.nulls.get(&(table, column)).cloned().unwrap_or_default()
    }

    pub fn implied_values(&self, table: usize, column: usize) -> Vec<Implied> {
        self.values.get(&(table, column)).cloned().unwrap_or_default()
    }

    pub fn forced(&self, table: usize, column: usize) -> Vec<ForcedValue> {
        self.forced.get(&(table, column)).cloned().unwrap_or_default()
    }

    /// The formula of all rows.
    pub fn formula(&self, table: usize, column: usize) -> Option<Formula> {
        self.formulas.get(&(table, column))?.iter().find(|formula| formula.when.is_none()).cloned()
    }

    /// The formulas of some rows.
    pub fn partial_formulas(&self, table: usize, column: usize) -> Vec<Formula> {
        let all = self.formulas.get(&(table, column)).map(Vec::as_slice).unwrap_or_default();
        all.iter().filter(|formula| formula.when.is_some()).cloned().collect()
    }

    pub fn bounds(&self, table: usize, column: usize) -> Vec<PlannedBound> {
        self.bounds.get(&(table, column)).cloned().unwrap_or_default()
    }

    pub fn deal_of(&self, table: usize, column: usize) -> Option<usize> {
        self.member(table, Member::Column(column))
    }

    pub fn deal_of_key(&self, table: usize, key: usize) -> Option<usize> {
        self.member(table, Member::Key(key))
    }

    /// Whether rules decide the values of a column over all rows together: how often they stand, or their statistics.
    pub fn is_counted(&self, table: usize, column: usize) -> bool {
        self.counted.contains_key(&(table, column)) || self.statistics.contains_key(&(table, column))
    }

    fn member(&self, table: usize, member: Member) -> Option<usize> {
        self.deals.get(&table)?.iter().position(|deal| deal.members.contains(&member))
    }

    pub fn take_groups(&mut self, table: usize) -> Vec<Group> {
        self.groups.remove(&table).unwrap_or_default()
    }
}

impl Compiler {
    /// Whether a column asks by itself for values without repetition.
    pub(super) fn is_unique(&self, table: usize, column: usize) -> bool {
        let definition = &self.dataset.tables[table];
        let column = &definition.columns[column];
        column.unique == Some(true) || definition.primary_key == [column.name.clone()]
    }

    /// Turns rules into what columns and keys are compiled with.
    pub(super) fn gather_rules(&mut self) {
        let dataset = Arc::clone(&self.dataset);
        for (table, definition) in dataset.tables.iter().enumerate() {
            if definition.primary_key.len() > 1 {
                self.gather_unique(
                    table,
                    &definition.primary_key,
                    &format!("/tables/{table}/primary_key"),
                    "primary key",
                    None,
                );
            }
            for (at, rule) in definition.rules.iter().enumerate() {
                let pointer = format!("/tables/{table}/rules/{at}");
                self.statements.pointers.insert(rule.id.clone(), pointer.clone());
                self.gather_rule(table, rule, &pointer);
            }
        }
        self.gather_counts();
        for (column, (values, rule)) in std::mem::take(&mut self.statements.suggested) {
            if let Ok(generator) = GeneratorSpec::from_value(json!({ "type": "choice", "values": values })) {
                self.chosen.insert(column, (generator, format!("its values are those of {rule}")));
            }
        }
    }

    /// Lets a column without a generator choose from the values that a rule names.
    pub(super) fn suggest_values(
        &mut self,
        table: usize,
        column: usize,
        values: impl IntoIterator<Item = Value>,
        rule: &str,
    ) {
        let is_open = self.dataset.tables[table].columns[column].generator.is_none()
            && self.key_of_column(table, column).is_none();
        if is_open {
            let known =
                self.statements.suggested.entry((table, column)).or_insert_with(|| (Vec::new(), rule.to_owned()));
            for value in values {
                if !known.0.contains(&value) {
                    known.0.push(value);
                }
            }
        }
    }

    fn gather_rule(&mut self, table: usize, rule: &Rule, pointer: &str) {
        if let Some(when) = &rule.when
            && self.parsed(when, &format!("{pointer}/when")).is_none()
        {
            return;
        }
        match &rule.kind {
            RuleKind::Implies { condition, then } => self.gather_implies(table, rule, condition, then, pointer),
            RuleKind::Calculate { column, sql } => self.gather_formula(table, rule, column, sql.clone(), pointer),
            RuleKind::Score { column, of, bands } => self.gather_score(table, rule, column, of, bands, pointer),
            RuleKind::Combination { columns, allowed, forbidden } => {
                self.gather_combination(table, rule, columns, (allowed.as_ref(), forbidden.as_ref()), pointer);
            }
            RuleKind::Order { columns, strict, gap } => {
                self.gather_order(table, rule, columns, strict.unwrap_or(false), gap.as_ref(), pointer);
            }
            RuleKind::Unique { columns } => {
                if rule.when.is_some() {
                    self.not_yet("unique with when is", &format!("{pointer}/when"));
                }
                self.gather_unique(table, columns, &format!("{pointer}/columns"), &rule.id, Some(rule));
            }
            RuleKind::Check { sql } => {
                if let Some(parsed) = self.parsed(sql, &format!("{pointer}/sql")) {
                    let sql = limited(rule.when.as_deref(), sql);
                    self.add_condition(table, rule, sql, None, format!("{pointer}/sql"));
                    let when = rule.when.as_ref().and_then(|when| Parsed::parse(when).ok());
                    let mut columns = Vec::new();
                    for part in parsed.conjuncts() {
                        let reads_itself = when.as_ref().is_some_and(|when| share_a_column(when, &part));
                        if reads_itself {
                            columns.push(None);
                        } else {
                            columns.push(self.limit(table, rule, rule.when.clone(), &part));
                        }
                    }
                    self.limited_to(columns);
                }
            }
            RuleKind::Share { column, parts, tolerance } => {
                self.gather_share(table, rule, column, parts, *tolerance, pointer);
            }
            RuleKind::Statistic { .. } => self.gather_statistic(table, rule, pointer),
            // Once all others are known.
            RuleKind::Count { .. } => {}
            kind => self.not_yet(&format!("rules of kind {} are", kind.name()), &format!("{pointer}/kind")),
        }
    }

    /// Says of the condition that was added last which columns it limits, where that is all it does.
    fn limited_to(&mut self, columns: Vec<Option<usize>>) {
        if let (Some(columns), Some(condition)) =
            (columns.into_iter().collect::<Option<Vec<usize>>>(), self.statements.conditions.last_mut())
        {
            condition.limited = columns;
        }
    }

    pub(super) fn parsed(&mut self, sql: &str, pointer: &str) -> Option<Parsed> {
        match Parsed::parse(sql) {
            Ok(parsed) => Some(parsed),
            Err(problem) => {
                self.problems.push(sql_problem(problem).at(pointer));
                None
            }
        }
    }

    pub(super) fn hold(&mut self, table: usize, rule: &Rule, way: &'static str, note: String) {
        self.statements.held.insert(rule.id.clone(), Held { table, kind: rule.kind.name(), way, note });
    }

    pub(super) fn add_condition(
        &mut self,
        table: usize,
        rule: &Rule,
        sql: String,
        steered: Option<String>,
        pointer: String,
    ) {
        self.hold(table, rule, "redrawn", String::new());
        let limited = Vec::new();
        self.statements.conditions.push(RowCondition { table, rule: rule.id.clone(), sql, steered, limited, pointer });
    }

    /// Notes what a condition leaves of the one column that it reads; the column, where it reads no other.
    fn limit(&mut self, table: usize, rule: &Rule, condition: Option<String>, part: &Parsed) -> Option<usize> {
        let mut columns = part.references().iter().map(|read| match read.0.as_slice() {
            [name] => self.column_named(table, name),
            _ => None,
        });
        let column = columns.next()??;
        if columns.any(|other| other != Some(column)) {
            return None;
        }
        let limit = Limit { rule: rule.id.clone(), condition, sql: part.sql().to_owned() };
        self.statements.limits.entry((table, column)).or_default().push(limit);
        Some(column)
    }

    fn gather_implies(&mut self, table: usize, rule: &Rule, condition: &str, then: &str, pointer: &str) {
        let (Some(premise), Some(conclusion)) =
            (self.parsed(condition, &format!("{pointer}/if")), self.parsed(then, &format!("{pointer}/then")))
        else {
            return;
        };
        let when = rule.when.as_ref().and_then(|when| Parsed::parse(when).ok());
        let condition = match &rule.when {
            Some(when) => format!("({when}) AND ({condition})"),
            None => condition.to_owned(),
        };
        let place = format!("{pointer}/if");
        let mut rest = Vec::new();
        let mut limits = Vec::new();
        let mut projected = Vec::new();
        for conjunct in conclusion.conjuncts() {
            let column = match conjunct.simple() {
                Some(Simple::Null { column, .. }) if column.0.len() == 1 => self.column_named(table, &column.0[0]),
                Some(Simple::Compare { column, op: Op::Equal, .. }) if column.0.len() == 1 => {
                    self.column_named(table, &column.0[0])
                }
                _ => None,
            };
            // A column that the premise reads cannot wait for the premise.
            let free = column.filter(|column| {
                let name = &self.dataset.tables[table].columns[*column].name;
                let reads = |parsed: &Parsed| {
                    parsed.references().iter().any(|read| read.0.len() == 1 && read.0[0].eq_ignore_ascii_case(name))
                };
                !reads(&premise) && !when.as_ref().is_some_and(reads)
            });
            let reads_itself = share_a_column(&premise, &conjunct)
                || when.as_ref().is_some_and(|when| share_a_column(when, &conjunct));
            let about_null = matches!(conjunct.simple(), Some(Simple::Null { .. }));
            let limit = match reads_itself || about_null {
                true => None,
                false => self.limit(table, rule, Some(condition.clone()), &conjunct),
            };
            let implied = || Implied { condition: condition.clone(), pointer: place.clone() };
            match (conjunct.simple(), free) {
                (Some(Simple::Null { negated: false, .. }), Some(column)) => {
                    self.statements.nulls.entry((table, column)).or_default().push(implied());
                    projected.push(self.dataset.tables[table].columns[column].name.clone());
                }
                (Some(Simple::Null { negated: true, .. }), Some(column)) => {
                    self.statements.values.entry((table, column)).or_default().push(implied());
                    // The column's own nulls give way; a formula that is null wants its columns drawn again.
                    rest.push(conjunct.sql().to_owned());
                    limits.push(limit);
                }
                (Some(Simple::Compare { value, .. }), Some(column))
                    if value != Literal::Null
                        && self.key_of_column(table, column).is_none()
                        && !self.is_unique(table, column)
                        && self.statements.formula(table, column).is_none() =>
                {
                    let forced =
                        ForcedValue { condition: condition.clone(), value, pointer: format!("{pointer}/then") };
                    self.statements.forced.entry((table, column)).or_default().push(forced);
                    projected.push(self.dataset.tables[table].columns[column].name.clone());
                }
                _ => {
                    rest.push(conjunct.sql().to_owned());
                    limits.push(limit);
                }
            }
        }
        if rest.is_empty() {
            self.hold(table, rule, "projected", format!("{} follows from the condition", projected.join(", ")));
        } else {
            let then = rest.iter().map(|part| format!("({part})")).collect::<Vec<_>>().join(" AND ");
            self.add_condition(
                table,
                rule,
                format!("NOT ({condition}) OR ({then})"),
                Some(then),
                format!("{pointer}/then"),
            );
            self.limited_to(limits);
        }
    }

    /// A combination without repetition: found to hold already, or dealt.
    fn gather_unique(&mut self, table: usize, names: &[String], pointer: &str, id: &str, rule: Option<&Rule>) {
        let dataset = Arc::clone(&self.dataset);
        let definition = &dataset.tables[table];
        let mut columns = Vec::new();
        for (at, name) in names.iter().enumerate() {
            match definition.columns.iter().position(|column| column.name == *name) {
                Some(column) => columns.push(column),
                None => {
                    // For the primary key this is told where names are checked.
                    if rule.is_some() {
                        let problem = self.unknown_column(table, name).at(format!("{pointer}/{at}"));
                        self.problems.push(problem);
                    }
                    return;
                }
            }
        }
        let held = |compiler: &mut Compiler, way: &'static str, note: String| {
            if let Some(rule) = rule {
                compiler.hold(table, rule, way, note);
            }
        };
        let covered = |key: &crate::schema::ForeignKey| key.columns.iter().all(|column| names.contains(column));
        for column in &columns {
            let own = &definition.columns[*column];
            let distinct =
                own.generator.as_ref().and_then(|generator| generator.distinct_per().map(<[String]>::to_vec));
            if self.is_unique(table, *column) || distinct.is_some_and(|per| per.iter().all(|name| names.contains(name)))
            {
                held(self, "by_construction", format!("{} never repeats there", own.name));
                return;
            }
        }
        let one_child =
            |key: &crate::schema::ForeignKey| key.children.as_ref().is_some_and(|children| children.max == Some(1));
        if let Some(key) = definition.foreign_keys.iter().find(|key| covered(key) && one_child(key)) {
            held(self, "by_construction", format!("each row of {} has at most one", key.references.table));
            return;
        }
        let mut members = Vec::new();
        let siblings_of = definition.foreign_keys.iter().position(|key| key.children.is_some() && covered(key));
        for (index, key) in definition.foreign_keys.iter().enumerate() {
            if Some(index) != siblings_of && covered(key) {
                members.push(Member::Key(index));
            }
        }
        for column in &columns {
            match self.key_of_column(table, *column) {
                None if self.statements.formula(table, *column).is_none() => members.push(Member::Column(*column)),
                _ => {}
            }
        }
        if siblings_of.is_some() {
            members.truncate(1);
        }
        if members.is_empty() {
            let detail = format!("nothing can keep {} from repeating", names.join(", "));
            let remedy =
                "add a column that can tell rows apart, such as {type: sequence}, or give the key children with max: 1";
            self.problems.push(Problem::new("not_countable", detail).at(pointer).remedy(remedy));
            return;
        }
        for member in &members {
            if self.statements.member(table, *member).is_some() {
                let detail = format!("a column of {id} is dealt by another combination without repetition already");
                self.problems.push(Problem::new("two_owners", detail).at(pointer));
                return;
            }
        }
        let deal = Deal { members, siblings_of, pointer: pointer.to_owned(), rule: id.to_owned(), parts: None };
        self.statements.deals.entry(table).or_default().push(deal);
        held(self, "by_construction", "combinations are dealt by a permutation of their positions".to_owned());
    }

    /// Finds, after the columns, the slots that are drawn again for each condition.
    pub(super) fn compile_rules(&mut self) {
        self.finish_combinations();
        let conditions = std::mem::take(&mut self.statements.conditions);
        let mut groups: HashMap<usize, Vec<(Group, HashSet<String>)>> = HashMap::new();
        for condition in conditions {
            let (table, limited) = (condition.table, &condition.limited);
            if !limited.is_empty() && limited.iter().all(|column| self.statements.systems.contains(&(table, *column))) {
                if let Some(held) = self.statements.held.get_mut(&condition.rule) {
                    held.way = "by_construction";
                    held.note = "values that break it are not counted out where it speaks".to_owned();
                }
                continue;
            }
            let slot = match self.sql(condition.table, &condition.sql, true) {
                Ok(slot) => slot,
                Err(failed) => {
                    self.report_failure(&condition.pointer, failed);
                    continue;
                }
            };
            let steered = condition.steered.as_ref().and_then(|sql| self.sql(condition.table, sql, true).ok());
            let mut families = self.families_behind(condition.table, steered.unwrap_or(slot));
            if families.is_empty() {
                families = self.families_behind(condition.table, slot);
            }
            // What other rows have looked at cannot change because this row does.
            let looked_at = self.families_looked_at(condition.table, slot);
            families.retain(|family| !looked_at.contains(family));
            if families.is_empty() {
                if let Some(held) = self.statements.held.get_mut(&condition.rule) {
                    held.way = "checked_only";
                    held.note = "nothing that it reads can be drawn again".to_owned();
                }
                self.statements.fixed.push((condition.table, slot, condition.rule));
                continue;
            }
            let group = Group { members: Vec::new(), conditions: vec![slot], rules: vec![condition.rule] };
            groups.entry(condition.table).or_default().push((group, families));
        }
        for (table, mut list) in groups {
            loop {
                for (group, families) in &mut list {
                    group.members = self.members(table, families, &group.conditions);
                }
                let Some((first, second)) = self.entangled(table, &list) else { break };
                let (group, families) = list.remove(second);
                list[first].0.conditions.extend(group.conditions);
                list[first].0.rules.extend(group.rules);
                list[first].1.extend(families);
            }
            self.statements.groups.insert(table, list.into_iter().map(|(group, _)| group).collect());
        }
        self.check_formulas();
        self.check_memory();
    }

    /// The draws that a slot depends on, within its table.
    fn families_behind(&self, table: usize, slot: usize) -> HashSet<String> {
        let slots = &self.tables[table].slots;
        let needed = self.behind(table, &[slot]);
        (0..slots.len()).filter(|slot| needed[*slot]).filter_map(|slot| slots[slot].drawn_by.clone()).collect()
    }

    /// Marks the slots that some slots depend on, themselves included.
    fn behind(&self, table: usize, targets: &[usize]) -> Vec<bool> {
        let slots = &self.tables[table].slots;
        let mut needed = vec![false; slots.len()];
        for target in targets {
            needed[*target] = true;
        }
        for slot in (0..slots.len()).rev() {
            if needed[slot] {
                for input in &slots[slot].inputs {
                    needed[*input] = true;
                }
            }
        }
        needed
    }

    /// The slots between what one draw makes and some targets, themselves included.
    pub(super) fn moved_by(&self, table: usize, family: &str, targets: &[usize]) -> Vec<usize> {
        let slots = &self.tables[table].slots;
        let needed = self.behind(table, targets);
        let mut moved = vec![false; slots.len()];
        for slot in 0..slots.len() {
            let drawn = slots[slot].drawn_by.as_deref() == Some(family);
            moved[slot] = drawn || slots[slot].inputs.iter().any(|input| moved[*input]);
        }
        (0..slots.len()).filter(|slot| moved[*slot] && needed[*slot]).collect()
    }

    /// The slots between some draws and the conditions: what changes when they are drawn again, and matters.
    fn members(&self, table: usize, families: &HashSet<String>, conditions: &[usize]) -> Vec<usize> {
        let slots = &self.tables[table].slots;
        let mut moved = vec![false; slots.len()];
        let mut targets = conditions.to_vec();
        for slot in 0..slots.len() {
            let drawn = slots[slot].drawn_by.as_ref().is_some_and(|family| families.contains(family));
            if drawn {
                targets.push(slot);
            }
            moved[slot] = drawn || slots[slot].inputs.iter().any(|input| moved[*input]);
        }
        let needed = self.behind(table, &targets);
        (0..slots.len()).filter(|slot| moved[*slot] && needed[*slot]).collect()
    }

    /// Two groups that share a slot or need each other.
    fn entangled(&self, table: usize, list: &[(Group, HashSet<String>)]) -> Option<(usize, usize)> {
        let reads: Vec<Vec<bool>> = list.iter().map(|(group, _)| self.behind(table, &group.members)).collect();
        for first in 0..list.len() {
            for second in first + 1..list.len() {
                let shared = list[second].0.members.iter().any(|member| list[first].0.members.contains(member));
                let needs = |a: usize, b: usize| list[b].0.members.iter().any(|member| reads[a][*member]);
                if shared || (needs(first, second) && needs(second, first)) {
                    return Some((first, second));
                }
            }
        }
        None
    }
}

/// Whether two conditions read a column of the row in common.
fn share_a_column(one: &Parsed, other: &Parsed) -> bool {
    let reads =
        |name: &str| one.references().iter().any(|read| read.0.len() == 1 && read.0[0].eq_ignore_ascii_case(name));
    other.references().iter().any(|read| read.0.len() == 1 && reads(&read.0[0]))
}

pub(super) fn can_be_null(column: &crate::schema::Column) -> bool {
    column.null_rate.unwrap_or(0.0) > 0.0 || column.null_when.is_some()
}

/// A condition that holds where `when` does not.
pub(super) fn limited(when: Option<&str>, sql: &str) -> String {
    match when {
        Some(when) => format!("NOT ({when}) OR ({sql})"),
        None => sql.to_owned(),
    }
}
