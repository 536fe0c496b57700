//! `enact enrol`

use enact_engine::enrol::{Enrolled, How, Request, enrol};
use enact_engine::exit::Exit;
use enact_engine::project::targets::{FILE_NAME, Targets};
use enact_engine::run::Settings;
use enact_engine::stop;

use super::{ask, signals};
use crate::cli::Enrol;
use crate::context::{Context, Target};
use crate::error::{self, Asked};
use crate::failure::Failure;
use crate::program;
use crate::ui::progress::follow;
use crate::ui::style::{GOOD, paint};
use crate::wire;

pub async fn run(context: &Context, args: &Enrol) -> Result<Exit, Failure> {
    let project = context.project()?;
    let target = context.target(&args.target, Some(&project))?;
    let Some(claim) = target.claim.clone() else {
        return Err(
            Failure::usage("a target is enrolled under the name of its environment")
                .next("enact enrol -e NAME, with [environments.NAME] in enact.toml"),
        );
    };
    if target.protected() && !args.yes {
        ask::agreement(context, &target, "enrol")?;
    }
    let how = match (args.moved, args.copy) {
        (true, _) => How::Moved,
        (_, true) => How::Copy,
        _ => How::AsItIs,
    };
    let mut settings = Settings::default();
    let environment = target.environment.as_ref();
    settings.role = environment.and_then(|(_, environment)| environment.role.clone());
    settings.lock_wait = args.lock_wait.unwrap_or(settings.lock_wait);
    let request = Request {
        target: &target.conninfo,
        claim,
        how,
        reason: args.reason.clone(),
        person: context.person(args.who.person.as_deref()).known(),
        host: context.host(),
        program: program::program(),
        settings,
    };
    let ui = &context.ui;
    let (stopper, stop) = stop::channel();
    let work = async |events| {
        tokio::select! {
            result = enrol(request, &events, stop) => result,
            never = signals::pass_on(ui, stopper) => match never {},
        }
    };
    let (result, _) = follow(ui, work).await;
    let asked = Asked {
        verb: "enrol",
        target: &target,
        done: &[],
    };
    let enrolled = result.map_err(|error| error::run(error, asked))?;
    let name = environment
        .map(|(name, _)| name.as_str())
        .unwrap_or_default();
    let noted = Targets::read(&project.root)
        .and_then(|targets| targets.note(&project.root, name, &enrolled.enrolment))
        .map_err(|error| {
            Failure::new(Exit::Unexpected, error.to_string())
                .causes(&error)
                .effect("the target is enrolled; the repository does not know of it yet")
        })?;
    let document = document(&enrolled, &target, noted);
    ui.answer(&document, || text(&enrolled, &document))?;
    Ok(Exit::Done)
}

fn document(enrolled: &Enrolled, target: &Target, noted: bool) -> wire::Enrol {
    let enrolment = &enrolled.enrolment;
    wire::Enrol {
        schema: "enact.enrol/1",
        target: target.conninfo.redacted(),
        project: enrolment.project.clone().unwrap_or_default(),
        environment: enrolment.environment.clone().unwrap_or_default(),
        identity: enrolment.identity.to_string(),
        system_identifier: enrolment.system_identifier.to_string(),
        endpoint: enrolment.endpoint.clone().unwrap_or_default(),
        recorded: enrolled.recorded,
        noted,
    }
}

fn text(enrolled: &Enrolled, document: &wire::Enrol) -> String {
    let what = match enrolled.recorded {
        true => paint(GOOD, "enrolled"),
        false => paint(GOOD, "is enrolled already"),
    };
    let file = match document.noted {
        true => format!("\nwrote its identity to {FILE_NAME}: commit it"),
        false => String::new(),
    };
    format!(
        "`{}` of {} {what}: {} at {}{file}\n",
        document.environment, document.project, document.identity, document.endpoint
    )
}
