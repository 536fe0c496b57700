//! A plan as the SQL that would run, for a reviewer.

use std::fmt::Write as _;

use enact_engine::plan::Step;
use enact_engine::preview::{PlannedStep, Preview};
use enact_sql::script::{Script, Segment, SegmentKind};

use super::plan::{is_transactional, steps_with_files, ways};
use crate::ui::style::plural;

/// The script. Comments say what Enact adds to the statements, which stand there as they are sent.
pub fn script(seen: &Preview) -> String {
    let plan = &seen.plan;
    let ways = match plan.is_empty() {
        true => "nothing to do".to_owned(),
        false => format!("{}, {}", ways(plan), plural(plan.steps.len(), "step")),
    };
    let mut text = format!(
        "-- For review; run it with `enact {}`, not by hand: the ledger would not know of it.\n\
         -- {ways}\n-- plan {}\n",
        plan.command.as_str(),
        plan.digest()
    );
    if plan.is_empty() {
        return text;
    }
    if !seen.installed {
        text += "\n-- Enact: install schema enact and record target.enrolled, in one transaction\n";
    }
    text += "\n-- Enact: take the target's lock, record run.started\n";
    for (step, planned) in steps_with_files(seen) {
        self::step(&mut text, step, planned);
    }
    text += "\n-- Enact: take the fingerprint, record run.finished\n";
    text
}

fn step(text: &mut String, step: &Step, planned: &PlannedStep) {
    let segments = &planned.script.segments;
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "\n-- {}\n-- {} {}\n",
        step.label,
        planned.file.display(),
        step.digest
    );
    for (index, segment) in segments.iter().enumerate() {
        if index < step.resume_after as usize {
            let _ = writeln!(text, "-- segment {} is already done", index + 1);
            continue;
        }
        if segments.len() > 1 {
            let _ = writeln!(text, "-- segment {} of {}", index + 1, segments.len());
        }
        let last = index + 1 == segments.len();
        let record = match (last, step.label.is_down()) {
            (false, _) => "step.recorded",
            (true, false) => "migration.applied",
            (true, true) => "migration.rolled_back",
        };
        self::segment(text, &planned.script, segment, record);
    }
}

fn segment(text: &mut String, script: &Script, segment: &Segment, record: &str) {
    let transactional = is_transactional(segment);
    if let SegmentKind::Backfill(backfill) = &segment.kind {
        text.push_str("-- Enact: record step.recorded (backfilling); the next statement runs in batches, each a transaction:\n");
        let batch = backfill.batch("the key lies in the batch");
        text.extend(
            batch
                .lines()
                .map(|line| format!("--   {}\n", line.trim_end())),
        );
    } else if transactional {
        text.push_str("BEGIN; -- Enact, with its own lock_timeout and statement_timeout\n");
    } else {
        text.push_str("-- Enact: record step.recorded (started); PostgreSQL refuses the next statement in a transaction\n");
    }
    for statement in &segment.statements {
        text.push_str(script.sql(statement));
        text.push_str(";\n");
        if let Some(data) = script.copy_data(statement) {
            text.push_str(data);
            if !data.is_empty() && !data.ends_with('\n') {
                text.push('\n');
            }
            text.push_str("\\.\n");
        }
    }
    let _ = writeln!(text, "-- Enact: record {record}");
    if transactional {
        text.push_str("COMMIT; -- Enact\n");
    }
}
