//! A migration directory as a stream of migrations.

use std::path::{Path, PathBuf};

use enact_ledger::{Algorithm, FileDigest};
use enact_sql::script::{self, Script};

use super::listing::{self, Listed, Listing};
use super::names::StreamName;
use super::problem::Problem;
use super::scan::{self, Job, Scanned};
use super::{expansion, filename};

/// Where the files of a stream are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamSource {
    /// The stream's name.
    pub name: StreamName,
    /// The repository's root, which included files may not leave.
    pub root: PathBuf,
    /// The folder of migrations.
    pub dir: PathBuf,
    /// The largest file that is read, in bytes.
    pub max_file_size: u64,
}

impl StreamSource {
    /// A path as messages show it: relative to the repository's root.
    #[must_use]
    pub fn shown(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.root).unwrap_or(path).to_owned()
    }
}

/// How a migration is undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RollbackFile {
    /// By this script.
    File(PathBuf),
    /// Not at all: its header says `Rollback: none`, with this reason.
    None(String),
}

/// One migration, known by name and digest; its text is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// Number in its stream, from 1.
    pub number: u32,
    /// Description from the file name, such as `add_audit_metadata`.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// How it is undone.
    pub rollback: RollbackFile,
    /// Digest of the file with its includes.
    pub digest: FileDigest,
    /// Digest of the rollback script with its includes, if there is one.
    pub rollback_digest: Option<FileDigest>,
}

impl Migration {
    /// The file's name without its folder.
    #[must_use]
    pub fn file_name(&self) -> String {
        self.path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    }

    /// Why it cannot be undone; empty if it can.
    #[must_use]
    pub fn no_rollback_reason(&self) -> &str {
        match &self.rollback {
            RollbackFile::File(_) => "",
            RollbackFile::None(reason) => reason,
        }
    }
}

/// The migrations of one stream, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// Where its files are.
    pub source: StreamSource,
    /// Digits of its numbers.
    pub width: usize,
    /// Its migrations: number `n` is at index `n - 1`.
    pub migrations: Vec<Migration>,
}

impl Stream {
    /// Reads a migration directory: names, pairs, digests. Nothing is parsed but the header of a migration without
    /// a rollback script.
    ///
    /// # Errors
    /// Every problem of the directory, sorted by file. None is let pass: what is not understood is not skipped.
    pub fn read(source: &StreamSource) -> Result<Self, Vec<Problem>> {
        let listing = listing::list(source);
        let mut reading = Reading {
            source,
            listing: &listing,
            problems: Vec::new(),
        };
        let migrations = reading.migrations();
        let width = listing.width();
        let mut problems = reading.problems;
        problems.extend(listing.problems);
        if problems.is_empty() {
            return Ok(Self {
                source: source.clone(),
                width,
                migrations,
            });
        }
        problems.sort();
        Err(problems)
    }

    /// The stream's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.source.name.as_str()
    }

    /// The migration of that number.
    #[must_use]
    pub fn get(&self, number: u32) -> Option<&Migration> {
        self.migrations
            .get(usize::try_from(number).ok()?.checked_sub(1)?)
    }

    /// Reads and analyses a migration.
    ///
    /// # Errors
    /// Every problem of the file; `file-changed` if it is no longer the one that was digested.
    pub fn load(&self, migration: &Migration) -> Result<Script, Vec<Problem>> {
        self.load_file(&migration.path, migration.digest)
    }

    /// Reads and analyses the rollback of a migration; `None` if it has none.
    ///
    /// # Errors
    /// As for [`Stream::load`].
    pub fn load_rollback(&self, migration: &Migration) -> Result<Option<Script>, Vec<Problem>> {
        match (&migration.rollback, migration.rollback_digest) {
            (RollbackFile::File(path), Some(digest)) => self.load_file(path, digest).map(Some),
            _ => Ok(None),
        }
    }

    fn load_file(&self, path: &Path, digest: FileDigest) -> Result<Script, Vec<Problem>> {
        let script = analyse(&self.source, path).map_err(|problem| vec![problem])?;
        if script.digest != digest.value {
            let message = "the file was changed while Enact was at work";
            let mend = "run the command again";
            return Err(vec![Problem::of_file(
                "file-changed",
                self.source.shown(path),
                message,
                mend,
            )]);
        }
        let problems = script_problems(&script);
        if problems.is_empty() {
            Ok(script)
        } else {
            Err(problems)
        }
    }
}

/// The token-normalised digest of a script; `None` if it cannot be split into statements.
#[must_use]
pub fn meaning(script: &Script) -> Option<FileDigest> {
    script.meaning.map(|value| FileDigest {
        algorithm: Algorithm::Tokens,
        value,
    })
}

/// Reads a file with its includes, and analyses it.
pub(crate) fn analyse(source: &StreamSource, path: &Path) -> Result<Script, Problem> {
    let text = scan::read_text(source, path)?;
    Ok(script::analyse(expansion::expand(source, path, text)?))
}

/// What the analysis found, at its place in the file that a person edits.
pub(crate) fn script_problems(script: &Script) -> Vec<Problem> {
    let place = |problem: &script::Problem| {
        located(
            script,
            problem.range.start,
            problem.id,
            &problem.message,
            &problem.mend,
        )
    };
    script.problems.iter().map(place).collect()
}

/// A problem at a byte offset of a script.
pub(crate) fn located(
    script: &Script,
    offset: usize,
    id: &'static str,
    message: impl Into<String>,
    mend: impl Into<String>,
) -> Problem {
    let place = script.locate(offset);
    Problem::of_file(id, place.file, message, mend).at(place.line, place.column)
}

/// A migration has neither a rollback script nor `Rollback: none`.
pub(super) fn no_rollback(source: &StreamSource, file: &Listed) -> Problem {
    let mend = format!(
        "write {}/{}, or `-- Rollback: none - <reason>` in the header",
        filename::ROLLBACK_DIR,
        file.name.rollback_name()
    );
    Problem::of_file(
        "rollback-missing",
        source.shown(&file.path),
        "it has no rollback script",
        mend,
    )
}

struct Reading<'a> {
    source: &'a StreamSource,
    listing: &'a Listing,
    problems: Vec<Problem>,
}

impl Reading<'_> {
    fn migrations(&mut self) -> Vec<Migration> {
        let Listing {
            migrations,
            rollbacks,
            ..
        } = self.listing;
        let up = migrations.iter().map(|file| Job {
            path: &file.path,
            wants_header: self.listing.rollback_of(file.name.number).is_none(),
        });
        let down = rollbacks.iter().map(|file| Job {
            path: &file.path,
            wants_header: false,
        });
        let jobs: Vec<Job<'_>> = up.chain(down).collect();
        let mut scanned = scan::scan(self.source, &jobs);
        let down: Vec<_> = scanned
            .split_off(migrations.len())
            .into_iter()
            .map(|result| self.keep(result))
            .collect();
        let mut read = Vec::with_capacity(migrations.len());
        for (file, scanned) in migrations.iter().zip(scanned) {
            let rollback = self.rollback(file.name.number, &down);
            let scanned = self.keep(scanned);
            read.extend(scanned.and_then(|scanned| self.migration(file, scanned, rollback)));
        }
        read
    }

    fn keep(&mut self, result: Result<Scanned, Problem>) -> Option<Scanned> {
        result.map_err(|problem| self.problems.push(problem)).ok()
    }

    /// Path and digest of the rollback script of a number.
    fn rollback(
        &self,
        number: u32,
        scanned: &[Option<Scanned>],
    ) -> Option<(PathBuf, Option<FileDigest>)> {
        let rollbacks = &self.listing.rollbacks;
        let index = rollbacks
            .binary_search_by_key(&number, |file| file.name.number)
            .ok()?;
        let digest = scanned.get(index)?.as_ref().map(|scanned| scanned.digest);
        Some((rollbacks.get(index)?.path.clone(), digest))
    }

    fn migration(
        &mut self,
        file: &Listed,
        scanned: Scanned,
        rollback: Option<(PathBuf, Option<FileDigest>)>,
    ) -> Option<Migration> {
        let (rollback, rollback_digest) = match (rollback, scanned.no_rollback) {
            (Some((path, digest)), _) => (RollbackFile::File(path), digest),
            (None, Some(reason)) => (RollbackFile::None(reason), None),
            (None, None) => {
                self.problems.push(no_rollback(self.source, file));
                return None;
            }
        };
        Some(Migration {
            number: file.name.number,
            name: file.name.description.clone(),
            path: file.path.clone(),
            rollback,
            digest: scanned.digest,
            rollback_digest,
        })
    }
}
