//! The digest of what a text means: it does not change with comments, white space, or the case
//! of keywords and unquoted names, and changes with everything else.

use sha2::{Digest, Sha256};

use crate::lex::{Kind, Lexer, Token};
use crate::meta;
use crate::split::{Piece, PieceKind, SplitError, Splitter};

/// Token-normalised SHA-256 of a text.
///
/// Directives count, for they change what runs, and so does COPY data; psql meta-commands that
/// Enact ignores do not.
///
/// # Errors
/// [`SplitError`] when the text cannot be split into pieces.
pub fn meaning(text: &str) -> Result<[u8; 32], SplitError> {
    let mut meaning = Meaning::default();
    for piece in Splitter::new(text) {
        meaning.piece(text, &piece?);
    }
    Ok(meaning.finish())
}

/// Tokens are hashed in lots of about this many bytes.
const BUFFERED: usize = 1 << 16;

/// Collects the tokens of pieces, in order.
#[derive(Default)]
pub(crate) struct Meaning {
    hash: Sha256,
    buffer: Vec<u8>,
}

impl Meaning {
    pub(crate) fn piece(&mut self, text: &str, piece: &Piece) {
        match &piece.kind {
            PieceKind::Meta => self.meta(text, piece),
            PieceKind::Copy { data } => {
                self.tokens(text, piece);
                self.add(b'd', text.get(data.clone()).unwrap_or_default());
            }
            PieceKind::Sql | PieceKind::Trivia => self.tokens(text, piece),
        }
    }

    pub(crate) fn finish(mut self) -> [u8; 32] {
        self.hash.update(&self.buffer);
        self.hash.finalize().into()
    }

    fn meta(&mut self, text: &str, piece: &Piece) {
        for directive in &piece.directives {
            self.directive(text.get(directive.clone()).unwrap_or_default());
        }
        let command = text.get(piece.body.clone()).unwrap_or_default();
        if !meta::is_ignored(command) {
            self.add(b'm', command.trim());
        }
    }

    /// The piece's tokens and, if it is a statement, an end; a lone `;` means nothing.
    fn tokens(&mut self, text: &str, piece: &Piece) {
        let lexed_until = match &piece.kind {
            PieceKind::Trivia => piece.range.end,
            _ => piece.body.end,
        };
        let mut lexer = Lexer::new(text.get(..lexed_until).unwrap_or(text));
        lexer.at = piece.range.start;
        while let Ok(Some(token)) = lexer.next_token() {
            self.token(text, token, piece);
        }
        for directive in piece
            .directives
            .iter()
            .filter(|comment| comment.start >= lexed_until)
        {
            self.directive(text.get(directive.clone()).unwrap_or_default());
        }
        if !piece.body.is_empty() {
            self.add(b'e', "");
        }
    }

    fn token(&mut self, text: &str, token: Token, piece: &Piece) {
        let content = token.of(text);
        match token.kind {
            Kind::Space | Kind::BlockComment => {}
            Kind::LineComment
                if piece
                    .directives
                    .iter()
                    .any(|range| range.start == token.start) =>
            {
                self.directive(content);
            }
            Kind::LineComment => {}
            Kind::Word => self.lower(content),
            Kind::Sign if content == ";" && piece.body.is_empty() => {}
            _ => self.add(b't', content),
        }
    }

    fn directive(&mut self, comment: &str) {
        let words: Vec<&str> = comment.trim_start_matches('-').split_whitespace().collect();
        self.add(b'c', &words.join(" "));
    }

    fn lower(&mut self, word: &str) {
        self.start(b't', word.len());
        self.buffer
            .extend(word.bytes().map(|byte| byte.to_ascii_lowercase()));
    }

    /// Kind and length before the content: no two token sequences give the same bytes.
    fn add(&mut self, kind: u8, content: &str) {
        self.start(kind, content.len());
        if content.len() <= BUFFERED {
            self.buffer.extend_from_slice(content.as_bytes());
            return;
        }
        self.hash.update(&self.buffer);
        self.hash.update(content.as_bytes());
        self.buffer.clear();
    }

    fn start(&mut self, kind: u8, length: usize) {
        if self.buffer.len() > BUFFERED {
            self.hash.update(&self.buffer);
            self.buffer.clear();
        }
        self.buffer.push(kind);
        self.buffer
            .extend_from_slice(&(length as u64).to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(one: &str, other: &str) -> bool {
        meaning(one).unwrap() == meaning(other).unwrap()
    }

    #[test]
    fn comments_space_and_case_do_not_count() {
        let plain = "CREATE TABLE t(a int DEFAULT 1+-2);\nSELECT 1";
        assert!(same(
            plain,
            "-- header\ncreate table T ( a INT default 1 + -2 ) ; /* x */ select 1;;\n"
        ));
        assert!(same("\\set ON_ERROR_STOP on\nselect 1;", "select 1;"));
    }

    #[test]
    fn everything_else_counts() {
        assert!(!same("select 1", "select 2"));
        assert!(!same("select \"A\"", "select \"a\""));
        assert!(!same("select a", "select \"a\""));
        assert!(!same("select 'a'", "select 'A'"));
        assert!(!same("select $$a$$", "select $$ a$$"));
        assert!(!same("select 'a' 'b'", "select 'a'' ''b'"));
        assert!(!same("select 1.5", "select 1 .5"));
        assert!(!same("select a@-b", "select a@ -b"));
        assert!(!same("select 1; select 2", "select 1 select 2"));
        assert!(!same(
            "copy t from stdin;\n1\n\\.\n",
            "copy t from stdin;\n2\n\\.\n"
        ));
        assert!(!same("\\i a.sql\n", "\\i b.sql\n"));
    }

    #[test]
    fn directives_count() {
        assert!(!same("select 1;", "-- enact: allow(x) y\nselect 1;"));
        assert!(!same("select 1;", "select 1; -- enact: allow(x) y"));
        assert!(same(
            "--enact:  allow(x)   y\nselect 1;",
            "-- enact: allow(x) y\nselect 1;"
        ));
    }

    #[test]
    fn what_cannot_be_split_has_no_meaning() {
        assert_eq!(meaning("select 'a"), Err(SplitError::Quote { offset: 7 }));
    }
}

#[cfg(test)]
#[path = "meaning_tests.rs"]
mod properties;
