//! Does what the queue holds: makes a generation's parts, proves its rows, records the end.

use std::fs;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ::llm::Secret;
use engine::ENGINE_VERSION;
use engine::content::{self, Hash};
use engine::plan::{self, Plan, Unasked};
use engine::profile::Profiler;
use engine::verify::Certificate;
use indexmap::IndexMap;
use serde_json::json;
use tokio::sync::watch;
use uuid::Uuid;

use super::parts::{self, NewPart, StoredTable};
use super::scan;
use super::store::{self, Ending, GenerationRow, PartRow, Stage};
use super::{AnswersProgress, Progress, State, Verdict, Work};
use crate::App;
use crate::auth::tokens::hex;
use crate::datasets;
use crate::error::{ApiError, Code};
use crate::jobs::Interruption;
use crate::jobs::leases::Lease;
use crate::llm::pools::{self, Filling};
use crate::llm::store as llm;
use crate::storage::Room;
use crate::users::store::uuid;
use crate::{Cancellation, Failure, certificates, db, storage};

/// How often progress is told at most.
const TELL_EVERY: Duration = Duration::from_millis(100);

/// How often a generation is begun without finishing a part. More often than anybody kills a server by chance: it ends its server by itself, as
/// by taking more memory than there is.
const MAX_ATTEMPTS: i32 = 20;

/// Does a stage of the generation that has waited for it longest; says whether there was one. The answers of a language model are waited for
/// by workers of their own, so that rows that need none are made meanwhile.
pub fn step(app: &App, stage: Stage) -> bool {
    let taken = app.db.write_now(|c| store::take_next(c, stage, &Lease::of(&*app.generations)));
    let row = match taken {
        Ok(Some(row)) => row,
        Ok(None) => return false,
        Err(error) => {
            log::error!("the queue cannot be read: {error}");
            return false;
        }
    };
    let id = uuid(&row.id);
    let key = app.model.take_key(id);
    let progress = progress_of(&row, State::Running);
    let (_on_desk, cancellation, send) = app.generations.begin(id, progress);
    let mut run =
        Run { app, row: row.clone(), key, cancellation, send, begun: Instant::now(), told: Instant::now(), fresh: 0 };
    let cancelled = run.cancellation.clone();
    let work = || {
        run.check_attempts()?;
        cancelled.watch(|| match stage {
            Stage::Answers => run.answers().map(|()| None),
            Stage::Rows => run.all().map(Some),
        })
    };
    let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(Failure::Internal("a generation panicked".to_owned())));
    let recorded = match ended.transpose() {
        Some(ended) => record(app, &row, ended),
        None => pass_on(app, &row),
    };
    if let Err(error) = recorded {
        log::error!("the end of generation {id} is not recorded: {error}; it goes on at the next start");
    }
    true
}

/// How far a generation is that nobody works on.
pub fn progress_of(row: &GenerationRow, state: State) -> Progress {
    Progress {
        state,
        phase: None,
        answers: None,
        rows_done: 0,
        rows_total: u64::try_from(row.rows_total).unwrap_or_default(),
        rows_per_second: None,
        tables: row.table_list(),
    }
}

/// The plan of a generation's record.
pub fn plan_of(app: &App, row: &GenerationRow) -> Result<Arc<Plan>, ApiError> {
    app.plans.get(&row.id, || compiled(app, row))
}

/// With the answers that the generation's rows are made of, once it is on record which.
fn compiled(app: &App, row: &GenerationRow) -> Result<Arc<Plan>, ApiError> {
    let (dataset, version) = (row.dataset_id.clone(), row.version);
    let (found, answers) = app.db.read_now(|c| {
        let answers = match &row.llm_filled_at {
            Some(_) => {
                let own = llm::pools(c, &row.id)?;
                Some(pools::answers_of(c, &own)?)
            }
            None => None,
        };
        Ok::<_, ApiError>((datasets::store::version(c, &dataset, version)?, answers))
    })?;
    let version = found.ok_or_else(|| ApiError::internal("a generation's version is gone"))?;
    let rows: IndexMap<String, u64> = serde_json::from_str(&row.rows).unwrap_or_default();
    let parameters = serde_json::from_str(&row.parameters).unwrap_or_default();
    let options = plan::Options {
        seed: u64::try_from(row.seed).ok(),
        rows,
        scale: row.scale,
        // Before anybody was asked only the questions are of interest.
        waits: answers.is_none(),
        answers,
        ..plan::Options::default()
    };
    datasets::service::planned(&version.text, &parameters, &options)
}

/// A part by its place.
struct Part<'a> {
    folder: &'a Path,
    table: usize,
    part: usize,
    range: Range<u64>,
}

/// A generation while it runs.
struct Run<'a> {
    app: &'a App,
    row: GenerationRow,
    /// A key for the language model that somebody brought.
    key: Option<Secret>,
    cancellation: Cancellation,
    send: watch::Sender<Progress>,
    begun: Instant,
    told: Instant,
    /// Rows that this run made itself.
    fresh: u64,
}

impl Run<'_> {
    /// Gives up what ended its server again and again.
    fn check_attempts(&self) -> Result<(), Failure> {
        let attempts =
            self.app.db.read_now(|c| Ok::<_, ApiError>(store::attempts(c, &self.row.id)?)).map_err(not_read)?;
        if attempts <= MAX_ATTEMPTS {
            return Ok(());
        }
        let sentence = format!(
            "the server ended {MAX_ATTEMPTS} times while this was made, so it is given up; it may take more memory than the server has"
        );
        Err(Failure::Request(sentence))
    }

    /// Collects the answers of a language model.
    fn answers(&mut self) -> Result<(), Failure> {
        self.check_engine()?;
        self.collect()
    }

    fn check_engine(&self) -> Result<(), Failure> {
        if self.row.engine_version == ENGINE_VERSION {
            return Ok(());
        }
        Err(Failure::Request(format!(
            "it was begun with engine version {}, and this server has {ENGINE_VERSION}; start a new generation",
            self.row.engine_version
        )))
    }

    /// Makes, stores and proves all rows.
    fn all(&mut self) -> Result<(Hash, Certificate), Failure> {
        self.check_engine()?;
        let plan = plan_of(self.app, &self.row).map_err(not_planned)?;
        self.send.send_modify(|progress| progress.phase = Some(Work::Rows));
        let folder = parts::folder(&self.app.config.data_dir, &self.row.id);
        let recorded = self.app.db.read_now(|c| Ok::<_, ApiError>(store::parts(c, &self.row.id)?));
        let recorded = recorded.map_err(|error| Failure::Internal(error.to_string()))?;
        let mut tables = Vec::new();
        for table in 0..plan.tables.len() {
            tables.push(self.table(&plan, &folder, table, &recorded)?);
        }
        let certificate = self.certify(&plan, &folder)?;
        let broken = certificates::broken(&certificate);
        if broken.is_empty() { Ok((content::hash_all(&tables), certificate)) } else { Err(Failure::Broken(broken)) }
    }

    /// Collects what a language model answers, and records which of it the rows are made of.
    fn collect(&mut self) -> Result<(), Failure> {
        let app = self.app;
        let unanswered = compiled(app, &self.row).map_err(not_planned)?;
        let wanted = unanswered.wanted(&|| self.cancellation.is_cancelled()).map_err(|unasked| match unasked {
            Unasked::Stopped => Failure::Cancelled,
            Unasked::Problems(problems) => {
                Failure::Request(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
            }
        })?;
        self.cancellation.check()?;
        let id = uuid(&self.row.id);
        let spent = app.db.read_now(|c| Ok::<_, ApiError>(llm::sums_of(c, id)?)).map_err(not_read)?;
        let filling = Filling {
            model: &app.model,
            db: &app.db,
            key: self.key.take(),
            ceiling_usd: self.row.llm_ceiling_usd,
            generation: Some((id, u64::try_from(spent.cost_microusd).unwrap_or_default())),
        };
        let send = self.send.clone();
        let watch = move |told: pools::Progress| {
            send.send_modify(|progress| {
                progress.phase = Some(Work::Answers);
                progress.answers = Some(AnswersProgress {
                    done: told.done,
                    wanted: told.wanted,
                    calls: told.usage.calls,
                    cost_usd: told.spent_microusd.map(|spent| spent as f64 / pools::MICRO),
                    expected_cost_usd: told.expected_microusd.map(|expected| expected as f64 / pools::MICRO),
                });
            });
        };
        watch(pools::Progress { wanted: wanted.iter().map(|wanted| wanted.answers).sum(), ..Default::default() });
        let filled = filling.fill(&wanted, &self.cancellation, &watch);
        self.cancellation.check()?;
        let (filled, model, now) = (filled?, app.model.name(), db::now());
        let recorded = app.db.write_now(|c| {
            pools::record(c, &self.row.id, &wanted, &filled.pools, model)?;
            Ok::<_, ApiError>(store::filled(c, &self.row.id, model, &now)?)
        });
        if !recorded.map_err(not_read)? {
            return Err(Failure::Cancelled);
        }
        Ok(())
    }

    /// Makes what is missing of a table, and its profile, unless that is recorded.
    fn table(&mut self, plan: &Arc<Plan>, folder: &Path, table: usize, recorded: &[PartRow]) -> Result<Hash, Failure> {
        let planned = &plan.tables[table];
        let (id, place) = (&self.row.id.clone(), table as i32);
        let known = self.app.db.read_now(|c| Ok::<_, ApiError>(store::profile(c, id, place)?));
        let known = known.map_err(|error| Failure::Internal(error.to_string()))?;
        let mut profiler = known.is_none().then(|| Profiler::new(&planned.schema, planned.rows));
        let stored = StoredTable::new(folder, plan, table);
        let mut hashes = Vec::new();
        for (part, range) in parts::ranges(planned.rows).into_iter().enumerate() {
            let known = recorded.iter().find(|row| (row.table_index, row.part) == (place, part as i32));
            hashes.push(self.part(plan, &stored, Part { folder, table, part, range }, known, profiler.as_mut())?);
        }
        if let Some(profiler) = profiler {
            let profile = profiler.finish(&planned.name).map_err(|error| Failure::Internal(error.to_string()))?;
            let written = self.app.db.write_now(|c| store::insert_profile(c, id, place, &json!(profile).to_string()));
            written.map_err(not_written)?;
        }
        Ok(content::hash_all(&hashes))
    }

    /// Makes a part, unless it is recorded and there: then it is read for the profile.
    fn part(
        &mut self,
        plan: &Arc<Plan>,
        stored: &StoredTable,
        part: Part<'_>,
        known: Option<&PartRow>,
        profiler: Option<&mut Profiler>,
    ) -> Result<Hash, Failure> {
        self.cancellation.check()?;
        let Part { folder, table, part, range } = part;
        let path = parts::path(folder, table, part);
        let rows = range.end - range.start;
        let is_there = |row: &&PartRow| fs::metadata(&path).is_ok_and(|found| found.len() as i64 == row.size_bytes);
        if let Some(hash) = known.filter(is_there).and_then(|row| unhex(&row.content_hash)) {
            if let Some(profiler) = profiler {
                for batch in stored.batches(range, None) {
                    self.cancellation.check()?;
                    let taken = profiler.extend(&batch.map_err(Failure::Format)?);
                    taken.map_err(|error| Failure::Internal(error.to_string()))?;
                }
            }
            self.tell(table, rows, false);
            return Ok(hash);
        }
        let room = &Room::on(folder, self.app.config.min_free_disk_bytes)?;
        let (threads, cancellation) = (self.app.config.generate_threads, self.cancellation.clone());
        let new = NewPart { plan, table, range, path: &path, threads, room, cancellation: &cancellation };
        let made = parts::make(new, profiler, |rows| self.tell(table, rows, true))?;
        self.app.metrics.rows_were_made(rows);
        let content_hash = hex(&made.hash);
        if known.is_some_and(|row| row.content_hash != content_hash) {
            return Err(Failure::Internal(format!("part {part} of table {table} was made again and differs")));
        }
        let row = PartRow {
            generation_id: self.row.id.clone(),
            table_index: table as i32,
            part: part as i32,
            rows: rows as i64,
            size_bytes: made.size_bytes as i64,
            content_hash,
        };
        self.app.db.write_now(|c| store::insert_part(c, &row)).map_err(not_written)?;
        Ok(made.hash)
    }

    fn certify(&mut self, plan: &Plan, folder: &Path) -> Result<Certificate, Failure> {
        self.cancellation.check()?;
        let mut tables = Vec::new();
        for (index, planned) in plan.tables.iter().enumerate() {
            tables.push((planned.name.clone(), scan::provider(StoredTable::new(folder, plan, index), Arc::default())));
        }
        let work = folder.join(parts::WORK);
        fs::create_dir_all(&work).map_err(|source| storage::StorageError { path: work.clone(), source })?;
        let threads = self.app.config.generate_threads;
        let certificate = certificates::certify(plan, tables, threads, Some(work.clone()), &self.cancellation);
        // What is left there is of no use to anybody.
        let _ = fs::remove_dir_all(&work);
        certificate.map(|certificate| certificate.noted(plan.notes()))
    }

    /// Counts rows of a table, and tells whoever follows.
    fn tell(&mut self, table: usize, rows: u64, is_fresh: bool) {
        if is_fresh {
            self.fresh += rows;
        }
        let rate = self.fresh as f64 / self.begun.elapsed().as_secs_f64().max(0.001);
        let is_due = self.told.elapsed() >= TELL_EVERY;
        self.send.send_if_modified(|progress| {
            progress.rows_done += rows;
            if let Some(table) = progress.tables.get_mut(table) {
                table.rows_done += rows;
            }
            progress.rows_per_second = Some(rate.round());
            is_due || progress.rows_done == progress.rows_total
        });
        if is_due {
            self.told = Instant::now();
        }
    }
}

/// Why there is no plan.
fn not_planned(error: ApiError) -> Failure {
    match error.code() {
        Code::InvalidInput => Failure::Request(error.sentences().join("; ")),
        _ => Failure::Internal(error.to_string()),
    }
}

/// Why the database did not answer.
fn not_read(error: ApiError) -> Failure {
    match error.code() {
        Code::Unavailable => Failure::Request(error.to_string()),
        _ => Failure::Internal(error.to_string()),
    }
}

/// Why the database did not take a record.
fn not_written(error: diesel::result::Error) -> Failure {
    not_read(ApiError::from(error))
}

/// Records how a run ended. What was cancelled or failed leaves no rows behind.
fn record(app: &App, row: &GenerationRow, ended: Result<(Hash, Certificate), Failure>) -> Result<(), ApiError> {
    let now = db::now();
    let (state, ending) = match ended {
        Ok((hash, certificate)) => {
            let ending = Ending {
                failure: None,
                content_hash: Some(hex(&hash)),
                verdict: Some(json!(Verdict::of(&certificate)).to_string()),
                certificate: Some(json!(certificate).to_string()),
            };
            (State::Succeeded, ending)
        }
        Err(Failure::Cancelled) => match app.generations.interruption() {
            Interruption::Parked => {
                let (running, queued) = (State::Running, State::Queued);
                if !app.db.write_now(|c| store::change_state(c, &row.id, running, queued, &now))? {
                    remove_files(app, &row.id);
                }
                return Ok(());
            }
            Interruption::Cancelled => (State::Cancelled, Ending::default()),
        },
        Err(Failure::Model(failure)) if pools::is_missing_key(&failure) => return hold(app, row, &failure),
        Err(failure) => {
            log::warn!("generation {} failed: {failure}", row.id);
            (State::Failed, Ending { failure: Some(failure.said()), ..Ending::default() })
        }
    };
    // Before it is recorded, which a full disk would not let happen.
    if state != State::Succeeded {
        remove_files(app, &row.id);
    }
    let is_recorded = app.generations.record(&format!("generation {}", row.id), || {
        app.db.write_now(|c| {
            let is_recorded = store::finish(c, &row.id, state, &ending, &now)?;
            if state != State::Succeeded || !is_recorded {
                store::remove_parts(c, &row.id)?;
            }
            Ok::<_, ApiError>(is_recorded)
        })
    })?;
    // Somebody cancelled it, and may have deleted it since.
    let state = if is_recorded { state } else { State::Cancelled };
    if !is_recorded {
        remove_files(app, &row.id);
    }
    tell_end(app, row, state);
    Ok(())
}

/// Records that all answers are there: the generation waits for its turn to be made.
fn pass_on(app: &App, row: &GenerationRow) -> Result<(), ApiError> {
    let now = db::now();
    let is_recorded = app.generations.record(&format!("generation {}", row.id), || {
        Ok(app.db.write_now(|c| store::change_state(c, &row.id, State::Running, State::Queued, &now))?)
    })?;
    tell_end(app, row, if is_recorded { State::Queued } else { State::Cancelled });
    app.generations.ring();
    Ok(())
}

/// Records that a run waits for a key to the language model.
fn hold(app: &App, row: &GenerationRow, failure: &::llm::Failure) -> Result<(), ApiError> {
    log::info!("generation {} waits for a key", row.id);
    let is_recorded = app.generations.record(&format!("generation {}", row.id), || {
        Ok(app.db.write_now(|c| store::hold(c, &row.id, &failure.detail))?)
    })?;
    tell_end(app, row, if is_recorded { State::NeedsKey } else { State::Cancelled });
    Ok(())
}

/// Tells whoever follows a run how it ended.
fn tell_end(app: &App, row: &GenerationRow, state: State) {
    let id = uuid(&row.id);
    if let Some(mut progress) = app.generations.progress(id) {
        (progress.state, progress.phase, progress.answers) = (state, None, None);
        app.generations.tell(id, progress);
    }
}

/// Removes the files of a generation, rows and exports alike.
pub fn remove_files(app: &App, id: &str) {
    let folder = parts::folder(&app.config.data_dir, id);
    if let Err(error) = fs::remove_dir_all(&folder)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        log::warn!("{}: {}", folder.display(), storage::reason(&error));
    }
}

/// Removes what no record speaks of: folders of generations that are gone or have ended without rows, and what a killed server was writing
/// in the others. Only for a server that has not begun to work.
pub fn remove_orphans(app: &App) {
    for (id, name) in ids_in(&app.config.data_dir.join("generations")) {
        let found = app.db.read_now(|c| Ok::<_, ApiError>(store::find(c, id)?.map(|row| row.state())));
        match found {
            Ok(None | Some(State::Failed | State::Cancelled)) => {
                remove_files(app, &name);
                if let Err(error) = app.db.write_now(|c| store::remove_parts(c, &name)) {
                    log::warn!("the parts of generation {name} cannot be forgotten: {error}");
                }
            }
            Ok(Some(_)) => parts::remove_unfinished(&parts::folder(&app.config.data_dir, &name)),
            Err(error) => log::warn!("whose the rows of {name} are is not known: {error}"),
        }
    }
}

/// What is named by an id in a folder.
pub fn ids_in(folder: &Path) -> Vec<(Uuid, String)> {
    let names = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = names.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter_map(|name| Some((name.parse().ok()?, name))).collect()
}

fn unhex(text: &str) -> Option<Hash> {
    let mut hash = Hash::default();
    if text.len() != 2 * hash.len() || !text.is_ascii() {
        return None;
    }
    for (index, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).ok()?;
    }
    Some(hash)
}
