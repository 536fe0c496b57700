//! Options of `enact sandbox` and `enact demo`.

use clap::{Args, Subcommand};

use super::Server;

/// Work with a private, throw-away PostgreSQL
#[derive(Debug, Subcommand)]
pub enum Sandbox {
    Run(SandboxRun),
}

/// Run a command with DATABASE_URL of a fresh, empty database
///
/// The PG* variables are set too. The database is gone when the command ends,
/// and its exit code is the command's own.
#[derive(Debug, Args)]
pub struct SandboxRun {
    /// The command and its arguments
    #[arg(required = true, last = true, value_name = "COMMAND")]
    pub command: Vec<std::ffi::OsString>,
    /// Which server.
    #[command(flatten)]
    pub server: Server,
}

/// Show the main job on a private PostgreSQL, without questions
///
/// Proves, applies, fails, rolls back, drifts and verifies the clinical diary,
/// a worked example that this program carries. Touches nothing else.
#[derive(Debug, Args)]
pub struct Demo {
    /// Which server.
    #[command(flatten)]
    pub server: Server,
}
