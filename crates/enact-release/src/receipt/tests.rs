use super::*;

const TIME: &str = "2026-11-23T08:00:00.000001Z";

fn digest(name: &str) -> FileDigest {
    format!("{name}:{}", "1".repeat(64)).parse().unwrap()
}

fn migration(number: u32, rollback: Option<FileDigest>) -> Migration {
    Migration {
        applied_at: TIME.parse().unwrap(),
        baseline: false,
        digest: digest("sha256-lf"),
        meaning: digest("sha256-tokens"),
        name: "create_sites".to_owned(),
        number,
        person: "Ada Example <ada@example.org>".to_owned(),
        rollback,
        run: "a run".to_owned(),
    }
}

fn run() -> Run {
    Run {
        fingerprint: Some(Hash::of(b"before")),
        command: Command::Apply,
        finished_at: None,
        id: "a run".to_owned(),
        outcome: None,
        person: "Ada".to_owned(),
        started_at: TIME.parse().unwrap(),
        steps: vec![Step {
            direction: Direction::Up,
            number: 1,
            stream: "core".to_owned(),
        }],
    }
}

fn receipt() -> Receipt {
    let time: Timestamp = TIME.parse().unwrap();
    let object = |name: &str| Object {
        digest: Hash::of(name.as_bytes()),
        kind: "table".to_owned(),
        name: name.to_owned(),
        on: None,
    };
    Receipt::new(Statement {
        database: "orion".to_owned(),
        environment: Some("staging".to_owned()),
        identity: "0d1f5a3c-1111-4222-8333-abcdefabcdef".parse().unwrap(),
        ledger: LedgerHead {
            entries: 4,
            head: Hash::of(b"head"),
            last_at: time,
            root: Hash::of(b"root"),
        },
        objects: Objects {
            column_order: Hash::of(b"order"),
            drift: Drift::None,
            fingerprint: Hash::of(b"fingerprint"),
            format: 1,
            recorded: Some(Hash::of(b"recorded")),
            server_major: 15,
            set: vec![object("a"), object("b")],
        },
        project: Some("orion".to_owned()),
        rolled_back: vec![RolledBack {
            applied_again: true,
            at: time,
            digest: digest("sha256-lf"),
            name: "create_sites".to_owned(),
            number: 1,
            person: "Ada".to_owned(),
            run: "a run".to_owned(),
            stream: "core".to_owned(),
        }],
        runs: vec![run()],
        server: Server {
            system_identifier: Some(SystemIdentifier(7)),
            version: "15.18".to_owned(),
            version_number: 150_018,
        },
        streams: vec![Stream {
            half_done: Some(HalfDone {
                digest: digest("sha256-lf"),
                direction: Direction::Down,
                done: 1,
                number: 2,
                segments: 3,
            }),
            migrations: vec![migration(1, Some(digest("sha256-lf"))), migration(2, None)],
            name: "core".to_owned(),
            position: 2,
        }],
        taken_at: time,
        tool_version: "0.1.0".to_owned(),
    })
}

/// The same with another content and a digest that fits it.
fn resealed(change: impl FnOnce(&mut Receipt)) -> Result<Receipt, ReceiptError> {
    let mut receipt = receipt();
    change(&mut receipt);
    receipt.digest = Some(receipt.own_digest());
    Receipt::from_bytes(&receipt.to_bytes())
}

#[test]
fn comes_back_as_it_was_also_with_other_spacing() {
    let receipt = receipt();
    let bytes = receipt.to_bytes();
    assert_eq!(Receipt::from_bytes(&bytes).unwrap(), receipt);
    let compact = serde_json::to_vec(&receipt).unwrap();
    assert_eq!(Receipt::from_bytes(&compact).unwrap().to_bytes(), bytes);
    assert_eq!(receipt.checkpoint().size, 4);
    assert_eq!(
        receipt
            .stream("core")
            .unwrap()
            .migration(2)
            .unwrap()
            .rollback,
        None
    );
}

#[test]
fn its_keys_are_sorted() {
    let bytes = receipt().to_bytes();
    // A `Value` keeps its keys sorted.
    let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    let sorted = serde_json::to_string_pretty(&value).unwrap() + "\n";
    assert_eq!(String::from_utf8(bytes).unwrap(), sorted);
}

#[test]
fn every_change_shows() {
    let text = String::from_utf8(receipt().to_bytes()).unwrap();
    for (from, to) in [
        ("\"staging\"", "\"production\""),
        ("\"applied_again\": true", "\"applied_again\": false"),
        ("\"entries\": 4", "\"entries\": 5"),
        ("sha256-lf:1", "sha256-lf:2"),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text);
        let error = Receipt::from_bytes(changed.as_bytes()).unwrap_err();
        assert!(matches!(error, ReceiptError::Digest { .. }), "{error}");
    }
    let bare = Receipt {
        digest: None,
        ..receipt()
    };
    let error = Receipt::from_bytes(&bare.to_bytes())
        .unwrap_err()
        .to_string();
    assert!(error.contains("and it says none"), "{error}");
}

#[test]
fn every_other_form_is_refused() {
    let text = String::from_utf8(receipt().to_bytes()).unwrap();
    let error = |text: &str| {
        Receipt::from_bytes(text.as_bytes())
            .unwrap_err()
            .to_string()
    };
    assert!(error(&text.replacen('{', "{\"extra\": 1,", 1)).contains("unknown field `extra`"));
    assert!(
        error(&text.replacen("\"database\"", "\"schema\": \"x\", \"database\"", 1))
            .contains("duplicate field")
    );
    assert!(
        error(&text.replacen("enact.receipt/1", "enact.receipt/2", 1))
            .contains("version `enact.receipt/2`")
    );
    assert!(error("{\"schema\": \"enact.status/1\"}").contains("`enact.status/1`"));
    assert!(error("{}").contains("missing field `schema`"));
    assert!(error("-----BEGIN").contains("no receipt"));
    assert!(error(&text.replacen("sha256-lf:1", "md5:1", 1)).contains("not a file digest"));
    assert!(
        error(&text.replacen(
            "\"system_identifier\": \"7\"",
            "\"system_identifier\": null",
            1
        ))
        .contains("null")
    );
    for end in (0..text.len() - 2).step_by(7) {
        assert!(
            Receipt::from_bytes(&text.as_bytes()[..end]).is_err(),
            "cut at {end}"
        );
    }
}

#[test]
fn what_contradicts_itself_is_refused() {
    assert!(resealed(|_| {}).is_ok());
    let error = |change: fn(&mut Receipt)| resealed(change).unwrap_err().to_string();
    assert!(error(|receipt| receipt.objects.set.reverse()).contains("object 2"));
    assert!(error(|receipt| receipt.objects.server_major = 16).contains("version"));
    assert!(error(|receipt| receipt.streams[0].position = 1).contains("last migration"));
    assert!(error(|receipt| receipt.streams[0].migrations.reverse()).contains("not in order"));
    assert!(error(|receipt| receipt.streams.push(receipt.streams[0].clone())).contains("stream 2"));
}
