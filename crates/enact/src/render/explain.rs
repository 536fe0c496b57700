//! Lock forecasts.

mod document;

use std::time::Duration;

use enact_engine::explain::live::{Basis, Estimate, Live, TableStatistics};
use enact_engine::explain::{
    Effect, EffectKind, Forecast, Hold, Lock, LockMode, MigrationForecast, RelationKind, Source,
    StatementForecast,
};

pub use document::{document, migrations};

use super::proof;
use crate::context::Target;
use crate::ui::style::{BAD, DIM, GOOD, STRONG, WARNING, paint, plural, safe, span};

/// What is known of a target.
#[derive(Debug, Clone, Copy)]
pub struct There<'a> {
    /// What it says.
    pub live: &'a Live,
    /// Which one.
    pub target: &'a Target,
    /// Another one, to compare with.
    pub against: Option<(&'a Live, &'a Target)>,
}

type Seen<'a> = Option<There<'a>>;

/// A block for each statement, then what the migration holds.
pub fn text(forecast: &Forecast, live: Seen<'_>) -> String {
    let what = if forecast.rollback {
        "rollback"
    } else {
        "migration"
    };
    let mut text = format!(
        "{}: {} tried on PostgreSQL {}\n",
        forecast.stream,
        plural(forecast.migrations.len(), what),
        forecast.server_version
    );
    if let Some(There { live, target, .. }) = live {
        text += &format!(
            "statistics of {}, with {}\n",
            target.conninfo.redacted(),
            plural(usize::try_from(live.replicas).unwrap_or(0), "replica")
        );
    }
    let migrations = forecast.migrations.iter();
    text.extend(migrations.map(|migration| migration_text(migration, live)));
    text
}

/// What each migration locks at the hardest, and for how long, behind its plan.
pub fn summaries(forecast: &Forecast, live: Seen<'_>) -> String {
    let one = |migration: &MigrationForecast| {
        let heading = format!("{:03}_{}", migration.number, migration.name);
        let rest = match &migration.failure {
            Some(failure) => proof::refused(failure),
            None => summary(migration, live),
        };
        format!("{}\n{rest}", paint(STRONG, &heading))
    };
    let all: String = forecast.migrations.iter().map(one).collect();
    format!("tried on PostgreSQL {}\n{all}", forecast.server_version)
}

fn migration_text(migration: &MigrationForecast, live: Seen<'_>) -> String {
    let heading = format!("{:03}_{}", migration.number, migration.name);
    let mut text = format!("\n{}\n", paint(STRONG, &heading));
    let statements = migration.statements.iter();
    text.extend(statements.map(|statement| statement_text(statement, migration)));
    if let Some(failure) = &migration.failure {
        return text + &proof::refused(failure);
    }
    text + &summary(migration, live)
}

fn statement_text(statement: &StatementForecast, migration: &MigrationForecast) -> String {
    let included = match statement.file == migration.file {
        true => String::new(),
        false => format!("{} ", safe(&statement.file.to_string_lossy())),
    };
    let (line, tag) = (statement.line, statement.tag);
    let mut text = format!("  {included}line {line}  {tag}\n");
    let shown: Vec<&Lock> = statement
        .locks
        .iter()
        .filter(|lock| !covered(lock, &statement.held, &statement.locks))
        .collect();
    let nothing = shown.is_empty() && statement.effects.is_empty();
    for lock in shown {
        let documented = match lock.source {
            Source::Observed => "",
            Source::Documented => " (documented, not seen)",
        };
        text += &format!(
            "    {} on {}: blocks {}{documented}\n",
            paint(style(lock.mode), lock.mode.name()),
            named(lock),
            lock.blocks()
        );
    }
    text.extend(effect_lines(statement));
    if nothing {
        let words = match (statement.transactional, statement.held.is_empty()) {
            (true, true) => "locks nothing that was there before",
            (true, false) => "needs no further lock",
            (false, _) => "no lock was seen",
        };
        text += &format!("    {}\n", paint(DIM, words));
    }
    text
}

/// A lock says nothing new where an earlier statement took a stronger one, or where it is on an index and the table is
/// locked as strongly.
fn covered(lock: &Lock, held: &[Lock], taken: &[Lock]) -> bool {
    let mut all = held.iter().chain(taken);
    all.any(|other| {
        let stronger = other.relation == lock.relation && other.mode > lock.mode;
        stronger || (lock.table.as_ref() == Some(&other.relation) && other.mode >= lock.mode)
    })
}

/// A rewrite reads the table and builds its indexes anew, which need not be said.
fn effect_lines(statement: &StatementForecast) -> Vec<String> {
    let effects = &statement.effects;
    let rewritten = |table: &str| {
        let mut effects = effects.iter();
        effects.any(|effect| effect.kind == EffectKind::Rewrite && effect.table == table)
    };
    let built = |table: &str| {
        let mut effects = effects.iter();
        effects.any(|effect| effect.index.is_some() && effect.table == table)
    };
    let line = |effect: &Effect| {
        let table = safe(&effect.table);
        let index = safe(effect.index.as_deref().unwrap_or_default());
        let words = match effect.kind {
            EffectKind::Rewrite => format!("rewrites {table} and its indexes"),
            EffectKind::Truncate => format!("empties {table}"),
            _ if rewritten(&effect.table) => return None,
            EffectKind::Scan if built(&effect.table) => return None,
            EffectKind::Scan => format!("reads every row of {table}"),
            EffectKind::IndexBuilt => format!("builds {index} from every row of {table}"),
            EffectKind::IndexRebuilt => format!("builds {index} anew from every row of {table}"),
        };
        let under = statement.under(&effect.table);
        let under = under.map_or_else(String::new, |mode| format!(", under {}", mode.name()));
        Some(format!("    {words}{under}\n"))
    };
    effects.iter().filter_map(line).collect()
}

fn summary(migration: &MigrationForecast, live: Seen<'_>) -> String {
    let holds = migration.holds();
    let worth_telling: Vec<&Hold> = holds
        .iter()
        .filter(|hold| hold.lock.mode >= LockMode::ShareUpdateExclusive)
        .filter(|hold| !index_of_held_table(hold, &holds))
        .collect();
    let mut text = String::new();
    for hold in &worth_telling {
        text += &hold_text(hold);
        if let Some(there) = live {
            text += &statistics(there, hold);
        }
    }
    let stops = |hold: &&Hold| hold.lock.mode.stops_the_application();
    if !worth_telling.iter().any(stops) {
        let words = "reads and writes of existing tables go on meanwhile";
        text += &format!("  {}\n", paint(GOOD, words));
    }
    text
}

fn index_of_held_table(hold: &Hold, holds: &[Hold]) -> bool {
    let Some(table) = &hold.lock.table else {
        return false;
    };
    holds.iter().any(|other| {
        other.lock.relation == *table
            && other.lock.mode >= hold.lock.mode
            && other.last_line == hold.last_line
    })
}

fn hold_text(hold: &Hold) -> String {
    let span = match (hold.until_commit, hold.from_line) {
        (true, line) => format!("from line {line} to COMMIT"),
        (false, line) => format!("while line {line} runs"),
    };
    let more = match hold.statements_after {
        0 => String::new(),
        more => format!(", through {} after it", plural(more, "statement")),
    };
    let mut words = Vec::new();
    let does = |kind| hold.effects.contains(&kind);
    if does(EffectKind::Rewrite) {
        words.push("rewrites it");
    } else if does(EffectKind::IndexBuilt) || does(EffectKind::IndexRebuilt) {
        words.push("builds an index");
    } else if does(EffectKind::Scan) {
        words.push("reads every row");
    }
    if does(EffectKind::Truncate) {
        words.push("empties it");
    }
    let work = words.iter().map(|words| format!("; {words}"));
    format!(
        "  holds {} on {} {span}{more}{}\n",
        paint(style(hold.lock.mode), hold.lock.mode.name()),
        named(&hold.lock),
        work.collect::<String>()
    )
}

/// What is long at this target alone, since a table is larger there.
pub fn outgrown(forecast: &Forecast, there: There<'_>) -> Vec<String> {
    let Some((other, against)) = there.against else {
        return Vec::new();
    };
    let mut words = Vec::new();
    for migration in &forecast.migrations {
        let holds = migration.holds();
        let told = holds
            .iter()
            .filter(|hold| !index_of_held_table(hold, &holds));
        for hold in told {
            let Some(found) = there.live.outgrown(other, hold) else {
                continue;
            };
            words.push(format!(
                "{:03} would lock {} for about {}, which takes {} at {}: the table is {} times as large here",
                migration.number,
                hold.table(),
                time(&found.here),
                time(&found.there),
                name(against),
                found.times
            ));
        }
    }
    words
}

fn name(target: &Target) -> String {
    let environment = target.environment.as_ref();
    environment.map_or_else(|| target.conninfo.redacted(), |(name, _)| name.clone())
}

fn time(estimate: &Estimate) -> String {
    span(Duration::from_millis(estimate.milliseconds))
}

fn rate(estimate: &Estimate) -> String {
    let rate = size(estimate.rate);
    match estimate.basis {
        Basis::Assumed => format!("an assumed {rate} a second"),
        Basis::Measured => format!("{rate} a second, as was measured there now"),
        Basis::Derived => {
            format!("{rate} a second, a quarter of what was measured there by reading")
        }
    }
}

fn statistics(there: There<'_>, hold: &Hold) -> String {
    let Some(table) = there.live.of(hold) else {
        return String::new();
    };
    let mut facts = vec![format!(
        "{}, indexes {}",
        size(table.bytes),
        size(table.index_bytes)
    )];
    facts.extend(table.live_rows.map(|rows| format!("{rows} rows")));
    let writes = table.writes_per_hour;
    facts.extend(writes.map(|writes| format!("{writes} rows written an hour")));
    let oldest = table.oldest_transaction_seconds;
    facts.extend(oldest.map(|age| format!("a transaction {age} s old holds it now")));
    let mut text = format!("    there: {}\n", facts.join(", "));
    if let Some(estimate) = estimate(table, hold) {
        text += &format!(
            "    estimate: {} ({} of {} at {})\n",
            time(&estimate),
            estimate.work,
            size(estimate.bytes),
            rate(&estimate)
        );
    }
    let compared = there
        .against
        .and_then(|(other, target)| Some((there.live.outgrown(other, hold)?, target)));
    if let Some((found, target)) = compared {
        let words = format!(
            "{} times as large as at {}, where it takes {}",
            found.times,
            name(target),
            time(&found.there)
        );
        text += &format!("    {}\n", paint(BAD, &safe(&words)));
    }
    text
}

fn estimate(table: &TableStatistics, hold: &Hold) -> Option<Estimate> {
    let worth = hold.lock.mode >= LockMode::ShareUpdateExclusive;
    worth.then(|| table.estimate(&hold.effects)).flatten()
}

fn size(bytes: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let (mut tenths, mut unit) = (bytes.saturating_mul(10), 0);
    while tenths >= 10_240 && unit + 1 < units.len() {
        tenths /= 1024;
        unit += 1;
    }
    let unit = units.get(unit).unwrap_or(&"");
    match tenths % 10 {
        0 => format!("{} {unit}", tenths / 10),
        tenth => format!("{}.{tenth} {unit}", tenths / 10),
    }
}

fn named(lock: &Lock) -> String {
    let kind = match lock.kind {
        RelationKind::Table => String::new(),
        kind => format!("{} ", kind.name()),
    };
    kind + &safe(&lock.relation)
}

fn style(mode: LockMode) -> anstyle::Style {
    match mode {
        LockMode::AccessExclusive => BAD,
        mode if mode.stops_the_application() => WARNING,
        _ => DIM,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        let sizes = [0, 8192, 1536, 200 << 20, 13 << 40].map(size);
        assert_eq!(sizes, ["0 B", "8 KiB", "1.5 KiB", "200 MiB", "13 TiB"]);
    }
}
