//! A plan as text, as a document, and as a script for a reviewer.

use std::path::Path;

use enact_engine::loss::{Count, Counted, Kind};
use enact_engine::plan::{Plan, Step};
use enact_engine::preview::Preview;
use enact_engine::project::{RollbackFile, Stream};
use enact_engine::run::RunError;
use enact_sql::script::{Script, Segment, SegmentKind};

use crate::ui::progress::dotted;
use crate::ui::style::{BAD, DIM, STRONG, WARNING, paint, plural};
use crate::wire;

/// A step with its file, read.
#[derive(Debug)]
pub struct Loaded<'p> {
    /// The plan's step.
    pub step: &'p Step,
    /// Its file, relative to the repository.
    pub file: String,
    /// The file, analysed.
    pub script: Script,
    /// What it would do to the data that is there now.
    pub losses: &'p [Counted],
}

/// Reads the file of every step.
///
/// # Errors
/// Every problem of every file.
pub fn load<'p>(seen: &'p Preview, stream: &Stream) -> Result<Vec<Loaded<'p>>, RunError> {
    let mut loaded = Vec::with_capacity(seen.plan.steps.len());
    let mut problems = Vec::new();
    for (step, losses) in seen.plan.steps.iter().zip(&seen.losses) {
        match load_step(step, losses, stream) {
            Ok(step) => loaded.extend(step),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() {
        Ok(loaded)
    } else {
        Err(RunError::Files(problems))
    }
}

fn load_step<'p>(
    step: &'p Step,
    losses: &'p [Counted],
    stream: &Stream,
) -> Result<Option<Loaded<'p>>, Vec<enact_engine::project::Problem>> {
    let Some(migration) = stream.get(step.label.number) else {
        return Ok(None);
    };
    let (path, script): (&Path, _) = match (&migration.rollback, step.label.is_down()) {
        (RollbackFile::File(path), true) => (path, stream.load_rollback(migration)?),
        (_, true) => return Ok(None),
        (_, false) => (&migration.path, Some(stream.load(migration)?)),
    };
    let file = stream.source.shown(path).display().to_string();
    Ok(script.map(|script| Loaded {
        step,
        file,
        script,
        losses,
    }))
}

/// Highest number in force afterwards.
pub fn position_after(plan: &Plan) -> u32 {
    plan.steps.last().map_or(plan.from, |step| {
        if step.label.is_down() {
            step.label.number - 1
        } else {
            step.label.number
        }
    })
}

/// The steps, a line or more each, and the digest.
pub fn text(plan: &Plan, steps: &[Loaded<'_>]) -> String {
    if plan.is_empty() {
        return format!(
            "nothing to do: {} stands at {:03}\n",
            plan.stream, plan.from
        );
    }
    let mut text = format!(
        "{} {}: {:03} to {:03}, {}\n",
        paint(STRONG, plan.command.as_str()),
        plan.stream,
        plan.from,
        position_after(plan),
        plural(steps.len(), "step")
    );
    text.extend(steps.iter().map(step_text));
    text += &paint(DIM, &format!("plan {}", plan.digest()));
    text + "\n"
}

fn step_text(loaded: &Loaded<'_>) -> String {
    let sign = if loaded.step.label.is_down() {
        '-'
    } else {
        '+'
    };
    let name = crate::ui::progress::plain(&loaded.step.label);
    let statements = plural(loaded.script.statements().count(), "statement");
    let segments = &loaded.script.segments;
    let how = match segments.as_slice() {
        [only] if is_transactional(only) => "one transaction".to_owned(),
        many => plural(many.len(), "segment"),
    };
    let mut text = format!("  {sign} {}  {statements}, {how}\n", dotted(&name));
    if segments.len() > 1 || !segments.iter().all(is_transactional) {
        let lines = segments.iter().enumerate().map(|(index, segment)| {
            let done = index < loaded.step.resume_after as usize;
            segment_text(index + 1, segment, done)
        });
        text.extend(lines);
    }
    if loaded.step.rollback_was.is_some() {
        text += "      this rollback was edited since its migration was applied\n";
    }
    text.extend(loaded.losses.iter().map(loss_text));
    text
}

fn loss_text(loss: &Counted) -> String {
    let object = &loss.object;
    let what = match (&loss.count, loss.kind) {
        (Count::Unknown(why), Kind::Untold) => format!("may change data: {why}"),
        (Count::Unknown(why), _) => format!("what becomes of {object} is not known: {why}"),
        (Count::Exactly(count), Kind::Table) => {
            format!("takes away {} with table {object}", many(*count, "row"))
        }
        (Count::Exactly(count), Kind::Column) => {
            format!("takes away {} of {object}", many(*count, "value"))
        }
        (Count::Exactly(count), Kind::Sequence) => {
            format!("takes away sequence {object}, which stands at {count}")
        }
        (Count::Exactly(count), Kind::Deleted) => {
            format!("deletes {} of {object}", many(*count, "row"))
        }
        (Count::Exactly(count), Kind::Overwritten) => {
            format!("overwrites values in {} of {object}", many(*count, "row"))
        }
        (Count::Exactly(count), Kind::Retyped) => {
            format!(
                "changes {} of {object}, or fails on them",
                many(*count, "value")
            )
        }
        (Count::Exactly(count), Kind::Misfit) => {
            format!(
                "would fail: {} of {object} cannot stay as they are",
                many(*count, "row")
            )
        }
        (Count::Exactly(count), _) => format!("concerns {count} of {object}"),
    };
    let style = match loss.count {
        Count::Exactly(_) => BAD,
        Count::Unknown(_) => WARNING,
    };
    let place = paint(DIM, &format!("(line {}, {})", loss.line, loss.tag));
    format!("      {} {place}\n", paint(style, &what))
}

fn many(count: u64, noun: &str) -> String {
    plural(usize::try_from(count).unwrap_or(usize::MAX), noun)
}

fn segment_text(number: usize, segment: &Segment, done: bool) -> String {
    let tags: Vec<&str> = segment
        .statements
        .iter()
        .map(|statement| statement.tag)
        .collect();
    let what = match tags.as_slice() {
        [one] => (*one).to_owned(),
        [first, ..] => format!("{first} and {} more", tags.len() - 1),
        [] => "nothing".to_owned(),
    };
    let how = match segment.kind {
        SegmentKind::Transactional => "transaction",
        SegmentKind::Backfill(_) => "in batches",
        _ => "on its own",
    };
    let done = if done { " (already done)" } else { "" };
    format!("      {number}. {how}: {what}{done}\n")
}

/// Whether all its statements run in one transaction.
pub fn is_transactional(segment: &Segment) -> bool {
    segment.kind == SegmentKind::Transactional
}

/// The steps for programs.
pub fn steps(steps: &[Loaded<'_>]) -> Vec<wire::PlanStep> {
    steps.iter().map(step).collect()
}

fn step(loaded: &Loaded<'_>) -> wire::PlanStep {
    let Step {
        label,
        digest,
        rollback_was,
        resume_after,
    } = loaded.step;
    wire::PlanStep {
        direction: label.direction.as_str(),
        number: label.number,
        name: label.name.clone(),
        file: loaded.file.clone(),
        digest: digest.to_string(),
        statements: loaded.script.statements().count(),
        resume_after: *resume_after,
        rollback_changed: rollback_was.is_some(),
        segments: loaded.script.segments.iter().map(segment).collect(),
        losses: loaded.losses.iter().map(loss).collect(),
    }
}

fn loss(counted: &Counted) -> wire::Loss {
    let (count, unknown) = match &counted.count {
        Count::Exactly(count) => (Some(*count), None),
        Count::Unknown(why) => (None, Some(why.clone())),
    };
    wire::Loss {
        statement: counted.statement,
        line: counted.line,
        kind: counted.kind.as_str(),
        object: counted.object.clone(),
        count,
        unknown,
    }
}

fn segment(segment: &Segment) -> wire::PlanSegment {
    wire::PlanSegment {
        transactional: is_transactional(segment),
        backfill: matches!(segment.kind, SegmentKind::Backfill(_)),
        statements: segment
            .statements
            .iter()
            .map(|statement| statement.tag)
            .collect(),
    }
}
