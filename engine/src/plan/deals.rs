//! Combinations without repetition that are dealt: each row, or each child of one parent, takes a position of its own in the product of the
//! members' domains.

use std::sync::Arc;

use super::admitted::strides;
use super::compiler::{Compiler, Failed, Name, column_pointer};
use super::context::ContextParts;
use super::quotas::Pass;
use super::statements::{DealtSpread, Member, Part};
use crate::enforce::choose::Chosen;
use crate::enforce::deal::{
    Alike, ByGroup, ByPair, ByRank, ByRow, BySibling, BySiblingLeft, BySiblingWhere, Digit, Ranks,
};
use crate::enforce::spread::{ByLikelihood, SiblingsByLikelihood, Spread};
use crate::enforce::strata::Strata;
use crate::generators::Made;
use crate::generators::shape::{Factor, Shape};
use crate::problem::Problem;
use crate::types::LogicalType;

impl Compiler {
    /// The members' values and how many combinations they make.
    pub(super) fn parts(&mut self, table: usize, place: usize) -> Result<Vec<Part>, Failed> {
        let deal = &self.statements.deals[&table][place];
        if let Some(parts) = &deal.parts {
            return Ok(parts.clone());
        }
        let (members, siblings_of, pointer, rule) =
            (deal.members.clone(), deal.siblings_of, deal.pointer.clone(), deal.rule.clone());
        let mut parts = Vec::new();
        for member in &members {
            parts.push(match member {
                Member::Key(key) => {
                    let parent = self.parent_of(table, *key).ok_or(Failed::Known)?;
                    let rows = self.rows(parent).ok_or(Failed::Known)?;
                    let countable = Arc::new(crate::enforce::deal::ParentRows(rows));
                    Part { countable, logical: LogicalType::Integer, longest: None }
                }
                Member::Column(column) => {
                    // Nobody counts what a language model will answer; that its prompt may name another member is no circle to tell of.
                    let asks = self.generator_name(table, *column).as_deref() == Some("llm");
                    let made = if asks { None } else { Some(self.compile_generator(table, *column)?) };
                    let is_float = made.as_ref().is_some_and(|made| made.logical == LogicalType::Float);
                    let counted = made.and_then(|made| Some((made.countable?, made.logical, made.longest)));
                    let Some((countable, logical, longest)) = counted else {
                        let name = self.dataset.tables[table].columns[*column].name.clone();
                        let detail = format!("{name} is part of a combination without repetition, and its values cannot be counted");
                        let remedy = if is_float {
                            "say type: integer, or type: decimal with a scale, so that its values can be counted"
                        } else {
                            "use a generator with a countable domain, such as sequence, integer, date, pattern or choice"
                        };
                        self.report(&column_pointer(table, *column), [Problem::new("not_countable", detail).remedy(remedy)]);
                        return Err(Failed::Known);
                    };
                    Part { countable, logical, longest }
                }
            });
        }
        let parts = self.admitted_parts(table, place, parts)?;
        let unlike = self.statements.deals[&table][place].unlike.clone();
        let admits = self.admits(table, place);
        let (_, all) = strides(&members, &parts, !admits.is_empty());
        let parents = parts.first().map_or(0, |part| u64::try_from(part.countable.count()).unwrap_or(u64::MAX));
        let capacity = match (&unlike, siblings_of) {
            (None, _) => all,
            (Some((unlike, _)), None) => unlike.count(parents),
            (Some(_), Some(_)) => all.saturating_sub(1),
        };
        let rows = self.rows(table).ok_or(Failed::Known)?;
        let is_grouped = !self.statements.deals[&table][place].beside.is_empty();
        let needed = match siblings_of {
            // How many rows are alike, only these tell.
            None if is_grouped => 0,
            None => u128::from(rows),
            Some(_) => u128::from(
                self.tables[table]
                    .allocation
                    .as_ref()
                    .map_or(0, |allocation| allocation.histogram().map(|(children, _)| children).max().unwrap_or(0)),
            ),
        };
        let when = self.statements.deals[&table][place].when.clone();
        let is_ranked = when.is_some() && needed > capacity && (siblings_of.is_none() || self.given_rows(table) == 0);
        if is_ranked && siblings_of.is_none() {
            self.rank_rows(table, place, capacity)?;
        }
        if needed > capacity && !is_ranked {
            let other = unlike.as_ref().map(|(_, other)| other.clone());
            let other = other.or_else(|| (!admits.is_empty()).then(|| admits.join(" and ")));
            let detail = match (&other, siblings_of) {
                (None, None) => format!("{rule} needs {needed} combinations and there are {capacity}"),
                (None, Some(_)) => format!(
                    "{rule} needs {needed} combinations for the children of one parent and there are {capacity}"
                ),
                (Some(other), None) => {
                    format!("{rule} needs {needed} combinations beside {other} and there are {capacity}")
                }
                (Some(other), Some(_)) => format!(
                    "{rule} needs {needed} combinations beside {other} for the children of one parent and there are {capacity}"
                ),
            };
            // Rules of the rows are to be blamed as far as they have part in it.
            let code = if admits.is_empty() { "capacity" } else { "contradiction" };
            let problem =
                Problem::new(code, detail).param("capacity", capacity.to_string()).param("needed", needed.to_string());
            self.report(&pointer, [problem.remedy("widen the columns' domains, or ask for fewer rows")]);
            return Err(Failed::Known);
        }
        let spread = if is_ranked || is_grouped || !admits.is_empty() || unlike.is_some() {
            None
        } else {
            spread_of(&parts, u64::try_from(needed).unwrap_or(u64::MAX))
        };
        let (spread, factors) = match spread {
            Some((spread, factors)) => (Some(spread), factors),
            None => (None, Vec::new()),
        };
        if let Some(spread) = &spread {
            let columns: Vec<usize> = members
                .iter()
                .filter_map(|member| match member {
                    Member::Column(column) => Some(*column),
                    Member::Key(_) => None,
                })
                .collect();
            self.note_flattening(table, &columns, spread);
            columns.into_iter().for_each(|column| self.note_rows(table, column));
        }
        // All members share one permutation, so its stream is the statement's.
        let stream = self.seeds.key(self.dataset.tables[table].seed_name(), &rule, "position", 0);
        if let Some(deal) = self.statements.deals.get_mut(&table).and_then(|deals| deals.get_mut(place)) {
            deal.parts = Some(parts.clone());
            deal.numbers_siblings = is_ranked && siblings_of.is_some();
            deal.spread = spread.map(|spread| {
                let (permutation, start) = ByLikelihood::order(stream, &spread);
                DealtSpread { spread: Arc::new(spread), permutation, start, factors }
            });
        }
        Ok(parts)
    }

    /// The rules that combinations obey which are dealt of admitted ones.
    fn admits(&self, table: usize, place: usize) -> Vec<String> {
        let rule = self.statements.deals[&table][place].rule.clone();
        let admits = self.statements.admitted.get(&(table, rule)).into_iter().flatten();
        admits.map(|admission| admission.rule.clone()).collect()
    }

    /// A member of combinations that are dealt among the rows which are alike in what other rules decide.
    fn dealt_among_alike(&mut self, table: usize, place: usize, part: Part, digit: Digit) -> Result<Made, Failed> {
        let deal = &self.statements.deals[&table][place];
        let (rule, pointer, beside) = (deal.rule.clone(), deal.pointer.clone(), deal.beside.clone());
        let names: Vec<String> =
            beside.iter().map(|column| self.dataset.tables[table].columns[*column].name.clone()).collect();
        let key = self.seeds.key(self.dataset.tables[table].seed_name(), &rule, "position", 0);
        let parts = ContextParts {
            table,
            column: None,
            stream: rule.clone(),
            role: String::new(),
            entity: String::new(),
            family: String::new(),
            inputs: Vec::new(),
            bounds: Vec::new(),
        };
        let mut found = None;
        let compiled = self.compile_with(parts, |cx| {
            let groups = cx.groups(&names, &[])?;
            let alike = Arc::new(Alike { rule, columns: names.join(", "), groups, domain: digit.domain });
            found = Some(Arc::clone(&alike));
            let fill = ByGroup::new(key, alike, part.countable, digit.stride);
            Ok(Made { longest: part.longest, ..Made::computed(part.logical, fill) })
        });
        let made = compiled.map_err(|problems| {
            self.report(&pointer, problems);
            Failed::Known
        })?;
        if let Some(deal) = self.statements.deals.get_mut(&table).and_then(|deals| deals.get_mut(place)) {
            deal.alike = found;
        }
        Ok(made)
    }

    /// Notes the pass that tells how many rows are alike, where a combination is dealt among these.
    fn pass_alike(&mut self, table: usize, place: usize, slot: usize) {
        let Some(alike) = self.statements.deals[&table][place].alike.clone() else { return };
        let (rule, rows) = (alike.rule.clone(), self.rows(table).unwrap_or(0));
        let check = Box::new(move |plan: &super::Plan| alike.check(plan).map(|()| Vec::new()));
        self.statements.passes.push(Pass { table, slot, rule, rows, check: Some(check), proves: false });
    }

    /// Counts the rows of a combination's `when`, for there are fewer combinations than rows.
    fn rank_rows(&mut self, table: usize, place: usize, capacity: u128) -> Result<(), Failed> {
        let condition = self.deal_condition(table, place)?.ok_or(Failed::Known)?;
        let rule = self.statements.deals[&table][place].rule.clone();
        let strata = Strata::new(table, vec![condition]);
        let ranks = Arc::new(Ranks { rule: rule.clone(), strata, domain: capacity });
        if let Some(deal) = self.statements.deals.get_mut(&table).and_then(|deals| deals.get_mut(place)) {
            deal.ranks = Some(ranks);
        }
        if let Some(held) = self.statements.held.get_mut(&rule) {
            held.note = "the rows of `when` are counted before the first row, and combinations dealt to them in turn"
                .to_owned();
        }
        Ok(())
    }

    /// Which rows a combination speaks of, where these are not all.
    fn deal_condition(&mut self, table: usize, place: usize) -> Result<Option<usize>, Failed> {
        let deal = &self.statements.deals[&table][place];
        let Some(when) = deal.when.clone() else { return Ok(None) };
        let pointer = self.statements.pointers.get(&deal.rule).cloned().unwrap_or_default();
        self.sql(table, &when, true).map(Some).map_err(|failed| {
            self.report_failure(&format!("{pointer}/when"), failed);
            Failed::Known
        })
    }

    /// What is dealt in the rows of which a combination speaks, and what is made otherwise in the others.
    fn dealt_there(&mut self, table: usize, place: usize, dealt: usize, otherwise: usize) -> Result<usize, Failed> {
        let Some(condition) = self.deal_condition(table, place)? else { return Ok(dealt) };
        if let Some(ranks) = self.statements.deals[&table][place].ranks.clone() {
            let (rule, rows) = (ranks.rule.clone(), self.rows(table).unwrap_or(0));
            let check = Box::new(move |plan: &super::Plan| ranks.check(plan).map(|()| Vec::new()));
            self.statements.passes.push(Pass { table, slot: dealt, rule, rows, check: Some(check), proves: false });
        }
        if self.statements.deals[&table][place].numbers_siblings {
            // How many children of one parent take part, only the rows can tell.
            let rule = self.statements.deals[&table][place].rule.clone();
            self.statements.tried.push((table, dealt, rule));
        }
        let slots = &self.tables[table].slots;
        let (name, logical) = (slots[otherwise].name.clone(), slots[otherwise].logical.clone());
        let nullable = slots[dealt].nullable || slots[otherwise].nullable;
        let longest = slots[dealt].longest.zip(slots[otherwise].longest).map(|(one, other)| one.max(other));
        let made = Made { inputs: vec![otherwise, dealt, condition], longest, ..Made::computed(logical, Chosen) };
        let slot = self.push(table, name, made);
        self.tables[table].slots[slot].nullable = nullable;
        Ok(slot)
    }

    fn dealt(&mut self, table: usize, place: usize, member: Member, stream: &str) -> Result<Made, Failed> {
        if let Some(column) = member.column()
            && let Some(made) = self.beside_pair(table, place, column)?
        {
            return Ok(made);
        }
        let parts = self.parts(table, place)?;
        let deal = &self.statements.deals[&table][place];
        let at = deal.members.iter().position(|known| *known == member).ok_or(Failed::Known)?;
        let (siblings_of, rule, spread) = (deal.siblings_of, deal.rule.clone(), deal.spread.clone());
        let numbers_siblings = deal.numbers_siblings;
        let part = parts[at].clone();
        let is_grouped = !deal.beside.is_empty();
        let unlike = deal.unlike.as_ref().map(|(unlike, _)| *unlike);
        let seed_name = self.dataset.tables[table].seed_name();
        let is_admitted = !self.admits(table, place).is_empty();
        let deal = &self.statements.deals[&table][place];
        let (strides, domain) = strides(&deal.members, &parts, is_admitted);
        let stride = strides[at];
        let leaves_parent = unlike.is_some();
        let digit = Digit { domain: domain - u128::from(leaves_parent && siblings_of.is_some()), stride };
        // Members that share positions share their stream, which is the statement's.
        let stream = if parts.len() > 1 { rule.as_str() } else { stream };
        match siblings_of {
            Some(_) if numbers_siblings => {
                let key = self.seeds.key(seed_name, stream, "position", 0);
                let condition = self.deal_condition(table, place)?.ok_or(Failed::Known)?;
                let allocation = self.tables[table].allocation.clone().ok_or(Failed::Known)?;
                let fill = BySiblingWhere { rule, key, countable: part.countable, digit, allocation, table, condition };
                let made = Made::computed(part.logical, fill);
                Ok(Made { inputs: vec![condition], far: vec![condition], longest: part.longest, ..made })
            }
            Some(key) => {
                let stream = self.seeds.key(seed_name, stream, "position", 0);
                let parent = self.slot(table, Name::Key(key))?;
                let index = self.slot(table, Name::Index(key))?;
                let is_plain = unlike.is_none() && !is_admitted && self.statements.deals[&table][place].when.is_none();
                let left = if is_plain { self.left_to_siblings(table, place, &parts, key)? } else { None };
                if let Some(left) = left {
                    let inputs = [parent, index].into_iter().chain(left.slots.iter().copied()).collect();
                    let fill = BySiblingLeft { key: stream, countable: part.countable, digit, left };
                    let made = Made::computed(part.logical, fill);
                    return Ok(Made { inputs, longest: part.longest, ..made });
                }
                let made = match spread {
                    Some(DealtSpread { spread, factors, .. }) => {
                        let (from, to) = if parts.len() > 1 { factors[at] } else { (0, usize::MAX) };
                        let fill = SiblingsByLikelihood { key: stream, spread, countable: part.countable, from, to };
                        Made::computed(part.logical, fill)
                    }
                    None => {
                        let fill = BySibling { key: stream, countable: part.countable, digit, leaves_parent };
                        Made::computed(part.logical, fill)
                    }
                };
                Ok(Made { inputs: vec![parent, index], longest: part.longest, ..made })
            }
            None if is_grouped => self.dealt_among_alike(table, place, part, digit),
            None => {
                if let Some(DealtSpread { spread, permutation, start, factors }) = spread {
                    let (from, to) = factors[at];
                    let fill = ByLikelihood { spread, permutation, start, countable: part.countable, from, to };
                    return Ok(Made { longest: part.longest, ..Made::computed(part.logical, fill) });
                }
                let stream = self.seeds.key(seed_name, &rule, "position", 0);
                if let Some(unlike) = unlike {
                    let parents = u64::try_from(part.countable.count()).unwrap_or(u64::MAX);
                    return Ok(Made::computed(part.logical, ByPair::new(stream, unlike, parents, at == 1)));
                }
                if let Some(ranks) = self.statements.deals[&table][place].ranks.clone() {
                    let condition = self.deal_condition(table, place)?.ok_or(Failed::Known)?;
                    let fill = ByRank::new(stream, ranks, part.countable, stride);
                    let made = Made::computed(part.logical, fill);
                    return Ok(Made { inputs: vec![condition], far: vec![condition], longest: part.longest, ..made });
                }
                let fill = ByRow::new(stream, part.countable, domain, stride);
                Ok(Made { longest: part.longest, ..Made::computed(part.logical, fill) })
            }
        }
    }

    pub(super) fn make_deal(&mut self, table: usize, place: usize, column: usize) -> Result<usize, Failed> {
        let definition = self.dataset.tables[table].columns[column].clone();
        let made = self.dealt(table, place, Member::Column(column), definition.seed_name())?;
        let slot = self.push(table, definition.name.clone(), made);
        self.tables[table].slots[slot].nullable = false;
        if self.statements.systems.contains(&(table, column)) {
            // How many combinations the children of a parent are left, only the rows tell.
            let rule = self.statements.deals[&table][place].rule.clone();
            self.statements.tried.push((table, slot, rule));
        }
        self.pass_alike(table, place, slot);
        let mut slot = slot;
        if self.statements.deals[&table][place].when.is_some() {
            let made = self.compile_generator(table, column)?;
            let otherwise = self.push(table, definition.name, made);
            slot = self.dealt_there(table, place, slot, otherwise)?;
        }
        self.finish_raw(table, column, slot)
    }

    pub(super) fn make_deal_for_key(&mut self, table: usize, place: usize, key: usize) -> Result<usize, Failed> {
        let name = self.dataset.tables[table].foreign_keys[key].name().to_owned();
        let made = self.dealt(table, place, Member::Key(key), &name)?;
        let slot = self.push(table, name, made);
        self.tables[table].slots[slot].nullable = false;
        self.pass_alike(table, place, slot);
        let mut slot = slot;
        if self.statements.deals[&table][place].when.is_some() {
            let otherwise = self.picked(table, key)?;
            slot = self.dealt_there(table, place, slot, otherwise)?;
        }
        self.mask_key(table, key, slot)
    }
}

/// How combinations that are not all alike are spread over so many rows, and each member's factors; `None` where all are alike, or too many to
/// be told apart.
fn spread_of(parts: &[Part], rows: u64) -> Option<(Spread, Vec<(usize, usize)>)> {
    if let [alone] = parts {
        return Some((Spread::new(alone.countable.shape()?, rows)?, vec![(0, usize::MAX)]));
    }
    let (mut factors, mut places) = (Vec::new(), Vec::new());
    for part in parts {
        let own = match part.countable.shape().and_then(Shape::into_factors) {
            Some(own) => own,
            None => vec![Factor::flat(u64::try_from(part.countable.count()).ok()?)],
        };
        places.push((factors.len(), factors.len() + own.len()));
        factors.extend(own);
    }
    Some((Spread::new(Shape::product(factors), rows)?, places))
}
