//! Where rows go: a folder with a file a table, one file, or standard output.

use std::path::{Path, PathBuf};

use engine::plan::Plan;
use formats::{Compression, FORMATS, Format};

use crate::Failure;

/// A target and what is written there.
#[derive(Clone)]
pub struct Output {
    /// Where to.
    pub target: Target,
    /// The format.
    pub format: &'static dyn Format,
    /// How files are compressed.
    pub compression: Option<Compression>,
}

/// Where rows go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Files in a folder, named after tables, or after the dataset where one file holds all.
    Folder(PathBuf),
    /// This file.
    File(PathBuf),
    /// Standard output.
    Stdout,
}

/// A file to write.
pub(super) struct OutputFile {
    /// Its name, without a folder.
    pub name: String,
    /// Which of the wanted tables it holds, by their place among them.
    pub tables: Vec<usize>,
}

impl Output {
    /// What `out` means. Its extension names the format, and the compression, that are not named otherwise; a path with the format's
    /// extension is a file, any other a folder. Without `out` it is a folder named after the dataset; without any format, the first of the
    /// list.
    pub fn resolve(
        out: Option<&Path>,
        format: Option<&'static dyn Format>,
        compression: Option<Compression>,
        dataset: &str,
    ) -> Result<Output, Failure> {
        let Some(out) = out else {
            let target = Target::Folder(PathBuf::from(formats::file_name(dataset)));
            return Ok(Output { target, format: format.unwrap_or(default_format()), compression });
        };
        if out == Path::new("-") {
            return Ok(Output { target: Target::Stdout, format: format.unwrap_or(default_format()), compression });
        }
        let (named_format, named_compression) = match formats::by_extension(out) {
            Some((format, compression)) => (Some(format), compression),
            None => (None, None),
        };
        let is_folder = out.is_dir() || ends_with_separator(out);
        let target = match named_format {
            Some(_) if is_folder => Target::Folder(out.to_owned()),
            Some(named) => {
                if let Some(format) = format.filter(|format| format.name() != named.name()) {
                    let (out, named, format) = (out.display(), named.name(), format.name());
                    return Err(Failure::Usage(format!(
                        "{out} is named like a {named} file, but the format is {format}"
                    )));
                }
                if let (Some(wanted), Some(named)) = (compression, named_compression)
                    && wanted != named
                {
                    let (out, named, wanted) = (out.display(), named.name(), wanted.name());
                    return Err(Failure::Usage(format!(
                        "{out} is named like a {named} file, but the compression is {wanted}"
                    )));
                }
                Target::File(out.to_owned())
            }
            None if crate::storage::is_special(out) => Target::File(out.to_owned()),
            None => Target::Folder(out.to_owned()),
        };
        let is_file = matches!(target, Target::File(_));
        Ok(Output {
            target,
            format: format.or(named_format.filter(|_| is_file)).unwrap_or(default_format()),
            compression: compression.or(named_compression.filter(|_| is_file)),
        })
    }

    /// The files of these tables.
    pub(super) fn files(&self, plan: &Plan, tables: &[usize]) -> Result<Vec<OutputFile>, Failure> {
        let ending = match self.compression {
            None => format!(".{}", self.format.extension()),
            Some(compression) => format!(".{}.{}", self.format.extension(), compression.extension()),
        };
        let named = |name: &str| format!("{}{ending}", formats::file_name(name));
        let is_one = self.format.holds_all_tables() || tables.len() == 1;
        let whole = |name: String| vec![OutputFile { name, tables: (0..tables.len()).collect() }];
        match &self.target {
            Target::Folder(_) if self.format.holds_all_tables() => Ok(whole(named(&plan.dataset.name))),
            Target::Folder(_) => Ok((0..tables.len())
                .map(|at| OutputFile { name: named(&plan.tables[tables[at]].name), tables: vec![at] })
                .collect()),
            Target::File(path) if is_one => {
                Ok(whole(path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()))
            }
            Target::Stdout if is_one => Ok(whole(String::new())),
            Target::File(_) | Target::Stdout => Err(Failure::Usage(format!(
                "one {} output holds one table, and the schema has {}; name one with --table, or a folder with --out",
                self.format.name(),
                tables.len()
            ))),
        }
    }
}

/// The format where none is named: the first of the list.
fn default_format() -> &'static dyn Format {
    FORMATS[0]
}

fn ends_with_separator(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().last().is_some_and(|byte| std::path::is_separator(char::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(out: &str, format: Option<usize>) -> Result<(Target, usize, Option<Compression>), String> {
        let output = Output::resolve(Some(Path::new(out)), format.map(|at| FORMATS[at]), None, "d");
        let output = output.map_err(|failure| failure.to_string())?;
        let at = FORMATS.iter().position(|format| format.name() == output.format.name()).expect("a listed format");
        Ok((output.target, at, output.compression))
    }

    #[test]
    fn a_path_with_a_formats_extension_is_a_file_of_that_format_and_any_other_a_folder() {
        for (at, format) in FORMATS.iter().enumerate() {
            let extension = format.extension();
            let path = format!("nowhere/x.{}", extension.to_uppercase());
            assert_eq!(resolved(&path, None), Ok((Target::File(path.clone().into()), at, None)));
            let path = format!("nowhere/x.{extension}.gz");
            assert_eq!(resolved(&path, None), Ok((Target::File(path.clone().into()), at, Some(Compression::Gzip))));
            let path = format!("nowhere/x.{extension}/");
            assert_eq!(resolved(&path, Some(at)), Ok((Target::Folder(path.clone().into()), at, None)));
        }
        assert_eq!(resolved("nowhere/x.gz", None), Ok((Target::Folder("nowhere/x.gz".into()), 0, None)));
        assert_eq!(resolved("nowhere.d", Some(1)), Ok((Target::Folder("nowhere.d".into()), 1, None)));
        assert_eq!(resolved("-", Some(1)), Ok((Target::Stdout, 1, None)));
        let contradiction = format!("x.{}", FORMATS[0].extension());
        assert!(resolved(&contradiction, Some(1)).is_err());
    }

    #[test]
    fn without_a_path_a_folder_is_named_after_the_dataset_safely() {
        let output = Output::resolve(None, None, None, "../x").expect("an output");
        assert_eq!(output.target, Target::Folder(PathBuf::from("%2E.%2Fx")));
    }
}
