//! `enact.lock`: the exact release that a sponsor's repository is pinned to.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use enact_ledger::{FileDigest, Hash};
use serde::Deserialize;

use crate::manifest::{Manifest, text};
use crate::package::Package;

/// Name of the file, beside `enact.toml`.
pub const FILE_NAME: &str = "enact.lock";

const HEAD: &str = "\
# Written by `enact pin`; commit it, and do not edit it. `enact apply` accepts the core files named here, byte for byte.
version = 1
";

/// The release that is pinned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// Name of the package.
    pub package: String,
    /// Version of the release.
    pub version: String,
    /// SHA-256 of its `manifest.json`.
    pub manifest: Hash,
    /// Its migrations, in order.
    pub migrations: Vec<LockedMigration>,
}

/// A migration of the pinned release.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedMigration {
    /// Number.
    pub number: u32,
    /// Description from the file's name.
    pub name: String,
    /// Digest of the file.
    #[serde(with = "text")]
    pub digest: FileDigest,
    /// Digest of the rollback, if there is one.
    #[serde(default, deserialize_with = "optional")]
    pub rollback: Option<FileDigest>,
}

/// The lock file is missing, or not what `enact pin` writes.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// It cannot be read or written.
    #[error("cannot {doing} {}", path.display())]
    Io {
        /// `read` or `write`.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// It cannot be understood.
    #[error("{} is not what `enact pin` writes: {what}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// What it says of the release is not what the release says of itself.
    #[error(
        "enact.lock was edited by hand: what it says of {version} is not what the release says"
    )]
    Edited {
        /// The release.
        version: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    version: u32,
    core: RawCore,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCore {
    package: String,
    version: String,
    #[serde(with = "text")]
    manifest: Hash,
    #[serde(default)]
    migrations: Vec<LockedMigration>,
}

fn optional<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<FileDigest>, D::Error> {
    text::deserialize(from).map(Some)
}

impl Lock {
    /// What pins the release with this manifest, which has this digest.
    #[must_use]
    pub fn of(manifest: &Manifest, digest: Hash) -> Self {
        let migrations = manifest.migrations.iter();
        Self {
            package: manifest.package.clone(),
            version: manifest.version.clone(),
            manifest: digest,
            migrations: migrations
                .map(|migration| LockedMigration {
                    number: migration.number,
                    name: migration.name.clone(),
                    digest: migration.file.digest,
                    rollback: migration.rollback.as_ref().map(|file| file.digest),
                })
                .collect(),
        }
    }

    /// Reads the file in the folder of `enact.toml`; `None` if there is none.
    ///
    /// # Errors
    /// [`LockError`].
    pub fn read(root: &Path) -> Result<Option<Self>, LockError> {
        let path = root.join(FILE_NAME);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => {
                let doing = "read";
                return Err(LockError::Io {
                    doing,
                    path,
                    source,
                });
            }
        };
        let lock = Self::parse(&text).map_err(|what| LockError::Invalid { path, what })?;
        Ok(Some(lock))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let raw: Raw = toml::from_str(text).map_err(|error| error.message().to_owned())?;
        if raw.version != 1 {
            return Err(format!("version {} of the file is not known", raw.version));
        }
        Ok(Self {
            package: raw.core.package,
            version: raw.core.version,
            manifest: raw.core.manifest,
            migrations: raw.core.migrations,
        })
    }

    /// Writes the file into the folder of `enact.toml`, whole or not at all.
    ///
    /// # Errors
    /// [`LockError::Io`].
    pub fn write(&self, root: &Path) -> Result<(), LockError> {
        let path = root.join(FILE_NAME);
        let written = tempfile::NamedTempFile::new_in(root).and_then(|mut file| {
            io::Write::write_all(&mut file, self.text().as_bytes())?;
            readable(file.as_file())?;
            file.persist(&path).map_err(|error| error.error)
        });
        written.map(drop).map_err(|source| LockError::Io {
            doing: "write",
            path,
            source,
        })
    }

    /// The text of the file: the same of the same release.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = HEAD.to_owned();
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\n[core]\npackage = {}\nversion = {}\nmanifest = \"{}\"\n",
            quoted(&self.package),
            quoted(&self.version),
            self.manifest
        );
        for migration in &self.migrations {
            let _ = write!(
                text,
                "\n[[core.migrations]]\nnumber = {}\nname = {}\ndigest = \"{}\"\n",
                migration.number,
                quoted(&migration.name),
                migration.digest
            );
            if let Some(rollback) = &migration.rollback {
                let _ = writeln!(text, "rollback = \"{rollback}\"");
            }
        }
        text
    }

    /// Sees to it that the lock says of a package what the package says of itself.
    ///
    /// # Errors
    /// [`LockError::Edited`].
    pub fn check(&self, package: &Package) -> Result<(), LockError> {
        match package.lock() == *self {
            true => Ok(()),
            false => Err(LockError::Edited {
                version: self.version.clone(),
            }),
        }
    }
}

/// A text as TOML writes it; other languages escape it otherwise.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// A temporary file is for its owner alone; this one is for the repository.
#[cfg(unix)]
fn readable(file: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_: &fs::File) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let digest: FileDigest = format!("sha256-lf:{}", "ab".repeat(32)).parse().unwrap();
        let migration = |number, rollback| LockedMigration {
            number,
            name: "initial_schema".to_owned(),
            digest,
            rollback,
        };
        let lock = Lock {
            package: "@clinical-diary/database".to_owned(),
            version: "1.3.0".to_owned(),
            manifest: Hash::of(b"manifest"),
            migrations: vec![migration(1, None), migration(2, Some(digest))],
        };
        assert_eq!(Lock::parse(&lock.text()), Ok(lock.clone()));
        assert!(Lock::parse(&lock.text().replace("number", "nmber")).is_err());
        assert!(Lock::parse(&lock.text().replace("version = 1\n", "version = 2\n")).is_err());
        assert!(Lock::parse(&lock.text().replace("sha256-lf:ab", "sha256-lf:zz")).is_err());
    }
}
