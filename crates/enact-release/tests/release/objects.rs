//! The objects of a release, folded up to a migration.

use std::collections::BTreeMap;

use enact_ledger::Hash;
use enact_release::{NamedObject, Objects, ObjectsAfter};

fn set(name: &str, text: &str) -> NamedObject {
    NamedObject {
        kind: "table".to_owned(),
        name: name.to_owned(),
        digest: Hash::of(text.as_bytes()),
    }
}

fn after(number: u32, removed: &[&str], set: Vec<NamedObject>) -> ObjectsAfter {
    let table = |name: &&str| ("table".to_owned(), (*name).to_owned());
    ObjectsAfter {
        number,
        fingerprint: Hash::of(&number.to_be_bytes()),
        set,
        removed: removed.iter().map(table).collect(),
    }
}

fn objects() -> Objects {
    Objects {
        schema: "enact.objects/1".to_owned(),
        server_major: 15,
        format: 1,
        migrations: vec![
            after(1, &[], vec![set("a", "a1"), set("b", "b1")]),
            after(2, &["a"], vec![set("b", "b2")]),
            // A kind of object may go and come again in one migration, and what never was may be taken away.
            after(3, &["b", "c"], vec![set("b", "b3"), set("a", "a3")]),
        ],
    }
}

#[test]
fn each_migration_adds_changes_and_takes_away() {
    let objects = objects();
    let at = |number: u32, expected: &[(&'static str, &str)]| {
        let expected = expected.iter();
        let expected: BTreeMap<_, _> = expected
            .map(|(name, text)| (("table", *name), Hash::of(text.as_bytes())))
            .collect();
        assert_eq!(objects.at(number), expected, "at {number}");
    };
    at(0, &[]);
    at(1, &[("a", "a1"), ("b", "b1")]);
    at(2, &[("b", "b2")]);
    at(3, &[("a", "a3"), ("b", "b3")]);
    at(u32::MAX, &[("a", "a3"), ("b", "b3")]);
}

#[test]
fn there_is_a_fingerprint_after_each_migration_alone() {
    let objects = objects();
    assert_eq!(objects.fingerprint(0), None);
    assert_eq!(objects.fingerprint(2), Some(Hash::of(&2_u32.to_be_bytes())));
    assert_eq!(objects.fingerprint(4), None);
}

#[test]
fn they_come_back_as_they_were_written() {
    let bytes = enact_release::write::objects_bytes(&objects()).unwrap();
    let read: Objects = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(read, objects());
    assert_eq!(enact_release::write::objects_bytes(&read).unwrap(), bytes);
}
