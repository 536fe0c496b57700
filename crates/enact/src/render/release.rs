//! Releases and pins, for people.

use std::fmt::Write as _;

use crate::ui::style::{BAD, DIM, GOOD, STRONG, WARNING, paint, plural, safe};
use crate::wire;

/// What was released.
pub fn text(released: &wire::Released) -> String {
    format!(
        "{} {}: {} ({} new), proven on PostgreSQL {}\n  {}/\n  {}  {}\n{}\n",
        released.package,
        paint(GOOD, &released.version),
        plural(released.migrations, "migration"),
        released.new,
        released.proven.join(", "),
        released.folder,
        released.archive,
        released.digest,
        paint(DIM, &format!("manifest {}", released.manifest)),
    )
}

/// What is pinned.
pub fn pin(pin: &wire::Pin) -> String {
    let range = format!("({} in {})", pin.range, pin.range_from);
    let version = paint(GOOD, &pin.version);
    let mut text = match (&pin.before, pin.changed) {
        (Some(before), _) => format!("{} {before} -> {version} {range}\n", pin.package),
        (None, true) => format!("{} pinned to {version} {range}\n", pin.package),
        (None, false) => format!("{} is pinned to {version} {range}\n", pin.package),
    };
    if let (Some(severity), Some(reason), true) = (pin.severity, &pin.reason, pin.changed) {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "  {} {reason}",
            paint(BAD, &format!("hotfix, {severity}:"))
        );
    }
    for migration in &pin.gained {
        let _ = writeln!(text, "  + core:{migration}");
    }
    text
}

/// What is newer.
pub fn outdated(outdated: &wire::Outdated) -> String {
    let age = outdated.days.map_or_else(String::new, |days| {
        let days = usize::try_from(days).unwrap_or_default();
        format!(", {} old", plural(days, "day"))
    });
    let mut text = format!(
        "{} {}{age}\n",
        outdated.package,
        paint(STRONG, &outdated.pinned)
    );
    if let Some(why) = &outdated.yanked {
        let _ = writeln!(text, "  {} {why}", paint(BAD, "withdrawn:"));
    }
    for newer in &outdated.newer {
        let date = newer.date.as_deref().unwrap_or_default();
        let range = if newer.in_range {
            String::new()
        } else {
            format!(", outside {}", outdated.range)
        };
        let fix = newer.severity.map_or_else(String::new, |severity| {
            let reason = newer.reason.as_deref().unwrap_or_default();
            format!("  {} {reason}", paint(BAD, &format!("hotfix, {severity}:")))
        });
        let _ = writeln!(
            text,
            "  {} {date}  {}{range}{fix}",
            paint(WARNING, &newer.version),
            plural(newer.migrations, "migration")
        );
    }
    if outdated.newer.is_empty() {
        text += "  nothing newer\n";
    }
    text
}

/// What one release brings beyond another.
pub fn diff(diff: &wire::ReleaseDiff) -> String {
    let mut text = format!(
        "{} {} -> {}\n",
        diff.package,
        diff.from,
        paint(STRONG, &diff.to)
    );
    if let (Some(severity), Some(reason)) = (diff.severity, &diff.reason) {
        let _ = writeln!(
            text,
            "{} {reason}",
            paint(BAD, &format!("hotfix, {severity}:"))
        );
    }
    for migration in &diff.rewritten {
        let _ = writeln!(
            text,
            "{} {migration}",
            paint(BAD, "changed although it was released:")
        );
    }
    for migration in &diff.migrations {
        let statements: Vec<String> = migration
            .statements
            .iter()
            .map(|(tag, count)| match count {
                1 => tag.clone(),
                many => format!("{many} {tag}"),
            })
            .collect();
        let back = if migration.reversible {
            ""
        } else {
            ", cannot be undone"
        };
        let _ = writeln!(
            text,
            "  + core:{:03}_{}{back}\n      {}",
            migration.number,
            migration.name,
            statements.join(", ")
        );
        for lock in &migration.locks {
            let _ = writeln!(text, "      {} on {}", lock.lock, lock.table);
        }
        for table in &migration.rows {
            let _ = writeln!(text, "      changes rows of {}", safe(table));
        }
        for tag in &migration.unread {
            let _ = writeln!(text, "      what {tag} does is not read");
        }
    }
    if diff.migrations.is_empty() {
        text += "  no migrations more\n";
    }
    for object in &diff.objects {
        let sign = match object.change {
            "added" => "+",
            "removed" => "-",
            _ => "~",
        };
        let _ = writeln!(text, "  {sign} {} {}", object.kind, object.name);
    }
    text
}
