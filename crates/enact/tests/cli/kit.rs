//! A repository and a database, and `enact` at work on them.

use std::sync::LazyLock;

use enact_testkit::{Output, TestEnv, TestPg};

/// One cluster for all tests; it ends with the process.
static PG: LazyLock<TestPg> = LazyLock::new(TestPg::start);

/// A cluster that is shared by all tests.
pub fn pg() -> &'static TestPg {
    &PG
}

/// What differs between runs in documents and tables.
pub const FILTERS: [(&str, &str); 12] = [
    (r"\d+ days old", "[DAYS] days old"),
    (
        r#""system_identifier": "\d+""#,
        r#""system_identifier": "[SYSTEM]""#,
    ),
    (r#""server_version": \d+"#, r#""server_version": [VERSION]"#),
    (r#""milliseconds": \d+"#, r#""milliseconds": [MS]"#),
    (r#""pid": \d+"#, r#""pid": [PID]"#),
    (r#""stamp": "[^"]+""#, r#""stamp": "[STAMP]""#),
    (r"database \[DB\] +", "database [DB]  "),
    (r"proven on PostgreSQL \S+", "proven on PostgreSQL [PG]"),
    // Before PostgreSQL 15; since 17 and 18.
    (r"public: create, usage", "public: usage"),
    (r"insert, maintain, references", "insert, references"),
    (r" *\+ constraint \S+_not_null\n", ""),
    // What the suite is told with a variable.
    (r"(Usage: .*) --pg-bindir <FOLDER>", "$1"),
];

/// Waits for `work`.
pub fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(work)
}

/// An environment with nothing of the machine's in it.
pub fn env() -> TestEnv {
    let mut env = TestEnv::new(env!("CARGO_BIN_EXE_enact"));
    env.set("ENACT_PERSON", "Ada Example <ada@example.org>");
    if let Ok(host) = std::fs::read_to_string("/proc/sys/kernel/hostname") {
        env.hide(host.trim(), "[HOST]");
    }
    env
}

/// A repository with stream `core` and a database of its own, which `DATABASE_URL` names.
pub struct Repo {
    pub env: TestEnv,
    pub database: String,
}

impl Repo {
    pub fn new() -> Self {
        let database = wait(pg().fresh());
        let mut env = env();
        env.set("DATABASE_URL", pg().url(&database));
        env.hide(format!("\"{database}\""), "\"[DB]\"");
        env.hide(format!("/{database}"), "/[DB]");
        env.hide(format!("database {database}"), "database [DB]");
        env.write(
            "enact.toml",
            "[project]\nkind = \"core\"\nname = \"core\"\nmigrations = \"migrations\"\n",
        );
        Self { env, database }
    }

    /// With migrations 001 `create_sites` and 002 `add_city`.
    pub fn with_two() -> Self {
        let repo = Self::new();
        repo.migration(
            "001_create_sites",
            "CREATE TABLE sites (id int PRIMARY KEY, name text NOT NULL);",
            "DROP TABLE sites;",
        );
        repo.migration(
            "002_add_city",
            "ALTER TABLE sites ADD COLUMN city text;\nCOMMENT ON COLUMN sites.city IS 'Where it is';",
            "ALTER TABLE sites DROP COLUMN city;",
        );
        repo
    }

    pub fn migration(&self, name: &str, up: &str, down: &str) {
        self.env
            .write(format!("migrations/{name}.sql"), format!("{up}\n"));
        let number = name.split('_').next().unwrap();
        self.env.write(
            format!("migrations/rollback/{number}_rollback.sql"),
            format!("{down}\n"),
        );
    }

    pub fn remove(&self, path: &str) {
        std::fs::remove_file(self.env.dir().join(path)).unwrap();
    }

    /// Runs `enact` with the words of `line`.
    pub fn enact(&self, line: &str) -> Output {
        self.env.enact(line.split_whitespace())
    }

    /// Runs `enact`, which must succeed.
    pub fn done(&self, line: &str) -> Output {
        let output = self.enact(line);
        assert_eq!(output.code, Some(0), "enact {line}\n{output}");
        output
    }

    /// Runs SQL as superuser.
    pub fn sql(&self, sql: &str) {
        wait(async {
            let client = pg().client(&self.database).await;
            client.batch_execute(sql).await.unwrap();
        });
    }

    /// The SQLSTATE with which the server refuses this.
    pub fn refused_sql(&self, sql: &str) -> String {
        wait(async {
            let client = pg().client(&self.database).await;
            let error = client.batch_execute(sql).await.unwrap_err();
            error.code().unwrap().code().to_owned()
        })
    }

    /// Returns once a migration is at its `pg_sleep(60)`.
    pub fn wait_for_sleep(&self) {
        let sleeping = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' \
             AND state = 'active' AND pid <> pg_backend_pid() AND datname = current_database()";
        while self.value(sleeping) == "0" {
            std::thread::yield_now();
        }
    }

    /// The first column of the first row, as text.
    pub fn value(&self, sql: &str) -> String {
        wait(async {
            let client = pg().client(&self.database).await;
            let row = client
                .query_one(&format!("SELECT ({sql})::text"), &[])
                .await;
            row.unwrap().get::<_, Option<String>>(0).unwrap_or_default()
        })
    }
}

/// Compares what `enact` said with an inline snapshot, apart from what differs between runs.
#[macro_export]
macro_rules! said {
    ($env:expr, $output:expr, @$snapshot:literal) => {
        let mut filters = $env.filters();
        filters.extend($crate::kit::FILTERS.map(|(from, to)| (from.to_owned(), to.to_owned())));
        let filters = filters.iter().map(|(from, to)| (from.as_str(), to.as_str()));
        insta::with_settings!({ filters => filters }, {
            insta::assert_snapshot!($output.to_string(), @$snapshot)
        })
    };
}
