//! Drift: exit code 33.

use crate::kit::{Repo, pg, wait};
use crate::said;

#[test]
fn with_before_and_after() {
    let repo = Repo::with_two();
    said!(repo.env, repo.enact("drift"), @r"
        exit: 0
        ----- stdout -----
        no schema is recorded to compare with; the next run records it

        ----- stderr -----
        ");
    repo.done("apply");
    said!(repo.env, repo.enact("drift"), @r"
        exit: 0
        ----- stdout -----
        no drift: the schema is sha256:[SHA256]

        ----- stderr -----
        ");
    repo.sql("CREATE TABLE stray (i int); ALTER TABLE sites ALTER COLUMN name SET DEFAULT 'none'; COMMENT ON COLUMN sites.city IS NULL");
    said!(repo.env, repo.enact("drift"), @r"
        exit: 33
        ----- stdout -----
        ~ column public.sites.name
            - text not null
            + text not null default 'none'::text
        + column public.stray.i
            + integer
        - comment on column public.sites.city
            - Where it is
        + owner of table public.stray
            + postgres
        + table public.stray
            + table
        drift: 5 objects
          recorded sha256:[SHA256]
          now      sha256:[SHA256]
          who did it was not recorded; `enact recorder install` notes it from then on
        next: undo what was wrong by hand; what is right becomes a migration
        next: enact apply --accept-drift 'REASON'

        ----- stderr -----
        ");
    said!(repo.env, repo.enact("drift --format json"), @r#"
        exit: 33
        ----- stdout -----
        {
          "schema": "enact.drift/1",
          "target": "postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[DB]?sslmode=prefer",
          "drift": "drifted",
          "expected": "sha256:[SHA256]",
          "actual": "sha256:[SHA256]",
          "objects": [
            {
              "object": "column public.sites.name",
              "change": "changed",
              "before": "text not null",
              "after": "text not null default 'none'::text"
            },
            {
              "object": "column public.stray.i",
              "change": "added",
              "after": "integer"
            },
            {
              "object": "comment on column public.sites.city",
              "change": "removed",
              "before": "Where it is"
            },
            {
              "object": "owner of table public.stray",
              "change": "added",
              "after": "postgres"
            },
            {
              "object": "table public.stray",
              "change": "added",
              "after": "table"
            }
          ],
          "recorder": "absent"
        }

        ----- stderr -----
        "#);
    said!(repo.env, repo.enact("status"), @r"
        exit: 0
        ----- stdout -----
        postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[DB]?sslmode=prefer
        core at 002, nothing pending
          +  001_create_sites  applied [TIME]  Ada Example
          +  002_add_city      applied [TIME]  Ada Example
        schema drifted: 5 objects not as recorded, see `enact drift`
          who did it was not recorded; `enact recorder install` notes it from then on

        ----- stderr -----
        ");
}

#[test]
fn apply_refuses_unless_it_is_accepted() {
    let repo = Repo::with_two();
    repo.done("apply --steps 1");
    repo.sql("CREATE TABLE stray (i int)");
    said!(repo.env, repo.enact("apply"), @r"
        exit: 33
        ----- stdout -----

        ----- stderr -----
        error[drift]: the schema has drifted from what is recorded
          objects: + column public.stray.i
            + owner of table public.stray
            + table public.stray
          effect: the schema was not changed
        next: enact drift
        next: enact apply --accept-drift 'REASON'
        ");
    said!(repo.env, repo.enact("apply --format json"), @r#"
        exit: 33
        ----- stdout -----
        {
          "schema": "enact.error/1",
          "exit": 33,
          "code": "drift",
          "message": "the schema has drifted from what is recorded",
          "effect": "the schema was not changed",
          "next": [
            "enact drift",
            "enact apply --accept-drift 'REASON'"
          ],
          "drift": {
            "expected": "sha256:[SHA256]",
            "actual": "sha256:[SHA256]",
            "objects": [
              {
                "object": "column public.stray.i",
                "change": "added",
                "after": "integer"
              },
              {
                "object": "owner of table public.stray",
                "change": "added",
                "after": "postgres"
              },
              {
                "object": "table public.stray",
                "change": "added",
                "after": "table"
              }
            ],
            "recorder": "absent"
          }
        }

        ----- stderr -----
        error[drift]: the schema has drifted from what is recorded
          objects: + column public.stray.i
            + owner of table public.stray
            + table public.stray
          effect: the schema was not changed
        next: enact drift
        next: enact apply --accept-drift 'REASON'
        "#);
    said!(repo.env, repo.enact("plan"), @r"
        exit: 0
        ----- stdout -----
        apply core: 001 to 002, 1 step
          + core:002_add_city ..............................  2 statements, one transaction
        plan sha256:[SHA256]

        ----- stderr -----
        warning: the schema has drifted, so this plan would be refused; see `enact drift`
        ");
    let accepted = repo.env.enact(["apply", "--accept-drift", "an emergency"]);
    assert_eq!(accepted.code, Some(0), "{accepted}");
    assert_eq!(repo.done("drift").code, Some(0));
    assert!(repo.done("history").stdout.contains("an emergency"));
}

/// A transaction that is under way while a run records the schema makes its changes seen later, under a number from
/// before.
#[test]
fn by_a_transaction_that_was_under_way_during_the_run() {
    let repo = Repo::with_two();
    repo.done("apply --to 1");
    wait(async {
        let stranger = pg().client(&repo.database).await;
        let sql = "BEGIN; CREATE TABLE stray (i int)";
        stranger.batch_execute(sql).await.unwrap();
        repo.done("apply");
        repo.done("drift");
        stranger.batch_execute("COMMIT").await.unwrap();
    });
    let output = repo.enact("drift");
    assert_eq!(output.code, Some(33), "{output}");
    assert!(output.stdout.contains("table public.stray"), "{output}");
}
