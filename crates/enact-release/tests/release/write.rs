//! Writing a release: always the same bytes, all of them or none, and never over another one.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::time::{Duration, SystemTime};

use enact_release::{Package, Source, offers};

use crate::kit;

const NAME: &str = "clinical-diary-database-1.3.0";

fn entries(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

fn refused(place: &Path, names: &[&str]) -> io::Error {
    let release = kit::release_of(kit::manifest("1.3.0", names));
    release.write(place).unwrap_err()
}

#[test]
fn the_same_input_gives_the_same_bytes_elsewhere() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let deep = other.path().join("a/b");
    let first = kit::write(one.path(), "1.3.0", &["sites", "visits"]);
    let second = kit::write(&deep, "1.3.0", &["sites", "visits"]);
    assert_eq!(kit::files(one.path()), kit::files(&deep));
    assert_eq!(
        (first.manifest, first.digest),
        (second.manifest, second.digest)
    );
    assert_eq!(
        entries(one.path()),
        [NAME.to_owned(), format!("{NAME}.tgz")]
    );
}

/// Nothing of the disk, neither times nor modes nor the order of a folder, is in an archive.
#[test]
fn times_modes_and_a_lost_archive_make_no_difference() {
    let place = tempfile::tempdir().unwrap();
    let written = kit::write(place.path(), "1.3.0", &["sites", "visits"]);
    let before = kit::files(place.path());
    for name in kit::files(&written.folder).keys() {
        let path = written.folder.join(name);
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
        File::options()
            .append(true)
            .open(&path)
            .unwrap()
            .set_modified(time)
            .unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    }
    fs::remove_file(&written.archive).unwrap();
    let again = kit::write(place.path(), "1.3.0", &["sites", "visits"]);
    assert_eq!(again, written);
    assert_eq!(kit::files(place.path()), before);
}

#[test]
fn an_archive_says_who_and_when_for_nobody() {
    let place = tempfile::tempdir().unwrap();
    let written = kit::write(place.path(), "1.3.0", &["sites", "lasting"]);
    let plain = flate2::read::GzDecoder::new(File::open(written.archive).unwrap());
    let mut tar = tar::Archive::new(plain);
    let mut names = Vec::new();
    for entry in tar.entries().unwrap() {
        let entry = entry.unwrap();
        let header = entry.header();
        let about = (
            header.mode().unwrap(),
            header.mtime().unwrap(),
            header.uid().unwrap(),
        );
        assert_eq!(about, (0o644, 499_162_500, 0));
        names.push(entry.path().unwrap().display().to_string());
    }
    assert_eq!(
        names,
        [
            "package/README.md",
            "package/manifest.json",
            "package/migrations/001_sites.sql",
            "package/migrations/002_lasting.sql",
            "package/migrations/rollback/001_rollback.sql",
            "package/objects/15.json",
            "package/objects/16.json",
            "package/package.json",
        ]
    );
}

#[test]
fn the_archive_unpacked_is_the_folder() {
    let place = tempfile::tempdir().unwrap();
    let written = kit::write(place.path(), "1.3.0", &["sites", "visits"]);
    let root = tempfile::tempdir().unwrap();
    let offers = offers(root.path(), &Source::Archive(written.archive)).unwrap();
    assert_eq!(offers[0].digest, written.manifest);
    assert_eq!(kit::files(&offers[0].folder), kit::files(&written.folder));
}

#[test]
fn another_release_under_the_version_is_refused() {
    let place = tempfile::tempdir().unwrap();
    kit::write(place.path(), "1.3.0", &["sites"]);
    let before = kit::files(place.path());
    let error = refused(place.path(), &["visits"]);
    assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
    assert!(
        error.to_string().contains("is there with other contents"),
        "{error}"
    );
    assert_eq!(kit::files(place.path()), before);
}

#[test]
fn no_folder_is_written_beside_another_archive() {
    let place = tempfile::tempdir().unwrap();
    let written = kit::write(place.path(), "1.3.0", &["sites"]);
    fs::remove_dir_all(written.folder).unwrap();
    let error = refused(place.path(), &["visits"]);
    assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
    assert_eq!(entries(place.path()), [format!("{NAME}.tgz")]);
}

#[test]
fn no_archive_is_written_beside_another_folder() {
    let place = tempfile::tempdir().unwrap();
    let written = kit::write(place.path(), "1.3.0", &["sites"]);
    fs::remove_file(written.archive).unwrap();
    refused(place.path(), &["visits"]);
    assert_eq!(entries(place.path()), [NAME]);
}

#[test]
fn a_folder_that_was_changed_is_not_the_release() {
    let touch = |change: &dyn Fn(&Path)| {
        let place = tempfile::tempdir().unwrap();
        let written = kit::write(place.path(), "1.3.0", &["sites"]);
        change(&written.folder);
        let before = kit::files(place.path());
        let error = refused(place.path(), &["sites"]);
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(
            kit::files(place.path()),
            before,
            "nothing is mended in silence"
        );
    };
    touch(&|folder| fs::write(folder.join("migrations/002_more.sql"), "").unwrap());
    touch(&|folder| fs::write(folder.join("README.md"), "").unwrap());
    touch(&|folder| fs::remove_file(folder.join("objects/15.json")).unwrap());
    touch(&|folder| {
        let file = folder.join("migrations/001_sites.sql");
        fs::rename(&file, folder.join("moved.sql")).unwrap();
        symlink("../moved.sql", file).unwrap();
    });
}

#[test]
fn a_place_that_cannot_be_written_is_left_as_it_was() {
    let place = tempfile::tempdir().unwrap();
    // A file where a folder should be.
    let file = place.path().join("releases");
    fs::write(&file, "").unwrap();
    refused(&file, &["sites"]);
    assert_eq!(entries(place.path()), ["releases"]);
    fs::remove_file(&file).unwrap();
    // A file where the release should be, and a folder where its archive should be.
    fs::create_dir(&file).unwrap();
    fs::write(file.join(NAME), "").unwrap();
    refused(&file, &["sites"]);
    assert_eq!(entries(&file), [NAME]);
    fs::remove_file(file.join(NAME)).unwrap();
    fs::create_dir(file.join(format!("{NAME}.tgz"))).unwrap();
    refused(&file, &["sites"]);
    assert_eq!(entries(&file), [format!("{NAME}.tgz")]);
    // A link that leads nowhere.
    fs::remove_dir(file.join(format!("{NAME}.tgz"))).unwrap();
    symlink("nowhere", file.join(NAME)).unwrap();
    refused(&file, &["sites"]);
    assert_eq!(entries(&file), [NAME]);
    // A device that is always full is no folder either.
    refused(Path::new("/dev/full"), &["sites"]);
}

/// What is cut short, or wrong in itself, leaves no folder that looks like a release.
#[test]
fn what_could_not_be_read_again_is_not_written() {
    let place = tempfile::tempdir().unwrap();
    let mut gap = kit::manifest("1.3.0", &["sites", "visits"]);
    gap.migrations[1].number = 3;
    let mut digest = kit::manifest("1.3.0", &["sites"]);
    digest.migrations[0].file.digest = kit::digest("other");
    let mut twice = kit::manifest("1.3.0", &["sites"]);
    twice.proven[1] = twice.proven[0].clone();
    let mut name = kit::manifest("1.3.0", &["sites"]);
    name.migrations[0].file.file = "migrations/sub/001_sites.sql".to_owned();
    for manifest in [
        gap,
        digest,
        twice,
        name,
        kit::manifest("1.3", &["sites"]),
        kit::manifest("1.3.0", &[]),
    ] {
        let error = kit::release_of(manifest).write(place.path()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{error}");
        assert!(
            entries(place.path()).is_empty(),
            "{:?}",
            entries(place.path())
        );
    }
}

#[test]
fn what_is_written_is_read_as_it_was() {
    let place = tempfile::tempdir().unwrap();
    let manifest = kit::manifest("1.4.0-rc.1+5", &["sites", "lasting"]);
    let written = kit::release_of(manifest.clone())
        .write(place.path())
        .unwrap();
    let package = Package::read(&written.folder).unwrap();
    assert_eq!(
        (package.manifest, package.digest),
        (manifest, written.manifest)
    );
}
