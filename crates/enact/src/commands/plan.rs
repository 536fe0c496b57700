//! `enact plan`

use enact_engine::drift::Schema;
use enact_engine::exit::Exit;
use enact_engine::explain::Forecast;
use enact_engine::plan::{Goal, Step};
use enact_engine::preview::{Preview, preview};
use enact_engine::project::{Project, Streams};

use super::explain::{self, Bench, Known};
use super::promotion;
use crate::cli::{Plan, Planned};
use crate::context::{Context, Target, scope};
use crate::error::{self, Asked};
use crate::failure::Failure;
use crate::reading::Reading;
use crate::render;
use crate::wire;

pub async fn run(context: &Context, args: &Plan) -> Result<Exit, Failure> {
    let project = context.project()?;
    let reading = Reading::begin(&project);
    let sizes = args.statistics.measure || args.statistics.against.is_some();
    if sizes && !args.explain {
        let message = "--against and --measure are about what steps lock";
        return Err(Failure::usage(message).next("add --explain"));
    }
    let target = context.target(&args.target, Some(&project))?;
    let (to, steps) = super::bounds(&args.range);
    let goal = match args.what {
        Planned::Apply => Goal::Apply { to, steps },
        Planned::Rollback => Goal::Rollback { to, steps },
        Planned::Redo => Goal::Redo,
    };
    let asked = Asked {
        verb: "plan",
        target: &target,
        done: &[],
    };
    let failed = |error| error::run(error, asked);
    let begun = super::look(&target).await.map_err(failed)?;
    let streams = reading.streams()?;
    let scope = scope(Some(&project));
    let seen = preview(begun, streams, &scope, &goal)
        .await
        .map_err(failed)?;
    warn_of_drift(context, &seen, &target);
    warn_of_stranger(context, &seen, &target);
    if args.what != Planned::Rollback {
        warn_of_promotion(context, &project, (&seen, streams), &target).await;
    }
    super::pin::warn_of_withdrawal(context, &project);
    if args.sql {
        context.ui.result(&render::script::script(&seen))?;
        return Ok(Exit::Done);
    }
    let forecast = match args.explain && !seen.plan.is_empty() {
        true => Some(forecast(context, args, (&project, streams), (&seen, &target)).await?),
        false => None,
    };
    let known = forecast
        .as_ref()
        .map(|(forecast, known)| (forecast, Some(known.beside(&target))));
    let mut document = document(&seen, streams, &target);
    document.forecast = known.map(|(forecast, live)| render::explain::migrations(forecast, live));
    context.ui.answer(&document, || {
        let plan = render::plan::text(&seen);
        plan + &known.map_or_else(String::new, |(forecast, live)| {
            render::explain::summaries(forecast, live)
        })
    })?;
    Ok(forecast.map_or(Exit::Done, |(forecast, _)| forecast.exit()))
}

/// What the steps lock, tried in a sandbox, and the statistics of the target's tables.
async fn forecast(
    context: &Context,
    args: &Plan,
    (project, streams): (&Project, &Streams),
    (seen, target): (&Preview, &Target),
) -> Result<(Forecast, Known), Failure> {
    let bench = Bench {
        base: &args.base,
        server: &args.server,
        rollback: seen
            .plan
            .steps
            .first()
            .is_some_and(|step| step.label.is_down()),
    };
    let stream = streams.own();
    let wanted =
        |step: &&Step| step.label.is_down() == bench.rollback && step.label.stream == stream.name();
    let steps = seen.plan.steps.iter().filter(wanted);
    let mut numbers: Vec<u32> = steps.map(|step| step.label.number).collect();
    numbers.sort_unstable();
    let forecast = explain::forecast(context, bench, (project, stream), &numbers).await?;
    let wanted = &args.statistics;
    let known = explain::statistics(context, wanted, project, target, &forecast).await?;
    explain::warn(context, &forecast, known.beside(target));
    Ok((forecast, known))
}

/// Says so, if a run would be refused because the schema has drifted.
pub fn warn_of_drift(context: &Context, seen: &Preview, target: &Target) {
    if let Schema::Drifted(_) = seen.schema {
        context.ui.warn(&format!(
            "the schema has drifted, so this plan would be refused; see `{}`",
            target.command("drift")
        ));
    }
}

/// Says so, if a run would be refused because the database is not the target that was meant.
fn warn_of_stranger(context: &Context, seen: &Preview, target: &Target) {
    let claim = target.claim.as_ref();
    let checked = claim.map(|claim| claim.check(seen.enrolment.as_ref(), &seen.server));
    if let Some(Err(stranger)) = checked {
        context.ui.warn(&format!(
            "this is not the enrolled target, so this plan would be refused: {stranger}"
        ));
    }
}

/// Says so, if a run would be refused for what the environment before does not show.
async fn warn_of_promotion(
    context: &Context,
    project: &Project,
    (seen, streams): (&Preview, &Streams),
    target: &Target,
) {
    let environment = target.environment.as_ref();
    let after = environment.and_then(|(_, environment)| environment.after.as_deref());
    let Some(after) = after.filter(|_| !seen.plan.is_empty()) else {
        return;
    };
    let evidence = match promotion::ask(context, project, after).await {
        Ok(evidence) => evidence,
        Err(failure) => {
            let why = &failure.message;
            return context.ui.warn(&format!(
                "what `{after}` has gone through is not known, and a run asks for it: {why}"
            ));
        }
    };
    let major = seen.server.major();
    let missing = evidence.missing(&seen.plan, streams, seen.recorded, major);
    if missing.is_empty() {
        return;
    }
    let missing = missing
        .iter()
        .map(|one| format!("\n  {}", error::lacking(one)));
    context.ui.warn(&format!(
        "`{after}` has not gone through this, so this plan would be refused:{}",
        missing.collect::<String>()
    ));
}

/// The plan for programs.
pub fn document(seen: &Preview, streams: &Streams, target: &Target) -> wire::Plan {
    let plan = &seen.plan;
    let own = plan.course(streams.own().name());
    wire::Plan {
        schema: "enact.plan/1",
        command: plan.command.as_str(),
        stream: streams.own().name().to_owned(),
        release: plan.release.clone(),
        target: target.conninfo.redacted(),
        identity: plan.identity.as_ref().map(ToString::to_string),
        from: own.map_or(0, |own| own.from),
        to: own.map_or(0, |own| own.to),
        streams: render::plan::courses(plan),
        digest: plan.digest().to_string(),
        installs_ledger: !seen.installed && !plan.is_empty(),
        steps: render::plan::steps(seen),
        drifted: matches!(seen.schema, Schema::Drifted(_)),
        forecast: None,
    }
}
