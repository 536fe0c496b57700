//! Copying a cluster's data directory.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::Path;

use super::account::Account;
use super::error::{IoContext, SandboxError};

/// Copies the directory `from` to `to`, which must not exist, and gives it to `owner`, if to anybody.
/// The kernel shares the blocks where it can.
pub(super) fn copy_tree(
    from: &Path,
    to: &Path,
    owner: Option<Account>,
) -> Result<(), SandboxError> {
    make_private_dir(to)?;
    // Before its content: if this process is killed, the watchdog, who is `owner`, must be able to
    // remove what has been copied so far.
    give(to, owner)?;
    for entry in fs::read_dir(from).doing(|| format!("read {}", from.display()))? {
        let entry = entry.doing(|| format!("read {}", from.display()))?;
        let target = to.join(entry.file_name());
        let kind = entry
            .file_type()
            .doing(|| format!("look at {}", entry.path().display()))?;
        if kind.is_dir() {
            copy_tree(&entry.path(), &target, owner)?;
        } else {
            copy_file(&entry.path(), &target, owner)?;
        }
    }
    Ok(())
}

/// Makes a directory that only its owner can enter.
pub(super) fn make_private_dir(path: &Path) -> Result<(), SandboxError> {
    let made = DirBuilder::new().mode(0o700).create(path);
    made.doing(|| format!("create {}", path.display()))
}

/// Whether `path` is a directory of the user `uid` in which nobody else may write.
pub(super) fn is_own_dir(path: &Path, uid: u32) -> bool {
    fs::symlink_metadata(path)
        .is_ok_and(|meta| meta.is_dir() && meta.uid() == uid && meta.mode() & 0o022 == 0)
}

fn copy_file(from: &Path, to: &Path, owner: Option<Account>) -> Result<(), SandboxError> {
    fs::copy(from, to).doing(|| format!("copy {} to {}", from.display(), to.display()))?;
    give(to, owner)
}

fn give(path: &Path, owner: Option<Account>) -> Result<(), SandboxError> {
    owner.map_or(Ok(()), |owner| owner.own(path))
}

/// The last lines of a log, for an error's text; empty when it cannot be read.
pub(super) fn tail(path: &Path, lines: usize) -> String {
    let bytes = fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}
