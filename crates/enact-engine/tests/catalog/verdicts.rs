//! What counts as the same schema, and what does not.

use enact_engine::catalog::stamp::horizon;
use enact_engine::catalog::{self, Change, Scope};
use enact_testkit::{Must, TestPg};

use super::support::{self, database, differing, run, stamp, take};

const SAME_IN_ANOTHER_ORDER: [&str; 2] = [
    "create schema s;
     create role one; create role two;
     create function s.f(a integer) returns integer language sql as 'select 1';
     create type s.mood as enum ('a', 'b');
     create table s.first (id integer primary key, mood s.mood, check (id > 0));
     create table s.second (id integer references s.first (id), note text);
     create index on s.second (note);
     create view s.notes as select note from s.second;
     grant select on s.first to one, two;
     grant update on s.first to two;
     comment on table s.first is 'a'; comment on view s.notes is 'b';
     alter table s.second set (fillfactor = 70, autovacuum_enabled = off)",
    "create schema s;
     create table s.away (gone text);
     create type s.mood as enum ('b');
     alter type s.mood add value 'a' before 'b';
     create table s.second (id integer, dropped text, note text);
     alter table s.second drop dropped;
     create table s.first (id integer check (id > 0), mood s.mood);
     alter table s.first add primary key (id);
     alter table s.second add foreign key (id) references s.first (id);
     create view s.notes as select note from s.second;
     create index on s.second (note);
     alter table s.second set (autovacuum_enabled = off);
     alter table s.second set (fillfactor = 70);
     comment on view s.notes is 'b'; comment on table s.first is 'a';
     grant update, delete on s.first to two;
     grant select on s.first to two;
     grant select on s.first to one;
     revoke delete on s.first from two;
     create function s.f(a integer) returns integer language sql as 'select 1';
     drop table s.away",
];

#[tokio::test]
async fn the_way_to_a_schema_does_not_matter() {
    let pg = TestPg::start();
    let [one, other] = SAME_IN_ANOTHER_ORDER;
    let one = take(&database(&pg, one).await).await;
    let other = take(&database(&pg, other).await).await;
    assert_eq!(differing(&one, &other), Vec::<String>::new());
    assert_eq!(one.fingerprint(), other.fingerprint());
    assert_eq!(one.column_order_digest(), other.column_order_digest());
    assert_eq!(one.server_major, pg.major());
}

#[tokio::test]
async fn column_order_is_a_verdict_of_its_own() {
    let pg = TestPg::start();
    let client = database(
        &pg,
        "create table t (a integer, b integer, \"C.d\" integer)",
    )
    .await;
    let before = take(&client).await;
    run(
        &client,
        "alter table t drop b;\nalter table t add b integer",
    )
    .await;
    let after = take(&client).await;
    assert_eq!(before.fingerprint(), after.fingerprint());
    assert_ne!(before.column_order_digest(), after.column_order_digest());
    let changes = catalog::column_order_changes(&before, &after);
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].table, "public.t");
    assert_eq!(changes[0].before, ["a", "b", "\"C.d\""]);
    assert_eq!(changes[0].after, ["a", "\"C.d\"", "b"]);
}

#[tokio::test]
async fn a_last_column_that_came_and_went_leaves_no_trace() {
    let pg = TestPg::start();
    let client = database(&pg, "create table t (a integer)").await;
    let before = take(&client).await;
    run(
        &client,
        "alter table t add b integer;\nalter table t drop b",
    )
    .await;
    assert_eq!(take(&client).await, before);
}

/// Nothing of this is a change of schema, and most of it must not even cost a snapshot.
const NO_CHANGES: &[(&str, bool)] = &[
    (
        "insert into t (note) select 'x' from generate_series(1, 100)",
        true,
    ),
    ("select setval('t_id_seq', 900)", true),
    ("select nextval('t_id_seq')", true),
    ("update t set note = 'y'", true),
    ("analyze", true),
    ("vacuum", true),
    ("vacuum pg_catalog.pg_attribute", true),
    ("delete from t", true),
    ("select count(*) from t", true),
    ("refresh materialized view concurrently m", false),
    ("refresh materialized view m", false),
    ("reindex table t", false),
    ("vacuum full t", false),
    ("truncate t", false),
    ("create temp table scratch (a integer)", false),
];

#[tokio::test]
async fn use_and_maintenance_change_nothing() {
    let pg = TestPg::start();
    let base = "create table t (id serial primary key, note text);
                create index on t (note);
                create materialized view m as select id from t; create unique index on m (id)";
    let client = database(&pg, base).await;
    let before = take(&client).await;
    for (statement, same_mark) in NO_CHANGES {
        let mark = stamp(&client).await;
        run(&client, statement).await;
        assert_eq!(take(&client).await, before, "{statement}");
        if *same_mark {
            assert_eq!(stamp(&client).await, mark, "{statement}");
        }
    }
}

#[tokio::test]
async fn a_mark_outlives_other_writes_and_connections() {
    let pg = TestPg::start();
    let name = pg.fresh().await;
    let client = pg.client(&name).await;
    run(&client, "create table t (a integer)").await;
    let mark = stamp(&client).await;
    for _ in 0..50 {
        run(&client, "insert into t values (1)").await;
    }
    let other = pg.client(&name).await;
    assert_eq!(stamp(&other).await, mark);
    run(&other, "create table u (a integer)").await;
    assert_ne!(stamp(&client).await, mark);
}

#[tokio::test]
async fn a_server_is_quiet_until_a_number_is_given_out() {
    let pg = TestPg::start();
    let client = database(&pg, "create table t (a integer)").await;
    let record = "insert into t values (1)";
    let mark = catalog::stamp(&client).await.must("take the mark");
    run(&client, record).await;
    run(&client, "select count(*) from t").await;
    let now = horizon(&client).await.must("ask");
    assert!(now.is_quiet_since(&mark), "{mark} {now:?}");
    run(&client, "alter table t add b integer").await;
    let now = horizon(&client).await.must("ask");
    assert!(!now.is_quiet_since(&mark), "{mark} {now:?}");
}

#[tokio::test]
async fn a_mark_beside_another_transaction_is_no_start_of_quiet() {
    let pg = TestPg::start();
    let name = pg.fresh().await;
    let (client, other) = (pg.client(&name).await, pg.client(&name).await);
    run(&other, "begin;\ncreate table t (a integer)").await;
    run(&client, "create table u (a integer)").await;
    let mark = catalog::stamp(&client).await.must("take the mark");
    run(&client, "insert into u values (1)").await;
    run(&other, "commit").await;
    let now = horizon(&client).await.must("ask");
    assert!(!now.is_quiet_since(&mark), "{mark} {now:?}");
}

#[tokio::test]
async fn a_mark_amid_ddl_equals_no_other() {
    let pg = TestPg::start();
    let client = database(&pg, "create table t (a integer)").await;
    run(&client, "begin;\nalter table t alter a set statistics 5").await;
    let inside = stamp(&client).await;
    run(&client, "alter table t alter a set statistics 6").await;
    let later = stamp(&client).await;
    run(&client, "commit").await;
    let after = stamp(&client).await;
    assert_ne!(inside, later);
    assert_ne!(later, after);
    assert_eq!(stamp(&client).await, after);
}

#[tokio::test]
async fn a_difference_shows_before_and_after() {
    let pg = TestPg::start();
    let client = database(&pg, "create table t (a integer)").await;
    let before = take(&client).await;
    run(
        &client,
        "alter table t alter a type bigint;\nalter table t alter a set not null",
    )
    .await;
    let differences = catalog::diff(&before, &take(&client).await);
    let change = Change::Changed {
        before: "integer".to_owned(),
        after: "bigint not null".to_owned(),
    };
    let column = differences
        .iter()
        .find(|d| d.object.kind == "column")
        .unwrap();
    assert_eq!(column.change, change);
}

#[tokio::test]
async fn owners_grants_and_comments_can_be_left_out() {
    let pg = TestPg::start();
    let sql = "create role one; create table t (a integer)";
    let client = database(&pg, sql).await;
    let scope = Scope {
        comments: false,
        grants: false,
        owners: false,
        ..Scope::default()
    };
    let take = async || catalog::take(&client, &scope).await.must("take a snapshot");
    let before = take().await;
    let changes = "comment on table t is 'x';\ngrant select on t to one;\nalter table t owner to one;\n\
                   alter default privileges grant select on tables to one";
    run(&client, changes).await;
    assert_eq!(before, take().await);
    let whole = support::take(&client).await;
    for kind in ["comment on", "grant on", "owner of", "default privileges"] {
        assert!(whole.objects.keys().any(|object| object.kind == kind));
        assert!(before.objects.keys().all(|object| object.kind != kind));
    }
}
