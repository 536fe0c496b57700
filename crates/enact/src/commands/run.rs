//! `enact apply`, `enact rollback`, `enact redo`

use std::path::Path;
use std::sync::Arc;

use enact_engine::events::Events;
use enact_engine::exit::Exit;
use enact_engine::observe;
use enact_engine::person::Person;
use enact_engine::plan::Goal;
use enact_engine::preview::preview;
use enact_engine::project::{Project, Streams};
use enact_engine::promotion::Evidence;
use enact_engine::run::{Finished, Request, Resolution, RunError, Settings, run_begun};
use enact_engine::stop::{self, Stop};
use enact_engine::target::Purpose;
use enact_ledger::Hash;

use crate::cli::{Apply, Changing, Redo, Resolve, Rollback};
use crate::context::{Context, Target, scope};
use crate::error::{self, Asked};
use crate::failure::Failure;
use crate::program;
use crate::reading::Reading;
use crate::render;
use crate::ui::progress::{follow, plain};
use crate::ui::style::{GOOD, paint, plural};
use crate::wire;

use super::{ask, signals};

/// Everything that tells one of the three commands from the others.
struct Job<'a> {
    context: &'a Context,
    verb: &'static str,
    schema: &'static str,
    project: Project,
    target: Target,
    reading: Reading,
    goal: Goal,
    changing: &'a Changing,
    accept_changed_rollback: bool,
    receipt: Option<&'a Path>,
}

pub async fn apply(context: &Context, args: &Apply) -> Result<Exit, Failure> {
    let project = context.project()?;
    let (to, steps) = super::bounds(&args.range);
    let job = Job {
        context,
        verb: "apply",
        schema: "enact.apply/1",
        target: context.target(&args.changing.target, Some(&project))?,
        reading: Reading::begin(&project),
        goal: Goal::Apply { to, steps },
        changing: &args.changing,
        accept_changed_rollback: false,
        receipt: args.receipt.as_deref(),
        project,
    };
    super::pin::warn_of_withdrawal(context, &job.project);
    job.run().await
}

pub async fn rollback(context: &Context, args: &Rollback) -> Result<Exit, Failure> {
    let project = context.project()?;
    let (to, steps) = super::bounds(&args.range);
    let job = Job {
        context,
        verb: "rollback",
        schema: "enact.rollback/1",
        target: context.target(&args.changing.target, Some(&project))?,
        reading: Reading::begin(&project),
        goal: Goal::Rollback { to, steps },
        changing: &args.changing,
        accept_changed_rollback: args.accept_changed_rollback,
        receipt: None,
        project,
    };
    job.run().await
}

pub async fn redo(context: &Context, args: &Redo) -> Result<Exit, Failure> {
    let project = context.project()?;
    let job = Job {
        context,
        verb: "redo",
        schema: "enact.redo/1",
        target: context.target(&args.changing.target, Some(&project))?,
        reading: Reading::begin(&project),
        goal: Goal::Redo,
        changing: &args.changing,
        accept_changed_rollback: args.accept_changed_rollback,
        receipt: None,
        project,
    };
    job.run().await
}

impl Job<'_> {
    async fn run(self) -> Result<Exit, Failure> {
        let Some(agreed) = self.agree().await? else {
            return Ok(Exit::Done);
        };
        let evidence = self.evidence().await?;
        let ui = &self.context.ui;
        let (stopper, stop) = stop::channel();
        let work = async |events| {
            tokio::select! {
                result = self.work(agreed, evidence, &events, stop) => result,
                never = signals::pass_on(ui, stopper) => match never {},
            }
        };
        let (result, done) = follow(ui, work).await;
        let asked = Asked {
            verb: self.verb,
            target: &self.target,
            done: &done,
        };
        let finished = result.map_err(|error| error::run(error, asked))?;
        let streams = self.reading.streams()?;
        ui.answer(&self.document(&finished), || text(&finished, streams))?;
        Ok(Exit::Done)
    }

    /// What the target before shows, where this one comes after another.
    async fn evidence(&self) -> Result<Option<Evidence>, Failure> {
        let environment = self.target.environment.as_ref();
        let after = environment.and_then(|(_, environment)| environment.after.as_deref());
        let Some(after) = after.filter(|_| !matches!(self.goal, Goal::Rollback { .. })) else {
            return Ok(None);
        };
        match self.receipt {
            Some(path) => {
                let path = self.context.folder.join(path);
                super::promotion::of_receipt(&path, &self.project, after).map(Some)
            }
            None => super::promotion::ask(self.context, &self.project, after)
                .await
                .map(Some),
        }
    }

    /// Connects while the files are being read, then runs.
    async fn work(
        &self,
        agreed: Option<Hash>,
        evidence: Option<Evidence>,
        events: &Events,
        stop: Stop,
    ) -> Result<Finished, RunError> {
        let target = &self.target.conninfo;
        let named = self.changing.decisions.who.person.as_deref();
        let person = Arc::new(self.context.person(named));
        let program = program::program();
        // Of applying, it is not known before the first look whether there is anything to do.
        let begun = if matches!(self.goal, Goal::Apply { .. }) {
            observe::begin(target, program::VERSION, events, Purpose::Write).await?
        } else {
            program.prepare();
            person.ask();
            observe::begin_run(target, program::VERSION, events).await?
        };
        let request = Request {
            target,
            streams: self.reading.streams().map_err(RunError::Files)?,
            goal: self.goal.clone(),
            person: {
                let asked = person.clone();
                Person::new(move || asked.ask(), move || person.known())
            },
            host: self.context.host(),
            program,
            scope: scope(Some(&self.project)),
            evidence,
            settings: self.settings(agreed),
        };
        run_begun(begun, request, events, stop).await
    }

    /// Shows the plan and asks, where that is due. `None` when nothing is to be done; the digest when a plan was shown.
    async fn agree(&self) -> Result<Option<Option<Hash>>, Failure> {
        let decisions = &self.changing.decisions;
        let asks = self.verb != "apply" && !decisions.yes;
        if !asks && !self.target.protected() && !decisions.dry_run {
            return Ok(Some(None));
        }
        let asked = Asked {
            verb: self.verb,
            target: &self.target,
            done: &[],
        };
        let failed = |error: RunError| error::run(error, asked);
        let begun = super::look(&self.target).await.map_err(failed)?;
        let streams = self.reading.streams()?;
        let scope = scope(Some(&self.project));
        let seen = preview(begun, streams, &scope, &self.goal)
            .await
            .map_err(failed)?;
        let ui = &self.context.ui;
        if self.changing.decisions.dry_run {
            super::plan::warn_of_drift(self.context, &seen, &self.target);
            ui.answer(&super::plan::document(&seen, streams, &self.target), || {
                render::plan::text(&seen)
            })?;
            return Ok(None);
        }
        if seen.plan.is_empty() {
            return Ok(Some(None));
        }
        ui.say(render::plan::text(&seen).trim_end());
        if !self.changing.decisions.yes {
            ask::agreement(self.context, &self.target, self.verb)?;
        }
        Ok(Some(Some(seen.plan.digest())))
    }

    fn settings(&self, agreed: Option<Hash>) -> Settings {
        let waiting = &self.changing.waiting;
        let decisions = &self.changing.decisions;
        let environment = self
            .target
            .environment
            .as_ref()
            .map(|(_, environment)| environment);
        let mut settings = Settings::default();
        settings.role = environment.and_then(|environment| environment.role.clone());
        settings.accept_drift = decisions.accept_drift.clone();
        settings.resolution = decisions.resolve.map(|what| Resolution {
            done: what == Resolve::Done,
            reason: decisions.reason.clone().unwrap_or_default(),
        });
        settings.accept_changed_rollback = self.accept_changed_rollback;
        settings.agreed = agreed;
        settings.claim.clone_from(&self.target.claim);
        let of_file =
            |get: fn(&enact_engine::project::Environment) -> Option<std::time::Duration>| {
                environment.and_then(get)
            };
        let lock_timeout = waiting.lock_timeout.or_else(|| of_file(|e| e.lock_timeout));
        let budget = waiting.retry_budget.or_else(|| of_file(|e| e.retry_budget));
        let statement = waiting
            .statement_timeout
            .or_else(|| of_file(|e| e.statement_timeout));
        settings.limits.lock_timeout = lock_timeout.unwrap_or(settings.limits.lock_timeout);
        settings.limits.budget = budget.unwrap_or(settings.limits.budget);
        settings.limits.cancel_blockers = waiting.cancel_blockers;
        settings.statement_timeout = statement.unwrap_or(settings.statement_timeout);
        settings.lock_wait = waiting.lock_wait.unwrap_or(settings.lock_wait);
        settings
    }

    fn document(&self, finished: &Finished) -> wire::Run {
        let step = |(label, done): &(_, enact_ledger::entry::fact::FinishedStep)| {
            let label: &enact_engine::plan::StepLabel = label;
            wire::RunStep {
                direction: label.direction.as_str(),
                stream: label.stream.clone(),
                number: label.number,
                name: label.name.clone(),
                milliseconds: done.milliseconds,
                rows: done.rows,
            }
        };
        let own = self.project.config.project.name.as_str();
        let position = finished.positions.iter().find(|(name, _)| name == own);
        let streams = finished.positions.iter();
        wire::Run {
            schema: self.schema,
            target: self.target.conninfo.redacted(),
            stream: own.to_owned(),
            run: finished.run.clone(),
            steps: finished.steps.iter().map(step).collect(),
            position: position.map_or(0, |(_, position)| *position),
            streams: streams
                .map(|(stream, position)| wire::StreamPosition {
                    stream: stream.clone(),
                    position: *position,
                })
                .collect(),
            fingerprint: finished.fingerprint.map(|hash| hash.to_string()),
            entries: finished.entries,
        }
    }
}

fn text(finished: &Finished, streams: &Streams) -> String {
    let stands = |(name, position): &(String, u32)| {
        let migration = streams.get(name).and_then(|stream| stream.get(*position));
        match migration {
            Some(at) => format!("{name} stands at {:03}_{}", at.number, at.name),
            None => format!("{name} stands at {position:03}"),
        }
    };
    let stands: Vec<String> = finished.positions.iter().map(stands).collect();
    let stands = stands.join(", ");
    match finished.steps.as_slice() {
        [] => format!("nothing to do: {stands}\n"),
        [(only, _)] => format!(
            "{} {}; {stands}\n",
            plain(only),
            paint(
                GOOD,
                if only.is_down() {
                    "rolled back"
                } else {
                    "applied"
                }
            )
        ),
        many => format!(
            "{} {}; {stands}\n",
            plural(many.len(), "step"),
            paint(GOOD, "done")
        ),
    }
}
