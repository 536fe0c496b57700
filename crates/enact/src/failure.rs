//! A failure as people and programs are told of it.

use std::ops::{Deref, DerefMut, Range};

use enact_engine::exit::Exit;
use enact_engine::run::failure::ServerError;

use crate::wire;

/// A command did not reach its goal. A pointer, since it travels in every result.
#[derive(Debug)]
pub struct Failure(Box<Told>);

/// Everything that is said about it.
#[derive(Debug)]
pub struct Told {
    /// Exit code.
    pub exit: Exit,
    /// What happened, in one line.
    pub message: String,
    /// Where in a file.
    pub place: Option<Place>,
    /// SQLSTATE, where the server gave one.
    pub sqlstate: Option<String>,
    /// Further lines of `label: text`.
    pub facts: Vec<(&'static str, String)>,
    /// Lines that `details` tells programs already.
    pub listed: Vec<(&'static str, String)>,
    /// Lines that may hold participants' data: for a terminal alone.
    pub private: Vec<(&'static str, String)>,
    /// What is unchanged and what had already taken effect.
    pub effect: Option<String>,
    /// What to do next: commands, or sentences where no command helps.
    pub next: Vec<String>,
    /// Lists for programs.
    pub details: wire::Details,
}

/// A place in a file, with the text around it where there is one to show.
#[derive(Debug)]
pub struct Place {
    /// The file as people name it.
    pub file: String,
    /// One-based line.
    pub line: u32,
    /// One-based column in characters.
    pub column: u32,
    /// The text around it.
    pub excerpt: Option<Excerpt>,
}

/// A few lines of a file.
#[derive(Debug)]
pub struct Excerpt {
    /// The lines.
    pub text: String,
    /// One-based number of the first of them.
    pub first_line: u32,
    /// What to mark, in bytes of `text`.
    pub span: Range<usize>,
}

/// How many lines stand before the one that matters.
const LINES_BEFORE: usize = 2;
/// A line longer than this is not shown.
const LONGEST_LINE: usize = 2000;

impl Failure {
    /// A failure of which only the message is known.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self(Box::new(Told {
            exit,
            message: message.into(),
            place: None,
            sqlstate: None,
            facts: Vec::new(),
            listed: Vec::new(),
            private: Vec::new(),
            effect: None,
            next: Vec::new(),
            details: wire::Details::default(),
        }))
    }

    /// A wrong command line or configuration.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Adds what to do next.
    #[must_use]
    pub fn next(mut self, next: impl Into<String>) -> Self {
        self.next.push(next.into());
        self
    }

    /// Adds what is unchanged or took effect.
    #[must_use]
    pub fn effect(mut self, effect: impl Into<String>) -> Self {
        self.effect = Some(effect.into());
        self
    }

    /// Adds a line.
    #[must_use]
    pub fn fact(mut self, label: &'static str, text: impl Into<String>) -> Self {
        self.facts.push((label, text.into()));
        self
    }

    /// Adds a line for each cause behind `error`. What the server said is taken apart, since its detail is private.
    #[must_use]
    pub fn causes(mut self, error: &dyn std::error::Error) -> Self {
        let mut next = error.source();
        while let Some(cause) = next {
            next = cause.source();
            match ServerError::of(cause) {
                Some(server) => self = self.server(&server),
                None if next.is_some_and(|next| ServerError::of(next).is_some()) => {}
                None => self.facts.push(("cause", cause.to_string())),
            }
        }
        self
    }

    /// Adds what the server said.
    #[must_use]
    pub fn server(mut self, server: &ServerError) -> Self {
        self.facts.push(("server", server.message.clone()));
        self.sqlstate = Some(server.sqlstate.clone());
        self.server_extras(server)
    }

    /// Adds what the server said besides its message.
    #[must_use]
    pub fn server_extras(mut self, server: &ServerError) -> Self {
        let hint = server.hint.clone();
        self.facts.extend(hint.map(|hint| ("server's hint", hint)));
        // A context quotes values of functions' arguments.
        let private = [
            ("detail", server.detail.clone()),
            ("context", server.context.clone()),
        ];
        let private = private
            .into_iter()
            .filter_map(|(label, text)| Some((label, text?)));
        self.private.extend(private);
        self
    }
}

impl Deref for Failure {
    type Target = Told;

    fn deref(&self) -> &Told {
        &self.0
    }
}

impl DerefMut for Failure {
    fn deref_mut(&mut self) -> &mut Told {
        &mut self.0
    }
}

impl Excerpt {
    /// The lines of `text` around `span`, which begins on line `line` of its file; nothing where they are unreadably long.
    pub fn around(text: &str, span: &Range<usize>, line: u32) -> Option<Self> {
        let before = text.get(..span.start)?;
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let (window, above) = lines_above(text, start, line);
        let end = text
            .get(span.start..)?
            .find('\n')
            .map_or(text.len(), |at| span.start + at);
        let shown = text.get(window..end)?;
        if shown.split('\n').any(|line| line.len() > LONGEST_LINE) {
            return None;
        }
        // A mark over many lines hides more than it shows: the first line says where the statement is.
        let marked = span.start - window..span.end.clamp(span.start, end) - window;
        Some(Self {
            text: shown.to_owned(),
            first_line: line - above,
            span: marked,
        })
    }
}

/// Where the lines to show begin, and how many of them stand above the one that begins at `start`.
fn lines_above(text: &str, start: usize, line: u32) -> (usize, u32) {
    let mut at = start;
    let mut above = 0;
    while above < LINES_BEFORE && above + 1 < line as usize && at > 0 {
        let before = text.get(..at - 1).unwrap_or_default();
        at = before.rfind('\n').map_or(0, |newline| newline + 1);
        above += 1;
    }
    (at, u32::try_from(above).unwrap_or(0))
}

/// Name of the kind of failure, in JSON and on the terminal.
pub fn name(exit: Exit) -> &'static str {
    match exit {
        Exit::Done => "done",
        Exit::Unexpected => "unexpected",
        Exit::Usage => "usage",
        Exit::NoExternalHead => "no-external-head",
        Exit::Pending => "pending",
        Exit::EntryAltered => "ledger-altered",
        Exit::EntryMissing => "ledger-missing",
        Exit::Reordered => "ledger-reordered",
        Exit::Truncated => "ledger-truncated",
        Exit::Forked => "ledger-forked",
        Exit::EvidenceAltered => "evidence-altered",
        Exit::DatabaseDiffers => "database-differs",
        Exit::Unsupported => "unsupported-format",
        Exit::FilesInvalid => "files-invalid",
        Exit::LintFindings => "lint-findings",
        Exit::HistoryDisagrees => "history-disagrees",
        Exit::Drift => "drift",
        Exit::Locked => "locked",
        Exit::MigrationFailed => "migration-failed",
        Exit::Unknown => "outcome-unknown",
        Exit::RollbackFailed => "rollback-failed",
        Exit::Refused => "refused",
        Exit::NotEnrolled => "not-enrolled",
        Exit::CannotConnect => "cannot-connect",
        Exit::Interrupted => "interrupted",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "one\ntwo\nthree\nfour five\nsix\n";

    #[test]
    fn an_excerpt_ends_with_the_line_that_matters() {
        let at = TEXT.find("five").unwrap();
        let excerpt = Excerpt::around(TEXT, &(at..at + 8), 4).unwrap();
        assert_eq!(excerpt.text, "two\nthree\nfour five");
        assert_eq!(
            (excerpt.first_line, &excerpt.text[excerpt.span]),
            (2, "five")
        );
    }

    #[test]
    fn an_excerpt_begins_no_earlier_than_its_file() {
        let at = TEXT.find("three").unwrap();
        let excerpt = Excerpt::around(TEXT, &(at..at + 1), 1).unwrap();
        assert_eq!((excerpt.text.as_str(), excerpt.first_line), ("three", 1));
    }

    #[test]
    fn a_line_of_megabytes_is_not_shown() {
        let text = "x".repeat(3000);
        assert!(Excerpt::around(&text, &(0..1), 1).is_none());
    }
}
