//! `status`.

use crate::kit::Repo;
use crate::said;

#[test]
fn from_nothing_to_everything() {
    let repo = Repo::with_two();
    said!(repo.env, repo.enact("status"), @r"
        exit: 0
        ----- stdout -----
        postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[DB]?sslmode=prefer
        core nothing applied, 2 pending
             001_create_sites  pending
             002_add_city      pending
        no ledger yet: the first `enact apply` installs it

        ----- stderr -----
        ");
    repo.done("apply --steps 1");
    said!(repo.env, repo.enact("status --exit-code"), @r"
        exit: 4
        ----- stdout -----
        postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[DB]?sslmode=prefer
        core at 001, 1 pending
          +  001_create_sites  applied [TIME]  Ada Example
             002_add_city      pending
        schema as recorded

        ----- stderr -----
        ");
    repo.done("apply");
    said!(repo.env, repo.enact("status --exit-code"), @r"
        exit: 0
        ----- stdout -----
        postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[DB]?sslmode=prefer
        core at 002, nothing pending
          +  001_create_sites  applied [TIME]  Ada Example
          +  002_add_city      applied [TIME]  Ada Example
        schema as recorded

        ----- stderr -----
        ");
}

#[test]
fn as_a_document() {
    let repo = Repo::with_two();
    said!(repo.env, repo.enact("status --format json"), @r#"
        exit: 0
        ----- stdout -----
        {
          "schema": "enact.status/1",
          "target": "postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[DB]?sslmode=prefer",
          "server_version": [VERSION],
          "stream": "core",
          "position": 0,
          "pending": 2,
          "migrations": [
            {
              "number": 1,
              "name": "create_sites",
              "state": "pending",
              "reversible": true
            },
            {
              "number": 2,
              "name": "add_city",
              "state": "pending",
              "reversible": true
            }
          ],
          "disagreements": [],
          "other_streams": [],
          "drift": "unrecorded",
          "entries": 0,
          "head": "sha256:[SHA256]"
        }

        ----- stderr -----
        "#);
    repo.done("apply --steps 1");
    said!(repo.env, repo.enact("status --format json --exit-code"), @r#"
        exit: 4
        ----- stdout -----
        {
          "schema": "enact.status/1",
          "target": "postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[DB]?sslmode=prefer",
          "identity": "[UUID]",
          "server_version": [VERSION],
          "stream": "core",
          "position": 1,
          "pending": 1,
          "migrations": [
            {
              "number": 1,
              "name": "create_sites",
              "state": "applied",
              "reversible": true,
              "digest": "sha256-lf:[SHA256]",
              "applied_at": "[TIME]",
              "person": "Ada Example <ada@example.org>",
              "entry": 3
            },
            {
              "number": 2,
              "name": "add_city",
              "state": "pending",
              "reversible": true
            }
          ],
          "disagreements": [],
          "other_streams": [],
          "drift": "none",
          "fingerprint": "sha256:[SHA256]",
          "entries": 4,
          "head": "sha256:[SHA256]"
        }

        ----- stderr -----
        "#);
}
