//! What can go wrong with a sandbox or a scratch database.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why a sandbox or scratch database could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// No PostgreSQL server binaries in any of the places searched.
    #[error(
        "no PostgreSQL server found (searched {}); install one: \
         `apt-get install postgresql` on Debian or Ubuntu, `brew install postgresql` on macOS",
        list(.searched)
    )]
    NotInstalled {
        /// The directories looked into.
        searched: Vec<PathBuf>,
    },
    /// PostgreSQL is there, but not the major version asked for.
    #[error(
        "no PostgreSQL {wanted} server found, only {}; install it: \
         `apt-get install postgresql-{wanted}` on Debian or Ubuntu",
        join(.found)
    )]
    MajorNotInstalled {
        /// The major version asked for.
        wanted: u32,
        /// The major versions that were found.
        found: Vec<u32>,
    },
    /// A directory named by the caller does not hold `initdb` and `postgres`, or they do not run.
    #[error("{} holds no usable PostgreSQL server binaries: {reason}", .bindir.display())]
    Unusable {
        /// The directory.
        bindir: PathBuf,
        /// What is missing, or what the binary said.
        reason: String,
    },
    /// The temporary directory's path leaves no room for the name of a Unix socket.
    #[error(
        "the temporary directory {} is too long for a Unix socket ({length} bytes, at most 107)",
        .path.display()
    )]
    PathTooLong {
        /// The directory the cluster would have lived in.
        path: PathBuf,
        /// Bytes that the socket's path would have had.
        length: usize,
    },
    /// PostgreSQL refuses root, and there is no other account to run it as.
    #[error(
        "running as root, and neither `postgres` nor `nobody` is in /etc/passwd to run PostgreSQL as"
    )]
    NoUnprivilegedUser,
    /// A setting's name or a database's name that cannot be used.
    #[error("{name:?} is not usable as the name of a {what}")]
    BadName {
        /// What was to be named.
        what: &'static str,
        /// The name given.
        name: String,
    },
    /// Another process holds the template's lock for too long.
    #[error("another process has been preparing {} for more than {} s", .path.display(), .waited.as_secs())]
    TemplateBusy {
        /// The lock file.
        path: PathBuf,
        /// How long this process waited.
        waited: Duration,
    },
    /// Somebody else owns the cache directory or can write to it, and could plant a cluster there.
    #[error("{} must belong to this user, and nobody else may write to it", .path.display())]
    CacheNotPrivate {
        /// The cache directory.
        path: PathBuf,
    },
    /// `initdb` failed.
    #[error("initdb failed: {output}")]
    Initdb {
        /// What it printed.
        output: String,
    },
    /// The server stopped while starting, or was not ready in time.
    #[error("the sandbox's server {what}; its log ends with:\n{log_tail}")]
    NotReady {
        /// `stopped while starting` or `was not ready within N s`.
        what: String,
        /// The last lines of the server's log.
        log_tail: String,
    },
    /// The process that guards the server is gone or does not answer.
    #[error("the sandbox's watchdog does not answer: {reason}")]
    Watchdog {
        /// What was seen.
        reason: String,
    },
    /// An operation on a file or process failed.
    #[error("could not {action}")]
    Io {
        /// What was tried, with the path.
        action: String,
        /// The operating system's reason.
        #[source]
        source: io::Error,
    },
    /// The server refused a connection or a statement.
    #[error("could not {action}")]
    Sql {
        /// What was tried.
        action: String,
        /// The server's or driver's reason.
        #[source]
        source: tokio_postgres::Error,
    },
}

/// Turns an `io::Error` into one that says what was tried; the closure runs on failure only.
pub(super) trait IoContext<T> {
    fn doing(self, action: impl FnOnce() -> String) -> Result<T, SandboxError>;
}

impl<T> IoContext<T> for io::Result<T> {
    fn doing(self, action: impl FnOnce() -> String) -> Result<T, SandboxError> {
        self.map_err(|source| SandboxError::Io {
            action: action(),
            source,
        })
    }
}

fn list(paths: &[PathBuf]) -> String {
    let shown: Vec<String> = paths.iter().map(|p| p.display().to_string()).collect();
    shown.join(", ")
}

fn join(majors: &[u32]) -> String {
    let shown: Vec<String> = majors.iter().map(u32::to_string).collect();
    shown.join(", ")
}
