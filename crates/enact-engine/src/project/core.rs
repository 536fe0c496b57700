//! The core release that a sponsor's repository is pinned to, found in its source and checked byte for byte.

use std::error::Error;
use std::path::Path;

use enact_release::{Lock, Package, Source, SourceError};

use super::Project;
use super::config::{CoreConfig, CoreSource};
use super::layout::{Stream, StreamSource};
use super::names::StreamName;
use super::problem::Problem;
use super::streams::PinnedCore;

/// Name of the lock file in messages.
const LOCK: &str = "enact.lock";

/// Where the configuration says that releases are; relative paths begin at the repository's root.
#[must_use]
pub fn source(root: &Path, source: &CoreSource) -> Source {
    match source {
        CoreSource::Npm(path) | CoreSource::Path(path) => Source::Folder(root.join(path)),
        CoreSource::Archive(path) => Source::Archive(root.join(path)),
        CoreSource::Git { url, tag } => {
            let local = root.join(url);
            Source::Git {
                url: match local.exists() {
                    true => local.display().to_string(),
                    false => url.clone(),
                },
                tag: tag.clone(),
            }
        }
    }
}

/// The pinned core of a project that builds on one.
///
/// # Errors
/// If nothing is pinned, the release is not to be had, or its files are not those that were pinned.
pub fn pinned(project: &Project) -> Result<Option<PinnedCore>, Vec<Problem>> {
    let Some(core) = &project.config.core else {
        return Ok(None);
    };
    let package = find(project, core).map_err(|problem| vec![problem])?;
    let stream = stream(
        &project.root,
        &package,
        project.config.project.max_file_size,
    )?;
    Ok(Some(PinnedCore { stream, package }))
}

/// The migrations of a release as a stream.
///
/// # Errors
/// Every problem of its files.
pub fn stream(root: &Path, package: &Package, max_file_size: u64) -> Result<Stream, Vec<Problem>> {
    Stream::read(&StreamSource {
        name: StreamName::core(),
        root: root.to_owned(),
        dir: package.migrations(),
        max_file_size,
    })
}

fn find(project: &Project, core: &CoreConfig) -> Result<Package, Problem> {
    let problem = |id, message: String, mend: &str| Problem::of_file(id, LOCK, message, mend);
    let lock = Lock::read(&project.root).map_err(|error| {
        let mend = "restore it from version control, or write it again with `enact pin`";
        problem("core-lock", told(&error), mend)
    })?;
    let Some(lock) = lock else {
        let message = format!("no release of {} is pinned", core.package);
        return Err(problem(
            "core-not-pinned",
            message,
            "pin one with `enact pin`",
        ));
    };
    if lock.package != core.package {
        let message = format!(
            "it pins {}, and enact.toml asks for {}",
            lock.package, core.package
        );
        return Err(problem(
            "core-lock",
            message,
            "pin the other package with `enact pin`",
        ));
    }
    let Some(from) = &core.source else {
        let message = "[core] names no source of releases".to_owned();
        let mend = "write source = { npm = … }, { path = … }, { archive = … } or { git = … } in enact.toml";
        return Err(problem("core-source", message, mend));
    };
    enact_release::find(&project.root, &source(&project.root, from), &lock)
        .map_err(|error| problem("core-release", told(&error), mend(&error)))
}

fn mend(error: &SourceError) -> &'static str {
    match error {
        SourceError::Missing { .. } | SourceError::Unreadable { .. } => {
            "install the package (such as `npm ci`), or pin a release that is there with `enact pin`"
        }
        SourceError::Other { .. } => {
            "find out why the release is another one; only then pin it with `enact pin`"
        }
        SourceError::Lock(_) => "restore enact.lock from version control, or run `enact pin`",
        SourceError::Package(_) => "install the release anew; nobody edits a released file",
        _ => "have the release made or installed again",
    }
}

/// An error with its causes, in one line.
fn told(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
