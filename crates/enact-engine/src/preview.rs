//! What a run would do: a plan made without the lock, which writes nothing.

use std::path::PathBuf;

use enact_ledger::Hash;
use enact_sql::script::Script;
use tokio_postgres::Client;

use crate::catalog::Scope;
use crate::conflict;
use crate::core;
use crate::dependents;
use crate::drift::{self, Schema};
use crate::history;
use crate::loss::{self, Counted};
use crate::observe::{Begun, Observed};
use crate::plan::{self, Goal, Plan, StepLabel};
use crate::project::{Problem, RollbackFile, Streams};
use crate::requirements;
use crate::run::RunError;
use crate::state::Enrolment;
use crate::target::server::Server;

/// A plan and what it was made from.
#[derive(Debug)]
pub struct Preview {
    /// Who answers.
    pub server: Server,
    /// The plan.
    pub plan: Plan,
    /// Schema `enact` is there.
    pub installed: bool,
    /// Which target it is, as its ledger says.
    pub enrolment: Option<Enrolment>,
    /// The recorded fingerprint of its schema.
    pub recorded: Option<Hash>,
    /// The live schema against the recorded one.
    pub schema: Schema,
    /// The steps of the plan with their files, in order.
    pub steps: Vec<PlannedStep>,
}

/// A step with its file, read.
#[derive(Debug)]
pub struct PlannedStep {
    /// Its file, as messages show it.
    pub file: PathBuf,
    /// The file, analysed.
    pub script: Script,
    /// What it would take away from the data that is there now; of steps up, nothing is asked.
    pub losses: Vec<Counted>,
}

/// Makes the plan for `goal` from what the target says now. Works for a role that may only read.
///
/// # Errors
/// When there is no connection, the ledger cannot be read or disagrees with the files, or there is no plan.
pub async fn preview(
    begun: Begun,
    streams: &Streams,
    scope: &Scope,
    goal: &Goal,
) -> Result<Preview, RunError> {
    let Observed {
        connection,
        server,
        state,
        horizon,
    } = begun.observed;
    let installed = state.is_some();
    let state = state.unwrap_or_default();
    history::check(streams, &state)?;
    let plan = plan::build(&state, streams, goal)?;
    core::check_server(streams, &plan, server.major())?;
    let steps = load(streams, &plan)?;
    let labels = plan.steps.iter().map(|step| &step.label);
    let scripts = labels.zip(steps.iter().map(|step| &step.script));
    requirements::check(&state, plan.release.as_deref(), scripts.clone())?;
    conflict::refuse(streams, scripts)?;
    let schema = drift::compare_at(connection.client(), &state, scope, horizon).await?;
    dependents::refuse(connection.client(), &plan, streams, server.major()).await?;
    let steps = count(connection.client(), steps, &plan).await?;
    connection.close().await;
    Ok(Preview {
        server,
        plan,
        installed,
        enrolment: state.enrolment,
        recorded: state.recorded.map(|recorded| recorded.fingerprint),
        schema,
        steps,
    })
}

/// Reads the file of every step.
fn load(streams: &Streams, plan: &Plan) -> Result<Vec<PlannedStep>, RunError> {
    let mut loaded = Vec::with_capacity(plan.steps.len());
    let mut problems = Vec::new();
    for step in &plan.steps {
        match load_step(streams, &step.label) {
            Ok(step) => loaded.push(step),
            Err(found) => problems.extend(found),
        }
    }
    match problems.is_empty() {
        true => Ok(loaded),
        false => Err(RunError::Files(problems)),
    }
}

fn load_step(streams: &Streams, label: &StepLabel) -> Result<PlannedStep, Vec<Problem>> {
    let stream = streams.get(&label.stream).ok_or_else(Vec::new)?;
    let migration = stream.get(label.number).ok_or_else(Vec::new)?;
    let (path, script) = match (&migration.rollback, label.is_down()) {
        (RollbackFile::File(path), true) => {
            (path, stream.load_rollback(migration)?.ok_or_else(Vec::new)?)
        }
        (RollbackFile::None(_), true) => return Err(Vec::new()),
        (_, false) => (&migration.path, stream.load(migration)?),
    };
    Ok(PlannedStep {
        file: stream.source.shown(path),
        script,
        losses: Vec::new(),
    })
}

/// Asks the database what each rollback would take away.
async fn count(
    client: &Client,
    mut steps: Vec<PlannedStep>,
    plan: &Plan,
) -> Result<Vec<PlannedStep>, RunError> {
    let labels = plan.steps.iter().map(|step| &step.label);
    for (step, _) in steps
        .iter_mut()
        .zip(labels)
        .filter(|(_, label)| label.is_down())
    {
        let counted = loss::count(client, &step.script).await;
        step.losses = counted.map_err(|source| RunError::Database {
            doing: "count what the rollback would take away",
            source,
        })?;
    }
    Ok(steps)
}
