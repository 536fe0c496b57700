use enact_engine::catalog::Scope;
use enact_engine::plan::Goal;
use enact_engine::verify;

use crate::kit::{ALL, Kit};

#[tokio::test]
async fn a_migration_goes_up_and_down_with_its_record() {
    let kit = Kit::new(&[
        ("CREATE TABLE site (id int PRIMARY KEY); INSERT INTO site VALUES (1);", None),
        ("ALTER TABLE site ADD COLUMN name text;\nCREATE INDEX CONCURRENTLY site_name ON site (name);", Some("DROP INDEX CONCURRENTLY site_name; ALTER TABLE site DROP COLUMN name;")),
    ])
    .await;
    let done = kit.run(ALL).await.unwrap();
    assert_eq!(done.positions, [("core".to_owned(), 2)]);
    assert_eq!(kit.value("SELECT count(*) FROM site").await, "1");
    let back = kit
        .run(Goal::Rollback {
            to: None,
            steps: None,
        })
        .await
        .unwrap();
    assert_eq!(back.positions, [("core".to_owned(), 1)]);
    assert_eq!(
        kit.value("SELECT string_agg(kind || coalesce(' ' || number, ''), ', ' ORDER BY seq) FROM enact.entries").await,
        "target.enrolled, run.started, migration.applied 1, step.recorded 2, step.recorded 2, migration.applied 2, run.finished, \
         run.started, step.recorded 2, step.recorded 2, migration.rolled_back 2, run.finished"
    );
    let nothing = kit
        .run(Goal::Apply {
            to: "001".parse().ok(),
            steps: None,
        })
        .await
        .unwrap();
    assert!(nothing.run.is_none());
}

#[tokio::test]
async fn a_role_that_may_create_roles_gives_the_ledger_to_an_owner_that_nobody_is() {
    let mut kit = Kit::new(&[("CREATE TABLE site (id int PRIMARY KEY);", None)]).await;
    let database = kit.database.clone();
    let client = kit.pg.client("postgres").await;
    let set_up = format!(
        "CREATE ROLE release LOGIN CREATEROLE; CREATE ROLE plain LOGIN; ALTER DATABASE {database} OWNER TO release"
    );
    client.batch_execute(&set_up).await.unwrap();
    kit.log_in_as("release");
    kit.run(ALL).await.unwrap();
    assert_eq!(
        kit.value(
            "SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'enact.ledger'::regclass"
        )
        .await,
        "enact_owner"
    );
    assert_eq!(
        kit.value("SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'enact'")
            .await,
        "enact_owner"
    );
    // From PostgreSQL 16 on, who creates a role stays a member that may grant it, but not become it.
    let becoming = if kit.pg.major() < 16 { "MEMBER" } else { "SET" };
    assert_eq!(
        kit.value(&format!(
            "SELECT pg_has_role('release', 'enact_owner', '{becoming}')"
        ))
        .await,
        "false"
    );
    assert_eq!(
        kit.value("SELECT pg_has_role('release', 'enact_writer', 'MEMBER')")
            .await,
        "true"
    );
    let verified = verify::verify(&kit.target(), "test", &[], &Scope::default(), None)
        .await
        .unwrap();
    assert_eq!(verified.guards.faults, Vec::<String>::new());
}

#[tokio::test]
async fn a_role_without_rights_keeps_the_ledger_itself() {
    let mut kit = Kit::new(&[("CREATE TABLE site (id int PRIMARY KEY);", None)]).await;
    let client = kit.pg.client("postgres").await;
    let set_up = format!(
        "CREATE ROLE plain LOGIN; ALTER DATABASE {} OWNER TO plain",
        kit.database
    );
    client.batch_execute(&set_up).await.unwrap();
    kit.log_in_as("plain");
    kit.run(ALL).await.unwrap();
    let verified = verify::verify(&kit.target(), "test", &[], &Scope::default(), None)
        .await
        .unwrap();
    assert_eq!(verified.guards.faults, Vec::<String>::new());
    assert_eq!(verified.guards.owner, "plain");
    assert!(verified.guards.owner_at_hand);
}
