//! For every script of the corpus, the statements are those that the server logs for `psql -f`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use enact_sql::include::expand;
use enact_sql::script::{Script, analyse};
use enact_sql::text::normalise;
use enact_testkit::TestPg;

/// Begins each entry of the server's log; no script holds it.
const MARK: &str = "@@entry@@";

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

fn read(path: &Path) -> String {
    normalise(&fs::read(path).unwrap()).unwrap().into_owned()
}

fn files() -> Vec<PathBuf> {
    let entries = fs::read_dir(corpus())
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries
        .filter(|path| path.extension().is_some_and(|ext| ext == "sql"))
        .collect();
    files.sort();
    files
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

fn script(path: &Path) -> Script {
    let mut load = |included: &str| Ok(read(&corpus().join(included)));
    analyse(expand(read(path), &format!("{}.sql", stem(path)), &mut load).unwrap())
}

/// Runs psql; gives what it said when it failed.
fn run_psql(psql: &Path, pg: &TestPg, path: &Path) -> Option<String> {
    let run = Command::new(psql)
        .args([
            "-X",
            "-q",
            "-v",
            "ON_ERROR_STOP=1",
            "-d",
            &pg.url(&stem(path)),
            "-f",
        ])
        .arg(path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    (!run.status.success() || said.contains("ERROR")).then_some(said)
}

/// The statements that the server logged for one database, in order.
fn logged(log: &str, database: &str) -> Vec<String> {
    let entries = log
        .split(MARK)
        .filter_map(|entry| entry.strip_prefix(&format!("{database}@@")));
    let statements = entries.filter_map(|entry| entry.split_once("LOG:  statement: "));
    statements
        .map(|(_, sql)| {
            sql.strip_suffix('\n')
                .unwrap_or(sql)
                .replace("\n\t", "\n")
                .replace("\r\n", "\n")
        })
        .filter(|sql| !is_trivia(sql) && !is_border(sql))
        .collect()
}

/// Is it the BEGIN or COMMIT of a segment, which Enact never sends as written?
fn is_border(sql: &str) -> bool {
    let words = sql.trim().trim_end_matches(';').trim().to_lowercase();
    let (first, rest) = words.split_once(' ').unwrap_or((&words, ""));
    let border = matches!(first, "begin" | "commit" | "end" | "start");
    border && matches!(rest, "" | "work" | "transaction")
}

/// The text after white space, comments and `;`.
fn skip_trivia(text: &str) -> &str {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ';');
        if rest.starts_with("--") {
            rest = rest.split_once('\n').map_or("", |(_, after)| after);
        } else if rest.starts_with("/*") {
            rest = skip_comment(rest);
        } else {
            return rest;
        }
    }
}

fn skip_comment(text: &str) -> &str {
    let mut depth = 0;
    let mut at = 0;
    while at < text.len() {
        match &text.as_bytes()[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return &text[at..];
        }
    }
    ""
}

fn is_trivia(text: &str) -> bool {
    skip_trivia(text).is_empty()
}

/// What Enact sends and what psql sent, apart from comments and `;` at the ends.
fn is_same(ours: &str, theirs: &str) -> bool {
    skip_trivia(theirs)
        .strip_prefix(ours)
        .is_some_and(is_trivia)
}

/// What differs between Enact's statements and the server's log.
fn difference(path: &Path, log: &str) -> Option<String> {
    let script = script(path);
    if !script.problems.is_empty() {
        return Some(format!("{}: {:?}", stem(path), script.problems));
    }
    let ours: Vec<&str> = script
        .statements()
        .map(|statement| script.sql(statement))
        .collect();
    let theirs = logged(log, &stem(path));
    let same = ours.len() == theirs.len() && ours.iter().zip(&theirs).all(|(a, b)| is_same(a, b));
    (!same).then(|| format!("{}: Enact {ours:#?}\nserver {theirs:#?}", stem(path)))
}

fn create_database(pg: &TestPg, name: &str) {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().unwrap();
    runtime
        .block_on(pg.sandbox().create_database(name))
        .unwrap();
}

/// Scripts with syntax that a server or psql of another major does not have: from which one on, and up to which one.
const MAJORS: &[(&str, u32, u32)] = &[
    ("d01_begin_atomic", 14, 99),
    ("d02_begin_atomic_case", 14, 99),
    ("d03_begin_atomic_procedure", 14, 99),
    ("d04_begin_atomic_in_transaction", 14, 99),
    ("d05_function_return_expression", 14, 99),
    ("d08_begin_atomic_empty", 14, 99),
    ("d09_begin_atomic_parameter_defaults", 14, 99),
    ("g05_detach_concurrently", 14, 99),
    ("g10_reindex_database", 14, 99),
    // psql 17 and earlier leave the closing line of CSV data to the server, which from 18 on takes it for data.
    ("h02_copy_csv", 13, 17),
    ("k06_with_and_merge", 15, 99),
];

/// Whether the server can run a script.
fn fits(path: &Path, major: u32) -> bool {
    let stem = stem(path);
    let bounds = MAJORS.iter().find(|(name, ..)| *name == stem);
    bounds.is_none_or(|(_, from, to)| (*from..=*to).contains(&major))
}

/// Runs every file, two at a time, each in a database of its own.
fn run_all(pg: &TestPg, files: &[PathBuf]) -> Vec<String> {
    let psql = pg.bin("psql").expect("psql is installed");
    let queue = Mutex::new(files.iter());
    let failures = Mutex::new(Vec::new());
    let work = || {
        loop {
            let next = queue.lock().unwrap().next();
            let Some(file) = next else { break };
            create_database(pg, &stem(file));
            if let Some(said) = run_psql(&psql, pg, file) {
                failures
                    .lock()
                    .unwrap()
                    .push(format!("{}: {said}", stem(file)));
            }
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        scope.spawn(work);
    });
    failures.into_inner().unwrap()
}

#[test]
fn statements_equal_those_that_the_server_logs() {
    let prefix = format!("{MARK}%d@@");
    let settings = [
        ("log_statement", "all"),
        ("log_line_prefix", prefix.as_str()),
    ];
    let pg = TestPg::with(&settings);
    let files = files();
    assert!(files.len() >= 80, "the corpus has {} scripts", files.len());
    let files: Vec<_> = files
        .into_iter()
        .filter(|file| fits(file, pg.major()))
        .collect();
    let failures = run_all(&pg, &files);
    assert!(
        failures.is_empty(),
        "psql refuses {}:\n{}",
        failures.len(),
        failures.join("\n")
    );
    let log = pg.log();
    let differences: Vec<_> = files
        .iter()
        .filter_map(|file| difference(file, &log))
        .collect();
    assert!(
        differences.is_empty(),
        "{} differ:\n{}",
        differences.len(),
        differences.join("\n")
    );
    let count: usize = files
        .iter()
        .map(|file| logged(&log, &stem(file)).len())
        .sum();
    assert!(count >= 250, "the log was read: {count} statements");
}

#[test]
fn the_comparison_sees_differences() {
    assert!(is_same(
        "SELECT 1",
        "/* a /* b */ */ -- c\nSELECT 1 -- d\n;"
    ));
    assert!(!is_same("SELECT 1", "SELECT 1; SELECT 2;"));
    assert!(!is_same("SELECT 1", "SELECT 12;"));
    assert!(is_border("START TRANSACTION;") && !is_border("begin_something();"));
}
