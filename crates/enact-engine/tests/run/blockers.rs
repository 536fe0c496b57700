use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use enact_engine::blockers;
use enact_testkit::{Must, TestPg};
use tokio_postgres::Client;

async fn pid(client: &Client) -> i32 {
    let row = client.query_typed_one("SELECT pg_backend_pid()", &[]).await;
    row.must("ask for the process id").get(0)
}

#[tokio::test]
async fn who_was_in_the_way_is_gone_when_the_transaction_has_ended_and_not_before() {
    let pg = TestPg::start();
    let (reader, waiter) = (pg.client("postgres").await, pg.client("postgres").await);
    let watch = Arc::new(pg.client("postgres").await);
    reader
        .batch_execute("CREATE TABLE site (id int)")
        .await
        .must("create");
    reader
        .batch_execute("BEGIN; SELECT FROM site")
        .await
        .must("read");
    let waits_for = pid(&waiter).await;
    let waiting = tokio::spawn(async move { waiter.batch_execute("BEGIN; LOCK TABLE site").await });
    let seen = loop {
        let seen = blockers::of(&watch, waits_for).await.must("look");
        if !seen.is_empty() {
            break seen;
        }
    };
    assert_eq!(seen[0].pid, pid(&reader).await);
    let ended = Arc::new(AtomicBool::new(false));
    let gone = tokio::spawn({
        let (watch, ended) = (watch.clone(), ended.clone());
        async move {
            blockers::gone(&watch, &seen).await;
            ended.load(Ordering::SeqCst)
        }
    });
    // It has looked at least once while the reader was there.
    let looks = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE pid = {} AND query LIKE '%virtualtransaction = ANY%'",
        pid(&watch).await
    );
    let other = pg.client("postgres").await;
    while other
        .query_typed_one(&looks, &[])
        .await
        .must("look")
        .get::<_, i64>(0)
        == 0
    {}
    ended.store(true, Ordering::SeqCst);
    reader.batch_execute("COMMIT").await.must("end");
    assert!(gone.await.must("gone"), "it was said to be gone before");
    waiting.await.must("join").must("the lock");
}

#[tokio::test]
async fn nobody_seen_is_nobody_to_wait_for() {
    let pg = TestPg::start();
    let watch = pg.client("postgres").await;
    let gone = blockers::gone(&watch, &[]);
    assert!(tokio::time::timeout(Duration::ZERO, gone).await.is_err());
}
