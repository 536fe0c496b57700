//! `enact amend`

use enact_engine::amend::{Request, amend};
use enact_engine::exit::Exit;
use enact_engine::run::{RunError, Settings};
use enact_engine::stop;

use super::{ask, signals};
use crate::cli::Amend;
use crate::context::{Context, scope};
use crate::error::{self, Asked};
use crate::failure::Failure;
use crate::program;
use crate::ui::progress::follow;
use crate::ui::style::{GOOD, paint};
use crate::wire;

pub async fn run(context: &Context, args: &Amend) -> Result<Exit, Failure> {
    let project = context.project()?;
    let target = context.target(&args.target, Some(&project))?;
    let streams = project.streams()?;
    let numbers = args.numbers.iter();
    let numbers: Vec<Option<u32>> = numbers
        .map(|place| super::number(Some(place), &project))
        .collect::<Result<_, _>>()?;
    if target.protected() && !args.yes {
        ask::agreement(context, &target, "amend")?;
    }
    let mut settings = Settings::default();
    let environment = target.environment.as_ref();
    settings.role = environment.and_then(|(_, environment)| environment.role.clone());
    settings.lock_wait = args.lock_wait.unwrap_or(settings.lock_wait);
    settings.claim.clone_from(&target.claim);
    let request = Request {
        target: &target.conninfo,
        streams: &streams,
        numbers: numbers.into_iter().flatten().collect(),
        reason: args.reason.clone(),
        person: context.person(args.who.person.as_deref()).known(),
        host: context.host(),
        program: program::program(),
        scope: scope(Some(&project)),
        settings,
    };
    let ui = &context.ui;
    let (stopper, stop) = stop::channel();
    let work = async |events| {
        tokio::select! {
            result = amend(request, &events, stop) => result,
            never = signals::pass_on(ui, stopper) => match never {},
        }
    };
    let (result, _) = follow(ui, work).await;
    let asked = Asked {
        verb: "amend",
        target: &target,
        done: &[],
    };
    let amended = result.map_err(|error| {
        let semantic = matches!(error, RunError::History(_));
        let mut failure = error::run(error, asked);
        if semantic {
            failure.message = "what was edited is more than comments and white space".to_owned();
            failure.next =
                vec!["restore the file, and write the change as a new migration".to_owned()];
        }
        failure
    })?;
    let stream = streams.own().name();
    let document = wire::Amend {
        schema: "enact.amend/1",
        target: target.conninfo.redacted(),
        stream: stream.to_owned(),
        numbers: amended.clone(),
    };
    ui.answer(&document, || text(stream, &amended))?;
    Ok(Exit::Done)
}

fn text(stream: &str, amended: &[u32]) -> String {
    if amended.is_empty() {
        return "nothing to amend: the files are as they were applied\n".to_owned();
    }
    let line = |number: &u32| format!("{stream}:{number:03} {}\n", paint(GOOD, "amended"));
    amended.iter().map(line).collect()
}
