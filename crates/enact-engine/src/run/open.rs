//! Getting hold of a target: connections, checks, the lock, and the ledger as it is once the lock is ours.

use std::time::Duration;

use super::Settings;
use super::failure::RunError;
use crate::connection::Connection;
use crate::events::Events;
use crate::ledger;
use crate::lock::{self, Taken};
use crate::state::TargetState;
use crate::stop::Stop;
use crate::target::server::Server;
use crate::target::{ConnInfo, pooler};

/// The two connections of a run, locked.
#[derive(Debug)]
pub(super) struct Opened {
    pub work: Connection,
    pub watch: Connection,
    pub server: Server,
    /// The ledger's state, read after the lock was taken; `None` when schema `enact` is not installed.
    pub state: Option<TargetState>,
}

/// Takes the lock with a second connection, waits out what is left of a killed run, and reads the ledger again.
pub(super) async fn lock(
    target: &ConnInfo,
    application: &str,
    events: &Events,
    settings: &Settings,
    stop: &mut Stop,
    (work, server): (Connection, Server),
) -> Result<Opened, RunError> {
    let watch = Connection::open(target, application, events).await?;
    let mut watch = watch;
    let checked = tokio::join!(watch_set_up(&mut watch), work_set_up(&work, settings));
    checked
        .0
        .and(checked.1)
        .map_err(|source| RunError::Database {
            doing: "set up the session",
            source,
        })?;
    refuse_pooler(&work, &watch, &server, target).await?;
    take(&watch, lock::RUN, settings.lock_wait, events, stop).await?;
    take(&work, lock::WORK, settings.lock_wait, events, stop).await?;
    let state = ledger::read(work.client()).await?;
    Ok(Opened {
        work,
        watch,
        server,
        state,
    })
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
