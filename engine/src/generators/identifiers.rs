//! Columns of numbers that a state, a bank or an industry gives out. They agree with the person or company of the row.
//!
//! A `unique` column whose numbers show nothing of the row deals them by position. Where they repeat facts that other columns show, the
//! parts that are free keep rows apart: a permutation gives each row its own while they suffice for the whole table; else an index counts
//! the rows of equal facts, up to 2^20 rows.

mod numbers;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, OnceLock};

use datafusion::arrow::array::{Array, ArrayRef, StringViewArray};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(super) use numbers::Numbers;

use super::person::genders::gender_of;
use super::person::is_redrawn;
use super::person::names::{text_attribute, texts};
use super::text::TextColumn;
use super::{Cells, Fill, Held, Made, Problems, Rows, RunError, by_name};
use crate::identifiers::{COUNTRIES, Facts, Identifier, Names, Needs, Space, national_id, tax_id};
use crate::locale::{Gender, Surnames};
use crate::permutation::Permutation;
use crate::plan::{Context, Evaluation, Plan, Side, SlotId, units_of};
use crate::problem::Problem;
use crate::random::Key;
use crate::schema::DAY_US;
use crate::types::LogicalType;

/// Which numbers are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NumbersOf {
    /// Those that may have been issued.
    Valid,
    /// Those that cannot have been issued, which a check refuses.
    Invalid,
}

/// How a number is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NumberFormat {
    /// As on the document: `123-45-6789`.
    Printed,
    /// Digits and letters alone.
    Digits,
}

/// Up to so many rows, rows of equal facts are counted.
const INDEXED_ROWS: u64 = 1 << 20;

/// Rows of the index that are made at once.
const INDEX_STEP: u64 = 1 << 16;

/// The country of a parameter, in capitals, or that of the locale; it has to be one of some.
pub(super) fn country_of(cx: &Context<'_>, country: Option<&String>, known: &[&str]) -> Result<String, Problems> {
    let Some(country) = country else { return Ok(cx.locale().country().to_owned()) };
    let upper = country.to_ascii_uppercase();
    if known.contains(&upper.as_str()) {
        return Ok(upper);
    }
    let detail = format!("no numbers of the country {country} are known here");
    let remedy = format!("take one of {}", known.join(", "));
    Err(vec![Problem::new("not_supported", detail).remedy(remedy).hint(country, known.to_vec()).at("/country")])
}

/// Attributes whose columns show a date of birth, a sex, a person's names, a company's name.
const SHOWS_BIRTH: [&str; 1] = ["date_of_birth"];
const SHOWS_SEX: [&str; 5] = ["gender", "first_name", "middle_name", "full_name", "name_prefix"];
const SHOWS_NAMES: [&str; 6] =
    ["first_name", "middle_name", "last_name", "full_name", "paternal_surname", "maternal_surname"];
const SHOWS_COMPANY: [&str; 1] = ["company_name"];
/// Attributes whose columns show where the person lives.
const SHOWS_PLACE: [&str; 6] = ["city", "state", "state_code", "district", "admin_code", "full_address"];

/// Where names are read.
enum NameInputs {
    /// Given name and surnames.
    Apart(usize, Vec<usize>),
    /// A whole name, and whether its last two words are surnames.
    Whole(usize, bool),
    /// A company's.
    Company(usize),
}

/// The inputs of what is known of the row.
#[derive(Default)]
struct Inputs {
    birth: Option<usize>,
    gender: Option<usize>,
    names: Option<NameInputs>,
    /// The number of the district.
    district: Option<usize>,
    /// The nationality, where foreigners have numbers of another form.
    nationality: Option<Nationality>,
}

/// A column of nationalities.
struct Nationality {
    input: usize,
    /// The locale's own, in its forms.
    own: Vec<&'static str>,
    /// The place of the space of foreigners.
    foreigners: usize,
}

impl Nationality {
    fn of(cx: &mut Context<'_>, foreigners: usize) -> Result<Nationality, Problems> {
        let locale = cx.locale();
        let forms = [None, Some(Gender::Female), Some(Gender::Male)];
        let own = forms.iter().filter_map(|gender| locale.nationalities(*gender).values.first().copied()).collect();
        Ok(Nationality { input: text_attribute(cx, "nationality")?, own, foreigners })
    }
}

impl Inputs {
    fn of(cx: &mut Context<'_>, needs: Needs, of_company: bool) -> Result<Inputs, Problems> {
        let mut inputs = Inputs::default();
        if needs.district && cx.shows_attribute(&SHOWS_PLACE) {
            // An Indian company's number has the state's, others that of the district.
            let of_state = of_company && cx.locale().country() == "IN";
            inputs.district = Some(text_attribute(cx, if of_state { "state_number" } else { "admin_code" })?);
        }
        if of_company {
            if needs.names {
                inputs.names = Some(NameInputs::Company(text_attribute(cx, "company_name")?));
            }
            return Ok(inputs);
        }
        if needs.birth && by_name("date_of_birth").is_some() {
            let input = cx.attribute("date_of_birth")?;
            let is_day = matches!(cx.input_type(input), LogicalType::Date | LogicalType::Datetime);
            inputs.birth = is_day.then_some(input);
        }
        if needs.sex {
            inputs.gender = Some(text_attribute(cx, "gender")?);
        }
        if needs.names {
            let whole = cx.shows_attribute(&["full_name"]) && !cx.shows_attribute(&["first_name", "last_name"]);
            inputs.names = Some(if whole {
                NameInputs::Whole(text_attribute(cx, "full_name")?, cx.locale().surnames() == Surnames::PaternalFirst)
            } else {
                let surnames = if cx.shows_attribute(&["paternal_surname", "maternal_surname"]) {
                    vec![text_attribute(cx, "paternal_surname")?, text_attribute(cx, "maternal_surname")?]
                } else {
                    vec![text_attribute(cx, "last_name")?]
                };
                NameInputs::Apart(text_attribute(cx, "first_name")?, surnames)
            });
        }
        Ok(inputs)
    }

    fn known(&self) -> Needs {
        Needs {
            birth: self.birth.is_some(),
            sex: self.gender.is_some(),
            names: self.names.is_some(),
            district: self.district.is_some(),
        }
    }
}

/// Numbers that agree with the row.
pub(super) struct Agreeing {
    key: Key,
    /// Draws a date and a sex where the row's is null.
    substitutes: Key,
    numbers: Numbers,
    inputs: Inputs,
    /// Today, in days since 1970.
    today: i64,
    apart: Apart,
}

/// How the numbers of rows are kept apart.
enum Apart {
    /// They may repeat.
    No,
    /// Each row has free parts of its own.
    Positions(Permutation),
    /// Rows of equal facts are counted.
    Ordinals { repeats: OnceLock<Result<Vec<Repeat>, RunError>>, table: usize, slots: Vec<SlotId> },
}

/// A row whose facts an earlier row has as well.
#[derive(Clone, Copy)]
struct Repeat {
    row: u64,
    /// The first row of these facts.
    first: u64,
    /// How many rows of these facts stand before it.
    ordinal: u64,
}

/// A column of an identifier's numbers.
pub(super) fn column(
    cx: &mut Context<'_>,
    identifier: &'static Identifier,
    space: Option<NumbersOf>,
    format: Option<NumberFormat>,
) -> Result<Made, Problems> {
    let today = cx.reference_time_us().div_euclid(DAY_US);
    let spaces = identifier.spaces(space != Some(NumbersOf::Invalid), today);
    let printed = (format != Some(NumberFormat::Digits)).then_some(identifier);
    let needs = spaces.iter().map(Space::needs).fold(Needs::default(), |all, needs| Needs {
        birth: all.birth || needs.birth,
        sex: all.sex || needs.sex,
        names: all.names || needs.names,
        district: all.district || needs.district,
    });
    // Nationality and district are those of the locale's country.
    let country = cx.locale().country();
    let is_own = national_id(country).is_some_and(|own| own.name == identifier.name);
    let is_companys =
        tax_id(country).is_some_and(|own| own.name == identifier.name) && cx.shows_attribute(&SHOWS_PLACE);
    let needs = Needs { district: needs.district && (is_own || is_companys), ..needs };
    let tells = is_own && spaces.len() > 1 && cx.shows_attribute(&["nationality"]);
    let foreigners = identifier.foreigners.filter(|_| tells);
    let unaided = Numbers::new(spaces.clone(), Needs::default(), printed);
    let longest = unaided.fitting(cx, identifier.name)?;
    // A company's date of foundation is no column.
    if (needs == Needs::default() && foreigners.is_none()) || (identifier.of_company && !needs.names && !needs.district)
    {
        return unaided.made(cx, identifier.name);
    }
    let shows = |names: &[&str], needed: bool| needed && cx.shows_attribute(names);
    let shown = if identifier.of_company {
        shows(&SHOWS_COMPANY, needs.names) || needs.district
    } else {
        shows(&SHOWS_BIRTH, needs.birth)
            || shows(&SHOWS_SEX, needs.sex)
            || shows(&SHOWS_NAMES, needs.names)
            || shows(&SHOWS_PLACE, needs.district)
            || foreigners.is_some()
    };
    let mut inputs = Inputs::of(cx, needs, identifier.of_company)?;
    inputs.nationality = foreigners.map(|foreigners| Nationality::of(cx, foreigners)).transpose()?;
    let mut numbers = Numbers::new(spaces, inputs.known(), printed);
    numbers.by_form = inputs.nationality.is_some();
    let apart = if shown && cx.unique() { apart(cx, &numbers, identifier)? } else { Apart::No };
    let unique = !matches!(apart, Apart::No);
    let (key, substitutes) = (cx.key("value"), cx.key("component"));
    let fill = Agreeing { key, substitutes, numbers, inputs, today, apart };
    let made = if unique {
        // What keeps rows apart follows from the rows before them and is not drawn again.
        Made::computed(LogicalType::String, fill).all_distinct()
    } else {
        Made::drawn(LogicalType::String, fill)
    };
    let made = Made { longest: Some(longest), ..made };
    Ok(if shown { made } else { made.counted(unaided.listed()) })
}

fn apart(cx: &mut Context<'_>, numbers: &Numbers, identifier: &Identifier) -> Result<Apart, Problems> {
    let rows = cx.rows()?;
    let free = numbers.total();
    if u128::from(rows) <= free {
        let free = u64::try_from(free).unwrap_or(u64::MAX).min(1 << 63);
        return Ok(Apart::Positions(Permutation::new(cx.key("position"), free)));
    }
    if rows <= INDEXED_ROWS {
        let (table, slots) = cx.slots();
        return Ok(Apart::Ordinals { repeats: OnceLock::new(), table, slots });
    }
    let detail = format!(
        "a {} that agrees with other columns of the row leaves {free} numbers free, fewer than the table's {rows} rows",
        identifier.name
    );
    Err(vec![
        Problem::new("capacity", detail).param("capacity", free.to_string()).param("rows", rows).remedy(
            "give the column an entity of its own, so that it agrees with no other column, or leave unique out",
        ),
    ])
}

/// The arrays of what is known of some rows.
struct Known<'c> {
    births: Option<Vec<Option<i64>>>,
    genders: Option<&'c StringViewArray>,
    names: Vec<&'c StringViewArray>,
    district: Option<&'c StringViewArray>,
    nationality: Option<&'c StringViewArray>,
}

impl<'c> Known<'c> {
    fn of(inputs: &Inputs, cells: &'c Cells<'_>) -> Result<Known<'c>, RunError> {
        let births = inputs.birth.map(|input| units_of(&cells.inputs[input], &LogicalType::Date, Side::Upper));
        let genders = inputs.gender.map(|input| texts(cells, input));
        let names: Vec<usize> = match &inputs.names {
            None => Vec::new(),
            Some(NameInputs::Whole(input, _) | NameInputs::Company(input)) => vec![*input],
            Some(NameInputs::Apart(given, surnames)) => [*given].iter().chain(surnames).copied().collect(),
        };
        let names = names.into_iter().map(|input| texts(cells, input)).collect::<Result<_, _>>()?;
        let district = inputs.district.map(|input| texts(cells, input)).transpose()?;
        let nationality = inputs.nationality.as_ref().map(|of| texts(cells, of.input)).transpose()?;
        Ok(Known { births: births.transpose()?, genders: genders.transpose()?, names, district, nationality })
    }
}

fn at(texts: &StringViewArray, position: usize) -> &str {
    if texts.is_valid(position) { texts.value(position) } else { "" }
}

impl Agreeing {
    /// Writes the numbers of some rows; `rank` gives a row's own free parts.
    fn write(
        &self,
        cells: &Cells<'_>,
        rows: &Rows,
        rank: &mut dyn FnMut(u64) -> Result<u128, RunError>,
    ) -> Result<StringViewArray, RunError> {
        let known = Known::of(&self.inputs, cells)?;
        let mut column = TextColumn::with_capacity(rows.len(), 20);
        let (mut scratch, mut surnames) = (Vec::new(), String::new());
        for (position, row) in rows.iter().enumerate() {
            let mut substitute = self.substitutes.cell(row);
            let birth = known.births.as_ref().map(|births| {
                births[position].unwrap_or_else(|| self.today - 365 * 18 - substitute.below(365 * 60) as i64)
            });
            let female = known.genders.map(|genders| match gender_of(at(genders, position)) {
                Some(gender) => gender == Gender::Female,
                None => substitute.below(2) == 1,
            });
            surnames.clear();
            let names = match &self.inputs.names {
                None => None,
                Some(NameInputs::Apart(..)) => {
                    for part in &known.names[1..] {
                        surnames.push_str(at(part, position));
                        surnames.push(' ');
                    }
                    Some(Names { given: at(known.names[0], position), surnames: &surnames })
                }
                Some(NameInputs::Whole(_, two)) => Some(split_name(at(known.names[0], position), *two)),
                Some(NameInputs::Company(_)) => Some(Names { given: at(known.names[0], position), surnames: "" }),
            };
            let district = known.district.map(|districts| at(districts, position)).filter(|code| !code.is_empty());
            let facts = Facts { birth, female, names, district };
            // Who has no nationality here is a citizen.
            let form = self.inputs.nationality.as_ref().zip(known.nationality).map(|(nationality, texts)| {
                let citizen = texts.is_null(position) || nationality.own.contains(&texts.value(position));
                if citizen { 0 } else { nationality.foreigners }
            });
            self.numbers.write(rank(row)?, form, &facts, &mut scratch, column.out())?;
            column.end();
        }
        Ok(column.finish())
    }

    fn find_repeats(&self, plan: &Plan, table: usize, slots: &[SlotId]) -> Result<Vec<Repeat>, RunError> {
        let rows = plan.tables[table].rows;
        let free = self.numbers.total();
        let mut seen: HashMap<String, (u64, u64)> = HashMap::with_capacity(rows as usize);
        let mut repeats = Vec::new();
        for start in (0..rows).step_by(INDEX_STEP as usize) {
            let range = Rows::Range(start..rows.min(start + INDEX_STEP));
            let mut evaluation = Evaluation::new(plan, table, range.clone());
            let inputs = slots.iter().map(|slot| evaluation.need(*slot)).collect::<Result<Vec<_>, _>>()?;
            // All with the first of the free parts: texts are alike where the facts are.
            let facts = self.write(&Cells { inputs: &inputs, attempt: 0, plan }, &range, &mut |_| Ok(0))?;
            for (row, facts) in range.iter().zip(facts.iter().flatten()) {
                match seen.entry(facts.to_owned()) {
                    Entry::Vacant(vacant) => {
                        vacant.insert((row, 0));
                    }
                    Entry::Occupied(mut occupied) => {
                        let (first, ordinal) = occupied.get_mut();
                        *ordinal += 1;
                        if u128::from(*ordinal) >= free {
                            let detail = format!("more than {free} rows agree in all that the number repeats of them");
                            return Err(RunError { row: Some(row), ..RunError::new(detail) });
                        }
                        repeats.push(Repeat { row, first: *first, ordinal: *ordinal });
                    }
                }
            }
        }
        Ok(repeats)
    }
}

/// Given names, and the last word or two.
fn split_name(whole: &str, two_surnames: bool) -> Names<'_> {
    let spaces: Vec<usize> = whole.match_indices(' ').map(|(place, _)| place).collect();
    let surnames = if two_surnames && spaces.len() > 1 { 2 } else { 1 };
    match spaces.len().checked_sub(surnames).map(|place| spaces[place]) {
        Some(place) => Names { given: &whole[..place], surnames: &whole[place + 1..] },
        None => Names { given: whole, surnames: "" },
    }
}

impl Fill for Agreeing {
    fn hold(&self, held: &mut Held<'_>) {
        if let Apart::Ordinals { table, .. } = &self.apart {
            held.add(self, held.plan.tables[*table].rows * size_of::<Repeat>() as u64);
        }
    }

    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let free = self.numbers.total();
        let numbers = match &self.apart {
            Apart::No => {
                let key = cells.key(&self.key);
                self.write(cells, rows, &mut |row| Ok(key.cell(row).below_u128(free)))?
            }
            Apart::Positions(positions) => self.write(cells, rows, &mut |row| Ok(u128::from(positions.at(row))))?,
            Apart::Ordinals { table, slots, .. } if is_redrawn(cells.plan, *table, slots) => {
                return Err(RunError::new(
                    "a rule draws columns again that this unique number agrees with; give it an entity of its own",
                ));
            }
            Apart::Ordinals { repeats, table, slots } => {
                let found = repeats.get_or_init(|| self.find_repeats(cells.plan, *table, slots));
                let repeats = found.as_ref().map_err(Clone::clone)?;
                // Rows ascend, so the search goes on where it stood.
                let mut place =
                    rows.iter().next().map_or(0, |start| repeats.partition_point(|known| known.row < start));
                self.write(cells, rows, &mut |row| {
                    while repeats.get(place).is_some_and(|known| known.row < row) {
                        place += 1;
                    }
                    let own = Repeat { row, first: row, ordinal: 0 };
                    let known = repeats.get(place).filter(|known| known.row == row).copied().unwrap_or(own);
                    let start = self.key.cell(known.first).below_u128(free);
                    Ok((start + u128::from(known.ordinal)) % free)
                })?
            }
        };
        Ok(Arc::new(numbers))
    }
}

/// The country's identifier by a parameter, or by the locale.
pub(super) fn of_country(
    cx: &Context<'_>,
    country: Option<&String>,
    find: fn(&str) -> Option<&'static Identifier>,
) -> Result<&'static Identifier, Problems> {
    let country = country_of(cx, country, &COUNTRIES)?;
    find(&country).ok_or_else(|| {
        let detail = format!("no such number of {country}, the locale's country, is known here");
        let remedy = format!("name a country: {}", COUNTRIES.join(", "));
        vec![Problem::new("not_supported", detail).remedy(remedy).at("/country")]
    })
}
