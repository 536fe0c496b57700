//! Options of `enact recorder`.

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args, Subcommand};

use super::Target;

/// Note who changes the schema outside Enact's runs
///
/// Event triggers write into a table of schema enact who ran which command on
/// which object, when and from where; never the command's text. `drift`, `status`
/// and `verify` then name authors. Installing takes a superuser's rights.
#[derive(Debug, Subcommand)]
pub enum Recorder {
    /// Put the recorder up
    Install(RecorderChange),
    /// Take it down; what it noted stays
    Remove(RecorderChange),
    /// Show whether it is at work, and what it noted of late
    Status(RecorderStatus),
}

/// Options of `enact recorder install` and `remove`.
#[derive(Debug, Args)]
pub struct RecorderChange {
    /// Agree beforehand, also on a protected target
    #[arg(short, long, env = "ENACT_YES", hide_env = true,
        value_parser = BoolishValueParser::new(), action = ArgAction::SetTrue)]
    pub yes: bool,
    /// Which database.
    #[command(flatten)]
    pub target: Target,
}

/// Options of `enact recorder status`.
#[derive(Debug, Args)]
pub struct RecorderStatus {
    /// Which database.
    #[command(flatten)]
    pub target: Target,
}
