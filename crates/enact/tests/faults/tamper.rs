//! A superuser takes the guards down and rewrites the ledger: `verify` says what was done, where that can be known.

use enact_testkit::TestPg;

use crate::kit::{Db, Repo, checkpoint, fresh};

/// The result of `verify` without and with a checkpoint from before `act`, which finds the guards down.
fn after(act: &str) -> [i32; 2] {
    let pg = TestPg::start();
    let files = [
        ("a", "CREATE TABLE a (id int);", None),
        ("b", "CREATE TABLE b (id int);", None),
    ];
    let repo = Repo::new(&files);
    let url = pg.url(&fresh(&pg));
    repo.done("apply", &url);
    let known = checkpoint(&url);
    assert_eq!(repo.verify(&url, &[]), 3);
    assert_eq!(repo.verify(&url, std::slice::from_ref(&known)), 0);
    let db = Db::open(&url);
    db.run(act);
    [repo.verify(&url, &[]), repo.verify(&url, &[known])]
}

/// `act` with the triggers off, and on again behind it.
fn unseen(act: &str) -> [i32; 2] {
    after(&format!(
        "ALTER TABLE enact.ledger DISABLE TRIGGER ALL; {act}; \
         ALTER TABLE enact.ledger ENABLE ALWAYS TRIGGER ledger_is_append_only; \
         ALTER TABLE enact.ledger ENABLE ALWAYS TRIGGER ledger_is_not_truncated"
    ))
}

/// Body with another person in it.
const FORGED: &str =
    "convert_to(replace(convert_from(body, 'UTF8'), '\"number\":1', '\"number\":2'), 'UTF8')";

#[test]
fn an_edited_entry() {
    let edit = format!(
        "UPDATE enact.ledger SET body = {FORGED}, hash = sha256('\\x00'::bytea || {FORGED}) WHERE seq = 3"
    );
    assert_eq!(unseen(&edit), [10, 10]);
}

#[test]
fn an_edited_entry_with_its_old_hash() {
    let edit = format!(
        "ALTER TABLE enact.ledger DROP CONSTRAINT ledger_hash_check; UPDATE enact.ledger SET body = {FORGED} WHERE seq = 3"
    );
    assert_eq!(unseen(&edit), [10, 10]);
}

#[test]
fn a_deleted_entry() {
    assert_eq!(unseen("DELETE FROM enact.ledger WHERE seq = 3"), [11, 11]);
}

#[test]
fn two_swapped_entries() {
    let swap = "UPDATE enact.ledger SET seq = 99 WHERE seq = 3; UPDATE enact.ledger SET seq = 3 WHERE seq = 4; \
                UPDATE enact.ledger SET seq = 4 WHERE seq = 99";
    assert_eq!(unseen(swap), [12, 12]);
}

#[test]
fn a_truncated_tail_shows_against_a_known_head_alone() {
    assert_eq!(unseen("DELETE FROM enact.ledger WHERE seq > 4"), [3, 13]);
}

#[test]
fn a_whole_rewrite_shows_against_a_known_head_alone() {
    let rewrite = "DO $$ DECLARE entry record; text text; before bytea := decode(repeat('00', 32), 'hex'); own bytea; BEGIN \
        FOR entry IN SELECT * FROM enact.ledger ORDER BY seq LOOP \
            text := replace(convert_from(entry.body, 'UTF8'), encode(entry.prev, 'hex'), encode(before, 'hex')); \
            text := regexp_replace(text, '\"person\":\"[^\"]*\"', '\"person\":\"Mallory\"'); \
            own := sha256('\\x00'::bytea || convert_to(text, 'UTF8')); \
            UPDATE enact.ledger SET prev = before, body = convert_to(text, 'UTF8'), hash = own WHERE seq = entry.seq; \
            before := own; END LOOP; END $$";
    assert_eq!(unseen(rewrite), [3, 14]);
}

#[test]
fn guards_that_are_not_as_installed() {
    let acts = [
        "ALTER TABLE enact.ledger DISABLE TRIGGER ledger_is_append_only",
        "ALTER TABLE enact.ledger ENABLE TRIGGER ledger_is_not_truncated",
        "DROP TRIGGER ledger_is_append_only ON enact.ledger",
        "CREATE OR REPLACE FUNCTION enact.refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE OR REPLACE FUNCTION enact.append(expected_seq bigint, expected_prev bytea, fence text, \
         entry text, OUT hash bytea, OUT server_at text) LANGUAGE sql AS $$ SELECT NULL::bytea, NULL::text $$",
        "ALTER TABLE enact.ledger DROP CONSTRAINT ledger_hash_check",
        "ALTER TABLE enact.ledger DROP CONSTRAINT ledger_hash_check; ALTER TABLE enact.ledger ADD CONSTRAINT ledger_hash_check CHECK (true)",
        "ALTER FUNCTION enact.append(bigint, bytea, text, text) SECURITY INVOKER",
        "ALTER FUNCTION enact.append(bigint, bytea, text, text) SET search_path = public",
        "CREATE ROLE mallory; GRANT INSERT ON enact.ledger TO mallory",
        "GRANT INSERT (seq, prev, body, hash, appended_at) ON enact.ledger TO PUBLIC",
        "GRANT EXECUTE ON FUNCTION enact.append(bigint, bytea, text, text) TO PUBLIC",
        "CREATE RULE silent AS ON INSERT TO enact.ledger DO INSTEAD NOTHING",
        "ALTER TABLE enact.ledger ENABLE ROW LEVEL SECURITY",
        "CREATE TABLE unseen (id int)",
    ];
    for act in acts {
        assert_eq!(after(act), [19, 19], "{act}");
    }
}
