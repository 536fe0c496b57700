//! A repository on disk: its configuration, its migration directory, its templates.
//!
//! This is the only place of the engine that reads migration files. The environment and the clock are handed in
//! by value. [`Stream::read`] is quick: it names and digests every file but parses none; [`Stream::load`] analyses
//! one migration on demand, and [`validate`] all of them, reporting every problem at once.

use std::path::{Path, PathBuf};

pub mod config;
pub mod core;
mod expansion;
mod filename;
pub mod init;
pub mod layout;
pub mod linting;
mod listing;
pub mod names;
pub mod problem;
mod scan;
pub mod secret;
pub mod streams;
mod suggest;
pub mod targets;
pub mod templates;
pub mod units;
pub mod validate;

pub use config::{Config, ConfigError, Environment, Kind};
pub(crate) use filename::Numbered;
pub use init::{InitError, Initialised, init};
pub use layout::{Migration, RollbackFile, Stream, StreamSource};
pub use names::{NameError, StreamName, StreamNumber};
pub use problem::Problem;
pub use secret::{SecretError, SecretRef};
pub use streams::{PinnedCore, Streams};
pub use templates::{NewError, NewMigration, NewPair, SeriesHeader, new_migration};
pub use validate::{Report, validate, validate_stream};

/// A repository: the folder with `enact.toml`, and what that file says.
#[derive(Debug, Clone)]
pub struct Project {
    /// The folder with `enact.toml`.
    pub root: PathBuf,
    /// What `enact.toml` says.
    pub config: Config,
}

impl Project {
    /// Reads the `enact.toml` at `path`.
    ///
    /// # Errors
    /// [`ConfigError`] if the file is missing, unreadable or invalid.
    pub fn open(path: &Path) -> Result<Self, ConfigError> {
        let config = Config::load(path)?;
        Ok(Self {
            root: folder_of(path),
            config,
        })
    }

    /// Where the files of the project's own stream are.
    #[must_use]
    pub fn stream_source(&self) -> StreamSource {
        StreamSource {
            name: self.config.project.name.clone(),
            root: self.root.clone(),
            dir: self.root.join(&self.config.project.migrations),
            max_file_size: self.config.project.max_file_size,
        }
    }

    /// Reads the project's streams: its own, and the core where it is pinned to a release.
    ///
    /// # Errors
    /// Every problem of the directories.
    pub fn streams(&self) -> Result<Streams, Vec<Problem>> {
        let own = Stream::read(&self.stream_source())?;
        Ok(match core::pinned(self)? {
            Some(core) => Streams::on(core, own),
            None => Streams::alone(own),
        })
    }

    /// The folder of fixtures that proofs load; it need not exist.
    #[must_use]
    pub fn fixtures_dir(&self) -> PathBuf {
        self.root.join(&self.config.project.fixtures)
    }

    /// The folder of SQL tests; it need not exist.
    #[must_use]
    pub fn tests_dir(&self) -> PathBuf {
        self.root.join(&self.config.project.tests)
    }
}

/// The folder of a file; of a bare name `.`, since the empty path is no folder to the operating system.
fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_of_a_bare_name_can_be_opened() {
        assert_eq!(folder_of(Path::new("enact.toml")), Path::new("."));
        assert_eq!(folder_of(Path::new("a/enact.toml")), Path::new("a"));
        assert_eq!(folder_of(Path::new("/enact.toml")), Path::new("/"));
    }
}
