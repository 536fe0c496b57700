//! Patterns: series of migrations that make a change without stopping the release that is running.
//!
//! A pattern reads one table from a catalog and writes text, with a rollback for each step. The catalog is that of a
//! sandbox with all migrations applied, or of a live target, of which nothing but the catalog is read.

mod add_column;
mod add_index;
mod arguments;
mod change_type;
mod column;
mod constraint;
mod copied;
mod dependents;
mod drop_column;
mod dual;
mod error;
mod foreign_key;
mod indexes;
mod not_null;
mod probe;
mod refusals;
mod rename_column;
mod rename_table;
mod schema;
mod split_table;
mod sql;
mod step;
mod table;
mod unique;

use std::path::Path;

use tokio_postgres::Client;

pub use arguments::{Arguments, Pattern};
pub use error::PatternError;
pub use step::Step;

use crate::catalog::Scope;
use crate::connection::Connection;
use crate::events::Events;
use crate::project::templates::{self, Draft};
use crate::project::{NewPair, SeriesHeader, Stream};
use crate::proof::bench::Bench;
use crate::proof::files::Files;
use crate::proof::{self, Base, ProofError};
use crate::sandbox::Scratch;
use crate::target::{ConnInfo, Env};
use probe::Probes;
use table::Table;

/// Where the schema comes from that a sandbox is to hold.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The stream that the series continues.
    pub stream: &'a Stream,
    /// Streams that must be there before, in order.
    pub base: &'a [Base<'a>],
    /// Where databases come from.
    pub scratch: &'a Scratch,
    /// The environment to connect in.
    pub env: &'a Env,
}

/// The steps of a pattern, from the schema that all migrations make. The scratch database is gone afterwards.
///
/// # Errors
/// [`PatternError`]: what must be written otherwise, or what keeps the schema from being made.
pub async fn from_sandbox(
    source: Source<'_>,
    pattern: Pattern,
    arguments: &Arguments,
) -> Result<Vec<Step>, PatternError> {
    arguments.check(pattern)?;
    let options = proof::Options::default();
    let nothing = Path::new("");
    let request = proof::Request {
        stream: source.stream,
        fixtures: nothing,
        tests: nothing,
        base: source.base,
        scratch: source.scratch,
        env: source.env,
        scope: &Scope::default(),
        tool_version: "",
        options: &options,
    };
    let files = Files {
        fixtures: Vec::new(),
        base: source.base.iter().map(|_| Vec::new()).collect(),
        tests: Vec::new(),
    };
    let mut bench = Bench::open(&request, &files).await?;
    let steps = in_bench(&mut bench, source.stream, pattern, arguments).await;
    let closed = bench.close().await;
    let steps = steps?;
    closed?;
    Ok(steps)
}

async fn in_bench(
    bench: &mut Bench<'_>,
    stream: &Stream,
    pattern: Pattern,
    arguments: &Arguments,
) -> Result<Vec<Step>, PatternError> {
    bench.base().await?;
    if let Some(last) = stream.migrations.last() {
        bench.reach_or_fail(last.number).await?;
    }
    steps(bench.executor().connection.client(), pattern, arguments).await
}

/// The steps of a pattern, from the catalog of a live target, which is only read.
///
/// # Errors
/// [`PatternError`]: what must be written otherwise, or why the target cannot be read.
pub async fn from_target(
    target: &ConnInfo,
    application: &str,
    pattern: Pattern,
    arguments: &Arguments,
) -> Result<Vec<Step>, PatternError> {
    arguments.check(pattern)?;
    let connection = Connection::open(target, application, &Events::silent()).await;
    let connection = connection.map_err(ProofError::from)?;
    let steps = steps(connection.client(), pattern, arguments).await;
    connection.close().await;
    steps
}

async fn steps(
    client: &Client,
    pattern: Pattern,
    arguments: &Arguments,
) -> Result<Vec<Step>, PatternError> {
    let (oid, table) = schema::read(client, arguments.table()?).await?;
    let probes = Probes::ask(client, oid, &table, pattern, arguments).await?;
    let asked = Asked {
        table: &table,
        arguments,
        probes: &probes,
    };
    refusals::of_table(&table)?;
    match pattern {
        Pattern::AddColumn => add_column::steps(&asked),
        Pattern::AddNotNull => not_null::steps(&asked),
        Pattern::RenameColumn => rename_column::steps(&asked),
        Pattern::ChangeType => change_type::steps(&asked),
        Pattern::AddForeignKey => foreign_key::steps(&asked),
        Pattern::AddUnique => unique::steps(&asked),
        Pattern::AddIndex => add_index::steps(&asked),
        Pattern::DropColumn => drop_column::steps(&asked),
        Pattern::RenameTable => rename_table::steps(&asked),
        Pattern::SplitTable => split_table::steps(&asked),
    }
}

/// Writes the steps as the next migrations of a stream, with their rollbacks: all or none.
///
/// # Errors
/// [`PatternError::Write`].
pub fn write(
    stream: &Stream,
    steps: &[Step],
    header: &SeriesHeader<'_>,
) -> Result<Vec<NewPair>, PatternError> {
    let texts = steps.iter().map(|step| {
        (sql::prose(&step.purpose), move |number: &str| {
            (step.migration(number), step.rollback(number))
        })
    });
    let texts: Vec<_> = texts.collect();
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines: Vec<_> = steps
        .iter()
        .map(|step| (one_line(&step.impact), one_line(&step.risk)))
        .collect();
    let drafts = steps.iter().zip(&texts).zip(&lines);
    let drafts: Vec<_> = drafts
        .map(|((step, (purpose, texts)), (impact, risk))| Draft {
            words: &step.words,
            purpose,
            impact,
            risk,
            compliance: step.compliance,
            texts,
        })
        .collect();
    Ok(templates::new_series(stream, header, &drafts)?)
}

/// What a pattern knows.
#[derive(Clone, Copy)]
struct Asked<'a> {
    table: &'a Table,
    arguments: &'a Arguments,
    probes: &'a Probes,
}
