//! What a snapshot leaves out, who may take it, and what it leaves behind.

use enact_engine::catalog::{self, Scope};
use enact_testkit::{Must, TestPg};
use tokio_postgres::NoTls;

use super::support::{database, differing, run, stamp, take};

#[tokio::test]
async fn system_extension_and_own_objects_are_left_out() {
    let pg = TestPg::start();
    let client = database(&pg, "create table t (a text)").await;
    let before = take(&client).await;
    run(&client, "create schema enact;\ncreate table enact.ledger (seq bigint);\ncreate temp table away (a text)").await;
    assert_eq!(
        differing(&before, &take(&client).await),
        Vec::<String>::new()
    );
    let foreign = before.objects.keys().find(|object| {
        let name = &object.name;
        ["pg_catalog.", "information_schema.", "pg_toast."]
            .iter()
            .any(|schema| name.contains(schema))
    });
    assert_eq!(foreign, None);
}

#[tokio::test]
async fn what_is_not_in_a_schema_is_complete_on_an_empty_database() {
    let pg = TestPg::start();
    let client = database(&pg, "").await;
    let snapshot = take(&client).await;
    let names: Vec<String> = snapshot.objects.keys().map(ToString::to_string).collect();
    assert_eq!(
        names,
        [
            "comment on schema public",
            "extension plpgsql",
            "grant on schema public",
            "owner of extension plpgsql",
            "owner of schema public",
            "schema public",
        ]
    );
}

#[tokio::test]
async fn a_member_of_an_extension_is_left_out_with_all_that_hangs_on_it() {
    let pg = TestPg::start();
    let sql = "create role one; create table t (a integer primary key, b text default 'x', check (a > 0));
               create index on t (b); create function f() returns integer language sql as 'select 1';
               create type kind as enum ('a'); comment on table t is 'x'; grant select on t to one";
    let client = database(&pg, sql).await;
    run(
        &client,
        "alter extension plpgsql add table t;\nalter extension plpgsql add function f();\n\
                  alter extension plpgsql add type kind",
    )
    .await;
    let member = take(&client).await;
    let empty = take(&database(&pg, "").await).await;
    assert_eq!(differing(&empty, &member), Vec::<String>::new());
}

#[tokio::test]
async fn only_the_platforms_own_schemas_are_left_out() {
    let pg = TestPg::start();
    let sql = "create role supabase_admin; create role supabase_auth_admin;
               create schema auth authorization supabase_auth_admin; create table auth.users (id integer);
               create schema storage; create table storage.mine (id integer);
               create schema supabase_migrations; create table supabase_migrations.schema_migrations (version text)";
    let client = database(&pg, sql).await;
    let snapshot = take(&client).await;
    let tables: Vec<&str> = snapshot.column_order.keys().map(String::as_str).collect();
    assert_eq!(tables, ["storage.mine"]);
}

#[tokio::test]
async fn a_role_without_rights_sees_the_same() {
    let pg = TestPg::start();
    let name = pg.fresh().await;
    let owner = pg.client(&name).await;
    run(&owner, include_str!("base.sql")).await;
    run(
        &owner,
        "create role nobody_special login;\nrevoke all on schema app from public",
    )
    .await;
    let config = pg
        .url(&name)
        .parse::<tokio_postgres::Config>()
        .must("read the URL");
    let mut config = config;
    config.user("nobody_special");
    let (client, connection) = config.connect(NoTls).await.must("connect");
    tokio::spawn(connection);
    assert_eq!(take(&client).await, take(&owner).await);
    assert_eq!(stamp(&client).await, stamp(&owner).await);
}

#[tokio::test]
async fn settings_of_the_session_neither_matter_nor_change() {
    let pg = TestPg::start();
    let sql = "create table t (a interval default '1 day', b timestamptz default '2024-01-01', c float8 default 0.1, \
               d bytea default '\\x01', e text default 'a\\b', f date check (f > '2024-02-01'))";
    let client = database(&pg, sql).await;
    let before = take(&client).await;
    let settings = "set search_path = public;\nset datestyle = 'SQL, DMY';\nset intervalstyle = 'iso_8601';\n\
                    set timezone = 'Asia/Tokyo';\nset extra_float_digits = -10;\nset bytea_output = 'escape';\n\
                    set quote_all_identifiers = on;\nset standard_conforming_strings = off";
    run(&client, settings).await;
    assert_eq!(take(&client).await, before);
    for (name, value) in [
        ("search_path", "public"),
        ("TimeZone", "Asia/Tokyo"),
        ("jit", "off"),
    ] {
        let row = client
            .query_one(&format!("show {name}"), &[])
            .await
            .must("show");
        if name != "jit" {
            assert_eq!(row.get::<_, String>(0), value);
        }
    }
}

#[tokio::test]
async fn a_temporary_table_cannot_stand_in_for_a_catalog() {
    let pg = TestPg::start();
    let client = database(&pg, "create table t (a integer)").await;
    let before = take(&client).await;
    run(
        &client,
        "create temp table pg_class (oid oid, relname name);\ncreate temp table pg_attribute ()",
    )
    .await;
    assert_eq!(take(&client).await, before);
}

#[tokio::test]
async fn inside_a_transaction_it_sees_its_changes_and_leaves_it_usable() {
    let pg = TestPg::start();
    let client = database(&pg, "create table t (a integer)").await;
    let before = take(&client).await;
    run(
        &client,
        "begin;\nset local search_path = public;\nalter table t add b integer",
    )
    .await;
    let inside = catalog::take_in_transaction(&client, &Scope::default())
        .await
        .must("take a snapshot");
    assert_eq!(differing(&before, &inside), ["column public.t.b"]);
    let path = client.query_one("show search_path", &[]).await.must("show");
    assert_eq!(path.get::<_, String>(0), "public");
    run(&client, "alter table t add c integer;\nrollback").await;
    assert_eq!(take(&client).await, before);
}

/// A catalog that cannot be read: the function's language is gone.
const BROKEN: &str = "create table t (a integer);
    create function f() returns integer language sql as 'select 1';
    update pg_proc set prolang = 4000000000 where proname = 'f'";

#[tokio::test]
async fn a_failure_leaves_no_transaction_open() {
    let pg = TestPg::start();
    let name = pg.fresh().await;
    let client = pg.client(&name).await;
    run(&client, BROKEN).await;
    assert!(catalog::take(&client, &Scope::default()).await.is_err());
    run(&client, "alter table t add b integer").await;
    let other = pg.client(&name).await;
    other
        .query("select b from t", &[])
        .await
        .must("see what was done after it");
}

#[tokio::test]
async fn a_failure_inside_a_transaction_leaves_it_usable() {
    let pg = TestPg::start();
    let client = database(&pg, BROKEN).await;
    run(&client, "begin;\nalter table t add b integer").await;
    let inside = catalog::take_in_transaction(&client, &Scope::default()).await;
    assert!(inside.is_err());
    run(
        &client,
        "alter table t add c integer;\ndrop function f();\ncommit",
    )
    .await;
    assert_eq!(
        take(&client).await.column_order["public.t"],
        ["a", "b", "c"]
    );
}
