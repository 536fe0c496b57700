//! The server, the ways to it, and what is run on it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use enact_engine::catalog::{Scope, take};
use enact_testkit::{Must, Proxy, TestPg};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::SimpleQueryMessage;

use crate::Scale;
use crate::files::Repository;

/// What a round trip to the distant server costs at least.
pub const DISTANCE: Duration = Duration::from_millis(10);

/// A server that syncs, and two repositories of migrations for it.
#[derive(Debug)]
pub struct Lab {
    pg: TestPg,
    runtime: Runtime,
    /// The program that is measured.
    pub program: PathBuf,
    /// The psql it is measured against.
    pub psql: PathBuf,
    /// How much is measured.
    pub scale: Scale,
    /// The small repository.
    pub small: Repository,
    /// The large repository.
    pub large: Repository,
    /// A way to the server that counts.
    pub near: Proxy,
    /// A way to the server that counts and takes time.
    pub distant: Proxy,
}

/// What the server has counted since it was made.
#[derive(Debug, Clone, Copy)]
pub struct Counters {
    /// Transactions that wrote something, from the transaction ids that were given out.
    pub transactions: i64,
    /// Syncs of the WAL by all processes; `None` on PostgreSQL 13, which does not count them.
    pub wal_syncs: Option<i64>,
}

impl Lab {
    /// Starts the server and writes the repositories.
    pub fn new(program: PathBuf, scale: Scale) -> Self {
        let pg = TestPg::durable();
        let runtime = Builder::new_current_thread().enable_all().build();
        // The installation's own: the wrapper that Debian has in the path first looks for clusters, in Perl.
        let psql = pg.bin("psql");
        let psql = psql.unwrap_or_else(|| panic!("no psql on this machine"));
        Self {
            runtime: runtime.must("start a runtime"),
            small: Repository::write(&program, &psql, scale.small),
            large: Repository::write(&program, &psql, scale.large),
            near: Proxy::before(&pg, Duration::ZERO),
            distant: Proxy::before(&pg, DISTANCE),
            program,
            psql,
            scale,
            pg,
        }
    }

    /// Makes an empty database.
    pub fn fresh(&self) -> String {
        self.runtime.block_on(self.pg.fresh())
    }

    /// The URL of a database over the server's own Unix socket.
    pub fn url(&self, database: &str) -> String {
        self.pg.url(database)
    }

    /// Drops a database, so that it costs the next measurements nothing.
    pub fn drop(&self, database: &str) {
        self.query(&format!("DROP DATABASE {database} WITH (FORCE)"));
    }

    /// How many of the repositories' tables are in a database: whether what was measured took place.
    pub fn tables(&self, database: &str) -> usize {
        let count = "SELECT count(*) FROM pg_tables WHERE tablename LIKE 'measure\\_%'";
        let rows = self.query_in(database, count);
        first(rows)
            .and_then(|text| text.parse().ok())
            .unwrap_or_default()
    }

    /// A checkpoint now, so that none is due in what is measured next, and nothing left for the file system to write:
    /// thousands of files that a dropped database had are deleted long after the server has said so.
    pub fn settle(&self) {
        self.query("CHECKPOINT");
        let synced = Command::new("sync").status().must("run sync");
        assert!(synced.success(), "sync: {synced}");
    }

    /// The server's version, as it tells it.
    pub fn server_version(&self) -> String {
        self.value("SHOW server_version").unwrap_or_default()
    }

    /// Makes a database with this schema.
    pub fn with_schema(&self, sql: &str) -> String {
        let database = self.fresh();
        self.query_in(&database, sql);
        database
    }

    /// A client program of the newest installation that has it.
    pub fn client_program(&self, name: &str) -> Option<PathBuf> {
        self.pg.bin(name)
    }

    /// Takes a snapshot of a database on a new connection: how many objects are in it, how long that took, and how long with
    /// its fingerprint.
    pub fn snapshot(&self, database: &str) -> (usize, Duration, Duration) {
        self.runtime.block_on(async {
            let client = self.pg.client(database).await;
            let begin = Instant::now();
            let snapshot = take(&client, &Scope::default()).await;
            let snapshot = snapshot.must("take a snapshot");
            let taken = begin.elapsed();
            let _ = std::hint::black_box(snapshot.fingerprint());
            (snapshot.objects.len(), taken, begin.elapsed())
        })
    }

    /// The folder the cluster is in.
    pub fn data_dir(&self) -> PathBuf {
        Path::new(&self.pg.sandbox().data_dir()).to_owned()
    }

    /// What the server has counted so far, once no client is there any more: each adds its numbers when it leaves.
    pub fn counters(&self) -> Counters {
        let others = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
        while self.number(others) != Some(0) {}
        let syncs = match self.pg.major() {
            ..14 => None,
            14..18 => self.number("SELECT wal_sync FROM pg_stat_wal"),
            _ => self.number("SELECT sum(fsyncs)::bigint FROM pg_stat_io WHERE object = 'wal'"),
        };
        let next = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text";
        Counters {
            transactions: self.number(next).unwrap_or_default(),
            wal_syncs: syncs,
        }
    }

    fn number(&self, query: &str) -> Option<i64> {
        self.value(query)?.parse().ok()
    }

    fn value(&self, query: &str) -> Option<String> {
        first(self.query(query))
    }

    fn query(&self, query: &str) -> Vec<SimpleQueryMessage> {
        self.query_in("postgres", query)
    }

    /// On a connection of its own, so that none is open while something is measured.
    fn query_in(&self, database: &str, query: &str) -> Vec<SimpleQueryMessage> {
        self.runtime.block_on(async {
            let client = self.pg.client(database).await;
            client.simple_query(query).await.must("ask the server")
        })
    }
}

/// The first row's first value.
fn first(messages: Vec<SimpleQueryMessage>) -> Option<String> {
    messages.into_iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    })
}
