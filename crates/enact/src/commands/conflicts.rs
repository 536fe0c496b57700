//! `enact conflicts`, `enact impact`

use std::path::Path;

use enact_engine::conflict::{self, ConflictError, ImpactRequest, Report, Request, Verdict};
use enact_engine::exit::Exit;
use enact_engine::project::{Kind, PinnedCore, Problem, Project, Stream, core};
use enact_release::Leave;
use tempfile::TempDir;

use super::release::given;
use super::{scratch, signals};
use crate::cli;
use crate::context::Context;
use crate::failure::Failure;
use crate::render::conflicts as render;
use crate::wire;

/// A core to look at, and the folder it was unpacked into, as long as that is held.
struct Core {
    stream: Stream,
    leave: Leave,
    version: Option<String>,
    _unpacked: Option<TempDir>,
}

pub async fn conflicts(context: &Context, args: &cli::Conflicts) -> Result<Exit, Failure> {
    let project = context.project()?;
    if project.config.project.kind == Kind::Core {
        return Err(
            Failure::usage("this is the core's repository: it has no extension")
                .next("enact impact RELEASE --extensions FOLDER…"),
        );
    }
    let core = match &args.base {
        Some(folder) => of_repository(&context.folder.join(folder))?,
        None => pinned(&project)?,
    };
    let extension = super::stream(&project)?;
    let scratch = scratch::open(context, &args.server).await?;
    let request = Request {
        core: &core.stream,
        leave: &core.leave,
        extension: &extension,
        scratch: &scratch,
    };
    let report = stoppable(conflict::conflicts(request)).await?;
    scratch.finish().await?;
    let document = wire::Conflicts {
        schema: "enact.conflicts/1",
        stream: extension.name().to_owned(),
        release: core.version.clone(),
        passed: report.passed(),
        migrations: report.migrations.iter().map(render::migration).collect(),
        dependencies: dependencies(&report),
    };
    context.ui.answer(&document, || render::text(&document))?;
    Ok(exit(report.passed()))
}

pub async fn impact(context: &Context, args: &cli::Impact) -> Result<Exit, Failure> {
    let candidate = open(&context.folder.join(&args.release))?;
    let sponsors = sponsors(context, args)?;
    let scratch = scratch::open(context, &args.server).await?;
    let mut found = Vec::new();
    for Sponsor { extension, current } in &sponsors {
        let request = ImpactRequest {
            current: current.as_ref().map(|core| &core.stream),
            candidate: &candidate.stream,
            leave: &candidate.leave,
            extension,
            scratch: &scratch,
        };
        let impact = stoppable(conflict::impact(request)).await?;
        let broken = impact.upgrade.iter().map(|broken| wire::BrokenStep {
            step: broken.label.clone(),
            message: broken.failure.to_string(),
        });
        found.push(wire::SponsorImpact {
            stream: extension.name().to_owned(),
            from: current.as_ref().map(|core| core.version().to_owned()),
            passed: impact.passed(),
            upgrade: broken.collect(),
            fresh: impact
                .fresh
                .migrations
                .iter()
                .filter(|verdict| Verdict::is_conflict(verdict))
                .map(render::migration)
                .collect(),
            dependencies: dependencies(&impact.fresh),
        });
    }
    scratch.finish().await?;
    let passed = found.iter().all(|sponsor| sponsor.passed);
    let document = wire::Impact {
        schema: "enact.impact/1",
        release: candidate.version.clone(),
        passed,
        sponsors: found,
    };
    context.ui.answer(&document, || render::impact(&document))?;
    Ok(exit(passed))
}

/// An extension that a candidate is held against.
struct Sponsor {
    extension: Stream,
    current: Option<PinnedCore>,
}

/// Those that are named, or the one at hand.
fn sponsors(context: &Context, args: &cli::Impact) -> Result<Vec<Sponsor>, Failure> {
    const NEXT: &str = "enact impact RELEASE --extensions FOLDER…";
    let of_core = |project: &Project| project.config.project.kind == Kind::Core;
    if args.extensions.is_empty() {
        let project = context.project()?;
        if of_core(&project) {
            let message = "this is the core's repository: it has no extension";
            return Err(Failure::usage(message).next(NEXT));
        }
        return Ok(vec![Sponsor {
            extension: super::stream(&project)?,
            current: core::pinned(&project)?,
        }]);
    }
    let named = args.extensions.iter().map(|folder| {
        let config = folder.join("enact.toml");
        let project = Project::open(&context.folder.join(&config))?;
        if of_core(&project) {
            let message = format!("{} is the core's repository", folder.display());
            return Err(Failure::usage(message + ": it is no extension").next(NEXT));
        }
        let failed = |problems| of_sponsor(&project, &config, problems);
        Ok(Sponsor {
            extension: Stream::read(&project.stream_source()).map_err(failed)?,
            current: core::pinned(&project).map_err(failed)?,
        })
    });
    named.collect()
}

/// Problems of one repository among several: which, and what to do there.
fn of_sponsor(project: &Project, config: &Path, problems: Vec<Problem>) -> Failure {
    let name = &project.config.project.name;
    let not_pinned = problems.iter().find(|one| one.id == "core-not-pinned");
    let not_pinned = not_pinned.map(|problem| problem.message.clone());
    let mut failure = Failure::from(problems);
    if let Some(message) = not_pinned {
        failure.message = message;
        failure.listed.clear();
        failure.next = vec![format!("enact --config {} pin", config.display())];
    }
    failure.message = format!("{name}: {}", failure.message);
    failure.effect("no target was touched")
}

fn exit(passed: bool) -> Exit {
    match passed {
        true => Exit::Done,
        false => Exit::Refused,
    }
}

fn dependencies(report: &Report) -> Vec<wire::DependsOn> {
    let pairs = report.dependencies.iter();
    pairs
        .map(|(object, on)| wire::DependsOn {
            object: object.clone(),
            on: on.clone(),
        })
        .collect()
}

async fn stoppable<T>(work: impl Future<Output = Result<T, ConflictError>>) -> Result<T, Failure> {
    tokio::select! {
        result = work => result.map_err(failure),
        () = signals::asked_to_stop() => {
            Err(Failure::new(Exit::Interrupted, "interrupted on request").effect("no target was touched"))
        }
    }
}

fn failure(error: ConflictError) -> Failure {
    match error {
        ConflictError::Files(problems) => problems.into(),
        ConflictError::Core { .. } => Failure::new(Exit::MigrationFailed, error.to_string())
            .effect("no target was touched")
            .next("mend the core first; nothing can be said of extensions on it"),
        error => Failure::new(Exit::Unexpected, error.to_string()).causes(&error),
    }
}

fn pinned(project: &Project) -> Result<Core, Failure> {
    let pinned = core::pinned(project)?.ok_or_else(|| {
        Failure::usage("this repository builds on no core release").next(
            "name the core with --base FOLDER, or add [core] to enact.toml and run `enact pin`",
        )
    })?;
    Ok(Core {
        leave: pinned.package.manifest.leave.clone(),
        version: Some(pinned.version().to_owned()),
        stream: pinned.stream,
        _unpacked: None,
    })
}

/// The core as it stands in its repository, before anybody releases it.
fn of_repository(folder: &Path) -> Result<Core, Failure> {
    let project = Project::open(&folder.join("enact.toml"))?;
    Ok(Core {
        stream: super::stream(&project)?,
        leave: project.config.leave.clone(),
        version: None,
        _unpacked: None,
    })
}

/// A release, or the core's repository.
fn open(path: &Path) -> Result<Core, Failure> {
    if path.join("enact.toml").is_file() {
        return of_repository(path);
    }
    let next = format!("{}, or the core's repository", given::NAME);
    let (package, kept) = given::open(path, &next)?;
    let stream = core::stream(kept.path(), &package, super::release::LARGEST)?;
    Ok(Core {
        stream,
        leave: package.manifest.leave.clone(),
        version: Some(package.manifest.version),
        _unpacked: Some(kept),
    })
}
