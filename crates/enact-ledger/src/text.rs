//! Text that may stand in a canonical record.

use std::fmt;
use std::ops::Deref;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::is_nfc;

/// A string that a canonical record can hold: NFC, and no control characters but newline and tab.
///
/// `From<&str>` and `From<String>` make any string such: they normalise to NFC and put U+FFFD where a forbidden
/// control character stood, so that a strange name can never stop a record from being written.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Text(String);

impl Text {
    /// The string, if it is canonical as it stands.
    pub(crate) fn exact(text: String) -> Option<Self> {
        is_canonical(&text).then_some(Self(text))
    }

    /// The string.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The string, by value.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        if is_canonical(text) {
            return Self(text.to_owned());
        }
        let visible = text.chars().map(|c| {
            if is_forbidden(c) {
                char::REPLACEMENT_CHARACTER
            } else {
                c
            }
        });
        Self(visible.nfc().collect())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        if is_canonical(&text) {
            Self(text)
        } else {
            Self::from(text.as_str())
        }
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

/// Whether `text` may stand in a canonical record as it is.
pub(crate) fn is_canonical(text: &str) -> bool {
    !text.chars().any(is_forbidden) && (text.is_ascii() || is_nfc(text))
}

/// Control characters (C0, DEL, C1) but newline and tab.
pub(crate) fn is_forbidden(c: char) -> bool {
    c.is_control() && c != '\n' && c != '\t'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_string_becomes_canonical() {
        assert_eq!(
            Text::from("e\u{301}\u{0}\u{85}x\n"),
            "\u{e9}\u{fffd}\u{fffd}x\n"
        );
        assert_eq!(Text::from(String::from("Zo\u{eb}")), "Zo\u{eb}");
        assert!(Text::exact("e\u{301}".into()).is_none());
        assert!(Text::exact("\u{7f}".into()).is_none());
        assert!(Text::exact("\t\n".into()).is_some());
    }
}
