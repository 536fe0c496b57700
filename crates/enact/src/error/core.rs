//! A core that is not as released, or would not be.

use enact_engine::conflict::Touched;
use enact_engine::core::CoreDrift;
use enact_engine::exit::Exit;

use super::{Asked, SHOWN_OBJECTS};
use crate::failure::Failure;

const MEND: &str = "mend the objects by hand, or with an extension migration, until they are as released; then run again";

/// After a run.
pub(super) fn differs(drift: &CoreDrift, exit: Exit, text: String, asked: Asked<'_>) -> Failure {
    let failure = named(drift, exit, text).effect(match asked.done {
        [] => "the run did what it was asked to do, and recorded it".to_owned(),
        _ => asked.effect(),
    });
    let newest = asked
        .done
        .last()
        .filter(|step| step.stream != "core" && !step.is_down());
    let failure = match newest {
        Some(step) => failure.next(format!(
            "{}, if {} did it",
            asked.target.command("rollback"),
            step.of_migration()
        )),
        None => failure,
    };
    failure.next(MEND)
}

/// Where there is nothing to do.
pub(super) fn is_other(drift: &CoreDrift, exit: Exit, text: String, asked: Asked<'_>) -> Failure {
    named(drift, exit, text)
        .effect("nothing was changed")
        .next(asked.target.command("history"))
        .next(MEND)
}

fn named(drift: &CoreDrift, exit: Exit, text: String) -> Failure {
    let mut failure = Failure::new(exit, text);
    let objects = drift.objects.iter();
    let shown = objects.map(|(object, change)| ("core", format!("{object}: {}", change.as_str())));
    failure.listed.extend(shown.take(SHOWN_OBJECTS));
    if drift.objects.len() > SHOWN_OBJECTS {
        let more = drift.objects.len() - SHOWN_OBJECTS;
        failure.listed.push(("core", format!("and {more} more")));
    }
    failure.fact("at", format!("core:{:03}", drift.number))
}

/// Before a run.
pub(super) fn is_touched(touched: &[Touched], exit: Exit, text: String) -> Failure {
    let mut failure = Failure::new(exit, text);
    let words = |one: &Touched| {
        format!(
            "{}, line {}: {} {}",
            one.label, one.line, one.what, one.object
        )
    };
    let listed = touched.iter().map(|one| ("without leave", words(one)));
    failure.listed.extend(listed);
    failure
        .effect("nothing was changed")
        .next("enact conflicts: what it does, seen in a sandbox")
        .next("keep to a schema of the extension's own, or ask the core team for leave: [leave] in the core's enact.toml")
}
