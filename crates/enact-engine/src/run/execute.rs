//! The whole of a run, in the order that the engine promises.

use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use enact_ledger::Hash;
use enact_ledger::entry::fact::{FinishedStep, Outcome};

use super::bounds::{core_now, finish, start};
use super::failure::{Interruption, RunError};
use super::files::{Loaded, load};
use super::open::{Operation, Who};
use super::step::{self, StepAtWork};
use super::{Session, Settings, ahead, lookout, open, recover};
use crate::catalog::stamp::Horizon;
use crate::catalog::{Scope, Snapshots};
use crate::conflict;
use crate::connection::Connection;
use crate::core::{self, Core};
use crate::dependents;
use crate::drift::{self, Schema};
use crate::events::{Event, Events};
use crate::history;
use crate::observe::{self, Begun, Observed};
use crate::person::Person;
use crate::plan::{self, Goal, Plan, StepLabel};
use crate::program::Program;
use crate::project::names::CORE;
use crate::project::{Stream, Streams};
use crate::promotion::Evidence;
use crate::requirements;
use crate::state::TargetState;
use crate::stop::Stop;
use crate::target::ConnInfo;
use crate::target::server::{Purpose, Server};

/// The snapshot at the end may be prepared for this long once there is nothing else to do; then it is taken without.
const PATIENCE: Duration = Duration::from_secs(2);

/// Everything a run needs to know.
#[derive(Debug)]
pub struct Request<'a> {
    /// The database.
    pub target: &'a ConnInfo,
    /// The migration files.
    pub streams: &'a Streams,
    /// What to do.
    pub goal: Goal,
    /// The person.
    pub person: Person,
    /// The host, as records name it.
    pub host: String,
    /// This program.
    pub program: Program,
    /// What belongs to a fingerprint.
    pub scope: Scope,
    /// What the target before shows of the plan, where the environment comes after another one.
    pub evidence: Option<Evidence>,
    /// How to behave.
    pub settings: Settings,
}

/// What a run did.
#[derive(Debug, Clone)]
pub struct Finished {
    /// Identifier of the run; `None` when there was nothing to do and nothing was recorded.
    pub run: Option<String>,
    /// Steps in the order they were done.
    pub steps: Vec<(StepLabel, FinishedStep)>,
    /// Where each stream of the repository stands afterwards, in the order in which they are applied.
    pub positions: Vec<(String, u32)>,
    /// Fingerprint of the schema afterwards, when it was taken.
    pub fingerprint: Option<Hash>,
    /// Entries in the ledger afterwards.
    pub entries: u64,
}

/// Does what `request` asks for.
///
/// # Errors
/// Every way a run can end before its goal; each says what is true of the target then.
pub async fn run(request: Request<'_>, events: &Events, stop: Stop) -> Result<Finished, RunError> {
    let version = &request.program.version;
    let begun = observe::begin(request.target, version, events, Purpose::Write).await?;
    run_begun(begun, request, events, stop).await
}

/// [`run`], for a caller that has taken the first look (with [`Purpose::Write`]) itself, beside other work.
///
/// # Errors
/// As for [`run`].
pub async fn run_begun(
    begun: Begun,
    request: Request<'_>,
    events: &Events,
    stop: Stop,
) -> Result<Finished, RunError> {
    let settings = request.settings.clone();
    let Begun {
        observed,
        watch,
        run,
        application,
    } = begun;
    let Observed {
        connection: work,
        server,
        state: seen,
        horizon,
    } = observed;
    let settings = settings.for_server(&server);
    let seen = seen.unwrap_or_default();
    settings.check_meant(seen.enrolment.as_ref(), &server)?;
    history::check(request.streams, &seen)?;
    let plan = plan::build(&seen, request.streams, &request.goal)?;
    core::check_server(request.streams, &plan, server.major())?;
    check_agreed(&settings, &plan)?;
    check_promotion(&request, &plan, &seen, &server)?;
    let accepting = settings.accept_drift.is_some();
    if plan.is_empty() && seen.open_run.is_none() && !accepting {
        let finished = nothing_to_do(&request, (&work, &server), &seen, horizon).await;
        work.close().await;
        return finished;
    }
    request.program.prepare();
    request.person.prepare();
    // The server makes the second connection while the files are being read.
    let second = async {
        match watch {
            Some(watch) => Ok(watch),
            None => Connection::open(request.target, &application, events).await,
        }
    };
    let (watch, scripts) = tokio::join!(biased; second, load(&request, &plan));
    let (scripts, watch) = (scripts?, watch?);
    check_scripts(&request, &plan, &seen, &scripts)?;
    let operation = Operation {
        target: request.target,
        who: Who {
            person: request.person.name(),
            host: request.host.clone(),
            program: request.program.clone(),
        },
        run,
        application,
        command: plan.command.as_str(),
        settings,
    };
    let connected = (work, watch, server);
    open::locked(
        operation,
        connected,
        events,
        stop,
        async |session, state| locked(session, &request, state, &plan, &scripts).await,
    )
    .await
}

/// Where the core stands after the steps that are done.
fn core_position(session: &Session<'_>, state: &TargetState) -> u32 {
    let last = session.done.iter().rfind(|label| label.stream == CORE);
    last.map_or_else(|| state.stream(CORE).position(), StepLabel::position_after)
}

/// What each step requires is there, and none does to the core what it may not.
fn check_scripts(
    request: &Request<'_>,
    plan: &Plan,
    state: &TargetState,
    scripts: &[Loaded],
) -> Result<(), RunError> {
    let labels = plan.steps.iter().map(|step| &step.label);
    let steps = labels.zip(scripts.iter().map(|loaded| &loaded.script));
    requirements::check(state, plan.release.as_deref(), steps.clone())?;
    conflict::refuse(request.streams, steps)
}

/// Refuses what the target before has not gone through.
fn check_promotion(
    request: &Request<'_>,
    plan: &Plan,
    state: &TargetState,
    server: &Server,
) -> Result<(), RunError> {
    let Some(evidence) = &request.evidence else {
        return Ok(());
    };
    let here = state.recorded.as_ref().map(|recorded| recorded.fingerprint);
    let missing = evidence.missing(plan, request.streams, here, server.major());
    match missing.is_empty() {
        true => Ok(()),
        false => Err(RunError::NotPromoted {
            environment: evidence.environment.clone(),
            missing,
        }),
    }
}

fn positions(streams: &Streams, state: &TargetState) -> Vec<(String, u32)> {
    let names = streams.iter().map(Stream::name);
    names
        .map(|name| (name.to_owned(), state.stream(name).position()))
        .collect()
}

fn check_agreed(settings: &Settings, plan: &Plan) -> Result<(), RunError> {
    match settings.agreed {
        Some(agreed) if agreed != plan.digest() => Err(RunError::PlanChanged {
            agreed,
            now: plan.digest(),
        }),
        _ => Ok(()),
    }
}

/// Nothing to apply or roll back. The schema is compared all the same, and nothing is written.
async fn nothing_to_do(
    request: &Request<'_>,
    (work, server): (&Connection, &Server),
    state: &TargetState,
    horizon: Horizon,
) -> Result<Finished, RunError> {
    let client = work.client();
    let schema = drift::compare_at(client, state, &request.scope, horizon).await?;
    let release = request.streams.core().map(|pinned| &pinned.package);
    let core = core::look(client, release, (state, &schema), server.major()).await?;
    if let (Some(Core::Differs(drift)), Schema::Same) = (core, &schema) {
        return Err(RunError::CoreIsOther(drift));
    }
    if let (Schema::Drifted(drift), None) = (schema, &request.settings.accept_drift) {
        return Err(RunError::Drift(drift));
    }
    let fingerprint = state.recorded.as_ref().map(|recorded| recorded.fingerprint);
    Ok(Finished {
        run: None,
        steps: Vec::new(),
        positions: positions(request.streams, state),
        fingerprint,
        entries: state.head.seq,
    })
}

/// Everything under the lock. Whatever happens, the end of the run is recorded if the connection still stands.
async fn locked(
    session: &mut Session<'_>,
    request: &Request<'_>,
    state: TargetState,
    shown: &Plan,
    scripts: &[Loaded],
) -> Result<Finished, RunError> {
    let state = recover::earlier_run(session, state, request.streams, &request.scope).await?;
    history::check(request.streams, &state)?;
    let plan = plan::build(&state, request.streams, &request.goal)?;
    // The plan that was shown may have been made before another run's end: it holds only if nothing has moved.
    if plan
        .steps
        .iter()
        .map(|step| (&step.label, step.digest))
        .ne(shown.steps.iter().map(|step| (&step.label, step.digest)))
    {
        return match plan.is_empty() {
            true => {
                let fingerprint = state.recorded.as_ref().map(|recorded| recorded.fingerprint);
                Ok(done(session, request, &state, Vec::new(), fingerprint))
            }
            false if session.settings.agreed.is_some() => Err(RunError::PlanChanged {
                agreed: shown.digest(),
                now: plan.digest(),
            }),
            false => {
                let scripts = load(request, &plan).await?;
                check_scripts(request, &plan, &state, &scripts)?;
                check_promotion(request, &plan, &state, session.server())?;
                changes(session, request, state, &plan, &scripts).await
            }
        };
    }
    changes(session, request, state, &plan, scripts).await
}

async fn changes(
    session: &mut Session<'_>,
    request: &Request<'_>,
    state: TargetState,
    plan: &Plan,
    scripts: &[Loaded],
) -> Result<Finished, RunError> {
    refuse_changed_rollback(session, plan)?;
    let major = session.server().major();
    dependents::refuse(session.client(), plan, request.streams, major).await?;
    let before = recover::drift(session, request, &state).await?;
    if plan.is_empty() {
        refuse_other_core(session, request, &state).await?;
        return Ok(done(session, request, &state, Vec::new(), before));
    }
    let (watch, pid) = (session.watch, session.work.pid);
    let busy = lookout::is_busy(watch, pid, session.settings.limits.lock_timeout);
    let (busy, started) = tokio::join!(biased; busy, start(session, request, plan, before));
    started?;
    session.ahead.be_careful(busy);
    let mut steps = Vec::with_capacity(plan.steps.len());
    // The connection that watches has nothing to do while all goes well: it prepares the snapshot of the end.
    let preparing = Snapshots::prepare(watch.client(), &request.scope);
    let working = Box::pin(all_steps(
        session, request, &state, plan, scripts, &mut steps,
    ));
    let (result, snapshots) = beside(working, preparing).await;
    let outcome = match &result {
        Ok(()) => Outcome::Done,
        Err(RunError::Interrupted(_)) => Outcome::Interrupted,
        Err(_) => Outcome::Failed,
    };
    let finished = finish(
        session,
        request,
        outcome,
        &steps,
        core_position(session, &state),
        snapshots.and_then(Result::ok),
    )
    .await;
    let fingerprint = finished.map_err(|error| interruption(session, error));
    result?;
    let (fingerprint, core) = fingerprint?;
    if let Some(Core::Differs(drift)) = core {
        return Err(RunError::CoreDiffers(drift));
    }
    let fingerprint = Some(fingerprint);
    let labelled = session.done.iter().cloned().zip(steps).collect();
    Ok(Finished {
        run: Some(session.appender.run().to_owned()),
        steps: labelled,
        positions: plan
            .courses
            .iter()
            .map(|course| (course.stream.clone(), course.to))
            .collect(),
        fingerprint,
        entries: session.appender.head().seq,
    })
}

/// A drift that was accepted may be one of the core, which nobody but the core team can accept.
async fn refuse_other_core(
    session: &Session<'_>,
    request: &Request<'_>,
    state: &TargetState,
) -> Result<(), RunError> {
    if session.settings.accept_drift.is_none() || request.streams.core().is_none() {
        return Ok(());
    }
    let schema = drift::record(session.client(), &request.scope).await?;
    match core_now(session, request, core_position(session, state), &schema).await? {
        Some(Core::Differs(drift)) => Err(RunError::CoreDiffers(drift)),
        _ => Ok(()),
    }
}

/// The outcome of `work`, and of `other`, which runs beside it, unless that takes much longer.
async fn beside<T, U>(
    work: impl Future<Output = T>,
    other: impl Future<Output = U>,
) -> (T, Option<U>) {
    let (mut work, mut other) = (pin!(work), pin!(other));
    let mut others = None;
    let result = loop {
        tokio::select! {
            biased;
            result = &mut work => break result,
            outcome = &mut other, if others.is_none() => others = Some(outcome),
        }
    };
    if others.is_none() {
        others = tokio::time::timeout(PATIENCE, other).await.ok();
    }
    (result, others)
}

/// What ends a connection once every step is done and recorded is an interruption, and nothing else.
fn interruption(session: &Session<'_>, error: RunError) -> RunError {
    match error.breakdown() {
        None => error,
        Some(cause) => RunError::Interrupted(Box::new(Interruption {
            cause,
            done: session.done.clone(),
            at: None,
        })),
    }
}

fn done(
    session: &Session<'_>,
    request: &Request<'_>,
    state: &TargetState,
    steps: Vec<(StepLabel, FinishedStep)>,
    fingerprint: Option<Hash>,
) -> Finished {
    Finished {
        run: None,
        steps,
        positions: positions(request.streams, state),
        fingerprint,
        entries: session.appender.head().seq,
    }
}

fn refuse_changed_rollback(session: &Session<'_>, plan: &Plan) -> Result<(), RunError> {
    let changed = plan.steps.iter().find(|step| step.rollback_was.is_some());
    match changed.filter(|_| !session.settings.accept_changed_rollback) {
        Some(step) => Err(RunError::RollbackChanged {
            step: step.label.clone(),
        }),
        None => Ok(()),
    }
}

async fn all_steps(
    session: &mut Session<'_>,
    request: &Request<'_>,
    state: &TargetState,
    plan: &Plan,
    scripts: &[Loaded],
    finished: &mut Vec<FinishedStep>,
) -> Result<(), RunError> {
    let steps = plan.steps.iter().zip(scripts);
    let steps: Vec<StepAtWork<'_>> = steps
        .filter_map(|(step, loaded)| at_work(request, step, loaded, state))
        .collect();
    for (index, step) in steps.iter().enumerate() {
        // What is under way is called off by whoever waits for its end.
        if let Some(cause) = session.ending().filter(|_| session.ahead.is_empty()) {
            return Err(RunError::Interrupted(Box::new(Interruption {
                cause,
                done: session.done.clone(),
                at: None,
            })));
        }
        session.events.emit(Event::StepStarted {
            step: step.label.clone(),
            position: index + 1,
            of: steps.len(),
        });
        ahead::send(session, &steps[index..]).await?;
        let (done, took) = step::run(session, step).await?;
        session.ahead.took(took);
        finished.push(done);
        session.done.push(step.label.clone());
    }
    Ok(())
}

fn at_work<'a>(
    request: &Request<'_>,
    step: &'a plan::Step,
    loaded: &'a Loaded,
    state: &'a TargetState,
) -> Option<StepAtWork<'a>> {
    let label = &step.label;
    let stream = request.streams.get(&label.stream)?;
    let journalled = state.stream(&label.stream).in_progress.as_ref();
    Some(StepAtWork {
        label,
        plan: step,
        script: &loaded.script,
        path: stream.source.shown(Path::new(loaded.script.locate(0).file)),
        meaning: loaded.meaning,
        released: request.streams.core().is_some() && label.stream == CORE,
        rollback: stream.get(label.number)?.rollback_digest,
        journalled: journalled
            .filter(|at| at.number == label.number && at.direction == label.direction),
    })
}
