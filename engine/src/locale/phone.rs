//! Telephone numbering plans: which numbers there are, and how they are printed.
//!
//! A number is handled as its national significant number (E.164): area code and subscriber's number, without trunk prefix.

use super::numbers::{NumberSpace, Part, write_masked};
use super::places::State;

/// What a telephone number is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhoneKind {
    /// A mobile telephone.
    Mobile,
    /// A telephone at an address.
    Landline,
    /// A number that the country keeps for fiction, so that nobody has it.
    Fictional,
}

/// The numbers of a country. Every rank below a count names one number, and no two ranks the same.
#[derive(Debug)]
pub struct PhonePlan {
    calling_code: &'static str,
    ranges: Vec<Range>,
}

/// Numbers of one kind and form.
#[derive(Debug)]
struct Range {
    form: &'static Form,
    /// Ascending; empty where the numbers belong to no area.
    area_codes: Vec<&'static str>,
}

/// What the country publishes; the area codes come from the states.
pub(super) struct PhoneNumbering {
    calling_code: &'static str,
    forms: &'static [Form],
}

#[derive(Debug)]
struct Form {
    kinds: &'static [PhoneKind],
    /// Length of the area codes it goes with; 0: it has none.
    area_width: usize,
    subscriber: NumberSpace,
    /// The number as it is printed at home, `#` for a digit.
    mask: &'static str,
}

const FOUR_DIGITS: Part = Part { width: 4, ranges: &[(0, 9999)] };

/// United States: the North American Numbering Plan. Exchanges begin with 2–9, do not end in 11 and are not 555, of which 0100–0199
/// are kept for fiction in every area. Mobile telephones share the area codes.
pub(super) const UNITED_STATES: PhoneNumbering = PhoneNumbering {
    calling_code: "1",
    forms: &[
        Form {
            kinds: &[PhoneKind::Mobile, PhoneKind::Landline],
            area_width: 3,
            subscriber: NumberSpace {
                parts: &[
                    Part {
                        width: 3,
                        ranges: &[
                            (200, 210),
                            (212, 310),
                            (312, 410),
                            (412, 510),
                            (512, 554),
                            (556, 610),
                            (612, 710),
                            (712, 810),
                            (812, 910),
                            (912, 999),
                        ],
                    },
                    FOUR_DIGITS,
                ],
            },
            mask: "(###) ###-####",
        },
        Form {
            kinds: &[PhoneKind::Fictional],
            area_width: 3,
            subscriber: NumberSpace {
                parts: &[Part { width: 3, ranges: &[(555, 555)] }, Part { width: 4, ranges: &[(100, 199)] }],
            },
            mask: "(###) ###-####",
        },
    ],
};

/// Peru: mobile numbers have nine digits and begin with 9. Landlines have seven digits in Lima and Callao and six elsewhere, beginning
/// with 2–7; at home the area code is dialled after 0. No numbers are kept for fiction.
pub(super) const PERU: PhoneNumbering = PhoneNumbering {
    calling_code: "51",
    forms: &[
        Form {
            kinds: &[PhoneKind::Mobile],
            area_width: 0,
            subscriber: NumberSpace { parts: &[Part { width: 9, ranges: &[(900_000_000, 999_999_999)] }] },
            mask: "### ### ###",
        },
        Form {
            kinds: &[PhoneKind::Landline],
            area_width: 1,
            subscriber: NumberSpace { parts: &[Part { width: 3, ranges: &[(200, 799)] }, FOUR_DIGITS] },
            mask: "(0#) ### ####",
        },
        Form {
            kinds: &[PhoneKind::Landline],
            area_width: 2,
            subscriber: NumberSpace { parts: &[Part { width: 6, ranges: &[(200_000, 799_999)] }] },
            mask: "(0##) ######",
        },
    ],
};

impl PhonePlan {
    pub(super) fn new(numbering: &PhoneNumbering, states: &[State]) -> Self {
        let mut area_codes: Vec<&'static str> =
            states.iter().flat_map(|state| state.area_codes.iter().copied()).collect();
        area_codes.sort_unstable();
        area_codes.dedup();
        let ranges = numbering
            .forms
            .iter()
            .map(|form| Range {
                form,
                area_codes: area_codes.iter().copied().filter(|code| code.len() == form.area_width).collect(),
            })
            .collect();
        Self { calling_code: numbering.calling_code, ranges }
    }

    /// The country's calling code, without `+`.
    pub fn calling_code(&self) -> &'static str {
        self.calling_code
    }

    /// How many numbers of a kind there are in these areas; without any, in the country. Zero: the country has none, or none there.
    pub fn count(&self, kind: PhoneKind, area_codes: &[&str]) -> u64 {
        self.blocks(kind, area_codes).map(|(form, _)| form.subscriber.count()).sum()
    }

    /// Appends the national significant number at `rank`, which is below [`PhonePlan::count`] of the same kind and areas.
    pub fn write_significant(&self, kind: PhoneKind, area_codes: &[&str], mut rank: u64, out: &mut String) {
        for (form, area_code) in self.blocks(kind, area_codes) {
            let count = form.subscriber.count();
            if rank < count {
                out.push_str(area_code);
                form.subscriber.write(rank, out);
                return;
            }
            rank -= count;
        }
        unreachable!("a rank is below the count")
    }

    /// Appends a significant number as it is printed in the country: `(212) 555-0123`, `987 654 321`. One that is not of the plan stays
    /// bare.
    pub fn write_national(&self, significant: &str, out: &mut String) {
        match self.ranges.iter().find(|range| range.contains(significant)) {
            Some(range) => write_masked(range.form.mask, significant, out),
            None => out.push_str(significant),
        }
    }

    /// Appends a significant number in the form of E.164: `+12125550123`.
    pub fn write_e164(&self, significant: &str, out: &mut String) {
        out.push('+');
        out.push_str(self.calling_code);
        out.push_str(significant);
    }

    /// The blocks of subscriber's numbers, in the order of ranks: form and area code.
    fn blocks<'a>(
        &'a self,
        kind: PhoneKind,
        wanted: &'a [&str],
    ) -> impl Iterator<Item = (&'static Form, &'static str)> + 'a {
        self.ranges.iter().filter(move |range| range.form.kinds.contains(&kind)).flat_map(move |range| {
            let anywhere = (range.form.area_width == 0).then_some((range.form, ""));
            let areas = range.area_codes.iter().filter(move |code| wanted.is_empty() || wanted.contains(code));
            anywhere.into_iter().chain(areas.map(move |code| (range.form, *code)))
        })
    }
}

impl Range {
    fn contains(&self, significant: &str) -> bool {
        significant.split_at_checked(self.form.area_width).is_some_and(|(area_code, subscriber)| {
            (self.form.area_width == 0 || self.area_codes.contains(&area_code))
                && self.form.subscriber.rank(subscriber).is_some()
        })
    }
}
