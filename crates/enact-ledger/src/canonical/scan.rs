//! Reading canonical bytes: tokens first, values from them. The tokens allocate nothing.

use std::collections::BTreeMap;

use unicode_normalization::is_nfc;

use super::CanonicalError;
use super::MAX_INTEGER;
use super::Problem;
use super::Value;
use super::write::is_key;
use crate::text::is_forbidden;

/// A position in bytes that are known to be UTF-8.
#[derive(Debug, Clone)]
pub(crate) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    /// Starts at the first byte. Control characters, which no spelling allows anywhere, are refused at once.
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Self, CanonicalError> {
        let invalid = |offset, problem| CanonicalError { offset, problem };
        let text = std::str::from_utf8(bytes)
            .map_err(|error| invalid(error.valid_up_to(), Problem::Encoding))?;
        match find_control(bytes) {
            Some(offset) => Err(invalid(offset, Problem::Control)),
            None => Ok(Self { text, at: 0 }),
        }
    }

    /// Bytes read so far.
    pub(crate) fn offset(&self) -> usize {
        self.at
    }

    /// The next byte, if any.
    pub(crate) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Whether what comes next is `token`; then reads it.
    pub(crate) fn take(&mut self, token: &[u8]) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    /// Reads `token`, which must come next.
    pub(crate) fn expect(&mut self, token: &[u8]) -> Result<(), CanonicalError> {
        if self.take(token) {
            return Ok(());
        }
        let cut = token.starts_with(self.rest());
        Err(self.error(if cut {
            Problem::End
        } else {
            Problem::Unexpected
        }))
    }

    /// Succeeds if everything is read.
    pub(crate) fn end(&self) -> Result<(), CanonicalError> {
        if self.rest().is_empty() {
            Ok(())
        } else {
            Err(self.error(Problem::Unexpected))
        }
    }

    /// An error here.
    pub(crate) fn error(&self, problem: Problem) -> CanonicalError {
        CanonicalError {
            offset: self.at,
            problem,
        }
    }

    /// Reads a string and returns what stands between its quotes, escapes untouched.
    pub(crate) fn string(&mut self) -> Result<&'a str, CanonicalError> {
        let opening = self.at;
        self.expect(b"\"")?;
        let raw = self.until_quote()?;
        let escaped = check_escapes(raw, opening + 1)?;
        if !raw.is_ascii() {
            check_unicode(raw, escaped, opening)?;
        }
        Ok(raw)
    }

    /// Reads up to and over the closing quote, which has an even number of backslashes before it.
    fn until_quote(&mut self) -> Result<&'a str, CanonicalError> {
        let start = self.at;
        let cut = CanonicalError {
            offset: self.text.len(),
            problem: Problem::End,
        };
        loop {
            self.at += self.text[self.at..].find('"').ok_or(cut)? + 1;
            let raw = &self.text[start..self.at - 1];
            let backslashes = raw.bytes().rev().take_while(|byte| *byte == b'\\').count();
            if backslashes % 2 == 0 {
                return Ok(raw);
            }
        }
    }

    /// Reads an integer within ±(2^53-1).
    pub(crate) fn integer(&mut self) -> Result<i64, CanonicalError> {
        let rest = self.rest();
        let negative = rest.first() == Some(&b'-');
        let digits = &rest[usize::from(negative)..];
        let count = digits
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let fraction = matches!(digits.get(count), Some(b'.' | b'e' | b'E'));
        let (first, length) = (digits.first(), count);
        if length == 0
            || length > 16
            || fraction
            || (first == Some(&b'0') && (length > 1 || negative))
        {
            return Err(self.error(Problem::Number));
        }
        let magnitude = digits[..count]
            .iter()
            .fold(0_i64, |number, digit| number * 10 + i64::from(digit - b'0'));
        if magnitude > MAX_INTEGER {
            return Err(self.error(Problem::Number));
        }
        self.at += usize::from(negative) + count;
        Ok(if negative { -magnitude } else { magnitude })
    }

    /// Reads any value of at most `depth` levels.
    pub(crate) fn value(&mut self, depth: usize) -> Result<Value, CanonicalError> {
        match self.peek() {
            Some(b'"') => Ok(Value::Text(unescape(self.string()?))),
            Some(b'-' | b'0'..=b'9') => Ok(Value::Integer(self.integer()?)),
            Some(b'[') => self.list(depth),
            Some(b'{') => self.object(depth),
            Some(b't') => self.expect(b"true").map(|()| Value::Bool(true)),
            Some(b'f') => self.expect(b"false").map(|()| Value::Bool(false)),
            Some(b'n') => self.expect(b"null").map(|()| Value::Null),
            Some(_) => Err(self.error(Problem::Unexpected)),
            None => Err(self.error(Problem::End)),
        }
    }

    /// Passes over a value by its brackets and quotes alone: what it holds is still to be checked.
    pub(crate) fn skip_value(&mut self) -> Result<(), CanonicalError> {
        let mut depth = 0_usize;
        loop {
            let byte = self.peek().ok_or(self.error(Problem::End))?;
            self.at += 1;
            match byte {
                b'"' => _ = self.until_quote()?,
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value, CanonicalError> {
        let depth = depth.checked_sub(1).ok_or(self.error(Problem::Depth))?;
        self.expect(b"[")?;
        let mut items = Vec::new();
        while !self.take(b"]") {
            if !items.is_empty() {
                self.expect(b",")?;
            }
            items.push(self.value(depth)?);
        }
        Ok(Value::List(items))
    }

    fn object(&mut self, depth: usize) -> Result<Value, CanonicalError> {
        let depth = depth.checked_sub(1).ok_or(self.error(Problem::Depth))?;
        self.expect(b"{")?;
        let mut fields = BTreeMap::new();
        while !self.take(b"}") {
            if !fields.is_empty() {
                self.expect(b",")?;
            }
            let key = self.key(fields.last_key_value().map(|(key, _)| key))?;
            self.expect(b":")?;
            fields.insert(key.to_owned(), self.value(depth)?);
        }
        Ok(Value::Object(fields))
    }

    fn key(&mut self, before: Option<&String>) -> Result<&'a str, CanonicalError> {
        let here = |problem| CanonicalError {
            offset: self.at,
            problem,
        };
        let (key_error, order_error) = (here(Problem::Key), here(Problem::KeyOrder));
        let key = self.string()?;
        match before {
            _ if !is_key(key) => Err(key_error),
            Some(before) if before.as_str() >= key => Err(order_error),
            _ => Ok(key),
        }
    }

    fn rest(&self) -> &'a [u8] {
        &self.text.as_bytes()[self.at..]
    }
}

/// The first ASCII control character. Eight bytes at a time: this looks at every byte of a ledger.
fn find_control(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let is_control = |byte: &u8| *byte < 0x20 || *byte == 0x7f;
    let may_have = |word: u64| {
        let del = word ^ (0x7f * ONES);
        (word.wrapping_sub(0x20 * ONES) & !word | del.wrapping_sub(ONES) & !del) & HIGH != 0
    };
    let (words, tail) = bytes.as_chunks::<8>();
    let suspect = words
        .iter()
        .position(|word| may_have(u64::from_le_bytes(*word)) && word.iter().any(is_control));
    match suspect {
        Some(index) => words[index]
            .iter()
            .position(is_control)
            .map(|offset| index * 8 + offset),
        None => tail
            .iter()
            .position(is_control)
            .map(|offset| words.len() * 8 + offset),
    }
}

/// Whether `raw`, which starts at `start`, has escapes; all must be those of the canonical form.
fn check_escapes(raw: &str, start: usize) -> Result<bool, CanonicalError> {
    let mut at = 0;
    while let Some(distance) = raw[at..].find('\\') {
        at += distance;
        if !matches!(raw.as_bytes().get(at + 1), Some(b'"' | b'\\' | b'n' | b't')) {
            return Err(CanonicalError {
                offset: start + at,
                problem: Problem::Escape,
            });
        }
        at += 2;
    }
    Ok(at > 0)
}

/// Checks a string that has more than ASCII; `opening` is where its quote stands.
fn check_unicode(raw: &str, escaped: bool, opening: usize) -> Result<(), CanonicalError> {
    if let Some((index, _)) = raw.char_indices().find(|(_, c)| is_forbidden(*c)) {
        return Err(CanonicalError {
            offset: opening + 1 + index,
            problem: Problem::Control,
        });
    }
    // A combining mark after `\n` follows a newline, not an `n`: the normal form is that of the text, not of its spelling.
    let normal = if escaped {
        is_nfc(&unescape(raw))
    } else {
        is_nfc(raw)
    };
    if normal {
        Ok(())
    } else {
        Err(CanonicalError {
            offset: opening,
            problem: Problem::Normalisation,
        })
    }
}

/// The text that `raw`, with escapes, spells.
fn unescape(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        let spelled = if c == '\\' { chars.next() } else { None };
        text.push(match spelled {
            Some('n') => '\n',
            Some('t') => '\t',
            Some(other) => other,
            None => c,
        });
    }
    text
}
