//! What cannot be done safely is refused, with the reason and what to do.

use enact_engine::exit::Exit;
use enact_engine::patterns::{Arguments, PatternError, Step};

use crate::kit::{Repo, arguments, base, major};

pub fn refused(steps: Result<Vec<Step>, PatternError>, expected: &str) {
    let Err(error) = steps else {
        panic!("not refused: {expected}");
    };
    assert_eq!(error.exit(), Exit::Usage, "{error:?}");
    let PatternError::Refused { message, next } = &error else {
        panic!("{error:?}");
    };
    assert!(message.contains(expected), "{message}");
    assert!(!next.is_empty());
}

#[tokio::test]
async fn what_cannot_be_done_is_refused() {
    let repo = Repo::new();
    repo.write(
        "migrations/001_base.sql",
        &(base()
            + "CREATE TABLE app.old (id int PRIMARY KEY, v int, w json, twice int GENERATED ALWAYS AS (v * 2) STORED);\n\
               CREATE TABLE app.numbered (id int PRIMARY KEY, s serial);\n\
               CREATE TABLE app.heir (x int) INHERITS (app.old);\n\
               CREATE TABLE app.young (LIKE app.old INCLUDING ALL);\n\
               ALTER TABLE app.young ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY;\n\
               CREATE MATERIALIZED VIEW app.gathered AS SELECT day FROM app.visit;\n\
               CREATE FUNCTION app.by_name() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.place := trim(NEW.place); RETURN NEW; END $$;\n\
               CREATE TRIGGER by_name BEFORE INSERT ON app.visit FOR EACH ROW EXECUTE FUNCTION app.by_name();\n\
               CREATE DOMAIN app.short AS text CHECK (length(VALUE) < 9);\n"),
    );
    let (database, _client) = repo.named_database().await;
    let rename = |table: &str, column: &str| Arguments {
        column: Some(column.into()),
        to: Some("other".into()),
        ..arguments(table)
    };
    let to = |table: &str, column: &str, of: &str| Arguments {
        column: Some(column.into()),
        of_type: Some(of.into()),
        ..arguments(table)
    };
    let column = |table: &str, column: &str| Arguments {
        column: Some(column.into()),
        ..arguments(table)
    };
    let value = |table: &str, name: &str, value: &str| Arguments {
        value: Some(value.into()),
        ..column(table, name)
    };
    let default = |of: &str, default: &str| Arguments {
        default: Some(default.into()),
        ..to("app.visit", "c", of)
    };
    let named = |columns: &str, references: &str| Arguments {
        columns: vec![columns.into()],
        references: Some(references.into()),
        ..arguments("app.visit")
    };
    let cases = [
        ("rename-column", rename("app.nothing", "a"), "no table"),
        ("rename-column", rename("drop table", "a"), "no table"),
        (
            "rename-column",
            rename("app.people", "name"),
            "is not a table",
        ),
        (
            "rename-column",
            rename("app.visit", "nothing"),
            "has no column",
        ),
        (
            "rename-column",
            rename("app.measure", "taken_on"),
            "partition key",
        ),
        (
            "rename-column",
            rename("app.measure_2025", "value"),
            "is a partition",
        ),
        ("rename-column", rename("app.old", "v"), "inheritance"),
        (
            "rename-column",
            rename("app.audit", "what"),
            "rule keep_update",
        ),
        ("rename-column", rename("app.log", "what"), "trigger refuse"),
        (
            "rename-column",
            rename("app.participant", "initial"),
            "generated column",
        ),
        (
            "rename-column",
            rename("app.young", "id"),
            "identity column",
        ),
        (
            "rename-column",
            rename("app.young", "w"),
            "cannot be compared",
        ),
        ("rename-column", rename("app.visit", "place"), "by its name"),
        (
            "change-type",
            to("app.participant", "name", "citext"),
            "no type",
        ),
        (
            "change-type",
            to("app.participant", "name", "varchar(90)"),
            "column initial",
        ),
        (
            "change-type",
            to("app.participant", "id", "text"),
            "primary key",
        ),
        (
            "change-type",
            to("app.visit", "site_id", "int; DROP TABLE app.visit"),
            "no type",
        ),
        (
            "change-type",
            to("app.visit", "site_id", "date"),
            "cannot be used",
        ),
        (
            "change-type",
            to("app.young", "v", "bigint"),
            "column twice",
        ),
        (
            "change-type",
            to("app.audit", "what", "varchar"),
            "rule keep_update",
        ),
        (
            "add-not-null",
            value("app.log", "what", "'x'"),
            "trigger refuse",
        ),
        (
            "add-not-null",
            value("app.visit", "place", "nonsense"),
            "cannot be used",
        ),
        (
            "add-not-null",
            column("app.visit", "day"),
            "NOT NULL already",
        ),
        (
            "add-column",
            default("text", "'a'; DROP TABLE app.visit"),
            "cannot be used",
        ),
        ("add-column", to("app.visit", "c", "serial"), "no type"),
        (
            "add-column",
            to("app.visit", "c", "app.short"),
            "domain with a constraint",
        ),
        (
            "add-column",
            to("app.visit", "day", "int"),
            "is there already",
        ),
        (
            "add-column",
            Arguments {
                not_null: true,
                ..to("app.visit", "c", "int")
            },
            "NOT NULL without a value",
        ),
        (
            "add-foreign-key",
            named("site_id", "app.site(nothing)"),
            "no key",
        ),
        (
            "add-foreign-key",
            named("nothing", "app.site(id)"),
            "has no column",
        ),
        (
            "drop-column",
            column("app.participant", "name"),
            "is used by",
        ),
        (
            "drop-column",
            column("app.participant", "id"),
            "primary or partition key",
        ),
        (
            "drop-column",
            column("app.numbered", "s"),
            "numbered or computed",
        ),
        ("drop-column", column("app.audit", "what"), "must keep"),
        (
            "rename-table",
            Arguments {
                to: Some("subject".into()),
                ..arguments("app.participant")
            },
            if major() < 15 {
                "a view passes it by"
            } else {
                "single columns"
            },
        ),
        (
            "rename-table",
            Arguments {
                to: Some("site".into()),
                ..arguments("app.visit")
            },
            "already",
        ),
    ];
    for (pattern, arguments, expected) in &cases {
        refused(repo.live(&database, pattern, arguments).await, expected);
    }
}

#[tokio::test]
async fn an_append_only_table_may_have_a_new_empty_column() {
    let repo = Repo::new();
    let empty = Arguments {
        column: Some("device".into()),
        of_type: Some("text".into()),
        ..arguments("app.audit")
    };
    let filled = Arguments {
        default: Some("'none'".into()),
        ..empty.clone()
    };
    refused(repo.steps("add-column", &filled).await, "rule keep_update");
    let pairs = repo.series("add-column", empty).await;
    assert_eq!(repo.prove(&pairs).await, ["proven"]);
}
