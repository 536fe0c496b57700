//! Canonical JSON: RFC 8785 restricted to a profile in which every value has exactly one spelling.
//!
//! Keys are ASCII `[a-z0-9_]`, sorted, without duplicates. Numbers are integers within ±(2^53-1). Strings are NFC without
//! control characters but newline and tab, and use only the escapes `\"`, `\\`, `\n`, `\t`. There is no white space.

mod scan;
mod write;

use std::collections::BTreeMap;

pub(crate) use scan::Scanner;

/// The largest integer a record may hold, 2^53-1; the smallest is its negative.
pub const MAX_INTEGER: i64 = (1 << 53) - 1;

/// How deep lists and objects may nest.
const MAX_DEPTH: usize = 32;

/// A value of a canonical record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer within ±(2^53-1).
    Integer(i64),
    /// A string.
    Text(String),
    /// An ordered list.
    List(Vec<Value>),
    /// Fields by key.
    Object(BTreeMap<String, Value>),
}

impl Value {
    /// An object of the given fields; a key given twice keeps its last value.
    pub fn object<K: Into<String>>(fields: impl IntoIterator<Item = (K, Self)>) -> Self {
        Self::Object(
            fields
                .into_iter()
                .map(|(key, value)| (key.into(), value))
                .collect(),
        )
    }

    /// A string value.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// The canonical bytes.
    ///
    /// # Errors
    /// If an integer, a key or a string is outside the profile, or the value nests too deep; the offset is that of the output.
    pub fn to_bytes(&self) -> Result<Vec<u8>, CanonicalError> {
        write::write(self)
    }
}

/// Reads one canonical value that fills `bytes`.
///
/// # Errors
/// If any byte is not what the canonical form of the same value would have there.
pub fn parse(bytes: &[u8]) -> Result<Value, CanonicalError> {
    let mut scanner = Scanner::new(bytes)?;
    let value = scanner.value(MAX_DEPTH)?;
    scanner.end()?;
    Ok(value)
}

/// What makes bytes, or a value, not canonical, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{problem} at byte {offset}")]
pub struct CanonicalError {
    /// Bytes before the offending one.
    pub offset: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// The ways in which bytes are not canonical.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The bytes are not UTF-8 (a surrogate is not either).
    #[error("invalid UTF-8")]
    Encoding,
    /// The bytes end inside a value.
    #[error("unexpected end")]
    End,
    /// A byte that may not stand here: white space, another token, bytes after the value.
    #[error("unexpected byte")]
    Unexpected,
    /// A number that is a fraction, has an exponent, leading zeros, a negative zero, or exceeds ±(2^53-1).
    #[error("number that is not an integer within 2^53")]
    Number,
    /// An escape other than `\"`, `\\`, `\n`, `\t`.
    #[error("escape that the canonical form does not use")]
    Escape,
    /// A control character other than newline and tab.
    #[error("control character")]
    Control,
    /// A string that is not in Unicode normal form C.
    #[error("string that is not in normal form C")]
    Normalisation,
    /// A key with characters other than `[a-z0-9_]`, or an empty one.
    #[error("key outside [a-z0-9_]")]
    Key,
    /// A key that is not greater than the one before it: unsorted or duplicate.
    #[error("key out of order or duplicate")]
    KeyOrder,
    /// Lists and objects nested too deep.
    #[error("nesting too deep")]
    Depth,
    /// A value of another type or form than its field demands.
    #[error("value that its field does not allow")]
    Shape,
    /// A field that is missing, or one that the record does not know.
    #[error("missing or unknown field")]
    Field,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(bytes: &[u8]) -> (usize, Problem) {
        let error = parse(bytes).unwrap_err();
        (error.offset, error.problem)
    }

    #[test]
    fn accepts_and_returns_the_canonical_form() {
        for text in [
            r#"{}"#,
            r#"[]"#,
            r#"{"a":[1,-1,0,9007199254740991,-9007199254740991],"b_2":{"c":null,"d":true,"e":false}}"#,
            r#"{"text":"quote \" slash / back \\ tab \t line \n é € 😀"}"#,
            "\"n\\n\u{301}\"",
        ] {
            assert_eq!(
                String::from_utf8(parse(text.as_bytes()).unwrap().to_bytes().unwrap()).unwrap(),
                text
            );
        }
    }

    #[test]
    fn refuses_every_other_spelling_with_its_offset() {
        assert_eq!(problem(b""), (0, Problem::End));
        assert_eq!(problem(b" 1"), (0, Problem::Unexpected));
        assert_eq!(problem(b"1 "), (1, Problem::Unexpected));
        assert_eq!(problem(b"[1, 2]"), (3, Problem::Unexpected));
        assert_eq!(problem(b"[1,]"), (3, Problem::Unexpected));
        assert_eq!(problem(b"[1"), (2, Problem::End));
        assert_eq!(problem(br#"{"a":1,"a":2}"#), (7, Problem::KeyOrder));
        assert_eq!(problem(br#"{"b":1,"a":2}"#), (7, Problem::KeyOrder));
        assert_eq!(problem(br#"{"A":1}"#), (1, Problem::Key));
        assert_eq!(problem(br#"{"":1}"#), (1, Problem::Key));
        assert_eq!(problem("{\"é\":1}".as_bytes()), (1, Problem::Key));
        assert_eq!(problem(br#"{"a":1,}"#), (7, Problem::Unexpected));
        assert_eq!(problem(b"nul"), (0, Problem::End));
        assert_eq!(problem(b"nulL"), (0, Problem::Unexpected));
    }

    #[test]
    fn refuses_numbers_outside_the_profile() {
        for text in [
            "1.0",
            "1e2",
            "01",
            "-0",
            "9007199254740992",
            "-9007199254740992",
            "99999999999999999999",
            "-",
            "1E2",
            "00",
        ] {
            assert_eq!(problem(text.as_bytes()), (0, Problem::Number), "{text}");
        }
        assert_eq!(problem(b"+1"), (0, Problem::Unexpected));
        assert_eq!(problem(b"NaN"), (0, Problem::Unexpected));
    }

    #[test]
    fn refuses_strings_outside_the_profile() {
        assert_eq!(problem(b"\"a\nb\""), (2, Problem::Control));
        assert_eq!(problem(b"\"a\x7f\""), (2, Problem::Control));
        assert_eq!(problem("\"a\u{85}\"".as_bytes()), (2, Problem::Control));
        for escape in [
            r"\u0041", r"\u000a", r"\/", r"\b", r"\f", r"\r", r"\ud800", r"\u0000", r"\N",
        ] {
            assert_eq!(
                problem(format!("\"a{escape}\"").as_bytes()),
                (2, Problem::Escape),
                "{escape}"
            );
        }
        assert_eq!(
            problem("\"e\u{301}\"".as_bytes()),
            (0, Problem::Normalisation)
        );
        assert_eq!(problem(b"\"\xed\xa0\x80\""), (1, Problem::Encoding));
        assert_eq!(problem(b"\"\xc0\x80\""), (1, Problem::Encoding));
        assert_eq!(problem(b"\"abc"), (4, Problem::End));
        assert_eq!(problem(b"\"abc\\"), (5, Problem::End));
    }

    #[test]
    fn refuses_depth_without_recursing_away() {
        let deep = "[".repeat(100_000);
        assert_eq!(problem(deep.as_bytes()), (MAX_DEPTH, Problem::Depth));
        let mut value = Value::List(vec![]);
        for _ in 0..MAX_DEPTH {
            value = Value::List(vec![value]);
        }
        assert_eq!(value.to_bytes().unwrap_err().problem, Problem::Depth);
    }

    #[test]
    fn writer_refuses_what_the_reader_would() {
        let problem = |value: Value| value.to_bytes().unwrap_err().problem;
        assert_eq!(problem(Value::Integer(MAX_INTEGER + 1)), Problem::Number);
        assert_eq!(problem(Value::Integer(i64::MIN)), Problem::Number);
        assert_eq!(problem(Value::text("\r")), Problem::Control);
        assert_eq!(problem(Value::text("e\u{301}")), Problem::Normalisation);
        assert_eq!(problem(Value::object([("Key", Value::Null)])), Problem::Key);
    }
}
