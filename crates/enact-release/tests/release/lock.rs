//! `enact.lock` with every name there could be, and edited by hand.

use std::fs;

use enact_ledger::Hash;
use enact_release::{Lock, LockError, LockedMigration};

use crate::kit;

/// Texts that one language writes otherwise than another.
pub const NASTY: [&str; 16] = [
    "",
    "plain",
    "with \"quotes\"",
    "with 'quotes'",
    "with \"\"\" and ''' and both",
    "back\\slash \\u{41} \\n",
    "tab\tand\u{b}and\u{c}",
    "line\nend\r\nand\r",
    "null\0and\u{1}and\u{1f}",
    "escape\u{1b}[31m and delete\u{7f}",
    "next line\u{85} and\u{9b}",
    "größer als 東京 🦀",
    "joined\u{200d}and\u{202e}turned\u{feff}",
    "e\u{301}",
    "# no comment = [\"1\"]",
    "\u{10ffff}\u{e000}\u{2028}",
];

fn lock(package: &str, name: &str) -> Lock {
    let migration = |number, rollback| LockedMigration {
        number,
        name: name.to_owned(),
        digest: kit::digest(name),
        rollback,
    };
    Lock {
        package: package.to_owned(),
        version: "1.3.0".to_owned(),
        manifest: Hash::of(package.as_bytes()),
        migrations: vec![migration(1, None), migration(2, Some(kit::digest("down")))],
    }
}

pub fn read_again(lock: &Lock) -> Lock {
    let root = tempfile::tempdir().unwrap();
    lock.write(root.path()).unwrap();
    let text = fs::read_to_string(root.path().join("enact.lock")).unwrap();
    assert_eq!(text, lock.text());
    Lock::read(root.path()).unwrap().unwrap()
}

fn refused(text: impl AsRef<[u8]>) -> LockError {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("enact.lock"), text).unwrap();
    Lock::read(root.path()).unwrap_err()
}

#[test]
fn every_name_comes_back() {
    for nasty in NASTY {
        for lock in [lock(nasty, "sites"), lock(kit::PACKAGE, nasty)] {
            assert_eq!(read_again(&lock), lock, "{}", lock.text());
        }
        let mut lock = lock(kit::PACKAGE, "sites");
        nasty.clone_into(&mut lock.version);
        assert_eq!(read_again(&lock), lock);
    }
}

/// The file is committed: another form of the same pin would show as a change in every sponsor's repository.
#[test]
fn its_form_stays() {
    let text = lock(kit::PACKAGE, "initial_schema").text();
    let digest = kit::digest("initial_schema");
    let expected = format!(
        "# Written by `enact pin`; commit it, and do not edit it. `enact apply` accepts the core files named here, byte for byte.\n\
         version = 1\n\
         \n\
         [core]\n\
         package = \"@clinical-diary/database\"\n\
         version = \"1.3.0\"\n\
         manifest = \"{}\"\n\
         \n\
         [[core.migrations]]\n\
         number = 1\n\
         name = \"initial_schema\"\n\
         digest = \"{digest}\"\n\
         \n\
         [[core.migrations]]\n\
         number = 2\n\
         name = \"initial_schema\"\n\
         digest = \"{digest}\"\n\
         rollback = \"{}\"\n",
        Hash::of(kit::PACKAGE.as_bytes()),
        kit::digest("down")
    );
    assert_eq!(text, expected);
}

#[test]
fn none_is_none() {
    let root = tempfile::tempdir().unwrap();
    assert_eq!(Lock::read(root.path()).unwrap(), None);
}

#[test]
fn what_pin_does_not_write_is_refused() {
    let good = lock(kit::PACKAGE, "sites").text();
    for (from, to) in [
        ("version = 1\n", "version = 2\n"),
        ("version = 1\n", "version = \"1\"\n"),
        ("version = 1\n", ""),
        ("version = 1\n", "version = 1\nversion = 1\n"),
        ("version = 1\n", "version = 1\nsurprise = 1\n"),
        ("[core]\n", "[core]\nsurprise = 1\n"),
        ("[core]\n", "[core]\n[core]\n"),
        ("[core]\n", "[kore]\n"),
        ("number = 1\n", "number = 1\nsurprise = 1\n"),
        ("number = 1\n", "number = -1\n"),
        ("number = 1\n", "number = \"1\"\n"),
        ("number = 1\n", ""),
        ("sha256-lf:", "sha256:"),
        ("rollback = \"sha256-lf:", "rollback = \""),
        ("manifest = \"sha256:", "manifest = \"sha512:"),
        ("manifest = \"sha256:", "manifest = \"SHA256:"),
        ("package", "<<<<<<< HEAD\npackage"),
    ] {
        assert!(good.contains(from), "{from}");
        let error = refused(good.replacen(from, to, 1));
        assert!(
            matches!(error, LockError::Invalid { .. }),
            "{from} {to}: {error}"
        );
    }
    assert!(matches!(refused(""), LockError::Invalid { .. }));
    assert!(matches!(refused(b"\xff"), LockError::Io { .. }));
}

#[test]
fn a_lock_that_is_cut_is_never_taken_for_another() {
    let whole = lock(kit::PACKAGE, "sites");
    let text = whole.text();
    let root = tempfile::tempdir().unwrap();
    for end in 0..text.len() {
        fs::write(root.path().join("enact.lock"), &text[..end]).unwrap();
        // Cut between two migrations it is a lock, but not of this release: what it lacks is missed when it is compared.
        if let Ok(Some(read)) = Lock::read(root.path()) {
            assert!(
                read != whole || text[end..].trim().is_empty(),
                "cut at {end}"
            );
        }
    }
}

#[test]
fn a_lock_that_cannot_be_written_is_left_as_it_was() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("enact.lock")).unwrap();
    let error = lock(kit::PACKAGE, "sites").write(root.path()).unwrap_err();
    assert!(error.to_string().starts_with("cannot write "), "{error}");
    let left: Vec<_> = fs::read_dir(root.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing half-written");
    let error = Lock::read(root.path()).unwrap_err();
    assert!(error.to_string().starts_with("cannot read "), "{error}");
    let error = lock(kit::PACKAGE, "sites").write(&root.path().join("nowhere"));
    error.unwrap_err();
}
