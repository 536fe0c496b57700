//! A statement that runs outside of transactions, and so keeps no lock to be read afterwards.
//!
//! Another session holds a lock on every table. The statement gets as far as a lock that it has to wait for, and there
//! its own locks and the one it asks for can be read. A third session then takes over the locks on all other tables
//! before the second one lets go, so that a statement which goes from table to table is stopped at each.

use std::collections::BTreeSet;
use std::time::Duration;

use enact_sql::classify::Standalone;
use enact_sql::script::Statement;

use super::look;
use super::mode::{LockMode, RelationKind};
use super::run::{Found, Observer};
use super::state::{self, Effect, EffectKind, Locks, Oid, State};
use crate::connection::Connection;
use crate::events::Events;
use crate::pipeline::{self, Answer, Message, Refused};
use crate::proof::ProofError;
use crate::quote::qualified;
use crate::target::ConnInfo;

/// Waiting shows in `pg_locks` alone, so it is asked for again and again.
const POLL: Duration = Duration::from_millis(2);

/// Runs the statement and says what it did.
pub(super) async fn observe(
    observer: &Observer<'_>,
    statement: &Statement,
    kind: &Standalone,
) -> Result<(Found, Option<Refused>), ProofError> {
    let client = observer.executor.connection.client();
    let before = look::relations(client).await?;
    let named = named(observer, kind).await?;
    let mut blockers = Blockers::open(observer, kind).await?;
    let sql = [Message::Sql(observer.script.sql(statement))];
    let watched = watch(
        &mut blockers,
        observer.executor.connection.pid,
        pipeline::run(client, &sql, true),
    );
    let (locks, ended) = watched.await?;
    blockers.close().await;
    if let Err(refused) = ended {
        if observer.executor.connection.is_gone(&refused.error) {
            return Err(look::failed(refused.error));
        }
        let index = refused.index + 1;
        return Ok((Found::default(), Some(Refused { index, ..refused })));
    }
    let after = look::relations(client).await?;
    let effects = state::effects(&observer.known, &before, &after, false);
    let documented = documented(kind, &named, &before, &effects);
    let seen = state::strongest(&locks);
    let unseen = |(oid, mode): &(Oid, LockMode)| seen.get(oid).is_none_or(|seen| seen < mode);
    let documented: Locks = documented.into_iter().filter(unseen).collect();
    let covered: BTreeSet<Oid> = documented.iter().map(|&(oid, _)| oid).collect();
    let locks = locks.into_iter().filter(|(oid, _)| !covered.contains(oid));
    let found = Found {
        locks: locks.collect(),
        documented,
        effects,
        held: Locks::new(),
    };
    Ok((found, None))
}

/// Awaits the statement's end, collecting its locks wherever it waits.
async fn watch(
    blockers: &mut Blockers,
    pid: i32,
    work: impl Future<Output = Result<Vec<Answer>, Refused>>,
) -> Result<(Locks, Result<(), Refused>), ProofError> {
    let mut work = std::pin::pin!(work);
    let mut locks = Locks::new();
    loop {
        tokio::select! {
            biased;
            ended = &mut work => return Ok((locks, ended.map(drop))),
            () = tokio::time::sleep(POLL), if blockers.holding => {}
        }
        if !blockers.holding {
            continue;
        }
        let (seen, waits) = look::locks_of(blockers.watcher.client(), pid).await?;
        if waits {
            locks.extend(&seen);
            blockers.give_way(&locks).await?;
        }
    }
}

/// Two sessions that take turns in holding locks, and one that looks.
struct Blockers {
    watcher: Connection,
    front: Connection,
    back: Connection,
    tables: Vec<(Oid, String)>,
    mode: LockMode,
    /// Relations at which the statement has been stopped.
    passed: usize,
    holding: bool,
}

impl Blockers {
    async fn open(observer: &Observer<'_>, kind: &Standalone) -> Result<Self, ProofError> {
        let request = &observer.bench.request;
        let url = request.scratch.url(observer.bench.database());
        let info = ConnInfo::resolve(Some(&url), request.env)?;
        let events = Events::silent();
        let open = || Connection::open(&info, "enact explain", &events);
        let tables = observer
            .known
            .iter()
            .filter(|(_, relation)| relation.kind == RelationKind::Table);
        let mut blockers = Self {
            watcher: open().await?,
            front: open().await?,
            back: open().await?,
            tables: tables.map(|(&oid, it)| (oid, it.name.clone())).collect(),
            mode: match kind {
                // These do not wait for writers while they hold a lock, and the two sessions must not wait for one another.
                Standalone::Vacuum | Standalone::DetachPartitionConcurrently { .. } => {
                    LockMode::Share
                }
                // These may do anything; each is stopped at the first table, whatever it wants of it but to read.
                Standalone::CommittingDo
                | Standalone::CommittingCall { .. }
                | Standalone::Declared { .. } => LockMode::Exclusive,
                _ => LockMode::RowExclusive,
            },
            passed: 0,
            holding: false,
        };
        blockers.holding = blockers.hold(&Locks::new()).await;
        Ok(blockers)
    }

    /// Locks every table in front but those at which the statement has been. Where that is not allowed, nothing can
    /// be observed, which is no reason to fail.
    async fn hold(&self, passed: &Locks) -> bool {
        let been = |oid: &Oid| passed.iter().any(|(passed, _)| passed == oid);
        let rest = self.tables.iter().filter(|(oid, _)| !been(oid));
        let rest: Vec<&str> = rest.map(|(_, name)| name.as_str()).collect();
        if rest.is_empty() {
            return false;
        }
        let mode = self.mode.name();
        let sql = format!(
            "BEGIN; LOCK TABLE ONLY {} IN {mode} MODE",
            rest.join(", ONLY ")
        );
        self.front.client().batch_execute(&sql).await.is_ok()
    }

    /// Lets the statement go on to the next table, or to its end once nothing new is learnt.
    async fn give_way(&mut self, passed: &Locks) -> Result<(), ProofError> {
        std::mem::swap(&mut self.front, &mut self.back);
        let learnt = passed.len() > self.passed;
        self.passed = passed.len();
        // Two sessions cannot hold this one at a time.
        let alone = self.mode == LockMode::Exclusive;
        self.holding = learnt && !alone && self.hold(passed).await;
        if !self.holding {
            release(&self.front).await?;
        }
        release(&self.back).await
    }

    async fn close(self) {
        for connection in [self.watcher, self.front, self.back] {
            connection.close().await;
        }
    }
}

async fn release(connection: &Connection) -> Result<(), ProofError> {
    let released = connection.client().batch_execute("ROLLBACK").await;
    released.map_err(look::failed)
}

/// The relations that the statement names.
async fn named(observer: &Observer<'_>, kind: &Standalone) -> Result<Vec<Oid>, ProofError> {
    let names = match kind {
        Standalone::CreateIndexConcurrently { table, .. } => vec![table],
        Standalone::DropIndexConcurrently { names, .. } => names.iter().collect(),
        Standalone::DetachPartitionConcurrently { parent, child } => vec![parent, child],
        _ => Vec::new(),
    };
    let client = observer.executor.connection.client();
    let mut oids = Vec::with_capacity(names.len());
    for name in names {
        oids.extend(look::named(client, &qualified(name)).await?);
    }
    Ok(oids)
}

/// The locks that PostgreSQL's documentation states. They count where they are stronger than what was seen.
fn documented(
    kind: &Standalone,
    named: &[Oid],
    before: &State,
    effects: &BTreeSet<Effect>,
) -> Vec<(Oid, LockMode)> {
    let weak = LockMode::ShareUpdateExclusive;
    let touched = |mode| move |effect: &Effect| (effect.table, mode);
    match kind {
        Standalone::CreateIndexConcurrently { .. } => named.iter().map(|&it| (it, weak)).collect(),
        Standalone::DropIndexConcurrently { .. } => {
            let table = |index: &Oid| before.get(index).and_then(|relation| relation.table);
            let tables = named.iter().filter_map(table);
            tables
                .chain(named.iter().copied())
                .map(|it| (it, weak))
                .collect()
        }
        // The second transaction takes the partition for itself; nobody can be using it then.
        Standalone::DetachPartitionConcurrently { .. } => {
            let modes = [weak, LockMode::AccessExclusive];
            named.iter().copied().zip(modes).collect()
        }
        Standalone::Reindex {
            concurrently: true, ..
        } => effects.iter().map(touched(weak)).collect(),
        Standalone::Reindex { .. } => {
            let indexes = effects.iter().filter_map(|effect| effect.index);
            let indexes = indexes.map(|index| (index, LockMode::AccessExclusive));
            effects
                .iter()
                .map(touched(LockMode::Share))
                .chain(indexes)
                .collect()
        }
        Standalone::Vacuum | Standalone::Cluster => {
            let rewritten = effects
                .iter()
                .filter(|effect| effect.kind == EffectKind::Rewrite);
            rewritten.map(touched(LockMode::AccessExclusive)).collect()
        }
        _ => Vec::new(),
    }
}
