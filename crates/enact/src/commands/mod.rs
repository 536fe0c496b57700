//! The commands. Each finds its inputs, asks the engine, and shows what came back.

mod amend;
mod ask;
mod backfill;
mod baseline;
mod compare;
mod conflicts;
mod demo;
mod drift;
mod enrol;
mod explain;
mod export;
mod history;
mod init;
mod lint;
mod lint_sandbox;
mod new;
mod pin;
mod plan;
mod promotion;
mod receipt;
mod recorder;
mod release;
mod run;
mod sandbox;
mod scratch;
mod signals;
mod status;
mod test;
mod validate;
mod verify;

use enact_engine::events::Events;
use enact_engine::exit::Exit;
use enact_engine::observe::{self, Begun};
use enact_engine::project::names::CORE;
use enact_engine::project::{Project, Stream, StreamNumber, core};
use enact_engine::run::RunError;
use enact_engine::target::Purpose;
use enact_release::Package;

use crate::cli::{Cli, Format, Range, Sandbox, Verb};
use crate::context::{Context, Target};
use crate::failure::Failure;
use crate::program;

/// Runs a command to its exit code.
pub fn run(cli: Cli, context: &Context) -> Result<u8, Failure> {
    let of_lint = matches!(cli.verb, Verb::Lint(_));
    if !of_lint && !matches!(context.ui.format, Format::Text | Format::Json) {
        return Err(Failure::usage(
            "--format sarif, github and gitlab are of `enact lint` alone; others know text and json",
        ));
    }
    let exit = match cli.verb {
        Verb::Sandbox(Sandbox::Run(args)) => return wait(sandbox::run(context, &args)),

        Verb::Demo(args) => wait(demo::run(context, &args)),
        Verb::Init(args) => init::run(context, &args),
        Verb::New(args) => new::run(context, &args),
        Verb::Lint(args) => wait(reading(lint::run(context, &args))),
        Verb::Validate(_) => validate::run(context),
        Verb::Test(args) => wait(test::run(context, &args)),
        Verb::Explain(args) => wait(explain::run(context, &args)),
        Verb::Status(args) => wait(reading(status::run(context, &args))),
        Verb::Plan(args) => wait(reading(plan::run(context, &args))),
        Verb::Apply(args) => wait(run::apply(context, &args)),
        Verb::Rollback(args) => wait(run::rollback(context, &args)),
        Verb::Redo(args) => wait(run::redo(context, &args)),
        Verb::Verify(args) => wait(reading(verify::run(context, &args))),
        Verb::History(args) => wait(reading(history::run(context, &args))),
        Verb::Drift(args) => wait(reading(drift::run(context, &args))),
        Verb::Backfill(args) => wait(reading(backfill::run(context, &args))),
        Verb::Baseline(args) => wait(baseline::run(context, &args)),
        Verb::Release(args) => wait(release::run(context, &args)),
        Verb::Conflicts(args) => wait(conflicts::conflicts(context, &args)),
        Verb::Impact(args) => wait(conflicts::impact(context, &args)),
        Verb::Pin(args) => pin::pin(context, &args),
        Verb::Outdated(args) => pin::outdated(context, &args),
        Verb::Enrol(args) => wait(enrol::run(context, &args)),
        Verb::Amend(args) => wait(amend::run(context, &args)),
        Verb::Export(args) => wait(reading(export::run(context, &args))),
        Verb::Receipt(args) => wait(reading(receipt::run(context, &args))),
        Verb::Recorder(args) => wait(recorder::run(context, &args)),
        Verb::Compare(args) => wait(reading(compare::run(context, &args))),
    };
    exit.map(Exit::code)
}

/// The core release that a repository is pinned to. A command that looks at a database does not fail where that is not at
/// hand, but says so.
fn pinned(context: &Context, project: Option<&Project>) -> Option<Package> {
    match core::pinned(project?) {
        Ok(pinned) => pinned.map(|pinned| pinned.package),
        Err(problems) => {
            let first = problems.first().map(ToString::to_string);
            context.ui.warn(&format!(
                "the core was not compared with its release: {}",
                first.unwrap_or_default()
            ));
            None
        }
    }
}

/// One thread suffices: the work is the server's.
fn wait<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime
        .map_err(|error| Failure::new(Exit::Unexpected, format!("could not begin: {error}")))?;
    runtime.block_on(work)
}

/// A command that changes nothing may be left at any time.
async fn reading<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::select! {
        result = work => result,
        () = signals::asked_to_stop() => Err(Failure::new(Exit::Interrupted, "interrupted on request").effect("nothing was changed")),
    }
}

/// Takes the first look at a target that will only be read.
async fn look(target: &Target) -> Result<Begun, RunError> {
    let events = Events::silent();
    observe::begin(&target.conninfo, program::VERSION, &events, Purpose::Read).await
}

/// Reads the migration directory of the repository.
fn stream(project: &Project) -> Result<Stream, Failure> {
    Ok(Stream::read(&project.stream_source())?)
}

/// The number of a migration that must be of the repository's own stream.
fn number(to: Option<&StreamNumber>, project: &Project) -> Result<Option<u32>, Failure> {
    let own = &project.config.project.name;
    match to {
        Some(place) if place.stream.as_ref().is_some_and(|stream| stream != own) => {
            let of_core = place
                .stream
                .as_ref()
                .is_some_and(|stream| stream.as_str() == CORE);
            Err(match of_core && project.config.core.is_some() {
                true => Failure::usage(format!("`{place}` is released: nobody changes it here"))
                    .next("what must be different is the core team's to release"),
                false => Failure::usage(format!(
                    "`{place}` is of another stream: this repository holds `{own}`"
                )),
            })
        }
        place => Ok(place.map(|place| place.number)),
    }
}

/// The bounds of a range as the engine wants them.
fn bounds(range: &Range) -> (Option<StreamNumber>, Option<usize>) {
    let steps = range.steps.map(|steps| steps as usize);
    (range.to.clone(), steps)
}
