//! A first look at a target, which changes nothing: who answers, and what its ledger says.

use crate::connection::Connection;
use crate::drift;
use crate::events::Events;
use crate::ledger;
use crate::run::RunError;
use crate::state::TargetState;
use crate::target::ConnInfo;
use crate::target::server::{Purpose, Server};

/// A connected target and what it says of itself.
#[derive(Debug)]
pub(crate) struct Observed {
    pub connection: Connection,
    pub server: Server,
    /// `None` when schema `enact` is not installed.
    pub state: Option<TargetState>,
    /// The catalog's mark of change.
    pub mark: String,
}

/// Connects and asks everything in one round trip.
pub(crate) async fn observe(
    target: &ConnInfo,
    application: &str,
    events: &Events,
    purpose: Purpose,
) -> Result<Observed, RunError> {
    let mut connection = Connection::open(target, application, events).await?;
    let client = connection.client();
    let (server, rows, mark) =
        tokio::join!(biased; Server::ask(client), ledger::rows(client), drift::stamp(client));
    let server = server?;
    if let Some(refusal) = server.refusal(purpose) {
        return Err(RunError::Refused(refusal));
    }
    let state = rows?.map(|rows| ledger::fold(&rows)).transpose()?;
    let mark = mark?;
    connection.pid = server.pid;
    Ok(Observed {
        connection,
        server,
        state,
        mark,
    })
}
