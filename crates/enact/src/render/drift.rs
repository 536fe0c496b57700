//! A schema that is not the recorded one.

use enact_engine::catalog::{Change, Difference};
use enact_engine::drift::Drift;

use crate::wire;

/// Objects named in an error; the rest is counted.
const NAMED: usize = 20;

/// The objects that differ, one a line.
pub fn objects(drift: &Drift) -> String {
    let Some(differences) = &drift.differences else {
        return "the recorded snapshot was not kept, so the objects cannot be named".to_owned();
    };
    let mut lines: Vec<String> = differences
        .iter()
        .take(NAMED)
        .map(|difference| format!("{} {}", sign(&difference.change), difference.object))
        .collect();
    let more = differences.len().saturating_sub(NAMED);
    lines.extend((more > 0).then(|| format!("… and {more} more")));
    lines.join("\n")
}

/// `+` added, `-` removed, `~` changed.
pub fn sign(change: &Change) -> char {
    match change {
        Change::Added { .. } => '+',
        Change::Removed { .. } => '-',
        Change::Changed { .. } => '~',
    }
}

/// For programs.
pub fn document(drift: &Drift) -> wire::Drift {
    let objects = drift.differences.as_ref();
    wire::Drift {
        expected: drift.expected.to_string(),
        actual: drift.actual.to_string(),
        objects: objects.map(|objects| objects.iter().map(object).collect()),
    }
}

fn object(difference: &Difference) -> wire::DriftedObject {
    let (change, before, after) = match &difference.change {
        Change::Added { after } => ("added", None, Some(after)),
        Change::Removed { before } => ("removed", Some(before), None),
        Change::Changed { before, after } => ("changed", Some(before), Some(after)),
    };
    wire::DriftedObject {
        object: difference.object.to_string(),
        change,
        before: before.cloned(),
        after: after.cloned(),
    }
}
