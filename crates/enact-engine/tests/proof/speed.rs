//! A hundred migrations are proven without waiting long for it.

use std::time::Instant;

use crate::kit::{Repo, scratch, verdicts};

#[tokio::test]
async fn a_hundred_migrations_take_seconds() {
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
    let scratch = scratch();
    let begun = Instant::now();
    let report = repo.source().prove(&scratch).await.unwrap();
    let took = begun.elapsed();
    assert_eq!(verdicts(&report), ["proven"; 100]);
    println!("100 proofs took {took:?}");
    // Far above what it takes, for a loaded machine; quadratic work would still be seen.
    assert!(took.as_secs() < 60, "{took:?}");
}
