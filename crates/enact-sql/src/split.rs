//! Text to pieces, with the borders that psql would see.
//!
//! A piece is one statement with the comments before it and its `;`, or a psql meta-command, or
//! what is left over at the end. Nothing is dropped: the pieces concatenate to the text.

mod follow;

use std::ops::Range;

use follow::{Atomic, CopyState, Nesting, Previous};

use crate::lex::{Kind, Lexer, Opened, Token, Unterminated};

/// What a piece holds.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PieceKind {
    /// White space, comments, a lone `;`.
    Trivia,
    /// One statement.
    Sql,
    /// One `COPY … FROM stdin` and its data lines, without the closing `\.`.
    Copy {
        /// Byte range of the data.
        data: Range<usize>,
    },
    /// A psql meta-command on a line of its own.
    Meta,
}

/// One piece of a text; all ranges are byte ranges in that text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Piece {
    /// What the piece holds.
    pub kind: PieceKind,
    /// Everything: leading trivia, statement, terminator, COPY data.
    pub range: Range<usize>,
    /// The statement without leading and trailing trivia and without `;`, or the meta-command.
    pub body: Range<usize>,
    /// Does a `;` end the statement?
    pub terminated: bool,
    /// Psql meta-commands inside the statement.
    pub metas: Vec<Range<usize>>,
    /// Offsets of colons that psql could take for `:variable`.
    pub variables: Vec<usize>,
    /// Comments that look like a directive of Enact.
    pub directives: Vec<Range<usize>>,
    /// Upper bound of how deep the statement's parse tree nests, in tokens.
    pub depth: usize,
}

/// Why a text cannot be split.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SplitError {
    /// A string constant has no closing quote.
    #[error("quote opened here is never closed")]
    Quote {
        /// Byte offset of the opening.
        offset: usize,
    },
    /// A quoted identifier has no closing quote.
    #[error("quoted identifier opened here is never closed")]
    Identifier {
        /// Byte offset of the opening.
        offset: usize,
    },
    /// A block comment has no closing `*/`.
    #[error("comment opened here is never closed")]
    Comment {
        /// Byte offset of the opening.
        offset: usize,
    },
    /// A dollar quote has no closing delimiter.
    #[error("dollar quote opened here is never closed")]
    DollarQuote {
        /// Byte offset of the opening.
        offset: usize,
    },
    /// `COPY … FROM stdin` without a line `\.` after its data.
    #[error("data of this COPY has no end")]
    CopyData {
        /// Byte offset of the COPY statement.
        offset: usize,
    },
    /// Something stands between `COPY … FROM stdin;` and the end of its line.
    #[error("text after this COPY on the same line would run after its data")]
    CopyLine {
        /// Byte offset of the text.
        offset: usize,
    },
}

impl SplitError {
    /// Byte offset of what was opened.
    #[must_use]
    pub fn offset(&self) -> usize {
        match self {
            Self::Quote { offset }
            | Self::Identifier { offset }
            | Self::Comment { offset }
            | Self::DollarQuote { offset }
            | Self::CopyData { offset }
            | Self::CopyLine { offset } => *offset,
        }
    }
}

impl From<Unterminated> for SplitError {
    fn from(open: Unterminated) -> Self {
        let offset = open.start;
        match open.opened {
            Opened::Text => Self::Quote { offset },
            Opened::Name => Self::Identifier { offset },
            Opened::Comment => Self::Comment { offset },
            Opened::Dollar => Self::DollarQuote { offset },
        }
    }
}

/// Splits a text into pieces.
///
/// # Errors
/// [`SplitError`] with the offset of what was opened and never closed.
pub fn split(text: &str) -> Result<Vec<Piece>, SplitError> {
    Splitter::new(text).collect()
}

/// Yields one piece after the other; after an error it ends.
pub struct Splitter<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    failed: bool,
}

impl<'a> Splitter<'a> {
    /// Starts at the beginning of a text.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        Self {
            text,
            lexer: Lexer::new(text),
            failed: false,
        }
    }

    fn piece(&mut self) -> Result<Option<Piece>, SplitError> {
        let mut state = State::new(self.lexer.at);
        while let Some(token) = self.lexer.next_token()? {
            if token.kind == Kind::Backslash {
                if self.meta(&mut state, token) {
                    return Ok(Some(state.finish(PieceKind::Meta, self.lexer.at)));
                }
            } else if state.take(self.text, token) {
                return self.terminated(state).map(Some);
            }
        }
        let end = self.lexer.at;
        match state.copies() {
            true => Err(SplitError::CopyData {
                offset: state.body.start,
            }),
            false if end == state.start => Ok(None),
            false if state.body.is_empty() => Ok(Some(state.finish(PieceKind::Trivia, end))),
            false => Ok(Some(state.finish(PieceKind::Sql, end))),
        }
    }

    /// Takes a meta-command; true when it is a piece of its own.
    fn meta(&mut self, state: &mut State, token: Token) -> bool {
        let rest = self.text.get(token.end..).unwrap_or_default();
        if rest.starts_with([';', ':']) {
            self.lexer.at = token.end + 1;
            state.metas.push(token.start..self.lexer.at);
            return false;
        }
        self.lexer.at = token.end + rest.find('\n').unwrap_or(rest.len());
        if state.body.is_empty() {
            state.body = token.start..self.lexer.at;
            return true;
        }
        state.metas.push(token.start..self.lexer.at);
        false
    }

    fn terminated(&mut self, state: State) -> Result<Piece, SplitError> {
        if state.body.is_empty() {
            return Ok(state.terminate(PieceKind::Trivia, self.lexer.at));
        }
        if !state.copies() {
            return Ok(state.terminate(PieceKind::Sql, self.lexer.at));
        }
        let data = self.copy_data(state.body.start)?;
        Ok(state.terminate(PieceKind::Copy { data }, self.lexer.at))
    }

    /// Data of a COPY: from the line after it to the line `\.`, which is skipped.
    fn copy_data(&mut self, copy: usize) -> Result<Range<usize>, SplitError> {
        let start = self.rest_of_line(copy)?;
        let mut at = start;
        for line in self
            .text
            .get(start..)
            .unwrap_or_default()
            .split_inclusive('\n')
        {
            let next = at + line.len();
            if line.trim_end_matches(['\r', '\n']) == "\\." {
                self.lexer.at = next;
                return Ok(start..at);
            }
            at = next;
        }
        Err(SplitError::CopyData { offset: copy })
    }

    /// Offset of the next line, when only white space and comments stand before it.
    fn rest_of_line(&mut self, copy: usize) -> Result<usize, SplitError> {
        let line_end = self
            .text
            .get(self.lexer.at..)
            .and_then(|rest| rest.find('\n'));
        let Some(line_end) = line_end.map(|found| self.lexer.at + found) else {
            return Err(SplitError::CopyData { offset: copy });
        };
        while self.lexer.at < line_end {
            let at = self.lexer.at;
            let token = self.lexer.next_token()?;
            if !token.is_some_and(Token::is_trivia) {
                return Err(SplitError::CopyLine { offset: at });
            }
            if token.is_some_and(|token| token.kind == Kind::BlockComment && token.end > line_end) {
                return Err(SplitError::CopyLine { offset: at });
            }
        }
        Ok(line_end + 1)
    }
}

impl Iterator for Splitter<'_> {
    type Item = Result<Piece, SplitError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let piece = self.piece();
        self.failed = piece.is_err();
        piece.transpose()
    }
}

/// What is known of the piece being read.
#[derive(Default)]
struct State {
    start: usize,
    body: Range<usize>,
    metas: Vec<Range<usize>>,
    variables: Vec<usize>,
    directives: Vec<Range<usize>>,
    parens: usize,
    brackets: usize,
    atomic: Atomic,
    copy: CopyState,
    nesting: Nesting,
    previous: Previous,
}

impl State {
    fn new(start: usize) -> Self {
        Self {
            start,
            body: start..start,
            ..Self::default()
        }
    }

    fn copies(&self) -> bool {
        self.copy == CopyState::FromStdin
    }

    /// Takes a token; true when it is the `;` that ends the statement.
    fn take(&mut self, text: &str, token: Token) -> bool {
        if token.is_trivia() {
            if token.kind == Kind::LineComment && crate::directive::looks_like(token.of(text)) {
                self.directives.push(token.start..token.end);
            }
            return false;
        }
        let word = token.of(text);
        if word == ";" && self.parens == 0 && self.atomic.depth == 0 {
            return true;
        }
        if self.body.is_empty() {
            self.body.start = token.start;
        }
        self.body.end = token.end;
        self.nesting.take(word);
        match token.kind {
            Kind::Word => self.word(word),
            Kind::Sign => self.sign(text, token),
            _ => {
                self.copy.other();
                self.previous = Previous::Other;
            }
        }
        false
    }

    fn word(&mut self, word: &str) {
        if self.parens == 0 {
            self.atomic.word(word, self.previous);
            self.copy.word(word, self.previous);
        }
        self.previous = match word {
            _ if word.eq_ignore_ascii_case("begin") => Previous::Begin,
            _ if word.eq_ignore_ascii_case("as") => Previous::LabelNext,
            _ if word.eq_ignore_ascii_case("from") => Previous::From,
            _ => Previous::Other,
        };
    }

    fn sign(&mut self, text: &str, token: Token) {
        let sign = token.of(text);
        self.previous = Previous::Other;
        self.copy.other();
        match sign {
            "(" => self.parens += 1,
            ")" => self.parens = self.parens.saturating_sub(1),
            "[" => self.brackets += 1,
            "]" => self.brackets = self.brackets.saturating_sub(1),
            "." => self.previous = Previous::LabelNext,
            ":" if self.brackets == 0 && names_variable(text, token.end) => {
                self.variables.push(token.start);
            }
            _ => {}
        }
    }

    fn terminate(self, kind: PieceKind, end: usize) -> Piece {
        Piece {
            terminated: true,
            ..self.finish(kind, end)
        }
    }

    fn finish(self, kind: PieceKind, end: usize) -> Piece {
        Piece {
            kind,
            range: self.start..end,
            body: self.body,
            terminated: false,
            metas: self.metas,
            variables: self.variables,
            directives: self.directives,
            depth: self.nesting.deepest,
        }
    }
}

/// Would psql take a colon before `at` for a variable?
fn names_variable(text: &str, at: usize) -> bool {
    let next = text.get(at..).and_then(|rest| rest.chars().next());
    next.is_some_and(|next| next.is_alphanumeric() || "_'\"{".contains(next))
}

#[cfg(test)]
#[path = "split_tests.rs"]
mod tests;
