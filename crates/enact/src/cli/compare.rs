//! Options of `enact compare` and `enact receipt`.

use std::path::PathBuf;

use clap::Args;

use super::Target;

/// Find the databases whose core is not like the others'
///
/// Databases at the same core version must have the same core. Compares
/// environments of enact.toml, and receipts of databases that cannot be reached
/// from here, and names the objects in which they differ. Reads only. Exit code
/// 33 if there are any.
#[derive(Debug, Args)]
pub struct Compare {
    /// Environments of enact.toml
    #[arg(value_name = "ENV", required_unless_present = "receipts")]
    pub environments: Vec<String>,
    /// Receipts, as `enact receipt` writes them
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub receipts: Vec<PathBuf>,
    /// Folder of the release that says what the core must be
    #[arg(long, value_name = "FOLDER", env = "ENACT_RELEASE", hide_env = true)]
    pub release: Option<PathBuf>,
}

/// Write where a target stands, for where it cannot be seen
///
/// One JSON document: what is in force, in which runs, with which digests, and
/// the digest of every object; no data. Reads only.
#[derive(Debug, Args)]
pub struct Receipt {
    /// File for the receipt [default: stdout]
    #[arg(short, long, value_name = "FILE", env = "ENACT_OUT", hide_env = true)]
    pub out: Option<PathBuf>,
    /// Which database.
    #[command(flatten)]
    pub target: Target,
}
