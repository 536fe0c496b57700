//! What extensions may do to objects of the core: given by the core team, carried in every release.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Something that an extension may do to a core object only with leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Make objects in one of the core's schemas.
    Create,
    /// Grant privileges on it, or revoke them.
    Grant,
    /// Build an index or extended statistics on it.
    Index,
    /// Add a trigger to it.
    Trigger,
    /// Add a policy to it.
    Policy,
    /// Comment on it.
    Comment,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 6] = [
        Self::Create,
        Self::Grant,
        Self::Index,
        Self::Trigger,
        Self::Policy,
        Self::Comment,
    ];

    /// The key under `[leave]`.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Grant => "grant",
            Self::Index => "index",
            Self::Trigger => "trigger",
            Self::Policy => "policy",
            Self::Comment => "comment",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

/// `[leave]`: for each action the objects that it may be done to.
///
/// An object is written as the snapshot names it, quoted and qualified: `diary.participants`; `diary.*` stands for
/// everything in a schema. For [`Action::Create`] it is the schema alone: `diary`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Leave {
    /// Schemas of the core in which extensions may make objects.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub create: Vec<String>,
    /// Objects on which extensions may grant and revoke.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub grant: Vec<String>,
    /// Tables on which extensions may build indexes and statistics.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub index: Vec<String>,
    /// Tables to which extensions may add triggers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trigger: Vec<String>,
    /// Tables to which extensions may add policies.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policy: Vec<String>,
    /// Objects on which extensions may comment.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub comment: Vec<String>,
}

impl Leave {
    /// Whether `action` may be done to `object`, which is named as in the snapshot.
    #[must_use]
    pub fn allows(&self, action: Action, object: &str) -> bool {
        self.patterns(action)
            .iter()
            .any(|pattern| matches(pattern, object))
    }

    /// Whether no leave is given at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        Action::ALL
            .iter()
            .all(|action| self.patterns(*action).is_empty())
    }

    /// What is written for `action`.
    #[must_use]
    pub fn patterns(&self, action: Action) -> &[String] {
        match action {
            Action::Create => &self.create,
            Action::Grant => &self.grant,
            Action::Index => &self.index,
            Action::Trigger => &self.trigger,
            Action::Policy => &self.policy,
            Action::Comment => &self.comment,
        }
    }
}

fn matches(pattern: &str, object: &str) -> bool {
    match pattern.strip_suffix(".*") {
        Some(schema) => object
            .strip_prefix(schema)
            .is_some_and(|rest| rest.starts_with('.')),
        None => pattern == object,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leave() -> Leave {
        serde_json::from_str(r#"{"create": ["diary"], "grant": ["diary.*"], "index": ["diary.t"]}"#)
            .unwrap()
    }

    #[test]
    fn is_for_the_action_and_the_object_that_are_written() {
        let leave = leave();
        assert!(leave.allows(Action::Create, "diary"));
        assert!(leave.allows(Action::Grant, "diary.anything"));
        assert!(leave.allows(Action::Index, "diary.t"));
        assert!(!leave.allows(Action::Index, "diary.t2"));
        assert!(!leave.allows(Action::Trigger, "diary.t"));
        assert!(!leave.allows(Action::Grant, "diary2.t"));
    }

    #[test]
    fn none_is_the_default() {
        assert!(Leave::default().is_empty());
        assert!(!leave().is_empty());
        assert_eq!(serde_json::to_string(&Leave::default()).unwrap(), "{}");
    }
}
