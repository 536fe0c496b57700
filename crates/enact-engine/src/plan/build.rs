//! The steps for a goal: which migrations, in which order, or why not.

use enact_ledger::entry::fact::{Command, Direction};

use super::{Course, Goal, Plan, PlanError, Step, StepLabel};
use crate::project::layout::Migration;
use crate::project::{Stream, StreamNumber, Streams};
use crate::requirements;
use crate::state::{StreamState, TargetState};

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
