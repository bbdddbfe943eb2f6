//! Japan, China, Korea, India and Saudi Arabia.

use super::scheme::value36;
use super::{DateForm, Identifier, Invalid, Part, Scheme, check, form, weighted};

/// Japan, people: eleven digits and a check digit modulo eleven (Ministry of Internal Affairs, order 85 of 2014, article 5).
pub(super) const MY_NUMBER: Identifier = Identifier {
    name: "My Number",
    forms: &[form(
        &[Part::Digits(11), Part::Check(1)],
        &[check(11, (0, 11), weighted(&[6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2], "00987654321"))],
    )],
    invalid: Invalid::Check,
    mask: "#### #### ####",
    of_company: false,
    foreigners: None,
};

/// Japan, companies: a check digit modulo nine, then twelve digits (Ministry of Finance, order 70 of 2014, article 2).
pub(super) const CORPORATE_NUMBER: Identifier = Identifier {
    name: "corporate number",
    forms: &[form(
        &[Part::Check(1), Part::Number(12, &[(1, 999_999_999_999)])],
        &[check(0, (1, 13), weighted(&[2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1], "987654321"))],
    )],
    invalid: Invalid::Check,
    mask: "",
    of_company: true,
    foreigners: None,
};

/// China, people: the code of the district that first registered them, date of birth, three digits of which the last tells the sex, a check character (GB 11643-1999; ISO/IEC
/// 7064, MOD 11-2).
pub(super) const RESIDENT_ID: Identifier = Identifier {
    name: "resident identity number",
    forms: &[form(
        &[Part::District(&DISTRICTS), Part::Born(DateForm::Long), Part::Digits(2), Part::Parity, Part::Check(1)],
        &[check(17, (0, 17), weighted(&[7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], "10X98765432"))],
    )],
    invalid: Invalid::Check,
    mask: "",
    of_company: false,
    foreigners: None,
};

/// Districts of Beijing, Tianjin and Shanghai whose codes stand since the first edition of GB/T 2260.
const DISTRICTS: [&str; 19] = [
    "110101", "110102", "110105", "110106", "110107", "110108", "110109", "120101", "120102", "120103", "120104",
    "120105", "120106", "310101", "310104", "310105", "310107", "310109", "310110",
];

/// China, companies: registered as an enterprise, the district's code, the organisation's eight characters with their own check, a check
/// character modulo 31 (GB 32100-2015, GB 11714-1997).
pub(super) const USCC: Identifier = Identifier {
    name: "unified social credit code",
    forms: &[form(
        &[
            Part::Text("91"),
            Part::District(&DISTRICTS),
            Part::Of("0123456789ABCDEFGHJKLMNPQRTUWXY", 8),
            Part::Check(1),
            Part::Check(1),
        ],
        &[
            check(16, (8, 16), weighted(&[3, 7, 9, 10, 5, 8, 4, 2], "0X987654321")),
            check(
                17,
                (0, 17),
                Scheme::Weighted {
                    weights: &[1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28],
                    value: |byte| CREDIT_CODE.bytes().position(|known| known == byte).map_or(0, |place| place as u32),
                    marks: "0YXWUTRQPNMLKJHGFEDCBA987654321",
                },
            ),
        ],
    )],
    invalid: Invalid::Check,
    mask: "",
    of_company: true,
    foreigners: None,
};

/// The characters of the credit code in the order of their values.
const CREDIT_CODE: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";

/// Korea, people: date of birth, a digit for century and sex, place of registration, order number, a check digit (Resident Registration
/// Act). Numbers given since October 2020 are random behind the sex; these keep the older rule, which validators apply.
pub(super) const RRN: Identifier = Identifier {
    name: "resident registration number",
    forms: &[form(
        &[Part::Born(DateForm::Short), Part::CenturySex, Part::Number(2, &[(0, 95)]), Part::Digits(3), Part::Check(1)],
        &[check(12, (0, 12), weighted(&[2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5], "10987654321"))],
    )],
    invalid: Invalid::Check,
    mask: "######-#######",
    of_company: false,
    foreigners: None,
};

/// Korea, companies: the tax office, a corporation's two digits, a serial number, a check digit (National Tax Service).
pub(super) const BUSINESS_NUMBER: Identifier = Identifier {
    name: "business registration number",
    forms: &[form(
        &[
            Part::Number(3, &[(101, 699)]),
            Part::One(&["81", "86", "87", "88"]),
            Part::Number(4, &[(1, 9_999)]),
            Part::Check(1),
        ],
        &[check(9, (0, 9), Scheme::Mark { of: korean_digit, marks: "0123456789" })],
    )],
    invalid: Invalid::Check,
    mask: "###-##-#####",
    of_company: true,
    foreigners: None,
};

/// Weights 1, 3, 7 in turn, 5 at the end, whose product counts with its tens as well.
fn korean_digit(payload: &[u8]) -> u8 {
    let sum: u32 = payload.iter().zip([1, 3, 7, 1, 3, 7, 1, 3, 5]).map(|(byte, weight)| value36(*byte) * weight).sum();
    let tens = payload.last().map_or(0, |byte| value36(*byte) * 5 / 10);
    b'0' + ((10 - (sum + tens) % 10) % 10) as u8
}

/// India, people: eleven digits, the first from 2 on, and Verhoeff's check digit (UIDAI). The two in the middle differ: a number that reads the
/// same backwards is refused.
pub(super) const AADHAAR: Identifier = Identifier {
    name: "Aadhaar",
    forms: &[form(
        &[
            Part::Number(1, &[(2, 9)]),
            Part::Digits(4),
            Part::Number(2, &[(1, 10), (12, 21), (23, 32), (34, 43), (45, 54), (56, 65), (67, 76), (78, 87), (89, 98)]),
            Part::Digits(4),
            Part::Check(1),
        ],
        &[check(11, (0, 11), Scheme::Verhoeff)],
    )],
    invalid: Invalid::Check,
    mask: "#### #### ####",
    of_company: false,
    foreigners: None,
};

const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// Numbers of India's states in the GSTIN.
const STATES: [&str; 35] = [
    "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19",
    "20", "21", "22", "23", "24", "26", "27", "29", "30", "31", "32", "33", "34", "35", "36", "37",
];

/// India, companies: the state's two digits, the PAN of a company, firm or person, a number, Z, a check character modulo 36 (CBIC).
pub(super) const GSTIN: Identifier = Identifier {
    name: "GSTIN",
    forms: &[form(
        &[
            Part::District(&STATES),
            Part::Of(ALPHABET, 3),
            Part::Of("CFP", 1),
            Part::Of(ALPHABET, 1),
            Part::Number(4, &[(1, 9_999)]),
            Part::Of(ALPHABET, 1),
            Part::Of("123456789", 1),
            Part::Text("Z"),
            Part::Check(1),
        ],
        &[check(14, (0, 14), Scheme::Luhn36)],
    )],
    invalid: Invalid::Check,
    mask: "",
    of_company: true,
    foreigners: None,
};

/// Saudi Arabia, people: 1 for citizens or 2 for residents, eight digits, a check digit by Luhn's formula (Ministry of Interior).
pub(super) const SAUDI_ID: Identifier = Identifier {
    name: "national identity number",
    forms: &[
        form(&[Part::Text("1"), Part::Digits(8), Part::Check(1)], &[check(9, (0, 9), Scheme::Luhn)]),
        form(&[Part::Text("2"), Part::Digits(8), Part::Check(1)], &[check(9, (0, 9), Scheme::Luhn)]),
    ],
    invalid: Invalid::Check,
    mask: "",
    of_company: false,
    foreigners: Some(1),
};

/// Saudi Arabia, companies: fifteen digits, the first and the last 3 (ZATCA, rule BR-KSA-40 of electronic invoices): ten of the taxpayer,
/// branch 000, and 03 for value added tax. Invalid are numbers that end otherwise.
pub(super) const SAUDI_VAT: Identifier = Identifier {
    name: "VAT number",
    forms: &[form(&[Part::Text("3"), Part::Digits(9), Part::Text("00003")], &[])],
    invalid: Invalid::Forms(&[form(
        &[Part::Text("3"), Part::Digits(9), Part::Text("0000"), Part::Of("012456789", 1)],
        &[],
    )]),
    mask: "",
    of_company: true,
    foreigners: None,
};
