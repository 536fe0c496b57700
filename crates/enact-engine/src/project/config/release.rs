//! `[release]` and `[leave]` of a core repository.

use std::collections::BTreeMap;
use std::path::PathBuf;

use enact_release::{Action, Leave, parse_version};
use toml::Spanned;

use super::Kind;
use super::check::Checker;
use super::raw::RawRelease;

/// `[release]`
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReleaseConfig {
    /// `package`: name of the package, as npm knows it.
    pub package: String,
    /// `folder`: where releases are written; default `releases`.
    pub folder: PathBuf,
    /// `changelog`: where the notes of a release stand; default `CHANGELOG.md`.
    pub changelog: PathBuf,
    /// `minimum_server`: the oldest major version of PostgreSQL that releases are for.
    pub minimum_server: Option<u32>,
    /// `withdrawn`: released versions that nobody should take, each with the reason; every later release says so.
    pub withdrawn: BTreeMap<String, String>,
}

impl Checker<'_> {
    pub(super) fn release(
        &mut self,
        raw: Option<&Spanned<RawRelease>>,
        kind: Option<Kind>,
    ) -> Option<ReleaseConfig> {
        let (at, raw) = (raw?.span().start, raw?.get_ref());
        self.of_core(at, "[release]", kind);
        let package = raw.package.get_ref();
        if !is_package(package) {
            let message = format!("`{package}` is no name of a package");
            let mend = "write it as npm knows it, such as \"@clinical-diary/database\"";
            self.problem(raw.package.span().start, "config-name", message, mend);
        }
        Some(ReleaseConfig {
            package: package.clone(),
            folder: self.folder_or(raw.folder.as_ref(), "releases"),
            changelog: self.folder_or(raw.changelog.as_ref(), "CHANGELOG.md"),
            minimum_server: raw.minimum_server,
            withdrawn: self.withdrawn(raw),
        })
    }

    fn withdrawn(&mut self, raw: &RawRelease) -> BTreeMap<String, String> {
        for (version, why) in &raw.withdrawn {
            if let Err(error) = parse_version(version.get_ref()) {
                let mend = "write the version of a release, such as \"1.3.0\"";
                self.problem(version.span().start, "config-name", error.to_string(), mend);
            }
            if why.trim().is_empty() {
                let message = format!("{} is withdrawn without a reason", version.get_ref());
                let mend = "write why nobody should take it; every sponsor will read it";
                self.problem(version.span().start, "config-name", message, mend);
            }
        }
        let pairs = raw.withdrawn.iter();
        pairs
            .map(|(version, why)| (version.get_ref().clone(), why.clone()))
            .collect()
    }

    pub(super) fn leave(&mut self, raw: Option<&Spanned<Leave>>, kind: Option<Kind>) -> Leave {
        let Some(raw) = raw else {
            return Leave::default();
        };
        self.of_core(raw.span().start, "[leave]", kind);
        for action in Action::ALL {
            for pattern in raw.get_ref().patterns(action) {
                let qualified = pattern.contains('.');
                if pattern.is_empty() || qualified == (action == Action::Create) {
                    let message =
                        format!("`{pattern}` names nothing that leave to {action} is given for");
                    let mend = match action {
                        Action::Create => "write the name of a schema, such as \"diary\"",
                        _ => "write it with its schema, such as \"diary.sites\" or \"diary.*\"",
                    };
                    self.problem(raw.span().start, "config-name", message, mend);
                }
            }
        }
        raw.get_ref().clone()
    }

    fn of_core(&mut self, at: usize, table: &str, kind: Option<Kind>) {
        if kind == Some(Kind::Sponsor) {
            let message = format!("{table} in a sponsor's repository");
            let mend = "remove the table; only the core is released and gives leave";
            self.problem(at, "config-core", message, mend);
        }
    }
}

/// `name` or `@scope/name`, of what npm allows in new names.
fn is_package(text: &str) -> bool {
    let plain = |part: &str| {
        let first = part.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
        first
            && part
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-._".contains(c))
    };
    match text.strip_prefix('@') {
        Some(scoped) => scoped
            .split_once('/')
            .is_some_and(|(scope, name)| plain(scope) && plain(name)),
        None => plain(text),
    }
}
