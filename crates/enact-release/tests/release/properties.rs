//! What holds for every lock, manifest and archive.

use std::collections::BTreeMap;

use enact_ledger::Hash;
use enact_release::{Hotfix, Lock, LockedMigration, Manifest, Previous, Severity, Source, offers};
use proptest::prelude::*;

use crate::{kit, lock};

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(&lock::NASTY[..]).prop_map(str::to_owned),
        any::<String>(),
        "[a-z_]{1,12}",
    ]
}

fn locked() -> impl Strategy<Value = LockedMigration> {
    (any::<u32>(), text(), prop::option::of(text())).prop_map(|(number, name, rollback)| {
        LockedMigration {
            number,
            digest: kit::digest(&name),
            name,
            rollback: rollback.map(|text| kit::digest(&text)),
        }
    })
}

fn manifest() -> impl Strategy<Value = Manifest> {
    let names = prop::collection::vec("(lasting_)?[a-z0-9_]{1,12}", 1..6);
    let rest = (
        text(),
        text(),
        text(),
        prop::option::of(text()),
        prop::option::of(any::<u32>()),
        0..4_usize,
    );
    (names, rest).prop_map(
        |(names, (package, notes, other, date, minimum_server, severity))| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let severities = [
                Severity::Low,
                Severity::Moderate,
                Severity::High,
                Severity::Critical,
            ];
            Manifest {
                package,
                notes,
                hotfix: Some(Hotfix {
                    severity: severities[severity],
                    reason: other.clone(),
                })
                .filter(|_| date.is_some()),
                previous: Some(Previous {
                    manifest: Hash::of(other.as_bytes()),
                    version: other,
                })
                .filter(|_| minimum_server.is_some()),
                date,
                minimum_server,
                ..kit::manifest("1.3.0", &names)
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_lock_comes_back(package in text(), version in text(), migrations in prop::collection::vec(locked(), 0..4)) {
        let lock = Lock { manifest: Hash::of(package.as_bytes()), package, version, migrations };
        prop_assert_eq!(lock::read_again(&lock), lock);
    }

    #[test]
    fn a_manifest_comes_back_in_one_form(manifest in manifest()) {
        let bytes = manifest.to_bytes().unwrap();
        let read = Manifest::parse(&bytes);
        prop_assert_eq!(read.as_ref(), Ok(&manifest));
        let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        prop_assert_eq!(kit::bytes(&json), bytes);
    }

    #[test]
    fn a_manifest_with_any_byte_changed_is_refused_or_another(at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let manifest = kit::manifest("1.3.0", &["sites", "lasting"]);
        let mut bytes = manifest.to_bytes().unwrap();
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != to);
        bytes[at] = to;
        if let Ok(read) = Manifest::parse(&bytes) {
            prop_assert_ne!(&read, &manifest);
            prop_assert_eq!(read.to_bytes().unwrap(), bytes);
        }
    }
}

proptest! {
    // Each case writes some thirty files.
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn an_archive_unpacks_to_what_was_packed(manifest in manifest()) {
        let place = tempfile::tempdir().unwrap();
        // The name of a file is not what is tried here.
        let manifest = Manifest { package: kit::PACKAGE.to_owned(), ..manifest };
        let written = kit::release_of(manifest.clone()).write(place.path()).unwrap();
        let offers = offers(place.path(), &Source::Archive(written.archive)).unwrap();
        prop_assert_eq!(&offers[0].manifest, &manifest);
        let unpacked: BTreeMap<_, _> = kit::files(&offers[0].folder);
        prop_assert_eq!(unpacked, kit::files(&written.folder));
    }
}
