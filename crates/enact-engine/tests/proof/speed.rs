//! A hundred migrations are proven with as few snapshots as that takes: they are what costs time.

use std::fs;
use std::time::Instant;

use enact_engine::sandbox::{Sandbox, Scratch};
use enact_testkit::TestPg;

use crate::kit::{Repo, verdicts};

#[tokio::test]
async fn what_one_migration_leaves_is_what_the_next_one_finds() {
    let scripts: Vec<(String, String)> = (1..=100)
        .map(|n| {
            (
                format!("CREATE TABLE t{n} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text NOT NULL);\n\
                         CREATE INDEX ON t{n} (note);\nCOMMENT ON TABLE t{n} IS 'n';\n"),
                format!("DROP TABLE t{n};\n"),
            )
        })
        .collect();
    let pairs: Vec<(&str, Option<&str>)> = scripts
        .iter()
        .map(|(up, down)| (up.as_str(), Some(down.as_str())))
        .collect();
    let repo = Repo::new(&pairs);
    let mut options = TestPg::options();
    options.settings = vec![("log_statement".to_owned(), "all".to_owned())];
    let sandbox = Sandbox::start(&options).unwrap();
    let log = sandbox.log_path();
    let scratch = Scratch::Cluster(Box::new(sandbox));
    let begun = Instant::now();
    let report = repo.source().prove(&scratch).await.unwrap();
    println!("100 proofs took {:?}", begun.elapsed());
    assert_eq!(verdicts(&report), ["proven"; 100]);
    let log = fs::read(log).unwrap();
    let log = String::from_utf8_lossy(&log);
    let snapshots = log
        .matches("transaction isolation level repeatable read")
        .count();
    assert_eq!(snapshots, 301, "B, A and B again, and one before all");
    assert_eq!(log.matches("statement: BEGIN").count(), 300);
}
