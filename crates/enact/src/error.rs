//! The engine's errors as failures: what happened, where, what is true of the target now, what to do next.

use enact_engine::drift::Drift;
use enact_engine::exit::Exit;
use enact_engine::history::Disagreeing;
use enact_engine::identity::Stranger;
use enact_engine::ledger::ReadError;
use enact_engine::plan::{PlanError, StepLabel};
use enact_engine::promotion::Missing;
use enact_engine::run::RunError;
use enact_engine::run::failure::{AtWork, Cause, Interruption, UnknownOutcome};
use enact_ledger::entry::fact::Found;
use enact_sql::requirement::Bound;

use crate::context::Target;
use crate::failure::{Failure, Place};
use crate::render;
use crate::ui::progress::plain;
use crate::ui::style::{plural, safe_line};

mod core;
mod files;
mod holder;
mod statement;

pub use files::problem;
use holder::locked;
pub use holder::{holder_document, holder_facts};

/// More objects than this are counted, not named.
const SHOWN_OBJECTS: usize = 20;

/// What was asked for and how far it came.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The command's verb.
    pub verb: &'static str,
    /// The target.
    pub target: &'a Target,
    /// Steps of this run that are done and recorded.
    pub done: &'a [StepLabel],
}

impl Asked<'_> {
    /// The command again, perhaps with further options.
    fn again(&self, options: &str) -> String {
        let command = self.target.command(self.verb);
        format!("{command} {options}").trim_end().to_owned()
    }

    fn status(&self) -> String {
        self.target.command("status")
    }

    /// What took effect before the failure.
    fn effect(&self) -> String {
        match self.done {
            [] => "nothing was changed".to_owned(),
            [one] => format!("{one} is done and recorded; nothing else was changed"),
            many => format!(
                "{} are done and recorded, the last is {}; nothing else was changed",
                plural(many.len(), "step"),
                many[many.len() - 1]
            ),
        }
    }
}

/// An error of a command that works on a target.
pub fn run(error: RunError, asked: Asked<'_>) -> Failure {
    let exit = error.exit();
    // What the ledger told after the connection was lost has not been shown while it happened.
    let known = match &error {
        RunError::Interrupted(interruption) => interruption.done.clone(),
        _ => asked.done.to_vec(),
    };
    let asked = Asked {
        done: &known,
        ..asked
    };
    let mut failure = convert(error, exit, asked);
    if failure.effect.is_none() {
        failure.effect = Some(asked.effect());
    }
    if !known.is_empty() {
        failure.details.done = Some(known.iter().map(ToString::to_string).collect());
    }
    failure
}

fn convert(error: RunError, exit: Exit, asked: Asked<'_>) -> Failure {
    let text = error.to_string();
    match error {
        RunError::Connect(error) => {
            let mut failure = Failure::new(exit, error.to_string()).next(error.mend());
            failure.sqlstate = error.sqlstate;
            failure
        }
        RunError::Refused(refusal) => Failure::new(exit, text).next(refusal.mend()),
        RunError::Stranger(found) => stranger(&found, exit, text, asked),
        RunError::Pooler { mend, .. } => Failure::new(exit, text).next(mend),
        RunError::Ledger(error) => ledger(&error, exit, asked),
        RunError::Files(problems) => files::invalid(&problems),
        RunError::History(disagreements) => history(&disagreements, exit, text),
        RunError::RollbackChanged { step } => Failure::new(
            exit,
            format!(
                "the rollback of {} was edited after the migration was applied",
                plain(&step)
            ),
        )
        .next(format!(
            "git log -p -- '*rollback/{:03}_rollback.sql'",
            step.number
        ))
        .next(asked.again("--accept-changed-rollback")),
        RunError::NotPromoted {
            environment,
            missing,
        } => not_promoted(&environment, &missing, exit, asked),
        RunError::CoreIsNeeded { needed, .. } => {
            let mut failure = Failure::new(exit, text);
            let listed = needed
                .iter()
                .map(|(one, on)| ("depends", format!("{one} on {on}")));
            failure.listed.extend(listed);
            failure.next("roll back the extension that made it, or drop it, and then the core")
        }
        RunError::CoreDiffers(found) => core::differs(&found, exit, text, asked),
        RunError::CoreIsOther(found) => core::is_other(&found, exit, text, asked),
        RunError::CoreIsTouched { touched, .. } => core::is_touched(&touched, exit, text),
        RunError::ServerTooOld { .. } => {
            Failure::new(exit, text).next("upgrade the server, or pin a release that is for it")
        }
        RunError::Drift(found) => drift(&found, exit, text, asked),
        RunError::Locked {
            holder,
            waited,
            orphan,
        } => locked(holder.as_deref(), waited, orphan, exit, asked),
        RunError::PlanChanged { agreed, now } => Failure::new(exit, text)
            .fact("agreed", agreed.to_string())
            .fact("now", now.to_string())
            .next(asked.target.command("plan")),
        RunError::Backfill(obstructed) => statement::obstructed(&obstructed, exit, asked),
        RunError::Statement(failure) => statement::failure(*failure, exit, asked),
        RunError::Unknown(unknown) => self::unknown(&unknown, exit, asked),
        RunError::Interrupted(interruption) => interrupted(&interruption, exit, asked),
        RunError::Plan(error) => plan(&error, exit, asked),
        RunError::Goal(_) => Failure::new(exit, text).next(asked.status()),
        error => {
            let message = format!("could not {error}");
            Failure::new(exit, message)
                .causes(&error)
                .next(asked.status())
        }
    }
}

fn stranger(stranger: &Stranger, exit: Exit, text: String, asked: Asked<'_>) -> Failure {
    if let Stranger::Unnamed { environment, .. } = stranger {
        return Failure::new(exit, text).next(format!(
            "enact {} -e {environment}, in the repository of that project",
            asked.verb
        ));
    }
    let environment = asked.target.environment.as_ref();
    let name = environment
        .map(|(name, _)| name.as_str())
        .unwrap_or_default();
    Failure::new(exit, text)
        .next(format!("correct the connection string of `{name}`, if it names another database"))
        .next(format!("enact enrol -e {name} --moved --reason '…', if it was moved"))
        .next(format!(
            "enact enrol -e {name} --copy --reason '…', if it is a copy that is to be `{name}` from now on"
        ))
}

/// Something that the target before does not show.
pub fn lacking(missing: &Missing) -> String {
    match missing {
        Missing::NotApplied { label } => format!("{label} is not applied there"),
        Missing::OtherFile { label, rollback } => {
            let file = if *rollback { "rollback file" } else { "file" };
            format!("{label} was applied there with another {file}")
        }
        Missing::NotProven { label } => format!("{label} was never rolled back there"),
        Missing::Differed { label, there, here } => {
            format!("the schema before {label} was {there} there and is {here} here")
        }
        Missing::NotKnown { label } => {
            format!("the schema just before {label} was not recorded there")
        }
        Missing::OtherCore { release } => {
            format!("the core there is not as release {release} made it")
        }
    }
}

fn not_promoted(environment: &str, missing: &[Missing], exit: Exit, asked: Asked<'_>) -> Failure {
    let target = asked.target.environment.as_ref();
    let name = target.map(|(name, _)| name.as_str()).unwrap_or_default();
    let message = format!("`{name}` comes after `{environment}`, which has not gone through this");
    let mut failure = Failure::new(exit, message);
    let listed = missing.iter().map(|missing| ("missing", lacking(missing)));
    failure.listed.extend(listed);
    let has = |wanted: fn(&Missing) -> bool| missing.iter().any(wanted);
    if has(|missing| matches!(missing, Missing::NotApplied { .. })) {
        failure = failure.next(format!("enact apply -e {environment}"));
    }
    if has(|missing| matches!(missing, Missing::OtherFile { .. })) {
        failure = failure.next(format!(
            "enact rollback -e {environment}, then enact apply -e {environment}, with these files"
        ));
    }
    if has(|missing| matches!(missing, Missing::NotProven { .. })) {
        failure = failure.next(format!(
            "enact redo -e {environment}, or rollback and apply where it is not the newest"
        ));
    }
    if has(|missing| matches!(missing, Missing::Differed { .. })) {
        failure = failure.next(format!(
            "enact compare {environment} {name}: names the objects of the core in which they differ; others came with a drift \
             that was accepted, see enact history -e {environment} and enact history -e {name}"
        ));
    }
    if has(|missing| matches!(missing, Missing::NotKnown { .. })) {
        failure = failure.next(format!(
            "enact rollback -e {environment} as far as {name} stands, then enact apply -e {environment}"
        ));
    }
    if has(|missing| matches!(missing, Missing::OtherCore { .. })) {
        failure = failure.next(format!("enact drift -e {environment}"));
    }
    failure
}

fn plan(error: &PlanError, exit: Exit, asked: Asked<'_>) -> Failure {
    let failure = Failure::new(exit, error.to_string());
    match error {
        PlanError::DependedOn { dependents, .. } => {
            let mut failure = failure;
            let listed = dependents.iter().cloned();
            failure
                .listed
                .extend(listed.map(|dependent| ("requires it", dependent)));
            failure.next("roll back what requires it first; `enact rollback` takes the newest")
        }
        PlanError::Requires {
            requirement,
            release,
            ..
        } => match requirement.bound {
            Bound::Migration(number) => {
                let failure = failure.next(format!(
                    "{} --to {}:{number:03}",
                    asked.target.command("apply"),
                    requirement.stream
                ));
                match release {
                    Some(release) => failure.next(format!(
                        "enact pin, if {release} does not have it and a later release does"
                    )),
                    None => failure,
                }
            }
            _ => failure.next("pin a release that it fits, or mend its `-- Dependencies:`"),
        },
        _ => failure.next(asked.status()),
    }
}

fn history(disagreeing: &Disagreeing, exit: Exit, text: String) -> Failure {
    let disagreements = &disagreeing.found;
    let mut failure = Failure::new(exit, text);
    let words = disagreements.iter().map(render::history::words);
    failure.listed.extend(words.map(|words| ("file", words)));
    let first = disagreements.first();
    failure.next.extend(first.map(render::history::next));
    let documents = disagreements.iter().map(render::history::document);
    failure.details.disagreements = Some(documents.collect());
    failure
}

fn drift(drift: &Drift, exit: Exit, text: String, asked: Asked<'_>) -> Failure {
    let mut failure = Failure::new(exit, text);
    let objects = render::drift::objects(drift);
    failure.listed.push(("objects", objects));
    failure.details.drift = Some(render::drift::document(drift));
    failure
        .effect("the schema was not changed")
        .next(asked.target.command("drift"))
        .next(asked.again("--accept-drift 'REASON'"))
}

fn ledger(error: &ReadError, exit: Exit, asked: Asked<'_>) -> Failure {
    let failure = Failure::new(exit, error.to_string()).causes(error);
    match exit {
        Exit::CannotConnect => failure.next(asked.again("")),
        Exit::Unsupported => failure.next("use a newer enact: this record was written by one"),
        Exit::Unexpected => failure.next("use a role that may read schema enact"),
        _ => failure.next(asked.target.command("verify")),
    }
}

fn unknown(unknown: &UnknownOutcome, exit: Exit, asked: Asked<'_>) -> Failure {
    let mut failure = Failure::new(
        exit,
        format!(
            "{}: nobody saw the end of `{}`",
            unknown.step,
            safe_line(&unknown.what, 60)
        ),
    )
    .fact(
        "segment",
        format!("{} of {}", unknown.segment, unknown.segments),
    )
    .fact("catalog", found_in_words(unknown.found))
    .effect(match unknown.segment {
        0 | 1 => "whether it took effect must be looked up in the database".to_owned(),
        at => format!(
            "{} before it took effect; whether this one did must be looked up in the database",
            plural(at - 1, "segment")
        ),
    })
    .next(asked.again("--resolve done --reason 'HOW YOU KNOW'"))
    .next(asked.again("--resolve again --reason 'HOW YOU KNOW'"));
    failure.place = Some(Place {
        file: unknown.path.display().to_string(),
        line: unknown.line,
        column: 1,
        excerpt: None,
    });
    failure
}

fn found_in_words(found: Found) -> &'static str {
    match found {
        Found::Absent => "what it makes is not there",
        Found::Present => "what it makes is there, and was there before",
        Found::Invalid => "what it makes is there, but invalid",
        Found::Unknown => "does not tell",
    }
}

/// A step within a sentence.
fn the(step: &StepLabel) -> String {
    let article = if step.is_down() { "the " } else { "" };
    format!("{article}{step}")
}

/// How far a run came before the step that is spoken of.
fn before(done: usize) -> String {
    match done {
        1 => "1 step before it is done and recorded".to_owned(),
        many => format!("{many} steps before it are done and recorded"),
    }
}

fn interrupted(interruption: &Interruption, exit: Exit, asked: Asked<'_>) -> Failure {
    let message = match &interruption.cause {
        Cause::Asked => "interrupted on request".to_owned(),
        Cause::WorkLost(why) => format!("the connection that works was lost: {why}"),
        Cause::LockLost(why) => format!("the connection that holds the lock was lost: {why}"),
    };
    let failure = Failure::new(exit, message);
    let Some((step, at)) = &interruption.at else {
        return failure.effect(asked.effect()).next(asked.again(""));
    };
    let step = the(step);
    let now = match at {
        AtWork::NothingChanged => format!("{step} was rolled back: nothing of it took effect"),
        AtWork::Committed => format!("{step} is committed and recorded"),
        AtWork::Resumable { done, of } => {
            format!("{step}: {done} of {of} segments are done; the next run goes on from there")
        }
        AtWork::Backfilling { rows: Some(rows) } => {
            format!(
                "{step}: {rows} rows are changed in committed batches; the next run goes on behind them"
            )
        }
        AtWork::Backfilling { rows: None } => {
            format!("{step}: its committed batches stay; the next run goes on behind them")
        }
        AtWork::NotKnownYet { behind } => {
            let others = match behind {
                0 => String::new(),
                1 => " and of the step sent behind it".to_owned(),
                many => format!(" and of the {many} steps sent behind it"),
            };
            format!(
                "{step}: the server could not be asked; its ledger knows what became of it{others}"
            )
        }
    };
    let earlier = match asked.done.len() {
        0 => String::new(),
        many => format!("; {}", before(many)),
    };
    let failure = failure.effect(now + &earlier);
    match at {
        AtWork::NotKnownYet { .. } => failure.next(asked.status()).next(asked.again("")),
        _ => failure.next(asked.again("")),
    }
}
