//! A core repository and a sponsor's, side by side.

use std::fs;
use std::path::PathBuf;

use enact_testkit::{Output, TestEnv};

use crate::kit::{env, pg, wait};

const CORE: &str = "[project]\nkind = \"core\"\nname = \"core\"\nmigrations = \"migrations\"\n
[release]\npackage = \"@clinical-diary/database\"\n";

const CHANGELOG: &str = "# Changelog\n\n## 1.1.1 - 2026-01-20\n\n- A fix\n\n## 1.1.0 - 2026-01-10\n\n- Visits\n\n## 1.0.0 - 2026-01-01\n\n- Sites\n";

/// `core/` with one migration, `orion/` with one that requires it, and a database that `STAGING` names.
pub struct World {
    pub env: TestEnv,
    pub database: String,
}

impl World {
    pub fn new() -> Self {
        let database = wait(pg().fresh());
        let mut env = env();
        env.set("STAGING", pg().url(&database))
            .hide(format!("/{database}"), "/[DB]");
        env.write("core/enact.toml", CORE);
        env.write("core/CHANGELOG.md", CHANGELOG);
        let world = Self { env, database };
        world.core(
            "001_sites",
            "CREATE SCHEMA diary;\nCREATE TABLE diary.sites (id int PRIMARY KEY);",
            "DROP TABLE diary.sites;\nDROP SCHEMA diary;",
        );
        world.sponsor("^1.0.0", "{ path = \"../core/releases\" }");
        world.extension(
            "001_reports",
            "-- Dependencies: core >= 001\nCREATE SCHEMA orion;\nCREATE VIEW orion.report AS SELECT id FROM diary.sites;",
            "DROP VIEW orion.report;\nDROP SCHEMA orion;",
        );
        world
    }

    /// With 1.0.0 released and pinned.
    pub fn pinned() -> Self {
        let world = Self::new();
        world.done("core", "release 1.0.0");
        world.done("orion", "pin");
        world
    }

    /// Core 002 `visits`, which 1.1.0 brings.
    pub fn visits(&self) {
        self.core(
            "002_visits",
            "CREATE TABLE diary.visits (id int PRIMARY KEY);",
            "DROP TABLE diary.visits;",
        );
    }

    pub fn sponsor(&self, range: &str, source: &str) {
        self.sponsor_with(&format!("version = \"{range}\"\nsource = {source}"));
    }

    pub fn sponsor_with(&self, core: &str) {
        self.env.write(
            "orion/enact.toml",
            format!(
                "[project]\nkind = \"sponsor\"\nname = \"orion\"\nmigrations = \"migrations\"\n
[core]\npackage = \"@clinical-diary/database\"\n{core}\n
[environments.staging]\nurl = {{ env = \"STAGING\" }}\n"
            ),
        );
    }

    pub fn core(&self, name: &str, up: &str, down: &str) {
        self.migration("core", name, up, down);
    }

    pub fn extension(&self, name: &str, up: &str, down: &str) {
        self.migration("orion", name, up, down);
    }

    fn migration(&self, repository: &str, name: &str, up: &str, down: &str) {
        let (number, title) = name.split_once('_').unwrap();
        let header = format!(
            "-- Migration: {number} - {title}\n-- Ticket: CORE-{number}\n-- Author: Core team\n\
             -- Date: 2026-01-01\n-- Purpose: A test\n"
        );
        self.env.write(
            format!("{repository}/migrations/{name}.sql"),
            format!("{header}{up}\n"),
        );
        self.env.write(
            format!("{repository}/migrations/rollback/{number}_rollback.sql"),
            format!("{down}\n"),
        );
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.env.dir().join(path)
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// Runs `enact` in one of the repositories.
    pub fn enact(&self, repository: &str, line: &str) -> Output {
        let config = format!("{repository}/enact.toml");
        let words = ["--config", config.as_str()];
        self.env
            .enact(words.into_iter().chain(line.split_whitespace()))
    }

    /// The same, which must succeed.
    pub fn done(&self, repository: &str, line: &str) -> Output {
        self.left(repository, line, 0)
    }

    /// The same, which must leave with this code.
    pub fn left(&self, repository: &str, line: &str, code: i32) -> Output {
        let output = self.enact(repository, line);
        assert_eq!(
            output.code,
            Some(code),
            "{repository}$ enact {line}\n{output}"
        );
        output
    }

    pub fn sql(&self, sql: &str) {
        wait(async {
            let client = pg().client(&self.database).await;
            client.batch_execute(sql).await.unwrap();
        });
    }
}
