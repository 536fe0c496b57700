//! `enact release diff`

use std::collections::BTreeMap;

use enact_engine::exit::Exit;
use enact_engine::project::Stream;
use enact_engine::project::core;
use enact_ledger::Hash;
use enact_lint::{changed_rows, strong_locks};
use enact_release::Package;
use enact_sql::script::Script;

use super::given;
use crate::cli::ReleaseDiff;
use crate::context::Context;
use crate::failure::Failure;
use crate::render::release as render;
use crate::wire;

/// Statements that may do anything to any table, which is not read.
const UNREAD: [&str; 2] = ["CALL", "DO"];

pub fn run(context: &Context, args: &ReleaseDiff) -> Result<Exit, Failure> {
    let open = |path| given::open(&context.folder.join(path), given::NAME);
    let ((from, _from), (to, _to)) = (open(&args.from)?, open(&args.to)?);
    let document = document(context, &from, &to)?;
    context.ui.answer(&document, || render::diff(&document))?;
    Ok(Exit::Done)
}

fn document(context: &Context, from: &Package, to: &Package) -> Result<wire::ReleaseDiff, Failure> {
    let known = from.manifest.migrations.len();
    let common = from.manifest.migrations.iter().zip(&to.manifest.migrations);
    let rewritten = common.filter(|(one, other)| one != other);
    let rewritten: Vec<String> = rewritten
        .map(|(one, _)| format!("{:03}_{}", one.number, one.name))
        .collect();
    let stream = match to.manifest.migrations.len() > known {
        true => Some(core::stream(&context.folder, to, super::LARGEST)?),
        false => None,
    };
    let mut migrations = Vec::new();
    for migration in stream
        .iter()
        .flat_map(|stream| stream.migrations.iter().skip(known))
    {
        if let Some(stream) = &stream {
            let script = stream.load(migration)?;
            migrations.push(describe(stream, migration, &script));
        }
    }
    Ok(wire::ReleaseDiff {
        schema: "enact.diff/1",
        package: to.manifest.package.clone(),
        from: from.manifest.version.clone(),
        to: to.manifest.version.clone(),
        severity: to
            .manifest
            .hotfix
            .as_ref()
            .map(|hotfix| hotfix.severity.as_str()),
        reason: to
            .manifest
            .hotfix
            .as_ref()
            .map(|hotfix| hotfix.reason.clone()),
        notes: to.manifest.notes.clone(),
        rewritten,
        migrations,
        objects: objects(from, to),
    })
}

fn describe(
    stream: &Stream,
    migration: &enact_engine::project::Migration,
    script: &Script,
) -> wire::DiffMigration {
    let mut tags: BTreeMap<&str, usize> = BTreeMap::new();
    for statement in script.statements() {
        *tags.entry(statement.tag).or_default() += 1;
    }
    let locks = strong_locks(script);
    wire::DiffMigration {
        number: migration.number,
        name: migration.name.clone(),
        file: stream.source.shown(&migration.path).display().to_string(),
        reversible: migration.rollback_digest.is_some(),
        statements: tags
            .iter()
            .map(|(tag, count)| ((*tag).to_owned(), *count))
            .collect(),
        locks: locks
            .into_iter()
            .map(|(table, lock)| wire::DiffLock { table, lock })
            .collect(),
        rows: changed_rows(script),
        unread: UNREAD
            .into_iter()
            .filter(|tag| tags.contains_key(tag))
            .collect(),
    }
}

/// The objects of the newest server that both were proven on.
fn objects(from: &Package, to: &Package) -> Vec<wire::DiffObject> {
    let mut majors = to.objects.keys().rev();
    let Some(major) = majors.find(|major| from.objects.contains_key(major)) else {
        return Vec::new();
    };
    let at_end = |package: &Package| -> BTreeMap<(String, String), Hash> {
        let objects = package
            .objects
            .get(major)
            .map(|objects| objects.at(u32::MAX));
        let objects = objects.unwrap_or_default().into_iter();
        objects
            .map(|((kind, name), digest)| ((kind.to_owned(), name.to_owned()), digest))
            .collect()
    };
    let (before, after) = (at_end(from), at_end(to));
    let mut names: Vec<&(String, String)> = before.keys().chain(after.keys()).collect();
    names.sort();
    names.dedup();
    let changed = names.into_iter().filter_map(|name| {
        let change = match (before.get(name), after.get(name)) {
            (None, Some(_)) => "added",
            (Some(_), None) => "removed",
            (Some(one), Some(other)) if one != other => "changed",
            _ => return None,
        };
        Some(wire::DiffObject {
            kind: name.0.clone(),
            name: name.1.clone(),
            change,
        })
    });
    changed.collect()
}
