//! The lock forecast: what a migration locks, rewrites and scans, found by running it in a scratch database that holds
//! the schema of just before it.
//!
//! Inside a transaction all locks stay until its end, so they are read after each statement, in the transaction
//! itself. A statement that runs outside of transactions is made to wait for locks of another session, and what it
//! holds and asks for is read meanwhile.
//!
//! What cannot be seen: locks that a PL/pgSQL block took and let go of with an exception, and those of deferred
//! constraint triggers, which are taken by `COMMIT`.

mod lint;
pub mod live;
mod look;
mod measure;
mod mode;
mod report;
mod run;
mod standalone;
mod state;

use std::path::Path;

use crate::catalog::Scope;
use crate::project::{Migration, RollbackFile, Stream};
use crate::proof::bench::Bench;
use crate::proof::files::Files;
use crate::proof::{self, Base, ProofError};
use crate::sandbox::Scratch;
use crate::target::Env;

pub use lint::compare;
pub use mode::{LockMode, RelationKind};
pub use report::{Effect, Forecast, Hold, Lock, MigrationForecast, Source, StatementForecast};
pub use state::EffectKind;

/// What is to be explained, and where.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The stream.
    pub stream: &'a Stream,
    /// Its folder of fixtures, loaded as for a proof; it need not exist.
    pub fixtures: &'a Path,
    /// Streams that must be there before, in order.
    pub base: &'a [Base<'a>],
    /// Where databases come from.
    pub scratch: &'a Scratch,
    /// The environment to connect in.
    pub env: &'a Env,
    /// What snapshots hold.
    pub scope: &'a Scope,
    /// Which migrations, in ascending order.
    pub numbers: &'a [u32],
    /// Their rollbacks instead, from the newest to the oldest.
    pub rollback: bool,
}

/// Told which file runs next, for a person who waits.
pub type Listener<'a> = &'a (dyn Fn(&Migration) + Send + Sync);

/// Runs the migrations and reports what each statement did. The scratch database is gone afterwards.
///
/// # Errors
/// What keeps migrations from being run at all. One that the server refuses is no error: it has its failure in the
/// forecast, which ends there.
pub async fn explain(request: Request<'_>, listener: Listener<'_>) -> Result<Forecast, ProofError> {
    let options = proof::Options::default();
    let proof = proof::Request {
        stream: request.stream,
        fixtures: request.fixtures,
        tests: Path::new(""),
        base: request.base,
        scratch: request.scratch,
        env: request.env,
        scope: request.scope,
        tool_version: "",
        options: &options,
    };
    let migrations = chosen(&request)?;
    let files = Files::read(&proof)?;
    let mut bench = Bench::open(&proof, &files).await?;
    let found = forecasts(&mut bench, &request, &migrations, listener).await;
    let server = bench.executor().server.clone();
    let closed = bench.close().await;
    let migrations = found?;
    closed?;
    Ok(Forecast {
        stream: request.stream.source.name.clone(),
        server_major: server.major(),
        server_version: server.version,
        rollback: request.rollback,
        migrations,
    })
}

fn chosen<'a>(request: &Request<'a>) -> Result<Vec<&'a Migration>, ProofError> {
    let mut migrations = Vec::with_capacity(request.numbers.len());
    for &number in request.numbers {
        let migration = request.stream.get(number);
        let migration = migration.ok_or(ProofError::NoSuchMigration { number })?;
        let irreversible = !matches!(migration.rollback, RollbackFile::File(_));
        if !(request.rollback && irreversible) {
            migrations.push(migration);
        }
    }
    if request.rollback {
        migrations.reverse();
    }
    Ok(migrations)
}

async fn forecasts(
    bench: &mut Bench<'_>,
    request: &Request<'_>,
    migrations: &[&Migration],
    listener: Listener<'_>,
) -> Result<Vec<MigrationForecast>, ProofError> {
    bench.base().await?;
    let mut forecasts = Vec::with_capacity(migrations.len());
    for (index, migration) in migrations.iter().enumerate() {
        // Rollbacks run one after the other, so the database is there already for all but the first.
        if !request.rollback {
            bench.reach_or_fail(migration.number - 1).await?;
        } else if index == 0 {
            bench.reach_or_fail(migration.number).await?;
        }
        listener(migration);
        let forecast = one(bench, request, migration).await?;
        let failed = forecast.failure.is_some();
        forecasts.push(forecast);
        if failed {
            break;
        }
        if !request.rollback {
            bench.advance(migration.number, None).await?;
        }
    }
    Ok(forecasts)
}

async fn one(
    bench: &Bench<'_>,
    request: &Request<'_>,
    migration: &Migration,
) -> Result<MigrationForecast, ProofError> {
    let stream = request.stream;
    let (script, path) = match (&migration.rollback, request.rollback) {
        (RollbackFile::File(path), true) => (
            stream.load_rollback(migration).map_err(ProofError::Files)?,
            path,
        ),
        _ => (
            Some(stream.load(migration).map_err(ProofError::Files)?),
            &migration.path,
        ),
    };
    let (statements, failure) = match &script {
        Some(script) => run::observed(bench, script).await?,
        None => (Vec::new(), None),
    };
    Ok(MigrationForecast {
        number: migration.number,
        name: migration.name.clone(),
        file: stream.source.shown(path),
        statements,
        failure,
    })
}
