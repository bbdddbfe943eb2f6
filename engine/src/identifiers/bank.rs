//! Account numbers, bank codes, securities and legal entities.

use super::scheme::{mark36, value36};
use super::{Births, Check, ElevenTest, Part, Scheme, Space, check, weighted};

/// Letters A to Z.
pub const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
/// Digits and letters.
pub const DIGITS_AND_LETTERS: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// Spaces without dates have no births.
pub const NO_BIRTHS: Births = Births { first: 0, days: 1 };

/// A country's basic bank account number as SWIFT's IBAN registry describes it, and the checks inside of it that its banks publish, places
/// counted within it. Characters that may be letters are digits here, as they are in practice.
struct Bban {
    country: &'static str,
    parts: &'static [Part],
    checks: &'static [Check],
}

const fn plain(country: &'static str, parts: &'static [Part]) -> Bban {
    Bban { country, parts, checks: &[] }
}

const fn checked(country: &'static str, parts: &'static [Part], checks: &'static [Check]) -> Bban {
    Bban { country, parts, checks }
}

/// So many digits.
const fn n(count: usize) -> Part {
    Part::Digits(count)
}

/// So many letters.
const fn a(count: usize) -> Part {
    Part::Of(LETTERS, count)
}

/// So many check characters.
const fn k(count: usize) -> Part {
    Part::Check(count)
}

/// Two check digits that make the whole number leave 1 by 97.
const fn mod97(at: usize) -> Check {
    check(at, (0, at), Scheme::Mod97)
}

/// Norway: weights from 2 to 7 and on, never 10.
const NORWEGIAN: ElevenTest = ElevenTest { weights: &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2], marks: b"0-987654321", first: 1 };

/// Czechia and Slovakia: the account's ten digits by powers of two modulo eleven.
const CZECH: ElevenTest = ElevenTest { weights: &[6, 3, 7, 9, 10, 5, 8, 4, 2], marks: b"0-987654321", first: 1 };

/// Spain: each of the two check digits by powers of two modulo eleven.
const SPANISH: &str = "01987654321";

/// France and Monaco: 97 less the remainder of all digits, the key's places counted as 00.
const FRENCH: Scheme = Scheme::Key { of: |digits| 97 - remainder_100(digits), range: (1, 97) };

fn remainder_100(digits: &[u8]) -> u32 {
    super::scheme::remainder97(digits.iter().copied().chain(*b"00"))
}

/// Belgium: the remainder itself, 97 for 0.
const BELGIAN: Scheme = Scheme::Key {
    of: |digits| match super::scheme::remainder97(digits.iter().copied()) {
        0 => 97,
        rest => rest,
    },
    range: (1, 97),
};

/// Italy and San Marino: the letter of the tax code, over bank, branch and account.
const ITALIAN: Check = check(0, (1, 23), Scheme::Mark { of: super::europe::italian_letter, marks: LETTERS });

const HUNGARIAN: [u32; 15] = [9, 7, 3, 1, 9, 7, 3, 1, 9, 7, 3, 1, 9, 7, 3];
const FROM_TEN: &str = "0987654321";

const BBANS: [Bban; 84] = [
    plain("AD", &[n(8), n(12)]),
    plain("AE", &[n(3), n(16)]),
    plain("AL", &[n(8), n(16)]),
    plain("AT", &[n(16)]),
    plain("AZ", &[a(4), n(10), n(10)]),
    checked("BA", &[n(14), k(2)], &[mod97(14)]),
    // Protocol numbers of the four largest banks' blocks (Banque nationale de Belgique).
    checked("BE", &[Part::Number(3, &[(0, 99), (140, 149), (220, 499)]), n(7), k(2)], &[check(10, (0, 10), BELGIAN)]),
    plain("BG", &[a(4), n(14)]),
    plain("BH", &[a(4), n(14)]),
    plain("BI", &[n(10), n(13)]),
    plain("BR", &[n(8), n(5), n(10), Part::Of("CP", 1), Part::Text("1")]),
    plain("BY", &[a(4), n(4), n(16)]),
    plain("CH", &[n(17)]),
    plain("CR", &[Part::Text("0"), n(17)]),
    plain("CY", &[n(8), n(16)]),
    checked("CZ", &[n(4), Part::Text("000000"), Part::Eleven(CZECH)], &[]),
    plain("DE", &[n(18)]),
    plain("DJ", &[n(10), n(13)]),
    plain("DK", &[n(14)]),
    plain("DO", &[a(4), n(10), n(10)]),
    checked("EE", &[n(15), k(1)], &[check(15, (2, 15), weighted(&[7, 1, 3, 7, 1, 3, 7, 1, 3, 7, 1, 3, 7], FROM_TEN))]),
    plain("EG", &[n(8), n(17)]),
    checked(
        "ES",
        &[n(8), k(2), n(10)],
        &[
            check(8, (0, 8), weighted(&[4, 8, 5, 10, 9, 7, 3, 6], SPANISH)),
            check(9, (10, 20), weighted(&[1, 2, 4, 8, 5, 10, 9, 7, 3, 6], SPANISH)),
        ],
    ),
    checked("FI", &[n(13), k(1)], &[check(13, (0, 13), Scheme::Luhn)]),
    plain("FK", &[a(2), n(12)]),
    plain("FO", &[n(14)]),
    checked("FR", &[n(10), n(11), k(2)], &[check(21, (0, 21), FRENCH)]),
    plain("GB", &[a(4), n(14)]),
    plain("GE", &[a(2), n(16)]),
    plain("GI", &[a(4), n(15)]),
    plain("GL", &[n(14)]),
    plain("GR", &[n(7), n(16)]),
    plain("GT", &[a(4), n(10), n(10)]),
    checked(
        "HR",
        &[n(6), k(1), n(9), k(1)],
        &[check(6, (0, 6), Scheme::Mod11Ten), check(16, (7, 16), Scheme::Mod11Ten)],
    ),
    checked(
        "HU",
        &[n(7), k(1), n(15), k(1)],
        &[
            check(7, (0, 7), weighted(&[9, 7, 3, 1, 9, 7, 3], FROM_TEN)),
            check(23, (8, 23), weighted(&HUNGARIAN, FROM_TEN)),
        ],
    ),
    plain("IE", &[a(4), n(14)]),
    plain("IL", &[n(6), n(13)]),
    plain("IQ", &[a(4), n(15)]),
    plain("IS", &[n(12), n(10)]),
    checked("IT", &[k(1), n(10), n(12)], &[ITALIAN]),
    plain("JO", &[a(4), n(4), n(18)]),
    plain("KW", &[a(4), n(11), n(11)]),
    plain("KZ", &[n(16)]),
    plain("LB", &[n(12), n(12)]),
    plain("LC", &[a(4), n(12), n(12)]),
    plain("LI", &[n(17)]),
    plain("LT", &[n(16)]),
    plain("LU", &[n(16)]),
    plain("LV", &[a(4), n(13)]),
    plain("LY", &[n(9), n(12)]),
    checked("MC", &[n(10), n(11), k(2)], &[check(21, (0, 21), FRENCH)]),
    plain("MD", &[n(10), n(10)]),
    checked("ME", &[n(16), k(2)], &[mod97(16)]),
    checked("MK", &[n(13), k(2)], &[mod97(13)]),
    plain("MN", &[n(16)]),
    plain("MR", &[n(10), n(13)]),
    plain("MT", &[a(4), n(5), n(18)]),
    plain("MU", &[a(4), n(16), Part::Text("000"), Part::Text("MUR")]),
    plain("NI", &[a(4), n(10), n(10)]),
    plain("NL", &[a(4), n(10)]),
    checked("NO", &[Part::Eleven(NORWEGIAN)], &[]),
    plain("OM", &[n(3), n(16)]),
    plain("PK", &[a(4), n(16)]),
    checked("PL", &[n(7), k(1), n(16)], &[check(7, (0, 7), weighted(&[3, 9, 7, 1, 3, 9, 7], FROM_TEN))]),
    plain("PS", &[a(4), n(10), n(11)]),
    checked("PT", &[n(8), n(11), k(2)], &[mod97(19)]),
    plain("QA", &[a(4), n(10), n(11)]),
    plain("RO", &[a(4), n(16)]),
    checked("RS", &[n(16), k(2)], &[mod97(16)]),
    plain("SA", &[n(2), n(18)]),
    plain("SC", &[a(4), n(4), n(16), Part::Text("SCR")]),
    plain("SE", &[n(10), n(10)]),
    checked("SI", &[n(13), k(2)], &[mod97(13)]),
    checked("SK", &[n(4), Part::Text("000000"), Part::Eleven(CZECH)], &[]),
    checked("SM", &[k(1), n(10), n(12)], &[ITALIAN]),
    plain("SO", &[n(7), n(12)]),
    plain("ST", &[n(8), n(13)]),
    plain("SV", &[a(4), n(10), n(10)]),
    checked("TL", &[n(17), k(2)], &[mod97(17)]),
    plain("TN", &[n(5), n(15)]),
    plain("TR", &[n(5), Part::Text("0"), n(16)]),
    plain("UA", &[n(6), n(9), n(10)]),
    plain("VA", &[n(3), n(15)]),
    plain("VG", &[a(4), n(16)]),
];

/// The countries of which IBANs are made.
pub fn iban_countries() -> Vec<&'static str> {
    BBANS.iter().map(|bban| bban.country).collect()
}

/// The IBANs of a country, or those whose check digits are wrong.
pub fn ibans(country: &str, valid: bool) -> Option<Space> {
    let bban = BBANS.iter().find(|bban| bban.country == country)?;
    let parts: Vec<Part> = [Part::Text(bban.country), k(2)].iter().chain(bban.parts).copied().collect();
    let moved = |range: (usize, usize)| if range.1 == 0 { range } else { (range.0 + 4, range.1 + 4) };
    let inner = bban.checks.iter().map(|check| Check { at: check.at + 4, over: check.over.map(moved), ..*check });
    let mut checks: Vec<Check> = inner.collect();
    let mut space = Space::new(&parts, &[], NO_BIRTHS, false);
    let length = space.length();
    checks.push(Check { at: 2, over: [(4, length), (0, 2)], scheme: Scheme::Mod97 });
    space = Space::new(&parts, &checks, NO_BIRTHS, !valid);
    Some(space)
}

/// Bank codes of a country by ISO 9362: four letters, the country, two characters of the place. Those of test systems have a 0 in the last
/// place, live ones neither 0 nor 1.
pub fn bics(country: &'static str, test: bool) -> Space {
    let last = if test { "0" } else { "23456789ABCDEFGHIJKLMNPQRSTUVWXYZ" };
    let first = "23456789ABCDEFGHIJKLMNPQRSTUVWXYZ";
    Space::new(&[a(4), Part::Text(country), Part::Of(first, 1), Part::Of(last, 1)], &[], NO_BIRTHS, false)
}

/// Legal entity identifiers by ISO 17442: the prefix of an issuer, 00, twelve characters, two check digits.
pub fn leis() -> Space {
    const ISSUERS: [&str; 10] = ["2138", "2594", "3003", "5299", "5493", "7245", "8156", "9598", "9695", "9845"];
    let parts = [Part::One(&ISSUERS), Part::Text("00"), Part::Of(DIGITS_AND_LETTERS, 12), k(2)];
    Space::new(&parts, &[check(18, (0, 18), Scheme::Mod97)], NO_BIRTHS, false)
}

/// Countries whose securities get numbers here.
pub const ISIN_COUNTRIES: [&str; 34] = [
    "AT", "AU", "BE", "BR", "CA", "CH", "CN", "DE", "DK", "ES", "FI", "FR", "GB", "HK", "IE", "IN", "IT", "JP", "KR",
    "LU", "MX", "NL", "NO", "NZ", "PE", "PL", "PT", "SA", "SE", "SG", "TR", "TW", "US", "ZA",
];

/// Security numbers by ISO 6166: the country, nine characters, a check digit. Those of the United States and Canada hold a CUSIP, those of
/// the United Kingdom a SEDOL, Germany's a WKN.
pub fn isins(country: &str) -> Option<Space> {
    let country = ISIN_COUNTRIES.iter().find(|known| **known == country)?;
    let (parts, inner): (Vec<Part>, Option<Check>) = match *country {
        "US" | "CA" => (
            vec![n(5), Part::Of("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ", 1), Part::Text("10"), k(1)],
            Some(check(10, (2, 10), Scheme::Mark { of: cusip, marks: "0123456789" })),
        ),
        "GB" => (
            vec![Part::Text("00B"), Part::Of("0123456789BCDFGHJKLMNPQRSTVWXYZ", 5), k(1)],
            Some(check(10, (4, 10), weighted(&[1, 3, 1, 7, 3, 9], FROM_TEN))),
        ),
        "DE" => (vec![Part::Text("000"), Part::Of("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ", 6)], None),
        _ => (vec![n(9)], None),
    };
    let parts: Vec<Part> = [Part::Text(country)].into_iter().chain(parts).chain([k(1)]).collect();
    let whole = check(11, (0, 11), Scheme::Mark { of: isin, marks: "0123456789" });
    let checks: Vec<Check> = inner.into_iter().chain([whole]).collect();
    Some(Space::new(&parts, &checks, NO_BIRTHS, false))
}

/// CUSIP: values of digits and letters, every second one doubled, sums of digits, to the next ten (ANSI X9.6).
fn cusip(payload: &[u8]) -> u8 {
    let sum: u32 = payload
        .iter()
        .enumerate()
        .map(|(place, byte)| {
            let product = value36(*byte) * if place % 2 == 1 { 2 } else { 1 };
            product / 10 + product % 10
        })
        .sum();
    mark36((10 - sum % 10) % 10)
}

/// Letters as two digits, then Luhn's formula.
fn isin(payload: &[u8]) -> u8 {
    let mut digits = Vec::new();
    for byte in payload {
        let value = value36(*byte);
        if value > 9 {
            digits.push(mark36(value / 10));
        }
        digits.push(mark36(value % 10));
    }
    let mut check = Vec::new();
    Scheme::Luhn.write(&digits, &mut check);
    check[0]
}

/// Account numbers of so many digits, 1 to 36.
pub fn accounts(length: usize) -> Space {
    let parts: Vec<Part> = (0..length.div_ceil(18)).map(|chunk| n((length - chunk * 18).min(18))).collect();
    Space::new(&parts, &[], NO_BIRTHS, false)
}
