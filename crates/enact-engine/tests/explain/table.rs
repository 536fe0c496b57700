//! Runs the table of cases.

use std::collections::BTreeSet;

use enact_engine::explain::{EffectKind, LockMode, RelationKind, StatementForecast};

use crate::cases::{self, Case};
use crate::kit::{Repo, scratch};

/// What is there before every case, in a schema of its own.
const SETUP: &str = "
CREATE TABLE ref (id int PRIMARY KEY, v int);
INSERT INTO ref SELECT g, g FROM generate_series(1, 5) g;
CREATE TABLE visit (id int PRIMARY KEY, n int NOT NULL, v varchar(20), t text, d date, ts timestamp, tz timestamptz,
    amount numeric(10, 2), j json, ref_id int, e inet, ip cidr, arr int[], f float8);
INSERT INTO visit (id, n, v, t, d, ts, tz, amount, j, ref_id, ip, arr, f)
    SELECT g, g, 'v' || g, 't' || g, '2026-01-01', '2026-01-01', '2026-01-01', g, '{}', 1, '10.0.0.0/8', '{1}', g
      FROM generate_series(1, 20) g;
";

fn mode(short: &str) -> LockMode {
    match short {
        "AS" => LockMode::AccessShare,
        "RS" => LockMode::RowShare,
        "RX" => LockMode::RowExclusive,
        "SUX" => LockMode::ShareUpdateExclusive,
        "S" => LockMode::Share,
        "SRX" => LockMode::ShareRowExclusive,
        "X" => LockMode::Exclusive,
        "AX" => LockMode::AccessExclusive,
        other => panic!("no mode {other}"),
    }
}

fn words(text: &str) -> BTreeSet<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// `visit:AX ref:SRX`. Indexes count only where the case speaks of some.
fn locks(
    statement: &StatementForecast,
    schema: &str,
    indexes: bool,
) -> BTreeSet<(String, &'static str)> {
    let counted = statement
        .locks
        .iter()
        .filter(|lock| indexes || lock.kind != RelationKind::Index);
    let short = |name: &str| name.trim_start_matches(&format!("{schema}.")).to_owned();
    counted
        .map(|lock| (short(&lock.relation), lock.mode.name()))
        .collect()
}

fn tables(statement: &StatementForecast, schema: &str, kinds: &[EffectKind]) -> BTreeSet<String> {
    let done = statement
        .effects
        .iter()
        .filter(|effect| kinds.contains(&effect.kind));
    done.map(|effect| {
        effect
            .table
            .trim_start_matches(&format!("{schema}."))
            .to_owned()
    })
    .collect()
}

/// What is wrong with the forecast of a case.
fn check(case: &Case, statement: &StatementForecast, schema: &str) -> Vec<String> {
    let expected = words(case.locks);
    let pair = |word: &String| {
        let (relation, short) = word.split_once(':').unwrap();
        (relation.to_owned(), mode(short).name())
    };
    let expected: BTreeSet<_> = expected.iter().map(pair).collect();
    let mut wrong = Vec::new();
    let found = locks(statement, schema, case.indexes);
    if found != expected {
        wrong.push(format!("locks {found:?}, expected {expected:?}"));
    }
    for (what, kinds, expected) in [
        ("rewrites", [EffectKind::Rewrite], case.rewrites),
        ("scans", [EffectKind::Scan], case.scans),
    ] {
        let found = tables(statement, schema, &kinds);
        if found != words(expected) {
            wrong.push(format!("{what} {found:?}, expected {:?}", words(expected)));
        }
    }
    wrong
}

async fn run_cases(cases: &[Case], empty: bool) {
    let scratch = scratch();
    let major = match &scratch {
        enact_engine::sandbox::Scratch::Cluster(sandbox) => sandbox.installation().major(),
        enact_engine::sandbox::Scratch::Server(_) => unreachable!("a cluster was started"),
    };
    let cases: Vec<&Case> = cases
        .iter()
        .filter(|case| case.majors.contains(&major))
        .collect();
    let mut repo = Repo::new();
    let mut numbers = Vec::new();
    for (index, case) in cases.iter().enumerate() {
        let emptying = if empty {
            "TRUNCATE visit, ref CASCADE;"
        } else {
            ""
        };
        let path = format!("SET search_path = c{index}, public;");
        repo.add(
            &format!(
                "CREATE SCHEMA c{index};\n{path}\n{SETUP}{}\n{emptying}",
                case.setup
            ),
            None,
        );
        // What runs alone begins with a fresh session.
        let sql = match case.sql.contains('@') {
            true => case.sql.replace('@', &format!("c{index}.")),
            false => format!("{path}\n{}", case.sql),
        };
        numbers.push(repo.add(&sql, None));
    }
    let forecast = repo.explain(&scratch, &numbers, false).await.unwrap();
    let mut wrong = Vec::new();
    for (index, (case, migration)) in cases.iter().zip(&forecast.migrations).enumerate() {
        if let Some(failure) = &migration.failure {
            panic!("{}: {failure}", case.sql);
        }
        let last = migration.statements.last().unwrap();
        let found = check(case, last, &format!("c{index}"));
        if !found.is_empty() {
            wrong.push(format!("{}\n    {}", case.sql, found.join("\n    ")));
        }
    }
    assert_eq!(forecast.migrations.len(), cases.len());
    assert!(
        wrong.is_empty(),
        "{} of {} on {major}:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

#[tokio::test]
async fn adding_a_column_does_what_the_table_says() {
    run_cases(&cases::add_column(), false).await;
}

#[tokio::test]
async fn changing_a_type_does_what_the_table_says() {
    run_cases(&cases::alter_type(), false).await;
}

#[tokio::test]
async fn constraints_do_what_the_table_says() {
    run_cases(&cases::constraints(), false).await;
}

#[tokio::test]
async fn the_rest_does_what_the_table_says() {
    run_cases(&cases::others(), false).await;
}

#[tokio::test]
async fn empty_tables_hide_neither_rewrites_nor_scans() {
    let cases = cases::add_column().into_iter().chain(cases::alter_type());
    let cases: Vec<Case> = cases.chain(cases::constraints()).collect();
    run_cases(&cases, true).await;
}

#[test]
fn there_are_at_least_a_hundred_cases() {
    let count = [
        cases::add_column(),
        cases::alter_type(),
        cases::constraints(),
        cases::others(),
    ]
    .iter()
    .map(Vec::len)
    .sum::<usize>();
    assert!(count >= 100, "{count}");
}
