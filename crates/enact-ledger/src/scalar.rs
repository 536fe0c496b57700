//! Values with a text form of their own: times, digests of files, identities, SQLSTATEs.

use std::fmt;
use std::str::FromStr;

use crate::hash::parse_hex;
use crate::hash::write_hex;

/// A text that does not have the form its field demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not {expected}")]
pub struct ScalarError {
    /// What the text should have been, with article: "a time of the form …".
    pub expected: &'static str,
}

/// A UTC time `YYYY-MM-DDTHH:MM:SS.ffffffZ`, from year 0001 to 9999. Orders by time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp([u8; 27]);

impl Timestamp {
    /// The beginning of Unix time.
    pub const EPOCH: Self = Self(*b"1970-01-01T00:00:00.000000Z");

    /// The text form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for Timestamp {
    type Err = ScalarError;

    fn from_str(text: &str) -> Result<Self, ScalarError> {
        const NOT_A_TIME: ScalarError = ScalarError {
            expected: "a time of the form YYYY-MM-DDTHH:MM:SS.ffffffZ",
        };
        let bytes: [u8; 27] = text.as_bytes().try_into().map_err(|_| NOT_A_TIME)?;
        if has_time_layout(&bytes) && is_in_calendar(&bytes) {
            Ok(Self(bytes))
        } else {
            Err(NOT_A_TIME)
        }
    }
}

fn has_time_layout(bytes: &[u8; 27]) -> bool {
    const LAYOUT: &[u8; 27] = b"0000-00-00T00:00:00.000000Z";
    bytes.iter().zip(LAYOUT).all(|(byte, wanted)| {
        if *wanted == b'0' {
            byte.is_ascii_digit()
        } else {
            byte == wanted
        }
    })
}

fn is_in_calendar(bytes: &[u8; 27]) -> bool {
    let number = |range: std::ops::Range<usize>| {
        bytes[range]
            .iter()
            .fold(0_u32, |n, digit| n * 10 + u32::from(digit - b'0'))
    };
    let (year, month, day) = (number(0..4), number(5..7), number(8..10));
    year > 0
        && (1..=days_in(year, month)).contains(&day)
        && number(11..13) < 24
        && number(14..16) < 60
        && number(17..19) < 60
}

/// Days in a month; 0 if there is no such month.
fn days_in(year: u32, month: u32) -> u32 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How the bytes of a migration file were prepared before SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// `sha256-lf`: the bytes with LF line ends and without a byte order mark.
    Lf,
    /// `sha256-tokens`: the tokens, without comments and spacing.
    Tokens,
}

impl Algorithm {
    /// The name before the colon.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lf => "sha256-lf",
            Self::Tokens => "sha256-tokens",
        }
    }
}

/// The digest of a file with its algorithm, such as `sha256-lf:<64 hex>`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileDigest {
    /// How the bytes were prepared.
    pub algorithm: Algorithm,
    /// The SHA-256 value.
    pub value: [u8; 32],
}

impl fmt::Display for FileDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.algorithm.as_str())?;
        write_hex(f, &self.value)
    }
}

impl FromStr for FileDigest {
    type Err = ScalarError;

    fn from_str(text: &str) -> Result<Self, ScalarError> {
        let parse = || {
            let (name, hex) = text.split_once(':')?;
            let algorithm = [Algorithm::Lf, Algorithm::Tokens]
                .into_iter()
                .find(|known| known.as_str() == name)?;
            Some(Self {
                algorithm,
                value: parse_hex(hex.as_bytes())?,
            })
        };
        parse().ok_or(ScalarError { expected: "a file digest (`sha256-lf:` or `sha256-tokens:` and 64 lower-case hex digits)" })
    }
}

/// The random identity of a target: a UUID in lower case, 8-4-4-4-12 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity([u8; 36]);

impl Identity {
    /// The text form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for Identity {
    type Err = ScalarError;

    fn from_str(text: &str) -> Result<Self, ScalarError> {
        const NOT_A_UUID: ScalarError = ScalarError {
            expected: "a UUID in lower case",
        };
        let bytes: [u8; 36] = text.as_bytes().try_into().map_err(|_| NOT_A_UUID)?;
        let fits = |(at, byte): (usize, &u8)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        };
        if bytes.iter().enumerate().all(fits) {
            Ok(Self(bytes))
        } else {
            Err(NOT_A_UUID)
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// PostgreSQL's system identifier of a cluster. Recorded as decimal text: it does not fit 53 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SystemIdentifier(pub u64);

impl FromStr for SystemIdentifier {
    type Err = ScalarError;

    fn from_str(text: &str) -> Result<Self, ScalarError> {
        const NOT_AN_IDENTIFIER: ScalarError = ScalarError {
            expected: "a system identifier (decimal digits)",
        };
        let plain = text.bytes().all(|byte| byte.is_ascii_digit())
            && (text == "0" || !text.starts_with('0'));
        let number = text.parse().map_err(|_| NOT_AN_IDENTIFIER)?;
        if plain {
            Ok(Self(number))
        } else {
            Err(NOT_AN_IDENTIFIER)
        }
    }
}

impl fmt::Display for SystemIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An SQLSTATE: five digits or upper-case letters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SqlState([u8; 5]);

impl SqlState {
    /// `XX000`: something that should not happen.
    pub const INTERNAL_ERROR: Self = Self(*b"XX000");

    /// The text form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for SqlState {
    type Err = ScalarError;

    fn from_str(text: &str) -> Result<Self, ScalarError> {
        const NOT_A_STATE: ScalarError = ScalarError {
            expected: "an SQLSTATE (five digits or upper-case letters)",
        };
        let bytes: [u8; 5] = text.as_bytes().try_into().map_err(|_| NOT_A_STATE)?;
        let fits = bytes
            .iter()
            .all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
        if fits {
            Ok(Self(bytes))
        } else {
            Err(NOT_A_STATE)
        }
    }
}

impl fmt::Display for SqlState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `Debug` as the text form: byte arrays tell a reader nothing.
macro_rules! debug_as_text {
    ($($type:ty),*) => {$(
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    )*};
}

debug_as_text!(Timestamp, FileDigest, Identity, SqlState);

#[cfg(test)]
mod tests {
    use super::*;

    fn refused<T: FromStr>(texts: &[&str]) {
        for text in texts {
            assert!(text.parse::<T>().is_err(), "{text} was accepted");
        }
    }

    #[test]
    fn times_are_calendar_times() {
        let time: Timestamp = "2024-02-29T23:59:59.999999Z".parse().unwrap();
        assert_eq!(time.to_string(), "2024-02-29T23:59:59.999999Z");
        refused::<Timestamp>(&[
            "0000-00-00T00:00:00.000000Z",
            "2023-02-29T00:00:00.000000Z",
            "2100-02-29T00:00:00.000000Z",
            "2024-13-01T00:00:00.000000Z",
            "2024-04-31T00:00:00.000000Z",
            "2024-04-01T24:00:00.000000Z",
            "2024-04-01T00:00:60.000000Z",
            "2024-04-01 00:00:00.000000Z",
            "2024-04-01T00:00:00.00000Z",
            "2024-04-01T00:00:00.000000+00:00",
            "+024-04-01T00:00:00.000000Z",
        ]);
    }

    #[test]
    fn digests_carry_a_known_algorithm() {
        let hex = "ab".repeat(32);
        let digest: FileDigest = format!("sha256-tokens:{hex}").parse().unwrap();
        assert_eq!(digest.algorithm, Algorithm::Tokens);
        assert_eq!(digest.to_string(), format!("sha256-tokens:{hex}"));
        for name in ["sha256", "md5", "sha256-LF", ""] {
            refused::<FileDigest>(&[&format!("{name}:{hex}")]);
        }
        refused::<FileDigest>(&["sha256-lf:ab", &hex]);
    }

    #[test]
    fn other_scalars_have_one_spelling() {
        assert_eq!(
            "7300000000000000001".parse(),
            Ok(SystemIdentifier(7_300_000_000_000_000_001))
        );
        refused::<SystemIdentifier>(&["+1", "01", "", "-1", "18446744073709551616"]);
        assert_eq!("55P03".parse::<SqlState>().unwrap().as_str(), "55P03");
        refused::<SqlState>(&["55p03", "5P03", "55P030", "55P0\u{e9}"]);
        assert!(
            "0d1f5a3c-1111-4222-8333-abcdefabcdef"
                .parse::<Identity>()
                .is_ok()
        );
        refused::<Identity>(&[
            "0D1F5A3C-1111-4222-8333-abcdefabcdef",
            "0d1f5a3c111142228333abcdefabcdef0000",
        ]);
    }
}
