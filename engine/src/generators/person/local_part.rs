//! User names and e-mail addresses: what stands before the `@` follows from the row's names.
//!
//! Distinct addresses keep the names: up to 2^20 rows, an index holds the rows whose address repeats an earlier one, and gives each its
//! ordinal, `jperez2`; beyond, or where the names are drawn again until a rule holds, every address ends in the digits of the row's
//! position in a permutation. What the names give consists of letters, `.` and `_` alone and never ends in a digit, so no number makes two
//! addresses alike.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

use datafusion::arrow::array::{Array, ArrayRef, StringViewArray};

use super::super::pieces::{Piece, Pieces, SHORT, Short, Span, append};
use super::super::text::{TextColumn, nothing_fits};
use super::super::{Cells, Fill, Held, Made, Problems, Rows, RunError};
use super::ColumnNames;
use super::letters::{COMPANY_CHARACTERS, Scratch, write_slug};
use super::names::{text_attribute, texts};
use super::prepared::{Joint, Prepared, PreparedDomain, PreparedNames};
use crate::locale::{Gender, Locale};
use crate::permutation::Permutation;
use crate::plan::{Context, Evaluation, Plan, SlotId};
use crate::problem::Problem;
use crate::random::{Alias, Key};
use crate::types::LogicalType;

/// Up to so many rows, repeated addresses are found and numbered.
const INDEXED_ROWS: u64 = 1 << 20;

/// Rows of the index that are made at once.
const INDEX_STEP: usize = 1 << 16;

/// The fewest digits of a permutation's position, so that more rows leave the earlier ones as they were.
const FEWEST_DIGITS: u32 = 4;

/// The share of addresses, in hundredths, that end in two digits where they may repeat.
const WITH_DIGITS: u64 = 40;

/// How first and last name are put together: which of the two stands first, how many bytes of each count at most, and what stands between.
struct Style {
    /// 0 the first name, 1 the last name.
    before: usize,
    before_bytes: usize,
    sign: &'static str,
    after_bytes: usize,
}

/// A name whole.
const WHOLE: usize = usize::MAX;
/// A name's initial: names are ASCII letters here.
const INITIAL: usize = 1;

const fn style(before: usize, before_bytes: usize, sign: &'static str, after_bytes: usize) -> Style {
    Style { before, before_bytes, sign, after_bytes }
}

/// The styles and how often each comes.
const STYLES: [(Style, f64); 8] = [
    (style(0, WHOLE, ".", WHOLE), 28.0),
    (style(0, INITIAL, "", WHOLE), 24.0),
    (style(0, WHOLE, "", WHOLE), 12.0),
    (style(0, WHOLE, "_", WHOLE), 8.0),
    (style(0, WHOLE, "", INITIAL), 10.0),
    (style(1, WHOLE, ".", WHOLE), 7.0),
    (style(0, INITIAL, ".", WHOLE), 6.0),
    (style(1, WHOLE, "", INITIAL), 5.0),
];

impl Style {
    /// The style for names of few letters.
    fn joint(&self) -> Joint {
        let bytes = [self.before_bytes, self.after_bytes].map(|bytes| bytes.min(SHORT));
        Joint { last_first: self.before == 1, bytes, sign: Short::new(self.sign).unwrap_or_default() }
    }

    /// Appends the local part of two names of letters; one may be empty.
    fn write(&self, first: &str, last: &str, out: &mut String) {
        if first.is_empty() || last.is_empty() {
            let alone = if first.is_empty() { last } else { first };
            out.push_str(if alone.is_empty() { "user" } else { alone });
            return;
        }
        let names = [first, last];
        let most = |name: &str, bytes: usize| name.len().min(bytes);
        let (before, after) = (names[self.before], names[1 - self.before]);
        out.push_str(&before[..most(before, self.before_bytes)]);
        out.push_str(self.sign);
        out.push_str(&after[..most(after, self.after_bytes)]);
    }
}

/// Where the names are read.
enum NameInputs {
    /// First and last name.
    Apart(usize, usize),
    /// The whole name in one text.
    Whole(usize),
}

/// What stands behind the `@`.
pub enum Domains {
    /// One of these, by weight.
    Listed {
        /// Draws the domain.
        key: Key,
        /// The domains.
        texts: Vec<String>,
        /// Their weights.
        alias: Alias,
        /// The domains behind their `@`, where all of them are short.
        pieces: Option<(Pieces, Vec<Span>)>,
    },
    /// The name of the company in an input.
    Company {
        /// The input.
        company: usize,
        /// The top-level domain.
        ending: &'static str,
    },
}

impl Domains {
    /// Domains by weight, those that leave room for a local part within the column's lengths.
    pub fn listed(cx: &Context<'_>, texts: Vec<String>, weights: &[f64]) -> Result<Domains, Problems> {
        let limit = cx.lengths().1.map_or(usize::MAX, |limit| limit as usize);
        let fits = |text: &String| text.chars().count() + SHORTEST_LOCAL < limit;
        let (texts, weights): (Vec<String>, Vec<f64>) =
            texts.into_iter().zip(weights).filter(|(text, _)| fits(text)).unzip();
        let alias = Alias::new(&weights)
            .ok_or_else(|| vec![nothing_fits(format!("no address here has at most {limit} characters"))])?;
        let mut pieces = Pieces::default();
        let spans = texts.iter().map(|text| pieces.add(&format!("@{text}"))).collect::<Option<Vec<Span>>>();
        Ok(Domains::Listed { key: cx.key("component"), texts, alias, pieces: spans.map(|spans| (pieces, spans)) })
    }

    /// The most characters of a domain.
    fn longest(&self) -> usize {
        match self {
            Domains::Listed { texts, .. } => texts.iter().map(|text| text.chars().count()).max().unwrap_or(0),
            Domains::Company { ending, .. } => COMPANY_CHARACTERS + ending.len(),
        }
    }
}

/// The fewest characters of a local part that a domain must leave room for.
const SHORTEST_LOCAL: usize = 3;

/// How addresses are kept apart.
enum Apart {
    /// They may repeat.
    No,
    /// Repeats are numbered.
    Ordinals {
        /// The rows that repeat an earlier one, ascending, with their ordinals; made on first use.
        repeats: OnceLock<Result<Vec<(u64, u32)>, RunError>>,
        table: usize,
        /// The slots of the inputs.
        slots: Vec<SlotId>,
    },
    /// Each ends in its position.
    Positions,
}

/// User names, or e-mail addresses where there are domains.
pub struct Addresses {
    key: Key,
    names: NameInputs,
    locale: &'static Locale,
    styles: Alias,
    domains: Option<Domains>,
    apart: Apart,
    /// The position of each row, where every address has one.
    positions: Option<Permutation>,
    /// The most characters of the whole.
    limit: Option<usize>,
    /// The digits for which room is left.
    digits: usize,
    /// What addresses of the locale's own names are copied from.
    prepared: Option<Prepared>,
}

impl Addresses {
    /// The column: of the names in some columns, else of the row's person.
    pub fn made(cx: &mut Context<'_>, from: Option<&ColumnNames>, domains: Option<Domains>) -> Result<Made, Problems> {
        let names = name_inputs(cx, from)?;
        let unique = cx.unique();
        let rows = if unique { cx.rows()? } else { 0 };
        let styles = Alias::new(&STYLES.map(|(_, weight)| weight))
            .ok_or_else(|| vec![Problem::new("empty_list", "there are no styles")])?;
        let mut positions = None;
        let mut digits = 0;
        if unique {
            // The next power of ten, so that the digits of earlier rows stay where rows are added.
            digits = FEWEST_DIGITS.max(rows.saturating_sub(1).checked_ilog10().unwrap_or(0) + 1);
            positions = Some(Permutation::new(cx.key("position"), 10_u64.saturating_pow(digits)));
        }
        let (table, slots) = cx.slots();
        let apart = match unique {
            false => Apart::No,
            true if rows <= INDEXED_ROWS => Apart::Ordinals { repeats: OnceLock::new(), table, slots },
            true => Apart::Positions,
        };
        let limit = cx.lengths().1.map(|limit| limit as usize);
        let digits = digits as usize;
        if let Some(limit) = limit {
            let behind = domains.as_ref().map_or(0, |domains| domains.longest() + 1);
            if limit <= behind + digits {
                let detail = if unique {
                    format!(
                        "{limit} characters leave no room for a name and the {digits} digits that keep {rows} rows apart"
                    )
                } else {
                    format!("{limit} characters leave no room for a name")
                };
                return Err(vec![nothing_fits(detail)]);
            }
        }
        let locale = cx.locale();
        let letters = |name: &'static str, read: fn(&mut Scratch, &str, &'static Locale)| {
            let mut scratch = Scratch::default();
            read(&mut scratch, name, locale);
            (name, scratch.first + &scratch.last)
        };
        let genders = [None, Some(Gender::Female)];
        let last_names = genders.into_iter().flat_map(|gender| locale.last_names(gender).values.iter().copied());
        let first_names = locale.first_names(None).values.iter();
        let prepared = (limit.is_none() && matches!(names, NameInputs::Apart(..))).then(|| Prepared {
            first: PreparedNames::of(first_names.map(|name| letters(name, Scratch::read_first))),
            last: PreparedNames::of(last_names.map(|name| letters(name, Scratch::read_last))),
            joints: STYLES.iter().map(|(style, _)| style.joint()).collect(),
        });
        let fill = Addresses {
            key: cx.key("value"),
            names,
            locale,
            styles,
            domains,
            apart,
            positions,
            limit,
            digits,
            prepared,
        };
        let longest = limit.map(|limit| limit as u64);
        // Numbered addresses follow from the rows before them and are not drawn again.
        let made = if unique {
            Made::computed(LogicalType::String, fill).all_distinct()
        } else {
            Made::drawn(LogicalType::String, fill)
        };
        Ok(Made { longest, ..made })
    }

    /// Appends the address of a row whose names and domain are prepared; nothing where one of them is not.
    #[inline(always)]
    fn push_prepared(
        &self,
        (prepared, first, last): &PreparedInputs<'_>,
        position: usize,
        (cell_key, domain): (&Key, &PreparedDomain<'_>),
        row: u64,
        number: Option<u64>,
        out: &mut String,
    ) -> bool {
        let names = (prepared.first.letters(first, position), prepared.last.letters(last, position));
        let (Some(first), Some(last)) = names else { return false };
        let domain = domain.at(row);
        let mut cell = cell_key.cell(row);
        let local = prepared.joints[self.styles.pick(cell.next())].join(first, last);
        // Drawn in any case: a choice that the processor cannot foresee costs more than what it saves.
        let may_have_digits = matches!(self.apart, Apart::No);
        let with_digits = may_have_digits & (cell.below(100) < WITH_DIGITS);
        let digits = Short::two_digits(cell.below(100)).only_if(with_digits);
        match number {
            Some(number) => {
                append(local, Piece::EMPTY, out);
                push_number(number, out);
                append([], domain, out);
            }
            None => {
                let [before, sign, after] = local;
                append([before, sign, after, digits], domain, out);
            }
        }
        true
    }

    /// Appends the local part of a row, cut to leave room; nothing where the row has no name.
    fn write_local(
        &self,
        input: &Inputs<'_>,
        position: usize,
        cell_key: &Key,
        row: u64,
        room: usize,
        scratch: &mut Scratch,
    ) -> bool {
        match input.last {
            Some(last) => scratch.read_names(at(input.first, position), at(last, position), self.locale),
            None => scratch.read_whole(at(input.first, position), self.locale),
        }
        scratch.local.clear();
        if !scratch.known {
            return false;
        }
        let mut cell = cell_key.cell(row);
        let (style, _) = &STYLES[self.styles.pick(cell.next())];
        style.write(&scratch.first, &scratch.last, &mut scratch.local);
        if scratch.local.len() > room {
            scratch.local.truncate(room);
            while scratch.local.len() > 1 && scratch.local.ends_with(['.', '_']) {
                scratch.local.pop();
            }
        }
        if matches!(self.apart, Apart::No) && cell.below(100) < WITH_DIGITS && scratch.local.len() + 2 <= room {
            push_two_digits(cell.below(100), &mut scratch.local);
        }
        true
    }

    /// Writes the addresses of some rows; `number` gives a row's own number where it has one.
    fn write(
        &self,
        cells: &Cells<'_>,
        rows: &Rows,
        mut number: impl FnMut(u64) -> Option<u64>,
    ) -> Result<StringViewArray, RunError> {
        let input = Inputs::of(self, cells)?;
        // What keeps rows apart is the same in every attempt.
        let attempt = |key: &Key| if matches!(self.apart, Apart::No) { cells.key(key) } else { *key };
        let key = attempt(&self.key);
        let mut scratch = Scratch::default();
        let mut column = TextColumn::with_capacity(rows.len(), 28);
        let mut slug = String::new();
        let domain_key = match &self.domains {
            Some(Domains::Listed { key, .. }) => Some(attempt(key)),
            _ => None,
        };
        let domains = match (&self.domains, &domain_key) {
            (None, _) => Some(PreparedDomain::None),
            (Some(Domains::Listed { pieces: Some((pieces, spans)), alias, .. }), Some(key)) => {
                Some(PreparedDomain::Listed { key: *key, alias, pieces, spans })
            }
            _ => None,
        };
        let names = self.prepared.as_ref().zip(input.last).map(|(prepared, last)| (prepared, input.first, last));
        let prepared = names.zip(domains);
        for (position, row) in rows.iter().enumerate() {
            let number = number(row);
            if let Some((names, domains)) = &prepared
                && self.push_prepared(names, position, (&key, domains), row, number, column.out())
            {
                column.end();
                continue;
            }
            let domain = match (&self.domains, &domain_key) {
                (Some(Domains::Listed { texts, alias, .. }), Some(key)) => {
                    Some(texts[alias.pick(key.word(row))].as_str())
                }
                (Some(Domains::Company { ending, .. }), _) => {
                    slug.clear();
                    write_slug(input.company(position), self.locale, &mut scratch, &mut slug);
                    slug.push_str(ending);
                    Some(slug.as_str())
                }
                _ => None,
            };
            let behind = domain.map_or(0, |domain| domain.chars().count() + 1) + self.digits;
            let room = self.limit.map_or(usize::MAX, |limit| limit.saturating_sub(behind).max(1));
            if !self.write_local(&input, position, &key, row, room, &mut scratch) {
                column.end_null();
                continue;
            }
            let out = column.out();
            out.push_str(&scratch.local);
            if let Some(number) = number {
                push_number(number, out);
            }
            if let Some(domain) = domain {
                out.push('@');
                out.push_str(domain);
            }
            column.end();
        }
        Ok(column.finish())
    }

    /// The rows of the table whose address repeats an earlier one, with their ordinals.
    fn find_repeats(&self, plan: &Plan, table: usize, slots: &[SlotId]) -> Result<Vec<(u64, u32)>, RunError> {
        let rows = plan.tables[table].rows;
        let mut made = Vec::new();
        for start in (0..rows).step_by(INDEX_STEP) {
            let range = Rows::Range(start..rows.min(start + INDEX_STEP as u64));
            let mut evaluation = Evaluation::new(plan, table, range.clone());
            let inputs = slots.iter().map(|slot| evaluation.need(*slot)).collect::<Result<Vec<_>, _>>()?;
            made.push(self.write(&Cells { inputs: &inputs, attempt: 0, plan }, &range, |_| None)?);
        }
        let mut ordinals: HashMap<&str, u32> = HashMap::with_capacity(rows as usize);
        let mut repeats = Vec::new();
        for (row, address) in made.iter().flat_map(|part| part.iter()).enumerate() {
            let Some(address) = address else { continue };
            let ordinal = ordinals.entry(address).or_insert(0);
            *ordinal += 1;
            if *ordinal > 1 {
                repeats.push((row as u64, *ordinal));
            }
        }
        Ok(repeats)
    }
}

impl Fill for Addresses {
    fn hold(&self, held: &mut Held<'_>) {
        if let Apart::Ordinals { table, .. } = &self.apart {
            held.add(self, held.plan.tables[*table].rows * size_of::<(u64, u32)>() as u64);
        }
    }

    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let by_position = |row: u64| self.positions.as_ref().map(|positions| positions.at(row));
        let addresses = match &self.apart {
            Apart::No => self.write(cells, rows, |_| None)?,
            Apart::Positions => self.write(cells, rows, by_position)?,
            // To find repeats the names of all rows must be known, and those of a rule's group may depend on this column.
            Apart::Ordinals { table, slots, .. } if is_redrawn(cells.plan, *table, slots) => {
                self.write(cells, rows, by_position)?
            }
            Apart::Ordinals { repeats, table, slots } => {
                let found = repeats.get_or_init(|| self.find_repeats(cells.plan, *table, slots));
                let repeats = found.as_ref().map_err(Clone::clone)?;
                // Rows ascend, so the search goes on where it stood.
                let mut at = rows.iter().next().map_or(0, |first| repeats.partition_point(|(row, _)| *row < first));
                self.write(cells, rows, |row| {
                    while repeats.get(at).is_some_and(|(repeat, _)| *repeat < row) {
                        at += 1;
                    }
                    repeats.get(at).filter(|(repeat, _)| *repeat == row).map(|(_, ordinal)| u64::from(*ordinal))
                })?
            }
        };
        Ok(Arc::new(addresses))
    }
}

/// Whether one of some slots depends on values that are drawn again until a rule holds.
pub fn is_redrawn(plan: &Plan, table: usize, slots: &[SlotId]) -> bool {
    let all = &plan.tables[table].slots;
    let mut seen = vec![false; all.len()];
    let mut open = slots.to_vec();
    while let Some(slot) = open.pop() {
        if std::mem::replace(&mut seen[slot], true) {
            continue;
        }
        if all[slot].group.is_some() {
            return true;
        }
        open.extend_from_slice(&all[slot].inputs);
    }
    false
}

/// Where the names of an address are: in the columns that the schema says, in those of the person that the table shows, or hidden.
fn name_inputs(cx: &mut Context<'_>, from: Option<&ColumnNames>) -> Result<NameInputs, Problems> {
    let mut column = |name: &str, place: &str| -> Result<usize, Problems> {
        let at = |problems: Problems| problems.into_iter().map(|problem| problem.at(place)).collect::<Problems>();
        let input = cx.column(name).map_err(at)?;
        let logical = cx.input_type(input);
        if logical.is_text() {
            Ok(input)
        } else {
            Err(vec![Problem::new("no_text", format!("a name is a text, and {name} is {logical}")).at(place)])
        }
    };
    match from {
        Some(ColumnNames::One(name)) => return Ok(NameInputs::Whole(column(name, "/from")?)),
        Some(ColumnNames::Two([first, last])) => {
            return Ok(NameInputs::Apart(column(first, "/from/0")?, column(last, "/from/1")?));
        }
        None => {}
    }
    if cx.shows_attribute(&["full_name"]) && !cx.shows_attribute(&["first_name", "last_name"]) {
        return Ok(NameInputs::Whole(text_attribute(cx, "full_name")?));
    }
    Ok(NameInputs::Apart(text_attribute(cx, "first_name")?, text_attribute(cx, "last_name")?))
}

fn push_two_digits(digits: u64, out: &mut String) {
    out.push(char::from(b'0' + (digits / 10 % 10) as u8));
    out.push(char::from(b'0' + (digits % 10) as u8));
}

fn push_number(number: u64, out: &mut String) {
    write!(out, "{number}").expect("a string takes whatever is written to it");
}

/// The names of rows, which are prepared.
type PreparedInputs<'a> = (&'a Prepared, &'a StringViewArray, &'a StringViewArray);

/// The arrays that addresses are made of.
struct Inputs<'c> {
    first: &'c StringViewArray,
    /// None where the first holds the whole name.
    last: Option<&'c StringViewArray>,
    company: Option<&'c StringViewArray>,
}

impl<'c> Inputs<'c> {
    fn of(addresses: &Addresses, cells: &'c Cells<'_>) -> Result<Inputs<'c>, RunError> {
        let (first, last) = match addresses.names {
            NameInputs::Apart(first, last) => (texts(cells, first)?, Some(texts(cells, last)?)),
            NameInputs::Whole(whole) => (texts(cells, whole)?, None),
        };
        let company = match &addresses.domains {
            Some(Domains::Company { company, .. }) => Some(texts(cells, *company)?),
            _ => None,
        };
        Ok(Inputs { first, last, company })
    }

    fn company(&self, position: usize) -> Option<&'c str> {
        self.company.and_then(|companies| at(companies, position))
    }
}

fn at(texts: &StringViewArray, position: usize) -> Option<&str> {
    texts.is_valid(position).then(|| texts.value(position))
}
