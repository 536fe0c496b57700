//! The connection died around `COMMIT`: the ledger knows whether it happened.

use std::time::{Duration, Instant};

use super::Session;
use crate::connection::Connection;
use crate::ledger::{self, Appender, Pending};
use crate::lock;

/// How long to look for the answer. A server that restarts after a crash is usually back sooner.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(200);

/// Whether the transaction that carried `pending` was committed; `None` when the server cannot be asked.
pub(super) async fn was_committed(session: &Session<'_>, pending: &Pending) -> Option<bool> {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if let Some(answer) = ask(session, pending).await {
            return Some(answer);
        }
        tokio::time::sleep(PAUSE).await;
    }
    None
}

/// Asks once, on a new connection. The old one's server process may still be about to commit: it holds the work lock
/// until it is done, so the ledger speaks only after that lock is ours.
async fn ask(session: &Session<'_>, pending: &Pending) -> Option<bool> {
    let connection = Connection::open(session.target, session.application, session.events)
        .await
        .ok()?;
    let answer = match lock::try_take(connection.client(), lock::WORK).await {
        Ok(true) => ledger::read(connection.client()).await.ok().map(|state| {
            state.is_some_and(|state| Appender::is_at(pending, state.head, state.last_at))
        }),
        _ => None,
    };
    connection.close().await;
    answer
}
