//! Columns of which rules ask how many values lie in an interval beside their statistics, or of which they ask either although they move
//! together with others: the values of all rows are such, by rank, and the rows of those that move take them in the order of their scores.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::SlotId;
use super::compiler::{Compiler, Failed};
use super::quotas::{Ask, Asked as Counted};
use super::statements::RowCondition;
use super::statistics::units;
use crate::enforce::correlate::{Correlated, Marginal};
use crate::enforce::quota::Want;
use crate::enforce::statistic::{Asked, Measured, Within};
use crate::enforce::strata::Strata;
use crate::expr::{Comparison, Literal, Op, Parsed};
use crate::generators::{Made, Quantiles};
use crate::problem::Problem;
use crate::schema::Rule;

/// A rule that counts rows by comparisons of one column with values.
#[derive(Clone)]
pub(super) struct RankCount {
    rule: Rule,
    pointer: String,
    /// The rows that it speaks of; all where absent.
    when: Option<String>,
    comparisons: Vec<(Op, Literal)>,
    want: Want,
    tolerance: f64,
}

impl Compiler {
    /// Takes a count of values of a column that moves with others, where its condition compares that column with values alone.
    pub(super) fn count_ranks(
        &mut self,
        table: usize,
        rule: &Rule,
        pointer: &str,
        conjuncts: &[Parsed],
        (min, max): (u64, Option<u64>),
    ) -> bool {
        let moves = |column: usize| self.statements.correlations.rule_of(table, column).is_some();
        let Some((column, comparisons)) = self.compared_alone(table, conjuncts, moves) else { return false };
        let (pointer, when) = (pointer.to_owned(), rule.when.clone());
        let want = Want::Between(min, max);
        let count = RankCount { rule: rule.clone(), pointer, when, comparisons, want, tolerance: 0.0 };
        self.statements.rank_counts.entry((table, column)).or_default().push(count);
        true
    }

    /// The one column that conditions compare with values, all of them, and how.
    fn compared_alone(
        &self,
        table: usize,
        conjuncts: &[Parsed],
        is_it: impl Fn(usize) -> bool,
    ) -> Option<(usize, Vec<(Op, Literal)>)> {
        let read = |one: &Comparison| match one.column.0.as_slice() {
            [name] => self.column_named(table, name).filter(|column| is_it(*column)),
            _ => None,
        };
        let (mut column, mut comparisons) = (None, Vec::new());
        for part in conjuncts {
            let fits = |all: &Vec<Comparison>| {
                !all.is_empty()
                    && all.iter().all(|one| one.value.is_some() && one.op != Op::NotEqual && read(one).is_some())
            };
            for one in part.comparisons().into_iter().find(fits)? {
                let own = read(&one);
                if column.is_some() && column != own {
                    return None;
                }
                column = own;
                comparisons.extend(one.value.map(|value| (one.op, value)));
            }
        }
        Some((column?, comparisons))
    }

    /// Whether a condition compares a column with values, and says nothing else.
    pub(super) fn is_compared_alone(&self, table: usize, column: usize, condition: &Parsed) -> bool {
        self.compared_alone(table, &condition.conjuncts(), |other| other == column).is_some()
    }

    /// Takes the parts of a share, each of which an interval of a column's values has.
    pub(super) fn share_ranks(&mut self, place: (usize, usize), asked: &Counted) -> bool {
        let Some(counts) = self.by_intervals(place, asked) else { return false };
        self.statements.rank_counts.entry(place).or_default().extend(counts);
        true
    }

    /// Lets counts of values of a column be met together with its statistics, by rank, where they are all that is counted of it.
    pub(super) fn join_counts(&mut self) {
        let statements = &self.statements;
        let ranked = statements.statistics.keys().chain(statements.rank_counts.keys());
        let columns: BTreeSet<(usize, usize)> = ranked.copied().collect();
        for place in columns {
            let Some(asked) = self.statements.counted.get(&place) else { continue };
            if let Some(counts) = self.all_by_intervals(place, asked) {
                self.statements.counted.remove(&place);
                self.statements.rank_counts.entry(place).or_default().extend(counts);
            }
        }
    }

    fn all_by_intervals(&self, place: (usize, usize), asked: &[Counted]) -> Option<Vec<RankCount>> {
        let counts: Option<Vec<Vec<RankCount>>> = asked.iter().map(|asked| self.by_intervals(place, asked)).collect();
        Some(counts?.into_iter().flatten().collect())
    }

    /// What a rule counts of the values of a column alone, where it speaks of intervals in all rows or in those of one condition.
    fn by_intervals(&self, (table, column): (usize, usize), asked: &Counted) -> Option<Vec<RankCount>> {
        let count = |condition: &str, want: Want, tolerance: f64| {
            let parsed = Parsed::parse(condition).ok()?;
            let (_, comparisons) = self.compared_alone(table, &parsed.conjuncts(), |other| other == column)?;
            let (rule, pointer) = (asked.rule.clone(), asked.pointer.clone());
            Some(RankCount { rule, pointer, when: asked.condition.clone(), comparisons, want, tolerance })
        };
        match &asked.ask {
            Ask::Rows { condition, min, max, per } if per.is_empty() => {
                count(condition, Want::Between(*min, *max), 0.0).map(|one| vec![one])
            }
            Ask::Parts { parts, tolerance } => {
                parts.iter().map(|(condition, want)| count(condition, *want, *tolerance)).collect()
            }
            _ => None,
        }
    }

    /// Lets several counts of values of a column be met by rank; whether they are such.
    pub(super) fn count_by_rank(&mut self, place: (usize, usize), asked: &[Counted]) -> bool {
        let counts = self.all_by_intervals(place, asked);
        let Some(counts) = counts.filter(|counts| counts.iter().all(|count| count.when == counts[0].when)) else {
            return false;
        };
        self.statements.counted.remove(&place);
        self.statements.rank_counts.insert(place, counts);
        true
    }

    /// The rules that count a column's values by rank, and their places.
    pub(super) fn counts_by_rank(&self, place: (usize, usize)) -> Vec<(String, String)> {
        let counts = self.statements.rank_counts.get(&place).into_iter().flatten();
        counts.map(|count| (count.rule.id.clone(), count.pointer.clone())).collect()
    }

    /// Adds what is counted of a column to what is asked of its statistics.
    pub(super) fn add_counts(
        &mut self,
        place: (usize, usize),
        quantiles: &Quantiles,
        asked: &mut Vec<(Option<String>, Asked)>,
    ) -> Result<(), Failed> {
        for count in self.statements.rank_counts.get(&place).cloned().unwrap_or_default() {
            let within = self.within(&count, quantiles)?;
            let place = asked.iter().position(|(when, _)| *when == count.when).unwrap_or_else(|| {
                asked.push((count.when.clone(), Asked::default()));
                asked.len() - 1
            });
            if !asked[place].1.rules.contains(&count.rule.id) {
                asked[place].1.rules.push(count.rule.id.clone());
            }
            asked[place].1.within.push(within);
        }
        Ok(())
    }

    /// The interval that a count speaks of.
    fn within(&mut self, count: &RankCount, quantiles: &Quantiles) -> Result<Within, Failed> {
        let (low, high) = interval_of(&count.comparisons, quantiles).map_err(|problem| {
            self.report(&format!("{}/where", count.pointer), [problem]);
            Failed::Known
        })?;
        let (rule, when) = (count.rule.id.clone(), count.when.clone());
        Ok(Within { rule, low, high, want: count.want, tolerance: count.tolerance, when })
    }

    /// What rules ask of the values of a column that moves with others, in the rows of a condition; `None` where they ask nothing.
    pub(super) fn ranked_member(
        &mut self,
        (table, column): (usize, usize),
        moving: &Rule,
        together: &[usize],
        made: &Made,
    ) -> Result<Option<Measured>, Failed> {
        let statistics = self.statements.statistics.get(&(table, column)).cloned().unwrap_or_default();
        let counts = self.statements.rank_counts.get(&(table, column)).cloned().unwrap_or_default();
        let name = self.dataset.tables[table].columns[column].name.clone();
        let is_put = !self.statements.forced(table, column).is_empty();
        let first = statistics.first().map(|first| (&first.rule, &first.pointer));
        let Some((rule, pointer)) = first.or_else(|| counts.first().map(|first| (&first.rule, &first.pointer))) else {
            let spread = made.distribution().filter(|_| {
                !is_put
                    && self.statements.bounds(table, column).is_empty()
                    && self.is_spread((table, column), moving, together)
            });
            let spread = spread.map(|quantiles| (vec![Asked::default()], quantiles, Vec::new()));
            return Ok(spread.map(|spread| self.by_rank((table, column), spread)));
        };
        let owned = |other: &Rule, pointer: &str| {
            let detail = format!("{name} is owned by both {} and {}", other.id, moving.id);
            Problem::new("two_owners", detail)
                .at(pointer)
                .remedy("leave one of them out, or state it of another column")
        };
        // Rows are marked off by what stands fast.
        let is_apart = |rule: &Rule| match (&rule.when, &moving.when) {
            (Some(when), None) => self.moves_with(table, when, together),
            (when, moving) => when != moving,
        };
        let others = statistics.iter().map(|known| (&known.rule, &known.pointer));
        let elsewhere =
            others.chain(counts.iter().map(|known| (&known.rule, &known.pointer))).find(|(rule, _)| is_apart(rule));
        let refused = elsewhere.map(|(other, pointer)| owned(other, pointer));
        let refused = refused.or_else(|| is_put.then(|| owned(rule, pointer)));
        if let Some(problem) = refused {
            self.problems.push(problem);
            return Err(Failed::Known);
        }
        let Some(quantiles) = made.distribution() else {
            let problem = owned(rule, pointer);
            self.problems.push(problem);
            return Err(Failed::Known);
        };
        let pointer = pointer.clone();
        let mut asked = self.asked_statistics(&statistics, &quantiles)?;
        self.add_counts((table, column), &quantiles, &mut asked)?;
        self.check_nesting(&asked, &pointer)?;
        let conditions = match moving.when {
            None => self.condition_slots(table, &mut asked, &pointer)?,
            // The rows of the rule are all that move.
            Some(_) => Vec::new(),
        };
        let asked = asked.into_iter().map(|(_, asked)| asked).collect();
        Ok(Some(self.by_rank((table, column), (asked, quantiles, conditions))))
    }

    /// Whether a column that moves with others is spread over its values as evenly as its distribution lets it, so that a combination can tell
    /// apart the rows in which it is alike.
    fn is_spread(&self, (table, column): (usize, usize), moving: &Rule, together: &[usize]) -> bool {
        let mut deals = self.statements.deals.get(&table).into_iter().flatten();
        let most = Correlated::most_ranked(&[]) / 8;
        let draws_again =
            |condition: &RowCondition| condition.table == table && self.moves_with(table, &condition.sql, together);
        deals.any(|deal| deal.beside.contains(&column))
            && moving.when.is_none()
            && !self.is_given(table, column)
            && !self.statements.conditions.iter().any(draws_again)
            && self.written_rows(table).is_some_and(|rows| rows <= most)
    }

    /// A column whose values are by rank what is asked of them.
    fn by_rank(
        &self,
        (table, column): (usize, usize),
        (asked, quantiles, conditions): (Vec<Asked>, Arc<Quantiles>, Vec<SlotId>),
    ) -> Measured {
        let definition = &self.dataset.tables[table].columns[column];
        Measured {
            column: definition.name.clone(),
            asked,
            limits: Vec::new(),
            limited_by: self.limited_by(&self.statements.bounds(table, column)),
            nulls: None,
            strata: Strata::new(table, conditions),
            quantiles,
            key: self.seeds.key(self.dataset.tables[table].seed_name(), definition.seed_name(), "position", 0),
            laid: OnceLock::new(),
        }
    }
}

/// The distribution by which the ranks of such a column are known.
pub(super) fn marginal_of(measured: &Measured) -> Marginal {
    Marginal::Drawn(Arc::clone(&measured.quantiles))
}

/// What comparisons with values leave of a column, both ends included, in its units.
fn interval_of(comparisons: &[(Op, Literal)], quantiles: &Quantiles) -> Result<(f64, f64), Problem> {
    let (mut low, mut high) = (quantiles.low, quantiles.high);
    for (op, value) in comparisons {
        let (from, to) = interval(*op, compared(value, quantiles)?, quantiles.quantum.is_some());
        (low, high) = (low.max(from), high.min(to));
    }
    Ok((low, high))
}

/// A value that a condition names, in units of a column.
fn compared(value: &Literal, quantiles: &Quantiles) -> Result<f64, Problem> {
    let written = match value {
        Literal::Number(text) => serde_json::from_str(text).unwrap_or(Value::Null),
        Literal::Text(text) | Literal::Date(text) | Literal::Datetime(text) | Literal::Time(text) => {
            Value::String(text.clone())
        }
        Literal::Boolean(value) => Value::from(i32::from(*value)),
        Literal::Null => Value::Null,
    };
    units(&written, "mean", quantiles)
}

/// What a comparison with a number leaves, both ends included; `is_grid` where values are whole.
fn interval(op: Op, number: f64, is_grid: bool) -> (f64, f64) {
    const ALL: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);
    let (at_least, at_most) = if is_grid { (libm::ceil(number), libm::floor(number)) } else { (number, number) };
    let above = if is_grid { libm::floor(number) + 1.0 } else { number.next_up() };
    let below = if is_grid { libm::ceil(number) - 1.0 } else { number.next_down() };
    match op {
        Op::Equal => (at_least, at_most),
        Op::Less => (ALL.0, below),
        Op::LessOrEqual => (ALL.0, at_most),
        Op::Greater => (above, ALL.1),
        Op::GreaterOrEqual => (at_least, ALL.1),
        Op::NotEqual => ALL,
    }
}
