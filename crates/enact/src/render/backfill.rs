//! Statements in batches, for people and programs.

use enact_engine::backfill::{Backfill, Backfills};

use crate::context::Target;
use crate::ui::style::{DIM, GOOD, WARNING, paint, safe};
use crate::wire;

/// Two lines each.
pub fn text(found: &Backfills, target: &Target) -> String {
    if found.all.is_empty() {
        return "no backfill was ever begun here\n".to_owned();
    }
    found
        .all
        .iter()
        .map(|one| block(one, found, target))
        .collect()
}

fn block(one: &Backfill, found: &Backfills, target: &Target) -> String {
    let Backfill {
        stream,
        number,
        direction,
        segment,
        ..
    } = one;
    let direction = if direction == "down" {
        "rollback of "
    } else {
        ""
    };
    let state = match state(one, found.working) {
        "done" => paint(GOOD, "done"),
        "paused" => paint(
            WARNING,
            &format!(
                "paused by {}",
                safe(one.paused_by.as_deref().unwrap_or_default())
            ),
        ),
        "interrupted" => {
            let verb = if one.direction == "down" {
                "rollback"
            } else {
                "apply"
            };
            paint(
                WARNING,
                &format!("interrupted; `{}` goes on", target.command(verb)),
            )
        }
        other => other.to_owned(),
    };
    let share = percent(one).filter(|_| one.done_at.is_none());
    let share = share.map_or_else(String::new, |share| format!(", about {share}%"));
    let pass = match one.pass {
        1 => String::new(),
        pass => format!(", pass {pass}"),
    };
    let last = one.done_at.as_ref().unwrap_or(&one.moved_at);
    format!(
        "{direction}{}:{number:03}, segment {segment}: {state}\n  {} rows changed in {} batches{share}{pass}{}\n  {}\n",
        safe(stream),
        one.changed,
        one.batches,
        rate(one).map_or_else(String::new, |rate| format!(", {rate} rows/s")),
        paint(
            DIM,
            &format!("{}, {} to {last}", safe(&one.walk), one.begun_at)
        ),
    )
}

fn state(one: &Backfill, working: bool) -> &'static str {
    match (&one.done_at, &one.paused_by) {
        (Some(_), _) => "done",
        (None, Some(_)) => "paused",
        (None, None) if working => "running",
        (None, None) => "interrupted",
    }
}

/// Share of the rows walked, as far as an estimate can tell.
fn percent(one: &Backfill) -> Option<u64> {
    (one.estimate > 0).then(|| (one.walked.saturating_mul(100) / one.estimate).min(99))
}

fn rate(one: &Backfill) -> Option<u64> {
    // Rates are for people; a fraction of a row is not.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "shown to people"
    )]
    let rate = (one.walked as f64 / one.seconds) as u64;
    (one.seconds >= 1.0).then_some(rate)
}

/// For programs.
pub fn document(found: &Backfills, target: &Target) -> wire::Backfills {
    let one = |one: &Backfill| wire::Backfill {
        stream: one.stream.clone(),
        number: one.number,
        direction: one.direction.clone(),
        segment: one.segment,
        state: state(one, found.working),
        walk: one.walk.clone(),
        estimate: one.estimate,
        walked: one.walked,
        changed: one.changed,
        batches: one.batches,
        pass: one.pass,
        begun_at: one.begun_at.clone(),
        moved_at: one.moved_at.clone(),
        done_at: one.done_at.clone(),
        paused_by: one.paused_by.clone(),
    };
    wire::Backfills {
        schema: "enact.backfill/1",
        target: target.conninfo.redacted(),
        working: found.working,
        backfills: found.all.iter().map(one).collect(),
    }
}
