//! A first look at a target, which changes nothing: who answers, and what its ledger says.

use uuid::Uuid;

use crate::catalog::stamp::Horizon;
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
    /// Of a moment after the ledger was read.
    pub horizon: Horizon,
}

/// A command's first look at its target, taken while its files are still being read.
#[derive(Debug)]
pub struct Begun {
    pub(crate) observed: Observed,
    /// The connection that will hold the lock, if it has been made already.
    pub(crate) watch: Option<Connection>,
    /// Identifier of the run that may follow.
    pub(crate) run: String,
    pub(crate) application: String,
}

/// Connects and looks, on behalf of version `version` of this program.
///
/// # Errors
/// When there is no connection, or the ledger cannot be read or believed.
pub async fn begin(
    target: &ConnInfo,
    version: &str,
    events: &Events,
    purpose: Purpose,
) -> Result<Begun, RunError> {
    let run = Uuid::new_v4().to_string();
    let application = match purpose {
        Purpose::Read => format!("enact/{version}"),
        Purpose::Write => format!("enact/{version} {run}"),
    };
    let observed = observe(target, &application, events, purpose).await?;
    Ok(Begun {
        observed,
        watch: None,
        run,
        application,
    })
}

/// The same for a run that is known to have something to do: its second connection is made beside the first look.
///
/// # Errors
/// As for [`begin`].
pub async fn begin_run(
    target: &ConnInfo,
    version: &str,
    events: &Events,
) -> Result<Begun, RunError> {
    let run = Uuid::new_v4().to_string();
    let application = format!("enact/{version} {run}");
    let (observed, watch) = tokio::join!(
        biased;
        observe(target, &application, events, Purpose::Write),
        Connection::open(target, &application, events),
    );
    Ok(Begun {
        observed: observed?,
        watch: Some(watch?),
        run,
        application,
    })
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
    let (server, state, horizon) =
        tokio::join!(biased; Server::ask(client), ledger::read(client), drift::horizon(client));
    let server = server?;
    if let Some(refusal) = server.refusal(purpose) {
        return Err(RunError::Refused(refusal));
    }
    let state = state?;
    let horizon = horizon?;
    connection.pid = server.pid;
    Ok(Observed {
        connection,
        server,
        state,
        horizon,
    })
}
