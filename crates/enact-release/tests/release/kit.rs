//! Small releases in a temporary folder, written by the crate's own writer.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use enact_ledger::{Algorithm, FileDigest, Hash};
use enact_release::write::{Release, Written, objects_bytes};
use enact_release::{
    Leave, Manifest, NamedObject, Objects, ObjectsAfter, Proven, ReleasedFile, ReleasedMigration,
};
use serde_json::Value;
use tempfile::TempDir;

/// What the package is called.
pub const PACKAGE: &str = "@clinical-diary/database";
/// The majors on which each release is proven.
const MAJORS: [u32; 2] = [15, 16];

/// The text of a migration: a table of its name.
pub fn up(name: &str) -> String {
    format!("CREATE TABLE {name} (id int);\n-- of {name}\n")
}

/// The text of its rollback.
pub fn down(name: &str) -> String {
    format!("DROP TABLE {name};\n")
}

/// The digest of a file as the manifest holds it.
pub fn digest(text: &str) -> FileDigest {
    FileDigest {
        algorithm: Algorithm::Lf,
        value: enact_sql::text::digest(text),
    }
}

fn migration(number: u32, name: &str) -> ReleasedMigration {
    let rollback = ReleasedFile {
        file: format!("migrations/rollback/{number:03}_rollback.sql"),
        digest: digest(&down(name)),
    };
    // The last kind of migration: one that cannot be undone.
    let lasting = name.starts_with("lasting");
    ReleasedMigration {
        number,
        name: name.to_owned(),
        file: ReleasedFile {
            file: format!("migrations/{number:03}_{name}.sql"),
            digest: digest(&up(name)),
        },
        meaning: FileDigest {
            algorithm: Algorithm::Tokens,
            value: Hash::of(name.as_bytes()).0,
        },
        rollback: (!lasting).then_some(rollback),
        no_rollback: lasting.then(|| "it cannot be undone".to_owned()),
    }
}

fn objects(major: u32, names: &[&str]) -> Objects {
    let after = |(number, name): (u32, &&str)| ObjectsAfter {
        number,
        fingerprint: Hash::of(format!("{major} {number} {name}").as_bytes()),
        set: vec![NamedObject {
            kind: "table".to_owned(),
            name: format!("diary.{name}"),
            digest: Hash::of(name.as_bytes()),
        }],
        removed: Vec::new(),
    };
    Objects {
        schema: "enact.objects/1".to_owned(),
        server_major: major,
        format: 1,
        migrations: (1..).zip(names).map(after).collect(),
    }
}

fn proven(major: u32, names: &[&str]) -> (Proven, (String, Vec<u8>)) {
    let objects = objects(major, names);
    let bytes = objects_bytes(&objects).unwrap();
    let file = format!("objects/{major}.json");
    let after = objects.migrations.iter();
    let fingerprints: BTreeMap<u32, Hash> =
        after.map(|one| (one.number, one.fingerprint)).collect();
    let proven = Proven {
        server: format!("{major}.8"),
        major,
        tool: "0.1.0".to_owned(),
        objects: file.clone(),
        objects_digest: Hash::of(&bytes),
        fingerprints,
    };
    (proven, (file, bytes))
}

/// The manifest of a release of these migrations.
pub fn manifest(version: &str, names: &[&str]) -> Manifest {
    Manifest {
        schema: "enact.release/1".to_owned(),
        package: PACKAGE.to_owned(),
        version: version.to_owned(),
        stream: "core".to_owned(),
        date: Some("2026-01-02".to_owned()),
        minimum_server: Some(15),
        previous: None,
        migrations: (1..)
            .zip(names)
            .map(|(number, name)| migration(number, name))
            .collect(),
        proven: MAJORS.map(|major| proven(major, names).0).to_vec(),
        leave: Leave {
            create: vec!["diary".to_owned()],
            ..Leave::default()
        },
        notes: "- Größere Tabellen".to_owned(),
        hotfix: None,
        withdrawn: BTreeMap::new(),
    }
}

/// A release, not yet written.
pub fn release_of(manifest: Manifest) -> Release {
    release_with(manifest, up)
}

/// A release, not yet written, whose migrations have these texts.
pub fn release_with(manifest: Manifest, up: impl Fn(&str) -> String) -> Release {
    let mut texts = Vec::new();
    for one in &manifest.migrations {
        texts.push((one.file.file.clone(), up(&one.name)));
        texts.extend(
            one.rollback
                .as_ref()
                .map(|file| (file.file.clone(), down(&one.name))),
        );
    }
    let names: Vec<&str> = manifest
        .migrations
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    let objects = MAJORS.map(|major| proven(major, &names).1);
    Release::new(manifest.clone(), texts, &objects).unwrap()
}

/// Writes a release of these migrations.
pub fn write(into: &Path, version: &str, names: &[&str]) -> Written {
    release_of(manifest(version, names)).write(into).unwrap()
}

/// A release of `sites` and `visits` in a temporary folder.
pub fn written() -> (TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let folder = write(place.path(), "1.3.0", &["sites", "visits"]).folder;
    (place, folder)
}

/// The manifest in a folder, edited by hand but in the form of a manifest.
pub fn edit(folder: &Path, change: impl FnOnce(&mut Value)) {
    let path = folder.join("manifest.json");
    let mut json: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut json);
    fs::write(path, bytes(&json)).unwrap();
}

/// JSON in the form of a manifest.
pub fn bytes(json: &Value) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(json).unwrap();
    bytes.push(b'\n');
    bytes
}

/// Every regular file below a folder with its bytes, by path.
pub fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_owned();
                all.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    all
}

/// Copies every file of a folder.
pub fn copy(from: &Path, to: &Path) {
    for (name, bytes) in files(from) {
        let path = to.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// An error with its causes.
pub fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
