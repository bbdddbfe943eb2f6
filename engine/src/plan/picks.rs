//! Keys by which rows choose their parent: in another table, where a condition or weights may limit the choice, or in their own.

use std::sync::{Arc, OnceLock};

use super::SlotId;
use super::compiler::{Compiler, Failed};
use super::quotas::Pass;
use crate::enforce::pick::{Ancestors, By, HELD, Levels, Limits, Picks, Shares};
use crate::generators::Made;
use crate::problem::Problem;
use crate::schema::{ForeignKey, Pick, PickBy};
use crate::types::LogicalType;

/// Share of a tree's rows that have no parent, where the schema does not say.
const ROOT_RATE: f64 = 0.1;

/// Levels below the roots, where the schema does not say.
const MAX_DEPTH: u32 = 4;

/// What the name of a draw that chooses a parent begins with; no column's name does.
pub(super) const CHOICE: &str = "\0";

pub(super) fn by(key: &ForeignKey) -> By {
    match &key.pick {
        Some(Pick::Weighted { .. } | Pick::Name(PickBy::Weighted)) => By::Weight,
        Some(Pick::Name(PickBy::Zipf)) => By::Zipf,
        Some(Pick::Name(PickBy::RoundRobin)) => By::Turn,
        Some(Pick::Name(PickBy::Uniform)) | None => By::Uniform,
    }
}

/// The levels of the tree that a key to the own table makes of so many rows.
pub(super) fn levels(key: &ForeignKey, rows: u64) -> Levels {
    let depth = key.max_depth.unwrap_or(MAX_DEPTH);
    let rate = if depth == 0 { 1.0 } else { key.root_rate.unwrap_or(ROOT_RATE) };
    let roots = (libm::round(rate * rows as f64) as u64).clamp(u64::from(rows > 0), rows);
    Levels::new(rows, roots, u64::from(depth))
}

impl Compiler {
    /// The parent that each row chooses.
    pub(super) fn picked(&mut self, table: usize, key: usize) -> Result<SlotId, Failed> {
        let dataset = Arc::clone(&self.dataset);
        let definition = &dataset.tables[table].foreign_keys[key];
        let pointer = format!("/tables/{table}/foreign_keys/{key}");
        let parent = self.parent_of(table, key).ok_or(Failed::Known)?;
        let parents = self.rows(parent).ok_or(Failed::Known)?;
        let seed_name = dataset.tables[table].seed_name();
        let stream = |role: &str| self.seeds.key(seed_name, definition.name(), role, 0);
        let (value, position) = (stream("value"), stream("position"));
        let (condition, weight) = self.limits(table, key, parent)?;
        let condition = self.suited(table, key, condition)?;
        let limited: Vec<(usize, SlotId)> = condition.into_iter().chain(weight).map(|slot| (parent, slot)).collect();
        let names = (definition.name().to_owned(), dataset.tables[parent].name.clone());
        let limits = (!limited.is_empty()).then_some(Limits { parent, condition, weight, names });
        let is_limited = limits.is_some();
        let picks = Picks { key: value, position, by: by(definition), parents, limits, ready: OnceLock::new() };
        let picks = Arc::new(picks);
        // Turns go round over all rows; any other choice is the row's own, and can be made again.
        let drawn_by = (picks.by != By::Turn).then(|| format!("{CHOICE}{}", definition.name()));
        let made = Made { drawn_by, ..Made::computed(LogicalType::Integer, Arc::clone(&picks)) };
        let slot = self.push(table, definition.name().to_owned(), Made { elsewhere: limited, ..made });
        self.tables[table].slots[slot].nullable = false;
        if is_limited {
            // A key is no rule, yet what it asks of the parents is found in the same way.
            let rule = format!("{}.{}", dataset.tables[table].name, definition.name());
            let place = match (&definition.condition, weight) {
                (Some(_), _) => "/where",
                (None, Some(_)) => "/pick",
                (None, None) => "",
            };
            self.statements.pointers.insert(rule.clone(), format!("{pointer}{place}"));
            let rows = if self.rows(table) == Some(0) { 0 } else { parents };
            let check = Box::new(move |plan: &super::Plan| match rows {
                0 => Ok(Vec::new()),
                _ => picks.ready(plan).map(|_| Vec::new()),
            });
            self.statements.passes.push(Pass { table, slot, rule, rows, check: Some(check), proves: false });
        }
        Ok(slot)
    }

    /// Which parents a key can choose, and how likely each is: slots of these.
    pub(super) fn limits(
        &mut self,
        table: usize,
        key: usize,
        parent: usize,
    ) -> Result<(Option<SlotId>, Option<SlotId>), Failed> {
        let dataset = Arc::clone(&self.dataset);
        let definition = &dataset.tables[table].foreign_keys[key];
        let pointer = format!("/tables/{table}/foreign_keys/{key}");
        let parents = self.rows(parent).ok_or(Failed::Known)?;
        let eligible = self.eligible_by(table, key);
        let mut limit = |sql: &str, is_condition: bool, place: &str| {
            self.sql(parent, sql, is_condition).map_err(|failed| {
                self.report_failure(&format!("{pointer}/{place}"), failed);
                Failed::Known
            })
        };
        let condition = eligible.map(|sql| limit(&sql, true, "where")).transpose()?;
        let weight = match &definition.pick {
            Some(Pick::Weighted { weighted }) => Some(limit(weighted, false, "pick/weighted")?),
            _ => None,
        };
        if let Some(weight) = weight {
            let logical = &self.tables[parent].slots[weight].logical;
            if !matches!(logical, LogicalType::Integer | LogicalType::Decimal { .. } | LogicalType::Float) {
                let problem = Problem::new("wrong_type", format!("the weight is {logical} and no number"));
                self.report(&format!("{pointer}/pick/weighted"), [problem]);
                return Err(Failed::Known);
            }
            if parents > HELD {
                let detail = format!(
                    "{} has {parents} rows, and at most {HELD} are chosen by weight",
                    dataset.tables[parent].name
                );
                let problem = Problem::new("too_many_rows", detail).remedy("use pick: zipf, or ask for fewer rows");
                self.report(&format!("{pointer}/pick"), [problem]);
                return Err(Failed::Known);
            }
        }
        Ok((condition, weight))
    }

    /// Refuses a choice that is limited where no two rows may have one parent: how many can be chosen is known too late.
    pub(super) fn check_apart(&mut self, table: usize, key: usize) -> Result<(), Failed> {
        let definition = &self.dataset.tables[table].foreign_keys[key];
        let place = match (self.eligible_by(table, key), &definition.pick) {
            // Of two keys that keep rows apart together one takes what its condition leaves.
            (Some(_), None | Some(Pick::Name(_))) if self.tables[table].deciders[key].is_some() => return Ok(()),
            (Some(_), _) => "where",
            (None, Some(Pick::Weighted { .. })) => "pick",
            _ => return Ok(()),
        };
        let deal = self.statements.deal_of_key(table, key).map(|at| &self.statements.deals[&table][at]);
        if deal.is_none() && !self.key_is_unique(table, key) {
            return Ok(());
        }
        let own = &self.dataset.tables[table];
        let is_primary = match deal {
            Some(deal) => deal.pointer.ends_with("/primary_key"),
            None => own.primary_key.iter().all(|name| definition.columns.contains(name)) && !own.primary_key.is_empty(),
        };
        let name = definition.name();
        let (detail, remedy) = if is_primary {
            let detail =
                format!("the primary key keeps rows apart by their parents by {name}, and then none can be preferred");
            (detail, "leave where and the weights out, or take another primary key")
        } else {
            let detail = format!("{name} keeps rows from sharing a parent, and then none can be preferred");
            (detail, "leave where and the weights out, or the rule without repetition")
        };
        let problem = Problem::new("two_owners", detail).remedy(remedy);
        self.report(&format!("/tables/{table}/foreign_keys/{key}/{place}"), [problem]);
        Err(Failed::Known)
    }

    /// The key whose children lie side by side: the first that has `children`.
    pub(super) fn structural_key(&self, table: usize) -> Option<usize> {
        self.dataset.tables[table].foreign_keys.iter().position(|key| key.children.is_some())
    }

    /// A key with `children` behind the first one: its parents have their numbers too, and their children lie anywhere.
    pub(super) fn shared_key(&mut self, table: usize, key: usize) -> Result<SlotId, Failed> {
        let dataset = Arc::clone(&self.dataset);
        let own = &dataset.tables[table];
        let definition = &own.foreign_keys[key];
        let pointer = format!("/tables/{table}/foreign_keys/{key}/children");
        let parent = self.parent_of(table, key).ok_or(Failed::Known)?;
        let (rows, parents) = (self.rows(table).ok_or(Failed::Known)?, self.rows(parent).ok_or(Failed::Known)?);
        let children = definition.children.as_ref().ok_or(Failed::Known)?;
        let refused = |compiler: &mut Compiler, problem: Problem| {
            compiler.report(&pointer, [problem]);
            Failed::Known
        };
        let name = &dataset.tables[parent].name;
        if parents > HELD {
            let detail =
                format!("{name} has {parents} rows, and a second key with children takes {HELD} parents at most");
            return Err(refused(
                self,
                Problem::new("too_many_rows", detail).remedy("use pick in the place of children"),
            ));
        }
        let asked = self.asked_children(own, children, Some(rows));
        let stated = crate::allocation::Children { total: self.stated_total(own, children), ..asked };
        let is_stated = children.mean.is_some() || children.total.is_some();
        let expected = crate::allocation::Children { mean: children.mean, ..stated }.total_over(parents);
        if is_stated && expected != rows {
            let detail =
                format!("{} asks for {expected} children, and {} has {rows} rows", definition.name(), own.name);
            let remedy = "leave mean and total out of the second key, or let the numbers meet";
            return Err(refused(self, Problem::new("contradiction", detail).remedy(remedy)));
        }
        let stream = |role: &str| self.seeds.key(own.seed_name(), definition.name(), role, 0);
        let (tree, position) = (stream("tree"), stream("position"));
        let allocation = match crate::allocation::Allocation::new(tree, parents, &asked) {
            Ok(allocation) => Arc::new(allocation),
            Err(infeasible) => return Err(refused(self, Problem::new("infeasible", infeasible.to_string()))),
        };
        let made = match self.statements.deal_of_key(table, key) {
            Some(place) => {
                // Children of one parent take different ones of these in turn.
                let siblings = self.statements.deals[&table][place].siblings_of.is_some();
                let most = self.tables[table].allocation.as_ref().and_then(|first| first.histogram().last());
                let most = most.map_or(0, |(children, _)| children);
                let rule = self.statements.deals[&table][place].rule.clone();
                if !siblings {
                    let detail = format!(
                        "{rule} lets each row of {name} have one child at most, and {} gives some several",
                        definition.name()
                    );
                    return Err(refused(self, Problem::new("contradiction", detail).remedy("say max: 1")));
                }
                if most > parents {
                    let detail = format!(
                        "{rule} needs {most} combinations for the children of one parent and there are {parents}"
                    );
                    let remedy = "widen the columns' domains, or ask for fewer rows";
                    return Err(refused(self, Problem::new("capacity", detail).remedy(remedy)));
                }
                let columns = definition.columns.iter().filter_map(|name| self.column_named(table, name));
                for column in columns.collect::<Vec<_>>() {
                    let note = "so that no combination repeats, all parents have as many rows to within one";
                    self.notes.insert((table, column), note.to_owned());
                }
                let picks =
                    Picks { key: position, position, by: By::Turn, parents, limits: None, ready: OnceLock::new() };
                Made::computed(LogicalType::Integer, Arc::new(picks))
            }
            None => {
                let is_single = allocation.histogram().last().is_none_or(|(children, _)| children <= 1);
                if self.key_is_unique(table, key) && !is_single {
                    let detail =
                        format!("no two rows may have one parent by {}, which gives some several", definition.name());
                    return Err(refused(
                        self,
                        Problem::new("contradiction", detail).remedy("say max: 1, or leave unique out"),
                    ));
                }
                let made = Made::computed(LogicalType::Integer, Shares::new(position, allocation));
                if is_single { made.all_distinct() } else { made }
            }
        };
        let slot = self.push(table, definition.name().to_owned(), made);
        self.tables[table].slots[slot].nullable = false;
        self.need_suited(table, key, slot)?;
        self.mask_key(table, key, slot)
    }

    /// What a key to the own table must not ask for.
    pub(super) fn check_tree(&mut self, table: usize, key: &ForeignKey, pointer: &str) {
        let mut found = Vec::new();
        for (is_there, name) in [
            (key.children.is_some(), "children"),
            (key.condition.is_some(), "where"),
            (key.null_rate.is_some(), "null_rate"),
            (by(key) == By::Weight, "pick"),
        ] {
            if is_there {
                let word = if name == "pick" { "weights" } else { name };
                let detail = format!("a key to the own table takes root_rate and max_depth, and no {word}");
                found.push(Problem::new("own_table", detail).at(format!("{pointer}/{name}")).remedy("leave it out"));
            }
        }
        if key.root_rate == Some(0.0) {
            let problem = Problem::new("out_of_range", "a tree without roots has no rows at all");
            found.push(problem.at(format!("{pointer}/root_rate")).remedy("give a share above 0"));
        }
        if key.max_depth == Some(0) && key.root_rate.is_some_and(|rate| rate < 1.0) {
            let problem = Problem::new("contradiction", "a tree of no level below its roots has no other rows");
            found.push(
                problem.at(format!("{pointer}/max_depth")).remedy("give max_depth 1 or more, or leave root_rate out"),
            );
        }
        let definition = &self.dataset.tables[table];
        for (at, name) in key.columns.iter().enumerate() {
            if definition.primary_key.contains(name) {
                let detail = format!("{name} is part of the primary key and cannot be null");
                let problem = Problem::new("null_key", detail).at(format!("{pointer}/columns/{at}"));
                found.push(problem.remedy("let another column refer to the own table"));
            }
        }
        self.problems.extend(found);
    }

    /// The row of the own table to which each row refers: one of the level above its own.
    pub(super) fn tree_key(&mut self, table: usize, key: usize) -> Result<SlotId, Failed> {
        let dataset = Arc::clone(&self.dataset);
        let own = &dataset.tables[table];
        let definition = &own.foreign_keys[key];
        let pointer = format!("/tables/{table}/foreign_keys/{key}");
        let rows = self.rows(table).ok_or(Failed::Known)?;
        let columns: Vec<usize> = definition
            .columns
            .iter()
            .filter_map(|name| own.columns.iter().position(|column| column.name == *name))
            .collect();
        let has_nulls = columns.iter().any(|column| {
            super::rules::can_be_null(&own.columns[*column])
                || !self.statements.implied_nulls(table, *column).is_empty()
                || !self.statements.implied_values(table, *column).is_empty()
        });
        if has_nulls {
            let detail = format!("root_rate says how many rows of {} have no parent, so nothing else can", own.name);
            let remedy = "leave null_rate, null_when and rules that ask for null out";
            self.report(&pointer, [Problem::new("two_sources", detail).remedy(remedy)]);
            return Err(Failed::Known);
        }
        if self.statements.deal_of_key(table, key).is_some() || self.key_is_unique(table, key) {
            let detail = format!("rows of {} cannot be kept from sharing a parent in their own table", own.name);
            self.report(
                &pointer,
                [Problem::new("not_countable", detail).remedy("leave unique and the rule without repetition out")],
            );
            return Err(Failed::Known);
        }
        let levels = levels(definition, rows);
        let sizes: Vec<String> = levels.sizes().map(|size| size.to_string()).collect();
        for column in columns {
            self.notes.insert((table, column), format!("rows lie level by level, of each {}", sizes.join(", ")));
        }
        let stream = |role: &str| self.seeds.key(own.seed_name(), definition.name(), role, 0);
        let fill = Ancestors::new(stream("value"), &stream("position"), by(definition), levels);
        let slot = self.push(table, definition.name().to_owned(), Made::computed(LogicalType::Integer, fill));
        self.tables[table].slots[slot].nullable = true;
        Ok(slot)
    }
}
