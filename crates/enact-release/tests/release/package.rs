//! A package in a folder in which something was changed, by mistake or on purpose.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;

use enact_release::{Package, PackageError};

use crate::kit;

const FILE: &str = "migrations/001_sites.sql";
const ROLLBACK: &str = "migrations/rollback/002_rollback.sql";
const OBJECTS: &str = "objects/15.json";
/// Every file that the manifest names.
const NAMED: [&str; 6] = [
    FILE,
    "migrations/002_visits.sql",
    "migrations/rollback/001_rollback.sql",
    ROLLBACK,
    OBJECTS,
    "objects/16.json",
];

fn refused(folder: &Path) -> PackageError {
    Package::read(folder).unwrap_err()
}

#[test]
fn an_untouched_release_is_read() {
    let (_place, folder) = kit::written();
    let package = Package::read(&folder).unwrap();
    assert_eq!(
        package.manifest,
        kit::manifest("1.3.0", &["sites", "visits"])
    );
    assert_eq!(package.objects.len(), 2);
    assert_eq!(package.lock().migrations.len(), 2);
}

#[test]
fn a_missing_file_is_named() {
    for name in NAMED.into_iter().chain(["manifest.json"]) {
        let (_place, folder) = kit::written();
        fs::remove_file(folder.join(name)).unwrap();
        match refused(&folder) {
            PackageError::Unreadable { path, .. } => assert_eq!(path, folder.join(name)),
            other => panic!("{name}: {other}"),
        }
    }
}

#[test]
fn every_changed_byte_shows() {
    let (_place, folder) = kit::written();
    for name in NAMED {
        let path = folder.join(name);
        let bytes = fs::read(&path).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            fs::write(&path, &changed).unwrap();
            match refused(&folder) {
                PackageError::Changed { path: shown, .. } => assert_eq!(shown, path),
                other => panic!("{name} at {at}: {other}"),
            }
        }
        fs::write(&path, &bytes).unwrap();
    }
    Package::read(&folder).unwrap();
}

/// Digests of SQL are of the text without the carriage returns that a checkout on Windows adds, and enact executes that
/// text; documents are digested as they are.
#[test]
fn line_ends_are_no_change_of_sql_but_of_documents() {
    let (_place, folder) = kit::written();
    let crlf = |name: &str| {
        let path = folder.join(name);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace('\n', "\r\n")).unwrap();
        text
    };
    let before = Package::read(&folder).unwrap().lock();
    crlf(FILE);
    crlf(ROLLBACK);
    assert_eq!(Package::read(&folder).unwrap().lock(), before);
    let text = crlf(OBJECTS);
    assert!(matches!(refused(&folder), PackageError::Changed { .. }));
    fs::write(folder.join(OBJECTS), text).unwrap();
    crlf("manifest.json");
    let error = refused(&folder).to_string();
    assert!(
        error.contains("were line ends or spaces changed?"),
        "{error}"
    );
}

#[test]
fn a_carriage_return_inside_a_line_is_a_change() {
    let (_place, folder) = kit::written();
    let text = fs::read_to_string(folder.join(FILE)).unwrap();
    fs::write(folder.join(FILE), text.replace(' ', "\r")).unwrap();
    assert!(matches!(refused(&folder), PackageError::Changed { .. }));
}

#[test]
fn a_link_in_place_of_a_file_is_refused() {
    for name in NAMED.into_iter().chain(["manifest.json"]) {
        let (place, folder) = kit::written();
        let elsewhere = place.path().join("elsewhere");
        fs::rename(folder.join(name), &elsewhere).unwrap();
        symlink(&elsewhere, folder.join(name)).unwrap();
        let error = refused(&folder).to_string();
        assert!(error.contains("it is no regular file"), "{name}: {error}");
    }
}

#[test]
fn a_link_in_place_of_a_folder_is_refused() {
    for name in ["migrations", "migrations/rollback", "objects"] {
        let (place, folder) = kit::written();
        let elsewhere = place.path().join("elsewhere");
        fs::rename(folder.join(name), &elsewhere).unwrap();
        symlink(&elsewhere, folder.join(name)).unwrap();
        match refused(&folder) {
            PackageError::Invalid { path, what } => {
                assert_eq!(path, folder.join(name));
                assert!(what.contains("it is a link"), "{what}");
            }
            other => panic!("{name}: {other}"),
        }
    }
}

/// pnpm installs each package as a link to where it keeps the bytes.
#[test]
fn a_link_to_the_release_itself_is_followed() {
    let (place, folder) = kit::written();
    let link = place.path().join("node_modules");
    symlink(&folder, &link).unwrap();
    assert_eq!(Package::read(&link).unwrap().folder, link);
}

#[test]
fn a_folder_in_place_of_a_file_is_refused() {
    for name in NAMED.into_iter().chain(["manifest.json"]) {
        let (_place, folder) = kit::written();
        fs::remove_file(folder.join(name)).unwrap();
        fs::create_dir(folder.join(name)).unwrap();
        let error = refused(&folder).to_string();
        assert!(error.contains("it is no regular file"), "{name}: {error}");
    }
}

#[test]
fn a_file_in_place_of_a_folder_is_refused() {
    for name in ["migrations", "migrations/rollback", "objects"] {
        let (_place, folder) = kit::written();
        fs::remove_dir_all(folder.join(name)).unwrap();
        fs::write(folder.join(name), "").unwrap();
        let error = refused(&folder);
        assert!(matches!(error, PackageError::Unreadable { .. }), "{error}");
    }
}

#[test]
fn what_lies_among_the_migrations_unnamed_is_refused() {
    for name in [
        "migrations/003_more.sql",
        "migrations/.hidden",
        "migrations/README.md",
        "migrations/rollback/003_rollback.sql",
        "migrations/rollback/rollback/001_rollback.sql",
        "migrations/more/001_sites.sql",
    ] {
        let (_place, folder) = kit::written();
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, kit::up("sites")).unwrap();
        match refused(&folder) {
            PackageError::Stray { path: shown, .. } => assert!(path.starts_with(shown)),
            other => panic!("{name}: {other}"),
        }
    }
    let (_place, folder) = kit::written();
    symlink("001_sites.sql", folder.join("migrations/003_more.sql")).unwrap();
    assert!(matches!(refused(&folder), PackageError::Stray { .. }));
    fs::remove_file(folder.join("migrations/003_more.sql")).unwrap();
    // What is no migration may lie elsewhere: npm adds files of its own.
    fs::write(folder.join(".npmignore"), "").unwrap();
    Package::read(&folder).unwrap();
}

#[test]
fn a_file_beyond_measure_is_not_read() {
    for name in NAMED.into_iter().chain(["manifest.json"]) {
        let (_place, folder) = kit::written();
        // It takes no room on the disk, and would take all of the memory.
        let file = File::create(folder.join(name)).unwrap();
        file.set_len(1 << 40).unwrap();
        let error = refused(&folder).to_string();
        assert!(error.contains("larger than 64 MiB"), "{name}: {error}");
    }
}

#[test]
fn objects_of_another_major_are_refused() {
    let (_place, folder) = kit::written();
    let (one, other) = (folder.join(OBJECTS), folder.join("objects/16.json"));
    let (first, second) = (fs::read(&one).unwrap(), fs::read(&other).unwrap());
    fs::write(&one, &second).unwrap();
    fs::write(&other, &first).unwrap();
    assert!(matches!(refused(&folder), PackageError::Changed { .. }));
    // Also where the manifest was written for the wrong files.
    kit::edit(&folder, |json| {
        let proven = json["proven"].as_array_mut().unwrap();
        let digest = proven[0]["objects_digest"].clone();
        proven[0]["objects_digest"] = proven[1]["objects_digest"].take();
        proven[1]["objects_digest"] = digest;
    });
    let error = refused(&folder).to_string();
    assert!(
        error.contains("it is of PostgreSQL 16, not of 15"),
        "{error}"
    );
}

#[test]
fn objects_with_other_fingerprints_than_the_manifest_are_refused() {
    let (_place, folder) = kit::written();
    kit::edit(&folder, |json| {
        let other = json["proven"][1]["fingerprints"]["002"].clone();
        json["proven"][0]["fingerprints"]["002"] = other;
    });
    let error = refused(&folder).to_string();
    assert!(error.contains("its fingerprints are not"), "{error}");
}

#[test]
fn objects_that_cannot_be_understood_are_refused() {
    for (from, to, expected) in [
        (
            "enact.objects/1",
            "enact.objects/2",
            "`enact.objects/2` is not",
        ),
        ("\"format\"", "\"farmat\"", "unknown field `farmat`"),
        ("sha256:", "sha512:", "not a SHA-256 value"),
        ("{", "[", "expected"),
    ] {
        let (_place, folder) = kit::written();
        let text = fs::read_to_string(folder.join(OBJECTS)).unwrap();
        let text = text.replacen(from, to, 1);
        fs::write(folder.join(OBJECTS), &text).unwrap();
        kit::edit(&folder, |json| {
            let digest = enact_ledger::Hash::of(text.as_bytes());
            json["proven"][0]["objects_digest"] = digest.to_string().into();
        });
        match refused(&folder) {
            PackageError::Invalid { path, what } => {
                assert_eq!(path, folder.join(OBJECTS));
                assert!(what.contains(expected), "{what}");
            }
            other => panic!("{from}: {other}"),
        }
    }
}
