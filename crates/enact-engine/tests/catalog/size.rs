//! A large schema: 500 tables of 21 columns with indexes, constraints, policies and functions.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use enact_testkit::{Must, TestPg};

use super::support::{stamp, take};

/// The best of three, so that what else runs on the machine hardly counts.
async fn best(mut work: impl AsyncFnMut()) -> Duration {
    let mut best = Duration::MAX;
    for _ in 0..3 {
        let start = Instant::now();
        work().await;
        best = best.min(start.elapsed());
    }
    best
}

#[tokio::test]
async fn a_snapshot_of_a_large_schema_costs_no_more_than_a_dump() {
    let pg = TestPg::start();
    let name = pg.fresh().await;
    let client = pg.client(&name).await;
    let schema = include_str!("big.sql");
    client
        .batch_execute(schema)
        .await
        .must("make a large schema");

    let snapshot = take(&client).await;
    assert!(
        snapshot.objects.len() > 15_000,
        "{} objects",
        snapshot.objects.len()
    );
    let taking = best(async || drop(take(&client).await)).await;
    let marking = best(async || drop(stamp(&client).await)).await;
    let hashing = best(async || _ = snapshot.fingerprint()).await;
    println!(
        "{} objects: snapshot {taking:?}, fingerprint {hashing:?}, mark {marking:?}",
        snapshot.objects.len()
    );
    assert!(marking * 4 < taking);

    let Some(pg_dump) = pg.bin("pg_dump").filter(|path| major(path) >= pg.major()) else {
        return;
    };
    let dumping = best(async || {
        let status = Command::new(&pg_dump)
            .args(["--schema-only", "--dbname", &pg.url(&name)])
            .stdout(Stdio::null())
            .status()
            .must("run pg_dump");
        assert!(status.success());
    })
    .await;
    println!("pg_dump --schema-only {dumping:?}");
    // On an idle machine it takes half as long; the margin is for a busy one and a build for debugging.
    assert!(
        taking < dumping * 3,
        "snapshot {taking:?}, pg_dump {dumping:?}"
    );
}

/// A pg_dump refuses servers newer than itself.
fn major(pg_dump: &Path) -> u32 {
    let output = Command::new(pg_dump)
        .arg("--version")
        .output()
        .must("run pg_dump --version");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let version = text.split_whitespace().nth(2).unwrap_or_default();
    version
        .split('.')
        .next()
        .unwrap_or_default()
        .parse()
        .must("read the version of pg_dump")
}
