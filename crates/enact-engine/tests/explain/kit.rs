//! A cluster, and streams to explain in it.

use std::fs;
use std::path::Path;

use enact_engine::catalog::Scope;
use enact_engine::explain::{self, Forecast, Request};
use enact_engine::project::{Stream, StreamName, StreamSource};
use enact_engine::proof::ProofError;
use enact_engine::sandbox::{Sandbox, Scratch};
use enact_engine::target::Env;
use enact_testkit::TestPg;
use tempfile::TempDir;

/// A private cluster as a source of databases.
pub fn scratch() -> Scratch {
    Scratch::Cluster(Box::new(Sandbox::start(&TestPg::options()).unwrap()))
}

/// A repository in a temporary folder.
pub struct Repo {
    dir: TempDir,
    count: u32,
}

impl Repo {
    pub fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            count: 0,
        }
    }

    /// Adds a migration and says its number.
    pub fn add(&mut self, up: &str, down: Option<&str>) -> u32 {
        self.count += 1;
        let number = self.count;
        let none = match down {
            Some(down) => {
                self.write(
                    &format!("migrations/rollback/{number:03}_rollback.sql"),
                    down,
                );
                ""
            }
            None => "-- Rollback: none - nothing to go back to\n",
        };
        self.write(
            &format!("migrations/{number:03}_step.sql"),
            &format!("{none}{up}\n"),
        );
        number
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub async fn explain(
        &self,
        scratch: &Scratch,
        numbers: &[u32],
        rollback: bool,
    ) -> Result<Forecast, ProofError> {
        let root: &Path = self.dir.path();
        let stream = Stream::read(&StreamSource {
            name: "core".parse::<StreamName>().unwrap(),
            root: root.to_owned(),
            dir: root.join("migrations"),
            max_file_size: 1 << 26,
        });
        let stream = stream.unwrap();
        let request = Request {
            stream: &stream,
            fixtures: &root.join("fixtures"),
            base: &[],
            scratch,
            env: &Env::default(),
            scope: &Scope::default(),
            numbers,
            rollback,
        };
        explain::explain(request, &|_| {}).await
    }
}
