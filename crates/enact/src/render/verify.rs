//! The verdict on a ledger, for people.

use crate::ui::style::{BAD, DIM, GOOD, WARNING, next, paint, plural, safe};
use crate::wire::{Drift, Guards, OtherCore, Verify};

/// The verdict and what it rests on.
pub fn text(found: &Verify) -> String {
    let mut text = paint(DIM, &safe(&found.source)) + "\n";
    if let Some(failure) = &found.failure {
        text += &format!("{} {}\n", paint(BAD, "ledger:"), safe(&failure.message));
        if !failure.entries.is_empty() {
            text += &format!("  entries {}\n", numbers(&failure.entries));
        }
        text += &next(
            "leave it as it is, and keep the evidence: pg_dump -n enact, the server's log, every checkpoint and bundle",
        );
    }
    if let Some(ledger) = &found.ledger {
        text += &format!(
            "ledger: {}, {} to {}, {}\n  head {}\n  root {}\n",
            plural_entries(ledger.entries),
            ledger.first_at,
            ledger.last_at,
            paint(GOOD, "consistent"),
            ledger.head,
            ledger.root
        );
        text += &compared(found.compared);
    }
    if let Some(guards) = &found.guards {
        text += &self::guards(guards);
        text += &schema(found.drift.as_ref());
        text += &found.core.as_ref().map(core).unwrap_or_default();
    }
    text
}

fn plural_entries(count: u64) -> String {
    match count {
        1 => "1 entry".to_owned(),
        many => format!("{many} entries"),
    }
}

fn compared(compared: bool) -> String {
    if compared {
        format!("  {} every known checkpoint\n", paint(GOOD, "agrees with"))
    } else {
        format!(
            "  {} no checkpoint from elsewhere was given: that its end was cut or all of it\n  \
             rewritten is not excluded (--known FILE)\n",
            paint(WARNING, "not compared:")
        )
    }
}

fn guards(guards: &Guards) -> String {
    let mut text = match guards.faults.len() {
        0 => format!("guards: {}\n", paint(GOOD, "as installed")),
        many => format!("guards: {}\n", paint(BAD, &plural(many, "fault"))),
    };
    text.extend(
        guards
            .faults
            .iter()
            .map(|fault| format!("  {}\n", safe(fault))),
    );
    if guards.owner_at_hand {
        text += &format!(
            "  {} the ledger's owner `{}` can log in and could take the guards down\n",
            paint(WARNING, "note:"),
            safe(&guards.owner)
        );
    }
    text
}

fn schema(drift: Option<&Drift>) -> String {
    let Some(drift) = drift else {
        return format!("schema: {}\n", paint(GOOD, "as recorded"));
    };
    let mut text = format!("schema: {}\n", paint(BAD, "differs from the recorded one"));
    let objects = drift.objects.iter().flatten();
    text.extend(objects.map(|object| {
        let sign = match object.change {
            "added" => '+',
            "removed" => '-',
            _ => '~',
        };
        let by = object.authors.first();
        let by = by.map_or_else(String::new, |by| {
            format!(", by {} ({})", by.login, by.command)
        });
        format!("  {sign} {}{}\n", safe(&object.object), safe(&by))
    }));
    if drift.recorder == Some("absent") {
        text += "  who did it was not recorded: the recorder of DDL is absent\n";
    }
    text
}

fn core(core: &OtherCore) -> String {
    let release = safe(&core.release);
    let mut text = format!(
        "core: {}\n",
        paint(BAD, &format!("not as release {release} made it"))
    );
    let objects = core.objects.iter();
    text.extend(objects.map(|one| format!("  {}: {}\n", safe(&one.object), one.change)));
    text
}

fn numbers(numbers: &[u64]) -> String {
    let shown = numbers.iter().take(20).map(ToString::to_string);
    let mut text = shown.collect::<Vec<_>>().join(", ");
    if numbers.len() > 20 {
        text += &format!(" and {} more", numbers.len() - 20);
    }
    text
}
