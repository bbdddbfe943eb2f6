//! What is counted, in the text format of Prometheus and with names after its conventions.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use engine::ENGINE_VERSION;

use crate::admin::status;
use crate::error::ApiError;
use crate::{App, storage};

/// The media type of the text.
pub const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Upper bounds of the buckets of a duration, in seconds.
const BOUNDS_S: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

/// What is counted while requests are answered.
#[derive(Default)]
pub struct Metrics {
    answers: Mutex<Answers>,
    rows: AtomicU64,
    throttled: AtomicU64,
}

#[derive(Default)]
struct Answers {
    counts: BTreeMap<(&'static str, String, u16), u64>,
    durations: BTreeMap<&'static str, Durations>,
}

#[derive(Default)]
struct Durations {
    buckets: [u64; BOUNDS_S.len()],
    count: u64,
    sum_s: f64,
}

impl Metrics {
    /// Counts an answer; what is no operation of the API is `other`.
    pub fn answered(&self, operation: Option<&'static str>, method: &str, status: u16, took: Duration) {
        // Whatever clients send as a method must not make series without end.
        let method = match method {
            "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" => method,
            _ => "other",
        };
        let operation = operation.unwrap_or("other");
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        *answers.counts.entry((operation, method.to_owned(), status)).or_default() += 1;
        let durations = answers.durations.entry(operation).or_default();
        let seconds = took.as_secs_f64();
        durations.count += 1;
        durations.sum_s += seconds;
        for (bucket, bound) in durations.buckets.iter_mut().zip(BOUNDS_S) {
            *bucket += u64::from(seconds <= bound);
        }
    }

    /// Counts rows that were made for generations.
    pub fn rows_were_made(&self, rows: u64) {
        self.rows.fetch_add(rows, Ordering::Relaxed);
    }

    /// Counts an attempt to sign in that was one too many.
    pub fn login_was_throttled(&self) {
        self.throttled.fetch_add(1, Ordering::Relaxed);
    }

    /// All of it as text, with what the database and the system say now.
    pub fn text(&self, app: &App) -> Result<String, ApiError> {
        let mut page = Page::default();
        {
            let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
            page.head("synthetic_data_http_requests_total", Kind::Counter, "Answers by operation, method and status.");
            for ((operation, method, status), count) in &answers.counts {
                let labels = format!("operation=\"{operation}\",method=\"{method}\",status=\"{status}\"");
                page.line("synthetic_data_http_requests_total", &labels, *count as f64);
            }
            let name = "synthetic_data_http_request_duration_seconds";
            page.head(name, Kind::Histogram, "How long answers took until their first byte.");
            for (operation, durations) in &answers.durations {
                for (bucket, bound) in durations.buckets.iter().zip(BOUNDS_S) {
                    let labels = format!("operation=\"{operation}\",le=\"{bound}\"");
                    page.line(&format!("{name}_bucket"), &labels, *bucket as f64);
                }
                let labels = format!("operation=\"{operation}\"");
                page.line(&format!("{name}_bucket"), &format!("{labels},le=\"+Inf\""), durations.count as f64);
                page.line(&format!("{name}_sum"), &labels, durations.sum_s);
                page.line(&format!("{name}_count"), &labels, durations.count as f64);
            }
        }
        let rows = self.rows.load(Ordering::Relaxed) as f64;
        page.one(
            "synthetic_data_generated_rows_total",
            Kind::Counter,
            "Rows made for generations since the start.",
            rows,
        );
        let throttled = self.throttled.load(Ordering::Relaxed) as f64;
        let help = "Attempts to sign in that were one too many.";
        page.one("synthetic_data_throttled_logins_total", Kind::Counter, help, throttled);
        stored(&mut page, app)?;
        process(&mut page, app);
        Ok(page.0)
    }
}

/// What the database and the disk hold.
fn stored(page: &mut Page, app: &App) -> Result<(), ApiError> {
    let counted = app.db.read_now(status::counted)?;
    let version = format!("version=\"{}\",engine_version=\"{ENGINE_VERSION}\"", env!("CARGO_PKG_VERSION"));
    page.head("synthetic_data_build_info", Kind::Gauge, "The version of the program.");
    page.line("synthetic_data_build_info", &version, 1.0);
    for (kind, states) in [("generations", &counted.generations), ("exports", &counted.exports)] {
        let name = format!("synthetic_data_{kind}");
        page.head(&name, Kind::Gauge, "What there is by state.");
        for (state, count) in states {
            page.line(&name, &format!("state=\"{state}\""), *count as f64);
        }
    }
    for (kind, count) in &counted.counts {
        page.one(&format!("synthetic_data_{kind}"), Kind::Gauge, "What there is.", *count as f64);
    }
    page.one("synthetic_data_rows_bytes", Kind::Gauge, "Bytes of the rows of generations.", counted.rows_bytes as f64);
    page.one(
        "synthetic_data_exports_bytes",
        Kind::Gauge,
        "Bytes of the files of exports.",
        counted.exports_bytes as f64,
    );
    let file = app.config.data_dir.join(crate::db::FILE_NAME);
    let size = fs::metadata(file).map_or(0, |found| found.len());
    page.one("synthetic_data_database_bytes", Kind::Gauge, "Bytes of the database's file.", size as f64);
    if let Ok(free) = storage::free_space(&app.config.data_dir) {
        page.one("synthetic_data_disk_free_bytes", Kind::Gauge, "Bytes free on the disk of DATA_DIR.", free as f64);
    }
    Ok(())
}

/// What the system says of the process, where it keeps /proc.
fn process(page: &mut Page, app: &App) {
    let started = app.started_at.as_millisecond() as f64 / 1000.0;
    page.one("process_start_time_seconds", Kind::Gauge, "When the process was started, since 1970.", started);
    if let Some(memory) = memory_stats::memory_stats() {
        let help = "Memory that the process holds.";
        page.one("process_resident_memory_bytes", Kind::Gauge, help, memory.physical_mem as f64);
    }
    // After the name, which may hold spaces: field 14 and 15 are user and system time in hundredths of a second.
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<f64> =
        stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2).flat_map(str::parse).collect();
    if let [user, system] = fields[..] {
        let seconds = (user + system) / 100.0;
        page.one("process_cpu_seconds_total", Kind::Counter, "Time that the process computed.", seconds);
    }
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        page.one("process_open_fds", Kind::Gauge, "Files and sockets that are open.", open.count() as f64);
    }
}

/// What a series is to Prometheus.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// The text while it is written.
#[derive(Default)]
struct Page(String);

impl Page {
    fn head(&mut self, name: &str, kind: Kind, help: &str) {
        let kind = format!("{kind:?}").to_lowercase();
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn line(&mut self, name: &str, labels: &str, value: f64) {
        let _ = match labels {
            "" => writeln!(self.0, "{name} {value}"),
            labels => writeln!(self.0, "{name}{{{labels}}} {value}"),
        };
    }

    fn one(&mut self, name: &str, kind: Kind, help: &str, value: f64) {
        self.head(name, kind, help);
        self.line(name, "", value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_counts_what_is_at_most_its_bounds() {
        let metrics = Metrics::default();
        metrics.answered(Some("get_me"), "GET", 200, Duration::from_millis(7));
        metrics.answered(Some("get_me"), "BREW", 405, Duration::from_secs(60));
        let answers = metrics.answers.lock().expect("a lock");
        let durations = &answers.durations["get_me"];
        assert_eq!((durations.count, durations.buckets[2], durations.buckets[3]), (2, 0, 1));
        assert_eq!(durations.buckets[BOUNDS_S.len() - 1], 1);
        assert_eq!(answers.counts[&("get_me", "other".to_owned(), 405)], 1);
    }
}
