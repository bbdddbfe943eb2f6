//! The numbering plans of the countries: what their regulators publish, as far as numbers of persons go. Where the area codes in use have
//! several lengths of subscriber's numbers, the usual one stands for all. Trunk prefixes stand in the masks alone.

use super::super::numbers::{NumberSpace, Part};
use super::PhoneKind::{FictionalLandline, FictionalMobile, Landline, Mobile};
use super::{Areas, Form, PhoneKind, PhoneNumbering};

const MOBILE: &[PhoneKind] = &[Mobile];
const LANDLINE: &[PhoneKind] = &[Landline];
const BOTH: &[PhoneKind] = &[Mobile, Landline];
const FICTIONAL: &[PhoneKind] = &[FictionalMobile, FictionalLandline];
const FICTIONAL_MOBILE: &[PhoneKind] = &[FictionalMobile];
const FICTIONAL_LANDLINE: &[PhoneKind] = &[FictionalLandline];

/// A form: for what, in which areas, the subscriber's digits and their ranges, the mask.
macro_rules! form {
    ($kinds:expr, $areas:expr, $width:literal: [$($low:literal ..= $high:literal),+], $mask:literal) => {
        Form {
            kinds: $kinds,
            areas: $areas,
            subscriber: NumberSpace { parts: &[Part { width: $width, ranges: &[$(($low, $high)),+] }] },
            mask: $mask,
        }
    };
}

const FOUR_DIGITS: Part = Part { width: 4, ranges: &[(0, 9999)] };

/// United States: the North American Numbering Plan. Exchanges begin with 2–9, do not end in 11 and are not 555, of which 0100–0199
/// are kept for fiction in every area (NANPA, 555 line numbers). Mobile telephones share the area codes.
pub(in crate::locale) const UNITED_STATES: PhoneNumbering = PhoneNumbering {
    calling_code: "1",
    forms: &[
        Form {
            kinds: BOTH,
            areas: Areas::OfWidth(3),
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
        form!(FICTIONAL, Areas::OfWidth(3), 7: [5_550_100..=5_550_199], "(###) ###-####"),
    ],
};

/// Peru: mobile numbers have nine digits and begin with 9. Landlines have seven digits in Lima and Callao and six elsewhere, beginning
/// with 2–7; at home the area code is dialled after 0 (MTC, Plan Técnico Fundamental de Numeración). No numbers are kept for fiction.
pub(in crate::locale) const PERU: PhoneNumbering = PhoneNumbering {
    calling_code: "51",
    forms: &[
        form!(MOBILE, Areas::None, 9: [900_000_000..=999_999_999], "### ### ###"),
        form!(LANDLINE, Areas::OfWidth(1), 7: [2_000_000..=7_999_999], "(0#) ### ####"),
        form!(LANDLINE, Areas::OfWidth(2), 6: [200_000..=799_999], "(0##) ######"),
    ],
};

/// United Kingdom: ten digits (Ofcom, National Telephone Numbering Plan); those of the mobile numbers that belong to
/// the Channel Islands and the Isle of Man or to no telephone, and those near fiction, are left out. For fiction are kept 1,000 numbers in each of some cities, as many of no area (01632 960) and as
/// many mobile ones (07700 900) (Ofcom, Telephone numbers for use in TV and radio drama programmes).
pub(in crate::locale) const UNITED_KINGDOM: PhoneNumbering = PhoneNumbering {
    calling_code: "44",
    forms: &[
        form!(
            MOBILE,
            Areas::None,
            10: [
                7_400_000_000..=7_456_999_999,
                7_459_000_000..=7_508_999_999,
                7_510_000_000..=7_523_999_999,
                7_525_000_000..=7_599_999_999,
                7_702_000_000..=7_780_999_999,
                7_782_000_000..=7_796_999_999,
                7_798_000_000..=7_828_999_999,
                7_830_000_000..=7_838_999_999,
                7_840_000_000..=7_910_999_999,
                7_912_000_000..=7_936_999_999,
                7_938_000_000..=7_999_999_999
            ],
            "0#### ######"
        ),
        form!(LANDLINE, Areas::These(&["20"]), 8: [30_000_000..=38_999_999, 70_000_000..=78_999_999, 80_000_000..=88_999_999], "0## #### ####"),
        form!(LANDLINE, Areas::These(&["23"]), 8: [80_000_000..=82_999_999, 92_000_000..=92_999_999], "0## #### ####"),
        form!(LANDLINE, Areas::These(&["24"]), 8: [76_000_000..=77_999_999], "0## #### ####"),
        form!(LANDLINE, Areas::These(&["28"]), 8: [25_000_000..=44_999_999, 66_000_000..=71_999_999, 77_000_000..=94_999_999], "0## #### ####"),
        form!(LANDLINE, Areas::These(&["29"]), 8: [20_200_000..=22_999_999], "0## #### ####"),
        form!(LANDLINE, Areas::These(&["115"]), 7: [2_000_000..=2_999_999, 7_000_000..=9_899_999], "0### ### ####"),
        form!(LANDLINE, Areas::OfWidthBut(3, &["115"]), 7: [2_000_000..=4_959_999], "0### ### ####"),
        form!(LANDLINE, Areas::OfWidth(4), 6: [200_000..=899_999], "0#### ######"),
        form!(LANDLINE, Areas::OfWidth(5), 5: [20_000..=89_999], "0##### #####"),
        form!(FICTIONAL_MOBILE, Areas::None, 10: [7_700_900_000..=7_700_900_999], "0#### ######"),
        form!(FICTIONAL_LANDLINE, Areas::These(&["20"]), 8: [79_460_000..=79_460_999], "0## #### ####"),
        form!(FICTIONAL_LANDLINE, Areas::These(&["28"]), 8: [96_496_000..=96_496_999], "0## #### ####"),
        form!(FICTIONAL_LANDLINE, Areas::These(&["29"]), 8: [20_180_000..=20_180_999], "0## #### ####"),
        form!(
            FICTIONAL_LANDLINE,
            Areas::These(&["113", "114", "115", "116", "117", "118", "121", "131", "141", "151", "161"]),
            7: [4_960_000..=4_960_999],
            "0### ### ####"
        ),
        form!(FICTIONAL_LANDLINE, Areas::These(&["191"]), 7: [4_980_000..=4_980_999], "0### ### ####"),
        form!(FICTIONAL_LANDLINE, Areas::None, 10: [1_632_960_000..=1_632_960_999], "0#### ######"),
    ],
};

/// Mexico: ten digits since 2019, mobile telephones in the same areas (IFT, Plan Técnico Fundamental de Numeración). No numbers are kept for
/// fiction.
pub(in crate::locale) const MEXICO: PhoneNumbering = PhoneNumbering {
    calling_code: "52",
    forms: &[
        form!(BOTH, Areas::OfWidth(2), 8: [10_000_000..=89_999_999], "## #### ####"),
        form!(BOTH, Areas::OfWidth(3), 7: [1_000_000..=8_999_999], "### ### ####"),
    ],
};

/// Spain: nine digits; mobile numbers begin with 6 or 71–74 (Plan Nacional de Numeración Telefónica, Real Decreto 2296/2004). No numbers are
/// kept for fiction.
pub(in crate::locale) const SPAIN: PhoneNumbering = PhoneNumbering {
    calling_code: "34",
    forms: &[
        form!(MOBILE, Areas::None, 9: [600_000_000..=699_999_999, 711_000_000..=744_999_999], "### ## ## ##"),
        form!(LANDLINE, Areas::OfWidth(2), 7: [2_000_000..=8_999_999], "## ### ## ##"),
        form!(LANDLINE, Areas::OfWidth(3), 6: [0..=999_999], "### ## ## ##"),
    ],
};

/// Brazil: area codes of two digits; landlines have eight digits and begin with 2–5, mobile numbers nine and begin with 9 (Anatel, Plano de
/// Numeração). No numbers are kept for fiction.
pub(in crate::locale) const BRAZIL: PhoneNumbering = PhoneNumbering {
    calling_code: "55",
    forms: &[
        form!(MOBILE, Areas::OfWidth(2), 9: [960_000_000..=999_999_999], "(##) #####-####"),
        form!(LANDLINE, Areas::OfWidth(2), 8: [20_000_000..=59_999_999], "(##) ####-####"),
    ],
};

/// France: nine digits after 0; 1–5 are the five areas, mobile numbers begin with 60–68 or 73–78. For fiction are kept 10,000 numbers in each
/// area and as many mobile ones (Arcep, decision 2018-0881 with its list of numbers for audiovisual works).
pub(in crate::locale) const FRANCE: PhoneNumbering = PhoneNumbering {
    calling_code: "33",
    forms: &[
        form!(MOBILE, Areas::None, 9: [600_000_000..=638_999_999, 640_000_000..=689_999_999, 730_000_000..=789_999_999], "0# ## ## ## ##"),
        form!(LANDLINE, Areas::These(&["1"]), 8: [30_000_000..=89_999_999], "0# ## ## ## ##"),
        form!(LANDLINE, Areas::These(&["2"]), 8: [30_000_000..=59_999_999, 70_000_000..=79_999_999], "0# ## ## ## ##"),
        form!(LANDLINE, Areas::These(&["3"]), 8: [20_000_000..=52_999_999, 54_000_000..=59_999_999], "0# ## ## ## ##"),
        form!(LANDLINE, Areas::These(&["4"]), 8: [30_000_000..=59_999_999, 66_000_000..=89_999_999], "0# ## ## ## ##"),
        form!(LANDLINE, Areas::These(&["5"]), 8: [45_000_000..=65_999_999], "0# ## ## ## ##"),
        form!(FICTIONAL_MOBILE, Areas::None, 9: [639_980_000..=639_989_999], "0# ## ## ## ##"),
        form!(FICTIONAL_LANDLINE, Areas::These(&["1"]), 8: [99_000_000..=99_009_999], "0# ## ## ## ##"),
        form!(FICTIONAL_LANDLINE, Areas::These(&["2"]), 8: [61_910_000..=61_919_999], "0# ## ## ## ##"),
        form!(FICTIONAL_LANDLINE, Areas::These(&["3"]), 8: [53_010_000..=53_019_999], "0# ## ## ## ##"),
        form!(FICTIONAL_LANDLINE, Areas::These(&["4"]), 8: [65_710_000..=65_719_999], "0# ## ## ## ##"),
        form!(FICTIONAL_LANDLINE, Areas::These(&["5"]), 8: [36_490_000..=36_499_999], "0# ## ## ## ##"),
    ],
};

/// Germany: area codes of two to five digits with subscriber's numbers that fill them up to ten or eleven, in the printed form of DIN 5008;
/// mobile numbers begin with 15, 160, 162, 163 or 17 (Bundesnetzagentur, Nummernplan). For fiction are kept 1,000 numbers in each of five cities and
/// 200 mobile ones (Bundesnetzagentur, Mitteilung 148/2021, Rufnummern für Film- und Fernsehproduktionen); all stand for any place.
pub(in crate::locale) const GERMANY: PhoneNumbering = PhoneNumbering {
    calling_code: "49",
    forms: &[
        form!(MOBILE, Areas::None, 11: [15_110_000_000..=15_179_999_999, 15_200_000_000..=15_239_999_999, 15_730_000_000..=15_799_999_999], "0### ########"),
        form!(
            MOBILE,
            Areas::None,
            10: [1_600_000_000..=1_609_999_999, 1_620_000_000..=1_639_999_999, 1_700_000_000..=1_709_999_999, 1_720_000_000..=1_759_999_999, 1_770_000_000..=1_789_999_999],
            "0### #######"
        ),
        form!(LANDLINE, Areas::OfWidth(2), 8: [24_000_000..=66_899_999, 67_000_000..=89_999_999], "0## ########"),
        form!(LANDLINE, Areas::OfWidth(3), 7: [2_000_000..=4_699_999, 4_800_000..=9_899_999], "0### #######"),
        form!(LANDLINE, Areas::OfWidth(4), 6: [200_000..=989_999], "0#### ######"),
        form!(LANDLINE, Areas::OfWidth(5), 5: [20_000..=98_999], "0##### #####"),
        form!(FICTIONAL_MOBILE, Areas::None, 10: [1_713_920_000..=1_713_920_099], "0### #######"),
        form!(FICTIONAL_MOBILE, Areas::None, 11: [17_604_069_000..=17_604_069_099], "0### ########"),
        form!(FICTIONAL_LANDLINE, Areas::These(&["30"]), 8: [23_125_000..=23_125_999], "0## ########"),
        form!(FICTIONAL_LANDLINE, Areas::These(&["40"]), 8: [66_969_000..=66_969_999], "0## ########"),
        form!(FICTIONAL_LANDLINE, Areas::These(&["69"]), 8: [90_009_000..=90_009_999], "0## ########"),
        form!(FICTIONAL_LANDLINE, Areas::These(&["89"]), 8: [99_998_000..=99_998_999], "0## ########"),
        form!(FICTIONAL_LANDLINE, Areas::These(&["221"]), 7: [4_710_000..=4_710_999], "0### #######"),
    ],
};

/// Italy: the 0 before an area code is part of the number and is dialled from abroad too; mobile numbers have ten digits and begin with 3
/// (AGCOM, Piano nazionale di numerazione, delibera 8/15/CIR). Of Rome's 06 698 is the Vatican's. No numbers are kept for fiction.
pub(in crate::locale) const ITALY: PhoneNumbering = PhoneNumbering {
    calling_code: "39",
    forms: &[
        form!(MOBILE, Areas::None, 10: [3_200_000_000..=3_499_999_999, 3_600_000_000..=3_699_999_999, 3_800_000_000..=3_939_999_999], "### ### ####"),
        form!(LANDLINE, Areas::These(&["06"]), 8: [20_000_000..=69_799_999, 69_900_000..=98_999_999], "## #### ####"),
        form!(LANDLINE, Areas::OfWidthBut(2, &["06"]), 8: [20_000_000..=98_999_999], "## #### ####"),
        form!(LANDLINE, Areas::OfWidth(3), 7: [2_000_000..=9_899_999], "### ### ####"),
        form!(LANDLINE, Areas::OfWidth(4), 6: [200_000..=989_999], "#### ######"),
    ],
};

/// Netherlands: nine digits after 0, area codes of two or three; mobile numbers begin with 6 (ACM, Nummerplan telefoon- en ISDN-diensten).
/// No numbers are kept for fiction.
pub(in crate::locale) const NETHERLANDS: PhoneNumbering = PhoneNumbering {
    calling_code: "31",
    forms: &[
        form!(MOBILE, Areas::None, 9: [610_000_000..=658_999_999, 680_000_000..=689_999_999], "0# ########"),
        form!(LANDLINE, Areas::OfWidth(2), 7: [2_000_000..=8_999_999], "0## ### ####"),
        form!(LANDLINE, Areas::OfWidth(3), 6: [200_000..=899_999], "0### ######"),
    ],
};

/// Poland: nine digits, the area code among them; mobile numbers begin with 45, 50, 51, 53, 57, 60, 66, 69, 72, 73, 78, 79 or 88 (UKE, Plan
/// numeracji krajowej). No numbers are kept for fiction.
pub(in crate::locale) const POLAND: PhoneNumbering = PhoneNumbering {
    calling_code: "48",
    forms: &[
        form!(
            MOBILE,
            Areas::None,
            9: [
                450_000_000..=459_999_999,
                500_000_000..=519_999_999,
                530_000_000..=539_999_999,
                570_000_000..=579_999_999,
                600_000_000..=609_999_999,
                660_000_000..=669_999_999,
                690_000_000..=699_999_999,
                720_000_000..=739_999_999,
                780_000_000..=799_999_999,
                880_000_000..=889_999_999
            ],
            "### ### ###"
        ),
        form!(LANDLINE, Areas::OfWidth(2), 7: [2_000_000..=8_999_999], "## ### ## ##"),
    ],
};

/// Japan: nine digits after 0, area codes of one to five of them; mobile numbers have ten and begin with 70, 80 or 90
/// (総務省, 電気通信番号計画). No numbers are kept for fiction.
pub(in crate::locale) const JAPAN: PhoneNumbering = PhoneNumbering {
    calling_code: "81",
    forms: &[
        form!(
            MOBILE,
            Areas::None,
            10: [7_010_000_000..=7_099_999_999, 8_010_000_000..=8_099_999_999, 9_010_000_000..=9_099_999_999],
            "0##-####-####"
        ),
        form!(LANDLINE, Areas::OfWidth(1), 8: [32_000_000..=69_999_999], "0#-####-####"),
        form!(LANDLINE, Areas::These(&["11"]), 7: [2_000_000..=3_999_999, 5_000_000..=8_999_999], "0##-###-####"),
        form!(LANDLINE, Areas::OfWidthBut(2, &["11"]), 7: [2_000_000..=9_899_999], "0##-###-####"),
        form!(LANDLINE, Areas::OfWidth(3), 6: [200_000..=989_999], "0###-##-####"),
        form!(LANDLINE, Areas::OfWidth(4), 5: [20_000..=98_999], "0####-#-####"),
    ],
};

/// China: area codes of two digits with subscriber's numbers of eight, or of three with eight in the large cities and seven elsewhere; mobile
/// numbers have eleven digits (工业和信息化部, 电信网编号计划). No numbers are kept for fiction.
pub(in crate::locale) const CHINA: PhoneNumbering = PhoneNumbering {
    calling_code: "86",
    forms: &[
        form!(
            MOBILE,
            Areas::None,
            11: [
                13_000_000_000..=13_999_999_999,
                15_000_000_000..=15_399_999_999,
                15_500_000_000..=15_999_999_999,
                17_300_000_000..=17_399_999_999,
                17_500_000_000..=17_899_999_999,
                18_000_000_000..=18_999_999_999,
                19_800_000_000..=19_999_999_999
            ],
            "### #### ####"
        ),
        form!(LANDLINE, Areas::These(&["21"]), 8: [20_000_000..=69_999_999], "0##-########"),
        form!(LANDLINE, Areas::OfWidthBut(2, &["21"]), 8: [50_000_000..=79_999_999, 81_000_000..=88_999_999], "0##-########"),
        form!(LANDLINE, Areas::These(&EIGHT_DIGITS), 8: [20_000_000..=88_999_999], "0###-########"),
        form!(LANDLINE, Areas::OfWidthBut(3, &EIGHT_DIGITS), 7: [2_000_000..=8_899_999], "0###-#######"),
    ],
};

/// China's areas of three digits whose numbers have eight.
const EIGHT_DIGITS: [&str; 42] = [
    "311", "371", "377", "379", "411", "431", "432", "451", "510", "511", "512", "513", "514", "515", "516", "517",
    "518", "519", "523", "527", "531", "532", "551", "571", "573", "574", "575", "576", "577", "579", "591", "595",
    "731", "754", "755", "757", "760", "769", "791", "851", "871", "898",
];

/// South Korea: Seoul's area code has one digit and its numbers eight, elsewhere two and seven; mobile numbers begin with 10
/// (과학기술정보통신부, 전기통신번호관리세칙). No numbers are kept for fiction.
pub(in crate::locale) const SOUTH_KOREA: PhoneNumbering = PhoneNumbering {
    calling_code: "82",
    forms: &[
        form!(MOBILE, Areas::None, 10: [1_020_000_000..=1_058_999_999, 1_060_000_000..=1_099_999_999], "0##-####-####"),
        form!(LANDLINE, Areas::OfWidth(1), 8: [20_000_000..=88_999_999], "0#-####-####"),
        form!(LANDLINE, Areas::OfWidth(2), 7: [2_000_000..=8_999_999], "0##-###-####"),
    ],
};

/// India: ten digits, area codes of two to four of them; mobile numbers begin with 6–9 (DoT, National Numbering Plan). No numbers are kept for
/// fiction.
pub(in crate::locale) const INDIA: PhoneNumbering = PhoneNumbering {
    calling_code: "91",
    forms: &[
        form!(MOBILE, Areas::None, 10: [7_000_000_000..=9_999_999_999], "##### #####"),
        form!(LANDLINE, Areas::OfWidth(2), 8: [20_000_000..=69_999_999], "0## #### ####"),
        form!(LANDLINE, Areas::OfWidth(3), 7: [2_000_000..=6_999_999], "0### ### ####"),
        form!(LANDLINE, Areas::OfWidth(4), 6: [200_000..=699_999], "0#### ######"),
    ],
};

/// Saudi Arabia: nine digits after 0, area codes of two; mobile numbers begin with 50 or 53–59 (CST, National Numbering Plan), what
/// follows the area code with the digits in use there. No numbers are kept for fiction.
pub(in crate::locale) const SAUDI_ARABIA: PhoneNumbering = PhoneNumbering {
    calling_code: "966",
    forms: &[
        form!(MOBILE, Areas::None, 9: [500_000_000..=509_999_999, 530_000_000..=578_999_999, 580_000_000..=599_999_999], "0## ### ####"),
        form!(LANDLINE, Areas::These(&["11"]), 7: [2_000_000..=8_999_999], "0## ### ####"),
        form!(LANDLINE, Areas::These(&["12"]), 7: [2_000_000..=2_999_999, 4_000_000..=8_999_999], "0## ### ####"),
        form!(LANDLINE, Areas::These(&["13"]), 7: [3_000_000..=3_999_999, 5_000_000..=8_999_999], "0## ### ####"),
        form!(LANDLINE, Areas::These(&["14"]), 7: [3_000_000..=6_999_999, 8_000_000..=8_999_999], "0## ### ####"),
        form!(LANDLINE, Areas::These(&["16"]), 7: [2_000_000..=5_999_999], "0## ### ####"),
        form!(LANDLINE, Areas::These(&["17"]), 7: [2_000_000..=3_999_999, 5_000_000..=7_999_999], "0## ### ####"),
    ],
};
