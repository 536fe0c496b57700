//! Releases that nobody should take any more.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{KEPT, Offer, Source, SourceError, entries};
use crate::lock::Lock;
use crate::package::{MANIFEST, Package};

/// Withdrawn releases of a folder, with the reason for each: for what cannot wait for a release that says so.
const YANKED: &str = "yanked.json";

/// Why the pinned release was withdrawn, so far as it can be told without asking git or unpacking anything. What cannot
/// be read tells nothing.
#[must_use]
pub fn withdrawn(root: &Path, source: &Source, lock: &Lock) -> Option<String> {
    let mut folders: Vec<PathBuf> = entries(&root.join(KEPT)).unwrap_or_default();
    match source {
        Source::Folder(folder) if folder.join(MANIFEST).is_file() => return None,
        Source::Archive(_) => return None,
        Source::Git { .. } => {}
        Source::Folder(folder) => {
            let mut yanked = yanked(folder).unwrap_or_default();
            if let Some(why) = yanked.remove(&lock.version) {
                return Some(why);
            }
            folders.extend(entries(folder).unwrap_or_default());
        }
    }
    folders.into_iter().find_map(|folder| {
        let (mut manifest, _) = Package::manifest(&folder).ok()?;
        let why = manifest.withdrawn.remove(&lock.version);
        why.filter(|_| manifest.package == lock.package)
    })
}

/// What a release says of earlier ones holds wherever both are to be had.
pub(super) fn withdraw(offers: &mut [Offer]) {
    let lists = offers.iter().map(|offer| offer.manifest.withdrawn.clone());
    let said: BTreeMap<String, String> = lists.flatten().collect();
    for offer in offers {
        if offer.yanked.is_none() {
            offer.yanked = said.get(&offer.manifest.version).cloned();
        }
    }
}

/// What a folder of releases says of them itself.
pub(super) fn yanked(folder: &Path) -> Result<BTreeMap<String, String>, SourceError> {
    let path = folder.join(YANKED);
    match fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| SourceError::Yanked {
            path,
            what: error.to_string(),
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(source) => Err(SourceError::Unreadable { path, source }),
    }
}
