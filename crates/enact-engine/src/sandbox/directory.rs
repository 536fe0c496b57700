//! The private directory a sandbox lives in, and the removal of those that dead processes left.
//!
//! Whoever uses a directory holds a lock on the file `lock` in it, so the question "is it in use"
//! is answered by the kernel and outlives neither processes nor the machine.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::account::Account;
use super::error::{IoContext, SandboxError};
use super::watchdog::signal;

const PREFIX: &str = "enact-pg-";
const LOCK: &str = "lock";
/// A directory without a lock file is being made or removed, unless it has been so for long.
const UNFINISHED_FOR: Duration = Duration::from_secs(600);
/// `sun_path` has 108 bytes, with the closing zero.
const SOCKET_PATH_MAX: usize = 107;
/// The port is a part of the socket's name only: no two sandboxes share a directory.
pub(super) const PORT: u16 = 5432;

/// A directory of mode 0700 that is removed when dropped.
#[derive(Debug)]
pub(super) struct PrivateDir {
    path: PathBuf,
}

impl PrivateDir {
    /// Makes a directory below `temp_dir` and locks it for as long as the returned file is open anywhere.
    pub(super) fn create(temp_dir: &Path) -> Result<(Self, File), SandboxError> {
        loop {
            let made = tempfile::Builder::new()
                .prefix(PREFIX)
                .rand_bytes(8)
                .permissions(Permissions::from_mode(0o700))
                .tempdir_in(temp_dir)
                .doing(|| format!("create a directory in {}", temp_dir.display()))?;
            let dir = Self { path: made.keep() };
            check_length(&dir.path)?;
            let lock = dir.path.join(LOCK);
            let file = File::create_new(&lock).doing(|| format!("create {}", lock.display()))?;
            // A sweep that came between the two lines above has the lock and removes the directory,
            // or has done so: then this lock is one on a file that no path leads to.
            if file.try_lock().is_ok() && lock.exists() {
                return Ok((dir, file));
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for PrivateDir {
    fn drop(&mut self) {
        // Usually the watchdog has removed it already.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Removes the directories below `temp_dir` whose users are dead, with servers that outlived them.
/// Returns how many. Whatever cannot be removed is left for the next time.
pub(super) fn sweep(temp_dir: &Path, owners: &[Account]) -> usize {
    let entries = fs::read_dir(temp_dir).into_iter().flatten().flatten();
    let ours = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX));
    ours.filter(|entry| remove_if_stale(&entry.path(), owners))
        .count()
}

fn remove_if_stale(dir: &Path, owners: &[Account]) -> bool {
    let Ok(meta) = fs::symlink_metadata(dir) else {
        return false;
    };
    let Some(owner) = owners.iter().find(|owner| owner.uid == meta.uid()) else {
        return false;
    };
    if !meta.is_dir() {
        return false;
    }
    match File::open(dir.join(LOCK)) {
        Ok(lock) => {
            if lock.try_lock().is_err() {
                return false;
            }
            end_orphan(dir, *owner);
            fs::remove_dir_all(dir).is_ok()
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let age = meta.modified().ok().and_then(|at| at.elapsed().ok());
            age.is_some_and(|age| age > UNFINISHED_FOR) && fs::remove_dir_all(dir).is_ok()
        }
        Err(_) => false,
    }
}

/// Ends a server whose watchdog was killed. Signals only a process that names the directory in its
/// command line, and only with the rights of the directory's owner.
fn end_orphan(dir: &Path, owner: Account) {
    let pid_file = fs::read_to_string(dir.join("data/postmaster.pid")).unwrap_or_default();
    let Some(pid) = pid_file
        .lines()
        .next()
        .and_then(|line| line.parse::<u32>().ok())
    else {
        return;
    };
    let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let needle = dir.as_os_str().as_encoded_bytes();
    if command.windows(needle.len()).any(|window| window == needle) {
        let account = (owner != Account { uid: 0, gid: 0 }).then_some(owner);
        let root = Account::owner_of(Path::new("/proc/self")).is_ok_and(|me| me.uid == 0);
        signal(pid, "QUIT", account.filter(|_| root));
    }
}

fn check_length(dir: &Path) -> Result<(), SandboxError> {
    let length = dir.as_os_str().len() + format!("/.s.PGSQL.{PORT}").len();
    if length <= SOCKET_PATH_MAX {
        return Ok(());
    }
    Err(SandboxError::PathTooLong {
        path: dir.to_owned(),
        length,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn temp() -> (tempfile::TempDir, Account) {
        let temp = tempfile::tempdir().unwrap();
        let me = Account::owner_of(temp.path()).unwrap();
        (temp, me)
    }

    #[test]
    fn a_directory_in_use_stays_and_a_left_one_goes() {
        let (temp, me) = temp();
        let (used, used_lock) = PrivateDir::create(temp.path()).unwrap();
        let (left, left_lock) = PrivateDir::create(temp.path()).unwrap();
        drop(left_lock);

        assert_eq!(sweep(temp.path(), &[me]), 1);

        assert!(used.path().exists());
        assert!(!left.path().exists());
        drop(used_lock);
        assert_eq!(sweep(temp.path(), &[me]), 1);
    }

    #[test]
    fn a_directory_of_somebody_else_or_just_being_made_stays() {
        let (temp, me) = temp();
        let (left, lock) = PrivateDir::create(temp.path()).unwrap();
        drop(lock);
        let stranger = Account {
            uid: me.uid + 1,
            gid: me.gid,
        };
        assert_eq!(sweep(temp.path(), &[stranger]), 0);
        fs::remove_file(left.path().join(LOCK)).unwrap();
        assert_eq!(sweep(temp.path(), &[me]), 0);
        assert!(left.path().exists());
    }

    #[test]
    fn a_path_too_long_for_a_socket_is_refused_before_anything_starts() {
        let (temp, _) = temp();
        let long = temp.path().join("x".repeat(100));
        fs::create_dir(&long).unwrap();
        let error = PrivateDir::create(&long).unwrap_err();
        assert!(matches!(error, SandboxError::PathTooLong { .. }));
        assert_eq!(fs::read_dir(&long).unwrap().count(), 0);
    }
}
