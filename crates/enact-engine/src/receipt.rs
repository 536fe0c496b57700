//! Taking a receipt of a target: see [`enact_release::receipt`].

use std::collections::BTreeMap;

use enact_ledger::entry::fact::{self, Direction, Fact};
use enact_ledger::{Entry, Hash, Identity, Timestamp};
use enact_release::Receipt;
use enact_release::receipt::{
    Drift, HalfDone, LedgerHead, Migration, Object, Objects, RolledBack, Run, Server, Statement,
    Step, Stream,
};

use crate::catalog::{FORMAT, ObjectId, Scope, Snapshot};
use crate::core;
use crate::drift::{self, Schema};
use crate::ownership::relation_of;
use crate::run::RunError;
use crate::state::{StreamState, TargetState};
use crate::still::{self, Still};
use crate::target::ConnInfo;

/// What the repository that asks knows of the target.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// Name of its project.
    pub project: Option<String>,
    /// Name of the environment, if it was chosen by name.
    pub environment: Option<String>,
    /// Version of this program.
    pub tool_version: String,
    /// What belongs to the fingerprint that its runs record.
    pub scope: Scope,
}

/// Reads a receipt, and changes nothing. `None` where no run was ever recorded. Works for a role that may only read.
///
/// # Errors
/// When there is no connection, ledger or catalog cannot be read, or a run keeps changing the target.
pub async fn take(
    target: &ConnInfo,
    application: &str,
    about: &About,
) -> Result<Option<Receipt>, RunError> {
    let still = still::read(target, application, &core::scope()).await?;
    let schema = drift::compare(still.connection.client(), &still.state, &about.scope).await?;
    let receipt = receipt(&still, &schema, about);
    still.connection.close().await;
    Ok(receipt)
}

fn receipt(still: &Still, schema: &Schema, about: &About) -> Option<Receipt> {
    let identity: Identity = still.state.identity?;
    let server = &still.server;
    Some(Receipt::new(Statement {
        database: server.database.clone(),
        environment: about.environment.clone(),
        identity,
        ledger: LedgerHead {
            entries: still.state.head.seq,
            head: still.state.head.hash,
            last_at: still.state.last_at.unwrap_or(Timestamp::EPOCH),
            root: still.root,
        },
        objects: objects(still, schema),
        project: about.project.clone(),
        rolled_back: rolled_back(&still.entries, &still.state),
        runs: runs(&still.entries),
        server: Server {
            system_identifier: server
                .system_identifier
                .as_ref()
                .and_then(|identifier| identifier.parse().ok()),
            version: server.version.clone(),
            version_number: server.version_num,
        },
        streams: streams(&still.entries, &still.state),
        taken_at: still.at,
        tool_version: about.tool_version.clone(),
    }))
}

fn objects(still: &Still, schema: &Schema) -> Objects {
    let snapshot = &still.snapshot;
    Objects {
        column_order: Hash(snapshot.column_order_digest()),
        drift: match schema {
            Schema::Unrecorded => Drift::Unrecorded,
            Schema::Same => Drift::None,
            Schema::Drifted(_) => Drift::Drifted,
        },
        fingerprint: Hash(snapshot.fingerprint()),
        format: FORMAT,
        recorded: still
            .state
            .recorded
            .as_ref()
            .map(|recorded| recorded.fingerprint),
        server_major: snapshot.server_major,
        set: set(snapshot),
    }
}

/// In order, since the snapshot is.
fn set(snapshot: &Snapshot) -> Vec<Object> {
    let object = |(id, text): (&ObjectId, &String)| {
        Some(Object {
            digest: Hash(snapshot.digest_of(id)?),
            kind: id.kind.clone(),
            name: id.name.clone(),
            on: relation_of(id, text).map(str::to_owned),
        })
    };
    snapshot.objects.iter().filter_map(object).collect()
}

fn streams(entries: &[Entry], state: &TargetState) -> Vec<Stream> {
    let written = state.streams.iter();
    written
        .map(|(name, stream)| Stream {
            half_done: half_done(stream),
            migrations: migrations(entries, stream),
            name: name.clone(),
            position: stream.position(),
        })
        .collect()
}

fn half_done(stream: &StreamState) -> Option<HalfDone> {
    let at = stream.in_progress.as_ref()?;
    Some(HalfDone {
        digest: at.digest,
        direction: at.direction,
        done: at.done,
        number: at.number,
        segments: at.segments,
    })
}

fn migrations(entries: &[Entry], stream: &StreamState) -> Vec<Migration> {
    let in_force = stream.applied.iter();
    in_force
        .map(|(number, applied)| Migration {
            applied_at: applied.at.unwrap_or(Timestamp::EPOCH),
            baseline: applied.baseline,
            digest: applied.digest,
            meaning: applied.meaning,
            name: applied.name.clone(),
            number: *number,
            person: applied.person.clone(),
            rollback: applied.rollback,
            run: run_of(entries, applied.seq),
        })
        .collect()
}

/// Entries are numbered from 1 without gaps.
fn run_of(entries: &[Entry], seq: u64) -> String {
    let at = usize::try_from(seq).ok().and_then(|seq| seq.checked_sub(1));
    let entry = at.and_then(|at| entries.get(at));
    entry.map(run_id).unwrap_or_default()
}

fn run_id(entry: &Entry) -> String {
    let run = entry.run.as_ref();
    run.map(|run| run.as_str().to_owned()).unwrap_or_default()
}

fn at(entry: &Entry) -> Timestamp {
    entry.server_at.unwrap_or(Timestamp::EPOCH)
}

fn rolled_back(entries: &[Entry], state: &TargetState) -> Vec<RolledBack> {
    let undone = entries.iter().filter_map(|entry| match &entry.fact {
        Fact::MigrationRolledBack(fact) => Some((entry, fact)),
        _ => None,
    });
    undone
        .map(|(entry, fact)| RolledBack {
            applied_again: state
                .stream(fact.stream.as_str())
                .applied
                .get(&fact.number)
                .is_some_and(|applied| applied.seq > entry.seq),
            at: at(entry),
            digest: fact.digest,
            name: fact.name.as_str().to_owned(),
            number: fact.number,
            person: entry.actor.person.as_str().to_owned(),
            run: run_id(entry),
            stream: fact.stream.as_str().to_owned(),
        })
        .collect()
}

/// Runs by the order of their beginning. An end is recorded under the identifier of the run that ended, also when a later one
/// records it.
fn runs(entries: &[Entry]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for entry in entries {
        if let Fact::RunStarted(fact) = &entry.fact {
            places.insert(run_id(entry), runs.len());
            runs.push(begun(entry, fact));
            continue;
        }
        let place = places.get(&run_id(entry)).copied();
        if let Some(run) = place.and_then(|place| runs.get_mut(place)) {
            went_on(run, entry);
        }
    }
    runs
}

fn begun(entry: &Entry, fact: &fact::RunStarted) -> Run {
    Run {
        command: fact.command,
        fingerprint: fact.fingerprint,
        finished_at: None,
        id: run_id(entry),
        outcome: None,
        person: entry.actor.person.as_str().to_owned(),
        started_at: at(entry),
        steps: Vec::new(),
    }
}

fn went_on(run: &mut Run, entry: &Entry) {
    let step = |direction, stream: &str, number| Step {
        direction,
        number,
        stream: stream.to_owned(),
    };
    match &entry.fact {
        Fact::MigrationApplied(fact) => {
            let stream = fact.stream.as_str();
            run.steps.push(step(Direction::Up, stream, fact.number));
        }
        Fact::MigrationRolledBack(fact) => {
            let stream = fact.stream.as_str();
            run.steps.push(step(Direction::Down, stream, fact.number));
        }
        Fact::RunFinished(fact) => {
            run.finished_at = Some(at(entry));
            run.outcome = Some(fact.outcome);
        }
        _ => {}
    }
}
