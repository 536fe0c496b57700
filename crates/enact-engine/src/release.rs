//! What a release states beside its files: the objects that each of its migrations makes.

use std::collections::BTreeMap;

use enact_ledger::Hash;
use enact_release::{NamedObject, Objects, ObjectsAfter};

use crate::catalog::{self, CatalogError, FORMAT, ObjectId, Snapshot};
use crate::core;
use crate::events::Events;
use crate::person::Person;
use crate::plan::Goal;
use crate::program::Program;
use crate::project::{Stream, StreamNumber, Streams};
use crate::run::{self, Request, RunError, Settings};
use crate::sandbox::{SandboxError, Scratch};
use crate::stop::Stop;
use crate::target::{ConnInfo, Env};

/// Why the objects of a release could not be observed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReleaseError {
    /// No throw-away database.
    #[error(transparent)]
    Scratch(#[from] SandboxError),
    /// A migration failed.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The catalog could not be read.
    #[error("read the catalog of the sandbox")]
    Catalog(#[from] CatalogError),
    /// No connection to the sandbox.
    #[error("connect to the sandbox")]
    Connect(#[source] tokio_postgres::Error),
    /// The sandbox's address makes no sense.
    #[error("read the sandbox's address")]
    Address,
}

/// Applies the core to an empty database, migration by migration, and states what each one makes, with the server's
/// version.
///
/// # Errors
/// [`ReleaseError`].
pub async fn objects(
    core: &Stream,
    scratch: &Scratch,
    tool_version: &str,
) -> Result<(Objects, String), ReleaseError> {
    let database = scratch.fresh().await?;
    let observed = observe(core, scratch, &database, tool_version).await;
    scratch.discard(&database).await?;
    observed
}

async fn observe(
    core: &Stream,
    scratch: &Scratch,
    database: &str,
    tool_version: &str,
) -> Result<(Objects, String), ReleaseError> {
    let target = ConnInfo::resolve(Some(&scratch.url(database)), &Env::default())
        .map_err(|_| ReleaseError::Address)?;
    let (client, connection) = scratch
        .config(database)
        .connect(tokio_postgres::NoTls)
        .await
        .map_err(ReleaseError::Connect)?;
    let driving = tokio::spawn(connection);
    let streams = Streams::alone(core.clone());
    let empty = catalog::take(&client, &core::scope()).await?;
    let mut before = BTreeMap::new();
    let mut migrations = Vec::with_capacity(core.migrations.len());
    for migration in &core.migrations {
        let to = StreamNumber {
            stream: None,
            number: migration.number,
        };
        let request = Request {
            target: &target,
            streams: &streams,
            goal: Goal::Apply {
                to: Some(to),
                steps: None,
            },
            person: Person::known("release"),
            host: "sandbox".to_owned(),
            program: Program::known(tool_version, Hash::ZERO),
            scope: core::scope(),
            evidence: None,
            settings: Settings::default(),
        };
        run::run(request, &Events::silent(), Stop::never()).await?;
        let snapshot = made(catalog::take(&client, &core::scope()).await?, &empty);
        let now = digests(&snapshot);
        migrations.push(after(migration.number, &snapshot, &before, &now));
        before = now;
    }
    let version = client.query_one("SHOW server_version", &[]).await;
    let version = version.map_err(ReleaseError::Connect)?.get::<_, String>(0);
    drop(client);
    driving.abort();
    let objects = Objects {
        schema: "enact.objects/1".to_owned(),
        server_major: empty.server_major,
        format: FORMAT,
        migrations,
    };
    Ok((objects, version))
}

/// Without what is in every new database.
fn made(mut snapshot: Snapshot, empty: &Snapshot) -> Snapshot {
    snapshot
        .objects
        .retain(|object, text| empty.objects.get(object) != Some(text));
    snapshot
}

fn digests(snapshot: &Snapshot) -> BTreeMap<ObjectId, Hash> {
    let objects = snapshot.objects.keys();
    let digests = objects.filter_map(|object| {
        let digest = snapshot.digest_of(object)?;
        Some((object.clone(), Hash(digest)))
    });
    digests.collect()
}

fn after(
    number: u32,
    snapshot: &Snapshot,
    before: &BTreeMap<ObjectId, Hash>,
    now: &BTreeMap<ObjectId, Hash>,
) -> ObjectsAfter {
    let set = now
        .iter()
        .filter(|(object, digest)| before.get(object) != Some(digest));
    let removed = before.keys().filter(|object| !now.contains_key(object));
    ObjectsAfter {
        number,
        fingerprint: Hash(snapshot.fingerprint()),
        set: set
            .map(|(object, digest)| NamedObject {
                kind: object.kind.clone(),
                name: object.name.clone(),
                digest: *digest,
            })
            .collect(),
        removed: removed
            .map(|object| (object.kind.clone(), object.name.clone()))
            .collect(),
    }
}
