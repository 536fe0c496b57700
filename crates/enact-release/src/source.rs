//! Where releases are: an unpacked npm package, a folder of releases, an archive, the tags of a git repository.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use enact_ledger::Hash;

use crate::archive::{self, ArchiveError};
use crate::lock::{Lock, LockError};
use crate::manifest::Manifest;
use crate::package::{MANIFEST, Package, PackageError};
use crate::range::{Version, parse_version};

mod git;
mod withdrawn;

pub use withdrawn::withdrawn;
use withdrawn::{withdraw, yanked};

/// What was unpacked is kept here, below the repository's root.
const KEPT: &str = ".enact/releases";

/// Where releases are. Paths are absolute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A folder that is a release, or holds several: folders and archives, with `yanked.json` beside them.
    Folder(PathBuf),
    /// An archive of one release.
    Archive(PathBuf),
    /// A git repository whose tags hold releases.
    Git {
        /// URL or path.
        url: String,
        /// The one tag; all that are versions when `None`.
        tag: Option<String>,
    },
}

/// A release that a source has.
#[derive(Debug, Clone)]
pub struct Offer {
    /// Its version.
    pub version: Version,
    /// What it says of itself.
    pub manifest: Manifest,
    /// SHA-256 of its manifest.
    pub digest: Hash,
    /// Why it was withdrawn, if it was.
    pub yanked: Option<String>,
    /// Its folder.
    pub folder: PathBuf,
    /// Where the source has it: that folder, an archive, a tag.
    pub origin: String,
}

impl Offer {
    /// What pins it.
    #[must_use]
    pub fn lock(&self) -> Lock {
        Lock::of(&self.manifest, self.digest)
    }
}

/// Why a source does not give what is asked of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// It is not there, or cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The folder or file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A release in it is no release.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// An archive is not unpacked.
    #[error("{} is not used", path.display())]
    Archive {
        /// The archive.
        path: PathBuf,
        /// Why.
        source: ArchiveError,
    },
    /// git did not do what was asked of it.
    #[error("git {doing}: {message}")]
    Git {
        /// What it was asked.
        doing: String,
        /// What it said.
        message: String,
    },
    /// Two places have other bytes under one version.
    #[error("version {version} is there twice with different contents: {one} and {other}")]
    Ambiguous {
        /// The version.
        version: String,
        /// One place.
        one: String,
        /// The other one.
        other: String,
    },
    /// The list of withdrawn releases cannot be understood.
    #[error("{} is not an object of versions and reasons: {what}", path.display())]
    Yanked {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The pinned release is not there.
    #[error("the source does not have {version}, which enact.lock names")]
    Missing {
        /// The version.
        version: String,
    },
    /// The source has other bytes than the pinned ones.
    #[error(
        "the source has another {version} than enact.lock names: manifest {found} instead of {wanted}"
    )]
    Other {
        /// The version.
        version: String,
        /// The pinned manifest.
        wanted: Hash,
        /// The manifest there.
        found: Hash,
    },
    /// The lock file does not agree with the release.
    #[error(transparent)]
    Lock(#[from] LockError),
}

/// The release that a lock names, from what was unpacked earlier or from the source, checked byte for byte.
///
/// # Errors
/// [`SourceError`], also where the source has another release under that version.
pub fn find(root: &Path, source: &Source, lock: &Lock) -> Result<Package, SourceError> {
    let kept = kept(root, &lock.version, lock.manifest);
    let package = match in_place(source, lock)? {
        Some(folder) => Package::read(&folder)?,
        None => match sound(&kept, lock.manifest) {
            Some(package) => package,
            None => Package::read(&unpacked(root, source, lock)?)?,
        },
    };
    if package.digest != lock.manifest {
        return Err(SourceError::Other {
            version: lock.version.clone(),
            wanted: lock.manifest,
            found: package.digest,
        });
    }
    lock.check(&package)?;
    Ok(package)
}

/// The pinned version where it lies unpacked in a folder of releases: the way that every command goes, so that nothing else
/// is looked at.
fn in_place(source: &Source, lock: &Lock) -> Result<Option<PathBuf>, SourceError> {
    let Source::Folder(folder) = source else {
        return Ok(None);
    };
    if folder.join(MANIFEST).is_file() {
        return Ok(Some(folder.clone()));
    }
    let mut other = None;
    for path in entries(folder)? {
        if !path.join(MANIFEST).is_file() {
            continue;
        }
        // A neighbour that is broken is no reason not to use the pinned one.
        match offer(&path) {
            Ok(offer) if offer.digest == lock.manifest => return Ok(Some(path)),
            Ok(offer) if offer.manifest.version == lock.version => other = Some(path),
            _ => {}
        }
    }
    Ok(other)
}

/// The pinned version among what the source packs up, unpacked; what is broken or another version beside it is passed over.
fn unpacked(root: &Path, source: &Source, lock: &Lock) -> Result<PathBuf, SourceError> {
    let offering = Offering { root };
    let mut other = None;
    let mut broken = None;
    let mut look = |offer: Result<Option<Offer>, SourceError>| match offer {
        Ok(Some(offer)) if offer.digest == lock.manifest => Some(offer.folder),
        Ok(Some(offer)) if offer.manifest.version == lock.version => {
            other = Some(offer.digest);
            None
        }
        Ok(_) => None,
        Err(error) => {
            broken.get_or_insert(error);
            None
        }
    };
    let found = match source {
        Source::Folder(folder) => {
            let mut entries = entries(folder)?.into_iter();
            entries.find_map(|path| look(offering.entry(&path)))
        }
        Source::Archive(path) => look(offering.archive(path).map(Some)),
        Source::Git { url, tag } => {
            let mut tags = offering.tags(url, tag.as_deref())?;
            // Only if its own tag does not hold it are the others read.
            tags.sort_by_key(|tag| git::version_in(tag) != lock.version);
            let mut tags = tags.into_iter();
            tags.find_map(|name| look(offering.tagged(url, &name, tag.is_some())))
        }
    };
    if let Some(folder) = found {
        return Ok(folder);
    }
    Err(match (other, broken) {
        (Some(found), _) => SourceError::Other {
            version: lock.version.clone(),
            wanted: lock.manifest,
            found,
        },
        (None, Some(broken)) => broken,
        (None, None) => SourceError::Missing {
            version: lock.version.clone(),
        },
    })
}

/// What lies in a folder, by name, so that the answer is the same on every file system.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let read = fs::read_dir(folder).and_then(|entries| {
        let paths = entries.map(|entry| Ok(entry?.path()));
        paths.collect::<io::Result<Vec<PathBuf>>>()
    });
    let mut paths = read.map_err(|source| SourceError::Unreadable {
        path: folder.to_owned(),
        source,
    })?;
    paths.sort();
    Ok(paths)
}

/// All releases that a source has, from the lowest version to the highest. Archives and tags are unpacked below `root`.
///
/// # Errors
/// [`SourceError`].
pub fn offers(root: &Path, source: &Source) -> Result<Vec<Offer>, SourceError> {
    let offering = Offering { root };
    let mut offers = match source {
        Source::Folder(folder) => offering.folder(folder)?,
        Source::Archive(path) => vec![offering.archive(path)?],
        Source::Git { url, tag } => {
            let tags = offering.tags(url, tag.as_deref())?;
            let all = tags.iter();
            let all = all.map(|name| offering.tagged(url, name, tag.is_some()).transpose());
            all.flatten().collect::<Result<_, _>>()?
        }
    };
    offers.sort_by(|a, b| a.version.cmp(&b.version));
    let mut offers = unambiguous(offers)?;
    withdraw(&mut offers);
    Ok(offers)
}

/// The same release may be there twice, as a folder and as an archive; two different ones may not.
fn unambiguous(offers: Vec<Offer>) -> Result<Vec<Offer>, SourceError> {
    let mut kept: Vec<Offer> = Vec::with_capacity(offers.len());
    for offer in offers {
        match kept.last() {
            Some(last) if last.version == offer.version && last.digest == offer.digest => {}
            Some(last) if last.version == offer.version => {
                let (version, same) = (&last.manifest.version, &offer.manifest.version);
                return Err(SourceError::Ambiguous {
                    version: match version == same {
                        true => version.clone(),
                        false => format!(
                            "{version} (which {same} is also: what follows `+` makes no other version)"
                        ),
                    },
                    one: last.origin.clone(),
                    other: offer.origin.clone(),
                });
            }
            _ => kept.push(offer),
        }
    }
    Ok(kept)
}

struct Offering<'a> {
    root: &'a Path,
}

impl Offering<'_> {
    fn folder(&self, folder: &Path) -> Result<Vec<Offer>, SourceError> {
        if folder.join(MANIFEST).is_file() {
            return Ok(vec![offer(folder)?]);
        }
        let yanked = yanked(folder)?;
        let mut offers = Vec::new();
        for path in entries(folder)? {
            offers.extend(self.entry(&path)?);
        }
        for offer in &mut offers {
            offer.yanked = yanked.get(&offer.manifest.version).cloned();
        }
        Ok(offers)
    }

    /// The release at a path in a folder of releases, if one is there.
    fn entry(&self, path: &Path) -> Result<Option<Offer>, SourceError> {
        if path.join(MANIFEST).is_file() {
            return offer(path).map(Some);
        }
        match path.extension() == Some(OsStr::new("tgz")) {
            true => self.archive(path).map(Some),
            false => Ok(None),
        }
    }

    fn archive(&self, path: &Path) -> Result<Offer, SourceError> {
        let unreadable = |source| SourceError::Unreadable {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(unreadable)?;
        let kept = self.keep(|into| {
            archive::unpack(file, into).map_err(|source| SourceError::Archive {
                path: path.to_owned(),
                source,
            })?;
            Ok(into.to_owned())
        })?;
        Ok(Offer {
            origin: path.display().to_string(),
            ..kept
        })
    }

    /// Has a release made in a folder of its own, and puts it where what was unpacked is kept.
    fn keep(
        &self,
        make: impl FnOnce(&Path) -> Result<PathBuf, SourceError>,
    ) -> Result<Offer, SourceError> {
        let home = self.root.join(KEPT);
        let unreadable = |source| SourceError::Unreadable {
            path: home.clone(),
            source,
        };
        fs::create_dir_all(&home).map_err(unreadable)?;
        let ignored = self.root.join(".enact/.gitignore");
        fs::write(&ignored, "*\n").map_err(unreadable)?;
        let temporary = tempfile::tempdir_in(&home).map_err(unreadable)?;
        let made = make(temporary.path())?;
        // Before it is kept it is checked: what is kept is what it says it is.
        let package = Package::read(&made)?;
        let kept = kept(self.root, &package.manifest.version, package.digest);
        let is_kept = || sound(&kept, package.digest).is_some();
        if !is_kept() && fs::rename(&made, &kept).is_err() {
            // Another process was faster, or what somebody has changed, or begun to delete, is in the way.
            if !is_kept() {
                let _ = fs::remove_dir_all(&kept);
                fs::rename(&made, &kept).map_err(unreadable)?;
            }
        }
        offer(&kept)
    }
}

/// What was unpacked earlier, if it still is the release with this manifest, byte for byte.
fn sound(kept: &Path, manifest: Hash) -> Option<Package> {
    let package = Package::read(kept).ok()?;
    (package.digest == manifest).then_some(package)
}

fn offer(folder: &Path) -> Result<Offer, SourceError> {
    let (manifest, digest) = Package::manifest(folder)?;
    let version = parse_version(&manifest.version).map_err(|error| PackageError::Invalid {
        path: folder.join(MANIFEST),
        what: error.to_string(),
    })?;
    Ok(Offer {
        version,
        manifest,
        digest,
        yanked: None,
        folder: folder.to_owned(),
        origin: folder.display().to_string(),
    })
}

fn kept(root: &Path, version: &str, manifest: Hash) -> PathBuf {
    let digest = manifest.to_string();
    let hex = digest.rsplit(':').next().unwrap_or_default();
    let short = hex.get(..12).unwrap_or(hex);
    root.join(KEPT).join(format!("{version}-{short}"))
}
