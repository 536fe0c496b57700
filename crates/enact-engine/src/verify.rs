//! The whole ledger of a database, its guards, and the live schema: what an auditor asks for.

use std::io::Write;

use enact_ledger::bundle::{WriteError, Writer};
use enact_ledger::{Checkpoint, Failure, FailureKind, Identity, Report, Stored, Verifier};
use enact_release::Package;
use futures_util::TryStreamExt as _;
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use crate::catalog::Scope;
use crate::connection::Connection;
use crate::core::{self, Core};
use crate::drift::{self, Schema};
use crate::events::Events;
use crate::exit::Exit;
use crate::ledger::{self, Guards, ReadError};
use crate::run::RunError;
use crate::target::ConnInfo;
use crate::target::server::{Purpose, Server};

const ROWS_SQL: &str = "\
SELECT seq, prev, body, hash, to_char(appended_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')
FROM enact.ledger ORDER BY seq";

/// What was verified.
#[derive(Debug)]
pub struct Verified {
    /// Who answers.
    pub server: Server,
    /// The chain.
    pub report: Report,
    /// What protects the ledger in the database.
    pub guards: Guards,
    /// The live schema against the recorded one.
    pub schema: Schema,
    /// The core's part against its release, where there is anything to compare.
    pub core: Option<Core>,
}

/// Why a ledger could not be verified, or was not found as it should be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// It could not be looked at.
    #[error(transparent)]
    Run(#[from] RunError),
    /// It is not what it was.
    #[error(transparent)]
    Ledger(#[from] Failure),
    /// There is none.
    #[error("schema enact is not installed here: there is no ledger")]
    NotInstalled,
    /// The bundle could not be written.
    #[error("write the bundle")]
    Write(#[from] WriteError),
}

impl VerifyError {
    /// The exit code that stands for this.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Run(error) => error.exit(),
            Self::Ledger(failure) => exit_of(failure.kind),
            Self::NotInstalled => Exit::DatabaseDiffers,
            Self::Write(_) => Exit::Unexpected,
        }
    }
}

/// The exit code for a kind of damage.
#[must_use]
pub fn exit_of(kind: FailureKind) -> Exit {
    match kind {
        FailureKind::Altered => Exit::EntryAltered,
        FailureKind::Missing => Exit::EntryMissing,
        FailureKind::Reordered => Exit::Reordered,
        FailureKind::Truncated => Exit::Truncated,
        FailureKind::Forked => Exit::Forked,
        FailureKind::Unsupported => Exit::Unsupported,
    }
}

impl Verified {
    /// The exit code that stands for the result.
    #[must_use]
    pub fn exit(&self) -> Exit {
        let other = matches!(self.schema, Schema::Drifted(_))
            || matches!(self.core, Some(Core::Differs(_)));
        if !self.guards.faults.is_empty() || other {
            Exit::DatabaseDiffers
        } else if self.report.compared {
            Exit::Done
        } else {
            Exit::NoExternalHead
        }
    }
}

/// Verifies the ledger of a database against `known` heads, its guards, the live schema against the recorded one, and its
/// core against `release`.
///
/// # Errors
/// When the database cannot be reached, or the ledger is not what it was.
pub async fn verify(
    target: &ConnInfo,
    application: &str,
    known: &[Checkpoint],
    scope: &Scope,
    release: Option<&Package>,
) -> Result<Verified, VerifyError> {
    let (connection, server) = connect(target, application).await?;
    let client = connection.client();
    let mut verifier = Verifier::new(known);
    each_row(&connection, |row| {
        verifier.push(&row);
        Ok(())
    })
    .await?;
    let report = verifier.finish()?;
    let state = ledger::read(client)
        .await
        .map_err(RunError::Ledger)?
        .unwrap_or_default();
    let guards = ledger::guards(client)
        .await
        .map_err(|source| RunError::Database {
            doing: "look at the ledger's guards",
            source,
        })?;
    let schema = drift::compare(client, &state, scope).await?;
    let core = core::look(client, release, (&state, &schema), server.major()).await?;
    connection.close().await;
    Ok(Verified {
        server,
        report,
        guards,
        schema,
        core,
    })
}

/// Writes the whole ledger of a database as a bundle and returns its closing checkpoint. What is stored is written
/// as it is: whether it is sound, `verify` says.
///
/// # Errors
/// When the database cannot be reached, there is no ledger, or the output fails.
pub async fn export(
    target: &ConnInfo,
    application: &str,
    out: impl Write,
) -> Result<Checkpoint, VerifyError> {
    let (connection, _) = connect(target, application).await?;
    let mut out = Some(out);
    let mut writer = None;
    each_row(&connection, |row| {
        if let Some(out) = out.take() {
            writer = Some(Writer::new(out, &enrolled(&row)?)?);
        }
        writer.as_mut().map_or(Ok(()), |writer| writer.push(&row))?;
        Ok(())
    })
    .await?;
    connection.close().await;
    Ok(writer.ok_or(VerifyError::NotInstalled)?.finish()?)
}

fn enrolled(row: &Stored) -> Result<Identity, VerifyError> {
    enact_ledger::verify::enrolled_identity(&row.body)
        .ok_or(VerifyError::Write(WriteError::NotEnrolled))
}

async fn connect(
    target: &ConnInfo,
    application: &str,
) -> Result<(Connection, Server), VerifyError> {
    let mut connection = Connection::open(target, application, &Events::silent())
        .await
        .map_err(RunError::Connect)?;
    let server = Server::ask(connection.client())
        .await
        .map_err(RunError::Hello)?;
    if let Some(refusal) = server.refusal(Purpose::Read) {
        return Err(RunError::Refused(refusal).into());
    }
    connection.pid = server.pid;
    Ok((connection, server))
}

/// Hands every stored row of the ledger to `each`, in order, without holding them all.
async fn each_row(
    connection: &Connection,
    mut each: impl FnMut(Stored) -> Result<(), VerifyError>,
) -> Result<(), VerifyError> {
    let nothing: [(&(dyn ToSql + Sync), Type); 0] = [];
    let rows = connection
        .client()
        .query_typed_raw(ROWS_SQL, nothing)
        .await
        .map_err(reading)?;
    let mut rows = std::pin::pin!(rows);
    while let Some(row) = rows.try_next().await.map_err(reading)? {
        each(stored(&row)?)?;
    }
    Ok(())
}

fn reading(source: tokio_postgres::Error) -> VerifyError {
    match ledger::is_not_installed(&source) {
        true => VerifyError::NotInstalled,
        false => RunError::Ledger(ReadError::from_server(source)).into(),
    }
}

fn stored(row: &Row) -> Result<Stored, VerifyError> {
    let columns = || -> Result<_, tokio_postgres::Error> {
        Ok((
            row.try_get(0)?,
            row.try_get(1)?,
            row.try_get(2)?,
            row.try_get(3)?,
            row.try_get(4)?,
        ))
    };
    let (seq, prev, body, hash, at): (i64, &[u8], Vec<u8>, &[u8], Option<&str>) =
        columns().map_err(reading)?;
    Ok(Stored::from_columns(seq, prev, body, hash, at)?)
}
