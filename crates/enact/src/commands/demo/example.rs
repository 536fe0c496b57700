//! The clinical diary of `examples/`, carried in the binary so that the demo needs nothing beside it.

use std::fs;
use std::io;
use std::path::Path;

macro_rules! files {
    ($($path:literal,)*) => {
        &[$(($path, include_str!(concat!("../../../../../examples/clinical-diary/", $path)))),*]
    };
}

/// The core as of 1.2.0, and the sponsors.
const FILES: &[(&str, &str)] = files![
    "core/.gitattributes",
    "core/CHANGELOG.md",
    "core/enact.toml",
    "core/fixtures/001_trial.sql",
    "core/fixtures/002_events_with_metadata.sql",
    "core/fixtures/003_more_events.sql",
    "core/fixtures/004_events_through_the_function.sql",
    "core/migrations/001_initial_schema.sql",
    "core/migrations/002_add_audit_metadata.sql",
    "core/migrations/003_add_rls_policies.sql",
    "core/migrations/004_add_event_sourcing.sql",
    "core/migrations/README.md",
    "core/migrations/rollback/002_rollback.sql",
    "core/migrations/rollback/003_rollback.sql",
    "core/migrations/rollback/004_rollback.sql",
    "core/tests/audit_metadata.sql",
    "core/tests/event_sourcing.sql",
    "core/tests/rls_monitor.sql",
    "orion/.gitattributes",
    "orion/database/migrations/001_edc_integration.sql",
    "orion/database/migrations/002_custom_reports.sql",
    "orion/database/migrations/README.md",
    "orion/database/migrations/rollback/001_rollback.sql",
    "orion/database/migrations/rollback/002_rollback.sql",
    "orion/enact.toml",
    "orion/fixtures/001_edc_deliveries.sql",
    "orion/tests/edc_sync.sql",
    "lyra/.gitattributes",
    "lyra/database/migrations/001_visit_windows.sql",
    "lyra/database/migrations/README.md",
    "lyra/database/migrations/rollback/001_rollback.sql",
    "lyra/enact.toml",
    "vega/.gitattributes",
    "vega/database/migrations/001_device_uploads.sql",
    "vega/database/migrations/README.md",
    "vega/database/migrations/rollback/001_rollback.sql",
    "vega/enact.toml",
];

/// What came with 1.3.0.
const LATER: &[(&str, &str)] = files![
    "core/fixtures/005_chained_events.sql",
    "core/migrations/005_add_tamper_detection.sql",
    "core/migrations/rollback/005_rollback.sql",
    "core/tests/append_only.sql",
    "core/tests/rls_auditor.sql",
    "core/tests/rls_investigator.sql",
    "core/tests/rls_participant.sql",
    "core/tests/tamper_detection.sql",
];

/// Writes the example's repositories below `folder`: the core as of 1.2.0, and three sponsors.
///
/// # Errors
/// When a file cannot be written.
pub fn write(folder: &Path) -> io::Result<()> {
    write_all(folder, FILES)
}

/// Writes what the core brought with 1.3.0.
///
/// # Errors
/// When a file cannot be written.
pub fn write_later(folder: &Path) -> io::Result<()> {
    write_all(folder, LATER)
}

fn write_all(folder: &Path, files: &[(&str, &str)]) -> io::Result<()> {
    for (path, text) in files {
        let path = folder.join(path);
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(path, text)?;
    }
    Ok(())
}
