//! Releases in the tags of a git repository, read with the `git` program.

use std::fs;
use std::io;
use std::path::{self, Path};
use std::process::Command;

use super::{Offer, Offering, SourceError};
use crate::package::MANIFEST;
use crate::range::parse_version;

/// The folder of a tagged tree in which a release lies; else it lies at the root.
const IN_TREE: &str = "release";
/// What git tells the programs that it runs, such as hooks, of the repository that it works on; this is about another one.
const OF_ANOTHER: [&str; 6] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
];

impl Offering<'_> {
    /// The one tag that is named, or all that are versions.
    pub(super) fn tags(&self, url: &str, tag: Option<&str>) -> Result<Vec<String>, SourceError> {
        match tag {
            Some(tag) => Ok(vec![tag.to_owned()]),
            None => tags(self.root, &from_anywhere(url)),
        }
    }

    /// The release that a tag holds. A version from before there were releases holds none, unless it is `named`.
    pub(super) fn tagged(
        &self,
        url: &str,
        tag: &str,
        named: bool,
    ) -> Result<Option<Offer>, SourceError> {
        let url = &from_anywhere(url);
        let mut empty = false;
        let kept = self.keep(|into| {
            let tree = into.join("tree");
            fs::create_dir(&tree).map_err(|source| SourceError::Unreadable {
                path: tree.clone(),
                source,
            })?;
            // Not `clone --branch`, which prefers a branch of that name to the tag.
            let reference = format!("refs/tags/{tag}");
            git(&tree, &["init", "--quiet"])?;
            git(
                &tree,
                &["fetch", "--quiet", "--depth", "1", "--", url, &reference],
            )?;
            git(&tree, &["checkout", "--quiet", "--detach", "FETCH_HEAD"])?;
            // The history is no part of a release.
            let _ = fs::remove_dir_all(tree.join(".git"));
            let inner = tree.join(IN_TREE);
            if inner.join(MANIFEST).is_file() {
                return Ok(inner);
            }
            empty = !tree.join(MANIFEST).exists();
            match empty {
                true => Err(SourceError::Git {
                    doing: format!("tag {tag}"),
                    message: format!("there is no {MANIFEST} in {IN_TREE}/, nor at the root"),
                }),
                false => Ok(tree),
            }
        });
        match kept {
            Err(_) if empty && !named => Ok(None),
            Err(error) => Err(error),
            Ok(kept) => Ok(Some(Offer {
                origin: format!("tag {tag} of {url}"),
                ..kept
            })),
        }
    }
}

/// The version that a tag names, with or without a `v`.
pub(super) fn version_in(tag: &str) -> &str {
    tag.strip_prefix('v').unwrap_or(tag)
}

/// The tags that are versions, with or without a `v`.
fn tags(root: &Path, url: &str) -> Result<Vec<String>, SourceError> {
    let listed = git(root, &["ls-remote", "--tags", "--refs", "--", url])?;
    let names = listed
        .lines()
        .filter_map(|line| line.rsplit_once("refs/tags/"));
    let versions = names
        .map(|(_, tag)| tag)
        .filter(|tag| parse_version(version_in(tag)).is_ok());
    Ok(versions.map(str::to_owned).collect())
}

/// A path as it is from any folder, since git runs in others than the one that it was written for; a URL as it is.
fn from_anywhere(url: &str) -> String {
    let path = Path::new(url);
    match path::absolute(path) {
        Ok(absolute) if path.exists() => absolute.display().to_string(),
        _ => url.to_owned(),
    }
}

fn git(folder: &Path, arguments: &[&str]) -> Result<String, SourceError> {
    let failed = |message: String| SourceError::Git {
        doing: arguments.first().copied().unwrap_or_default().to_owned(),
        message,
    };
    let mut command = Command::new("git");
    for variable in OF_ANOTHER {
        command.env_remove(variable);
    }
    // A question for a password would wait for ever in a pipeline.
    let output = command
        .current_dir(folder)
        .env("GIT_TERMINAL_PROMPT", "0")
        .args([
            "-c",
            "core.symlinks=false",
            "-c",
            "core.autocrlf=false",
            "-c",
            "core.eol=lf",
        ])
        .args(arguments)
        .output()
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                failed("the program git is not there; install it, or have it in PATH".to_owned())
            }
            _ => failed(error.to_string()),
        })?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(failed(
            String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        )),
    }
}
