//! A step that does not come to its end: the error that tells it, and the record of the failure.

use enact_ledger::entry::fact::{Found, Phase};
use enact_sql::script::Segment;

use super::{Refusal, StepAtWork, interrupted, title};
use crate::run::backfill::Obstacle;
use crate::run::facts::position;
use crate::run::failure::{
    AtWork, Cause, Obstructed, Place, RunError, ServerError, StatementFailure, UnknownOutcome,
};
use crate::run::{Session, record};

impl StepAtWork<'_> {
    pub(super) fn unknown(&self, index: usize, segment: &Segment, found: Found) -> RunError {
        RunError::Unknown(Box::new(UnknownOutcome {
            step: self.label.clone(),
            path: self.path.clone(),
            line: self.line(segment),
            what: title(segment),
            segment: index + 1,
            segments: self.script.segments.len(),
            found,
        }))
    }

    pub(super) fn obstructed(
        &self,
        index: usize,
        segment: &Segment,
        (obstacle, rows): (Obstacle, u64),
    ) -> RunError {
        RunError::Backfill(Box::new(Obstructed {
            step: self.label.clone(),
            path: self.path.clone(),
            line: self.line(segment),
            segment: index + 1,
            rows,
            obstacle,
        }))
    }

    /// Records the failure, in a transaction of its own, and makes the error that tells it.
    pub(super) async fn refused(
        &self,
        session: &mut Session<'_>,
        index: usize,
        segment: &Segment,
        refusal: Refusal,
    ) -> Result<RunError, RunError> {
        let at = if index == 0 {
            AtWork::NothingChanged
        } else {
            self.resumable(index)
        };
        if let Some(cause) = refusal.cause.clone() {
            if let (Some(found), Cause::Asked) = (refusal.found, &cause) {
                record(
                    session,
                    self.journal(position(index), Phase::Failed, Some(found))
                        .into(),
                )
                .await?;
            }
            return Ok(interrupted(session, cause, self.now(at)));
        }
        let (failure, found) = self.failure(index, segment, refusal);
        let recorded = self.record_failure(session, index, &failure, found).await;
        // The server's refusal is the news, also where its record did not get through.
        recorded.or_else(|error| error.breakdown().map(|_| ()).ok_or(error))?;
        Ok(RunError::Statement(Box::new(failure)))
    }

    async fn record_failure(
        &self,
        session: &mut Session<'_>,
        index: usize,
        failure: &StatementFailure,
        found: Option<Found>,
    ) -> Result<(), RunError> {
        if let Some(found) = found {
            let journal = self.journal(position(index), Phase::Failed, Some(found));
            record(session, journal.into()).await?;
        }
        record(session, self.failed(failure)).await
    }

    fn failure(
        &self,
        index: usize,
        segment: &Segment,
        refusal: Refusal,
    ) -> (StatementFailure, Option<Found>) {
        let server = ServerError::from(&refusal.refused.error);
        let place = Place::of(self.script, segment, refusal.statement, &server);
        let failure = StatementFailure {
            step: self.label.clone(),
            path: self.path.clone(),
            released: self.released,
            text: self.script.text().into(),
            line: place.line,
            column: place.column,
            span: place.span,
            statement: refusal.statement,
            statements: segment.statements.len(),
            segment: index + 1,
            segments: self.script.segments.len(),
            server,
            tries: refusal.tries,
            blockers: refusal.blockers,
            left_behind: refusal.left_behind,
            backfilled: refusal.backfilled,
        };
        (failure, refusal.found)
    }
}
