//! A bar on a terminal's standard error, and the signals that end a run early.

use std::fmt::Write;
use std::time::Duration;

use api::Cancellation;
use api::generations::{FileProgress as Progress, Phase};
use api::llm::pools::{MICRO, Progress as AnswersProgress};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

/// A bar; nothing is drawn where standard error is no terminal.
pub struct Bar(ProgressBar);

impl Bar {
    /// An empty bar.
    pub fn new() -> Bar {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(10));
        bar.set_style(style());
        Bar(bar)
    }

    /// Shows how far a generation is.
    pub fn show(&self, progress: &Progress<'_>) {
        if self.0.is_hidden() {
            return;
        }
        match progress.phase {
            Phase::Making(table) => self.0.set_message(table.to_owned()),
            Phase::Checking => {
                self.0.set_message("checking the rules");
                self.0.enable_steady_tick(Duration::from_millis(200));
            }
        }
        self.0.set_length(progress.rows_total);
        self.0.set_position(progress.rows_done);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// A bar of the answers of a language model.
pub struct AnswerBar(ProgressBar);

impl AnswerBar {
    /// An empty bar of so many answers.
    pub fn new(wanted: u64) -> AnswerBar {
        let bar = ProgressBar::with_draw_target(Some(wanted), ProgressDrawTarget::stderr_with_hz(10));
        let style = ProgressStyle::with_template("{bar:30} {human_pos}/{human_len} answers  {wide_msg}");
        bar.set_style(style.expect("the template is well formed").progress_chars("━╸─"));
        AnswerBar(bar)
    }

    /// Shows how far they are.
    pub fn show(&self, progress: &AnswersProgress) {
        self.0.set_length(progress.wanted);
        self.0.set_position(progress.done);
        let of = |micro: u64| micro as f64 / MICRO;
        let cost = progress.spent_microusd.zip(progress.expected_microusd);
        let cost = cost.map(|(spent, all)| format!(", {:.4} of about {:.4} US dollars", of(spent), of(all)));
        self.0.set_message(format!("{} calls{}", progress.usage.calls, cost.unwrap_or_default()));
    }
}

impl Drop for AnswerBar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

fn style() -> ProgressStyle {
    // No colours: the bar reads the same whatever NO_COLOR says.
    ProgressStyle::with_template("{bar:30} {human_pos}/{human_len} rows  {rate}  {eta} left  {wide_msg}")
        .expect("the template is well formed")
        .with_key("rate", |state: &ProgressState, out: &mut dyn Write| {
            let _ = write!(out, "{} rows/s", indicatif::HumanCount(state.per_sec() as u64));
        })
        .progress_chars("━╸─")
}

/// A cancellation that Ctrl-C and SIGTERM raise; asked a second time, the program ends where it stands.
pub fn cancelled_by_signals() -> Cancellation {
    let cancellation = Cancellation::default();
    let raised = cancellation.clone();
    // It is only refused where a handler stands already; then the system's own way to end applies.
    let _ = ctrlc::set_handler(move || {
        if raised.cancel() {
            std::process::exit(1);
        }
    });
    cancellation
}
