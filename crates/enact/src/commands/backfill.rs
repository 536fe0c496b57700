//! `enact backfill status|pause|resume`

use enact_engine::backfill::{self, Backfills};
use enact_engine::exit::Exit;

use crate::cli::{Backfill, BackfillPause, BackfillResume, BackfillStatus};
use crate::context::{Context, Target};
use crate::error::{self, Asked};
use crate::failure::Failure;
use crate::program;
use crate::render;
use crate::ui::style::plural;
use crate::wire;

pub async fn run(context: &Context, args: &Backfill) -> Result<Exit, Failure> {
    match args {
        Backfill::Status(args) => status(context, args).await,
        Backfill::Pause(args) => pause(context, args).await,
        Backfill::Resume(args) => resume(context, args).await,
    }
}

async fn status(context: &Context, args: &BackfillStatus) -> Result<Exit, Failure> {
    let project = context.project_if_any()?;
    let target = context.target(&args.target, project.as_ref())?;
    let found = list(&target, "backfill status").await?;
    let document = render::backfill::document(&found, &target);
    context
        .ui
        .answer(&document, || render::backfill::text(&found, &target))?;
    Ok(Exit::Done)
}

async fn list(target: &Target, verb: &'static str) -> Result<Backfills, Failure> {
    let listed = backfill::list(&target.conninfo, &program::application()).await;
    listed.map_err(|error| error::run(error, asked(target, verb)))
}

async fn pause(context: &Context, args: &BackfillPause) -> Result<Exit, Failure> {
    let project = context.project_if_any()?;
    let target = context.target(&args.target, project.as_ref())?;
    let person = context.person(args.who.person.as_deref()).known();
    let held = hold(&target, "backfill pause", Some(&person)).await?;
    answer(context, &target, ("pause", held), || match held {
        0 => "no backfill is under way that is not paused\n".to_owned(),
        many => format!(
            "{} paused; `{}` lets it go on\n",
            plural(many, "backfill"),
            target.command("backfill resume")
        ),
    })
}

async fn resume(context: &Context, args: &BackfillResume) -> Result<Exit, Failure> {
    let project = context.project_if_any()?;
    let target = context.target(&args.target, project.as_ref())?;
    let freed = hold(&target, "backfill resume", None).await?;
    let working = list(&target, "backfill resume").await?.working;
    answer(context, &target, ("resume", freed), || {
        match (freed, working) {
            (0, _) => "no backfill is paused\n".to_owned(),
            (1, true) => "1 backfill goes on\n".to_owned(),
            (many, true) => format!("{} go on\n", plural(many, "backfill")),
            (many, false) => format!(
                "{} may go on; no run is at work: `{}`\n",
                plural(many, "backfill"),
                target.command("apply")
            ),
        }
    })
}

async fn hold(target: &Target, verb: &'static str, person: Option<&str>) -> Result<usize, Failure> {
    let environment = target.environment.as_ref();
    let role = environment.and_then(|(_, environment)| environment.role.as_deref());
    let held = backfill::pause(&target.conninfo, &program::application(), role, person).await;
    held.map_err(|error| error::run(error, asked(target, verb)))
}

fn asked<'a>(target: &'a Target, verb: &'static str) -> Asked<'a> {
    Asked {
        verb,
        target,
        done: &[],
    }
}

fn answer(
    context: &Context,
    target: &Target,
    (action, concerned): (&'static str, usize),
    text: impl FnOnce() -> String,
) -> Result<Exit, Failure> {
    let document = wire::BackfillHeld {
        schema: "enact.backfill-hold/1",
        target: target.conninfo.redacted(),
        action,
        concerned,
    };
    context.ui.answer(&document, text)?;
    Ok(Exit::Done)
}
