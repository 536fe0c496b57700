//! The server, and copies of a database with a large table.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::process::Command;

use enact_engine::sandbox::Durability;
use enact_testkit::{Must, TestEnv, TestPg};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::SimpleQueryMessage;

use crate::Scale;

const CONFIG: &str = "[project]\nkind = \"core\"\nname = \"core\"\nmigrations = \"migrations\"\n";

/// The database that copies are made of.
const BASE: &str = "base";

/// A server as a production server is set up, and a database on it with a large table `t`.
#[derive(Debug)]
pub struct Lab {
    pg: TestPg,
    runtime: Runtime,
    copies: Cell<u32>,
    /// The program that is measured.
    pub program: PathBuf,
    /// The psql it is measured against.
    pub psql: PathBuf,
    /// How much is measured.
    pub scale: Scale,
}

impl Lab {
    /// Starts the server and fills the table.
    pub fn new(program: PathBuf, scale: Scale) -> Self {
        let pg = TestPg::from_options(|options| {
            options.durability = Durability::Durable;
            let own = [
                ("shared_buffers", "1GB"),
                ("max_wal_size", "8GB"),
                ("checkpoint_timeout", "1h"),
            ];
            options
                .settings
                .extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
        });
        let runtime = Builder::new_current_thread().enable_all().build();
        let psql = pg.bin("psql");
        let lab = Self {
            runtime: runtime.must("start a runtime"),
            copies: Cell::new(0),
            program,
            psql: psql.unwrap_or_else(|| panic!("no psql on this machine")),
            scale,
            pg,
        };
        lab.query("postgres", &format!("CREATE DATABASE {BASE}"));
        let fill = format!(
            "CREATE TABLE p (id bigint PRIMARY KEY);\
             INSERT INTO p SELECT generate_series(0, 999);\
             CREATE TABLE t (id bigint PRIMARY KEY, n integer NOT NULL DEFAULT 0, note text NOT NULL, done integer, parent bigint);\
             INSERT INTO t (id, note, parent) SELECT g, repeat(md5(g::text), 2), g % 1000 FROM generate_series(1, {}) g",
            scale.rows
        );
        lab.query(BASE, &fill);
        lab.query(BASE, "VACUUM (FREEZE, ANALYZE) t");
        lab
    }

    /// A copy of the database, with nothing left to be written of it.
    pub fn copy(&self) -> String {
        let name = format!("copy_{}", self.copies.replace(self.copies.get() + 1));
        self.query(
            "postgres",
            &format!("CREATE DATABASE {name} TEMPLATE {BASE}"),
        );
        self.query("postgres", "CHECKPOINT");
        let synced = Command::new("sync").status().must("run sync");
        assert!(synced.success(), "sync: {synced}");
        // In memory before anything is measured, as the table of an application at work is.
        self.query(&name, "SELECT sum(length(note)) FROM t");
        name
    }

    /// Drops a copy.
    pub fn drop(&self, name: &str) {
        self.query("postgres", &format!("DROP DATABASE {name} WITH (FORCE)"));
    }

    /// The URL of a database.
    pub fn url(&self, database: &str) -> String {
        self.pg.url(database)
    }

    /// A repository without migrations.
    pub fn empty_repository(&self) -> TestEnv {
        let env = TestEnv::new(&self.program);
        env.write("enact.toml", CONFIG);
        env.write("migrations/README.md", "");
        env
    }

    /// A repository of one migration.
    pub fn repository(&self, migration: &str) -> TestEnv {
        let env = self.empty_repository();
        env.write(
            "migrations/001_change.sql",
            format!("-- Rollback: none - measured\n{migration}"),
        );
        env
    }

    /// `psql` with one command.
    pub fn psql(&self, url: &str, command: &str) -> Command {
        let mut psql = Command::new(&self.psql);
        psql.env_clear().args([
            "-X",
            "-q",
            "-v",
            "ON_ERROR_STOP=1",
            "-d",
            url,
            "-c",
            command,
        ]);
        psql
    }

    /// The first row's first value.
    pub fn value(&self, database: &str, query: &str) -> String {
        let rows = self.query(database, query).into_iter();
        let mut rows = rows.filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        });
        rows.next().unwrap_or_default()
    }

    /// The same as a number.
    pub fn number(&self, database: &str, query: &str) -> f64 {
        self.value(database, query).parse().unwrap_or(f64::NAN)
    }

    /// The server's version, as it tells it.
    pub fn server_version(&self) -> String {
        self.value("postgres", "SHOW server_version")
    }

    /// The folder the cluster is in.
    pub fn data_dir(&self) -> PathBuf {
        Path::new(&self.pg.sandbox().data_dir()).to_owned()
    }

    /// Runs SQL.
    pub fn query(&self, database: &str, query: &str) -> Vec<SimpleQueryMessage> {
        self.runtime.block_on(async {
            let client = self.pg.client(database).await;
            client.simple_query(query).await.must("ask the server")
        })
    }
}
