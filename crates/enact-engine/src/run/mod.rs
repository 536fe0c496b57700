//! A run: from the lock to the recorded end. The order here is the contract of the engine.

mod ahead;
pub mod backfill;
mod bounds;
mod execute;
mod facts;
pub mod failure;
mod files;
mod inspect;
mod lookout;
pub(crate) mod open;
mod reconcile;
pub(crate) mod recover;
pub mod retry;
mod standalone;
mod step;
mod supervise;
pub(crate) mod text;
mod transaction;

use std::time::Duration;

use enact_ledger::{Fact, Hash};
use tokio_postgres::Client;

pub use execute::{Finished, Request, run, run_begun};
use failure::Cause;
pub use failure::RunError;
pub use retry::Limits;

use crate::catalog::stamp::Horizon;
use crate::connection::Connection;
use crate::events::Events;
use crate::identity::{self, Claim};
use crate::ledger::{self, Appender, Pending};
use crate::pipeline::{self, Message};
use crate::plan::StepLabel;
use crate::quote::ident;
use crate::state::{Enrolment, TargetState};
use crate::stop::Stop;
use crate::target::ConnInfo;
use crate::target::server::Server;

/// What a person decides about a statement whose outcome the catalog cannot tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    /// It has taken effect; `false` means that it runs again.
    pub done: bool,
    /// Why they know, recorded.
    pub reason: String,
}

/// How a run behaves, apart from what it does.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Tries and pauses where a lock must be waited for.
    pub limits: Limits,
    /// `statement_timeout` of transactional statements; zero for none.
    pub statement_timeout: Duration,
    /// Role to work as, where it is not the one that logs in.
    pub role: Option<String>,
    /// How long to wait for another run to end.
    pub lock_wait: Duration,
    /// Accept a drifted schema as it is, for this recorded reason.
    pub accept_drift: Option<String>,
    /// What to do about a statement whose outcome is unknown.
    pub resolution: Option<Resolution>,
    /// Let a rollback run although its file is another one than when its migration was applied.
    pub accept_changed_rollback: bool,
    /// The plan that was shown and agreed to; any other is refused.
    pub agreed: Option<Hash>,
    /// Which target the database must be; `None` where no environment was named.
    pub claim: Option<Claim>,
    /// The server ends what a vanished client left at work (PostgreSQL 14 and later).
    checks_client: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            statement_timeout: Duration::ZERO,
            role: None,
            lock_wait: Duration::from_secs(60),
            accept_drift: None,
            resolution: None,
            accept_changed_rollback: false,
            agreed: None,
            claim: None,
            checks_client: false,
        }
    }
}

impl Settings {
    /// Sees to it that the database is the target that was meant.
    pub(crate) fn check_claim(
        &self,
        enrolment: Option<&Enrolment>,
        server: &Server,
    ) -> Result<(), RunError> {
        match &self.claim {
            Some(claim) => Ok(claim.check(enrolment, server)?),
            None => Ok(()),
        }
    }

    /// The same, where no environment was named: then it is the target of no project.
    pub(crate) fn check_meant(
        &self,
        enrolment: Option<&Enrolment>,
        server: &Server,
    ) -> Result<(), RunError> {
        match self.claim {
            Some(_) => self.check_claim(enrolment, server),
            None => Ok(identity::check_unnamed(enrolment)?),
        }
    }

    /// Adapted to the server's version.
    pub(crate) fn for_server(self, server: &Server) -> Self {
        Self {
            checks_client: server.version_num >= 140_000,
            ..self
        }
    }

    /// Puts the session back to what Enact set up: read-only but where Enact says otherwise, nothing left of the
    /// migration before. Each statement is allowed inside a transaction.
    pub(crate) fn reset_sql(&self) -> String {
        let check = if self.checks_client {
            "; SET client_connection_check_interval = 2000"
        } else {
            ""
        };
        format!(
            "RESET SESSION AUTHORIZATION; {role}; RESET ALL; SET default_transaction_read_only = on; CLOSE ALL; UNLISTEN *; \
             DEALLOCATE ALL; DISCARD TEMP; DISCARD SEQUENCES{check}",
            role = self.role_sql(""),
        )
    }

    /// The role of the run; `scope` is empty or `LOCAL `.
    fn role_sql(&self, scope: &str) -> String {
        let role = self
            .role
            .as_deref()
            .map_or_else(|| "NONE".to_owned(), ident);
        format!("SET {scope}ROLE {role}")
    }
}

/// A run that holds the lock. Only [`open`] makes one, so nothing changes a target without it.
pub(crate) struct Session<'a> {
    target: &'a ConnInfo,
    application: &'a str,
    work: &'a Connection,
    server: &'a Server,
    watch: &'a Connection,
    /// Of the moment at which the ledger had been read under the lock.
    horizon: Horizon,
    appender: Appender,
    settings: Settings,
    events: &'a Events,
    stop: Stop,
    ahead: ahead::Ahead,
    /// Steps that are done and recorded in this run.
    done: Vec<StepLabel>,
}

impl Session<'_> {
    /// The client of the connection that works.
    pub(crate) fn client(&self) -> &Client {
        self.work.client()
    }

    /// Who answers.
    pub(crate) fn server(&self) -> &Server {
        self.server
    }

    /// The state of the target as the ledger says it now.
    pub(crate) async fn reread(&self) -> Result<TargetState, RunError> {
        Ok(ledger::read(self.client()).await?.unwrap_or_default())
    }

    /// Entries in the ledger.
    pub(crate) fn entries(&self) -> u64 {
        self.appender.head().seq
    }

    /// Why nothing more may be begun: a stop was asked for, or the lock is gone.
    fn ending(&self) -> Option<Cause> {
        if self.stop.requested() {
            return Some(Cause::Asked);
        }
        self.watch.loss().map(Cause::LockLost)
    }

    fn supervisor(&mut self) -> supervise::Supervisor<'_> {
        supervise::Supervisor {
            work: self.work,
            watch: self.watch,
            stop: &mut self.stop,
            events: self.events,
        }
    }
}

/// For a transaction that need not wait for the disk, since it means nothing without one that follows and does.
const UNFLUSHED: &str = "SET LOCAL synchronous_commit = off; ";

/// For the journal of a statement outside a transaction: it must be on disk before the statement runs, whatever the
/// database's default is.
const FLUSHED: &str = "SET LOCAL synchronous_commit = on; ";

/// Appends one entry in a transaction of its own.
async fn record(session: &mut Session<'_>, fact: Fact) -> Result<(), RunError> {
    append(session, fact, "").await
}

/// Runs `first` (statements without answers of interest) and appends `fact` in the same transaction.
pub(crate) async fn append(
    session: &mut Session<'_>,
    fact: Fact,
    first: &str,
) -> Result<(), RunError> {
    let pending = session.appender.prepare(fact, None)?;
    send(session, &pending, first).await
}

async fn send(session: &mut Session<'_>, pending: &Pending, first: &str) -> Result<(), RunError> {
    let role = session.settings.role_sql("");
    // One simple query is one transaction: an error anywhere undoes all of it.
    let sql = format!("SET TRANSACTION READ WRITE; {role}; {first}{}", pending.sql);
    let answers = pipeline::run(session.work.client(), &[Message::Sql(&sql)], true).await;
    let answers = answers.map_err(|refused| RunError::Database {
        doing: "append to the ledger",
        source: refused.error,
    })?;
    if let Some(answer) = answers.first() {
        session.appender.accept(pending, answer)?;
    }
    Ok(())
}
