//! A repository of small migrations, as files for enact and as scripts for psql.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use enact_testkit::{Must, TestEnv};

const CONFIG: &str = "[project]\nkind = \"core\"\nname = \"core\"\nmigrations = \"migrations\"\n";
/// As a developer has it: enact asks git for the person to record.
const GIT_CONFIG: &str = "[user]\n\tname = Ada Example\n\temail = ada@example.org\n";

/// A folder with migrations of three statements each, their rollbacks, and the scripts that make psql run the same
/// files in one session.
#[derive(Debug)]
pub struct Repository {
    env: TestEnv,
    psql: PathBuf,
    /// How many migrations.
    pub size: usize,
}

impl Repository {
    /// Writes it.
    pub fn write(program: &Path, psql: &Path, size: usize) -> Self {
        let env = TestEnv::new(program);
        env.write("enact.toml", CONFIG);
        std::fs::write(env.home().join(".gitconfig"), GIT_CONFIG).must("write git's file");
        for number in 1..=size {
            env.write(migration_name(number), migration(number));
            env.write(rollback_name(number), rollback(number));
        }
        env.write("apply.psql", script((1..=size).map(migration_name)));
        env.write("rollback.psql", script((1..=size).rev().map(rollback_name)));
        Self {
            env,
            psql: psql.to_owned(),
            size,
        }
    }

    /// `enact` in this repository.
    pub fn enact(&self, arguments: &[&str]) -> Command {
        let mut command = self.env.command();
        command.args(arguments);
        command
    }

    /// `enact VERB` on a database.
    pub fn enact_on(&self, url: &str, verb: &str) -> Command {
        self.enact(&[verb, "--database-url", url])
    }

    /// `enact apply` of all.
    pub fn enact_apply(&self, url: &str) -> Command {
        self.enact_on(url, "apply")
    }

    /// `enact rollback` of all.
    pub fn enact_rollback(&self, url: &str) -> Command {
        let mut command = self.enact_on(url, "rollback");
        command.args(["--yes", "--steps", &self.size.to_string()]);
        command
    }

    /// One session of psql that applies all.
    pub fn psql_apply(&self, url: &str) -> Command {
        self.psql_file(url, "apply.psql")
    }

    /// One session of psql that rolls all back.
    pub fn psql_rollback(&self, url: &str) -> Command {
        self.psql_file(url, "rollback.psql")
    }

    /// The least that a client can do.
    pub fn psql_select(&self, url: &str) -> Command {
        let mut command = self.psql(url);
        command.args(["-c", "select 1"]);
        command
    }

    fn psql_file(&self, url: &str, script: &str) -> Command {
        let mut command = self.psql(url);
        command.args(["-q", "-v", "ON_ERROR_STOP=1", "-f", script]);
        command
    }

    fn psql(&self, url: &str) -> Command {
        let mut command = Command::new(&self.psql);
        command
            .env_clear()
            .envs([("LC_ALL", "C.UTF-8"), ("TZ", "UTC")])
            .env("HOME", self.env.home())
            .current_dir(self.env.dir())
            .args(["-X", "-d", url]);
        command
    }
}

fn migration_name(number: usize) -> String {
    format!("migrations/{number:04}_add_measure_{number}.sql")
}

fn rollback_name(number: usize) -> String {
    format!("migrations/rollback/{number:04}_rollback.sql")
}

/// The first migration, to be shown.
pub fn example() -> (String, String) {
    (migration(1), rollback(1))
}

fn migration(number: usize) -> String {
    format!(
        "-- Migration: {number:04} - Add measure {number}\n\
         -- Ticket: BENCH-{number}\n\
         -- Author: Benchmarks\n\
         -- Date: 2026-01-15\n\
         -- Purpose: One more table.\n\
         -- Dependencies: none\n\
         -- Impact: One new table.\n\
         -- Risk: Low\n\
         -- Downtime: None\n\
         -- Compliance: None\n\
         \n\
         CREATE TABLE measure_{number} (id bigint PRIMARY KEY, participant text NOT NULL, noted_at timestamptz NOT NULL);\n\
         CREATE INDEX measure_{number}_noted_at ON measure_{number} (noted_at);\n\
         COMMENT ON TABLE measure_{number} IS 'Measure {number} of a participant';\n"
    )
}

fn rollback(number: usize) -> String {
    format!(
        "-- Rollback: {number:04} - Add measure {number}\n\
         \n\
         COMMENT ON TABLE measure_{number} IS NULL;\n\
         DROP INDEX measure_{number}_noted_at;\n\
         DROP TABLE measure_{number};\n"
    )
}

/// The files, each in its transaction.
fn script(files: impl Iterator<Item = String>) -> String {
    files.fold(String::new(), |mut text, file| {
        let _ = writeln!(text, "BEGIN;\n\\i {file}\nCOMMIT;");
        text
    })
}
