//! What is wrong with a file, where, and how to mend it.

use std::fmt;
use std::path::PathBuf;

/// One thing wrong with a file of the repository.
///
/// Problems sort by file, line and column, which is the order people read them in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file or folder, relative to the repository's root where it is inside.
    pub file: PathBuf,
    /// Line, from 1; `None` if the problem is the file as a whole.
    pub line: Option<usize>,
    /// Column in characters, from 1.
    pub column: Option<usize>,
    /// Stable kebab-case name of the kind of problem.
    pub id: &'static str,
    /// What is wrong: a fragment in lower case.
    pub message: String,
    /// What to do about it.
    pub mend: String,
}

impl Problem {
    /// A problem of a file as a whole.
    pub fn of_file(
        id: &'static str,
        file: impl Into<PathBuf>,
        message: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        let (message, mend) = (message.into(), mend.into());
        Self {
            file: file.into(),
            line: None,
            column: None,
            id,
            message,
            mend,
        }
    }

    /// The same problem, at a line and column.
    #[must_use]
    pub fn at(self, line: usize, column: usize) -> Self {
        Self {
            line: Some(line),
            column: Some(column),
            ..self
        }
    }
}

impl fmt::Display for Problem {
    /// `file:line:column: message (mend)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        for place in [self.line, self.column].into_iter().flatten() {
            write!(f, ":{place}")?;
        }
        write!(f, ": {} ({})", self.message, self.mend)
    }
}
