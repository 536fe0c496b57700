//! `enact recorder install|remove|status`

use enact_engine::exit::Exit;
use enact_engine::recorder::{self, Noted, RecorderError};

use super::ask;
use crate::cli::{Recorder, RecorderChange, RecorderStatus};
use crate::context::{Context, Target};
use crate::error::{self, Asked};
use crate::failure::Failure;
use crate::program;
use crate::render::drift::{author, by};
use crate::ui::style::safe;
use crate::wire;

pub async fn run(context: &Context, args: &Recorder) -> Result<Exit, Failure> {
    match args {
        Recorder::Install(args) => change(context, args, true).await,
        Recorder::Remove(args) => change(context, args, false).await,
        Recorder::Status(args) => status(context, args).await,
    }
}

async fn change(context: &Context, args: &RecorderChange, up: bool) -> Result<Exit, Failure> {
    let project = context.project_if_any()?;
    let target = context.target(&args.target, project.as_ref())?;
    let verb = match up {
        true => "recorder install",
        false => "recorder remove",
    };
    if target.protected() && !args.yes {
        ask::agreement(context, &target, verb)?;
    }
    let application = program::application();
    let changed = match up {
        true => recorder::install(&target.conninfo, &application).await,
        false => recorder::remove(&target.conninfo, &application).await,
    };
    let changed = changed.map_err(|error| failure(error, &target, verb))?;
    let document = wire::Recorder {
        schema: "enact.recorder/1",
        target: target.conninfo.redacted(),
        recorder: word(up),
        unchanged: Some(!changed),
        noted: None,
    };
    context.ui.answer(&document, || {
        match (up, changed) {
            (true, true) => "the recorder notes from now on who changes the schema outside runs\n",
            (true, false) => "the recorder was at work; it is installed anew\n",
            (false, true) => "the recorder is gone; what it noted stays in enact.ddl\n",
            (false, false) => "there was no recorder at work\n",
        }
        .to_owned()
    })?;
    Ok(Exit::Done)
}

async fn status(context: &Context, args: &RecorderStatus) -> Result<Exit, Failure> {
    let project = context.project_if_any()?;
    let target = context.target(&args.target, project.as_ref())?;
    let found = recorder::status(&target.conninfo, &program::application()).await;
    let found = found.map_err(|error| error::run(error, asked(&target, "recorder status")))?;
    let document = wire::Recorder {
        schema: "enact.recorder/1",
        target: target.conninfo.redacted(),
        recorder: word(found.at_work),
        unchanged: None,
        noted: (!found.hidden).then(|| found.noted.iter().map(noted).collect()),
    };
    context.ui.answer(&document, || text(&found, &target))?;
    Ok(Exit::Done)
}

fn text(found: &recorder::Recorder, target: &Target) -> String {
    let mut text = match found.at_work {
        true => "the recorder is at work\n".to_owned(),
        false => format!(
            "the recorder is absent; `{}` puts it up\n",
            target.command("recorder install")
        ),
    };
    if found.hidden {
        text += "what it noted is in enact.ddl, which this role may not read: it takes the role enact_reader\n";
    }
    for noted in &found.noted {
        let object = noted.object.as_deref().or(noted.object_type.as_deref());
        let line = format!("{}  {}", by(noted), object.unwrap_or_default());
        text += &(safe(line.trim_end()) + "\n");
    }
    text
}

fn word(at_work: bool) -> &'static str {
    match at_work {
        true => "at-work",
        false => "absent",
    }
}

fn noted(noted: &Noted) -> wire::Noted {
    wire::Noted {
        object: noted.object.clone(),
        object_type: noted.object_type.clone(),
        dropped: noted.dropped,
        author: author(noted),
    }
}

fn failure(error: RecorderError, target: &Target, verb: &'static str) -> Failure {
    match error {
        RecorderError::Run(error) => error::run(error, asked(target, verb)),
        RecorderError::NotInstalled => {
            Failure::new(Exit::DatabaseDiffers, error.to_string()).next(target.command("apply"))
        }
        error => Failure::new(Exit::Refused, error.to_string())
            .causes(&error)
            .effect("nothing was changed")
            .next("run it once as a superuser; where the host gives none to anybody, there is no recorder, and drift is found without its author"),
    }
}

fn asked<'a>(target: &'a Target, verb: &'static str) -> Asked<'a> {
    Asked {
        verb,
        target,
        done: &[],
    }
}
