//! `lint -e` and `lint --database-url`: what the target's own schema adds to what the files say.

use enact_testkit::Output;

use crate::kit::{Repo, pg};
use crate::said;

/// A target on which 001 is in force, and which has things that no file speaks of.
fn repo() -> Repo {
    let repo = Repo::new();
    repo.migration(
        "001_create_visit",
        "CREATE TABLE visit (id bigint PRIMARY KEY, note varchar(50), day date, status int);",
        "DROP TABLE visit;",
    );
    repo.done("apply");
    repo.sql(
        "CREATE FUNCTION code() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN 'x'; END $$;
         CREATE FUNCTION code(n int) RETURNS text LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN 'x'; END $$;
         CREATE FUNCTION now(n int) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN 'x'; END $$;
         INSERT INTO visit SELECT n, 'x', '2026-01-01', 1 FROM generate_series(1, 2000) n;
         ANALYZE visit;",
    );
    repo
}

fn lint(repo: &Repo, options: &str) -> Output {
    let url = pg().url(&repo.database);
    let words = ["lint", "--database-url", &url];
    repo.env
        .enact(words.into_iter().chain(options.split_whitespace()))
}

/// Rule, layer and severity of each finding.
fn found(output: &Output) -> Vec<String> {
    let value = |line: &str| line.split('"').nth(3).unwrap_or_default().to_owned();
    let lines = output.stdout.lines().map(str::trim);
    let mut found = Vec::new();
    for line in lines {
        if line.starts_with("\"rule\":") {
            found.push(value(line));
        } else if line.starts_with("\"severity\":") || line.starts_with("\"layer\":") {
            *found.last_mut().unwrap() += &format!(" {}", value(line).replace(' ', "-"));
        }
    }
    found
}

/// What is found in a migration that is not in force yet.
fn judged(repo: &Repo, up: &str) -> Vec<String> {
    repo.migration("002_next", up, "SELECT 1;");
    found(&lint(repo, "--format json"))
}

#[test]
fn a_finding_says_which_layer_proves_it_and_how_big_the_table_is() {
    let repo = repo();
    repo.migration(
        "002_next",
        "CREATE INDEX visit_day_idx ON visit (day);\nALTER TABLE visit ADD COLUMN code text DEFAULT code();",
        "DROP INDEX visit_day_idx;",
    );
    said!(repo.env, lint(&repo, ""), @r"
        exit: 31
        ----- stdout -----
        error[index-not-concurrent]: the index on visit is built while its writers wait (2,000 rows, 104 KiB)
         --> migrations/002_next.sql:1:1
          |
        1 | CREATE INDEX visit_day_idx ON visit (day);
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          layer: parse tree
          effect: the index is built under SHARE: writers of the table wait until it is done
          safe:
            -- outside BEGIN … COMMIT:
            CREATE INDEX CONCURRENTLY visit_day_idx ON visit (day);
          page: docs/rules/index-not-concurrent.md

        error[rewrite-volatile-default]: the default of visit.code calls code(), which is volatile (2,000 rows, 104 KiB)
         --> migrations/002_next.sql:2:30
          |
        2 | ALTER TABLE visit ADD COLUMN code text DEFAULT code();
          |                              ^^^^^^^^^^^^^^^^^^^^^^^^
          layer: target catalog
          effect: every row and every index is written again under ACCESS EXCLUSIVE: readers and writers of the table wait until it is done
          safe:
            ALTER TABLE visit ADD COLUMN code text;
            ALTER TABLE visit ALTER COLUMN code SET DEFAULT code();
            -- enact: backfill
            UPDATE visit SET code = code() WHERE code IS NULL;
          page: docs/rules/rewrite-volatile-default.md

        warning[drop-index-not-concurrent]: index visit_day_idx of visit is dropped under ACCESS EXCLUSIVE
         --> migrations/rollback/002_rollback.sql:1:1
          |
        1 | DROP INDEX visit_day_idx;
          | ^^^^^^^^^^^^^^^^^^^^^^^^
          layer: parse tree
          effect: the table is locked ACCESS EXCLUSIVE: behind the wait for that lock readers and writers queue
          safe:
            -- outside BEGIN … COMMIT:
            DROP INDEX CONCURRENTLY visit_day_idx;
          page: docs/rules/drop-index-not-concurrent.md

        core: 2 files for postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[DB]?sslmode=prefer, 2 errors, 1 warning

        ----- stderr -----
        ");
}

#[test]
fn a_default_is_as_volatile_as_the_server_says() {
    let repo = repo();
    let add = |default: &str| format!("ALTER TABLE visit ADD COLUMN c text DEFAULT {default};");
    let of_target = "rewrite-volatile-default error target-catalog";
    assert_eq!(judged(&repo, &add("code()")), [of_target]);
    // Of this name there is a function of the system, with other arguments.
    assert_eq!(judged(&repo, &add("now(1)")), [of_target]);
    assert_eq!(judged(&repo, &add("code(1)")), [""; 0]);
    assert_eq!(judged(&repo, &add("now()::text")), [""; 0]);
    assert_eq!(
        judged(&repo, &add("gen_random_uuid()::text")),
        ["rewrite-volatile-default error parse-tree"]
    );
}

#[test]
fn a_check_that_no_file_made_proves_not_null() {
    let repo = repo();
    let required = "ALTER TABLE visit ALTER COLUMN day SET NOT NULL;";
    let found = ["not-null-scan error parse-tree"];
    assert_eq!(judged(&repo, required), found);
    repo.sql("ALTER TABLE visit ADD CONSTRAINT has_day CHECK (day IS NOT NULL OR note = 'x')");
    assert_eq!(judged(&repo, required), found);
    repo.sql(
        "ALTER TABLE visit DROP CONSTRAINT has_day;
         ALTER TABLE visit ADD CONSTRAINT has_day CHECK (day IS NOT NULL) NOT VALID",
    );
    assert_eq!(judged(&repo, required), found);
    // VALIDATE of a constraint that no file has made is understood.
    let validated = format!(
        "BEGIN;\nALTER TABLE visit VALIDATE CONSTRAINT has_day;\nCOMMIT;\nBEGIN;\n{required}\nCOMMIT;"
    );
    assert_eq!(judged(&repo, &validated), [""; 0]);
    repo.sql("ALTER TABLE visit VALIDATE CONSTRAINT has_day");
    assert_eq!(judged(&repo, required), [""; 0]);
}

/// Each is refused by the server too, which is what makes the finding true.
#[test]
fn whatever_uses_a_column_blocks_its_type() {
    let repo = repo();
    let change = "ALTER TABLE visit ALTER COLUMN note TYPE varchar(100);";
    repo.sql(
        "CREATE FUNCTION fire() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$",
    );
    let mut users = vec![
        (
            "CREATE VIEW noted AS SELECT v.note, w.day FROM visit v, visit w",
            "DROP VIEW noted",
        ),
        (
            "CREATE RULE noted AS ON UPDATE TO visit WHERE old.note = 'y' DO INSTEAD NOTHING",
            "DROP RULE noted ON visit",
        ),
        (
            "CREATE POLICY noted ON visit USING (note <> '')",
            "DROP POLICY noted ON visit",
        ),
        (
            "CREATE TRIGGER noted BEFORE UPDATE OF note ON visit FOR EACH ROW EXECUTE FUNCTION fire()",
            "DROP TRIGGER noted ON visit",
        ),
        (
            "CREATE TRIGGER noted BEFORE UPDATE ON visit FOR EACH ROW WHEN (old.note <> '') EXECUTE FUNCTION fire()",
            "DROP TRIGGER noted ON visit",
        ),
        (
            "ALTER TABLE visit ADD COLUMN noted text GENERATED ALWAYS AS (lower(note)) STORED",
            "ALTER TABLE visit DROP COLUMN noted",
        ),
    ];
    if pg().major() >= 14 {
        users.push((
            "CREATE FUNCTION noted() RETURNS text LANGUAGE sql BEGIN ATOMIC SELECT note FROM visit; END",
            "DROP FUNCTION noted()",
        ));
    }
    if pg().major() >= 15 {
        users.push((
            "CREATE PUBLICATION noted FOR TABLE visit WHERE (id > 1 AND note <> '')",
            "DROP PUBLICATION noted",
        ));
    }
    for (make, unmake) in users {
        repo.sql(make);
        assert_eq!(
            judged(&repo, change),
            ["type-blocked error target-catalog"],
            "{make}"
        );
        // For a generated column another code stood here before PostgreSQL 15.
        let refused = repo.refused_sql(change);
        assert!(
            ["0A000", "42601"].contains(&refused.as_str()),
            "{make}: {refused}"
        );
        repo.sql(unmake);
        assert_eq!(judged(&repo, change), [""; 0], "{unmake}");
    }
}

#[test]
fn what_makes_a_free_change_expensive_is_found_in_the_target() {
    let repo = repo();
    let change = "ALTER TABLE visit ALTER COLUMN note TYPE varchar(100);";
    let checked = ["type-recheck warning target-catalog"];
    repo.sql("CREATE INDEX noted ON visit (id) WHERE note <> ''");
    assert_eq!(judged(&repo, change), checked);
    repo.sql("DROP INDEX noted; CREATE INDEX noted ON visit (lower(note))");
    assert_eq!(judged(&repo, change), checked);
    repo.sql("DROP INDEX noted; CREATE INDEX noted ON visit (note)");
    assert_eq!(judged(&repo, change), [""; 0]);
    repo.sql("ALTER TABLE visit ADD CHECK (note <> '')");
    assert_eq!(judged(&repo, change), checked);
    repo.sql(
        "ALTER TABLE visit DROP CONSTRAINT visit_note_check;
         CREATE UNIQUE INDEX ON visit (note) WHERE false;
         DROP INDEX visit_note_idx;
         CREATE TABLE other (note varchar(50) PRIMARY KEY);
         ALTER TABLE visit ADD FOREIGN KEY (note) REFERENCES other NOT VALID",
    );
    assert_eq!(
        judged(&repo, change),
        ["several-strong-locks warning target-catalog"]
    );
    // A type that the files speak of was changed by hand.
    repo.sql("ALTER TABLE visit ALTER COLUMN status TYPE bigint");
    let wider = "ALTER TABLE visit ALTER COLUMN status TYPE bigint;";
    assert_eq!(judged(&repo, wider), [""; 0]);
}

#[test]
fn objects_that_no_file_made_are_known() {
    let repo = repo();
    repo.sql(
        "CREATE TABLE site (id serial PRIMARY KEY, visit_id bigint, mood text);
         CREATE RULE keep AS ON DELETE TO site DO INSTEAD NOTHING;
         CREATE DOMAIN short AS text CHECK (length(VALUE) < 9);
         UPDATE visit SET day = NULL WHERE id < 200;
         ANALYZE visit",
    );
    for (sql, expected) in [
        (
            "DELETE FROM site WHERE id = 1;",
            "rule-swallows-dml error target-catalog",
        ),
        (
            "ALTER TABLE visit ADD COLUMN c short;",
            "rewrite-domain error target-catalog",
        ),
        (
            "ALTER TABLE visit ADD CONSTRAINT d CHECK (day IS NOT NULL) NOT VALID;",
            "not-valid-live-rows warning target-catalog",
        ),
        (
            "ALTER TABLE site ADD CONSTRAINT k FOREIGN KEY (visit_id) REFERENCES visit NOT VALID;",
            "fk-no-index notice target-catalog",
        ),
        (
            "-- enact: allow(rewrite-type) small\nALTER TABLE site ALTER COLUMN id TYPE bigint;",
            "sequence-int-overflow warning target-catalog",
        ),
    ] {
        assert_eq!(judged(&repo, sql), [expected], "{sql}");
    }
}

#[test]
fn an_index_whose_build_failed_is_known() {
    let repo = repo();
    let again = "CREATE INDEX CONCURRENTLY IF NOT EXISTS visit_status ON visit (status);";
    let warned = ["concurrently-if-not-exists warning parse-tree"];
    assert_eq!(judged(&repo, again), warned);
    repo.refused_sql("CREATE UNIQUE INDEX CONCURRENTLY visit_status ON visit (status)");
    assert_eq!(
        judged(&repo, again),
        ["concurrently-if-not-exists error target-catalog"]
    );
    repo.sql("DROP INDEX visit_status; CREATE INDEX visit_status ON visit (status)");
    assert_eq!(judged(&repo, again), warned);
}

#[test]
fn tables_of_one_name_in_two_schemas_are_told_apart() {
    let repo = repo();
    repo.sql(
        "CREATE SCHEMA aside;
         CREATE TABLE aside.visit (id bigint PRIMARY KEY, note varchar(50), day date);
         CREATE VIEW aside.noted AS SELECT note FROM aside.visit",
    );
    let change = |table: &str| format!("ALTER TABLE {table} ALTER COLUMN note TYPE varchar(100);");
    assert_eq!(judged(&repo, &change("visit")), [""; 0]);
    assert_eq!(
        judged(&repo, &change("aside.visit")),
        ["type-blocked error target-catalog"]
    );
}

#[test]
fn what_is_in_force_is_left_out_unless_it_is_named() {
    let repo = repo();
    repo.migration(
        "002_next",
        "ALTER TABLE visit ADD COLUMN c text;",
        "SELECT 1;",
    );
    let files = |options: &str| {
        let output = lint(&repo, &format!("{options} --format json"));
        let line = output
            .stdout
            .lines()
            .find(|line| line.contains("\"files\":"));
        line.unwrap().trim().to_owned()
    };
    assert_eq!(files(""), "\"files\": 2,");
    assert_eq!(files("1"), "\"files\": 2,");
    assert_eq!(files("1 2"), "\"files\": 4,");
    repo.done("apply --accept-drift functions");
    assert_eq!(files(""), "\"files\": 0,");
}

#[test]
fn an_environment_is_named() {
    let repo = repo();
    repo.env.write(
        "enact.toml",
        "[project]\nkind = \"core\"\nname = \"core\"\nmigrations = \"migrations\"\n\
         [environments.staging]\nurl = { env = \"DATABASE_URL\" }\n",
    );
    repo.migration(
        "002_next",
        "ALTER TABLE visit ADD COLUMN c text;",
        "SELECT 1;",
    );
    let output = repo.done("lint -e staging");
    assert_eq!(output.stdout, "core: 2 files for staging, nothing found\n");
    let unknown = repo.enact("lint -e stagin");
    assert_eq!(unknown.code, Some(2), "{unknown}");
}
