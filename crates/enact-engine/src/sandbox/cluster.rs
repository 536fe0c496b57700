//! The sandbox itself: start, stop, restart, and what one needs to connect.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::account::Account;
use super::directory::{PORT, PrivateDir, sweep};
use super::error::{IoContext, SandboxError};
use super::files::tail;
use super::installation::Installation;
use super::options::Options;
use super::template::Source;
use super::watchdog::{Guarded, Shutdown, Watchdog};

const POLL: Duration = Duration::from_millis(3);

/// A private PostgreSQL cluster that lives no longer than its value and its process.
///
/// The methods that start, stop or wait block the calling thread, for some hundred milliseconds.
#[derive(Debug)]
pub struct Sandbox {
    // Before `dir`: fields are dropped in order, and the server must be gone before its files.
    watchdog: Mutex<Watchdog>,
    dir: PrivateDir,
    installation: Installation,
    start_timeout: Duration,
}

impl Sandbox {
    /// Starts a cluster, after removing what dead processes left in the temporary directory.
    ///
    /// # Errors
    /// [`SandboxError`]; a server that does not start is shown with the end of its log.
    pub fn start(options: &Options) -> Result<Self, SandboxError> {
        let (dir, lock) = PrivateDir::create(&options.temp_dir)?;
        let user = Account::owner_of(dir.path())?;
        let account = match options.account {
            Some(account) => Some(account).filter(|_| user.uid == 0),
            None => user.unprivileged_instead_of()?,
        };
        let owners: Vec<Account> = account.into_iter().chain([user]).collect();
        sweep(&options.temp_dir, &owners);
        if let Some(account) = account {
            account.own(dir.path())?;
        }
        let sandbox = Self {
            watchdog: Mutex::new(guard(&dir, options, account, lock)?),
            dir,
            installation: options.installation.clone(),
            start_timeout: options.start_timeout,
        };
        let source = Source {
            installation: &options.installation,
            cache_dir: options.cache_dir.as_deref(),
            user,
            account,
        };
        source.fill(&sandbox.data_dir())?;
        sandbox.configure(options)?;
        sandbox.restart()?;
        Ok(sandbox)
    }

    /// The directory of the server's socket: what libpq calls `host`.
    #[must_use]
    pub fn socket_dir(&self) -> &Path {
        self.dir.path()
    }

    /// The port, which is a part of the socket's name only.
    #[must_use]
    pub fn port(&self) -> u16 {
        PORT
    }

    /// The cluster's data directory.
    #[must_use]
    pub fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// The server's log.
    #[must_use]
    pub fn log_path(&self) -> PathBuf {
        self.dir.path().join("log")
    }

    /// Whose binaries the cluster runs.
    #[must_use]
    pub fn installation(&self) -> &Installation {
        &self.installation
    }

    /// The connection URL of one of the cluster's databases, as its superuser.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        self.url_as("postgres", database)
    }

    /// The connection URL of one of the cluster's databases, as one of its roles.
    #[must_use]
    pub fn url_as(&self, role: &str, database: &str) -> String {
        let host = percent_encode(&self.dir.path().to_string_lossy());
        let (role, database) = (percent_encode(role), percent_encode(database));
        format!("postgresql://{role}@/{database}?host={host}&port={PORT}")
    }

    /// The postmaster's process id, unless the server was stopped.
    #[must_use]
    pub fn postmaster_pid(&self) -> Option<u32> {
        self.watchdog().server()
    }

    /// Stops the server as a crash would (SIGQUIT). [`Sandbox::restart`] starts it again.
    ///
    /// # Errors
    /// [`SandboxError::Watchdog`] if the guarding process is gone.
    pub fn stop_immediate(&self) -> Result<(), SandboxError> {
        self.stop(Shutdown::Immediate)
    }

    /// Stops the server and waits until its postmaster is gone.
    ///
    /// # Errors
    /// [`SandboxError::Watchdog`] if the guarding process is gone.
    pub fn stop(&self, how: Shutdown) -> Result<(), SandboxError> {
        self.watchdog().stop(how)
    }

    /// Starts the server, stopping it first (immediately) if it runs, and waits until it takes connections.
    ///
    /// # Errors
    /// [`SandboxError::NotReady`] with the end of the server's log.
    pub fn restart(&self) -> Result<(), SandboxError> {
        let mut watchdog = self.watchdog();
        watchdog.stop(Shutdown::Immediate)?;
        let since = Instant::now();
        while !self.reaches_ready(&mut watchdog, since)? {
            // The children of a killed postmaster hold its shared memory until they notice.
            if !watchdog.killed_last() {
                return Err(self.not_ready("stopped while starting".to_owned()));
            }
            thread::sleep(POLL);
        }
        Ok(())
    }

    /// Starts the server; false if it stopped by itself. It writes "ready" into its pid file once it
    /// takes connections, recovery included.
    fn reaches_ready(&self, watchdog: &mut Watchdog, since: Instant) -> Result<bool, SandboxError> {
        let pid = watchdog.start()?;
        let pid_file = self.data_dir().join("postmaster.pid");
        while !is_ready(&fs::read_to_string(&pid_file).unwrap_or_default(), pid) {
            if since.elapsed() > self.start_timeout {
                let seconds = self.start_timeout.as_secs();
                return Err(self.not_ready(format!("was not ready within {seconds} s")));
            }
            if !watchdog.runs()? {
                return Ok(false);
            }
            thread::sleep(POLL);
        }
        Ok(true)
    }

    fn not_ready(&self, what: String) -> SandboxError {
        SandboxError::NotReady {
            what,
            log_tail: tail(&self.log_path(), 20),
        }
    }

    fn configure(&self, options: &Options) -> Result<(), SandboxError> {
        let settings = options.configuration(self.socket_dir())?;
        let path = self.data_dir().join("postgresql.conf");
        let opened = File::options().append(true).open(&path);
        let written = opened.and_then(|mut file| file.write_all(settings.as_bytes()));
        written.doing(|| format!("write {}", path.display()))?;
        let path = self.data_dir().join("pg_hba.conf");
        let access = options.access.join("\n") + "\n";
        fs::write(&path, access).doing(|| format!("write {}", path.display()))
    }

    fn watchdog(&self) -> MutexGuard<'_, Watchdog> {
        self.watchdog.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn guard(
    dir: &PrivateDir,
    options: &Options,
    account: Option<Account>,
    lock: File,
) -> Result<Watchdog, SandboxError> {
    let guarded = Guarded {
        postgres: &options.installation.bindir().join("postgres"),
        data: &dir.path().join("data"),
        log: &dir.path().join("log"),
        dir: dir.path(),
        account,
    };
    Watchdog::spawn(&guarded, lock)
}

/// Line 1 of `postmaster.pid` is the process id, line 8 the state, padded with blanks.
fn is_ready(pid_file: &str, pid: u32) -> bool {
    let mut lines = pid_file.lines();
    let same = lines
        .next()
        .is_some_and(|line| line.trim() == pid.to_string());
    same && lines.nth(6).is_some_and(|line| line.trim() == "ready")
}

pub(super) fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'/' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_is_believed_only_of_the_server_just_started() {
        let file = "17\n/data\n0\n5432\n/sock\n\n  1 2\nready   \n";
        assert!(is_ready(file, 17));
        assert!(!is_ready(file, 18), "left by a killed server");
        assert!(!is_ready(&file.replace("ready", "starting"), 17));
        assert!(!is_ready("", 17));
    }

    #[test]
    fn what_would_end_a_part_of_a_url_is_encoded() {
        assert_eq!(percent_encode("/tmp/a b?c"), "/tmp/a%20b%3Fc");
        assert_eq!(percent_encode("naïve"), "na%C3%AFve");
    }
}
