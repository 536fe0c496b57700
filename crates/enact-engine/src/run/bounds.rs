//! Where a run begins and ends in the ledger.

use enact_ledger::Hash;
use enact_ledger::entry::fact::{FinishedStep, IntendedStep, Outcome, RunFinished, RunStarted};

use super::execute::Request;
use super::failure::RunError;
use super::{Session, UNFLUSHED, append};
use crate::catalog::Snapshots;
use crate::drift;
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
    snapshots: Option<Snapshots<'_>>,
) -> Result<Hash, RunError> {
    session.events.emit(Event::Fingerprinting);
    let schema = match snapshots.filter(|_| !session.watch.is_closed()) {
        Some(snapshots) => drift::record_with(&snapshots).await?,
        None => drift::record(session.work.client(), &request.scope).await?,
    };
    let fact = RunFinished {
        outcome,
        fingerprint: Some(schema.fingerprint),
        stamp: Some(schema.stamp.as_str().into()),
        steps: steps.to_vec(),
        notices: session.events.notices(),
    };
    append(session, fact.into(), &schema.keep_sql).await?;
    Ok(schema.fingerprint)
}
