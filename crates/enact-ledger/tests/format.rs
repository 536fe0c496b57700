//! The format as it stands in the world: a ledger written once must verify for ever, and bodies are read strictly.

#![expect(clippy::unwrap_used, reason = "helpers of tests may stop the test")]

mod common;

use common::*;
use enact_ledger::Entry;
use enact_ledger::EntryError;
use enact_ledger::Hash;
use enact_ledger::PREV_PLACEHOLDER;
use enact_ledger::SERVER_AT_PLACEHOLDER;
use enact_ledger::bundle;
use enact_ledger::entry::FieldProblem;
use enact_ledger::entry::fact::*;
use enact_ledger::stamp;

const GOLDEN: &[u8] = include_bytes!("golden/v1.bundle");
const GOLDEN_CHECKPOINT: &str = include_str!("golden/v1.checkpoint");

#[test]
fn the_golden_bundle_verifies() {
    let report = bundle::verify(GOLDEN, &[GOLDEN_CHECKPOINT.parse().unwrap()]).unwrap();
    assert_eq!((report.entries, report.exit_code()), (40, 0));
    assert_eq!(report.checkpoint().to_string(), GOLDEN_CHECKPOINT);
}

#[test]
fn the_same_ledger_is_still_written_byte_for_byte() {
    assert!(
        bundle_of(&ledger()) == GOLDEN,
        "format 1 may not change: write a new version instead"
    );
}

#[test]
fn a_body_looks_as_documented() {
    let mut entry = draft(2, Hash::ZERO, rolled_back(3));
    entry.run = None;
    let digest = Hash::of(b"enact");
    let down = file("down");
    let wanted = [
        r#"{"actor":{"host":"runner-7","person":"Zoë Müller <zoe@example.org>","role":"orion_deploy"},"#,
        r#""at":"2026-03-02T14:00:02.740022Z","#,
        &format!(
            r#""fact":{{"digest":"{down}","name":"add_audit_metadata","number":3,"statements":2,"stream":"core"}},"#
        ),
        r#""kind":"migration.rolled_back","#,
        &format!(r#""prev":"{}","seq":2,"#, Hash::ZERO),
        SERVER_AT_PLACEHOLDER,
        &format!(r#","tool":{{"digest":"{digest}","version":"0.1.0"}},"v":1}}"#),
    ];
    assert_eq!(
        String::from_utf8(entry.to_body().unwrap()).unwrap(),
        wanted.concat()
    );
}

/// The error of reading the first failure entry of the ledger with `from` replaced by `to`.
fn error(from: &str, to: &str) -> EntryError {
    let rows = ledger();
    let row = rows
        .iter()
        .find(|row| Entry::from_body(&row.body).unwrap().kind() == Kind::MigrationFailed)
        .unwrap();
    let text = std::str::from_utf8(&row.body).unwrap();
    assert!(text.contains(from), "{text}");
    Entry::from_body(text.replacen(from, to, 1).as_bytes()).unwrap_err()
}

#[test]
fn bodies_are_read_strictly() {
    let field = |path: &str, problem| EntryError::Field {
        path: path.into(),
        problem,
    };
    assert_eq!(
        error(r#""line":42,"#, ""),
        field("fact.line", FieldProblem::Missing)
    );
    assert_eq!(
        error(r#""line":42,"#, r#""line":42,"message":"x","#),
        field("fact.message", FieldProblem::Unknown)
    );
    assert_eq!(
        error(r#""line":42"#, r#""line":"42""#),
        field("fact.line", FieldProblem::Type)
    );
    assert_eq!(
        error(r#""line":42"#, r#""line":4294967296"#),
        field("fact.line", FieldProblem::Value)
    );
    assert_eq!(
        error(r#""line":42"#, r#""line":-1"#),
        field("fact.line", FieldProblem::Value)
    );
    assert_eq!(
        error(r#""23505""#, r#""2350""#),
        field("fact.sqlstate", FieldProblem::Value)
    );
    assert_eq!(
        error(r#""up""#, r#""Up""#),
        field("fact.direction", FieldProblem::Value)
    );
    assert_eq!(
        error("sha256-lf:", "sha1:"),
        field("fact.digest", FieldProblem::Value)
    );
    assert_eq!(
        error(r#","v":1}"#, r#","v":1,"x":1}"#),
        field("x", FieldProblem::Unknown)
    );
    assert_eq!(error(r#","v":1}"#, "}"), field("v", FieldProblem::Missing));
    assert_eq!(
        error(r#","v":1}"#, r#","v":7}"#),
        EntryError::Version { found: 7 }
    );
    assert_eq!(
        error("migration.failed", "migration.dreamt"),
        EntryError::Kind {
            found: "migration.dreamt".into()
        }
    );
    assert!(matches!(
        error(r#"{"actor""#, r#"{ "actor""#),
        EntryError::Canonical(_)
    ));
    assert_eq!(
        error(r#""line":42,"#, "").to_string(),
        "field `fact.line` is missing"
    );
}

#[test]
fn an_integer_that_does_not_fit_is_refused_when_written() {
    let mut entry = draft(1, Hash::ZERO, enrolled());
    entry.seq = 1 << 53;
    assert!(entry.to_body().is_err());
    entry.seq = u64::MAX;
    assert!(entry.to_body().is_err());
    entry.seq = (1 << 53) - 1;
    assert!(entry.to_body().is_ok());
}

#[test]
fn no_text_can_forge_what_the_server_fills_in() {
    let mut entry = draft(2, Hash::of(b"the entry before"), drift_accepted());
    entry.actor.person = SERVER_AT_PLACEHOLDER.into();
    entry.actor.host = format!("{PREV_PLACEHOLDER},{PREV_PLACEHOLDER}").into();
    entry.actor.role = format!("\\{SERVER_AT_PLACEHOLDER}").into();
    entry.run = Some(format!("\",{SERVER_AT_PLACEHOLDER},\"").into());
    let body = entry.to_body().unwrap();
    let text = std::str::from_utf8(&body).unwrap();
    assert_eq!(text.matches(SERVER_AT_PLACEHOLDER).count(), 1);
    assert_eq!(text.matches(PREV_PLACEHOLDER).count(), 1);
    entry.server_at = Some(time(9));
    assert_eq!(
        Entry::from_body(&stamp(&body, &entry.prev, &time(9)).unwrap()).unwrap(),
        entry
    );
}

#[test]
fn a_bundle_is_refused_for_what_it_cannot_carry() {
    let mut rows = ledger();
    rows[3].body.push(b'\n');
    let error = bundle::write(Vec::new(), rows.clone()).unwrap_err();
    assert!(
        matches!(error, bundle::WriteError::Body { seq: 4 }),
        "{error}"
    );
    assert!(matches!(
        bundle::write(Vec::new(), rows.drain(1..)),
        Err(bundle::WriteError::NotEnrolled)
    ));
    assert!(matches!(
        bundle::write(Vec::new(), []),
        Err(bundle::WriteError::NotEnrolled)
    ));
}

#[test]
fn a_closing_checkpoint_may_be_signed() {
    let text = String::from_utf8(bundle_of(&ledger())).unwrap();
    let (before, _) = text.split_once("\nend ").unwrap();
    let signed = format!(
        "{before}\ncheckpoint \ncheckpoint \u{2014} example.org/ledger Az3grlgtzPICa5OS8npVmf1Myq8=\n"
    );
    let whole = format!("{signed}end {}\n", Hash::of(signed.as_bytes()));
    assert_eq!(bundle_code(whole.as_bytes(), &[]), 3);
    let mut reader = bundle::Reader::new(whole.as_bytes()).unwrap();
    while reader.next_row().unwrap().is_some() {}
    assert_eq!(reader.closing().unwrap().checkpoint.signatures().len(), 1);
}
