//! Where releases are: an unpacked npm package, a folder of releases, an archive, the tags of a git repository.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use enact_ledger::Hash;

use crate::archive::{self, ArchiveError};
use crate::lock::{Lock, LockError};
use crate::manifest::Manifest;
use crate::package::{MANIFEST, Package, PackageError};
use crate::range::{Version, parse_version};

/// What was unpacked is kept here, below the repository's root.
const KEPT: &str = ".enact/releases";
/// The folder of a tagged tree in which a release lies; else it lies at the root.
const IN_TREE: &str = "release";
/// Withdrawn releases of a folder, with the reason for each: for what cannot wait for a release that says so.
const YANKED: &str = "yanked.json";

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
    let folder = match in_place(source, lock)? {
        Some(folder) => folder,
        None if kept.join(MANIFEST).is_file() => kept,
        None => offered(root, source, lock)?,
    };
    let package = Package::read(&folder)?;
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
    let unreadable = |source| SourceError::Unreadable {
        path: folder.clone(),
        source,
    };
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.join(MANIFEST).is_file() && offer(&path)?.manifest.version == lock.version {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

fn offered(root: &Path, source: &Source, lock: &Lock) -> Result<PathBuf, SourceError> {
    let of_version = |offer: &Offer| offer.manifest.version == lock.version;
    let found = offers(root, source)?.into_iter().find(of_version);
    let offer = found.ok_or_else(|| SourceError::Missing {
        version: lock.version.clone(),
    })?;
    match offer.digest == lock.manifest {
        true => Ok(offer.folder),
        false => Err(SourceError::Other {
            version: lock.version.clone(),
            wanted: lock.manifest,
            found: offer.digest,
        }),
    }
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
        Source::Git { url, tag } => offering.git(url, tag.as_deref())?,
    };
    offers.sort_by(|a, b| a.version.cmp(&b.version));
    let mut offers = unambiguous(offers)?;
    withdraw(&mut offers);
    Ok(offers)
}

/// What a release says of earlier ones holds wherever both are to be had.
fn withdraw(offers: &mut [Offer]) {
    let lists = offers.iter().map(|offer| offer.manifest.withdrawn.clone());
    let said: BTreeMap<String, String> = lists.flatten().collect();
    for offer in offers {
        if offer.yanked.is_none() {
            offer.yanked = said.get(&offer.manifest.version).cloned();
        }
    }
}

/// The same release may be there twice, as a folder and as an archive; two different ones may not.
fn unambiguous(offers: Vec<Offer>) -> Result<Vec<Offer>, SourceError> {
    let mut kept: Vec<Offer> = Vec::with_capacity(offers.len());
    for offer in offers {
        match kept.last() {
            Some(last) if last.version == offer.version && last.digest == offer.digest => {}
            Some(last) if last.version == offer.version => {
                return Err(SourceError::Ambiguous {
                    version: offer.manifest.version,
                    one: last.folder.display().to_string(),
                    other: offer.folder.display().to_string(),
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
        let unreadable = |source| SourceError::Unreadable {
            path: folder.to_owned(),
            source,
        };
        let yanked = yanked(&folder.join(YANKED))?;
        let mut offers = Vec::new();
        for entry in fs::read_dir(folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.join(MANIFEST).is_file() {
                offers.push(offer(&path)?);
            } else if path.extension() == Some(OsStr::new("tgz")) {
                offers.push(self.archive(&path)?);
            }
        }
        for offer in &mut offers {
            offer.yanked = yanked.get(&offer.manifest.version).cloned();
        }
        Ok(offers)
    }

    fn archive(&self, path: &Path) -> Result<Offer, SourceError> {
        let unreadable = |source| SourceError::Unreadable {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(unreadable)?;
        self.keep(|into| {
            archive::unpack(file, into).map_err(|source| SourceError::Archive {
                path: path.to_owned(),
                source,
            })?;
            Ok(into.to_owned())
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
        if !kept.join(MANIFEST).is_file() {
            match fs::rename(&made, &kept) {
                Err(error) if !kept.join(MANIFEST).is_file() => return Err(unreadable(error)),
                _ => {}
            }
        }
        offer(&kept)
    }

    fn git(&self, url: &str, tag: Option<&str>) -> Result<Vec<Offer>, SourceError> {
        let tags = match tag {
            Some(tag) => vec![tag.to_owned()],
            None => tags(url)?,
        };
        let release = |tag: &String| {
            self.keep(|into| {
                let tree = into.join("tree");
                let depth = ["clone", "--quiet", "--depth", "1", "--branch", tag, "--"];
                git(depth
                    .iter()
                    .map(OsStr::new)
                    .chain([OsStr::new(url), tree.as_os_str()]))?;
                let inner = tree.join(IN_TREE);
                let made = if inner.join(MANIFEST).is_file() {
                    inner
                } else {
                    tree.clone()
                };
                // The history is no part of a release.
                let _ = fs::remove_dir_all(tree.join(".git"));
                Ok(made)
            })
        };
        tags.iter().map(release).collect()
    }
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
    })
}

fn kept(root: &Path, version: &str, manifest: Hash) -> PathBuf {
    let digest = manifest.to_string();
    let hex = digest.rsplit(':').next().unwrap_or_default();
    let short = hex.get(..12).unwrap_or(hex);
    root.join(KEPT).join(format!("{version}-{short}"))
}

fn yanked(path: &Path) -> Result<BTreeMap<String, String>, SourceError> {
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| SourceError::Yanked {
            path: path.to_owned(),
            what: error.to_string(),
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(source) => Err(SourceError::Unreadable {
            path: path.to_owned(),
            source,
        }),
    }
}

/// The tags that are versions, with or without a `v`.
fn tags(url: &str) -> Result<Vec<String>, SourceError> {
    let listed = git(["ls-remote", "--tags", "--refs", "--", url]
        .map(OsStr::new)
        .into_iter())?;
    let names = listed
        .lines()
        .filter_map(|line| line.rsplit_once("refs/tags/"));
    let versions = names.map(|(_, tag)| tag).filter(|tag| {
        let bare = tag.strip_prefix('v').unwrap_or(tag);
        parse_version(bare).is_ok()
    });
    Ok(versions.map(str::to_owned).collect())
}

fn git<'a>(arguments: impl Iterator<Item = &'a OsStr>) -> Result<String, SourceError> {
    let arguments: Vec<&OsStr> = arguments.collect();
    let doing = arguments
        .first()
        .map(|word| word.to_string_lossy().into_owned());
    let failed = |message: String| SourceError::Git {
        doing: doing.clone().unwrap_or_default(),
        message,
    };
    // A question for a password would wait for ever in a pipeline.
    let output = Command::new("git")
        .env("GIT_TERMINAL_PROMPT", "0")
        .args(["-c", "core.symlinks=false", "-c", "core.autocrlf=false"])
        .args(&arguments)
        .output()
        .map_err(|error| failed(error.to_string()))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(failed(
            String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        )),
    }
}
