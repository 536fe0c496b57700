//! Options of the commands that write migrations and look at them before any target does.

use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args};
use enact_engine::project::{StreamName, StreamNumber};

use super::{Series, Server, Statistics, Target, Who};

/// Make a new repository: enact.toml and a migration directory
///
/// NAME is `core` for the core repository, else the sponsor's name, such as
/// `orion`. Files that exist stay as they are.
#[derive(Debug, Args)]
pub struct Init {
    /// `core`, or the sponsor's name: a-z, 0-9 and _
    pub name: StreamName,
    /// Folder to write into [default: the current one]
    #[arg(default_value = ".", value_name = "FOLDER", hide_default_value = true)]
    pub folder: PathBuf,
}

/// Write the next migration and its rollback, or a pattern's series
///
/// From the templates, with what is left to fill in marked; `enact validate`
/// names each place. With --pattern complete, from the schema that the
/// migrations make in a sandbox, or from the catalog of the target that is named
/// with --env or --database-url.
#[derive(Debug, Args)]
pub struct New {
    /// A few words, such as `add device info`
    #[arg(required_unless_present = "pattern", value_name = "WORDS")]
    pub description: Vec<String>,
    /// Ticket for the header
    #[arg(long, value_name = "TICKET", env = "ENACT_TICKET", hide_env = true)]
    pub ticket: Option<String>,
    /// Author for the header
    #[command(flatten)]
    pub who: Who,
    /// A series instead.
    #[command(flatten)]
    pub series: Series,
    /// Folder of a repository to apply first, such as core (can be repeated)
    #[arg(long, value_name = "FOLDER", requires = "pattern")]
    pub base: Vec<PathBuf>,
    /// Which server.
    #[command(flatten)]
    pub server: Server,
    /// Which database.
    #[command(flatten)]
    pub target: Target,
}

/// Check every migration file without a database
///
/// Reports every problem at once, each with its place and mend.
/// Exit code 30 if there is any.
#[derive(Debug, Args)]
pub struct Validate {}

/// Find what would stop the application, lose data or fail
///
/// Reads the files: all of them, the migrations named, or those changed since a
/// revision of git; and the schema of a target, if one is named, for what is not
/// in force there. --format knows sarif, github and gitlab too. Exit code 31 if
/// a finding reaches `fail` of [lint] in enact.toml, which is error.
#[derive(Debug, Args)]
pub struct Lint {
    /// Only these migrations, each with its rollback
    #[arg(value_name = "[STREAM:]NNN")]
    pub numbers: Vec<StreamNumber>,
    /// Only what was changed since this revision of git, such as origin/main
    #[arg(
        long,
        value_name = "REV",
        conflicts_with = "numbers",
        env = "ENACT_SINCE",
        hide_env = true
    )]
    pub since: Option<String>,
    /// Run them in a sandbox too, and compare with what is seen there
    #[arg(long, env = "ENACT_LINT_SANDBOX", hide_env = true,
        value_parser = BoolishValueParser::new(), action = ArgAction::SetTrue)]
    pub sandbox: bool,
    /// With --sandbox: folder of a repository to apply first, such as core (can
    /// be repeated)
    #[arg(long, value_name = "FOLDER", requires = "sandbox")]
    pub base: Vec<PathBuf>,
    /// Which server.
    #[command(flatten)]
    pub server: Server,
    /// Which database.
    #[command(flatten)]
    pub target: Target,
}

/// Prove in a sandbox that each rollback restores what was there
///
/// For every migration: apply, roll back, compare, apply again, compare; with
/// fixtures loaded the rows are compared too. Then the SQL tests run.
/// Exit code 37 if a rollback does not restore, 35 if a migration fails.
#[derive(Debug, Args)]
pub struct Test {
    /// Only this migration (can be repeated); SQL tests are left out then
    #[arg(long, value_name = "[STREAM:]NNN")]
    pub only: Vec<StreamNumber>,
    /// Folder of a repository to apply first, such as core (can be repeated)
    #[arg(long, value_name = "FOLDER")]
    pub base: Vec<PathBuf>,
    /// Let a rollback pass that restores all but the order of columns
    #[arg(long, env = "ENACT_ALLOW_COLUMN_ORDER", hide_env = true,
        value_parser = BoolishValueParser::new(), action = ArgAction::SetTrue)]
    pub allow_column_order: bool,
    /// Also write the result as JUnit XML
    #[arg(long, value_name = "FILE", env = "ENACT_JUNIT", hide_env = true)]
    pub junit: Option<PathBuf>,
    /// Which server.
    #[command(flatten)]
    pub server: Server,
}

/// Show what each statement locks, rewrites and scans, by trying it
///
/// Runs migrations in a sandbox that holds the schema of just before each: all of
/// them, or those that are pending where a target is named with --env or
/// --database-url. Of a target it only reads statistics, to estimate how long
/// each lock would be held. Exit code 35 if a migration fails, 37 if a rollback.
#[derive(Debug, Args)]
pub struct Explain {
    /// Only this migration
    #[arg(value_name = "[STREAM:]NNN")]
    pub number: Option<StreamNumber>,
    /// The rollback instead; with a target and no number, of the newest
    #[arg(long, env = "ENACT_ROLLBACK", hide_env = true,
        value_parser = BoolishValueParser::new(), action = ArgAction::SetTrue)]
    pub rollback: bool,
    /// Folder of a repository to apply first, such as core (can be repeated)
    #[arg(long, value_name = "FOLDER")]
    pub base: Vec<PathBuf>,
    /// Compared with what.
    #[command(flatten)]
    pub statistics: Statistics,
    /// Which server.
    #[command(flatten)]
    pub server: Server,
    /// Which database.
    #[command(flatten)]
    pub target: Target,
}
