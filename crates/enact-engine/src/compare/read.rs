//! Databases to compare, read live or from receipts.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use enact_ledger::entry::fact::Direction;
use enact_ledger::{FileDigest, Hash};
use enact_release::Receipt;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::{CORE, Database, Held, Position};
use crate::catalog::{FORMAT, ObjectId, Snapshot};
use crate::core;
use crate::ownership::relation_of;
use crate::run::RunError;
use crate::state::TargetState;
use crate::still;
use crate::target::ConnInfo;

/// How many databases are read at a time.
const AT_ONCE: usize = 4;

/// Reads databases, and keeps each text once: databases that ought to be alike share nearly all.
#[derive(Debug, Default)]
struct Reader {
    texts: Mutex<HashMap<Hash, Arc<str>>>,
}

/// A database that could not be read.
#[derive(Debug)]
pub struct Unread {
    /// Which, as its place in the list that was given.
    pub at: usize,
    /// Why.
    pub error: RunError,
}

/// Reads live databases, each with the name by which the person calls it, and changes nothing. Works for a role that may
/// only read.
///
/// # Errors
/// For the first one with which there is no connection, whose ledger or catalog cannot be read, or which a run keeps
/// changing.
pub async fn read(
    targets: &[(String, &ConnInfo)],
    application: &str,
) -> Result<Vec<Database>, Unread> {
    let reader = Reader::default();
    let reader = &reader;
    let reads = targets.iter().enumerate();
    let reads = reads.map(|(at, (name, target))| async move {
        let read = reader.live(name, target, application).await;
        read.map_err(|error| Unread { at, error })
    });
    stream::iter(reads).buffered(AT_ONCE).try_collect().await
}

impl Reader {
    async fn live(
        &self,
        name: &str,
        target: &ConnInfo,
        application: &str,
    ) -> Result<Database, RunError> {
        let still = still::read(target, application, &core::scope()).await?;
        still.connection.close().await;
        Ok(Database {
            name: name.to_owned(),
            source: target.redacted(),
            identity: still.state.identity,
            server_major: still.snapshot.server_major,
            format: FORMAT,
            core: core_of(&still.state),
            extensions: extensions(&still.state),
            objects: self.objects(still.snapshot),
        })
    }

    fn objects(&self, snapshot: Snapshot) -> BTreeMap<ObjectId, Held> {
        let digests: Vec<Option<[u8; 32]>> = snapshot
            .objects
            .keys()
            .map(|id| snapshot.digest_of(id))
            .collect();
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        let objects = snapshot.objects.into_iter().zip(digests);
        let held = objects.filter_map(|((id, text), digest)| {
            let digest = Hash(digest?);
            let on = relation_of(&id, &text).map(str::to_owned);
            let text = texts.entry(digest).or_insert_with(|| text.into());
            let held = Held {
                digest,
                on,
                text: Some(text.clone()),
            };
            Some((id, held))
        });
        held.collect()
    }
}

/// What a receipt says of a database. `source` is where the receipt is from.
#[must_use]
pub fn of_receipt(name: &str, source: &str, receipt: &Receipt) -> Database {
    let position = |stream: &enact_release::receipt::Stream| {
        let in_force = stream.migrations.iter();
        let half_done = stream.half_done.as_ref();
        Position::new(
            in_force.map(|migration| (migration.number, migration.digest)),
            half_done.map(|at| half_way(at.number, at.direction, at.digest, at.done)),
        )
    };
    let objects = receipt.objects.set.iter().map(|object| {
        let held = Held {
            digest: object.digest,
            on: object.on.clone(),
            text: None,
        };
        (ObjectId::new(&object.kind, &object.name), held)
    });
    let others = receipt.streams.iter();
    let others = others.filter(|stream| stream.name != CORE && !stream.migrations.is_empty());
    Database {
        name: name.to_owned(),
        source: source.to_owned(),
        identity: Some(receipt.identity),
        server_major: receipt.objects.server_major,
        format: receipt.objects.format,
        core: receipt.stream(CORE).map(position),
        extensions: others.map(|stream| stream.name.clone()).collect(),
        objects: objects.collect(),
    }
}

/// How far a file of several segments is, for a [`Position`].
fn half_way(number: u32, direction: Direction, digest: FileDigest, done: u32) -> (u32, String) {
    (number, format!("{direction} {digest} {done}"))
}

fn core_of(state: &TargetState) -> Option<Position> {
    let core = state.streams.get(CORE)?;
    let in_force = core.applied.iter();
    let half_done = core.in_progress.as_ref();
    Some(Position::new(
        in_force.map(|(number, applied)| (*number, applied.digest)),
        half_done.map(|at| half_way(at.number, at.direction, at.digest, at.done)),
    ))
}

fn extensions(state: &TargetState) -> Vec<String> {
    let others = state.streams.iter();
    let others = others.filter(|(name, stream)| *name != CORE && !stream.applied.is_empty());
    others.map(|(name, _)| name.clone()).collect()
}
