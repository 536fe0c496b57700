//! `new --pattern`.

use crate::kit::{Repo, pg};
use crate::said;

const RENAME: &str =
    "new --pattern rename-column --table sites --column city --to town --ticket D-1";

#[test]
fn a_series_is_written_applied_and_rolled_back() {
    let repo = Repo::with_two();
    said!(repo.env, repo.enact(RENAME), @r"
        exit: 0
        ----- stdout -----
          + migrations/003_add_town_beside_city_of_sites.sql
          + migrations/rollback/003_rollback.sql
          + migrations/004_fill_town_of_sites.sql
          + migrations/rollback/004_rollback.sql
          + migrations/005_give_city_of_sites_the_name_town.sql
          + migrations/rollback/005_rollback.sql
        next: read them, then `enact test`

        ----- stderr -----
        ");
    let proven = repo.done("test");
    assert!(proven.stdout.contains("5 proven"), "{proven}");
    repo.done("apply --yes --to 2");
    repo.sql("INSERT INTO sites (id, name, city) SELECT n, 'n', 'c' || n FROM generate_series(1, 2500) n");
    repo.done("apply --yes");
    assert_eq!(
        repo.value("SELECT count(DISTINCT town)::text FROM sites"),
        "2500"
    );
    repo.done("rollback --yes --steps 3");
    assert_eq!(
        repo.value("SELECT count(DISTINCT city)::text FROM sites"),
        "2500"
    );
    let drift = repo.done("drift");
    assert!(!drift.stdout.contains("differs"), "{drift}");
}

#[test]
fn columns_move_into_a_table_of_their_own_in_batches() {
    let repo = Repo::with_two();
    repo.done("new --pattern split-table --table sites --columns city --into places --ticket D-1");
    repo.done("apply --yes --to 3");
    repo.sql("ALTER TABLE sites DISABLE TRIGGER zz_places_made");
    repo.sql("INSERT INTO sites (id, name, city) SELECT n, 'n', 'c' || n FROM generate_series(1, 2500) n");
    repo.sql("ALTER TABLE sites ENABLE TRIGGER zz_places_made");
    repo.done("apply --yes --to 4");
    let both =
        "SELECT count(*)::text FROM sites JOIN places USING (id) WHERE sites.city = places.city";
    assert_eq!(repo.value(both), "2500");
    repo.done("apply --yes");
    repo.sql("UPDATE places SET city = 'moved' WHERE id = 7");
    repo.done("rollback --yes --steps 1");
    assert_eq!(repo.value(both), "2500");
    assert_eq!(repo.value("SELECT city FROM sites WHERE id = 7"), "moved");
    repo.done("rollback --yes --steps 2");
    assert_eq!(repo.value("SELECT city FROM sites WHERE id = 7"), "moved");
    let drift = repo.done("drift");
    assert!(!drift.stdout.contains("differs"), "{drift}");
}

#[test]
fn a_series_as_a_document() {
    let repo = Repo::with_two();
    let line = "new --pattern add-index --table sites --columns city,name --format json";
    said!(repo.env, repo.enact(line), @r#"
        exit: 0
        ----- stdout -----
        {
          "schema": "enact.new/1",
          "number": 3,
          "migration": "migrations/003_index_sites_by_sites_city_name_idx.sql",
          "rollback": "migrations/rollback/003_rollback.sql",
          "pattern": "add-index",
          "pairs": [
            {
              "number": 3,
              "migration": "migrations/003_index_sites_by_sites_city_name_idx.sql",
              "rollback": "migrations/rollback/003_rollback.sql"
            }
          ]
        }

        ----- stderr -----
        "#);
}

#[test]
fn a_target_is_read_only_where_it_is_named() {
    let repo = Repo::with_two();
    repo.sql("CREATE TABLE elsewhere (id int, n int)");
    let line = "new --pattern add-index --columns n --table elsewhere";
    said!(repo.env, repo.enact(line), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: there is no table `elsewhere`
          effect: nothing was written
        next: give its name with its schema, such as --table app.visit
        ");
    let url = pg().url(&repo.database);
    said!(repo.env, repo.enact(&format!("{line} --database-url {url}")), @r"
        exit: 0
        ----- stdout -----
          + migrations/003_index_elsewhere_by_elsewhere_n_idx.sql
          + migrations/rollback/003_rollback.sql
        next: read them, fill in the ticket, then `enact test`

        ----- stderr -----
        ");
}

#[test]
fn what_is_missing_or_impossible_is_said_and_nothing_is_written() {
    let repo = Repo::with_two();
    said!(repo.env, repo.enact("new --pattern rename-column --table sites --column city"), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: the pattern rename-column needs --to
          effect: nothing was written
        next: enact new --pattern rename-column --table app.visit --column place --to site
        ");
    said!(repo.env, repo.enact("new --pattern drop-column --table sites --column id"), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: public.sites.id belongs to the primary or partition key
          effect: nothing was written
        next: give the table another key first
        ");
    said!(repo.env, repo.enact("new some words --pattern add-index"), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error: the argument '[WORDS]...' cannot be used with '--pattern <PATTERN>'

        Usage: enact new --person <NAME> <WORDS>...

        For more information, try '--help'.
        ");
    let written = std::fs::read_dir(repo.env.dir().join("migrations")).unwrap();
    assert_eq!(written.count(), 3);
}
