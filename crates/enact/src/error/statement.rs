//! A statement that the server refused.

use enact_engine::exit::Exit;
use enact_engine::run::failure::{Obstructed, StatementFailure};

use super::{Asked, before, the};
use crate::failure::{Excerpt, Failure, Place};
use crate::ui::progress;
use crate::ui::style::plural;

/// What is said of it.
pub fn failure(failed: StatementFailure, exit: Exit, asked: Asked<'_>) -> Failure {
    let message = format!("{} failed: {}", failed.step, failed.server.message);
    let mut failure = Failure::new(exit, message).server_extras(&failed.server);
    failure.sqlstate = Some(failed.server.sqlstate.clone());
    failure.place = Some(place(&failed));
    failure.facts.push(("statement", position(&failed)));
    if failed.tries > 1 {
        let tries = format!("{} tries; a lock was not granted in time", failed.tries);
        failure.facts.push(("lock", tries));
    }
    let blockers = failed.blockers.iter().map(progress::blocker);
    failure
        .facts
        .extend(blockers.map(|blocker| ("behind", blocker)));
    failure
        .facts
        .extend(failed.left_behind.clone().map(|left| ("left behind", left)));
    failure.effect = Some(effect(&failed, asked));
    failure.next = next(&failed, asked);
    failure
}

/// What is said of a statement that cannot run in batches.
pub fn obstructed(obstructed: &Obstructed, exit: Exit, asked: Asked<'_>) -> Failure {
    let Obstructed { step, obstacle, .. } = obstructed;
    let mut failure = Failure::new(exit, format!("{step} cannot go on: {obstacle}"));
    failure.place = Some(Place {
        file: obstructed.path.display().to_string(),
        line: obstructed.line,
        column: 1,
        excerpt: None,
    });
    let undone = match (obstructed.rows, obstructed.segment) {
        (0, 1) => format!("nothing of {} took effect", the(step)),
        (0, at) => format!(
            "segments of {} before {at} took effect and stay; this one changed nothing",
            the(step)
        ),
        (rows, _) => format!(
            "{rows} rows of {} are changed in committed batches and stay",
            the(step)
        ),
    };
    let earlier = match asked.done.len() {
        0 => String::new(),
        many => format!("; {}", before(many)),
    };
    failure
        .effect(undone + &earlier)
        .next(obstacle.mend())
        .next(asked.target.command("backfill status"))
}

fn place(failed: &StatementFailure) -> Place {
    Place {
        file: failed.path.display().to_string(),
        line: failed.line,
        column: failed.column,
        excerpt: Excerpt::around(&failed.text, &failed.span, failed.line),
    }
}

fn position(failed: &StatementFailure) -> String {
    let of = match failed.statement {
        0 => format!("COMMIT, behind {}", plural(failed.statements, "statement")),
        at => format!("{at} of {}", failed.statements),
    };
    if failed.segments > 1 {
        format!("{of}, in segment {} of {}", failed.segment, failed.segments)
    } else {
        of
    }
}

fn effect(failed: &StatementFailure, asked: Asked<'_>) -> String {
    let step = the(&failed.step);
    let own = match failed.segment {
        _ if failed.backfilled.is_some() => format!(
            "{} rows of {step} are changed in committed batches and stay; the batch that failed changed nothing",
            failed.backfilled.unwrap_or_default()
        ),
        0 | 1 => format!("nothing of {step} took effect"),
        2 => format!("segment 1 of {step} took effect and stays; segment 2 changed nothing"),
        at => format!(
            "segments 1 to {} of {step} took effect and stay; segment {at} changed nothing",
            at - 1
        ),
    };
    match asked.done.len() {
        0 => own,
        many => format!("{own}; {}", before(many)),
    }
}

fn next(failed: &StatementFailure, asked: Asked<'_>) -> Vec<String> {
    let file = failed.path.display();
    // Not granted in time, or a deadlock.
    if matches!(failed.server.sqlstate.as_str(), "55P03" | "40P01") {
        return vec![asked.again("--retry-budget 10min")];
    }
    // Class 53 is insufficient resources, such as a full disk: the file is not to blame.
    if failed.server.sqlstate.starts_with("53") {
        return vec![format!(
            "give the server what it lacks, then `{}`",
            asked.again("")
        )];
    }
    if failed.segment > 1 || failed.backfilled.is_some() {
        let from = match failed.backfilled {
            Some(_) => "behind the last batch".to_owned(),
            None => format!("from segment {}", failed.segment),
        };
        return vec![
            format!(
                "mend what stands in the way in the database, then `{}` goes on {from}",
                asked.again("")
            ),
            format!(
                "or undo what is done with `{}`, then edit {file}",
                asked.target.command(if failed.step.is_down() {
                    "apply"
                } else {
                    "rollback"
                })
            ),
        ];
    }
    if failed.released {
        return released(failed, asked);
    }
    let option = match asked.verb {
        "rollback" | "redo" if failed.step.is_down() => "--accept-changed-rollback",
        _ => "",
    };
    vec![format!("edit {file}, then `{}`", asked.again(option))]
}

/// What to do about a file that nobody here edits.
fn released(failed: &StatementFailure, asked: Asked<'_>) -> Vec<String> {
    let report = "this is a released file: report it to the core team, or pin another release with `enact pin`";
    // Something of that name is there: a schema, a table, an object, a function, a column.
    let there = ["42P06", "42P07", "42710", "42723", "42701"];
    let first = asked
        .done
        .iter()
        .all(|step| step.stream != failed.step.stream)
        && !failed.step.is_down()
        && failed.step.number == 1;
    if first && there.contains(&failed.server.sqlstate.as_str()) {
        let baseline = asked.target.command("baseline");
        return vec![
            format!(
                "{baseline} --to core:NNN --reason '…', if the core was made here by other means"
            ),
            report.to_owned(),
        ];
    }
    vec![report.to_owned()]
}
