//! A repository in a temporary directory and a database to run it against.

use std::fs;
use std::path::PathBuf;

use enact_engine::catalog::Scope;
use enact_engine::events::Events;
use enact_engine::person::Person;
use enact_engine::plan::Goal;
use enact_engine::program::Program;
use enact_engine::project::Streams;
use enact_engine::project::layout::{Stream, StreamSource};
use enact_engine::project::names::StreamName;
use enact_engine::run::{self, Finished, Request, RunError, Settings};
use enact_engine::stop::Stop;
use enact_engine::target::{ConnInfo, Env};
use enact_ledger::Hash;
use enact_testkit::TestPg;
use tempfile::TempDir;

/// A stream `core` made of `(migration, rollback)` texts, and a fresh database.
pub struct Kit {
    pub pg: TestPg,
    pub database: String,
    pub url: String,
    pub dir: TempDir,
}

impl Kit {
    pub async fn new(files: &[(&str, Option<&str>)]) -> Self {
        let pg = TestPg::start();
        let database = pg.fresh().await;
        let url = pg.url(&database);
        let kit = Self {
            pg,
            database,
            url,
            dir: tempfile::tempdir().unwrap(),
        };
        for (index, (up, down)) in files.iter().enumerate() {
            kit.write(index + 1, up, *down);
        }
        kit
    }

    pub fn write(&self, number: usize, up: &str, down: Option<&str>) {
        let migrations = self.dir.path().join("migrations");
        fs::create_dir_all(migrations.join("rollback")).unwrap();
        let no_rollback = if down.is_none() {
            "-- Rollback: none - test\n"
        } else {
            ""
        };
        fs::write(
            migrations.join(format!("{number:03}_step.sql")),
            format!("{no_rollback}{up}"),
        )
        .unwrap();
        if let Some(down) = down {
            fs::write(
                migrations.join(format!("rollback/{number:03}_rollback.sql")),
                down,
            )
            .unwrap();
        }
    }

    pub fn stream(&self) -> Stream {
        let root: PathBuf = self.dir.path().to_owned();
        let dir = root.join("migrations");
        Stream::read(&StreamSource {
            name: StreamName::core(),
            root,
            dir,
            max_file_size: 1 << 26,
        })
        .unwrap()
    }

    /// From here on as another database role.
    pub fn log_in_as(&mut self, role: &str) {
        self.url = self.pg.sandbox().url_as(role, &self.database);
    }

    pub fn target(&self) -> ConnInfo {
        ConnInfo::resolve(Some(&self.url), &Env::default()).unwrap()
    }

    pub async fn run(&self, goal: Goal) -> Result<Finished, RunError> {
        self.run_with(goal, Settings::default()).await
    }

    pub async fn run_with(&self, goal: Goal, settings: Settings) -> Result<Finished, RunError> {
        let (target, streams) = (self.target(), Streams::alone(self.stream()));
        let request = Request {
            target: &target,
            streams: &streams,
            goal,
            person: Person::known("Ada Example"),
            host: "test".to_owned(),
            program: Program::known("0.0.0", Hash::ZERO),
            scope: Scope::default(),
            evidence: None,
            settings,
        };
        run::run(request, &Events::silent(), Stop::never()).await
    }

    pub async fn value(&self, sql: &str) -> String {
        let client = self.pg.client(&self.database).await;
        let rows = client
            .query_typed(&format!("SELECT ({sql})::text"), &[])
            .await
            .unwrap();
        rows[0].get::<_, Option<String>>(0).unwrap_or_default()
    }
}

pub const ALL: Goal = Goal::Apply {
    to: None,
    steps: None,
};
