//! A transactional segment: one transaction that Enact owns, with the record of its effect inside.

use std::cell::LazyCell;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use tokio_postgres::error::SqlState;
use uuid::Uuid;

use super::failure::{Cause, RunError, words};
use super::lookout::Lookout;
use super::supervise::{Supervisor, Watched};
use super::text::SegmentText;
use super::{Session, Settings};
use crate::blockers::{self, Blocker};
use crate::events::Event;
use crate::ledger::Pending;
use crate::pipeline::{self, Answer, Flight, Message, Refused};
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
        /// The message refused: 0 the preamble, then the statements, then the record with `COMMIT`.
        refused: Refused,
        tries: u32,
        blockers: Vec<Blocker>,
        /// Set when it was cancelled for a reason of ours.
        cause: Option<Cause>,
    },
    /// It was called off before anything was sent.
    Stopped { cause: Cause },
    /// The connection died. `sent` holds the entry that would prove the commit, and those of the steps sent behind it.
    Lost {
        sent: Vec<(StepLabel, Pending)>,
        why: String,
    },
}

/// A transaction that is under way.
#[derive(Debug)]
pub(super) struct Sent {
    pending: Pending,
    flight: Flight,
}

impl Sent {
    /// The entry that would prove that it was committed.
    pub fn into_pending(self) -> Pending {
        self.pending
    }
}

/// Sends the `statements` of a whole step and `fact` in one transaction, behind `ahead` others whose end is not known. The
/// server does not begin it unless the one before it is recorded.
pub(super) async fn send(
    session: &Session<'_>,
    statements: &[&str],
    fact: Fact,
    ahead: usize,
) -> Result<Sent, RunError> {
    let fence = fence();
    let ahead = u64::try_from(ahead).unwrap_or(u64::MAX);
    let pending = session.appender.prepare_ahead(fact, &fence, ahead)?;
    let limit = session.settings.limits.lock_timeout_after(0, false);
    let mut preamble = preamble(&session.settings, limit, &fence);
    if ahead > 0 {
        let _ = write!(preamble, "; SELECT enact.expect({})", pending.seq() - 1);
    }
    let end = end(&session.settings, &pending);
    let mut flight = Flight::default();
    let client = session.work.client();
    flight.launch(client, &preamble).await;
    for statement in statements {
        flight.launch(client, statement).await;
    }
    flight.launch(client, &end).await;
    Ok(Sent { pending, flight })
}

/// One try: what was to be recorded, and what came of it.
struct Attempt {
    pending: Pending,
    watched: Watched<Result<Vec<Answer>, Refused>>,
}

/// Runs the statements of a segment and appends `fact`, in one transaction, as often as locks demand. The first try may
/// be under way already.
pub(super) async fn run(
    session: &mut Session<'_>,
    step: &StepLabel,
    text: &SegmentText<'_>,
    fact: Fact,
) -> Result<Ended, RunError> {
    let mut tries = 0;
    let begun = Instant::now();
    let mut autovacuum = false;
    let mut sent = session.ahead.next(step);
    let lookout = LazyCell::new(|| Lookout::of(text));
    loop {
        let Attempt { pending, watched } = match sent.take() {
            Some(sent) => landed(session, sent).await,
            None => {
                if let Some(cause) = look_out(session, step, &lookout, begun).await {
                    return Ok(Ended::Stopped { cause });
                }
                let limit = session
                    .settings
                    .limits
                    .lock_timeout_after(tries, autovacuum);
                attempt(session, text, fact.clone(), limit).await?
            }
        };
        tries += 1;
        let refused = match watched.value {
            Ok(answers) => return committed(session, &pending, &answers),
            Err(refused) => refused,
        };
        let behind = session.ahead.abandon();
        if session.work.is_gone(&refused.error) {
            let mut sent = vec![(step.clone(), pending)];
            sent.extend(behind);
            return Ok(Ended::Lost {
                sent,
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
        end_blockers(session, &watched.blockers, begun).await;
        let shortest = session.settings.limits.shortest_pause();
        let blockers = &watched.blockers;
        if rest(&mut session.supervisor(), (shortest, pause), blockers).await {
            return Ok(Ended::Refused {
                refused,
                tries,
                blockers: watched.blockers,
                cause: Some(Cause::Asked),
            });
        }
    }
}

/// Waits for those who would be in the way for long, and asks for no lock meanwhile. Once the budget is used up it gives
/// way to one try all the same, which says what the server says. `None` to go on.
async fn look_out(
    session: &mut Session<'_>,
    step: &StepLabel,
    lookout: &Lookout,
    begun: Instant,
) -> Option<Cause> {
    let mut looks = 0;
    let mut told = Vec::new();
    loop {
        let blockers = lookout.in_the_way(session).await;
        if blockers.is_empty() {
            return None;
        }
        looks += 1;
        let limits = session.settings.limits;
        let pause = limits.pause_after(looks, begun.elapsed(), jitter())?;
        let pids: Vec<i32> = blockers.iter().map(|blocker| blocker.pid).collect();
        if told != pids {
            session.events.emit(Event::Awaiting {
                step: step.clone(),
                blockers: blockers.clone(),
            });
            told = pids;
        }
        end_blockers(session, &blockers, begun).await;
        // Nobody queues behind us, so no queue has to drain.
        if rest(
            &mut session.supervisor(),
            (Duration::ZERO, pause),
            &blockers,
        )
        .await
        {
            return Some(session.ending().unwrap_or(Cause::Asked));
        }
    }
}

/// Ends what stands in the way, if that was asked for and has been waited for long enough.
async fn end_blockers(session: &Session<'_>, blockers: &[Blocker], begun: Instant) {
    let after = session.settings.limits.cancel_blockers;
    if after.is_none_or(|after| begun.elapsed() < after) {
        return;
    }
    let event = match blockers::end(session.watch.client(), blockers).await {
        Ok(ended) if ended.is_empty() => return,
        Ok(ended) => Event::BlockersEnded { blockers: ended },
        Err(error) => Event::BlockersStay { why: words(&error) },
    };
    session.events.emit(event);
}

async fn landed(session: &mut Session<'_>, sent: Sent) -> Attempt {
    let Sent {
        pending,
        mut flight,
    } = sent;
    let mut answers = Vec::new();
    let landing = async {
        flight.land(&mut answers).await?;
        Ok(answers)
    };
    let mut watched = session.supervisor().watch(landing).await;
    if let Err(refused) = &watched.value {
        watched.cause = watched.cause.or_else(|| called_off(session, refused));
    }
    Attempt { pending, watched }
}

async fn attempt(
    session: &mut Session<'_>,
    text: &SegmentText<'_>,
    fact: Fact,
    lock_timeout: Duration,
) -> Result<Attempt, RunError> {
    let fence = fence();
    let pending = session.appender.prepare(fact, Some(&fence))?;
    let preamble = preamble(&session.settings, lock_timeout, &fence);
    let end = end(&session.settings, &pending);
    let mut messages = Vec::with_capacity(text.messages.len() + 2);
    messages.push(Message::Sql(&preamble));
    messages.extend(&text.messages);
    messages.push(Message::Sql(&end));
    let work = session.work;
    let running = pipeline::run(work.client(), &messages, text.stepwise);
    let watched = session.supervisor().watch(running).await;
    Ok(Attempt { pending, watched })
}

/// What the migration's transaction is known by to the record inside it.
pub(super) fn fence() -> String {
    Uuid::new_v4().simple().to_string()
}

/// The transaction's last message: the record, and `COMMIT`. After an error the server reads neither, so that a failed
/// transaction stays open until it is rolled back, and refuses what is behind it.
fn end(settings: &Settings, pending: &Pending) -> String {
    let role = settings.role_sql("LOCAL ");
    format!("{role}; {record}; COMMIT", record = pending.sql)
}

/// What is told to be applied must outlive a crash of the server, also where the database's default is not to wait for
/// the disk. Stricter settings than `on` stay.
const DURABLE: &str = "SELECT set_config('synchronous_commit', 'on', true) \
     WHERE current_setting('synchronous_commit') = 'off'";

/// The transaction's first message. `READ WRITE` is said because the session is read-only otherwise: should this message
/// fail, the statements sent after it change nothing.
pub(super) fn preamble(settings: &Settings, lock_timeout: Duration, fence: &str) -> String {
    format!(
        "BEGIN READ WRITE; {reset}; SET LOCAL lock_timeout = {lock}; SET LOCAL statement_timeout = {statement}; \
         SET LOCAL idle_in_transaction_session_timeout = 60000; SET LOCAL enact.fence = '{fence}'; {DURABLE}",
        reset = settings.reset_sql(),
        lock = lock_timeout.as_millis(),
        statement = settings.statement_timeout.as_millis(),
    )
}

fn committed(
    session: &mut Session<'_>,
    pending: &Pending,
    answers: &[Answer],
) -> Result<Ended, RunError> {
    let statements = &answers[1..answers.len().saturating_sub(1)];
    let rows = statements.iter().map(|answer| answer.affected).sum();
    let end = answers.last();
    session
        .appender
        .accept(pending, end.unwrap_or(&Answer::default()))?;
    Ok(Ended::Committed { rows })
}

/// Why a transaction was cancelled whose watch had not asked for it: its answer was here before the watch saw why, or it is a
/// step behind the one whose watch asked.
pub(super) fn called_off(session: &Session<'_>, refused: &Refused) -> Option<Cause> {
    let cancelled = refused.error.code() == Some(&SqlState::QUERY_CANCELED);
    cancelled.then(|| session.ending()).flatten()
}

/// Ends the failed transaction. The session returns to what it was before it.
pub(super) async fn roll_back(session: &Session<'_>) -> Result<(), RunError> {
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

pub(super) fn jitter() -> u8 {
    Uuid::new_v4().as_bytes()[0]
}

/// Waits for the longest time, or for the shortest and until those who were in the way are gone; `true` when a stop is
/// requested or the lock is lost meanwhile.
pub(super) async fn rest(
    supervisor: &mut Supervisor<'_>,
    (shortest, longest): (Duration, Duration),
    blockers: &[Blocker],
) -> bool {
    let watch = supervisor.watch;
    let free = async {
        tokio::time::sleep(shortest).await;
        blockers::gone(watch.client(), blockers).await;
    };
    tokio::select! {
        () = tokio::time::sleep(longest) => false,
        () = free => false,
        () = supervisor.stop.wait() => true,
        _ = watch.lost() => true,
    }
}
