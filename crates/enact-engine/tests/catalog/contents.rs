//! Digests of what tables contain.

use std::collections::BTreeMap;

use enact_engine::catalog::data::{self, Content, Relation};
use enact_testkit::{Must, TestPg};
use tokio_postgres::Client;

use super::support::{database, run, take};

async fn digests(client: &Client, relations: &[Relation]) -> BTreeMap<String, Content> {
    data::digests(client, relations)
        .await
        .must("digest the contents")
}

#[tokio::test]
async fn order_of_rows_does_not_matter_and_values_do() {
    let pg = TestPg::start();
    let sql =
        "create table t (a integer, b text); insert into t values (1, 'x'), (2, null), (2, null)";
    let client = database(&pg, sql).await;
    let t = [Relation::new("public", "t", ["a", "b"])];
    let before = digests(&client, &t).await;
    let content = before.values().next().unwrap();
    assert_eq!(content.rows, 3);

    run(
        &client,
        "truncate t;\ninsert into t values (2, null), (1, 'x'), (2, null)",
    )
    .await;
    assert_eq!(digests(&client, &t).await, before);

    for change in [
        "update t set b = '' where a = 2",
        "update t set b = 'y' where a = 1",
        "delete from t where a = 1",
        "insert into t values (1, 'x')",
        "update t set a = 1, b = 'x'",
    ] {
        run(&client, &format!("begin;\n{change}")).await;
        run(&client, "commit").await;
        assert_ne!(digests(&client, &t).await, before, "{change}");
        run(
            &client,
            "truncate t;\ninsert into t values (2, null), (1, 'x'), (2, null)",
        )
        .await;
    }
}

#[tokio::test]
async fn only_what_both_schemas_have_is_compared() {
    let pg = TestPg::start();
    let sql = "create table t (id serial, a text, gone text); create table \"O'dd.T\" (\"x\"\"y\" integer);
               create table parent (a integer) partition by range (a);
               create table part partition of parent for values from (0) to (9);
               insert into t (a) values ('x'); insert into parent values (1)";
    let client = database(&pg, sql).await;
    let before = take(&client).await;
    let names =
        |relations: &[Relation]| relations.iter().map(|r| r.name.clone()).collect::<Vec<_>>();
    let all = data::common(&before, &before);
    assert_eq!(
        names(&all),
        [
            "public.\"O'dd.T\"",
            "public.parent",
            "public.part",
            "public.t",
            "public.t_id_seq"
        ]
    );
    let old = digests(&client, &all).await;
    assert_eq!(old["public.parent"].rows, 0);
    assert_eq!(old["public.part"].rows, 1);

    run(
        &client,
        "alter table t add b text;\nalter table t drop gone;\ncreate table u ()",
    )
    .await;
    let common = data::common(&before, &take(&client).await);
    assert_eq!(names(&common), names(&all));
    assert_eq!(common[3].columns, ["a", "id"]);

    let kept = digests(&client, &common).await;
    run(&client, "update t set b = 'new'").await;
    assert_eq!(digests(&client, &common).await, kept);
    run(&client, "select nextval('t_id_seq')").await;
    let moved = digests(&client, &common).await;
    assert_ne!(moved["public.t_id_seq"], kept["public.t_id_seq"]);
    assert_eq!(moved["public.t"], kept["public.t"]);
}

#[tokio::test]
async fn rows_that_a_policy_hides_are_an_error_not_an_omission() {
    let pg = TestPg::start();
    let sql = "create role one; create table t (a integer); insert into t values (1);
               alter table t enable row level security; grant select on t to one";
    let client = database(&pg, sql).await;
    run(&client, "set role one").await;
    let hidden = data::digests(&client, &[Relation::new("public", "t", ["a"])]).await;
    assert!(hidden.is_err());
    run(&client, "reset role").await;
}
