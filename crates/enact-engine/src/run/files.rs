//! The files of a plan.

use enact_ledger::FileDigest;
use enact_sql::script::Script;

use super::execute::Request;
use super::failure::RunError;
use crate::plan::{self, Plan};
use crate::project::Problem;
use crate::project::layout::meaning;

/// A file of the plan, read and analysed.
pub(super) struct Loaded {
    pub script: Script,
    pub meaning: FileDigest,
}

/// Reads every file of the plan before anything starts, and refuses all of them when one is invalid or is not the file
/// that was planned.
pub(super) async fn load(request: &Request<'_>, plan: &Plan) -> Result<Vec<Loaded>, RunError> {
    let mut loaded = Vec::with_capacity(plan.steps.len());
    let mut problems: Vec<Problem> = Vec::new();
    for step in &plan.steps {
        match load_step(request, step) {
            Ok(script) => loaded.push(script),
            Err(found) => problems.extend(found),
        }
        tokio::task::yield_now().await;
    }
    if problems.is_empty() {
        Ok(loaded)
    } else {
        Err(RunError::Files(problems))
    }
}

fn load_step(request: &Request<'_>, step: &plan::Step) -> Result<Loaded, Vec<Problem>> {
    let stream = request
        .streams
        .get(&step.label.stream)
        .ok_or_else(Vec::new)?;
    let file = stream.get(step.label.number).ok_or_else(Vec::new)?;
    let script = if step.label.is_down() {
        stream.load_rollback(file)?.ok_or_else(Vec::new)?
    } else {
        stream.load(file)?
    };
    let meaning = meaning(&script).ok_or_else(Vec::new)?;
    Ok(Loaded { script, meaning })
}
