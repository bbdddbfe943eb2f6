//! The rules `implies` and `check` at plan time: what they put into columns, what they leave of them, and what is left to drawing again.

use super::compiler::Compiler;
use super::quotas::Limit;
use super::rules::limited;
use super::statements::{ForcedValue, Implied};
use crate::expr::{Literal, Op, Parsed, Simple};
use crate::schema::{Rule, RuleKind};

impl Compiler {
    pub(super) fn gather_implies(&mut self, table: usize, rule: &Rule, condition: &str, then: &str, pointer: &str) {
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
        let mut rest: Vec<Parsed> = Vec::new();
        let mut limits = Vec::new();
        let mut projected = Vec::new();
        // Of a column that is never null by itself no draw makes a null one: the premise is to give way.
        let mut asks_for_null = false;
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
            let implied = || Implied { rule: rule.id.clone(), condition: condition.clone(), pointer: place.clone() };
            match (conjunct.simple(), free) {
                (Some(Simple::Null { negated: false, .. }), Some(column))
                    if !self.is_computed_where(table, column, &condition) =>
                {
                    self.statements.nulls.entry((table, column)).or_default().push(implied());
                    projected.push(self.dataset.tables[table].columns[column].name.clone());
                    if self.is_given(table, column) {
                        rest.push(conjunct);
                        limits.push(limit);
                    }
                }
                (Some(Simple::Null { negated: true, .. }), Some(column)) => {
                    self.statements.values.entry((table, column)).or_default().push(implied());
                    // The column's own nulls give way; a formula that is null wants its columns drawn again.
                    rest.push(conjunct);
                    limits.push(limit);
                }
                (Some(Simple::Compare { value, .. }), Some(column))
                    if value != Literal::Null
                        && self.key_of_column(table, column).is_none()
                        && !self.is_unique(table, column)
                        && !self.is_unique_with_others(table, column)
                        && !self.is_computed_where(table, column, &condition) =>
                {
                    let forced = ForcedValue {
                        rule: rule.id.clone(),
                        condition: condition.clone(),
                        value,
                        pointer: format!("{pointer}/then"),
                    };
                    self.statements.forced.entry((table, column)).or_default().push(forced);
                    projected.push(self.dataset.tables[table].columns[column].name.clone());
                    // Nothing is put into given cells: the row is to be another one.
                    if self.is_given(table, column) {
                        rest.push(conjunct);
                        limits.push(limit);
                    }
                }
                (simple, _) => {
                    asks_for_null |= matches!(simple, Some(Simple::Null { negated: false, .. }));
                    rest.push(conjunct);
                    limits.push(limit);
                }
            }
        }
        if rest.is_empty() {
            self.hold(table, rule, "projected", format!("{} follows from the condition", projected.join(", ")));
        } else {
            let is_given = rest.iter().any(|part| self.reads_given(table, part)) || self.loose.contains(&rule.id);
            let then = rest.iter().map(|part| format!("({})", part.sql())).collect::<Vec<_>>().join(" AND ");
            self.add_condition(
                table,
                rule,
                format!("NOT ({condition}) OR ({then})"),
                (!asks_for_null && !is_given).then_some(then),
                format!("{pointer}/then"),
            );
            self.limited_to(limits);
            if !self.loose.contains(&rule.id) {
                self.taken_apart(Some(condition), rest);
            }
        }
    }

    /// Whether a rule computes a column in rows of a condition: it is computed there, not chosen.
    fn is_computed_where(&self, table: usize, column: usize, condition: &str) -> bool {
        let name = &self.dataset.tables[table].columns[column].name;
        let Ok(condition) = Parsed::parse(condition) else { return self.is_computed(table, name) };
        let is_elsewhere = |when: &String| Parsed::parse(when).is_ok_and(|when| when.excludes(&condition));
        self.dataset.tables[table].rules.iter().any(|rule| {
            let computes = match &rule.kind {
                RuleKind::Calculate { column, .. }
                | RuleKind::Score { column, .. }
                | RuleKind::Aggregate { column, .. } => column == name,
                _ => false,
            };
            computes && !rule.when.as_ref().is_some_and(is_elsewhere)
        })
    }

    pub(super) fn is_computed(&self, table: usize, name: &str) -> bool {
        self.dataset.tables[table].rules.iter().any(|rule| match &rule.kind {
            RuleKind::Calculate { column, .. }
            | RuleKind::Score { column, .. }
            | RuleKind::Aggregate { column, .. } => column == name,
            _ => false,
        })
    }

    /// Whether combinations with a column do not repeat, which its values are dealt for.
    fn is_unique_with_others(&self, table: usize, column: usize) -> bool {
        let definition = &self.dataset.tables[table];
        let name = &definition.columns[column].name;
        definition.primary_key.contains(name)
            || definition.unique_indexes().any(|(_, columns)| columns.contains(name))
            || definition
                .rules
                .iter()
                .any(|rule| matches!(&rule.kind, RuleKind::Unique { columns, .. } if columns.contains(name)))
    }

    pub(super) fn gather_check(&mut self, table: usize, rule: &Rule, sql: &str, pointer: &str) {
        let Some(parsed) = self.parsed(sql, &format!("{pointer}/sql")) else { return };
        let condition = limited(rule.when.as_deref(), sql);
        let steered = self.steered(table, rule, sql);
        self.add_condition(table, rule, condition, steered, format!("{pointer}/sql"));
        let when = rule.when.as_ref().and_then(|when| Parsed::parse(when).ok());
        let mut columns = Vec::new();
        for part in parsed.conjuncts() {
            let reads_itself = when.as_ref().is_some_and(|when| share_a_column(when, &part));
            columns.push(match reads_itself {
                true => None,
                false => self.limit(table, rule, rule.when.clone(), &part),
            });
        }
        self.limited_to(columns);
        self.taken_apart(rule.when.clone(), parsed.conjuncts());
    }

    /// What a rule states in the rows of its `when`, where these are to stay as they are drawn: what is given in some rows does not move, and
    /// of a column that is never null by itself no draw makes a null one.
    pub(super) fn steered(&self, table: usize, rule: &Rule, sql: &str) -> Option<String> {
        rule.when.as_ref()?;
        let parsed = Parsed::parse(sql).ok()?;
        let asks_for_null = |part: &Parsed| matches!(part.simple(), Some(Simple::Null { negated: false, .. }));
        (!parsed.conjuncts().iter().any(asks_for_null) && !self.reads_given(table, &parsed)).then(|| sql.to_owned())
    }

    /// Whether a condition reads a column that is given in some rows.
    fn reads_given(&self, table: usize, parsed: &Parsed) -> bool {
        parsed.references().iter().any(|read| match read.0.as_slice() {
            [name] => self.column_named(table, name).is_some_and(|column| self.is_given(table, column)),
            _ => false,
        })
    }

    /// Says of the condition that was added last where it speaks, and of what.
    pub(super) fn taken_apart(&mut self, when: Option<String>, parts: Vec<Parsed>) {
        if let Some(condition) = self.statements.conditions.last_mut() {
            (condition.when, condition.parts) = (when, parts);
        }
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

    /// Says of the condition that was added last which columns it limits, where that is all it does.
    fn limited_to(&mut self, columns: Vec<Option<usize>>) {
        if let (Some(columns), Some(condition)) =
            (columns.into_iter().collect::<Option<Vec<usize>>>(), self.statements.conditions.last_mut())
        {
            condition.limited = columns;
        }
    }
}

/// Whether two conditions read a column of the row in common.
fn share_a_column(one: &Parsed, other: &Parsed) -> bool {
    let reads =
        |name: &str| one.references().iter().any(|read| read.0.len() == 1 && read.0[0].eq_ignore_ascii_case(name));
    other.references().iter().any(|read| read.0.len() == 1 && reads(&read.0[0]))
}
