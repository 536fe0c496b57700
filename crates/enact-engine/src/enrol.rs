//! Enrolment of a target by hand: the first one, one that was moved, one that is a copy of another.

use enact_ledger::Identity;
use uuid::Uuid;

use crate::connection::Connection;
use crate::events::Events;
use crate::identity::{self, Claim, Stranger};
use crate::observe::{Observed, observe};
use crate::program::Program;
use crate::run::open::{self, Operation, Who};
use crate::run::{RunError, Session, Settings, append};
use crate::state::{Enrolment, TargetState};
use crate::stop::Stop;
use crate::target::ConnInfo;
use crate::target::server::Purpose;

/// What is said of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// It is the one that is meant; nothing else is known of it, or just that.
    AsItIs,
    /// It is the one that is meant, in another place than before.
    Moved,
    /// It was copied from another target and is one of its own from now on.
    Copy,
}

/// What to enrol.
#[derive(Debug)]
pub struct Request<'a> {
    /// The database.
    pub target: &'a ConnInfo,
    /// What it is to be.
    pub claim: Claim,
    /// What is said of it.
    pub how: How,
    /// Why, recorded where it was enrolled before.
    pub reason: Option<String>,
    /// The person, as records name them.
    pub person: String,
    /// The host, as records name it.
    pub host: String,
    /// This program.
    pub program: Program,
    /// How to behave.
    pub settings: Settings,
}

/// An enrolled target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    /// As the ledger states it.
    pub enrolment: Enrolment,
    /// Whether anything had to be recorded.
    pub recorded: bool,
}

/// Enrols a target.
///
/// # Errors
/// [`RunError::Stranger`] where the database is another target than `how` says, or it cannot be worked on.
pub async fn enrol(
    request: Request<'_>,
    events: &Events,
    stop: Stop,
) -> Result<Enrolled, RunError> {
    let run = Uuid::new_v4().to_string();
    let application = format!("enact/{} {run}", request.program.version);
    let observed = observe(request.target, &application, events, Purpose::Write).await?;
    let Observed {
        connection,
        server,
        state,
        ..
    } = observed;
    let enrolment = state.and_then(|state| state.enrolment);
    if request.how == How::AsItIs {
        request.claim.check(enrolment.as_ref(), &server)?;
    }
    if let Some(enrolment) = &enrolment
        && request.how == How::AsItIs
        && !request.claim.is_unbound(Some(enrolment))
    {
        connection.close().await;
        return Ok(Enrolled {
            enrolment: enrolment.clone(),
            recorded: false,
        });
    }
    request.program.prepare();
    let watch = Connection::open(request.target, &application, events).await?;
    // What the claim says of a target that was moved or copied is what is to be recorded, not what is so.
    let mut settings = request.settings.clone().for_server(&server);
    settings.claim = Some(request.claim.clone()).filter(|_| request.how == How::AsItIs);
    let operation = Operation {
        target: request.target,
        who: Who {
            person: request.person.clone(),
            host: request.host.clone(),
            program: request.program.clone(),
        },
        run,
        application,
        command: "enrol",
        settings,
    };
    let connected = (connection, watch, server);
    open::locked(
        operation,
        connected,
        events,
        stop,
        async |session, state| record(session, &request, state).await,
    )
    .await
}

async fn record(
    session: &mut Session<'_>,
    request: &Request<'_>,
    state: TargetState,
) -> Result<Enrolled, RunError> {
    if request.how != How::AsItIs {
        let identity = identity(request, &state)?;
        let reason = request.reason.as_deref();
        let fact = identity::enrolled(identity, Some(&request.claim), session.server(), reason);
        append(session, fact.into(), "").await?;
    }
    let state = session.reread().await?;
    match state.enrolment {
        Some(enrolment) => Ok(Enrolled {
            enrolment,
            recorded: true,
        }),
        None => Err(RunError::Goal("the ledger holds no enrolment".to_owned())),
    }
}

/// A moved target keeps its identity, and must be what it is said to be; a copy gets one of its own.
fn identity(request: &Request<'_>, state: &TargetState) -> Result<Identity, RunError> {
    let Some(enrolled) = &state.enrolment else {
        return identity::random();
    };
    if request.how == How::Copy {
        return identity::random();
    }
    let claim = &request.claim;
    let is_it = match (&enrolled.project, &enrolled.environment) {
        (Some(project), Some(environment)) => {
            (project, environment) == (&claim.project, &claim.environment)
        }
        _ => true,
    };
    if is_it {
        return Ok(enrolled.identity);
    }
    Err(RunError::Stranger(Box::new(Stranger::Environment {
        wanted: format!("`{}` of {}", claim.environment, claim.project),
        found: format!(
            "`{}` of {}",
            enrolled.environment.as_deref().unwrap_or_default(),
            enrolled.project.as_deref().unwrap_or_default()
        ),
    })))
}
