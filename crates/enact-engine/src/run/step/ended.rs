//! What the end of a segment, whatever its kind, means for its step: how far it came, and what is true of the target.

use enact_ledger::entry::fact::Found;
use enact_sql::script::{Segment, SegmentKind};

use super::{At, Refusal, StepAtWork};
use crate::ledger::Pending;
use crate::pipeline::Refused;
use crate::plan::StepLabel;
use crate::run::backfill::{self, Obstacle};
use crate::run::failure::{AtWork, Cause, RunError, is_lock_lost, words};
use crate::run::{Session, reconcile, standalone, transaction};

/// How a segment ended, whatever its kind.
pub(super) enum Ended {
    Done { rows: u64 },
    Refused(Refusal),
    Lost { cause: Cause, at: At },
    Obstructed { obstacle: Obstacle, rows: u64 },
    Unknown { found: Found },
}

impl StepAtWork<'_> {
    pub(super) async fn transaction_ended(
        &self,
        session: &mut Session<'_>,
        index: usize,
        statements: usize,
        ended: transaction::Ended,
    ) -> Result<Ended, RunError> {
        Ok(match ended {
            transaction::Ended::Committed { rows } => Ended::Done { rows },
            transaction::Ended::Refused {
                refused,
                tries,
                blockers,
                cause,
            } => {
                // The server may know that the lock is gone before its connection's end has arrived here.
                let lock_lost =
                    is_lock_lost(&refused.error).then(|| Cause::LockLost(words(&refused.error)));
                let cause = cause.or(lock_lost);
                if let (Some(doing), None) = (not_the_migrations(&refused, statements), &cause) {
                    return Err(RunError::Database {
                        doing,
                        source: refused.error,
                    });
                }
                let statement = if refused.index > statements {
                    0
                } else {
                    refused.index
                };
                Ended::Refused(Refusal {
                    refused,
                    statement,
                    tries,
                    blockers,
                    cause,
                    left_behind: None,
                    backfilled: None,
                    found: None,
                })
            }
            transaction::Ended::Stopped { cause } => Ended::Lost {
                cause,
                at: self.now(match index {
                    0 => AtWork::NothingChanged,
                    _ => self.resumable(index),
                }),
            },
            transaction::Ended::Lost { sent, why } => {
                let before = if index == 0 {
                    AtWork::NothingChanged
                } else {
                    self.resumable(index)
                };
                Ended::Lost {
                    cause: Cause::WorkLost(why),
                    at: self.reconciled(session, index, &sent, before).await,
                }
            }
        })
    }

    /// How far the run came, once the ledger has told what is in it of `sent`: the record of a segment of this step, and
    /// those of the steps sent behind it. If none is, this step stands as `before`.
    async fn reconciled(
        &self,
        session: &mut Session<'_>,
        index: usize,
        sent: &[(StepLabel, Pending)],
        before: AtWork,
    ) -> At {
        let last = index + 1 == self.script.segments.len();
        let records: Vec<&Pending> = sent.iter().map(|(_, pending)| pending).collect();
        let Some(committed) = reconcile::committed(session, &records).await else {
            let behind = sent.len().saturating_sub(1);
            return self.now(AtWork::NotKnownYet { behind });
        };
        match sent[..committed].split_last() {
            None => self.now(before),
            Some(_) if !last => self.now(self.resumable(index + 1)),
            Some(((step, _), earlier)) => {
                let earlier = earlier.iter().map(|(step, _)| step.clone());
                session.done.extend(earlier);
                (step.clone(), AtWork::Committed)
            }
        }
    }

    pub(super) async fn standalone_ended(
        &self,
        session: &mut Session<'_>,
        index: usize,
        ended: standalone::Ended,
    ) -> Ended {
        match ended {
            standalone::Ended::Done { rows } => Ended::Done { rows },
            standalone::Ended::Unknown { found } => Ended::Unknown { found },
            standalone::Ended::Lost { why } => Ended::Lost {
                cause: Cause::WorkLost(why),
                at: self.now(self.resumable(index)),
            },
            standalone::Ended::Unheard { pending, cause } => {
                let before = self.resumable(index);
                let at = match cause {
                    Cause::WorkLost(_) => {
                        let sent = [(self.label.clone(), pending)];
                        self.reconciled(session, index, &sent, before).await
                    }
                    // The server has refused the record.
                    Cause::LockLost(_) | Cause::Asked => self.now(before),
                };
                Ended::Lost { cause, at }
            }
            standalone::Ended::Refused {
                refused,
                blockers,
                cause,
                left_behind,
                found,
            } => Ended::Refused(Refusal {
                refused,
                statement: 1,
                tries: 1,
                blockers,
                cause,
                left_behind,
                backfilled: None,
                found: Some(found),
            }),
        }
    }

    pub(super) async fn backfill_ended(
        &self,
        session: &mut Session<'_>,
        index: usize,
        ended: backfill::Ended,
    ) -> Result<Ended, RunError> {
        let backfilling = |rows| self.now(AtWork::Backfilling { rows: Some(rows) });
        Ok(match ended {
            backfill::Ended::Done { rows } => Ended::Done { rows },
            backfill::Ended::Obstructed { obstacle, rows } => Ended::Obstructed { obstacle, rows },
            backfill::Ended::Unknown { found } => Ended::Unknown { found },
            backfill::Ended::Stopped { cause, rows } => Ended::Lost {
                cause,
                at: backfilling(rows),
            },
            backfill::Ended::Unheard { pending, cause } => {
                let before = AtWork::Backfilling { rows: None };
                let sent = [(self.label.clone(), pending)];
                let at = match cause {
                    Cause::WorkLost(_) => self.reconciled(session, index, &sent, before).await,
                    Cause::LockLost(_) | Cause::Asked => self.now(before),
                };
                Ended::Lost { cause, at }
            }
            backfill::Ended::Refused {
                refused,
                statement,
                tries,
                blockers,
                rows,
            } => Ended::Refused(Refusal {
                refused,
                statement,
                tries,
                blockers,
                cause: None,
                left_behind: None,
                backfilled: Some(rows),
                found: None,
            }),
        })
    }

    /// A connection that ends between two statements interrupts the step; it is no failure of the migration.
    pub(super) fn broke_down(
        &self,
        index: usize,
        segment: &Segment,
        error: RunError,
    ) -> Result<Ended, RunError> {
        let cause = error.breakdown().ok_or(error)?;
        let at = match segment.kind {
            SegmentKind::Transactional if index == 0 => AtWork::NothingChanged,
            SegmentKind::Backfill(_) => AtWork::Backfilling { rows: None },
            _ => self.resumable(index),
        };
        let at = self.now(at);
        Ok(Ended::Lost { cause, at })
    }
}

/// What Enact was doing itself when the server refused, if it was not a statement of the migration nor its commit.
fn not_the_migrations(refused: &Refused, statements: usize) -> Option<&'static str> {
    // EN001: another hand has appended. Any other refusal of the record is the migration's doing, such as having
    // ended the transaction or dropped what the record needs.
    let moved = refused
        .error
        .code()
        .is_some_and(|code| ["EN001", "42501"].contains(&code.code()));
    match refused.index {
        0 => Some("open the transaction of the migration"),
        index if index == statements + 1 && moved => {
            Some("record the migration in the ledger; nothing of it took effect")
        }
        _ => None,
    }
}
