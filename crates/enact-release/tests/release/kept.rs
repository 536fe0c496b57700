//! What is unpacked into `.enact/releases`, and what somebody does to it there.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Barrier;
use std::thread;

use enact_release::{Source, SourceError, find};

use crate::kit;
use crate::source::{World, folder, kept};

#[test]
fn what_was_unpacked_and_then_tampered_with_is_unpacked_again() {
    let world = World::new();
    let lock = world.archive("1.3.0", &["sites"]);
    let there = world.find(&lock).unwrap().folder;
    assert!(there.starts_with(&world.root), "{}", there.display());
    let released = kit::files(&there);
    let stray = there.join("migrations/002_more.sql");
    fs::write(&stray, "SELECT 1;\n").unwrap();
    assert_eq!(world.find(&lock).unwrap().folder, there);
    assert_eq!(kit::files(&there), released);
    let file = there.join("migrations/001_sites.sql");
    fs::write(&file, "DROP SCHEMA diary CASCADE;\n").unwrap();
    assert_eq!(world.find(&lock).unwrap().folder, there);
    assert_eq!(kit::files(&there), released);
    assert_eq!(kept(&world.root).len(), 1, "{:?}", kept(&world.root));
}

#[test]
fn what_was_tampered_with_is_not_used_where_there_is_nothing_to_unpack_again() {
    let world = World::new();
    let lock = world.archive("1.3.0", &["sites"]);
    let there = world.find(&lock).unwrap().folder;
    fs::write(there.join("migrations/001_sites.sql"), "SELECT 1;\n").unwrap();
    fs::remove_file(world.releases.join(format!("{}.tgz", folder("1.3.0")))).unwrap();
    let error = world.find(&lock).unwrap_err();
    assert!(matches!(error, SourceError::Missing { .. }), "{error}");
}

#[test]
fn another_release_where_the_pinned_one_was_unpacked_is_not_used() {
    let world = World::new();
    let lock = world.archive("1.3.0", &["sites"]);
    let there = world.find(&lock).unwrap().folder;
    let other = World::new();
    other.release("1.3.0", &["visits"]);
    fs::remove_dir_all(&there).unwrap();
    kit::copy(&other.releases.join(folder("1.3.0")), &there);
    assert_eq!(world.find(&lock).unwrap().lock(), lock);
}

#[test]
fn the_rest_of_a_deleted_release_is_replaced() {
    let world = World::new();
    let lock = world.archive("1.3.0", &["sites"]);
    let there = world.find(&lock).unwrap().folder;
    fs::remove_file(there.join("manifest.json")).unwrap();
    assert_eq!(world.find(&lock).unwrap().lock(), lock);
    assert_eq!(kept(&world.root).len(), 1, "{:?}", kept(&world.root));
}

#[test]
fn what_was_unpacked_serves_when_the_archive_is_gone_or_another() {
    let world = World::new();
    let first = world.archive("1.3.0", &["sites"]);
    let archive = world.releases.join(format!("{}.tgz", folder("1.3.0")));
    let source = Source::Archive(archive.clone());
    find(&world.root, &source, &first).unwrap();
    fs::remove_file(&archive).unwrap();
    find(&world.root, &source, &first).unwrap();
    let second = world.archive("1.3.0", &["visits"]);
    assert_eq!(find(&world.root, &source, &first).unwrap().lock(), first);
    assert_eq!(find(&world.root, &source, &second).unwrap().lock(), second);
    assert_eq!(kept(&world.root).len(), 2, "{:?}", kept(&world.root));
}

#[test]
fn an_archive_with_a_false_release_is_not_kept() {
    let world = World::new();
    let lock = world.release("1.3.0", &["sites"]);
    let folder = world.releases.join(folder("1.3.0"));
    let false_text = fs::read(folder.join("migrations/001_sites.sql"))
        .unwrap()
        .len();
    let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(
        File::create(world.place.path().join("false.tgz")).unwrap(),
        flate2::Compression::fast(),
    ));
    for (name, mut bytes) in kit::files(&folder) {
        if name.ends_with("001_sites.sql") {
            bytes = b"x".repeat(false_text);
        }
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        let path = Path::new("package").join(name);
        tar.append_data(&mut header, path, bytes.as_slice())
            .unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap();
    let source = Source::Archive(world.place.path().join("false.tgz"));
    let error = find(&world.root, &source, &lock).unwrap_err().to_string();
    assert!(
        error.contains("it was changed after the release"),
        "{error}"
    );
    assert!(kept(&world.root).is_empty(), "{:?}", kept(&world.root));
}

/// One account pins, and another one applies.
#[test]
fn what_was_unpacked_is_for_whoever_may_read_the_repository() {
    let world = World::new();
    let lock = world.archive("1.3.0", &["sites"]);
    let there = world.find(&lock).unwrap().folder;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&there), mode(there.parent().unwrap()));
    assert_eq!(mode(&there), mode(&there.join("migrations")));
}

#[test]
fn many_unpack_the_same_at_once() {
    let world = World::new();
    let lock = world.archive("1.3.0", &["sites", "visits"]);
    let start = Barrier::new(8);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                start.wait();
                assert_eq!(world.find(&lock).unwrap().lock(), lock);
            });
        }
    });
    assert_eq!(kept(&world.root).len(), 1, "{:?}", kept(&world.root));
    assert!(kept(&world.root)[0].starts_with("1.3.0-"));
    let ignored = fs::read_to_string(world.root.join(".enact/.gitignore")).unwrap();
    assert_eq!(ignored, "*\n");
}
