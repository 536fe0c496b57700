//! Amendments: an applied file was edited without changing what it does, and the ledger is told.

use enact_ledger::entry::fact::FileAmended;
use uuid::Uuid;

use crate::catalog::Scope;
use crate::connection::Connection;
use crate::events::Events;
use crate::history::{self, Disagreeing, Disagreement};
use crate::observe::{Observed, observe};
use crate::program::Program;
use crate::project::{Stream, Streams};
use crate::run::open::{self, Operation, Who};
use crate::run::{RunError, Session, Settings, append, recover};
use crate::state::TargetState;
use crate::stop::Stop;
use crate::target::ConnInfo;
use crate::target::server::Purpose;

/// What to amend.
#[derive(Debug)]
pub struct Request<'a> {
    /// The database.
    pub target: &'a ConnInfo,
    /// The streams of the repository.
    pub streams: &'a Streams,
    /// The migrations of its own stream whose files were edited; all that were, when empty.
    pub numbers: Vec<u32>,
    /// Why, recorded.
    pub reason: String,
    /// The person, as records name them.
    pub person: String,
    /// The host, as records name it.
    pub host: String,
    /// This program.
    pub program: Program,
    /// What belongs to a fingerprint.
    pub scope: Scope,
    /// How to behave.
    pub settings: Settings,
}

/// Accepts cosmetic edits of applied files, each as an entry, and returns their numbers.
///
/// # Errors
/// [`RunError::History`] if an edit is more than cosmetic, and nothing is accepted then; [`RunError::Goal`] if a file
/// that is named was not edited.
pub async fn amend(
    request: Request<'_>,
    events: &Events,
    stop: Stop,
) -> Result<Vec<u32>, RunError> {
    let run = Uuid::new_v4().to_string();
    let application = format!("enact/{} {run}", request.program.version);
    let observed = observe(request.target, &application, events, Purpose::Write).await?;
    let Observed {
        connection,
        server,
        state,
        ..
    } = observed;
    let state = state.unwrap_or_default();
    let settings = &request.settings;
    settings.check_meant(state.enrolment.as_ref(), &server)?;
    if edited(&request, &state)?.is_empty() {
        connection.close().await;
        return Ok(Vec::new());
    }
    request.program.prepare();
    let watch = Connection::open(request.target, &application, events).await?;
    let operation = Operation {
        target: request.target,
        who: Who {
            person: request.person.clone(),
            host: request.host.clone(),
            program: request.program.clone(),
        },
        run,
        application,
        command: "amend",
        settings: request.settings.clone().for_server(&server),
    };
    let connected = (connection, watch, server);
    open::locked(
        operation,
        connected,
        events,
        stop,
        async |session, state| {
            let state =
                recover::earlier_run(session, state, request.streams, &request.scope).await?;
            record(session, &request, &state).await
        },
    )
    .await
}

async fn record(
    session: &mut Session<'_>,
    request: &Request<'_>,
    state: &TargetState,
) -> Result<Vec<u32>, RunError> {
    let edited = edited(request, state)?;
    let mut numbers = Vec::with_capacity(edited.len());
    for fact in edited {
        numbers.push(fact.number);
        append(session, fact.into(), "").await?;
    }
    Ok(numbers)
}

/// The entries that accept the edits, if every one of them is cosmetic.
fn edited(request: &Request<'_>, state: &TargetState) -> Result<Vec<FileAmended>, RunError> {
    let stream = request.streams.own();
    let wanted = |number| request.numbers.is_empty() || request.numbers.contains(&number);
    let mut found = history::of(request.streams, stream, state);
    found.retain(|one| wanted(one.number()));
    let refused: Vec<Disagreement> = found
        .iter()
        .filter(|one| !is_cosmetic(one))
        .cloned()
        .collect();
    if !refused.is_empty() {
        return Err(RunError::History(Disagreeing {
            stream: stream.name().to_owned(),
            found: refused,
        }));
    }
    let edited: Vec<u32> = found.iter().map(Disagreement::number).collect();
    if let Some(number) = request
        .numbers
        .iter()
        .find(|number| !edited.contains(number))
    {
        return Err(RunError::Goal(format!(
            "{}:{number:03} is not applied, or its file is as it was applied: there is nothing to amend",
            stream.name()
        )));
    }
    let facts = edited
        .into_iter()
        .filter_map(|number| fact(request, stream, state, number));
    Ok(facts.collect())
}

fn is_cosmetic(disagreement: &Disagreement) -> bool {
    matches!(disagreement, Disagreement::Changed { cosmetic: true, .. })
}

fn fact(
    request: &Request<'_>,
    stream: &Stream,
    state: &TargetState,
    number: u32,
) -> Option<FileAmended> {
    let applied = state.stream(stream.name()).applied.get(&number)?;
    Some(FileAmended {
        stream: stream.name().into(),
        number,
        was: applied.digest,
        digest: stream.get(number)?.digest,
        meaning: applied.meaning,
        reason: request.reason.as_str().into(),
    })
}
