//! Statements of an extension, read against the core.

use enact_lint::{CoreNames, Name, Touch, touches};
use enact_release::{Action, Leave, Package};
use enact_sql::script::Script;

/// The core's objects and leave, and what the extension has made so far.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    names: CoreNames,
    leave: Leave,
    own: Vec<Name>,
}

impl Reading {
    pub fn new(names: CoreNames, leave: Leave) -> Self {
        let own = Vec::new();
        Self { names, leave, own }
    }

    /// The objects that a release has when it is applied whole, on whichever major version it has them.
    pub fn of_release(package: &Package) -> Self {
        let majors = package.objects.values();
        let all: Vec<_> = majors.map(|objects| objects.at(u32::MAX)).collect();
        let names = CoreNames::new(all.iter().flat_map(|objects| objects.keys().copied()));
        Self::new(names, package.manifest.leave.clone())
    }

    /// What the statements of the extension's next migration do to the core without leave.
    pub fn migration(&mut self, script: &Script) -> Vec<Touch> {
        Self::read(&self.names, &self.leave, &mut self.own, script)
    }

    /// The same of a rollback of the migration that was read last.
    pub fn rollback(&self, script: &Script) -> Vec<Touch> {
        Self::read(&self.names, &self.leave, &mut self.own.clone(), script)
    }

    fn read(names: &CoreNames, leave: &Leave, own: &mut Vec<Name>, script: &Script) -> Vec<Touch> {
        let gives = |key: &str, object: &str| {
            let action = Action::ALL.into_iter().find(|action| action.key() == key);
            action.is_some_and(|action| leave.allows(action, object))
        };
        touches(script, names, &gives, own)
    }
}
