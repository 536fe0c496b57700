//! What holds of all documents, and of the streams.

use std::process::Stdio;

use crate::kit::{Repo, env};

/// Every command that ends with a document, and that document's schema.
const COMMANDS: [(&str, &str); 19] = [
    ("plan", "enact.plan/1"),
    ("explain", "enact.explain/1"),
    ("status", "enact.status/1"),
    ("apply --steps 1", "enact.apply/1"),
    ("validate", "enact.validate/1"),
    ("lint", "enact.lint/1"),
    ("rollback --yes", "enact.rollback/1"),
    ("apply", "enact.apply/1"),
    ("redo --yes", "enact.redo/1"),
    ("verify", "enact.verify/1"),
    ("history", "enact.history/1"),
    ("drift", "enact.drift/1"),
    ("export --out b", "enact.export/1"),
    ("receipt --out r", "enact.receipt-file/1"),
    ("recorder install", "enact.recorder/1"),
    ("recorder status", "enact.recorder/1"),
    ("new something", "enact.new/1"),
    ("init orion sub", "enact.init/1"),
    ("apply --to 99", "enact.error/1"),
];

#[test]
fn each_is_one_document_with_its_schema_first() {
    let repo = Repo::with_two();
    for (line, schema) in COMMANDS {
        let output = repo.enact(&format!("{line} --format json"));
        let start = format!("{{\n  \"schema\": \"{schema}\",\n");
        assert!(
            output.stdout.starts_with(&start) && output.stdout.ends_with("\n}\n"),
            "enact {line}\n{output}"
        );
        assert!(
            !output.stdout.contains("null"),
            "absent is absent: enact {line}\n{output}"
        );
    }
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let repo = Repo::with_two();
    let mut command = repo.env.command();
    let mut child = command
        .args(["apply", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn a_result_that_cannot_be_written_is_one() {
    let env = env();
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let mut command = env.command();
    let output = command
        .args(["init", "core"])
        .stdout(full)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("the result could not be written"));
}
