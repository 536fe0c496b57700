//! Files to text and digest, each read once.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use enact_ledger::{Algorithm, FileDigest};
use enact_sql::header::{self, Rollback};
use enact_sql::text::{self, TextError};

use super::expansion;
use super::layout::StreamSource;
use super::problem::Problem;

/// A buffer that grew beyond this for one file is given back, so that one large file does not stay in memory.
const KEPT_BUFFER: usize = 256 << 10;
/// Below this many files a second thread costs more than it saves.
const ALONE: usize = 64;

/// One file to digest.
pub(super) struct Job<'a> {
    /// The file.
    pub path: &'a Path,
    /// Look into the header for `Rollback: none`?
    pub wants_header: bool,
}

/// What is known of a file after one look.
pub(super) struct Scanned {
    /// Digest with includes.
    pub digest: FileDigest,
    /// The reason of `Rollback: none`, if it was looked for.
    pub no_rollback: Option<String>,
}

/// Digests many files, in their order.
pub(super) fn scan(source: &StreamSource, jobs: &[Job<'_>]) -> Vec<Result<Scanned, Problem>> {
    if jobs.len() < ALONE {
        return scan_alone(source, jobs);
    }
    let (first, second) = jobs.split_at(jobs.len() / 2);
    std::thread::scope(|scope| {
        let helper = std::thread::Builder::new().spawn_scoped(scope, || scan_alone(source, second));
        let mut results = scan_alone(source, first);
        // Without a thread, or if it died, the work is done here.
        let others = helper.ok().and_then(|thread| thread.join().ok());
        results.extend(others.unwrap_or_else(|| scan_alone(source, second)));
        results
    })
}

fn scan_alone(source: &StreamSource, jobs: &[Job<'_>]) -> Vec<Result<Scanned, Problem>> {
    let mut buffer = Vec::with_capacity(KEPT_BUFFER);
    jobs.iter()
        .map(|job| scan_one(source, job, &mut buffer))
        .collect()
}

fn scan_one(
    source: &StreamSource,
    job: &Job<'_>,
    buffer: &mut Vec<u8>,
) -> Result<Scanned, Problem> {
    buffer.clear();
    buffer.shrink_to(KEPT_BUFFER);
    read_bytes(source, job.path, buffer)?;
    let text = to_text(source, job.path, buffer)?;
    let value = if expansion::may_include(&text) {
        text::digest(expansion::expand(source, job.path, text.to_string())?.text())
    } else {
        text::digest(&text)
    };
    let no_rollback = job.wants_header.then(|| no_rollback(&text)).flatten();
    Ok(Scanned {
        digest: FileDigest {
            algorithm: Algorithm::Lf,
            value,
        },
        no_rollback,
    })
}

fn no_rollback(text: &str) -> Option<String> {
    match header::read(text).0.rollback {
        Some(Rollback::None { reason }) => Some(reason),
        _ => None,
    }
}

/// The normalised text of a file.
pub(super) fn read_text(source: &StreamSource, path: &Path) -> Result<String, Problem> {
    let mut buffer = Vec::new();
    read_bytes(source, path, &mut buffer)?;
    to_text(source, path, &buffer).map(std::borrow::Cow::into_owned)
}

fn read_bytes(source: &StreamSource, path: &Path, buffer: &mut Vec<u8>) -> Result<(), Problem> {
    let limit = source.max_file_size;
    let read =
        File::open(path).and_then(|file| file.take(limit.saturating_add(1)).read_to_end(buffer));
    let problem = |id, message: String, mend: &str| {
        Err(Problem::of_file(id, source.shown(path), message, mend))
    };
    match read {
        Err(error) => problem(
            "file-unreadable",
            format!("cannot read the file: {error}"),
            "give yourself the right to read it",
        ),
        Ok(size) if size as u64 > limit => {
            let message = format!("the file is larger than {}", shown_size(limit));
            problem(
                "file-too-large",
                message,
                "load bulk data by other means, or raise max_file_size in enact.toml",
            )
        }
        Ok(_) => Ok(()),
    }
}

fn to_text<'a>(
    source: &StreamSource,
    path: &Path,
    bytes: &'a [u8],
) -> Result<std::borrow::Cow<'a, str>, Problem> {
    let file = source.shown(path);
    match text::normalise(bytes) {
        Ok(text) if text.trim().is_empty() => Err(Problem::of_file(
            "file-empty",
            file,
            "the file is empty",
            "write the statements, or delete the file",
        )),
        Ok(text) => Ok(text),
        Err(error) => {
            let (id, line, mend) = match &error {
                TextError::NotUtf8 { line, .. } => {
                    ("file-not-utf8", *line, "save the file as UTF-8")
                }
                TextError::Nul { line, .. } => {
                    ("file-nul", *line, "remove it; PostgreSQL cannot hold it")
                }
                _ => ("file-no-text", 1, "save the file as UTF-8 text"),
            };
            let problem = Problem::of_file(id, file, error.to_string(), mend);
            Err(Problem {
                line: Some(line),
                ..problem
            })
        }
    }
}

/// A size in the largest unit that divides it.
fn shown_size(bytes: u64) -> String {
    match bytes {
        bytes if bytes.is_multiple_of(1 << 20) => format!("{} MiB", bytes >> 20),
        bytes if bytes.is_multiple_of(1 << 10) => format!("{} KiB", bytes >> 10),
        bytes => format!("{bytes} bytes"),
    }
}
