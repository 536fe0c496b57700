//! A transactional segment: one transaction that Enact owns, with the record of its effect inside.

use std::time::{Duration, Instant};

use tokio_postgres::error::SqlState;
use uuid::Uuid;

use super::failure::{Cause, RunError, words};
use super::supervise::Supervisor;
use super::text::SegmentText;
use super::{Session, Settings};
use crate::blockers::Blocker;
use crate::events::Event;
use crate::ledger::Pending;
use crate::pipeline::{self, Answer, Message, Refused};
use crate::plan::StepLabel;
use enact_ledger::Fact;

/// How a segment ended, when the server said so.
pub(super) enum Ended {
    /// Committed, recorded.
    Committed {
        /// Rows its statements report.
        rows: u64,
    },
    /// The server refused; nothing of it took effect.
    Refused {
        /// The message refused: 0 the preamble, then the statements, then the record, then `COMMIT`.
        refused: Refused,
        tries: u32,
        blockers: Vec<Blocker>,
        /// Set when it was cancelled for a reason of ours.
        cause: Option<Cause>,
    },
    /// The connection died; the entry that would prove the commit is `pending`.
    Lost { pending: Pending, why: String },
}

/// Runs the statements of a segment and appends `fact`, in one transaction, as often as locks demand.
pub(super) async fn run(
    session: &mut Session<'_>,
    step: &StepLabel,
    text: &SegmentText<'_>,
    fact: Fact,
) -> Result<Ended, RunError> {
    let mut tries = 0;
    let begun = Instant::now();
    let mut autovacuum = false;
    loop {
        let fence = Uuid::new_v4().simple().to_string();
        let pending = session.appender.prepare(fact.clone(), Some(&fence))?;
        let limit = session
            .settings
            .limits
            .lock_timeout_after(tries, autovacuum);
        let watched = {
            let preamble = preamble(&session.settings, limit, &fence);
            let record = format!("{}; {}", session.settings.role_sql("LOCAL "), pending.sql);
            let messages = messages(&preamble, text, &record);
            let work = session.work;
            let mut supervisor = session.supervisor();
            supervisor
                .watch(pipeline::run(work.client(), &messages, text.stepwise))
                .await
        };
        tries += 1;
        let refused = match watched.value {
            Ok(answers) => return committed(session, &pending, &answers),
            Err(refused) => refused,
        };
        if session.work.is_gone(&refused.error) {
            return Ok(Ended::Lost {
                pending,
                why: words(&refused.error),
            });
        }
        roll_back(session).await?;
        let pause = match retry(&refused, watched.cause.is_some()) {
            true => session
                .settings
                .limits
                .pause_after(tries, begun.elapsed(), jitter()),
            false => None,
        };
        let Some(pause) = pause else {
            return Ok(Ended::Refused {
                refused,
                tries,
                blockers: watched.blockers,
                cause: watched.cause,
            });
        };
        autovacuum = watched.blockers.iter().any(Blocker::is_autovacuum);
        session.events.emit(Event::Retrying {
            step: step.clone(),
            tries,
            pause,
            blockers: watched.blockers.clone(),
        });
        if rest(&mut session.supervisor(), pause).await {
            return Ok(Ended::Refused {
                refused,
                tries,
                blockers: watched.blockers,
                cause: Some(Cause::Asked),
            });
        }
    }
}

/// What is told to be applied must outlive a crash of the server, also where the database's default is not to wait for
/// the disk. Stricter settings than `on` stay.
const DURABLE: &str = "SELECT set_config('synchronous_commit', 'on', true) \
     WHERE current_setting('synchronous_commit') = 'off'";

/// The transaction's first message. `READ WRITE` is said because the session is read-only otherwise: should this message
/// fail, the statements sent after it change nothing.
fn preamble(settings: &Settings, lock_timeout: Duration, fence: &str) -> String {
    format!(
        "BEGIN READ WRITE; {reset}; SET LOCAL lock_timeout = {lock}; SET LOCAL statement_timeout = {statement}; \
         SET LOCAL idle_in_transaction_session_timeout = 60000; SET LOCAL enact.fence = '{fence}'; {DURABLE}",
        reset = settings.reset_sql(),
        lock = lock_timeout.as_millis(),
        statement = settings.statement_timeout.as_millis(),
    )
}

fn messages<'m>(preamble: &'m str, text: &'m SegmentText<'m>, record: &'m str) -> Vec<Message<'m>> {
    let mut messages = Vec::with_capacity(text.messages.len() + 3);
    messages.push(Message::Sql(preamble));
    messages.extend(&text.messages);
    messages.push(Message::Sql(record));
    messages.push(Message::Sql("COMMIT"));
    messages
}

fn committed(
    session: &mut Session<'_>,
    pending: &Pending,
    answers: &[Answer],
) -> Result<Ended, RunError> {
    let statements = &answers[1..answers.len().saturating_sub(2)];
    let rows = statements.iter().map(|answer| answer.affected).sum();
    let record = answers.iter().rev().nth(1);
    session
        .appender
        .accept(pending, record.unwrap_or(&Answer::default()))?;
    Ok(Ended::Committed { rows })
}

/// Ends the failed transaction. The session returns to what it was before it.
async fn roll_back(session: &Session<'_>) -> Result<(), RunError> {
    let ended = session.work.client().batch_execute("ROLLBACK").await;
    ended.map_err(|source| RunError::Database {
        doing: "roll back the failed transaction",
        source,
    })
}

/// Only a lock that was not granted in time and a deadlock are worth another try, and only if nobody asked to stop.
fn retry(refused: &Refused, stopping: bool) -> bool {
    let again = [
        &SqlState::LOCK_NOT_AVAILABLE,
        &SqlState::T_R_DEADLOCK_DETECTED,
    ];
    !stopping
        && refused
            .error
            .code()
            .is_some_and(|code| again.contains(&code))
}

fn jitter() -> u8 {
    Uuid::new_v4().as_bytes()[0]
}

/// Waits; `true` when a stop is requested or the lock is lost meanwhile.
async fn rest(supervisor: &mut Supervisor<'_>, pause: Duration) -> bool {
    tokio::select! {
        () = tokio::time::sleep(pause) => false,
        () = supervisor.stop.wait() => true,
        _ = supervisor.watch.lost() => true,
    }
}
