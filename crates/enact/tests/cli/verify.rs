//! `verify` and `export`.

use crate::kit::Repo;
use crate::said;

fn repo() -> Repo {
    let repo = Repo::with_two();
    repo.done("apply");
    repo
}

#[test]
fn with_and_without_a_known_checkpoint() {
    let repo = repo();
    said!(repo.env, repo.enact("verify"), @r"
        exit: 3
        ----- stdout -----
        postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[DB]?sslmode=prefer
        ledger: 5 entries, [TIME] to [TIME], consistent
          head sha256:[SHA256]
          root sha256:[SHA256]
          not compared: no checkpoint from elsewhere was given: that its end was cut or all of it
          rewritten is not excluded (--known FILE)
        guards: as installed
        schema: as recorded

        ----- stderr -----
        ");
    said!(repo.env, repo.enact("export --out bundle --checkpoint head"), @r"
        exit: 0
        ----- stdout -----
        bundle: 5 entries, root sha256:[SHA256]
        head: keep it where the database's superuser cannot reach it

        ----- stderr -----
        ");
    said!(repo.env, repo.enact("verify --known head --format json"), @r#"
        exit: 0
        ----- stdout -----
        {
          "schema": "enact.verify/1",
          "exit": 0,
          "code": "done",
          "source": "postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[DB]?sslmode=prefer",
          "sound": true,
          "compared": true,
          "ledger": {
            "identity": "[UUID]",
            "entries": 5,
            "head": "sha256:[SHA256]",
            "root": "sha256:[SHA256]",
            "first_at": "[TIME]",
            "last_at": "[TIME]"
          },
          "guards": {
            "faults": [],
            "owner": "enact_owner",
            "owner_at_hand": false
          }
        }

        ----- stderr -----
        "#);
    said!(repo.env, repo.enact("verify --known head --bundle bundle"), @r"
        exit: 0
        ----- stdout -----
        bundle
        ledger: 5 entries, [TIME] to [TIME], consistent
          head sha256:[SHA256]
          root sha256:[SHA256]
          agrees with every known checkpoint

        ----- stderr -----
        ");
    assert_eq!(repo.enact("verify --bundle bundle").code, Some(3));
}

#[test]
fn a_database_without_a_ledger() {
    let repo = Repo::with_two();
    said!(repo.env, repo.enact("verify"), @r"
        exit: 19
        ----- stdout -----

        ----- stderr -----
        error[database-differs]: schema enact is not installed here: there is no ledger
        next: enact apply
        ");
    said!(repo.env, repo.enact("export"), @r"
        exit: 19
        ----- stdout -----

        ----- stderr -----
        error[database-differs]: schema enact is not installed here: there is no ledger
        next: enact apply
        ");
}

#[test]
fn the_bundle_on_stdout_is_the_bundle_of_the_file() {
    let repo = repo();
    let printed = repo.done("export").stdout;
    repo.done("export --out bundle");
    assert_eq!(
        std::fs::read_to_string(repo.env.dir().join("bundle")).unwrap(),
        printed
    );
    assert_eq!(repo.enact("export --format json").code, Some(2));
}

fn as_superuser(repo: &Repo, sql: &str) {
    repo.sql(&format!("SET session_replication_role = replica; ALTER TABLE enact.ledger DISABLE TRIGGER ALL; {sql}; ALTER TABLE enact.ledger ENABLE ALWAYS TRIGGER ledger_is_append_only, ENABLE ALWAYS TRIGGER ledger_is_not_truncated"));
}

#[test]
fn an_altered_entry() {
    let repo = repo();
    as_superuser(
        &repo,
        "UPDATE enact.ledger SET body = b, hash = sha256('\\x00' || b) FROM \
         (SELECT seq, convert_to(replace(convert_from(body, 'utf8'), 'Ada', 'Eve'), 'utf8') AS b FROM enact.ledger) changed \
         WHERE ledger.seq = 3 AND changed.seq = 3",
    );
    said!(repo.env, repo.enact("verify"), @r"
        exit: 10
        ----- stdout -----
        postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[DB]?sslmode=prefer
        ledger: altered: entry 4 was written after another entry 3 than the one that is there
          entries 3, 4
        next: leave it as it is, and keep the evidence: pg_dump -n enact, the server's log, every checkpoint and bundle

        ----- stderr -----
        ");
    said!(repo.env, repo.enact("verify --format json"), @r#"
        exit: 10
        ----- stdout -----
        {
          "schema": "enact.verify/1",
          "exit": 10,
          "code": "ledger-altered",
          "source": "postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[DB]?sslmode=prefer",
          "sound": false,
          "compared": false,
          "failure": {
            "message": "altered: entry 4 was written after another entry 3 than the one that is there",
            "entries": [
              3,
              4
            ]
          }
        }

        ----- stderr -----
        "#);
    said!(repo.env, repo.enact("status"), @r"
        exit: 10
        ----- stdout -----

        ----- stderr -----
        error[ledger-altered]: entry 4 of the ledger does not continue the entry before it
          effect: nothing was changed
        next: enact verify
        ");
    assert_eq!(repo.enact("apply").code, Some(10));
}

#[test]
fn a_missing_and_a_cut_entry() {
    let repo = repo();
    repo.done("export --out bundle --checkpoint head");
    as_superuser(&repo, "DELETE FROM enact.ledger WHERE seq = 5");
    assert_eq!(
        repo.enact("verify").code,
        Some(3),
        "its end alone does not show"
    );
    assert_eq!(repo.enact("verify --known head").code, Some(13));
    as_superuser(&repo, "DELETE FROM enact.ledger WHERE seq = 3");
    assert_eq!(repo.enact("verify").code, Some(11));
}

#[test]
fn guards_that_are_off_and_drift() {
    let repo = repo();
    repo.sql("ALTER TABLE enact.ledger DISABLE TRIGGER ALL; CREATE TABLE stray (i int)");
    said!(repo.env, repo.enact("verify"), @r"
        exit: 19
        ----- stdout -----
        postgresql://postgres@[SOCKET_DIR]/.s.PGSQL.5432/[DB]?sslmode=prefer
        ledger: 5 entries, [TIME] to [TIME], consistent
          head sha256:[SHA256]
          root sha256:[SHA256]
          not compared: no checkpoint from elsewhere was given: that its end was cut or all of it
          rewritten is not excluded (--known FILE)
        guards: 2 faults
          trigger ledger_is_append_only on enact.ledger does not fire always (state D)
          trigger ledger_is_not_truncated on enact.ledger does not fire always (state D)
        schema: differs from the recorded one
          + column public.stray.i
          + owner of table public.stray
          + table public.stray
          who did it was not recorded: the recorder of DDL is absent

        ----- stderr -----
        ");
}

#[test]
fn checkpoints_and_bundles_that_are_none() {
    let repo = repo();
    repo.env.write("junk", "junk");
    said!(repo.env, repo.enact("verify --known junk"), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: [DIR]/junk is no checkpoint: checkpoint is incomplete: it needs three lines, each with its line end
        ");
    said!(repo.env, repo.enact("verify --known nowhere"), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: cannot read checkpoint [DIR]/nowhere: No such file or directory (os error 2)
        next: name a file that holds a checkpoint or a receipt
        ");
    said!(repo.env, repo.enact("verify --bundle junk"), @r"
        exit: 13
        ----- stdout -----
        junk
        ledger: truncated: the bundle ends in line 1, before its closing line is complete
        next: leave it as it is, and keep the evidence: pg_dump -n enact, the server's log, every checkpoint and bundle

        ----- stderr -----
        ");
}
