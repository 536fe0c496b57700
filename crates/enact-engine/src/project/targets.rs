//! `enact.targets.toml`: the identities of the databases that a repository's environments were enrolled with.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use enact_ledger::Identity;
use serde::Deserialize;

use crate::state::Enrolment;

/// Name of the file, beside `enact.toml`.
pub const FILE_NAME: &str = "enact.targets.toml";

const HEAD: &str = "\
# Written by `enact enrol`; commit it. A run is refused against another database than the one that is named here.
";

/// What a repository knows of its targets, by environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Targets {
    known: BTreeMap<String, Known>,
}

/// One target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its random identity: this is what a run compares.
    pub identity: Identity,
    /// System identifier of its cluster when it was enrolled; for people.
    pub system_identifier: String,
    /// Where it was reached; for people.
    pub endpoint: String,
}

/// The file is not what `enact enrol` writes.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TargetsError {
    /// It cannot be read or written.
    #[error("cannot {doing} {}", path.display())]
    Io {
        /// `read` or `write`.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// It cannot be understood.
    #[error("{}: {message}; have it written again with `enact enrol`", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    identity: String,
    system_identifier: String,
    endpoint: String,
}

impl Targets {
    /// Reads the file in the folder of `enact.toml`; there need not be one.
    ///
    /// # Errors
    /// [`TargetsError`].
    pub fn read(root: &Path) -> Result<Self, TargetsError> {
        let path = root.join(FILE_NAME);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => {
                let doing = "read";
                return Err(TargetsError::Io {
                    doing,
                    path,
                    source,
                });
            }
        };
        Self::parse(&text).map_err(|message| TargetsError::Invalid { path, message })
    }

    fn parse(text: &str) -> Result<Self, String> {
        let raw: BTreeMap<String, Raw> =
            toml::from_str(text).map_err(|error| error.message().to_owned())?;
        let known = raw.into_iter().map(|(environment, raw)| {
            let identity = raw
                .identity
                .parse()
                .map_err(|_| format!("the identity of `{environment}` is none"))?;
            let known = Known {
                identity,
                system_identifier: raw.system_identifier,
                endpoint: raw.endpoint,
            };
            Ok((environment, known))
        });
        Ok(Self {
            known: known.collect::<Result<_, String>>()?,
        })
    }

    /// What is known of an environment's target.
    #[must_use]
    pub fn get(&self, environment: &str) -> Option<&Known> {
        self.known.get(environment)
    }

    /// Notes what a target is, and writes the file if that is new.
    ///
    /// # Errors
    /// [`TargetsError::Io`].
    pub fn note(
        mut self,
        root: &Path,
        environment: &str,
        enrolment: &Enrolment,
    ) -> Result<bool, TargetsError> {
        let known = Known {
            identity: enrolment.identity,
            system_identifier: enrolment.system_identifier.to_string(),
            endpoint: enrolment.endpoint.clone().unwrap_or_default(),
        };
        if self.get(environment) == Some(&known) {
            return Ok(false);
        }
        self.known.insert(environment.to_owned(), known);
        let path = root.join(FILE_NAME);
        let written = std::fs::write(&path, self.text());
        written.map_err(|source| TargetsError::Io {
            doing: "write",
            path,
            source,
        })?;
        Ok(true)
    }

    fn text(&self) -> String {
        let mut text = HEAD.to_owned();
        for (environment, known) in &self.known {
            // Writing to a string cannot fail.
            let _ = write!(
                text,
                "\n[{environment}]\nidentity = \"{}\"\nsystem_identifier = \"{}\"\nendpoint = {:?}\n",
                known.identity, known.system_identifier, known.endpoint
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let known = Known {
            identity: "0198c1f2-0000-4000-8000-000000000001".parse().unwrap(),
            system_identifier: "7301234567890123456".to_owned(),
            endpoint: "[::1]:5432/orion \"live\"".to_owned(),
        };
        let targets = Targets {
            known: [("production".to_owned(), known)].into(),
        };
        assert_eq!(Targets::parse(&targets.text()), Ok(targets));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert!(Targets::parse("[production]\nidentity = \"x\"\n").is_err());
        assert!(
            Targets::parse("[p]\nidentity = \"x\"\nsystem_identifier = \"1\"\nendpoint = \"e\"\n")
                .unwrap_err()
                .contains("`p`")
        );
    }
}
