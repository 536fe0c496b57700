//! Adoption of a database whose schema was made by other means.

use enact_ledger::Hash;
use enact_ledger::entry::fact::{AdoptedMigration, BaselineAdopted};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::catalog::{self, Scope, Snapshot};
use crate::connection::Connection;
use crate::core::{self, Core};
use crate::drift::{self, Drift, Recorded};
use crate::events::Events;
use crate::observe::{Observed, observe};
use crate::program::Program;
use crate::project::layout::{Migration, meaning};
use crate::project::{Stream, Streams};
use crate::requirements;
use crate::run::open::{self, Operation, Who};
use crate::run::{RunError, Session, Settings, append, recover};
use crate::state::TargetState;
use crate::stop::Stop;
use crate::target::ConnInfo;
use crate::target::server::Purpose;

/// What to adopt.
#[derive(Debug)]
pub struct Request<'a> {
    /// The database.
    pub target: &'a ConnInfo,
    /// The streams of the repository.
    pub streams: &'a Streams,
    /// The one of them to adopt.
    pub stream: &'a Stream,
    /// The last migration whose effect is already there.
    pub to: u32,
    /// Why, recorded.
    pub reason: String,
    /// The schema that the migrations make in a sandbox; `None` when it was not built.
    pub expected: Option<Snapshot>,
    /// Adopt although the live schema differs from `expected`.
    pub accept_differences: bool,
    /// The person, as records name them.
    pub person: String,
    /// The host, as records name it.
    pub host: String,
    /// This program.
    pub program: Program,
    /// What belongs to a fingerprint.
    pub scope: Scope,
    /// How to behave.
    pub settings: Settings,
}

/// What was adopted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adopted {
    /// How many migrations.
    pub migrations: usize,
    /// Fingerprint of the schema.
    pub fingerprint: Hash,
    /// Whether the schema was compared with one made from the files, and is the same.
    pub compared: bool,
    /// Entries in the ledger afterwards.
    pub entries: u64,
}

/// Records that the migrations up to `request.to` are in force, without running them.
///
/// # Errors
/// When something of the stream is recorded already, the live schema differs from the expected one, or the target
/// cannot be worked on.
pub async fn adopt(request: Request<'_>, events: &Events, stop: Stop) -> Result<Adopted, RunError> {
    let migrations = adopted(&request)?;
    let run = Uuid::new_v4().to_string();
    let application = format!("enact/{} {run}", request.program.version);
    let Observed {
        connection,
        server,
        state,
        ..
    } = observe(request.target, &application, events, Purpose::Write).await?;
    let state = state.unwrap_or_default();
    let settings = &request.settings;
    settings.check_meant(state.enrolment.as_ref(), &server)?;
    refuse_history(&request, &state)?;
    // A database that is refused is left as it was, without schema enact.
    refuse_other_core(connection.client(), &request).await?;
    let seen = drift::record(connection.client(), &request.scope).await?;
    refuse_difference(&request, &seen)?;
    let who = Who {
        person: request.person.clone(),
        host: request.host.clone(),
        program: request.program.clone(),
    };
    request.program.prepare();
    let settings = request.settings.clone().for_server(&server);
    let operation = Operation {
        target: request.target,
        who,
        run,
        application,
        command: "baseline",
        settings,
    };
    let watch = Connection::open(request.target, &operation.application, events).await?;
    open::locked(
        operation,
        (connection, watch, server),
        events,
        stop,
        async |session, state| {
            let state =
                recover::earlier_run(session, state, request.streams, &request.scope).await?;
            refuse_history(&request, &state)?;
            record(session, &request, migrations).await
        },
    )
    .await
}

fn adopted(request: &Request<'_>) -> Result<Vec<AdoptedMigration>, RunError> {
    let wanted = request
        .stream
        .migrations
        .iter()
        .filter(|file| file.number <= request.to);
    let migrations: Vec<_> = wanted
        .map(|file| adopted_migration(request, file))
        .collect::<Result<_, _>>()?;
    if request.to == 0
        || migrations
            .last()
            .is_none_or(|last| last.number != request.to)
    {
        return Err(RunError::Goal(format!(
            "there is no migration {:03} to adopt",
            request.to
        )));
    }
    Ok(migrations)
}

fn adopted_migration(
    request: &Request<'_>,
    file: &Migration,
) -> Result<AdoptedMigration, RunError> {
    let script = request.stream.load(file).map_err(RunError::Files)?;
    Ok(AdoptedMigration {
        stream: request.stream.name().into(),
        number: file.number,
        name: file.name.as_str().into(),
        digest: file.digest,
        meaning: meaning(&script).ok_or_else(|| RunError::Files(Vec::new()))?,
        rollback: file.rollback_digest,
        requires: requirements::words(&script),
    })
}

fn refuse_history(request: &Request<'_>, state: &TargetState) -> Result<(), RunError> {
    let name = request.stream.name();
    let own = state.stream(name);
    if own.applied.is_empty() && own.in_progress.is_none() {
        return Ok(());
    }
    let position = own.position();
    Err(RunError::Goal(format!(
        "the ledger already holds `{name}` up to {position:03}: a baseline is for a database without history"
    )))
}

/// Refuses a core that is not as the release made it that the repository is pinned to. Nobody but the core team accepts a
/// change of the core, and what else is in the database is no obstacle. `true` when it was compared.
async fn refuse_other_core(client: &Client, request: &Request<'_>) -> Result<bool, RunError> {
    let pinned = request.streams.core();
    let Some(pinned) = pinned.filter(|core| core.stream.name() == request.stream.name()) else {
        return Ok(false);
    };
    let live = drift::take(client, &core::scope()).await?;
    match core::compare(&pinned.package, request.to, &live) {
        Core::Unproven => Ok(false),
        Core::Same(_) => Ok(true),
        Core::Differs(drift) => Err(RunError::CoreIsOther(drift)),
    }
}

/// Refuses a schema that is not what the files make, unless that is accepted.
fn refuse_difference(request: &Request<'_>, live: &Recorded) -> Result<(), RunError> {
    let comparing = request.expected.as_ref();
    let Some(expected) = comparing.filter(|_| !request.accept_differences) else {
        return Ok(());
    };
    let differences = catalog::diff(expected, &live.snapshot);
    if differences.is_empty() {
        return Ok(());
    }
    Err(RunError::Drift(Box::new(Drift {
        recorder: None,
        expected: Hash(expected.fingerprint()),
        actual: live.fingerprint,
        differences: Some(differences),
    })))
}

async fn record(
    session: &mut Session<'_>,
    request: &Request<'_>,
    migrations: Vec<AdoptedMigration>,
) -> Result<Adopted, RunError> {
    let core_compared = refuse_other_core(session.client(), request).await?;
    let schema = drift::record(session.client(), &request.scope).await?;
    refuse_difference(request, &schema)?;
    let count = migrations.len();
    let fact = BaselineAdopted {
        migrations,
        fingerprint: schema.fingerprint,
        reason: request.reason.as_str().into(),
    };
    append(session, fact.into(), &schema.keep_sql).await?;
    Ok(Adopted {
        migrations: count,
        fingerprint: schema.fingerprint,
        compared: core_compared || request.expected.is_some() && !request.accept_differences,
        entries: session.entries(),
    })
}
