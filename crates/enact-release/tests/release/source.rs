//! Folders and archives that hold releases, good ones and others beside each other.

use std::fs;
use std::path::{Path, PathBuf};

use enact_release::{Lock, Package, Source, SourceError, find, offers};
use tempfile::TempDir;

use crate::kit::{self, told};

/// Releases in a folder, and a repository that wants one.
pub struct World {
    pub place: TempDir,
    pub releases: PathBuf,
    pub root: PathBuf,
}

impl World {
    pub fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let (releases, root) = (place.path().join("releases"), place.path().join("root"));
        fs::create_dir(&releases).unwrap();
        fs::create_dir(&root).unwrap();
        Self {
            place,
            releases,
            root,
        }
    }

    pub fn release(&self, version: &str, names: &[&str]) -> Lock {
        let written = kit::write(&self.releases, version, names);
        Package::read(&written.folder).unwrap().lock()
    }

    /// As [`Self::release`], as an archive alone.
    pub fn archive(&self, version: &str, names: &[&str]) -> Lock {
        let lock = self.release(version, names);
        fs::remove_dir_all(self.releases.join(folder(version))).unwrap();
        lock
    }

    pub fn source(&self) -> Source {
        Source::Folder(self.releases.clone())
    }

    pub fn find(&self, lock: &Lock) -> Result<Package, SourceError> {
        find(&self.root, &self.source(), lock)
    }

    fn versions(&self) -> Result<Vec<String>, SourceError> {
        let offers = offers(&self.root, &self.source())?.into_iter();
        Ok(offers.map(|offer| offer.manifest.version).collect())
    }
}

/// What is kept in a repository, by name.
pub fn kept(root: &Path) -> Vec<String> {
    let entries = fs::read_dir(root.join(".enact/releases")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

/// The folder of a release among others.
pub fn folder(version: &str) -> String {
    format!("clinical-diary-database-{version}")
}

#[test]
fn releases_are_offered_in_the_order_of_versions() {
    let world = World::new();
    for version in [
        "1.10.0",
        "1.2.0",
        "1.3.0-rc.1",
        "1.3.0",
        "1.3.0-rc.10",
        "1.3.0-rc.2",
    ] {
        world.archive(version, &["sites"]);
    }
    world.release("1.9.0", &["sites"]);
    assert_eq!(
        world.versions().unwrap(),
        [
            "1.2.0",
            "1.3.0-rc.1",
            "1.3.0-rc.2",
            "1.3.0-rc.10",
            "1.3.0",
            "1.9.0",
            "1.10.0"
        ]
    );
}

#[test]
fn the_same_release_as_folder_and_archive_is_one() {
    let world = World::new();
    let lock = world.release("1.3.0", &["sites"]);
    kit::copy(
        &world.releases.join(folder("1.3.0")),
        &world.releases.join("copy"),
    );
    assert_eq!(world.versions().unwrap(), ["1.3.0"]);
    world.find(&lock).unwrap();
}

/// The pin chooses among them, wherever in the folder it lies; without a pin nobody can choose.
#[test]
fn other_bytes_under_one_version_are_refused_but_the_pinned_ones_found() {
    let world = World::new();
    let one = world.release("1.3.0", &["sites"]);
    fs::rename(
        world.releases.join(folder("1.3.0")),
        world.releases.join("b"),
    )
    .unwrap();
    fs::remove_file(world.releases.join(format!("{}.tgz", folder("1.3.0")))).unwrap();
    let other = world.release("1.3.0", &["visits"]);
    for name in ["a", "c"] {
        fs::rename(
            world.releases.join(folder("1.3.0")),
            world.releases.join(name),
        )
        .unwrap();
        let error = world.versions().unwrap_err().to_string();
        assert!(
            error.contains("version 1.3.0 is there twice with different contents"),
            "{error}"
        );
        assert_eq!(world.find(&one).unwrap().folder, world.releases.join("b"));
        assert_eq!(
            world.find(&other).unwrap().folder,
            world.releases.join(name)
        );
        fs::rename(
            world.releases.join(name),
            world.releases.join(folder("1.3.0")),
        )
        .unwrap();
    }
    // Neither of them is the pinned one.
    let third = Lock {
        manifest: enact_ledger::Hash::of(b"third"),
        ..one
    };
    let error = world.find(&third).unwrap_err();
    assert!(matches!(error, SourceError::Other { .. }), "{error}");
}

#[test]
fn an_archive_of_other_bytes_than_the_folder_is_refused() {
    let world = World::new();
    world.archive("1.3.0", &["sites"]);
    fs::rename(
        world.releases.join(format!("{}.tgz", folder("1.3.0"))),
        world.releases.join("other.tgz"),
    )
    .unwrap();
    let pinned = world.archive("1.3.0", &["visits"]);
    let error = world.versions().unwrap_err();
    assert!(matches!(error, SourceError::Ambiguous { .. }), "{error}");
    assert_eq!(world.find(&pinned).unwrap().lock(), pinned);
}

/// Semantic Versioning orders 1.3.0 and 1.3.0+build.5 alike, so npm knows one of them only.
#[test]
fn build_metadata_makes_no_other_version() {
    let world = World::new();
    let plain = world.release("1.3.0", &["sites"]);
    let built = world.release("1.3.0+build.5", &["sites"]);
    let error = world.versions().unwrap_err().to_string();
    for part in ["1.3.0 (which 1.3.0+build.5 is also", "different contents"] {
        assert!(error.contains(part), "{error}");
    }
    // What is pinned is named to the letter.
    assert_eq!(world.find(&plain).unwrap().manifest.version, "1.3.0");
    assert_eq!(
        world.find(&built).unwrap().manifest.version,
        "1.3.0+build.5"
    );
}

/// Whoever publishes a broken release must not stop those who are pinned to a good one; but who chooses anew must know that
/// not everything there was looked at.
#[test]
fn a_broken_neighbour_does_not_block_the_pinned_release() {
    for archived in [false, true] {
        let world = World::new();
        let lock = match archived {
            true => world.archive("1.3.0", &["sites"]),
            false => world.release("1.3.0", &["sites"]),
        };
        // Whichever is met first.
        for name in ["a", "z"] {
            fs::create_dir(world.releases.join(name)).unwrap();
            fs::write(world.releases.join(name).join("manifest.json"), "{").unwrap();
            fs::write(world.releases.join(format!("{name}.tgz")), "no archive").unwrap();
        }
        assert_eq!(world.find(&lock).unwrap().lock(), lock);
        let error = world.versions().unwrap_err();
        assert!(
            told(&error).contains("a/manifest.json is not what"),
            "{error}"
        );
    }
}

#[test]
fn a_broken_neighbour_is_named_where_the_pinned_release_is_not_there() {
    let world = World::new();
    let lock = world.archive("1.3.0", &["sites"]);
    let archive = world.releases.join(format!("{}.tgz", folder("1.3.0")));
    let bytes = fs::read(&archive).unwrap();
    fs::write(&archive, &bytes[..bytes.len() / 2]).unwrap();
    let error = world.find(&lock).unwrap_err();
    assert!(matches!(error, SourceError::Archive { .. }), "{error}");
    fs::remove_file(&archive).unwrap();
    let error = world.find(&lock).unwrap_err();
    assert!(matches!(error, SourceError::Missing { .. }), "{error}");
    fs::remove_dir_all(&world.releases).unwrap();
    let error = world.find(&lock).unwrap_err();
    assert!(matches!(error, SourceError::Unreadable { .. }), "{error}");
}

#[test]
fn a_broken_pinned_release_is_not_used() {
    let world = World::new();
    let lock = world.release("1.3.0", &["sites", "visits"]);
    let file = world
        .releases
        .join(folder("1.3.0"))
        .join("migrations/002_visits.sql");
    fs::write(&file, "DROP SCHEMA diary CASCADE;\n").unwrap();
    let error = world.find(&lock).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("it was changed after the release"),
        "{error}"
    );
    assert!(
        !world.root.join(".enact").exists(),
        "nothing was unpacked instead"
    );
}

#[test]
fn an_edited_lock_is_refused() {
    let world = World::new();
    let lock = world.release("1.3.0", &["sites", "visits"]);
    let refused = |change: fn(&mut Lock)| {
        let mut edited = lock.clone();
        change(&mut edited);
        world.find(&edited).unwrap_err()
    };
    for change in [
        (|lock| lock.migrations[0].digest = kit::digest("other")) as fn(&mut Lock),
        |lock| lock.migrations[0].name.push('x'),
        |lock| lock.migrations[0].rollback = None,
        |lock| lock.migrations[0].rollback = Some(kit::digest("other")),
        |lock| lock.migrations[1].number = 3,
        |lock| lock.migrations.reverse(),
        |lock| drop(lock.migrations.pop()),
        |lock| lock.migrations.push(lock.migrations[0].clone()),
        |lock| lock.package.push('x'),
    ] {
        let error = refused(change);
        assert!(
            error.to_string().contains("enact.lock was edited by hand"),
            "{error}"
        );
    }
    let error = refused(|lock| lock.manifest = enact_ledger::Hash::of(b"other"));
    assert!(matches!(error, SourceError::Other { .. }), "{error}");
    for version in ["1.3.1", "../../releases/1.3.0", "", "1.3.0 "] {
        let mut edited = lock.clone();
        version.clone_into(&mut edited.version);
        let error = world.find(&edited).unwrap_err();
        assert!(
            matches!(error, SourceError::Lock(_) | SourceError::Missing { .. }),
            "{version}: {error}"
        );
    }
}

#[test]
fn a_folder_without_releases_offers_none() {
    let world = World::new();
    fs::create_dir(world.releases.join("notes")).unwrap();
    fs::write(world.releases.join("README.md"), "Releases.\n").unwrap();
    assert!(world.versions().unwrap().is_empty());
}

#[test]
fn withdrawals_that_cannot_be_understood_stop_a_choice() {
    let world = World::new();
    let lock = world.release("1.3.0", &["sites"]);
    for text in [
        "",
        "{",
        "[]",
        "{\"1.3.0\": 1}",
        "null",
        "{\"1.3.0\": \"x\"} y",
    ] {
        fs::write(world.releases.join("yanked.json"), text).unwrap();
        let error = world.versions().unwrap_err();
        assert!(
            matches!(error, SourceError::Yanked { .. }),
            "{text}: {error}"
        );
        // What is pinned is pinned.
        world.find(&lock).unwrap();
    }
}
