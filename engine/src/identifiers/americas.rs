//! The United States, Peru, Mexico and Brazil.

use super::scheme::value36;
use super::{DateForm, Form, Identifier, Invalid, NameCode, Part, Scheme, check, form, weighted};

/// United States: area, group and serial number by the rules of the Social Security Administration since 2011: no area 000, 666 or 900–999,
/// no group 00, no serial number 0000. Invalid are the areas that are never given.
pub(super) const SSN: Identifier = Identifier {
    name: "SSN",
    forms: &[form(&[Part::Number(3, &[(1, 665), (667, 899)]), Part::Number(2, &[(1, 99)]), SERIAL], &[])],
    invalid: Invalid::Forms(&[form(
        &[Part::Number(3, &[(0, 0), (666, 666)]), Part::Number(2, &[(1, 99)]), SERIAL],
        &[],
    )]),
    mask: "###-##-####",
    of_company: false,
    foreigners: None,
};

const SERIAL: Part = Part::Number(4, &[(1, 9_999)]);

/// United States: a prefix that the Internal Revenue Service lists as assigned to its campuses, and seven digits. Invalid are the others.
pub(super) const EIN: Identifier = Identifier {
    name: "EIN",
    forms: &[form(
        &[
            Part::Number(2, &[(1, 6), (10, 16), (20, 27), (30, 48), (50, 68), (71, 77), (80, 88), (90, 95), (98, 99)]),
            Part::Digits(7),
        ],
        &[],
    )],
    invalid: Invalid::Forms(&[form(
        &[
            Part::Number(2, &[(0, 0), (7, 9), (17, 19), (28, 29), (49, 49), (69, 70), (78, 79), (89, 89), (96, 97)]),
            Part::Digits(7),
        ],
        &[],
    )]),
    mask: "##-#######",
    of_company: true,
    foreigners: None,
};

/// Peru: eight digits, printed bare. The card shows a check character after them; it is no part of the number and is left out of data.
/// Invalid are seven digits, as they come from software that drops the leading zero.
pub(super) const DNI: Identifier = Identifier {
    name: "DNI",
    forms: &[form(&[Part::Number(8, &[(1, 99_999_999)])], &[])],
    invalid: Invalid::Forms(&[form(&[Part::Number(7, &[(1, 9_999_999)])], &[])]),
    mask: "",
    of_company: false,
    foreigners: None,
};

/// Peru: 20 for a company, eight digits, and a check digit modulo eleven (SUNAT).
pub(super) const RUC: Identifier = Identifier {
    name: "RUC",
    forms: &[form(
        &[Part::Text("20"), Part::Number(8, &[(1, 99_999_999)]), Part::Check(1)],
        &[check(10, (0, 10), weighted(&[5, 4, 3, 2, 7, 6, 5, 4, 3, 2], "10987654321"))],
    )],
    invalid: Invalid::Check,
    mask: "",
    of_company: true,
    foreigners: None,
};

/// Mexico: letters of the names, date of birth, sex, state of birth, inner consonants, a mark against homonyms and a check digit (RENAPO,
/// Instructivo normativo para la asignación de la Clave Única de Registro de Población).
pub(super) const CURP: Identifier = Identifier {
    name: "CURP",
    forms: &[form(
        &[
            Part::Name(NameCode::Curp),
            Part::Born(DateForm::Short),
            Part::Sex("H", "M"),
            Part::One(&MEXICAN_STATES),
            Part::Name(NameCode::CurpConsonants),
            Part::Homoclave,
            Part::Check(1),
        ],
        &[check(
            17,
            (0, 17),
            Scheme::Weighted {
                weights: &[18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2],
                value: mexican_value,
                marks: "0987654321",
            },
        )],
    )],
    invalid: Invalid::Check,
    mask: "",
    of_company: false,
    foreigners: None,
};

/// States in the CURP, and NE for births abroad.
const MEXICAN_STATES: [&str; 33] = [
    "AS", "BC", "BS", "CC", "CL", "CM", "CS", "CH", "DF", "DG", "GT", "GR", "HG", "JC", "MC", "MN", "MS", "NT", "NL",
    "OC", "PL", "QT", "QR", "SP", "SL", "SR", "TC", "TS", "TL", "VZ", "YN", "ZS", "NE",
];

/// Digits, then letters with Ñ or & behind N.
fn mexican_value(byte: u8) -> u32 {
    match byte {
        b'&' => 24,
        b'O'..=b'Z' => value36(byte) + 1,
        _ => value36(byte),
    }
}

/// The two characters that tell homonyms apart: quotient and remainder by 34 of a number below a thousand, so that the first ends at V.
const HOMOCLAVE: [Part; 2] =
    [Part::Of("123456789ABCDEFGHIJKLMNPQRSTUV", 1), Part::Of("123456789ABCDEFGHIJKLMNPQRSTUVWXYZ", 1)];

/// Mexico, people: letters of the names, date of birth, two marks against homonyms, a check character modulo eleven (SAT).
pub(super) const RFC_PERSON: Identifier = Identifier {
    name: "RFC",
    forms: &[form(
        &[Part::Name(NameCode::Rfc), Part::Born(DateForm::Short), HOMOCLAVE[0], HOMOCLAVE[1], Part::Check(1)],
        &[check(12, (0, 12), RFC_CHECK)],
    )],
    invalid: Invalid::Check,
    mask: "",
    of_company: false,
    foreigners: None,
};

/// Mexico, companies: letters of the name, date of foundation, two marks against homonyms, a check character modulo eleven (SAT).
pub(super) const RFC_COMPANY: Identifier = Identifier {
    name: "RFC",
    forms: &[form(
        &[Part::Name(NameCode::RfcCompany), Part::Born(DateForm::Short), HOMOCLAVE[0], HOMOCLAVE[1], Part::Check(1)],
        &[check(11, (0, 11), RFC_CHECK)],
    )],
    invalid: Invalid::Check,
    mask: "",
    of_company: true,
    foreigners: None,
};

const RFC_CHECK: Scheme = Scheme::Mark { of: rfc_check, marks: "0123456789A" };

/// Weights from 13 down to 2; a company's, one character shorter, counts with a space before it, whose value is 37.
fn rfc_check(payload: &[u8]) -> u8 {
    let start = if payload.len() == 11 { 37 * 13 } else { 0 };
    let weights = (2..=payload.len() as u32 + 1).rev();
    let sum: u32 = start + payload.iter().zip(weights).map(|(byte, weight)| mexican_value(*byte) * weight).sum::<u32>();
    b"0A987654321"[(sum % 11) as usize]
}

/// Brazil, people: nine digits and two check digits modulo eleven (Receita Federal). Nine equal digits are refused in spite of their checks.
pub(super) const CPF: Identifier = Identifier {
    name: "CPF",
    forms: &[CPF_FORM],
    invalid: Invalid::Check,
    mask: "###.###.###-##",
    of_company: false,
    foreigners: None,
};

const CPF_FORM: Form = form(
    &[
        Part::Number(
            9,
            &[
                (1, 111_111_110),
                (111_111_112, 222_222_221),
                (222_222_223, 333_333_332),
                (333_333_334, 444_444_443),
                (444_444_445, 555_555_554),
                (555_555_556, 666_666_665),
                (666_666_667, 777_777_776),
                (777_777_778, 888_888_887),
                (888_888_889, 999_999_998),
            ],
        ),
        Part::Check(2),
    ],
    &[
        check(9, (0, 9), weighted(&[10, 9, 8, 7, 6, 5, 4, 3, 2], BRAZILIAN)),
        check(10, (0, 10), weighted(&[11, 10, 9, 8, 7, 6, 5, 4, 3, 2], BRAZILIAN)),
    ],
);

/// Eleven less the remainder, 0 for remainders of 0 and 1.
const BRAZILIAN: &str = "00987654321";

/// Brazil, companies: eight digits, 0001 for the head office, two check digits modulo eleven (Receita Federal).
pub(super) const CNPJ: Identifier = Identifier {
    name: "CNPJ",
    forms: &[form(
        &[Part::Number(8, &[(1, 99_999_999)]), Part::Text("0001"), Part::Check(2)],
        &[
            check(12, (0, 12), weighted(&[5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2], BRAZILIAN)),
            check(13, (0, 13), weighted(&[6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2], BRAZILIAN)),
        ],
    )],
    invalid: Invalid::Check,
    mask: "##.###.###/####-##",
    of_company: true,
    foreigners: None,
};
