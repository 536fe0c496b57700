//! The command line. The comments of fields and variants are the help text.

mod compare;
mod conflicts;
mod recorder;
mod release;
mod series;

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use enact_engine::project::units::parse_duration;
use enact_engine::project::{StreamName, StreamNumber};

pub use compare::{Compare, Receipt};
pub use conflicts::{Conflicts, Impact};
pub use recorder::{Recorder, RecorderChange, RecorderStatus};
pub use release::{Outdated, Pin, Release, ReleaseDiff, ReleaseVerb};
pub use series::Series;

/// Change control for PostgreSQL schemas
#[derive(Debug, Parser)]
#[command(
    name = "enact",
    version,
    max_term_width = 80,
    after_help = "Each option can be given as a variable too: --lock-wait is ENACT_LOCK_WAIT.\n\
                  A flag wins over a variable, that over .env, that over enact.toml.",
    disable_help_subcommand = true
)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Result as text, or as one JSON document: text, json
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        hide_default_value = true,
        hide_possible_values = true,
        env = "ENACT_FORMAT",
        hide_env = true
    )]
    pub format: Format,
    /// Colour: auto, always, never
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value_t,
        hide_default_value = true,
        hide_possible_values = true,
        env = "ENACT_COLOR",
        hide_env = true
    )]
    pub color: Color,
    /// Show the result and errors alone
    #[arg(short, long, global = true, env = "ENACT_QUIET", hide_env = true,
        value_parser = BoolishValueParser::new(), action = ArgAction::SetTrue, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Show more, such as the server's notices
    #[arg(short, long, global = true, env = "ENACT_VERBOSE", hide_env = true,
        value_parser = BoolishValueParser::new(), action = ArgAction::SetTrue)]
    pub verbose: bool,
    /// Use this enact.toml instead of the nearest one
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "ENACT_CONFIG",
        hide_env = true
    )]
    pub config: Option<PathBuf>,
}

/// Form of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
    /// SARIF 2.1.0, for code scanning.
    #[value(hide = true)]
    Sarif,
    /// Annotations of GitHub Actions.
    #[value(hide = true)]
    Github,
    /// GitLab's code quality report.
    #[value(hide = true)]
    Gitlab,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    Init(Init),
    New(Box<New>),
    Validate(Validate),
    Lint(Lint),
    Test(Test),
    Explain(Explain),
    Status(Status),
    Plan(Plan),
    Apply(Apply),
    Rollback(Rollback),
    Redo(Redo),
    Verify(Verify),
    History(History),
    Drift(Drift),
    #[command(subcommand)]
    Backfill(Backfill),
    Enrol(Enrol),
    Release(Release),
    Pin(Pin),
    Outdated(Outdated),
    Conflicts(Conflicts),
    Impact(Impact),
    Baseline(Baseline),
    Amend(Amend),
    Export(Export),
    Receipt(Receipt),
    Compare(Compare),
    #[command(subcommand)]
    Recorder(Recorder),
    #[command(subcommand)]
    Sandbox(Sandbox),
    Demo(Demo),
}

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

/// A duration, or `0` where zero has a meaning.
fn duration_or_zero(text: &str) -> Result<Duration, enact_engine::project::units::UnitError> {
    match text.trim_end_matches(|c: char| c.is_ascii_alphabetic()) {
        "0" => Ok(Duration::ZERO),
        _ => parse_duration(text),
    }
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
    #[arg(long, value_name = "TEXT", env = "ENACT_REASON", hide_env = true)]
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

/// Look at backfills, pause them, let them go on
#[derive(Debug, Subcommand)]
pub enum Backfill {
    Status(BackfillStatus),
    Pause(BackfillPause),
    Resume(BackfillResume),
}

/// Show how far each backfill of a database has come
///
/// Works beside the run that is at it, and after one that was interrupted:
/// `enact apply` goes on where the last batch ended.
#[derive(Debug, Args)]
pub struct BackfillStatus {
    /// Which database.
    #[command(flatten)]
    pub target: Target,
}

/// Hold the backfills of a database between two batches
///
/// A run that is at one waits, and says so, until `enact backfill resume`.
#[derive(Debug, Args)]
pub struct BackfillPause {
    /// Which database.
    #[command(flatten)]
    pub target: Target,
    /// Who acts.
    #[command(flatten)]
    pub who: Who,
}

/// Let paused backfills go on
#[derive(Debug, Args)]
pub struct BackfillResume {
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
    #[arg(long, value_name = "TEXT", env = "ENACT_REASON", hide_env = true)]
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
    #[arg(long, value_name = "TEXT", env = "ENACT_REASON", hide_env = true)]
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

impl Verb {
    /// The options that choose the target, of commands that have one.
    pub fn target_mut(&mut self) -> Option<&mut Target> {
        Some(match self {
            Self::Init(_)
            | Self::Validate(_)
            | Self::Test(_)
            | Self::Release(_)
            | Self::Pin(_)
            | Self::Outdated(_)
            | Self::Conflicts(_)
            | Self::Impact(_)
            | Self::Compare(_)
            | Self::Sandbox(_)
            | Self::Demo(_) => return None,
            Self::Lint(args) => &mut args.target,
            Self::New(args) => &mut args.target,
            Self::Explain(args) => &mut args.target,
            Self::Status(args) => &mut args.target,
            Self::Plan(args) => &mut args.target,
            Self::Apply(args) => &mut args.changing.target,
            Self::Rollback(args) => &mut args.changing.target,
            Self::Redo(args) => &mut args.changing.target,
            Self::Verify(args) => &mut args.target,
            Self::History(args) => &mut args.target,
            Self::Drift(args) => &mut args.target,
            Self::Backfill(Backfill::Status(args)) => &mut args.target,
            Self::Backfill(Backfill::Pause(args)) => &mut args.target,
            Self::Backfill(Backfill::Resume(args)) => &mut args.target,
            Self::Baseline(args) => &mut args.target,
            Self::Enrol(args) => &mut args.target,
            Self::Amend(args) => &mut args.target,
            Self::Export(args) => &mut args.target,
            Self::Receipt(args) => &mut args.target,
            Self::Recorder(Recorder::Install(args) | Recorder::Remove(args)) => &mut args.target,
            Self::Recorder(Recorder::Status(args)) => &mut args.target,
        })
    }
}
