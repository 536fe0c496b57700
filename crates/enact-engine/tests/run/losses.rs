//! What a rollback is said to take away is what is gone when it has really run.

use enact_engine::loss::{self, Count, Counted, Kind};
use enact_sql::script;
use enact_testkit::{Must, TestPg};
use tokio_postgres::Client;

/// What is there before each case: three sites, a visit to two of them, and a copy of both to compare with.
const SCHEMA: &str = "\
    CREATE SCHEMA s; CREATE TYPE s.mood AS ENUM ('calm', 'busy'); CREATE DOMAIN code AS text;
    CREATE TABLE site (id int PRIMARY KEY, name text, city varchar(20), rate numeric(8,4), big bigint, mood s.mood, c code, j json);
    INSERT INTO site VALUES (1, 'a', 'Oslo', 1.25, 1, 'calm', 'x', '{}'), (2, 'b', NULL, 1.2345, 5000000000, NULL, 'y', NULL),
        (3, 'b', 'Copenhagen', NULL, 3, 'busy', NULL, '{}');
    CREATE TABLE visit (id int, site int, at date) PARTITION BY RANGE (at);
    CREATE TABLE visit_1 PARTITION OF visit FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
    CREATE TABLE visit_2 PARTITION OF visit FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
    INSERT INTO visit VALUES (1, 1, '2024-02-02'), (2, 9, '2025-03-03');
    CREATE TABLE s.note (site int, text text); INSERT INTO s.note VALUES (1, 'n'), (1, 'm');
    CREATE TABLE s.empty (id int); CREATE SEQUENCE serial; SELECT nextval('serial'), nextval('serial');
    CREATE TABLE was AS SELECT id, name, city, rate FROM site";

/// A rollback, what is said of it, and a query whose number falls by what is lost.
struct Case {
    rollback: &'static str,
    said: &'static [(Kind, &'static str, u64)],
    alive: &'static str,
}

const fn case(
    rollback: &'static str,
    said: &'static [(Kind, &'static str, u64)],
    alive: &'static str,
) -> Case {
    Case {
        rollback,
        said,
        alive,
    }
}

const CASES: &[Case] = &[
    case(
        "DROP TABLE site;",
        &[(Kind::Table, "site", 3)],
        "SELECT count(*) FROM site",
    ),
    case(
        "DROP TABLE visit;",
        &[(Kind::Table, "visit", 2)],
        "SELECT count(*) FROM visit",
    ),
    case(
        "DROP TABLE visit_2;",
        &[(Kind::Table, "visit_2", 1)],
        "SELECT count(*) FROM visit",
    ),
    case(
        "TRUNCATE visit;",
        &[(Kind::Table, "visit", 2)],
        "SELECT count(*) FROM visit",
    ),
    case("DROP TABLE IF EXISTS nothing, s.empty;", &[], "SELECT 1"),
    case(
        "DROP SCHEMA s CASCADE;",
        &[
            (Kind::Table, "s.note", 2),
            (Kind::Column, "public.site.mood", 2),
        ],
        "SELECT (SELECT count(*) FROM s.note) + (SELECT count(mood) FROM site)",
    ),
    case(
        "ALTER TABLE site DROP COLUMN city;",
        &[(Kind::Column, "site.city", 2)],
        "SELECT count(city) FROM site",
    ),
    case(
        "ALTER TABLE site DROP COLUMN IF EXISTS nothing;",
        &[],
        "SELECT 1",
    ),
    case(
        "ALTER TABLE site DROP COLUMN name, DROP COLUMN rate;",
        &[
            (Kind::Column, "site.name", 3),
            (Kind::Column, "site.rate", 2),
        ],
        "SELECT count(name) + count(rate) FROM site",
    ),
    case(
        "DROP TYPE s.mood CASCADE;",
        &[(Kind::Column, "public.site.mood", 2)],
        "SELECT count(mood) FROM site",
    ),
    case(
        "DROP DOMAIN code CASCADE;",
        &[(Kind::Column, "public.site.c", 2)],
        "SELECT count(c) FROM site",
    ),
    case(
        "DELETE FROM site WHERE name = 'b' OR id = 1;",
        &[(Kind::Deleted, "site", 3)],
        "SELECT count(*) FROM site",
    ),
    case(
        "DELETE FROM site AS s USING s.note n WHERE n.site = s.id;",
        &[(Kind::Deleted, "site", 1)],
        "SELECT count(*) FROM site",
    ),
    case(
        "DELETE FROM visit WHERE site = 9;",
        &[(Kind::Deleted, "visit", 1)],
        "SELECT count(*) FROM visit",
    ),
    case(
        "WITH far AS (SELECT id FROM site WHERE id > 1) DELETE FROM site USING far WHERE far.id = site.id;",
        &[(Kind::Deleted, "site", 2)],
        "SELECT count(*) FROM site",
    ),
    case(
        "UPDATE site SET name = 'b';",
        &[(Kind::Overwritten, "site", 1)],
        "SELECT count(*) FROM site JOIN was USING (id) WHERE site.name = was.name",
    ),
    case(
        "UPDATE site SET city = n.text FROM s.note n WHERE n.site = site.id;",
        &[(Kind::Overwritten, "site", 1)],
        "SELECT count(*) FROM site JOIN was USING (id) WHERE site.city IS NOT DISTINCT FROM was.city",
    ),
    case(
        "ALTER TABLE site ALTER COLUMN rate TYPE numeric(8,2);",
        &[(Kind::Retyped, "site.rate", 1)],
        "SELECT count(*) FROM site JOIN was USING (id) WHERE site.rate IS NOT DISTINCT FROM was.rate",
    ),
    case(
        "ALTER TABLE site ALTER COLUMN city TYPE varchar(5) USING left(city, 5);",
        &[(Kind::Retyped, "site.city", 1)],
        "SELECT count(*) FROM site JOIN was USING (id) WHERE site.city IS NOT DISTINCT FROM was.city",
    ),
    case(
        "ALTER TABLE site ALTER COLUMN j TYPE jsonb;",
        &[],
        "SELECT 1",
    ),
    case(
        "DROP SEQUENCE serial;",
        &[(Kind::Sequence, "serial", 2)],
        "SELECT last_value FROM serial",
    ),
    case(
        "DELETE FROM s.note WHERE text = 'n';\nALTER TABLE site DROP COLUMN city;",
        &[(Kind::Deleted, "s.note", 1), (Kind::Column, "site.city", 2)],
        "SELECT (SELECT count(*) FROM s.note) + count(to_jsonb(site) ->> 'city') FROM site",
    ),
];

/// A rollback that fails on rows that cannot stay as they are: how many, and how many of them there are.
const MISFITS: &[(&str, u64)] = &[
    ("ALTER TABLE site ALTER COLUMN city SET NOT NULL;", 1),
    ("ALTER TABLE site ADD CHECK (rate > 1.24 OR id = 3);", 1),
    ("ALTER TABLE site ADD UNIQUE (name);", 1),
    ("CREATE UNIQUE INDEX ON site (name);", 1),
    ("ALTER TABLE s.note ADD PRIMARY KEY (site);", 1),
    (
        "ALTER TABLE visit ADD FOREIGN KEY (site) REFERENCES site;",
        1,
    ),
    (
        "ALTER TABLE visit ADD FOREIGN KEY (site) REFERENCES site (id);",
        1,
    ),
];

async fn counted(client: &Client, rollback: &str) -> Vec<Counted> {
    let script = script::analyse_text(rollback, "rollback.sql");
    assert_eq!(script.problems, [], "{rollback}");
    loss::count(client, &script).await.must("count")
}

/// A number, or 0 where what it counts is gone.
async fn number(client: &Client, query: &str) -> u64 {
    let query = format!("SELECT ({query})::bigint");
    match client.query_typed_one(&query, &[]).await {
        Ok(row) => u64::try_from(row.get::<_, i64>(0)).must("a number"),
        Err(error) => {
            let code = error.code().unwrap().code();
            assert!(["42P01", "42703"].contains(&code), "{query}: {error:?}");
            0
        }
    }
}

#[tokio::test]
async fn what_is_counted_is_what_is_lost() {
    let pg = TestPg::start();
    for (index, case) in CASES.iter().enumerate() {
        let database = format!("case_{index}");
        pg.client("postgres")
            .await
            .batch_execute(&format!("CREATE DATABASE {database}"))
            .await
            .must("create");
        let client = pg.client(&database).await;
        client.batch_execute(SCHEMA).await.must("set up");
        let said = counted(&client, case.rollback).await;
        let short: Vec<_> = said
            .iter()
            .map(|one| match one.count {
                Count::Exactly(count) => (one.kind, one.object.as_str(), count),
                Count::Unknown(ref why) => panic!("{}: {why}", case.rollback),
            })
            .collect();
        assert_eq!(short, case.said, "{}", case.rollback);
        let before = number(&client, case.alive).await;
        client
            .batch_execute(case.rollback)
            .await
            .must(case.rollback);
        let lost = before - number(&client, case.alive).await;
        let foretold: u64 = case.said.iter().map(|said| said.2).sum();
        assert_eq!(lost, foretold, "{}", case.rollback);
    }
}

#[tokio::test]
async fn rows_that_cannot_stay_are_counted_and_the_rollback_fails() {
    let pg = TestPg::start();
    let client = pg.client("postgres").await;
    client.batch_execute(SCHEMA).await.must("set up");
    for (rollback, rows) in MISFITS {
        let said = counted(&client, rollback).await;
        let [one] = said.as_slice() else {
            panic!("{rollback}: {said:?}");
        };
        assert_eq!(
            (one.kind, &one.count),
            (Kind::Misfit, &Count::Exactly(*rows)),
            "{rollback}"
        );
        let error = client.batch_execute(rollback).await.unwrap_err();
        assert!(
            error.code().unwrap().code().starts_with("23"),
            "{rollback}: {error:?}"
        );
    }
}

#[tokio::test]
async fn what_cannot_be_counted_is_said_to_be_unknown() {
    let pg = TestPg::start();
    let client = pg.client("postgres").await;
    client.batch_execute(SCHEMA).await.must("set up");
    for (rollback, why) in [
        (
            "DO $$ BEGIN DELETE FROM site; END $$;",
            "it runs code of its own",
        ),
        (
            "ALTER TABLE site ALTER COLUMN name TYPE int USING name::int;",
            "a value does not fit, so it fails (22P02)",
        ),
        (
            "UPDATE site SET old_name = name;",
            "it concerns something that is made before it (42703)",
        ),
        (
            "UPDATE site SET j = '[]';",
            "the server cannot count it (42883)",
        ),
    ] {
        let said = counted(&client, rollback).await;
        let reasons: Vec<_> = said.iter().map(|one| one.count.clone()).collect();
        assert_eq!(reasons, [Count::Unknown(why.to_owned())], "{rollback}");
    }
}

#[tokio::test]
async fn rows_hidden_by_row_level_security_are_not_left_out_silently() {
    let pg = TestPg::start();
    let client = pg.client("postgres").await;
    client.batch_execute(SCHEMA).await.must("set up");
    client
        .batch_execute(
            "CREATE ROLE monitor; GRANT SELECT ON site TO monitor; ALTER TABLE site ENABLE ROW LEVEL SECURITY; \
             CREATE POLICY one ON site USING (id = 1); SET ROLE monitor",
        )
        .await
        .must("hide rows");
    let said = counted(&client, "DROP TABLE site;").await;
    let reasons: Vec<_> = said.iter().map(|one| one.count.clone()).collect();
    let why = "this role may not see all of it (42501)".to_owned();
    assert_eq!(reasons, [Count::Unknown(why)]);
}
