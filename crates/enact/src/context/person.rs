//! Who sits at the keyboard, and on which machine.

use std::os::unix::fs::MetadataExt;
use std::process::{Command, Stdio};

use super::Context;

impl Context {
    /// The person to record: as named, else as git knows them, else the account.
    pub fn person(&self, named: Option<&str>) -> String {
        let named = named.map(str::trim).filter(|name| !name.is_empty());
        named
            .map(str::to_owned)
            .or_else(|| self.of_git())
            .or_else(account)
            .or_else(|| self.variable("USER"))
            .unwrap_or_else(|| "unknown".to_owned())
    }

    fn of_git(&self) -> Option<String> {
        let name = self.git("user.name")?;
        Some(match self.git("user.email") {
            Some(email) => format!("{name} <{email}>"),
            None => name,
        })
    }

    fn git(&self, key: &str) -> Option<String> {
        let mut git = Command::new("git");
        git.args(["config", "--get", key])
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stderr(Stdio::null());
        let answer = git.output().ok().filter(|output| output.status.success())?;
        let text = String::from_utf8(answer.stdout).ok()?.trim().to_owned();
        (!text.is_empty()).then_some(text)
    }

    /// The name of this machine.
    pub fn host(&self) -> String {
        let kernel = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
        let named = kernel
            .or_else(ask_hostname)
            .map(|name| name.trim().to_owned());
        named
            .filter(|name| !name.is_empty())
            .or_else(|| self.variable("HOSTNAME"))
            .unwrap_or_else(|| "unknown".to_owned())
    }
}

fn ask_hostname() -> Option<String> {
    let output = Command::new("hostname")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    String::from_utf8(output.stdout).ok()
}

/// The account that this process runs as. The kernel gives its own files of a process to that account.
pub fn account() -> Option<String> {
    let uid = std::fs::metadata("/proc/self").ok()?.uid();
    let passwd = std::fs::read_to_string("/etc/passwd").ok()?;
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    })
}
