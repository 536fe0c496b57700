//! What a run would do: a plan made without the lock, which writes nothing.

use crate::catalog::Scope;
use crate::drift::{self, Schema};
use crate::history;
use crate::loss::{self, Counted};
use crate::observe::{Begun, Observed};
use crate::plan::{self, Goal, Plan};
use crate::project::Stream;
use crate::project::layout::meaning;
use crate::run::RunError;
use crate::target::server::Server;
use tokio_postgres::Client;

/// A plan and what it was made from.
#[derive(Debug)]
pub struct Preview {
    /// Who answers.
    pub server: Server,
    /// The plan.
    pub plan: Plan,
    /// Schema `enact` is there.
    pub installed: bool,
    /// The live schema against the recorded one.
    pub schema: Schema,
    /// For each step of the plan, what it would take away from the data that is there now. Steps up are not asked.
    pub losses: Vec<Vec<Counted>>,
}

/// Makes the plan for `goal` from what the target says now. Works for a role that may only read.
///
/// # Errors
/// When there is no connection, the ledger cannot be read or disagrees with the files, or there is no plan.
pub async fn preview(
    begun: Begun,
    stream: &Stream,
    scope: &Scope,
    goal: Goal,
) -> Result<Preview, RunError> {
    let Observed {
        connection,
        server,
        state,
        horizon,
    } = begun.observed;
    let installed = state.is_some();
    let state = state.unwrap_or_default();
    let name = stream.source.name.as_str();
    let disagreements = history::compare(state.stream(name), &stream.migrations, |file| {
        stream.load(file).ok().as_ref().and_then(meaning)
    });
    if !disagreements.is_empty() {
        return Err(RunError::History(disagreements));
    }
    let plan = plan::build(&state, name, &stream.migrations, goal)?;
    let schema = drift::compare_at(connection.client(), &state, scope, horizon).await?;
    let losses = losses(connection.client(), stream, &plan).await?;
    connection.close().await;
    Ok(Preview {
        server,
        plan,
        installed,
        schema,
        losses,
    })
}

async fn losses(
    client: &Client,
    stream: &Stream,
    plan: &Plan,
) -> Result<Vec<Vec<Counted>>, RunError> {
    let mut losses = Vec::with_capacity(plan.steps.len());
    for step in &plan.steps {
        let file = stream
            .get(step.label.number)
            .filter(|_| step.label.is_down());
        // A file that cannot be read is told of by whoever runs it.
        let script = file.and_then(|file| stream.load_rollback(file).ok().flatten());
        losses.push(match script {
            Some(script) => {
                loss::count(client, &script)
                    .await
                    .map_err(|source| RunError::Database {
                        doing: "count what the rollback would take away",
                        source,
                    })?
            }
            None => Vec::new(),
        });
    }
    Ok(losses)
}
