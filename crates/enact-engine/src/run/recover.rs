//! What must be put in order before a run may begin: the ledger itself, an earlier run without an end, drift.

use enact_ledger::Hash;
use enact_ledger::entry::fact::{
    self, DriftAccepted, DriftFound, DriftedObject, Found, Outcome, Phase, RunFinished,
    StepRecorded,
};
use uuid::Uuid;

use super::execute::Request;
use super::failure::RunError;
use super::{Session, Settings, UNFLUSHED, append, record, send};
use crate::catalog::{Change, Difference, Scope};
use crate::connection::Connection;
use crate::drift::{self, Drift, Recorded, Schema};
use crate::events::{Event, Events};
use crate::identity;
use crate::ledger::{self, Appender, Author};
use crate::pipeline::{self, Message};
use crate::project::Streams;
use crate::recorder::Noted;
use crate::state::{Head, TargetState};
use crate::target::server::Server;

/// More differing objects than this are counted, not named, in a record.
const NAMED_OBJECTS: usize = 1000;
/// Of one object, no more authors than this are named in a record.
const NAMED_AUTHORS: usize = 3;

/// Installs schema `enact` and enrols the target, in one transaction.
pub(super) async fn install(
    work: &Connection,
    server: &Server,
    author: &Author,
    settings: &Settings,
    events: &Events,
) -> Result<TargetState, RunError> {
    let enrolled = identity::enrolled(identity::random()?, settings.claim.as_ref(), server, None);
    let appender = Appender::new(author.clone(), Uuid::new_v4().to_string(), Head::default());
    let pending = appender.prepare(enrolled.into(), None)?;
    let sql = format!(
        "SET TRANSACTION READ WRITE; {UNFLUSHED}{}; {};\n{}",
        settings.role_sql(""),
        ledger::install_sql(),
        pending.sql
    );
    let installed = pipeline::run(work.client(), &[Message::Sql(&sql)], true).await;
    installed.map_err(|refused| RunError::Database {
        doing: "install schema enact",
        source: refused.error,
    })?;
    events.emit(Event::Installed);
    Ok(ledger::read(work.client()).await?.unwrap_or_default())
}

/// Binds a target that was enrolled without its project and environment being known.
pub(super) async fn bind(
    session: &mut Session<'_>,
    state: TargetState,
) -> Result<TargetState, RunError> {
    let Some(claim) = session.settings.claim.clone() else {
        return Ok(state);
    };
    let Some(identity) = state
        .identity
        .filter(|_| claim.is_unbound(state.enrolment.as_ref()))
    else {
        return Ok(state);
    };
    let fact = identity::enrolled(identity, Some(&claim), session.server, None);
    record(session, fact.into()).await?;
    session.reread().await
}

/// Brings schema `enact` of an earlier version of this program up to date, in one transaction.
pub(super) async fn upgrade(
    work: &Connection,
    state: &TargetState,
    settings: &Settings,
) -> Result<(), RunError> {
    let Some(upgrade) = ledger::upgrade_sql(state.schema_version) else {
        return Ok(());
    };
    let sql = format!(
        "SET TRANSACTION READ WRITE; {};\n{upgrade}",
        settings.role_sql("")
    );
    let upgraded = pipeline::run(work.client(), &[Message::Sql(&sql)], true).await;
    upgraded.map(drop).map_err(|refused| RunError::Database {
        doing: "bring schema enact up to date (its owner, or the role that installed it, can)",
        source: refused.error,
    })
}

/// Records the end of a run that did not record it itself, and what a person decided about an unknown outcome.
pub(crate) async fn earlier_run(
    session: &mut Session<'_>,
    state: TargetState,
    streams: &Streams,
    scope: &Scope,
) -> Result<TargetState, RunError> {
    let mut moved = false;
    if let Some(open) = &state.open_run {
        let schema = left_behind(session, &state, scope).await?;
        let fact = RunFinished {
            outcome: Outcome::Abandoned,
            fingerprint: schema.as_ref().map(|schema| schema.fingerprint),
            core: None,
            stamp: schema.as_ref().map(|schema| schema.stamp.as_str().into()),
            steps: Vec::new(),
            notices: 0,
        };
        let pending = session.appender.prepare_for(&open.run, fact.into(), None)?;
        let keep = schema.map(|schema| schema.keep_sql).unwrap_or_default();
        send(session, &pending, &keep).await?;
        session.events.emit(Event::EarlierRunClosed {
            run: open.run.clone(),
        });
        moved = true;
    }
    if let Some(fact) = resolution(session, &state, streams)? {
        record(session, fact.into()).await?;
        moved = true;
    }
    if !moved {
        return Ok(state);
    }
    Ok(ledger::read(session.work.client())
        .await?
        .unwrap_or_default())
}

/// The schema as a run without an end left it, unless the one before it is still on record: that is what drift is
/// measured against. If that run had nothing left to do, no other one records its fingerprint.
async fn left_behind(
    session: &Session<'_>,
    state: &TargetState,
    scope: &Scope,
) -> Result<Option<Recorded>, RunError> {
    match state.recorded {
        Some(_) => Ok(None),
        None => drift::record(session.work.client(), scope).await.map(Some),
    }
}

fn resolution(
    session: &Session<'_>,
    state: &TargetState,
    streams: &Streams,
) -> Result<Option<StepRecorded>, RunError> {
    let Some(resolution) = &session.settings.resolution else {
        return Ok(None);
    };
    let mut started = streams.iter().filter_map(|stream| {
        let at = state.stream(stream.name()).in_progress.as_ref()?;
        Some((stream.name(), at, at.started?.0))
    });
    let Some((stream, at, segment)) = started.next() else {
        return Err(RunError::Goal(
            "no statement has an unknown outcome: there is nothing to resolve".to_owned(),
        ));
    };
    Ok(Some(StepRecorded {
        stream: stream.into(),
        number: at.number,
        direction: at.direction,
        digest: at.digest,
        segment,
        segments: at.segments,
        phase: Phase::Resolved,
        found: Some(if resolution.done {
            Found::Present
        } else {
            Found::Absent
        }),
        reason: Some(resolution.reason.as_str().into()),
    }))
}

/// Refuses a drifted schema, or records that it was accepted. Returns the fingerprint that the run starts from.
pub(super) async fn drift(
    session: &mut Session<'_>,
    request: &Request<'_>,
    state: &TargetState,
) -> Result<Option<Hash>, RunError> {
    let client = session.work.client();
    let drift = match drift::compare_at(client, state, &request.scope, session.horizon).await? {
        Schema::Unrecorded => return Ok(None),
        Schema::Same => return Ok(state.recorded.as_ref().map(|recorded| recorded.fingerprint)),
        Schema::Drifted(drift) => drift,
    };
    if state.drift_found != Some(drift.actual) {
        record(session, found(&drift).into()).await?;
    }
    let Some(reason) = session.settings.accept_drift.clone() else {
        return Err(RunError::Drift(drift));
    };
    let schema = drift::record(session.work.client(), &request.scope).await?;
    let accepted = DriftAccepted {
        expected: drift.expected,
        actual: schema.fingerprint,
        reason: reason.into(),
    };
    append(session, accepted.into(), &schema.keep_sql).await?;
    Ok(Some(schema.fingerprint))
}

/// Who made it differ, as far as the recorder of DDL noted it.
fn authors(drift: &Drift, difference: &Difference) -> Option<Vec<fact::Author>> {
    let authors = drift.authors(difference);
    let author = |noted: &&Noted| fact::Author {
        at: noted.at,
        command: noted.tag.as_str().into(),
        login: noted.login.as_str().into(),
        role: noted.role.as_str().into(),
        application: noted.application.as_deref().map(Into::into),
        client: noted.client.as_deref().map(Into::into),
    };
    let named = authors.iter().take(NAMED_AUTHORS).map(author);
    let named: Vec<fact::Author> = named.collect();
    (!named.is_empty()).then_some(named)
}

fn found(drift: &Drift) -> DriftFound {
    let differences = drift.differences.as_deref().unwrap_or_default();
    let object = |difference: &Difference| DriftedObject {
        object: difference.object.to_string().into(),
        change: match difference.change {
            Change::Added { .. } => fact::Change::Added,
            Change::Removed { .. } => fact::Change::Removed,
            Change::Changed { .. } => fact::Change::Changed,
        },
        authors: authors(drift, difference),
    };
    DriftFound {
        expected: drift.expected,
        actual: drift.actual,
        objects: differences.iter().take(NAMED_OBJECTS).map(object).collect(),
        total: differences.len() as u64,
    }
}
