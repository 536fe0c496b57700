//! Whole migrations: what is held until when, failures, rollbacks.

use enact_engine::exit::Exit;
use enact_engine::explain::{EffectKind, LockMode, Source};

use crate::kit::{Repo, scratch};

const BASE: &str =
    "CREATE TABLE visit (id int PRIMARY KEY, n int); CREATE TABLE ref (id int PRIMARY KEY);";

#[tokio::test]
async fn locks_are_held_from_the_statement_that_takes_them() {
    let mut repo = Repo::new();
    repo.add(BASE, None);
    let up = "COMMENT ON TABLE visit IS 'x';\nALTER TABLE visit ADD COLUMN a int;\nUPDATE visit SET a = n;\n\
              CREATE INDEX i ON visit (a);\nCREATE TABLE fresh (id int);\nALTER TABLE fresh ADD COLUMN b int;";
    let number = repo.add(up, Some("ALTER TABLE visit DROP COLUMN a;"));
    let forecast = repo.explain(&scratch(), &[number], false).await.unwrap();
    assert_eq!(forecast.exit(), Exit::Done);
    let migration = &forecast.migrations[0];
    let holds = migration.holds();
    let tables: Vec<_> = holds
        .iter()
        .map(|hold| hold.lock.relation.as_str())
        .collect();
    assert_eq!(tables, ["public.visit", "public.visit_pkey"]);
    let hold = &holds[0];
    assert_eq!(hold.lock.mode, LockMode::AccessExclusive);
    assert_eq!((hold.from_line, hold.last_line), (2, 6));
    assert!(hold.until_commit);
    assert_eq!(hold.effects, [EffectKind::Scan, EffectKind::IndexBuilt]);
    let fresh = &migration.statements[5];
    assert!(
        fresh.locks.is_empty() && fresh.effects.is_empty(),
        "{fresh:?}"
    );
    let index = &migration.statements[3];
    assert_eq!(index.effects[1].index.as_deref(), Some("public.i"));
    assert_eq!(index.held[0].mode, LockMode::AccessExclusive);
}

#[tokio::test]
async fn a_migration_that_silences_the_server_hides_nothing() {
    let mut repo = Repo::new();
    repo.add(BASE, None);
    let up = "SET client_min_messages = error;\nALTER TABLE visit ADD FOREIGN KEY (n) REFERENCES ref (id);";
    let number = repo.add(up, None);
    let forecast = repo.explain(&scratch(), &[number], false).await.unwrap();
    let statement = &forecast.migrations[0].statements[1];
    let scanned: Vec<_> = statement
        .effects
        .iter()
        .map(|it| it.table.as_str())
        .collect();
    assert_eq!(scanned, ["public.ref", "public.visit"]);
}

#[tokio::test]
async fn a_statement_that_runs_alone_is_observed_at_work() {
    let mut repo = Repo::new();
    repo.add(BASE, None);
    let number = repo.add(
        "CREATE INDEX CONCURRENTLY i ON visit (n);\nVACUUM FULL visit;",
        None,
    );
    let forecast = repo.explain(&scratch(), &[number], false).await.unwrap();
    let [build, vacuum] = forecast.migrations[0].statements.as_slice() else {
        panic!("{forecast:?}")
    };
    let of = |index: usize| (&build.locks[index].mode, build.locks[index].source);
    assert_eq!(of(0), (&LockMode::ShareUpdateExclusive, Source::Observed));
    assert_eq!(vacuum.locks[0].mode, LockMode::AccessExclusive);
    assert_eq!(vacuum.locks[0].source, Source::Observed);
    assert!(!build.transactional);
}

#[tokio::test]
async fn what_is_too_brief_to_be_seen_says_so() {
    let mut repo = Repo::new();
    let up =
        "CREATE TABLE p (id int) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p DEFAULT;
              CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (1) TO (2);";
    repo.add(
        &up.replace("CREATE TABLE p1 PARTITION OF p DEFAULT;", ""),
        None,
    );
    let number = repo.add("ALTER TABLE p DETACH PARTITION p2 CONCURRENTLY;", None);
    let scratch = scratch();
    let forecast = repo.explain(&scratch, &[number], false).await.unwrap();
    let migration = &forecast.migrations[0];
    if forecast.server_major < 14 {
        assert!(migration.failure.is_some());
        return;
    }
    let sources: Vec<_> = migration.statements[0]
        .locks
        .iter()
        .map(|lock| (lock.relation.as_str(), lock.mode, lock.source))
        .collect();
    assert_eq!(
        sources,
        [
            ("public.p", LockMode::ShareUpdateExclusive, Source::Observed),
            ("public.p2", LockMode::AccessExclusive, Source::Documented),
        ]
    );
}

#[tokio::test]
async fn a_refused_statement_ends_the_forecast_at_its_place() {
    let mut repo = Repo::new();
    repo.add(BASE, None);
    repo.add(
        "ALTER TABLE visit ADD COLUMN a int;\nALTER TABLE nowhere ADD COLUMN a int;",
        None,
    );
    repo.add("ALTER TABLE visit ADD COLUMN b int;", None);
    let forecast = repo.explain(&scratch(), &[1, 2, 3], false).await.unwrap();
    assert_eq!(forecast.exit(), Exit::MigrationFailed);
    assert_eq!(forecast.migrations.len(), 2);
    let failed = &forecast.migrations[1];
    assert_eq!(failed.statements.len(), 1);
    let failure = failed.failure.as_ref().unwrap();
    assert_eq!((failure.line, failure.column, failure.statement), (3, 1, 2));
}

#[tokio::test]
async fn rollbacks_run_from_the_newest_to_the_oldest() {
    let mut repo = Repo::new();
    repo.add(BASE, None);
    repo.add(
        "ALTER TABLE visit ADD COLUMN a int;",
        Some("ALTER TABLE visit DROP COLUMN a;"),
    );
    repo.add("CREATE INDEX i ON visit (a);", Some("DROP INDEX i;"));
    let forecast = repo.explain(&scratch(), &[1, 2, 3], true).await.unwrap();
    let numbers: Vec<_> = forecast.migrations.iter().map(|one| one.number).collect();
    assert_eq!(numbers, [3, 2]);
    assert_eq!(forecast.exit(), Exit::Done);
    let tags: Vec<_> = forecast
        .migrations
        .iter()
        .map(|one| one.statements[0].tag)
        .collect();
    assert_eq!(tags, ["DROP INDEX", "ALTER TABLE"]);
}

#[tokio::test]
async fn a_block_that_commits_is_watched_up_to_its_first_table() {
    let mut repo = Repo::new();
    repo.add(BASE, None);
    let number = repo.add(
        "DO $$ BEGIN UPDATE visit SET n = 1; COMMIT; UPDATE ref SET id = 2; END $$;",
        None,
    );
    let forecast = repo.explain(&scratch(), &[number], false).await.unwrap();
    let statement = &forecast.migrations[0].statements[0];
    let seen: Vec<_> = statement
        .locks
        .iter()
        .map(|lock| (lock.relation.as_str(), lock.mode))
        .collect();
    assert_eq!(seen, [("public.visit", LockMode::RowExclusive)]);
    assert!(!statement.transactional);
}

#[tokio::test]
async fn a_statement_alone_that_fails_is_the_failure() {
    let mut repo = Repo::new();
    repo.add(
        &format!("{BASE} INSERT INTO visit VALUES (1, 1), (2, 1);"),
        None,
    );
    let number = repo.add("CREATE UNIQUE INDEX CONCURRENTLY i ON visit (n);", None);
    let forecast = repo.explain(&scratch(), &[number], false).await.unwrap();
    let failure = forecast.migrations[0].failure.as_ref().unwrap();
    assert_eq!(failure.server.sqlstate, "23505");
    assert_eq!((failure.line, failure.statement), (2, 1));
}

#[tokio::test]
async fn fixtures_are_there_when_the_migration_runs() {
    let mut repo = Repo::new();
    repo.add(BASE, None);
    repo.write(
        "fixtures/001_rows.sql",
        "INSERT INTO visit VALUES (1, NULL);",
    );
    let number = repo.add("ALTER TABLE visit ALTER n SET NOT NULL;", None);
    let forecast = repo.explain(&scratch(), &[number], false).await.unwrap();
    let failure = forecast.migrations[0].failure.as_ref().unwrap();
    assert_eq!(failure.server.sqlstate, "23502");
}
