//! A plan's own reading: what its steps would do to the core, before any of them runs.

use std::collections::BTreeMap;

use enact_sql::script::Script;

use super::{Reading, placed};
use crate::plan::StepLabel;
use crate::project::Streams;
use crate::run::RunError;

/// Something that a migration of the extension does to the core without leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touched {
    /// The migration.
    pub label: String,
    /// The line of the statement.
    pub line: u32,
    /// What it does, as in `alters`.
    pub what: &'static str,
    /// The core object, or the schema of the core.
    pub object: String,
}

/// Refuses steps of the extension whose statements do something to the core without leave. What functions and blocks do
/// is not read; the core is compared with its release when all is done.
///
/// # Errors
/// [`RunError::CoreIsTouched`] with all of it; when an earlier file of the extension cannot be read.
pub(crate) fn refuse<'s>(
    streams: &Streams,
    steps: impl Iterator<Item = (&'s StepLabel, &'s Script)>,
) -> Result<(), RunError> {
    let Some(pinned) = streams.core() else {
        return Ok(());
    };
    let own = streams.own();
    let ours = |label: &StepLabel| label.stream == own.name() && !label.is_down();
    let planned: BTreeMap<u32, (&StepLabel, &Script)> = steps
        .filter(|(label, _)| ours(label))
        .map(|step| (step.0.number, step))
        .collect();
    let Some(last) = planned.keys().next_back() else {
        return Ok(());
    };
    let mut reading = Reading::of_release(&pinned.package);
    let mut touched = Vec::new();
    for migration in own.migrations.iter().filter(|one| one.number <= *last) {
        let Some((label, script)) = planned.get(&migration.number) else {
            // In force: what it made is the extension's own.
            reading.migration(&own.load(migration).map_err(RunError::Files)?);
            continue;
        };
        let found = placed(script, reading.migration(script));
        touched.extend(found.into_iter().map(|(line, touch)| Touched {
            label: label.of_migration(),
            line,
            what: touch.what,
            object: touch.object,
        }));
    }
    match touched.is_empty() {
        true => Ok(()),
        false => Err(RunError::CoreIsTouched {
            release: pinned.version().to_owned(),
            touched,
        }),
    }
}
