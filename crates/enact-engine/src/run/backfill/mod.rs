//! A statement that runs in batches: each a transaction of its own with its progress inside, so that every row is done
//! once, whatever is killed.

use std::time::{Duration, Instant};

use enact_ledger::Fact;
use enact_ledger::entry::fact::{Found, Phase};
use enact_sql::backfill::{Backfill, Verb};
use tokio_postgres::error::SqlState;

use super::failure::{Cause, RunError, is_lock_lost, words};
use super::step::StepAtWork;
use super::{FLUSHED, Session, UNFLUSHED, append, send, transaction};
use crate::blockers::Blocker;
use crate::events::Event;
use crate::ledger::Pending;
use crate::pipeline::{self, Answer, Message, Refused};

mod pace;
mod progress;
mod shape;
mod throttle;
mod walk;

use pace::Pace;
use progress::{Key, Progress};
use throttle::Throttle;
use walk::{BY_INDEX, Place, Walk};

/// A walk by pages is repeated until a pass finds nothing left to do, but no more often than this.
const PASSES: u32 = 10;

/// Why a statement cannot run in batches on the table as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Obstacle {
    /// There is no such table.
    #[error("the backfill walks {0}, which does not exist")]
    NoTable(String),
    /// It is a view or something else without rows of its own.
    #[error("the backfill walks {0}, which is no table")]
    NotATable(String),
    /// A rule would do something else instead.
    #[error("rule {rule} on {table} does something else instead of this statement")]
    Rule {
        /// The table.
        table: String,
        /// The rule.
        rule: String,
    },
    /// Rows would move while they are walked.
    #[error("the statement changes column {column} of the key by which {table} is walked")]
    KeyChanges {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// Rows could be missed or copied twice.
    #[error("{0} has no key by which its rows could be copied once each")]
    NoKeyToInsert(String),
    /// Rows could be done twice.
    #[error(
        "{0} has no key, and the statement no WHERE that tells which rows are still to be done"
    )]
    NoKeyNoCondition(String),
    /// The key is another one than when the backfill began.
    #[error("the backfill has walked {before}; now it would walk {now}")]
    AnotherWalk {
        /// The way it went so far.
        before: String,
        /// The way there is now.
        now: String,
    },
    /// A row's value would depend on which batch another row is in.
    #[error(
        "the statement reads {0} beside changing it, and would see there what earlier batches have changed"
    )]
    SeesItself(String),
    /// Rows are put together that may be in different batches.
    #[error("the statement counts, groups or numbers rows, and would see one batch at a time")]
    Gathers,
    /// A place cannot be told.
    #[error("rows of {0} have a NULL in the key by which it is walked")]
    NullInKey(String),
    /// New rows to do appear as fast as they are done.
    #[error("{0} still has rows to be done after {PASSES} passes: something keeps writing them")]
    NoEnd(String),
}

impl Obstacle {
    /// What to do about it.
    #[must_use]
    pub fn mend(&self) -> &'static str {
        match self {
            Self::NoTable(_) | Self::NotATable(_) => "name the table that holds the rows",
            Self::Rule { .. } => {
                "leave the rows as they are, or drop the rule in a migration of its own"
            }
            Self::KeyChanges { .. } => "write the new key into a new column",
            Self::SeesItself(_) | Self::Gathers => {
                "write it so that each row can be done by itself, or remove the directive and let it run at once"
            }
            Self::NullInKey(_) => "give those rows a key first",
            Self::NoKeyToInsert(_) => {
                "give the table a primary key, or a unique index whose columns are NOT NULL"
            }
            Self::NoKeyNoCondition(_) => {
                "give the table a key, or write a WHERE that a done row no longer satisfies"
            }
            Self::AnotherWalk { .. } => {
                "bring the former key back until the backfill is done, or roll the migration back"
            }
            Self::NoEnd(_) => {
                "see to it first that new rows need no change, by a default or a trigger"
            }
        }
    }
}

/// How a statement in batches ended.
pub(super) enum Ended {
    /// All rows are done, and that is recorded.
    Done { rows: u64 },
    /// It cannot run in batches here, or not go on; `rows` are changed.
    Obstructed { obstacle: Obstacle, rows: u64 },
    /// The server refused a batch; those before it stay.
    Refused {
        refused: Refused,
        /// 1, or 0 for its `COMMIT`.
        statement: usize,
        tries: u32,
        blockers: Vec<Blocker>,
        rows: u64,
    },
    /// It ended early; `rows` are changed.
    Stopped { cause: Cause, rows: u64 },
    /// It ended early, with the record of its end under way.
    Unheard { pending: Pending, cause: Cause },
    /// The journal says that it was begun, and nothing says how far it came.
    Unknown { found: Found },
}

/// Runs `statement`, segment `segment` of its file, and appends `fact`. `begun` says that the journal knows of an earlier
/// run's beginning.
pub(super) async fn run(
    session: &mut Session<'_>,
    step: &StepAtWork<'_>,
    segment: u32,
    statement: &Backfill,
    fact: Fact,
    begun: bool,
) -> Result<Ended, RunError> {
    let key = Key {
        stream: &step.label.stream,
        number: step.label.number,
        direction: step.label.direction.as_str(),
        segment,
    };
    let asking = database("look at the table to be walked");
    prepare(session).await?;
    let walk = match Walk::find(session.client(), statement)
        .await
        .map_err(asking)?
    {
        Ok(walk) => walk,
        Err(obstacle) => return obstructed(obstacle, &key, session, begun).await,
    };
    if let Some(obstacle) = in_pieces(session, statement).await? {
        return obstructed(obstacle, &key, session, begun).await;
    }
    let progress = match begun {
        true => key.read(session.client()).await.map_err(asking)?,
        false => match begin(session, step, &key, &walk).await? {
            Ok(progress) => Some(progress),
            Err(obstacle) => return obstructed(obstacle, &key, session, begun).await,
        },
    };
    let own = |progress: &Progress| progress.digest == step.plan.digest.to_string();
    let Some(progress) = progress.filter(own) else {
        return Ok(Ended::Unknown {
            found: Found::Unknown,
        });
    };
    if progress.walk != walk.describe() {
        let obstacle = Obstacle::AnotherWalk {
            before: progress.walk,
            now: walk.describe(),
        };
        let rows = progress.changed;
        return Ok(Ended::Obstructed { obstacle, rows });
    }
    let mut batches = Batches {
        session,
        step,
        key,
        statement,
        pace: Pace::new(&statement.options, walk.repeats()),
        walk,
        throttle: Throttle::new(),
        whole: false,
        changed_in_pass: begun,
        since_vacuum: 0,
        begun: Instant::now(),
        walked_before: progress.walked,
        progress,
    };
    if let Some(ended) = batches.all().await? {
        return Ok(ended);
    }
    let rows = batches.progress.changed;
    let end = format!("{FLUSHED}{}; ", batches.key.end());
    let pending = session.appender.prepare(fact, None)?;
    match send(session, &pending, &end).await {
        Ok(()) => Ok(Ended::Done { rows }),
        Err(error) => match error.breakdown() {
            Some(cause) => Ok(Ended::Unheard { pending, cause }),
            None => Err(error),
        },
    }
}

/// Something stands in the way before the first batch of this run.
async fn obstructed(
    obstacle: Obstacle,
    key: &Key<'_>,
    session: &Session<'_>,
    begun: bool,
) -> Result<Ended, RunError> {
    let asking = database("ask how far the backfill has come");
    let before = match begun {
        true => key.read(session.client()).await.map_err(asking)?,
        false => None,
    };
    let rows = before.map_or(0, |progress| progress.changed);
    Ok(Ended::Obstructed { obstacle, rows })
}

fn database(doing: &'static str) -> impl Fn(tokio_postgres::Error) -> RunError + Copy {
    move |source| RunError::Database { doing, source }
}

/// The session as the statement will find it, so that names mean the same.
async fn prepare(session: &Session<'_>) -> Result<(), RunError> {
    let done = session
        .client()
        .batch_execute(&session.settings.reset_sql())
        .await;
    done.map_err(database("prepare the session"))
}

/// Asks the server for its plan of the whole statement, and looks whether it means the same in pieces.
async fn in_pieces(
    session: &Session<'_>,
    statement: &Backfill,
) -> Result<Option<Obstacle>, RunError> {
    let client = session.client();
    let asking = database("look at the tables of the statement");
    let walked = walk::family(client, &statement.walked.table)
        .await
        .map_err(asking)?;
    let changed = match statement.verb {
        Verb::Insert => walk::family(client, &statement.changed)
            .await
            .map_err(asking)?,
        _ => Vec::new(),
    };
    let role = session.settings.role_sql("LOCAL ");
    let whole = statement.batch("true");
    let sql = format!(
        "BEGIN READ ONLY; {role}; EXPLAIN (VERBOSE, COSTS off, FORMAT JSON) {whole}; COMMIT"
    );
    let answers = match pipeline::run(client, &[Message::Sql(&sql)], true).await {
        Ok(answers) => answers,
        Err(refused) => {
            transaction::roll_back(session).await?;
            // What is wrong with the statement itself, its first batch tells, with its place in the file.
            let own = refused
                .error
                .code()
                .is_some_and(|code| code.code().starts_with("42"));
            return match own {
                true => Ok(None),
                false => Err(database("plan the statement")(refused.error)),
            };
        }
    };
    let rows = answers.iter().flat_map(|answer| &answer.rows);
    let text: String = rows.filter_map(|row| row.get(0)).collect();
    let plans: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap_or_default();
    let obstacle = |plan: &serde_json::Value| shape::obstacle(plan, &walked, &changed);
    Ok(plans.iter().find_map(obstacle))
}

/// Finds out how much there is to do, and records the beginning.
async fn begin(
    session: &mut Session<'_>,
    step: &StepAtWork<'_>,
    key: &Key<'_>,
    walk: &Walk,
) -> Result<Result<Progress, Obstacle>, RunError> {
    let asking = database("count what is to be walked");
    let last = match last(session, walk).await? {
        Ok(last) => last,
        Err(obstacle) => return Ok(Err(obstacle)),
    };
    let plan = session
        .client()
        .simple_query(&walk.estimate())
        .await
        .map_err(asking)?;
    let progress = Progress {
        digest: step.plan.digest.to_string(),
        walk: walk.describe(),
        place: None,
        last,
        pass: 1,
        estimate: walk::rows_in(&plan).unwrap_or(0),
        walked: 0,
        changed: 0,
    };
    let journal = step.journal(key.segment, Phase::Backfilling, None);
    // Should the server lose this, it loses every batch with it.
    let first = format!("{UNFLUSHED}{}; ", key.begin(&progress));
    append(session, journal.into(), &first).await?;
    Ok(Ok(progress))
}

/// The last place there is, if there is any row.
async fn last(
    session: &Session<'_>,
    walk: &Walk,
) -> Result<Result<Option<Place>, Obstacle>, RunError> {
    let sql = walk.last(&session.settings.role_sql("LOCAL "));
    let asked = pipeline::run(session.client(), &[Message::Sql(&sql)], true).await;
    match asked {
        Ok(answers) => {
            let rows = answers.first().map_or(&[][..], |answer| &answer.rows);
            let null = |_| Obstacle::NullInKey(walk.table().to_owned());
            Ok(walk::place_in(rows).map_err(null))
        }
        Err(refused) => {
            transaction::roll_back(session).await?;
            Err(database("look for the last row to be walked")(
                refused.error,
            ))
        }
    }
}

/// A backfill at work.
struct Batches<'r, 's, 'a> {
    session: &'r mut Session<'s>,
    step: &'r StepAtWork<'a>,
    key: Key<'r>,
    statement: &'r Backfill,
    walk: Walk,
    pace: Pace,
    throttle: Throttle,
    progress: Progress,
    /// All that is left is done at once.
    whole: bool,
    /// Whether this pass, or what an earlier run did of it, changed anything.
    changed_in_pass: bool,
    since_vacuum: u64,
    begun: Instant,
    walked_before: u64,
}

/// Where a batch ends, and of how many rows or pages it was made.
struct End {
    upto: Place,
    size: u32,
}

/// Rows that a batch walked and changed.
#[derive(Clone, Copy)]
struct Moved {
    walked: u64,
    changed: u64,
}

/// Messages of a batch: the preamble, the statement, and this.
const COMMIT: usize = 2;

/// A batch that was tried.
enum Tried {
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
    /// Does batch after batch. `None` when all rows are done.
    async fn all(&mut self) -> Result<Option<Ended>, RunError> {
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

    async fn end_of_batch(&mut self, last: &Place) -> Result<End, RunError> {
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
    async fn batch(&mut self, end: &End, last: &Place) -> Result<Tried, RunError> {
        let settings = &self.session.settings;
        let limit = settings.limits.lock_timeout_after(0, false);
        let preamble = format!(
            "{}; {BY_INDEX}",
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
        if let Some(cause) = cause.or(lock_lost) {
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

/// Where the batch ends that was looked ahead for; with fewer rows than that left, at the last.
fn end_in(answer: Option<&Answer>, last: &Place, size: u32) -> End {
    let upto = answer.and_then(|answer| walk::place_in(&answer.rows).ok().flatten());
    End {
        upto: upto.unwrap_or_else(|| last.clone()),
        size,
    }
}

/// Whether a `COMMIT` was refused for what the statement did: by a deferred constraint or trigger.
fn is_deferred(error: &tokio_postgres::Error) -> bool {
    let own = |code: &str| code.starts_with("EN") || code == "42501";
    error.code().is_some_and(|code| !own(code.code()))
}
