//! The files of a migration directory by name: which there are, and whether their numbers fit.

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::filename::{self, Numbered, ROLLBACK_DIR};
use super::layout::StreamSource;
use super::problem::Problem;

/// Files that may stand beside migrations; anything else is a problem, so that nothing is skipped unseen.
const COMPANIONS: [&str; 5] = [
    "README.md",
    ".gitattributes",
    ".gitignore",
    ".gitkeep",
    ".DS_Store",
];

/// One migration or rollback script.
pub(super) struct Listed {
    /// What its name says.
    pub name: Numbered,
    /// Where it is.
    pub path: PathBuf,
}

/// What is in a migration directory, in order of number.
#[derive(Default)]
pub(super) struct Listing {
    /// Files that are named like migrations.
    pub migrations: Vec<Listed>,
    /// Files that are named like rollbacks.
    pub rollbacks: Vec<Listed>,
    /// What is wrong with names and numbers.
    pub problems: Vec<Problem>,
}

/// Lists a migration directory and checks names and numbers.
pub(super) fn list(source: &StreamSource) -> Listing {
    let mut lister = Lister {
        source,
        listing: Listing::default(),
        has_rollbacks: false,
    };
    lister.migrations();
    if lister.has_rollbacks {
        lister.rollbacks();
    }
    let mut listing = lister.listing;
    listing.migrations.sort_by_key(|file| file.name.number);
    listing.rollbacks.sort_by_key(|file| file.name.number);
    let more = Numbers {
        source,
        listing: &listing,
    }
    .check();
    listing.problems.extend(more);
    listing
}

impl Listing {
    /// The rollback of a number.
    pub(super) fn rollback_of(&self, number: u32) -> Option<&Listed> {
        let index = self
            .rollbacks
            .binary_search_by_key(&number, |file| file.name.number)
            .ok()?;
        self.rollbacks.get(index)
    }

    /// Digits of the numbers: what most migrations have, three if there are none.
    pub(super) fn width(&self) -> usize {
        let widths = self.migrations.iter().map(|file| file.name.width);
        let count = |width: usize| {
            self.migrations
                .iter()
                .filter(|file| file.name.width == width)
                .count()
        };
        let distinct: std::collections::BTreeSet<usize> = widths.collect();
        distinct
            .into_iter()
            .max_by_key(|width| (count(*width), *width))
            .unwrap_or(filename::MIN_WIDTH)
    }
}

struct Lister<'a> {
    source: &'a StreamSource,
    listing: Listing,
    has_rollbacks: bool,
}

impl Lister<'_> {
    fn problem(
        &mut self,
        id: &'static str,
        path: &Path,
        message: impl Into<String>,
        mend: impl Into<String>,
    ) {
        self.listing
            .problems
            .push(Problem::of_file(id, self.source.shown(path), message, mend));
    }

    fn migrations(&mut self) {
        let dir = self.source.dir.clone();
        for (name, path, kind) in self.entries(&dir) {
            let text = name.to_string_lossy();
            match (name.to_str().and_then(Numbered::parse), kind) {
                (_, Entry::Dir) if name == ROLLBACK_DIR => self.has_rollbacks = true,
                (_, Entry::Dir) => {
                    let mend =
                        "move it out of the folder of migrations; only rollback/ belongs there";
                    self.problem("stray-folder", &path, "a folder among the migrations", mend);
                }
                (_, Entry::Special) => self.special(&path),
                (Some(numbered), Entry::File) if numbered.description != "rollback" => {
                    self.listing.migrations.push(Listed {
                        name: numbered,
                        path,
                    });
                }
                (_, Entry::File) => self.other(&text, &path, filename::mend_migration),
            }
        }
    }

    fn rollbacks(&mut self) {
        let dir = self.source.dir.join(ROLLBACK_DIR);
        for (name, path, kind) in self.entries(&dir) {
            let text = name.to_string_lossy();
            match (name.to_str().and_then(Numbered::parse_rollback), kind) {
                (_, Entry::Dir) => {
                    let mend = "move it out of the folder of rollbacks";
                    self.problem("stray-folder", &path, "a folder among the rollbacks", mend);
                }
                (_, Entry::Special) => self.special(&path),
                (Some(name), Entry::File) => self.listing.rollbacks.push(Listed { name, path }),
                (None, Entry::File) => self.other(&text, &path, filename::mend_rollback),
            }
        }
    }

    fn special(&mut self, path: &Path) {
        let mend = "put the file itself there; what a link leads to can change without anybody reviewing it";
        self.problem(
            "not-a-file",
            path,
            "a link or special file among the migrations",
            mend,
        );
    }

    fn other(&mut self, name: &str, path: &Path, mend: fn(&str) -> String) {
        if COMPANIONS.contains(&name) {
            return;
        }
        let is_sql = name.len() > 4 && name.to_ascii_lowercase().ends_with(".sql");
        if is_sql && !name.starts_with('.') {
            let message = format!("`{name}` is not named by the rules");
            return self.problem("misnamed", path, message, mend(name));
        }
        let message = format!("`{name}` is no migration");
        self.problem(
            "stray-file",
            path,
            message,
            "delete it, or move it out of the folder of migrations",
        );
    }

    fn entries(&mut self, dir: &Path) -> Vec<(std::ffi::OsString, PathBuf, Entry)> {
        let read =
            std::fs::read_dir(dir).and_then(|entries| entries.collect::<Result<Vec<_>, _>>());
        let entries = match read {
            Ok(entries) => entries,
            Err(error) => {
                self.unlisted(dir, &error);
                return Vec::new();
            }
        };
        entries
            .iter()
            .map(|entry| (entry.file_name(), entry.path(), Entry::of(entry)))
            .collect()
    }

    fn unlisted(&mut self, dir: &Path, error: &std::io::Error) {
        match error.kind() {
            ErrorKind::NotFound => {
                let mend = "create it, or correct `migrations` in enact.toml";
                self.problem("folder-missing", dir, "there is no such folder", mend);
            }
            ErrorKind::NotADirectory => {
                self.problem(
                    "folder-missing",
                    dir,
                    "this is no folder",
                    "correct `migrations` in enact.toml",
                );
            }
            _ => {
                let message = format!("cannot list the folder: {error}");
                self.problem(
                    "folder-unreadable",
                    dir,
                    message,
                    "give yourself the right to read it",
                );
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Entry {
    File,
    Dir,
    Special,
}

impl Entry {
    fn of(entry: &std::fs::DirEntry) -> Self {
        match entry.file_type() {
            Ok(kind) if kind.is_file() => Self::File,
            Ok(kind) if kind.is_dir() => Self::Dir,
            _ => Self::Special,
        }
    }
}

/// The rules that concern more than one file.
struct Numbers<'a> {
    source: &'a StreamSource,
    listing: &'a Listing,
}

impl Numbers<'_> {
    fn check(&self) -> Vec<Problem> {
        let width = self.listing.width();
        let mut problems = Vec::new();
        let all = self
            .listing
            .migrations
            .iter()
            .chain(&self.listing.rollbacks);
        problems.extend(
            all.filter(|file| file.name.width != width)
                .map(|file| self.width(file, width)),
        );
        problems.extend(self.sequence(width));
        let has = |number: u32| {
            self.listing
                .migrations
                .binary_search_by_key(&number, |file| file.name.number)
                .is_ok()
        };
        let orphans = self
            .listing
            .rollbacks
            .iter()
            .filter(|file| !has(file.name.number));
        problems.extend(orphans.map(|file| self.orphan(file)));
        problems
    }

    fn problem(&self, id: &'static str, file: &Listed, message: String, mend: String) -> Problem {
        Problem::of_file(id, self.source.shown(&file.path), message, mend)
    }

    fn width(&self, file: &Listed, width: usize) -> Problem {
        let renamed = file.name.with_width(width);
        let message = format!(
            "its number has {} digits, the others have {width}",
            file.name.width
        );
        let needed = file.name.number.to_string().len();
        let mend = if needed <= width {
            format!("rename it to {renamed}")
        } else {
            format!(
                "rename all to {needed} digits; digests do not cover names, so what is applied stays applied"
            )
        };
        self.problem("number-width", file, message, mend)
    }

    /// Duplicates and gaps, in one walk.
    fn sequence(&self, width: usize) -> Vec<Problem> {
        let mut problems = Vec::new();
        let next_free = self
            .listing
            .migrations
            .last()
            .map_or(1, |last| last.name.number + 1);
        let mut before: Option<&Listed> = None;
        for file in &self.listing.migrations {
            let number = file.name.number;
            let expected = before.map_or(1, |before| before.name.number + 1);
            match before {
                Some(twin) if twin.name.number == number => {
                    let message = format!(
                        "number {number:0width$} is also that of {}",
                        file_name(&twin.path)
                    );
                    let mend =
                        format!("give the newer one the next free number, {next_free:0width$}");
                    problems.push(self.problem("number-duplicate", file, message, mend));
                }
                _ if number != expected => problems.push(self.gap(file, expected, width)),
                _ => {}
            }
            before = Some(file);
        }
        problems
    }

    fn gap(&self, file: &Listed, expected: u32, width: usize) -> Problem {
        let (number, description) = (file.name.number, &file.name.description);
        let renamed = format!("{expected:0width$}_{description}.sql");
        let (message, mend) = match number.checked_sub(expected + 1) {
            None => (
                "numbers begin with 001, not with 000".into(),
                format!("rename it to {renamed}"),
            ),
            Some(more) => {
                let last = number - 1;
                let missing = match more {
                    0 => format!("{expected:0width$} is missing"),
                    _ => format!("{expected:0width$} to {last:0width$} are missing"),
                };
                (
                    missing,
                    format!(
                        "restore what is missing, or rename this one to {renamed} if it was never applied"
                    ),
                )
            }
        };
        self.problem("number-gap", file, message, mend)
    }

    fn orphan(&self, file: &Listed) -> Problem {
        let width = file.name.width;
        let message = format!(
            "there is no migration {:0width$} to roll back",
            file.name.number
        );
        let mend = "give it the number of its migration, or delete it".into();
        self.problem("rollback-orphan", file, message, mend)
    }
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or(OsStr::new(""))
        .to_string_lossy()
        .into_owned()
}
