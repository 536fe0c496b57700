//! What a connection needs, from a URL, the `PG*` variables, a service file and a password file.
//!
//! Precedence is libpq's: connection string > service file > environment > default. Nothing is read that is not
//! handed in, except the files that these sources name.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

pub use super::env::Env;
pub use super::invalid::{ConnInfoError, Warning};
use super::resolve;
use super::secret::Secret;
use super::tls::TlsSettings;

/// Where a password came from, for the message when it is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasswordSource {
    /// The connection string.
    Given,
    /// The service file.
    Service,
    /// `PGPASSWORD`.
    Environment,
    /// A password file.
    File(PathBuf),
}

impl fmt::Display for PasswordSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given => f.write_str("the connection string"),
            Self::Service => f.write_str("the service file"),
            Self::Environment => f.write_str("PGPASSWORD"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// How one host is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// The directory of a Unix-domain socket.
    Unix(PathBuf),
    /// A host name, or an address given as such, and the address that replaces its look-up.
    Tcp {
        /// Name, also the one that a certificate must carry.
        host: String,
        /// `hostaddr`.
        ip: Option<IpAddr>,
    },
}

/// One host to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// How it is reached.
    pub address: Address,
    /// Port.
    pub port: u16,
    /// Password for it, with where it was found.
    pub password: Option<(Secret, PasswordSource)>,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.address {
            Address::Unix(directory) => write!(f, "{}/.s.PGSQL.{}", directory.display(), self.port),
            Address::Tcp { host, .. } if host.contains(':') => write!(f, "[{host}]:{}", self.port),
            Address::Tcp { host, .. } => write!(f, "{host}:{}", self.port),
        }
    }
}

/// What `target_session_attrs` demands of a host in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SessionAttrs {
    /// Anything.
    #[default]
    Any,
    /// A session that can write.
    ReadWrite,
    /// A session that cannot write.
    ReadOnly,
    /// A server that is not in recovery.
    Primary,
    /// A server in recovery.
    Standby,
    /// A server in recovery if one of the list is, otherwise any.
    PreferStandby,
}

/// `channel_binding`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ChannelBinding {
    /// Not used.
    Disable,
    /// Used where possible.
    #[default]
    Prefer,
    /// Demanded.
    Require,
}

/// TCP keepalive; the defaults notice a dead server within 30 seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keepalive {
    /// Whether probes are sent at all.
    pub enabled: bool,
    /// Silence before the first probe.
    pub idle: Duration,
    /// Pause between probes.
    pub interval: Duration,
    /// Unanswered probes before the connection counts as dead.
    pub count: u32,
    /// How long sent data may stay unacknowledged (Linux).
    pub user_timeout: Option<Duration>,
}

/// Everything needed to connect. `Debug` and `Display` show no password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnInfo {
    /// Hosts in the order they are tried.
    pub endpoints: Vec<Endpoint>,
    /// Database role to log in as.
    pub user: String,
    /// Database.
    pub database: String,
    /// `options` start-up parameter.
    pub options: Option<String>,
    /// `application_name` where a person set one; Enact's own takes its place otherwise.
    pub application_name: Option<String>,
    /// Limit for each host; none waits for ever.
    pub connect_timeout: Option<Duration>,
    /// What a host must be.
    pub session_attrs: SessionAttrs,
    /// Channel binding.
    pub channel_binding: ChannelBinding,
    /// Whether the hosts are tried in random order.
    pub shuffle_hosts: bool,
    /// TLS.
    pub tls: TlsSettings,
    /// Keepalive.
    pub keepalive: Keepalive,
    /// What the person should hear.
    pub warnings: Vec<Warning>,
}

impl ConnInfo {
    /// Puts together a connection string (URL or `key=value`; empty or none: environment alone) and an environment.
    ///
    /// # Errors
    /// A string, variable or file that is malformed or asks for what Enact cannot do.
    pub fn resolve(conninfo: Option<&str>, env: &Env) -> Result<Self, ConnInfoError> {
        let (settings, source) = resolve::collect(conninfo.map_or("", str::trim), env)?;
        resolve::build(&settings, source, env)
    }

    /// Where and as whom, without the password: `postgresql://enact@db.example:5432/orion?sslmode=verify-full`.
    pub fn redacted(&self) -> String {
        self.to_string()
    }

    /// Where alone: `db.example:5432/orion`, all hosts in their order.
    pub fn place(&self) -> String {
        let endpoints: Vec<String> = self.endpoints.iter().map(ToString::to_string).collect();
        format!("{}/{}", endpoints.join(","), self.database)
    }

    /// Whether port or host name are those of a well-known transaction pooler. A hint for messages, no proof.
    pub fn looks_pooled(&self) -> bool {
        self.endpoints.iter().any(|endpoint| {
            let name =
                matches!(&endpoint.address, Address::Tcp { host, .. } if host.contains("pooler"));
            endpoint.port == 6543 || endpoint.port == 6432 || (name && endpoint.port != 5432)
        })
    }
}

impl fmt::Display for ConnInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hosts = self
            .endpoints
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(",");
        let Self {
            user,
            database,
            tls,
            ..
        } = self;
        write!(
            f,
            "postgresql://{user}@{hosts}/{database}?sslmode={}",
            tls.mode
        )
    }
}
