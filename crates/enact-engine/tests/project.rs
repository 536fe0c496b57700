//! Migration directories as people leave them. The rules' red cases are in `project/red.rs`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests stop at the first surprise"
)]

use std::path::{Path, PathBuf};

use enact_engine::project::{
    Kind, NewError, NewMigration, Problem, Project, RollbackFile, Stream, StreamSource, init,
    layout, new_migration, validate, validate_stream,
};
use jiff::civil::date;
use proptest::prelude::*;

#[path = "project/red.rs"]
mod red;

/// A repository in a temporary folder, with migrations in `db`.
struct Repository {
    dir: tempfile::TempDir,
}

impl Repository {
    fn new() -> Self {
        let repository = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        std::fs::create_dir_all(repository.path("db/rollback")).unwrap();
        repository
    }

    /// Two migrations, the first of which cannot be undone.
    fn good() -> Self {
        let repository = Self::new();
        repository.write(
            "db/001_initial_schema.sql",
            migration("001", "Initial schema", "-- Rollback: none - first\n"),
        );
        repository.write("db/002_add_device.sql", migration("002", "Add device", ""));
        repository.write("db/rollback/002_rollback.sql", rollback("002"));
        repository
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    fn replace(&self, name: &str, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.path(name)).unwrap();
        assert!(text.contains(from), "{name} holds no {from:?}");
        self.write(name, text.replace(from, to));
    }

    fn rename(&self, from: &str, to: &str) {
        std::fs::rename(self.path(from), self.path(to)).unwrap();
    }

    fn source(&self) -> StreamSource {
        let root = self.dir.path().to_owned();
        StreamSource {
            name: "orion".parse().unwrap(),
            dir: root.join("db"),
            root,
            max_file_size: 1 << 20,
        }
    }

    fn read(&self) -> Stream {
        Stream::read(&self.source()).unwrap_or_else(|problems| panic!("{problems:#?}"))
    }

    /// What the quick reading says, all of which `validate` must say too.
    fn structural(&self) -> Vec<String> {
        let read =
            shown(&Stream::read(&self.source()).expect_err("the quick reading sees nothing wrong"));
        let validated = self.validated();
        for problem in &read {
            assert!(
                validated.contains(problem),
                "validate does not say: {problem}\nbut {validated:#?}"
            );
        }
        read
    }

    fn validated(&self) -> Vec<String> {
        shown(&validate_stream(&self.source()).problems)
    }
}

fn shown(problems: &[Problem]) -> Vec<String> {
    problems
        .iter()
        .map(|problem| format!("[{}] {problem}", problem.id))
        .collect()
}

fn migration(number: &str, title: &str, more: &str) -> String {
    format!(
        "-- Migration: {number} - {title}\n-- Ticket: DIARY-1\n-- Author: A. Author\n-- Date: 2025-11-20\n\
         -- Purpose: test\n{more}\nCREATE TABLE t{number} (id int);\n"
    )
}

fn rollback(number: &str) -> String {
    format!("-- Rollback: {number} - test\n\nDROP TABLE t{number};\n")
}

#[test]
fn a_good_directory_is_read_and_valid() {
    let repository = Repository::good();
    for companion in [
        "README.md",
        ".gitattributes",
        ".gitignore",
        ".gitkeep",
        ".DS_Store",
    ] {
        repository.write(&format!("db/{companion}"), "x");
        repository.write(&format!("db/rollback/{companion}"), "x");
    }
    let stream = repository.read();
    assert_eq!((stream.width, stream.migrations.len()), (3, 2));
    let first = stream.get(1).unwrap();
    assert_eq!(
        (first.name.as_str(), first.file_name().as_str()),
        ("initial_schema", "001_initial_schema.sql")
    );
    assert_eq!(
        (first.no_rollback_reason(), first.rollback_digest),
        ("first", None)
    );
    let second = stream.get(2).unwrap();
    assert_eq!(
        second.rollback,
        RollbackFile::File(repository.path("db/rollback/002_rollback.sql"))
    );
    assert!(second.rollback_digest.is_some() && second.no_rollback_reason().is_empty());
    assert!(second.digest.to_string().starts_with("sha256-lf:"));
    assert!(stream.get(0).is_none() && stream.get(3).is_none());
    let report = validate_stream(&repository.source());
    assert_eq!(
        (report.migrations, report.rollbacks, report.problems),
        (2, 1, vec![])
    );
}

#[test]
fn an_empty_directory_is_a_stream_without_migrations() {
    let repository = Repository::new();
    std::fs::remove_dir(repository.path("db/rollback")).unwrap();
    assert_eq!(repository.read().migrations, []);
    assert_eq!(validate_stream(&repository.source()).problems, []);
}

#[test]
fn what_is_loaded_is_what_was_digested() {
    let repository = Repository::good();
    let stream = repository.read();
    let second = stream.get(2).unwrap();
    let script = stream.load(second).unwrap();
    assert_eq!(script.digest, second.digest.value);
    assert!(
        layout::meaning(&script)
            .unwrap()
            .to_string()
            .starts_with("sha256-tokens:")
    );
    assert_eq!(script.statements().count(), 1);
    assert!(stream.load_rollback(second).unwrap().is_some());
    assert!(
        stream
            .load_rollback(stream.get(1).unwrap())
            .unwrap()
            .is_none()
    );
    repository.write("db/002_add_device.sql", "DROP TABLE everything;");
    assert_eq!(stream.load(second).unwrap_err()[0].id, "file-changed");
    std::fs::remove_file(&second.path).unwrap();
    assert_eq!(stream.load(second).unwrap_err()[0].id, "file-unreadable");
}

#[test]
fn problems_of_a_script_come_with_their_place() {
    let repository = Repository::good();
    repository.replace("db/002_add_device.sql", "CREATE TABLE", "\nCREATE TABEL");
    let stream = repository.read();
    let problems = stream.load(stream.get(2).unwrap()).unwrap_err();
    assert_eq!(
        (problems[0].id, problems[0].line, problems[0].column),
        ("syntax", Some(8), Some(8))
    );
    assert_eq!(problems[0].file, Path::new("db/002_add_device.sql"));
    assert_eq!(repository.validated(), shown(&problems));
}

#[test]
fn digests_do_not_see_line_ends_nor_names() {
    let repository = Repository::good();
    let before = repository.read();
    let text = std::fs::read_to_string(repository.path("db/002_add_device.sql")).unwrap();
    repository.write(
        "db/002_add_device.sql",
        format!("\u{feff}{}", text.replace('\n', "\r\n")),
    );
    repository.rename("db/002_add_device.sql", "db/002_add_other.sql");
    let after = repository.read();
    assert_eq!(before.migrations[1].digest, after.migrations[1].digest);
    repository.write("db/002_add_other.sql", text + "--\n");
    assert_ne!(
        before.migrations[1].digest,
        repository.read().migrations[1].digest
    );
}

#[test]
fn digests_cover_what_is_included() {
    let repository = Repository::good();
    repository.write("shared/function.sql", "SELECT 1;\n");
    let includes = "\\ir ../shared/function.sql\n\\i shared/function.sql\nCREATE";
    repository.replace("db/002_add_device.sql", "CREATE", includes);
    let before = repository.read();
    let script = before.load(before.get(2).unwrap()).unwrap();
    assert_eq!(script.statements().count(), 3);
    assert_eq!(script.digest, before.migrations[1].digest.value);
    repository.write("shared/function.sql", "SELECT 2;\n");
    assert_ne!(
        before.migrations[1].digest,
        repository.read().migrations[1].digest
    );
    repository.write("shared/function.sql", "\nSELEC 2;\n");
    let found = repository.validated();
    assert!(found[0].contains("shared/function.sql:2:1: "), "{found:#?}");
}

#[test]
fn many_files_are_read_in_order_by_two_threads() {
    let repository = Repository::new();
    for number in 1..=300 {
        let number = format!("{number:03}");
        repository.write(
            &format!("db/{number}_step.sql"),
            migration(&number, "Step", ""),
        );
        repository.write(
            &format!("db/rollback/{number}_rollback.sql"),
            rollback(&number),
        );
    }
    let stream = repository.read();
    for migration in &stream.migrations {
        let up = stream.load(migration).unwrap();
        assert_eq!(
            up.header.number_and_title().unwrap().0.parse(),
            Ok(migration.number)
        );
        assert!(stream.load_rollback(migration).unwrap().is_some());
    }
    assert_eq!(validate_stream(&repository.source()).problems, []);
}

fn request(description: &str) -> NewMigration<'_> {
    NewMigration {
        description,
        ticket: Some("DIARY-7"),
        author: Some("A. Author"),
        date: date(2025, 11, 22),
    }
}

#[test]
fn a_new_pair_is_valid_once_it_is_filled_in() {
    let repository = Repository::good();
    let pair = new_migration(&repository.read(), &request("Add ALCOA+ metadata")).unwrap();
    assert_eq!(pair.number, 3);
    assert_eq!(
        pair.migration,
        repository.path("db/003_add_alcoa_metadata.sql")
    );
    assert_eq!(
        pair.rollback,
        repository.path("db/rollback/003_rollback.sql")
    );
    let problems = validate_stream(&repository.source()).problems;
    let ids: Vec<&str> = problems.iter().map(|problem| problem.id).collect();
    assert!(
        ids.contains(&"header-placeholder") && ids.contains(&"placeholder"),
        "{problems:#?}"
    );
    assert!(
        ids.iter().all(|id| id.contains("placeholder")),
        "{problems:#?}"
    );
    for path in [&pair.migration, &pair.rollback] {
        fill_in(path);
    }
    assert_eq!(repository.validated(), [""; 0]);
    let stream = repository.read();
    let header = stream.load(stream.get(3).unwrap()).unwrap().header;
    assert_eq!(
        header.migration.as_deref(),
        Some("003 - Add ALCOA+ metadata")
    );
    assert_eq!(
        (header.ticket.as_deref(), header.date.as_deref()),
        (Some("DIARY-7"), Some("2025-11-22"))
    );
}

/// Does what an author does with a new file.
fn fill_in(path: &Path) {
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().filter(|line| !line.contains("-- FILL IN"));
    let lines = lines.map(|line| match line.split_once('[') {
        Some((field, _)) => format!("{field}something"),
        None => line.replace("FILL IN: ", "").replace("FILL_IN_", "my_"),
    });
    std::fs::write(path, lines.collect::<Vec<_>>().join("\n")).unwrap();
}

#[test]
fn an_unknown_ticket_and_author_stay_to_be_filled_in() {
    let repository = Repository::new();
    let bare = NewMigration {
        ticket: None,
        author: None,
        ..request("x")
    };
    new_migration(&repository.read(), &bare).unwrap();
    let problems = repository.validated().join("\n");
    assert!(
        problems.contains("`Ticket` still holds") && problems.contains("`Author` still holds"),
        "{problems}"
    );
}

#[test]
fn a_new_pair_overwrites_nothing_and_comes_whole_or_not_at_all() {
    let repository = Repository::good();
    let stream = repository.read();
    let (up, down) = (
        repository.path("db/003_add_x.sql"),
        repository.path("db/rollback/003_rollback.sql"),
    );
    std::fs::write(&down, "mine").unwrap();
    let error = new_migration(&stream, &request("add x")).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("{} exists already", down.display())
    );
    assert!(!up.exists());
    assert_eq!(std::fs::read(&down).unwrap(), b"mine");
    std::fs::remove_file(&down).unwrap();
    std::fs::write(&up, "mine").unwrap();
    assert!(matches!(
        new_migration(&stream, &request("add x")),
        Err(NewError::Exists { .. })
    ));
    assert_eq!(std::fs::read(&up).unwrap(), b"mine");
    assert!(!down.exists());
}

#[test]
fn a_new_pair_refuses_what_would_break_its_header_or_width() {
    let repository = Repository::good();
    let mut stream = repository.read();
    let injected = NewMigration {
        ticket: Some("X\nDROP TABLE t;"),
        ..request("x")
    };
    assert!(matches!(
        new_migration(&stream, &injected),
        Err(NewError::Field { field: "ticket" })
    ));
    assert!(matches!(
        new_migration(&stream, &request("größe")),
        Err(NewError::Description { .. })
    ));
    stream.migrations[1].number = 999;
    let error = new_migration(&stream, &request("x"))
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("1000 has more than 3 digits: first rename all files to 4 digits"),
        "{error}"
    );
}

#[test]
fn a_new_repository_is_valid_and_overwrites_nothing() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join(".gitignore"), "target\n").unwrap();
    let orion = "orion".parse().unwrap();
    let done = init(Kind::Sponsor, &orion, dir.path()).unwrap();
    let relative = |paths: &[PathBuf]| -> Vec<PathBuf> {
        paths
            .iter()
            .map(|path| path.strip_prefix(dir.path()).unwrap().to_owned())
            .collect()
    };
    let written = [
        "database/migrations/README.md",
        "database/migrations/rollback/.gitkeep",
        ".gitattributes",
        "enact.toml",
    ];
    assert_eq!(relative(&done.written), written.map(PathBuf::from));
    assert_eq!(relative(&done.kept), [PathBuf::from(".gitignore")]);
    assert_eq!(done.advice, [(dir.path().join(".gitignore"), ".env")]);
    assert_eq!(
        std::fs::read(dir.path().join(".gitignore")).unwrap(),
        b"target\n"
    );
    let project = Project::open(&dir.path().join("enact.toml")).unwrap();
    assert_eq!(
        (project.config.project.kind, &project.config.project.name),
        (Kind::Sponsor, &orion)
    );
    assert!(project.config.environment("production").unwrap().protected);
    assert_eq!(validate(&project).problems, []);
    let again = init(Kind::Sponsor, &orion, dir.path()).unwrap_err();
    assert!(
        again.to_string().ends_with("enact.toml exists already"),
        "{again}"
    );
}

#[test]
fn only_the_core_repository_is_called_core() {
    let dir = tempfile::tempdir().unwrap();
    assert!(init(Kind::Sponsor, &"core".parse().unwrap(), dir.path()).is_err());
    assert!(init(Kind::Core, &"orion".parse().unwrap(), dir.path()).is_err());
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    init(Kind::Core, &"core".parse().unwrap(), dir.path()).unwrap();
    assert!(Project::open(&dir.path().join("enact.toml")).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_width_is_read_and_a_missing_file_is_named(width in 3_usize..9, count in 2_u32..12, missing in 1_u32..12) {
        let repository = Repository::new();
        for number in 1..=count {
            let number = format!("{number:0width$}");
            let text = migration(&number, "Step", "-- Rollback: none - test\n");
            repository.write(&format!("db/{number}_step.sql"), text);
        }
        let stream = repository.read();
        prop_assert_eq!((stream.width, stream.migrations.len()), (width, count as usize));
        let missing = missing.min(count - 1);
        std::fs::remove_file(repository.path(&format!("db/{missing:0width$}_step.sql"))).unwrap();
        let problems = repository.structural();
        prop_assert_eq!(problems.len(), 1);
        let next = missing + 1;
        let expected = format!("[number-gap] db/{next:0width$}_step.sql: {missing:0width$} is missing (");
        prop_assert!(problems[0].starts_with(&expected), "{}", problems[0]);
    }
}
