//! Telephone numbering plans: which numbers there are, and how they are printed.
//!
//! A number is handled as its national significant number (E.164): area code and subscriber's number, without trunk prefix.

pub(super) mod plans;

use super::numbers::{NumberSpace, write_masked};
use super::places::{City, State};

/// What a telephone number is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhoneKind {
    /// A mobile telephone.
    Mobile,
    /// A telephone at an address.
    Landline,
    /// A mobile number that the country keeps for fiction, so that nobody has it.
    FictionalMobile,
    /// A number at an address that the country keeps for fiction, so that nobody has it.
    FictionalLandline,
}

impl PhoneKind {
    /// The numbers for the same purpose that the country keeps for fiction.
    #[must_use]
    pub fn fictional(self) -> PhoneKind {
        match self {
            PhoneKind::Mobile | PhoneKind::FictionalMobile => PhoneKind::FictionalMobile,
            PhoneKind::Landline | PhoneKind::FictionalLandline => PhoneKind::FictionalLandline,
        }
    }
}

/// The numbers of a country.
#[derive(Debug)]
pub struct PhonePlan {
    calling_code: &'static str,
    blocks: Vec<PhoneBlock>,
}

/// The numbers of one form in one area. Every rank below its count names one of them.
#[derive(Clone, Copy, Debug)]
pub struct PhoneBlock {
    form: &'static Form,
    /// Empty where the numbers belong to no area.
    area_code: &'static str,
    count: u64,
}

/// What the country publishes; the area codes come from its states and cities.
pub(super) struct PhoneNumbering {
    calling_code: &'static str,
    forms: &'static [Form],
}

#[derive(Debug)]
struct Form {
    kinds: &'static [PhoneKind],
    areas: Areas,
    subscriber: NumberSpace,
    /// The number as it is printed at home, `#` for a digit.
    mask: &'static str,
}

/// The area codes that a form goes with.
#[derive(Clone, Copy, Debug)]
enum Areas {
    /// It has none.
    None,
    /// All of so many digits.
    OfWidth(usize),
    /// All of so many digits but these.
    OfWidthBut(usize, &'static [&'static str]),
    /// These.
    These(&'static [&'static str]),
}

impl PhonePlan {
    pub(super) fn new(numbering: &PhoneNumbering, states: &[State], cities: &[City]) -> Self {
        let of_states = states.iter().flat_map(|state| state.area_codes.iter().copied());
        let of_cities = cities.iter().flat_map(|city| city.area_codes.iter().copied());
        let mut area_codes: Vec<&'static str> = of_states.chain(of_cities).collect();
        area_codes.sort_unstable();
        area_codes.dedup();
        // No area code begins another; where lists differ in how far they spell one out, the longer ones stand, so that no number is in two
        // blocks. They follow each other in the order of texts.
        let longer: Vec<&str> = area_codes.iter().skip(1).copied().chain([""]).collect();
        let mut longer = longer.into_iter();
        area_codes.retain(|code| !longer.next().is_some_and(|next| next.starts_with(code)));
        let mut blocks = Vec::new();
        for form in numbering.forms {
            let mut add = |area_code| blocks.push(PhoneBlock { form, area_code, count: form.subscriber.count() });
            match form.areas {
                Areas::None => add(""),
                Areas::OfWidth(width) => {
                    area_codes.iter().filter(|code| code.len() == width).for_each(|code| add(code))
                }
                Areas::OfWidthBut(width, others) => {
                    let of_form = |code: &&&str| code.len() == width && !others.contains(*code);
                    area_codes.iter().filter(of_form).for_each(|code| add(code));
                }
                Areas::These(codes) => codes.iter().for_each(|code| add(code)),
            }
        }
        Self { calling_code: numbering.calling_code, blocks }
    }

    /// The country's calling code, without `+`.
    pub fn calling_code(&self) -> &'static str {
        self.calling_code
    }

    /// All blocks of a kind; none where the country has no such numbers.
    pub fn blocks(&self, kind: PhoneKind) -> Vec<PhoneBlock> {
        self.blocks.iter().filter(|block| block.form.kinds.contains(&kind)).copied().collect()
    }

    /// The blocks of a kind in a city: of its own area codes, else those of no area, else of its state's, else of the country.
    pub fn blocks_in(&self, kind: PhoneKind, city: &[&str], state: &[&str]) -> Vec<PhoneBlock> {
        let all = self.blocks(kind);
        let of = |codes: &[&str]| -> Vec<PhoneBlock> {
            let within = |block: &&PhoneBlock| {
                codes.iter().any(|code| match *code {
                    "" => block.area_code.is_empty(),
                    code => block.area_code.starts_with(code),
                })
            };
            all.iter().filter(within).copied().collect()
        };
        [of(city), of(&[""]), of(state)].into_iter().find(|blocks| !blocks.is_empty()).unwrap_or(all)
    }

    /// Appends a significant number in the form of E.164: `+12125550123`.
    pub fn write_e164(&self, significant: &str, out: &mut String) {
        out.push('+');
        out.push_str(self.calling_code);
        out.push_str(significant);
    }
}

impl PhoneBlock {
    /// How many numbers it has.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Its area code, without trunk prefix; empty where the numbers belong to no area.
    pub fn area_code(&self) -> &'static str {
        self.area_code
    }

    /// Appends the national significant number at `rank`, which is below [`PhoneBlock::count`].
    pub fn write_significant(&self, rank: u64, out: &mut String) {
        out.push_str(self.area_code);
        self.form.subscriber.write(rank, out);
    }

    /// Appends a significant number of this block as it is printed in the country: `(212) 555-0123`, `987 654 321`.
    pub fn write_national(&self, significant: &str, out: &mut String) {
        write_masked(self.form.mask, significant, out);
    }

    /// How many digits a significant number has.
    pub fn width(&self) -> usize {
        self.area_code.len() + self.form.subscriber.width()
    }

    /// The characters of the printed form.
    pub fn printed_width(&self) -> usize {
        self.form.mask.len()
    }
}
