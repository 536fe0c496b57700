//! `enact.toml`: what a repository says about itself and its environments.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use enact_lint::{Regulated, Severity};
use enact_release::Leave;

pub use release::ReleaseConfig;

use super::names::StreamName;
use super::problem::Problem;
use super::secret::SecretRef;

mod check;
mod raw;
mod reference;
mod regulated;
mod release;

/// Name of the configuration file.
pub const FILE_NAME: &str = "enact.toml";
/// Size of the largest migration file that is read, in bytes, unless `max_file_size` says otherwise: 64 MiB.
pub const DEFAULT_MAX_FILE_SIZE: u64 = 64 << 20;

/// What the repository holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The core stream.
    Core,
    /// The extension stream of one sponsor.
    Sponsor,
}

/// What `enact.toml` says, with every default filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// `[project]`
    pub project: ProjectConfig,
    /// `[core]`: the core release that a sponsor's repository builds on.
    pub core: Option<CoreConfig>,
    /// `[environments.NAME]`
    pub environments: BTreeMap<String, Environment>,
    /// `[snapshot]`
    pub snapshot: SnapshotConfig,
    /// `[lint]`
    pub lint: LintConfig,
    /// `[regulated]`: what a regulator looks at, which lint watches over.
    pub regulated: Regulated,
    /// `[release]`: how a core repository is released.
    pub release: Option<ReleaseConfig>,
    /// `[leave]`: what extensions may do to objects of the core.
    pub leave: Leave,
}

/// `[project]`. Folders are relative to the repository's root and inside it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProjectConfig {
    /// `kind`
    pub kind: Kind,
    /// `name`: also the name of the repository's stream.
    pub name: StreamName,
    /// `migrations`: the folder of migrations.
    pub migrations: PathBuf,
    /// `fixtures`: the folder of data that proofs load; default `fixtures`.
    pub fixtures: PathBuf,
    /// `tests`: the folder of SQL tests; default `tests`.
    pub tests: PathBuf,
    /// `max_file_size`: the largest file that is read, in bytes; default 64 MiB.
    pub max_file_size: u64,
}

/// `[core]`
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CoreConfig {
    /// `package`: name of the package with the core releases.
    pub package: String,
    /// `version` or `version_from`
    pub version: CoreVersion,
    /// `source`: where the package is.
    pub source: Option<CoreSource>,
}

/// Which core releases are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CoreVersion {
    /// `version`: a range such as `^1.3.0`.
    Range(String),
    /// `version_from`: the file, such as `pubspec.yaml`, that holds the range.
    From(PathBuf),
}

/// Where the core package is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CoreSource {
    /// A package that npm has unpacked: its folder.
    Npm(PathBuf),
    /// A folder.
    Path(PathBuf),
    /// An archive.
    Archive(PathBuf),
    /// A tag of a git repository.
    Git {
        /// URL or path of the repository.
        url: String,
        /// The tag.
        tag: Option<String>,
    },
}

/// `[environments.NAME]`: one database.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Environment {
    /// `url`: where the connection string is.
    pub url: SecretRef,
    /// `protected`: its name must be typed before anything is changed.
    pub protected: bool,
    /// `after`: the environment that has gone through a plan before it runs here.
    pub after: Option<String>,
    /// `role`: the role to work as.
    pub role: Option<String>,
    /// `lock_timeout`: how long one try waits for a lock.
    pub lock_timeout: Option<Duration>,
    /// `statement_timeout`: how long one statement may run.
    pub statement_timeout: Option<Duration>,
    /// `retry_budget`: how long one step tries again for its locks, pauses included.
    pub retry_budget: Option<Duration>,
}

/// `[snapshot]`: what a fingerprint covers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SnapshotConfig {
    /// `comments`; default true.
    pub comments: bool,
    /// `grants`, with default privileges; default true.
    pub grants: bool,
    /// `owners`; default true.
    pub owners: bool,
    /// `exclude_schemas`: schemas that belong to somebody else.
    pub exclude_schemas: Vec<String>,
}

impl Default for SnapshotConfig {
    fn default() -> Self {
        Self {
            comments: true,
            grants: true,
            owners: true,
            exclude_schemas: Vec::new(),
        }
    }
}

/// `[lint]`: what lint says, and when it fails.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LintConfig {
    /// `fail`: the severity from which lint fails; `None` is never. Default error.
    pub fail: Option<Severity>,
    /// `server`: major version of the oldest server that the migrations run on.
    pub server: Option<u16>,
    /// `rules`: severities instead of the rules' own; `None` is off.
    pub rules: BTreeMap<String, Option<Severity>>,
}

impl Default for LintConfig {
    fn default() -> Self {
        Self {
            fail: Some(Severity::Error),
            server: None,
            rules: BTreeMap::new(),
        }
    }
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// No `enact.toml` in the folder nor above it.
    #[error("no {FILE_NAME} in {} nor in a folder above it: begin with `enact init`", start.display())]
    NotFound {
        /// Where the search began.
        start: PathBuf,
    },
    /// The file cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The file says something that cannot be meant.
    #[error("{}", lines(problems))]
    Invalid {
        /// Every problem found, by line.
        problems: Vec<Problem>,
    },
    /// No environment of that name.
    #[error("{}", no_environment(name, known))]
    NoEnvironment {
        /// The name as given.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
}

impl Config {
    /// Reads a configuration file.
    ///
    /// # Errors
    /// [`ConfigError::Unreadable`] or [`ConfigError::Invalid`]; neither quotes a value that could be a secret.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text, path)
    }

    /// Reads the text of a configuration file; `path` is for messages.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let read = raw::read(text, path).and_then(|raw| check::check(raw, text, path));
        read.map_err(|mut problems| {
            problems.sort();
            ConfigError::Invalid { problems }
        })
    }

    /// Path of the nearest `enact.toml`, in a folder or above it.
    ///
    /// # Errors
    /// [`ConfigError::NotFound`].
    pub fn find(start: &Path) -> Result<PathBuf, ConfigError> {
        let candidates = start.ancestors().map(|dir| dir.join(FILE_NAME));
        let mut found = candidates.filter(|path| path.is_file());
        found.next().ok_or_else(|| ConfigError::NotFound {
            start: start.to_owned(),
        })
    }

    /// The environment of that name.
    ///
    /// # Errors
    /// [`ConfigError::NoEnvironment`].
    pub fn environment(&self, name: &str) -> Result<&Environment, ConfigError> {
        self.environments
            .get(name)
            .ok_or_else(|| ConfigError::NoEnvironment {
                name: name.to_owned(),
                known: self.environments.keys().cloned().collect(),
            })
    }
}

fn lines(problems: &[Problem]) -> String {
    problems
        .iter()
        .map(Problem::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

fn no_environment(name: &str, known: &[String]) -> String {
    let names: Vec<&str> = known.iter().map(String::as_str).collect();
    let advice = match super::suggest::nearest(name, &names) {
        Some(near) => format!("did you mean `{near}`?"),
        None if names.is_empty() => format!("add [environments.{name}] to {FILE_NAME}"),
        None => format!("there are {}", names.join(", ")),
    };
    format!("no environment `{name}`: {advice}")
}

#[cfg(test)]
#[path = "config/tests.rs"]
mod tests;
