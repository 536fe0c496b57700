//! A release that lies in a folder, checked byte for byte.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use enact_ledger::Hash;
use enact_sql::text;

use crate::lock::Lock;
use crate::manifest::{Manifest, Proven, ReleasedFile};
use crate::objects::{self, Objects};

/// The file that says what a package is.
pub const MANIFEST: &str = "manifest.json";
/// The folder of migrations in a package.
pub const MIGRATIONS: &str = "migrations";
/// No file of a package is larger, in bytes.
const LARGEST: u64 = 64 << 20;

/// A release, and where it lies.
#[derive(Debug, Clone)]
pub struct Package {
    /// Its folder.
    pub folder: PathBuf,
    /// What it says of itself.
    pub manifest: Manifest,
    /// SHA-256 of `manifest.json`.
    pub digest: Hash,
    /// The objects of each major version on which it was proven.
    pub objects: BTreeMap<u32, Objects>,
}

/// Why a folder is no release that can be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackageError {
    /// A file is missing or unreadable.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The manifest or a file of objects cannot be understood.
    #[error("{} is not what `enact release` writes: {what}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// A file is not the one that the manifest names.
    #[error("{} is not the file that the manifest of {version} names: it was changed after the release", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
        /// The release.
        version: String,
    },
    /// A file that the manifest does not name.
    #[error("{} does not belong to release {version}", path.display())]
    Stray {
        /// The file.
        path: PathBuf,
        /// The release.
        version: String,
    },
}

impl Package {
    /// Reads the package in a folder and checks every file of it.
    ///
    /// # Errors
    /// [`PackageError`].
    pub fn read(folder: &Path) -> Result<Self, PackageError> {
        let (manifest, digest) = Self::manifest(folder)?;
        let reading = Reading {
            folder,
            version: &manifest.version,
        };
        let mut named = BTreeSet::new();
        for migration in &manifest.migrations {
            for file in [Some(&migration.file), migration.rollback.as_ref()]
                .into_iter()
                .flatten()
            {
                reading.migration(file)?;
                named.insert(folder.join(&file.file));
            }
        }
        reading.no_strays(&folder.join(MIGRATIONS), &named)?;
        let mut all = BTreeMap::new();
        for proven in &manifest.proven {
            let bytes = reading.bytes(&proven.objects)?;
            let path = folder.join(&proven.objects);
            if Hash::of(&bytes) != proven.objects_digest {
                return Err(reading.changed(path));
            }
            all.insert(proven.major, parse_objects(&bytes, path, proven)?);
        }
        Ok(Self {
            folder: folder.to_owned(),
            manifest,
            digest,
            objects: all,
        })
    }

    /// Reads what a package says of itself, and checks nothing else.
    ///
    /// # Errors
    /// [`PackageError`].
    pub fn manifest(folder: &Path) -> Result<(Manifest, Hash), PackageError> {
        let reading = Reading {
            folder,
            version: "",
        };
        let bytes = reading.bytes(MANIFEST)?;
        let manifest = Manifest::parse(&bytes).map_err(|what| PackageError::Invalid {
            path: folder.join(MANIFEST),
            what,
        })?;
        Ok((manifest, Hash::of(&bytes)))
    }

    /// The folder of its migrations, which is a migration directory like any other.
    #[must_use]
    pub fn migrations(&self) -> PathBuf {
        self.folder.join(MIGRATIONS)
    }

    /// What pins it.
    #[must_use]
    pub fn lock(&self) -> Lock {
        Lock::of(&self.manifest, self.digest)
    }
}

fn parse_objects(bytes: &[u8], path: PathBuf, of: &Proven) -> Result<Objects, PackageError> {
    let read: Result<Objects, _> = serde_json::from_slice(bytes);
    let checked = read.map_err(|error| error.to_string()).and_then(|objects| {
        let after = objects.migrations.iter();
        let after = after.map(|one| (&one.number, &one.fingerprint));
        if objects.schema != objects::SCHEMA {
            Err(format!("`{}` is not `{}`", objects.schema, objects::SCHEMA))
        } else if objects.server_major != of.major {
            Err(format!(
                "it is of PostgreSQL {}, not of {}",
                objects.server_major, of.major
            ))
        } else if !after.eq(&of.fingerprints) {
            Err("its fingerprints are not those of the manifest".to_owned())
        } else {
            Ok(objects)
        }
    });
    checked.map_err(|what| PackageError::Invalid { path, what })
}

struct Reading<'a> {
    folder: &'a Path,
    version: &'a str,
}

impl Reading<'_> {
    fn migration(&self, file: &ReleasedFile) -> Result<(), PackageError> {
        let bytes = self.bytes(&file.file)?;
        match text::digest_bytes(&bytes) == file.digest.value {
            true => Ok(()),
            false => Err(self.changed(self.folder.join(&file.file))),
        }
    }

    fn changed(&self, path: PathBuf) -> PackageError {
        PackageError::Changed {
            path,
            version: self.version.to_owned(),
        }
    }

    /// A regular file below the folder; a link could lead anywhere.
    fn bytes(&self, name: &str) -> Result<Vec<u8>, PackageError> {
        let path = self.folder.join(name);
        let inside = Path::new(name)
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        let invalid = |what: &str| {
            Err(PackageError::Invalid {
                path: path.clone(),
                what: what.to_owned(),
            })
        };
        if !inside {
            return invalid("the path leads out of the package");
        }
        let unreadable = |source| PackageError::Unreadable {
            path: path.clone(),
            source,
        };
        for above in Path::new(name).ancestors().skip(1) {
            let above = self.folder.join(above);
            // The folder of the release itself may be a link: so do package managers install it.
            if above != self.folder && above.is_symlink() {
                return Err(PackageError::Invalid {
                    path: above,
                    what: "it is a link, and could lead anywhere".to_owned(),
                });
            }
        }
        let about = fs::symlink_metadata(&path).map_err(unreadable)?;
        match about {
            about if !about.is_file() => invalid("it is no regular file"),
            about if about.len() > LARGEST => invalid("it is larger than 64 MiB"),
            _ => fs::read(&path).map_err(unreadable),
        }
    }

    fn no_strays(&self, folder: &Path, named: &BTreeSet<PathBuf>) -> Result<(), PackageError> {
        let unreadable = |source| PackageError::Unreadable {
            path: folder.to_owned(),
            source,
        };
        for entry in fs::read_dir(folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let path = entry.path();
            let kind = entry.file_type().map_err(unreadable)?;
            if kind.is_dir() && entry.file_name() == "rollback" {
                self.no_strays(&path, named)?;
            } else if !named.contains(&path) {
                return Err(PackageError::Stray {
                    path,
                    version: self.version.to_owned(),
                });
            }
        }
        Ok(())
    }
}
