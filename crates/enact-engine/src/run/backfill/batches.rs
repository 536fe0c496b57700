//! Batch after batch, to the last row: when to hold, when to rest, what to do about one that fails.

use std::time::{Duration, Instant};

use enact_sql::backfill::Backfill;
use tokio_postgres::error::SqlState;

use super::Ended;
use super::batch::{COMMIT, End, Moved, Tried, is_deferred};
use super::begin::{database, last};
use super::obstacle::{Obstacle, PASSES};
use super::pace::Pace;
use super::progress::{Key, Progress};
use super::throttle::Throttle;
use super::walk::{Place, Walk};
use crate::blockers::Blocker;
use crate::events::Event;
use crate::pipeline::{self, Message, Refused};
use crate::run::failure::{Cause, RunError, is_lock_lost, words};
use crate::run::step::StepAtWork;
use crate::run::{Session, UNFLUSHED, transaction};

/// A backfill at work.
pub(super) struct Batches<'r, 's, 'a> {
    pub session: &'r mut Session<'s>,
    pub step: &'r StepAtWork<'a>,
    pub key: Key<'r>,
    pub statement: &'r Backfill,
    pub walk: Walk,
    pub pace: Pace,
    pub throttle: Throttle,
    pub progress: Progress,
    /// All that is left is done at once.
    pub whole: bool,
    /// Whether this pass, or what an earlier run did of it, changed anything.
    pub changed_in_pass: bool,
    pub since_vacuum: u64,
    pub begun: Instant,
    pub walked_before: u64,
}

impl Batches<'_, '_, '_> {
    /// Does batch after batch. `None` when all rows are done.
    pub(super) async fn all(&mut self) -> Result<Option<Ended>, RunError> {
        let Some(mut last) = self.progress.last.clone() else {
            return Ok(None);
        };
        if self.walk.repeats() {
            // Rows may have moved behind the end that an earlier run saw.
            last = self.last_page(last).await?;
        }
        loop {
            if let Some(ended) = self.pass(&last).await? {
                return Ok(Some(ended));
            }
            if !self.walk.repeats() || self.whole {
                return Ok(None);
            }
            if self.changed_in_pass && self.progress.pass >= PASSES {
                let obstacle = Obstacle::NoEnd(self.walk.table().to_owned());
                let rows = self.progress.changed;
                return Ok(Some(Ended::Obstructed { obstacle, rows }));
            }
            // A pass is many moments, and a row may move from a page ahead to one behind. One statement sees all at once.
            self.whole = !self.changed_in_pass;
            self.again().await?;
            last = self.last_page(last).await?;
        }
    }

    /// The last page there is now, else the one that was known.
    async fn last_page(&self, known: Place) -> Result<Place, RunError> {
        let now = last(self.session, &self.walk).await?;
        Ok(now.ok().flatten().unwrap_or(known))
    }

    /// Back to the first row.
    async fn again(&mut self) -> Result<(), RunError> {
        let pass = self.progress.pass + 1;
        let sql = format!(
            "SET TRANSACTION READ WRITE; {UNFLUSHED}{}; {}",
            self.session.settings.role_sql(""),
            self.key
                .advance(self.progress.place.as_ref(), None, pass, (0, 0))
        );
        let moved = self.session.client().batch_execute(&sql).await;
        moved.map_err(database("begin another pass"))?;
        (self.progress.place, self.progress.pass) = (None, pass);
        self.changed_in_pass = false;
        Ok(())
    }

    /// One pass through the rows up to `last`.
    async fn pass(&mut self, last: &Place) -> Result<Option<Ended>, RunError> {
        let mut next: Option<End> = None;
        let (mut tries, mut trying) = (0, None);
        while self.progress.place.as_ref() != Some(last) {
            if let Some(ended) = self.hold().await? {
                return Ok(Some(ended));
            }
            let end = match next.take() {
                Some(end) => end,
                None => self.end_of_batch(last).await?,
            };
            let begun = Instant::now();
            match self.batch(&end, last).await? {
                Tried::Done { moved, next: ahead } => {
                    let took = begun.elapsed();
                    self.moved(end, moved);
                    self.pace.took(took);
                    (next, tries, trying) = (ahead, 0, None);
                    if let Some(ended) = self.rest_after(took).await? {
                        return Ok(Some(ended));
                    }
                }
                Tried::CalledOff(cause) => return Ok(Some(self.stopped(cause))),
                Tried::Failed {
                    refused,
                    blockers,
                    cause,
                } => {
                    tries += 1;
                    let since = *trying.get_or_insert(begun);
                    if let Some(ended) = self
                        .failed(refused, blockers, cause, (tries, since))
                        .await?
                    {
                        return Ok(Some(ended));
                    }
                }
            }
        }
        Ok(None)
    }

    fn stopped(&self, cause: Cause) -> Ended {
        Ended::Stopped {
            cause,
            rows: self.progress.changed,
        }
    }

    /// Waits as long as something asks to be waited for.
    async fn hold(&mut self) -> Result<Option<Ended>, RunError> {
        let mut told: Option<String> = None;
        loop {
            if let Some(cause) = self.session.ending() {
                return Ok(Some(self.stopped(cause)));
            }
            let whom = (&self.key, self.walk.table(), self.session.work.pid);
            let watch = self.session.watch;
            let held = self
                .throttle
                .hold(watch.client(), whom, &self.statement.options)
                .await;
            let reason = match held {
                Ok(reason) => reason,
                Err(error) if watch.is_gone(&error) => {
                    return Ok(Some(self.stopped(Cause::LockLost(words(&error)))));
                }
                Err(error) => return Err(database("look whether to hold the backfill")(error)),
            };
            let Some(reason) = reason else {
                return Ok(None);
            };
            if told.as_ref() != Some(&reason) {
                self.session.events.emit(Event::Held {
                    step: self.step.label.clone(),
                    reason: reason.clone(),
                });
                told = Some(reason);
            }
            self.sleep(self.throttle.pause()).await;
        }
    }

    /// Returns sooner when the run is to end.
    async fn sleep(&mut self, time: Duration) {
        transaction::rest(&mut self.session.supervisor(), (time, time), &[]).await;
    }

    /// Takes note of a committed batch.
    fn moved(&mut self, End { upto, size }: End, moved: Moved) {
        self.progress.walked += moved.walked;
        self.progress.changed += moved.changed;
        self.progress.place = Some(upto);
        self.changed_in_pass |= moved.changed > 0;
        self.since_vacuum += moved.changed;
        self.session.events.emit(Event::Batch {
            step: self.step.label.clone(),
            walked: self.progress.walked,
            estimate: self.progress.estimate,
            changed: self.progress.changed,
            pass: self.progress.pass,
            size,
            here: self.progress.walked - self.walked_before,
            took: self.begun.elapsed(),
        });
    }

    /// What the author wants between two batches: a rest, a VACUUM.
    async fn rest_after(&mut self, took: Duration) -> Result<Option<Ended>, RunError> {
        let options = &self.statement.options;
        let rest = took.saturating_mul(options.pause) / 100;
        if !rest.is_zero() {
            self.sleep(rest).await;
        }
        let due = options.vacuum.is_some_and(|percent| {
            self.since_vacuum.saturating_mul(100)
                >= self
                    .progress
                    .estimate
                    .max(1000)
                    .saturating_mul(u64::from(percent))
        });
        if due { self.vacuum().await } else { Ok(None) }
    }

    /// Makes the space of rows that were changed usable again. It locks out nobody, and does not cut the table's end off,
    /// for which it would need a stronger lock.
    async fn vacuum(&mut self) -> Result<Option<Ended>, RunError> {
        self.since_vacuum = 0;
        let settings = &self.session.settings;
        let open = format!(
            "{}; {}; SET default_transaction_read_only = off",
            settings.reset_sql(),
            settings.role_sql("")
        );
        let vacuum = format!("VACUUM (TRUNCATE false) {}", self.walk.table());
        let close = settings.reset_sql();
        let messages = [
            Message::Sql(&open),
            Message::Sql(&vacuum),
            Message::Sql(&close),
        ];
        let work = self.session.work;
        let watched = self
            .session
            .supervisor()
            .watch(pipeline::run(work.client(), &messages, true))
            .await;
        let Err(refused) = watched.value else {
            return Ok(watched.cause.map(|cause| self.stopped(cause)));
        };
        if work.is_gone(&refused.error) {
            return Ok(Some(self.stopped(Cause::WorkLost(words(&refused.error)))));
        }
        let closed = work.client().batch_execute(&close).await;
        closed.map_err(database("close the session to writes"))?;
        match watched.cause {
            Some(cause) => Ok(Some(self.stopped(cause))),
            None => Err(database("vacuum the table between two batches")(
                refused.error,
            )),
        }
    }

    /// What follows from a batch that failed. `None` to try again.
    async fn failed(
        &mut self,
        refused: Refused,
        blockers: Vec<Blocker>,
        cause: Option<Cause>,
        (tries, since): (u32, Instant),
    ) -> Result<Option<Ended>, RunError> {
        if self.session.work.is_gone(&refused.error) {
            return Ok(Some(self.stopped(Cause::WorkLost(words(&refused.error)))));
        }
        transaction::roll_back(self.session).await?;
        let lock_lost =
            is_lock_lost(&refused.error).then(|| Cause::LockLost(words(&refused.error)));
        let called_off = || transaction::called_off(self.session, &refused);
        if let Some(cause) = cause.or(lock_lost).or_else(called_off) {
            return Ok(Some(self.stopped(cause)));
        }
        match refused.index {
            0 => return Err(database("open the transaction of a batch")(refused.error)),
            COMMIT if !is_deferred(&refused.error) => {
                return Err(database("record how far the backfill has come")(
                    refused.error,
                ));
            }
            _ => {}
        }
        let limits = self.session.settings.limits;
        let pause = match refused.error.code() {
            Some(&(SqlState::LOCK_NOT_AVAILABLE | SqlState::T_R_DEADLOCK_DETECTED)) => {
                self.pace.halve();
                limits.pause_after(tries, since.elapsed(), transaction::jitter())
            }
            // The batch was too large for the statement's timeout. Without one, somebody has cancelled it.
            Some(&SqlState::QUERY_CANCELED)
                if !self.session.settings.statement_timeout.is_zero() =>
            {
                self.pace.halve().then(|| limits.shortest_pause())
            }
            _ => None,
        };
        let Some(pause) = pause else {
            return Ok(Some(Ended::Refused {
                statement: refused.index % COMMIT,
                refused,
                tries,
                blockers,
                rows: self.progress.changed,
            }));
        };
        self.session.events.emit(Event::Retrying {
            step: self.step.label.clone(),
            tries,
            pause,
            blockers: blockers.clone(),
        });
        let shortest = limits.shortest_pause().min(pause);
        transaction::rest(&mut self.session.supervisor(), (shortest, pause), &blockers).await;
        Ok(None)
    }
}
