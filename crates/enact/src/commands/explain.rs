//! `enact explain`

use std::path::PathBuf;

use enact_engine::exit::Exit;
use enact_engine::explain::live::{self, Live};
use enact_engine::explain::{self, Forecast, Request};
use enact_engine::plan::Goal;
use enact_engine::preview::preview;
use enact_engine::project::{Project, RollbackFile, Stream};
use enact_engine::proof::Base;
use enact_engine::target::Env;

use super::{scratch, signals, test};
use crate::cli::{self, Explain, Server, Statistics};
use crate::context::{Context, Target, scope};
use crate::error::{self, Asked};
use crate::failure::Failure;
use crate::program;
use crate::render::explain::{self as render, There};

pub async fn run(context: &Context, args: &Explain) -> Result<Exit, Failure> {
    tokio::select! {
        result = explain(context, args) => result,
        () = signals::asked_to_stop() => {
            Err(Failure::new(Exit::Interrupted, "interrupted on request").effect("no target was touched"))
        }
    }
}

async fn explain(context: &Context, args: &Explain) -> Result<Exit, Failure> {
    let project = context.project()?;
    let stream = super::stream(&project)?;
    let target = target(context, args, &project)?;
    let asked = &args.statistics;
    if target.is_none() && (asked.measure || asked.against.is_some()) {
        let message = "sizes are judged at a target, and none is named";
        return Err(Failure::usage(message).next("name the target too: enact explain -e ENV"));
    }
    let numbers = numbers(args, &project, &stream, target.as_ref()).await?;
    let bench = Bench {
        base: &args.base,
        server: &args.server,
        rollback: args.rollback,
    };
    let forecast = forecast(context, bench, (&project, &stream), &numbers).await?;
    let known = match &target {
        Some(target) => {
            Some(statistics(context, &args.statistics, &project, target, &forecast).await?)
        }
        None => None,
    };
    let live = known
        .as_ref()
        .zip(target.as_ref())
        .map(|(known, target)| known.beside(target));
    if let Some(there) = live {
        warn(context, &forecast, there);
    }
    let document = render::document(&forecast, live);
    context
        .ui
        .answer(&document, || render::text(&forecast, live))?;
    Ok(forecast.exit())
}

/// A target that was named, not one that `DATABASE_URL` happens to hold: explaining files needs none.
fn target(context: &Context, args: &Explain, project: &Project) -> Result<Option<Target>, Failure> {
    let wanted = &args.target;
    let named = wanted.environment.is_some() || wanted.database_url.is_some();
    named
        .then(|| context.target(wanted, Some(project)))
        .transpose()
}

async fn numbers(
    args: &Explain,
    project: &Project,
    stream: &Stream,
    target: Option<&Target>,
) -> Result<Vec<u32>, Failure> {
    if let Some(number) = super::number(args.number.as_ref(), project)? {
        let migration = stream.get(number);
        let migration = migration
            .ok_or_else(|| Failure::usage(format!("there is no migration {number:03}")))?;
        return match (&migration.rollback, args.rollback) {
            (RollbackFile::File(_), _) | (_, false) => Ok(vec![number]),
            (_, true) => Err(Failure::usage(format!("{number:03} has no rollback"))),
        };
    }
    let Some(target) = target else {
        let all = stream.migrations.iter();
        return Ok(all.map(|migration| migration.number).collect());
    };
    let (to, steps) = (None, None);
    let goal = match args.rollback {
        true => Goal::Rollback { to, steps },
        false => Goal::Apply { to, steps },
    };
    let failed = |error| error::run(error, asked(target));
    let begun = super::look(target).await.map_err(failed)?;
    let streams = project.streams()?;
    let seen = preview(begun, &streams, &scope(Some(project)), &goal).await;
    let steps = seen.map_err(failed)?.plan.steps;
    let own = steps
        .iter()
        .filter(|step| step.label.stream == stream.name());
    Ok(own.map(|step| step.label.number).collect())
}

/// Where migrations, or their rollbacks, are tried.
#[derive(Debug, Clone, Copy)]
pub struct Bench<'a> {
    /// Folders of repositories to apply first.
    pub base: &'a [PathBuf],
    /// Where throw-away databases come from.
    pub server: &'a Server,
    /// Rollbacks are tried.
    pub rollback: bool,
}

/// Tries these migrations and says what they lock.
pub async fn forecast(
    context: &Context,
    bench: Bench<'_>,
    (project, stream): (&Project, &Stream),
    numbers: &[u32],
) -> Result<Forecast, Failure> {
    let bases = test::bases(context, project, bench.base)?;
    let bases: Vec<Base<'_>> = bases.iter().map(test::Repository::base).collect();
    let scratch = scratch::open(context, bench.server).await?;
    let request = Request {
        stream,
        fixtures: &project.fixtures_dir(),
        base: &bases,
        scratch: &scratch,
        env: &Env::default(),
        scope: &scope(Some(project)),
        numbers,
        rollback: bench.rollback,
    };
    let ui = &context.ui;
    let listener = |migration: &enact_engine::project::Migration| {
        if ui.terminal {
            ui.say(&format!(
                "trying {:03}_{}",
                migration.number, migration.name
            ));
        }
    };
    let found = explain::explain(request, &listener).await;
    let found = found.map_err(test::failure)?;
    scratch.finish().await?;
    Ok(found)
}

/// What targets say of the tables that a forecast speaks of.
#[derive(Debug)]
pub struct Known {
    live: Live,
    /// Another target, to compare with.
    against: Option<(Live, Target)>,
}

impl Known {
    /// For those who show it.
    pub fn beside<'a>(&'a self, target: &'a Target) -> There<'a> {
        There {
            live: &self.live,
            target,
            against: self.against.as_ref().map(|(live, target)| (live, target)),
        }
    }
}

/// The statistics of the tables that a forecast speaks of.
pub async fn statistics(
    context: &Context,
    wanted: &Statistics,
    project: &Project,
    target: &Target,
    forecast: &Forecast,
) -> Result<Known, Failure> {
    let application = format!("enact/{}", program::VERSION);
    let tables = forecast.tables();
    let read = live::read(&target.conninfo, &application, &tables, wanted.measure).await;
    let live = read.map_err(|error| error::run(error, asked(target)))?;
    let against = match &wanted.against {
        None => None,
        Some(name) => {
            let environment = cli::Target {
                environment: Some(name.clone()),
                database_url: None,
            };
            let other = context.target(&environment, Some(project))?;
            // What is compared are sizes: the same rates for both.
            let read = live::read(&other.conninfo, &application, &tables, false).await;
            let live = read.map_err(|error| error::run(error, asked(&other)))?;
            Some((live, other))
        }
    };
    Ok(Known { live, against })
}

fn asked(target: &Target) -> Asked<'_> {
    Asked {
        verb: "explain",
        target,
        done: &[],
    }
}

/// What another major version locks may differ; what is quick where a table is small may not be here.
pub fn warn(context: &Context, forecast: &Forecast, there: There<'_>) {
    for words in render::outgrown(forecast, there) {
        context.ui.warn(&words);
    }
    let (here, there) = (forecast.server_major, there.live.server_major);
    if here != there {
        context.ui.warn(&format!(
            "tried on PostgreSQL {here}, but the target is {there}, where locks may differ; see --pg-major"
        ));
    }
}
