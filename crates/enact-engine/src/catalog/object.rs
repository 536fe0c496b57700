//! Names of schema objects.

use std::fmt;

/// The identity of one object, written as `table public.sites` or `comment on table public.sites`.
///
/// Names are quoted as in SQL and qualified with their schema; an object of a table is qualified
/// with its table too (`policy public.sites.readers`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    /// What it is: `table`, `column`, `comment on`, `grant on`, `owner of` …
    pub kind: String,
    /// Which one, unique among its kind.
    pub name: String,
}

impl ObjectId {
    /// The object of this kind and this (quoted, qualified) name.
    pub fn new(kind: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            name: name.into(),
        }
    }

    /// Whether this describes another object (its comment, grants, owner or security label).
    pub fn is_annotation(&self) -> bool {
        self.kind.ends_with(" on") || self.kind.ends_with(" of")
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.name)
    }
}
