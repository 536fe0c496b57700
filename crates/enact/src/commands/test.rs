//! `enact test`

use std::fs;
use std::path::PathBuf;

use enact_engine::exit::Exit;
use enact_engine::project::{Project, Stream, core};
use enact_engine::proof::{self, Base, Options, Progress, ProofError, Report, Request, junit};
use enact_engine::sandbox::Scratch;
use enact_engine::target::Env;

use super::{scratch, signals};
use crate::cli::Test;
use crate::context::{Context, scope};
use crate::failure::Failure;
use crate::program;
use crate::render::proof as render;

pub async fn run(context: &Context, args: &Test) -> Result<Exit, Failure> {
    let project = context.project()?;
    let stream = super::stream(&project)?;
    let bases = bases(context, &project, &args.base)?;
    let options = options(args, &project)?;
    let scratch = scratch::open(context, &args.server).await?;
    let bases: Vec<Base<'_>> = bases.iter().map(Repository::base).collect();
    let (fixtures, tests) = (project.fixtures_dir(), project.tests_dir());
    let ui = &context.ui;
    let request = Request {
        stream: &stream,
        fixtures: &fixtures,
        tests: &tests,
        base: &bases,
        scratch: &scratch,
        env: &Env::default(),
        scope: &scope(Some(&project)),
        tool_version: program::VERSION,
        options: &options,
    };
    let listener = |progress: Progress<'_>| {
        if ui.terminal {
            render::progress(progress)
                .into_iter()
                .for_each(|line| ui.say(&line));
        }
    };
    let report = tokio::select! {
        report = proof::prove(request, &listener) => report.map_err(failure)?,
        () = signals::asked_to_stop() => {
            return Err(Failure::new(Exit::Interrupted, "interrupted on request").effect("no target was touched"));
        }
    };
    scratch.finish().await?;
    if let Some(path) = &args.junit {
        let path = context.folder.join(path);
        fs::write(&path, junit::render(&report)).map_err(|error| {
            Failure::new(
                Exit::Unexpected,
                format!("cannot write {}: {error}", path.display()),
            )
        })?;
    }
    ui.answer(&render::document(&report), || render::text(&report))?;
    Ok(report.exit())
}

/// A stream that must be there before, and the fixtures that come with it.
pub(super) struct Repository {
    stream: Stream,
    fixtures: PathBuf,
}

impl Repository {
    pub fn base(&self) -> Base<'_> {
        Base {
            stream: &self.stream,
            fixtures: &self.fixtures,
        }
    }
}

/// What must be there before: other repositories that are named, else the core that the project is pinned to.
pub(super) fn bases(
    context: &Context,
    project: &Project,
    folders: &[PathBuf],
) -> Result<Vec<Repository>, Failure> {
    if folders.is_empty() {
        let pinned = core::pinned(project)?.map(|core| Repository {
            stream: core.stream,
            fixtures: core.package.folder.join("fixtures"),
        });
        return Ok(pinned.into_iter().collect());
    }
    let open = |folder: &PathBuf| {
        let project = Project::open(&context.folder.join(folder).join("enact.toml"))?;
        Ok(Repository {
            stream: super::stream(&project)?,
            fixtures: project.fixtures_dir(),
        })
    };
    folders.iter().map(open).collect()
}

/// Proves every migration of a repository that builds on no other, with its fixtures and tests.
pub(super) async fn prove(
    context: &Context,
    project: &Project,
    stream: &Stream,
    scratch: &Scratch,
) -> Result<Report, Failure> {
    let ui = &context.ui;
    let (fixtures, tests) = (project.fixtures_dir(), project.tests_dir());
    let request = Request {
        stream,
        fixtures: &fixtures,
        tests: &tests,
        base: &[],
        scratch,
        env: &Env::default(),
        scope: &scope(Some(project)),
        tool_version: program::VERSION,
        options: &Options::default(),
    };
    let listener = |progress: Progress<'_>| {
        if ui.terminal {
            render::progress(progress)
                .into_iter()
                .for_each(|line| ui.say(&line));
        }
    };
    proof::prove(request, &listener).await.map_err(failure)
}

fn options(args: &Test, project: &Project) -> Result<Options, Failure> {
    let numbers = args
        .only
        .iter()
        .map(|place| super::number(Some(place), project));
    let only = numbers
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .flatten()
        .collect();
    Ok(Options {
        only,
        allow_column_order: args.allow_column_order,
    })
}

pub(super) fn failure(error: ProofError) -> Failure {
    let exit = error.exit();
    match error {
        ProofError::Files(problems) => problems.into(),
        ProofError::Script { ref failure, .. } => {
            let mut told = Failure::new(exit, error.to_string()).server_extras(&failure.server);
            told.place = Some(render::place(failure));
            told.effect("no target was touched")
        }
        other => Failure::new(exit, other.to_string()).causes(&other),
    }
}
