//! A schema that is not the recorded one.

use std::collections::BTreeSet;

use enact_engine::catalog::{Change, Difference};
use enact_engine::drift::{Drift, Schema};
use enact_engine::recorder::Noted;
use similar::{ChangeTag, TextDiff};

use crate::context::Target;
use crate::ui::style::{BAD, DIM, GOOD, STRONG, next, paint, plural, safe};
use crate::wire;

/// Authors named of an object.
const AUTHORS: usize = 3;

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
pub fn text(schema: &Schema, expected: Option<&str>, target: &Target) -> String {
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
        Some(found) => found
            .iter()
            .map(|difference| authored(drift, difference))
            .collect(),
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
    text += &paint(DIM, &format!("  {}", who(drift, target)));
    text.push('\n');
    text += &next("undo what was wrong by hand; what is right becomes a migration");
    text + &next(&format!(
        "{} --accept-drift 'REASON'",
        target.command("apply")
    ))
}

/// An object with its text before and after, and with who made it differ, where that was recorded.
fn authored(drift: &Drift, difference: &Difference) -> String {
    let mut text = difference_text(difference);
    for noted in drift.authors(difference).into_iter().take(AUTHORS) {
        text += &format!("    {}\n", safe(&by(noted)));
    }
    text
}

/// Who, how and when, in a line.
pub fn by(noted: &Noted) -> String {
    let mut who = noted.login.clone();
    if noted.role != noted.login {
        who += &format!(" as {}", noted.role);
    }
    if let Some(application) = &noted.application {
        who += &format!(", {application}");
    }
    if let Some(client) = &noted.client {
        who += &format!(" from {client}");
    }
    format!("by {who}, {}: {}", noted.at, noted.tag)
}

/// Who made the schema drift: the roles that logged in, or that it is not known.
pub fn who(drift: &Drift, target: &Target) -> String {
    let differences = drift.differences.iter().flatten();
    let authors = differences.flat_map(|difference| drift.authors(difference));
    let at_work = drift.recorder.as_ref().is_some_and(|one| one.at_work);
    if drift.recorder.as_ref().is_some_and(|one| one.hidden) {
        return "who did it is in enact.ddl, which this role may not read: it takes the role enact_reader"
            .to_owned();
    }
    let logins: BTreeSet<&str> = authors.map(|noted| noted.login.as_str()).collect();
    match (logins.is_empty(), at_work) {
        (false, _) => {
            let logins: Vec<String> = logins.into_iter().map(safe).collect();
            format!("by {}", logins.join(", "))
        }
        (true, true) => "the recorder of DDL noted nothing of it".to_owned(),
        (true, false) => format!(
            "who did it was not recorded; `{}` notes it from then on",
            target.command("recorder install")
        ),
    }
}

/// For programs.
pub fn author(noted: &Noted) -> wire::DdlAuthor {
    wire::DdlAuthor {
        at: noted.at.to_string(),
        command: noted.tag.clone(),
        login: noted.login.clone(),
        role: noted.role.clone(),
        application: noted.application.clone(),
        client: noted.client.clone(),
    }
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
    let object = |difference: &Difference| wire::DriftedObject {
        authors: drift.authors(difference).into_iter().map(author).collect(),
        ..object(difference)
    };
    wire::Drift {
        recorder: drift
            .recorder
            .as_ref()
            .map(|recorder| match recorder.at_work {
                true => "at-work",
                false => "absent",
            }),
        expected: drift.expected.to_string(),
        actual: drift.actual.to_string(),
        objects: objects.map(|objects| objects.iter().map(&object).collect()),
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
        authors: Vec::new(),
    }
}
