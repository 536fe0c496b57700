//! Cases, as they stand in `cases/*.sql`.
//!
//! A case begins with `-- case: <name>`; `-- expect:` names the rules that are found, in order of the text, or
//! `none`. Text before `-- then:` is an earlier migration. Text after `-- rollback:` is the rollback of the text before
//! it, and is what is judged. `-- server:` is the configured version; `-- append-only:`, `-- access:` and
//! `-- signature:` name what is regulated. `-- core:` names the objects of the core that the texts are an extension of, as
//! in `table diary.sites; column diary.sites.id`, and `-- leave:` an action with the object that it may be done to.

#![expect(clippy::expect_used, reason = "a case that cannot be read has failed")]

use enact_lint::{Catalog, Context, Direction, Finding, Name, Regulated, lint};
use enact_sql::script::{Script, analyse_text};

mod core;

use core::Core;

/// One case.
pub struct Case {
    pub name: String,
    pub expect: Vec<String>,
    pub server: Option<u16>,
    pub regulated: Regulated,
    pub core: Core,
    pub earlier: Option<String>,
    pub migration: Option<String>,
    pub text: String,
}

/// The cases of a text.
pub fn cases(text: &str) -> Vec<Case> {
    let blocks = text.split("-- case:").skip(1);
    blocks.map(case).collect()
}

fn case(block: &str) -> Case {
    let (name, rest) = block.split_once('\n').expect("a name and a text");
    let value = |key: &str| {
        rest.lines()
            .find_map(|line| line.strip_prefix(key))
            .map(str::trim)
    };
    let expect = value("-- expect:").unwrap_or_else(|| panic!("{name}: no expectation"));
    let server = value("-- server:").map(|server| server.parse().expect("a number"));
    let tables = |key| value(key).into_iter().map(Name::plain).collect();
    let signature = value("-- signature:").and_then(|name| name.split_once('.'));
    let regulated = Regulated {
        append_only: tables("-- append-only:"),
        access: tables("-- access:"),
        signatures: signature
            .map(|(table, column)| (Name::plain(table), column.to_owned()))
            .into_iter()
            .collect(),
    };
    let core = Core::new(value("-- core:").unwrap_or_default(), value("-- leave:"));
    let keys = [
        "expect",
        "server",
        "append-only",
        "access",
        "signature",
        "core",
        "leave",
    ];
    let is_key = |line: &str| {
        keys.iter()
            .any(|key| line.starts_with(&format!("-- {key}:")))
    };
    let sql = rest
        .lines()
        .filter(|line| !is_key(line))
        .collect::<Vec<_>>()
        .join("\n");
    let (earlier, sql) = match sql.split_once("-- then:\n") {
        Some((earlier, sql)) => (Some(earlier.to_owned()), sql.to_owned()),
        None => (None, sql),
    };
    let (migration, text) = match sql.split_once("-- rollback:\n") {
        Some((migration, text)) => (Some(migration.to_owned()), text.to_owned()),
        None => (None, sql),
    };
    Case {
        name: name.trim().to_owned(),
        expect: expect
            .split_whitespace()
            .filter(|rule| *rule != "none")
            .map(str::to_owned)
            .collect(),
        server,
        regulated,
        core,
        earlier,
        migration,
        text,
    }
}

/// A text as a script.
pub fn read(name: &str, text: &str) -> Script {
    let script = analyse_text(text, "file.sql");
    assert_eq!(script.problems, [], "{name}");
    script
}

/// What is found in a case.
pub fn judge(case: &Case) -> Vec<Finding> {
    let mut catalog = Catalog::default();
    let mut core = case.core.clone();
    if let Some(earlier) = &case.earlier {
        let earlier = read(&case.name, earlier);
        core.touches(&earlier);
        catalog.learn(&earlier);
    }
    let migration = case.migration.as_ref().map(|text| read(&case.name, text));
    if let Some(migration) = &migration {
        core.touches(migration);
        catalog.learn(migration);
    }
    let script = read(&case.name, &case.text);
    let touches = core.touches(&script);
    let context = Context {
        regulated: Some(&case.regulated),
        server: case.server,
        direction: if migration.is_some() {
            Direction::Rollback
        } else {
            Direction::Up
        },
        migration: migration.as_ref(),
        catalog: Some(&catalog),
        core: &touches,
    };
    lint(&script, &context)
}
