//! Fixtures and SQL tests: which files there are, and what they hold.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use enact_sql::script::{Script, SegmentKind};

use super::Request;
use super::error::ProofError;
use crate::project::layout::{self, StreamSource};
use crate::project::{Numbered, Problem, Stream};

/// A script beside the migrations.
pub(crate) struct Extra {
    /// File name without `.sql`.
    pub name: String,
    /// The file, relative to the repository's root.
    pub file: PathBuf,
    /// What it holds.
    pub script: Script,
}

/// A fixture, and the migration it is loaded after.
pub(crate) struct Fixture {
    pub number: u32,
    pub extra: Extra,
}

/// All that is read before the first proof.
pub(crate) struct Files {
    /// Fixtures of the stream, in order.
    pub fixtures: Vec<Fixture>,
    /// Fixtures of each stream of the base.
    pub base: Vec<Vec<Fixture>>,
    /// SQL tests, in order of their names.
    pub tests: Vec<Extra>,
}

impl Files {
    /// Reads fixtures and tests. Folders and files other than `*.sql` may stand beside them, for scripts to include.
    ///
    /// # Errors
    /// Every problem of every file.
    pub fn read(request: &Request<'_>) -> Result<Self, ProofError> {
        let mut reader = Reader::default();
        let base = request.base.iter();
        let files = Self {
            fixtures: reader.fixtures(request.stream, request.fixtures),
            base: base
                .map(|base| reader.fixtures(base.stream, base.fixtures))
                .collect(),
            tests: reader.tests(&request.stream.source, request.tests),
        };
        reader.problems.sort();
        match reader.problems.is_empty() {
            true => Ok(files),
            false => Err(ProofError::Files(reader.problems)),
        }
    }
}

/// The fixtures of one number.
pub(crate) fn of_number(fixtures: &[Fixture], number: u32) -> impl Iterator<Item = &Extra> {
    let matching = fixtures.iter().filter(move |one| one.number == number);
    matching.map(|one| &one.extra)
}

#[derive(Default)]
struct Reader {
    problems: Vec<Problem>,
}

impl Reader {
    fn fixtures(&mut self, stream: &Stream, dir: &Path) -> Vec<Fixture> {
        let mut fixtures = Vec::new();
        for path in self.scripts(&stream.source, dir) {
            let number = name(&path).and_then(|name| fixture_number(stream, name));
            match number {
                Ok(number) => {
                    let extra = self.load(&stream.source, &path);
                    fixtures.extend(extra.map(|extra| Fixture { number, extra }));
                }
                Err((message, mend)) => {
                    let file = stream.source.shown(&path);
                    self.problems
                        .push(Problem::of_file("fixture-name", file, message, mend));
                }
            }
        }
        fixtures.sort_by_key(|fixture| fixture.number);
        fixtures
    }

    fn tests(&mut self, source: &StreamSource, dir: &Path) -> Vec<Extra> {
        let paths = self.scripts(source, dir);
        let mut tests = Vec::with_capacity(paths.len());
        for path in paths {
            if let Some(test) = self.load(source, &path) {
                self.problems.extend(standalone(&test.script));
                tests.push(test);
            }
        }
        tests
    }

    /// The `*.sql` files of a folder by name; none if there is no such folder.
    fn scripts(&mut self, source: &StreamSource, dir: &Path) -> Vec<PathBuf> {
        let entries = match std::fs::read_dir(dir) {
            Ok(entries) => entries.collect::<Result<Vec<_>, _>>(),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        };
        let entries = entries.unwrap_or_else(|error| {
            let message = format!("cannot read the folder: {error}");
            let mend = "give yourself the right to read it";
            self.problems.push(Problem::of_file(
                "folder-unreadable",
                source.shown(dir),
                message,
                mend,
            ));
            Vec::new()
        });
        let paths = entries.into_iter().map(|entry| entry.path());
        let mut scripts: Vec<PathBuf> = paths.filter(|path| is_sql(path)).collect();
        scripts.sort();
        scripts
    }

    fn load(&mut self, source: &StreamSource, path: &Path) -> Option<Extra> {
        let script = match layout::analyse(source, path) {
            Ok(script) => script,
            Err(problem) => {
                self.problems.push(problem);
                return None;
            }
        };
        self.problems.extend(layout::script_problems(&script));
        let stem = path.file_stem().unwrap_or_default();
        Some(Extra {
            name: stem.to_string_lossy().into_owned(),
            file: source.shown(path),
            script,
        })
    }
}

/// Upper case too, so that such a file is not passed over in silence.
fn is_sql(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default();
    extension.eq_ignore_ascii_case("sql") && !path.is_dir()
}

type Wrong = (String, String);

fn name(path: &Path) -> Result<&str, Wrong> {
    let name = path.file_name().and_then(|name| name.to_str());
    name.ok_or_else(|| ("the name is not UTF-8".to_owned(), MEND.to_owned()))
}

const MEND: &str = "name it NNN_description.sql after the migration that it is loaded after";

fn fixture_number(stream: &Stream, name: &str) -> Result<u32, Wrong> {
    let Some(numbered) = Numbered::parse(name) else {
        return Err(("it is not named like a fixture".to_owned(), MEND.to_owned()));
    };
    match stream.get(numbered.number) {
        Some(_) => Ok(numbered.number),
        None => {
            let number = numbered.number;
            let message = format!(
                "there is no migration {number:0width$}",
                width = stream.width
            );
            Err((message, MEND.to_owned()))
        }
    }
}

/// A test cannot do what cannot be undone.
fn standalone(script: &Script) -> Vec<Problem> {
    let alone = script
        .segments
        .iter()
        .filter(|segment| matches!(segment.kind, SegmentKind::Standalone(_)));
    let statements = alone.flat_map(|segment| &segment.statements);
    let problem = |statement: &enact_sql::script::Statement| {
        let message = format!("{} cannot run inside a transaction", statement.tag);
        let mend = "leave it out: a test runs in a transaction that is rolled back";
        layout::located(
            script,
            statement.range.start,
            "test-standalone",
            message,
            mend,
        )
    };
    statements.map(problem).collect()
}
