//! The schema that a command works on: a file or standard input, with values set in it from outside.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use api::plan::settings::setting;
use clap::Args;
use engine::llm::Answers;
use engine::plan::{self, Compiled, Plan};
use engine::problem::Problem;
use engine::schema::Overrides;
use serde_json::Value;

use crate::model;
use crate::stop::Stop;

/// A schema larger than this is surely another file.
const MAX_BYTES: u64 = 64 << 20;

/// The argument SCHEMA.
#[derive(Args)]
pub struct SchemaFile {
    /// The schema, YAML or JSON; `-` reads standard input
    #[arg(value_name = "SCHEMA")]
    path: PathBuf,
}

/// The options that put values into a schema.
#[derive(Args)]
pub struct Settings {
    /// Sets a parameter of the schema; may be repeated
    #[arg(long = "set", value_name = "P=V", value_parser = setting)]
    settings: Vec<(String, Value)>,
}

/// The options that say how many rows tables have.
#[derive(Args)]
pub struct Sizes {
    /// Number of rows of a table; may be repeated
    #[arg(long = "rows", value_name = "T=N", value_parser = parse_rows)]
    rows: Vec<(String, u64)>,
    /// Multiplies the rows of every table that is not `scaled: false`
    #[arg(long, value_name = "F", value_parser = parse_scale)]
    scale: Option<f64>,
}

/// The options that change what is planned.
#[derive(Args)]
pub struct Scope {
    #[command(flatten)]
    sizes: Sizes,
    /// Seed in place of the schema's
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u64).range(0..=engine::schema::MAX_SEED))]
    seed: Option<u64>,
}

impl Settings {
    /// The values by parameter; of two for one, the last.
    pub fn overrides(&self) -> Overrides {
        self.settings.iter().cloned().collect()
    }
}

impl Sizes {
    /// As the plan takes them.
    fn options(&self) -> plan::Options {
        plan::Options { rows: self.rows.iter().cloned().collect(), scale: self.scale, ..plan::Options::default() }
    }
}

impl Scope {
    /// As the plan takes them for a look, before any language model is asked.
    pub fn look(&self) -> plan::Options {
        plan::Options { falls_back: true, ..self.options() }
    }

    /// As the plan takes them.
    pub fn options(&self) -> plan::Options {
        plan::Options { seed: self.seed, ..self.sizes.options() }
    }
}

impl SchemaFile {
    /// How messages call it.
    pub fn name(&self) -> String {
        if self.is_standard_input() { "standard input".to_owned() } else { self.path.display().to_string() }
    }

    fn is_standard_input(&self) -> bool {
        self.path == Path::new("-")
    }

    /// Its text.
    pub fn text(&self) -> Result<String, Stop> {
        let mut bytes = Vec::new();
        let read = if self.is_standard_input() {
            io::stdin().lock().take(MAX_BYTES + 1).read_to_end(&mut bytes)
        } else {
            File::open(&self.path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
        };
        read.map_err(|error| Stop::problem(format!("{}: {}", self.name(), api::storage::reason(&error))))?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(Stop::problem(format!(
                "{}: it is larger than {} MB, too large for a schema",
                self.name(),
                MAX_BYTES >> 20
            )));
        }
        String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            Stop::problem(format!("{}: it is no UTF-8 text, byte {at} is no character", self.name()))
        })
    }

    /// Reads and compiles it.
    pub fn compile(&self, settings: &Settings, options: &plan::Options) -> Result<Compiled, Stop> {
        Ok(self.compile_text(&self.text()?, settings, options))
    }

    fn compile_text(&self, text: &str, settings: &Settings, options: &plan::Options) -> Compiled {
        let files = |path: &str| self.beside(path);
        plan::compile_text_with(text, &settings.overrides(), options, &files)
    }

    /// What a file below the schema's folder holds. A link that leads out of the folder is not followed.
    fn beside(&self, path: &str) -> Result<String, String> {
        if self.is_standard_input() {
            return engine::schema::no_files(path);
        }
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let reason = |error: io::Error| api::storage::reason(&error);
        let folder = folder.canonicalize().map_err(reason)?;
        let file = folder.join(path).canonicalize().map_err(reason)?;
        if !file.starts_with(&folder) {
            return Err("it does not lie below the schema file's folder".to_owned());
        }
        if !file.is_file() {
            return Err("it is no file".to_owned());
        }
        let mut bytes = Vec::new();
        File::open(&file).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes)).map_err(reason)?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(format!("it is larger than {} MB", MAX_BYTES >> 20));
        }
        String::from_utf8(bytes).map_err(|_| "it is no UTF-8 text".to_owned())
    }

    /// Its plan, with the answers of a language model where the plan asks one and `answers` has some. Warnings are said at once; errors are the
    /// reason to stop, all of them.
    pub fn plan(
        &self,
        settings: &Settings,
        options: &plan::Options,
        answers: impl FnOnce(&Plan) -> Result<Option<Arc<Answers>>, Stop>,
    ) -> Result<Arc<Plan>, Stop> {
        // Standard input is read once.
        let text = self.text()?;
        let first = RefCell::new(Vec::new());
        let compile = |options: &plan::Options| {
            let compiled = self.compile_text(&text, settings, options);
            if options.waits {
                first.borrow_mut().clone_from(&compiled.problems);
            }
            compiled
        };
        let mut told = Vec::new();
        let mut compiled = plan::compile_answered(compile, options, |plan| {
            told = first.take();
            self.warn(&told);
            answers(plan)
        })?;
        // What was said before anybody was asked is not said once more.
        compiled.problems.retain(|problem| !told.contains(problem));
        let plan = self.sound(compiled)?;
        model::say_notes(&plan);
        Ok(plan)
    }

    /// Its plan as `plan` shows it, with what is kept of a language model's answers.
    pub fn shown(&self, settings: &Settings, options: &plan::Options) -> Result<Compiled, Stop> {
        let text = self.text()?;
        plan::compile_shown(|options| self.compile_text(&text, settings, options), options, model::kept_whole)
    }

    /// Its plan for who proves rows that are there: no answer of a language model is looked for.
    pub fn plan_to_prove(&self, settings: &Settings, sizes: &Sizes) -> Result<Arc<Plan>, Stop> {
        self.sound(self.compile(settings, &plan::Options { waits: true, proves: true, ..sizes.options() })?)
    }

    /// What was compiled, where nothing is wrong with it. Warnings are said.
    fn sound(&self, compiled: Compiled) -> Result<Arc<Plan>, Stop> {
        self.warn(&compiled.problems);
        compiled.plan.ok_or_else(|| self.stop(&compiled.problems))
    }

    /// Says the warnings among `problems`.
    pub fn warn(&self, problems: &[Problem]) {
        let mut stderr = io::stderr().lock();
        for problem in problems.iter().filter(|problem| !problem.is_error()) {
            let _ = writeln!(stderr, "warning: {}: {problem}", self.name());
        }
    }

    /// The errors among `problems`, a line each.
    pub fn stop(&self, problems: &[Problem]) -> Stop {
        let errors = problems.iter().filter(|problem| problem.is_error());
        Stop::problems(errors.map(|problem| format!("{}: {problem}", self.name())).collect())
    }
}

fn parse_rows(text: &str) -> Result<(String, u64), String> {
    let (table, rows) = text.rsplit_once('=').ok_or_else(|| "write TABLE=ROWS, such as candidate=1000".to_owned())?;
    let rows = rows.replace('_', "").parse().map_err(|_| format!("{rows:?} is no number of rows"))?;
    Ok((table.to_owned(), rows))
}

fn parse_scale(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(scale) if scale.is_finite() && scale > 0.0 => Ok(scale),
        _ => Err("a scale is a number above 0".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_belong_to_the_table_before_the_last_equals_sign() {
        assert_eq!(parse_rows("a=b=1_000"), Ok(("a=b".to_owned(), 1000)));
        assert!(parse_rows("a").is_err());
        assert!(parse_rows("a=-1").is_err());
    }
}
