//! Spain, the United Kingdom, France, Germany, Italy, the Netherlands and Poland.

use super::scheme::{remainder97, value36};
use super::{DateForm, ElevenTest, Identifier, Invalid, NameCode, Part, Scheme, check, form, weighted};

/// Spain: the DNI's eight digits and a letter modulo 23, or the NIE of foreigners: X, Y or Z, seven digits, the same letter (Ministerio del
/// Interior).
pub(super) const DNI_NIE: Identifier = Identifier {
    name: "DNI",
    forms: &[
        form(&[Part::Number(8, &[(1, 99_999_999)]), Part::Check(1)], &[check(8, (0, 8), SPANISH_LETTER)]),
        form(&[Part::Of("XYZ", 1), Part::Digits(7), Part::Check(1)], &[check(8, (0, 8), SPANISH_LETTER)]),
    ],
    invalid: Invalid::Check,
    mask: "",
    of_company: false,
    foreigners: Some(1),
};

/// The number modulo 23, by the remainders of the powers of ten; X, Y and Z stand for 0, 1 and 2.
const SPANISH_LETTER: Scheme = Scheme::Weighted {
    weights: &[14, 6, 19, 18, 11, 8, 10, 1],
    value: |byte| match byte {
        b'X'..=b'Z' => u32::from(byte - b'X'),
        _ => value36(byte),
    },
    marks: "TRWAGMYFPDXBNJZSQVHLCKE",
};

/// Spain: a letter for the legal form, the province's two digits, five digits, and a check digit (Orden EHA/451/2008). These legal forms
/// take a digit, others a letter.
pub(super) const CIF: Identifier = Identifier {
    name: "NIF",
    forms: &[form(
        &[Part::Of("ABEH", 1), Part::Number(2, &[(1, 52)]), Part::Digits(5), Part::Check(1)],
        &[check(8, (1, 8), Scheme::Luhn)],
    )],
    invalid: Invalid::Check,
    mask: "",
    of_company: true,
    foreigners: None,
};

const NINO_DIGITS: Part = Part::Digits(6);
const NINO_SUFFIX: Part = Part::Of("ABCD", 1);

/// United Kingdom: two letters, six digits, a letter A to D (HMRC, National Insurance Manual NIM39110): no D, F, I, Q, U, V, no O in second
/// place, none of BG, GB, KN, NK, NT, TN, ZZ. Invalid are these seven.
pub(super) const NINO: Identifier = Identifier {
    name: "NINO",
    forms: &[
        form(&[Part::Of("ACEHJLMOPRSWXY", 1), Part::Of("ABCEGHJKLMNPRSTWXYZ", 1), NINO_DIGITS, NINO_SUFFIX], &[]),
        form(&[Part::Text("B"), Part::Of("ABCEHJKLMNPRSTWXYZ", 1), NINO_DIGITS, NINO_SUFFIX], &[]),
        form(&[Part::Text("G"), Part::Of("ACEGHJKLMNPRSTWXYZ", 1), NINO_DIGITS, NINO_SUFFIX], &[]),
        form(&[Part::Of("KT", 1), Part::Of("ABCEGHJKLMPRSTWXYZ", 1), NINO_DIGITS, NINO_SUFFIX], &[]),
        form(&[Part::Text("N"), Part::Of("ABCEGHJLMNPRSWXYZ", 1), NINO_DIGITS, NINO_SUFFIX], &[]),
        form(&[Part::Text("Z"), Part::Of("ABCEGHJKLMNPRSTWXY", 1), NINO_DIGITS, NINO_SUFFIX], &[]),
    ],
    invalid: Invalid::Forms(&[form(
        &[Part::One(&["BG", "GB", "KN", "NK", "NT", "TN", "ZZ"]), NINO_DIGITS, NINO_SUFFIX],
        &[],
    )]),
    mask: "## ## ## ## #",
    of_company: false,
    foreigners: None,
};

/// United Kingdom: a check digit modulo eleven, then nine digits (HMRC, Unique Taxpayer Reference modulus 11 check).
pub(super) const UTR: Identifier = Identifier {
    name: "UTR",
    forms: &[form(
        &[Part::Check(1), Part::Number(9, &[(1, 999_999_999)])],
        &[check(0, (1, 10), weighted(&[6, 7, 8, 9, 10, 5, 4, 3, 2], "21987654321"))],
    )],
    invalid: Invalid::Check,
    mask: "##### #####",
    of_company: true,
    foreigners: None,
};

/// France: sex, year and month of birth, department, commune and order number, and a key modulo 97 (INSEE). Corsica's 2A and 2B count as 19
/// and 18.
pub(super) const NIR: Identifier = Identifier {
    name: "NIR",
    forms: &[form(
        &[
            Part::Sex("1", "2"),
            Part::Born(DateForm::Month),
            Part::One(&DEPARTMENTS),
            Part::Number(3, &[(1, 300)]),
            Part::Number(3, &[(1, 999)]),
            Part::Check(2),
        ],
        &[check(13, (0, 13), Scheme::Key { of: nir_key, range: (1, 97) })],
    )],
    invalid: Invalid::Check,
    mask: "# ## ## ## ### ### ##",
    of_company: false,
    foreigners: None,
};

const DEPARTMENTS: [&str; 96] = [
    "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19",
    "2A", "2B", "21", "22", "23", "24", "25", "26", "27", "28", "29", "30", "31", "32", "33", "34", "35", "36", "37",
    "38", "39", "40", "41", "42", "43", "44", "45", "46", "47", "48", "49", "50", "51", "52", "53", "54", "55", "56",
    "57", "58", "59", "60", "61", "62", "63", "64", "65", "66", "67", "68", "69", "70", "71", "72", "73", "74", "75",
    "76", "77", "78", "79", "80", "81", "82", "83", "84", "85", "86", "87", "88", "89", "90", "91", "92", "93", "94",
    "95",
];

fn nir_key(payload: &[u8]) -> u32 {
    let digits = payload.iter().enumerate().map(|(place, byte)| match (place, byte) {
        (5, b'2') if payload[6] == b'A' || payload[6] == b'B' => b'1',
        (_, b'A') => b'9',
        (_, b'B') => b'8',
        _ => *byte,
    });
    97 - remainder97(digits)
}

/// France: FR, a key modulo 97, and the company's SIREN, whose last digit is a check digit (Code général des impôts, annexe, article 105).
pub(super) const TVA: Identifier = Identifier {
    name: "TVA",
    forms: &[form(
        &[Part::Text("FR"), Part::Check(2), Part::Number(8, &[(10_000_000, 99_999_999)]), Part::Check(1)],
        &[
            check(12, (4, 12), Scheme::Luhn),
            check(
                2,
                (4, 13),
                Scheme::Key { of: |siren| (12 + 3 * remainder97(siren.iter().copied())) % 97, range: (0, 96) },
            ),
        ],
    )],
    invalid: Invalid::Check,
    mask: "#### ### ### ###",
    of_company: true,
    foreigners: None,
};

/// France: the number of a company in the register, eight digits and a check digit by Luhn's formula (Code de commerce, article R123-221).
pub(super) const SIREN: Identifier = Identifier {
    name: "SIREN",
    forms: &[form(&[Part::Number(8, &[(10_000_000, 99_999_999)]), Part::Check(1)], &[check(8, (0, 8), Scheme::Luhn)])],
    invalid: Invalid::Check,
    mask: "### ### ###",
    of_company: true,
    foreigners: None,
};

/// France: the number of a company's site: its SIREN, four digits that count the sites, and a check digit by Luhn's formula over all (Code de
/// commerce, article R123-221).
pub(super) const SIRET: Identifier = Identifier {
    name: "SIRET",
    forms: &[form(
        &[
            Part::Number(8, &[(10_000_000, 99_999_999)]),
            Part::Check(1),
            Part::Text("0"),
            Part::Number(3, &[(1, 99)]),
            Part::Check(1),
        ],
        &[check(8, (0, 8), Scheme::Luhn), check(13, (0, 13), Scheme::Luhn)],
    )],
    invalid: Invalid::Check,
    mask: "### ### ### #####",
    of_company: true,
    foreigners: None,
};

/// Germany: the identity card's serial number: the authority's letter, eight of the characters that cannot be misread, and a check digit by
/// the weights 7, 3, 1 (ICAO 9303; BSI TR-03127).
pub(super) const PERSONALAUSWEIS: Identifier = Identifier {
    name: "Personalausweis",
    forms: &[form(
        &[Part::Of("LMNPRTVWXY", 1), Part::Of("0123456789CFGHJKLMNPRTVWXYZ", 8), Part::Check(1)],
        &[check(9, (0, 9), weighted(&[7, 3, 1, 7, 3, 1, 7, 3, 1], "0123456789"))],
    )],
    invalid: Invalid::Check,
    mask: "",
    of_company: false,
    foreigners: None,
};

/// Germany, companies: DE, eight digits and a check digit by MOD 11,10 (§27a UStG).
pub(super) const UST_ID: Identifier = Identifier {
    name: "USt-IdNr.",
    forms: &[form(
        &[Part::Text("DE"), Part::Number(8, &[(10_000_000, 99_999_999)]), Part::Check(1)],
        &[check(10, (2, 10), Scheme::Mod11Ten)],
    )],
    invalid: Invalid::Check,
    mask: "",
    of_company: true,
    foreigners: None,
};

/// Germany, people: ten digits of which one stands twice, and a check digit by MOD 11,10 (Bundeszentralamt für Steuern; §139b AO).
pub(super) const STEUER_ID: Identifier = Identifier {
    name: "Steuer-ID",
    forms: &[form(&[Part::OnePair, Part::Check(1)], &[check(10, (0, 10), Scheme::Mod11Ten)])],
    invalid: Invalid::Check,
    mask: "## ### ### ###",
    of_company: false,
    foreigners: None,
};

/// Italy: consonants of surname and name, date of birth and sex, the place of birth's cadastral code, a check letter (Decreto 12 marzo 1974).
pub(super) const CODICE_FISCALE: Identifier = Identifier {
    name: "codice fiscale",
    forms: &[form(
        &[
            Part::Name(NameCode::ItalianSurname),
            Part::Name(NameCode::ItalianGivenName),
            Part::Born(DateForm::Italian),
            Part::One(&ITALIAN_PLACES),
            Part::Check(1),
        ],
        &[check(15, (0, 15), Scheme::Mark { of: italian_letter, marks: "ABCDEFGHIJKLMNOPQRSTUVWXYZ" })],
    )],
    invalid: Invalid::Check,
    mask: "",
    of_company: false,
    foreigners: None,
};

/// Cadastral codes of the larger cities: Roma, Milano, Napoli, Torino, Palermo, Genova, Bologna, Firenze, Bari, Catania, Venezia, Verona, …
const ITALIAN_PLACES: [&str; 40] = [
    "H501", "F205", "F839", "L219", "G273", "D969", "A944", "D612", "A662", "C351", "L736", "L781", "F158", "G224",
    "L424", "B157", "L049", "G999", "G337", "F257", "H224", "H223", "G478", "H199", "E625", "B354", "D643", "H294",
    "H703", "D548", "I452", "E506", "G482", "A345", "L378", "A794", "I754", "L840", "F704", "L182",
];

/// Italy's check letter. Places counted from one: odd ones by a table, even ones by value; the sum modulo 26.
pub(super) fn italian_letter(payload: &[u8]) -> u8 {
    /// For 0 to 9 as for A to J, then K to Z.
    const ODD: [u32; 26] =
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    let sum: u32 = payload
        .iter()
        .enumerate()
        .map(|(place, byte)| {
            let value = if byte.is_ascii_digit() { value36(*byte) } else { value36(*byte) - 10 };
            if place % 2 == 0 { ODD[value as usize] } else { value }
        })
        .sum();
    b'A' + (sum % 26) as u8
}

/// Italy: seven digits, the office's three, and a check digit by Luhn's formula (Agenzia delle Entrate).
pub(super) const PARTITA_IVA: Identifier = Identifier {
    name: "partita IVA",
    forms: &[form(
        &[Part::Number(7, &[(1, 9_999_999)]), Part::Number(3, &[(1, 100)]), Part::Check(1)],
        &[check(10, (0, 10), Scheme::Luhn)],
    )],
    invalid: Invalid::Check,
    mask: "",
    of_company: true,
    foreigners: None,
};

/// Weights 9 to 2, the last digit is the remainder; 10 has none.
const DUTCH: ElevenTest = ElevenTest { weights: &[9, 8, 7, 6, 5, 4, 3, 2], marks: b"0123456789-", first: 1 };

/// Netherlands: nine digits that pass the eleven test (Rijksdienst voor Identiteitsgegevens).
pub(super) const BSN: Identifier = Identifier {
    name: "BSN",
    forms: &[form(&[Part::Eleven(DUTCH)], &[])],
    invalid: Invalid::Forms(&[form(&[Part::WrongEleven(DUTCH)], &[])]),
    mask: "",
    of_company: false,
    foreigners: None,
};

/// Netherlands: NL, nine digits that are nobody's BSN, B, and two digits by MOD 97-10 (Belastingdienst, since 2020).
pub(super) const BTW_ID: Identifier = Identifier {
    name: "BTW-id",
    forms: &[form(
        &[Part::Text("NL"), Part::WrongEleven(DUTCH), Part::Text("B"), Part::Check(2)],
        &[check(12, (0, 12), Scheme::Mod97)],
    )],
    invalid: Invalid::Check,
    mask: "",
    of_company: true,
    foreigners: None,
};

/// Poland: date of birth, three digits, one for the sex, a check digit (Ustawa o ewidencji ludności).
pub(super) const PESEL: Identifier = Identifier {
    name: "PESEL",
    forms: &[form(
        &[Part::Born(DateForm::Pesel), Part::Digits(3), Part::Parity, Part::Check(1)],
        &[check(10, (0, 10), weighted(&[1, 3, 7, 9, 1, 3, 7, 9, 1, 3], "0987654321"))],
    )],
    invalid: Invalid::Check,
    mask: "",
    of_company: false,
    foreigners: None,
};

const POLISH: ElevenTest = ElevenTest { weights: &[6, 5, 7, 2, 3, 4, 5, 6, 7], marks: b"0123456789-", first: 1 };

/// Poland: nine digits and a check digit modulo eleven, never 10 (Ministerstwo Finansów).
pub(super) const NIP: Identifier = Identifier {
    name: "NIP",
    forms: &[form(&[Part::Eleven(POLISH)], &[])],
    invalid: Invalid::Forms(&[form(&[Part::WrongEleven(POLISH)], &[])]),
    mask: "###-###-##-##",
    of_company: true,
    foreigners: None,
};
