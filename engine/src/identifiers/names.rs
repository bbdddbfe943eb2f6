//! Codes that numbers of people and companies take from names.

/// Letters of a name, or of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameCode {
    /// Mexico, CURP: initial and first inner vowel of the father's surname, initials of the mother's and of the given name. Words that the
    /// registry finds improper get an X in second place.
    Curp,
    /// Mexico, CURP: the first inner consonant of each of the three.
    CurpConsonants,
    /// Mexico, RFC of a person: as in the CURP, with another rule for surnames of two letters; improper words end in X.
    Rfc,
    /// Mexico, RFC of a company: initials of the first three words, filled up from the last word where there are fewer.
    RfcCompany,
    /// Italy: the first three consonants of the surname, vowels where they do not suffice, then X.
    ItalianSurname,
    /// Italy: of the given name the first, third and fourth consonant where it has four, else as for the surname.
    ItalianGivenName,
}

/// A person's names; a company's stands in `given`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Names<'a> {
    /// Given names.
    pub given: &'a str,
    /// The surname, or both.
    pub surnames: &'a str,
}

const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const VOWELS: &str = "AEIOU";
const CONSONANTS: &str = "BCDFGHJKLMNPQRSTVWXYZ";

/// No improper word ends in one of these.
const PROPER_ENDS: &str = "BCDFGHJKLMPQTVWXZ";

/// Words that are no part of a name's code (RENAPO's Instructivo normativo para la asignación de la CURP).
const PARTICLES: [&str; 22] = [
    "DA", "DAS", "DE", "DEL", "DER", "DI", "DIE", "DD", "EL", "LA", "LOS", "LAS", "LE", "LES", "MAC", "MC", "VAN",
    "VON", "Y", "DOS", "DO", "E",
];

/// Given names that are passed over where another follows.
const COMMON_GIVEN_NAMES: [&str; 6] = ["MARIA", "MA", "M", "JOSE", "J", "MARYA"];

/// What the words of a company's legal form, and words without meaning of their own, are (RMF, annex on the RFC).
const COMPANY_WORDS: [&str; 20] = [
    "SA", "S", "A", "DE", "CV", "C", "V", "SAB", "SC", "RL", "SAPI", "SAS", "AC", "INC", "LLC", "CORP", "LTD", "CIA",
    "COMPANIA", "SRL",
];

/// Improper words (RENAPO's catalogue; the RFC's is a part of it).
const IMPROPER: [&str; 81] = [
    "BACA", "BAKA", "BUEI", "BUEY", "CACA", "CACO", "CAGA", "CAGO", "CAKA", "CAKO", "COGE", "COGI", "COJA", "COJE",
    "COJI", "COJO", "COLA", "CULO", "FALO", "FETO", "GETA", "GUEI", "GUEY", "JETA", "JOTO", "KACA", "KACO", "KAGA",
    "KAGO", "KAKA", "KAKO", "KOGE", "KOGI", "KOJA", "KOJE", "KOJI", "KOJO", "KOLA", "KULO", "LILO", "LOCA", "LOCO",
    "LOKA", "LOKO", "MAME", "MAMO", "MEAR", "MEAS", "MEON", "MIAR", "MION", "MOCO", "MOKO", "MULA", "MULO", "NACA",
    "NACO", "PEDA", "PEDO", "PENE", "PIPI", "PITO", "POPO", "PUTA", "PUTO", "QULO", "RATA", "ROBA", "ROBE", "ROBO",
    "RUIN", "SENO", "TETA", "VACA", "VAGA", "VAGO", "VAKA", "VUEI", "VUEY", "WUEI", "WUEY",
];

impl NameCode {
    /// The letters that may stand at each place where no name is known.
    pub fn alphabets(self) -> &'static [&'static str] {
        match self {
            NameCode::Curp | NameCode::Rfc => &[LETTERS, VOWELS, LETTERS, PROPER_ENDS],
            NameCode::RfcCompany => &[LETTERS, LETTERS, LETTERS],
            NameCode::CurpConsonants | NameCode::ItalianSurname | NameCode::ItalianGivenName => {
                &[CONSONANTS, CONSONANTS, CONSONANTS]
            }
        }
    }

    /// Appends the code of some names.
    pub fn write(self, names: &Names<'_>, out: &mut Vec<u8>) {
        match self {
            NameCode::Curp | NameCode::CurpConsonants | NameCode::Rfc => {
                let [paternal, maternal] = surnames(names.surnames);
                let given = given_name(names.given);
                match self {
                    NameCode::CurpConsonants => {
                        out.extend([&paternal, &maternal, &given].map(|name| inner(name, false)));
                    }
                    NameCode::Curp => out.extend(proper(head(&paternal, &maternal, &given), 1)),
                    _ if paternal.len() < 3 => {
                        let second = given.get(1).copied().unwrap_or(b'X');
                        let code = [initial(&paternal), initial(&maternal), initial(&given), second];
                        out.extend(proper(code, 3));
                    }
                    _ => out.extend(proper(head(&paternal, &maternal, &given), 3)),
                }
            }
            NameCode::RfcCompany => out.extend(company(names.given)),
            NameCode::ItalianSurname => out.extend(italian(names.surnames, false)),
            NameCode::ItalianGivenName => out.extend(italian(names.given, true)),
        }
    }
}

fn initial(name: &[u8]) -> u8 {
    name.first().copied().unwrap_or(b'X')
}

/// The first vowel, or the first consonant, behind the initial.
fn inner(name: &[u8], vowel: bool) -> u8 {
    let found = name.iter().skip(1).find(|letter| VOWELS.as_bytes().contains(letter) == vowel);
    found.copied().unwrap_or(b'X')
}

fn head(paternal: &[u8], maternal: &[u8], given: &[u8]) -> [u8; 4] {
    [initial(paternal), inner(paternal, true), initial(maternal), initial(given)]
}

/// The code with an X at a place where it is an improper word.
fn proper(mut code: [u8; 4], place: usize) -> [u8; 4] {
    if IMPROPER.iter().any(|word| word.as_bytes() == code) {
        code[place] = b'X';
    }
    code
}

/// A word's letters in upper-case ASCII; Ñ is written X.
fn letters(word: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for c in word.chars() {
        match c {
            'Ñ' | 'ñ' => out.push(b'X'),
            _ if c.is_ascii() => out.extend(c.is_ascii_alphabetic().then_some(c as u8)),
            _ => out.extend(any_ascii::any_ascii_char(c).bytes().filter(u8::is_ascii_alphabetic)),
        }
    }
    out.make_ascii_uppercase();
    out
}

fn words(text: &str) -> impl Iterator<Item = Vec<u8>> + '_ {
    text.split([' ', '-', ',', '&', '/']).map(letters).filter(|word| !word.is_empty())
}

fn among(list: &[&str], word: &[u8]) -> bool {
    list.iter().any(|known| known.as_bytes() == word)
}

/// Father's and mother's surname without particles; the second is empty where there is one.
fn surnames(text: &str) -> [Vec<u8>; 2] {
    let mut found = words(text).filter(|word| !among(&PARTICLES, word));
    [found.next().unwrap_or_default(), found.next().unwrap_or_default()]
}

fn given_name(text: &str) -> Vec<u8> {
    let found: Vec<Vec<u8>> = words(text).filter(|word| !among(&PARTICLES, word)).collect();
    let first = usize::from(found.len() > 1 && among(&COMMON_GIVEN_NAMES, &found[0]));
    found.into_iter().nth(first).unwrap_or_default()
}

fn company(name: &str) -> [u8; 3] {
    let meaning = |word: &Vec<u8>| !among(&PARTICLES, word) && !among(&COMPANY_WORDS, word);
    let found: Vec<Vec<u8>> = words(name).filter(meaning).take(3).collect();
    let mut code = [b'X'; 3];
    for (place, mark) in code.iter_mut().enumerate() {
        let letter = match found.get(place) {
            Some(word) => word.first(),
            // The letters of the last word behind its initial.
            None => found.last().and_then(|word| word.get(place + 1 - found.len())),
        };
        *mark = letter.copied().unwrap_or(b'X');
    }
    code
}

fn italian(name: &str, given: bool) -> [u8; 3] {
    let all: Vec<u8> = words(&name.replace(['Ñ', 'ñ'], "N")).flatten().collect();
    let (vowels, mut consonants): (Vec<u8>, Vec<u8>) =
        all.into_iter().partition(|letter| VOWELS.as_bytes().contains(letter));
    if given && consonants.len() > 3 {
        consonants.remove(1);
    }
    let mut code = [b'X'; 3];
    for (mark, letter) in code.iter_mut().zip(consonants.into_iter().chain(vowels)) {
        *mark = letter;
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(of: NameCode, given: &str, surnames: &str) -> String {
        let mut out = Vec::new();
        of.write(&Names { given, surnames }, &mut out);
        String::from_utf8(out).expect("ASCII")
    }

    #[test]
    fn mexican_codes_keep_the_registrys_rules() {
        assert_eq!(code(NameCode::Curp, "Concepción", "Salgado Briseño"), "SABC");
        assert_eq!(code(NameCode::CurpConsonants, "Concepción", "Salgado Briseño"), "LRN");
        assert_eq!(code(NameCode::Curp, "María Luisa", "de la Peña Ñáñez"), "PEXL");
        assert_eq!(code(NameCode::Curp, "Ofelia", "Calvo Castro"), "CXCO");
        assert_eq!(code(NameCode::Rfc, "Ofelia", "Calvo Castro"), "CACX");
        assert_eq!(code(NameCode::Rfc, "Álvaro", "de la O Lozano"), "OLAL");
        assert_eq!(code(NameCode::Curp, "Andrés", "Ich"), "IXXA");
    }

    #[test]
    fn companies_are_coded_without_their_legal_form() {
        assert_eq!(code(NameCode::RfcCompany, "Sonora Industrial Azucarera, S. de R.L.", ""), "SIA");
        assert_eq!(code(NameCode::RfcCompany, "Aceros Nacionales, S.A. de C.V.", ""), "ANA");
        assert_eq!(code(NameCode::RfcCompany, "Arsuyama S.A.", ""), "ARS");
        assert_eq!(code(NameCode::RfcCompany, "", ""), "XXX");
    }

    #[test]
    fn italian_codes_take_consonants_first() {
        assert_eq!(code(NameCode::ItalianSurname, "", "Rossi"), "RSS");
        assert_eq!(code(NameCode::ItalianSurname, "", "Fo"), "FOX");
        assert_eq!(code(NameCode::ItalianSurname, "", "D'Aiello"), "DLL");
        assert_eq!(code(NameCode::ItalianGivenName, "Gianfranco", ""), "GFR");
        assert_eq!(code(NameCode::ItalianGivenName, "Luca", ""), "LCU");
        assert_eq!(code(NameCode::ItalianGivenName, "Niccolò", ""), "NCL");
    }

    #[test]
    fn letters_of_unknown_names_never_make_an_improper_word() {
        assert!(IMPROPER.iter().all(|word| !PROPER_ENDS.contains(&word[3..])));
    }
}
