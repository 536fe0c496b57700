//! What keeps proofs from being made.

use std::fmt;

use super::execute::ScriptFailure;
use crate::catalog::CatalogError;
use crate::exit::Exit;
use crate::project::Problem;
use crate::sandbox::SandboxError;
use crate::target::server::HelloError;
use crate::target::{ConnInfoError, ConnectError};

/// Why no proof could be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// A scratch database could not be made or dropped.
    #[error(transparent)]
    Scratch(#[from] SandboxError),
    /// The scratch database's URL is not usable.
    #[error("read the scratch database's URL")]
    Url(#[from] ConnInfoError),
    /// No connection to the scratch database.
    #[error("connect to the scratch database")]
    Connect(#[from] ConnectError),
    /// The server did not say who it is.
    #[error(transparent)]
    Hello(#[from] HelloError),
    /// The connection was lost, or the server refused something that stands in no file.
    #[error("{doing}")]
    Database {
        /// What was being done, as `verb + object`.
        doing: &'static str,
        /// The server's or the connection's words.
        #[source]
        source: tokio_postgres::Error,
    },
    /// Snapshot or contents cannot be read.
    #[error("{doing}")]
    Catalog {
        /// What was being done, as `verb + object`.
        doing: &'static str,
        /// Why not.
        #[source]
        source: CatalogError,
    },
    /// Files do not follow the rules.
    #[error("the files are invalid")]
    Files(Vec<Problem>),
    /// A script that is no subject of a proof failed.
    #[error("{role} failed: {failure}")]
    Script {
        /// Which kind of script.
        role: Role,
        /// Where and why.
        failure: Box<ScriptFailure>,
    },
    /// A number was asked for that the stream does not have.
    #[error("there is no migration {number:03}")]
    NoSuchMigration {
        /// The number.
        number: u32,
    },
}

/// What a script is for, where it is not itself proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Role {
    /// A fixture.
    Fixture,
    /// A migration of a stream that has to be there before.
    Base,
    /// A migration of the stream that is not proven in this run, or applied again to a fresh database.
    Unproven,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fixture => "a fixture",
            Self::Base => "a migration of the base",
            Self::Unproven => "a migration that comes before",
        })
    }
}

impl ProofError {
    /// The exit code that stands for this.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Connect(_) => Exit::CannotConnect,
            Self::Database { source, .. } if source.is_closed() => Exit::CannotConnect,
            Self::Files(_) => Exit::FilesInvalid,
            Self::Script { .. } => Exit::MigrationFailed,
            Self::NoSuchMigration { .. } | Self::Url(_) => Exit::Usage,
            Self::Scratch(_) | Self::Hello(_) | Self::Database { .. } | Self::Catalog { .. } => {
                Exit::Unexpected
            }
        }
    }

    pub(super) fn snapshot(source: CatalogError) -> Self {
        Self::Catalog {
            doing: "take a snapshot of the schema",
            source,
        }
    }
}
