//! A private PostgreSQL cluster for one test.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use enact_engine::sandbox::{Durability, Installation, Options, Sandbox, SearchPaths};
use tokio_postgres::Client;

use crate::Must;

/// A private PostgreSQL cluster that ends with the test, however that ends.
///
/// Its binaries are the newest on the machine, or those in `ENACT_TEST_PG_BINDIR`.
#[derive(Debug)]
pub struct TestPg {
    sandbox: Sandbox,
    databases: AtomicU32,
}

impl TestPg {
    /// A cluster that syncs nothing.
    #[must_use]
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// A cluster with further settings, for example `[("log_statement", "all")]`.
    #[must_use]
    pub fn with(settings: &[(&str, &str)]) -> Self {
        Self::from_options(|options| options.settings.extend(owned(settings)))
    }

    /// A cluster that syncs every commit, as a production server does.
    #[must_use]
    pub fn durable() -> Self {
        Self::from_options(|options| options.durability = Durability::Durable)
    }

    /// A cluster whose `pg_hba.conf` has these lines, for tests of passwords and refusals.
    #[must_use]
    pub fn with_access(lines: &[&str]) -> Self {
        Self::from_options(|options| {
            options.access = lines.iter().map(ToString::to_string).collect()
        })
    }

    /// A cluster with whatever options.
    #[must_use]
    pub fn from_options(change: impl FnOnce(&mut Options)) -> Self {
        let mut options = Self::options();
        change(&mut options);
        Self {
            sandbox: Sandbox::start(&options).must("start a test cluster"),
            databases: AtomicU32::new(0),
        }
    }

    /// The options test clusters start from.
    #[must_use]
    pub fn options() -> Options {
        let mut options = Options::new(installation());
        options.cache_dir = Some(cache_dir());
        // PostgreSQL 13 would store passwords as MD5 hashes, which no SCRAM exchange can use.
        options.settings = owned(&[("password_encryption", "scram-sha-256")]);
        options
    }

    /// The cluster itself.
    #[must_use]
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// The server's major version.
    #[must_use]
    pub fn major(&self) -> u32 {
        self.sandbox.installation().major()
    }

    /// The URL of a database, as superuser.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        self.sandbox.url(database)
    }

    /// The URL of a fresh, empty database.
    pub async fn database(&self) -> String {
        let name = self.fresh().await;
        self.url(&name)
    }

    /// The name of a fresh, empty database.
    pub async fn fresh(&self) -> String {
        let number = self.databases.fetch_add(1, Ordering::Relaxed) + 1;
        let name = format!("test_{number}");
        self.sandbox
            .create_database(&name)
            .await
            .must("create a test database");
        name
    }

    /// A connection to a database, as superuser.
    pub async fn client(&self, database: &str) -> Client {
        self.sandbox
            .connect(database)
            .await
            .must("connect to the test cluster")
    }

    /// The path of a client program such as `psql` or `pg_dump`, from whichever installation has it.
    #[must_use]
    pub fn bin(&self, name: &str) -> Option<PathBuf> {
        let others = Installation::all(&search_paths());
        let own = self.sandbox.installation().program(name);
        own.or_else(|| others.iter().rev().find_map(|one| one.program(name)))
    }

    /// Kills the server as a crash would (SIGQUIT, immediate shutdown).
    pub fn kill_immediate(&self) {
        self.sandbox.stop_immediate().must("stop the test cluster");
    }

    /// Starts the server again, with recovery if it was killed.
    pub fn restart(&self) {
        self.sandbox.restart().must("restart the test cluster");
    }

    /// The server's log so far.
    #[must_use]
    pub fn log(&self) -> String {
        let bytes = std::fs::read(self.sandbox.log_path()).must("read the server's log");
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

fn owned(settings: &[(&str, &str)]) -> Vec<(String, String)> {
    let pairs = settings.iter();
    pairs
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn search_paths() -> SearchPaths {
    SearchPaths::usual().with_path(&env::var_os("PATH").unwrap_or_default())
}

fn installation() -> Installation {
    match env::var_os("ENACT_TEST_PG_BINDIR") {
        Some(bindir) => Installation::at(Path::new(&bindir)).must("use ENACT_TEST_PG_BINDIR"),
        None => Installation::discover(&search_paths(), None).must("find PostgreSQL"),
    }
}

fn cache_dir() -> PathBuf {
    build_dir().join("enact-test-pg")
}

/// The build directory, so that `cargo clean` clears what tests keep; else that of temporary files.
pub(crate) fn build_dir() -> PathBuf {
    let exe = env::current_exe().unwrap_or_default();
    let target = exe
        .ancestors()
        .find(|dir| dir.join("CACHEDIR.TAG").is_file());
    target.map_or_else(env::temp_dir, Path::to_owned)
}
