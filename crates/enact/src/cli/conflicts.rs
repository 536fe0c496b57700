//! Options of `enact conflicts` and `enact impact`.

use std::path::PathBuf;

use clap::Args;

use super::Server;

/// Find what this extension does to the core
///
/// Looks twice: at the statements, and in a sandbox that holds the core. Where
/// they differ the sandbox decides, and the difference is shown. Views, functions
/// and foreign keys that depend on the core are allowed, and listed. Exit code 38
/// if the extension changes the core without the core team's leave.
#[derive(Debug, Args)]
pub struct Conflicts {
    /// Folder of the core's repository, instead of the release that is pinned
    #[arg(long, value_name = "FOLDER")]
    pub base: Option<PathBuf>,
    /// Which server.
    #[command(flatten)]
    pub server: Server,
}

/// Find what a core release would break, before it is adopted or even tagged
///
/// Replays it in a sandbox over extensions, both on a database that has them
/// already and on a new one: migrations that would fail, rollbacks that no longer
/// work, extensions that would change the core. Exit code 38 if there are any.
#[derive(Debug, Args)]
pub struct Impact {
    /// Folder or archive of a release, or the core's repository
    #[arg(value_name = "RELEASE")]
    pub release: PathBuf,
    /// Repositories of sponsors, for the core team [default: this repository]
    #[arg(long, value_name = "FOLDER", num_args = 1..)]
    pub extensions: Vec<PathBuf>,
    /// Which server.
    #[command(flatten)]
    pub server: Server,
}
