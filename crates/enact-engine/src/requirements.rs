//! What migrations require of other streams, and who requires them.

use std::collections::BTreeMap;

use enact_ledger::Text;
use enact_sql::requirement::{Bound, Requirement};
use enact_sql::script::Script;

use crate::plan::{PlanError, StepLabel};
use crate::state::{Applied, TargetState};

/// What a migration requires.
pub fn of(script: &Script) -> impl Iterator<Item = &Requirement> {
    let required = script.header.requirements.iter();
    required.map(|required| &required.requirement)
}

/// The same as its record states it.
pub(crate) fn words(script: &Script) -> Option<Text> {
    let words: Vec<String> = of(script).map(ToString::to_string).collect();
    (!words.is_empty()).then(|| Text::from(words.join(", ").as_str()))
}

/// Sees to it that each step finds what it requires: in force already, or done by a step before it.
///
/// # Errors
/// [`PlanError::Requires`] for the first one that does not.
pub(crate) fn check<'s>(
    state: &TargetState,
    release: Option<&str>,
    steps: impl Iterator<Item = (&'s StepLabel, &'s Script)>,
) -> Result<(), PlanError> {
    let mut positions: BTreeMap<&str, u32> = state
        .streams
        .iter()
        .map(|(name, stream)| (name.as_str(), stream.position()))
        .collect();
    for (label, script) in steps {
        if label.is_down() {
            positions.insert(&label.stream, label.number - 1);
            continue;
        }
        for requirement in of(script) {
            let at = positions
                .get(requirement.stream.as_str())
                .copied()
                .unwrap_or(0);
            if !requirement.is_met(at, release) {
                return Err(PlanError::Requires {
                    label: label.to_string(),
                    requirement: requirement.clone(),
                    position: at,
                    release: release.map(str::to_owned),
                });
            }
        }
        positions.insert(&label.stream, label.number);
    }
    Ok(())
}

/// The migrations of other streams that are in force and need `stream:number`, as messages name them.
pub(crate) fn dependents(state: &TargetState, stream: &str, number: u32) -> Vec<String> {
    let recorded = state.stream(stream).applied.get(&number);
    let others = state.streams.iter().filter(|(name, _)| *name != stream);
    let applied = others.flat_map(|(name, other)| {
        let applied = other.applied.iter();
        applied.map(move |(number, applied)| (name, *number, applied))
    });
    applied
        .filter(|(_, _, applied)| needs(applied, stream, number, recorded))
        .map(|(name, number, applied)| format!("{name}:{number:03}_{}", applied.name))
        .collect()
}

/// A requirement of a release says nothing of single migrations: all that were in force before it count.
fn needs(applied: &Applied, stream: &str, number: u32, recorded: Option<&Applied>) -> bool {
    let of_stream = |requirement: &&Requirement| requirement.stream == stream;
    let mut required = applied.requires.iter().filter(of_stream);
    required.any(|requirement| match requirement.bound {
        Bound::Migration(least) => number <= least,
        _ => recorded.is_some_and(|recorded| recorded.seq < applied.seq),
    })
}
