//! The range that a sponsor's other files ask for: `pubspec.yaml`, `package.json`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use yaml_rust2::{Yaml, YamlLoader};

use crate::range::{Range, RangeError};

/// Why a file does not say which releases are wanted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WantedError {
    /// It cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// It cannot be understood.
    #[error("{}: {what}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// It does not ask for the package.
    #[error("{} does not depend on {}", path.display(), names.join(" or "))]
    NotThere {
        /// The file.
        path: PathBuf,
        /// The names that were looked for.
        names: Vec<String>,
    },
    /// What it asks for is no range.
    #[error("{}", path.display())]
    Range {
        /// The file.
        path: PathBuf,
        /// Why.
        source: RangeError,
    },
}

/// The range of `package` in a file: of Dart where its name ends in `.yaml`, else of npm.
///
/// pub's names know no scope and no hyphen: `@clinical-diary/database` is `clinical_diary_database` there, or `database`.
///
/// # Errors
/// [`WantedError`].
pub fn wanted(path: &Path, package: &str) -> Result<Range, WantedError> {
    let text = fs::read_to_string(path).map_err(|source| WantedError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    let yaml = path
        .extension()
        .is_some_and(|extension| extension == "yaml" || extension == "yml");
    let (names, found) = match yaml {
        true => (dart_names(package), of_pubspec(&text, package)),
        false => (vec![package.to_owned()], of_package_json(&text, package)),
    };
    let found = found.map_err(|what| WantedError::Invalid {
        path: path.to_owned(),
        what,
    })?;
    let text = found.ok_or_else(|| WantedError::NotThere {
        path: path.to_owned(),
        names,
    })?;
    let range = if yaml {
        Range::dart(&text)
    } else {
        Range::npm_dependency(&text)
    };
    range.map_err(|source| WantedError::Range {
        path: path.to_owned(),
        source,
    })
}

fn dart_names(package: &str) -> Vec<String> {
    let plain = |text: &str| text.trim_start_matches('@').replace(['/', '-'], "_");
    let last = package.rsplit('/').next().unwrap_or(package);
    let mut names = vec![plain(package), plain(last)];
    names.dedup();
    names
}

fn of_pubspec(text: &str, package: &str) -> Result<Option<String>, String> {
    let documents = YamlLoader::load_from_str(text).map_err(|error| error.to_string())?;
    let Some(pubspec) = documents.first() else {
        return Ok(None);
    };
    for section in ["dependency_overrides", "dependencies", "dev_dependencies"] {
        for name in dart_names(package) {
            match &pubspec[section][name.as_str()] {
                Yaml::BadValue => {}
                Yaml::Null => return Ok(Some("any".to_owned())),
                Yaml::String(range) => return Ok(Some(range.clone())),
                map => {
                    return match map["version"].as_str() {
                        Some(range) => Ok(Some(range.to_owned())),
                        None => Err(format!("`{name}` names no version")),
                    };
                }
            }
        }
    }
    Ok(None)
}

fn of_package_json(text: &str, package: &str) -> Result<Option<String>, String> {
    let json: serde_json::Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    for section in [
        "dependencies",
        "devDependencies",
        "peerDependencies",
        "optionalDependencies",
    ] {
        if let Some(range) = json.get(section).and_then(|section| section.get(package)) {
            return match range.as_str() {
                Some(range) => Ok(Some(range.to_owned())),
                None => Err(format!("`{package}` in {section} is no text")),
            };
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACKAGE: &str = "@clinical-diary/database";

    #[test]
    fn a_pubspec_says_it_under_a_name_of_dart() {
        for (text, expected) in [
            (
                "dependencies:\n  clinical_diary_database: ^1.3.0\n",
                Some("^1.3.0"),
            ),
            (
                "dependencies:\n  database: '>=1.2.0 <2.0.0'\n",
                Some(">=1.2.0 <2.0.0"),
            ),
            ("dev_dependencies:\n  database:\n", Some("any")),
            (
                "dependencies:\n  database:\n    hosted: https://packages.example\n    version: ^1.2.0\n",
                Some("^1.2.0"),
            ),
            (
                "dependencies:\n  database: ^1.0.0\ndependency_overrides:\n  database: 1.3.1\n",
                Some("1.3.1"),
            ),
            ("name: app\n", None),
            ("", None),
        ] {
            assert_eq!(
                of_pubspec(text, PACKAGE),
                Ok(expected.map(str::to_owned)),
                "{text}"
            );
        }
        assert!(of_pubspec("dependencies:\n  database:\n    path: ../db\n", PACKAGE).is_err());
        assert!(of_pubspec("dependencies: [", PACKAGE).is_err());
    }

    #[test]
    fn a_package_json_says_it_under_its_own() {
        let text = r#"{"devDependencies": {"@clinical-diary/database": "~1.3"}}"#;
        assert_eq!(of_package_json(text, PACKAGE), Ok(Some("~1.3".to_owned())));
        assert_eq!(of_package_json("{}", PACKAGE), Ok(None));
        assert!(of_package_json("{", PACKAGE).is_err());
        assert!(
            of_package_json(
                r#"{"dependencies": {"@clinical-diary/database": 1}}"#,
                PACKAGE
            )
            .is_err()
        );
    }
}
