//! Genders as words: which are understood, and what a column of words says of each row.

use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringViewArray};

use super::super::finance::is_name;
use super::super::{Cells, Fill, Made, Problems, Rows, RunError};
use super::names::{text_attribute, texts};
use crate::locale::Gender;
use crate::plan::{Context, Scalar, below};
use crate::problem::Problem;
use crate::schema::Param;

/// Words for each gender, whatever the locale: a schema may print English words in Spanish data.
const FEMALE: [&str; 21] = [
    "F",
    "female",
    "woman",
    "femenino",
    "mujer",
    "feminino",
    "mulher",
    "féminin",
    "feminin",
    "femme",
    "weiblich",
    "femmina",
    "donna",
    "vrouw",
    "kobieta",
    "女",
    "女性",
    "여",
    "여성",
    "महिला",
    "أنثى",
];
const MALE: [&str; 19] = [
    "M",
    "male",
    "masculino",
    "hombre",
    "homem",
    "masculin",
    "homme",
    "männlich",
    "mann",
    "maschio",
    "uomo",
    "man",
    "mężczyzna",
    "男",
    "男性",
    "남",
    "남성",
    "पुरुष",
    "ذكر",
];

/// The gender that a word means, if it means one.
pub fn gender_of(word: &str) -> Option<Gender> {
    let among = |words: &[&str]| words.iter().any(|known| known.eq_ignore_ascii_case(word));
    if among(&FEMALE) {
        Some(Gender::Female)
    } else if among(&MALE) {
        Some(Gender::Male)
    } else {
        None
    }
}

/// The gender of each text: 0 feminine, 1 masculine, 2 unknown. A column has few different texts, so each is read once: short ones are told
/// apart by their views, which hold them. Which of the first two stands in a row is no branch, because no processor foresees it.
pub fn read_genders(texts: &StringViewArray) -> impl Iterator<Item = usize> + '_ {
    const INLINE: u32 = 12;
    let code = |position: usize| match gender_of(texts.value(position)) {
        Some(Gender::Female) => 0,
        Some(Gender::Male) => 1,
        None => 2,
    };
    let views = texts.views();
    let nulls = texts.nulls().filter(|nulls| nulls.null_count() > 0);
    // Those of the most rows, which are looked at no further; an empty text is of no gender.
    let mut usual = [(0, 2); 2];
    let mut read: Vec<(u128, usize)> = Vec::new();
    for (position, &view) in views.iter().enumerate() {
        if (view == usual[0].0) | (view == usual[1].0) {
            continue;
        }
        if read.len() < 8
            && nulls.is_none_or(|nulls| nulls.is_valid(position))
            && view as u32 <= INLINE
            && !read.iter().any(|(known, _)| *known == view)
        {
            if let Some(usual) = usual.get_mut(read.len()) {
                *usual = (view, code(position));
            }
            read.push((view, code(position)));
        }
    }
    let [first, second] = usual;
    views.iter().enumerate().map(move |(position, &view)| {
        if nulls.is_some_and(|nulls| nulls.is_null(position)) {
            2
        } else if (view == first.0) | (view == second.0) {
            [second.1, first.1][usize::from(view == first.0)]
        } else {
            read.iter().find(|(known, _)| *known == view).map_or_else(|| code(position), |(_, code)| *code)
        }
    })
}

/// The words that are understood, for a sentence.
pub fn understood() -> String {
    format!("{}, {}", FEMALE.join(", "), MALE.join(", "))
}

/// Where a name's gender comes from.
#[derive(Clone, Copy)]
pub enum GenderSource {
    /// The same in every row.
    One(Gender),
    /// The text of an input.
    Rows(usize),
}

/// The gender of a parameter, or of the row's person.
pub fn gender_source(cx: &mut Context<'_>, param: Option<&Param<String>>) -> Result<GenderSource, Problems> {
    let Some(param) = param else { return text_attribute(cx, "gender").map(GenderSource::Rows) };
    let scalar = match param {
        // A column by itself tells which values it has.
        Param::Sql(sql) if is_name(sql.trim()) => {
            Scalar::Input(cx.column(sql.trim()).map_err(|found| below(below(found, "sql"), "gender"))?)
        }
        _ => cx.param(param, "gender")?,
    };
    match scalar {
        Scalar::Constant(word) => match gender_of(&word) {
            Some(gender) => {
                warn_of_another(cx, gender, &word);
                Ok(GenderSource::One(gender))
            }
            None => {
                let detail = format!("\"{word}\" is not understood as a gender");
                let remedy = format!("say one of {}", understood());
                Err(vec![Problem::new("unknown_gender", detail).remedy(remedy).at("/gender")])
            }
        },
        Scalar::Input(input) if cx.input_type(input).is_text() => {
            check_values(cx, input)?;
            Ok(GenderSource::Rows(input))
        }
        Scalar::Input(input) => {
            let detail = format!("a gender is a text, and this SQL gives {}", cx.input_type(input));
            Err(vec![Problem::new("no_text", detail).at("/gender/sql")])
        }
    }
}

/// Words for neither gender, or for one that is not told: names of both go with them.
const NEITHER: [&str; 23] = [
    "",
    "X",
    "D",
    "N",
    "O",
    "U",
    "NB",
    "other",
    "unknown",
    "nonbinary",
    "otro",
    "nobinario",
    "desconocido",
    "outro",
    "nãobinário",
    "autre",
    "nonbinaire",
    "divers",
    "altro",
    "anders",
    "inne",
    "その他",
    "其他",
];

/// Whether a word says something of a gender, be it that it is neither of the two; `values` are further ones that the row's gender has.
fn is_known(word: &str, values: &[String]) -> bool {
    let letters = |text: &str| -> String { text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect() };
    gender_of(word).is_some()
        || NEITHER.iter().any(|known| letters(known) == letters(word))
        || values.iter().any(|known| known == word)
}

/// Whether the values of a list tell genders: some are understood, and not one letter beside another that is not (of `H` and `M` the
/// second is a woman in Spanish).
pub fn tell_genders(values: &[String]) -> bool {
    let understood = values.iter().filter(|value| gender_of(value).is_some()).count();
    let letters = values.iter().all(|value| value.chars().count() == 1);
    let strange = values.iter().filter(|value| !is_known(value, &[])).count();
    understood > 0 && !(letters && strange > 0)
}

fn unknown(word: &str) -> (String, String) {
    let detail = format!("\"{word}\" is not understood as a gender");
    (detail, format!("say one of {}; X goes with names of both", understood()))
}

/// Refuses SQL of which it is known that it gives a text that says nothing of a gender.
fn check_values(cx: &Context<'_>, input: usize) -> Result<(), Problems> {
    let Some(values) = cx.input_values(input) else { return Ok(()) };
    let others = cx.genders_shown();
    let strange =
        values.as_string_view_opt().and_then(|values| values.iter().flatten().find(|word| !is_known(word, &others)));
    match strange {
        None => Ok(()),
        Some(word) => {
            let (detail, remedy) = unknown(word);
            Err(vec![Problem::new("unknown_gender", detail).remedy(remedy).at("/gender/sql")])
        }
    }
}

/// Says where a constant is another gender than a column of the same person may show.
fn warn_of_another(cx: &mut Context<'_>, gender: Gender, word: &str) {
    if cx.genders_shown().iter().any(|shown| gender_of(shown).is_some_and(|shown| shown != gender)) {
        let detail =
            format!("the gender is {word} here in every row, and another column shows the gender of each row's person");
        let remedy = "leave gender out here, so that it follows that column, or give this column another entity";
        cx.warn(Problem::new("contradiction", detail).remedy(remedy).at("/gender"));
    }
}

/// What follows from genders that SQL gives: a text that says nothing of one is an error, not a gender of anybody's.
struct Checked {
    inner: Box<dyn Fill>,
    /// The input of the genders.
    genders: usize,
    /// Further values of the row's gender.
    others: Vec<String>,
}

impl Fill for Checked {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let genders = texts(cells, self.genders)?;
        let strange = read_genders(genders).enumerate().find(|(position, gender)| {
            *gender == 2 && genders.is_valid(*position) && !is_known(genders.value(*position), &self.others)
        });
        if let Some((position, _)) = strange {
            let (detail, remedy) = unknown(genders.value(position));
            return Err(RunError { row: Some(rows.at(position)), ..RunError::new(format!("{detail}; {remedy}")) });
        }
        self.inner.fill(cells, rows)
    }
}

/// A column that follows from the gender of a source; checked where SQL gives it.
pub fn checked(cx: &Context<'_>, param: Option<&Param<String>>, source: &GenderSource, made: Made) -> Made {
    match (param, source) {
        (Some(Param::Sql(_)), GenderSource::Rows(input)) => {
            let fill = Checked { inner: made.fill, genders: *input, others: cx.genders_shown() };
            Made { fill: Box::new(fill), ..made }
        }
        _ => made,
    }
}
