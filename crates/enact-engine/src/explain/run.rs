//! A script, statement by statement, with a look before and after each.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use enact_sql::script::{Script, Segment, SegmentKind, Statement};

use super::look;
use super::mode::LockMode;
use super::report::{self, Lock, Source, StatementForecast};
use super::standalone;
use super::state::{self, Effect, Locks, Oid, State};
use crate::pipeline::{self, Message, Refused};
use crate::proof::bench::Bench;
use crate::proof::execute::{Executor, failure};
use crate::proof::{ProofError, ScriptFailure};
use crate::run::text::SegmentText;

/// The server names the foreign keys it checks at this level. A plan without sequential scans tells a query that needs
/// one from a query that merely prefers it on a table as small as those of a sandbox; compiling it is a waste here.
const AIDS: &str =
    "SET LOCAL client_min_messages = debug1; SET LOCAL enable_seqscan = off; SET LOCAL jit = off";
/// What one statement did, by OIDs.
#[derive(Default)]
pub(super) struct Found {
    pub locks: Locks,
    pub documented: Locks,
    pub effects: BTreeSet<Effect>,
    pub held: Locks,
}

type Statements = (Vec<StatementForecast>, Option<Box<ScriptFailure>>);

/// Runs a script as the proof does, each segment committed, and says what its statements did.
pub(super) async fn observed(bench: &Bench<'_>, script: &Script) -> Result<Statements, ProofError> {
    let known = look::relations(bench.executor().connection.client()).await?;
    let mut observer = Observer {
        bench,
        executor: bench.executor(),
        script,
        known,
        indexes: BTreeMap::new(),
        statements: Vec::new(),
    };
    for (index, segment) in script.segments.iter().enumerate() {
        let refused = match &segment.kind {
            SegmentKind::Standalone(kind) => observer.alone(segment, kind, index + 1).await?,
            _ => observer.transaction(segment, index + 1).await?,
        };
        if let Some(refused) = refused {
            let done = script.segments.iter().take(index);
            let done = done.map(|segment| segment.statements.len()).sum();
            let failure = failure(script, segment, done, &refused);
            return Ok((observer.statements, Some(failure)));
        }
    }
    Ok((observer.statements, None))
}

pub(super) struct Observer<'a> {
    pub bench: &'a Bench<'a>,
    pub executor: &'a Executor,
    pub script: &'a Script,
    /// What was there before the migration.
    pub known: State,
    /// Names of indexes that were not.
    indexes: BTreeMap<Oid, String>,
    statements: Vec<StatementForecast>,
}

impl Observer<'_> {
    async fn transaction(
        &mut self,
        segment: &Segment,
        number: usize,
    ) -> Result<Option<Refused>, ProofError> {
        let executor = self.executor;
        let client = executor.connection.client();
        self.batch(&executor.begin_sql()).await?;
        let text = SegmentText::of(self.script, segment);
        let mut state = look::relations(client).await?;
        let mut locks = look::own_locks(client).await?;
        for (index, (statement, message)) in
            segment.statements.iter().zip(&text.messages).enumerate()
        {
            // Before each, since a statement may have set them otherwise.
            self.batch(AIDS).await?;
            if let Some(refused) = self.send(message, index + 1).await? {
                return Ok(Some(refused));
            }
            let found = self.compare(&mut state, &mut locks).await?;
            self.tell(statement, number, true, &found);
        }
        self.send(&Message::Sql("COMMIT"), segment.statements.len() + 1)
            .await
    }

    /// What changed since the last look, which is replaced.
    async fn compare(&mut self, state: &mut State, locks: &mut Locks) -> Result<Found, ProofError> {
        let client = self.executor.connection.client();
        let names = checked_foreign_keys(self.executor);
        let held = look::own_locks(client).await?;
        let now = look::relations(client).await?;
        let mut effects = state::effects(&self.known, state, &now, true);
        if !names.is_empty() {
            let checked = look::foreign_keys(client, &names).await?;
            effects.extend(self.scans(&checked, &held));
        }
        self.name_indexes(&now);
        let taken = held.difference(locks).copied().collect();
        *state = now;
        locks.clone_from(&held);
        Ok(Found {
            locks: taken,
            documented: Locks::new(),
            effects,
            held,
        })
    }

    /// Both tables of a foreign key are read to check it. Names of constraints are not unique; locks tell which it was.
    fn scans(&self, keys: &[(Oid, Oid)], held: &Locks) -> Vec<Effect> {
        let strongest = state::strongest(held);
        let locked = |oid: Oid, mode| strongest.get(&oid).is_some_and(|&held| held >= mode);
        let checked = keys.iter().filter(|&&(from, to)| {
            locked(from, LockMode::ShareUpdateExclusive) && locked(to, LockMode::RowShare)
        });
        let tables = checked.flat_map(|&(from, to)| [from, to]);
        let tables = tables.filter(|table| self.known.contains_key(table));
        tables.map(Effect::scan).collect()
    }

    /// Runs what must run alone.
    async fn alone(
        &mut self,
        segment: &Segment,
        kind: &enact_sql::classify::Standalone,
        number: usize,
    ) -> Result<Option<Refused>, ProofError> {
        let Some(statement) = segment.statements.first() else {
            return Ok(None);
        };
        self.batch(&self.executor.alone_sql()).await?;
        let (found, refused) = standalone::observe(self, statement, kind).await?;
        if let Some(refused) = refused {
            self.executor.roll_back().await?;
            return Ok(Some(refused));
        }
        let now = look::relations(self.executor.connection.client()).await?;
        self.name_indexes(&now);
        self.batch(&self.executor.reset_sql()).await?;
        self.tell(statement, number, false, &found);
        Ok(None)
    }

    async fn send(
        &self,
        message: &Message<'_>,
        index: usize,
    ) -> Result<Option<Refused>, ProofError> {
        drop(self.executor.notices());
        let client = self.executor.connection.client();
        let sent = pipeline::run(client, std::slice::from_ref(message), true).await;
        let Err(Refused { error, .. }) = sent else {
            return Ok(None);
        };
        if self.executor.connection.is_gone(&error) {
            return Err(look::failed(error));
        }
        self.executor.roll_back().await?;
        Ok(Some(Refused { index, error }))
    }

    async fn batch(&self, sql: &str) -> Result<(), ProofError> {
        let client = self.executor.connection.client();
        client.batch_execute(sql).await.map_err(look::failed)
    }

    fn name_indexes(&mut self, now: &State) {
        let new = now.iter().filter(|(_, relation)| relation.table.is_some());
        let new = new.map(|(&oid, relation)| (oid, relation.name.clone()));
        self.indexes.extend(new);
    }

    fn tell(&mut self, statement: &Statement, segment: usize, transactional: bool, found: &Found) {
        let place = self.script.locate(statement.range.start);
        let mut locks = self.locks(&found.locks, Source::Observed);
        locks.extend(self.locks(&found.documented, Source::Documented));
        locks.sort();
        let held = self.locks(&found.held, Source::Observed);
        self.statements.push(StatementForecast {
            file: PathBuf::from(place.file),
            line: u32::try_from(place.line).unwrap_or(u32::MAX),
            range: statement.range.clone(),
            tag: statement.tag,
            segment,
            transactional,
            locks,
            effects: self.effects(&found.effects),
            held,
        });
    }

    fn locks(&self, locks: &Locks, source: Source) -> Vec<Lock> {
        let name = |oid: Oid| self.known.get(&oid).map(|relation| relation.name.clone());
        let lock = |(oid, mode): (Oid, LockMode)| {
            let relation = self.known.get(&oid)?;
            Some(Lock {
                relation: relation.name.clone(),
                kind: relation.kind,
                table: relation.table.and_then(name),
                mode,
                source,
            })
        };
        let mut named: Vec<Lock> = state::strongest(locks)
            .into_iter()
            .filter_map(lock)
            .collect();
        named.sort();
        named
    }

    fn effects(&self, effects: &BTreeSet<Effect>) -> Vec<report::Effect> {
        let known = |oid: Oid| self.known.get(&oid).map(|relation| relation.name.clone());
        let effect = |effect: &Effect| {
            let index = effect.index;
            Some(report::Effect {
                kind: effect.kind,
                table: known(effect.table)?,
                index: index.and_then(|oid| known(oid).or_else(|| self.indexes.get(&oid).cloned())),
            })
        };
        let mut named: Vec<report::Effect> = effects.iter().filter_map(effect).collect();
        named.sort();
        named
    }
}

/// Foreign keys that the last statement checked row by row.
fn checked_foreign_keys(executor: &Executor) -> Vec<String> {
    let notices = executor.notices();
    let quoted = notices.iter().filter_map(|notice| {
        let name = notice
            .message
            .strip_prefix("validating foreign key constraint \"")?;
        name.strip_suffix('"')
    });
    quoted.map(str::to_owned).collect()
}
