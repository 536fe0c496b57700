//! Proofs: does each rollback really reverse its migration?
//!
//! For every migration of a stream, in one scratch database: A (snapshot) → apply → B → roll back → must equal A →
//! re-apply → must equal B; the rows that existed before must be there again too. The steps run one after the other,
//! so B of one migration is A of the next. A migration whose rollback is no good is followed by a fresh database, so
//! that each of the others gets a verdict of its own.
//!
//! What a proof does not look at: the values that sequences have reached (no rollback turns them back; they are
//! reported apart), rows that the migration itself brings (only the catalog is compared after re-applying), and roles,
//! which belong to the cluster.

pub(crate) mod bench;
mod contents;
mod cycle;
mod error;
pub(crate) mod execute;
pub(crate) mod files;
pub mod junit;
mod report;
mod tests;
mod value;

use std::collections::BTreeSet;
use std::path::Path;

use crate::catalog::Scope;
use crate::project::Stream;
use crate::sandbox::Scratch;
use crate::target::Env;

pub use contents::{SequenceMoved, TableChanged};
pub use error::{ProofError, Role};
pub use execute::ScriptFailure;
pub use report::{Outcome, Proof, Report, TestResult, Verdict};

use bench::Bench;
use files::Files;

/// What is to be proven, and where.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The stream whose migrations are proven.
    pub stream: &'a Stream,
    /// Its folder of fixtures `NNN_*.sql`, each loaded after migration NNN; it need not exist.
    pub fixtures: &'a Path,
    /// Its folder of SQL tests `*.sql`; it need not exist.
    pub tests: &'a Path,
    /// Streams that must be there before, in order.
    pub base: &'a [Base<'a>],
    /// Where databases come from.
    pub scratch: &'a Scratch,
    /// The environment to connect in, for a scratch server whose URL does not say everything.
    pub env: &'a Env,
    /// What snapshots hold.
    pub scope: &'a Scope,
    /// This program's version, to which proofs are bound.
    pub tool_version: &'a str,
    /// What to prove, and how strictly.
    pub options: &'a Options,
}

/// A stream that is applied first, unproven, with its fixtures.
#[derive(Debug, Clone, Copy)]
pub struct Base<'a> {
    /// The stream.
    pub stream: &'a Stream,
    /// Its folder of fixtures; it need not exist.
    pub fixtures: &'a Path,
}

/// What to prove, and how strictly.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// Only these migrations; empty for all. With a choice nothing after the last one runs, the SQL tests neither.
    pub only: BTreeSet<u32>,
    /// A rollback that restores all but the physical order of columns is good enough.
    pub allow_column_order: bool,
}

/// What happens while proofs are made, for a person who waits.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Progress<'a> {
    /// So many proofs and tests are to come.
    Planned {
        /// Migrations that get a proof.
        migrations: usize,
        /// SQL tests.
        tests: usize,
    },
    /// A migration has its verdict.
    Proof(&'a Proof),
    /// An SQL test has run.
    Test(&'a TestResult),
}

/// Told of progress.
pub type Listener<'a> = &'a (dyn Fn(Progress<'_>) + Send + Sync);

/// Proves the migrations and runs the SQL tests. The scratch databases are gone afterwards.
///
/// # Errors
/// What keeps proofs from being made at all: files that cannot be read, a fixture or base migration that fails, a
/// server that is lost. A migration, rollback or test that fails is no error: it has its verdict in the report.
pub async fn prove(request: Request<'_>, listener: Listener<'_>) -> Result<Report, ProofError> {
    let files = Files::read(&request)?;
    let mut bench = Bench::open(&request, &files).await?;
    let proven = proofs(&mut bench, listener).await;
    let closed = bench.close().await;
    let report = proven?;
    closed?;
    Ok(report)
}

async fn proofs(bench: &mut Bench<'_>, listener: Listener<'_>) -> Result<Report, ProofError> {
    let request = bench.request;
    let numbers = numbers(&request)?;
    let all = request.options.only.is_empty();
    let tests = if all {
        bench.files.tests.as_slice()
    } else {
        &[]
    };
    listener(Progress::Planned {
        migrations: numbers.len(),
        tests: tests.len(),
    });
    bench.base().await?;
    let mut report = Report {
        stream: request.stream.source.name.clone(),
        server_version: bench.executor().server.version.clone(),
        tool_version: request.tool_version.to_owned(),
        migrations: Vec::with_capacity(numbers.len()),
        tests: Vec::with_capacity(tests.len()),
    };
    for number in numbers {
        if let Some(migration) = request.stream.get(number) {
            let proof = cycle::prove(bench, migration).await?;
            listener(Progress::Proof(&proof));
            report.migrations.push(proof);
        }
    }
    let last = request.stream.migrations.last();
    for test in tests {
        let result = tests::run(bench, last, test).await?;
        listener(Progress::Test(&result));
        report.tests.push(result);
    }
    Ok(report)
}

/// The numbers to prove, in order.
fn numbers(request: &Request<'_>) -> Result<Vec<u32>, ProofError> {
    let (stream, only) = (request.stream, &request.options.only);
    if let Some(&number) = only.iter().find(|&&number| stream.get(number).is_none()) {
        return Err(ProofError::NoSuchMigration { number });
    }
    let numbers = stream.migrations.iter().map(|migration| migration.number);
    let wanted = |number: &u32| only.is_empty() || only.contains(number);
    Ok(numbers.filter(wanted).collect())
}
