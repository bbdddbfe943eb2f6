//! The rules `share` and `count` at plan time: how often values stand, exactly.
//!
//! All that rules ask of one column that chooses from a list is one system, solved once the rows of every condition are counted. A `count` of
//! another condition, or of groups, steers one column that the condition reads: rows that are too few or too many take another value of it.

use std::sync::{Arc, OnceLock};

use datafusion::arrow::array::AsArray;

use super::compiler::{Compiler, Failed, Name};
use super::sample::PASSED;
use super::{Plan, SlotId, as_text, convert};
use crate::enforce::null::Hidden;
use crate::enforce::quota::{Counted, CountedFill, Fault, Part, Restriction, Statement, System, Want};
use crate::enforce::steer::{Steered, SteeredFill};
use crate::enforce::strata::{CONDITIONS, Strata};
use crate::generators::{Choices, Made};
use crate::problem::Problem;
use crate::schema::{Rule, RuleKind};

/// What a rule asks of how often a column's values stand.
#[derive(Clone)]
pub(super) struct Asked {
    pub rule: Rule,
    pub pointer: String,
    /// The rows of which it speaks; all where absent.
    pub condition: Option<String>,
    /// The place of the condition.
    pub place: String,
    pub ask: Ask,
}

/// How often.
#[derive(Clone)]
pub(super) enum Ask {
    /// So often each of these values. The key under which they are written.
    Values { parts: Vec<(String, Want)>, tolerance: f64, key: &'static str },
    /// So many rows in which the condition over the column holds, in all or per group.
    Rows { condition: String, min: u64, max: Option<u64>, per: Vec<usize> },
    /// So many rows, or such a share of them, in which each of these conditions over the column holds.
    Parts { parts: Vec<(String, Want)>, tolerance: f64 },
}

/// A rule about how many rows are null in a column, or are not.
#[derive(Clone)]
pub(super) struct AskedNulls {
    pub rule: String,
    pub pointer: String,
    /// The condition in words, and the rows of which it speaks; all where absent.
    pub words: String,
    pub condition: Option<String>,
    /// Whether it counts the rows that are not null.
    pub negated: bool,
    pub min: u64,
    pub max: Option<u64>,
    pub per: Vec<usize>,
}

/// A rule that leaves a column some values where a condition is true.
#[derive(Clone)]
pub(super) struct Limit {
    pub rule: String,
    pub condition: Option<String>,
    pub sql: String,
}

/// What each rule gets by a pass, by its id, or why the rules cannot hold.
pub(super) type Check = Box<dyn Fn(&Plan) -> Result<Vec<(String, String)>, Fault> + Send>;

/// What only a pass over a whole table decides.
pub(super) struct Pass {
    pub table: usize,
    /// The column that it makes.
    pub slot: SlotId,
    pub rule: String,
    /// How many rows it goes through.
    pub rows: u64,
    /// Whether what is asked can be met; none where nothing is asked of it.
    pub check: Option<Check>,
    /// Whether a refusal is a proof: all that could be was weighed.
    pub proves: bool,
}

impl Compiler {
    /// What a column takes whose values are counted, its type and lengths in place.
    pub(super) fn make_counted(&mut self, table: usize, column: usize) -> Result<SlotId, Failed> {
        let asked = self.statements.counted.get(&(table, column)).cloned().unwrap_or_default();
        let name = self.dataset.tables[table].columns[column].name.clone();
        let Some(first) = asked.first() else { return Err(Failed::Known) };
        self.only_owner(table, column, &first.rule.id, &first.pointer)?;
        let made = self.compile_generator(table, column)?;
        let grouped = asked.iter().find(|asked| matches!(&asked.ask, Ask::Rows { per, .. } if !per.is_empty()));
        let choices = made.choices.clone().filter(|_| made.inputs.is_empty() && made.far.is_empty());
        // Beside other rules each group is one condition more, where the groups are a few known values.
        let apart = match (&choices, grouped) {
            (Some(_), Some(_)) if asked.len() > 1 || self.is_limited_somewhere(table, column) => {
                self.by_group(table, &asked)
            }
            _ => None,
        };
        if let (Some(choices), Some(apart)) = (&choices, apart) {
            return self.make_system(table, column, &apart, first, made, choices.clone()).map(|(slot, _)| slot);
        }
        match (choices, grouped) {
            (Some(choices), None) => {
                self.make_system(table, column, &asked, first, made, choices).map(|(slot, _)| slot)
            }
            (Some(choices), Some(grouped)) if self.is_regrouped((table, column), &asked) => {
                let grouped = grouped.clone();
                self.make_regrouped((table, column), &asked, &grouped, made, choices)
            }
            (choices, _) => {
                if asked.len() > 1 && choices.is_none() && self.count_by_rank((table, column), &asked) {
                    return self.make_measured(table, column);
                }
                let [only] = asked.as_slice() else {
                    let other = asked.iter().find(|asked| asked.rule.id != first.rule.id).unwrap_or(first);
                    if choices.is_none()
                        && let Some(share) = asked.iter().find(|asked| !matches!(asked.ask, Ask::Rows { .. }))
                    {
                        return Err(self.no_list(table, column, share));
                    }
                    let detail = format!("{name} is owned by both {} and {}", first.rule.id, other.rule.id);
                    let remedy = "leave one of them out, or state it of another column";
                    self.problems.push(Problem::new("two_owners", detail).at(&other.pointer).remedy(remedy));
                    return Err(Failed::Known);
                };
                match &only.ask {
                    Ask::Values { .. } | Ask::Parts { .. } => Err(self.no_list(table, column, only)),
                    Ask::Rows { condition, min, max, per } => {
                        self.make_steered(table, column, only, made, (condition, *min, *max, per))
                    }
                }
            }
        }
    }

    fn no_list(&mut self, table: usize, column: usize, asked: &Asked) -> Failed {
        let generator = self.generator_of(table, column).map(|found| found.0.entry().name.clone()).unwrap_or_default();
        let name = &self.dataset.tables[table].columns[column].name;
        let detail = format!("{} needs a column that chooses from a list, and {generator} makes {name}", asked.rule.id);
        let remedy =
            "give the column a choice or boolean generator, or none, so that it chooses from the rule's values";
        self.problems.push(Problem::new("no_choice", detail).at(format!("{}/column", asked.pointer)).remedy(remedy));
        Failed::Known
    }

    /// Refuses what else decides the values of a column.
    pub(super) fn only_owner(&mut self, table: usize, column: usize, rule: &str, pointer: &str) -> Result<(), Failed> {
        let definition = &self.dataset.tables[table];
        let name = &definition.columns[column].name;
        let dealt =
            self.statements.deal_of(table, column).map(|place| self.statements.deals[&table][place].rule.clone());
        let formula = self.statements.formulas.get(&(table, column)).and_then(|formulas| formulas.first());
        let statistic = self.statements.statistics.get(&(table, column)).and_then(|known| known.first());
        let statistic = statistic
            .map(|statistic| statistic.rule.id.clone())
            .filter(|other| other != rule && self.statements.counted.contains_key(&(table, column)));
        let moving = self.statements.correlations.rule_of(table, column).map(|rule| rule.id.clone());
        let moves = moving.as_deref() == Some(rule);
        let owner = dealt.or_else(|| formula.map(|formula| formula.rule.clone())).or(statistic);
        let placed = self.statements.overlap_of(table, column).map(|overlap| overlap.rule.id.clone());
        let pulled = self.statements.pulled.get(&(table, column)).and_then(|pulled| pulled.statistics.first());
        let placed = placed.or_else(|| pulled.map(|statistic| statistic.rule.id.clone()));
        let owner = owner.or_else(|| [moving, placed].into_iter().flatten().find(|other| other != rule));
        let (detail, remedy) = match owner {
            Some(other) => (
                format!("{name} is owned by both {rule} and {other}"),
                "leave one of them out, or state it of another column",
            ),
            // Columns that move together are drawn within what an order leaves them.
            None if !moves
                && !self.statements.closed.contains(&(table, column))
                && !self.is_laid(table, column)
                && !self.statements.bounds(table, column).is_empty() =>
            {
                let orders =
                    |rule: &&Rule| matches!(&rule.kind, RuleKind::Order { columns, .. } if columns.contains(name));
                let order = definition.rules.iter().find(orders).map_or("order", |rule| rule.id.as_str());
                (
                    format!("{order} limits {name} row by row, {rule} needs its positions free"),
                    "leave one of them out, or state it of another column",
                )
            }
            None => return Ok(()),
        };
        self.problems.push(Problem::new("two_owners", detail).at(pointer).remedy(remedy));
        Err(Failed::Known)
    }

    /// Refuses more conditions than tell the rows of one column apart.
    pub(super) fn check_conditions(&mut self, conditions: usize, column: &str, pointer: &str) -> Result<(), Failed> {
        if conditions <= CONDITIONS {
            return Ok(());
        }
        let detail = format!("the rules of {column} read more than {CONDITIONS} conditions");
        self.problems.push(Problem::new("too_many", detail).at(pointer));
        Err(Failed::Known)
    }

    /// A column of which values are counted, and the conditions that tell its rows apart.
    pub(super) fn make_system(
        &mut self,
        table: usize,
        column: usize,
        asked: &[Asked],
        first: &Asked,
        made: Made,
        choices: Choices,
    ) -> Result<(SlotId, Vec<SlotId>), Failed> {
        let definition = self.dataset.tables[table].columns[column].clone();
        let mut logical = made.logical;
        let mut values = choices.values;
        if let Some(wanted) = definition.logical_type().filter(|wanted| *wanted != logical) {
            convert::conversion(&logical, &wanted).map_err(|problem| {
                self.report_lossy(table, column, &logical, problem);
                Failed::Known
            })?;
            values = convert::convert(&values, &wanted)
                .map_err(|error| Failed::One(Problem::new("lossy_conversion", error.detail)))?;
            logical = wanted;
        }
        let texts = as_text(&values).map_err(|error| Failed::One(Problem::new("run", error.detail)))?;
        let labels: Vec<String> =
            texts.as_string_view().iter().map(|text| text.unwrap_or_default().to_owned()).collect();
        let mut system = System {
            column: definition.name.clone(),
            weights: choices.weights,
            statements: Vec::new(),
            restrictions: Vec::new(),
            nulls: None,
            is_part: false,
            labels,
        };
        let mut bits = Bits::default();
        for asked in asked {
            let condition = bits.of(self, table, asked.condition.as_deref(), &asked.place)?;
            let (parts, tolerance) = self.parts_of(asked, &system.labels, &values, &logical)?;
            system.statements.push(Statement {
                rule: asked.rule.id.clone(),
                condition,
                when: asked.condition.as_deref().map(one_line),
                parts,
                tolerance,
                among: None,
                rows: None,
            });
        }
        if choices.exact {
            let total: f64 = system.weights.iter().sum();
            let share =
                |(value, weight): (usize, &f64)| Part { values: vec![value], want: Want::Share(weight / total) };
            system.statements.push(Statement {
                rule: format!("the quota of {}", definition.name),
                condition: None,
                when: None,
                parts: system.weights.iter().enumerate().map(share).collect(),
                tolerance: 0.0,
                among: None,
                rows: None,
            });
        }
        let limits = self.statements.limits.get(&(table, column)).cloned().unwrap_or_default();
        for limit in &limits {
            let pointer = self.statements.pointers.get(&limit.rule).cloned().unwrap_or_default();
            let condition = bits.of(self, table, limit.condition.as_deref(), &pointer)?;
            let verdict = self.over_values(&limit.sql, &values, &logical).map_err(|problem| {
                self.report(&pointer, [problem]);
                Failed::Known
            })?;
            let allowed = verdict.iter().map(|verdict| verdict != Some(false)).collect();
            let when = limit.condition.as_deref().map(one_line);
            system.restrictions.push(Restriction { rule: limit.rule.clone(), condition, when, allowed });
        }
        self.keep_values(table, &system.restrictions, &limits);
        if let Some(nulls) = self.nulls_of(table, column)? {
            system.nulls = Some(bits.slots.len());
            bits.slots.push(nulls);
        }
        self.check_conditions(bits.slots.len(), &definition.name, &first.pointer)?;
        let key = self.seeds.key(self.dataset.tables[table].seed_name(), definition.seed_name(), "position", 0);
        let longest = made.longest;
        let counted = Arc::new(Counted::new(system, Strata::new(table, bits.slots.clone()), values, key));
        let fill = CountedFill(Arc::clone(&counted));
        let (inputs, far) = (bits.slots.clone(), bits.slots.clone());
        let made = Made { inputs, far, longest, ..Made::computed(logical, fill) };
        let slot = self.push(table, definition.name, made);
        self.tables[table].slots[slot].nullable = false;
        self.statements.systems.insert((table, column));
        self.pass_counted(table, slot, first.rule.id.clone(), counted);
        Ok((self.finish_lengths(table, column, slot)?, bits.slots))
    }

    /// Notes the pass that values are counted by, and what can be told of a long one without it.
    pub(super) fn pass_counted(&mut self, table: usize, slot: SlotId, rule: String, counted: Arc<Counted>) {
        // Without conditions all rows are alike, and nothing is passed over.
        let is_even = self.tables[table].slots[slot].inputs.is_empty();
        let rows = if is_even { 0 } else { self.rows(table).unwrap_or(0) };
        if rows > PASSED {
            let pass = |check| Pass { table, slot, rule: rule.clone(), rows: 0, check: Some(check), proves: true };
            let flat = Arc::clone(&counted);
            let check: Check =
                Box::new(move |_| flat.system.check_flat(rows).map(|()| Vec::new()).map_err(Fault::Conflict));
            self.statements.flat.push(pass(check));
            let part = Arc::clone(&counted);
            self.statements.parts.push(pass(Box::new(move |plan: &Plan| part.check_part(plan))));
        }
        let check: Check = Box::new(move |plan: &Plan| counted.check(plan));
        self.statements.passes.push(Pass { table, slot, rule, rows, check: Some(check), proves: true });
    }

    fn make_steered(
        &mut self,
        table: usize,
        column: usize,
        asked: &Asked,
        made: Made,
        (condition, min, max, per): (&str, u64, Option<u64>, &[usize]),
    ) -> Result<SlotId, Failed> {
        let name = self.dataset.tables[table].columns[column].name.clone();
        let (family, choices) = (made.drawn_by.clone(), made.choices.clone());
        let is_uneven = !made.inputs.is_empty();
        let drawn = self.push(table, name.clone(), made);
        let base = self.finish_raw(table, column, drawn)?;
        let nullable = self.tables[table].slots[base].nullable;
        let nulls = self.nulls_of(table, column)?;
        let seen = match nulls {
            None => base,
            Some(nulls) => {
                let logical = self.tables[table].slots[base].logical.clone();
                let made = Made { inputs: vec![base, nulls], ..Made::computed(logical, Hidden) };
                let slot = self.push(table, name.clone(), made);
                self.tables[table].slots[slot].nullable = true;
                slot
            }
        };
        let report = |compiler: &mut Compiler, failed: Failed, place: &str| {
            compiler.report_failure(place, failed);
            Failed::Known
        };
        let place = format!("{}/where", asked.pointer);
        let made = self.make_sql(table, condition, true, Some((column, seen)));
        let made = made.map_err(|failed| report(self, failed, &place))?;
        let condition_slot = self.push(table, one_line(condition), made);
        let when = match &asked.condition {
            None => None,
            Some(when) => Some(self.sql(table, when, true).map_err(|failed| report(self, failed, &asked.place))?),
        };
        let mut fast: Vec<SlotId> = nulls.into_iter().collect();
        for forced in self.statements.forced(table, column) {
            fast.push(
                self.sql(table, &forced.condition, true).map_err(|failed| report(self, failed, &forced.pointer))?,
            );
        }
        let mut groups = Vec::new();
        for column in per {
            groups.push(self.slot(table, Name::Column(*column))?);
        }
        let members = family.map(|family| self.moved_by(table, &family, &[base, condition_slot])).unwrap_or_default();
        if !members.contains(&base) || !members.contains(&condition_slot) {
            let detail = format!("nothing that {} reads can move", asked.rule.id);
            let remedy = "let it read a column of its own table that has a generator of its own";
            self.problems.push(Problem::new("nothing_moves", detail).at(place).remedy(remedy));
            return Err(Failed::Known);
        }
        let ways = self.ways(table, column, condition, choices.as_ref(), &place);
        let steered = Steered {
            ways,
            table,
            rule: asked.rule.id.clone(),
            words: one_line(condition),
            when,
            condition: condition_slot,
            fast,
            per: groups,
            min,
            max,
            members,
            base,
            is_uneven,
            key: self.count_key(table, &asked.rule.id),
            changed: OnceLock::new(),
        };
        let holds = self.holds_flatly(table, column, condition);
        let slot = self.steer(table, name, steered, holds);
        self.tables[table].slots[slot].nullable = nullable;
        Ok(slot)
    }

    pub(super) fn count_key(&self, table: usize, rule: &str) -> crate::random::Key {
        self.seeds.key(self.dataset.tables[table].seed_name(), rule, "count", 0)
    }

    /// The slot of a column some of whose rows change. `holds` is what is known of the condition without a look at the rows.
    pub(super) fn steer(&mut self, table: usize, name: String, steered: Steered, holds: Option<bool>) -> SlotId {
        let (base, rule) = (steered.base, steered.rule.clone());
        let far = [steered.condition, base].into_iter().chain(steered.when);
        let far = far.chain(steered.fast.iter().copied()).chain(steered.per.iter().copied());
        let far = far.chain(steered.ways.iter().map(|way| way.base)).collect();
        let slot = &self.tables[table].slots[base];
        let (logical, longest) = (slot.logical.clone(), slot.longest);
        let steered = Arc::new(steered);
        let fill = SteeredFill(Arc::clone(&steered));
        let slot = self.push(table, name, Made { inputs: vec![base], far, longest, ..Made::computed(logical, fill) });
        let rows = self.rows(table).unwrap_or(0);
        if rows > PASSED {
            // What no row can change is told of any number of rows.
            let flat = Arc::clone(&steered);
            let check: Check =
                Box::new(move |_| flat.check_flat(rows, holds).map(|()| Vec::new()).map_err(Fault::Conflict));
            let rule = rule.clone();
            self.statements.flat.push(Pass { table, slot, rule, rows: 0, check: Some(check), proves: false });
        }
        let check = Box::new(move |plan: &Plan| steered.check(plan));
        self.statements.passes.push(Pass { table, slot, rule: rule.clone(), rows, check: Some(check), proves: false });
        self.statements.tried.push((table, slot, rule));
        slot
    }
}

/// The conditions of a column's rules, each once.
#[derive(Default)]
pub(super) struct Bits {
    texts: Vec<String>,
    pub slots: Vec<SlotId>,
}

impl Bits {
    /// The bit of a condition.
    pub fn of(
        &mut self,
        compiler: &mut Compiler,
        table: usize,
        condition: Option<&str>,
        place: &str,
    ) -> Result<Option<usize>, Failed> {
        let Some(condition) = condition else { return Ok(None) };
        if let Some(bit) = self.texts.iter().position(|text| text == condition) {
            return Ok(Some(bit));
        }
        let slot = compiler.sql(table, condition, true).map_err(|failed| {
            compiler.report_failure(place, failed);
            Failed::Known
        })?;
        self.texts.push(condition.to_owned());
        self.slots.push(slot);
        Ok(Some(self.slots.len() - 1))
    }
}

/// SQL in one line, for sentences.
pub(super) fn one_line(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ")
}
