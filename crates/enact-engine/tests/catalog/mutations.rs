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

/// The first object of a rare kind in a database, and a change to it alone.
#[rustfmt::skip]
const FIRST_OF_THEIR_KIND: &[(&str, &str)] = &[
    ("create operator family one using btree", "alter operator family one using btree rename to two"),
    ("create collation one (provider = libc, locale = 'C')", "alter collation one rename to two"),
    ("create conversion one for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8", "alter conversion one rename to two"),
    ("create text search dictionary one (template = simple)", "alter text search dictionary one (accept = false)"),
    ("create text search configuration one (copy = english)",
     "alter text search configuration one alter mapping for word with simple"),
    ("create text search template one (lexize = dsimple_lexize)", "alter text search template one rename to two"),
    ("create text search parser one (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end, lextypes = prsd_lextype)",
     "alter text search parser one rename to two"),
    ("create operator ~~~~ (leftarg = integer, rightarg = integer, function = int4eq)",
     "alter operator ~~~~ (integer, integer) set (restrict = eqsel)"),
    ("create operator class one for type integer using hash as operator 1 =, function 1 hashint4(integer)",
     "alter operator class one using hash rename to two"),
    ("create foreign data wrapper one;\ncreate server one foreign data wrapper one", "alter server one options (host 'x')"),
    ("create foreign data wrapper one;\ncreate server one foreign data wrapper one;\ncreate foreign table one (a integer) server one",
     "alter foreign table one options (file 'x')"),
    ("create foreign data wrapper one;\ncreate server one foreign data wrapper one",
     "create user mapping for public server one options (password 'x')"),
];

#[tokio::test]
async fn the_first_of_a_rare_kind_is_marked_too() {
    let pg = TestPg::start();
    for (create, alter) in FIRST_OF_THEIR_KIND {
        let client = database(&pg, "").await;
        let empty = stamp(&client).await;
        run(&client, create).await;
        let (before, made) = (take(&client).await, stamp(&client).await);
        assert_ne!(made, empty, "{create}");
        run(&client, alter).await;
        assert_ne!(take(&client).await, before, "{alter}");
        assert_ne!(stamp(&client).await, made, "{alter}");
    }
}

#[tokio::test]
async fn what_an_extension_brought_is_not_rare() {
    let pg = TestPg::start();
    let client = database(&pg, "create collation one (provider = libc, locale = 'C')").await;
    assert!(stamp(&client).await.contains('/'));
    run(&client, "alter extension plpgsql add collation one").await;
    assert!(!stamp(&client).await.contains('/'));
}
