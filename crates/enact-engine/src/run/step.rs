//! One step: the segments of one file, in order, each recorded with its effect.

mod ended;
mod refused;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use enact_ledger::entry::fact::{FinishedStep, Found, Phase};
use enact_ledger::{Fact, FileDigest};
use enact_sql::script::{Script, Segment, SegmentKind};

use ended::Ended;

use super::facts::position;
use super::failure::{AtWork, Cause, Interruption, RunError, counted};
use super::text::SegmentText;
use super::{Session, backfill, standalone, transaction};
use crate::blockers::Blocker;
use crate::events::Event;
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
    /// It is of the core release that the repository is pinned to.
    pub released: bool,
    /// Digest of the rollback file, for a step up.
    pub rollback: Option<FileDigest>,
    /// What the journal says of an interrupted try.
    pub journalled: Option<&'a InProgress>,
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

    fn now(&self, at: AtWork) -> At {
        (self.label.clone(), at)
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

    fn line(&self, segment: &Segment) -> u32 {
        segment.statements.first().map_or(1, |statement| {
            counted(self.script.locate(statement.range.start).line)
        })
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
