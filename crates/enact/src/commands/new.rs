//! `enact new`

use std::path::Path;

use enact_engine::exit::Exit;
use enact_engine::patterns::{self, Pattern, PatternError, Source, Step};
use enact_engine::project::{NewMigration, NewPair, Project, SeriesHeader, Stream, new_migration};
use enact_engine::proof::Base;
use enact_engine::target::Env;

use super::{scratch, signals, test};
use crate::cli::New;
use crate::context::Context;
use crate::failure::Failure;
use crate::program;
use crate::wire;

pub fn run(context: &Context, args: &New) -> Result<Exit, Failure> {
    let project = context.project()?;
    let stream = super::stream(&project)?;
    let author = context.person(args.who.person.as_deref()).known();
    let date = jiff::Timestamp::now()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date();
    let ticket = args.ticket.as_deref();
    let Some(pattern) = args.series.pattern else {
        let request = NewMigration {
            description: &args.description.join(" "),
            ticket,
            author: Some(&author),
            date,
        };
        let pair = new_migration(&stream, &request)?;
        let next = "fill in what is marked, then `enact validate`";
        return tell(context, &stream, &[pair], None, next);
    };
    let steps = super::wait(interruptible(context, args, &project, &stream, pattern))?;
    let header = SeriesHeader {
        ticket,
        author: &author,
        date,
    };
    let pairs = patterns::write(&stream, &steps, &header)?;
    let next = match ticket {
        Some(_) => "read them, then `enact test`",
        None => "read them, fill in the ticket, then `enact test`",
    };
    tell(context, &stream, &pairs, Some(pattern), next)
}

async fn interruptible(
    context: &Context,
    args: &New,
    project: &Project,
    stream: &Stream,
    pattern: Pattern,
) -> Result<Vec<Step>, Failure> {
    tokio::select! {
        steps = steps(context, args, project, stream, pattern) => steps,
        () = signals::asked_to_stop() => {
            Err(Failure::new(Exit::Interrupted, "interrupted on request").effect("nothing was written"))
        }
    }
}

async fn steps(
    context: &Context,
    args: &New,
    project: &Project,
    stream: &Stream,
    pattern: Pattern,
) -> Result<Vec<Step>, Failure> {
    let arguments = args.series.arguments();
    // Before a sandbox is made for nothing.
    arguments.check(pattern)?;
    let wanted = &args.target;
    if wanted.environment.is_some() || wanted.database_url.is_some() {
        let target = context.target(wanted, Some(project))?;
        let application = program::application();
        let steps =
            patterns::from_target(&target.conninfo, &application, pattern, &arguments).await;
        return Ok(steps?);
    }
    let bases = test::bases(context, project, &args.base)?;
    let bases: Vec<Base<'_>> = bases.iter().map(test::Repository::base).collect();
    let scratch = scratch::open(context, &args.server).await?;
    let source = Source {
        stream,
        base: &bases,
        scratch: &scratch,
        env: &Env::default(),
    };
    let steps = patterns::from_sandbox(source, pattern, &arguments).await;
    scratch.finish().await?;
    Ok(steps?)
}

fn tell(
    context: &Context,
    stream: &Stream,
    pairs: &[NewPair],
    pattern: Option<Pattern>,
    next: &str,
) -> Result<Exit, Failure> {
    let shown = |path: &Path| stream.source.shown(path).display().to_string();
    let pair = |pair: &NewPair| wire::NewPair {
        number: pair.number,
        migration: shown(&pair.migration),
        rollback: shown(&pair.rollback),
    };
    let pairs: Vec<wire::NewPair> = pairs.iter().map(pair).collect();
    let first = pairs.first();
    let document = wire::New {
        schema: "enact.new/1",
        number: first.map_or(0, |pair| pair.number),
        migration: first.map_or_else(String::new, |pair| pair.migration.clone()),
        rollback: first.map_or_else(String::new, |pair| pair.rollback.clone()),
        pattern: pattern.map(|pattern| pattern.to_string()),
        pairs,
    };
    context.ui.answer(&document, || {
        let lines = document.pairs.iter();
        let lines: String = lines
            .map(|pair| format!("  + {}\n  + {}\n", pair.migration, pair.rollback))
            .collect();
        format!("{lines}next: {next}\n")
    })?;
    Ok(Exit::Done)
}

impl From<PatternError> for Failure {
    fn from(error: PatternError) -> Self {
        let exit = error.exit();
        match error {
            PatternError::Refused { message, next } => Self::usage(message)
                .next(next)
                .effect("nothing was written"),
            PatternError::Schema(error) => test::failure(error),
            PatternError::Write(error) => error.into(),
            other => Self::new(exit, other.to_string())
                .causes(&other)
                .effect("nothing was written"),
        }
    }
}
