//! Numbers of goods, devices and vehicles.

use super::bank::NO_BIRTHS;
use super::scheme::value36;
use super::{Check, Part, Scheme, Space, check, weighted};

const FROM_TEN: &str = "0987654321";

/// Prefixes of GS1's member organisations, from the United States' to Spain's.
const GS1_PREFIXES: Part = Part::Number(
    3,
    &[
        (1, 19),
        (30, 39),
        (60, 139),
        (300, 379),
        (400, 440),
        (450, 459),
        (490, 509),
        (540, 549),
        (570, 579),
        (590, 590),
        (640, 649),
        (690, 699),
        (700, 709),
        (730, 739),
        (750, 750),
        (760, 769),
        (775, 775),
        (789, 790),
        (800, 849),
        (870, 880),
        (890, 890),
        (900, 919),
    ],
);

/// Article numbers of 8 or 13 digits (GS1 General Specifications): with a prefix, such as 2, which GS1 leaves to shops for their own use
/// and gives to nobody, or 978 of books (ISO 2108), or with any member organisation's.
pub fn eans(length: usize, prefix: Option<&'static str>) -> Space {
    let digits = length - 1 - prefix.map_or(3, str::len);
    let prefix = prefix.map_or(GS1_PREFIXES, Part::Text);
    let last = length - 1;
    let weights: &'static [u32] =
        if length == 8 { &[3, 1, 3, 1, 3, 1, 3] } else { &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3] };
    let parts = [prefix, Part::Digits(digits), Part::Check(1)];
    Space::new(&parts, &[check(last, (0, last), weighted(weights, FROM_TEN))], NO_BIRTHS, false)
}

/// Equipment identities of mobile devices (3GPP TS 23.003, GSMA TS.06): the type's eight digits, those of test equipment starting with 00,
/// the serial number's six, a check digit by Luhn's formula.
pub fn imeis(test: bool) -> Space {
    let body = if test { Part::Text("00") } else { Part::Number(2, &[(1, 1), (35, 35), (86, 86)]) };
    let parts = [body, Part::Digits(12), Part::Check(1)];
    Space::new(&parts, &[check(14, (0, 14), Scheme::Luhn)], NO_BIRTHS, false)
}

/// Makers of cars in North America by their world manufacturer identifiers (ISO 3780): their numbers carry the check digit.
const MAKERS: [&str; 16] =
    ["1FA", "1FT", "1G1", "1GC", "1HG", "1N4", "2HG", "2T1", "3N1", "3VW", "4T1", "5FN", "5NP", "5YJ", "2FM", "1C4"];

/// All letters and digits but I, O and Q.
const VEHICLE: &str = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ";

/// The sum of weighted values modulo eleven, X for ten (49 CFR 565.15).
const VEHICLE_CHECK: Check = Check {
    at: 8,
    over: [(0, 8), (9, 17)],
    scheme: Scheme::Weighted {
        weights: &[8, 7, 6, 5, 4, 3, 2, 10, 9, 8, 7, 6, 5, 4, 3, 2],
        value: |byte| match byte {
            b'A'..=b'H' => u32::from(byte - b'A') + 1,
            b'J'..=b'R' => u32::from(byte - b'J') + 1,
            b'S'..=b'Z' => u32::from(byte - b'S') + 2,
            _ => value36(byte),
        },
        marks: "0123456789X",
    },
};

/// Vehicle identification numbers (ISO 3779): maker, five characters of the model, check digit, model year, plant, serial number.
pub fn vins(valid: bool) -> Space {
    let parts = [
        Part::One(&MAKERS),
        Part::Of(VEHICLE, 5),
        Part::Check(1),
        Part::Of("ABCDEFGHJKLMNPRSTVWXY123456789", 1),
        Part::Of(VEHICLE, 1),
        Part::Digits(6),
    ];
    Space::new(&parts, &[VEHICLE_CHECK], NO_BIRTHS, !valid)
}
