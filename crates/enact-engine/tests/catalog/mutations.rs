//! Every kind of change is seen, named and marked, and what undoes it restores the fingerprint.

use std::collections::BTreeSet;

use enact_testkit::TestPg;
use tokio_postgres::Client;

use super::cases::{ALL, Case};
use super::support::{self, database, run, stamp, take};

#[tokio::test]
async fn every_change_is_seen_named_marked_and_undone() {
    let pg = TestPg::with(&[("wal_level", "logical")]);
    let client = database(&pg, include_str!("base.sql")).await;
    let mut wrong = Vec::new();
    for case in ALL.iter().filter(|case| case.since <= pg.major()) {
        wrong.extend(faults(&client, case).await);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is wrong with how one change shows.
async fn faults(client: &Client, case: &Case) -> Vec<String> {
    let (before, mark) = (take(client).await, stamp(client).await);
    run(client, case.change).await;
    let (after, later_mark) = (take(client).await, stamp(client).await);
    let differing = support::differing(&before, &after);

    let mut faults = BTreeSet::new();
    if before.fingerprint() == after.fingerprint() {
        faults.insert("the fingerprint is the same".to_owned());
    }
    if !differing.iter().any(|object| object == case.object) {
        faults.insert(format!("{} is not among {differing:?}", case.object));
    }
    if mark == later_mark {
        faults.insert("the mark is the same".to_owned());
    }
    if !case.undo.is_empty() {
        run(client, case.undo).await;
        let restored = take(client).await;
        if restored.fingerprint() != before.fingerprint() {
            let differing = support::differing(&before, &restored);
            faults.insert(format!("undone, but it differs in {differing:?}"));
        }
    }
    let name = |fault| format!("{}: {fault}", case.change);
    faults.into_iter().map(name).collect()
}
