//! `explain`.

use crate::kit::Repo;
use crate::said;

/// What differs between servers in this command's answers.
fn repo() -> Repo {
    let mut repo = Repo::with_two();
    let version = repo.value("current_setting('server_version')");
    repo.env.hide(version, "[PG]");
    repo.migration(
        "003_link",
        "CREATE TABLE visits (id int PRIMARY KEY, site int REFERENCES sites (id));\n\
         ALTER TABLE sites ALTER COLUMN id TYPE bigint;\n\
         COMMENT ON TABLE sites IS 'Where visits happen';\n\
         ALTER TABLE sites ALTER COLUMN city SET NOT NULL;",
        "ALTER TABLE sites ALTER COLUMN city DROP NOT NULL, ALTER COLUMN id TYPE int;\nDROP TABLE visits;",
    );
    repo.migration(
        "004_index",
        "CREATE INDEX CONCURRENTLY sites_name ON sites (name);",
        "DROP INDEX sites_name;",
    );
    repo
}

#[test]
fn every_statement_has_its_block() {
    let repo = repo();
    said!(repo.env, repo.enact("explain"), @r"
        exit: 0
        ----- stdout -----
        core: 4 migrations tried on PostgreSQL [PG]

        001_create_sites
          line 1  CREATE TABLE
            locks nothing that was there before
          reads and writes of existing tables go on meanwhile

        002_add_city
          line 1  ALTER TABLE
            ACCESS EXCLUSIVE on public.sites: blocks reads and writes
          line 2  COMMENT
            needs no further lock
          holds ACCESS EXCLUSIVE on public.sites from line 1 to COMMIT, through 1 statement after it

        003_link
          line 1  CREATE TABLE
            SHARE ROW EXCLUSIVE on public.sites: blocks writes
          line 2  ALTER TABLE
            ACCESS EXCLUSIVE on public.sites: blocks reads and writes
            rewrites public.sites and its indexes, under ACCESS EXCLUSIVE
          line 3  COMMENT
            needs no further lock
          line 4  ALTER TABLE
            reads every row of public.sites, under ACCESS EXCLUSIVE
          holds ACCESS EXCLUSIVE on public.sites from line 2 to COMMIT, through 2 statements after it; rewrites it

        004_index
          line 1  CREATE INDEX
            SHARE UPDATE EXCLUSIVE on public.sites: blocks other DDL and VACUUM
            builds public.sites_name from every row of public.sites, under SHARE UPDATE EXCLUSIVE
          holds SHARE UPDATE EXCLUSIVE on public.sites while line 1 runs; builds an index
          reads and writes of existing tables go on meanwhile

        ----- stderr -----
        ");
}

#[test]
fn one_rollback_alone() {
    let repo = repo();
    said!(repo.env, repo.enact("explain 4 --rollback"), @r"
        exit: 0
        ----- stdout -----
        core: 1 rollback tried on PostgreSQL [PG]

        004_index
          line 1  DROP INDEX
            ACCESS EXCLUSIVE on public.sites: blocks reads and writes
          holds ACCESS EXCLUSIVE on public.sites from line 1 to COMMIT

        ----- stderr -----
        ");
    said!(repo.env, repo.enact("explain 9"), @r"
        exit: 2
        ----- stdout -----

        ----- stderr -----
        error[usage]: there is no migration 009
        ");
}

#[test]
fn as_a_document() {
    let repo = repo();
    said!(repo.env, repo.enact("explain 2 --format json"), @r#"
        exit: 0
        ----- stdout -----
        {
          "schema": "enact.explain/1",
          "stream": "core",
          "direction": "apply",
          "server_version": "[PG]",
          "migrations": [
            {
              "number": 2,
              "name": "add_city",
              "file": "migrations/002_add_city.sql",
              "statements": [
                {
                  "file": "migrations/002_add_city.sql",
                  "line": 1,
                  "statement": "ALTER TABLE",
                  "segment": 1,
                  "transactional": true,
                  "locks": [
                    {
                      "relation": "public.sites",
                      "kind": "table",
                      "mode": "ACCESS EXCLUSIVE",
                      "blocks": "reads and writes",
                      "source": "observed"
                    }
                  ],
                  "effects": []
                },
                {
                  "file": "migrations/002_add_city.sql",
                  "line": 2,
                  "statement": "COMMENT",
                  "segment": 1,
                  "transactional": true,
                  "locks": [
                    {
                      "relation": "public.sites",
                      "kind": "table",
                      "mode": "SHARE UPDATE EXCLUSIVE",
                      "blocks": "other DDL and VACUUM",
                      "source": "observed"
                    }
                  ],
                  "effects": []
                }
              ],
              "holds": [
                {
                  "relation": "public.sites",
                  "kind": "table",
                  "mode": "ACCESS EXCLUSIVE",
                  "blocks": "reads and writes",
                  "source": "observed",
                  "from_line": 1,
                  "last_line": 2,
                  "until": "commit",
                  "effects": []
                }
              ]
            }
          ]
        }

        ----- stderr -----
        "#);
}

#[test]
fn with_a_target_what_is_pending_there_and_its_statistics() {
    let repo = repo();
    repo.done("apply --to 002");
    repo.sql("INSERT INTO sites SELECT g, 'x', 'y' FROM generate_series(1, 1000) g; ANALYZE sites");
    let url = crate::kit::pg().url(&repo.database);
    let output = repo.enact(&format!("explain --database-url {url} --format json"));
    assert_eq!(output.code, Some(0), "{output}");
    for part in [
        r#""number": 3"#,
        r#""number": 4"#,
        r#""replicas": 0"#,
        r#""table": "public.sites""#,
        r#""work": "rewrite""#,
        r#""bytes_per_second": 52428800"#,
        r#""basis": "assumed""#,
    ] {
        assert!(output.stdout.contains(part), "{part}\n{output}");
    }
    assert!(!output.stdout.contains(r#""number": 2"#), "{output}");
    let text = repo.enact(&format!("explain --database-url {url}"));
    for part in [
        "    there: ",
        "    estimate: ",
        "at an assumed 50 MiB a second",
    ] {
        assert!(text.stdout.contains(part), "{part}\n{text}");
    }
    let back = repo.enact(&format!("explain --rollback --database-url {url}"));
    assert!(back.stdout.contains("core: 1 rollback tried"), "{back}");
    assert!(back.stdout.contains("002_add_city"), "{back}");
}

#[test]
fn a_table_that_is_much_larger_than_elsewhere_is_flagged() {
    let mut repo = repo();
    repo.done("apply --to 002");
    let large = self::repo();
    large.done("apply --to 002");
    large.sql("ALTER TABLE sites ALTER name SET STORAGE EXTERNAL; INSERT INTO sites SELECT g, repeat('x', 8000), 'y' FROM generate_series(1, 7000) g");
    large.sql("ANALYZE sites");
    let url = |repo: &Repo| crate::kit::pg().url(&repo.database);
    let (staging, production) = (url(&repo), url(&large));
    repo.env.set("STAGING_URL", staging);
    repo.env.set("PRODUCTION_URL", production);
    let config = "[project]\nkind = \"core\"\nname = \"core\"\nmigrations = \"migrations\"\n\n\
                  [environments.staging]\nurl = { env = \"STAGING_URL\" }\n\n\
                  [environments.production]\nurl = { env = \"PRODUCTION_URL\" }\n";
    repo.env.write("enact.toml", config);

    let output = repo.enact("explain -e production --against staging 3");
    assert_eq!(output.code, Some(0), "{output}");
    let words = "times as large as at staging, where it takes 0 ms";
    assert!(output.stdout.contains(words), "{output}");
    let words = "003 would lock public.sites for about 1.";
    assert_eq!(output.stderr.matches(words).count(), 1, "{output}");
    let output = repo.enact("plan -e production --explain --against staging --format json");
    let document: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let holds = document["forecast"][0]["holds"].as_array().unwrap();
    let mut sites = holds
        .iter()
        .filter(|hold| hold["relation"] == "public.sites");
    let times = sites.find_map(|hold| hold["outgrown"]["times"].as_u64());
    assert!(times > Some(1000), "{output}");
    // The other way round nothing is long, and without a target there is nothing to compare.
    let output = repo.enact("explain -e staging --against production 3");
    assert!(!output.stdout.contains("times as large"), "{output}");
    for line in [
        "explain --against staging 3",
        "plan -e staging --against production",
    ] {
        let output = repo.enact(line);
        assert_eq!(output.code, Some(2), "{output}");
    }
}

#[test]
fn how_fast_a_target_reads_can_be_measured() {
    let repo = repo();
    repo.done("apply --to 002");
    repo.sql("INSERT INTO sites SELECT g, repeat('x', 100), 'y' FROM generate_series(1, 20000) g; ANALYZE sites");
    let url = crate::kit::pg().url(&repo.database);
    let measured = repo.enact(&format!("explain --measure --database-url {url}"));
    let words = "a second, a quarter of what was measured there by reading";
    assert!(measured.stdout.contains(words), "{measured}");
    let document = repo.enact(&format!(
        "explain --measure --database-url {url} --format json"
    ));
    let document: serde_json::Value = serde_json::from_str(&document.stdout).unwrap();
    let rate = &document["target"]["tables"][0]["read_bytes_per_second"];
    let rate = rate.as_u64().unwrap();
    let holds = document["migrations"][0]["holds"].as_array().unwrap();
    let estimate = holds.iter().find_map(|hold| hold["estimate"].as_object());
    let estimate = estimate.unwrap();
    assert_eq!(estimate["basis"], "derived");
    assert_eq!(estimate["bytes_per_second"], rate / 4);
    // Too small to tell anything.
    repo.sql("DELETE FROM sites WHERE id > 100");
    repo.sql("VACUUM (FULL, ANALYZE) sites");
    let small = repo.enact(&format!("explain --measure --database-url {url}"));
    assert!(small.stdout.contains("at an assumed 50 MiB"), "{small}");
}

#[test]
fn a_refused_statement_is_shown_at_its_place() {
    let repo = Repo::with_two();
    repo.migration(
        "003_break",
        "ALTER TABLE sites ADD COLUMN a int REFERENCES nowhere (id);",
        "ALTER TABLE sites DROP COLUMN nowhere;",
    );
    let output = repo.enact("explain 003");
    assert_eq!(output.code, Some(35), "{output}");
    for part in ["--> migrations/003_break.sql:1:1", "does not exist", "^^^"] {
        assert!(output.stdout.contains(part), "{part}\n{output}");
    }
    let json = repo.enact("explain --format json");
    assert_eq!(json.code, Some(35), "{json}");
    assert!(json.stdout.contains(r#""sqlstate": "42P01""#), "{json}");
}

#[test]
fn statements_of_included_files_are_shown_with_their_file() {
    let repo = Repo::with_two();
    repo.env
        .write("parts/more.sql", "\nALTER TABLE sites ADD COLUMN a int;\n");
    repo.migration(
        "003_more",
        "\\ir ../parts/more.sql",
        "ALTER TABLE sites DROP COLUMN a;",
    );
    let output = repo.done("explain 3");
    let line = "  parts/more.sql line 2  ALTER TABLE\n";
    assert!(output.stdout.contains(line), "{output}");
}
