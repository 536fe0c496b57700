//! From the shape of `enact.toml` to values that can be relied on.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use enact_lint::Severity;
use toml::Spanned;

use super::raw::{
    RawConfig, RawCore, RawEnvironment, RawLint, RawProject, RawSnapshot, RawSource, position,
};
use super::{
    Config, CoreConfig, CoreSource, CoreVersion, DEFAULT_MAX_FILE_SIZE, Environment, Kind,
    LintConfig, ProjectConfig, SnapshotConfig,
};
use crate::project::names::{CORE, StreamName};
use crate::project::problem::Problem;
use crate::project::{suggest, units};

/// PostgreSQL cuts names that are longer, in bytes.
const MAX_NAME: usize = 63;

/// Checks every value and collects what is wrong.
pub(super) fn check(raw: RawConfig, text: &str, file: &Path) -> Result<Config, Vec<Problem>> {
    let mut checker = Checker {
        text,
        file,
        problems: Vec::new(),
    };
    let project = checker.project(&raw.project);
    let core = raw
        .core
        .as_ref()
        .and_then(|core| checker.core(core, project.as_ref()));
    let environments = checker.environments(&raw.environments);
    let snapshot = checker.snapshot(&raw.snapshot);
    let lint = checker.lint(&raw.lint);
    let regulated = checker.regulated(&raw.regulated);
    let kind = project.as_ref().map(|project| project.kind);
    let release = checker.release(raw.release.as_ref(), kind);
    let leave = checker.leave(raw.leave.as_ref(), kind);
    match project {
        Some(project) if checker.problems.is_empty() => Ok(Config {
            project,
            core,
            environments,
            snapshot,
            lint,
            regulated,
            release,
            leave,
        }),
        _ => Err(checker.problems),
    }
}

pub(super) struct Checker<'a> {
    text: &'a str,
    file: &'a Path,
    problems: Vec<Problem>,
}

impl Checker<'_> {
    pub(super) fn problem(
        &mut self,
        offset: usize,
        id: &'static str,
        message: impl Into<String>,
        mend: impl Into<String>,
    ) {
        let (line, column) = position(self.text, offset);
        self.problems
            .push(Problem::of_file(id, self.file, message, mend).at(line, column));
    }

    fn project(&mut self, raw: &RawProject) -> Option<ProjectConfig> {
        let kind = self.kind(&raw.kind);
        let name = self.name(&raw.name, kind);
        let migrations = self.folder(Some(&raw.migrations), "migrations");
        let fixtures = self.folder(raw.fixtures.as_ref(), "fixtures");
        let tests = self.folder(raw.tests.as_ref(), "tests");
        let max_file_size = self.size(raw.max_file_size.as_ref());
        Some(ProjectConfig {
            kind: kind?,
            name: name?,
            migrations,
            fixtures,
            tests,
            max_file_size,
        })
    }

    fn kind(&mut self, raw: &Spanned<String>) -> Option<Kind> {
        match raw.get_ref().as_str() {
            CORE => Some(Kind::Core),
            "sponsor" => Some(Kind::Sponsor),
            other => {
                let mend = match suggest::nearest(other, &[CORE, "sponsor"]) {
                    Some(near) => format!("did you mean \"{near}\"?"),
                    None => "write \"core\" or \"sponsor\"".into(),
                };
                self.problem(
                    raw.span().start,
                    "config-kind",
                    format!("unknown kind `{other}`"),
                    mend,
                );
                None
            }
        }
    }

    fn name(&mut self, raw: &Spanned<String>, kind: Option<Kind>) -> Option<StreamName> {
        let at = raw.span().start;
        let name: StreamName = match raw.get_ref().parse() {
            Ok(name) => name,
            Err(_) => {
                let message = format!("`{}` is no name of a stream", raw.get_ref());
                self.problem(
                    at,
                    "config-name",
                    message,
                    "use a-z, 0-9 and _, beginning with a letter",
                );
                return None;
            }
        };
        match (kind, name.is_core()) {
            (Some(Kind::Sponsor), true) => {
                self.problem(
                    at,
                    "config-name",
                    "`core` is the name of the core stream",
                    "name the stream after the sponsor",
                );
            }
            (Some(Kind::Core), false) => {
                let message = format!("the core stream cannot be called `{name}`");
                self.problem(at, "config-name", message, "write name = \"core\"");
            }
            _ => return Some(name),
        }
        None
    }

    /// A folder inside the repository; the default is named like its key.
    fn folder(&mut self, raw: Option<&Spanned<String>>, key: &str) -> PathBuf {
        self.folder_or(raw, key)
    }

    /// A path inside the repository.
    pub(super) fn folder_or(&mut self, raw: Option<&Spanned<String>>, default: &str) -> PathBuf {
        let Some(raw) = raw else {
            return PathBuf::from(default);
        };
        let path = PathBuf::from(raw.get_ref());
        if !is_inside(&path) {
            let message = format!("`{}` is not a path inside the repository", path.display());
            let mend = "write a path relative to enact.toml, without `..`";
            self.problem(raw.span().start, "config-path", message, mend);
        }
        path
    }

    fn size(&mut self, raw: Option<&Spanned<String>>) -> u64 {
        let Some(raw) = raw else {
            return DEFAULT_MAX_FILE_SIZE;
        };
        units::parse_size(raw.get_ref()).unwrap_or_else(|error| {
            self.unit(raw, &error);
            DEFAULT_MAX_FILE_SIZE
        })
    }

    fn duration(&mut self, raw: Option<&Spanned<String>>) -> Option<Duration> {
        let raw = raw?;
        let read = units::parse_duration(raw.get_ref());
        read.map_err(|error| self.unit(raw, &error)).ok()
    }

    fn unit(&mut self, raw: &Spanned<String>, error: &units::UnitError) {
        let text = error.to_string();
        let (message, mend) = text
            .split_once(": ")
            .unwrap_or((&text, "write a number with a unit"));
        self.problem(raw.span().start, "config-unit", message, mend);
    }

    fn core(
        &mut self,
        raw: &Spanned<RawCore>,
        project: Option<&ProjectConfig>,
    ) -> Option<CoreConfig> {
        let at = raw.span().start;
        let core = raw.get_ref();
        if project.is_some_and(|project| project.kind == Kind::Core) {
            let mend = "remove the table; only a sponsor's repository builds on the core";
            self.problem(at, "config-core", "[core] in the core repository", mend);
        }
        let version = match (&core.version, &core.version_from) {
            (Some(range), None) => CoreVersion::Range(range.clone()),
            (None, Some(file)) => CoreVersion::From(self.folder(Some(file), "version_from")),
            _ => {
                let mend = "write either version = \"^1.3.0\" or version_from = \"pubspec.yaml\"";
                self.problem(
                    at,
                    "config-core",
                    "[core] needs exactly one of version and version_from",
                    mend,
                );
                return None;
            }
        };
        let source = core.source.as_ref().and_then(|source| self.source(source));
        Some(CoreConfig {
            package: core.package.clone(),
            version,
            source,
        })
    }

    fn source(&mut self, raw: &Spanned<RawSource>) -> Option<CoreSource> {
        let RawSource {
            npm,
            path,
            archive,
            git,
            tag,
        } = raw.get_ref();
        let source = match (npm, path, archive, git) {
            (Some(npm), None, None, None) => Some(CoreSource::Npm(npm.into())),
            (None, Some(path), None, None) => Some(CoreSource::Path(path.into())),
            (None, None, Some(archive), None) => Some(CoreSource::Archive(archive.into())),
            (None, None, None, Some(url)) => Some(CoreSource::Git {
                url: url.clone(),
                tag: tag.clone(),
            }),
            _ => None,
        };
        let stray_tag = tag.is_some() && git.is_none();
        if source.is_none() || stray_tag {
            let mend = "write { npm = … }, { path = … }, { archive = … } or { git = …, tag = … }";
            self.problem(
                raw.span().start,
                "config-core",
                "source needs exactly one place",
                mend,
            );
        }
        source
    }

    fn environments(
        &mut self,
        raw: &BTreeMap<Spanned<String>, RawEnvironment>,
    ) -> BTreeMap<String, Environment> {
        let mut environments = BTreeMap::new();
        for (name, environment) in raw {
            self.environment_name(name);
            if let Some(after) = &environment.after {
                self.after(name.get_ref(), after, raw);
            }
            if let Some(environment) = self.environment(name.get_ref(), environment) {
                environments.insert(name.get_ref().clone(), environment);
            }
        }
        environments
    }

    fn environment_name(&mut self, name: &Spanned<String>) {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let text = name.get_ref();
        if !text.starts_with(|c: char| c.is_ascii_alphanumeric()) || !text.chars().all(allowed) {
            let message = format!("`{text}` is no name of an environment");
            let mend = "use letters, digits, _ and -, beginning with a letter or digit";
            self.problem(name.span().start, "config-environment", message, mend);
        }
    }

    /// An environment comes after another one that there is.
    fn after(
        &mut self,
        name: &str,
        after: &Spanned<String>,
        all: &BTreeMap<Spanned<String>, RawEnvironment>,
    ) {
        let wanted = after.get_ref();
        let mut others = all
            .keys()
            .map(Spanned::get_ref)
            .filter(|other| *other != name);
        if !others.any(|other| other == wanted) {
            let message = format!("`{name}` cannot come after `{wanted}`");
            let mend = "name another environment of this file, such as after = \"staging\"";
            self.problem(after.span().start, "config-environment", message, mend);
        }
    }

    fn environment(&mut self, name: &str, raw: &RawEnvironment) -> Option<Environment> {
        let url = self.secret(name, &raw.url);
        let role = raw.role.as_ref().map(|role| self.identifier(role, "role"));
        let lock_timeout = self.duration(raw.lock_timeout.as_ref());
        let statement_timeout = self.duration(raw.statement_timeout.as_ref());
        let retry_budget = self.duration(raw.retry_budget.as_ref());
        let protected = raw.protected;
        Some(Environment {
            url: url?,
            protected,
            after: raw.after.as_ref().map(|after| after.get_ref().clone()),
            role,
            lock_timeout,
            statement_timeout,
            retry_budget,
        })
    }

    fn identifier(&mut self, raw: &Spanned<String>, what: &str) -> String {
        let name = raw.get_ref();
        if name.is_empty() || name.len() > MAX_NAME || name.contains('\0') {
            let message = format!("`{name}` is no name of a {what}");
            self.problem(
                raw.span().start,
                "config-name",
                message,
                format!("write the name of a {what} as PostgreSQL knows it"),
            );
        }
        name.clone()
    }

    fn lint(&mut self, raw: &RawLint) -> LintConfig {
        let default = LintConfig::default();
        let fail = raw.fail.as_ref().map(|fail| self.level(fail, "never"));
        let server = raw.server.as_ref().and_then(|server| {
            let major = u16::try_from(*server.get_ref()).ok();
            let known = major.filter(|major| (13..=18).contains(major));
            if known.is_none() {
                let message = format!("Enact does not know PostgreSQL {}", server.get_ref());
                let mend = "write the major version, 13 to 18";
                self.problem(server.span().start, "config-lint", message, mend);
            }
            known
        });
        let mut rules = BTreeMap::new();
        for (name, severity) in &raw.rules {
            if enact_lint::rule(name.get_ref()).is_none() {
                let known: Vec<&str> = enact_lint::RULES.iter().map(|rule| rule.id).collect();
                let mend = match suggest::nearest(name.get_ref(), &known) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "the rules are listed in docs/rules/README.md".to_owned(),
                };
                let message = format!("there is no rule `{}`", name.get_ref());
                self.problem(name.span().start, "config-lint", message, mend);
            }
            let severity = self.level(severity, "off");
            rules.insert(name.get_ref().clone(), severity);
        }
        LintConfig {
            fail: fail.unwrap_or(default.fail),
            server,
            rules,
        }
    }

    /// A severity, or the word for none.
    fn level(&mut self, raw: &Spanned<String>, none: &str) -> Option<Severity> {
        let word = raw.get_ref();
        let severity = Severity::parse(word);
        if severity.is_none() && word != none {
            let message = format!("unknown severity `{word}`");
            let mend = match suggest::nearest(word, &["error", "warning", "notice", none]) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => format!("write \"error\", \"warning\", \"notice\" or \"{none}\""),
            };
            self.problem(raw.span().start, "config-lint", message, mend);
        }
        severity
    }

    fn snapshot(&mut self, raw: &RawSnapshot) -> SnapshotConfig {
        let default = SnapshotConfig::default();
        SnapshotConfig {
            comments: raw.comments.unwrap_or(default.comments),
            grants: raw.grants.unwrap_or(default.grants),
            owners: raw.owners.unwrap_or(default.owners),
            exclude_schemas: raw
                .exclude_schemas
                .iter()
                .map(|name| self.identifier(name, "schema"))
                .collect(),
        }
    }
}

fn is_inside(path: &Path) -> bool {
    let inside = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    !path.as_os_str().is_empty()
        && !path.as_os_str().as_encoded_bytes().contains(&0)
        && path.components().all(inside)
}
