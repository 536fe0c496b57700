//! SQL tests: each in a transaction that is rolled back.

use std::time::Instant;

use super::bench::Bench;
use super::error::ProofError;
use super::files::Extra;
use super::report::{Outcome, TestResult};
use crate::project::Migration;

/// Runs a test in a database with all migrations and fixtures.
pub(super) async fn run(
    bench: &mut Bench<'_>,
    last: Option<&Migration>,
    test: &Extra,
) -> Result<TestResult, ProofError> {
    let begun = Instant::now();
    let outcome = match bench.reach(last.map_or(0, |last| last.number)).await? {
        Err(reason) => Outcome::NotRun { reason },
        Ok(()) => match bench.executor().try_out(&test.script).await? {
            Ok(()) => Outcome::Passed,
            Err(failure) => Outcome::Failed(failure),
        },
    };
    Ok(TestResult {
        name: test.name.clone(),
        file: test.file.clone(),
        outcome,
        milliseconds: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}
