//! Options of the commands that plan and change a target.

use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args, ValueEnum};

use super::{Changing, Range, Server, Statistics, Target};

/// Show what `apply`, `rollback` or `redo` would do, and change nothing
///
/// Writes nothing and takes no lock; a role that may only read suffices.
#[derive(Debug, Args)]
pub struct Plan {
    /// What to plan: apply, rollback, redo [default: apply]
    #[arg(
        value_enum,
        value_name = "WHAT",
        default_value_t,
        hide_default_value = true,
        hide_possible_values = true
    )]
    pub what: Planned,
    /// Write the SQL script that would run, for review
    #[arg(long)]
    pub sql: bool,
    /// Try the steps in a sandbox and say what each locks, and for how long
    #[arg(long, conflicts_with = "sql", env = "ENACT_EXPLAIN", hide_env = true,
        value_parser = BoolishValueParser::new(), action = ArgAction::SetTrue)]
    pub explain: bool,
    /// Folder of a repository to apply first, such as core (can be repeated)
    #[arg(long, value_name = "FOLDER", requires = "explain")]
    pub base: Vec<PathBuf>,
    /// With --explain.
    #[command(flatten)]
    pub statistics: Statistics,
    /// Which server.
    #[command(flatten)]
    pub server: Server,
    /// How far.
    #[command(flatten)]
    pub range: Range,
    /// Which database.
    #[command(flatten)]
    pub target: Target,
}

/// What to plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Planned {
    /// Pending migrations
    #[default]
    Apply,
    /// The newest migration's rollback
    Rollback,
    /// Rollback and migration of the newest
    Redo,
}

/// Apply pending migrations
///
/// All of them, or as many as --to or --steps say. Each migration takes effect
/// wholly and with its record in one transaction, or not at all; one that holds
/// statements PostgreSQL refuses in a transaction goes segment by segment, and a
/// later `apply` continues where it stopped.
#[derive(Debug, Args)]
pub struct Apply {
    /// How far.
    #[command(flatten)]
    pub range: Range,
    /// What the environment before shows, where it cannot be asked from here
    #[arg(
        long,
        value_name = "FILE",
        env = "ENACT_RECEIPT",
        hide_env = true,
        help_heading = "Decisions"
    )]
    pub receipt: Option<PathBuf>,
    /// Options shared with rollback and redo.
    #[command(flatten)]
    pub changing: Changing,
}

/// Undo the newest migration
///
/// One step unless --to or --steps say more. Lists what it will run and asks.
#[derive(Debug, Args)]
pub struct Rollback {
    /// How far.
    #[command(flatten)]
    pub range: Range,
    /// Run a rollback that was edited since its migration was applied
    #[arg(long, env = "ENACT_ACCEPT_CHANGED_ROLLBACK", hide_env = true,
        value_parser = BoolishValueParser::new(), action = ArgAction::SetTrue, help_heading = "Decisions")]
    pub accept_changed_rollback: bool,
    /// Options shared with apply and redo.
    #[command(flatten)]
    pub changing: Changing,
}

/// Undo the newest migration and apply it again
///
/// For work on a migration that no shared target has yet. Lists what it will run
/// and asks.
#[derive(Debug, Args)]
pub struct Redo {
    /// Run a rollback that was edited since its migration was applied
    #[arg(long, env = "ENACT_ACCEPT_CHANGED_ROLLBACK", hide_env = true,
        value_parser = BoolishValueParser::new(), action = ArgAction::SetTrue, help_heading = "Decisions")]
    pub accept_changed_rollback: bool,
    /// Options shared with apply and rollback.
    #[command(flatten)]
    pub changing: Changing,
}
