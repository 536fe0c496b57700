//! Writing a release: a folder, and an archive that npm installs.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use enact_ledger::Hash;
use serde_json::json;

use crate::archive;
use crate::manifest::{Manifest, document};
use crate::objects::Objects;
use crate::package::{MANIFEST, Package};

/// A release, ready to be written: its files by path, sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// What it says of itself.
    pub manifest: Manifest,
    files: BTreeMap<String, Vec<u8>>,
}

/// Where a release was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The folder.
    pub folder: PathBuf,
    /// The archive.
    pub archive: PathBuf,
    /// SHA-256 of its manifest.
    pub manifest: Hash,
    /// SHA-256 of the archive.
    pub digest: Hash,
}

impl Release {
    /// Puts a release together: the manifest, the texts of its migrations and rollbacks by path, and its objects.
    ///
    /// # Errors
    /// Never for what this program made.
    pub fn new(
        manifest: Manifest,
        texts: impl IntoIterator<Item = (String, String)>,
        objects: &[(String, Vec<u8>)],
    ) -> io::Result<Self> {
        let mut files: BTreeMap<String, Vec<u8>> = texts
            .into_iter()
            .map(|(path, text)| (path, text.into_bytes()))
            .collect();
        files.extend(objects.iter().cloned());
        files.insert(MANIFEST.to_owned(), manifest.to_bytes()?);
        files.insert("package.json".to_owned(), package_json(&manifest)?);
        files.insert("README.md".to_owned(), readme(&manifest).into_bytes());
        Ok(Self { manifest, files })
    }

    /// Digest of its manifest, which names every other file.
    #[must_use]
    pub fn digest(&self) -> Hash {
        let bytes = self.files.get(MANIFEST);
        Hash::of(bytes.map(Vec::as_slice).unwrap_or_default())
    }

    /// Writes it below `into`: `NAME-VERSION/` and `NAME-VERSION.tgz`. A release that is there already stays, and must
    /// be the same.
    ///
    /// # Errors
    /// When a file cannot be written, or another release is there under that version
    /// ([`io::ErrorKind::AlreadyExists`]).
    pub fn write(&self, into: &Path) -> io::Result<Written> {
        let name = file_name(&self.manifest);
        let folder = into.join(&name);
        let archive = into.join(format!("{name}.tgz"));
        let files: Vec<(String, Vec<u8>)> = self
            .files
            .iter()
            .map(|(path, bytes)| (path.clone(), bytes.clone()))
            .collect();
        let packed = archive::pack(&files)?;
        fs::create_dir_all(into)?;
        // Both are looked at before either is written: a folder beside another release's archive would make both useless.
        let packed_already = match fs::read(&archive) {
            Ok(there) if there == packed => true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Ok(_) => return Err(another(&archive)),
            Err(error) => return Err(error),
        };
        self.write_folder(into, &folder)?;
        if !packed_already {
            persist(into, &archive, &packed)?;
        }
        Ok(Written {
            folder,
            archive,
            manifest: self.digest(),
            digest: Hash::of(&packed),
        })
    }

    fn write_folder(&self, into: &Path, folder: &Path) -> io::Result<()> {
        if folder.exists() {
            let same = |(path, bytes): (&String, &Vec<u8>)| {
                fs::read(folder.join(path)).is_ok_and(|there| there == *bytes)
            };
            // It may hold these files and others, which no release may.
            let whole = Package::read(folder).is_ok_and(|there| there.digest == self.digest());
            return match whole && self.files.iter().all(same) {
                true => Ok(()),
                false => Err(another(folder)),
            };
        }
        let temporary = tempfile::tempdir_in(into)?;
        let made = temporary.path().join("release");
        for (path, bytes) in &self.files {
            let path = made.join(path);
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::write(path, bytes)?;
        }
        // What nobody could use is not released.
        Package::read(&made).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        fs::rename(made, folder)
    }
}

fn persist(into: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = tempfile::tempdir_in(into)?;
    let temporary = folder.path().join("archive");
    fs::write(&temporary, bytes)?;
    fs::rename(temporary, path)
}

fn another(path: &Path) -> io::Error {
    let message = format!("{} is there with other contents", path.display());
    io::Error::new(io::ErrorKind::AlreadyExists, message)
}

/// The bytes of a file of objects.
///
/// # Errors
/// Never for what this program made.
pub fn objects_bytes(objects: &Objects) -> io::Result<Vec<u8>> {
    Ok(document(objects)?)
}

/// What npm calls the archive: `@clinical-diary/database` 1.3.0 is `clinical-diary-database-1.3.0`.
#[must_use]
pub fn file_name(manifest: &Manifest) -> String {
    let name = manifest.package.trim_start_matches('@').replace('/', "-");
    format!("{name}-{}", manifest.version)
}

fn package_json(manifest: &Manifest) -> io::Result<Vec<u8>> {
    let package = json!({
        "name": manifest.package,
        "version": manifest.version,
        "description": "Schema migrations of the core, released and proven by Enact",
        "files": ["manifest.json", "migrations", "objects", "README.md"],
    });
    Ok(document(&package)?)
}

fn readme(manifest: &Manifest) -> String {
    let Manifest {
        package,
        version,
        notes,
        ..
    } = manifest;
    let hotfix = manifest.hotfix.as_ref().map_or_else(String::new, |hotfix| {
        format!(
            "**Hotfix, {}**: {}\n\n",
            hotfix.severity.as_str(),
            hotfix.reason
        )
    });
    format!(
        "# {package} {version}\n\n{hotfix}Written by `enact release`: {} migrations, with a rollback each or a reason for none. `manifest.json` names \
         every file\nby digest; `enact pin` pins it, and `enact apply` accepts nothing else.\n\n{notes}\n",
        manifest.migrations.len()
    )
}
