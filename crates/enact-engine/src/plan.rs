//! The ordered steps from where a target is to where it should be. A pure function of state and files.

mod build;

use std::fmt;

use enact_ledger::canonical::Value;
use enact_ledger::entry::fact::{Command, Direction};
use enact_ledger::{FileDigest, Hash, Identity};
use enact_sql::requirement::{Bound, Requirement};

pub use build::build;

use crate::project::StreamNumber;

/// What a run is asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Goal {
    /// Apply pending migrations.
    Apply {
        /// The last migration to apply, and no other stream than its own; all of all when `None`.
        to: Option<StreamNumber>,
        /// At most so many.
        steps: Option<usize>,
    },
    /// Roll back the newest migrations, one when neither bound is given.
    Rollback {
        /// The migration to stand at afterwards, 0 for none, in its stream alone.
        to: Option<StreamNumber>,
        /// So many.
        steps: Option<usize>,
    },
    /// Roll back the newest migration and apply it again.
    Redo,
}

/// Which migration, in which direction: enough to speak of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepLabel {
    /// Up or down.
    pub direction: Direction,
    /// Stream.
    pub stream: String,
    /// Number.
    pub number: u32,
    /// Description from the file name.
    pub name: String,
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Which migration, which direction.
    pub label: StepLabel,
    /// Digest of the file that will run.
    pub digest: FileDigest,
    /// For a rollback: the digest of the rollback at the time the migration was applied, if it is another one now.
    pub rollback_was: Option<FileDigest>,
    /// Segments already done by an interrupted run.
    pub resume_after: u32,
}

/// An immutable proposal for one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What the run is asked to do.
    pub command: Command,
    /// The target it was made for; `None` before the first run.
    pub identity: Option<Identity>,
    /// Version of the core release that the repository is pinned to.
    pub release: Option<String>,
    /// The streams of the repository, in the order in which they are applied.
    pub courses: Vec<Course>,
    /// Steps in order.
    pub steps: Vec<Step>,
}

/// Where a stream stands before and after a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Course {
    /// Stream.
    pub stream: String,
    /// Highest number in force before.
    pub from: u32,
    /// Highest number in force afterwards.
    pub to: u32,
}

/// Why there is no plan for a goal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// No such file.
    #[error("there is no migration {number:03} in stream `{stream}`")]
    NoSuchMigration {
        /// The number asked for.
        number: u32,
        /// Stream.
        stream: String,
    },
    /// The target is already past it.
    #[error(
        "`{stream}` stands at {position:03}, beyond {number:03}; `enact rollback --to {number:03}` goes back"
    )]
    BehindPosition {
        /// The number asked for.
        number: u32,
        /// Where the target is.
        position: u32,
        /// Stream.
        stream: String,
    },
    /// Not applied, so there is nothing to go back from.
    #[error(
        "`{stream}` stands at {position:03}: {number:03} is not applied, so there is nothing to roll back to"
    )]
    AheadOfPosition {
        /// The number asked for.
        number: u32,
        /// Where the target is.
        position: u32,
        /// Stream.
        stream: String,
    },
    /// The repository has no such stream.
    #[error("there is no stream `{stream}` here: this repository holds {}", known.join(" and "))]
    NoSuchStream {
        /// The stream asked for.
        stream: String,
        /// The streams there are.
        known: Vec<String>,
    },
    /// A migration requires what will not be there.
    #[error("{label} requires {requirement}, {}", found(requirement, *position, release.as_deref()))]
    Requires {
        /// The migration.
        label: String,
        /// What it requires.
        requirement: Requirement,
        /// Where the stream that it requires stands when its turn comes.
        position: u32,
        /// The core release that the repository is pinned to.
        release: Option<String>,
    },
    /// Other streams need what would be rolled back.
    #[error("{label} is not rolled back: {} {}", dependents.len(),
            if dependents.len() == 1 { "migration of another stream requires it" }
            else { "migrations of other streams require it" })]
    DependedOn {
        /// The migration.
        label: String,
        /// The migrations that require it.
        dependents: Vec<String>,
    },
    /// The migration says that it cannot be undone.
    #[error("{label} cannot be rolled back: {reason}")]
    NoRollback {
        /// The migration.
        label: String,
        /// Its own words.
        reason: String,
    },
    /// Adopted by a baseline: what its rollback would undo was never done by Enact.
    #[error("{label} was adopted by a baseline and not run by Enact; it is not rolled back")]
    Baseline {
        /// The migration.
        label: String,
    },
    /// A half-done file in the other direction comes first.
    #[error("{label} is half {}; {}", if *.down { "rolled back" } else { "applied" },
            if *.down { "finish with `enact rollback`" } else { "finish with `enact apply`" })]
    Halfway {
        /// The migration.
        label: String,
        /// It is being rolled back.
        down: bool,
    },
}

/// How a requirement that is not met stands.
fn found(requirement: &Requirement, position: u32, release: Option<&str>) -> String {
    let stream = &requirement.stream;
    match (&requirement.bound, release) {
        (Bound::Release(_), Some(release)) => format!("and this is {stream} {release}"),
        (Bound::Release(_), None) => format!("and no release of {stream} is pinned here"),
        _ if position == 0 => format!("and nothing of {stream} is applied"),
        _ => format!("and {stream} stands at {position:03}"),
    }
}

impl Plan {
    /// SHA-256 over the plan's canonical form. The same target state and files give the same digest.
    #[must_use]
    pub fn digest(&self) -> Hash {
        let steps = self.steps.iter().map(|step| {
            Value::object([
                ("digest", Value::text(step.digest.to_string())),
                ("direction", Value::text(step.label.direction.as_str())),
                ("name", Value::text(step.label.name.as_str())),
                ("number", Value::Integer(step.label.number.into())),
                ("resume_after", Value::Integer(step.resume_after.into())),
                ("stream", Value::text(step.label.stream.as_str())),
            ])
        });
        let courses = self.courses.iter().map(|course| {
            Value::object([
                ("from", Value::Integer(course.from.into())),
                ("stream", Value::text(course.stream.as_str())),
            ])
        });
        let plan = Value::object([
            ("command", Value::text(self.command.as_str())),
            (
                "identity",
                Value::text(self.identity.as_ref().map_or("", Identity::as_str)),
            ),
            (
                "release",
                Value::text(self.release.as_deref().unwrap_or_default()),
            ),
            ("steps", Value::List(steps.collect())),
            ("streams", Value::List(courses.collect())),
            ("v", Value::Integer(1)),
        ]);
        // Integers here are u32, so that the only error of the canonical form cannot occur.
        Hash::of(&plan.to_bytes().unwrap_or_default())
    }

    /// The course of a stream of the repository.
    #[must_use]
    pub fn course(&self, stream: &str) -> Option<&Course> {
        self.courses.iter().find(|course| course.stream == stream)
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

impl StepLabel {
    /// Where the stream stands once the step is done.
    #[must_use]
    pub fn position_after(&self) -> u32 {
        match self.is_down() {
            true => self.number.saturating_sub(1),
            false => self.number,
        }
    }

    /// The migration, whichever way it goes: `core:003_add_rls_policies`.
    #[must_use]
    pub fn of_migration(&self) -> String {
        format!("{}:{:03}_{}", self.stream, self.number, self.name)
    }

    /// Whether this is a rollback.
    #[must_use]
    pub fn is_down(&self) -> bool {
        self.direction == Direction::Down
    }
}

impl fmt::Display for StepLabel {
    /// `core:003_add_rls_policies`, with `rollback of` before it when it goes down.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = if self.is_down() { "rollback of " } else { "" };
        write!(f, "{prefix}{}", self.of_migration())
    }
}
