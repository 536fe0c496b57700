//! Bundles: a whole ledger in one text file, of which every byte is covered.
//!
//! ```text
//! enact-ledger-bundle 1
//! origin enact/<identity>
//! entry <seq> <prev> <hash> <appended_at, or -> <body>
//! …
//! checkpoint <each line of the closing checkpoint>
//! end <SHA-256 of all bytes before this line>
//! ```
//!
//! Bodies are canonical JSON and so hold no line ends; they stand as they are, readable. The first line and the last keep
//! their form in every version, so that a newer bundle can be told from a damaged one.

mod read;
mod write;

pub use read::Closing;
pub use read::ReadError;
pub use read::Reader;
pub use write::WriteError;
pub use write::Writer;
pub use write::write;

use std::io;
use std::io::BufRead;

use crate::checkpoint::Checkpoint;
use crate::checkpoint::origin_of;
use crate::verify::Failure;
use crate::verify::FailureKind;
use crate::verify::Report;
use crate::verify::Verifier;

/// The version written.
pub const VERSION: u64 = 1;

/// What the first line begins with.
const MAGIC: &str = "enact-ledger-bundle ";

/// Why a bundle does not verify.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The bytes could not be read.
    #[error("read bundle: {0}")]
    Io(#[from] io::Error),
    /// It was read, and does not hold.
    #[error(transparent)]
    Failure(#[from] Failure),
}

/// Verifies a bundle: its form, its rows as [`crate::verify()`] does, its closing checkpoint and its digest.
///
/// What the rows show goes before what the closing lines show. With sound rows, fewer than the closing checkpoint covers are
/// truncated, more are reordered (entries were added behind it), another digest is altered, and another root, although the
/// digest is right, is forked.
///
/// # Errors
/// If it cannot be read or does not verify.
pub fn verify(input: impl BufRead, known: &[Checkpoint]) -> Result<Report, BundleError> {
    let mut reader = Reader::new(input)?;
    let mut verifier = Verifier::new(known);
    while !verifier.is_settled() {
        match reader.next_row() {
            Ok(Some(row)) => verifier.push(&row),
            Ok(None) => break,
            // A cut bundle whose rows were tampered with as well is first of all tampered with.
            Err(ReadError::Truncated { .. }) if verifier.is_broken() => break,
            Err(error) => return Err(error.into()),
        }
    }
    let report = verifier.finish()?;
    let closing = reader.closing().ok_or(ReadError::Truncated { line: 0 })?;
    check_closing(&report, reader.origin(), closing)?;
    Ok(report)
}

fn check_closing(report: &Report, origin: &str, closing: &Closing) -> Result<(), Failure> {
    let (entries, stated) = (report.entries, closing.checkpoint.size);
    let fail = |kind, message: String| Err(Failure::new(kind, vec![], message));
    if origin != origin_of(&report.identity) || closing.checkpoint.origin() != origin {
        return fail(
            FailureKind::Altered,
            format!(
                "the bundle's origin is not `{}`, which its first entry enrols",
                origin_of(&report.identity)
            ),
        );
    }
    if stated > entries {
        return fail(
            FailureKind::Truncated,
            format!("the bundle has {entries} entries, but its closing checkpoint covers {stated}"),
        );
    }
    if stated < entries {
        return fail(
            FailureKind::Reordered,
            format!(
                "the bundle has {entries} entries, but its closing checkpoint covers only {stated}"
            ),
        );
    }
    if !closing.digest_fits {
        return fail(
            FailureKind::Altered,
            "the bundle's last line does not have the digest of its bytes".into(),
        );
    }
    if closing.checkpoint.root != report.root {
        return fail(
            FailureKind::Forked,
            format!(
                "the entries have root {}, but the closing checkpoint says {}",
                report.root, closing.checkpoint.root
            ),
        );
    }
    Ok(())
}

impl From<ReadError> for BundleError {
    fn from(error: ReadError) -> Self {
        let kind = match error {
            ReadError::Io(error) => return Self::Io(error),
            ReadError::Truncated { .. } => FailureKind::Truncated,
            ReadError::Malformed { .. } => FailureKind::Altered,
            ReadError::Version { .. } => FailureKind::Unsupported,
        };
        Self::Failure(Failure::new(kind, vec![], error.to_string()))
    }
}
