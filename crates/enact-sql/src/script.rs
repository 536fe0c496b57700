//! A file as the engine runs it: segments of statements, and everything that is wrong with it.

use std::ops::Range;

use crate::backfill::{self, Backfill, Options};
use crate::classify::{self, Class, Refusal, Standalone};
use crate::directive::{self, Directive, DirectiveKind};
use crate::guard;
use crate::header::{self, Header};
use crate::include::{Expanded, Location};
use crate::meaning::Meaning;
use crate::meta::{self, Meta};
use crate::parse::Fault;
use crate::segment::{Builder, Item};
use crate::split::{Piece, PieceKind, SplitError, Splitter};
use crate::text;

/// Something wrong with a file, so that it is not executed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// Kebab-case name of the kind of problem.
    pub id: &'static str,
    /// Byte range in the text; empty at the end of the text for something missing.
    pub range: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub mend: String,
}

impl Problem {
    pub(crate) fn new(
        id: &'static str,
        range: Range<usize>,
        message: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self {
            id,
            range,
            message: message.into(),
            mend: mend.into(),
        }
    }
}

/// One statement, to be sent on its own.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statement {
    /// Byte range of what is sent: without comments around it and without `;`.
    pub range: Range<usize>,
    /// Byte range of the data of `COPY … FROM stdin`, without the closing `\.`.
    pub copy_data: Option<Range<usize>>,
    /// Short name for people, such as `CREATE TABLE`.
    pub tag: &'static str,
    /// Is it `ROLLBACK TO SAVEPOINT`?
    pub rolls_back_to_savepoint: bool,
}

/// How a segment runs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SegmentKind {
    /// All its statements in one transaction.
    Transactional,
    /// One statement that PostgreSQL refuses in a transaction.
    Standalone(Standalone),
    /// One statement in batches, each a transaction.
    Backfill(Box<Backfill>),
}

/// Statements that run together, in file order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Segment {
    /// How it runs.
    pub kind: SegmentKind,
    /// Its statements; exactly one unless it is transactional, never none.
    pub statements: Vec<Statement>,
}

impl Segment {
    /// Does a statement roll back to a savepoint, so that an earlier statement's failure need not
    /// be the segment's?
    #[must_use]
    pub fn rolls_back_to_savepoint(&self) -> bool {
        self.statements
            .iter()
            .any(|statement| statement.rolls_back_to_savepoint)
    }
}

/// A file, read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Script {
    /// The text with its included files.
    pub source: Expanded,
    /// SHA-256 over the text.
    pub digest: [u8; 32],
    /// Token-normalised SHA-256; `None` when the text cannot be split.
    pub meaning: Option<[u8; 32]>,
    /// The header.
    pub header: Header,
    /// Directives in file order.
    pub directives: Vec<Directive>,
    /// What runs, in file order. To be executed only when there are no problems.
    pub segments: Vec<Segment>,
    /// Everything that is wrong, by place.
    pub problems: Vec<Problem>,
}

impl Script {
    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        self.source.text()
    }

    /// What is sent for a statement.
    #[must_use]
    pub fn sql(&self, statement: &Statement) -> &str {
        self.text().get(statement.range.clone()).unwrap_or_default()
    }

    /// The COPY data of a statement.
    #[must_use]
    pub fn copy_data(&self, statement: &Statement) -> Option<&str> {
        self.text().get(statement.copy_data.clone()?)
    }

    /// All statements in file order.
    pub fn statements(&self) -> impl Iterator<Item = &Statement> {
        self.segments.iter().flat_map(|segment| &segment.statements)
    }

    /// File, line and column of a byte offset.
    #[must_use]
    pub fn locate(&self, offset: usize) -> Location<'_> {
        self.source.locate(offset)
    }
}

/// Reads a text that includes no files; see [`analyse`].
#[must_use]
pub fn analyse_text(text: impl Into<String>, file: impl Into<String>) -> Script {
    analyse(Expanded::plain(text, file))
}

/// Reads a whole file. It never fails: what is wrong stands in `problems`, all of it at once.
#[must_use]
pub fn analyse(source: Expanded) -> Script {
    let text = source.text();
    let digest = text::digest(text);
    let (header, problems) = header::read(text);
    let mut reader = Reader::new(text, problems);
    let meaning = reader.read();
    reader.end();
    let Reader {
        builder,
        directives,
        mut problems,
        ..
    } = reader;
    let (segments, more) = builder.finish(text.len());
    problems.extend(more);
    problems.sort_by_key(|problem| problem.range.start);
    Script {
        digest,
        meaning,
        header,
        directives,
        segments,
        problems,
        source,
    }
}

struct Reader<'a> {
    text: &'a str,
    directives: Vec<Directive>,
    problems: Vec<Problem>,
    builder: Builder,
    /// The reason, when the whole file is declared to run outside transactions.
    declared: Option<String>,
    /// A directive that says how the next statement runs, and where it stands.
    backfill: Option<(Options, Range<usize>)>,
    statements: usize,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, problems: Vec<Problem>) -> Self {
        let builder = Builder::default();
        Self {
            text,
            directives: Vec::new(),
            problems,
            builder,
            declared: None,
            backfill: None,
            statements: 0,
        }
    }

    fn of(&self, range: &Range<usize>) -> &'a str {
        self.text.get(range.clone()).unwrap_or_default()
    }

    /// Reads piece by piece; gives the digest of meaning unless the text cannot be split.
    fn read(&mut self) -> Option<[u8; 32]> {
        let mut meaning = Meaning::default();
        for piece in Splitter::new(self.text) {
            match piece {
                Ok(piece) => {
                    meaning.piece(self.text, &piece);
                    self.piece(&piece);
                }
                Err(error) => {
                    self.unsplit(&error);
                    return None;
                }
            }
        }
        Some(meaning.finish())
    }

    fn unsplit(&mut self, error: &SplitError) {
        let offset = error.offset();
        let (id, mend) = match error {
            SplitError::Quote { .. } => ("unterminated-quote", "close it with `'`"),
            SplitError::Identifier { .. } => ("unterminated-identifier", "close it with `\"`"),
            SplitError::Comment { .. } => ("unterminated-comment", "close it with `*/`"),
            SplitError::DollarQuote { .. } => (
                "unterminated-dollar-quote",
                "close it with the same delimiter",
            ),
            SplitError::CopyData { .. } => (
                "unterminated-copy",
                "end the statement with `;`, and its data with a line `\\.`",
            ),
            SplitError::CopyLine { .. } => ("copy-line", "move it to the line after `\\.`"),
        };
        let width = self
            .of(&(offset..self.text.len()))
            .chars()
            .next()
            .map_or(0, char::len_utf8);
        self.problems.push(Problem::new(
            id,
            offset..offset + width,
            error.to_string(),
            mend,
        ));
        self.builder.cut();
    }

    fn piece(&mut self, piece: &Piece) {
        let is_statement = matches!(piece.kind, PieceKind::Sql | PieceKind::Copy { .. });
        let declared = self.read_directives(piece, is_statement);
        match piece.kind {
            PieceKind::Trivia => {}
            PieceKind::Meta => self.meta(&piece.body),
            PieceKind::Sql | PieceKind::Copy { .. } if !piece.metas.is_empty() => {
                for range in &piece.metas {
                    self.problems.push(meta::inside_statement(self.text, range));
                }
                self.builder.cut();
            }
            PieceKind::Sql | PieceKind::Copy { .. } => self.statement(piece, declared),
        }
    }

    fn meta(&mut self, range: &Range<usize>) {
        if meta::read(self.of(range)) != Meta::Ignored {
            self.problems.push(meta::refusal(self.text, range));
        }
    }

    /// Reads the piece's directives; gives the reason when it is declared non-transactional.
    fn read_directives(&mut self, piece: &Piece, is_statement: bool) -> Option<String> {
        let mut declared = None;
        for range in &piece.directives {
            match directive::parse(self.of(range), range) {
                Err(problem) => self.problems.push(problem),
                Ok(kind) => {
                    let whole =
                        self.statements == 0 && (!is_statement || range.start < piece.body.start);
                    if let DirectiveKind::NoTransaction { reason } = &kind {
                        let place = if whole {
                            &mut self.declared
                        } else {
                            &mut declared
                        };
                        *place = Some(reason.clone());
                    }
                    let statement = match &kind {
                        DirectiveKind::Backfill(options) => {
                            self.backfill = Some((options.clone(), range.clone()));
                            Some(self.statements)
                        }
                        _ => (!whole).then_some(self.statements),
                    };
                    self.directives.push(Directive {
                        kind,
                        range: range.clone(),
                        statement,
                    });
                }
            }
        }
        declared.or_else(|| self.declared.clone())
    }

    fn end(&mut self) {
        if let Some((_, range)) = self.backfill.take() {
            self.problems.push(Problem::new(
                "backfill-statement",
                range,
                "no statement stands behind this directive",
                "write the UPDATE, DELETE or INSERT … SELECT behind it, or remove it",
            ));
        }
    }

    fn statement(&mut self, piece: &Piece, declared: Option<String>) {
        let sql = self.of(&piece.body);
        let backfill = self.backfill.take();
        let class = match classify::classify(sql, piece.depth) {
            Ok(class) => class,
            Err(fault) => return self.refused(piece, &fault),
        };
        self.guard(piece, &class);
        let is_control = matches!(class, Class::Begin | Class::Commit);
        self.statements += usize::from(!is_control);
        if let Class::Refused(refusal) = class {
            self.refusal(piece.body.clone(), refusal);
            return self.builder.cut();
        }
        let statement = Statement {
            range: piece.body.clone(),
            copy_data: match &piece.kind {
                PieceKind::Copy { data } => Some(data.clone()),
                _ => None,
            },
            tag: crate::tag::tag(sql),
            rolls_back_to_savepoint: class == Class::RollbackTo,
        };
        let backfill = match backfill.map(|(options, _)| backfill::read(sql, piece.depth, options))
        {
            Some(Err(refusal)) => {
                self.refusal(piece.body.clone(), refusal);
                return self.builder.cut();
            }
            Some(Ok(backfill)) => Some(backfill),
            None => None,
        };
        let item = Item {
            class,
            declared,
            backfill,
            statement,
        };
        self.problems.extend(self.builder.add(self.text, item));
    }

    fn refusal(&mut self, range: Range<usize>, refusal: Refusal) {
        self.problems.push(Problem::new(
            refusal.id,
            range,
            refusal.message,
            refusal.mend,
        ));
    }

    fn guard(&mut self, piece: &Piece, class: &Class) {
        let sql = self.of(&piece.body);
        let start = piece.body.start;
        for range in guard::enact_mentions(sql) {
            let range = start + range.start..start + range.end;
            let message = "speaks of schema `enact`, which belongs to Enact alone";
            let mend = "leave Enact's schema to Enact; an alias or variable of that name needs another one";
            self.problems
                .push(Problem::new("enact-schema", range, message, mend));
        }
        let is_do = sql
            .get(..2)
            .is_some_and(|word| word.eq_ignore_ascii_case("do"));
        let calls = !matches!(class, Class::Begin | Class::Commit);
        for (range, refusal) in guard::owned_settings(sql, is_do && calls) {
            self.refusal(start + range.start..start + range.end, refusal);
        }
    }

    fn refused(&mut self, piece: &Piece, fault: &Fault) {
        self.statements += 1;
        self.builder.cut();
        if !piece.variables.is_empty() && matches!(fault, Fault::Syntax { .. }) {
            return self.variables(piece);
        }
        let body = &piece.body;
        let problem = match fault {
            Fault::Syntax { message, at } => {
                let at = body.start + at;
                let end = self.token_end(at).min(body.end.max(at));
                Problem::new(
                    "syntax",
                    at..end,
                    message.clone(),
                    "write what PostgreSQL's parser accepts",
                )
            }
            Fault::Count(count) => Problem::new(
                "not-one-statement",
                body.clone(),
                format!("PostgreSQL's parser sees {count} statements here, psql one"),
                "separate the statements by `;` outside parentheses",
            ),
            Fault::TooDeep => Problem::new(
                "too-deep",
                body.clone(),
                "the statement nests too deep to be analysed",
                "split the expression",
            ),
        };
        self.problems.push(problem);
    }

    fn token_end(&self, at: usize) -> usize {
        let mut lexer = crate::lex::Lexer::new(self.text);
        lexer.at = at;
        match lexer.next_token() {
            Ok(Some(token)) => token.end,
            _ => at,
        }
    }

    fn variables(&mut self, piece: &Piece) {
        for colon in &piece.variables {
            let range = *colon..self.token_end(colon + 1);
            let message = format!(
                "psql variable `{}` is not replaced by Enact",
                self.of(&range)
            );
            let mend = "write the value itself";
            self.problems
                .push(Problem::new("psql-variable", range, message, mend));
        }
    }
}

#[cfg(test)]
#[path = "script_tests.rs"]
mod tests;
