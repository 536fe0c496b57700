//! The ordered steps from where a target is to where it should be. A pure function of state and files.

use std::fmt;

use enact_ledger::canonical::Value;
use enact_ledger::entry::fact::{Command, Direction};
use enact_ledger::{FileDigest, Hash, Identity};

use crate::project::layout::Migration;
use crate::state::{StreamState, TargetState};

/// What a run is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// Apply pending migrations.
    Apply {
        /// The last migration to apply; all when `None`.
        to: Option<u32>,
        /// At most so many.
        steps: Option<usize>,
    },
    /// Roll back the newest migrations, one when neither bound is given.
    Rollback {
        /// The migration to stand at afterwards; 0 for none.
        to: Option<u32>,
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
    /// Stream concerned.
    pub stream: String,
    /// Highest number in force before.
    pub from: u32,
    /// Steps in order.
    pub steps: Vec<Step>,
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

/// Makes the plan for `goal` from the state of the target and the files of its stream.
///
/// # Errors
/// When the goal does not fit the state.
pub fn build(
    state: &TargetState,
    stream: &str,
    files: &[Migration],
    goal: Goal,
) -> Result<Plan, PlanError> {
    let current = state.stream(stream);
    let builder = Builder {
        stream,
        current,
        files,
    };
    let (command, steps) = match goal {
        Goal::Apply { to, steps } => (Command::Apply, builder.up(to, steps)?),
        Goal::Rollback { to, steps } => (Command::Rollback, builder.down(to, steps)?),
        Goal::Redo => (Command::Redo, builder.redo()?),
    };
    Ok(Plan {
        command,
        identity: state.identity,
        stream: stream.to_owned(),
        from: current.position(),
        steps,
    })
}

struct Builder<'a> {
    stream: &'a str,
    current: &'a StreamState,
    files: &'a [Migration],
}

impl Builder<'_> {
    fn up(&self, to: Option<u32>, steps: Option<usize>) -> Result<Vec<Step>, PlanError> {
        self.not_halfway(Direction::Down)?;
        let position = self.current.position();
        if let Some(number) = to {
            self.exists(number)?;
            if number < position {
                return Err(PlanError::BehindPosition {
                    number,
                    position,
                    stream: self.stream.to_owned(),
                });
            }
        }
        let pending = self
            .files
            .iter()
            .filter(|file| file.number > position && to.is_none_or(|to| file.number <= to));
        Ok(pending
            .take(steps.unwrap_or(usize::MAX))
            .map(|file| self.step_up(file))
            .collect())
    }

    fn down(&self, to: Option<u32>, steps: Option<usize>) -> Result<Vec<Step>, PlanError> {
        // A half-applied migration is the newest one: its rollback undoes what is there of it.
        let halfway = self.current.in_progress.as_ref().map(|at| at.number);
        let position = self.current.position();
        if let Some(number) = to.filter(|number| *number > position) {
            return Err(PlanError::AheadOfPosition {
                number,
                position,
                stream: self.stream.to_owned(),
            });
        }
        let half_applied = halfway.filter(|number| *number > position);
        let newest_first = half_applied
            .into_iter()
            .chain(self.current.applied.keys().rev().copied());
        let wanted = newest_first.filter(|number| to.is_none_or(|to| *number > to));
        let at_most = steps.unwrap_or(if to.is_some() { usize::MAX } else { 1 });
        wanted
            .take(at_most)
            .map(|number| self.step_down(number))
            .collect()
    }

    fn redo(&self) -> Result<Vec<Step>, PlanError> {
        self.not_halfway(Direction::Up)?;
        let mut steps = self.down(None, Some(1))?;
        let again = steps
            .first()
            .map(|step| self.exists(step.label.number))
            .transpose()?;
        steps.extend(again.map(|file| Step {
            resume_after: 0,
            ..self.step_up(file)
        }));
        Ok(steps)
    }

    fn step_up(&self, file: &Migration) -> Step {
        Step {
            label: self.label(Direction::Up, file),
            digest: file.digest,
            rollback_was: None,
            resume_after: self.resume_after(Direction::Up, file.number),
        }
    }

    fn step_down(&self, number: u32) -> Result<Step, PlanError> {
        let file = self.exists(number)?;
        let label = self.label(Direction::Down, file);
        let applied = self.current.applied.get(&number);
        if applied.is_some_and(|applied| applied.baseline) {
            return Err(PlanError::Baseline {
                label: self.label(Direction::Up, file).to_string(),
            });
        }
        let Some(digest) = file.rollback_digest else {
            return Err(PlanError::NoRollback {
                label: self.label(Direction::Up, file).to_string(),
                reason: file.no_rollback_reason().to_owned(),
            });
        };
        let rollback_was = applied
            .and_then(|applied| applied.rollback)
            .filter(|was| *was != digest);
        Ok(Step {
            resume_after: self.resume_after(Direction::Down, number),
            label,
            digest,
            rollback_was,
        })
    }

    fn resume_after(&self, direction: Direction, number: u32) -> u32 {
        let at = self
            .current
            .in_progress
            .as_ref()
            .filter(|at| at.number == number && at.direction == direction);
        at.map_or(0, |at| at.done)
    }

    fn label(&self, direction: Direction, file: &Migration) -> StepLabel {
        StepLabel {
            direction,
            stream: self.stream.to_owned(),
            number: file.number,
            name: file.name.clone(),
        }
    }

    fn exists(&self, number: u32) -> Result<&Migration, PlanError> {
        let found = self.files.iter().find(|file| file.number == number);
        found.ok_or_else(|| PlanError::NoSuchMigration {
            number,
            stream: self.stream.to_owned(),
        })
    }

    fn not_halfway(&self, direction: Direction) -> Result<(), PlanError> {
        match self
            .current
            .in_progress
            .as_ref()
            .filter(|at| at.direction == direction)
        {
            None => Ok(()),
            Some(at) => {
                let file = self.exists(at.number)?;
                Err(PlanError::Halfway {
                    label: self.label(direction, file).to_string(),
                    down: direction == Direction::Down,
                })
            }
        }
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
            ])
        });
        let plan = Value::object([
            ("command", Value::text(self.command.as_str())),
            ("from", Value::Integer(self.from.into())),
            (
                "identity",
                Value::text(self.identity.as_ref().map_or("", Identity::as_str)),
            ),
            ("steps", Value::List(steps.collect())),
            ("stream", Value::text(self.stream.as_str())),
            ("v", Value::Integer(1)),
        ]);
        // Integers here are u32, so that the only error of the canonical form cannot occur.
        Hash::of(&plan.to_bytes().unwrap_or_default())
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

impl StepLabel {
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
        write!(
            f,
            "{prefix}{}:{:03}_{}",
            self.stream, self.number, self.name
        )
    }
}
