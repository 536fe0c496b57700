//! Properties: canonical forms are unique, entries round-trip, legal histories verify, illegal edits do not.

#![expect(clippy::unwrap_used, reason = "helpers of tests may stop the test")]

mod common;

use common::*;
use enact_ledger::Entry;
use enact_ledger::Fact;
use enact_ledger::Hash;
use enact_ledger::PREV_PLACEHOLDER;
use enact_ledger::SERVER_AT_PLACEHOLDER;
use enact_ledger::Stored;
use enact_ledger::SystemIdentifier;
use enact_ledger::Text;
use enact_ledger::Timestamp;
use enact_ledger::canonical::MAX_INTEGER;
use enact_ledger::canonical::Value;
use enact_ledger::canonical::parse;
use enact_ledger::entry::fact::*;
use enact_ledger::hash_body;
use enact_ledger::stamp;
use proptest::prelude::*;
use proptest::sample::Index;

fn text() -> impl Strategy<Value = Text> {
    prop_oneof![
        any::<String>(),
        "[a-z\"\\\\\n\t{},:é\u{301}]{0,12}",
        Just(SERVER_AT_PLACEHOLDER.to_owned()),
        Just(PREV_PLACEHOLDER.to_owned())
    ]
    .prop_map(Text::from)
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        (-MAX_INTEGER..=MAX_INTEGER).prop_map(Value::Integer),
        text().prop_map(|text| Value::text(text.into_string())),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            prop::collection::btree_map("[a-z0-9_]{1,6}", inner, 0..4).prop_map(Value::Object),
        ]
    })
}

fn hash() -> impl Strategy<Value = Hash> {
    any::<[u8; 32]>().prop_map(Hash)
}

fn word<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
    prop::sample::select(all)
}

fn count() -> impl Strategy<Value = u64> {
    0..=MAX_INTEGER as u64
}

fn fact() -> impl Strategy<Value = Fact> {
    prop_oneof![run_fact(), migration_fact(), other_fact()]
}

fn run_fact() -> impl Strategy<Value = Fact> {
    let intended =
        (word(Direction::ALL), text(), any::<u32>()).prop_map(|(direction, stream, number)| {
            IntendedStep {
                direction,
                stream,
                number,
                digest: file("x"),
            }
        });
    let started = (
        word(Command::ALL),
        hash(),
        prop::collection::vec(intended, 0..3),
        any::<u32>(),
        prop::option::of(hash()),
        prop::option::of(text()),
    )
        .prop_map(
            |(command, plan, steps, server_version, fingerprint, release)| {
                RunStarted {
                    command,
                    plan,
                    steps,
                    server_version,
                    fingerprint,
                    release,
                    receipt: fingerprint,
                }
                .into()
            },
        );
    let finished = (
        word(Direction::ALL),
        text(),
        any::<u32>(),
        count(),
        prop::option::of(count()),
    )
        .prop_map(
            |(direction, stream, number, milliseconds, rows)| FinishedStep {
                direction,
                stream,
                number,
                milliseconds,
                rows,
            },
        );
    let ended = (
        word(Outcome::ALL),
        prop::option::of(hash()),
        prop::option::of(text()),
        prop::collection::vec(finished, 0..3),
        count(),
    )
        .prop_map(|(outcome, fingerprint, stamp, steps, notices)| {
            RunFinished {
                outcome,
                fingerprint,
                core: fingerprint,
                stamp,
                steps,
                notices,
            }
            .into()
        });
    prop_oneof![started, ended]
}

fn migration_fact() -> impl Strategy<Value = Fact> {
    let applied = (text(), any::<u32>(), text(), any::<bool>(), any::<u32>()).prop_map(
        |(stream, number, name, reversible, statements)| {
            let rollback = reversible.then(|| file("down"));
            MigrationApplied {
                stream,
                number,
                name,
                digest: file("up"),
                meaning: tokens("up"),
                rollback,
                statements,
                requires: None,
            }
            .into()
        },
    );
    let failed = (
        text(),
        any::<u32>(),
        "[0-9A-Z]{5}",
        prop::option::of(text()),
        prop::option::of(text()),
    )
        .prop_map(|(stream, number, sqlstate, constraint, schema)| {
            let sqlstate = sqlstate.parse().unwrap();
            let (direction, digest) = (Direction::Down, file("down"));
            MigrationFailed {
                stream,
                number,
                direction,
                digest,
                segment: 1,
                statement: 0,
                line: 1,
                sqlstate,
                constraint,
                table: None,
                schema,
            }
            .into()
        });
    let step = (
        word(Phase::ALL),
        prop::option::of(word(Found::ALL)),
        prop::option::of(text()),
    )
        .prop_map(|(phase, found, reason)| {
            StepRecorded {
                stream: "core".into(),
                number: 1,
                direction: Direction::Up,
                digest: file("up"),
                segment: 1,
                segments: 2,
                phase,
                found,
                reason,
            }
            .into()
        });
    prop_oneof![applied, failed, step]
}

fn other_fact() -> impl Strategy<Value = Fact> {
    let enrolled = (any::<u64>(), text(), any::<u32>(), prop::option::of(text())).prop_map(
        |(system, database, server_version, project)| {
            TargetEnrolled {
                identity: identity(),
                system_identifier: SystemIdentifier(system),
                database,
                server_version,
                environment: project.clone(),
                endpoint: project.clone(),
                reason: None,
                project,
            }
            .into()
        },
    );
    let object = (text(), word(Change::ALL), prop::option::of(author())).prop_map(
        |(object, change, author)| DriftedObject {
            object,
            change,
            authors: author.map(|author| vec![author]),
        },
    );
    let found = (hash(), hash(), prop::collection::vec(object, 0..4), count()).prop_map(
        |(expected, actual, objects, total)| {
            DriftFound {
                expected,
                actual,
                objects,
                total,
            }
            .into()
        },
    );
    let accepted = (hash(), hash(), text()).prop_map(|(expected, actual, reason)| {
        DriftAccepted {
            expected,
            actual,
            reason,
        }
        .into()
    });
    prop_oneof![
        enrolled,
        found,
        accepted,
        Just(baseline()),
        Just(amended()),
        Just(rolled_back(3))
    ]
}

fn author() -> impl Strategy<Value = Author> {
    (text(), text(), prop::option::of(text())).prop_map(|(command, login, client)| Author {
        at: Timestamp::EPOCH,
        command,
        role: login.clone(),
        login,
        application: client.clone(),
        client,
    })
}

fn entry() -> impl Strategy<Value = Entry> {
    (count(), hash(), fact(), text(), prop::option::of(text())).prop_map(
        |(seq, prev, fact, person, run)| {
            let mut entry = draft(1, prev, fact);
            (entry.seq, entry.actor.person, entry.run) = (seq, person, run);
            entry
        },
    )
}

fn history() -> impl Strategy<Value = Vec<Stored>> {
    prop::collection::vec(fact(), 0..12)
        .prop_map(|facts| chain(std::iter::once(enrolled()).chain(facts)))
}

/// Whether verification, whose check builds nothing, accepts a body as that of a sound row.
fn is_accepted(body: &[u8]) -> bool {
    let Ok(entry) = Entry::from_body(body) else {
        // Any prev will do: a refused body must be refused as altered or unsupported, whatever its links.
        let row = Stored {
            seq: 1,
            prev: Hash::ZERO,
            hash: hash_body(body),
            body: body.to_vec(),
            appended_at: None,
        };
        let failure = enact_ledger::verify([row], &[]).unwrap_err();
        return !(failure.message.starts_with("entry 1: body is not")
            || failure.message.starts_with("entry 1: field")
            || failure.exit_code() == 21);
    };
    let row = Stored {
        seq: entry.seq,
        prev: entry.prev,
        hash: hash_body(body),
        body: body.to_vec(),
        appended_at: entry.server_at,
    };
    match enact_ledger::verify([row], &[]) {
        Ok(_) => true,
        Err(failure) => !failure.message.contains(" at byte "),
    }
}

#[derive(Debug, Clone)]
enum Edit {
    Delete(Index),
    Swap(Index, Index),
    Duplicate(Index, Index),
    FlipBody(Index, Index, u8),
    FlipHash(Index, usize),
    Forge(Index),
    Rehash(Index, Index, u8),
    Renumber(Index, u64),
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = any::<Index>;
    prop_oneof![
        at().prop_map(Edit::Delete),
        (at(), at()).prop_map(|(one, other)| Edit::Swap(one, other)),
        (at(), at()).prop_map(|(one, place)| Edit::Duplicate(one, place)),
        (at(), at(), 0..8_u8).prop_map(|(row, byte, bit)| Edit::FlipBody(row, byte, bit)),
        (at(), 0..32_usize).prop_map(|(row, byte)| Edit::FlipHash(row, byte)),
        at().prop_map(Edit::Forge),
        (at(), at(), 0..8_u8).prop_map(|(row, byte, bit)| Edit::Rehash(row, byte, bit)),
        (at(), 1..100_u64).prop_map(|(row, by)| Edit::Renumber(row, by)),
    ]
}

fn apply(edit: &Edit, rows: &mut Vec<Stored>) {
    let count = rows.len();
    match edit {
        Edit::Delete(row) => _ = rows.remove(row.index(count)),
        Edit::Swap(one, other) => rows.swap(one.index(count), other.index(count)),
        Edit::Duplicate(one, place) => {
            rows.insert(place.index(count), rows[one.index(count)].clone())
        }
        Edit::FlipBody(row, byte, bit) => flip(&mut rows[row.index(count)].body, byte, *bit),
        Edit::FlipHash(row, byte) => rows[row.index(count)].hash.0[*byte] ^= 1,
        Edit::Forge(row) => {
            let before = &rows[row.index(count)];
            let forged = store(&draft(before.seq + 1, before.hash, applied(99)));
            rows.insert(row.index(count) + 1, forged);
        }
        Edit::Rehash(row, byte, bit) => {
            let row = &mut rows[row.index(count)];
            flip(&mut row.body, byte, *bit);
            row.hash = hash_body(&row.body);
        }
        Edit::Renumber(row, by) => rows[row.index(count)].seq += by,
    }
}

fn flip(bytes: &mut [u8], at: &Index, bit: u8) {
    let at = at.index(bytes.len());
    bytes[at] ^= 1 << bit;
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn canonical_values_round_trip(value in value()) {
        let bytes = value.to_bytes().unwrap();
        prop_assert_eq!(parse(&bytes).unwrap(), value);
    }

    #[test]
    fn what_parses_is_canonical(bytes in prop::collection::vec(prop::sample::select(&b"{}[]\",:abn01-.e\\ tu\n"[..]), 0..12)) {
        if let Ok(value) = parse(&bytes) {
            prop_assert_eq!(value.to_bytes().unwrap(), bytes);
        }
    }

    #[test]
    fn a_damaged_value_is_another_value_or_none(value in value(), at in any::<Index>(), bit in 0..8_u8) {
        let mut bytes = value.to_bytes().unwrap();
        flip(&mut bytes, &at, bit);
        if let Ok(other) = parse(&bytes) {
            prop_assert_ne!(&other, &value);
            prop_assert_eq!(other.to_bytes().unwrap(), bytes);
        }
    }

    #[test]
    fn entries_round_trip(mut entry in entry()) {
        let draft = entry.to_body().unwrap();
        let text = std::str::from_utf8(&draft).unwrap();
        prop_assert_eq!(text.matches(SERVER_AT_PLACEHOLDER).count(), 1);
        prop_assert_eq!(text.matches(PREV_PLACEHOLDER).count(), 1);
        prop_assert!(Entry::from_body(&draft).is_err(), "the server has not stamped it");
        let body = stamp(&draft, &entry.prev, &time(5)).unwrap();
        entry.server_at = Some(time(5));
        prop_assert_eq!(Entry::from_body(&body).unwrap(), entry.clone());
        prop_assert_eq!(entry.to_body().unwrap(), body.clone());
        prop_assert!(stamp(&body, &entry.prev, &time(5)).is_none());
        prop_assert!(is_accepted(&body));
    }

    #[test]
    fn the_fast_check_accepts_what_typed_reading_accepts(entry in entry(), at in any::<Index>(), bit in 0..8_u8, cut in any::<bool>()) {
        let mut body = stamp(&entry.to_body().unwrap(), &entry.prev, &time(5)).unwrap();
        if cut {
            let at = at.index(body.len());
            body.remove(at);
        } else {
            flip(&mut body, &at, bit);
        }
        prop_assert_eq!(is_accepted(&body), Entry::from_body(&body).is_ok());
    }

    #[test]
    fn legal_histories_verify(rows in history(), known in any::<Index>()) {
        prop_assert_eq!(code(&rows, &[]), 3);
        let known = [checkpoint(&rows[..=known.index(rows.len())])];
        prop_assert_eq!(code(&rows, &known), 0);
        prop_assert_eq!(bundle_code(&bundle_of(&rows), &known), 0);
        prop_assert_eq!(relink(&rows), rows);
    }

    #[test]
    fn illegal_edits_do_not(rows in history(), edits in prop::collection::vec(edit(), 1..4)) {
        let mut edited = rows.clone();
        for edit in edits {
            if !edited.is_empty() {
                apply(&edit, &mut edited);
            }
        }
        prop_assume!(edited != rows);
        let found = code(&edited, &[checkpoint(&rows)]);
        // Entries that follow the known head are a legitimate history.
        let grown = edited.len() > rows.len() && edited[..rows.len()] == rows[..];
        prop_assert!((10..=14).contains(&found) || found == 21 || (grown && found == 0), "{}", found);
    }
}
