//! A plan as text, as a document, and as a script for a reviewer.

use enact_engine::loss::{Count, Counted, Kind};
use enact_engine::plan::{Course, Plan, Step};
use enact_engine::preview::{PlannedStep, Preview};
use enact_sql::script::{Segment, SegmentKind};

use crate::ui::progress::dotted;
use crate::ui::style::{BAD, DIM, STRONG, WARNING, paint, plural};
use crate::wire;

/// The steps, a line or more each, and the digest.
pub fn text(seen: &Preview) -> String {
    let plan = &seen.plan;
    if plan.is_empty() {
        let stands = |course: &Course| format!("{} stands at {:03}", course.stream, course.from);
        let stands: Vec<String> = plan.courses.iter().map(stands).collect();
        return format!("nothing to do: {}\n", stands.join(", "));
    }
    let mut text = format!(
        "{} {}, {}\n",
        paint(STRONG, plan.command.as_str()),
        ways(plan),
        plural(plan.steps.len(), "step")
    );
    text.extend(steps_with_files(seen).map(|(step, planned)| step_text(step, planned)));
    text += &paint(DIM, &format!("plan {}", plan.digest()));
    text + "\n"
}

/// From where to where each stream goes that the plan moves.
pub fn ways(plan: &Plan) -> String {
    let moved = |course: &&Course| {
        let mut steps = plan.steps.iter();
        steps.any(|step| step.label.stream == course.stream)
    };
    let ways = plan.courses.iter().filter(moved).map(|course| {
        let release = plan.release.as_deref().filter(|_| course.stream == "core");
        let release = release.map_or_else(String::new, |release| format!(" {release}"));
        format!(
            "{}{release}: {:03} to {:03}",
            course.stream, course.from, course.to
        )
    });
    ways.collect::<Vec<_>>().join(", ")
}

/// Each step of a plan with its file.
pub fn steps_with_files(seen: &Preview) -> impl Iterator<Item = (&Step, &PlannedStep)> {
    seen.plan.steps.iter().zip(&seen.steps)
}

fn step_text(step: &Step, planned: &PlannedStep) -> String {
    let sign = if step.label.is_down() { '-' } else { '+' };
    let name = crate::ui::progress::plain(&step.label);
    let statements = plural(planned.script.statements().count(), "statement");
    let segments = &planned.script.segments;
    let how = match segments.as_slice() {
        [only] if is_transactional(only) => "one transaction".to_owned(),
        many => plural(many.len(), "segment"),
    };
    let mut text = format!("  {sign} {}  {statements}, {how}\n", dotted(&name));
    if segments.len() > 1 || !segments.iter().all(is_transactional) {
        let lines = segments.iter().enumerate().map(|(index, segment)| {
            let done = index < step.resume_after as usize;
            segment_text(index + 1, segment, done)
        });
        text.extend(lines);
    }
    if step.rollback_was.is_some() {
        text += "      this rollback was edited since its migration was applied\n";
    }
    text.extend(planned.losses.iter().map(loss_text));
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

/// Where each stream stands, for programs.
pub fn courses(plan: &Plan) -> Vec<wire::Course> {
    let course = |course: &Course| wire::Course {
        stream: course.stream.clone(),
        from: course.from,
        to: course.to,
    };
    plan.courses.iter().map(course).collect()
}

/// The steps for programs.
pub fn steps(seen: &Preview) -> Vec<wire::PlanStep> {
    steps_with_files(seen)
        .map(|(step, planned)| document(step, planned))
        .collect()
}

fn document(step: &Step, planned: &PlannedStep) -> wire::PlanStep {
    let Step {
        label,
        digest,
        rollback_was,
        resume_after,
    } = step;
    wire::PlanStep {
        direction: label.direction.as_str(),
        stream: label.stream.clone(),
        number: label.number,
        name: label.name.clone(),
        file: planned.file.display().to_string(),
        digest: digest.to_string(),
        statements: planned.script.statements().count(),
        resume_after: *resume_after,
        rollback_changed: rollback_was.is_some(),
        segments: planned.script.segments.iter().map(segment).collect(),
        losses: planned.losses.iter().map(loss).collect(),
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
