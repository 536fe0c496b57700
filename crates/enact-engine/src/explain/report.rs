//! What was found, for each statement, and what follows from it for the migration.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::PathBuf;

use super::mode::{LockMode, RelationKind};
use super::state::EffectKind;
use crate::exit::Exit;
use crate::project::StreamName;
use crate::proof::ScriptFailure;

/// The forecast of some migrations, or of their rollbacks.
#[derive(Debug)]
pub struct Forecast {
    /// The stream.
    pub stream: StreamName,
    /// PostgreSQL's version, as the server words it.
    pub server_version: String,
    /// Its major version.
    pub server_major: u32,
    /// Whether rollbacks were run, not migrations.
    pub rollback: bool,
    /// In the order in which they ran; what comes after a failure did not run.
    pub migrations: Vec<MigrationForecast>,
}

impl Forecast {
    /// The exit code that stands for this.
    #[must_use]
    pub fn exit(&self) -> Exit {
        let failed = self.migrations.iter().any(|one| one.failure.is_some());
        match (failed, self.rollback) {
            (false, _) => Exit::Done,
            (true, false) => Exit::MigrationFailed,
            (true, true) => Exit::RollbackFailed,
        }
    }
}

/// The forecast of one file.
#[derive(Debug)]
pub struct MigrationForecast {
    /// Number in the stream.
    pub number: u32,
    /// Description from the file name.
    pub name: String,
    /// The file that ran, relative to the repository's root.
    pub file: PathBuf,
    /// Its statements, in order.
    pub statements: Vec<StatementForecast>,
    /// The statement that the server refused.
    pub failure: Option<Box<ScriptFailure>>,
}

/// What one statement does to relations that were there before the migration.
#[derive(Debug)]
pub struct StatementForecast {
    /// The file with the statement: the migration, or one that it includes.
    pub file: PathBuf,
    /// One-based line.
    pub line: u32,
    /// Its bytes in the text of the file with what it includes.
    pub range: Range<usize>,
    /// Short name, such as `ALTER TABLE`.
    pub tag: &'static str,
    /// One-based segment of the file.
    pub segment: usize,
    /// Whether its segment is a transaction; else it runs alone.
    pub transactional: bool,
    /// The strongest lock on each relation that the statement itself took and that was not held before.
    pub locks: Vec<Lock>,
    /// What it does, table by table.
    pub effects: Vec<Effect>,
    /// The strongest lock on each relation after it, those of earlier statements of the transaction included.
    pub held: Vec<Lock>,
}

impl StatementForecast {
    /// The strongest lock on a relation while the statement runs, those of earlier statements included.
    #[must_use]
    pub fn under(&self, relation: &str) -> Option<LockMode> {
        let all = self.held.iter().chain(&self.locks);
        let on_it = all.filter(|lock| lock.relation == relation);
        on_it.map(|lock| lock.mode).max()
    }
}

/// A lock on a relation that was there before the migration.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lock {
    /// Schema and name as before the migration.
    pub relation: String,
    /// What the relation is.
    pub kind: RelationKind,
    /// The table of an index.
    pub table: Option<String>,
    /// The mode.
    pub mode: LockMode,
    /// How it is known.
    pub source: Source,
}

impl Lock {
    /// What others cannot do meanwhile.
    #[must_use]
    pub fn blocks(&self) -> &'static str {
        self.kind.blocked_by(self.mode)
    }
}

/// How something is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// It was seen in the sandbox.
    Observed,
    /// PostgreSQL's documentation says so; it is too brief to be seen.
    Documented,
}

impl Source {
    /// The name in documents.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Observed => "observed",
            Self::Documented => "documented",
        }
    }
}

/// What a statement does to a table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Effect {
    /// What.
    pub kind: EffectKind,
    /// The table, schema and name as before the migration.
    pub table: String,
    /// The index, for one that is built.
    pub index: Option<String>,
}

/// How long a relation stays locked, seen over the whole file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// The strongest lock.
    pub lock: Lock,
    /// Line of the statement that first takes it.
    pub from_line: u32,
    /// Line of the last statement of the transaction.
    pub last_line: u32,
    /// Until `COMMIT`; else the statement runs alone and lets go by itself.
    pub until_commit: bool,
    /// What is done to the relation, or to the table of an index, from there on.
    pub effects: Vec<EffectKind>,
    /// How many statements of the transaction come after the one that takes it.
    pub statements_after: usize,
}

impl Hold {
    /// The table concerned: the relation, or the table of an index.
    #[must_use]
    pub fn table(&self) -> &str {
        self.lock.table.as_ref().unwrap_or(&self.lock.relation)
    }
}

impl Forecast {
    /// Every table that is locked or worked on, once, in order of names.
    #[must_use]
    pub fn tables(&self) -> Vec<String> {
        let statements = self.migrations.iter().flat_map(|one| &one.statements);
        let locked = statements.flat_map(|statement| &statement.locks);
        let names: BTreeSet<&String> = locked
            .map(|lock| lock.table.as_ref().unwrap_or(&lock.relation))
            .collect();
        names.into_iter().cloned().collect()
    }
}

impl MigrationForecast {
    /// The strongest lock on each relation and segment, the strongest first.
    #[must_use]
    pub fn holds(&self) -> Vec<Hold> {
        let mut holds: Vec<Hold> = Vec::new();
        for segment in self
            .statements
            .chunk_by(|one, next| one.segment == next.segment)
        {
            holds.extend(segment_holds(segment));
        }
        holds.sort_by(|a, b| {
            let key = |hold: &Hold| (std::cmp::Reverse(hold.lock.mode), hold.from_line);
            key(a).cmp(&key(b))
        });
        holds
    }
}

fn segment_holds(segment: &[StatementForecast]) -> Vec<Hold> {
    let last_line = segment.last().map_or(0, |last| last.line);
    let mut first: BTreeMap<&str, (usize, &Lock)> = BTreeMap::new();
    for (index, statement) in segment.iter().enumerate() {
        for lock in &statement.locks {
            let so_far = first.get(lock.relation.as_str());
            if so_far.is_none_or(|(_, known)| known.mode < lock.mode) {
                first.insert(&lock.relation, (index, lock));
            }
        }
    }
    let hold = |(from, lock): (usize, &Lock)| {
        let during = segment.iter().skip(from);
        let table = lock.table.as_ref().unwrap_or(&lock.relation);
        let effects = during.flat_map(|statement| &statement.effects);
        let mut effects: Vec<EffectKind> = effects
            .filter(|effect| effect.table == *table)
            .map(|effect| effect.kind)
            .collect();
        effects.sort();
        effects.dedup();
        let taker = segment.get(from);
        Hold {
            lock: lock.clone(),
            from_line: taker.map_or(0, |statement| statement.line),
            last_line,
            until_commit: taker.is_some_and(|statement| statement.transactional),
            effects,
            statements_after: segment.len().saturating_sub(from + 1),
        }
    };
    first.into_values().map(hold).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock(relation: &str, mode: LockMode) -> Lock {
        Lock {
            relation: relation.to_owned(),
            kind: RelationKind::Table,
            table: None,
            mode,
            source: Source::Observed,
        }
    }

    fn statement(line: u32, segment: usize, locks: Vec<Lock>) -> StatementForecast {
        StatementForecast {
            file: PathBuf::new(),
            line,
            range: 0..0,
            tag: "ALTER TABLE",
            segment,
            transactional: true,
            locks,
            effects: Vec::new(),
            held: Vec::new(),
        }
    }

    fn migration(statements: Vec<StatementForecast>) -> MigrationForecast {
        MigrationForecast {
            number: 1,
            name: "one".to_owned(),
            file: PathBuf::new(),
            statements,
            failure: None,
        }
    }

    #[test]
    fn the_strongest_lock_counts_from_the_statement_that_takes_it() {
        let forecast = migration(vec![
            statement(2, 1, vec![lock("t", LockMode::ShareRowExclusive)]),
            statement(4, 1, vec![lock("t", LockMode::AccessExclusive)]),
            statement(9, 1, vec![lock("t", LockMode::Share)]),
        ]);
        let holds = forecast.holds();
        let [hold] = holds.as_slice() else {
            panic!("{holds:?}")
        };
        assert_eq!(hold.lock.mode, LockMode::AccessExclusive);
        assert_eq!((hold.from_line, hold.last_line), (4, 9));
        assert_eq!(hold.statements_after, 1);
    }

    #[test]
    fn each_segment_lets_go_of_its_own_locks() {
        let forecast = migration(vec![
            statement(1, 1, vec![lock("t", LockMode::Share)]),
            statement(2, 2, vec![lock("t", LockMode::AccessExclusive)]),
        ]);
        let modes: Vec<_> = forecast
            .holds()
            .into_iter()
            .map(|hold| (hold.lock.mode, hold.last_line))
            .collect();
        assert_eq!(
            modes,
            [(LockMode::AccessExclusive, 2), (LockMode::Share, 1)]
        );
    }

    #[test]
    fn what_is_done_under_a_lock_belongs_to_it() {
        let mut slow = statement(3, 1, Vec::new());
        slow.effects = vec![Effect {
            kind: EffectKind::Scan,
            table: "t".to_owned(),
            index: None,
        }];
        let forecast = migration(vec![
            statement(1, 1, vec![lock("t", LockMode::AccessExclusive)]),
            slow,
        ]);
        assert_eq!(forecast.holds()[0].effects, [EffectKind::Scan]);
    }
}
