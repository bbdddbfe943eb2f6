//! The rule `correlation` at plan time: which columns move together, and whether their distributions can.

mod follows;
mod scores;
mod trials;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use self::scores::wanted;
use super::compiler::{Compiler, Failed, Name};
use super::quotas::{Check, Pass};
use super::ranked::marginal_of;
use super::{Plan, SlotId};
use crate::enforce::correlate::{AttemptsFill, By, Correlated, CorrelatedFill, Marginal, Member, Method, rounded};
use crate::generators::Made;
use crate::problem::Problem;
use crate::schema::{CORRELATION_TOLERANCE, Rule, RuleKind};
use crate::types::LogicalType;

/// A rule `correlation`.
#[derive(Clone)]
struct Correlation {
    rule: Rule,
    pointer: String,
    columns: Vec<usize>,
    /// Two columns, what their coefficient is to be, and the place where that is written.
    wanted: Vec<(usize, usize, f64, String)>,
    method: Method,
    tolerance: f64,
}

/// Columns that rules tie together, directly or through others.
struct System {
    table: usize,
    columns: Vec<usize>,
    rules: Vec<Correlation>,
    /// What was compiled: the system, and the generators of its columns that are used as they are.
    built: Option<Result<Arc<Correlated>, ()>>,
    is_building: bool,
    /// Which draw of each row obeys, where some may not.
    attempts: Option<SlotId>,
    made: HashMap<usize, Made>,
}

/// All that rules of the kind ask for.
#[derive(Default)]
pub(super) struct Correlations {
    asked: HashMap<usize, Vec<Correlation>>,
    systems: Vec<System>,
}

impl Correlations {
    /// The first rule that speaks of a column.
    pub fn rule_of(&self, table: usize, column: usize) -> Option<&Rule> {
        self.system_of(table, column).and_then(|system| self.systems[system].rules.first()).map(|first| &first.rule)
    }

    /// The columns that a column moves with, itself among them; none where it moves alone.
    pub fn columns_with(&self, table: usize, column: usize) -> &[usize] {
        self.system_of(table, column).map_or(&[], |system| self.systems[system].columns.as_slice())
    }

    fn system_of(&self, table: usize, column: usize) -> Option<usize> {
        self.systems.iter().position(|system| system.table == table && system.columns.contains(&column))
    }
}

impl Compiler {
    pub(super) fn gather_correlation(&mut self, table: usize, rule: &Rule, pointer: &str) {
        let RuleKind::Correlation { columns: names, coefficient, matrix, method, tolerance } = &rule.kind else {
            return;
        };
        let Some(columns) = self.columns_named(table, names, &format!("{pointer}/columns")) else { return };
        let Some(known) = Method::named(method.as_deref()) else {
            let method = method.as_deref().unwrap_or_default();
            let problem = Problem::new("unknown_value", format!("unknown value \"{method}\""));
            self.problems.push(problem.hint(method, Method::NAMES).at(format!("{pointer}/method")));
            return;
        };
        let tolerance = tolerance.unwrap_or(CORRELATION_TOLERANCE);
        if !(tolerance > 0.0 && tolerance.is_finite()) {
            let problem = Problem::new("too_small", format!("the tolerance {tolerance} is not above 0"));
            let remedy = "leave it out, or allow a small difference such as 0.01";
            self.problems.push(problem.at(format!("{pointer}/tolerance")).remedy(remedy));
            return;
        }
        let wanted = match wanted(&rule.id, &columns, *coefficient, matrix.as_ref()) {
            Ok(wanted) => wanted,
            Err(problem) => {
                self.problems.push(problem.under(pointer));
                return;
            }
        };
        for (at, column) in columns.iter().enumerate() {
            if !self.can_move(table, *column, rule, &format!("{pointer}/columns/{at}")) {
                return;
            }
        }
        let note = "the columns keep their distributions and are drawn by normal scores that move together";
        self.hold(table, rule, "by_construction", note.to_owned());
        let correlation =
            Correlation { rule: rule.clone(), pointer: pointer.to_owned(), columns, wanted, method: known, tolerance };
        self.statements.correlations.asked.entry(table).or_default().push(correlation);
    }

    /// Whether a column has a generator of its own that may be drawn by any score, with a problem where it has not.
    fn can_move(&mut self, table: usize, column: usize, rule: &Rule, pointer: &str) -> bool {
        let definition = &self.dataset.tables[table].columns[column];
        let (name, id) = (&definition.name, &rule.id);
        let measured = definition.logical_type().is_none_or(|kind| is_measured(&kind));
        let (code, detail, remedy) = if self.key_of_column(table, column).is_some() {
            let detail = format!("{name} is decided by a foreign key, so {id} cannot let it move with other columns");
            ("two_owners", detail, "state the rule of a column with a generator of its own")
        } else if self.is_unique(table, column) {
            let detail = format!("{name} is unique, so {id} cannot let it move with other columns");
            ("two_owners", detail, "leave unique out, or state the rule of a column whose values may repeat")
        } else if !measured {
            let kind = definition.logical_type().unwrap_or(LogicalType::String);
            (
                "wrong_type",
                format!("{name} is of type {kind}, and {id} correlates numbers, dates, times and booleans"),
                NUMBERS,
            )
        } else {
            return true;
        };
        self.problems.push(Problem::new(code, detail).at(pointer).remedy(remedy));
        false
    }

    /// Joins the rules that share columns.
    pub(super) fn join_correlations(&mut self) {
        let mut asked: Vec<(usize, Vec<Correlation>)> =
            std::mem::take(&mut self.statements.correlations.asked).into_iter().collect();
        asked.sort_by_key(|(table, _)| *table);
        for (table, rules) in asked {
            let mut systems: Vec<System> = Vec::new();
            for rule in rules {
                let (tied, apart): (Vec<System>, Vec<System>) = systems
                    .into_iter()
                    .partition(|system| system.columns.iter().any(|column| rule.columns.contains(column)));
                let mut joined = System {
                    table,
                    columns: Vec::new(),
                    rules: Vec::new(),
                    built: None,
                    is_building: false,
                    attempts: None,
                    made: HashMap::new(),
                };
                for system in tied {
                    joined.columns.extend(system.columns);
                    joined.rules.extend(system.rules);
                }
                let more = rule.columns.iter().copied().filter(|column| !joined.columns.contains(column));
                joined.columns.extend(more.collect::<Vec<_>>());
                joined.rules.push(rule);
                systems = apart;
                systems.push(joined);
            }
            self.statements.correlations.systems.extend(systems);
        }
    }

    /// A column that moves together with others.
    pub(super) fn make_correlated(&mut self, table: usize, column: usize) -> Result<SlotId, Failed> {
        let number = self.statements.correlations.system_of(table, column).ok_or(Failed::Known)?;
        if self.statements.correlations.systems[number].is_building {
            // Whatever the columns are drawn by cannot wait for one of them, which would vanish without a word.
            let columns = self.statements.correlations.systems[number].columns.clone();
            self.report_moving_cycle(table, &columns, column);
            return Err(Failed::Known);
        }
        if self.statements.correlations.systems[number].built.is_none() {
            self.statements.correlations.systems[number].is_building = true;
            let built = self.build_correlated(number).map(Arc::new).map_err(|failed| {
                let pointer = self.statements.correlations.systems[number].rules[0].pointer.clone();
                self.report_failure(&pointer, failed);
            });
            let system = &mut self.statements.correlations.systems[number];
            (system.built, system.is_building) = (Some(built), false);
        }
        let system = &mut self.statements.correlations.systems[number];
        let Some(Ok(built)) = &system.built else {
            return Err(Failed::Known);
        };
        let (correlated, rule) = (Arc::clone(built), system.rules[0].rule.id.clone());
        let member = system.columns.iter().position(|known| *known == column).ok_or(Failed::Known)?;
        let made = system.made.remove(&column).ok_or(Failed::Known)?;
        let columns = system.columns.clone();
        let name = self.dataset.tables[table].columns[column].name.clone();
        let known = &correlated.members[member];
        // What a row's record has is drawn by a stream of the record.
        let of_record = self.generator_of(table, column)?.0.entry().is_attribute;
        let is_own = member == 0
            && correlated.trials.is_empty()
            && !of_record
            && known.is_plain()
            && matches!(known.marginal, Marginal::Drawn(_));
        let slot = match is_own {
            // The first column is drawn as if it stood alone.
            true => self.push(table, name, Made { drawn_by: None, ..made }),
            false => {
                let far = correlated.reads();
                let mut inputs: Vec<SlotId> = correlated.when.into_iter().collect();
                inputs.extend(self.attempts_slot(number, &correlated));
                for limit in &known.limits {
                    match limit.by {
                        By::Constant(_) => {}
                        By::Member(other) => inputs.push(self.slot(table, Name::Column(columns[other]))?),
                        By::Slot(slot) => inputs.push(slot),
                    }
                }
                inputs.extend(known.ranked.iter().flat_map(|ranked| ranked.strata.conditions()));
                let fill = CorrelatedFill { system: Arc::clone(&correlated), member };
                let made = Made { inputs, far, longest: made.longest, ..Made::computed(made.logical, fill) };
                self.push(table, name, made)
            }
        };
        self.tables[table].slots[slot].nullable = false;
        let is_last = self.statements.correlations.systems[number].made.is_empty();
        let most = Correlated::most_rows(&correlated.pairs, correlated.members.len());
        let by_rank = correlated.members.iter().any(|member| member.ranked.is_some());
        // More rows are not measured, unless all are put in order.
        let rows = self.rows(table).unwrap_or(0).min(if by_rank { u64::MAX } else { most });
        let check: Option<Check> = match is_last {
            true => Some(Box::new(move |plan: &Plan| correlated.check(plan))),
            false => None,
        };
        self.statements.passes.push(Pass { table, slot, rule, rows, check, proves: false });
        self.finish_raw(table, column, slot)
    }

    /// The slot that says which draw of each row obeys the conditions of a system, where it has any.
    fn attempts_slot(&mut self, number: usize, correlated: &Arc<Correlated>) -> Option<SlotId> {
        if correlated.trials.is_empty() || self.statements.correlations.systems[number].attempts.is_some() {
            return self.statements.correlations.systems[number].attempts;
        }
        let reads = correlated.reads();
        let fill = AttemptsFill(Arc::clone(correlated));
        let made = Made { inputs: reads.clone(), far: reads, ..Made::computed(LogicalType::Integer, fill) };
        let name = format!("the draws of {}", self.statements.correlations.systems[number].rules[0].rule.id);
        let slot = self.push(correlated.table, name, made);
        self.tables[correlated.table].slots[slot].nullable = false;
        self.statements.correlations.systems[number].attempts = Some(slot);
        Some(slot)
    }

    fn build_correlated(&mut self, number: usize) -> Result<Correlated, Failed> {
        let system = &self.statements.correlations.systems[number];
        let (table, columns, rules) = (system.table, system.columns.clone(), system.rules.clone());
        let when = rules[0].rule.when.clone();
        if let Some(other) = rules.iter().find(|other| other.rule.when != when) {
            let detail =
                format!("{} and {} speak of the same columns in different rows", rules[0].rule.id, other.rule.id);
            let remedy = "give both the same condition, or none";
            self.problems.push(Problem::new("overlap", detail).at(&other.pointer).remedy(remedy));
            return Err(Failed::Known);
        }
        let when = match &when {
            None => None,
            Some(when) => {
                let place = format!("{}/when", rules[0].pointer);
                let read = self.own_columns(table, when);
                if let Some(column) = columns.iter().find(|column| read.contains(column)) {
                    let name = &self.dataset.tables[table].columns[*column].name;
                    let detail = format!("the condition of {} reads {name}, which the rule moves", rules[0].rule.id);
                    let remedy = "limit the rule by another column";
                    self.problems.push(Problem::new("cycle", detail).at(place).remedy(remedy));
                    return Err(Failed::Known);
                }
                Some(self.sql(table, when, true).map_err(|failed| {
                    self.report_failure(&place, failed);
                    Failed::Known
                })?)
            }
        };
        let mut members = Vec::new();
        let mut profiles = Vec::new();
        for column in &columns {
            let (member, made) = self.member(table, *column, &columns, &rules)?;
            profiles.push(member.marginal.profile());
            members.push(member);
            self.statements.correlations.systems[number].made.insert(*column, made);
        }
        self.add_follows(number, &mut members)?;
        let trials = self.take_trials(number, &members)?;
        for (member, profile) in members.iter().zip(&profiles) {
            if profile.is_constant() {
                let detail = format!(
                    "{} is the same in every row, so {} cannot let it move with other columns",
                    member.column, rules[0].rule.id
                );
                self.problems.push(
                    Problem::new("contradiction", detail)
                        .at(format!("{}/columns", rules[0].pointer))
                        .remedy("give it more values"),
                );
                return Err(Failed::Known);
            }
        }
        let (pairs, scores) = self.scores(&columns, &members, &profiles, &rules)?;
        let rows = self.rows(table).ok_or(Failed::Known)?;
        let most = Correlated::most_rows(&pairs, members.len());
        if when.is_none() && rows > most {
            for (pair, rule) in pairs.iter().zip(rules.iter().flat_map(|rule| rule.wanted.iter().map(move |_| rule))) {
                // Four standard errors of what chance gives.
                let chance = 4.0 * (1.0 - pair.coefficient * pair.coefficient) / (rows as f64).sqrt();
                if chance > pair.tolerance {
                    let detail = format!(
                        "{} allows a difference of {}, and the coefficients of {rows} drawn rows may be {} off",
                        pair.rule,
                        pair.tolerance,
                        rounded(chance)
                    );
                    let problem = Problem::new("too_small", detail).at(format!("{}/tolerance", rule.pointer));
                    self.problems.push(problem.remedy("allow a larger one"));
                    return Err(Failed::Known);
                }
            }
        }
        let most = Correlated::most_ranked(&members);
        if let Some(member) = members.iter().find(|member| member.ranked.is_some()).filter(|_| rows > most) {
            let asks = member.ranked.iter().flat_map(|ranked| &ranked.asked).flat_map(|asked| &asked.rules);
            let asks: Vec<&str> = asks.map(String::as_str).chain([rules[0].rule.id.as_str()]).collect();
            let detail = format!(
                "{} decide {} together in at most {most} rows, and there are {rows}",
                asks.join(" and "),
                member.column
            );
            let problem = Problem::new("two_owners", detail).at(&rules[0].pointer);
            self.problems.push(problem.remedy("leave one of them out, or state it of another column"));
            return Err(Failed::Known);
        }
        Ok(Correlated { table, members, pairs, when, scores, trials, settled: OnceLock::new() })
    }

    /// A column of a system, and its generator compiled.
    fn member(
        &mut self,
        table: usize,
        column: usize,
        columns: &[usize],
        rules: &[Correlation],
    ) -> Result<(Member, Made), Failed> {
        let Some(rule) = rules.iter().find(|rule| rule.columns.contains(&column)) else { return Err(Failed::Known) };
        let at = rule.columns.iter().position(|known| *known == column).unwrap_or(0);
        let place = format!("{}/columns/{at}", rule.pointer);
        self.only_owner(table, column, &rules[0].rule.id, &place)?;
        // Bounds of an order are kept here, by the column's own distribution; those of all rows are the distribution's own ends.
        let bounds = self.row_bounds(table, column);
        let made = self.compile_generator(table, column);
        let limits = self.row_limits((table, column), bounds, columns);
        let (made, limits) = (made?, limits?);
        let definition = self.dataset.tables[table].columns[column].clone();
        let ranked = self.ranked_member((table, column), &rules[0].rule, columns, &made)?;
        if let Some(measured) = ranked.as_ref().filter(|_| limits.iter().any(|limit| matches!(limit.by, By::Member(_))))
        {
            let asked = measured.asked.iter().flat_map(|asked| &asked.rules).map(String::as_str);
            let asked: Vec<&str> = asked.chain(measured.limited_by.iter().map(String::as_str)).collect();
            let detail =
                format!("{} is owned by both {} and {}", definition.name, asked.join(" and "), rules[0].rule.id);
            let remedy = "leave one of them out, or state it of another column";
            self.problems.push(Problem::new("two_owners", detail).at(place).remedy(remedy));
            return Err(Failed::Known);
        }
        let marginal = match (&made.quantiles, &made.choices) {
            _ if ranked.is_some() => ranked.as_ref().map(marginal_of),
            (Some(quantiles), _) => Some(Marginal::Drawn(Arc::clone(quantiles))),
            (None, Some(choices)) if !choices.exact && made.inputs.is_empty() => Marginal::listed(choices),
            _ => None,
        };
        let marginal = marginal.filter(|marginal| limits.is_empty() || matches!(marginal, Marginal::Drawn(_)));
        let Some(marginal) = marginal else {
            let generator = self.generator_of(table, column)?.0;
            let detail = format!(
                "{} needs numbers, dates, times or booleans of one distribution in all rows, and {} makes {}",
                rule.rule.id,
                generator.entry().name,
                definition.name
            );
            self.problems.push(Problem::new("no_distribution", detail).at(place).remedy(NUMBERS));
            return Err(Failed::Known);
        };
        let mut forced = Vec::new();
        for value in self.statements.forced(table, column) {
            // What a column of the system decides is put in once that is drawn.
            if self.moves_with(table, &value.condition, columns) {
                continue;
            }
            let number = self.forced_number(table, column, &value, &marginal, &made.logical)?;
            let condition = self.sql(table, &value.condition, true).map_err(|failed| {
                self.report_failure(&value.pointer, failed);
                Failed::Known
            })?;
            forced.push((condition, number));
        }
        // Nulls that follow from a column of the system are known once it is drawn.
        let mut conditions: Vec<String> = definition.null_when.iter().cloned().collect();
        conditions.extend(self.statements.implied_nulls(table, column).into_iter().map(|implied| implied.condition));
        conditions.extend(self.statements.implied_values(table, column).into_iter().map(|implied| implied.condition));
        let follows = conditions.iter().any(|sql| self.moves_with(table, sql, columns));
        let nulls = if follows { None } else { self.nulls_of(table, column)? };
        let given = self.given_numbers(table, column, &marginal, &made.logical)?;
        let key = self.seeds.key(self.dataset.tables[table].seed_name(), definition.seed_name(), "value", 0);
        let follows = Vec::new();
        Ok((Member { column: definition.name, key, marginal, limits, nulls, forced, given, follows, ranked }, made))
    }
}

/// What may be correlated.
const NUMBERS: &str =
    "correlate a column of numbers, dates, times or booleans whose parameters are constants, and derive others from it";

fn is_measured(kind: &LogicalType) -> bool {
    matches!(
        kind,
        LogicalType::Integer
            | LogicalType::Decimal { .. }
            | LogicalType::Float
            | LogicalType::Boolean
            | LogicalType::Date
            | LogicalType::Datetime
            | LogicalType::Time
    )
}
