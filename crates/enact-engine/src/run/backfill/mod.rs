//! A statement that runs in batches: each a transaction of its own with its progress inside, so that every row is done
//! once, whatever is killed.
//!
//! The way: [`begin`] asks whether the statement means the same in pieces and records the beginning; [`batches`] goes from
//! batch to batch along a [`walk`], each of them as [`batch`] says, as large as [`pace`] finds fit, and waits where
//! [`throttle`] says so. How far it has come is in the database, see [`progress`].

use std::time::Instant;

use enact_ledger::Fact;
use enact_ledger::entry::fact::Found;
use enact_sql::backfill::Backfill;

use super::failure::{Cause, RunError};
use super::step::StepAtWork;
use super::{FLUSHED, Session, send};
use crate::blockers::Blocker;
use crate::ledger::Pending;
use crate::pipeline::Refused;

mod batch;
mod batches;
mod begin;
mod obstacle;
mod pace;
mod progress;
mod shape;
mod throttle;
mod walk;

pub use obstacle::Obstacle;

use batches::Batches;
use begin::{begin, database, in_pieces, prepare};
use pace::Pace;
use progress::{Key, Progress};
use throttle::Throttle;
use walk::Walk;

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
