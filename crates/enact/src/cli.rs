//! The command line. The comments of fields and variants are the help text.

mod author;
mod backfill;
mod compare;
mod conflicts;
mod record;
mod recorder;
mod release;
mod run;
mod sandbox;
mod series;
mod shared;

use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

pub use author::{Explain, Init, Lint, New, Test, Validate};
pub use backfill::{Backfill, BackfillPause, BackfillResume, BackfillStatus};
pub use compare::{Compare, Receipt};
pub use conflicts::{Conflicts, Impact};
pub use record::{Amend, Baseline, Drift, Enrol, Export, History, Status, Verify};
pub use recorder::{Recorder, RecorderChange, RecorderStatus};
pub use release::{Outdated, Pin, Release, ReleaseDiff, ReleaseVerb};
pub use run::{Apply, Plan, Planned, Redo, Rollback};
pub use sandbox::{Demo, Sandbox, SandboxRun};
pub use series::Series;
pub use shared::{Changing, Range, Resolve, Server, Statistics, Target, Who};

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
