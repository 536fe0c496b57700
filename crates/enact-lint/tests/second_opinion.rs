//! Squawk's opinion of the cases: what its default rules find unsafe and Enact does not is explained here.
//!
//! `make second-opinion` fetches the program and runs this; `ENACT_SQUAWK` names it.

mod kit;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use serde_json::Value;

use kit::{cases, judge};

const TEXTS: [(&str, &str); 4] = [
    ("columns", include_str!("cases/columns.sql")),
    ("indexes", include_str!("cases/indexes.sql")),
    ("changes", include_str!("cases/changes.sql")),
    ("uses", include_str!("cases/uses.sql")),
];

/// Rules of squawk that say nothing of one statement's danger, and why Enact has none like it.
const RULES: &[(&str, &str)] = &[
    (
        "prefer-robust-stmts",
        "IF NOT EXISTS lets a schema that differs go unnoticed; Enact knows what has run, and an unfinished file is resumed where it stopped",
    ),
    (
        "require-lock-timeout",
        "Enact sets lock_timeout itself, for each try",
    ),
    (
        "require-statement-timeout",
        "Enact sets statement_timeout itself, as configured",
    ),
    (
        "prefer-bigint-over-int",
        "an integer is too narrow for keys alone: int-primary-key",
    ),
    (
        "prefer-text-field",
        "varchar(n) becomes wider without a rewrite",
    ),
    (
        "prefer-identity",
        "a matter of taste once the sequence is as wide as its column",
    ),
    ("require-enum-value-ordering", "the end is an order too"),
    (
        "ban-drop-default",
        "no release that runs fails for it: who leaves the column out gets NULL, or an error that the column's NOT NULL has caused",
    ),
    (
        "ban-drop-view",
        "a view holds no data, and is often dropped to be made again",
    ),
    ("ban-drop-function", "a function holds no data"),
    (
        "ban-drop-constraint",
        "loosens and takes no time; what it guarded is a question for review",
    ),
    (
        "renaming-object",
        "the name of an index is no part of a statement",
    ),
];

/// What squawk finds unsafe and Enact does not: squawk's rule, the cases, and why they are safe.
const CASES: &[(&str, &[&str], &str)] = &[
    (
        "adding-field-with-default",
        &[
            "stable default with arguments",
            "keyword default",
            "own stable function",
        ],
        "one value for all rows is kept in the catalog; nothing is written again",
    ),
    (
        "adding-field-with-default",
        &[
            "unknown function",
            "own function in SQL is decided by its body",
        ],
        "the text does not tell; with a target's catalog it is told",
    ),
    (
        "adding-field-with-default",
        &["volatile on a table of this file"],
        "the table is new and nobody waits for it",
    ),
    (
        "adding-field-with-default",
        &["virtual"],
        "a virtual column is not stored",
    ),
    (
        "ban-create-domain-with-constraint",
        &[
            "domain with a check",
            "required by a domain that has a default",
        ],
        "it is the column of that domain, added later, that writes the table again: rewrite-domain",
    ),
    (
        "ban-alter-domain-with-add-constraint",
        &["domain check not valid"],
        "NOT VALID reads nothing",
    ),
    (
        "adding-required-field",
        &["required by a domain that has a default"],
        "the domain has a default",
    ),
    (
        "adding-required-field",
        &["required in a new table"],
        "the table is new",
    ),
    (
        "adding-foreign-key-constraint",
        &["inline reference without a default reads nothing"],
        "the column is NULL everywhere, and PostgreSQL skips the check",
    ),
    (
        "adding-not-nullable-field",
        &["not null with a proof within an AND", "not null twice"],
        "an earlier file has proven it, or done it",
    ),
    (
        "constraint-missing-not-valid",
        &["with a later key", "check of a new table"],
        "the table is new",
    ),
    (
        "constraint-missing-not-valid",
        &["check not enforced"],
        "NOT ENFORCED reads nothing",
    ),
    (
        "adding-serial-primary-key-field",
        &["with a later key"],
        "the table is new",
    ),
    (
        "changing-column-type",
        &[
            "wider varchar",
            "varchar to text with a cast that says nothing",
            "free change under a plain index",
            "type of a column beside the one that a view shows",
            "view is dropped before",
            "view shows another column by now",
            "view of two tables",
            "policy is dropped before",
            "policy asks for another column",
            "UPDATE OF another column",
            "trigger is dropped before",
            "generated column goes before",
            "domain to its base",
            "base to a domain without a constraint",
        ],
        "the values stay as they are stored",
    ),
    (
        "changing-column-type",
        &["type of a new table"],
        "the table is new",
    ),
    (
        "changing-column-type",
        &[
            "serial becomes wider with its sequence",
            "identity becomes wider",
        ],
        "allowed in the case, which is about the sequence",
    ),
    (
        "ban-drop-column",
        &[
            "allowed",
            "allowed for the file",
            "generated column goes before",
            "another column goes",
            "column of another table goes",
        ],
        "allowed in the case",
    ),
    (
        "ban-drop-column",
        &[
            "rollback of a new column",
            "rollback of another column than the filled one",
        ],
        "the rollback drops what its migration has added",
    ),
    (
        "ban-drop-table",
        &[
            "drop table of this file",
            "rollback of a new table",
            "rollback of records that the migration made",
        ],
        "the table was made by the same file, or by the migration that is rolled back",
    ),
    (
        "renaming-column",
        &["rename in a new table"],
        "the table is new",
    ),
    (
        "renaming-column",
        &["rollback of a rename"],
        "the rollback takes back what the migration did",
    ),
    (
        "require-concurrent-index-creation",
        &[
            "index of a new table",
            "index of a new table in another transaction",
            "index of a new materialised view",
            "drop index of this file",
            "key that a later statement indexes",
            "index in which the key stands second",
            "index with a condition",
            "index of an expression",
            "narrow key",
            "key of text to a limited text",
            "key to a serial",
            "key of a domain",
        ],
        "the table is new",
    ),
    (
        "require-concurrent-index-creation",
        &["index of the parent alone"],
        "ON ONLY builds nothing",
    ),
    (
        "require-concurrent-index-deletion",
        &["drop index of this file"],
        "the table is new",
    ),
    (
        "require-concurrent-index-deletion",
        &["drop index of a partitioned table cannot be concurrent"],
        "PostgreSQL has no other way",
    ),
    (
        "require-concurrent-partition-detach",
        &["detach on 13"],
        "PostgreSQL 13 has no other way",
    ),
];

/// Squawk's findings of each file: rule and line, from 0.
fn second_opinion(folder: &std::path::Path) -> BTreeMap<String, Vec<(String, usize)>> {
    let program = std::env::var_os("ENACT_SQUAWK").unwrap_or_else(|| "squawk".into());
    let files = fs::read_dir(folder)
        .unwrap()
        .flatten()
        .map(|file| file.path());
    let output = Command::new(&program)
        .args(["--reporter", "json"])
        .args(files)
        .output()
        .unwrap_or_else(|error| {
            panic!(
                "{}: {error}; see scripts/second-opinion.sh",
                program.display()
            )
        });
    let findings: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut found: BTreeMap<String, Vec<(String, usize)>> = BTreeMap::new();
    for finding in findings.as_array().unwrap() {
        let text = |key: &str| finding[key].as_str().unwrap().to_owned();
        let line = usize::try_from(finding["line"].as_u64().unwrap()).unwrap();
        let file = text("file");
        let (_, name) = file.rsplit_once('/').unwrap();
        found
            .entry(name.to_owned())
            .or_default()
            .push((text("rule_name"), line));
    }
    found
}

#[test]
fn what_squawk_alone_finds_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let mut all = BTreeMap::new();
    for (text, cases) in TEXTS.map(|(name, text)| (name, cases(text))) {
        for (number, case) in cases.into_iter().enumerate() {
            let file = format!("{text}_{number:03}.sql");
            fs::write(folder.path().join(&file), &case.text).unwrap();
            all.insert(file, case);
        }
    }
    let found = second_opinion(folder.path());
    assert!(found.len() > 100, "{} files with findings", found.len());
    let mut unexplained = Vec::new();
    let mut used = BTreeSet::new();
    for (file, findings) in &found {
        let case = &all[file];
        let script = kit::read(&case.name, &case.text);
        // The lines of each statement in which Enact finds something too.
        let judged = judge(case);
        let rules: Vec<&str> = judged.iter().map(|finding| finding.rule).collect();
        assert_eq!(rules, case.expect, "{}", case.name);
        let own: Vec<usize> = judged.iter().map(|finding| finding.range.start).collect();
        let lines = |offset: usize| case.text[..offset].matches('\n').count();
        let both = |line: usize| {
            script.statements().any(|statement| {
                let range = &statement.range;
                let ours = own.iter().any(|at| range.contains(at));
                ours && (lines(range.start)..=lines(range.end)).contains(&line)
            })
        };
        for (rule, line) in findings.iter().filter(|(_, line)| !both(*line)) {
            let of_rule = RULES.iter().find(|(known, _)| known == rule);
            let of_case = CASES.iter().find_map(|(known, names, _)| {
                let mut names = names.iter().filter(|_| known == rule);
                let name = names.find(|name| **name == case.name)?;
                Some((*known, *name))
            });
            let explained = of_rule.map(|(rule, _)| (*rule, "")).or(of_case);
            match explained {
                Some(explained) => drop(used.insert(explained)),
                None => unexplained.push(format!("{rule}: {} line {line}", case.name)),
            }
        }
    }
    assert!(unexplained.is_empty(), "{}", unexplained.join("\n"));
    // What squawk does not say any more needs no explanation.
    let rules = RULES.iter().map(|(rule, _)| (*rule, ""));
    let cases = CASES
        .iter()
        .flat_map(|(rule, names, _)| names.iter().map(|name| (*rule, *name)));
    let idle: Vec<_> = rules
        .chain(cases)
        .filter(|one| !used.contains(one))
        .collect();
    assert!(idle.is_empty(), "explained in vain: {idle:?}");
}
