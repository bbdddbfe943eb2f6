//! Numbers as a list of parts: counted, and made from a rank and from what is known of the person.

use super::counted::{Counted, ElevenTest, ONE_PAIR, write_one_pair};
use super::names::{NameCode, Names};
use super::scheme::Scheme;
use crate::schema::civil_of_days;

/// Consecutive characters of a number. Where a number has checks all of it is ASCII.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    /// The same in every number.
    Text(&'static str),
    /// Digits with leading zeros: how many, and their values as inclusive ranges in ascending order.
    Number(usize, &'static [(u64, u64)]),
    /// So many digits of any kind.
    Digits(usize),
    /// So many characters of an ASCII alphabet.
    Of(&'static str, usize),
    /// One of these, all of one length.
    One(&'static [&'static str]),
    /// The number of the person's district, one of these where it is unknown.
    District(&'static [&'static str]),
    /// The date of birth.
    Born(DateForm),
    /// The sex: its mark for a man, and for a woman.
    Sex(&'static str, &'static str),
    /// A digit that is odd for men and even for women.
    Parity,
    /// Korea's mark of century and sex.
    CenturySex,
    /// Mexico's mark of one of ten: a digit for births before 2000, a letter since.
    Homoclave,
    /// Letters of a name.
    Name(NameCode),
    /// Digits with a check digit that some of them do not have.
    Eleven(ElevenTest),
    /// The same with a wrong check digit.
    WrongEleven(ElevenTest),
    /// Ten digits of a German tax number.
    OnePair,
    /// Room for so many check characters.
    Check(usize),
}

/// How a date stands in a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateForm {
    /// `YYYYMMDD`
    Long,
    /// `YYMMDD`
    Short,
    /// `YYMM`
    Month,
    /// `YYMMDD`, 20 added to the month from 2000 on (Poland).
    Pesel,
    /// `YYLDD`: a letter for the month, 40 added to the day of women (Italy).
    Italian,
}

/// A check: where it stands and what it checks.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// Its first place.
    pub at: usize,
    /// The places that it checks, as a half-open range, and another that follows; empty where there is none.
    pub over: [(usize, usize); 2],
    /// How it is computed.
    pub scheme: Scheme,
}

/// Numbers of one form.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// The parts from left to right.
    pub parts: &'static [Part],
    /// The checks in the order in which they are computed.
    pub checks: &'static [Check],
}

/// What is known of the row's person; the rest is drawn.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts<'a> {
    /// Day of birth, since 1970.
    pub birth: Option<i64>,
    /// Whether the person is a woman.
    pub female: Option<bool>,
    /// The names.
    pub names: Option<Names<'a>>,
    /// The number of the district, of as many characters as numbers of districts have.
    pub district: Option<&'a str>,
}

/// Days of birth from which unknown ones are drawn.
#[derive(Clone, Copy, Debug)]
pub struct Births {
    /// The first day, since 1970.
    pub first: i64,
    /// How many days.
    pub days: u64,
}

/// What of a person numbers are made from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// The date of birth.
    pub birth: bool,
    /// The sex.
    pub sex: bool,
    /// The names.
    pub names: bool,
    /// The district.
    pub district: bool,
}

/// All numbers of one form, or all in which the last check is wrong.
#[derive(Clone, Debug)]
pub struct Space {
    parts: Vec<(Part, Option<Counted>)>,
    checks: Vec<Check>,
    births: Births,
    wrong: bool,
}

/// The person that a number is made for.
struct Person<'a> {
    date: (i64, u32, u32),
    female: bool,
    names: Option<Names<'a>>,
    district: Option<&'a str>,
}

impl Space {
    /// The numbers of these parts. With `wrong` the last check does not hold.
    pub fn new(parts: &[Part], checks: &[Check], births: Births, wrong: bool) -> Space {
        let counted = |part: &Part| match part {
            Part::Eleven(test) | Part::WrongEleven(test) => (*part, Some(test.counted())),
            _ => (*part, None),
        };
        Space { parts: parts.iter().map(counted).collect(), checks: checks.to_vec(), births, wrong }
    }

    /// What of a person the numbers are made from.
    pub fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        for (part, _) in &self.parts {
            match part {
                Part::Born(DateForm::Italian) | Part::CenturySex => (needs.birth, needs.sex) = (true, true),
                Part::Born(_) | Part::Homoclave => needs.birth = true,
                Part::Sex(..) | Part::Parity => needs.sex = true,
                Part::Name(_) => needs.names = true,
                Part::District(_) => needs.district = true,
                _ => {}
            }
        }
        needs
    }

    /// How many numbers are left where `known` is known of the person.
    pub fn count(&self, known: Needs) -> u128 {
        let needs = self.needs();
        let mut count = u128::from(self.wrong_count());
        if needs.birth && !known.birth {
            count *= u128::from(self.birth_count());
        }
        if needs.sex && !known.sex {
            count *= 2;
        }
        for (part, counted) in &self.parts {
            count = count.saturating_mul(u128::from(part_count(part, counted.as_ref(), known)));
        }
        count
    }

    /// How many bytes a number has.
    pub fn length(&self) -> usize {
        let mut out = Vec::new();
        self.write(0, &Facts::default(), &mut out);
        out.len()
    }

    fn by_month(&self) -> bool {
        self.parts.iter().any(|(part, _)| matches!(part, Part::Born(DateForm::Month)))
    }

    fn birth_count(&self) -> u64 {
        let Births { first, days } = self.births;
        if !self.by_month() {
            return days;
        }
        (months(first + days as i64 - 1) - months(first) + 1) as u64
    }

    fn wrong_count(&self) -> u64 {
        match self.checks.last() {
            Some(check) if self.wrong => check.scheme.wrong_count(),
            _ => 1,
        }
    }

    /// Appends the number of a rank, which is below [`Space::count`] of what `facts` holds; its bytes are UTF-8.
    pub fn write(&self, rank: u128, facts: &Facts<'_>, out: &mut Vec<u8>) {
        let mut rank = Rank(rank);
        let wrong = rank.next(self.wrong_count());
        let needs = self.needs();
        let date = match facts.birth {
            Some(day) => civil_of_days(day),
            None if !needs.birth => (1970, 1, 1),
            None if self.by_month() => {
                let month = months(self.births.first) + rank.next(self.birth_count()) as i64;
                (month.div_euclid(12), month.rem_euclid(12) as u32 + 1, 1)
            }
            None => civil_of_days(self.births.first + rank.next(self.births.days) as i64),
        };
        let female = facts.female.unwrap_or_else(|| needs.sex && rank.next(2) == 1);
        let person = Person { date, female, names: facts.names, district: facts.district };
        let known = Needs { names: facts.names.is_some(), district: facts.district.is_some(), ..Needs::default() };
        let start = out.len();
        for (part, counted) in &self.parts {
            let rank = rank.next(part_count(part, counted.as_ref(), known));
            write_part(part, counted.as_ref(), rank, &person, out);
        }
        let number = &mut out[start..];
        let mut payload = Vec::new();
        let mut mark = Vec::new();
        for (place, check) in self.checks.iter().enumerate() {
            payload.clear();
            mark.clear();
            for (from, to) in check.over {
                payload.extend_from_slice(&number[from..to]);
            }
            check.scheme.write(&payload, &mut mark);
            if self.wrong && place + 1 == self.checks.len() {
                check.scheme.spoil(&mut mark, wrong);
            }
            number[check.at..check.at + mark.len()].copy_from_slice(&mark);
        }
    }
}

/// A rank from which digits of a mixed radix are split off, the lowest first.
struct Rank(u128);

impl Rank {
    fn next(&mut self, count: u64) -> u64 {
        // Division of 64 bits is several times faster.
        if let Ok(rank) = u64::try_from(self.0) {
            self.0 = u128::from(rank / count);
            return rank % count;
        }
        let digit = self.0 % u128::from(count);
        self.0 /= u128::from(count);
        digit as u64
    }
}

/// Months since the year 0.
fn months(day: i64) -> i64 {
    let (year, month, _) = civil_of_days(day);
    year * 12 + i64::from(month) - 1
}

fn part_count(part: &Part, counted: Option<&Counted>, known: Needs) -> u64 {
    match part {
        Part::Number(_, ranges) => ranges.iter().map(|(low, high)| high - low + 1).sum(),
        Part::Digits(width) => 10_u64.pow(*width as u32),
        Part::Of(alphabet, width) => (alphabet.len() as u64).pow(*width as u32),
        Part::One(texts) => texts.len() as u64,
        Part::Parity => 5,
        Part::Homoclave => 10,
        Part::District(texts) if !known.district => texts.len() as u64,
        Part::Name(code) if !known.names => code.alphabets().iter().map(|alphabet| alphabet.len() as u64).product(),
        Part::Eleven(_) => counted.map_or(1, Counted::count),
        Part::WrongEleven(_) => counted.map_or(1, Counted::count) * 9,
        Part::OnePair => ONE_PAIR,
        Part::Text(_)
        | Part::Born(_)
        | Part::Sex(..)
        | Part::CenturySex
        | Part::Name(_)
        | Part::District(_)
        | Part::Check(_) => 1,
    }
}

fn write_part(part: &Part, counted: Option<&Counted>, mut rank: u64, person: &Person<'_>, out: &mut Vec<u8>) {
    let (year, month, day) = person.date;
    match part {
        Part::Text(text) => out.extend_from_slice(text.as_bytes()),
        Part::Number(width, ranges) => {
            for (low, high) in *ranges {
                let count = high - low + 1;
                if rank < count {
                    write_digits(low + rank, *width, out);
                    return;
                }
                rank -= count;
            }
        }
        Part::Digits(width) => write_digits(rank, *width, out),
        Part::Of(alphabet, width) => write_letters(std::iter::repeat_n(*alphabet, *width), rank, out),
        Part::One(texts) => out.extend_from_slice(texts[rank as usize].as_bytes()),
        Part::District(texts) => {
            let known = person.district.filter(|code| code.len() == texts[0].len());
            out.extend_from_slice(known.unwrap_or(texts[rank as usize % texts.len()]).as_bytes());
        }
        Part::Born(form) => {
            if *form == DateForm::Long {
                write_digits(year as u64, 4, out);
            } else {
                write_digits(year.rem_euclid(100) as u64, 2, out);
            }
            match form {
                DateForm::Italian => {
                    out.push(b"ABCDEHLMPRST"[month as usize - 1]);
                    write_digits(u64::from(day) + if person.female { 40 } else { 0 }, 2, out);
                    return;
                }
                DateForm::Pesel if year >= 2000 => write_digits(u64::from(month) + 20, 2, out),
                _ => write_digits(u64::from(month), 2, out),
            }
            if *form != DateForm::Month {
                write_digits(u64::from(day), 2, out);
            }
        }
        Part::Sex(male, female) => {
            out.extend_from_slice(if person.female { female.as_bytes() } else { male.as_bytes() });
        }
        Part::Parity => out.push(b'0' + 2 * rank as u8 + u8::from(!person.female)),
        Part::CenturySex => out.push(b'1' + u8::from(person.female) + if year >= 2000 { 2 } else { 0 }),
        Part::Homoclave => out.push(if year >= 2000 { b'A' } else { b'0' } + rank as u8),
        Part::Name(code) => match &person.names {
            Some(names) => code.write(names, out),
            None => write_letters(code.alphabets().iter().copied(), rank, out),
        },
        Part::Eleven(_) => {
            if let Some(counted) = counted {
                counted.write(rank, 0, out);
            }
        }
        Part::WrongEleven(_) => {
            if let Some(counted) = counted {
                counted.write(rank / 9, 1 + (rank % 9) as u8, out);
            }
        }
        Part::OnePair => write_one_pair(rank, out),
        Part::Check(width) => out.extend(std::iter::repeat_n(b'0', *width)),
    }
}

fn write_digits(value: u64, width: usize, out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + width, b'0');
    let mut rest = value;
    for place in out[start..].iter_mut().rev() {
        *place = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
}

fn write_letters(alphabets: impl Iterator<Item = &'static str>, mut rank: u64, out: &mut Vec<u8>) {
    for alphabet in alphabets {
        let count = alphabet.len() as u64;
        out.push(alphabet.as_bytes()[(rank % count) as usize]);
        rank /= count;
    }
}
