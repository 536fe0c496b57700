//! How a sandbox is to be set up.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::account::Account;
use super::error::SandboxError;
use super::installation::Installation;

/// Whether the cluster survives a crash of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Nothing is synced: fast, and a crash of the machine loses everything. A killed server recovers.
    #[default]
    Fast,
    /// As a production server: every commit is synced.
    Durable,
}

impl Durability {
    fn settings(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Fast => &[
                ("fsync", "off"),
                ("synchronous_commit", "off"),
                ("full_page_writes", "off"),
            ],
            Self::Durable => &[("fsync", "on"), ("synchronous_commit", "on")],
        }
    }
}

/// How a sandbox is to be set up.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whose binaries to use.
    pub installation: Installation,
    /// Where the private directory is made. The server's account must be able to enter it.
    pub temp_dir: PathBuf,
    /// Where the template data directory is kept between starts; without one, every start runs `initdb`.
    pub cache_dir: Option<PathBuf>,
    /// Whether commits are synced.
    pub durability: Durability,
    /// Further settings of the server by name and value; these win.
    pub settings: Vec<(String, String)>,
    /// The lines of `pg_hba.conf`. By default anyone who can enter the private directory is trusted.
    pub access: Vec<String>,
    /// Whom to run the server as when this process is root; by default `postgres`, else `nobody`.
    pub account: Option<Account>,
    /// How long the server may take to start.
    pub start_timeout: Duration,
}

impl Options {
    /// The defaults: below `/tmp`, no cache, [`Durability::Fast`], 30 s to start.
    #[must_use]
    pub fn new(installation: Installation) -> Self {
        Self {
            installation,
            temp_dir: PathBuf::from("/tmp"),
            cache_dir: None,
            durability: Durability::default(),
            settings: Vec::new(),
            access: vec![
                "local all all trust".to_owned(),
                "local replication all trust".to_owned(),
            ],
            account: None,
            start_timeout: Duration::from_secs(30),
        }
    }

    /// What is added to `postgresql.conf`.
    pub(super) fn configuration(&self, socket_dir: &Path) -> Result<String, SandboxError> {
        let socket_dir = socket_dir.to_string_lossy();
        let own = [
            ("listen_addresses", ""),
            ("unix_socket_directories", &*socket_dir),
            ("timezone", "UTC"),
            ("log_timezone", "UTC"),
            ("shared_buffers", "32MB"),
            // Its locks would make an experiment's outcome depend on its timing.
            ("autovacuum", "off"),
        ];
        let own = own.iter().chain(self.durability.settings()).copied();
        let given = self
            .settings
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let mut text = String::from("\n# The sandbox's own\n");
        for (name, value) in own.chain(given) {
            let quoted = value.replace('\\', "\\\\").replace('\'', "''");
            if !is_setting(name) || value.contains(['\n', '\r']) {
                return Err(SandboxError::BadName {
                    what: "setting",
                    name: name.to_owned(),
                });
            }
            let _ = writeln!(text, "{name} = '{quoted}'");
        }
        Ok(text)
    }
}

fn is_setting(name: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    !name.is_empty() && name.chars().all(word)
}
