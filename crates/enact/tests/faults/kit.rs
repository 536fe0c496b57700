//! A repository, a database, and `enact` between them.

use std::time::{Duration, Instant};

use enact_engine::target::{ConnInfo, Env};
use enact_engine::verify;
use enact_ledger::Checkpoint;
use enact_testkit::{Output, Running, TestEnv, TestPg};
use serde_json::Value;
use tokio::runtime::Runtime;
use tokio_postgres::{Client, Error, NoTls};

/// Longer than anything here takes, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks.
const POLL: Duration = Duration::from_micros(500);

/// A file of a repository: name, migration, rollback.
pub type File<'a> = (&'a str, &'a str, Option<&'a str>);

/// A repository with an `enact` of its own.
pub struct Repo {
    pub env: TestEnv,
}

impl Repo {
    /// A core repository of these files, numbered from 1.
    pub fn new(files: &[File<'_>]) -> Self {
        let env = TestEnv::new(env!("CARGO_BIN_EXE_enact"));
        env.write(
            "enact.toml",
            "[project]\nkind = \"core\"\nname = \"core\"\nmigrations = \"migrations\"\n",
        );
        let repo = Self { env };
        for (index, (name, up, down)) in files.iter().enumerate() {
            repo.write(index + 1, name, up, *down);
        }
        repo
    }

    pub fn write(&self, number: usize, name: &str, up: &str, down: Option<&str>) {
        let none = match down {
            Some(_) => "",
            None => "-- Rollback: none - of no interest here\n",
        };
        let path = format!("migrations/{number:03}_{name}.sql");
        self.env.write(path, format!("{none}{up}"));
        if let Some(down) = down {
            self.env.write(
                format!("migrations/rollback/{number:03}_rollback.sql"),
                down,
            );
        }
    }

    pub fn start(&self, words: &str, url: &str) -> Running {
        self.env.spawn(arguments(words, url))
    }

    /// Runs `enact` with these words, split at blanks, against `url`.
    pub fn enact(&self, words: &str, url: &str) -> Output {
        self.start(words, url).wait()
    }

    /// Runs and takes the JSON document of a success.
    pub fn done(&self, words: &str, url: &str) -> Value {
        let output = self.enact(words, url);
        assert_eq!(output.code, Some(0), "enact {words}:\n{output}");
        json(&output)
    }

    /// Runs and takes the JSON document of a failure with this exit code.
    pub fn refused(&self, words: &str, url: &str, code: i32) -> Value {
        failed(&self.enact(words, url), code)
    }

    /// The exit code of `verify` against these heads.
    pub fn verify(&self, url: &str, known: &[Checkpoint]) -> i32 {
        let mut words = "verify".to_owned();
        for (index, checkpoint) in known.iter().enumerate() {
            let file = format!("known-{index}");
            self.env.write(&file, checkpoint.to_string());
            words.push_str(&format!(" --known {file}"));
        }
        let output = self.enact(&words, url);
        json(&output);
        output.code.unwrap()
    }

    pub fn status(&self, url: &str) -> Value {
        self.done("status", url)
    }
}

fn arguments(words: &str, url: &str) -> Vec<String> {
    let mut all: Vec<String> = words.split(' ').map(str::to_owned).collect();
    if matches!(all[0].as_str(), "apply" | "rollback" | "redo") {
        all.push("--yes".to_owned());
    }
    all.extend(["--format", "json", "--database-url", url].map(str::to_owned));
    all
}

pub fn json(output: &Output) -> Value {
    serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}:\n{output}"))
}

/// The error document of a run that left with `code`.
pub fn failed(output: &Output, code: i32) -> Value {
    assert_eq!(output.code, Some(code), "{output}");
    let document = json(output);
    assert_eq!(document["exit"], code, "{output}");
    document
}

/// A session of somebody else. It stays open, and holds what it holds, until dropped.
pub struct Db {
    client: Client,
    runtime: Runtime,
}

impl Db {
    pub fn open(url: &str) -> Self {
        Self::try_open(url).unwrap()
    }

    pub fn try_open(url: &str) -> Result<Self, Error> {
        let runtime = runtime();
        let client = runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
            tokio::spawn(connection);
            Ok::<_, Error>(client)
        })?;
        Ok(Self { client, runtime })
    }

    pub fn run(&self, sql: &str) {
        self.try_run(sql)
            .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    }

    pub fn try_run(&self, sql: &str) -> Result<(), Error> {
        self.runtime.block_on(self.client.batch_execute(sql))
    }

    /// The one value that `sql` selects, as text; empty for NULL and for no row.
    pub fn value(&self, sql: &str) -> String {
        let rows = self.runtime.block_on(self.client.simple_query(sql));
        let rows = rows.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        let row = rows.iter().find_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => {
                Some(row.get(0).unwrap_or_default().to_owned())
            }
            _ => None,
        });
        row.unwrap_or_default()
    }

    /// Asks until the answer is `wanted`.
    pub fn until(&self, sql: &str, wanted: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let value = self.value(sql);
            if value == wanted {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "{sql}: still {value}, not {wanted}"
            );
            std::thread::sleep(POLL);
        }
    }
}

pub fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

/// The name of a fresh database.
pub fn fresh(pg: &TestPg) -> String {
    runtime().block_on(pg.fresh())
}

/// Waits until `done`.
pub fn until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        std::thread::sleep(POLL);
    }
}

/// A checkpoint of the ledger as it is.
pub fn checkpoint(url: &str) -> Checkpoint {
    let target = ConnInfo::resolve(Some(url), &Env::default()).unwrap();
    let export = verify::export(&target, "test", std::io::sink());
    runtime().block_on(export).unwrap()
}
