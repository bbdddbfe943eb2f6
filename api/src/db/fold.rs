//! Texts as people look for them: `seleccion` finds `Selección`, which stands between `Salud` and `servicio`.

use diesel::sql_types::{Nullable, Text};
use diesel::{QueryResult, SqliteConnection, declare_sql_function};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

#[declare_sql_function]
extern "SQL" {
    /// The text that [`folded`] gives, and an empty one of null.
    fn fold(text: Nullable<Text>) -> Text;
}

/// A text in lower case and without accents.
pub fn folded(text: &str) -> String {
    text.nfkd().filter(|character| !is_combining_mark(*character)).flat_map(char::to_lowercase).collect()
}

/// Makes `fold` known to a connection.
pub fn register(connection: &mut SqliteConnection) -> QueryResult<()> {
    fold_utils::register_impl(connection, |text: Option<String>| text.map_or_else(String::new, |text| folded(&text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_accents_make_no_difference() {
        for text in ["Selección", "SELECCIÓN", "seleccio\u{301}n", "ｓｅｌｅｃｃｉóｎ"] {
            assert_eq!(folded(text), "seleccion", "{text}");
        }
        assert_eq!(folded("Ñandú 2 %_"), "nandu 2 %_");
        assert_ne!(folded("Straße"), folded("Strase"));
        assert_eq!(folded("東京 Ж"), "東京 ж");
    }
}
