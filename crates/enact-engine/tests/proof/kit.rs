//! A cluster, and streams to prove in it.

use std::fs;
use std::path::{Path, PathBuf};

use enact_engine::catalog::Scope;
use enact_engine::project::{Stream, StreamName, StreamSource};
use enact_engine::proof::{self, Base, Options, Proof, ProofError, Report, Request};
use enact_engine::sandbox::{Sandbox, Scratch};
use enact_engine::target::Env;
use enact_testkit::TestPg;
use tempfile::TempDir;

/// A private cluster as a source of databases.
pub fn scratch() -> Scratch {
    Scratch::Cluster(Box::new(Sandbox::start(&TestPg::options()).unwrap()))
}

/// A repository's stream with its fixtures and tests.
pub struct Source {
    pub stream: Stream,
    pub fixtures: PathBuf,
    pub tests: PathBuf,
}

impl Source {
    pub fn new(name: &str, root: &Path, migrations: &str) -> Self {
        let stream = Stream::read(&StreamSource {
            name: name.parse::<StreamName>().unwrap(),
            root: root.to_owned(),
            dir: root.join(migrations),
            max_file_size: 1 << 26,
        });
        Self {
            stream: stream.unwrap(),
            fixtures: root.join("fixtures"),
            tests: root.join("tests"),
        }
    }

    pub fn base(&self) -> Base<'_> {
        Base {
            stream: &self.stream,
            fixtures: &self.fixtures,
        }
    }

    pub async fn prove(&self, scratch: &Scratch) -> Result<Report, ProofError> {
        self.prove_with(scratch, &[], &Options::default()).await
    }

    pub async fn prove_with(
        &self,
        scratch: &Scratch,
        base: &[Base<'_>],
        options: &Options,
    ) -> Result<Report, ProofError> {
        let request = Request {
            stream: &self.stream,
            fixtures: &self.fixtures,
            tests: &self.tests,
            base,
            scratch,
            env: &Env::default(),
            scope: &Scope::default(),
            tool_version: "0.0.0",
            options,
        };
        proof::prove(request, &|_| {}).await
    }
}

/// A repository in a temporary folder.
pub struct Repo {
    pub dir: TempDir,
}

impl Repo {
    /// Migrations with their rollbacks; one without a rollback says so.
    pub fn new(migrations: &[(&str, Option<&str>)]) -> Self {
        let repo = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        for (index, (up, down)) in migrations.iter().enumerate() {
            let number = index + 1;
            let none = match down {
                Some(down) => {
                    repo.write(
                        &format!("migrations/rollback/{number:03}_rollback.sql"),
                        down,
                    );
                    ""
                }
                None => "-- Rollback: none - nothing to go back to\n",
            };
            repo.write(
                &format!("migrations/{number:03}_step.sql"),
                &format!("{none}{up}"),
            );
        }
        repo
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn source(&self) -> Source {
        Source::new("core", self.dir.path(), "migrations")
    }
}

/// The verdicts' names, in order.
pub fn verdicts(report: &Report) -> Vec<&'static str> {
    report
        .migrations
        .iter()
        .map(|proof| proof.verdict.name())
        .collect()
}

/// A proof in words, for a test that fails.
pub fn explain(proof: &Proof) -> String {
    let failure = proof.verdict.failure().map(ToString::to_string);
    format!(
        "{:03} {}: {:?} {failure:?}",
        proof.number,
        proof.verdict.name(),
        proof.verdict
    )
}
