//! `manifest.json`: what a release is, to the byte.

use std::collections::BTreeMap;

use enact_ledger::{Algorithm, FileDigest, Hash};
use serde::{Deserialize, Serialize};

use crate::leave::Leave;

/// Name and version of the document.
pub const SCHEMA: &str = "enact.release/1";

/// A release. Its digest is the SHA-256 of the bytes of `manifest.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// `enact.release/1`
    pub schema: String,
    /// Name of the package, as npm knows it.
    pub package: String,
    /// Version.
    pub version: String,
    /// Stream; `core`.
    pub stream: String,
    /// Day of the release by the changelog, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// The oldest major version of PostgreSQL that it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_server: Option<u32>,
    /// The release before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Previous>,
    /// Its migrations, in order.
    pub migrations: Vec<ReleasedMigration>,
    /// Where its rollbacks were proven.
    pub proven: Vec<Proven>,
    /// What extensions may do to its objects.
    #[serde(default, skip_serializing_if = "Leave::is_empty")]
    pub leave: Leave,
    /// What is new, from the changelog.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub notes: String,
    /// Why it must travel fast.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hotfix: Option<Hotfix>,
    /// Earlier releases that nobody should take, each with the reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub withdrawn: BTreeMap<String, String>,
}

/// The release before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Previous {
    /// Its version.
    pub version: String,
    /// Digest of its manifest.
    #[serde(with = "text")]
    pub manifest: Hash,
}

/// A migration of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleasedMigration {
    /// Number.
    pub number: u32,
    /// Description from the file's name.
    pub name: String,
    /// The file.
    #[serde(flatten)]
    pub file: ReleasedFile,
    /// Token-normalised digest of the file.
    #[serde(with = "text")]
    pub meaning: FileDigest,
    /// Its rollback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback: Option<ReleasedFile>,
    /// Why there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_rollback: Option<String>,
}

/// A file of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleasedFile {
    /// Path in the package, with `/` between folders.
    pub file: String,
    /// Digest.
    #[serde(with = "text")]
    pub digest: FileDigest,
}

/// Proofs of all rollbacks on one server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proven {
    /// Its version, such as `15.8`.
    pub server: String,
    /// Its major version.
    pub major: u32,
    /// Version of the program that proved them.
    pub tool: String,
    /// The file of objects, and the SHA-256 of its bytes.
    pub objects: String,
    /// SHA-256 of that file.
    #[serde(with = "text")]
    pub objects_digest: Hash,
    /// Fingerprint of the core after each migration, by number.
    #[serde(with = "fingerprints")]
    pub fingerprints: BTreeMap<u32, Hash>,
}

/// Why a release must travel fast.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hotfix {
    /// How bad it is not to have it.
    pub severity: Severity,
    /// Why, in a person's words.
    pub reason: String,
}

/// How bad it is not to have a hotfix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It can wait for the next window.
    Low,
    /// Soon.
    Moderate,
    /// Days.
    High,
    /// Now.
    Critical,
}

impl Severity {
    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Moderate => "moderate",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl ReleasedMigration {
    /// Sees to it that the file stands where a migration directory has the migration of that number: what is executed is
    /// found by the names of files, and must be what the manifest says.
    fn check(&self, place: u32) -> Result<(), String> {
        let Self { number, name, .. } = self;
        if *number != place {
            return Err(format!("migration {number} stands in the place of {place}"));
        }
        if self.rollback.is_none() == self.no_rollback.is_none() {
            return Err(format!(
                "migration {number} has neither a rollback nor a reason for none, or both"
            ));
        }
        let down = self.rollback.as_ref();
        let files = [
            Some((&self.file, "migrations/", name.as_str())),
            down.map(|file| (file, "migrations/rollback/", "rollback")),
        ];
        for (file, folder, name) in files.into_iter().flatten() {
            if !is_named(&file.file, folder, *number, name) {
                return Err(format!(
                    "`{}` is no name for a file of migration {number}, which is called `{name}` below {folder}",
                    file.file
                ));
            }
            if file.digest.algorithm != Algorithm::Lf {
                return Err(format!("the digest of `{}` is not of its bytes", file.file));
            }
        }
        match self.meaning.algorithm {
            Algorithm::Tokens => Ok(()),
            _ => Err(format!(
                "the meaning of migration {number} is no digest of tokens"
            )),
        }
    }
}

/// Whether a path is `<folder>NNN_<name>.sql`.
fn is_named(path: &str, folder: &str, number: u32, name: &str) -> bool {
    let file = path.strip_prefix(folder);
    let digits = file.and_then(|file| file.strip_suffix(&format!("_{name}.sql")));
    let is_number = |digits: &str| {
        digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.parse() == Ok(number)
    };
    !name.contains(['/', '\\']) && digits.is_some_and(is_number)
}

impl Proven {
    /// Sees to it that there is one proof for each major version, of each migration, with a file of objects of its own.
    fn check(&self, before: &[Self], migrations: usize) -> Result<(), String> {
        let major = self.major;
        if before.iter().any(|other| other.major >= major) {
            return Err(format!(
                "PostgreSQL {major} is proven twice, or out of order"
            ));
        }
        if !self.fingerprints.keys().copied().eq((1..).take(migrations)) {
            return Err(format!(
                "the proof on PostgreSQL {major} is not of each migration"
            ));
        }
        match self.objects == format!("objects/{major}.json") {
            true => Ok(()),
            false => Err(format!(
                "`{}` is no name for the objects on PostgreSQL {major}",
                self.objects
            )),
        }
    }
}

impl Manifest {
    /// Reads the bytes of `manifest.json`.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let manifest: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if manifest.schema != SCHEMA {
            return Err(format!("`{}` is not `{SCHEMA}`", manifest.schema));
        }
        crate::parse_version(&manifest.version).map_err(|error| error.to_string())?;
        if manifest.migrations.is_empty() {
            return Err("it names no migration".to_owned());
        }
        for (migration, place) in manifest.migrations.iter().zip(1..) {
            migration.check(place)?;
        }
        for (index, proven) in manifest.proven.iter().enumerate() {
            let before = &manifest.proven[..index];
            proven.check(before, manifest.migrations.len())?;
        }
        // Two documents that say the same would be two releases of one version; and of a key that is there twice, readers
        // of JSON take different ones.
        match manifest.to_bytes() {
            Ok(written) if written == bytes => Ok(manifest),
            _ => Err(
                "its bytes are not in the one form of a manifest; were line ends or spaces changed?"
                    .to_owned(),
            ),
        }
    }

    /// The bytes of `manifest.json`: the same of the same release, whoever writes it.
    ///
    /// # Errors
    /// Never for a manifest that this program made.
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        document(self)
    }

    /// The majors on which its rollbacks were proven.
    pub fn majors(&self) -> impl Iterator<Item = u32> {
        self.proven.iter().map(|proven| proven.major)
    }
}

/// A document with sorted keys, two spaces a level, and a line end.
pub(crate) fn document(value: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let sorted: BTreeMap<String, serde_json::Value> =
        serde_json::from_value(serde_json::to_value(value)?)?;
    let mut bytes = serde_json::to_vec_pretty(&sorted)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Values that stand as text.
pub(crate) mod text {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(value: &impl Display, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(value)
    }

    pub fn deserialize<'de, D: Deserializer<'de>, T: FromStr<Err: Display>>(
        from: D,
    ) -> Result<T, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(Error::custom)
    }
}

/// Fingerprints by number, as an object.
mod fingerprints {
    use std::collections::BTreeMap;

    use enact_ledger::Hash;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(map: &BTreeMap<u32, Hash>, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(
            map.iter()
                .map(|(number, hash)| (format!("{number:03}"), hash.to_string())),
        )
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<BTreeMap<u32, Hash>, D::Error> {
        let map = BTreeMap::<String, String>::deserialize(from)?;
        map.into_iter()
            .map(|(number, hash)| {
                let number = number.parse().map_err(Error::custom)?;
                Ok((number, hash.parse().map_err(Error::custom)?))
            })
            .collect()
    }
}
