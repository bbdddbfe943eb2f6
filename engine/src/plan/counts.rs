//! What the rules `share` and `count` ask, and of which columns.

use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::datatypes::Schema;
use serde_json::Value;

use super::compiler::Compiler;
use super::dealt_counts::DealtCount;
use super::formulas::literal;
use super::order::quoted;
use super::quotas::{Ask, Asked, AskedNulls, one_line};
use super::rules::can_be_null;
use crate::enforce::quota::Want;
use crate::expr::{Expression, Parsed, Reference, Simple};
use crate::problem::{Problem, pointer_step};
use crate::schema::{Band, Rule, RuleKind, SharesOrCounts};
use crate::types::LogicalType;

impl Compiler {
    /// What a share asks of each value, and the key under which that is written.
    pub(super) fn share_parts(
        &mut self,
        rule: &Rule,
        parts: &SharesOrCounts,
        pointer: &str,
    ) -> Option<(Vec<(String, Want)>, &'static str)> {
        let (parts, key): (Vec<(String, Want)>, _) = match (&parts.shares, &parts.counts) {
            (Some(shares), None) => {
                for (value, share) in shares {
                    if !(0.0..=1.0).contains(share) {
                        let detail = format!("a share of {share} is not between 0 and 1");
                        let place = format!("{pointer}/shares{}", pointer_step(value));
                        self.problems.push(Problem::new("out_of_range", detail).at(place));
                        return None;
                    }
                }
                let sum: f64 = shares.values().sum();
                if sum > 1.0 + 1e-9 {
                    let detail = format!("the shares of {} add up to {}, more than 1", rule.id, rounded(sum));
                    let problem = Problem::new("contradiction", detail).at(format!("{pointer}/shares"));
                    self.problems.push(problem.remedy("lower them until they add up to 1 at most"));
                    return None;
                }
                (shares.iter().map(|(value, share)| (value.clone(), Want::Share(*share))).collect(), "shares")
            }
            (None, Some(counts)) => {
                let exactly = |count: &u64| Want::Between(*count, Some(*count));
                (counts.iter().map(|(value, count)| (value.clone(), exactly(count))).collect(), "counts")
            }
            _ => {
                let detail = format!("{} needs one of shares and counts", rule.id);
                self.problems.push(Problem::new("one_of", detail).at(pointer));
                return None;
            }
        };
        if parts.is_empty() {
            self.problems.push(Problem::new("empty_list", "the list is empty").at(format!("{pointer}/{key}")));
            return None;
        }
        Some((parts, key))
    }

    pub(super) fn gather_share(
        &mut self,
        table: usize,
        rule: &Rule,
        column: &str,
        parts: &SharesOrCounts,
        tolerance: Option<f64>,
        pointer: &str,
    ) {
        let Some((parts, key)) = self.share_parts(rule, parts, pointer) else { return };
        let Some(index) = self.column_named(table, column) else {
            let problem = self.unknown_column(table, column).at(format!("{pointer}/column"));
            self.problems.push(problem);
            return;
        };
        if !self.can_be_owned(table, index, &rule.id, &format!("{pointer}/column")) {
            return;
        }
        let declared = self.dataset.tables[table].columns[index].logical_type();
        let values = parts.iter().map(|(value, _)| as_value(value, declared.as_ref()));
        self.suggest_values(table, index, values.collect::<Vec<_>>(), &rule.id);
        let asked = Asked {
            rule: rule.clone(),
            pointer: pointer.to_owned(),
            condition: rule.when.clone(),
            place: format!("{pointer}/when"),
            ask: Ask::Values { parts, tolerance: tolerance.unwrap_or(0.0).max(0.0), key },
        };
        self.statements.counted.entry((table, index)).or_default().push(asked);
        self.hold(
            table,
            rule,
            "by_construction",
            "counted over the rows of its condition before the first row".to_owned(),
        );
    }

    /// Whether nothing else decides the values of a column, with a problem where something does.
    pub(super) fn can_be_owned(&mut self, table: usize, column: usize, rule: &str, pointer: &str) -> bool {
        let name = self.dataset.tables[table].columns[column].name.clone();
        let detail = if self.key_of_column(table, column).is_some() {
            format!("{name} is decided by a foreign key, so {rule} cannot decide how often its values stand")
        } else if self.is_unique(table, column) {
            format!("{name} is unique, so {rule} cannot decide how often its values stand")
        } else {
            return true;
        };
        let remedy = "state the rule of a column with a generator of its own";
        self.problems.push(Problem::new("two_owners", detail).at(pointer).remedy(remedy));
        false
    }

    /// The rules `count`, and `share` of what other rules compute, once all others are known: each steers one of the columns that its condition
    /// reads.
    pub(super) fn gather_counts(&mut self) {
        let dataset = Arc::clone(&self.dataset);
        for (table, definition) in dataset.tables.iter().enumerate() {
            for (at, rule) in definition.rules.iter().enumerate() {
                let pointer = format!("/tables/{table}/rules/{at}");
                match &rule.kind {
                    RuleKind::Count { condition, exactly, min, max, per } => {
                        self.gather_count(table, rule, condition, (*exactly, *min, *max), per, &pointer);
                    }
                    RuleKind::Unique { .. } => self.gather_unique_count(table, at),
                    RuleKind::Share { column, parts, tolerance } if self.is_computed(table, column) => {
                        self.gather_computed_share(table, rule, column, parts, *tolerance, &pointer);
                    }
                    _ => {}
                }
            }
        }
    }

    pub(super) fn gather_count(
        &mut self,
        table: usize,
        rule: &Rule,
        condition: &str,
        (exactly, min, max): (Option<u64>, Option<u64>, Option<u64>),
        per: &[String],
        pointer: &str,
    ) {
        let Some(parsed) = self.parsed(condition, &format!("{pointer}/where")) else { return };
        let (min, max) = match (exactly, min, max) {
            (Some(exactly), None, None) => (exactly, Some(exactly)),
            (None, None, None) | (Some(_), _, _) => {
                let detail = format!("{} needs exactly, or min and max", rule.id);
                self.problems.push(Problem::new("one_of", detail).at(pointer));
                return;
            }
            (None, min, max) => (min.unwrap_or(0), max),
        };
        if max.is_some_and(|max| max < min) {
            let detail = format!("{} is below min {min}", max.unwrap_or(0));
            self.problems.push(Problem::new("empty_interval", detail).at(format!("{pointer}/max")));
            return;
        }
        let per_names = per.to_vec();
        let Some(per) = self.columns_named(table, per, &format!("{pointer}/per")) else { return };
        let conjuncts = parsed.where_true().conjuncts().into_iter();
        let conjuncts: Vec<Parsed> = conjuncts.map(|part| self.about_null(table, &part).unwrap_or(part)).collect();
        let own = |compiler: &Compiler, part: &Parsed| -> Vec<usize> {
            let reads = part.references().iter().filter(|read| read.0.len() == 1);
            reads.filter_map(|read| compiler.column_named(table, &read.0[0])).collect()
        };
        let mut candidates: Vec<usize> = Vec::new();
        for (part, column) in
            conjuncts.iter().flat_map(|part| own(self, part).into_iter().map(move |column| (part, column)))
        {
            // Nulls can move whatever decides the values.
            let about_null = matches!(part.simple(), Some(Simple::Null { .. }));
            let decided = self.is_unique(table, column)
                || self.statements.formula(table, column).is_some()
                || self.statements.correlations.rule_of(table, column).is_some()
                || self.statements.overlap_of(table, column).is_some()
                || self.statements.deal_of(table, column).is_some();
            let taken = self.key_of_column(table, column).is_some()
                || per.contains(&column)
                || self.statements.aggregated(table, column).is_some()
                || (decided && !about_null);
            if !taken && !candidates.contains(&column) {
                candidates.push(column);
            }
        }
        let limited_to = rule.when.as_ref().and_then(|when| Parsed::parse(when).ok());
        if let Some(when) = &limited_to {
            let read = own(self, when);
            candidates.retain(|column| !read.contains(column));
        }
        // What others are made of stays, so that they need not move again; what is computed cannot move by itself.
        let free: Vec<usize> = candidates
            .iter()
            .copied()
            .filter(|column| !candidates.iter().any(|other| other != column && self.follows(table, *other, *column)))
            .collect();
        // Moving nulls or single values moves less than dealing a list's values anew, and what is computed cannot move at all.
        let cost = |column: &usize| {
            let reads = conjuncts.iter().filter(|part| own(self, part).contains(column));
            if reads.into_iter().all(|part| matches!(part.simple(), Some(Simple::Null { .. }))) {
                return 0;
            }
            let generator = self.dataset.tables[table].columns[*column].generator.as_ref();
            let written = generator.map(|generator| generator.to_value()).unwrap_or_default();
            let has = |key: &str| written.get(key).is_some();
            let is_listed = has("values") || has("weights") || has("true_rate");
            // A column whose positions another rule needs stays, where there is another.
            let is_placed = self.statements.statistics.contains_key(&(table, *column))
                || !self.statements.bounds(table, *column).is_empty();
            match self.statements.counted.contains_key(&(table, *column)) {
                _ if is_placed => 5,
                _ if has("sql") || has("of") => 4,
                true if !is_listed => 3,
                _ if is_listed => 2,
                _ => 1,
            }
        };
        let steered = free.iter().rev().min_by_key(|column| cost(column)).copied();
        let Some(column) = steered else {
            let of = |low: i64, high: i64| DealtCount {
                rule: rule.id.clone(),
                pointer: pointer.to_owned(),
                words: one_line(condition),
                low,
                high,
                min,
                max,
            };
            if rule.when.is_none() && per.is_empty() && self.count_dealt(table, &conjuncts, of) {
                let note = "so many rows are dealt values of which it holds, and the others the rest".to_owned();
                self.hold(table, rule, "by_construction", note);
                return;
            }
            if per.is_empty() && self.count_ranks(table, rule, pointer, &conjuncts, (min, max)) {
                let note = "so many of its values lie where the condition holds, and move with the others as before";
                self.hold(table, rule, "by_construction", note.to_owned());
                return;
            }
            // What is computed moves with what it is computed from.
            if let Some(unfolded) = self.unfolded(table, &parsed) {
                let limits = (exactly, (exactly.is_none()).then_some(min), max.filter(|_| exactly.is_none()));
                return self.gather_count(table, rule, unfolded.sql(), limits, &per_names, pointer);
            }
            let detail = format!("nothing that {} reads can move", rule.id);
            let remedy = "let it read a column of its own table that has a generator of its own";
            self.problems.push(Problem::new("nothing_moves", detail).at(format!("{pointer}/where")).remedy(remedy));
            return;
        };
        let (about, limits): (Vec<&Parsed>, Vec<&Parsed>) =
            conjuncts.iter().partition(|part| own(self, part).contains(&column));
        let join = |parts: &[&Parsed]| match parts {
            [one] => one.sql().to_owned(),
            _ => parts.iter().map(|part| format!("({}\n)", part.sql())).collect::<Vec<_>>().join(" AND "),
        };
        let limits = limits.into_iter().chain(&limited_to).collect::<Vec<_>>();
        let name = self.dataset.tables[table].columns[column].name.clone();
        if let [one] = about.as_slice()
            && let Some(Simple::Null { negated, .. }) = one.simple()
        {
            let asked = AskedNulls {
                rule: rule.id.clone(),
                pointer: pointer.to_owned(),
                words: one_line(one.sql()),
                condition: (!limits.is_empty()).then(|| join(&limits)),
                negated,
                min,
                max,
                per,
            };
            if let Some(other) = self.statements.null_counts.insert((table, column), asked) {
                let detail = format!("{name} is owned by both {} and {}", other.rule, rule.id);
                let remedy = "leave one of them out, or state it of another column";
                self.problems.push(Problem::new("two_owners", detail).at(pointer).remedy(remedy));
            }
            let note =
                format!("counted before the first row; rows too few or too many lose or get their value of {name}");
            self.hold(table, rule, "by_construction", note);
            return;
        }
        let asked = Asked {
            rule: rule.clone(),
            pointer: pointer.to_owned(),
            condition: (!limits.is_empty()).then(|| join(&limits)),
            place: format!("{pointer}/where"),
            ask: Ask::Rows { condition: join(&about), min, max, per },
        };
        self.statements.counted.entry((table, column)).or_default().push(asked);
        let note = format!("counted before the first row; rows too few or too many take another value of {name}");
        self.hold(table, rule, "by_construction", note);
    }

    /// A condition with their formulas in the place of the columns that rules compute in all rows, however many stand on each other; `None` where
    /// it reads none. What is asked of a score alone becomes the interval of the number where that is one.
    pub(super) fn unfolded(&self, table: usize, condition: &Parsed) -> Option<Parsed> {
        let columns = &self.dataset.tables[table].columns;
        let formula = |name: &str| {
            let column = self.column_named(table, name)?;
            let is_it_alone = !can_be_null(&columns[column])
                && !self.is_given(table, column)
                && self.statements.implied_nulls(table, column).is_empty()
                && !self.statements.forced.contains_key(&(table, column))
                && !self.statements.listings.contains_key(&(table, column));
            let formula = self.statements.formula(table, column)?;
            let parsed = Parsed::parse(&formula.sql).ok().filter(|_| is_it_alone && formula.aggregate.is_none())?;
            Some((parsed, formula.rule))
        };
        let reads = |parsed: &Parsed| {
            parsed.references().iter().any(|read| matches!(read.0.as_slice(), [name] if formula(name).is_some()))
        };
        let mut unfolded = Some(condition.clone()).filter(reads)?;
        // A circle of formulas is told where these are made.
        for _ in 0..columns.len() {
            let parts = unfolded.conjuncts().into_iter().map(|part| {
                let of_score = match part.references() {
                    [Reference(path)] if path.len() == 1 => {
                        formula(&path[0]).and_then(|(_, rule)| self.of_bands(table, &rule, &part))
                    }
                    _ => None,
                };
                of_score.or_else(|| part.with(|name| formula(name).map(|(parsed, _)| parsed)))
            });
            let parts = parts.collect::<Option<Vec<Parsed>>>()?;
            let sql: Vec<String> = parts.iter().map(|part| format!("({}\n)", part.sql())).collect();
            unfolded = match parts.as_slice() {
                [part] => part.clone(),
                _ => Parsed::parse(&sql.join(" AND ")).ok()?,
            };
            if !reads(&unfolded) {
                return Some(unfolded);
            }
        }
        None
    }

    /// What a condition says that reads a column only to see whether it is null, through formulas: `status = 'open'` of a status that is made of
    /// that. `None` where it says more, or nothing.
    pub(super) fn about_null(&self, table: usize, condition: &Parsed) -> Option<Parsed> {
        let stated = self.unfolded(table, condition)?;
        let (column, [of_null, of_others]) = stated.by_null()?;
        let negated = match (self.comes_true(&of_null)?, self.comes_true(&of_others)?) {
            (true, false) => "",
            (false, true) => "NOT ",
            _ => return None,
        };
        Parsed::parse(&format!("{} IS {negated}NULL", quoted(&column))).ok()
    }

    /// Whether a condition that reads no column is true.
    fn comes_true(&self, stated: &Parsed) -> Option<bool> {
        let time = self.dataset.reference_time_us();
        let found = Expression::compile(stated, &Schema::empty(), time).ok()?.evaluate(&[], 1).ok()?;
        let found = found.as_boolean_opt()?;
        Some(found.is_valid(0) && found.value(0))
    }

    /// What a condition about a score says of the number that the score is a band of, where the bands in which it holds lie side by side.
    fn of_bands(&self, table: usize, rule: &str, condition: &Parsed) -> Option<Parsed> {
        let score = self.dataset.tables[table].rules.iter().find(|known| known.id == rule)?;
        let RuleKind::Score { column, of, bands } = &score.kind else { return None };
        let place = self.column_named(table, column)?;
        let target = self.dataset.tables[table].columns[place].logical_type();
        let holds = |value: &Value| {
            let value = Parsed::parse(&literal(value, target.as_ref(), 0).ok()?).ok()?;
            self.comes_true(&condition.with(|_| Some(value.clone()))?)
        };
        if holds(&Value::Null)? {
            return None;
        }
        let held = bands.iter().map(|band| holds(&band.value)).collect::<Option<Vec<bool>>>()?;
        let first = held.iter().position(|holds| *holds)?;
        let last = held.iter().rposition(|holds| *holds)?;
        if !held[first..=last].iter().all(|holds| *holds) {
            return None;
        }
        let end = |band: &Band| literal(band.below.as_ref()?, None, 0).ok();
        let name = quoted(of);
        let mut stated = Vec::new();
        if first > 0 {
            stated.push(format!("{name} >= {}", end(&bands[first - 1])?));
        }
        if last + 1 < bands.len() {
            stated.push(format!("{name} < {}", end(&bands[last])?));
        }
        if stated.is_empty() {
            stated.push(format!("{name} IS NOT NULL"));
        }
        Parsed::parse(&stated.join(" AND ")).ok()
    }

    /// Whether a column is made of another one, by what is written of it.
    pub(super) fn follows(&self, table: usize, column: usize, of: usize) -> bool {
        let definition = &self.dataset.tables[table];
        let (own, other) = (&definition.columns[column], &definition.columns[of].name);
        let names = |text: &str| {
            text.match_indices(other.as_str()).any(|(at, _)| {
                let is_word = |c: char| c.is_alphanumeric() || c == '_';
                !text[..at].ends_with(|c| is_word(c) || c == '.') && !text[at + other.len()..].starts_with(is_word)
            })
        };
        let mut made = own.generator.as_ref().map(|generator| generator.to_value().to_string()).unwrap_or_default();
        made.push_str(own.null_when.as_deref().unwrap_or_default());
        names(&made)
            || definition.rules.iter().any(|rule| {
                let when = rule.when.as_deref().unwrap_or_default();
                match &rule.kind {
                    RuleKind::Share { column, .. } | RuleKind::Statistic { column, .. } => {
                        *column == own.name && names(when)
                    }
                    RuleKind::Calculate { column, sql } => *column == own.name && (names(when) || names(sql)),
                    RuleKind::Score { column, of, .. } => *column == own.name && (names(when) || names(of)),
                    RuleKind::Implies { condition, then } => {
                        then.contains(own.name.as_str()) && (names(condition) || names(when))
                    }
                    _ => false,
                }
            })
    }
}

/// A number without the last digits of its rounding.
fn rounded(number: f64) -> f64 {
    libm::rint(number * 1e6) / 1e6
}

/// The value that a key of a map stands for.
pub(super) fn as_value(key: &str, declared: Option<&LogicalType>) -> Value {
    match declared {
        Some(LogicalType::Integer | LogicalType::Decimal { .. } | LogicalType::Float) => {
            serde_json::from_str::<serde_json::Number>(key).map_or_else(|_| Value::from(key), Value::Number)
        }
        Some(LogicalType::Boolean) if key == "true" || key == "false" => Value::Bool(key == "true"),
        _ => Value::from(key),
    }
}
