//! `objects/<major>.json`: which objects each migration of a release made, on one major version of PostgreSQL.

use std::collections::BTreeMap;

use enact_ledger::Hash;
use serde::{Deserialize, Serialize};

use crate::manifest::text;

/// Name and version of the document.
pub const SCHEMA: &str = "enact.objects/1";

/// The objects of a release on one major version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Objects {
    /// `enact.objects/1`
    pub schema: String,
    /// Major version of the server that they were made on.
    pub server_major: u32,
    /// Version of the canonical texts that were hashed.
    pub format: u32,
    /// The migrations, in order.
    pub migrations: Vec<ObjectsAfter>,
}

/// What one migration did to the objects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectsAfter {
    /// Its number.
    pub number: u32,
    /// Fingerprint of the core once it is applied: comments and grants counted, owners not.
    #[serde(with = "text")]
    pub fingerprint: Hash,
    /// The objects that it made or changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub set: Vec<NamedObject>,
    /// The objects that it took away.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<(String, String)>,
}

/// An object by kind and name, with the digest of its canonical text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedObject {
    /// Kind, such as `table`.
    pub kind: String,
    /// Name, quoted and qualified.
    pub name: String,
    /// Digest of its text.
    #[serde(with = "text")]
    pub digest: Hash,
}

impl Objects {
    /// The objects there are once the migration of that number is applied, with their digests.
    #[must_use]
    pub fn at(&self, number: u32) -> BTreeMap<(&str, &str), Hash> {
        let mut objects = BTreeMap::new();
        for migration in self
            .migrations
            .iter()
            .take_while(|one| one.number <= number)
        {
            for (kind, name) in &migration.removed {
                objects.remove(&(kind.as_str(), name.as_str()));
            }
            for object in &migration.set {
                objects.insert((object.kind.as_str(), object.name.as_str()), object.digest);
            }
        }
        objects
    }

    /// The fingerprint of the core once that migration is applied.
    #[must_use]
    pub fn fingerprint(&self, number: u32) -> Option<Hash> {
        let found = self.migrations.iter().find(|one| one.number == number);
        found.map(|migration| migration.fingerprint)
    }
}
