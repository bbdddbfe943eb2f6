//! The rule `no_overlap` at plan time: whose starts and ends are made group by group.

use std::sync::{Arc, OnceLock};

use super::compiler::{Compiler, Failed, Name, column_pointer};
use super::context::ContextParts;
use super::differences::units;
use super::quotas::Pass;
use super::rules::can_be_null;
use super::statements::{Bound, BoundOf, PlannedBound, RowCondition};
use super::{Groups, Plan, Side, SlotId};
use crate::enforce::overlap::{EndFill, GroupBound, StartFill, Timetable};
use crate::expr::{Op, Parsed};
use crate::generators::Made;
use crate::problem::Problem;
use crate::schema::{Rule, RuleKind};
use crate::types::LogicalType;

/// The most children of one parent whose intervals are put in order for every range of rows that is asked for.
const CHILDREN: u64 = 1 << 16;

/// A rule `no_overlap`.
#[derive(Clone)]
pub(super) struct Overlap {
    pub rule: Rule,
    pub pointer: String,
    per: Vec<String>,
    start: usize,
    end: usize,
    /// How many units of the start an interval takes at least, as rules say.
    least: i64,
    /// Whether the end is drawn from its start on because a rule bounds it so.
    is_bounded: bool,
    timetable: Option<Arc<Timetable>>,
}

impl Overlap {
    /// Whether a column is the start.
    pub fn is_start(&self, column: usize) -> bool {
        self.start == column
    }

    /// The columns that make the groups.
    pub fn per(&self) -> &[String] {
        &self.per
    }

    /// Whether a column is the start or the end.
    pub fn is_end(&self, column: usize) -> bool {
        self.start == column || self.end == column
    }
}

impl Compiler {
    pub(super) fn gather_overlap(&mut self, table: usize, rule: &Rule, pointer: &str) {
        let RuleKind::NoOverlap { per, start, end } = &rule.kind else { return };
        if per.is_empty() {
            let problem = Problem::new("empty_list", "the list is empty").at(format!("{pointer}/per"));
            self.problems.push(problem.remedy("name the columns that make the groups"));
            return;
        }
        let Some(groups) = self.columns_named(table, per, &format!("{pointer}/per")) else { return };
        let mut ends = Vec::new();
        for (name, key) in [(start, "start"), (end, "end")] {
            let place = format!("{pointer}/{key}");
            let Some(column) = self.column_named(table, name) else {
                let problem = self.unknown_column(table, name).at(place);
                self.problems.push(problem);
                return;
            };
            let id = &rule.id;
            let detail = if self.key_of_column(table, column).is_some() {
                format!("{name} is decided by a foreign key, so {id} cannot place it")
            } else if self.is_unique(table, column) {
                format!("{name} is unique, so {id} cannot place it")
            } else if groups.contains(&column) || ends.contains(&column) {
                format!("{id} names {name} twice")
            } else if let Some(other) = self.statements.overlap_of(table, column) {
                format!("{name} is owned by both {id} and {}", other.rule.id)
            } else {
                ends.push(column);
                continue;
            };
            let remedy = "state the rule of columns with generators of their own";
            self.problems.push(Problem::new("two_owners", detail).at(place).remedy(remedy));
            return;
        }
        let note =
            "the starts of a group are sorted with room between them, and an interval ends where the next starts";
        self.hold(table, rule, "by_construction", note.to_owned());
        let overlap = Overlap {
            rule: rule.clone(),
            pointer: pointer.to_owned(),
            per: per.clone(),
            start: ends[0],
            end: ends[1],
            least: 0,
            is_bounded: false,
            timetable: None,
        };
        self.statements.overlaps.entry(table).or_default().push(overlap);
    }

    /// The rule that keeps intervals of some time apart whose groups and starts are among these columns: no two rows are alike in them.
    pub(super) fn kept_apart(&self, table: usize, names: &[String]) -> Option<String> {
        let definition = &self.dataset.tables[table];
        let takes_time = |overlap: &Overlap| {
            let [start, end] = [overlap.start, overlap.end].map(|column| &definition.columns[column].name);
            let written = definition.columns[overlap.end].generator.as_ref().map(|generator| generator.to_value());
            let is_behind = written.is_some_and(|written| {
                written["from"].as_str() == Some(start) && written["min"].as_f64().is_some_and(|least| least > 0.0)
            });
            is_behind
                || definition.rules.iter().filter(|rule| rule.when.is_none()).any(|rule| match &rule.kind {
                    RuleKind::Order { columns, strict, gap } => {
                        let place = |name: &String| columns.iter().position(|column| column == name);
                        let ascends = place(start).zip(place(end)).is_some_and(|(start, end)| start < end);
                        let least = gap.as_ref().and_then(|gap| gap.min).is_some_and(|least| least.amount > 0);
                        ascends && (least || *strict == Some(true))
                    }
                    _ => false,
                })
        };
        let all = self.statements.overlaps.get(&table)?;
        let found = all.iter().find(|overlap| {
            let start = &definition.columns[overlap.start];
            names.contains(&start.name)
                && overlap.per.iter().all(|name| names.contains(name))
                && overlap.rule.when.is_none()
                && !can_be_null(start)
                && !can_be_null(&definition.columns[overlap.end])
                && takes_time(overlap)
        });
        found.map(|overlap| overlap.rule.id.clone())
    }

    /// Lets ends that are drawn between two constants begin at their starts: behind them by what an order of both asks, or not before them.
    pub(super) fn project_ends(&mut self) {
        let places = self.statements.overlaps.iter();
        let mut pairs: Vec<(usize, usize)> =
            places.flat_map(|(table, all)| (0..all.len()).map(|place| (*table, place))).collect();
        pairs.sort_unstable();
        for (table, place) in pairs {
            let overlap = self.statements.overlaps[&table][place].clone();
            let (start, end) = ((table, overlap.start), (table, overlap.end));
            let is_behind = |bound: &PlannedBound| match bound.value {
                Bound::Slot(BoundOf::Column(column)) => column == overlap.start && bound.side == Side::Lower,
                _ => false,
            };
            let known = self.statements.bounds(table, overlap.end);
            let least = match known.iter().filter(|bound| is_behind(bound)).map(|bound| bound.gap).max() {
                // An order that looks back may not, where the end could lie before its start.
                Some(gap) if gap >= 0 => gap,
                Some(_) => continue,
                None => match self.bound_end(table, &overlap) {
                    true => 0,
                    false => continue,
                },
            };
            self.statements.closed.extend([start, end]);
            if let Some(overlap) = self.statements.overlaps.get_mut(&table).and_then(|all| all.get_mut(place)) {
                overlap.least = overlap.least.max(least);
                overlap.is_bounded = true;
            }
        }
    }

    /// Bounds an end by its start, and the start by what the end can be; whether both are drawn between constants of one type, and nothing else
    /// bounds them.
    fn bound_end(&mut self, table: usize, overlap: &Overlap) -> bool {
        let columns = &self.dataset.tables[table].columns;
        let interval = |column: usize| columns[column].generator.as_ref()?.interval();
        let (Some(first), Some(last)) = (interval(overlap.start), interval(overlap.end)) else { return false };
        let is_free = |column: usize| !self.statements.bounds.contains_key(&(table, column));
        let keeps = |column: usize| self.bounded(table, column).is_some_and(|own| own == first.logical);
        if first.logical != last.logical
            || first.min > last.max
            || ![overlap.start, overlap.end].into_iter().all(|column| is_free(column) && keeps(column))
        {
            return false;
        }
        let bound = |value: Bound, side: Side| PlannedBound {
            value,
            side,
            rounds: side,
            place: overlap.pointer.clone(),
            gap: 0,
        };
        let behind = bound(Bound::Slot(BoundOf::Column(overlap.start)), Side::Lower);
        self.statements.bounds.insert((table, overlap.end), vec![behind]);
        if last.max < first.max {
            let before = bound(Bound::Constant(last.max), Side::Upper);
            self.statements.bounds.insert((table, overlap.start), vec![before]);
        }
        true
    }

    /// Turns the least lengths of intervals that conditions ask for in all rows into room between their starts.
    pub(super) fn project_lengths(&mut self) {
        let conditions = std::mem::take(&mut self.statements.conditions);
        for condition in conditions {
            let (mut names, mut rest, mut met) = (Vec::new(), Vec::new(), Vec::new());
            for (at, part) in condition.parts.iter().enumerate() {
                let Some((place, least)) = self.length_of(&condition, part) else {
                    rest.push(at);
                    continue;
                };
                let table = condition.table;
                if let Some(overlap) = self.statements.overlaps.get_mut(&table).and_then(|all| all.get_mut(place)) {
                    overlap.least = overlap.least.max(least);
                    names.push(self.dataset.tables[table].columns[overlap.end].name.clone());
                }
                met.push(at);
            }
            self.keep_rest(condition, &names, rest, met);
        }
    }

    /// The intervals that one part of a condition gives a least length, by their place among the table's, and that length.
    fn length_of(&self, condition: &RowCondition, part: &Parsed) -> Option<(usize, i64)> {
        let differences = part.differences();
        let [one] = differences.as_slice() else { return None };
        let table = condition.table;
        let (left, right) = (self.column_named(table, &one.left)?, self.column_named(table, &one.right)?);
        let all = self.statements.overlaps.get(&table).filter(|_| condition.when.is_none())?;
        let place = all.iter().position(|overlap| {
            (overlap.start, overlap.end) == (left, right) || (overlap.start, overlap.end) == (right, left)
        })?;
        let start = &self.dataset.tables[table].columns[all[place].start];
        let logical = start.generator.as_ref()?.interval()?.logical;
        let least = match (one.op, all[place].end == left) {
            (Op::GreaterOrEqual, true) => units(one, &logical, Side::Lower)?,
            (Op::Greater, true) => units(one, &logical, Side::Upper)?.checked_add(1)?,
            (Op::LessOrEqual, false) => units(one, &logical, Side::Upper)?.checked_neg()?,
            (Op::Less, false) => units(one, &logical, Side::Lower)?.checked_neg()?.checked_add(1)?,
            _ => return None,
        };
        Some((place, least))
    }

    /// A start, or an end that reaches no further than the next one.
    pub(super) fn make_interval(&mut self, table: usize, column: usize) -> Result<SlotId, Failed> {
        let overlap = self.statements.overlap_of(table, column).cloned().ok_or(Failed::Known)?;
        let key = if column == overlap.start { "start" } else { "end" };
        self.only_owner(table, column, &overlap.rule.id, &format!("{}/{key}", overlap.pointer))?;
        let definition = self.dataset.tables[table].columns[column].clone();
        if !self.statements.forced(table, column).is_empty() {
            let detail = format!("{} places {}, which another rule sets row by row", overlap.rule.id, definition.name);
            let problem = Problem::new("two_owners", detail).at(format!("{}/{key}", overlap.pointer));
            self.problems.push(problem.remedy("leave one of them out, or state it of another column"));
            return Err(Failed::Known);
        }
        if column == overlap.start {
            return self.make_start(table, &overlap);
        }
        self.slot(table, Name::Raw(overlap.start))?;
        let known = self.statements.overlap_of(table, column).and_then(|overlap| overlap.timetable.clone());
        let timetable = known.ok_or(Failed::Known)?;
        let made = self.compile_generator(table, column)?;
        let logical = made.logical.clone();
        if logical != *timetable.quantiles.logical()
            || definition.logical_type().is_some_and(|wanted| wanted != logical)
        {
            let detail = format!(
                "{} needs a start and an end of one type, and {} is {} and {} {}",
                overlap.rule.id,
                timetable.column,
                timetable.quantiles.logical(),
                definition.name,
                definition.logical_type().unwrap_or(logical)
            );
            let problem = Problem::new("wrong_type", detail).at(format!("{}/end", overlap.pointer));
            self.problems.push(problem.remedy("let both be dates, or both datetimes"));
            return Err(Failed::Known);
        }
        let mut far = match &timetable.groups {
            Groups::Siblings(_) => Vec::new(),
            _ => self.column_slots(table, &overlap.per)?,
        };
        let bounding = timetable.bounds.iter().map(|bound| bound.slot);
        far.extend(timetable.when.into_iter().chain(bounding.clone()));
        let bounding: Vec<SlotId> = bounding.collect();
        let drawn = self.push(table, definition.name.clone(), made);
        let nullable = self.tables[table].slots[drawn].nullable;
        let inputs = std::iter::once(drawn).chain(bounding).collect();
        let made = Made { inputs, far, ..Made::computed(logical, EndFill(timetable)) };
        let slot = self.push(table, definition.name, made);
        self.tables[table].slots[slot].nullable = nullable;
        self.finish_raw(table, column, slot)
    }

    fn column_slots(&mut self, table: usize, names: &[String]) -> Result<Vec<SlotId>, Failed> {
        names.iter().map(|name| self.reference(table, std::slice::from_ref(name))).collect()
    }

    fn make_start(&mut self, table: usize, overlap: &Overlap) -> Result<SlotId, Failed> {
        let column = overlap.start;
        let place = format!("{}/start", overlap.pointer);
        let definition = self.dataset.tables[table].columns[column].clone();
        // What bounds the starts of a whole group is kept where these are put in order.
        let all = self.statements.bounds.remove(&(table, column));
        let (of_groups, of_all): (Vec<PlannedBound>, Vec<PlannedBound>) =
            all.iter().flatten().cloned().partition(|bound| matches!(bound.value, Bound::Slot(_)));
        if !of_all.is_empty() {
            self.statements.bounds.insert((table, column), of_all);
        }
        let made = self.compile_generator(table, column);
        if let Some(all) = all {
            self.statements.bounds.insert((table, column), all);
        }
        let made = made?;
        let mut bounds = Vec::new();
        for PlannedBound { value, side, rounds, gap, .. } in of_groups {
            if let Bound::Slot(of) = value {
                bounds.push(GroupBound { slot: self.bound_slot(table, column, of)?, side, rounds, gap });
            }
        }
        let bounding: Vec<SlotId> = bounds.iter().map(|bound| bound.slot).collect();
        let quantiles = made.quantiles.clone().filter(|quantiles| {
            quantiles.quantum.is_some()
                && *quantiles.logical() != LogicalType::Float
                && definition.logical_type().is_none_or(|wanted| wanted == *quantiles.logical())
                && quantiles.low.is_finite()
                && quantiles.high.is_finite()
        });
        let Some(quantiles) = quantiles else {
            let generator = self.generator_of(table, column)?.0;
            let detail = format!(
                "{} needs starts that lie between two constants, and {} makes {}",
                overlap.rule.id,
                generator.entry().name,
                definition.name
            );
            let remedy = "use a date, datetime, integer or decimal generator with constant bounds";
            self.problems.push(Problem::new("no_distribution", detail).at(place).remedy(remedy));
            return Err(Failed::Known);
        };
        let shortest = self.shortest(table, overlap, quantiles.logical())?;
        let when = match overlap.rule.when.as_ref().filter(|_| self.projects) {
            Some(when) => Some(self.sql(table, when, true)?),
            None => None,
        };
        let parts = ContextParts {
            table,
            column: Some(column),
            stream: definition.seed_name().to_owned(),
            role: String::new(),
            entity: String::new(),
            family: String::new(),
            inputs: Vec::new(),
            bounds: Vec::new(),
        };
        let key = self.seeds.key(self.dataset.tables[table].seed_name(), definition.seed_name(), "value", 0);
        let mut found = None;
        let logical = made.logical;
        let compiled = self.compile_with(parts, |cx| {
            let timetable = Arc::new(Timetable {
                rule: overlap.rule.id.clone(),
                column: definition.name.clone(),
                groups: cx.groups(&overlap.per, &[])?,
                quantiles,
                key,
                shortest: shortest as f64,
                least: overlap.least,
                when,
                bounds,
                table,
                whole: OnceLock::new(),
            });
            found = Some(Arc::clone(&timetable));
            Ok(Made::computed(logical, StartFill(timetable)))
        });
        let mut made = compiled.map_err(|problems| {
            self.report(&overlap.pointer, problems);
            Failed::Known
        })?;
        made.far.extend(when.into_iter().chain(bounding.iter().copied()));
        let is_tried = when.is_some() || !bounding.is_empty();
        made.inputs = bounding;
        let timetable = found.ok_or(Failed::Known)?;
        self.check_room(table, overlap, &timetable)?;
        let known = self.statements.overlaps.get_mut(&table).into_iter().flatten();
        for known in known.filter(|known| known.start == column) {
            known.timetable = Some(Arc::clone(&timetable));
        }
        let slot = self.push(table, definition.name, made);
        self.tables[table].slots[slot].nullable = false;
        if is_tried {
            // How many of a group keep apart, and between what, only its rows can tell.
            self.statements.tried.push((table, slot, overlap.rule.id.clone()));
        }
        if matches!(timetable.groups, Groups::Sorted(_)) {
            let check = Box::new(move |plan: &Plan| timetable.check(plan));
            let (rule, rows) = (overlap.rule.id.clone(), self.rows(table).unwrap_or(0));
            self.statements.passes.push(Pass { table, slot, rule, rows, check: Some(check), proves: false });
        }
        self.finish_raw(table, column, slot)
    }

    /// Refuses groups that have no room, or are too large, as far as that is known before any row.
    fn check_room(&mut self, table: usize, overlap: &Overlap, timetable: &Timetable) -> Result<(), Failed> {
        let (code, detail, remedy) = match &timetable.groups {
            Groups::Siblings(allocation) => {
                let most = allocation.histogram().map(|(children, _)| children).max().unwrap_or(0);
                match timetable.refuse(most, timetable.ends()).filter(|_| timetable.when.is_none()) {
                    Some(detail) => ("capacity", detail, ROOM),
                    None if most > CHILDREN => {
                        let detail = format!(
                            "{} has a group of {most} intervals, and at most {CHILDREN} are put in order",
                            overlap.rule.id
                        );
                        ("too_many_rows", detail, "let more parents share the rows")
                    }
                    None => return Ok(()),
                }
            }
            Groups::Scattered(_) => {
                let rows = self.rows(table).unwrap_or(0);
                let detail = format!(
                    "{} would have to bring {rows} rows into groups, more than fit into memory",
                    overlap.rule.id
                );
                ("too_many_rows", detail, "say `per` with the columns of a foreign key that has `children`")
            }
            Groups::Whole | Groups::Sorted(_) => return Ok(()),
        };
        self.problems.push(Problem::new(code, detail).at(&overlap.pointer).remedy(remedy));
        Err(Failed::Known)
    }

    /// How far behind its start an interval ends at least.
    fn shortest(&mut self, table: usize, overlap: &Overlap, logical: &LogicalType) -> Result<i64, Failed> {
        let start = self.dataset.tables[table].columns[overlap.start].name.clone();
        let end = self.dataset.tables[table].columns[overlap.end].name.clone();
        let generator = self.generator_of(table, overlap.end)?.0;
        let length = generator.least_length(logical).filter(|(from, length)| *from == start && *length >= 0);
        let length = length.map(|(_, length)| length);
        let begins = generator.above().contains(&start.as_str()) || overlap.is_bounded;
        if let Some(length) = length.or_else(|| begins.then_some(0)) {
            return Ok(length.max(overlap.least));
        }
        let place = format!("{}/generator", column_pointer(table, overlap.end));
        if self.lost(&place) {
            return Err(Failed::Known);
        }
        let detail = format!("{} needs an {end} that is never before {start}", overlap.rule.id);
        let remedy = format!("give {end} the generator {{type: date_offset, from: {start}, min: 0}}");
        self.problems.push(Problem::new("no_length", detail).at(place).remedy(remedy));
        Err(Failed::Known)
    }
}

/// What gives intervals room.
const ROOM: &str = "let the starts spread over more time, the intervals be shorter, or a group have fewer";
