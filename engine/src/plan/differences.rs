//! Two columns of a row whose difference lies between two constants: the later one is drawn inside what the earlier one leaves, which is drawn
//! where the later one has room.

use std::collections::HashSet;

use super::Side;
use super::compiler::Compiler;
use super::order::{print_units, quoted};
use super::statements::{Bound, BoundOf, PlannedBound, RowCondition};
use crate::enforce::order::{Distance, close};
use crate::expr::{Difference, Op, PLACES, Parsed};
use crate::generators::Interval;
use crate::problem::Problem;
use crate::schema::DAY_US;
use crate::types::LogicalType;

/// `high - low` between two constants.
struct Link {
    table: usize,
    low: usize,
    high: usize,
    least: i64,
    most: i64,
    when: Option<String>,
    rule: String,
    place: String,
}

impl Link {
    /// Whether both can bound their columns in one row, or do so in different ones.
    fn goes_with(&self, other: &Link) -> bool {
        let reads = |column: usize| column == other.low || column == other.high;
        if self.table != other.table || !(reads(self.low) || reads(self.high)) {
            return true;
        }
        let is_same = (self.low, self.high) == (other.low, other.high);
        match (&self.when, &other.when) {
            // Each column is bounded by one before it, so that they are bounded along a tree.
            (None, None) => self.high != other.high,
            (Some(one), Some(two)) => {
                let is_apart = match (Parsed::parse(one), Parsed::parse(two)) {
                    (Ok(one), Ok(two)) => one.excludes(&two),
                    _ => false,
                };
                is_apart || (is_same && self.least.max(other.least) <= self.most.min(other.most))
            }
            _ => false,
        }
    }
}

impl Compiler {
    /// Turns the differences that conditions bound on both sides into bounds of their columns. What an order bounds is left alone.
    pub(super) fn project_differences(&mut self, ordered: &HashSet<(usize, usize)>) {
        let mut links: Vec<Link> = Vec::new();
        let conditions = std::mem::take(&mut self.statements.conditions);
        for condition in conditions {
            let (mut taken, mut names) = (Vec::new(), Vec::new());
            for (parts, link) in self.links_of(&condition, ordered) {
                if links.iter().all(|other| link.goes_with(other)) && self.has_room(&links, &link) {
                    taken.extend(parts);
                    names.push(self.dataset.tables[link.table].columns[link.high].name.clone());
                    links.push(link);
                }
            }
            let rest = (0..condition.parts.len()).filter(|at| !taken.contains(at)).collect();
            self.keep_rest(condition, &names, rest, Vec::new());
        }
        self.bound_by(&links);
    }

    /// The differences that a condition bounds on both sides, with the parts that do.
    fn links_of(&self, condition: &RowCondition, ordered: &HashSet<(usize, usize)>) -> Vec<(Vec<usize>, Link)> {
        let mut found: Vec<(Vec<usize>, Link)> = Vec::new();
        for (at, part) in condition.parts.iter().enumerate() {
            let all = part.differences();
            let is_of_two = all.iter().all(|one| (&one.left, &one.right) == (&all[0].left, &all[0].right));
            for one in all.iter().filter(|_| is_of_two) {
                let Some(link) = self.link(condition, one, ordered) else { continue };
                match found.iter_mut().find(|(_, known)| (known.low, known.high) == (link.low, link.high)) {
                    Some((parts, known)) => {
                        (known.least, known.most) = (known.least.max(link.least), known.most.min(link.most));
                        parts.push(at);
                    }
                    None => found.push((vec![at], link)),
                }
            }
        }
        found.retain(|(_, link)| link.least > i64::MIN && link.most < i64::MAX && link.least <= link.most);
        found
    }

    /// One comparison of two columns that are drawn freely, by generators of one type.
    fn link(&self, condition: &RowCondition, one: &Difference, ordered: &HashSet<(usize, usize)>) -> Option<Link> {
        let table = condition.table;
        let (left, right) = (self.column_named(table, &one.left)?, self.column_named(table, &one.right)?);
        let logical = self.free_interval(table, left)?.logical;
        if self.free_interval(table, right)?.logical != logical
            || [left, right].iter().any(|at| ordered.contains(&(table, *at)))
        {
            return None;
        }
        if let Some(when) = &condition.when {
            let when = Parsed::parse(when).ok()?;
            let reads = |column: usize| {
                let name = &self.dataset.tables[table].columns[column].name;
                when.references().iter().any(|read| read.0.len() == 1 && read.0[0].eq_ignore_ascii_case(name))
            };
            if reads(left) || reads(right) {
                return None;
            }
        }
        let (low, high) = (left.min(right), left.max(right));
        let definition = &self.dataset.tables[table].columns[low];
        // What makes the earlier one null may be the later one.
        if definition.null_when.is_some() || self.statements.nulls.contains_key(&(table, low)) {
            return None;
        }
        let bound = |side: Side| units(one, &logical, side);
        let (least, most) = match one.op {
            Op::Equal => (bound(Side::Lower)?, bound(Side::Upper)?),
            Op::Less => (i64::MIN, bound(Side::Lower)?.checked_sub(1)?),
            Op::LessOrEqual => (i64::MIN, bound(Side::Upper)?),
            Op::Greater => (bound(Side::Upper)?.checked_add(1)?, i64::MAX),
            Op::GreaterOrEqual => (bound(Side::Lower)?, i64::MAX),
            Op::NotEqual => return None,
        };
        // The difference is that of the later column, which turns the ends around where it is the one that is subtracted.
        let turned = |end: i64| match end {
            i64::MIN => i64::MAX,
            i64::MAX => i64::MIN,
            end => -end,
        };
        let (least, most) = if high == left { (least, most) } else { (turned(most), turned(least)) };
        let (when, rule, place) = (condition.when.clone(), condition.rule.clone(), condition.pointer.clone());
        Some(Link { table, low, high, least, most, when, rule, place })
    }

    /// The values that constants leave to a column that nothing but its generator decides, where it takes every unit between them.
    pub(super) fn free_interval(&self, table: usize, column: usize) -> Option<Interval> {
        let definition = &self.dataset.tables[table].columns[column];
        let generator = definition.generator.as_ref()?;
        let mut interval = generator.interval()?;
        let is_counted =
            matches!(interval.logical, LogicalType::Integer | LogicalType::Date | LogicalType::Decimal { .. });
        let is_own = definition.logical_type().is_none_or(|wanted| wanted == interval.logical);
        if !is_counted || !is_own || !self.is_drawn_alone(table, column) || self.bounded(table, column).is_none() {
            return None;
        }
        for bound in self.statements.bounds(table, column) {
            let Bound::Constant(value) = bound.value else { continue };
            let value = value.saturating_add(bound.gap);
            match bound.side {
                Side::Lower => interval.min = interval.min.max(value),
                Side::Upper => interval.max = interval.max.min(value),
            }
        }
        Some(interval)
    }

    /// Whether a difference leaves its columns values beside those that are bounded already, and nothing else bounds the later one row by row.
    fn has_room(&mut self, links: &[Link], link: &Link) -> bool {
        let bounds = self.statements.bounds(link.table, link.high);
        let excludes = |when: &str| {
            let own = link.when.as_deref().map(Parsed::parse);
            matches!((own, Parsed::parse(when)), (Some(Ok(own)), Ok(when)) if own.excludes(&when))
        };
        let is_free = bounds.iter().all(|bound| match &bound.value {
            Bound::Constant(_) => true,
            Bound::Slot(BoundOf::Where(when, _)) => excludes(when),
            Bound::Slot(_) => false,
        });
        if !is_free {
            return false;
        }
        let all: Vec<&Link> = match link.when {
            None => links.iter().filter(|other| other.when.is_none()).chain([link]).collect(),
            Some(_) => vec![link],
        };
        let Err((column, min, max)) = self.closed(link.table, &all) else { return true };
        // In the rows of a condition that is for others to tell: it may be that there is none.
        if link.when.is_none() {
            let definition = &self.dataset.tables[link.table].columns[column];
            let shown = |units| match &definition.generator {
                Some(generator) => generator.interval().map(|own| print_units(&own.logical, units)),
                None => None,
            };
            let detail = format!(
                "{} leaves {} no value between {} and {}",
                link.rule,
                definition.name,
                shown(min).unwrap_or_default(),
                shown(max).unwrap_or_default()
            );
            let problem = Problem::new("contradiction", detail).at(&link.place);
            self.problems.push(problem.remedy("move the bounds of these columns, or the gap"));
        }
        link.when.is_none()
    }

    /// What differences leave of their columns; `Err`: the first that is left empty. Along a tree, so many rounds as it has columns are enough.
    fn closed(&self, table: usize, links: &[&Link]) -> Result<Vec<(usize, Interval)>, (usize, i64, i64)> {
        let mut known: Vec<(usize, Interval)> = Vec::new();
        for column in links.iter().filter(|link| link.table == table).flat_map(|link| [link.low, link.high]) {
            if let (false, Some(interval)) =
                (known.iter().any(|(other, _)| *other == column), self.free_interval(table, column))
            {
                known.push((column, interval));
            }
        }
        for _ in 0..=known.len() {
            for link in links.iter().filter(|link| link.table == table) {
                let place = |column: usize| known.iter().position(|(other, _)| *other == column);
                let (Some(low), Some(high)) = (place(link.low), place(link.high)) else { continue };
                let mut pair = [known[low].1.clone(), known[high].1.clone()];
                let distance = Distance { min: link.least, max: Some(link.most) };
                if let Err((at, min, max)) = close(&mut pair, distance) {
                    return Err(([link.low, link.high][at], min, max));
                }
                let [one, two] = pair;
                (known[low].1, known[high].1) = (one, two);
            }
        }
        Ok(known)
    }

    fn bound_by(&mut self, links: &[Link]) {
        let tables: HashSet<usize> = links.iter().map(|link| link.table).collect();
        let mut found: Vec<(usize, usize, PlannedBound)> = Vec::new();
        for table in tables {
            let all: Vec<&Link> = links.iter().filter(|link| link.when.is_none() && link.table == table).collect();
            for (column, interval) in self.closed(table, &all).unwrap_or_default() {
                let place = all.iter().find(|link| link.low == column || link.high == column);
                let place = place.map_or("", |link| link.place.as_str());
                for (side, end) in [(Side::Lower, interval.min), (Side::Upper, interval.max)] {
                    found.push((table, column, bound(Bound::Constant(end), side, place, 0)));
                }
            }
        }
        for link in links {
            let Link { table, low, high, when, place, .. } = link;
            let of = match when {
                None => BoundOf::Column(*low),
                Some(when) => {
                    let name = quoted(&self.dataset.tables[*table].columns[*low].name);
                    BoundOf::Sql(format!("CASE WHEN {when} THEN {name} END"))
                }
            };
            for (side, gap) in [(Side::Lower, link.least), (Side::Upper, link.most)] {
                found.push((*table, *high, bound(Bound::Slot(of.clone()), side, place, gap)));
            }
            if let (Some(when), Ok(left)) = (when, self.closed(*table, &[link])) {
                for (column, interval) in left.into_iter().filter(|(column, _)| column == low) {
                    for (side, end) in [(Side::Lower, interval.min), (Side::Upper, interval.max)] {
                        let value = written(&interval.logical, end);
                        let of = BoundOf::Sql(format!("CASE WHEN {when} THEN {value} END"));
                        found.push((*table, column, bound(Bound::Slot(of), side, place, 0)));
                    }
                }
            }
            self.statements.projected.push((*table, *high, link.rule.clone()));
        }
        for (table, column, bound) in found {
            self.statements.bounds.entry((table, column)).or_default().push(bound);
        }
    }
}

/// A value in units, as SQL.
fn written(logical: &LogicalType, units: i64) -> String {
    match logical {
        LogicalType::Date => format!("DATE '{}'", print_units(logical, units)),
        _ => print_units(logical, units),
    }
}

fn bound(value: Bound, side: Side, place: &str, gap: i64) -> PlannedBound {
    PlannedBound { value, side, rounds: side, place: place.to_owned(), gap }
}

/// What a difference is compared with, in units of a type: the unit on that side of it which still holds.
pub(super) fn units(one: &Difference, logical: &LogicalType, side: Side) -> Option<i64> {
    let places = match logical {
        LogicalType::Date if one.span != 0 => {
            return (one.number == 0 && one.span % DAY_US == 0).then_some(one.span / DAY_US);
        }
        LogicalType::Datetime => return (one.number == 0).then_some(one.span),
        LogicalType::Decimal { scale, .. } => u32::try_from(*scale).ok()?,
        _ => 0,
    };
    let unit = 10_i128.pow(PLACES.checked_sub(places)?);
    let units = match side {
        Side::Lower => -(-one.number).div_euclid(unit),
        Side::Upper => one.number.div_euclid(unit),
    };
    (one.span == 0).then_some(())?;
    i64::try_from(units).ok()
}
