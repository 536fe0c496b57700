//! `\i` and `\ir`: files inlined into one text that remembers where each byte came from.

use std::ops::Range;

use crate::lines::LineMap;
use crate::meta::{self, Meta};
use crate::split::{Piece, PieceKind, SplitError, Splitter};

/// A place in the file that a person edits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location<'a> {
    /// Name of the file, as given or as read by the loader.
    pub file: &'a str,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// A text with every included file inlined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expanded {
    text: String,
    sources: Vec<Source>,
    /// Ascending by `at`; each reaches to the next one's start.
    spans: Vec<Span>,
}

/// One file that was read, with its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Source {
    file: String,
    text: Option<String>,
    lines: LineMap,
}

/// From `at` in the whole, the text is that of `source` from `offset`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    at: usize,
    source: usize,
    offset: usize,
}

/// Why a file cannot be inlined.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IncludeError {
    /// The loader could not give the file's text.
    #[error("cannot include `{path}`: {reason}")]
    Unreadable {
        /// File with the meta-command.
        file: String,
        /// Line of the meta-command, from 1.
        line: usize,
        /// Path asked of the loader.
        path: String,
        /// What the loader said.
        reason: String,
    },
    /// The path leads out of the repository.
    #[error("`{path}` is outside the repository")]
    Outside {
        /// File with the meta-command.
        file: String,
        /// Line of the meta-command, from 1.
        line: usize,
        /// Path as written.
        path: String,
    },
    /// An included file cannot be split into statements on its own.
    #[error("cannot include `{path}`: line {at}: {source}")]
    Unsplittable {
        /// File with the meta-command.
        file: String,
        /// Line of the meta-command, from 1.
        line: usize,
        /// The included file.
        path: String,
        /// Line in the included file, from 1.
        at: usize,
        /// What is wrong there.
        source: SplitError,
    },
    /// A file includes itself, directly or through others.
    #[error("`{path}` includes itself")]
    Cycle {
        /// File with the meta-command.
        file: String,
        /// Line of the meta-command, from 1.
        line: usize,
        /// Path that came back.
        path: String,
    },
}

impl Expanded {
    /// A text that includes nothing.
    #[must_use]
    pub fn plain(text: impl Into<String>, file: impl Into<String>) -> Self {
        let text = text.into();
        let source = Source {
            file: file.into(),
            lines: LineMap::new(&text),
            text: None,
        };
        let whole = Span {
            at: 0,
            source: 0,
            offset: 0,
        };
        Self {
            text,
            sources: vec![source],
            spans: vec![whole],
        }
    }

    /// The whole text, which is what is digested and executed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Does the text come from more than one file?
    #[must_use]
    pub fn has_includes(&self) -> bool {
        self.sources.len() > 1
    }

    /// File, line and column of a byte offset in the whole text.
    #[must_use]
    pub fn locate(&self, offset: usize) -> Location<'_> {
        let offset = offset.min(self.text.len());
        let next = self.spans.partition_point(|span| span.at <= offset);
        let span = self.spans.get(next.saturating_sub(1)).copied();
        let span = span.unwrap_or(Span {
            at: 0,
            source: 0,
            offset: 0,
        });
        let Some(source) = self.sources.get(span.source) else {
            return Location {
                file: "",
                line: 1,
                column: 1,
            };
        };
        let text = source.text.as_deref().unwrap_or(&self.text);
        let place = source.lines.position(text, span.offset + offset - span.at);
        Location {
            file: &source.file,
            line: place.line,
            column: place.column,
        }
    }

    /// The original text of the file that [`locate`](Self::locate) names, to quote lines from.
    #[must_use]
    pub fn file_text(&self, file: &str) -> Option<&str> {
        let source = self.sources.iter().find(|source| source.file == file)?;
        Some(source.text.as_deref().unwrap_or(&self.text))
    }
}

/// Inlines every `\i` and `\ir` of a text, recursively.
///
/// `file` is the text's path within the repository, with `/`. The loader gets paths of the same
/// kind: those of `\ir` are resolved against the including file's directory, those of `\i` against
/// the repository's root, where psql is usually started. A statement that an included file leaves
/// without `;` ends with that file, as in psql.
///
/// # Errors
/// [`IncludeError`], naming the line of the meta-command. A text that cannot be split is left as it
/// is from the place where that shows; [`crate::script::analyse`] will say so.
pub fn expand(
    text: impl Into<String>,
    file: &str,
    loader: &mut dyn FnMut(&str) -> Result<String, String>,
) -> Result<Expanded, IncludeError> {
    let text = text.into();
    if !text.contains("\\i") || !includes_any(&text) {
        return Ok(Expanded::plain(text, file));
    }
    let mut expander = Expander {
        loader,
        open: Vec::new(),
        whole: Expanded::empty(),
    };
    expander.file(text, file)?;
    Ok(expander.whole)
}

fn includes_any(text: &str) -> bool {
    let mut pieces = Splitter::new(text).map_while(Result::ok);
    pieces.any(|piece| included(text, &piece).is_some())
}

impl Expanded {
    fn empty() -> Self {
        Self {
            text: String::new(),
            sources: Vec::new(),
            spans: Vec::new(),
        }
    }

    fn push(&mut self, source: usize, offset: usize, part: &str) {
        self.spans.push(Span {
            at: self.text.len(),
            source,
            offset,
        });
        self.text.push_str(part);
    }
}

struct Expander<'a> {
    loader: &'a mut dyn FnMut(&str) -> Result<String, String>,
    /// Files that are being read, outermost first.
    open: Vec<String>,
    whole: Expanded,
}

impl Expander<'_> {
    fn file(&mut self, text: String, file: &str) -> Result<(), IncludeError> {
        let source = self.whole.sources.len();
        let lines = LineMap::new(&text);
        let kept = Some(text.clone());
        self.whole.sources.push(Source {
            file: file.to_owned(),
            text: kept,
            lines,
        });
        self.open.push(file.to_owned());
        let mut done = 0;
        let mut unended = false;
        for piece in Splitter::new(&text).map_while(Result::ok) {
            unended = !piece.terminated && piece.kind == PieceKind::Sql;
            if let Some((path, relative)) = included(&text, &piece) {
                self.whole.push(
                    source,
                    done,
                    text.get(done..piece.body.start).unwrap_or_default(),
                );
                self.include(source, piece.body.start, path, relative)?;
                done = piece.body.end;
            }
        }
        self.whole
            .push(source, done, text.get(done..).unwrap_or_default());
        if unended && self.open.len() > 1 {
            self.whole.push(source, text.len(), "\n;");
        }
        self.open.pop();
        Ok(())
    }

    fn include(
        &mut self,
        source: usize,
        at: usize,
        path: &str,
        relative: bool,
    ) -> Result<(), IncludeError> {
        let place = self.whole.sources.get(source);
        let (file, line) = place.map_or((String::new(), 1), |source| {
            (source.file.clone(), source.lines.line(at))
        });
        let base = if relative { directory(&file) } else { "" };
        let Some(resolved) = resolve(base, path) else {
            return Err(IncludeError::Outside {
                file,
                line,
                path: path.to_owned(),
            });
        };
        if self.open.contains(&resolved) {
            return Err(IncludeError::Cycle {
                file,
                line,
                path: resolved,
            });
        }
        match (self.loader)(&resolved) {
            Ok(text) => match Splitter::new(&text).find_map(Result::err) {
                None => self.file(text, &resolved),
                Some(source) => {
                    let at = LineMap::new(&text).line(source.offset());
                    Err(IncludeError::Unsplittable {
                        file,
                        line,
                        path: resolved,
                        at,
                        source,
                    })
                }
            },
            Err(reason) => Err(IncludeError::Unreadable {
                file,
                line,
                path: resolved,
                reason,
            }),
        }
    }
}

fn included<'t>(text: &'t str, piece: &Piece) -> Option<(&'t str, bool)> {
    if piece.kind != PieceKind::Meta {
        return None;
    }
    let command: Range<usize> = piece.body.clone();
    match meta::read(text.get(command)?) {
        Meta::Include { path, relative } => Some((path, relative)),
        Meta::Ignored | Meta::Refused => None,
    }
}

fn directory(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// Joins two paths without looking at the disk; `None` when the result is not below the root.
fn resolve(base: &str, path: &str) -> Option<String> {
    if path.starts_with('/') || path.contains('\\') {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
#[path = "include_tests.rs"]
mod tests;
