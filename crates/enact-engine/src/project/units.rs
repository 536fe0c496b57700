//! Durations and sizes as they are written in `enact.toml`.

use std::time::Duration;

const MILLISECONDS: [(&str, u64); 4] = [("ms", 1), ("s", 1_000), ("min", 60_000), ("h", 3_600_000)];
const BYTES: [(&str, u64); 3] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

/// Why a text is no duration or size.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnitError {
    /// No whole number followed by a known unit.
    #[error("`{text}` is no {what}: write a whole number with a unit, such as {examples}")]
    Malformed {
        /// What was expected.
        what: &'static str,
        /// The text as given.
        text: String,
        /// How it is written.
        examples: &'static str,
    },
    /// Zero, which PostgreSQL would take as "no limit", or more than it can hold.
    #[error("`{text}` is out of range: use {range}")]
    Range {
        /// The text as given.
        text: String,
        /// What is allowed.
        range: &'static str,
    },
}

/// Reads a duration such as `100ms`, `5s`, `2min` or `1h`.
///
/// # Errors
/// [`UnitError`] if the unit is missing or unknown, for zero, and for more than 24 days, which is the most that
/// PostgreSQL's settings hold.
pub fn parse_duration(text: &str) -> Result<Duration, UnitError> {
    let range = "1ms to 24 days; leave the key out for the default";
    let number = quantity(
        text,
        &MILLISECONDS,
        "duration",
        "\"100ms\", \"5s\", \"2min\" or \"1h\"",
    )?;
    match number {
        Some(milliseconds @ 1..=2_073_600_000) => Ok(Duration::from_millis(milliseconds)),
        _ => Err(UnitError::Range {
            text: text.to_owned(),
            range,
        }),
    }
}

/// Reads a size such as `512KiB`, `64MiB` or `1GiB`, in bytes.
///
/// # Errors
/// [`UnitError`] if the unit is missing or unknown, for zero, and for more than PostgreSQL's 1 GiB per message.
pub fn parse_size(text: &str) -> Result<u64, UnitError> {
    let number = quantity(text, &BYTES, "size", "\"512KiB\", \"64MiB\" or \"1GiB\"")?;
    match number {
        Some(bytes @ 1..=0x4000_0000) => Ok(bytes),
        _ => Err(UnitError::Range {
            text: text.to_owned(),
            range: "1KiB to 1GiB",
        }),
    }
}

/// The number in the smallest unit; `None` if it does not fit.
fn quantity(
    text: &str,
    units: &[(&str, u64)],
    what: &'static str,
    examples: &'static str,
) -> Result<Option<u64>, UnitError> {
    let digits_end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at(digits_end);
    let factor = units.iter().find(|(name, _)| *name == unit.trim_start());
    match (digits.is_empty(), factor) {
        (false, Some((_, factor))) => Ok(digits
            .parse()
            .ok()
            .and_then(|number: u64| number.checked_mul(*factor))),
        _ => Err(UnitError::Malformed {
            what,
            text: text.to_owned(),
            examples,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_need_a_unit_and_a_sane_value() {
        for (text, milliseconds) in [
            ("100ms", 100),
            ("5s", 5_000),
            ("2min", 120_000),
            ("1h", 3_600_000),
            ("5 s", 5_000),
        ] {
            assert_eq!(
                parse_duration(text),
                Ok(Duration::from_millis(milliseconds)),
                "{text}"
            );
        }
        for text in ["", "5", "s", "5m", "-5s", "1.5s", "5S", "5sec"] {
            assert!(
                matches!(parse_duration(text), Err(UnitError::Malformed { .. })),
                "{text}"
            );
        }
        for text in ["0s", "25000h", "99999999999999999999h", "9999999999999999h"] {
            assert!(
                matches!(parse_duration(text), Err(UnitError::Range { .. })),
                "{text}"
            );
        }
    }

    #[test]
    fn sizes_need_a_unit_and_a_sane_value() {
        assert_eq!(parse_size("64MiB"), Ok(64 << 20));
        assert_eq!(parse_size("1KiB"), Ok(1024));
        for text in ["64", "64MB", "0KiB", "2GiB"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }
}
