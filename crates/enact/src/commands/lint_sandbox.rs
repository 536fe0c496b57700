//! `enact lint --sandbox`: what was found, held against what is seen when the files run.

use enact_engine::exit::Exit;
use enact_engine::explain::{self, MigrationForecast};
use enact_engine::project::linting::Linted;
use enact_engine::project::{Project, Stream};

use super::explain::{Bench, forecast};
use super::signals;
use crate::cli;
use crate::context::Context;
use crate::failure::Failure;

/// Runs the files and compares.
pub async fn compare(
    context: &Context,
    args: &cli::Lint,
    project: (&Project, &Stream),
    linted: &mut [Linted],
) -> Result<(), Failure> {
    tokio::select! {
        result = interruptible(context, args, project, linted) => result,
        () = signals::asked_to_stop() => {
            Err(Failure::new(Exit::Interrupted, "interrupted on request").effect("no target was touched"))
        }
    }
}

async fn interruptible(
    context: &Context,
    args: &cli::Lint,
    project: (&Project, &Stream),
    linted: &mut [Linted],
) -> Result<(), Failure> {
    let mut refused = None;
    for rollback in [false, true] {
        // Behind a migration that failed there is nothing to roll back.
        let possible = |number: u32| refused.is_none_or(|refused| number < refused);
        let numbers = linted
            .iter()
            .filter(|one| one.rollback == rollback && possible(one.number));
        let numbers: Vec<u32> = numbers.map(|one| one.number).collect();
        // A rollback can run once those of all later migrations have.
        let runs = numbers.chunk_by(|one, next| !rollback || one + 1 == *next);
        for run in runs {
            let bench = Bench {
                base: &args.base,
                server: &args.server,
                rollback,
            };
            let seen = forecast(context, bench, project, run).await?;
            for migration in &seen.migrations {
                hold(context, linted, migration, rollback);
                let failed = !rollback && migration.failure.is_some();
                refused = refused.or(failed.then_some(migration.number));
            }
        }
    }
    Ok(())
}

fn hold(context: &Context, linted: &mut [Linted], seen: &MigrationForecast, rollback: bool) {
    let mut files = linted.iter_mut();
    let own = files.find(|one| one.number == seen.number && one.rollback == rollback);
    if let Some(file) = own {
        explain::compare(&file.script, &mut file.findings, seen);
    }
    if let Some(failure) = &seen.failure {
        context.ui.warn(&format!(
            "{} fails in the sandbox, so that what comes after was not seen: {failure}",
            seen.file.display()
        ));
    }
}
