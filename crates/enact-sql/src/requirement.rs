//! What a migration requires of another stream: `core >= 005`, `core ~ 1.3`, `orion 002`.

use std::fmt;

/// The least that a requirement asks of another stream.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Bound {
    /// This migration, or a later one, is applied.
    Migration(u32),
    /// A release with the same parts, whatever follows them: `1.3` is any 1.3.x.
    Release(Vec<u32>),
}

/// One machine-readable requirement of `-- Dependencies:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// Name of the stream, such as `core`.
    pub stream: String,
    /// What must be there.
    pub bound: Bound,
}

impl Requirement {
    /// Whether a stream that stands at `position`, of this release where it has releases, fulfils it.
    #[must_use]
    pub fn is_met(&self, position: u32, release: Option<&str>) -> bool {
        match &self.bound {
            Bound::Migration(number) => position >= *number,
            Bound::Release(parts) => {
                release.is_some_and(|version| numbers(version).starts_with(parts))
            }
        }
    }

    /// Reads a list that was written with commas between; what is no requirement is passed over.
    #[must_use]
    pub fn list(text: &str) -> Vec<Self> {
        let read = text.split(',').map(|item| read(item.trim()));
        read.filter_map(|reading| match reading {
            Reading::Requirement(requirement) => Some(requirement),
            Reading::Prose | Reading::Malformed => None,
        })
        .collect()
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.bound {
            Bound::Migration(number) => write!(f, "{} >= {number:03}", self.stream),
            Bound::Release(parts) => {
                let parts: Vec<String> = parts.iter().map(ToString::to_string).collect();
                write!(f, "{} ~ {}", self.stream, parts.join("."))
            }
        }
    }
}

/// What an item of `-- Dependencies:` is.
pub(crate) enum Reading {
    Prose,
    Requirement(Requirement),
    Malformed,
}

pub(crate) fn read(item: &str) -> Reading {
    let stream_end = item
        .find(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-'));
    let (stream, rest) = item.split_at(stream_end.unwrap_or(item.len()));
    let rest = rest.trim();
    let operator_end = rest
        .find(|c: char| !"<>=~^!".contains(c))
        .unwrap_or(rest.len());
    let (operator, value) = rest.split_at(operator_end);
    let value = value.trim();
    let bound = match operator {
        "" | ">=" => migration_number(value).map(Bound::Migration),
        "~" => release(value).map(Bound::Release),
        _ => None,
    };
    match bound {
        Some(bound) if !stream.is_empty() => Reading::Requirement(Requirement {
            stream: stream.to_owned(),
            bound,
        }),
        _ if operator.is_empty() || stream.is_empty() => Reading::Prose,
        _ => Reading::Malformed,
    }
}

fn migration_number(value: &str) -> Option<u32> {
    let digits = value.len() >= 3 && value.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| value.parse().ok()).flatten()
}

fn release(value: &str) -> Option<Vec<u32>> {
    let parts: Option<Vec<u32>> = value.split('.').map(|part| part.parse().ok()).collect();
    parts.filter(|parts| parts.len() <= 3)
}

/// The numbers of a version such as `1.3.0-rc.1+build`.
fn numbers(version: &str) -> Vec<u32> {
    let numeric = version.split(['-', '+']).next().unwrap_or_default();
    numeric
        .split('.')
        .map_while(|part| part.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let text = "core >= 005, core ~ 1.3, orion >= 012";
        let list = Requirement::list(text);
        let written: Vec<String> = list.iter().map(ToString::to_string).collect();
        assert_eq!(written.join(", "), text);
    }

    #[test]
    fn a_release_is_met_by_what_begins_with_its_parts() {
        let requirement = &Requirement::list("core ~ 1.3")[0];
        let met = |version| requirement.is_met(99, version);
        assert!(met(Some("1.3.0")) && met(Some("1.3.7-rc.1")));
        assert!(!met(Some("1.4.0")) && !met(Some("1.30.0")) && !met(Some("11.3.0")) && !met(None));
    }

    #[test]
    fn a_migration_is_met_by_itself_and_by_later_ones() {
        let requirement = &Requirement::list("orion 002")[0];
        assert!(requirement.is_met(2, None) && requirement.is_met(3, None));
        assert!(!requirement.is_met(1, Some("9.9.9")));
    }
}
