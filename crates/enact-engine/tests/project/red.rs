//! Each rule of a migration directory, broken, and what the person then reads.

use std::os::unix::fs::symlink;

use super::{Repository, migration, rollback};

/// Compares without regard to order, one line per line.
fn assert_lines(mut found: Vec<String>, expected: &[&str]) {
    found.sort();
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(found, expected, "\n{}", found.join("\n"));
}

#[test]
fn names() {
    let repository = Repository::good();
    repository.write("db/3_x.sql", "SELECT 1;");
    repository.write("db/notes.txt", "");
    repository.write("db/002_rollback.sql", "SELECT 1;");
    repository.write("db/002_add_device.sql~", "SELECT 1;");
    repository.write("db/rollback/undo.sql", "SELECT 1;");
    repository.write("db/old/003_x.sql", "SELECT 1;");
    repository.write("db/rollback/old/003_x.sql", "SELECT 1;");
    symlink("002_add_device.sql", repository.path("db/003_link.sql")).unwrap();
    assert_lines(
        repository.structural(),
        &[
            "[misnamed] db/002_rollback.sql: `002_rollback.sql` is not named by the rules (move it to rollback/002_rollback.sql)",
            "[misnamed] db/3_x.sql: `3_x.sql` is not named by the rules (rename it to 003_x.sql)",
            "[misnamed] db/rollback/undo.sql: `undo.sql` is not named by the rules (name it NNN_rollback.sql, with the number of its migration)",
            "[not-a-file] db/003_link.sql: a link or special file among the migrations (put the file itself there; what a link leads to can change without anybody reviewing it)",
            "[stray-file] db/002_add_device.sql~: `002_add_device.sql~` is no migration (delete it, or move it out of the folder of migrations)",
            "[stray-file] db/notes.txt: `notes.txt` is no migration (delete it, or move it out of the folder of migrations)",
            "[stray-folder] db/old: a folder among the migrations (move it out of the folder of migrations; only rollback/ belongs there)",
            "[stray-folder] db/rollback/old: a folder among the rollbacks (move it out of the folder of rollbacks)",
        ],
    );
}

#[test]
fn numbers() {
    let repository = Repository::good();
    repository.write("db/002_also_two.sql", migration("002", "Also two", ""));
    repository.write("db/0003_wide.sql", migration("0003", "Wide", ""));
    repository.write("db/rollback/0003_rollback.sql", rollback("0003"));
    repository.write("db/007_far.sql", migration("007", "Far", ""));
    repository.write("db/rollback/007_rollback.sql", rollback("007"));
    repository.write("db/rollback/009_rollback.sql", rollback("009"));
    let found = repository.structural();
    let duplicate = "number 002 is also that of";
    assert!(
        found.iter().any(|line| line.contains(duplicate)
            && line.ends_with("(give the newer one the next free number, 008)")),
        "{found:#?}"
    );
    let rest = found
        .into_iter()
        .filter(|line| !line.contains(duplicate))
        .collect();
    assert_lines(
        rest,
        &[
            "[number-width] db/0003_wide.sql: its number has 4 digits, the others have 3 (rename it to 003_wide.sql)",
            "[number-width] db/rollback/0003_rollback.sql: its number has 4 digits, the others have 3 (rename it to 003_rollback.sql)",
            "[number-gap] db/007_far.sql: 004 to 006 are missing (restore what is missing, or rename this one to 004_far.sql if it was never applied)",
            "[rollback-orphan] db/rollback/009_rollback.sql: there is no migration 009 to roll back (give it the number of its migration, or delete it)",
        ],
    );
}

#[test]
fn numbers_begin_with_one() {
    let repository = Repository::new();
    repository.write(
        "db/000_zero.sql",
        migration("000", "Zero", "-- Rollback: none - test\n"),
    );
    assert_lines(
        repository.structural(),
        &[
            "[number-gap] db/000_zero.sql: numbers begin with 001, not with 000 (rename it to 001_zero.sql)",
        ],
    );
    repository.rename("db/000_zero.sql", "db/002_zero.sql");
    let found = repository.structural();
    assert!(
        found[0].starts_with("[number-gap] db/002_zero.sql: 001 is missing ("),
        "{found:#?}"
    );
}

#[test]
fn a_number_beyond_the_width_asks_for_a_wider_directory() {
    let repository = Repository::good();
    repository.write(
        "db/1000_x.sql",
        migration("1000", "X", "-- Rollback: none - test\n"),
    );
    let found = repository.structural().join("\n");
    assert!(found.contains("its number has 4 digits, the others have 3 (rename all to 4 digits; digests do not cover names, so what is applied stays applied)"), "{found}");
}

#[test]
fn missing_rollbacks() {
    let repository = Repository::good();
    std::fs::remove_file(repository.path("db/rollback/002_rollback.sql")).unwrap();
    let missing = "[rollback-missing] db/002_add_device.sql: it has no rollback script (write rollback/002_rollback.sql, or `-- Rollback: none - <reason>` in the header)";
    assert_lines(repository.structural(), &[missing]);
    repository.replace(
        "db/002_add_device.sql",
        "-- Purpose",
        "-- Rollback: none\n-- Purpose",
    );
    assert_lines(repository.structural(), &[missing]);
    repository.replace(
        "db/002_add_device.sql",
        "Rollback: none",
        "Rollback: none - it drops data",
    );
    assert_eq!(
        repository.read().get(2).unwrap().no_rollback_reason(),
        "it drops data"
    );
}

#[test]
fn a_rollback_that_is_declared_absent() {
    let repository = Repository::good();
    repository.replace(
        "db/002_add_device.sql",
        "-- Purpose",
        "-- Rollback: none - why\n-- Purpose",
    );
    let found = repository.validated();
    assert_eq!(found.len(), 1);
    assert!(
        found[0].starts_with("[rollback-contradiction] db/002_add_device.sql:"),
        "{found:#?}"
    );
    let repository = Repository::good();
    repository.replace("db/rollback/002_rollback.sql", "002 - test", "none - why");
    let found = repository.validated();
    assert!(
        found[0].starts_with("[rollback-contradiction] db/rollback/002_rollback.sql:1:1: "),
        "{found:#?}"
    );
}

#[test]
fn contents_that_are_no_text() {
    for (content, expected) in [
        (
            &b""[..],
            "[file-empty] db/002_add_device.sql: the file is empty (write the statements, or delete the file)",
        ),
        (
            b"\xef\xbb\xbf \r\n",
            "[file-empty] db/002_add_device.sql: the file is empty (write the statements, or delete the file)",
        ),
        (
            b"a\n\xff",
            "[file-not-utf8] db/002_add_device.sql:2: not UTF-8: byte 2 (line 2) starts no character (save the file as UTF-8)",
        ),
        (
            b"a\0",
            "[file-nul] db/002_add_device.sql:1: NUL character at byte 1 (line 1) (remove it; PostgreSQL cannot hold it)",
        ),
    ] {
        let repository = Repository::good();
        repository.write("db/002_add_device.sql", content);
        assert_lines(repository.structural(), &[expected]);
    }
}

#[test]
fn files_beyond_the_limit() {
    let repository = Repository::good();
    let text = rollback("002");
    repository.write(
        "db/rollback/002_rollback.sql",
        format!("{text}{}", "-".repeat((1 << 20) - text.len())),
    );
    repository.read();
    repository.write(
        "db/rollback/002_rollback.sql",
        format!("{text}{}", "-".repeat((1 << 20) + 1 - text.len())),
    );
    assert_lines(
        repository.structural(),
        &[
            "[file-too-large] db/rollback/002_rollback.sql: the file is larger than 1 MiB (load bulk data by other means, or raise max_file_size in enact.toml)",
        ],
    );
}

#[test]
fn folders_that_cannot_be_listed() {
    let repository = Repository::good();
    std::fs::remove_dir_all(repository.path("db")).unwrap();
    assert_lines(
        repository.structural(),
        &[
            "[folder-missing] db: there is no such folder (create it, or correct `migrations` in enact.toml)",
        ],
    );
    repository.write("db", "");
    assert_lines(
        repository.structural(),
        &["[folder-missing] db: this is no folder (correct `migrations` in enact.toml)"],
    );
}

#[test]
fn includes_that_lead_out_or_nowhere() {
    let outside = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(outside.path(), "SELECT 1;").unwrap();
    for (path, id) in [
        ("../missing.sql", "include-unreadable"),
        ("../../outside.sql", "include-outside"),
        ("/etc/passwd", "include-outside"),
        ("../shared/link.sql", "include-unreadable"),
        ("..", "include-unreadable"),
        ("002_add_device.sql", "include-cycle"),
    ] {
        let repository = Repository::good();
        std::fs::create_dir_all(repository.path("shared")).unwrap();
        symlink(outside.path(), repository.path("shared/link.sql")).unwrap();
        repository.replace(
            "db/002_add_device.sql",
            "CREATE",
            &format!("\\ir {path}\nCREATE"),
        );
        let found = repository.structural();
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(
            found[0].starts_with(&format!("[{id}] db/002_add_device.sql:7:1: ")),
            "{path}: {found:#?}"
        );
    }
}

#[test]
fn includes_that_multiply() {
    let repository = Repository::good();
    repository.write(
        "a/0.sql",
        "SELECT 'something of a certain length';\n".repeat(100),
    );
    for level in 1..30 {
        let below = format!("\\ir {}.sql\n", level - 1);
        repository.write(&format!("a/{level}.sql"), below.repeat(2));
    }
    repository.replace("db/002_add_device.sql", "CREATE", "\\i a/29.sql\nCREATE");
    let found = repository.structural();
    assert!(
        found[0].contains("what is included is larger than max_file_size"),
        "{found:#?}"
    );
}

#[test]
fn header_fields_that_are_missing() {
    let repository = Repository::good();
    repository.write("db/002_add_device.sql", "SELECT 1;");
    assert_lines(
        repository.validated(),
        &[
            "[header-missing] db/002_add_device.sql:1:1: the header has no `Author` (add `-- Author: <who wrote it>`)",
            "[header-missing] db/002_add_device.sql:1:1: the header has no `Date` (add `-- Date: YYYY-MM-DD`)",
            "[header-missing] db/002_add_device.sql:1:1: the header has no `Migration` (add `-- Migration: 002 - Description`)",
            "[header-missing] db/002_add_device.sql:1:1: the header has no `Purpose` (add `-- Purpose: <what it is for>`)",
            "[header-missing] db/002_add_device.sql:1:1: the header has no `Ticket` (add `-- Ticket: <where the change was asked for>`)",
        ],
    );
}

#[test]
fn header_values_that_are_wrong() {
    for (from, to, expected) in [
        (
            "002 - Add",
            "003 - Add",
            "[header-number] db/002_add_device.sql:1:15: the header says number 003, the file's name 002 (write `-- Migration: 002 - …`)",
        ),
        (
            "Add device",
            "Add browser",
            "[header-title] db/002_add_device.sql:1:15: the header's title `Add browser` does not hold `device`, a word of the file's name (let file name and title say the same)",
        ),
        (
            "-- Purpose",
            "-- Dependencies: orion >= 002\n-- Purpose",
            "[dependency-order] db/002_add_device.sql:5:18: it depends on 002 of its own stream, which does not come before it (name an earlier migration, or leave it out: the order of numbers holds anyway)",
        ),
    ] {
        let repository = Repository::good();
        repository.replace("db/002_add_device.sql", from, to);
        assert_lines(repository.validated(), &[expected]);
    }
    for (from, to, id) in [
        ("2025-11-20", "2025-02-30", "header-date"),
        ("DIARY-1", "TICKET-XXX", "header-placeholder"),
        ("A. Author", "[Your Name]", "header-placeholder"),
        (
            "-- Purpose",
            "-- Dependencies: core => 5\n-- Purpose",
            "header-dependency",
        ),
    ] {
        let repository = Repository::good();
        repository.replace("db/002_add_device.sql", from, to);
        let found = repository.validated();
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(
            found[0].starts_with(&format!("[{id}] db/002_add_device.sql:")),
            "{found:#?}"
        );
    }
}

#[test]
fn rollback_headers_that_are_wrong() {
    let repository = Repository::good();
    repository.replace("db/rollback/002_rollback.sql", "002 -", "001 -");
    assert_lines(
        repository.validated(),
        &[
            "[header-number] db/rollback/002_rollback.sql:1:14: the header says number 001, the file's name 002 (write `-- Rollback: 002 - …`)",
        ],
    );
    repository.write("db/rollback/002_rollback.sql", "DROP TABLE t002;");
    assert_lines(repository.validated(), &[]);
}

#[test]
fn placeholders_and_files_without_statements() {
    let repository = Repository::good();
    repository.replace(
        "db/rollback/002_rollback.sql",
        "DROP",
        "-- Your migration SQL here\nDROP",
    );
    assert_lines(
        repository.validated(),
        &[
            "[placeholder] db/rollback/002_rollback.sql:3:4: the template's text `Your migration SQL here` is still there (replace it with your own, or delete it)",
        ],
    );
    repository.write("db/rollback/002_rollback.sql", "-- nothing to do\n");
    assert_lines(
        repository.validated(),
        &[
            "[no-statements] db/rollback/002_rollback.sql: the file holds no statement (write what the file is there for; one that does nothing would be recorded as a success)",
        ],
    );
}

#[test]
fn every_problem_is_reported_at_once_by_file_and_line() {
    let repository = Repository::good();
    repository.replace("db/001_initial_schema.sql", "CREATE TABLE", "CREATE TABEL");
    repository.replace("db/001_initial_schema.sql", "DIARY-1", "TICKET-XXX");
    repository.write("db/rollback/002_rollback.sql", "\\! rm\nSELEC 1;");
    repository.write("db/004_x.sql", "");
    let found = repository.validated();
    let ids: Vec<&str> = found
        .iter()
        .filter_map(|line| line.split(']').next())
        .collect();
    assert_eq!(
        ids,
        [
            "[header-placeholder",
            "[syntax",
            "[file-empty",
            "[number-gap",
            "[psql-meta-command",
            "[syntax"
        ],
        "{found:#?}"
    );
}
