//! Options of releases and pins.

use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args, Subcommand, ValueEnum};

use super::Server;
use super::shared::reason;

/// Release the core: prove it, and write an immutable package
///
/// Refuses unless the files are valid, lint finds nothing at its failing level,
/// every rollback is proven, and what was released before is as it was. Writes a
/// folder and an archive that npm installs; the same files give the same bytes.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Release {
    /// What else.
    #[command(subcommand)]
    pub verb: Option<ReleaseVerb>,
    /// Version of the release, such as 1.3.0
    #[arg(value_name = "VERSION")]
    pub version: Option<String>,
    /// Folder of releases [default: `folder` of [release], else releases]
    #[arg(short, long, value_name = "FOLDER", env = "ENACT_OUT", hide_env = true)]
    pub out: Option<PathBuf>,
    /// It mends something that cannot wait
    #[arg(long, env = "ENACT_HOTFIX", hide_env = true,
        value_parser = BoolishValueParser::new(), action = ArgAction::SetTrue, help_heading = "Hotfix")]
    pub hotfix: bool,
    /// How bad it is not to have it: low, moderate, high, critical
    #[arg(
        long,
        value_enum,
        value_name = "HOW",
        requires = "hotfix",
        hide_possible_values = true,
        env = "ENACT_SEVERITY",
        hide_env = true,
        help_heading = "Hotfix"
    )]
    pub severity: Option<Severity>,
    /// Why; stated in the release
    #[arg(
        long,
        value_name = "TEXT",
        value_parser = reason,
        requires = "hotfix",
        env = "ENACT_REASON",
        hide_env = true,
        help_heading = "Hotfix"
    )]
    pub reason: Option<String>,
    /// Prove it on this major version (can be repeated)
    #[arg(
        long,
        value_name = "N",
        conflicts_with = "pg_major",
        help_heading = "Sandbox"
    )]
    pub prove_on: Vec<u32>,
    /// Which server.
    #[command(flatten)]
    pub server: Server,
}

/// What else there is to releases.
#[derive(Debug, Subcommand)]
pub enum ReleaseVerb {
    Diff(ReleaseDiff),
}

/// Show what one release brings beyond another
///
/// Migrations with their statements and locks, and the objects that differ.
#[derive(Debug, Args)]
pub struct ReleaseDiff {
    /// Folder or archive of a release
    #[arg(value_name = "FROM")]
    pub from: PathBuf,
    /// Folder or archive of a later one
    #[arg(value_name = "TO")]
    pub to: PathBuf,
}

/// How bad it is not to have a hotfix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Severity {
    /// It can wait.
    Low,
    /// Soon.
    Moderate,
    /// Days.
    High,
    /// Now.
    Critical,
}

impl From<Severity> for enact_release::Severity {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Low => Self::Low,
            Severity::Moderate => Self::Moderate,
            Severity::High => Self::High,
            Severity::Critical => Self::Critical,
        }
    }
}

/// Pin the core to one release
///
/// Takes the highest release that [core] asks for and writes it, with the digest
/// of every file, into enact.lock. `enact apply` accepts only what stands there.
#[derive(Debug, Args)]
pub struct Pin {
    /// Write nothing: check that enact.lock, the range and the release agree
    #[arg(long, conflicts_with = "allow_downgrade", env = "ENACT_CHECK", hide_env = true,
        value_parser = BoolishValueParser::new(), action = ArgAction::SetTrue)]
    pub check: bool,
    /// Take a lower version than the one that is pinned
    #[arg(long, env = "ENACT_ALLOW_DOWNGRADE", hide_env = true,
        value_parser = BoolishValueParser::new(), action = ArgAction::SetTrue)]
    pub allow_downgrade: bool,
}

/// Show newer core releases, hotfixes first
#[derive(Debug, Args)]
pub struct Outdated {
    /// Leave with exit code 4 when there are any
    #[arg(long, env = "ENACT_EXIT_CODE", hide_env = true,
        value_parser = BoolishValueParser::new(), action = ArgAction::SetTrue)]
    pub exit_code: bool,
}
