//! `enact plan`

use enact_engine::drift::Schema;
use enact_engine::exit::Exit;
use enact_engine::plan::Goal;
use enact_engine::preview::{Preview, preview};

use crate::cli::{Plan, Planned};
use crate::context::{Context, Target, scope};
use crate::error::{self, Asked};
use crate::failure::Failure;
use crate::reading::Reading;
use crate::render;
use crate::render::plan::{Loaded, position_after};
use crate::wire;

pub async fn run(context: &Context, args: &Plan) -> Result<Exit, Failure> {
    let project = context.project()?;
    let reading = Reading::begin(&project);
    let target = context.target(&args.target, Some(&project))?;
    let (to, steps) = super::bounds(&args.range, &project)?;
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
    let stream = reading.stream()?;
    let scope = scope(Some(&project));
    let seen = preview(begun, stream, &scope, goal).await.map_err(failed)?;
    let loaded = render::plan::load(&seen, stream).map_err(failed)?;
    warn_of_drift(context, &seen, &target);
    if args.sql {
        context
            .ui
            .result(&render::script::script(&seen.plan, &loaded, seen.installed))?;
        return Ok(Exit::Done);
    }
    context.ui.answer(&document(&seen, &target, &loaded), || {
        render::plan::text(&seen.plan, &loaded)
    })?;
    Ok(Exit::Done)
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

/// The plan for programs.
pub fn document(seen: &Preview, target: &Target, loaded: &[Loaded<'_>]) -> wire::Plan {
    let plan = &seen.plan;
    wire::Plan {
        schema: "enact.plan/1",
        command: plan.command.as_str(),
        stream: plan.stream.clone(),
        target: target.conninfo.redacted(),
        identity: plan.identity.as_ref().map(ToString::to_string),
        from: plan.from,
        to: position_after(plan),
        digest: plan.digest().to_string(),
        installs_ledger: !seen.installed && !plan.is_empty(),
        steps: render::plan::steps(loaded),
        drifted: matches!(seen.schema, Schema::Drifted(_)),
    }
}
