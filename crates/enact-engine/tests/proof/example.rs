//! The example's rollbacks are proven, and its SQL tests pass.

use std::path::Path;

use enact_engine::proof::{Options, Outcome, Report};

use crate::kit::{Source, explain, scratch, verdicts};

#[tokio::test]
async fn core_and_orion_on_top_of_it_are_proven() {
    let scratch = scratch();
    let diary = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/clinical-diary");
    let core = Source::new("core", &diary.join("core"), "migrations");
    let report = core.prove(&scratch).await.unwrap();
    expect_good(&report);
    assert_eq!(verdicts(&report)[1..], ["proven"; 4]);
    assert_eq!(report.tests.len(), 8);

    let orion = Source::new("orion", &diary.join("orion"), "database/migrations");
    let base = [core.base()];
    let report = orion
        .prove_with(&scratch, &base, &Options::default())
        .await
        .unwrap();
    expect_good(&report);
    assert_eq!(verdicts(&report), ["proven", "proven"]);
    assert_eq!(report.tests.len(), 1);
}

fn expect_good(report: &Report) {
    let explained: Vec<String> = report.migrations.iter().map(explain).collect();
    for test in &report.tests {
        if let Outcome::Failed(failure) = &test.outcome {
            panic!("{failure}\n{:?}", failure.server);
        }
    }
    assert!(report.passed(), "{}", explained.join("\n"));
}
