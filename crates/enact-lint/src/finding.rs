//! What is found.

use std::ops::Range;

use crate::catalog::Extent;
use crate::rule::Severity;

/// What a finding rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Layer {
    /// The parse tree, of this file and of those before it.
    Parse,
    /// What the target's catalog says.
    Catalog,
    /// What a sandbox saw the statement do.
    Sandbox,
}

/// Whether a sandbox saw what a finding speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sandbox {
    /// It did.
    Seen,
    /// The statement ran and did no such thing.
    NotSeen,
}

impl Sandbox {
    /// As documents name it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Seen => "seen",
            Self::NotSeen => "not seen",
        }
    }
}

impl Layer {
    /// As documents name it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Parse => "parse tree",
            Self::Catalog => "target catalog",
            Self::Sandbox => "sandbox",
        }
    }
}

/// One thing that a person should know before the script runs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// Name of the rule.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What it rests on.
    pub layer: Layer,
    /// What a sandbox says to that; none if it was not asked, or cannot tell.
    pub sandbox: Option<Sandbox>,
    /// The file as the person knows it.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Byte range in the script's text.
    pub range: Range<usize>,
    /// The text in that range on one line, which does not change when lines before it do.
    pub subject: String,
    /// What is wrong, in one line.
    pub message: String,
    /// Size of the table, where the time that it takes depends on that and a target told it.
    pub extent: Option<Extent>,
    /// What happens on a running system.
    pub effect: String,
    /// The safe way: SQL with the real names, or a sentence as an SQL comment.
    pub safe: Option<String>,
}

impl Finding {
    /// The rule's page, from the root of Enact's documentation.
    #[must_use]
    pub fn page(&self) -> String {
        format!("docs/rules/{}.md", self.rule)
    }
}
