//! The environment, handed in by value.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// The environment by value: variables, the home directory and the operating system's user name.
#[derive(Clone, Default)]
pub struct Env {
    vars: BTreeMap<String, String>,
    home: Option<PathBuf>,
    os_user: Option<String>,
    socket_directory: Option<PathBuf>,
}

impl Env {
    /// An environment of these variables.
    pub fn new(vars: impl IntoIterator<Item = (String, String)>) -> Self {
        Self {
            vars: vars.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Sets the home directory; without it the variable `HOME` counts.
    #[must_use]
    pub fn with_home(mut self, home: impl Into<PathBuf>) -> Self {
        self.home = Some(home.into());
        self
    }

    /// Sets the name of the person at the keyboard, the default database user.
    #[must_use]
    pub fn with_os_user(mut self, user: impl Into<String>) -> Self {
        self.os_user = Some(user.into());
        self
    }

    /// Sets the directory where a server's socket is looked for when no host is named.
    #[must_use]
    pub fn with_socket_directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.socket_directory = Some(directory.into());
        self
    }

    pub(crate) fn var(&self, name: &str) -> Option<&str> {
        self.vars
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    pub(crate) fn os_user(&self) -> Option<&str> {
        self.os_user.as_deref()
    }

    pub(crate) fn home(&self) -> Option<PathBuf> {
        self.home
            .clone()
            .or_else(|| self.var("HOME").map(PathBuf::from))
    }

    /// libpq's is compiled in: `/tmp`, on Debian `/var/run/postgresql`.
    pub(crate) fn default_socket_directory(&self, port: u16) -> PathBuf {
        let candidates = ["/var/run/postgresql", "/tmp"].map(PathBuf::from);
        let listening = |directory: &&PathBuf| directory.join(format!(".s.PGSQL.{port}")).exists();
        let directory = self
            .socket_directory
            .clone()
            .or_else(|| candidates.iter().find(listening).cloned());
        directory
            .or_else(|| candidates.iter().find(|d| d.is_dir()).cloned())
            .unwrap_or_else(|| PathBuf::from("/tmp"))
    }
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Env")
            .field("vars", &self.vars.keys())
            .field("home", &self.home)
            .finish_non_exhaustive()
    }
}
