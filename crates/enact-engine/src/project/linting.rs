//! The findings of lint in a repository's files.

use std::collections::BTreeSet;
use std::path::PathBuf;

use enact_lint::{Catalog, Context, Direction, Finding, Learned, Regulated, Touch};
use enact_sql::script::Script;

use super::Project;
use super::config::LintConfig;
use super::core;
use super::layout::{Migration, Stream};
use super::problem::Problem;
use crate::conflict::Reading;
use crate::live::LiveSchema;

/// Which migrations to judge, each with its rollback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// All.
    All,
    /// Those of these numbers.
    Numbers(BTreeSet<u32>),
    /// Those of which one of these files is a part; paths relative to the repository's root.
    Files(BTreeSet<PathBuf>),
}

/// One file and what was found in it.
#[derive(Debug)]
pub struct Linted {
    /// Number of the migration.
    pub number: u32,
    /// It is the rollback of that migration.
    pub rollback: bool,
    /// The file, read.
    pub script: Script,
    /// What was found, in the order of the text.
    pub findings: Vec<Finding>,
}

/// Judges the selected files. All files before them are read too: they say what the schema is.
///
/// With a `live` target, what is not in force there yet is judged by the target's own schema; of a selection of all,
/// nothing else is judged.
///
/// # Errors
/// Every problem of the first file that cannot be read; also, where the project builds on a core release, that the
/// release is not pinned or is not to be had.
pub fn lint(
    project: &Project,
    stream: &Stream,
    selection: &Selection,
    live: Option<&LiveSchema>,
) -> Result<Vec<Linted>, Vec<Problem>> {
    let config = &project.config.lint;
    let mut known = Known {
        files: Catalog::default(),
        target: live.map(|live| live.catalog.clone()),
    };
    let mut core = reading(project)?;
    let mut linted = Vec::new();
    for migration in &stream.migrations {
        let pending = live.is_none_or(|live| !live.applied.contains(&migration.number));
        let judge = Judge {
            config,
            regulated: &project.config.regulated,
            server: live.filter(|_| pending).map(|live| live.server),
        };
        let up = stream.load(migration)?;
        let touched = core.as_mut().map(|core| core.migration(&up));
        let down = stream.load_rollback(migration)?;
        let wanted = selection.includes(stream, migration, [Some(&up), down.as_ref()])
            && (pending || matches!(selection, Selection::Numbers(_)));
        if !wanted {
            known.learn(&up, pending);
            continue;
        }
        let (findings, learned) = judge.findings(&up, None, &touched.unwrap_or_default(), &known);
        known.files = learned.files;
        // What is in force has been learnt from the target itself.
        if pending && known.target.is_some() {
            known.target = Some(learned.target);
        }
        let of_down = down.map(|down| {
            let touched = core.as_ref().map(|core| core.rollback(&down));
            let touched = touched.unwrap_or_default();
            let (findings, _) = judge.findings(&down, Some(&up), &touched, &known);
            Linted {
                number: migration.number,
                rollback: true,
                script: down,
                findings,
            }
        });
        linted.push(Linted {
            number: migration.number,
            rollback: false,
            script: up,
            findings,
        });
        linted.extend(of_down);
    }
    Ok(linted)
}

/// The pinned core, which an extension must leave as it is; none for a project that builds on no core.
fn reading(project: &Project) -> Result<Option<Reading>, Vec<Problem>> {
    let Some(pinned) = core::pinned(project)? else {
        return Ok(None);
    };
    if pinned.package.objects.is_empty() {
        let message = format!("release {} names no objects of the core", pinned.version());
        let mend = "pin a release that `enact release` has proven";
        return Err(vec![Problem::of_file(
            "core-release",
            "enact.lock",
            message,
            mend,
        )]);
    }
    Ok(Some(Reading::of_release(&pinned.package)))
}

/// The schema at one moment, as the files say, and as the target does.
struct Known {
    files: Catalog,
    target: Option<Catalog>,
}

impl Known {
    fn learn(&mut self, up: &Script, pending: bool) {
        self.files.learn(up);
        if let Some(target) = self.target.as_mut().filter(|_| pending) {
            target.learn(up);
        }
    }
}

/// How a file is judged.
struct Judge<'a> {
    config: &'a LintConfig,
    regulated: &'a Regulated,
    /// Version of the target, where its schema counts.
    server: Option<u16>,
}

impl Judge<'_> {
    /// What is found in a file, or in the rollback of a migration, with the severities that the repository wants.
    fn findings(
        &self,
        script: &Script,
        undoes: Option<&Script>,
        touched: &[Touch],
        known: &Known,
    ) -> (Vec<Finding>, Learned) {
        let alone = Context {
            server: self.config.server,
            direction: undoes.map_or(Direction::Up, |_| Direction::Rollback),
            migration: undoes,
            catalog: Some(&known.files),
            regulated: Some(self.regulated),
            core: touched,
        };
        let (mut findings, learned) = match known.target.as_ref().zip(self.server) {
            None => {
                let (findings, files) = enact_lint::lint_and_learn(script, &alone);
                let target = Catalog::default();
                (findings, Learned { files, target })
            }
            Some((catalog, server)) => {
                let target = Context {
                    server: Some(server),
                    catalog: Some(catalog),
                    ..alone
                };
                enact_lint::lint_for_target(script, &target, &alone)
            }
        };
        findings.retain_mut(|finding| match self.config.rules.get(finding.rule) {
            None => true,
            Some(None) => false,
            Some(Some(severity)) => {
                finding.severity = *severity;
                true
            }
        });
        (findings, learned)
    }
}

impl Selection {
    fn includes(
        &self,
        stream: &Stream,
        migration: &Migration,
        scripts: [Option<&Script>; 2],
    ) -> bool {
        match self {
            Self::All => true,
            Self::Numbers(numbers) => numbers.contains(&migration.number),
            Self::Files(files) => {
                let own = files.contains(&stream.source.shown(&migration.path));
                // Also a file that it includes is a part of it.
                let part = |file: &PathBuf| {
                    let name = file.to_string_lossy();
                    let mut scripts = scripts.iter().flatten();
                    scripts.any(|script| script.source.file_text(&name).is_some())
                };
                own || files.iter().any(part)
            }
        }
    }
}
