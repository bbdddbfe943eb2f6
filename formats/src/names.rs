//! File names of tables, and back: a table may be called anything, a file may not.
//!
//! Invariant: different tables get different names, none leaves its folder, and [`table_name`] undoes [`file_name`].

use std::path::Path;

/// Names that Windows keeps for devices, whatever their extension.
const DEVICES: [&str; 22] = [
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9", "lpt1", "lpt2",
    "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// The file name, without extension, of a table: unsafe characters are percent-encoded, byte by byte of their UTF-8.
///
/// Unsafe are `/ \ < > : " | ? * %`, control characters, a dot or space at either end, and the first letter of a name that Windows keeps
/// for a device.
pub fn file_name(table: &str) -> String {
    let device = table.split('.').next().is_some_and(|stem| DEVICES.contains(&stem.to_ascii_lowercase().as_str()));
    let last = table.chars().count().saturating_sub(1);
    let mut name = String::with_capacity(table.len());
    for (index, character) in table.chars().enumerate() {
        let at_an_end = (index == 0 || index == last) && matches!(character, '.' | ' ');
        if character.is_control()
            || matches!(character, '/' | '\\' | '<' | '>' | ':' | '"' | '|' | '?' | '*' | '%')
            || at_an_end
            || (device && index == 0)
        {
            percent_encode(character, &mut name);
        } else {
            name.push(character);
        }
    }
    name
}

/// The table that a file is about: its name without the extension of a format and of a compression, percent signs decoded.
pub fn table_name(path: &Path) -> String {
    let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut stem = file.as_str();
    for compression in [crate::Compression::Gzip, crate::Compression::Zstd] {
        stem = without_extension(stem, compression.extension());
    }
    for format in crate::FORMATS {
        let shorter = without_extension(stem, format.extension());
        if shorter.len() < stem.len() {
            stem = shorter;
            break;
        }
    }
    percent_decode(stem)
}

/// Appends `%XX` for each byte of a character.
pub(crate) fn percent_encode(character: char, name: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut bytes = [0; 4];
    for byte in character.encode_utf8(&mut bytes).bytes() {
        name.push('%');
        name.push(char::from(HEX[usize::from(byte >> 4)]));
        name.push(char::from(HEX[usize::from(byte & 15)]));
    }
}

/// Decodes `%XX`; what is no such sequence, or would be no UTF-8, stays as it is.
pub(crate) fn percent_decode(name: &str) -> String {
    let hex = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = match (first, tail) {
            (b'%', [high, low, after @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    bytes.push(high << 4 | low);
                    after
                }
                _ => {
                    bytes.push(*first);
                    tail
                }
            },
            _ => {
                bytes.push(*first);
                tail
            }
        };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| name.to_owned())
}

/// `name` without `.extension`, in whatever case, unless nothing would be left.
fn without_extension<'a>(name: &'a str, extension: &str) -> &'a str {
    match name.rsplit_once('.') {
        Some((stem, end)) if !stem.is_empty() && end.eq_ignore_ascii_case(extension) => stem,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_is_safe_and_leads_back_to_its_table() {
        for (table, name) in [
            ("candidate", "candidate"),
            ("größe 大", "größe 大"),
            ("../../etc/passwd", "%2E.%2F..%2Fetc%2Fpasswd"),
            ("a\\b:c*d?e\"f<g>h|i%j", "a%5Cb%3Ac%2Ad%3Fe%22f%3Cg%3Eh%7Ci%25j"),
            ("con", "%63on"),
            ("LPT1.old", "%4CPT1.old"),
            ("console", "console"),
            (".hidden", "%2Ehidden"),
            ("ends. ", "ends.%20"),
            ("..", "%2E%2E"),
            ("tab\u{85}", "tab%C2%85"),
        ] {
            assert_eq!(file_name(table), name);
            assert_eq!(table_name(Path::new(&format!("out/{name}.csv"))), table);
            assert_eq!(table_name(Path::new(&format!("out/{name}.csv.gz"))), table);
        }
        assert_eq!(table_name(Path::new("a.b.JSONL.ZST")), "a.b");
        assert_eq!(table_name(Path::new("50%.csv")), "50%");
        assert_eq!(table_name(Path::new("%ff.csv")), "%ff");
    }
}
