//! Databases side by side.

use enact_engine::compare::{
    Authority, Compared, Comparison, Database, Difference, Group, Variant,
};

use super::drift::lines;
use crate::ui::style::{BAD, DIM, GOOD, STRONG, next, paint, plural, safe};
use crate::wire;

/// Databases named in a line; the rest is counted.
const NAMED: usize = 10;

/// For people.
pub fn text(databases: &[Database], found: &Comparison, release: Option<&str>) -> String {
    let groups = found.groups.iter();
    let groups = groups.map(|group| group_text(databases, group, release));
    let mut text: String = groups.collect();
    text += &verdict(databases, found);
    text
}

fn verdict(databases: &[Database], found: &Comparison) -> String {
    let odd: Vec<usize> = found.odd().into_iter().collect();
    if !found.differs() {
        let looked = |group: &Group| group.compared != Compared::Nothing;
        return match found.groups.iter().any(looked) {
            true => format!("{}\n", paint(GOOD, "no difference")),
            false => "no two of them can be compared\n".to_owned(),
        };
    }
    match odd.is_empty() {
        true => format!(
            "{}; nothing says which is right\n{}",
            paint(BAD, "they differ"),
            next("name the release that they should have: --release FOLDER")
        ),
        false => format!(
            "{}: {} of {}: {}\n{}",
            paint(BAD, "not as they should be"),
            odd.len(),
            plural(databases.len(), "database"),
            names(databases, &odd, usize::MAX),
            next(
                "`enact drift` there says what changed since its last run, and who did it where that was recorded"
            )
        ),
    }
}

fn group_text(databases: &[Database], group: &Group, release: Option<&str>) -> String {
    let heading = format!(
        "{}, PostgreSQL {}: {}",
        place(group),
        group.server_major,
        names(databases, &group.members, NAMED)
    );
    let mut text = paint(STRONG, &heading) + "\n";
    text += &paint(DIM, &format!("  compared: {}", compared(group, release)));
    text.push('\n');
    let differences = group.differences.iter();
    text.extend(differences.map(|difference| difference_text(databases, difference)));
    text
}

fn place(group: &Group) -> String {
    match &group.core {
        None => "no core".to_owned(),
        Some(core) => match core.half_done {
            Some(number) => format!("core at {:03}, {number:03} half done", core.number),
            None => format!("core at {:03}", core.number),
        },
    }
}

fn compared(group: &Group, release: Option<&str>) -> String {
    let objects = plural(group.objects, "object");
    let known = release.unwrap_or_default();
    let unlike = match release {
        Some(name) => format!("; {} does not know a core like theirs", safe(name)),
        None => String::new(),
    };
    match group.compared {
        Compared::Release => format!("the core part, {objects}, with {}", safe(known)),
        Compared::Whole => format!("the whole schema, {objects}{unlike}"),
        Compared::Common => format!(
            "what more than half of them have and what hangs on it, {objects}; \
             they have extensions, and no release says which objects are the core's{unlike}"
        ),
        Compared::Nothing if group.core.is_none() => {
            "nothing, since their ledgers know no core".to_owned()
        }
        Compared::Nothing => format!("nothing, since there is no other one like it{unlike}"),
    }
}

fn difference_text(databases: &[Database], difference: &Difference) -> String {
    let Some(expected) = &difference.expected else {
        let heading = format!("  ? {}", difference.object);
        let mut text = paint(STRONG, &safe(&heading)) + "\n";
        text.extend(difference.others.iter().map(|variant| {
            let own = variant_text(variant);
            let who = names(databases, &variant.members, NAMED);
            format!("      in {who}{}", indented(own.as_deref()))
        }));
        return text;
    };
    let mut text = String::new();
    for variant in &difference.others {
        let sign = match change(&expected.variant, variant) {
            "added" => '+',
            "removed" => '-',
            _ => '~',
        };
        let heading = format!("  {sign} {}", difference.object);
        text += &(paint(STRONG, &safe(&heading)) + "\n");
        text += &format!("      in {}", names(databases, &variant.members, NAMED));
        text += &match expected.by {
            Authority::Majority => format!(", unlike {}\n", others(&expected.variant)),
            Authority::Release => ", unlike the release\n".to_owned(),
        };
        if let (Some(before), Some(after)) =
            (variant_text(&expected.variant), variant_text(variant))
        {
            text += &lines(&before, &after, "      ");
        }
    }
    text
}

fn others(variant: &Variant) -> String {
    match variant.members.len() {
        1 => "1 other".to_owned(),
        many => format!("{many} others"),
    }
}

/// The text, empty where the object is not there; `None` where it is there and the text is not at hand.
fn variant_text(variant: &Variant) -> Option<String> {
    match (&variant.digest, &variant.text) {
        (None, _) => Some(String::new()),
        (Some(_), text) => text.as_ref().map(ToString::to_string),
    }
}

fn indented(text: Option<&str>) -> String {
    match text {
        None => ": its text is not at hand\n".to_owned(),
        Some("") => ": not there\n".to_owned(),
        Some(text) => {
            let lines = text.lines().map(|line| format!("        {}\n", safe(line)));
            ":\n".to_owned() + &lines.collect::<String>()
        }
    }
}

fn names(databases: &[Database], members: &[usize], most: usize) -> String {
    let all = members.iter().filter_map(|at| databases.get(*at));
    let shown = all.take(most).map(|database| safe(&database.name));
    let mut text = shown.collect::<Vec<_>>().join(", ");
    if members.len() > most {
        text += &format!(" and {} more", members.len() - most);
    }
    text
}

fn change(expected: &Variant, found: &Variant) -> &'static str {
    match (&expected.digest, &found.digest) {
        (None, _) => "added",
        (_, None) => "removed",
        _ => "changed",
    }
}

/// For programs.
pub fn document(
    databases: &[Database],
    found: &Comparison,
    release: Option<&str>,
) -> wire::Compare {
    let named = |members: &[usize]| -> Vec<String> {
        let members = members.iter().filter_map(|at| databases.get(*at));
        members.map(|database| database.name.clone()).collect()
    };
    let odd: Vec<usize> = found.odd().into_iter().collect();
    wire::Compare {
        schema: "enact.compare/1",
        same: !found.differs(),
        odd: named(&odd),
        release: release.map(str::to_owned),
        databases: databases.iter().map(database).collect(),
        groups: found.groups.iter().map(|one| group(one, &named)).collect(),
    }
}

fn database(database: &Database) -> wire::ComparedDatabase {
    wire::ComparedDatabase {
        name: database.name.clone(),
        source: database.source.clone(),
        identity: database.identity.map(|identity| identity.to_string()),
        extensions: database.extensions.clone(),
    }
}

fn group(group: &Group, named: &dyn Fn(&[usize]) -> Vec<String>) -> wire::ComparedGroup {
    wire::ComparedGroup {
        core: group.core.as_ref().map(|core| wire::ComparedCore {
            position: core.number,
            digest: core.digest.to_string(),
            half_done: core.half_done,
        }),
        server_major: group.server_major,
        compared: match group.compared {
            Compared::Release => "release",
            Compared::Whole => "whole-schema",
            Compared::Common => "common-objects",
            Compared::Nothing => "nothing",
        },
        objects: group.objects,
        databases: named(&group.members),
        differences: group
            .differences
            .iter()
            .map(|difference| object(difference, named))
            .collect(),
    }
}

fn object(
    difference: &Difference,
    named: &dyn Fn(&[usize]) -> Vec<String>,
) -> wire::ComparedObject {
    let digest = |variant: &Variant| variant.digest.map(|digest| digest.to_string());
    let text = |variant: &Variant| variant.text.as_ref().map(ToString::to_string);
    let expected = difference.expected.as_ref();
    let found = |variant: &Variant| wire::FoundObject {
        change: match (expected, variant.digest) {
            (Some(expected), _) => change(&expected.variant, variant),
            (None, Some(_)) => "present",
            (None, None) => "absent",
        },
        digest: digest(variant),
        text: text(variant),
        databases: named(&variant.members),
    };
    wire::ComparedObject {
        object: difference.object.to_string(),
        expected: expected.map(|expected| wire::ExpectedObject {
            by: match expected.by {
                Authority::Majority => "majority",
                Authority::Release => "release",
            },
            digest: digest(&expected.variant),
            text: text(&expected.variant),
            databases: expected.variant.members.len(),
        }),
        found: difference.others.iter().map(found).collect(),
    }
}
