//! A statement that PostgreSQL refuses in a transaction: journalled before and after, inspected when its end was not seen.

use enact_ledger::Fact;
use enact_ledger::entry::fact::{Found, Phase};
use enact_sql::classify::Standalone;

use super::failure::{Cause, RunError, words};
use super::inspect::{self, Next};
use super::step::StepAtWork;
use super::text::SegmentText;
use super::{FLUSHED, Session, append, send};
use crate::blockers::Blocker;
use crate::events::Event;
use crate::ledger::Pending;
use crate::pipeline::{self, Message, Refused};

/// How a standalone statement ended.
pub(super) enum Ended {
    /// It took effect and that is recorded.
    Done { rows: u64 },
    /// The server refused it.
    Refused {
        refused: Refused,
        blockers: Vec<Blocker>,
        cause: Option<Cause>,
        left_behind: Option<String>,
        found: Found,
    },
    /// The connection died while it ran.
    Lost { why: String },
    /// It took effect, and the connection ended before the answer to its record, `pending`, was here.
    Unheard { pending: Pending, cause: Cause },
    /// An earlier run's outcome cannot be told from the catalog.
    Unknown { found: Found },
}

/// Runs the statement of segment `segment`, unless an earlier run has already done it, and appends `fact`.
/// `started` is what the journal says of an earlier try whose end was not recorded.
pub(super) async fn run(
    session: &mut Session<'_>,
    step: &StepAtWork<'_>,
    segment: u32,
    statement: &Standalone,
    text: &SegmentText<'_>,
    fact: Fact,
    started: Option<Option<Found>>,
) -> Result<Ended, RunError> {
    let now = look(session, statement).await?;
    let mut before = now;
    let mut text = *text.messages.first().unwrap_or(&Message::Sql(""));
    let instead;
    if let Some(at_first) = started {
        let next = inspect::decide(statement, at_first, now);
        session.events.emit(Event::Inspected {
            step: step.label.clone(),
            found: inspect::in_words(statement, now, &next),
        });
        match next {
            Next::Done => return done(session, fact).await,
            Next::Ask => return Ok(Ended::Unknown { found: now }),
            Next::Again => {}
            Next::Clear(_) | Next::ClearLeftovers => {
                let cleared = clear(session, statement, &next).await?;
                cleared.map_err(|failed| clearing(failed.refused.error))?;
                before = Found::Absent;
            }
            Next::Complete(sql) => {
                instead = sql;
                text = Message::Sql(&instead);
            }
        }
    } else {
        let started = step.journal(segment, Phase::Started, Some(now));
        append(session, started.into(), FLUSHED).await?;
    }
    match alone(session, text).await {
        Ok(()) => done(session, fact).await,
        Err(failed) if session.work.is_gone(&failed.refused.error) => Ok(Ended::Lost {
            why: words(&failed.refused.error),
        }),
        Err(failed) => {
            let (left_behind, found) = clean_up(session, statement, before).await?;
            let Failed {
                refused,
                blockers,
                cause,
            } = failed;
            Ok(Ended::Refused {
                refused,
                blockers,
                cause,
                left_behind,
                found,
            })
        }
    }
}

/// Records that the statement took effect.
async fn done(session: &mut Session<'_>, fact: Fact) -> Result<Ended, RunError> {
    let pending = session.appender.prepare(fact, None)?;
    match send(session, &pending, "").await {
        Ok(()) => Ok(Ended::Done { rows: 0 }),
        Err(error) => match error.breakdown() {
            Some(cause) => Ok(Ended::Unheard { pending, cause }),
            None => Err(error),
        },
    }
}

struct Failed {
    refused: Refused,
    blockers: Vec<Blocker>,
    cause: Option<Cause>,
}

/// Runs one statement in autocommit. No `lock_timeout`: the locks of these statements stop nobody, and a timeout would
/// leave an INVALID index.
async fn alone(session: &mut Session<'_>, message: Message<'_>) -> Result<(), Failed> {
    let open = format!(
        "{}; SET lock_timeout = 0; SET statement_timeout = 0; SET default_transaction_read_only = off",
        session.settings.reset_sql()
    );
    let close = session.settings.reset_sql();
    let messages = [Message::Sql(&open), message, Message::Sql(&close)];
    let work = session.work;
    let watched = session
        .supervisor()
        .watch(pipeline::run(work.client(), &messages, true))
        .await;
    let (blockers, cause) = (watched.blockers, watched.cause);
    match watched.value {
        Ok(_) => Ok(()),
        Err(refused) => {
            if !session.work.is_gone(&refused.error) {
                // The session is closed to writes again; if even that fails the connection is gone and says so next time.
                let _ = session.work.client().batch_execute(&close).await;
            }
            Err(Failed {
                refused,
                blockers,
                cause,
            })
        }
    }
}

async fn look(session: &Session<'_>, statement: &Standalone) -> Result<Found, RunError> {
    let found = inspect::found(session.work.client(), statement).await;
    found.map_err(looking)
}

/// After a failure: an INVALID index is dropped, so that the next try starts from a clean state; but not one that was
/// there `before` the statement, which is somebody else's.
async fn clean_up(
    session: &mut Session<'_>,
    statement: &Standalone,
    before: Found,
) -> Result<(Option<String>, Found), RunError> {
    let found = look(session, statement).await?;
    let next = inspect::decide(statement, Some(Found::Absent), found);
    let was_there = matches!(before, Found::Present | Found::Invalid);
    if was_there || !matches!(next, Next::Clear(_) | Next::ClearLeftovers) {
        return Ok((None, found));
    }
    Ok(match clear(session, statement, &next).await? {
        Ok(()) => (
            Some("an INVALID index was left behind and has been dropped".to_owned()),
            Found::Absent,
        ),
        Err(_) => (
            Some("an INVALID index is left behind; the next run drops it".to_owned()),
            found,
        ),
    })
}

/// Drops what an unfinished statement left, as `next` says.
async fn clear(
    session: &mut Session<'_>,
    statement: &Standalone,
    next: &Next,
) -> Result<Result<(), Failed>, RunError> {
    if let Next::Clear(sql) = next {
        return Ok(alone(session, Message::Sql(sql)).await);
    }
    let leftovers = inspect::leftovers(session.work.client(), statement).await;
    for name in leftovers.map_err(looking)? {
        let sql = format!("DROP INDEX CONCURRENTLY IF EXISTS {name}");
        if let Err(failed) = alone(session, Message::Sql(&sql)).await {
            return Ok(Err(failed));
        }
    }
    Ok(Ok(()))
}

fn looking(source: tokio_postgres::Error) -> RunError {
    RunError::Database {
        doing: "look up in the catalog what the statement concerns",
        source,
    }
}

fn clearing(source: tokio_postgres::Error) -> RunError {
    RunError::Database {
        doing: "drop the INVALID index that an interrupted run left behind",
        source,
    }
}
