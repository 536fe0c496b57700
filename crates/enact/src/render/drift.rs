//! A schema that is not the recorded one.

use enact_engine::catalog::{Change, Difference};
use enact_engine::drift::{Drift, Schema};
use similar::{ChangeTag, TextDiff};

use crate::ui::style::{BAD, DIM, GOOD, STRONG, paint, plural, safe};
use crate::wire;

/// Objects named in an error; the rest is counted.
const NAMED: usize = 20;

/// The objects that differ, one a line.
pub fn objects(drift: &Drift) -> String {
    let Some(differences) = &drift.differences else {
        return "the recorded snapshot was not kept, so the objects cannot be named".to_owned();
    };
    let mut lines: Vec<String> = differences
        .iter()
        .take(NAMED)
        .map(|difference| format!("{} {}", sign(&difference.change), difference.object))
        .collect();
    let more = differences.len().saturating_sub(NAMED);
    lines.extend((more > 0).then(|| format!("… and {more} more")));
    lines.join("\n")
}

/// In one word.
pub fn word(schema: &Schema) -> &'static str {
    match schema {
        Schema::Unrecorded => "unrecorded",
        Schema::Same => "none",
        Schema::Drifted(_) => "drifted",
    }
}

/// Every object that differs, with its text before and after.
pub fn text(schema: &Schema, expected: Option<&str>) -> String {
    let drift = match schema {
        Schema::Unrecorded => {
            return "no schema is recorded to compare with; the next run records it\n".to_owned();
        }
        Schema::Same => {
            return format!(
                "no drift: the schema is {}\n",
                expected.unwrap_or("as recorded")
            );
        }
        Schema::Drifted(drift) => drift,
    };
    let mut text = match &drift.differences {
        None => objects(drift) + "\n",
        Some(found) => differences(found),
    };
    let count = drift.differences.as_ref().map_or_else(String::new, |all| {
        format!(": {}", plural(all.len(), "object"))
    });
    text += &format!(
        "{}{count}\n{}\n{}\n",
        paint(BAD, "drift"),
        paint(DIM, &format!("  recorded {}", drift.expected)),
        paint(DIM, &format!("  now      {}", drift.actual))
    );
    text
}

/// Objects with their text before and after.
pub fn differences(differences: &[Difference]) -> String {
    differences.iter().map(difference_text).collect()
}

fn difference_text(difference: &Difference) -> String {
    let (before, after) = match &difference.change {
        Change::Added { after } => ("", after.as_str()),
        Change::Removed { before } => (before.as_str(), ""),
        Change::Changed { before, after } => (before.as_str(), after.as_str()),
    };
    let heading = format!("{} {}", sign(&difference.change), difference.object);
    paint(STRONG, &safe(&heading)) + "\n" + &lines(before, after, "    ")
}

/// The lines of two texts, each with what became of it.
pub fn lines(before: &str, after: &str, indent: &str) -> String {
    let mut text = String::new();
    let lines = TextDiff::from_lines(before, after);
    for line in lines.iter_all_changes() {
        let (sign, style) = match line.tag() {
            ChangeTag::Insert => ('+', GOOD),
            ChangeTag::Delete => ('-', BAD),
            ChangeTag::Equal => (' ', DIM),
        };
        let line = safe(line.value().trim_end_matches('\n'));
        text += &format!("{indent}{}\n", paint(style, &format!("{sign} {line}")));
    }
    text
}

/// `+` added, `-` removed, `~` changed.
pub fn sign(change: &Change) -> char {
    match change {
        Change::Added { .. } => '+',
        Change::Removed { .. } => '-',
        Change::Changed { .. } => '~',
    }
}

/// For programs.
pub fn document(drift: &Drift) -> wire::Drift {
    let objects = drift.differences.as_ref();
    wire::Drift {
        expected: drift.expected.to_string(),
        actual: drift.actual.to_string(),
        objects: objects.map(|objects| objects.iter().map(object).collect()),
    }
}

/// One object for programs.
pub fn object(difference: &Difference) -> wire::DriftedObject {
    let (change, before, after) = match &difference.change {
        Change::Added { after } => ("added", None, Some(after)),
        Change::Removed { before } => ("removed", Some(before), None),
        Change::Changed { before, after } => ("changed", Some(before), Some(after)),
    };
    wire::DriftedObject {
        object: difference.object.to_string(),
        change,
        before: before.cloned(),
        after: after.cloned(),
    }
}
