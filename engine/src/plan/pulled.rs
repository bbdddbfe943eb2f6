//! Statistics of a score: the number that it is a band of, through any number of scores, is drawn so that its scores have them.

use std::sync::{Arc, OnceLock};

use datafusion::arrow::array::{ArrayRef, UInt32Array};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{Field, Schema};

use super::compiler::{Compiler, Failed};
use super::convert;
use super::quotas::Pass;
use super::rules::can_be_null;
use super::scope::{as_sql, sql_problem, sql_type};
use super::statistics::{Statistic, units};
use super::{Plan, SlotId};
use crate::enforce::correlate::numbers_of;
use crate::enforce::pulled::{Piece, Pulled as Fill};
use crate::enforce::statistic::Measured;
use crate::enforce::strata::Strata;
use crate::expr::{Expression, Parsed};
use crate::generators::{Choices, Made, Quantiles};
use crate::schema::{Band, RuleKind};
use crate::types::LogicalType;

/// What rules ask of the score of a column.
#[derive(Clone)]
pub(super) struct Pulled {
    /// The column of the score.
    score: usize,
    /// Its formula over the column itself.
    formula: Parsed,
    /// The bands of the column, from which the score is made.
    bands: Vec<Band>,
    pub statistics: Vec<Statistic>,
}

impl Compiler {
    /// Turns statistics of scores into such of the columns that they are bands of, where nothing else decides these.
    pub(super) fn pull_statistics(&mut self) {
        let mut asked: Vec<(usize, usize)> = self.statements.statistics.keys().copied().collect();
        asked.sort_unstable();
        for (table, score) in asked {
            let Some((column, bands, formula)) = self.pulled_by(table, score) else { continue };
            if let Some(statistics) = self.statements.statistics.remove(&(table, score)) {
                self.statements.pulled.insert((table, column), Pulled { score, formula, bands, statistics });
            }
        }
    }

    /// The column at the end of a chain of scores, its bands, and the last score as a formula over it.
    fn pulled_by(&self, table: usize, score: usize) -> Option<(usize, Vec<Band>, Parsed)> {
        let definition = &self.dataset.tables[table];
        let mut formula = Parsed::parse(&self.statements.formula(table, score)?.sql).ok()?;
        let mut column = score;
        for _ in 0..definition.columns.len() {
            let is_plain = !can_be_null(&definition.columns[column])
                && !self.is_given(table, column)
                && self.statements.implied_nulls(table, column).is_empty()
                && !self.statements.forced.contains_key(&(table, column))
                && (column == score || !self.statements.is_counted(table, column));
            let known = self.statements.formula(table, column)?;
            let (of, bands) = definition.rules.iter().find_map(|rule| match &rule.kind {
                RuleKind::Score { of, bands, .. } if rule.id == known.rule => Some((of, bands)),
                _ => None,
            })?;
            let next = self.column_named(table, of).filter(|_| is_plain)?;
            if self.statements.formula(table, next).is_none() {
                let is_free = definition.columns[next].generator.is_some()
                    && self.is_drawn_alone(table, next)
                    && !self.statements.pulled.contains_key(&(table, next));
                return is_free.then(|| (next, bands.clone(), formula));
            }
            let inner = Parsed::parse(&self.statements.formula(table, next)?.sql).ok()?;
            formula = formula.with(|name| (self.column_named(table, name) == Some(next)).then(|| inner.clone()))?;
            column = next;
        }
        None
    }

    /// A column whose score has the statistics that rules give.
    pub(super) fn make_pulled(&mut self, table: usize, column: usize) -> Result<SlotId, Failed> {
        let pulled = self.statements.pulled.get(&(table, column)).cloned().ok_or(Failed::Known)?;
        let first = pulled.statistics.first().cloned().ok_or(Failed::Known)?;
        self.only_owner(table, column, &first.rule.id, &first.pointer)?;
        let made = self.compile_generator(table, column)?;
        let definition = self.dataset.tables[table].columns[column].clone();
        let score = self.dataset.tables[table].columns[pulled.score].clone();
        let drawn = made.distribution();
        let found = match &drawn {
            Some(quantiles) => self.pieces(table, column, &pulled, quantiles)?,
            None => None,
        };
        let (Some(quantiles), Some((pieces, scores))) = (drawn, found) else {
            return Err(self.refuse_undistributed(table, column, &first.rule.id, &first.pointer));
        };
        let mut asked = self.asked_statistics(&pulled.statistics, &scores)?;
        self.check_nesting(&asked, &first.pointer)?;
        let mut slots = self.condition_slots(table, &mut asked, &first.pointer)?;
        let nulls = self.nulls_of(table, column)?;
        let null_bit = nulls.map(|_| slots.len());
        slots.extend(nulls);
        let seed_name = self.dataset.tables[table].seed_name().to_owned();
        let measured = Arc::new(Measured {
            column: score.name.clone(),
            asked: asked.into_iter().map(|(_, asked)| asked).collect(),
            limits: Vec::new(),
            limited_by: Vec::new(),
            nulls: null_bit,
            strata: Strata::new(table, slots.clone()),
            quantiles: Arc::new(scores),
            key: self.seeds.key(&seed_name, score.seed_name(), "position", 0),
            laid: OnceLock::new(),
        });
        let (logical, longest) = (made.logical.clone(), made.longest);
        let drawn = self.push(table, definition.name.clone(), made);
        let fill = Fill {
            measured: Arc::clone(&measured),
            quantiles,
            pieces,
            key: self.seeds.key(&seed_name, definition.seed_name(), "scored", 0),
        };
        let inputs: Vec<SlotId> = std::iter::once(drawn).chain(slots).collect();
        let made = Made { far: inputs.clone(), inputs, longest, ..Made::computed(logical, fill) };
        let slot = self.push(table, definition.name, made);
        self.tables[table].slots[slot].nullable = false;
        let check = Box::new(move |plan: &Plan| measured.check(plan));
        let (rule, rows) = (first.rule.id.clone(), self.rows(table).unwrap_or(0));
        self.statements.passes.push(Pass { table, slot, rule, rows, check: Some(check), proves: false });
        self.finish_raw(table, column, slot)
    }

    /// The parts of a column's distribution that have one score each, and the distribution of the scores.
    fn pieces(
        &mut self,
        table: usize,
        column: usize,
        pulled: &Pulled,
        quantiles: &Quantiles,
    ) -> Result<Option<(Vec<Piece>, Quantiles)>, Failed> {
        let mut ends = Vec::new();
        for below in pulled.bands.iter().filter_map(|band| band.below.as_ref()) {
            match units(below, "mean", quantiles) {
                Ok(end) => ends.push(quantiles.edge(end, |value, end| value < end)),
                Err(_) => return Ok(None),
            }
        }
        let mut pieces: Vec<Piece> = Vec::new();
        let (mut from, mut low) = (0.0, quantiles.low);
        for (to, high, next) in ends.into_iter().chain([(1.0, quantiles.high, quantiles.high)]) {
            if to > from && low <= high {
                pieces.push(Piece { from, to, low, high, score: 0.0 });
            }
            (from, low) = (to.max(from), next);
        }
        let declared = self.dataset.tables[table].columns[column].logical_type();
        let examples: Vec<f64> = pieces
            .iter()
            .map(|piece| quantiles.at(0.5 * (piece.from + piece.to)).clamp(piece.low, piece.high))
            .collect();
        let Ok(mut values) = quantiles.array(&examples) else { return Ok(None) };
        let mut own = quantiles.logical().clone();
        if let Some(wanted) = declared.filter(|wanted| *wanted != own) {
            let Ok(converted) = convert::convert(&values, &wanted) else { return Ok(None) };
            (values, own) = (converted, wanted);
        }
        let wanted = self.dataset.tables[table].columns[pulled.score].logical_type();
        let Some((scores, logical)) = self.scores_of(&pulled.formula, &values, &own, wanted) else { return Ok(None) };
        let Some(numbers) = numbers_of(&scores) else { return Ok(None) };
        let mut distinct: Vec<(f64, u32, f64)> = Vec::new();
        for (at, (number, piece)) in numbers.iter().zip(&pieces).enumerate() {
            match distinct.iter_mut().find(|known| known.0 == *number) {
                Some(known) => known.2 += piece.to - piece.from,
                None => distinct.push((*number, at as u32, piece.to - piece.from)),
            }
        }
        distinct.sort_by(|one, other| one.0.total_cmp(&other.0));
        let places: UInt32Array = distinct.iter().map(|known| Some(known.1)).collect();
        let Ok(listed) = take(&scores, &places, None) else { return Ok(None) };
        let weights = distinct.iter().map(|known| known.2).collect();
        let Some(known) = Quantiles::of_choices(&Choices { values: listed, weights, exact: false }, &logical) else {
            return Ok(None);
        };
        let Some(units) = known.listed.clone() else { return Ok(None) };
        for (piece, number) in pieces.iter_mut().zip(&numbers) {
            let place = distinct.iter().position(|known| known.0 == *number).unwrap_or(0);
            piece.score = units[place];
        }
        Ok(Some((pieces, known)))
    }

    /// A formula over one column, for some of its values, in a type.
    fn scores_of(
        &self,
        formula: &Parsed,
        values: &ArrayRef,
        logical: &LogicalType,
        wanted: Option<LogicalType>,
    ) -> Option<(ArrayRef, LogicalType)> {
        let field = |read: &crate::expr::Reference| Field::new(read.to_string(), sql_type(logical), true);
        let scope = Schema::new(formula.references().iter().map(field).collect::<Vec<_>>());
        let time = self.dataset.reference_time_us();
        let expression = Expression::compile(formula, &scope, time).map_err(sql_problem).ok()?;
        let columns: Vec<ArrayRef> = expression.columns().iter().map(|_| as_sql(values)).collect();
        let scores = expression.evaluate(&columns, values.len()).ok()?;
        let own = expression.logical();
        match wanted.filter(|wanted| *wanted != own) {
            Some(wanted) => Some((convert::convert(&scores, &wanted).ok()?, wanted)),
            None => Some((scores, own)),
        }
    }
}
