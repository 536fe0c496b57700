//! The account that a sandbox's server runs as.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use super::error::{IoContext, SandboxError};

/// A user and group by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
}

impl Account {
    /// The account that files made by this process in `dir` belong to, which is the effective one.
    pub(super) fn owner_of(dir: &Path) -> Result<Self, SandboxError> {
        let meta = fs::symlink_metadata(dir).doing(|| format!("look at {}", dir.display()))?;
        Ok(Self {
            uid: meta.uid(),
            gid: meta.gid(),
        })
    }

    /// For root, the account to run PostgreSQL as, since it refuses root; else nothing.
    pub(super) fn unprivileged_instead_of(self) -> Result<Option<Self>, SandboxError> {
        if self.uid != 0 {
            return Ok(None);
        }
        let passwd = fs::read_to_string("/etc/passwd").doing(|| "read /etc/passwd".to_owned())?;
        let named = |name: &str| passwd.lines().find_map(|line| parse_passwd(line, name));
        let account = named("postgres").or_else(|| named("nobody"));
        account.map(Some).ok_or(SandboxError::NoUnprivilegedUser)
    }

    /// Gives `path` to the account.
    pub(super) fn own(self, path: &Path) -> Result<(), SandboxError> {
        chown(path, Some(self.uid), Some(self.gid)).doing(|| format!("chown {}", path.display()))
    }
}

/// Makes `command` run as `account` where there is one, and else as this process.
pub(super) fn run_as(command: &mut Command, account: Option<Account>) -> &mut Command {
    if let Some(account) = account {
        command.uid(account.uid).gid(account.gid);
    }
    command
}

fn parse_passwd(line: &str, name: &str) -> Option<Account> {
    let mut fields = line.split(':');
    if fields.next()? != name {
        return None;
    }
    let uid: u32 = fields.nth(1)?.parse().ok()?;
    let gid: u32 = fields.next()?.parse().ok()?;
    (uid != 0).then_some(Account { uid, gid })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwd_lines_are_matched_by_whole_name_and_never_root() {
        let line = "postgres:x:101:104:PostgreSQL:/var/lib/postgresql:/bin/bash";
        let account = Account { uid: 101, gid: 104 };
        assert_eq!(parse_passwd(line, "postgres"), Some(account));
        assert_eq!(parse_passwd(line, "post"), None);
        assert_eq!(parse_passwd("postgres:x:0:0::/:/bin/sh", "postgres"), None);
    }
}
