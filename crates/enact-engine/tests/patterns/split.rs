//! While columns live in two tables, writers of either are right.

use enact_engine::patterns::Arguments;
use enact_engine::project::NewPair;
use tokio_postgres::Client;

use crate::kit::{Repo, apply, arguments, base, fingerprint, raw, roll_back, value};
use crate::refusals::refused;

/// A table with whatever can hang on columns that move.
const SUBJECT: &str = "
CREATE TABLE app.subject (
    code text,
    site integer,
    email text NOT NULL,
    phone json,
    consent boolean NOT NULL DEFAULT false,
    home integer REFERENCES app.site (id),
    changed_at timestamptz,
    PRIMARY KEY (code, site),
    CONSTRAINT subject_email_check CHECK (email LIKE '%@%'),
    CONSTRAINT subject_email_key UNIQUE (email)
);
COMMENT ON CONSTRAINT subject_email_check ON app.subject IS 'Looks like one';
COMMENT ON COLUMN app.subject.email IS 'Where to write to';
CREATE INDEX subject_by_home ON app.subject (home) WHERE home IS NOT NULL;
GRANT SELECT (code, site, email), UPDATE (email) ON app.subject TO pattern_reader;
GRANT INSERT ON app.subject TO pattern_writer;
CREATE TRIGGER touch BEFORE INSERT OR UPDATE ON app.subject FOR EACH ROW EXECUTE FUNCTION app.touch();
CREATE TABLE app.trail (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, relation text, content jsonb);
CREATE FUNCTION app.record() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN INSERT INTO app.trail (relation, content) VALUES (TG_TABLE_NAME, to_jsonb(NEW)); RETURN NULL; END $$;
CREATE TRIGGER record AFTER INSERT OR UPDATE ON app.subject FOR EACH ROW EXECUTE FUNCTION app.record();
INSERT INTO app.subject (code, site, email, phone)
SELECT 's' || n, n % 3, 'a' || n || '@example.org', json_build_object('n', n) FROM generate_series(1, 40) n;
";

fn split(table: &str, columns: &[&str]) -> Arguments {
    Arguments {
        columns: columns.iter().map(|name| (*name).to_owned()).collect(),
        into: Some("contact".into()),
        ..arguments(table)
    }
}

async fn subjects() -> (Repo, Vec<NewPair>, Client) {
    with_subjects(SUBJECT).await
}

async fn with_subjects(subject: &str) -> (Repo, Vec<NewPair>, Client) {
    let repo = Repo::new();
    let schema = base() + subject;
    repo.write("migrations/001_base.sql", &schema);
    let columns = ["email", "phone", "consent", "home"];
    let pairs = repo
        .series("split-table", split("app.subject", &columns))
        .await;
    assert_eq!(pairs.len(), 4);
    let client = repo.database().await;
    (repo, pairs, client)
}

/// Rows of the one table that the other has not, or has otherwise.
const DIFFERENT: &str = "SELECT count(*) FROM app.subject s FULL JOIN app.contact c USING (code, site)
    WHERE (s.email, s.phone::text, s.consent, s.home) IS DISTINCT FROM (c.email, c.phone::text, c.consent, c.home)";

/// What releases write that know the old table alone.
async fn old_release(client: &Client, mark: &str) {
    let writes = [
        format!("INSERT INTO app.subject (code, site, email, phone) VALUES ('{mark}', 1, 'old-{mark}@x', '{{}}')"),
        format!("UPDATE app.subject SET email = 'changed-{mark}@x' WHERE code = 's1'"),
        format!("UPDATE app.subject SET home = 2 - coalesce(home, 1) % 2, phone = '{{\"{mark}\": 1}}' WHERE code = 's2'"),
        "UPDATE app.subject SET phone = NULL WHERE code = 's3'".to_owned(),
        format!("UPDATE app.subject SET code = 'moved-{mark}' WHERE code = '{mark}'"),
        format!("BEGIN; INSERT INTO app.subject (code, site, email) VALUES ('b{mark}', 1, 'b-{mark}@x');
            UPDATE app.subject SET code = 'c{mark}', email = 'c-{mark}@x' WHERE code = 'b{mark}'; COMMIT"),
        format!("BEGIN; INSERT INTO app.subject (code, site, email) VALUES ('d{mark}', 1, 'd-{mark}@x');
            DELETE FROM app.subject WHERE code = 'd{mark}'; COMMIT"),
        "DELETE FROM app.subject WHERE code = (SELECT max(code) FROM app.subject WHERE code LIKE 's_')".to_owned(),
    ];
    for sql in writes {
        raw(client, &sql).await;
    }
}

/// What releases write that know both.
async fn new_release(client: &Client, mark: &str) {
    let writes = [
        format!("BEGIN; INSERT INTO app.subject (code, site) VALUES ('n{mark}', 2);
            INSERT INTO app.contact (code, site, email, consent) VALUES ('n{mark}', 2, 'new-{mark}@x', true); COMMIT"),
        format!("UPDATE app.contact SET email = 'again-{mark}@x', home = 1 WHERE code = 's4'"),
        format!("UPDATE app.contact SET phone = '{{\"of\": \"{mark}\"}}' WHERE code = 's1'"),
        format!("BEGIN; DELETE FROM app.contact WHERE code = 's5'; INSERT INTO app.contact (code, site, email)
            VALUES ('s5', 2, 'anew-{mark}@x'); COMMIT"),
        "BEGIN; DELETE FROM app.contact WHERE code = 's9'; DELETE FROM app.subject WHERE code = 's9'; COMMIT".to_owned(),
    ];
    for sql in writes {
        raw(client, &sql).await;
    }
}

#[tokio::test]
async fn columns_are_written_in_either_table() {
    let (_repo, pairs, client) = subjects().await;
    let start = fingerprint(&client).await.0;
    apply(&client, &pairs[..1]).await;
    old_release(&client, "e").await;
    apply(&client, &pairs[1..2]).await;
    assert_eq!(value(&client, DIFFERENT).await, "0");
    old_release(&client, "f").await;
    assert_eq!(value(&client, DIFFERENT).await, "0");
    apply(&client, &pairs[2..3]).await;
    old_release(&client, "g").await;
    new_release(&client, "h").await;
    old_release(&client, "i").await;
    assert_eq!(value(&client, DIFFERENT).await, "0");
    let known = "SELECT string_agg(email, ',' ORDER BY email) FROM app.subject WHERE code IN ('s1', 's4', 's5', 'nh', 'moved-e', 'cf')";
    let known = value(&client, known).await;
    assert_eq!(
        known,
        "again-h@x,anew-h@x,c-f@x,changed-i@x,new-h@x,old-e@x"
    );

    let kept = value(&client, "SELECT md5(string_agg(c::text, ',' ORDER BY code, site)) FROM (SELECT code, site, email, phone::text, consent, home FROM app.subject) c").await;
    apply(&client, &pairs[3..]).await;
    let now = "SELECT md5(string_agg(c::text, ',' ORDER BY code, site)) FROM (SELECT code, site, email, phone::text, consent, home FROM app.contact) c";
    assert_eq!(value(&client, now).await, kept);
    new_release(&client, "j").await;
    // The trail goes on for the columns, once for each change.
    let trail = "SELECT count(*) FROM app.trail WHERE relation = 'contact' AND content ->> 'email' = 'again-j@x'";
    assert_eq!(value(&client, trail).await, "1");

    roll_back(&client, &pairs[3..]).await;
    assert_eq!(value(&client, DIFFERENT).await, "0");
    new_release(&client, "k").await;
    old_release(&client, "l").await;
    assert_eq!(value(&client, DIFFERENT).await, "0");
    roll_back(&client, &pairs[..3]).await;
    assert_eq!(fingerprint(&client).await.0, start);
    let again = "SELECT email FROM app.subject WHERE code = 's4'";
    assert_eq!(value(&client, again).await, "again-k@x");
}

#[tokio::test]
async fn every_step_of_a_split_is_proven() {
    // A trail would show the rows that the rollback fills, as it should.
    let untold = SUBJECT.replace("CREATE TRIGGER record", "-- CREATE TRIGGER record");
    let (repo, pairs, _client) = with_subjects(&untold).await;
    let verdicts = repo.prove(&pairs).await;
    assert_eq!(verdicts, ["proven", "proven", "proven", "column-order"]);
}

#[tokio::test]
async fn what_was_refused_is_refused_while_both_are_there() {
    let (_repo, pairs, client) = subjects().await;
    apply(&client, &pairs[..3]).await;
    let code = async |sql: &str| {
        let error = client.batch_execute(sql).await;
        let error = error.expect_err(sql);
        let code = error.code().map(|code| code.code().to_owned());
        raw(&client, "ROLLBACK; RESET ROLE").await;
        code.unwrap_or_default()
    };
    // Without its e-mail, by either way.
    assert_eq!(
        code("INSERT INTO app.subject (code, site) VALUES ('x', 1)").await,
        "23502"
    );
    assert_eq!(
        code("UPDATE app.subject SET email = NULL WHERE code = 's1'").await,
        "23502"
    );
    assert_eq!(
        code("UPDATE app.contact SET email = 'none' WHERE code = 's1'").await,
        "23514"
    );
    assert_eq!(
        code("UPDATE app.contact SET email = 'a2@example.org' WHERE code = 's1'").await,
        "23505"
    );
    assert_eq!(
        code("UPDATE app.contact SET home = 77 WHERE code = 's1'").await,
        "23503"
    );
    assert_eq!(
        code("DELETE FROM app.contact WHERE code = 's1'").await,
        "23503"
    );
    assert_eq!(
        code("INSERT INTO app.contact (code, site, email) VALUES ('nobody', 1, 'a@b')").await,
        "23503"
    );
    assert_eq!(value(&client, DIFFERENT).await, "0");
    // Rights are as they were, and no more is needed than before.
    raw(&client, "SET ROLE pattern_reader; UPDATE app.contact SET email = 'r@x' WHERE code = 's1' AND site = 1; RESET ROLE").await;
    raw(&client, "SET ROLE pattern_reader; UPDATE app.subject SET email = 'q@x' WHERE code = 's2' AND site = 2; RESET ROLE").await;
    assert_eq!(
        code("SET ROLE pattern_reader; SELECT consent FROM app.contact").await,
        "42501"
    );
    raw(&client, "SET ROLE pattern_writer; INSERT INTO app.subject (code, site, email) VALUES ('w', 1, 'w@x'); RESET ROLE").await;
    raw(
        &client,
        "SET ROLE pattern_writer; BEGIN; INSERT INTO app.subject (code, site) VALUES ('v', 1);
        INSERT INTO app.contact (code, site, email) VALUES ('v', 1, 'v@x'); COMMIT; RESET ROLE",
    )
    .await;
    assert_eq!(value(&client, DIFFERENT).await, "0");
}

#[tokio::test]
async fn row_level_security_goes_with_the_columns() {
    let repo = Repo::new();
    let pairs = repo
        .series("split-table", split("app.participant", &["note", "home"]))
        .await;
    let client = repo.database().await;
    apply(&client, &pairs[..2]).await;
    for steps in [0..0, 2..3] {
        apply(&client, &pairs[steps]).await;
        raw(&client, "SET ROLE pattern_writer; UPDATE app.contact SET note = 'w' WHERE id = (SELECT id FROM app.participant WHERE number = 3); RESET ROLE").await;
        assert_eq!(
            value(&client, "SELECT count(*) FROM app.contact WHERE note = 'w'").await,
            "1"
        );
        // As nobody sees the participant, nobody sees what belongs to it.
        raw(
            &client,
            "CREATE ROLE pattern_stranger; GRANT USAGE ON SCHEMA app TO pattern_stranger;
            GRANT SELECT ON app.participant, app.contact TO pattern_stranger",
        )
        .await;
        raw(&client, "SET ROLE pattern_stranger").await;
        assert_eq!(
            value(&client, "SELECT count(*) FROM app.contact").await,
            "0"
        );
        raw(
            &client,
            "RESET ROLE; DROP OWNED BY pattern_stranger; DROP ROLE pattern_stranger",
        )
        .await;
        raw(
            &client,
            "UPDATE app.contact SET note = 'x' WHERE note = 'w'",
        )
        .await;
    }
}

#[tokio::test]
async fn what_cannot_be_split_off_is_refused() {
    let repo = Repo::new();
    let more = "CREATE TABLE app.keyless (a int, b int);
        CREATE TABLE app.torn (id int PRIMARY KEY, a int, b int, c int GENERATED ALWAYS AS (b * 2) STORED, CHECK (a < b));
        CREATE TABLE app.told (id int PRIMARY KEY, a int, b int);
        CREATE FUNCTION app.tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM NEW.b; RETURN NULL; END $$;
        CREATE TRIGGER tell AFTER UPDATE ON app.told FOR EACH ROW EXECUTE FUNCTION app.tell();
        CREATE TABLE app.hidden (id int PRIMARY KEY, a int, b int);
        ALTER TABLE app.hidden ENABLE ROW LEVEL SECURITY;
        GRANT INSERT (id, a), SELECT (a) ON app.hidden TO pattern_writer;";
    repo.write("migrations/001_base.sql", &(base() + more));
    let (database, _client) = repo.named_database().await;
    let into = |name: &str, arguments: Arguments| Arguments {
        into: Some(name.into()),
        ..arguments
    };
    let cases = [
        (split("app.visit", &["nothing"]), "has no column"),
        (split("app.visit", &["day"]), "primary key"),
        (into("site", split("app.visit", &["place"])), "already"),
        (split("app.measure", &["unit"]), "is partitioned"),
        (split("app.keyless", &["a"]), "no primary key"),
        (split("app.audit", &["what"]), "rule keep_update"),
        (split("app.log", &["what"]), "trigger refuse"),
        (split("app.participant", &["name"]), "is used by"),
        (split("app.participant", &["changed_at"]), "by its name"),
        (split("app.participant", &["initial"]), "generated column"),
        (
            split("app.participant", &["site_id"]),
            "index participant_number_site",
        ),
        (split("app.torn", &["a"]), "constraint torn_check"),
        (split("app.torn", &["a", "b"]), "is used by"),
        (split("app.told", &["b"]), "by its name"),
        (split("app.told", &["a"]), "nobody would see changes of a"),
        (
            split("app.hidden", &["a"]),
            "pattern_writer may not read app.hidden.id",
        ),
    ];
    for (arguments, expected) in &cases {
        refused(
            repo.live(&database, "split-table", arguments).await,
            expected,
        );
    }
}
