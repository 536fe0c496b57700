//! Lock forecasts for programs.

use enact_engine::explain::live::TableStatistics;
use enact_engine::explain::{
    Effect, Forecast, Hold, Lock, LockMode, MigrationForecast, StatementForecast,
};

use super::{Seen, There, estimate, name};
use crate::render::proof;
use crate::wire;

/// For programs.
pub fn document(forecast: &Forecast, live: Seen<'_>) -> wire::Explain {
    let direction = if forecast.rollback {
        "rollback"
    } else {
        "apply"
    };
    wire::Explain {
        schema: "enact.explain/1",
        stream: forecast.stream.to_string(),
        direction,
        server_version: forecast.server_version.clone(),
        target: live.map(target_document),
        migrations: migrations(forecast, live),
    }
}

/// The migrations for programs.
pub fn migrations(forecast: &Forecast, live: Seen<'_>) -> Vec<wire::ExplainMigration> {
    let migrations = forecast.migrations.iter();
    migrations
        .map(|migration| migration_document(migration, live))
        .collect()
}

fn target_document(there: There<'_>) -> wire::ExplainTarget {
    let There { live, target, .. } = there;
    let table = |table: &TableStatistics| wire::ExplainTable {
        table: table.table.clone(),
        bytes: table.bytes,
        index_bytes: table.index_bytes,
        live_rows: table.live_rows,
        writes_per_hour: table.writes_per_hour,
        oldest_transaction_seconds: table.oldest_transaction_seconds,
        read_bytes_per_second: table.read_rate,
    };
    wire::ExplainTarget {
        target: target.conninfo.redacted(),
        server_version: live.server_version.clone(),
        replicas: live.replicas,
        tables: live.tables.iter().map(table).collect(),
        against: there.against.map(|(_, other)| name(other)),
    }
}

fn migration_document(migration: &MigrationForecast, live: Seen<'_>) -> wire::ExplainMigration {
    let holds = migration.holds();
    wire::ExplainMigration {
        number: migration.number,
        name: migration.name.clone(),
        file: migration.file.display().to_string(),
        statements: migration
            .statements
            .iter()
            .map(statement_document)
            .collect(),
        holds: holds.iter().map(|hold| hold_document(hold, live)).collect(),
        failure: migration.failure.as_deref().map(proof::script_failure),
    }
}

fn statement_document(statement: &StatementForecast) -> wire::ExplainStatement {
    let effect = |effect: &Effect| wire::ExplainEffect {
        kind: effect.kind.name(),
        table: effect.table.clone(),
        index: effect.index.clone(),
        under: statement.under(&effect.table).map(LockMode::name),
    };
    wire::ExplainStatement {
        file: statement.file.display().to_string(),
        line: statement.line,
        statement: statement.tag,
        segment: statement.segment,
        transactional: statement.transactional,
        locks: statement.locks.iter().map(lock_document).collect(),
        effects: statement.effects.iter().map(effect).collect(),
    }
}

fn lock_document(lock: &Lock) -> wire::ExplainLock {
    wire::ExplainLock {
        relation: lock.relation.clone(),
        kind: lock.kind.name(),
        table: lock.table.clone(),
        mode: lock.mode.name(),
        blocks: lock.blocks(),
        source: lock.source.name(),
    }
}

fn hold_document(hold: &Hold, live: Seen<'_>) -> wire::ExplainHold {
    let until = if hold.until_commit {
        "commit"
    } else {
        "statement-end"
    };
    let table = live.and_then(|there| there.live.of(hold));
    let outgrown = live.and_then(|there| {
        let (other, _) = there.against?;
        there.live.outgrown(other, hold)
    });
    let estimate = table.and_then(|table| estimate(table, hold));
    wire::ExplainHold {
        lock: lock_document(&hold.lock),
        from_line: hold.from_line,
        last_line: hold.last_line,
        until,
        effects: hold.effects.iter().map(|effect| effect.name()).collect(),
        estimate: estimate.map(|estimate| wire::ExplainEstimate {
            milliseconds: estimate.milliseconds,
            work: estimate.work,
            bytes: estimate.bytes,
            bytes_per_second: estimate.rate,
            basis: estimate.basis.name(),
        }),
        outgrown: outgrown.map(|found| wire::ExplainOutgrown {
            times: found.times,
            bytes: found.there.bytes,
            milliseconds: found.there.milliseconds,
        }),
    }
}
