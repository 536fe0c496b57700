//! The small process that ends a sandbox's server when this process ends, even by SIGKILL.
//!
//! It is a shell whose standard input is a pipe held by this process alone (standard library
//! pipes are close-on-exec, so no other child keeps it open). The server is its child, in its
//! process group, so that Ctrl-C in a terminal reaches neither.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdin, Command, Stdio};

use super::account::{Account, run_as};
use super::error::{IoContext, SandboxError};

const SCRIPT: &str = include_str!("watchdog.sh");

/// How a server is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shutdown {
    /// SIGQUIT: at once, as in a crash; the next start recovers from the log.
    Immediate,
    /// SIGINT: sessions are ended, then a clean shutdown with a checkpoint.
    Fast,
    /// SIGKILL of the postmaster alone; its children notice and leave.
    Kill,
}

impl Shutdown {
    fn signal(self) -> &'static str {
        match self {
            Self::Immediate => "QUIT",
            Self::Fast => "INT",
            Self::Kill => "KILL",
        }
    }
}

/// What the watchdog needs to know.
pub(super) struct Guarded<'a> {
    pub postgres: &'a Path,
    pub data: &'a Path,
    pub log: &'a Path,
    pub dir: &'a Path,
    pub account: Option<Account>,
}

#[derive(Debug)]
pub(super) struct Watchdog {
    child: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStderr>,
    server: Option<u32>,
    killed: bool,
}

impl Watchdog {
    /// Starts the watchdog, not yet the server. From here on `guarded.dir` goes when this process goes.
    pub(super) fn spawn(guarded: &Guarded<'_>, lock: File) -> Result<Self, SandboxError> {
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", SCRIPT, "enact-sandbox-watchdog"])
            .args([guarded.postgres, guarded.data, guarded.log, guarded.dir])
            .env_clear()
            .envs([("PATH", "/usr/bin:/bin"), ("LC_ALL", "C"), ("TZ", "UTC")])
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::from(lock))
            .stderr(Stdio::piped())
            .process_group(0);
        let mut child = run_as(&mut command, guarded.account)
            .spawn()
            .doing(|| "start /bin/sh as the sandbox's watchdog".to_owned())?;
        let (Some(orders), Some(errors)) = (child.stdin.take(), child.stderr.take()) else {
            return Err(no_answer("it has no pipes"));
        };
        Ok(Self {
            child,
            orders: Some(orders),
            answers: BufReader::new(errors),
            server: None,
            killed: false,
        })
    }

    /// Starts the server and returns its process id.
    pub(super) fn start(&mut self) -> Result<u32, SandboxError> {
        let answer = self.ask("start")?;
        let pid = answer
            .strip_prefix("started ")
            .and_then(|pid| pid.parse().ok());
        self.server = pid;
        pid.ok_or_else(|| no_answer(&answer))
    }

    /// Whether the last postmaster was killed, whose children may be there a little longer.
    pub(super) fn killed_last(&self) -> bool {
        self.killed
    }

    /// Whether the server's process is there.
    pub(super) fn runs(&mut self) -> Result<bool, SandboxError> {
        Ok(self.ask("check")? == "running")
    }

    /// The server's process id, unless it was stopped.
    pub(super) fn server(&self) -> Option<u32> {
        self.server
    }

    /// Stops the server and waits until it is gone.
    pub(super) fn stop(&mut self, how: Shutdown) -> Result<(), SandboxError> {
        self.ask(&format!("stop {}", how.signal()))?;
        if self.server.take().is_some() {
            self.killed = how == Shutdown::Kill;
        }
        Ok(())
    }

    fn ask(&mut self, order: &str) -> Result<String, SandboxError> {
        let Some(orders) = self.orders.as_mut() else {
            return Err(no_answer("it was dismissed"));
        };
        let sent = writeln!(orders, "{order}").and_then(|()| orders.flush());
        sent.doing(|| format!("tell the sandbox's watchdog to {order}"))?;
        let mut answer = String::new();
        self.answers
            .read_line(&mut answer)
            .doing(|| "read the watchdog's answer".to_owned())?;
        if answer.is_empty() {
            return Err(no_answer("it ended"));
        }
        Ok(answer.trim().to_owned())
    }
}

impl Drop for Watchdog {
    /// Closes the pipe, on which the watchdog stops the server and removes the directory, and waits.
    fn drop(&mut self) {
        drop(self.orders.take());
        let ended_well = self.child.wait().is_ok_and(|status| status.success());
        // Somebody killed the watchdog itself, so the server is still there.
        if let (false, Some(pid)) = (ended_well, self.server) {
            signal(pid, "QUIT", None);
        }
    }
}

/// Sends a signal by the shell's own `kill`: the standard library has no safe one for strangers.
pub(super) fn signal(pid: u32, name: &str, account: Option<Account>) {
    let mut command = Command::new("/bin/sh");
    command
        .args([
            "-c",
            "kill -s \"$1\" \"$2\"",
            "kill",
            name,
            &pid.to_string(),
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    // A process that is gone already is what was wanted.
    let _ = run_as(&mut command, account).status();
}

fn no_answer(reason: &str) -> SandboxError {
    SandboxError::Watchdog {
        reason: reason.to_owned(),
    }
}
