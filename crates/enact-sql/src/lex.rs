//! Lexer shared by the splitter and the digest of meaning.
//!
//! It knows PostgreSQL's and psql's lexical rules with `standard_conforming_strings` on. Its
//! tokens cover the text without gap or overlap.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// White space.
    Space,
    /// `-- …` up to, not including, the line end.
    LineComment,
    /// `/* … */`, nested.
    BlockComment,
    /// Keyword or identifier without quotes.
    Word,
    /// `"…"` or `U&"…"`.
    QuotedName,
    /// Any string constant but a dollar-quoted one, with its continuations.
    Text,
    /// `$tag$ … $tag$`.
    Dollar,
    /// Number.
    Number,
    /// `$1`.
    Param,
    /// One operator, `::` and `:=` included.
    Operator,
    /// One character of punctuation, or a character that SQL does not know.
    Sign,
    /// `\`, which starts a psql meta-command.
    Backslash,
}

/// One token: its kind and byte range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Token {
    /// Is it white space or a comment?
    pub(crate) fn is_trivia(self) -> bool {
        matches!(
            self.kind,
            Kind::Space | Kind::LineComment | Kind::BlockComment
        )
    }

    /// The token's text.
    pub(crate) fn of(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or_default()
    }
}

/// What was opened and never closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opened {
    Text,
    Name,
    Comment,
    Dollar,
}

/// An opening without its closing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unterminated {
    pub(crate) opened: Opened,
    pub(crate) start: usize,
}

/// Cursor over a text.
#[derive(Debug, Clone)]
pub(crate) struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    /// Byte offset of the next token.
    pub(crate) at: usize,
}

pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn is_name_part(byte: u8) -> bool {
    is_name_start(byte) || byte.is_ascii_digit() || byte == b'$'
}

fn is_operator(byte: u8) -> bool {
    b"~!@#^&|`?+-*/%<>=".contains(&byte)
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            at: 0,
        }
    }

    fn byte(&self, offset: usize) -> u8 {
        self.bytes.get(self.at + offset).copied().unwrap_or(0)
    }

    fn starts_with(&self, prefix: &[u8]) -> bool {
        self.bytes
            .get(self.at..)
            .is_some_and(|rest| rest.starts_with(prefix))
    }

    /// The next token; `None` at the end of the text.
    pub(crate) fn next_token(&mut self) -> Result<Option<Token>, Unterminated> {
        if self.at >= self.bytes.len() {
            return Ok(None);
        }
        let start = self.at;
        let kind = self.scan().inspect_err(|_| self.at = self.bytes.len())?;
        Ok(Some(Token {
            kind,
            start,
            end: self.at,
        }))
    }

    fn scan(&mut self) -> Result<Kind, Unterminated> {
        let first = self.byte(0);
        match first {
            _ if is_space(first) => Ok(self.skip_while(Kind::Space, is_space)),
            b'-' if self.starts_with(b"--") => {
                Ok(self.skip_while(Kind::LineComment, |byte| byte != b'\n' && byte != b'\r'))
            }
            b'/' if self.starts_with(b"/*") => self.block_comment(),
            b'\'' => self.quoted_text(0, false),
            b'"' => self.quoted_name(0),
            b'$' => self.dollar(),
            b'\\' => Ok(self.advance(1, Kind::Backslash)),
            b'0'..=b'9' => Ok(self.number()),
            b'.' if self.byte(1).is_ascii_digit() => Ok(self.number()),
            b':' if matches!(self.byte(1), b':' | b'=') => Ok(self.advance(2, Kind::Operator)),
            _ if is_operator(first) => Ok(self.operator()),
            _ if is_name_start(first) => self.word(),
            _ => Ok(self.advance(1, Kind::Sign)),
        }
    }

    fn advance(&mut self, by: usize, kind: Kind) -> Kind {
        self.at += by;
        kind
    }

    fn skip_while(&mut self, kind: Kind, keep: fn(u8) -> bool) -> Kind {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.at += rest
            .iter()
            .position(|byte| !keep(*byte))
            .unwrap_or(rest.len());
        kind
    }

    fn block_comment(&mut self) -> Result<Kind, Unterminated> {
        let start = self.at;
        let mut depth = 0usize;
        while self.at < self.bytes.len() {
            if self.starts_with(b"/*") {
                depth += 1;
                self.at += 2;
            } else if self.starts_with(b"*/") {
                depth -= 1;
                self.at += 2;
                if depth == 0 {
                    return Ok(Kind::BlockComment);
                }
            } else {
                self.at += 1;
            }
        }
        Err(Unterminated {
            opened: Opened::Comment,
            start,
        })
    }

    /// A string constant, of which `prefix` bytes stand before the quote.
    fn quoted_text(&mut self, prefix: usize, escapes: bool) -> Result<Kind, Unterminated> {
        let start = self.at;
        self.at += prefix;
        loop {
            let closed = self.skip_quoted(b'\'', escapes);
            if !closed {
                return Err(Unterminated {
                    opened: Opened::Text,
                    start,
                });
            }
            match self.continuation() {
                Some(quote) => self.at = quote,
                None => return Ok(Kind::Text),
            }
        }
    }

    fn quoted_name(&mut self, prefix: usize) -> Result<Kind, Unterminated> {
        let start = self.at;
        self.at += prefix;
        if self.skip_quoted(b'"', false) {
            return Ok(Kind::QuotedName);
        }
        Err(Unterminated {
            opened: Opened::Name,
            start,
        })
    }

    /// Skips from the opening quote over the closing one; false when there is none.
    fn skip_quoted(&mut self, quote: u8, escapes: bool) -> bool {
        self.at += 1;
        while self.at < self.bytes.len() {
            let byte = self.byte(0);
            if byte == b'\\' && escapes {
                self.at += 2;
            } else if byte != quote {
                self.at += 1;
            } else if self.byte(1) == quote {
                self.at += 2;
            } else {
                self.at += 1;
                return true;
            }
        }
        false
    }

    /// Offset of the quote that continues a string constant on a later line.
    fn continuation(&self) -> Option<usize> {
        let mut at = self.at;
        let mut broken = false;
        loop {
            match *self.bytes.get(at)? {
                b'\n' | b'\r' => broken = true,
                byte if is_space(byte) => {}
                b'-' if self.bytes.get(at + 1) == Some(&b'-') => {
                    let rest = self.bytes.get(at..)?;
                    at += rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'))?;
                    continue;
                }
                b'\'' if broken => return Some(at),
                _ => return None,
            }
            at += 1;
        }
    }

    fn dollar(&mut self) -> Result<Kind, Unterminated> {
        if self.byte(1).is_ascii_digit() {
            self.at += 1;
            return Ok(self.skip_while(Kind::Param, |byte| byte.is_ascii_digit()));
        }
        let start = self.at;
        let tag_part =
            |(at, byte): &(usize, &u8)| is_name_start(**byte) || (*at > 0 && byte.is_ascii_digit());
        let after = self.bytes.get(start + 1..).unwrap_or_default();
        let tag = after.iter().enumerate().take_while(tag_part).count();
        if after.get(tag) != Some(&b'$') {
            return Ok(self.advance(1, Kind::Sign));
        }
        let open = start + tag + 2;
        let delimiter = self.text.get(start..open).unwrap_or_default();
        match self.text.get(open..).and_then(|rest| rest.find(delimiter)) {
            Some(found) => {
                self.at = open + found + delimiter.len();
                Ok(Kind::Dollar)
            }
            None => Err(Unterminated {
                opened: Opened::Dollar,
                start,
            }),
        }
    }

    fn number(&mut self) -> Kind {
        let digits = |byte: u8| byte.is_ascii_digit() || byte == b'_';
        self.skip_while(Kind::Number, digits);
        if self.byte(0) == b'.' && self.byte(1) != b'.' {
            self.at += 1;
            self.skip_while(Kind::Number, digits);
        }
        let sign = usize::from(matches!(self.byte(1), b'+' | b'-'));
        if matches!(self.byte(0), b'e' | b'E') && self.byte(1 + sign).is_ascii_digit() {
            self.at += 1 + sign;
        }
        if is_name_part(self.byte(0)) && self.byte(0) != b'$' {
            self.skip_while(Kind::Number, is_name_part);
        }
        Kind::Number
    }

    fn word(&mut self) -> Result<Kind, Unterminated> {
        let first = self.byte(0).to_ascii_lowercase();
        match (first, self.byte(1)) {
            (b'e', b'\'') => return self.quoted_text(1, true),
            (b'b' | b'x' | b'n', b'\'') => return self.quoted_text(1, false),
            (b'u', b'&') if self.byte(2) == b'\'' => return self.quoted_text(2, false),
            (b'u', b'&') if self.byte(2) == b'"' => return self.quoted_name(2),
            _ => {}
        }
        Ok(self.skip_while(Kind::Word, is_name_part))
    }

    /// An operator ends before a comment, and before a trailing `+` or `-` unless it holds one
    /// of the characters that no SQL operator has.
    fn operator(&mut self) -> Kind {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let run = rest.iter().take_while(|byte| is_operator(**byte)).count();
        let comment = |at: &usize| matches!(rest.get(*at..*at + 2), Some(b"--" | b"/*"));
        let mut length = (1..run).find(comment).unwrap_or(run);
        let free = |byte: &u8| b"~!@#^&|`?%".contains(byte);
        if !rest.iter().take(length).any(free) {
            while length > 1 && matches!(rest.get(length - 1), Some(b'+' | b'-')) {
                length -= 1;
            }
        }
        self.advance(length, Kind::Operator)
    }
}
