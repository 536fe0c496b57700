//! `enact drift`

use enact_engine::drift::Schema;
use enact_engine::exit::Exit;
use enact_engine::log::{Compared, schema};

use crate::cli::Drift;
use crate::context::{Context, scope};
use crate::error::{self, Asked};
use crate::failure::Failure;
use crate::program;
use crate::render;
use crate::wire;

pub async fn run(context: &Context, args: &Drift) -> Result<Exit, Failure> {
    let project = context.project_if_any()?;
    let target = context.target(&args.target, project.as_ref())?;
    let asked = Asked {
        verb: "drift",
        target: &target,
        done: &[],
    };
    let scope = scope(project.as_ref());
    let release = super::pinned(context, project.as_ref());
    let application = program::application();
    let compared = schema(&target.conninfo, &application, &scope, release.as_ref());
    let Compared {
        schema,
        recorded,
        core,
    } = compared.await.map_err(|error| error::run(error, asked))?;
    let expected = recorded.map(|recorded| recorded.fingerprint.to_string());
    let drift = match &schema {
        Schema::Drifted(drift) => Some(render::drift::document(drift)),
        _ => None,
    };
    let recorder = drift.as_ref().and_then(|drift| drift.recorder);
    let (actual, objects) = drift.map_or((None, None), |drift| (Some(drift.actual), drift.objects));
    let other = render::core::other(core.as_ref());
    let document = wire::DriftReport {
        schema: "enact.drift/1",
        target: target.conninfo.redacted(),
        drift: render::drift::word(&schema),
        expected,
        actual,
        objects,
        recorder,
        core: other.map(render::core::document),
    };
    context.ui.answer(&document, || {
        let text = render::drift::text(&schema, document.expected.as_deref(), &target);
        text + &other.map(render::core::text).unwrap_or_default()
    })?;
    Ok(match (schema, other) {
        (Schema::Drifted(_), _) | (_, Some(_)) => Exit::Drift,
        _ => Exit::Done,
    })
}
