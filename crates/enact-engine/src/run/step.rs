//! One step: the segments of one file, in order, each recorded with its effect.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use enact_ledger::entry::fact::{FinishedStep, Found, Phase};
use enact_ledger::{Fact, FileDigest};
use enact_sql::script::{Script, Segment, SegmentKind};

use super::backfill::{self, Obstacle};
use super::facts::position;
use super::failure::{
    AtWork, Cause, Interruption, Obstructed, Place, RunError, ServerError, StatementFailure,
    UnknownOutcome, counted, is_lock_lost, words,
};
use super::text::SegmentText;
use super::{Session, reconcile, record, standalone, transaction};
use crate::blockers::Blocker;
use crate::events::Event;
use crate::ledger::Pending;
use crate::pipeline::Refused;
use crate::plan::{Step, StepLabel};
use crate::state::InProgress;

/// A step with everything it needs: the plan's part, the file's text, the digests that its record states.
#[derive(Debug)]
pub(super) struct StepAtWork<'a> {
    pub label: &'a StepLabel,
    pub plan: &'a Step,
    pub path: PathBuf,
    pub script: &'a Script,
    pub meaning: FileDigest,
    /// Digest of the rollback file, for a step up.
    pub rollback: Option<FileDigest>,
    /// What the journal says of an interrupted try.
    pub journalled: Option<&'a InProgress>,
}

/// How a segment ended, whatever its kind.
enum Ended {
    Done { rows: u64 },
    Refused(Refusal),
    Lost { cause: Cause, at: At },
    Obstructed { obstacle: Obstacle, rows: u64 },
    Unknown { found: Found },
}

/// A step and what became of it.
type At = (StepLabel, AtWork);

struct Refusal {
    refused: Refused,
    /// One-based statement; 0 is `COMMIT`.
    statement: usize,
    tries: u32,
    blockers: Vec<Blocker>,
    cause: Option<Cause>,
    left_behind: Option<String>,
    backfilled: Option<u64>,
    found: Option<Found>,
}

/// Runs the step and records it. Returns what is told of it at the end of the run, and how long it took.
///
/// # Errors
/// When a statement fails, the run is stopped, or a connection is lost: the error says what is true of the target then.
pub(super) async fn run(
    session: &mut Session<'_>,
    step: &StepAtWork<'_>,
) -> Result<(FinishedStep, Duration), RunError> {
    let begun = Instant::now();
    let mut rows = 0;
    let segments = step.script.segments.len();
    for (index, segment) in step
        .script
        .segments
        .iter()
        .enumerate()
        .skip(step.plan.resume_after as usize)
    {
        if let Some(cause) = session.ending().filter(|_| index > 0) {
            return Err(interrupted(session, cause, step.now(step.resumable(index))));
        }
        if segments > 1 {
            session.events.emit(Event::Segment {
                step: step.label.clone(),
                segment: index + 1,
                of: segments,
                what: title(segment),
            });
        }
        let ended = step.segment(session, index, segment).await;
        match ended.or_else(|error| step.broke_down(index, segment, error))? {
            Ended::Done { rows: more } => rows += more,
            Ended::Obstructed { obstacle, rows } => {
                return Err(step.obstructed(index, segment, (obstacle, rows)));
            }
            Ended::Unknown { found } => return Err(step.unknown(index, segment, found)),
            Ended::Lost { cause, at } => {
                return Err(interrupted(session, cause, at));
            }
            Ended::Refused(refusal) => {
                return Err(step.refused(session, index, segment, refusal).await?);
            }
        }
    }
    let label = step.label;
    let took = begun.elapsed();
    let finished = FinishedStep {
        direction: label.direction,
        stream: label.stream.as_str().into(),
        number: label.number,
        milliseconds: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        rows: Some(rows),
    };
    session.events.emit(Event::StepFinished {
        step: label.clone(),
        took,
        statements: step.statements(),
    });
    Ok((finished, took))
}

impl StepAtWork<'_> {
    async fn segment(
        &self,
        session: &mut Session<'_>,
        index: usize,
        segment: &Segment,
    ) -> Result<Ended, RunError> {
        let text = SegmentText::of(self.script, segment);
        let last = index + 1 == self.script.segments.len();
        let number = position(index);
        let fact = if last {
            self.finished()
        } else {
            self.journal(number, Phase::Done, None).into()
        };
        match &segment.kind {
            SegmentKind::Transactional => {
                let ended = transaction::run(session, self.label, &text, fact).await?;
                self.transaction_ended(session, index, text.messages.len(), ended)
                    .await
            }
            SegmentKind::Standalone(statement) => {
                let started = self
                    .journalled
                    .and_then(|at| at.started)
                    .filter(|(at, _)| *at == number)
                    .map(|(_, found)| found);
                let ended =
                    standalone::run(session, self, number, statement, &text, fact, started).await?;
                Ok(self.standalone_ended(session, index, ended).await)
            }
            SegmentKind::Backfill(statement) => {
                let begun = self.journalled.and_then(|at| at.backfilling) == Some(number);
                let ended = backfill::run(session, self, number, statement, fact, begun).await?;
                self.backfill_ended(session, index, ended).await
            }
            _ => Err(RunError::Goal(
                "a kind of segment that this engine does not know".to_owned(),
            )),
        }
    }

    async fn transaction_ended(
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

    fn now(&self, at: AtWork) -> At {
        (self.label.clone(), at)
    }

    async fn standalone_ended(
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

    async fn backfill_ended(
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
    fn broke_down(
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

    /// The statements and the record of the whole step, if it is one transaction that can be sent without hearing from the
    /// server in between and has no more than `limit` bytes.
    pub fn single_transaction(&self, limit: usize) -> Option<(Vec<&str>, Fact)> {
        let [segment] = &*self.script.segments else {
            return None;
        };
        let whole =
            matches!(segment.kind, SegmentKind::Transactional) && self.plan.resume_after == 0;
        let text = SegmentText::of(self.script, segment);
        let statements = text.unattended(limit).filter(|_| whole)?;
        Some((statements, self.finished()))
    }

    fn resumable(&self, done: usize) -> AtWork {
        AtWork::Resumable {
            done,
            of: self.script.segments.len(),
        }
    }

    fn unknown(&self, index: usize, segment: &Segment, found: Found) -> RunError {
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

    fn obstructed(
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

    fn line(&self, segment: &Segment) -> u32 {
        segment.statements.first().map_or(1, |statement| {
            counted(self.script.locate(statement.range.start).line)
        })
    }

    /// Records the failure, in a transaction of its own, and makes the error that tells it.
    async fn refused(
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

fn interrupted(session: &Session<'_>, cause: Cause, at: At) -> RunError {
    RunError::Interrupted(Box::new(Interruption {
        cause,
        done: session.done.clone(),
        at: Some(at),
    }))
}

/// A segment in a few words.
fn title(segment: &Segment) -> String {
    let first = segment
        .statements
        .first()
        .map_or("nothing", |statement| statement.tag);
    match segment.statements.len() {
        0 | 1 => first.to_owned(),
        more => format!("{first} and {} more", more - 1),
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
