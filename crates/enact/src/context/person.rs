//! Who sits at the keyboard, and on which machine.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

use super::Context;

/// The person to record.
#[derive(Debug)]
pub struct Person {
    named: Option<String>,
    folder: PathBuf,
    asking: Mutex<Option<JoinHandle<Option<String>>>>,
    otherwise: Option<String>,
}

impl Person {
    /// Begins to ask git, where that is needed, beside other work: starting it takes as long as a connection.
    pub fn ask(&self) {
        let mut asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        if self.named.is_none() && asking.is_none() {
            let folder = self.folder.clone();
            *asking = std::thread::Builder::new()
                .spawn(move || of_git(&folder))
                .ok();
        }
    }

    /// As named, else as git knows them, else the account.
    pub fn known(&self) -> String {
        self.ask();
        let asking = self
            .asking
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let asked = || asking.and_then(|thread| thread.join().ok()).flatten();
        let known = self.named.clone().or_else(asked).or_else(account);
        let known = known.or_else(|| self.otherwise.clone());
        known.unwrap_or_else(|| "unknown".to_owned())
    }
}

fn of_git(folder: &Path) -> Option<String> {
    let mut git = Command::new("git");
    git.args(["config", "--null", "--get-regexp", r"^user\.(name|email)$"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    let answer = git.output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(answer.stdout).ok()?;
    // The last of several is the one that git itself takes.
    let value = |key: &str| {
        let mut pairs = text
            .split('\0')
            .rev()
            .filter_map(|pair| pair.split_once('\n'));
        pairs
            .find(|(found, _)| *found == key)
            .map(|(_, value)| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    };
    let name = value("user.name")?;
    Some(match value("user.email") {
        Some(email) => format!("{name} <{email}>"),
        None => name,
    })
}

impl Context {
    /// The person to record.
    pub fn person(&self, named: Option<&str>) -> Person {
        let named = named.map(str::trim).filter(|name| !name.is_empty());
        Person {
            named: named.map(str::to_owned),
            folder: self.folder.clone(),
            asking: Mutex::default(),
            otherwise: self.variable("USER"),
        }
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
