//! Rows that nobody waits for any more, while their first one still waits for a look at all of them.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;
use std::time::Duration;

use super::plan;
use crate::generators::RunError;
use crate::run;
use crate::stop::{Stop, Stopped};

/// A table whose first row takes longer than anybody waits.
fn endless() -> std::sync::Arc<crate::plan::Plan> {
    plan(
        r"
name: endless
tables:
  - name: t
    rows: 9007199254740000
    columns:
      - { name: id, generator: { type: sequence } }
      - { name: kind, generator: { type: choice, values: [a, b] } }
      - { name: n, generator: { type: integer, min: 0, max: 100 } }
    rules:
      - { id: mean, kind: statistic, column: n, fn: mean, equals: 40, when: kind = 'a' }
",
    )
}

/// Stops what is done meanwhile, once it has begun.
fn stopped<T: Send>(work: impl FnOnce(&Stop) -> Result<T, Stopped> + Send) -> Result<T, Stopped> {
    let stop = Stop::default();
    thread::scope(|scope| {
        let worker = scope.spawn(|| work(&stop));
        thread::sleep(Duration::from_millis(100));
        assert!(!worker.is_finished(), "it has far to go");
        stop.stop();
        worker.join().expect("no panic")
    })
}

#[test]
fn a_look_at_a_whole_table_ends_and_is_begun_anew_by_who_comes_next() {
    let plan = endless();
    for _ in 0..2 {
        assert_eq!(stopped(|stop| stop.watch(|| run::batch(&plan, 0, 0..1).map(drop))), Err(Stopped));
    }
}

#[test]
fn rows_of_several_threads_end_together() {
    let plan = endless();
    let made =
        |stop: &Stop| stop.watch(|| run::run(&plan, 0, 0..10 * run::RUN_ROWS, 3, Ok::<_, RunError>, |_, _| Ok(())));
    assert_eq!(stopped(made), Err(Stopped));
}

#[test]
fn a_panic_of_whoever_takes_rows_leaves_no_worker_waiting() {
    let rows = "name: n\ntables: [{name: t, rows: 9000000, columns: [{name: id, generator: {type: sequence}}]}]";
    let plan = plan(rows);
    let fallen = catch_unwind(AssertUnwindSafe(|| {
        run::run(&plan, 0, 0..100 * run::RUN_ROWS, 3, Ok::<_, RunError>, |_, _| resume_unwind(Box::new("a fault")))
    }));
    assert_eq!(fallen.expect_err("it falls").downcast_ref(), Some(&"a fault"));
}
