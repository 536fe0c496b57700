//! What is recorded of a target beside its runs.

use serde::Serialize;

/// `enact.enrol/1`
#[derive(Debug, Serialize)]
pub struct Enrol {
    /// `enact.enrol/1`
    pub schema: &'static str,
    /// Where, without password.
    pub target: String,
    /// The project.
    pub project: String,
    /// The environment.
    pub environment: String,
    /// The target's identity.
    pub identity: String,
    /// System identifier of its cluster; 0 where the server does not tell.
    pub system_identifier: String,
    /// Where it is reached, as `host:port/database`.
    pub endpoint: String,
    /// An entry was written.
    pub recorded: bool,
    /// `enact.targets.toml` was written.
    pub noted: bool,
}

/// `enact.amend/1`
#[derive(Debug, Serialize)]
pub struct Amend {
    /// `enact.amend/1`
    pub schema: &'static str,
    /// Where, without password.
    pub target: String,
    /// Stream.
    pub stream: String,
    /// The migrations whose edited files are in force from now on.
    pub numbers: Vec<u32>,
}
