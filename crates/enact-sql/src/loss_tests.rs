use super::*;

fn table(name: &str) -> Name {
    Name::new(None, name.to_owned())
}

fn only(sql: &str) -> Loss {
    let mut losses = losses(sql);
    assert_eq!(losses.len(), 1, "{sql}: {losses:?}");
    losses.remove(0)
}

fn query(sql: &str) -> String {
    match only(sql) {
        Loss::Deleted(rows) | Loss::Overwritten(rows) => rows.query,
        other => panic!("{sql}: {other:?}"),
    }
}

#[test]
fn what_only_makes_things_loses_nothing() {
    for sql in [
        "CREATE TABLE a (id int)",
        "ALTER TABLE a ADD COLUMN b int",
        "ALTER TABLE a DROP CONSTRAINT c",
        "ALTER TABLE a ADD CONSTRAINT c CHECK (b > 0) NOT VALID",
        "DROP VIEW v",
        "DROP TYPE t",
        "DROP SCHEMA s",
        "CREATE INDEX ON a (b)",
        "INSERT INTO a VALUES (1)",
        "ALTER VIEW v ALTER COLUMN c SET DEFAULT 1",
    ] {
        assert_eq!(losses(sql), [], "{sql}");
    }
}

#[test]
fn tables_columns_and_positions_that_go_are_named() {
    let qualified = Name::new(Some("s".to_owned()), "A b".to_owned());
    assert_eq!(only("DROP TABLE s.\"A b\""), Loss::Table(qualified));
    assert_eq!(only("DROP SEQUENCE q"), Loss::Sequence(table("q")));
    assert_eq!(
        losses("TRUNCATE a, b"),
        [Loss::Table(table("a")), Loss::Table(table("b"))]
    );
    assert_eq!(
        only("ALTER TABLE IF EXISTS a DROP COLUMN IF EXISTS b CASCADE"),
        Loss::Column {
            table: table("a"),
            column: "b".to_owned()
        }
    );
    assert_eq!(only("DROP SCHEMA s CASCADE"), Loss::Schema(table("s")));
    assert_eq!(only("DROP DOMAIN d CASCADE"), Loss::Type(table("d")));
}

#[test]
fn rows_are_asked_for_as_the_statement_reaches_them() {
    assert_eq!(
        query("DELETE FROM a WHERE x = 1 OR y"),
        "SELECT 'enact:selected' FROM a WHERE x = 1 OR y"
    );
    assert_eq!(query("DELETE FROM a"), "SELECT 'enact:selected' FROM a");
    assert_eq!(
        query("UPDATE a SET x = 1, y = b.y FROM b WHERE a.id = b.id OR z"),
        "SELECT 'enact:selected' FROM a, b WHERE (a.id = b.id OR z) AND (a.x IS DISTINCT FROM 1 OR a.y IS DISTINCT FROM b.y)"
    );
    assert_eq!(
        query("UPDATE a AS t SET x = DEFAULT WHERE z"),
        "SELECT 'enact:selected' FROM a t WHERE z"
    );
    assert!(
        query("WITH w AS (SELECT 1 AS i) DELETE FROM a USING w WHERE a.i = w.i")
            .starts_with("WITH w AS (SELECT 1 AS i) SELECT 'enact:selected' FROM a, w")
    );
}

#[test]
fn types_and_rules_keep_their_text() {
    assert_eq!(
        only("ALTER TABLE a ALTER b TYPE numeric(10,2) USING round(b, 1)"),
        Loss::Retyped {
            table: table("a"),
            column: "b".to_owned(),
            into: "numeric(10, 2)".to_owned(),
            using: Some("round(b, 1)".to_owned()),
        }
    );
    let rule = |sql| match only(sql) {
        Loss::Misfit { rule, .. } => rule,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        rule("ALTER TABLE a ADD CHECK (b > 0 OR c)"),
        Rule::Check("b > 0 OR c".to_owned())
    );
    assert_eq!(
        rule("CREATE UNIQUE INDEX CONCURRENTLY ON a (b, c)"),
        Rule::Unique(vec!["b".to_owned(), "c".to_owned()])
    );
    assert_eq!(
        rule("ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES r"),
        Rule::References {
            columns: vec!["b".to_owned()],
            table: table("r"),
            keys: vec![],
        }
    );
}

#[test]
fn what_runs_code_is_not_guessed_at() {
    for sql in [
        "DO $$ BEGIN DELETE FROM a; END $$",
        "DO LANGUAGE plpgsql 'BEGIN EXECUTE f; END'",
        "CALL p()",
        "SELECT f()",
    ] {
        assert_eq!(only(sql), Loss::Untold, "{sql}");
    }
    let check = "DO $$ BEGIN IF NOT EXISTS (SELECT FROM a) THEN /* delete */ RAISE EXCEPTION 'drop it'; END IF; END $$";
    assert_eq!(losses(check), []);
}
