use enact_engine::plan::Goal;

use crate::kit::{ALL, Kit};

#[tokio::test]
async fn a_migration_goes_up_and_down_with_its_record() {
    let kit = Kit::new(&[
        ("CREATE TABLE site (id int PRIMARY KEY); INSERT INTO site VALUES (1);", None),
        ("ALTER TABLE site ADD COLUMN name text;\nCREATE INDEX CONCURRENTLY site_name ON site (name);", Some("DROP INDEX CONCURRENTLY site_name; ALTER TABLE site DROP COLUMN name;")),
    ])
    .await;
    let done = kit.run(ALL).await.unwrap();
    assert_eq!(done.position, 2);
    assert_eq!(kit.value("SELECT count(*) FROM site").await, "1");
    let back = kit
        .run(Goal::Rollback {
            to: None,
            steps: None,
        })
        .await
        .unwrap();
    assert_eq!(back.position, 1);
    assert_eq!(
        kit.value("SELECT string_agg(kind || coalesce(' ' || number, ''), ', ' ORDER BY seq) FROM enact.entries").await,
        "target.enrolled, run.started, migration.applied 1, step.recorded 2, step.recorded 2, migration.applied 2, run.finished, \
         run.started, step.recorded 2, step.recorded 2, migration.rolled_back 2, run.finished"
    );
    let nothing = kit
        .run(Goal::Apply {
            to: Some(1),
            steps: None,
        })
        .await
        .unwrap();
    assert!(nothing.run.is_none());
}
