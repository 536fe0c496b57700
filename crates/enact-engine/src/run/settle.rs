//! Steps whose commits the server has answered, but not yet written to disk.
//!
//! Of steps that are sent one behind the other and done in no time, most of the time would go by waiting for the disk, once a
//! step. So several in a row wait for it together: all but the last of them are committed without waiting, and the last one's
//! commit takes the others to disk, since the log is written in order. Nobody is told that a step is done before that. If the
//! server crashes in between, a step and its record are lost or kept together, as with any transaction that was not answered.

use std::time::Duration;

use super::failure::{AtWork, Cause, Interruption, RunError, words};
use super::{Session, reconcile};
use crate::events::Event;
use crate::ledger::Pending;
use crate::plan::StepLabel;

/// Writes something to the log and waits for the disk: with it goes everything before it. A transaction that writes nothing
/// would not wait.
const FLUSH: &str = "BEGIN READ WRITE; SET LOCAL synchronous_commit = on; \
    SELECT pg_catalog.pg_logical_emit_message(true, 'enact', ''); COMMIT";

/// A step that is done, as it will be told.
#[derive(Debug)]
pub(super) struct DoneStep {
    pub label: StepLabel,
    pub took: Duration,
    pub statements: usize,
}

/// Steps that are committed, in order, each with the entry that proves it.
#[derive(Debug, Default)]
pub(super) struct Unsettled(Vec<(DoneStep, Pending)>);

impl Unsettled {
    /// Gives up on waiting, and says what would prove that the steps took place.
    pub fn abandon(&mut self) -> Vec<(StepLabel, Pending)> {
        let steps = self.0.drain(..);
        steps.map(|(step, pending)| (step.label, pending)).collect()
    }
}

/// Takes note that a step is done. With the entry that proves it, it is not on disk yet; without, it is, and so is everything
/// before it.
pub(super) fn done(session: &mut Session<'_>, step: DoneStep, unsettled: Option<Pending>) {
    match unsettled {
        Some(pending) => session.unsettled.0.push((step, pending)),
        None => {
            settled(session);
            tell(session, step);
        }
    }
}

/// Waits until everything that is committed is on disk.
///
/// # Errors
/// [`RunError::Interrupted`] with what the ledger says, when the connection is lost.
pub(super) async fn settle(session: &mut Session<'_>) -> Result<(), RunError> {
    if session.unsettled.0.is_empty() {
        return Ok(());
    }
    match session.client().batch_execute(FLUSH).await {
        Ok(()) => {
            settled(session);
            Ok(())
        }
        Err(source) if session.work.is_gone(&source) => Err(lost(session, words(&source)).await),
        Err(source) => Err(RunError::Database {
            doing: "wait until the steps that are done are on disk",
            source,
        }),
    }
}

/// Everything that was committed is on disk: another transaction that came after it is.
pub(super) fn settled(session: &mut Session<'_>) {
    for (step, _) in std::mem::take(&mut session.unsettled.0) {
        tell(session, step);
    }
}

fn tell(session: &mut Session<'_>, step: DoneStep) {
    session.done.push(step.label.clone());
    session.events.emit(Event::StepFinished {
        step: step.label,
        took: step.took,
        statements: step.statements,
    });
}

/// The connection ended between two steps: how far the run came is asked on another one.
async fn lost(session: &mut Session<'_>, why: String) -> RunError {
    let sent = session.unsettled.abandon();
    let at = how_far(session, &sent).await;
    RunError::Interrupted(Box::new(Interruption {
        cause: Cause::WorkLost(why),
        done: session.done.clone(),
        at,
    }))
}

/// The last of `sent` that is in the ledger, those before it being done, or the first one if none is.
pub(super) async fn how_far(
    session: &mut Session<'_>,
    sent: &[(StepLabel, Pending)],
) -> Option<(StepLabel, AtWork)> {
    let (first, _) = sent.first()?;
    let records: Vec<&Pending> = sent.iter().map(|(_, pending)| pending).collect();
    let Some(committed) = reconcile::committed(session, &records).await else {
        let behind = sent.len().saturating_sub(1);
        return Some((first.clone(), AtWork::NotKnownYet { behind }));
    };
    match sent.get(..committed).and_then(<[_]>::split_last) {
        None => Some((first.clone(), AtWork::NothingChanged)),
        Some(((step, _), earlier)) => {
            let earlier = earlier.iter().map(|(step, _)| step.clone());
            session.done.extend(earlier);
            Some((step.clone(), AtWork::Committed))
        }
    }
}
