//! What a release says its core looks like, for the databases at hand.

use std::collections::BTreeMap;

use enact_release::Package;

use super::{Database, Position, Release, ReleasePart};
use crate::catalog::ObjectId;

impl Release {
    /// What `package` says of the majors and positions that occur among `databases`.
    #[must_use]
    pub fn of(package: &Package, databases: &[Database]) -> Self {
        let manifest = &package.manifest;
        let mut parts: Vec<ReleasePart> = Vec::new();
        for database in databases {
            let Some(number) = database.core.as_ref().map(|core| core.number) else {
                continue;
            };
            let known = parts.iter().any(|part| {
                (part.server_major, part.position.number) == (database.server_major, number)
            });
            if !known {
                parts.extend(part(package, database.server_major, number));
            }
        }
        Self {
            name: format!("{} {}", manifest.package, manifest.version),
            leave: manifest.leave.clone(),
            parts,
        }
    }
}

/// The core of a release after one migration; `None` if it was not proven on this major, or with other canonical texts.
fn part(package: &Package, server_major: u32, number: u32) -> Option<ReleasePart> {
    let objects = package.objects.get(&server_major)?;
    if objects.format != crate::catalog::FORMAT {
        return None;
    }
    objects.fingerprint(number)?;
    let migrations = package.manifest.migrations.iter();
    let in_force = migrations.take_while(|migration| migration.number <= number);
    let digests = in_force.map(|migration| (migration.number, migration.file.digest));
    let at = objects.at(number).into_iter();
    let objects: BTreeMap<_, _> = at
        .map(|((kind, name), digest)| (ObjectId::new(kind, name), digest))
        .collect();
    Some(ReleasePart {
        server_major,
        position: Position::new(digests, None),
        objects,
    })
}
