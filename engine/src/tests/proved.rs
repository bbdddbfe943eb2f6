//! Proofs of rows while they are made, which find what proofs of finished rows find.

use std::sync::Arc;
use std::thread;

use datafusion::catalog::TableProvider;
use datafusion::execution::runtime_env::RuntimeEnv;
use tokio::runtime::Builder;

use super::{HIRING, plan};
use crate::generators::RunError;
use crate::plan::Plan;
use crate::run;
use crate::schema::Dataset;
use crate::verify::{Certificate, Expected, Live, VerifyError, certify_made};

fn providers(rows: &Arc<Plan>) -> Vec<(String, Arc<dyn TableProvider>)> {
    rows.tables
        .iter()
        .enumerate()
        .map(|(index, table)| (table.name.clone(), crate::table::provider(rows, index)))
        .collect()
}

/// The proof of a dataset's statements on the rows of a plan, which may be another's, once of finished rows and once while they are made.
pub(super) fn proved(dataset: &Dataset, rows: &Arc<Plan>) -> Result<Certificate, VerifyError> {
    measured(dataset, &rows.expected(), rows)
}

/// The same with distributions that the rows may have or not.
pub(super) fn measured(dataset: &Dataset, declared: &Expected, rows: &Arc<Plan>) -> Result<Certificate, VerifyError> {
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    let finished =
        runtime.block_on(certify_made(dataset, declared, providers(rows), Arc::new(RuntimeEnv::default()), None));
    let order: Vec<usize> = (0..rows.tables.len()).collect();
    let made = proved_while_made(dataset, declared, rows, &order);
    match (&finished, &made) {
        (Ok(finished), Ok(made)) => assert_eq!(finished, made),
        (Err(finished), Err(made)) => assert_eq!(finished.to_string(), made.to_string()),
        (finished, made) => panic!("{finished:?} is not {made:?}"),
    }
    finished
}

/// The proof while the tables are made one after the other in some order.
fn proved_while_made(
    dataset: &Dataset,
    declared: &Expected,
    rows: &Arc<Plan>,
    order: &[usize],
) -> Result<Certificate, VerifyError> {
    let live = Live::new(order.iter().map(|table| rows.tables[*table].name.as_str()));
    thread::scope(|scope| {
        let (tables, fed) = (providers(rows), live.clone());
        let proof = scope.spawn(move || {
            let runtime = Builder::new_multi_thread().worker_threads(2).build().expect("a runtime");
            runtime.block_on(certify_made(dataset, declared, tables, Arc::new(RuntimeEnv::default()), Some(fed)))
        });
        for table in order {
            let planned = &rows.tables[*table];
            let mut feed = live.begin(&planned.name, || false).expect("nobody cancels");
            let columns = feed.columns();
            run::run(
                rows,
                *table,
                0..planned.rows,
                2,
                |batch| Ok::<_, RunError>(columns.of(&batch).expect("its columns")),
                |kept, _| {
                    kept.iter().for_each(|kept| feed.offer(kept).expect("its columns"));
                    Ok(())
                },
            )
            .expect("rows");
            feed.end();
        }
        proof.join().expect("no panic")
    })
}

#[test]
fn a_proof_does_not_depend_on_when_rows_are_made() {
    let plan = plan(HIRING);
    let expected = proved(&plan.dataset, &plan).expect("a certificate");
    assert!(expected.results.iter().any(|result| result.checked > 0));
    let backwards: Vec<usize> = (0..plan.tables.len()).rev().collect();
    assert_eq!(proved_while_made(&plan.dataset, &plan.expected(), &plan, &backwards).expect("a certificate"), expected);
    // Those that are not made meanwhile are read as they are.
    assert_eq!(
        proved_while_made(&plan.dataset, &plan.expected(), &plan, &backwards[..1]).expect("a certificate"),
        expected
    );
}

const KEPT: &str = "
name: d
tables:
  - name: t
    rows: 30000
    primary_key: [id]
    columns:
      - { name: id, generator: { type: sequence } }
      - { name: a, generator: { type: integer, min: 0, max: 9 } }
    rules:
      - { id: small, kind: check, sql: a < 5 }
";

#[test]
fn rows_that_are_made_meanwhile_are_those_that_are_proved() {
    let asked = plan(KEPT);
    let free = plan(&KEPT.replace("a < 5", "a < 50"));
    let certificate = proved(&asked.dataset, &free).expect("a certificate");
    let small = certificate.results.iter().find(|result| result.id == "small").expect("the rule");
    assert_eq!(small.checked, 30_000);
    assert!((13_000..17_000).contains(&small.broken), "{small:?}");
}

#[test]
fn a_maker_that_gives_up_leaves_no_certificate_and_one_that_is_cancelled_does_not_wait() {
    let plan = plan(KEPT);
    let live = Live::new(["t"]);
    // Nobody has said yet what is read.
    assert!(live.begin("t", || true).is_none());
    thread::scope(|scope| {
        let (tables, fed, declared) = (providers(&plan), live.clone(), plan.expected());
        let dataset = &plan.dataset;
        let proof = scope.spawn(move || {
            let runtime = Builder::new_multi_thread().worker_threads(1).build().expect("a runtime");
            runtime.block_on(certify_made(dataset, &declared, tables, Arc::new(RuntimeEnv::default()), Some(fed)))
        });
        let mut feed = live.begin("t", || false).expect("nobody cancels");
        let batch = run::batch(&plan, 0, 0..4096).expect("rows");
        feed.offer(&feed.columns().of(&batch).expect("its columns").expect("somebody reads")).expect("its columns");
        drop(feed);
        let failed = proof.join().expect("no panic").expect_err("half a table");
        assert_eq!(failed.to_string(), "table \"t\" cannot be read: Execution error: its rows were not all made");
    });
    // Who comes too late waits for nobody.
    assert!(
        live.begin("t", || false)
            .expect("it is over")
            .columns()
            .of(&run::batch(&plan, 0, 0..1).expect("rows"))
            .expect("columns")
            .is_none()
    );
}
