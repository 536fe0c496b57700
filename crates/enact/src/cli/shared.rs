//! Options that several commands share.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args, ValueEnum};
use enact_engine::project::StreamNumber;
use enact_engine::project::units::{UnitError, parse_duration};

/// Which database.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Target")]
pub struct Target {
    /// Environment of enact.toml, such as staging
    #[arg(
        short = 'e',
        long = "env",
        value_name = "NAME",
        env = "ENACT_ENV",
        hide_env = true
    )]
    pub environment: Option<String>,
    /// Connection string [default: DATABASE_URL, PG*]
    #[arg(long, value_name = "URL", env = "ENACT_DATABASE_URL", hide_env = true)]
    pub database_url: Option<String>,
}

/// Who acts, for the record.
#[derive(Debug, Clone, Args)]
pub struct Who {
    /// Person to record [default: as git knows you]
    #[arg(long, value_name = "NAME", env = "ENACT_PERSON", hide_env = true)]
    pub person: Option<String>,
}

/// Where throw-away databases come from.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Sandbox")]
pub struct Server {
    /// Use databases of this server, not a private one
    #[arg(long, value_name = "URL", env = "ENACT_SCRATCH_URL", hide_env = true)]
    pub scratch_url: Option<String>,
    /// PostgreSQL's major version [default: newest]
    #[arg(long, value_name = "N", env = "ENACT_PG_MAJOR", hide_env = true)]
    pub pg_major: Option<u32>,
    /// Folder of PostgreSQL's server programs
    #[arg(long, value_name = "FOLDER", env = "ENACT_PG_BINDIR", hide_env = true)]
    pub pg_bindir: Option<PathBuf>,
}

/// How the size of tables is judged.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Sizes")]
pub struct Statistics {
    /// Flag tables that make a lock long at the target, and not in this
    /// environment
    #[arg(long, value_name = "ENV")]
    pub against: Option<String>,
    /// Read a piece of each locked table at the target (64 MiB, a second at most)
    /// to know how fast it is
    #[arg(long)]
    pub measure: bool,
}

/// How far.
#[derive(Debug, Clone, Args)]
pub struct Range {
    /// Number to stand at afterwards: 005, core:005
    #[arg(
        long,
        value_name = "[STREAM:]NNN",
        conflicts_with = "steps",
        env = "ENACT_TO",
        hide_env = true
    )]
    pub to: Option<StreamNumber>,
    /// How many migrations at most
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), env = "ENACT_STEPS", hide_env = true)]
    pub steps: Option<u32>,
}

/// How to wait.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Waiting")]
pub struct Waiting {
    /// How long to wait for another run to end [default: 60s]
    #[arg(long, value_name = "TIME", value_parser = duration_or_zero, env = "ENACT_LOCK_WAIT", hide_env = true)]
    pub lock_wait: Option<Duration>,
    /// How long one try waits for a lock [default: 100ms]
    #[arg(long, value_name = "TIME", value_parser = parse_duration, env = "ENACT_LOCK_TIMEOUT", hide_env = true)]
    pub lock_timeout: Option<Duration>,
    /// How long one step tries again for its locks [default: 60s]
    #[arg(long, value_name = "TIME", value_parser = duration_or_zero, env = "ENACT_RETRY_BUDGET", hide_env = true)]
    pub retry_budget: Option<Duration>,
    /// Cancel who is in the way of a lock after this time [default: never]
    #[arg(long, value_name = "TIME", value_parser = duration_or_zero, env = "ENACT_CANCEL_BLOCKERS", hide_env = true)]
    pub cancel_blockers: Option<Duration>,
    /// How long one statement may run [default: no limit]
    #[arg(long, value_name = "TIME", value_parser = duration_or_zero, env = "ENACT_STATEMENT_TIMEOUT", hide_env = true)]
    pub statement_timeout: Option<Duration>,
}

/// Options that commands which change a target share.
#[derive(Debug, Clone, Args)]
pub struct Changing {
    /// Which database.
    #[command(flatten)]
    pub target: Target,
    /// How to wait.
    #[command(flatten)]
    pub waiting: Waiting,
    /// How to decide.
    #[command(flatten)]
    pub decisions: Decisions,
}

/// What a person decides beforehand.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Decisions")]
pub struct Decisions {
    /// Agree beforehand, also on a protected target
    #[arg(short, long, env = "ENACT_YES", hide_env = true,
        value_parser = BoolishValueParser::new(), action = ArgAction::SetTrue)]
    pub yes: bool,
    /// Show what would be done, and to which data; change nothing
    #[arg(long, env = "ENACT_DRY_RUN", hide_env = true,
        value_parser = BoolishValueParser::new(), action = ArgAction::SetTrue)]
    pub dry_run: bool,
    /// Go on although the schema has drifted; recorded
    #[arg(
        long,
        value_name = "REASON",
        value_parser = reason,
        env = "ENACT_ACCEPT_DRIFT",
        hide_env = true
    )]
    pub accept_drift: Option<String>,
    /// Settle an unknown outcome: done, again
    #[arg(
        long,
        value_enum,
        hide_possible_values = true,
        value_name = "WHAT",
        requires = "reason",
        env = "ENACT_RESOLVE",
        hide_env = true
    )]
    pub resolve: Option<Resolve>,
    /// How you know; recorded with --resolve
    #[arg(
        long,
        value_name = "TEXT",
        value_parser = reason,
        requires = "resolve",
        env = "ENACT_REASON",
        hide_env = true
    )]
    pub reason: Option<String>,
    /// Who acts.
    #[command(flatten)]
    pub who: Who,
}

/// What became of a statement whose outcome is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Resolve {
    /// It has taken effect: go on behind it
    Done,
    /// It has not: run it again
    Again,
}

/// A duration, or `0` where zero has a meaning.
pub(super) fn duration_or_zero(text: &str) -> Result<Duration, UnitError> {
    match text.trim_end_matches(|c: char| c.is_ascii_alphabetic()) {
        "0" => Ok(Duration::ZERO),
        _ => parse_duration(text),
    }
}

/// Why somebody decided so: it is recorded for those who ask later, so it has to say something.
pub(super) fn reason(text: &str) -> Result<String, &'static str> {
    match text.trim().is_empty() {
        true => Err("it says nothing, and those who ask later need to know why"),
        false => Ok(text.to_owned()),
    }
}
