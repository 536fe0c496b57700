//! The connection died around `COMMIT`: the ledger knows whether it happened.

use std::time::{Duration, Instant};

use super::Session;
use crate::connection::Connection;
use crate::ledger::{self, Pending};
use crate::lock;

/// How long to look for the answer. A server that restarts after a crash is usually back sooner.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(200);

/// How many of the transactions that carried `sent`, one after the other, were committed; `None` when the server cannot be
/// asked.
pub(super) async fn committed(session: &Session<'_>, sent: &[&Pending]) -> Option<usize> {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if let Some(answer) = ask(session, sent).await {
            return Some(answer);
        }
        tokio::time::sleep(PAUSE).await;
    }
    None
}

/// Asks once, on a new connection. The old one's server process may still be about to commit: it holds the work lock
/// until it is done, so the ledger speaks only after that lock is ours.
async fn ask(session: &Session<'_>, sent: &[&Pending]) -> Option<usize> {
    let connection = Connection::open(session.target, session.application, session.events)
        .await
        .ok()?;
    let answer = match lock::try_take(connection.client(), lock::WORK).await {
        Ok(true) => count(&connection, sent).await,
        _ => None,
    };
    connection.close().await;
    answer
}

/// By their positions, not the head: if the lock was lost too, another run may have gone on since.
async fn count(connection: &Connection, sent: &[&Pending]) -> Option<usize> {
    for (committed, pending) in sent.iter().enumerate() {
        let stored = ledger::entry(connection.client(), pending.seq())
            .await
            .ok()?;
        if !stored.is_some_and(|stored| pending.is_stored_as(&stored)) {
            return Some(committed);
        }
    }
    Some(sent.len())
}
