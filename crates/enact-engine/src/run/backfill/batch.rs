//! One batch: a transaction with the rows up to a place, and that place.

use enact_sql::backfill::Verb;

use super::batches::Batches;
use super::begin::database;
use super::progress::Progress;
use super::walk::{self, BY_INDEX, Place};
use crate::blockers::Blocker;
use crate::pipeline::{self, Answer, Message, Refused};
use crate::run::failure::{Cause, RunError};
use crate::run::{UNFLUSHED, transaction};

/// Where a batch ends, and of how many rows or pages it was made.
pub(super) struct End {
    pub upto: Place,
    pub size: u32,
}

/// Rows that a batch walked and changed.
#[derive(Clone, Copy)]
pub(super) struct Moved {
    pub walked: u64,
    pub changed: u64,
}

/// Messages of a batch: the preamble, the statement, and this.
pub(super) const COMMIT: usize = 2;

/// A batch that was tried.
pub(super) enum Tried {
    /// Committed; the end of the next one, if that is known.
    Done { moved: Moved, next: Option<End> },
    /// It came through before it could be cancelled, and was not committed.
    CalledOff(Cause),
    Failed {
        refused: Refused,
        blockers: Vec<Blocker>,
        cause: Option<Cause>,
    },
}

impl Batches<'_, '_, '_> {
    pub(super) async fn end_of_batch(&mut self, last: &Place) -> Result<End, RunError> {
        let place = self.progress.place.as_ref();
        let size = self.pace.size();
        if self.whole {
            let upto = last.clone();
            return Ok(End { upto, size });
        }
        if let Some(upto) = self.walk.next_page(place, last, size) {
            return Ok(End { upto, size });
        }
        let role = self.session.settings.role_sql("LOCAL ");
        let peek = self.walk.peek(place, last, size, &role).unwrap_or_default();
        match pipeline::run(self.session.client(), &[Message::Sql(&peek)], true).await {
            Ok(answers) => Ok(end_in(answers.first(), last, size)),
            Err(refused) => {
                transaction::roll_back(self.session).await?;
                Err(database("look for the end of the next batch")(
                    refused.error,
                ))
            }
        }
    }

    /// One batch: the rows behind the place reached up to `upto`, with the new place, in one transaction.
    pub(super) async fn batch(&mut self, end: &End, last: &Place) -> Result<Tried, RunError> {
        let settings = &self.session.settings;
        let limit = settings.limits.lock_timeout_after(0, false);
        // Should the server lose a batch in a crash, it loses the place with it.
        let preamble = format!(
            "{}; {UNFLUSHED}{BY_INDEX}",
            transaction::preamble(settings, limit, &transaction::fence())
        );
        let statement = self.text(&end.upto);
        let work = self.session.work;
        let messages = [Message::Sql(&preamble), Message::Sql(&statement)];
        let running = pipeline::run(work.client(), &messages, false);
        let watched = self.session.supervisor().watch(running).await;
        let changed = match watched.value {
            Ok(answers) => answers.last().map_or(0, |answer| answer.affected),
            Err(refused) => {
                return Ok(Tried::Failed {
                    refused,
                    blockers: watched.blockers,
                    cause: watched.cause,
                });
            }
        };
        if let Some(cause) = watched.cause {
            transaction::roll_back(self.session).await?;
            return Ok(Tried::CalledOff(cause));
        }
        let walked = self.walked(end, changed, last);
        self.commit(&end.upto, Moved { walked, changed }, last)
            .await
    }

    fn text(&self, upto: &Place) -> String {
        let limits = match self.whole {
            true => "true".to_owned(),
            false => self.walk.limits(self.progress.place.as_ref(), upto),
        };
        let batch = self.statement.batch(&limits);
        match self.statement.condition() {
            // A row that has moved to another page would come again.
            Some(condition) if self.walk.repeats() && self.statement.verb == Verb::Update => {
                format!("{batch} RETURNING enact.backfill_settled(({condition}\n) IS TRUE)")
            }
            _ => batch,
        }
    }

    /// Ends the transaction of a batch, and looks ahead for the end of the next.
    async fn commit(
        &mut self,
        upto: &Place,
        moved: Moved,
        last: &Place,
    ) -> Result<Tried, RunError> {
        let role = self.session.settings.role_sql("LOCAL ");
        let place = self.progress.place.as_ref();
        let counts = (moved.walked, moved.changed);
        let advance = self
            .key
            .advance(place, Some(upto), self.progress.pass, counts);
        let commit = format!("{role}; {advance}; COMMIT");
        let size = self.pace.size();
        let peek = match upto == last {
            true => None,
            false => self.walk.peek(Some(upto), last, size, &role),
        };
        let mut messages = vec![Message::Sql(&commit)];
        messages.extend(peek.as_deref().map(Message::Sql));
        let running = pipeline::run(self.session.work.client(), &messages, false);
        let mut refused = match self.session.supervisor().watch(running).await.value {
            Ok(answers) => {
                let next = answers
                    .get(1)
                    .map(|answer| end_in(Some(answer), last, size));
                return Ok(Tried::Done { moved, next });
            }
            Err(refused) => refused,
        };
        if refused.index > 0 && !self.session.work.is_gone(&refused.error) {
            // Only the look ahead failed; it will be taken again, and tell why.
            transaction::roll_back(self.session).await?;
            return Ok(Tried::Done { moved, next: None });
        }
        refused.index = COMMIT;
        Ok(Tried::Failed {
            refused,
            blockers: Vec::new(),
            cause: None,
        })
    }

    /// Rows walked by a batch, as far as that is known without counting.
    fn walked(&self, End { upto, size }: &End, changed: u64, last: &Place) -> u64 {
        let Progress {
            estimate, place, ..
        } = &self.progress;
        if self.walk.repeats() {
            let pages = walk::page(Some(upto)).saturating_sub(walk::page(place.as_ref()));
            let rows_of =
                |pages: u64| estimate.saturating_mul(pages) / walk::page(Some(last)).max(1);
            return if self.progress.pass == 1 {
                rows_of(pages)
            } else {
                0
            };
        }
        match upto == last {
            true => changed.max(estimate.saturating_sub(self.progress.walked)),
            false => u64::from(*size),
        }
    }
}

/// Where the batch ends that was looked ahead for; with fewer rows than that left, at the last.
fn end_in(answer: Option<&Answer>, last: &Place, size: u32) -> End {
    let upto = answer.and_then(|answer| walk::place_in(&answer.rows).ok().flatten());
    End {
        upto: upto.unwrap_or_else(|| last.clone()),
        size,
    }
}

/// Whether a `COMMIT` was refused for what the statement did: by a deferred constraint or trigger.
pub(super) fn is_deferred(error: &tokio_postgres::Error) -> bool {
    let own = |code: &str| code.starts_with("EN") || code == "42501";
    error.code().is_some_and(|code| !own(code.code()))
}
