//! The page of each rule: what it shows as bad is found by that rule alone, and what it shows as good is not.
//!
//! `## Schema` is what the files before it made. With `## Core`, the page is an extension's: its SQL makes the core, and its
//! TOML, if there is one, is the core's `[leave]`, with one action and one object.

#[path = "kit/core.rs"]
mod extension;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use enact_lint::{Catalog, Context, Direction, Name, RULES, Regulated, lint};
use enact_sql::script::{Script, analyse_text};
use extension::Core;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/rules")
}

/// The SQL under a heading that begins so.
fn block(page: &str, heading: &str) -> Option<String> {
    fenced(page, heading, "sql")
}

fn fenced(page: &str, heading: &str, language: &str) -> Option<String> {
    let (_, rest) = page.split_once(&format!("\n## {heading}"))?;
    let section = rest.split("\n## ").next()?;
    let (_, code) = section.split_once(&format!("```{language}\n"))?;
    code.split_once("\n```").map(|(code, _)| code.to_owned())
}

/// What a page's configuration names, each without a schema.
fn regulated(page: &str) -> Regulated {
    let toml = fenced(page, "Configuration", "toml").unwrap_or_default();
    let named = |key: &str| -> Vec<String> {
        let lines = toml.lines().filter(|line| line.starts_with(key));
        let quoted = lines.flat_map(|line| line.split('"').skip(1).step_by(2));
        quoted.map(str::to_owned).collect()
    };
    let names = |key| named(key).into_iter().map(Name::plain).collect();
    let signatures = named("signatures");
    let pairs = signatures.iter().filter_map(|one| one.split_once('.'));
    Regulated {
        append_only: names("append_only"),
        access: names("access"),
        signatures: pairs
            .map(|(table, column)| (Name::plain(table), column.to_owned()))
            .collect(),
    }
}

/// The core that a page's `## Core` makes, as a release would name its objects.
fn core(id: &str, page: &str) -> Core {
    let mut made = Catalog::default();
    made.learn(&read(id, &block(page, "Core").unwrap_or_default()));
    let mut objects = String::new();
    for relation in made.relations.iter() {
        let schema = relation.name.schema.as_deref().unwrap_or("public");
        objects += &format!("schema {schema}; table {}; ", relation.name);
    }
    let leave = fenced(page, "Core", "toml").unwrap_or_default();
    let leave = leave.lines().find_map(|line| {
        let (action, object) = line.split_once(" = [\"")?;
        Some(format!("{action} {}", object.trim_end_matches("\"]")))
    });
    Core::new(&objects, leave.as_deref())
}

fn read(id: &str, sql: &str) -> Script {
    let script = analyse_text(sql, "page.sql");
    assert_eq!(script.problems, [], "{id}: {sql}");
    script
}

#[test]
fn each_rule_has_a_page_whose_bad_sql_it_finds_and_whose_good_sql_it_does_not() {
    for rule in RULES {
        let id = rule.id;
        let page = fs::read_to_string(folder().join(format!("{id}.md")));
        let page = page.unwrap_or_else(|error| panic!("{id}: {error}"));
        let wanted =
            |heading| block(&page, heading).unwrap_or_else(|| panic!("{id}: no {heading}"));
        let mut catalog = Catalog::default();
        catalog.learn(&read(id, &wanted("Schema")));
        let migration = block(&page, "Migration").map(|sql| read(id, &sql));
        if let Some(migration) = &migration {
            catalog.learn(migration);
        }
        let server = page
            .split_once("`server = ")
            .and_then(|(_, rest)| rest.get(..2)?.parse().ok());
        let regulated = regulated(&page);
        let mut core = core(id, &page);
        let context = Context {
            regulated: Some(&regulated),
            server,
            direction: if migration.is_some() {
                Direction::Rollback
            } else {
                Direction::Up
            },
            migration: migration.as_ref(),
            catalog: Some(&catalog),
            core: &[],
        };
        let mut found = |heading| -> BTreeSet<&str> {
            let script = read(id, &wanted(heading));
            let core = &core.touches(&script);
            let findings = lint(&script, &Context { core, ..context });
            findings.iter().map(|finding| finding.rule).collect()
        };
        // What only a sandbox proves is linted with one, in the tests of the program.
        let bad = match rule.needs_a_sandbox() {
            true => BTreeSet::new(),
            false => BTreeSet::from([id]),
        };
        assert_eq!(found("Bad"), bad, "{id}");
        assert!(!found("Good").contains(id), "{id}");
        assert!(page.contains(rule.severity.as_str()), "{id}: severity");
    }
}

#[test]
fn the_index_and_the_folder_name_every_rule_and_no_other() {
    let index = fs::read_to_string(folder().join("README.md")).unwrap_or_default();
    let pages = fs::read_dir(folder()).into_iter().flatten().flatten();
    let pages = pages.filter_map(|entry| {
        entry
            .file_name()
            .into_string()
            .ok()?
            .strip_suffix(".md")
            .map(str::to_owned)
    });
    let pages: BTreeSet<String> = pages.filter(|page| page != "README").collect();
    let rules: BTreeSet<String> = RULES.iter().map(|rule| rule.id.to_owned()).collect();
    assert_eq!(pages, rules);
    for rule in RULES {
        let line = format!(
            "| [{0}]({0}.md) | {1} | {2} |",
            rule.id, rule.severity, rule.title
        );
        assert!(index.contains(&line), "{line}");
    }
}
