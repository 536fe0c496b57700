//! A repository with the nasty schema, a cluster, and what is done with a series there.

use std::fs;
use std::path::PathBuf;

use enact_engine::catalog::Scope;
use enact_engine::patterns::{self, Arguments, Pattern, PatternError, Source, Step};
use enact_engine::project::linting::{Selection, lint};
use enact_engine::project::{NewPair, Project, SeriesHeader, Stream, validate};
use enact_engine::proof::{self, Options, Report, Request};
use enact_engine::sandbox::{Sandbox, Scratch};
use enact_engine::target::{ConnInfo, Env};
use enact_sql::script::SegmentKind;
use enact_testkit::TestPg;
use tempfile::TempDir;
use tokio_postgres::Client;

pub struct Repo {
    pub dir: TempDir,
    pub scratch: Scratch,
}

impl Repo {
    /// The nasty schema as 001, with rows.
    pub fn new() -> Self {
        let repo = Self {
            dir: tempfile::tempdir().unwrap(),
            scratch: Scratch::Cluster(Box::new(Sandbox::start(&TestPg::options()).unwrap())),
        };
        repo.write(
            "enact.toml",
            "[project]\nkind = \"core\"\nname = \"core\"\nmigrations = \"migrations\"\n",
        );
        repo.write("migrations/001_base.sql", &base());
        repo.write("fixtures/001_rows.sql", include_str!("rows.sql"));
        repo
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn project(&self) -> Project {
        Project::open(&self.dir.path().join("enact.toml")).unwrap()
    }

    pub fn stream(&self) -> Stream {
        Stream::read(&self.project().stream_source()).unwrap()
    }

    pub async fn steps(
        &self,
        pattern: &str,
        arguments: &Arguments,
    ) -> Result<Vec<Step>, PatternError> {
        let source = Source {
            stream: &self.stream(),
            base: &[],
            scratch: &self.scratch,
            env: &Env::default(),
        };
        patterns::from_sandbox(source, pattern.parse::<Pattern>().unwrap(), arguments).await
    }

    /// Writes the series and has it validated, linted and proven.
    pub async fn series(&self, pattern: &str, arguments: Arguments) -> Vec<NewPair> {
        let steps = self.steps(pattern, &arguments).await.unwrap();
        let header = SeriesHeader {
            ticket: Some("DIARY-9"),
            author: "Ana Ruiz",
            date: jiff::civil::date(2026, 3, 2),
        };
        let pairs = patterns::write(&self.stream(), &steps, &header).unwrap();
        let problems = validate(&self.project()).problems;
        assert!(problems.is_empty(), "{problems:#?}\n{}", self.text(&pairs));
        self.lint(&pairs);
        pairs
    }

    fn lint(&self, pairs: &[NewPair]) {
        let numbers = pairs.iter().map(|pair| pair.number).collect();
        let linted = lint(
            &self.project(),
            &self.stream(),
            &Selection::Numbers(numbers),
            None,
        )
        .unwrap();
        // What these say was so before the series, and is asked for by it.
        let own = ["fk-no-index", "fk-type-mismatch", "json-column"];
        let findings: Vec<_> = linted
            .iter()
            .flat_map(|one| &one.findings)
            .filter(|finding| !own.contains(&finding.rule))
            .map(|finding| format!("{} {}: {}", finding.severity, finding.rule, finding.message))
            .collect();
        assert!(findings.is_empty(), "{findings:#?}\n{}", self.text(pairs));
    }

    /// The verdicts of the series' proofs, with rows in the tables.
    pub async fn prove(&self, pairs: &[NewPair]) -> Vec<&'static str> {
        let report = self.report(pairs).await;
        let bad = |verdict: &proof::Verdict| {
            verdict
                .failure()
                .map(|failure| format!("{failure} {failure:?}"))
        };
        let all: Vec<_> = report.migrations.iter().map(|one| &one.verdict).collect();
        let said: Vec<_> = all.iter().filter_map(|verdict| bad(verdict)).collect();
        assert!(said.is_empty(), "{said:#?}\n{}", self.text(pairs));
        for one in &report.migrations {
            assert!(!one.no_effect, "{} has no effect", one.file.display());
        }
        all.iter().map(|verdict| verdict.name()).collect()
    }

    async fn report(&self, pairs: &[NewPair]) -> Report {
        let options = Options {
            only: pairs.iter().map(|pair| pair.number).collect(),
            ..Options::default()
        };
        let request = Request {
            stream: &self.stream(),
            fixtures: &self.dir.path().join("fixtures"),
            tests: &self.dir.path().join("tests"),
            base: &[],
            scratch: &self.scratch,
            env: &Env::default(),
            scope: &Scope::default(),
            tool_version: "0.0.0",
            options: &options,
        };
        proof::prove(request, &|_| {}).await.unwrap()
    }

    pub fn text(&self, pairs: &[NewPair]) -> String {
        let files: Vec<PathBuf> = pairs
            .iter()
            .flat_map(|pair| [pair.migration.clone(), pair.rollback.clone()])
            .collect();
        files
            .iter()
            .map(|file| {
                format!(
                    "=== {}\n{}",
                    file.display(),
                    fs::read_to_string(file).unwrap()
                )
            })
            .collect()
    }

    /// A database with the schema and its rows.
    pub async fn database(&self) -> Client {
        self.named_database().await.1
    }

    /// The same, with its name.
    pub async fn named_database(&self) -> (String, Client) {
        let name = self.scratch.fresh().await.unwrap();
        let (client, connection) = self
            .scratch
            .config(&name)
            .connect(tokio_postgres::NoTls)
            .await
            .unwrap();
        tokio::spawn(connection);
        let base = fs::read_to_string(self.dir.path().join("migrations/001_base.sql")).unwrap();
        run(&client, &base).await;
        run(&client, include_str!("rows.sql")).await;
        (name, client)
    }

    /// The steps from a live database.
    pub async fn live(
        &self,
        database: &str,
        pattern: &str,
        arguments: &Arguments,
    ) -> Result<Vec<Step>, PatternError> {
        let target = ConnInfo::resolve(Some(&self.scratch.url(database)), &Env::default()).unwrap();
        patterns::from_target(&target, "enact test", pattern.parse().unwrap(), arguments).await
    }
}

/// Runs a file segment by segment. Backfills run at once.
pub async fn run(client: &Client, text: &str) {
    let script = enact_sql::script::analyse_text(text, "file.sql");
    assert!(script.problems.is_empty(), "{:?}", script.problems);
    for segment in &script.segments {
        let transactional = matches!(segment.kind, SegmentKind::Transactional);
        if transactional {
            raw(client, "BEGIN").await;
        }
        for statement in &segment.statements {
            raw(client, script.sql(statement)).await;
        }
        if transactional {
            raw(client, "COMMIT").await;
        }
    }
}

/// Runs statements as they are.
pub async fn raw(client: &Client, sql: &str) {
    if let Err(error) = client.batch_execute(sql).await {
        panic!("{error:?}\n{sql}");
    }
}

/// The migrations with these indices, applied in order.
pub async fn apply(client: &Client, pairs: &[NewPair]) {
    for pair in pairs {
        run(client, &fs::read_to_string(&pair.migration).unwrap()).await;
    }
}

/// The rollbacks, newest first.
pub async fn roll_back(client: &Client, pairs: &[NewPair]) {
    for pair in pairs.iter().rev() {
        run(client, &fs::read_to_string(&pair.rollback).unwrap()).await;
    }
}

/// One value as text.
pub async fn value(client: &Client, sql: &str) -> String {
    let row = client
        .query_typed_one(&format!("SELECT ({sql})::text"), &[])
        .await;
    row.unwrap()
        .get::<_, Option<String>>(0)
        .unwrap_or_else(|| "NULL".to_owned())
}

/// The fingerprint of the schema, with the order of columns.
pub async fn fingerprint(client: &Client) -> ([u8; 32], [u8; 32]) {
    let snapshot = enact_engine::catalog::take(client, &Scope::default())
        .await
        .unwrap();
    (snapshot.fingerprint(), snapshot.column_order_digest())
}

pub fn arguments(table: &str) -> Arguments {
    Arguments {
        table: Some(table.to_owned()),
        ..Arguments::default()
    }
}

/// The major version of the server that tests run on.
pub fn major() -> u32 {
    TestPg::options().installation.major()
}

/// The nasty schema, as far as the server knows how: before 15 no view has the rights of who asks.
pub fn base() -> String {
    let schema = include_str!("base.sql");
    match major() {
        15.. => schema.to_owned(),
        _ => schema.replace("security_invoker = true, ", ""),
    }
}

/// The nasty schema without rights on single columns of the table with row-level security.
pub fn whole_rights() -> String {
    base().replace(
        "GRANT SELECT (id, name, number) ON app.participant",
        "GRANT SELECT ON app.participant",
    )
}
