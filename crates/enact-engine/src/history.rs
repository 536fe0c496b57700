//! The ledger's history against the files, over their whole length.

use crate::project::layout::{Migration, meaning};
use crate::project::{Stream, Streams};
use crate::run::RunError;
use crate::state::{StreamState, TargetState};

/// One thing in which ledger and files differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Disagreement {
    /// The file was edited after it was applied.
    Changed {
        /// Number of the migration.
        number: u32,
        /// File name as it is now.
        file: String,
        /// Only comments or white space differ.
        cosmetic: bool,
        /// The number under which this very content was applied, if it was: files changed places.
        applied_as: Option<u32>,
        /// The number of the file that holds what was applied here, if there is one: it was given another number.
        moved_to: Option<u32>,
    },
    /// The number was applied with another migration, whose file is gone.
    Reused {
        /// Number of the migration.
        number: u32,
        /// File name as it is now.
        file: String,
        /// Its name as applied.
        name: String,
    },
    /// Applied, but there is no such file any more.
    Missing {
        /// Number of the migration.
        number: u32,
        /// Its name as applied.
        name: String,
    },
    /// Applied, and the core release that the repository is pinned to does not have it.
    NotReleased {
        /// Number of the migration.
        number: u32,
        /// Its name as applied.
        name: String,
        /// Version of the release.
        release: String,
    },
    /// A file that is not applied stands before one that is.
    Inserted {
        /// Number of the migration.
        number: u32,
        /// File name.
        file: String,
        /// The highest number applied.
        behind: u32,
    },
    /// The file of a half-done migration was edited.
    ChangedHalfway {
        /// Number of the migration.
        number: u32,
        /// File name.
        file: String,
    },
}

/// The disagreements of one stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disagreeing {
    /// Stream.
    pub stream: String,
    /// In what its files and the ledger differ.
    pub found: Vec<Disagreement>,
}

/// Refuses a target whose ledger tells another history than the files.
///
/// # Errors
/// [`RunError::History`] with every disagreement of the first stream that has any.
pub fn check(streams: &Streams, state: &TargetState) -> Result<(), RunError> {
    for stream in streams.iter() {
        let found = of(streams, stream, state);
        if !found.is_empty() {
            let stream = stream.name().to_owned();
            return Err(RunError::History(Disagreeing { stream, found }));
        }
    }
    Ok(())
}

/// The disagreements between the files of one of `streams` and the ledger.
#[must_use]
pub fn of(streams: &Streams, stream: &Stream, state: &TargetState) -> Vec<Disagreement> {
    let found = compare(state.stream(stream.name()), &stream.migrations, |file| {
        stream.load(file).ok().as_ref().and_then(meaning)
    });
    let pinned = streams.core();
    let Some(pinned) = pinned.filter(|core| core.stream.name() == stream.name()) else {
        return found;
    };
    let of_release = |one| match one {
        Disagreement::Missing { number, name } => Disagreement::NotReleased {
            number,
            name,
            release: pinned.version().to_owned(),
        },
        other => other,
    };
    found.into_iter().map(of_release).collect()
}

/// All disagreements, in order of number. `meaning_of` gives the token-normalised digest of a file that was edited;
/// it is asked only then, since it has to read the file.
pub fn compare(
    state: &StreamState,
    files: &[Migration],
    mut meaning_of: impl FnMut(&Migration) -> Option<enact_ledger::FileDigest>,
) -> Vec<Disagreement> {
    let position = state.position();
    let mut found = Vec::new();
    for file in files {
        match state.applied.get(&file.number) {
            Some(applied) if applied.digest == file.digest => {}
            Some(applied) => {
                let cosmetic = meaning_of(file) == Some(applied.meaning);
                let applied_as = state
                    .applied
                    .iter()
                    .find(|(_, other)| other.digest == file.digest)
                    .map(|(number, _)| *number);
                let moved_to = files
                    .iter()
                    .find(|other| other.digest == applied.digest)
                    .map(|other| other.number);
                let moved = applied_as.or(moved_to).is_some();
                let (number, name) = (file.number, file.file_name());
                found.push(match applied.name != file.name && !cosmetic && !moved {
                    true => Disagreement::Reused {
                        number,
                        file: name,
                        name: applied.name.clone(),
                    },
                    false => Disagreement::Changed {
                        number,
                        file: name,
                        cosmetic,
                        applied_as,
                        moved_to,
                    },
                });
            }
            None if file.number < position => {
                found.push(Disagreement::Inserted {
                    number: file.number,
                    file: file.file_name(),
                    behind: position,
                });
            }
            None => {}
        }
    }
    let missing = state
        .applied
        .iter()
        .filter(|(number, _)| file_of(files, **number).is_none());
    found.extend(missing.map(|(number, applied)| Disagreement::Missing {
        number: *number,
        name: applied.name.clone(),
    }));
    found.extend(halfway(state, files));
    found.sort_by_key(Disagreement::number);
    found
}

/// Files are in order of their numbers.
fn file_of(files: &[Migration], number: u32) -> Option<&Migration> {
    files
        .binary_search_by_key(&number, |file| file.number)
        .ok()
        .and_then(|index| files.get(index))
}

fn halfway(state: &StreamState, files: &[Migration]) -> Option<Disagreement> {
    let at = state.in_progress.as_ref()?;
    let file = file_of(files, at.number)?;
    let current = match at.direction {
        enact_ledger::entry::fact::Direction::Up => Some(file.digest),
        enact_ledger::entry::fact::Direction::Down => file.rollback_digest,
    };
    (current != Some(at.digest)).then(|| Disagreement::ChangedHalfway {
        number: at.number,
        file: file.file_name(),
    })
}

impl Disagreement {
    /// Number of the migration concerned.
    #[must_use]
    pub fn number(&self) -> u32 {
        match self {
            Self::Changed { number, .. }
            | Self::Reused { number, .. }
            | Self::Missing { number, .. }
            | Self::NotReleased { number, .. }
            | Self::Inserted { number, .. }
            | Self::ChangedHalfway { number, .. } => *number,
        }
    }
}
