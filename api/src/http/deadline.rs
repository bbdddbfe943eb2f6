//! Work for a request that may take so long: it goes on for no longer, nor when nobody waits for it any more.
//!
//! The first row of a table can need a look at all the others, whose number is the schema's.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use engine::plan::Plan;
use engine::problem::Problem;
use engine::schema::RuleKind;

use crate::Cancellation;
use crate::db::off_thread;
use crate::error::ApiError;

/// What is being done.
#[derive(Clone, Default)]
pub struct Making(Arc<Mutex<Stage>>);

#[derive(Default)]
enum Stage {
    /// A schema is planned.
    #[default]
    Plan,
    /// A condition is read.
    Condition,
    /// The rows of a table are made, which has so many, and rules that speak of many at once.
    Rows { table: String, rows: u64, rules: Vec<String> },
}

impl Making {
    /// Notes that the condition of a request is being read from here on.
    pub fn reads_condition(&self) {
        self.set(Stage::Condition);
    }

    /// Notes that rows of a table are being made from here on.
    pub fn begins(&self, plan: &Plan, table: usize) {
        let planned = &plan.tables[table];
        let stated = plan.dataset.tables.iter().find(|stated| stated.name == planned.name);
        let rules = stated.into_iter().flat_map(|stated| &stated.rules).filter(|rule| is_of_many(&rule.kind));
        let rules = rules.map(|rule| format!("{:?}", rule.id)).collect();
        self.set(Stage::Rows { table: planned.name.clone(), rows: planned.rows, rules });
    }

    fn set(&self, stage: Stage) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = stage;
    }

    fn too_long(&self, time: Duration, pointer: &str) -> ApiError {
        let ms = time.as_millis() as u64;
        let problem = match &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Stage::Plan => Problem::new("plan_too_long", format!("the schema was not planned within {ms} ms")),
            Stage::Condition => Problem::new("query_too_long", format!("the condition was not read within {ms} ms"))
                .remedy("write it shorter"),
            Stage::Rows { table, rows, rules } => {
                let sentence = match rules.join(", ") {
                    rules if rules.is_empty() => {
                        format!("the first rows of table {table:?} were not made within {ms} ms")
                    }
                    rules => format!(
                        "the first rows of table {table:?} were not made within {ms} ms: all its {rows} are looked at for its rules {rules}"
                    ),
                };
                Problem::new("rows_too_long", sentence)
                    .remedy("give the tables fewer rows")
                    .param("table", table.as_str())
            }
        };
        ApiError::invalid(vec![problem.at(pointer).param("ms", ms)])
    }
}

/// Whether a rule is one of many rows at once.
fn is_of_many(kind: &RuleKind) -> bool {
    !matches!(
        kind,
        RuleKind::Implies { .. }
            | RuleKind::Calculate { .. }
            | RuleKind::Score { .. }
            | RuleKind::Order { .. }
            | RuleKind::Check { .. }
    )
}

/// Does work in so much time, else the answer is a problem of what `pointer` names. Rows are made no longer than somebody waits for them.
pub async fn within<T: Send + 'static>(
    time: Duration,
    pointer: &str,
    work: impl FnOnce(&Making) -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    let (cancellation, making) = (Cancellation::default(), Making::default());
    let _left = cancellation.on_drop();
    let known = making.clone();
    let made = off_thread(move || cancellation.watch(|| work(&known)));
    tokio::time::timeout(time, made).await.unwrap_or_else(|_| Err(making.too_long(time, pointer)))
}
