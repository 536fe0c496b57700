//! The tamper campaign: what is done to a ledger or its bundle is found, with the exit code that names it.

#![expect(clippy::unwrap_used, reason = "helpers of tests may stop the test")]

mod common;

use common::*;
use enact_ledger::Entry;
use enact_ledger::Hash;
use enact_ledger::Stored;
use enact_ledger::bundle;
use enact_ledger::hash_body;

/// The bundle of `rows` as they stand, in which the closing lines of `original` are kept.
fn with_old_closing(rows: &[Stored], original: &[u8]) -> Vec<u8> {
    let old = String::from_utf8(original.to_vec()).unwrap();
    let closing = &old[old.find("\ncheckpoint ").unwrap() + 1..];
    let mut out = String::from_utf8(bundle_entries(rows)).unwrap();
    out.push_str(closing);
    out.into_bytes()
}

/// The lines of a bundle before its closing lines.
fn bundle_entries(rows: &[Stored]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = bundle::Writer::new(&mut out, &identity()).unwrap();
    rows.iter().for_each(|row| writer.push(row).unwrap());
    drop(writer);
    out
}

/// The bundle with its last line made to fit what stands before it.
fn with_new_digest(bundle: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(bundle).unwrap();
    let before = &text[..text.rfind("\nend ").unwrap() + 1];
    format!("{before}end {}\n", Hash::of(before.as_bytes())).into_bytes()
}

/// Asserts the code of tampered rows: as rows, as a fresh bundle, and in a bundle with its old closing lines.
fn assert_code(rows: &[Stored], wanted: u8, what: &str) {
    let original = ledger();
    let (known, old) = ([checkpoint(&original)], bundle_of(&original));
    assert_eq!(code(rows, &[]), wanted, "{what}: rows");
    assert_eq!(code(rows, &known), wanted, "{what}: rows, known");
    let mut entries = bundle_entries(rows);
    let closing = bundle_of(&original);
    assert_eq!(
        bundle_code(&with_old_closing(rows, &old), &[]),
        wanted,
        "{what}: bundle"
    );
    assert_eq!(
        bundle_code(&with_new_digest(&with_old_closing(rows, &closing)), &known),
        wanted,
        "{what}: bundle with new digest"
    );
    entries.extend_from_slice(b"checkpoint x\n");
    assert!(
        (10..=14).contains(&bundle_code(&entries, &[])),
        "{what}: cut bundle"
    );
}

#[test]
fn the_untouched_ledger_verifies() {
    let rows = ledger();
    assert_eq!(code(&rows, &[]), 3);
    assert_eq!(bundle_code(&bundle_of(&rows), &[]), 3);
    for size in 1..=rows.len() {
        let known = [checkpoint(&rows[..size])];
        assert_eq!(code(&rows, &known), 0);
        assert_eq!(bundle_code(&bundle_of(&rows), &known), 0);
    }
    let report = enact_ledger::verify(rows.clone(), &[]).unwrap();
    assert_eq!(
        (report.entries, report.head, report.identity),
        (40, rows[39].hash, identity())
    );
    assert_eq!(
        (Some(report.first), Some(report.last)),
        (rows[0].appended_at, rows[39].appended_at)
    );
    assert_eq!(report.checkpoint(), checkpoint(&rows));
}

/// Flips `bits` of every byte of the bundle of `rows`.
fn assert_flips_found(rows: &[Stored], bits: std::ops::Range<u8>) {
    let (original, known) = (bundle_of(rows), [checkpoint(rows)]);
    let mut bytes = original.clone();
    let last = bytes.len() - 1;
    let closing = original
        .windows(12)
        .position(|window| window == b"\ncheckpoint ")
        .unwrap();
    for offset in 0..bytes.len() {
        for bit in bits.clone() {
            bytes[offset] ^= 1 << bit;
            let known = if offset % 2 == 0 { &known[..] } else { &[] };
            let found = bundle_code(&bytes, known);
            // Without its last line end the bundle is cut; in the closing checkpoint the size may name fewer or more entries.
            let allowed = match offset {
                _ if offset == last => 13..=13,
                _ if offset > closing => 10..=13,
                _ => 10..=10,
            };
            assert!(allowed.contains(&found), "byte {offset} bit {bit}: {found}");
            bytes[offset] ^= 1 << bit;
        }
    }
    assert_eq!(bytes, original);
}

#[test]
fn every_flipped_byte_is_an_alteration() {
    assert_flips_found(&ledger(), 0..1);
}

#[test]
fn every_flipped_bit_is_an_alteration() {
    assert_flips_found(&small_ledger(), 0..8);
}

#[test]
fn every_flipped_byte_of_a_row_is_an_alteration() {
    let rows = ledger();
    for index in [0, 1, 13, 39] {
        for offset in 0..rows[index].body.len() {
            let mut rows = rows.clone();
            rows[index].body[offset] ^= 1;
            assert_eq!(code(&rows, &[]), 10, "entry {index} byte {offset}");
        }
        for offset in 0..32 {
            let mut hash = rows.clone();
            hash[index].hash.0[offset] ^= 1;
            assert_eq!(code(&hash, &[]), 10);
            let mut prev = rows.clone();
            prev[index].prev.0[offset] ^= 1;
            assert_eq!(code(&prev, &[]), 10);
        }
        let mut late = rows.clone();
        late[index].appended_at = Some(time(1));
        assert_eq!(code(&late, &[]), 10);
        late[index].appended_at = None;
        assert_eq!(
            code(&late, &[]),
            3,
            "a row without its time cannot contradict it"
        );
    }
}

#[test]
fn every_byte_changed_with_its_hash_recomputed_is_an_alteration() {
    let original = ledger();
    let known = [checkpoint(&original)];
    for index in [0, 20, 39] {
        for offset in 0..original[index].body.len() {
            let mut rows = original.clone();
            rows[index].body[offset] ^= 1;
            rows[index].hash = hash_body(&rows[index].body);
            let with_known = code(&rows, &known);
            if index < 39 {
                assert_ne!(code(&rows, &[]), 3, "entry {index} byte {offset}");
                assert!(
                    [10, 21].contains(&with_known),
                    "entry {index} byte {offset}: {with_known}"
                );
            } else {
                // Nothing follows the last entry: as long as it is a valid one, only the known head tells.
                assert!(
                    [10, 14, 21].contains(&with_known),
                    "byte {offset}: {with_known}"
                );
            }
        }
    }
}

#[test]
fn every_deleted_entry_is_missing() {
    let original = ledger();
    for index in 0..original.len() - 1 {
        let mut rows = original.clone();
        rows.remove(index);
        assert_code(&rows, 11, &format!("entry {index} deleted"));
        for (seq, row) in (1..).zip(&mut rows) {
            row.seq = seq;
        }
        assert_code(
            &rows,
            11,
            &format!("entry {index} deleted, numbers closed up"),
        );
    }
}

#[test]
fn the_last_entry_deleted_is_a_truncation() {
    let original = ledger();
    let rows = &original[..39];
    assert_eq!(code(rows, &[]), 3);
    assert_eq!(code(rows, &[checkpoint(&original)]), 13);
    let bundle = with_old_closing(rows, &bundle_of(&original));
    assert_eq!(bundle_code(&bundle, &[]), 13);
    assert_eq!(bundle_code(&with_new_digest(&bundle), &[]), 13);
}

#[test]
fn every_swap_is_a_reordering() {
    let original = ledger();
    for index in 0..original.len() - 1 {
        for other in [index + 1, (index + 17) % original.len()] {
            let mut rows = original.clone();
            rows.swap(index, other);
            assert_code(&rows, 12, &format!("entries {index} and {other} swapped"));
            for (seq, row) in (1..).zip(&mut rows) {
                row.seq = seq;
            }
            assert_code(
                &rows,
                12,
                &format!("entries {index} and {other} swapped under their numbers"),
            );
        }
    }
}

#[test]
fn every_duplicate_is_a_reordering() {
    let original = ledger();
    for index in 0..original.len() {
        for place in [index + 1, 0, original.len()] {
            let mut rows = original.clone();
            rows.insert(place, original[index].clone());
            assert_code(&rows, 12, &format!("entry {index} again at {place}"));
        }
    }
}

#[test]
fn every_forged_entry_that_follows_another_is_a_fork() {
    let original = ledger();
    for index in 1..original.len() {
        let forged = store(&draft(
            original[index].seq,
            original[index].prev,
            applied(77),
        ));
        for place in [index, index + 1] {
            let mut rows = original.clone();
            rows.insert(place, forged.clone());
            assert_code(
                &rows,
                14,
                &format!("forged entry beside {index} at {place}"),
            );
        }
    }
}

#[test]
fn every_forged_entry_that_follows_none_is_an_insertion() {
    let original = ledger();
    for index in 0..original.len() {
        let mut rows = original.clone();
        rows.insert(
            index,
            store(&draft(
                original[index].seq,
                Hash::of(b"elsewhere"),
                applied(77),
            )),
        );
        assert_code(&rows, 12, &format!("stray entry at {index}"));
    }
    let mut rows = original.clone();
    rows.push(store(&draft(41, Hash::of(b"elsewhere"), applied(77))));
    assert_code(&rows, 10, "stray entry at the end");
    rows[40] = store(&draft(50, Hash::of(b"elsewhere"), applied(77)));
    assert_code(&rows, 11, "stray entry far behind the end");
}

#[test]
fn every_replaced_entry_is_an_alteration() {
    let original = ledger();
    for index in 0..original.len() - 1 {
        let mut rows = original.clone();
        let fact = if index == 0 { baseline() } else { applied(77) };
        rows[index] = store(&draft(original[index].seq, original[index].prev, fact));
        assert_code(&rows, 10, &format!("entry {index} replaced"));
    }
}

#[test]
fn a_bundle_with_entries_behind_its_closing_checkpoint_is_reordered() {
    let mut rows = ledger();
    let original = bundle_of(&rows);
    rows.push(store(&draft(41, rows[39].hash, applied(77))));
    assert_eq!(bundle_code(&with_old_closing(&rows, &original), &[]), 12);
    assert_eq!(
        bundle_code(&with_new_digest(&with_old_closing(&rows, &original)), &[]),
        12
    );
}

#[test]
fn a_bundle_cut_at_any_byte_is_truncated() {
    let rows = small_ledger();
    let (bytes, known) = (bundle_of(&rows), [checkpoint(&rows)]);
    for length in 0..bytes.len() {
        assert_eq!(bundle_code(&bytes[..length], &[]), 13, "{length} bytes");
        assert_eq!(
            bundle_code(&bytes[..length], &known),
            13,
            "{length} bytes, known"
        );
    }
}

#[test]
fn a_long_bundle_cut_around_any_line_end_is_truncated() {
    let bytes = bundle_of(&ledger());
    let ends = (0..bytes.len()).filter(|at| bytes[*at] == b'\n');
    for length in ends
        .flat_map(|end| end.saturating_sub(8)..=end + 8)
        .filter(|length| *length < bytes.len())
    {
        assert_eq!(bundle_code(&bytes[..length], &[]), 13, "{length} bytes");
    }
}

#[test]
fn a_ledger_cut_at_any_entry_is_truncated_if_its_head_is_known() {
    let original = ledger();
    let known = [checkpoint(&original)];
    assert_eq!(code(&[], &[]), 13);
    for count in 1..original.len() {
        let rows = &original[..count];
        assert_eq!(code(rows, &[]), 3);
        assert_eq!(bundle_code(&bundle_of(rows), &[]), 3);
        assert_eq!(code(rows, &known), 13);
        assert_eq!(bundle_code(&bundle_of(rows), &known), 13);
        assert_eq!(
            bundle_code(&with_old_closing(rows, &bundle_of(&original)), &[]),
            13
        );
    }
}

/// The original with the fact of entry `index` replaced, and every hash from there on made to fit.
fn rewritten(index: usize) -> Vec<Stored> {
    let mut facts: Vec<_> = ledger()
        .iter()
        .map(|row| Entry::from_body(&row.body).unwrap().fact)
        .collect();
    facts[index] = applied(99);
    chain(facts)
}

#[test]
fn a_rewritten_ledger_is_a_fork_if_its_head_is_known() {
    let original = ledger();
    for index in 1..original.len() {
        let rows = rewritten(index);
        assert_eq!(code(&rows, &[]), 3, "only a head from elsewhere can tell");
        assert_eq!(bundle_code(&bundle_of(&rows), &[]), 3);
        for size in index + 1..=original.len() {
            let known = [checkpoint(&original[..size])];
            assert_eq!(
                code(&rows, &known),
                14,
                "entry {index} rewritten, known at {size}"
            );
        }
        assert_eq!(bundle_code(&bundle_of(&rows), &[checkpoint(&original)]), 14);
        assert_eq!(
            code(&rows, &[checkpoint(&original[..index])]),
            0,
            "the known head lies before the change"
        );
        let closing = with_new_digest(&with_old_closing(&rows, &bundle_of(&original)));
        assert_eq!(bundle_code(&closing, &[]), 14, "two heads conflict");
    }
}

#[test]
fn a_ledger_of_another_target_is_a_fork() {
    let original = ledger();
    let foreign = enact_ledger::Checkpoint::new(
        &"ffffffff-1111-4222-8333-abcdefabcdef".parse().unwrap(),
        40,
        checkpoint(&original).root,
    );
    assert_eq!(code(&original, &[foreign]), 14);
}

#[test]
fn two_known_heads_that_conflict_show_a_fork() {
    let (original, other) = (ledger(), rewritten(5));
    assert_eq!(
        code(&original, &[checkpoint(&other), checkpoint(&original)]),
        14
    );
    assert_eq!(
        code(
            &original,
            &[checkpoint(&original[..7]), checkpoint(&original)]
        ),
        0
    );
}

#[test]
fn a_known_head_of_nothing_is_no_comparison() {
    let original = ledger();
    assert_eq!(code(&original, &[checkpoint(&[])]), 3);
}

/// The row with its body's text changed and its hash made to fit.
fn reworded(row: &Stored, from: &str, to: &str) -> Stored {
    let text = String::from_utf8(row.body.clone()).unwrap();
    assert!(text.contains(from), "{text}");
    let body = text.replacen(from, to, 1).into_bytes();
    Stored {
        hash: hash_body(&body),
        body,
        ..row.clone()
    }
}

#[test]
fn a_newer_format_is_not_supported_only_if_it_is_whole() {
    let original = ledger();
    let mut rows = original[..39].to_vec();
    for (from, to) in [
        ("\"v\":1}", "\"v\":2}"),
        ("\"kind\":\"drift.found\"", "\"kind\":\"file.shredded\""),
    ] {
        rows.truncate(39);
        rows.push(reworded(&original[39], from, to));
        assert_eq!(code(&rows, &[]), 21, "{to}");
        assert_eq!(bundle_code(&bundle_of(&rows), &[]), 21, "{to}");
        rows[20].body[5] ^= 1;
        assert_eq!(code(&rows, &[]), 10, "an alteration goes first");
        rows[20] = original[20].clone();
    }
    let text = String::from_utf8(bundle_of(&original)).unwrap();
    let newer = text
        .replacen("bundle 1\n", "bundle 2\nsomething new\n", 1)
        .into_bytes();
    assert_eq!(bundle_code(&newer, &[]), 10);
    let newer = with_new_digest(&newer);
    assert_eq!(bundle_code(&newer, &[]), 21);
    assert_eq!(bundle_code(&[&newer[..], b"x\n"].concat(), &[]), 10);
    for length in 22..newer.len() {
        assert_eq!(bundle_code(&newer[..length], &[]), 13, "{length} bytes");
    }
}

#[test]
fn a_body_that_is_not_a_valid_entry_is_an_alteration() {
    let original = ledger();
    for (from, to) in [
        ("\"v\":1}", "\"v\":0}"),
        ("\"v\":1}", "\"v\":1,\"w\":1}"),
        ("\"v\":1}", "\"v\":1} "),
        ("\"total\":3}", "\"total\":3.0}"),
        ("\"total\":3}", "\"total\":\"3\"}"),
        ("\"total\":3}", "\"total\":-3}"),
        ("\"total\":3}", "\"total\":3,\"totals\":3}"),
        ("\"added\"", "\"Added\""),
        ("\"change\":\"added\",", ""),
        ("\"at\":\"2026-03-02", "\"at\":\"2026-02-30"),
        ("Zo\u{eb}", "Zoe\u{308}"),
    ] {
        let mut rows = original.clone();
        rows[39] = reworded(&original[39], from, to);
        assert_eq!(code(&rows, &[]), 10, "{to}");
    }
}

#[test]
fn damaged_columns_are_an_alteration() {
    let row = &ledger()[0];
    let read = |seq, prev: &[u8], hash: &[u8], time| {
        Stored::from_columns(seq, prev, row.body.clone(), hash, time)
            .map_err(|failure| failure.exit_code())
    };
    let (prev, hash) = (&row.prev.0[..], &row.hash.0[..]);
    assert_eq!(
        read(
            1,
            prev,
            hash,
            row.appended_at.as_ref().map(|time| time.as_str())
        ),
        Ok(row.clone())
    );
    assert_eq!(read(-1, prev, hash, None), Err(10));
    assert_eq!(read(1, &prev[1..], hash, None), Err(10));
    assert_eq!(read(1, prev, b"", None), Err(10));
    assert_eq!(read(1, prev, hash, Some("yesterday")), Err(10));
}

#[test]
fn failures_name_the_entries() {
    let original = ledger();
    let failure = |rows: Vec<Stored>| enact_ledger::verify(rows, &[]).unwrap_err();
    let mut rows = original.clone();
    rows.drain(4..7);
    rows.remove(10);
    let missing = failure(rows);
    assert_eq!(missing.seqs, [5, 6, 7, 14]);
    assert_eq!(missing.to_string(), "entry missing: not there: 5 to 7, 14");
    let mut rows = original.clone();
    rows[6].body[30] ^= 1;
    let altered = failure(rows);
    assert_eq!(altered.seqs, [7]);
    assert_eq!(
        altered.to_string(),
        "altered: entry 7: its body does not have the recorded hash"
    );
    let mut rows = original;
    rows.swap(6, 7);
    assert_eq!(failure(rows).seqs, [8, 7]);
}
