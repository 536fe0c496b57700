//! The core against its release.

use enact_engine::core::{Core, CoreDrift};

use crate::ui::style::{BAD, paint, plural, safe};
use crate::wire;

/// In what a core is not as released.
pub fn other(core: Option<&Core>) -> Option<&CoreDrift> {
    match core {
        Some(Core::Differs(drift)) => Some(drift),
        _ => None,
    }
}

/// Whether it is as released, where that can be told.
pub fn as_released(core: Option<&Core>) -> Option<bool> {
    match core? {
        Core::Unproven => None,
        Core::Same(_) => Some(true),
        Core::Differs(_) => Some(false),
    }
}

/// In a line.
pub fn line(core: &CoreDrift) -> String {
    format!(
        "core {}: {} not as release {} made it",
        paint(BAD, "differs"),
        plural(core.objects.len(), "object"),
        safe(&core.release)
    )
}

/// The line, and one for each object.
pub fn text(core: &CoreDrift) -> String {
    let objects = core.objects.iter();
    let objects = objects
        .map(|(object, change)| format!("  {}: {}\n", safe(&object.to_string()), change.as_str()));
    format!("{}\n{}", line(core), objects.collect::<String>())
}

/// For programs.
pub fn document(core: &CoreDrift) -> wire::OtherCore {
    let objects = core.objects.iter();
    wire::OtherCore {
        release: core.release.clone(),
        number: core.number,
        expected: core.expected.to_string(),
        actual: core.actual.to_string(),
        objects: objects
            .map(|(object, change)| wire::OtherObject {
                object: object.to_string(),
                change: change.as_str(),
            })
            .collect(),
    }
}
