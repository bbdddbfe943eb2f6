//! Combinations without repetition beside rules about some of their columns in one row: where the columns leave no room to tell rows apart
//! otherwise, the combinations that obey these rules are numbered, and dealt.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::{Field, Schema};

use super::compiler::{Compiler, Failed};
use super::formulas::literal;
use super::order::quoted;
use super::rules::{can_be_null, limited};
use super::scope::{as_sql, sql_problem, sql_type};
use super::statements::{Member, Part};
use crate::expr::{Expression, Parsed};
use crate::generators::Countable;
use crate::problem::Problem;
use crate::schema::{Rule, RuleKind};

/// The most combinations of columns that are looked through.
const COMBINATIONS: u128 = 1 << 22;

/// The most tuples of a list of combinations that is read as a condition.
const TUPLES: usize = 1_024;

/// What a combination's rows are to obey.
#[derive(Clone, Debug)]
pub(super) struct Admission {
    /// The rule.
    pub rule: String,
    /// What it says of the columns of the combination: a row that makes it false is none.
    sql: String,
}

/// Rules that admit combinations, by the table and the name of what keeps the combinations apart.
pub(super) type Admitted = HashMap<(usize, String), Vec<Admission>>;

/// What a rule says of the columns of a combination.
enum Says {
    Nothing,
    /// That they obey a condition, and what it says besides.
    Admits(String, Option<Rule>),
    /// Something that is held otherwise.
    Else,
}

impl Compiler {
    /// Finds what the combinations of a table have to obey that are dealt of admitted ones; the rules that are held so are taken out of those
    /// that are gathered, or replaced by what is left of them.
    pub(super) fn admit(&mut self, table: usize, rules: &mut Vec<(usize, Rule)>) {
        let dataset = Arc::clone(&self.dataset);
        let definition = &dataset.tables[table];
        let mut told: Vec<(Vec<String>, String)> = Vec::new();
        if definition.primary_key.len() > 1 {
            told.push((definition.primary_key.clone(), "primary key".to_owned()));
        }
        told.extend(rules.iter().filter_map(|(_, rule)| match &rule.kind {
            RuleKind::Unique { columns } if rule.when.is_none() => Some((columns.clone(), rule.id.clone())),
            _ => None,
        }));
        for (names, id) in told {
            let Some(columns) = self.admissible(table, &names) else { continue };
            // By their place among those gathered, for several may come of one that is written.
            let others = rules.iter().enumerate().filter(|(_, (_, rule))| rule.id != id);
            let says: Vec<(usize, Says)> =
                others.map(|(place, (_, rule))| (place, self.says(table, rule, &columns))).collect();
            if says.iter().any(|(_, says)| matches!(says, Says::Else)) {
                continue;
            }
            let admits = |(place, says): (usize, Says)| match says {
                Says::Admits(sql, rest) => Some((place, sql, rest)),
                _ => None,
            };
            let admits: Vec<(usize, String, Option<Rule>)> = says.into_iter().filter_map(admits).collect();
            let conditions: Vec<Parsed> = admits.iter().filter_map(|(_, sql, _)| Parsed::parse(sql).ok()).collect();
            if conditions.is_empty() || self.suffice(table, &names, &columns, &conditions) {
                continue;
            }
            for (place, sql, _) in &admits {
                let admission = Admission { rule: rules[*place].1.id.clone(), sql: sql.clone() };
                self.statements.admitted.entry((table, id.clone())).or_default().push(admission);
            }
            // From the last on, so that the places of the others stay.
            for (place, _, rest) in admits.into_iter().rev() {
                let (at, rule) = rules[place].clone();
                match rest {
                    Some(rest) => rules[place].1 = rest,
                    None => {
                        let pointer = format!("/tables/{table}/rules/{at}");
                        self.statements.pointers.insert(rule.id.clone(), pointer);
                        self.hold(table, &rule, "by_construction", format!("{id} deals combinations that obey it"));
                        rules.remove(place);
                    }
                }
            }
        }
    }

    /// Holds what combinations were to be admitted by as any other condition, where they are kept apart without being dealt.
    pub(super) fn admit_otherwise(&mut self, table: usize) {
        let dataset = Arc::clone(&self.dataset);
        let is_dealt =
            |id: &str| self.statements.deals.get(&table).is_some_and(|deals| deals.iter().any(|deal| deal.rule == id));
        let keys = self.statements.admitted.keys().filter(|(of, id)| *of == table && !is_dealt(id));
        let mut keys: Vec<(usize, String)> = keys.cloned().collect();
        keys.sort_unstable();
        for key in keys {
            for admission in self.statements.admitted.remove(&key).unwrap_or_default() {
                let rules = &dataset.tables[table].rules;
                let Some(at) = rules.iter().position(|rule| rule.id == admission.rule) else { continue };
                let pointer = format!("/tables/{table}/rules/{at}");
                let rule = Rule { when: None, ..rules[at].clone() };
                self.gather_check(table, &rule, &admission.sql, &pointer);
            }
        }
    }

    /// The columns of a combination that are no keys, where each has values of its own that can be counted and is never null.
    fn admissible(&self, table: usize, names: &[String]) -> Option<Vec<usize>> {
        let definition = &self.dataset.tables[table];
        let columns: Vec<usize> = names.iter().map(|name| self.column_named(table, name)).collect::<Option<_>>()?;
        let own = columns.into_iter().filter(|column| self.key_of_column(table, *column).is_none());
        let own: Vec<usize> = own.collect();
        let is_plain = |column: &usize| {
            !can_be_null(&definition.columns[*column])
                && !self.is_given(table, *column)
                && !self.is_unique(table, *column)
                && (2..=COMBINATIONS).contains(&self.least_capacity(table, Member::Column(*column)))
        };
        (own.len() > 1 && self.options.scale.is_none() && own.iter().all(is_plain)).then_some(own)
    }

    /// Whether the columns of which no condition speaks tell all rows apart by themselves, or the combinations are too many to be looked through.
    fn suffice(&self, table: usize, names: &[String], columns: &[usize], conditions: &[Parsed]) -> bool {
        let definition = &self.dataset.tables[table];
        let Some(rows) = self.written_rows(table) else { return true };
        let is_read = |column: usize| conditions.iter().any(|parsed| self.reads(table, parsed, column));
        let capacity = |columns: &mut dyn Iterator<Item = usize>| {
            columns.map(|column| self.least_capacity(table, Member::Column(column))).fold(1, u128::saturating_mul)
        };
        let covered = |key: &crate::schema::ForeignKey| key.columns.iter().all(|column| names.contains(column));
        let keys = definition.foreign_keys.iter().enumerate().filter(|(_, key)| covered(key));
        let parents = keys.map(|(key, _)| self.known_rows(table, key).map_or(1, u128::from));
        let free = parents
            .fold(capacity(&mut columns.iter().copied().filter(|column| !is_read(*column))), |all, one| {
                all.saturating_mul(one)
            });
        free >= u128::from(rows) || capacity(&mut columns.iter().copied()) > COMBINATIONS
    }

    fn reads(&self, table: usize, parsed: &Parsed, column: usize) -> bool {
        let is_it = |name: &String| self.column_named(table, name) == Some(column);
        parsed.references().iter().any(|read| matches!(read.0.as_slice(), [name] if is_it(name)))
    }

    /// What a rule says of the columns of a combination.
    fn says(&self, table: usize, rule: &Rule, columns: &[usize]) -> Says {
        let parsed = |sql: &str| Parsed::parse(sql).ok();
        let touches = |parsed: &Parsed| columns.iter().any(|column| self.reads(table, parsed, *column));
        let is_inside = |parsed: &Parsed| {
            let is_member = |name: &String| self.column_named(table, name).is_some_and(|at| columns.contains(&at));
            parsed.references().iter().all(|read| matches!(read.0.as_slice(), [name] if is_member(name)))
        };
        let is_of_several =
            |parsed: &Parsed| columns.iter().filter(|column| self.reads(table, parsed, **column)).count() > 1;
        let among = |names: &[String]| {
            let inside =
                names.iter().filter(|name| self.column_named(table, name).is_some_and(|at| columns.contains(&at)));
            inside.count()
        };
        // Where another column is drawn by itself, that one moves.
        let moves_another = |parsed: &Parsed| {
            parsed.references().iter().any(|read| match read.0.as_slice() {
                [name] => self.column_named(table, name).is_some_and(|at| {
                    let is_made = self.dataset.tables[table].rules.iter().any(|rule| match &rule.kind {
                        RuleKind::Calculate { column, .. }
                        | RuleKind::Score { column, .. }
                        | RuleKind::Aggregate { column, .. }
                        | RuleKind::Share { column, .. } => column.eq_ignore_ascii_case(name),
                        RuleKind::Combination { columns, .. } | RuleKind::Correlation { columns, .. } => {
                            columns.contains(name)
                        }
                        _ => false,
                    });
                    !columns.contains(&at)
                        && !is_made
                        && !self.is_unique(table, at)
                        && !self.is_given(table, at)
                        && self.key_of_column(table, at).is_none()
                }),
                _ => false,
            })
        };
        match &rule.kind {
            RuleKind::Check { sql } => {
                let Some(stated) = parsed(&limited(rule.when.as_deref(), sql)) else { return Says::Nothing };
                if !touches(&stated) || moves_another(&stated) {
                    return Says::Nothing;
                }
                match (is_inside(&stated), is_of_several(&stated)) {
                    (true, true) => Says::Admits(stated.sql().to_owned(), None),
                    // What one column says by itself leaves it fewer values.
                    (true, false) if rule.when.is_none() => Says::Nothing,
                    (true, false) => Says::Admits(stated.sql().to_owned(), None),
                    (false, _) => Says::Else,
                }
            }
            RuleKind::Implies { condition, then } => {
                self.implies_says(rule, condition, then, &touches, &is_inside, &moves_another)
            }
            RuleKind::Combination { columns: names, allowed, forbidden } if among(names) > 0 => {
                let tuples = allowed.as_ref().or(forbidden.as_ref()).filter(|tuples| tuples.len() <= TUPLES);
                let whole = among(names) == names.len() && rule.when.is_none();
                let sql = tuples.filter(|_| whole).and_then(|tuples| self.of_tuples(table, names, tuples));
                match sql {
                    Some(sql) if allowed.is_some() => Says::Admits(sql, None),
                    Some(sql) => Says::Admits(format!("NOT ({sql})"), None),
                    None => Says::Else,
                }
            }
            RuleKind::Share { column, .. }
            | RuleKind::Statistic { column, .. }
            | RuleKind::Calculate { column, .. }
            | RuleKind::Score { column, .. }
            | RuleKind::Aggregate { column, .. }
                if among(std::slice::from_ref(column)) > 0 =>
            {
                Says::Else
            }
            RuleKind::Correlation { columns: names, .. }
            | RuleKind::Order { columns: names, .. }
            | RuleKind::Unique { columns: names }
                if among(names) > 0 =>
            {
                Says::Else
            }
            RuleKind::Count { condition, per, .. } => {
                let counted = parsed(condition).is_none_or(|parsed| touches(&parsed) && !moves_another(&parsed));
                if counted || among(per) > 0 { Says::Else } else { Says::Nothing }
            }
            RuleKind::NoOverlap { start, end, per, .. } => {
                let names = [std::slice::from_ref(start), std::slice::from_ref(end), per.as_slice()].concat();
                if among(&names) > 0 { Says::Else } else { Says::Nothing }
            }
            _ => Says::Nothing,
        }
    }

    /// What an `implies` says: parts of its conclusion about the columns alone admit combinations, others are held otherwise.
    fn implies_says(
        &self,
        rule: &Rule,
        condition: &str,
        then: &str,
        touches: &dyn Fn(&Parsed) -> bool,
        is_inside: &dyn Fn(&Parsed) -> bool,
        moves_another: &dyn Fn(&Parsed) -> bool,
    ) -> Says {
        let premise = match &rule.when {
            Some(when) => format!("({when}) AND ({condition})"),
            None => condition.to_owned(),
        };
        let (Ok(premise), Ok(conclusion)) = (Parsed::parse(&premise), Parsed::parse(then)) else {
            return Says::Nothing;
        };
        let mut admits = Vec::new();
        let mut rest = Vec::new();
        for part in conclusion.conjuncts() {
            if is_inside(&premise) && is_inside(&part) && (touches(&part) || touches(&premise)) {
                admits.push(format!("({}\n)", part.sql()));
            } else if (touches(&part) || touches(&premise)) && !moves_another(&part) {
                return Says::Else;
            } else {
                rest.push(format!("({}\n)", part.sql()));
            }
        }
        if admits.is_empty() {
            return Says::Nothing;
        }
        let left = (!rest.is_empty()).then(|| Rule {
            kind: RuleKind::Implies { condition: condition.to_owned(), then: rest.join(" AND ") },
            ..rule.clone()
        });
        Says::Admits(limited(Some(premise.sql()), &admits.join(" AND ")), left)
    }

    /// A list of tuples as a condition.
    fn of_tuples(&self, table: usize, names: &[String], tuples: &[Vec<serde_json::Value>]) -> Option<String> {
        let of_one = |tuple: &Vec<serde_json::Value>| {
            let equals = |(name, value): (&String, &serde_json::Value)| {
                let column = self.column_named(table, name)?;
                let target = self.dataset.tables[table].columns[column].logical_type();
                Some(format!("{} = {}", quoted(name), literal(value, target.as_ref(), 0).ok()?))
            };
            let all = names.iter().zip(tuple).map(equals).collect::<Option<Vec<String>>>()?;
            (tuple.len() == names.len()).then(|| format!("({})", all.join(" AND ")))
        };
        let all = tuples.iter().map(of_one).collect::<Option<Vec<String>>>()?;
        (!all.is_empty()).then(|| all.join(" OR "))
    }

    /// The columns of a combination as digits of the number of an admitted one: all are read off the one list.
    pub(super) fn admitted_parts(&mut self, table: usize, place: usize, parts: Vec<Part>) -> Result<Vec<Part>, Failed> {
        let deal = &self.statements.deals[&table][place];
        let (rule, pointer, members) = (deal.rule.clone(), deal.pointer.clone(), deal.members.clone());
        let Some(admissions) = self.statements.admitted.get(&(table, rule.clone())).cloned() else { return Ok(parts) };
        let of_columns: Vec<(usize, &Part)> =
            members.iter().zip(&parts).filter_map(|(member, part)| Some((member.column()?, part))).collect();
        let counts: Vec<u128> = of_columns.iter().map(|(_, part)| part.countable.count()).collect();
        let all = counts.iter().copied().fold(1, u128::saturating_mul);
        let found =
            if all <= COMBINATIONS { self.look_through(table, &of_columns, all, &admissions) } else { Err(None) };
        let rules = || admissions.iter().map(|admission| admission.rule.as_str()).collect::<Vec<_>>().join(" and ");
        let numbers = match found {
            Ok(numbers) if !numbers.is_empty() => Arc::new(numbers),
            Ok(_) => {
                let detail = format!("{} leave {rule} no combination", rules());
                self.report(&pointer, [Problem::new("contradiction", detail)]);
                return Err(Failed::Known);
            }
            Err(problem) => {
                let many = || {
                    let detail = format!("{rule} and {} leave more combinations than can be looked through", rules());
                    Problem::new("capacity", detail).remedy("make the columns' domains smaller")
                };
                self.report(&pointer, [problem.unwrap_or_else(many)]);
                return Err(Failed::Known);
            }
        };
        let mut stride = 1;
        let mut counts = counts.into_iter();
        Ok(members
            .iter()
            .zip(parts)
            .map(|(member, part)| {
                let Some(count) = member.column().and_then(|_| counts.next()) else { return part };
                let digit = AdmittedDigit { own: part.countable, numbers: Arc::clone(&numbers), stride, count };
                stride *= count;
                Part { countable: Arc::new(digit), ..part }
            })
            .collect())
    }

    /// The numbers of the combinations that obey all conditions.
    fn look_through(
        &self,
        table: usize,
        columns: &[(usize, &Part)],
        all: u128,
        admissions: &[Admission],
    ) -> Result<Vec<u32>, Option<Problem>> {
        const AT_ONCE: usize = 8_192;
        let name = |column: usize| self.dataset.tables[table].columns[column].name.clone();
        let fields: Vec<Field> =
            columns.iter().map(|(column, part)| Field::new(name(*column), sql_type(&part.logical), true)).collect();
        let scope = Schema::new(fields);
        let time = self.dataset.reference_time_us();
        let compiled = |admission: &Admission| {
            let parsed = Parsed::parse(&admission.sql)?;
            Expression::compile(&parsed, &scope, time)
        };
        let compiled: Vec<Expression> =
            admissions.iter().map(compiled).collect::<Result<_, _>>().map_err(|problem| Some(sql_problem(problem)))?;
        let positions: Vec<u128> = (0..all).collect();
        let mut numbers = Vec::new();
        for chunk in positions.chunks(AT_ONCE) {
            let mut stride = 1;
            let values: Vec<ArrayRef> = columns
                .iter()
                .map(|(_, part)| {
                    let count = part.countable.count();
                    let digits: Vec<u128> = chunk.iter().map(|position| position / stride % count).collect();
                    stride *= count;
                    as_sql(&part.countable.unrank(&digits))
                })
                .collect();
            let mut admitted = vec![true; chunk.len()];
            for expression in &compiled {
                let read: Vec<ArrayRef> = expression.columns().iter().map(|at| Arc::clone(&values[*at])).collect();
                let verdict = expression.evaluate(&read, chunk.len());
                let verdict = verdict.map_err(|error| Some(Problem::new("run", error.detail)))?;
                let Some(verdict) = verdict.as_boolean_opt() else { return Err(None) };
                for (row, admitted) in admitted.iter_mut().enumerate() {
                    *admitted &= !verdict.is_valid(row) || verdict.value(row);
                }
            }
            let kept = chunk.iter().zip(admitted).filter(|(_, admitted)| *admitted);
            numbers.extend(kept.map(|(position, _)| *position as u32));
        }
        Ok(numbers)
    }
}

/// A column of combinations of which some are admitted: its values by the number of an admitted one, so that they repeat.
struct AdmittedDigit {
    own: Arc<dyn Countable>,
    numbers: Arc<Vec<u32>>,
    stride: u128,
    count: u128,
}

impl Countable for AdmittedDigit {
    fn count(&self) -> u128 {
        self.numbers.len() as u128
    }

    fn unrank(&self, positions: &[u128]) -> ArrayRef {
        let digit = |position: &u128| u128::from(self.numbers[*position as usize]) / self.stride % self.count;
        self.own.unrank(&positions.iter().map(digit).collect::<Vec<u128>>())
    }
}

/// How members share the positions of a combination: of each how many positions share its digit, and how many positions there are.
pub(super) fn strides(members: &[Member], parts: &[Part], is_admitted: bool) -> (Vec<u128>, u128) {
    let (mut strides, mut domain) = (Vec::with_capacity(parts.len()), 1_u128);
    let mut shared = None;
    for (member, part) in members.iter().zip(parts) {
        if let (Some(stride), Member::Column(_)) = (shared, member) {
            strides.push(stride);
            continue;
        }
        strides.push(domain);
        if is_admitted && member.column().is_some() {
            shared = Some(domain);
        }
        domain = domain.saturating_mul(part.countable.count());
    }
    (strides, domain)
}
