//! Conflicts with the core, for people.

use std::fmt::Write as _;

use enact_engine::conflict::{Shown, Verdict};
use enact_release::Action;

use crate::ui::style::{BAD, DIM, GOOD, STRONG, WARNING, next, paint, plural, safe};
use crate::wire;

/// What a migration does, for programs.
pub fn migration(verdict: &Verdict) -> wire::ConflictMigration {
    let told = verdict
        .told
        .iter()
        .map(|(line, touch)| wire::ConflictStatement {
            line: *line,
            does: touch.what,
            object: touch.object.clone(),
        });
    wire::ConflictMigration {
        number: verdict.number,
        name: verdict.name.clone(),
        conflict: verdict.is_conflict(),
        agree: verdict.agree(),
        statements: told.collect(),
        sandbox: verdict.shown.iter().map(object).collect(),
        failure: verdict.failure.as_ref().map(ToString::to_string),
    }
}

fn object(shown: &Shown) -> wire::ConflictObject {
    let (object, change, core, takes) = match shown {
        Shown::Changed { object, gone: true } => (object.to_string(), "dropped", None, None),
        Shown::Changed { object, .. } => (object.to_string(), "changed", None, None),
        Shown::Attached { object, to, takes } => {
            (object.to_string(), "attached", Some(to.clone()), *takes)
        }
        Shown::Shadows { object, core } => {
            (object.to_string(), "shadows", Some(core.clone()), None)
        }
        Shown::Rows { table } => (format!("rows of {table}"), "rows", None, None),
    };
    wire::ConflictObject {
        object,
        change,
        core,
        takes: takes.map(Action::key),
    }
}

/// For people.
pub fn text(document: &wire::Conflicts) -> String {
    let release = document.release.as_deref();
    let release = release.map_or_else(String::new, |release| format!(" {release}"));
    let mut text = format!("{} beside core{release}\n", paint(STRONG, &document.stream));
    text.extend(document.migrations.iter().map(one));
    text += &depends(&document.dependencies);
    text += &match document.passed {
        true => paint(GOOD, "nothing of the core is changed"),
        false => paint(BAD, "the core is changed without leave"),
    };
    text.push('\n');
    if !document.passed {
        text += &next(
            "keep to a schema of the extension's own, or ask the core team for leave: [leave] in the core's enact.toml",
        );
    }
    text
}

fn one(migration: &wire::ConflictMigration) -> String {
    let name = format!("{:03}_{}", migration.number, migration.name);
    let mut text = match migration.conflict {
        true => format!("  {} {name}\n", paint(BAD, "x")),
        false => format!("  {} {name}\n", paint(GOOD, "+")),
    };
    for shown in &migration.sandbox {
        let core = shown.core.as_deref();
        let core = core.map_or_else(String::new, |core| format!(" ({core})"));
        let leave = shown.takes.map_or_else(String::new, |takes| {
            format!("; the core team gives leave to {takes} under [leave]")
        });
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "      sandbox: {} {}{}{leave}",
            safe(&shown.object),
            shown.change,
            safe(&core)
        );
    }
    for told in &migration.statements {
        let _ = writeln!(
            text,
            "      line {}: {} {}",
            told.line,
            told.does,
            safe(&told.object)
        );
    }
    if let Some(failure) = &migration.failure {
        let _ = writeln!(text, "      does not run: {}", safe(failure));
    }
    if !migration.agree && migration.failure.is_none() {
        let differ = match migration.conflict {
            true => "the statements do not tell; the sandbox decides",
            false => "the sandbox shows nothing of it, and decides",
        };
        let _ = writeln!(text, "      {}", paint(WARNING, differ));
    }
    text
}

fn depends(dependencies: &[wire::DependsOn]) -> String {
    let line = |one: &wire::DependsOn| {
        let line = format!("  {} depends on {}", safe(&one.object), safe(&one.on));
        paint(DIM, &line) + "\n"
    };
    dependencies.iter().map(line).collect()
}

/// What a candidate would break.
pub fn impact(document: &wire::Impact) -> String {
    let release = document
        .release
        .as_deref()
        .unwrap_or("as in its repository");
    let mut text = format!("core {}\n", paint(STRONG, release));
    for sponsor in &document.sponsors {
        let from = sponsor.from.as_deref();
        let from = from.map_or_else(String::new, |from| format!(" (now {from})"));
        let verdict = match sponsor.passed {
            true => paint(GOOD, "nothing breaks"),
            false => paint(BAD, "breaks"),
        };
        let depends = plural(sponsor.dependencies.len(), "dependency");
        let depends = depends.replace("dependencys", "dependencies");
        let _ = writeln!(
            text,
            "  {}{from}: {verdict}, {depends} on the core",
            sponsor.stream
        );
        for broken in &sponsor.upgrade {
            let _ = writeln!(
                text,
                "      where it is in use: {}: {}",
                broken.step,
                safe(&broken.message)
            );
        }
        for migration in &sponsor.fresh {
            let lines = one(migration);
            let _ = write!(text, "      on a new database:\n{}", indented(&lines));
        }
    }
    if !document.passed {
        let broken = document.sponsors.iter().filter(|sponsor| !sponsor.passed);
        let broken: Vec<&str> = broken.map(|sponsor| sponsor.stream.as_str()).collect();
        let broken = broken.join(", ");
        text += &next(&format!(
            "change the core before it is released, or have the extension changed first: {broken}"
        ));
    }
    text
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}
