//! Bytes of a file to text: UTF-8, without BOM, with LF line ends.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

const BOM: &[u8] = b"\xef\xbb\xbf";

/// Why the bytes of a file are not a text that can be executed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// A byte sequence is not UTF-8.
    #[error("not UTF-8: byte {offset} (line {line}) starts no character")]
    NotUtf8 {
        /// Bytes before the offending one, counted in the file as it is.
        offset: usize,
        /// Line of the offending byte, from 1.
        line: usize,
    },
    /// PostgreSQL cannot hold the NUL character.
    #[error("NUL character at byte {offset} (line {line})")]
    Nul {
        /// Bytes before the NUL, counted in the file as it is.
        offset: usize,
        /// Line of the NUL, from 1.
        line: usize,
    },
}

/// Turns the bytes of a file into text: checks UTF-8, strips a BOM, makes every CRLF an LF.
///
/// # Errors
/// [`TextError`] with the place of the first byte that is no text.
pub fn normalise(bytes: &[u8]) -> Result<Cow<'_, str>, TextError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let offset = error.valid_up_to();
        let line = line_of(bytes, offset);
        TextError::NotUtf8 { offset, line }
    })?;
    if let Some(offset) = text.bytes().position(|byte| byte == 0) {
        let line = line_of(bytes, offset);
        return Err(TextError::Nul { offset, line });
    }
    let text = text.trim_start_matches('\u{feff}');
    if !text.contains('\r') {
        return Ok(Cow::Borrowed(text));
    }
    let mut normal = String::with_capacity(text.len());
    for chunk in LfChunks(text.as_bytes()) {
        normal.push_str(std::str::from_utf8(chunk).unwrap_or_default());
    }
    Ok(Cow::Owned(normal))
}

/// SHA-256 over the LF-normalised bytes of a text, whether it was normalised before or not.
#[must_use]
pub fn digest(text: &str) -> [u8; 32] {
    digest_bytes(text.as_bytes())
}

/// SHA-256 over the LF-normalised bytes of a file, which need not be text.
#[must_use]
pub fn digest_bytes(bytes: &[u8]) -> [u8; 32] {
    let mut rest = bytes;
    while let Some(stripped) = rest.strip_prefix(BOM) {
        rest = stripped;
    }
    let mut hash = Sha256::new();
    for chunk in LfChunks(rest) {
        hash.update(chunk);
    }
    hash.finalize().into()
}

fn line_of(bytes: &[u8], offset: usize) -> usize {
    let before = bytes.get(..offset).unwrap_or(bytes);
    1 + before.iter().filter(|byte| **byte == b'\n').count()
}

/// The pieces of a byte string that remain when every run of CRs before an LF is left out.
///
/// A run, not one CR, so that normalising twice is the same as normalising once.
struct LfChunks<'a>(&'a [u8]);

impl<'a> Iterator for LfChunks<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.0.is_empty() {
            return None;
        }
        let mut from = 0;
        while let Some(found) = self.0[from..].iter().position(|byte| *byte == b'\r') {
            let start = from + found;
            let run = self.0[start..].iter().take_while(|byte| **byte == b'\r');
            let end = start + run.count();
            if self.0.get(end) == Some(&b'\n') {
                let chunk = &self.0[..start];
                self.0 = &self.0[end..];
                return Some(chunk);
            }
            from = end;
        }
        Some(std::mem::take(&mut self.0))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_text_is_borrowed() {
        assert!(matches!(
            normalise(b"select 1;\n"),
            Ok(Cow::Borrowed("select 1;\n"))
        ));
    }

    #[test]
    fn bom_and_crlf_do_not_change_text_or_digest() {
        let plain = "a\nb\n";
        let other = b"\xef\xbb\xbfa\r\nb\r\n";
        assert_eq!(normalise(other).unwrap(), plain);
        assert_eq!(digest_bytes(other), digest(plain));
        assert_ne!(digest("a\nb"), digest(plain));
    }

    #[test]
    fn a_lone_carriage_return_stays() {
        assert_eq!(normalise(b"a\rb\r").unwrap(), "a\rb\r");
        assert_ne!(digest("a\rb"), digest("ab"));
    }

    #[test]
    fn digest_is_plain_sha256() {
        let hex: String = digest("abc")
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(
            hex,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn bad_bytes_name_offset_and_line() {
        let error = normalise(b"a\nb\n\xff").unwrap_err();
        assert_eq!(error, TextError::NotUtf8 { offset: 4, line: 3 });
        let error = normalise(b"a\n\0").unwrap_err();
        assert_eq!(error, TextError::Nul { offset: 2, line: 2 });
    }

    proptest! {
        #[test]
        fn normalising_again_changes_nothing(text in "[\u{feff}\r\na]{0,40}") {
            let once = normalise(text.as_bytes()).unwrap().into_owned();
            prop_assert_eq!(normalise(once.as_bytes()).unwrap(), once.as_str());
            prop_assert_eq!(digest(&once), digest(&text));
            prop_assert!(!once.contains("\r\n"));
        }
    }
}
