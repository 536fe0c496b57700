//! What was observed, held against what lint finds.

use enact_lint::{Finding, Seen, Trace, Work};
use enact_sql::script::Script;

use super::mode::LockMode;
use super::report::{MigrationForecast, StatementForecast};
use super::state::EffectKind;

/// Holds the findings of a file against the forecast of that file.
pub fn compare(script: &Script, findings: &mut Vec<Finding>, forecast: &MigrationForecast) {
    let traces: Vec<Trace> = forecast.statements.iter().map(trace).collect();
    enact_lint::compare(script, findings, &traces);
}

fn trace(statement: &StatementForecast) -> Trace {
    let seen = statement.effects.iter().filter_map(|effect| {
        let work = match effect.kind {
            EffectKind::Rewrite => Work::Rewrite,
            EffectKind::Scan => Work::Scan,
            EffectKind::IndexBuilt | EffectKind::IndexRebuilt => Work::Build,
            EffectKind::Truncate => return None,
        };
        Some(Seen {
            work,
            table: effect.table.clone(),
            lock: lock(statement, &effect.table),
        })
    });
    Trace {
        range: statement.range.clone(),
        whole: statement.transactional,
        seen: seen.collect(),
    }
}

/// The strongest lock on the table while the statement runs, if it stops writers.
fn lock(statement: &StatementForecast, table: &str) -> Option<(&'static str, &'static str)> {
    let all = statement.held.iter().chain(&statement.locks);
    let strongest = all
        .filter(|lock| lock.relation == table)
        .max_by_key(|lock| lock.mode)?;
    (strongest.mode >= LockMode::Share).then(|| (strongest.mode.name(), strongest.blocks()))
}
