//! Scratch databases on a server of somebody else come and go.
#![expect(
    clippy::unwrap_used,
    reason = "a helper that cannot do its work fails the test"
)]

use enact_engine::sandbox::{Scratch, ServerScratch, dial_without_tls};
use enact_testkit::TestPg;
use tokio_postgres::NoTls;

async fn scratch_databases(pg: &TestPg) -> Vec<String> {
    let client = pg.client("postgres").await;
    let sql = "SELECT datname::text FROM pg_database WHERE datname LIKE 'enact%' ORDER BY 1";
    let rows = client.query(sql, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// A role that may create databases and is nothing else.
async fn server() -> (TestPg, String) {
    let pg = TestPg::start();
    let client = pg.client("postgres").await;
    client
        .batch_execute("CREATE ROLE maker LOGIN CREATEDB")
        .await
        .unwrap();
    let url = pg.url("postgres").replace("postgres@", "maker@");
    (pg, url)
}

async fn open(url: &str) -> ServerScratch {
    ServerScratch::open(url, dial_without_tls()).await.unwrap()
}

#[tokio::test]
async fn a_fresh_database_is_empty_copied_and_dropped() {
    let (pg, url) = server().await;
    let scratch = Scratch::Server(Box::new(open(&url).await));
    let name = scratch.fresh().await.unwrap();
    assert!(name.starts_with(&format!("enact_scratch_{}_", std::process::id())));
    let (client, connection) = tokio_postgres::connect(&scratch.url(&name), NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    client.batch_execute("CREATE TABLE t ()").await.unwrap();
    drop(client);
    let copy = scratch.copy_of(&name).await.unwrap();
    let (client, connection) = scratch.config(&copy).connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute("SELECT FROM t").await.unwrap();
    scratch.discard(&copy).await.unwrap();
    scratch.discard(&name).await.unwrap();
    assert_eq!(scratch_databases(&pg).await, [""; 0]);
    scratch.fresh().await.unwrap();
    scratch.fresh().await.unwrap();
    scratch.finish().await.unwrap();
    assert_eq!(scratch_databases(&pg).await, [""; 0]);
}

#[tokio::test]
async fn dropping_the_value_drops_its_databases() {
    let (pg, url) = server().await;
    let scratch = Scratch::Server(Box::new(open(&url).await));
    scratch.fresh().await.unwrap();
    assert_eq!(scratch_databases(&pg).await.len(), 1);
    drop(scratch);
    assert_eq!(scratch_databases(&pg).await, [""; 0]);
}

#[tokio::test]
async fn a_dead_owners_database_goes_and_a_living_ones_stays() {
    let (pg, url) = server().await;
    let living = Scratch::Server(Box::new(open(&url).await));
    let kept = living.fresh().await.unwrap();
    let client = pg.client("postgres").await;
    for sql in [
        "CREATE DATABASE enact_scratch_1_dead OWNER maker",
        "COMMENT ON DATABASE enact_scratch_1_dead IS 'enact_scratch_1_owner'",
        "CREATE DATABASE enact_scratch_2_of_another_role",
    ] {
        client.batch_execute(sql).await.unwrap();
    }
    let another = open(&url).await;
    let left = scratch_databases(&pg).await;
    assert!(left.contains(&kept), "{left:?}");
    assert!(
        !left.contains(&"enact_scratch_1_dead".to_owned()),
        "{left:?}"
    );
    assert!(
        left.contains(&"enact_scratch_2_of_another_role".to_owned()),
        "{left:?}"
    );
    drop((living, another));
}
