//! The section of a changelog that belongs to a version.

use std::path::Path;

use crate::failure::Failure;

/// What the changelog says of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The day behind the version in its heading.
    pub date: Option<String>,
    /// The text below the heading.
    pub text: String,
}

/// The section `## 1.3.0 - 2026-01-05` of a changelog, with or without brackets around the version.
///
/// # Errors
/// When the file cannot be read or has no such section: nobody adopts a release that says nothing of itself.
pub fn section(path: &Path, version: &str) -> Result<Section, Failure> {
    let missing = |message: String| {
        Failure::usage(message).next(format!(
            "write what is new under `## {version} - YYYY-MM-DD` in {}",
            path.display()
        ))
    };
    let text = std::fs::read_to_string(path)
        .map_err(|error| missing(format!("cannot read {}: {error}", path.display())))?;
    let found = find(&text, version);
    found.ok_or_else(|| missing(format!("{} does not speak of {version}", path.display())))
}

fn find(text: &str, version: &str) -> Option<Section> {
    let mut lines = text.lines();
    let heading = lines.by_ref().find(|line| is_of(line, version))?;
    let body: Vec<&str> = lines.take_while(|line| !line.starts_with("## ")).collect();
    let text = body.join("\n").trim().to_owned();
    let date = heading
        .rsplit_once(" - ")
        .map(|(_, date)| date.trim().to_owned());
    Some(Section {
        date: date.filter(|date| date.parse::<jiff::civil::Date>().is_ok()),
        text,
    })
    .filter(|section| !section.text.is_empty())
}

fn is_of(line: &str, version: &str) -> bool {
    let Some(heading) = line.strip_prefix("## ") else {
        return false;
    };
    let named = heading.split(" - ").next().unwrap_or_default().trim();
    named.trim_start_matches('[').trim_end_matches(']') == version
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# Changelog\n\n## [Unreleased]\n\n## [1.3.1] - 2026-02-01\n\n- Two\n\n### Fixed\n\n- Three\n\n## 1.3.0\n\n- One\n\n## 1.2.0 - soon\n";

    #[test]
    fn a_version_has_its_section() {
        let found = find(TEXT, "1.3.1").unwrap();
        assert_eq!(found.date.as_deref(), Some("2026-02-01"));
        assert_eq!(found.text, "- Two\n\n### Fixed\n\n- Three");
        let found = find(TEXT, "1.3.0").unwrap();
        assert_eq!((found.date, found.text.as_str()), (None, "- One"));
        assert_eq!(find(TEXT, "1.3"), None);
        assert_eq!(find(TEXT, "1.2.0"), None, "it says nothing");
    }
}
