//! What the catalog tests share.

use enact_engine::catalog::{self, Scope, Snapshot};
use enact_testkit::{Must, TestPg};
use tokio_postgres::Client;

/// A fresh database of the cluster, with these statements run in it.
pub async fn database(pg: &TestPg, sql: &str) -> Client {
    let name = pg.fresh().await;
    let client = pg.client(&name).await;
    run(&client, sql).await;
    client
}

/// Runs statements, each in its own transaction, so that those which refuse a block work too.
pub async fn run(client: &Client, sql: &str) {
    for statement in sql.split(";\n").map(str::trim) {
        if statement.is_empty() {
            continue;
        }
        client
            .batch_execute(statement)
            .await
            .must(&format!("run {statement}"));
    }
}

pub async fn take(client: &Client) -> Snapshot {
    catalog::take(client, &Scope::default())
        .await
        .must("take a snapshot")
}

/// The catalog's mark, without the number of the next transaction.
pub async fn stamp(client: &Client) -> String {
    let stamp = catalog::stamp(client).await.must("take the mark");
    stamp.split('@').next().unwrap_or_default().to_owned()
}

/// The names of the objects in which two snapshots differ.
pub fn differing(before: &Snapshot, after: &Snapshot) -> Vec<String> {
    catalog::diff(before, after)
        .into_iter()
        .map(|difference| difference.object.to_string())
        .collect()
}
