//! Names of streams, and numbers within them.

use std::fmt;
use std::str::FromStr;

/// The name that only the core stream has.
pub const CORE: &str = "core";

/// The name of a stream: `core`, or a sponsor's name of `[a-z][a-z0-9_]*`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamName(String);

/// Why a text is no name of a stream, or no number in one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// The name has other characters than a stream's name may have.
    #[error("`{text}` is no name of a stream: use a-z, 0-9 and _, beginning with a letter")]
    Stream {
        /// The text as given.
        text: String,
    },
    /// The number is not one to nine digits.
    #[error(
        "`{text}` is no number of a migration: write it as in the file's name, such as 003 or orion:003"
    )]
    Number {
        /// The text as given.
        text: String,
    },
}

impl StreamName {
    /// The name of the core stream.
    #[must_use]
    pub fn core() -> Self {
        Self(CORE.to_owned())
    }

    /// Is this the core stream?
    #[must_use]
    pub fn is_core(&self) -> bool {
        self.0 == CORE
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for StreamName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let starts = text.as_bytes().first().is_some_and(u8::is_ascii_lowercase);
        if starts && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NameError::Stream {
                text: text.to_owned(),
            })
        }
    }
}

/// A place in a stream as it is typed: `[STREAM:]NNN`. Number 0 is the place before the first migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamNumber {
    /// The stream, if one was named.
    pub stream: Option<StreamName>,
    /// The migration's number.
    pub number: u32,
}

impl FromStr for StreamNumber {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let (stream, digits) = match text.split_once(':') {
            Some((stream, digits)) => (Some(stream.parse()?), digits),
            None => (None, text),
        };
        let number = parse_number(digits).ok_or_else(|| NameError::Number {
            text: text.to_owned(),
        })?;
        Ok(Self { stream, number })
    }
}

impl fmt::Display for StreamNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(stream) = &self.stream {
            write!(f, "{stream}:")?;
        }
        write!(f, "{:03}", self.number)
    }
}

/// One to nine digits, so that every number fits.
pub(super) fn parse_number(digits: &str) -> Option<u32> {
    let fits = (1..=9).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_of_streams() {
        for name in ["core", "orion", "a", "trial_2"] {
            assert_eq!(
                name.parse::<StreamName>().map(|name| name.to_string()),
                Ok(name.to_owned())
            );
        }
        for name in ["", "2trial", "_a", "Orion", "my-trial", "ö", "a b"] {
            assert!(name.parse::<StreamName>().is_err(), "{name}");
        }
        assert!(StreamName::core().is_core());
    }

    #[test]
    fn numbers_with_and_without_a_stream() {
        let number: StreamNumber = "orion:012".parse().unwrap();
        assert_eq!(
            (
                number.stream.as_ref().map(StreamName::as_str),
                number.number
            ),
            (Some("orion"), 12)
        );
        assert_eq!(number.to_string(), "orion:012");
        assert_eq!("7".parse::<StreamNumber>().unwrap().to_string(), "007");
        for text in [
            "",
            ":003",
            "orion:",
            "orion:x",
            "+3",
            "-1",
            "1.0",
            "1234567890",
            "Orion:003",
            "a:b:1",
        ] {
            assert!(text.parse::<StreamNumber>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_number_is_read_back(number in 0_u32..1_000_000_000, named: bool) {
            let stream = named.then(StreamName::core);
            let place = StreamNumber { stream, number };
            prop_assert_eq!(place.to_string().parse(), Ok(place));
        }
    }
}
