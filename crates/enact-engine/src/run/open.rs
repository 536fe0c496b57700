//! Getting hold of a target: connections, checks, the lock, and the ledger as it is once the lock is ours.

use std::time::Duration;

use enact_ledger::Actor;

use super::ahead::Ahead;
use super::failure::RunError;
use super::{Session, Settings, recover};
use crate::connection::Connection;
use crate::drift;
use crate::events::Events;
use crate::lease;
use crate::ledger::{self, Appender, Author};
use crate::lock::{self, Taken};
use crate::program::Program;
use crate::state::TargetState;
use crate::stop::Stop;
use crate::target::server::Server;
use crate::target::{ConnInfo, pooler};

/// How long the answer to the last word may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// Who acts, with what.
#[derive(Debug, Clone)]
pub(crate) struct Who {
    pub person: String,
    pub host: String,
    pub program: Program,
}

/// What is about to be done under the lock, and how.
#[derive(Debug)]
pub(crate) struct Operation<'a> {
    pub target: &'a ConnInfo,
    pub who: Who,
    /// Identifier of the run.
    pub run: String,
    pub application: String,
    /// For the lease.
    pub command: &'static str,
    pub settings: Settings,
}

/// Takes the lock on `watch`, sees to it that schema `enact` is there, reads the ledger again and does `act`; the lock is
/// released whatever comes of it. The connection that works is the one the first look was taken with.
pub(crate) async fn locked<T>(
    operation: Operation<'_>,
    (work, mut watch, server): (Connection, Connection, Server),
    events: &Events,
    mut stop: Stop,
    act: impl AsyncFnOnce(&mut Session<'_>, TargetState) -> Result<T, RunError>,
) -> Result<T, RunError> {
    let Operation {
        target,
        who,
        run,
        application,
        command,
        settings,
    } = operation;
    lock(
        target,
        events,
        &settings,
        &mut stop,
        (&work, &mut watch, &server),
    )
    .await?;
    let author = author(&who, &server)?;
    let client = work.client();
    // Before the lease has its first beat, which takes a transaction's number.
    let (state, horizon) = tokio::join!(biased; ledger::read(client), drift::horizon(client));
    let horizon = horizon?;
    let state = state?;
    let enrolment = state.as_ref().and_then(|state| state.enrolment.as_ref());
    settings.check_claim(enrolment, &server)?;
    let state = match state {
        Some(state) => state,
        None => recover::install(&work, &server, &author, &settings, events).await?,
    };
    recover::upgrade(&work, &state, &settings).await?;
    let about = lease::About {
        run: run.clone(),
        person: who.person,
        host: who.host,
        command,
    };
    let appender = Appender::new(author, run, state.head);
    let mut session = Session {
        target,
        application: &application,
        work: &work,
        server: &server,
        watch: &watch,
        horizon,
        appender,
        settings,
        events,
        stop,
        ahead: Ahead::default(),
        done: Vec::new(),
    };
    // What happens under the lock is a large state; on the heap it does not add up with its callers'.
    let bound = Box::pin(async {
        let state = recover::bind(&mut session, state).await?;
        act(&mut session, state).await
    });
    let result = tokio::select! {
        result = bound => result,
        never = lease::beat(&watch, about) => match never {},
    };
    tokio::join!(leave(work), leave(watch));
    result
}

/// Gives the connection's lock back and hears that it is free before the run is over: whoever comes next finds it free.
async fn leave(connection: Connection) {
    let unlocked = connection
        .client()
        .batch_execute("SELECT pg_advisory_unlock_all()");
    // A connection that is broken, or too slow, loses its lock with its end.
    let _ = tokio::time::timeout(PATIENCE, unlocked).await;
    connection.close().await;
}

fn author(who: &Who, server: &Server) -> Result<Author, RunError> {
    let actor = Actor {
        person: who.person.as_str().into(),
        role: server.role.as_str().into(),
        host: who.host.as_str().into(),
    };
    let tool = who.program.tool()?;
    Ok(Author { actor, tool })
}

/// Takes the lock and waits out what is left of a killed run.
async fn lock(
    target: &ConnInfo,
    events: &Events,
    settings: &Settings,
    stop: &mut Stop,
    (work, watch, server): (&Connection, &mut Connection, &Server),
) -> Result<(), RunError> {
    let set_up = tokio::join!(biased; watch_set_up(watch), work_set_up(work, settings));
    set_up
        .0
        .and(set_up.1)
        .map_err(|source| RunError::Database {
            doing: "set up the session",
            source,
        })?;
    refuse_pooler(work, watch, server, target).await?;
    take(watch, lock::RUN, settings.lock_wait, events, stop).await?;
    take(work, lock::WORK, settings.lock_wait, events, stop).await
}

async fn work_set_up(work: &Connection, settings: &Settings) -> Result<(), tokio_postgres::Error> {
    work.client().batch_execute(&settings.reset_sql()).await
}

/// The lease tells people who is at work; losing its last second in a crash harms nobody.
async fn watch_set_up(watch: &mut Connection) -> Result<(), tokio_postgres::Error> {
    watch
        .client()
        .batch_execute("SET synchronous_commit = off")
        .await?;
    watch.learn_pid().await
}

async fn refuse_pooler(
    work: &Connection,
    watch: &Connection,
    server: &Server,
    target: &ConnInfo,
) -> Result<(), RunError> {
    let direct = !pooler::may_be_proxied(work.key_pid(), server.pid)
        && !pooler::may_be_proxied(watch.key_pid(), watch.pid);
    if direct {
        return Ok(());
    }
    let sign = pooler::detect(work.client(), watch.client()).await;
    match sign.map_err(|source| RunError::Database {
        doing: "look for a connection pooler",
        source,
    })? {
        Some(sign) => Err(RunError::Pooler {
            mend: sign.mend(target),
            sign,
        }),
        None => Ok(()),
    }
}

async fn take(
    connection: &Connection,
    key: i32,
    wait: Duration,
    events: &Events,
    stop: &mut Stop,
) -> Result<(), RunError> {
    let taken = lock::take(connection.client(), key, wait, events, stop).await;
    match taken.map_err(|source| RunError::Database {
        doing: "take the target's lock",
        source,
    })? {
        Taken::Ours => Ok(()),
        Taken::Held(holder) => Err(RunError::Locked {
            holder,
            waited: wait,
            orphan: key == lock::WORK,
        }),
        Taken::Stopped => Err(RunError::asked_to_stop()),
    }
}
