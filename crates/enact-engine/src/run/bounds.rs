//! Where a run begins and ends in the ledger.

use enact_ledger::Hash;
use enact_ledger::entry::fact::{FinishedStep, IntendedStep, Outcome, RunFinished, RunStarted};

use super::execute::Request;
use super::failure::RunError;
use super::{Session, UNFLUSHED, append};
use crate::catalog::{Scope, Snapshots};
use crate::core::{self, Core};
use crate::drift::{self, Recorded};
use crate::events::Event;
use crate::plan::{self, Plan};

/// Records what is about to be done.
pub(super) async fn start(
    session: &mut Session<'_>,
    request: &Request<'_>,
    plan: &Plan,
    fingerprint: Option<Hash>,
) -> Result<(), RunError> {
    let intended = |step: &plan::Step| IntendedStep {
        direction: step.label.direction,
        stream: step.label.stream.as_str().into(),
        number: step.label.number,
        digest: step.digest,
    };
    let started = RunStarted {
        command: plan.command,
        plan: plan.digest(),
        steps: plan.steps.iter().map(intended).collect(),
        server_version: session.server.version_num,
        fingerprint,
        release: plan.release.as_deref().map(Into::into),
        receipt: request
            .evidence
            .as_ref()
            .and_then(|evidence| evidence.receipt),
    };
    // Not flushed on its own: whatever is committed after it takes it along.
    append(session, started.into(), UNFLUSHED).await?;
    session.events.emit(Event::RunStarted {
        run: session.appender.run().to_owned(),
        steps: plan.steps.len(),
    });
    Ok(())
}

/// Takes the fingerprint and records the end of the run.
pub(super) async fn finish(
    session: &mut Session<'_>,
    request: &Request<'_>,
    outcome: Outcome,
    steps: &[FinishedStep],
    position: u32,
    snapshots: Option<Snapshots<'_>>,
) -> Result<(Hash, Option<Core>), RunError> {
    session.events.emit(Event::Fingerprinting);
    let schema = match snapshots.filter(|_| !session.watch.is_closed()) {
        Some(snapshots) => drift::record_with(&snapshots).await?,
        None => drift::record(session.work.client(), &request.scope).await?,
    };
    let core = core_now(session, request, position, &schema).await?;
    let fact = RunFinished {
        outcome,
        fingerprint: Some(schema.fingerprint),
        core: match &core {
            Some(Core::Same(actual)) => Some(*actual),
            Some(Core::Differs(drift)) => Some(drift.actual),
            _ => None,
        },
        stamp: Some(schema.stamp.as_str().into()),
        steps: steps.to_vec(),
        notices: session.events.notices(),
    };
    append(session, fact.into(), &schema.keep_sql).await?;
    Ok((schema.fingerprint, core))
}

/// How the core is now, where the repository is pinned to a release of it and any of it is applied.
pub(super) async fn core_now(
    session: &Session<'_>,
    request: &Request<'_>,
    position: u32,
    schema: &Recorded,
) -> Result<Option<Core>, RunError> {
    let Some(pinned) = request.streams.core().filter(|_| position > 0) else {
        return Ok(None);
    };
    let Scope {
        comments,
        grants,
        exclude_schemas,
        ..
    } = core::scope();
    let enough = request.scope.comments == comments
        && request.scope.grants == grants
        && request.scope.exclude_schemas == exclude_schemas;
    if enough {
        return Ok(Some(core::compare(
            &pinned.package,
            position,
            &schema.snapshot,
        )));
    }
    let snapshot = drift::record(session.client(), &core::scope())
        .await?
        .snapshot;
    Ok(Some(core::compare(&pinned.package, position, &snapshot)))
}
