//! Options of the commands that read the ledger, or add to it what no run does.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args};
use enact_engine::project::StreamNumber;

use super::shared::{duration_or_zero, reason};
use super::{Server, Target, Who};

/// Show where a target stands
///
/// Reads only; a role that may only read suffices.
#[derive(Debug, Args)]
pub struct Status {
    /// Leave with exit code 4 when migrations are pending
    #[arg(long, env = "ENACT_EXIT_CODE", hide_env = true,
        value_parser = BoolishValueParser::new(), action = ArgAction::SetTrue)]
    pub exit_code: bool,
    /// Which database.
    #[command(flatten)]
    pub target: Target,
}

/// Verify the ledger, its guards and the schema
///
/// Without --known the ledger can only be shown to agree with itself: exit code
/// 3. A checkpoint kept elsewhere, as `enact export` writes it, also excludes
/// that its end was cut or all of it rewritten: exit code 0.
#[derive(Debug, Args)]
pub struct Verify {
    /// Checkpoint kept elsewhere (can be repeated)
    #[arg(long, value_name = "FILE", env = "ENACT_KNOWN", hide_env = true)]
    pub known: Vec<PathBuf>,
    /// Verify an exported bundle instead of a database
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["environment", "database_url"]
    )]
    pub bundle: Option<PathBuf>,
    /// Which database.
    #[command(flatten)]
    pub target: Target,
}

/// Show what the ledger says happened
///
/// Reads only; a role that may only read suffices.
#[derive(Debug, Args)]
pub struct History {
    /// Show the last N entries alone
    #[arg(long, value_name = "N", env = "ENACT_LIMIT", hide_env = true)]
    pub limit: Option<usize>,
    /// Which database.
    #[command(flatten)]
    pub target: Target,
}

/// Show the objects that differ from the recorded schema
///
/// Reads only. Exit code 33 if there are any.
#[derive(Debug, Args)]
pub struct Drift {
    /// Which database.
    #[command(flatten)]
    pub target: Target,
}

/// Adopt a database whose schema was made by other means
///
/// Records the migrations up to --to as in force without running them. First
/// makes the same schema from the files in a sandbox, and refuses if the
/// database differs.
#[derive(Debug, Args)]
pub struct Baseline {
    /// Last migration whose effect is already there
    #[arg(long, value_name = "[STREAM:]NNN", env = "ENACT_TO", hide_env = true)]
    pub to: StreamNumber,
    /// Why; recorded
    #[arg(long, value_name = "TEXT", value_parser = reason, env = "ENACT_REASON", hide_env = true)]
    pub reason: String,
    /// Adopt although the database differs from the files
    #[arg(long, env = "ENACT_ACCEPT_DIFFERENCES", hide_env = true,
        value_parser = BoolishValueParser::new(), action = ArgAction::SetTrue)]
    pub accept_differences: bool,
    /// Do not compare with a sandbox
    #[arg(long, env = "ENACT_NO_COMPARE", hide_env = true,
        value_parser = BoolishValueParser::new(), action = ArgAction::SetTrue)]
    pub no_compare: bool,
    /// Agree beforehand, also on a protected target
    #[arg(short, long, env = "ENACT_YES", hide_env = true,
        value_parser = BoolishValueParser::new(), action = ArgAction::SetTrue)]
    pub yes: bool,
    /// How long to wait for another run to end [default: 60s]
    #[arg(long, value_name = "TIME", value_parser = duration_or_zero, env = "ENACT_LOCK_WAIT", hide_env = true)]
    pub lock_wait: Option<Duration>,
    /// Who acts.
    #[command(flatten)]
    pub who: Who,
    /// Which server.
    #[command(flatten)]
    pub server: Server,
    /// Which database.
    #[command(flatten)]
    pub target: Target,
}

/// Say which target a database is
///
/// Writes project, environment and place into its ledger, and its identity into
/// enact.targets.toml. From then on a run is refused (42) where the database is
/// another one: swapped URLs, a copy, a restored backup. The first run with --env
/// writes the ledger's part by itself.
#[derive(Debug, Args)]
pub struct Enrol {
    /// It is the enrolled one, in another place than before
    #[arg(long, requires = "reason", conflicts_with = "copy", env = "ENACT_MOVED", hide_env = true,
        value_parser = BoolishValueParser::new(), action = ArgAction::SetTrue)]
    pub moved: bool,
    /// It was copied from another target and is one of its own from now on
    #[arg(long, requires = "reason", env = "ENACT_COPY", hide_env = true,
        value_parser = BoolishValueParser::new(), action = ArgAction::SetTrue)]
    pub copy: bool,
    /// Why; recorded
    #[arg(long, value_name = "TEXT", value_parser = reason, env = "ENACT_REASON", hide_env = true)]
    pub reason: Option<String>,
    /// Agree beforehand, also on a protected target
    #[arg(short, long, env = "ENACT_YES", hide_env = true,
        value_parser = BoolishValueParser::new(), action = ArgAction::SetTrue)]
    pub yes: bool,
    /// How long to wait for another run to end [default: 60s]
    #[arg(long, value_name = "TIME", value_parser = duration_or_zero, env = "ENACT_LOCK_WAIT", hide_env = true)]
    pub lock_wait: Option<Duration>,
    /// Who acts.
    #[command(flatten)]
    pub who: Who,
    /// Which database.
    #[command(flatten)]
    pub target: Target,
}

/// Accept that comments or white space of an applied file were edited
///
/// Records the file's new digest, with a reason, as a new entry. An edit that
/// changes what the file does is never accepted (32): it is a new migration.
#[derive(Debug, Args)]
pub struct Amend {
    /// Migrations whose files were edited [default: all that were]
    #[arg(value_name = "[STREAM:]NNN")]
    pub numbers: Vec<StreamNumber>,
    /// Why; recorded
    #[arg(long, value_name = "TEXT", value_parser = reason, env = "ENACT_REASON", hide_env = true)]
    pub reason: String,
    /// Agree beforehand, also on a protected target
    #[arg(short, long, env = "ENACT_YES", hide_env = true,
        value_parser = BoolishValueParser::new(), action = ArgAction::SetTrue)]
    pub yes: bool,
    /// How long to wait for another run to end [default: 60s]
    #[arg(long, value_name = "TIME", value_parser = duration_or_zero, env = "ENACT_LOCK_WAIT", hide_env = true)]
    pub lock_wait: Option<Duration>,
    /// Who acts.
    #[command(flatten)]
    pub who: Who,
    /// Which database.
    #[command(flatten)]
    pub target: Target,
}

/// Write the ledger as a bundle, and a checkpoint to keep elsewhere
///
/// The bundle can be verified without a database (`enact verify --bundle`). The
/// checkpoint, kept where the database's superuser cannot reach it, is what
/// later proves that nothing was cut or rewritten.
#[derive(Debug, Args)]
pub struct Export {
    /// File for the bundle [default: stdout]
    #[arg(short, long, value_name = "FILE", env = "ENACT_OUT", hide_env = true)]
    pub out: Option<PathBuf>,
    /// File for the closing checkpoint
    #[arg(long, value_name = "FILE", env = "ENACT_CHECKPOINT", hide_env = true)]
    pub checkpoint: Option<PathBuf>,
    /// Which database.
    #[command(flatten)]
    pub target: Target,
}
