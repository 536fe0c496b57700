//! Why there is no series.

use crate::exit::Exit;
use crate::project::NewError;
use crate::proof::ProofError;

/// Why there is no series; nothing was written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// The arguments are incomplete, or the change cannot be made safely.
    #[error("{message}")]
    Refused {
        /// Why.
        message: String,
        /// What to write or do instead.
        next: String,
    },
    /// The schema cannot be made or reached.
    #[error(transparent)]
    Schema(#[from] ProofError),
    /// The catalog cannot be read.
    #[error("read the table from the catalog")]
    Catalog(#[from] tokio_postgres::Error),
    /// The files cannot be written.
    #[error(transparent)]
    Write(#[from] NewError),
}

impl PatternError {
    /// The exit code that stands for this.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Refused { .. } | Self::Write(_) => Exit::Usage,
            Self::Schema(error) => error.exit(),
            Self::Catalog(error) if error.is_closed() => Exit::CannotConnect,
            Self::Catalog(_) => Exit::Unexpected,
        }
    }

    pub(super) fn refused(message: impl Into<String>, next: impl Into<String>) -> Self {
        Self::Refused {
            message: message.into(),
            next: next.into(),
        }
    }
}
