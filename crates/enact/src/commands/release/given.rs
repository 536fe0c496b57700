//! A release that is named on the command line: its folder, or its archive.

use std::path::Path;

use enact_engine::exit::Exit;
use enact_release::{Package, PackageError, Source, SourceError, offers};
use tempfile::TempDir;

use crate::failure::Failure;

/// What to name instead of what is no release.
pub const NAME: &str = "name the folder or the archive of a release";

/// A release, and the folder in which it lies as long as that is held, if it had to be unpacked. `next` is what to do
/// where there is none.
pub fn open(path: &Path, next: &str) -> Result<(Package, TempDir), Failure> {
    let source = match path.is_file() {
        true => Source::Archive(path.to_owned()),
        false => Source::Folder(path.to_owned()),
    };
    let kept = tempfile::tempdir().map_err(|error| {
        Failure::new(Exit::Unexpected, format!("cannot make a folder: {error}"))
    })?;
    let unusable = |error| unusable(path, next, &error);
    let shown = path.display();
    let mut found = offers(kept.path(), &source).map_err(unusable)?;
    let offer = match (found.pop(), found.is_empty()) {
        (Some(offer), true) => offer,
        (None, _) => return Err(Failure::usage(format!("{shown} is no release")).next(next)),
        (Some(_), false) => {
            return Err(Failure::usage(format!("{shown} holds several releases")).next(next));
        }
    };
    let package = Package::read(&offer.folder).map_err(|error| unusable(error.into()))?;
    Ok((package, kept))
}

/// What was changed after it was released is told as that; all else is no release.
fn unusable(path: &Path, next: &str, error: &SourceError) -> Failure {
    let none = Failure::usage(format!("{} is no release", path.display()));
    match error {
        SourceError::Package(PackageError::Changed { .. } | PackageError::Stray { .. })
        | SourceError::Ambiguous { .. } => crate::commands::pin::source_failure(error),
        SourceError::Unreadable { .. } | SourceError::Archive { .. } => {
            none.causes(error).next(next)
        }
        error => none
            .fact("cause", error.to_string())
            .causes(error)
            .next(next),
    }
}
