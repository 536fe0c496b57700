//! Versions, and the ranges in which they are wanted.

mod dart;

use std::fmt;

pub use nodejs_semver::Version;

/// A range of versions, in the words of one of the two worlds that sponsors live in.
#[derive(Debug, Clone)]
pub enum Range {
    /// As npm reads it: `^1.3.0`, `~1.3`, `1.x`, `>=1.2 <2 || 3.0.0`.
    Npm {
        /// As written.
        text: String,
        /// As npm's own rules read it.
        range: nodejs_semver::Range,
    },
    /// As Dart's pub reads it: `^1.3.0`, `>=1.2.0 <2.0.0`, `any`.
    Dart {
        /// As written.
        text: String,
        /// As pub's own rules read it.
        constraint: dart::Constraint,
    },
    /// What npm was told to install from a place, such as `file:database-1.3.0.tgz`: the version there, whichever it is.
    Place(String),
}

/// A text is no version or no range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no {what}: {mend}")]
pub struct RangeError {
    /// As written.
    pub text: String,
    /// What it should have been.
    pub what: &'static str,
    /// What to write.
    pub mend: &'static str,
}

/// Reads a version such as `1.3.0` or `1.4.0-rc.1`.
///
/// # Errors
/// If it is not one of the three numbers that Semantic Versioning asks for, with what may follow them.
pub fn parse_version(text: &str) -> Result<Version, RangeError> {
    // npm's reader forgives what stands around a version; what is written back is compared.
    let version = Version::parse(text)
        .ok()
        .filter(|version| version.to_string() == text);
    version.ok_or_else(|| RangeError {
        text: text.to_owned(),
        what: "version",
        mend: "write three numbers, such as 1.3.0 or 1.4.0-rc.1",
    })
}

impl Range {
    /// Reads a range as npm does.
    ///
    /// # Errors
    /// [`RangeError`].
    pub fn npm(text: &str) -> Result<Self, RangeError> {
        match nodejs_semver::Range::parse(text) {
            Ok(range) => Ok(Self::Npm {
                text: text.to_owned(),
                range,
            }),
            Err(_) => Err(RangeError {
                text: text.to_owned(),
                what: "range",
                mend: "write it as in package.json, such as ^1.3.0, ~1.3 or >=1.2.0 <2.0.0",
            }),
        }
    }

    /// Reads what `package.json` may hold: a range, or the place of a package, which npm takes as it finds it.
    ///
    /// # Errors
    /// [`RangeError`].
    /// See <https://docs.npmjs.com/cli/v11/configuring-npm/package-json#dependencies>.
    pub fn npm_dependency(text: &str) -> Result<Self, RangeError> {
        // `workspace:^1.3.0` of pnpm and yarn, `npm:other-name@^1.3.0`: a range behind a name.
        let text = text.strip_prefix("workspace:").unwrap_or(text);
        match text.strip_prefix("npm:") {
            Some(alias) => match alias.rsplit_once('@') {
                Some((name, range)) if !name.is_empty() => Self::npm(range),
                _ => Self::npm("*"),
            },
            None if text.contains([':', '/']) => Ok(Self::Place(text.to_owned())),
            None => Self::npm(text),
        }
    }

    /// Reads a constraint as Dart's pub does.
    ///
    /// # Errors
    /// [`RangeError`].
    pub fn dart(text: &str) -> Result<Self, RangeError> {
        match dart::Constraint::parse(text) {
            Some(constraint) => Ok(Self::Dart {
                text: text.to_owned(),
                constraint,
            }),
            None => Err(RangeError {
                text: text.to_owned(),
                what: "version constraint",
                mend: "write it as in pubspec.yaml, such as ^1.3.0, >=1.2.0 <2.0.0 or any",
            }),
        }
    }

    /// Whether the version is in it.
    #[must_use]
    pub fn allows(&self, version: &Version) -> bool {
        match self {
            Self::Npm { range, .. } => range.satisfies(version),
            Self::Dart { constraint, .. } => constraint.allows(version),
            Self::Place(_) => true,
        }
    }

    /// The version to take: the highest that is allowed. Dart takes a pre-release only where no other is allowed; npm's
    /// ranges allow one only where they name one.
    #[must_use]
    pub fn best<'v>(&self, versions: impl IntoIterator<Item = &'v Version>) -> Option<&'v Version> {
        let allowed = versions.into_iter().filter(|version| self.allows(version));
        let stable_first = matches!(self, Self::Dart { .. });
        allowed.max_by(|a, b| {
            let stable = |version: &Version| !stable_first || !version.is_prerelease();
            stable(a).cmp(&stable(b)).then_with(|| dart::compare(a, b))
        })
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Npm { text, .. } | Self::Dart { text, .. } | Self::Place(text) => {
                f.write_str(text)
            }
        }
    }
}

#[cfg(test)]
mod tests;
