//! The clinical diary of `examples/`, carried in the binary so that the demo needs nothing beside it.

use std::fs;
use std::io;
use std::path::Path;

macro_rules! files {
    ($($path:literal,)*) => {
        &[$(($path, include_str!(concat!("../../../../../examples/clinical-diary/", $path)))),*]
    };
}

const FILES: &[(&str, &str)] = files![
    "core/.gitattributes",
    "core/enact.toml",
    "core/fixtures/001_trial.sql",
    "core/fixtures/002_events_with_metadata.sql",
    "core/fixtures/003_more_events.sql",
    "core/fixtures/004_events_through_the_function.sql",
    "core/fixtures/005_chained_events.sql",
    "core/migrations/001_initial_schema.sql",
    "core/migrations/002_add_audit_metadata.sql",
    "core/migrations/003_add_rls_policies.sql",
    "core/migrations/004_add_event_sourcing.sql",
    "core/migrations/005_add_tamper_detection.sql",
    "core/migrations/README.md",
    "core/migrations/rollback/002_rollback.sql",
    "core/migrations/rollback/003_rollback.sql",
    "core/migrations/rollback/004_rollback.sql",
    "core/migrations/rollback/005_rollback.sql",
    "core/tests/append_only.sql",
    "core/tests/audit_metadata.sql",
    "core/tests/event_sourcing.sql",
    "core/tests/rls_auditor.sql",
    "core/tests/rls_investigator.sql",
    "core/tests/rls_monitor.sql",
    "core/tests/rls_participant.sql",
    "core/tests/tamper_detection.sql",
    "orion/.gitattributes",
    "orion/database/migrations/001_edc_integration.sql",
    "orion/database/migrations/002_custom_reports.sql",
    "orion/database/migrations/README.md",
    "orion/database/migrations/rollback/001_rollback.sql",
    "orion/database/migrations/rollback/002_rollback.sql",
    "orion/enact.toml",
    "orion/fixtures/001_edc_deliveries.sql",
    "orion/tests/edc_sync.sql",
];

/// Writes the example's two repositories, `core` and `orion`, below `folder`.
///
/// # Errors
/// When a file cannot be written.
pub fn write(folder: &Path) -> io::Result<()> {
    for (path, text) in FILES {
        let path = folder.join(path);
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(path, text)?;
    }
    Ok(())
}
