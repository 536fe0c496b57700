//! The ordered steps from where a target is to where it should be. A pure function of state and files.

use std::fmt;

use enact_ledger::canonical::Value;
use enact_ledger::entry::fact::{Command, Direction};
use enact_ledger::{FileDigest, Hash, Identity};
use enact_sql::requirement::{Bound, Requirement};

use crate::project::layout::Migration;
use crate::project::{Stream, StreamNumber, Streams};
use crate::requirements;
use crate::state::{StreamState, TargetState};

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
    #[error("{label} is not rolled back: {} of another stream {} it", dependents.len(),
            if dependents.len() == 1 { "migration requires" } else { "migrations require" })]
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

/// Makes the plan for `goal` from the state of the target and the files of its streams.
///
/// # Errors
/// When the goal does not fit the state.
pub fn build(state: &TargetState, streams: &Streams, goal: &Goal) -> Result<Plan, PlanError> {
    let builder = Builder { state, streams };
    let (command, steps) = match goal {
        Goal::Apply { to, steps } => (Command::Apply, builder.up(to.as_ref(), *steps)?),
        Goal::Rollback { to, steps } => (Command::Rollback, builder.down(to.as_ref(), *steps)?),
        Goal::Redo => (Command::Redo, builder.redo()?),
    };
    let course = |stream: &Stream| {
        let from = state.stream(stream.name()).position();
        let last = steps
            .iter()
            .rfind(|step| step.label.stream == stream.name());
        Course {
            stream: stream.name().to_owned(),
            from,
            to: last.map_or(from, |step| step.label.position_after()),
        }
    };
    Ok(Plan {
        command,
        identity: state.identity,
        release: streams.release().map(str::to_owned),
        courses: streams.iter().map(course).collect(),
        steps,
    })
}

struct Builder<'a> {
    state: &'a TargetState,
    streams: &'a Streams,
}

/// One stream: its files and what the ledger says of it.
#[derive(Clone, Copy)]
struct One<'a> {
    stream: &'a Stream,
    current: &'a StreamState,
}

impl<'a> Builder<'a> {
    fn one(&self, stream: &'a Stream) -> One<'a> {
        let current = self.state.stream(stream.name());
        One { stream, current }
    }

    /// The streams that a goal is about: the one of its place, or all.
    fn wanted(&self, to: Option<&StreamNumber>) -> Result<Vec<One<'a>>, PlanError> {
        let Some(place) = to else {
            let all = self.streams.iter();
            return Ok(all.map(|stream| self.one(stream)).collect());
        };
        let name = self.streams.named(place);
        match self.streams.get(name) {
            Some(stream) => Ok(vec![self.one(stream)]),
            None => Err(PlanError::NoSuchStream {
                stream: name.to_owned(),
                known: self
                    .streams
                    .iter()
                    .map(|stream| format!("`{}`", stream.name()))
                    .collect(),
            }),
        }
    }

    fn up(&self, to: Option<&StreamNumber>, steps: Option<usize>) -> Result<Vec<Step>, PlanError> {
        for stream in self.streams.iter() {
            self.one(stream).not_halfway(Direction::Down)?;
        }
        let wanted = self.wanted(to)?;
        for stream in self.streams.iter() {
            if !wanted.iter().any(|one| one.stream.name() == stream.name()) {
                self.one(stream).not_halfway(Direction::Up)?;
            }
        }
        let mut pending = Vec::new();
        for one in wanted {
            pending.extend(one.up(to.map(|place| place.number))?);
        }
        // A half-done file is finished before any other is begun.
        pending.sort_by_key(|step: &Step| !self.is_at_work(step));
        pending.truncate(steps.unwrap_or(usize::MAX));
        Ok(pending)
    }

    fn is_at_work(&self, step: &Step) -> bool {
        let at = self.state.stream(&step.label.stream).in_progress.as_ref();
        at.is_some_and(|at| at.number == step.label.number)
    }

    fn down(
        &self,
        to: Option<&StreamNumber>,
        steps: Option<usize>,
    ) -> Result<Vec<Step>, PlanError> {
        let mut newest: Vec<(u64, One<'a>, u32)> = Vec::new();
        for one in self.wanted(to)? {
            newest.extend(one.down(to.map(|place| place.number))?);
        }
        newest.sort_by_key(|(seq, _, number)| std::cmp::Reverse((*seq, *number)));
        let at_most = steps.unwrap_or(if to.is_some() { usize::MAX } else { 1 });
        newest.truncate(at_most);
        let steps: Vec<Step> = newest
            .into_iter()
            .map(|(_, one, number)| one.step_down(number))
            .collect::<Result<_, _>>()?;
        self.not_depended_on(&steps)?;
        Ok(steps)
    }

    /// What other streams need stays, unless what needs it goes first.
    fn not_depended_on(&self, steps: &[Step]) -> Result<(), PlanError> {
        let mut gone: Vec<String> = Vec::new();
        for step in steps {
            let label = &step.label;
            let mut dependents = requirements::dependents(self.state, &label.stream, label.number);
            dependents.retain(|dependent| !gone.contains(dependent));
            let applied = label.of_migration();
            if !dependents.is_empty() {
                return Err(PlanError::DependedOn {
                    label: applied,
                    dependents,
                });
            }
            gone.push(applied);
        }
        Ok(())
    }

    fn redo(&self) -> Result<Vec<Step>, PlanError> {
        for stream in self.streams.iter() {
            self.one(stream).not_halfway(Direction::Up)?;
        }
        let mut steps = self.down(None, Some(1))?;
        let first = steps
            .first()
            .and_then(|step| Some((self.streams.get(&step.label.stream)?, step.label.number)));
        let again = first
            .map(|(stream, number)| {
                let one = self.one(stream);
                one.exists(number).map(|file| Step {
                    resume_after: 0,
                    ..one.step_up(file)
                })
            })
            .transpose()?;
        steps.extend(again);
        Ok(steps)
    }
}

impl<'a> One<'a> {
    fn up(self, to: Option<u32>) -> Result<Vec<Step>, PlanError> {
        let position = self.current.position();
        if let Some(number) = to {
            self.exists(number)?;
            if number < position {
                return Err(PlanError::BehindPosition {
                    number,
                    position,
                    stream: self.name(),
                });
            }
        }
        let files = self.stream.migrations.iter();
        let pending =
            files.filter(|file| file.number > position && to.is_none_or(|to| file.number <= to));
        Ok(pending.map(|file| self.step_up(file)).collect())
    }

    /// What can go, each with the entry that brought it.
    fn down(self, to: Option<u32>) -> Result<Vec<(u64, Self, u32)>, PlanError> {
        // A half-applied migration is the newest one: its rollback undoes what is there of it.
        let halfway = self.current.in_progress.as_ref().map(|at| at.number);
        let position = self.current.position();
        if let Some(number) = to.filter(|number| *number > position) {
            return Err(PlanError::AheadOfPosition {
                number,
                position,
                stream: self.name(),
            });
        }
        let half_applied = halfway.filter(|number| *number > position);
        let half_applied = half_applied.map(|number| (u64::MAX, number));
        let half_gone = |number| halfway == Some(number);
        let applied = self.current.applied.iter().map(|(number, applied)| {
            let seq = if half_gone(*number) {
                u64::MAX
            } else {
                applied.seq
            };
            (seq, *number)
        });
        let wanted = half_applied
            .into_iter()
            .chain(applied)
            .filter(|(_, number)| to.is_none_or(|to| *number > to));
        Ok(wanted.map(|(seq, number)| (seq, self, number)).collect())
    }

    fn step_up(self, file: &Migration) -> Step {
        Step {
            label: self.label(Direction::Up, file),
            digest: file.digest,
            rollback_was: None,
            resume_after: self.resume_after(Direction::Up, file.number),
        }
    }

    fn step_down(self, number: u32) -> Result<Step, PlanError> {
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

    fn resume_after(self, direction: Direction, number: u32) -> u32 {
        let at = self
            .current
            .in_progress
            .as_ref()
            .filter(|at| at.number == number && at.direction == direction);
        at.map_or(0, |at| at.done)
    }

    fn label(self, direction: Direction, file: &Migration) -> StepLabel {
        StepLabel {
            direction,
            stream: self.name(),
            number: file.number,
            name: file.name.clone(),
        }
    }

    fn exists(self, number: u32) -> Result<&'a Migration, PlanError> {
        let found = self.stream.get(number);
        found.ok_or_else(|| PlanError::NoSuchMigration {
            number,
            stream: self.name(),
        })
    }

    fn name(self) -> String {
        self.stream.name().to_owned()
    }

    fn not_halfway(self, direction: Direction) -> Result<(), PlanError> {
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
