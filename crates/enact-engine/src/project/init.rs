//! `enact init`: a new repository.

use std::path::{Path, PathBuf};

use super::config::{FILE_NAME, Kind};
use super::filename::ROLLBACK_DIR;
use super::names::StreamName;
use super::templates::{NewError, write_new};

const README: &str = include_str!("templates/README.md");
const GIT_ATTRIBUTES: &str = "# Digests are of LF text; without this, git on Windows would show other bytes to people than to Enact.\n*.sql text eol=lf\n";
const GIT_IGNORE: &str = "# Connection strings of your own machine; they are secrets.\n.env\n";
const MIGRATIONS: &str = "database/migrations";

/// What `init` did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Initialised {
    /// Files written.
    pub written: Vec<PathBuf>,
    /// Files that were there and stay as they are.
    pub kept: Vec<PathBuf>,
    /// Lines that a kept file lacks, to be added by hand.
    pub advice: Vec<(PathBuf, &'static str)>,
}

/// Why there is no new repository.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InitError {
    /// There is an `enact.toml` already; nothing was written.
    #[error("{} exists already", path.display())]
    AlreadyThere {
        /// The file.
        path: PathBuf,
    },
    /// The core is called `core`, and only the core; nothing was written.
    #[error("{}", match kind {
        Kind::Core => "the core repository is called `core`",
        Kind::Sponsor => "`core` is the name of the core repository: name this one after the sponsor",
    })]
    Name {
        /// The kind of repository asked for.
        kind: Kind,
    },
    /// A file or folder cannot be written; those written before it stay, and `init` can be run again.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
}

/// Writes a new repository into a folder, over no file that exists. `enact.toml` comes last, so that a try that
/// failed half-way can be repeated.
///
/// # Errors
/// [`InitError`].
pub fn init(kind: Kind, name: &StreamName, dir: &Path) -> Result<Initialised, InitError> {
    let config = dir.join(FILE_NAME);
    if config.exists() {
        return Err(InitError::AlreadyThere { path: config });
    }
    if name.is_core() != (kind == Kind::Core) {
        return Err(InitError::Name { kind });
    }
    let mut init = Init {
        done: Initialised::default(),
    };
    let migrations = dir.join(MIGRATIONS);
    let rollbacks = migrations.join(ROLLBACK_DIR);
    std::fs::create_dir_all(&rollbacks).map_err(|source| InitError::Write {
        path: rollbacks.clone(),
        source,
    })?;
    init.write(&migrations.join("README.md"), README)?;
    init.write(&rollbacks.join(".gitkeep"), "")?;
    init.write_or_advise(
        &dir.join(".gitattributes"),
        GIT_ATTRIBUTES,
        "*.sql text eol=lf",
    )?;
    init.write_or_advise(&dir.join(".gitignore"), GIT_IGNORE, ".env")?;
    init.write(&config, &config_text(kind, name))?;
    Ok(init.done)
}

struct Init {
    done: Initialised,
}

impl Init {
    fn write(&mut self, path: &Path, text: &str) -> Result<(), InitError> {
        match write_new(path, text) {
            Ok(()) => self.done.written.push(path.to_owned()),
            Err(NewError::Write { path, source }) => return Err(InitError::Write { path, source }),
            Err(_) => self.done.kept.push(path.to_owned()),
        }
        Ok(())
    }

    /// As `write`; if the file is there and lacks the line, says so.
    fn write_or_advise(
        &mut self,
        path: &Path,
        text: &str,
        line: &'static str,
    ) -> Result<(), InitError> {
        self.write(path, text)?;
        let present = std::fs::read_to_string(path).unwrap_or_default();
        if !present.lines().any(|other| other.trim() == line) {
            self.done.advice.push((path.to_owned(), line));
        }
        Ok(())
    }
}

fn config_text(kind: Kind, name: &StreamName) -> String {
    let kind_text = match kind {
        Kind::Core => "core",
        Kind::Sponsor => "sponsor",
    };
    let variable = name.as_str().to_ascii_uppercase();
    format!(
        "# What this repository is, and where its databases are. Secrets stay outside: this file only says where.

[project]
kind = \"{kind_text}\"
name = \"{name}\"
migrations = \"{MIGRATIONS}\"

[environments.staging]
url = {{ env = \"{variable}_STAGING_URL\" }}

[environments.production]
url = {{ env = \"{variable}_PRODUCTION_URL\" }}
protected = true
"
    )
}
