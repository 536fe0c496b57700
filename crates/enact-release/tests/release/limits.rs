//! Writing where the machine sets limits: modes, and room that runs out halfway.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use enact_ledger::Hash;
use enact_release::{Package, Source, offers};

use crate::kit;
use crate::process::{is_alone, passed, under};

const NAME: &str = "clinical-diary-database-1.3.0";
/// Where the process of a test writes to.
const PLACE: &str = "ENACT_RELEASE_TEST_PLACE";

/// A text that cannot be packed well, so that the archive is larger than each file in it.
fn noise(name: &str) -> String {
    let lines =
        (0..60).map(|line| format!("-- {}\n", Hash::of(format!("{name} {line}").as_bytes())));
    lines.collect()
}

fn write(place: &Path) {
    let mut manifest = kit::manifest("1.3.0", &["sites", "visits", "answers", "devices"]);
    for migration in &mut manifest.migrations {
        migration.file.digest = kit::digest(&noise(&migration.name));
    }
    kit::release_with(manifest, noise).write(place).unwrap();
}

fn write_there() {
    write(&PathBuf::from(env::var_os(PLACE).unwrap()));
}

fn shown(place: &Path) -> String {
    place.display().to_string()
}

#[test]
fn a_mask_changes_no_byte() {
    if is_alone() {
        return write_there();
    }
    let places = ["umask 000", "umask 077"].map(|mask| {
        let place = tempfile::tempdir().unwrap();
        let output = under(
            mask,
            "limits::a_mask_changes_no_byte",
            &[(PLACE, &shown(place.path()))],
        );
        assert!(
            passed(&output),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        place
    });
    assert_eq!(kit::files(places[0].path()), kit::files(places[1].path()));
}

/// Whether the room ends in the first file or in the last, there is a whole release, or none; and once there is room again, it
/// is completed.
#[test]
fn room_that_runs_out_leaves_nothing_half_written() {
    if is_alone() {
        return write_there();
    }
    let whole = tempfile::tempdir().unwrap();
    write(whole.path());
    let mut seen = [false; 3];
    for blocks in 0..64 {
        let place = tempfile::tempdir().unwrap();
        // Writing beyond the limit is an error, rather than a signal that nobody expects.
        let limit = format!("trap '' XFSZ && ulimit -f {blocks}");
        let name = "limits::room_that_runs_out_leaves_nothing_half_written";
        let output = under(&limit, name, &[(PLACE, &shown(place.path()))]);
        let entries = fs::read_dir(place.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        assert!(names.len() <= 2, "nothing is left over: {names:?}");
        for (name, known) in names.iter().zip([NAME.to_owned(), format!("{NAME}.tgz")]) {
            assert_eq!(*name, known);
        }
        assert_eq!(
            passed(&output),
            names.len() == 2,
            "{blocks} blocks: {names:?}"
        );
        if !names.is_empty() {
            Package::read(&place.path().join(NAME)).unwrap();
            let offers = offers(place.path(), &Source::Folder(place.path().to_owned())).unwrap();
            assert_eq!(offers.len(), 1);
            let _ = fs::remove_dir_all(place.path().join(".enact"));
        }
        seen[names.len()] = true;
        write(place.path());
        assert_eq!(kit::files(place.path()), kit::files(whole.path()));
        if names.len() == 2 {
            break;
        }
    }
    assert_eq!(seen, [true; 3], "no room, room for the folder, and enough");
}
