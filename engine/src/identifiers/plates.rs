//! Number plates of private cars: the current series of each country.

use super::bank::NO_BIRTHS;
use super::{Part, Space};

/// Letters without I and O, which look like digits.
const CLEAR: &str = "ABCDEFGHJKLMNPQRSTUVWXYZ";
/// Without I, O and Q.
const CLEARER: &str = "ABCDEFGHJKLMNPRSTUVWXYZ";
const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS_AND_LETTERS: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// The plates of a country, as spaces whose texts never meet.
pub fn plates(country: &str) -> Option<Vec<Space>> {
    let forms: &[&[Part]] = match country {
        // Three letters and two digits around a fourth letter (Mercosur, Resolução CONTRAN 780/2019).
        "BR" => &[&[Part::Of(LETTERS, 3), Part::Digits(1), Part::Of(LETTERS, 1), Part::Digits(2)]],
        // Province, city, then five characters (GA 36-2018).
        "CN" => &[
            &[Part::One(&PROVINCES), Part::Of("ABCDEFG", 1), Part::Text("·"), Part::Of(CLEAR, 1), Part::Digits(4)],
            &[Part::One(&PROVINCES), Part::Of("ABCDEFG", 1), Part::Text("·"), Part::Digits(5)],
        ],
        // District, one or two letters, four digits (FZV, annex 1).
        "DE" => &[
            &[
                Part::Of("BCDEFGHKLMNRSWZ", 1),
                Part::Text("-"),
                Part::Of(LETTERS, 2),
                Part::Text(" "),
                Part::Number(4, &[(1_000, 9_999)]),
            ],
            &[
                Part::One(&DISTRICTS),
                Part::Text("-"),
                Part::Of(LETTERS, 2),
                Part::Text(" "),
                Part::Number(4, &[(1_000, 9_999)]),
            ],
            &[
                Part::One(&DISTRICTS),
                Part::Text("-"),
                Part::Of(LETTERS, 1),
                Part::Text(" "),
                Part::Number(4, &[(1_000, 9_999)]),
            ],
        ],
        // Four digits and three consonants (Orden de 15 de septiembre de 2000).
        "ES" => &[&[Part::Digits(4), Part::Text(" "), Part::Of("BCDFGHJKLMNPRSTVWXYZ", 3)]],
        // Two letters, three digits, two letters; no I, O, U, and no SS (Arrêté du 9 février 2009).
        "FR" => &[&[
            Part::Of("ABCDEFGHJKLMNPQRTVXYZ", 1),
            Part::Of(FRENCH, 1),
            Part::Text("-"),
            Part::Number(3, &[(1, 999)]),
            Part::Text("-"),
            Part::Of("ABCDEFGHJKLMNPQRTVXYZ", 1),
            Part::Of(FRENCH, 1),
        ]],
        // Area and office, age, three letters (DVLA INF104).
        "GB" => &[&[
            Part::Of("ABCDEFGHKLMNOPRSVWY", 1),
            Part::Of("ABCDEFGHJKLMNOPRSTUVWXY", 1),
            Part::Number(2, &[(2, 25), (51, 75)]),
            Part::Text(" "),
            Part::Of("ABCDEFGHJKLMNOPRSTUVWXYZ", 3),
        ]],
        // State, office, series, number (Central Motor Vehicles Rules, rule 50).
        "IN" => &[&[
            Part::One(&INDIAN_STATES),
            Part::Text(" "),
            Part::Number(2, &[(1, 60)]),
            Part::Text(" "),
            Part::Of(CLEAR, 2),
            Part::Text(" "),
            Part::Number(4, &[(1, 9_999)]),
        ]],
        // Two letters, three digits, two letters; no I, O, Q, U (D.P.R. 495/1992).
        "IT" => &[&[Part::Of(ITALIAN, 2), Part::Text(" "), Part::Digits(3), Part::Text(" "), Part::Of(ITALIAN, 2)]],
        // Office, class, kana, number (Road Vehicles Act, ordinance article 13).
        "JP" => &[&[
            Part::One(&JAPANESE_OFFICES),
            Part::Text(" "),
            Part::Number(3, &[(300, 399), (500, 599)]),
            Part::Text(" "),
            Part::One(&KANA),
            Part::Text(" "),
            Part::Number(2, &[(10, 99)]),
            Part::Text("-"),
            Part::Digits(2),
        ]],
        // Class, syllable, number (since September 2019).
        "KR" => &[&[
            Part::Number(3, &[(100, 699)]),
            Part::One(&SYLLABLES),
            Part::Text(" "),
            Part::Number(4, &[(1_000, 9_999)]),
        ]],
        // Three letters, three digits, a letter (NOM-001-SCT-2-2016).
        "MX" => &[&[
            Part::Of(CLEARER, 3),
            Part::Text("-"),
            Part::Number(3, &[(1, 999)]),
            Part::Text("-"),
            Part::Of(CLEARER, 1),
        ]],
        // A letter, three digits, two letters, without vowels (RDW, the series that started in 2019).
        "NL" => &[&[
            Part::Of("GHJKLNPRSTXZ", 1),
            Part::Text("-"),
            Part::Number(3, &[(1, 999)]),
            Part::Text("-"),
            Part::Of("BDFGHJKLNPRSTVXZ", 2),
        ]],
        // Three characters, of which the middle one may be a digit, and three digits (Decreto Supremo 017-2008-MTC).
        "PE" => &[&[
            Part::Of("ABCDFHMPTVWXYZ", 1),
            Part::Of(DIGITS_AND_LETTERS, 1),
            Part::Of(LETTERS, 1),
            Part::Text("-"),
            Part::Number(3, &[(1, 999)]),
        ]],
        // District, five digits.
        "PL" => &[&[Part::One(&POLISH_DISTRICTS), Part::Text(" "), Part::Number(5, &[(1, 99_999)])]],
        // Three of the letters that have an Arabic counterpart, up to four digits.
        "SA" => &[&[Part::Of("ABDEGHJKLNRSTUVXZ", 3), Part::Text(" "), Part::Number(4, &[(1, 9_999)])]],
        // Three letters, four digits, as New York, Texas and others have them.
        "US" => &[&[Part::Of(CLEARER, 3), Part::Text("-"), Part::Number(4, &[(1_000, 9_999)])]],
        _ => return None,
    };
    Some(forms.iter().map(|parts| Space::new(parts, &[], NO_BIRTHS, false)).collect())
}

const FRENCH: &str = "ABCDEFGHJKLMNPQRSTVWXYZ";
const ITALIAN: &str = "ABCDEFGHJKLMNPRSTVWXYZ";

const PROVINCES: [&str; 31] = [
    "京", "津", "冀", "晋", "蒙", "辽", "吉", "黑", "沪", "苏", "浙", "皖", "闽", "赣", "鲁", "豫", "鄂", "湘", "粤",
    "桂", "琼", "渝", "川", "贵", "云", "藏", "陕", "甘", "青", "宁", "新",
];

const DISTRICTS: [&str; 24] = [
    "AC", "BN", "BO", "BS", "DA", "DD", "DO", "DU", "ER", "FR", "GI", "HB", "HD", "HH", "HL", "KA", "KI", "KS", "MA",
    "MD", "MS", "MZ", "SB", "WI",
];

const INDIAN_STATES: [&str; 20] = [
    "AP", "AS", "BR", "CG", "DL", "GA", "GJ", "HP", "HR", "JH", "KA", "KL", "MH", "MP", "OD", "PB", "RJ", "TN", "UP",
    "WB",
];

const JAPANESE_OFFICES: [&str; 16] = [
    "品川", "練馬", "足立", "多摩", "横浜", "川崎", "千葉", "大宮", "札幌", "仙台", "京都", "大阪", "神戸", "広島",
    "福岡", "熊本",
];

const KANA: [&str; 29] = [
    "さ", "す", "せ", "そ", "た", "ち", "つ", "て", "と", "な", "に", "ぬ", "ね", "の", "は", "ひ", "ふ", "ほ", "ま",
    "み", "む", "め", "も", "や", "ゆ", "ら", "り", "る", "ろ",
];

const SYLLABLES: [&str; 32] = [
    "가", "나", "다", "라", "마", "거", "너", "더", "러", "머", "버", "서", "어", "저", "고", "노", "도", "로", "모",
    "보", "소", "오", "조", "구", "누", "두", "루", "무", "부", "수", "우", "주",
];

const POLISH_DISTRICTS: [&str; 24] = [
    "WA", "WB", "WD", "WE", "WF", "WH", "WI", "WX", "WY", "KR", "PO", "PY", "GD", "GA", "EL", "DW", "SK", "LU", "ZS",
    "BI", "CB", "RZ", "TK", "OP",
];
