//! Fifty databases, twenty of which have drifted, each in another class of objects.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use crate::kit::{Repo, pg, wait};

const DATABASES: usize = 50;

/// One of each class.
const SCHEMA: &str = "\
CREATE SCHEMA diary;
CREATE TYPE diary.mood AS ENUM ('good', 'bad');
CREATE TYPE diary.place AS (lat numeric, lon numeric);
CREATE DOMAIN diary.code AS text CHECK (VALUE <> '');
CREATE SEQUENCE diary.numbers CACHE 1;
CREATE TABLE diary.sites (id int PRIMARY KEY, code diary.code NOT NULL, city text DEFAULT 'none',
    CONSTRAINT city_is_short CHECK (length(city) < 100));
CREATE TABLE diary.entries (id int PRIMARY KEY, site int REFERENCES diary.sites, mood diary.mood, note text);
ALTER TABLE diary.entries ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON diary.entries FOR SELECT USING (mood = 'good');
CREATE INDEX entries_by_site ON diary.entries (site);
CREATE STATISTICS diary.entries_stats ON site, mood FROM diary.entries;
CREATE FUNCTION diary.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION diary.add(a int, b int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT a + b';
CREATE TRIGGER touched BEFORE UPDATE ON diary.entries FOR EACH ROW EXECUTE FUNCTION diary.touch();
CREATE VIEW diary.good AS SELECT id FROM diary.entries WHERE mood = 'good';
CREATE RULE keep AS ON DELETE TO diary.sites DO INSTEAD NOTHING;
COMMENT ON TABLE diary.sites IS 'Where trials are held';
GRANT SELECT ON diary.sites TO pg_monitor;";

/// What happened to a database of each class, and the objects that are not as in the others.
const DRIFTS: [(&str, &str, &[&str]); 20] = [
    (
        "column",
        "ALTER TABLE diary.sites ADD COLUMN stray int",
        &["+ column diary.sites.stray"],
    ),
    (
        "default",
        "ALTER TABLE diary.sites ALTER COLUMN city SET DEFAULT 'some'",
        &["~ column diary.sites.city"],
    ),
    (
        "constraint",
        "ALTER TABLE diary.sites DROP CONSTRAINT city_is_short",
        &["- constraint diary.sites.city_is_short"],
    ),
    (
        "index",
        "DROP INDEX diary.entries_by_site",
        &["- index diary.entries_by_site"],
    ),
    (
        "trigger",
        "CREATE TRIGGER stray AFTER INSERT ON diary.sites FOR EACH ROW EXECUTE FUNCTION diary.touch()",
        &["+ trigger diary.sites.stray"],
    ),
    (
        "disabled trigger",
        "ALTER TABLE diary.entries DISABLE TRIGGER touched",
        &["~ trigger diary.entries.touched"],
    ),
    (
        "policy",
        "ALTER POLICY readers ON diary.entries USING (true)",
        &["~ policy diary.entries.readers"],
    ),
    (
        "row security",
        "ALTER TABLE diary.entries DISABLE ROW LEVEL SECURITY",
        &["~ table diary.entries"],
    ),
    (
        "grant",
        "GRANT INSERT ON diary.sites TO pg_monitor",
        &["~ grant on table diary.sites"],
    ),
    (
        "comment",
        "COMMENT ON TABLE diary.sites IS NULL",
        &["- comment on table diary.sites"],
    ),
    (
        "function body",
        "CREATE OR REPLACE FUNCTION diary.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        &["~ function diary.touch()"],
    ),
    (
        "function volatility",
        "ALTER FUNCTION diary.add VOLATILE",
        &["~ function diary.add(integer, integer)"],
    ),
    (
        "view",
        "CREATE OR REPLACE VIEW diary.good AS SELECT id FROM diary.entries WHERE mood = 'bad'",
        &["~ view diary.good"],
    ),
    (
        "enum value",
        "ALTER TYPE diary.mood ADD VALUE 'mixed' BEFORE 'bad'",
        &["~ type diary.mood"],
    ),
    (
        "domain",
        "ALTER DOMAIN diary.code SET DEFAULT 'none'",
        &["~ domain diary.code"],
    ),
    (
        "sequence option",
        "ALTER SEQUENCE diary.numbers CACHE 20",
        &["~ sequence diary.numbers"],
    ),
    (
        "rule",
        "DROP RULE keep ON diary.sites",
        &["- rule diary.sites.keep"],
    ),
    (
        "statistics",
        "ALTER STATISTICS diary.entries_stats SET STATISTICS 500",
        &["~ statistics diary.entries_stats"],
    ),
    (
        "type",
        "ALTER TYPE diary.place ADD ATTRIBUTE height numeric",
        &["+ column diary.place.height"],
    ),
    (
        "table",
        "CREATE TABLE diary.stray (i int)",
        &["+ column diary.stray.i", "+ table diary.stray"],
    ),
];

/// What is no drift of the core: another owner, and another order of columns.
const HARMLESS: [&str; 2] = [
    "CREATE ROLE somebody; ALTER TABLE diary.sites OWNER TO somebody",
    "ALTER TABLE diary.sites DROP COLUMN code, ADD COLUMN code diary.code NOT NULL",
];

fn name(at: usize) -> String {
    format!("d{at:02}")
}

/// Fifty copies of one that is at 001, with the drifts in every second one, and a repository that names them all.
fn fifty() -> Repo {
    let mut repo = Repo::new();
    repo.migration("001_diary", SCHEMA, "DROP SCHEMA diary CASCADE;");
    repo.done("apply");
    let mut config =
        "[project]\nkind = \"core\"\nname = \"core\"\nmigrations = \"migrations\"\n".to_owned();
    for at in 1..=DATABASES {
        let name = name(at);
        wait(async {
            let client = pg().client("postgres").await;
            let sql = format!("CREATE DATABASE {name} TEMPLATE {}", repo.database);
            client.batch_execute(&sql).await.unwrap();
        });
        repo.env.set(format!("URL_{name}"), pg().url(&name));
        write!(
            config,
            "[environments.{name}]\nurl = {{ env = \"URL_{name}\" }}\n"
        )
        .unwrap();
    }
    repo.env.write("enact.toml", config);
    let drifts = DRIFTS.iter().map(|(_, sql, _)| *sql);
    for (at, sql) in drifts.enumerate() {
        at_database(&name(2 * at + 2), sql);
    }
    at_database(&name(1), HARMLESS[0]);
    at_database(&name(49), HARMLESS[1]);
    repo
}

fn at_database(name: &str, sql: &str) {
    wait(async {
        let client = pg().client(name).await;
        client.batch_execute(sql).await.unwrap();
    });
}

/// `sign object` of what each database differs in, by the database's name.
fn found(document: &Value) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for difference in document["groups"][0]["differences"].as_array().unwrap() {
        for variant in difference["found"].as_array().unwrap() {
            let sign = match variant["change"].as_str().unwrap() {
                "added" => '+',
                "removed" => '-',
                "changed" => '~',
                other => panic!("{other}"),
            };
            let object = difference["object"].as_str().unwrap();
            for database in variant["databases"].as_array().unwrap() {
                let of = found.entry(database.as_str().unwrap().to_owned());
                of.or_default().push(format!("{sign} {object}"));
            }
        }
    }
    found
}

fn expected() -> BTreeMap<String, Vec<String>> {
    let drifts = DRIFTS.iter().enumerate();
    drifts
        .map(|(at, (_, _, objects))| {
            let objects = objects.iter().map(ToString::to_string);
            (name(2 * at + 2), objects.collect())
        })
        .collect()
}

#[test]
fn exactly_the_drifted_ones_are_named_live_and_from_receipts() {
    let repo = fifty();
    let names: Vec<String> = (1..=DATABASES).map(name).collect();
    let line = format!("compare {} --format json", names.join(" "));
    let output = repo.enact(&line);
    assert_eq!(output.code, Some(33), "{output}");
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(document["groups"].as_array().unwrap().len(), 1);
    assert_eq!(document["groups"][0]["compared"], "whole-schema");
    assert_eq!(document["odd"].as_array().unwrap().len(), DRIFTS.len());
    assert_eq!(found(&document), expected());
    let first = &document["groups"][0]["differences"][0];
    assert_eq!(first["expected"]["databases"], DATABASES - 1);

    for name in &names {
        repo.done(&format!("receipt -e {name} --out {name}"));
    }
    let line = format!("compare --receipts {} --format json", names.join(" "));
    let output = repo.enact(&line);
    assert_eq!(output.code, Some(33), "{output}");
    let from_receipts: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(found(&from_receipts), expected());

    let mixed = format!("compare d01 d03 --receipts {}", names[3]);
    let output = repo.enact(&mixed);
    assert_eq!(output.code, Some(33), "{output}");
    assert!(output.stdout.contains("1 of 3 databases: d04"), "{output}");
    let alike = repo.enact("compare d01 d03 d05 d49");
    assert_eq!(alike.code, Some(0), "{alike}");
}
