//! A core, as an extension meets it.

#![expect(clippy::expect_used, reason = "a case that cannot be read has failed")]

use enact_lint::{CoreNames, Name, Touch, touches};
use enact_release::{Action, Leave};
use enact_sql::script::Script;

/// The core, and what the extension has made so far.
#[derive(Clone, Default)]
pub struct Core {
    names: CoreNames,
    leave: Leave,
    own: Vec<Name>,
}

impl Core {
    /// With the objects, and with leave for one action on one object.
    pub fn new(objects: &str, leave: Option<&str>) -> Self {
        let objects = objects
            .split(';')
            .filter_map(|one| one.trim().split_once(' '));
        let leave = leave.map(|leave| leave.split_once(' ').expect("action object"));
        let leave = leave.map(|(action, object)| serde_json::json!({ action: [object] }));
        Self {
            names: CoreNames::new(objects),
            leave: leave.map_or_else(Leave::default, |leave| {
                serde_json::from_value(leave).expect("an action")
            }),
            own: Vec::new(),
        }
    }

    /// What the extension's next text does to it.
    pub fn touches(&mut self, script: &Script) -> Vec<Touch> {
        let gives = |key: &str, object: &str| {
            let action = Action::ALL.into_iter().find(|action| action.key() == key);
            self.leave.allows(action.expect("an action"), object)
        };
        touches(script, &self.names, &gives, &mut self.own)
    }
}
