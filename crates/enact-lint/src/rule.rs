//! The rules there are.

mod all;

use std::fmt;

pub use all::RULES;
use all::{BUILD, REWRITE, SCAN};

use crate::trace::Work;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; the script does what it says.
    Notice,
    /// It can hurt, depending on what the text does not say.
    Warning,
    /// It stops the application, loses data, or fails.
    Error,
}

impl Severity {
    /// As configuration and documents name it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// The severity of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Notice, Self::Warning, Self::Error]
            .into_iter()
            .find(|severity| severity.as_str() == name)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Its name, in lower case with hyphens; also that of its page.
    pub id: &'static str,
    /// How bad its findings are, unless configured.
    pub severity: Severity,
    /// What it finds.
    pub title: &'static str,
    /// What happens on a running system.
    pub effect: &'static str,
}

/// The rule of that name.
#[must_use]
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}

/// Rules that take longer, or harm more, the more rows a table has, beside those that read or write each.
const GROWS: &[&str] = &[
    "fk-validates",
    "validate-same-tx",
    "index-not-concurrent",
    "reindex-not-concurrent",
    "refresh-not-concurrent",
    "backfill-under-lock",
    "unbatched-dml",
    "truncate",
];

/// Rules that a target's catalog can prove where the files alone are silent.
const BY_CATALOG: &[&str] = &[
    "rewrite-volatile-default",
    "rewrite-type",
    "rewrite-domain",
    "type-recheck",
    "type-blocked",
    "several-strong-locks",
    "primary-key-nullable",
    "not-valid-live-rows",
    "fk-no-index",
    "fk-type-mismatch",
    "rule-swallows-dml",
    "sequence-int-overflow",
    "concurrently-partitioned",
    "view-options-lost",
];

/// The rule of what only a sandbox shows.
pub(crate) const WORK_UNDER_LOCK: &str = "work-under-lock";

impl Rule {
    /// Can only a sandbox prove it?
    #[must_use]
    pub fn needs_a_sandbox(&self) -> bool {
        self.id == WORK_UNDER_LOCK
    }

    /// What a sandbox must see if its findings are true.
    pub(crate) fn work(&self) -> Option<Work> {
        match (self.effect, self.id) {
            (REWRITE, _) => Some(Work::Rewrite),
            (BUILD, _) | (_, "index-not-concurrent" | "reindex-not-concurrent") => {
                Some(Work::Build)
            }
            (SCAN, _) | (_, "fk-validates" | "validate-same-tx" | "backfill-under-lock") => {
                Some(Work::Scan)
            }
            _ => None,
        }
    }

    /// Does it matter how big the table is?
    pub(crate) fn grows(&self) -> bool {
        [REWRITE, SCAN, BUILD].contains(&self.effect) || GROWS.contains(&self.id)
    }

    /// Can a target's catalog prove it where the files alone are silent?
    pub(crate) fn may_need_a_target(&self) -> bool {
        BY_CATALOG.contains(&self.id)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_of_rules_are_kebab_case_and_unique() {
        let kebab = |id: &str| {
            id.bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
        };
        assert!(RULES.iter().all(|rule| kebab(rule.id)));
        let ids: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).collect();
        assert_eq!(ids.len(), RULES.len());
    }
}
