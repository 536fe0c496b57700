//! The findings of lint in a repository's files.

use std::collections::BTreeSet;
use std::path::PathBuf;

use enact_lint::{Catalog, Context, Direction, Finding};
use enact_sql::script::Script;

use super::Project;
use super::config::LintConfig;
use super::layout::{Migration, Stream};
use super::problem::Problem;

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
    /// The file, read.
    pub script: Script,
    /// What was found, in the order of the text.
    pub findings: Vec<Finding>,
}

/// Judges the selected files. All files before them are read too: they say what the schema is.
///
/// # Errors
/// Every problem of the first file that cannot be read.
pub fn lint(
    project: &Project,
    stream: &Stream,
    selection: &Selection,
) -> Result<Vec<Linted>, Vec<Problem>> {
    let config = &project.config.lint;
    let mut catalog = Catalog::default();
    let mut linted = Vec::new();
    for migration in &stream.migrations {
        let up = stream.load(migration)?;
        let down = stream.load_rollback(migration)?;
        let wanted = selection.includes(stream, migration, [Some(&up), down.as_ref()]);
        let findings = wanted.then(|| {
            let context = Context {
                server: config.server,
                catalog: Some(&catalog),
                ..Context::default()
            };
            judged(&up, &context, config)
        });
        catalog.learn(&up);
        if let (true, Some(down)) = (wanted, down) {
            let context = Context {
                server: config.server,
                direction: Direction::Rollback,
                migration: Some(&up),
                catalog: Some(&catalog),
            };
            let of_down = judged(&down, &context, config);
            linted.extend(findings.map(|findings| Linted {
                script: up,
                findings,
            }));
            linted.push(Linted {
                script: down,
                findings: of_down,
            });
        } else {
            linted.extend(findings.map(|findings| Linted {
                script: up,
                findings,
            }));
        }
    }
    Ok(linted)
}

/// The findings, with the severities that the repository wants.
fn judged(script: &Script, context: &Context<'_>, config: &LintConfig) -> Vec<Finding> {
    let mut findings = enact_lint::lint(script, context);
    findings.retain_mut(|finding| match config.rules.get(finding.rule) {
        None => true,
        Some(None) => false,
        Some(Some(severity)) => {
            finding.severity = *severity;
            true
        }
    });
    findings
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
