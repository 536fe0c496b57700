//! The core in a database: whether it is what its release says.

use enact_ledger::Hash;
use enact_ledger::entry::fact::Change;
use enact_release::Package;
use tokio_postgres::Client;

use crate::catalog::{ObjectId, Scope, Snapshot};
use crate::drift::{self, Schema};
use crate::ownership::CoreObjects;
use crate::plan::{Plan, Step};
use crate::project::Streams;
use crate::project::names::CORE;
use crate::run::RunError;
use crate::state::TargetState;

/// What counts for a core fingerprint: comments and grants, but no owners, since each organisation has its own roles.
#[must_use]
pub fn scope() -> Scope {
    Scope {
        owners: false,
        ..Scope::default()
    }
}

/// How the core of a database compares with its release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Core {
    /// The release was not proven on this major version of PostgreSQL: there is nothing to compare with.
    Unproven,
    /// It is as released.
    Same(Hash),
    /// It is not.
    Differs(Box<CoreDrift>),
}

/// A core that is not as released.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoreDrift {
    /// Version of the release.
    pub release: String,
    /// The core migration at which the database stands.
    pub number: u32,
    /// Fingerprint by the release.
    pub expected: Hash,
    /// Fingerprint of the database's core.
    pub actual: Hash,
    /// The objects that differ.
    pub objects: Vec<(ObjectId, Change)>,
}

/// The objects of a release once the migration of that number is applied; `None` if it was not proven on this major.
#[must_use]
pub fn objects(package: &Package, major: u32, number: u32) -> Option<CoreObjects> {
    let objects = package.objects.get(&major)?.at(number);
    let ids = objects
        .keys()
        .map(|(kind, name)| ObjectId::new(*kind, *name));
    Some(CoreObjects::new(ids, package.manifest.leave.clone()))
}

/// The fingerprint that a release expects of a core at which that migration is the last; `None` if it does not know.
#[must_use]
pub fn expected(package: &Package, major: u32, number: u32) -> Option<Hash> {
    package.objects.get(&major)?.fingerprint(number)
}

/// Refuses to apply a release to a server that is older than it is for.
///
/// # Errors
/// [`RunError::ServerTooOld`].
pub(crate) fn check_server(streams: &Streams, plan: &Plan, major: u32) -> Result<(), RunError> {
    let Some(pinned) = streams.core() else {
        return Ok(());
    };
    let minimum = pinned.package.manifest.minimum_server;
    let up = |step: &Step| step.label.stream == CORE && !step.label.is_down();
    match minimum.filter(|minimum| *minimum > major && plan.steps.iter().any(up)) {
        None => Ok(()),
        Some(minimum) => Err(RunError::ServerTooOld {
            release: pinned.version().to_owned(),
            minimum,
            major,
        }),
    }
}

/// How the core of a database is now, whose schema compares with the recorded one like that. It is looked at only where
/// the last run did not see that it is as released. `None` where there is none, or nothing to compare it with.
///
/// # Errors
/// When the connection is lost or the role may not read the catalog.
pub(crate) async fn look(
    client: &Client,
    release: Option<&Package>,
    (state, schema): (&TargetState, &Schema),
    major: u32,
) -> Result<Option<Core>, RunError> {
    let core = state.stream(CORE);
    let number = core.position();
    let release = release.filter(|_| core.in_progress.is_none());
    let known = release.and_then(|package| Some((package, expected(package, major, number)?)));
    let Some((package, expected)) = known else {
        return Ok(None);
    };
    let recorded = state.recorded.as_ref().and_then(|recorded| recorded.core);
    match schema {
        Schema::Unrecorded => Ok(None),
        Schema::Same if recorded == Some(expected) => Ok(Some(Core::Same(expected))),
        _ => {
            let live = drift::take(client, &scope()).await?;
            Ok(Some(compare(package, number, &live)))
        }
    }
}

/// Compares the core in a snapshot with the release, at the migration of that number. The snapshot may hold more than
/// [`scope`] asks for, but nothing less.
#[must_use]
pub fn compare(package: &Package, number: u32, live: &Snapshot) -> Core {
    let released = package.objects.get(&live.server_major);
    let expected = expected(package, live.server_major, number);
    let (Some(released), Some(expected)) = (released, expected) else {
        return Core::Unproven;
    };
    let wanted = released.at(number);
    let Some(core) = objects(package, live.server_major, number) else {
        return Core::Unproven;
    };
    let mut part = core.part(live);
    part.objects.retain(|object, _| object.kind != "owner of");
    let actual = Hash(part.fingerprint());
    if actual == expected {
        return Core::Same(actual);
    }
    let mut differing = Vec::new();
    for ((kind, name), digest) in &wanted {
        let object = ObjectId::new(*kind, *name);
        match part.digest_of(&object) {
            None => differing.push((object, Change::Removed)),
            Some(live) if Hash(live) != *digest => differing.push((object, Change::Changed)),
            Some(_) => {}
        }
    }
    let added = part.objects.keys().filter(|object| !core.owns(object));
    differing.extend(added.map(|object| (object.clone(), Change::Added)));
    differing.sort_by(|one, other| one.0.cmp(&other.0));
    Core::Differs(Box::new(CoreDrift {
        release: package.manifest.version.clone(),
        number,
        expected,
        actual,
        objects: differing,
    }))
}
