//! What a connection needs, from a URL, the `PG*` variables, a service file and a password file.
//!
//! Precedence is libpq's: connection string > service file > environment > default. Nothing is read that is not
//! handed in, except the files that these sources name.

use std::collections::BTreeMap;
use std::fmt;
use std::io::ErrorKind;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

use super::secret::Secret;
use super::settings::Settings;
use super::tls::{Protocol, RootCert, SslMode, TlsSettings};
use super::{keyvalue, pgpass, service, url};

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

    pub(crate) fn home(&self) -> Option<PathBuf> {
        self.home
            .clone()
            .or_else(|| self.var("HOME").map(PathBuf::from))
    }

    /// libpq's is compiled in: `/tmp`, on Debian `/var/run/postgresql`.
    fn default_socket_directory(&self, port: u16) -> PathBuf {
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

/// Why a connection string, variable or file could not be used. Never holds a password or a piece of one.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConnInfoError {
    /// Another scheme than PostgreSQL's.
    #[error("the URL does not begin with postgres:// or postgresql://")]
    Scheme,
    /// A raw `@`, `/` or `?` that belongs to a password or name.
    #[error(
        "a special character in the URL is not percent-encoded: write `@` as %40, `/` as %2F, `?` as %3F, `#` as %23"
    )]
    Unencoded,
    /// An IPv6 address without its brackets, or a bracket too few.
    #[error("an IPv6 address in a URL is written in brackets, as in [::1]:5432")]
    Brackets,
    /// A percent sign that is not followed by two hexadecimal digits, or bytes that are no text.
    #[error("the {part} in the URL is not valid percent-encoding: write a percent sign as %25")]
    Percent {
        /// Which part of the URL.
        part: &'static str,
    },
    /// `?name` without `=value`.
    #[error("a parameter after `?` in the URL has no value: write name=value")]
    ParameterWithoutValue,
    /// `key` without `=` in a connection string or service file.
    #[error(
        "a setting lacks its name or `=`: write `name = value`, and put a value with blanks in single quotes"
    )]
    KeyWithoutValue,
    /// A quote that is never closed.
    #[error("a quoted value in the connection string has no closing quote")]
    Quote,
    /// A name libpq does not know.
    #[error("{name} is not a connection parameter: {advice}")]
    UnknownParameter {
        /// The name, or its length where it could be a piece of a password.
        name: String,
        /// What was probably meant.
        advice: String,
    },
    /// A parameter that Enact cannot honour and must not drop.
    #[error("the connection parameter `{parameter}` cannot be used: {advice}")]
    Unsupported {
        /// Its name.
        parameter: &'static str,
        /// What to do instead.
        advice: &'static str,
    },
    /// A value outside the allowed ones.
    #[error("the connection parameter `{parameter}` must be {allowed}")]
    Value {
        /// Its name.
        parameter: &'static str,
        /// The allowed values in words.
        allowed: &'static str,
    },
    /// Lists of hosts, addresses and ports that do not match.
    #[error(
        "{hosts} hosts are given, but {others} values for `{parameter}`: give one for each host"
    )]
    Lengths {
        /// Number of hosts.
        hosts: usize,
        /// Number of the other values.
        others: usize,
        /// The other list.
        parameter: &'static str,
    },
    /// Neither a user nor an operating system's user.
    #[error(
        "no database user is named and the operating system's user is unknown: name one in the URL or in PGUSER"
    )]
    NoUser,
    /// The service file that was named cannot be read.
    #[error("the service file {} cannot be read: {kind}", path.display())]
    ServiceFile {
        /// Its path.
        path: PathBuf,
        /// What went wrong.
        kind: ErrorKind,
    },
    /// A line of a service file that is wrong.
    #[error("line {line} of the service file {}: {problem}", path.display())]
    ServiceLine {
        /// Its path.
        path: PathBuf,
        /// Line number from 1.
        line: usize,
        /// What is wrong there.
        problem: Box<Self>,
    },
    /// A service that no file defines.
    #[error("the service `{service}` is not defined in {}", join_paths(searched))]
    NoService {
        /// Its name.
        service: String,
        /// Files that were looked into.
        searched: Vec<PathBuf>,
    },
}

fn join_paths(paths: &[PathBuf]) -> String {
    paths
        .iter()
        .map(|path| path.display().to_string())
        .collect::<Vec<_>>()
        .join(" or ")
}

/// Something to tell the person, though the connection can be tried.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// The password file may be read by others and was ignored.
    PassFileOpen(PathBuf),
    /// The password file is a directory, pipe or the like and was ignored.
    PassFileNotPlain(PathBuf),
    /// The password file exists but could not be read.
    PassFileUnreadable(PathBuf, ErrorKind),
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PassFileOpen(path) => {
                let path = path.display();
                write!(
                    f,
                    "the password file {path} is ignored because others may read it: run `chmod 600 {path}`"
                )
            }
            Self::PassFileNotPlain(path) => write!(
                f,
                "the password file {} is not a plain file and is ignored",
                path.display()
            ),
            Self::PassFileUnreadable(path, kind) => write!(
                f,
                "the password file {} cannot be read: {kind}",
                path.display()
            ),
        }
    }
}

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
        let (settings, source) = collect(conninfo.map_or("", str::trim), env)?;
        build(&settings, source, env)
    }

    /// Where and as whom, without the password: `postgresql://enact@db.example:5432/orion?sslmode=verify-full`.
    pub fn redacted(&self) -> String {
        self.to_string()
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

/// Layers the sources, and remembers which of them gave the password.
fn collect(conninfo: &str, env: &Env) -> Result<(Settings, PasswordSource), ConnInfoError> {
    let mut settings = if url::is_url(conninfo) {
        url::parse(conninfo)?
    } else {
        keyvalue::parse(conninfo)?
    };
    let mut source = PasswordSource::Given;
    let environment = Settings::from_env(env);
    let with_environment = |settings: &Settings, name| {
        settings
            .get(name)
            .or(environment.get(name))
            .map(str::to_owned)
    };
    if let Some(name) = with_environment(&settings, "service") {
        let file = with_environment(&settings, "servicefile");
        if settings.get("password").is_none() {
            source = PasswordSource::Service;
        }
        settings.fill_from(service::load(&name, file.as_deref(), env)?);
    }
    if settings.get("password").is_none() {
        source = PasswordSource::Environment;
    }
    settings.fill_from(environment);
    settings.check_supported()?;
    Ok((settings, source))
}

fn build(
    settings: &Settings,
    source: PasswordSource,
    env: &Env,
) -> Result<ConnInfo, ConnInfoError> {
    let user = settings
        .get("user")
        .or(env.os_user.as_deref())
        .ok_or(ConnInfoError::NoUser)?
        .to_owned();
    let database = settings.get("dbname").unwrap_or(&user).to_owned();
    let mut endpoints = endpoints(settings, env)?;
    let warnings = add_passwords(&mut endpoints, settings, source, env, (&user, &database));
    Ok(ConnInfo {
        endpoints,
        user,
        database,
        options: settings.get("options").map(str::to_owned),
        application_name: settings.get("application_name").map(str::to_owned),
        connect_timeout: connect_timeout(settings)?,
        session_attrs: choose(
            settings,
            "target_session_attrs",
            SESSION_ATTRS_WORDS,
            SESSION_ATTRS,
        )?,
        channel_binding: choose(
            settings,
            "channel_binding",
            "disable, prefer or require",
            CHANNEL_BINDING,
        )?,
        shuffle_hosts: choose(settings, "load_balance_hosts", "disable or random", SHUFFLE)?,
        tls: tls_settings(settings, env)?,
        keepalive: keepalive(settings)?,
        warnings,
    })
}

type Words<T> = &'static [(&'static str, T)];

const SESSION_ATTRS_WORDS: &str = "any, read-write, read-only, primary, standby or prefer-standby";
const SESSION_ATTRS: Words<SessionAttrs> = &[
    ("any", SessionAttrs::Any),
    ("read-write", SessionAttrs::ReadWrite),
    ("read-only", SessionAttrs::ReadOnly),
    ("primary", SessionAttrs::Primary),
    ("standby", SessionAttrs::Standby),
    ("prefer-standby", SessionAttrs::PreferStandby),
];
const CHANNEL_BINDING: Words<ChannelBinding> = &[
    ("disable", ChannelBinding::Disable),
    ("prefer", ChannelBinding::Prefer),
    ("require", ChannelBinding::Require),
];
const SHUFFLE: Words<bool> = &[("disable", false), ("random", true)];
const DIRECT_TLS: Words<bool> = &[("postgres", false), ("direct", true)];
const PROTOCOLS: Words<Protocol> = &[
    ("TLSv1", Protocol::Tls12),
    ("TLSv1.1", Protocol::Tls12),
    ("TLSv1.2", Protocol::Tls12),
    ("TLSv1.3", Protocol::Tls13),
];

/// The meaning of a parameter's word, or its default when it is not given.
fn choose<T: Copy + Default>(
    settings: &Settings,
    parameter: &'static str,
    allowed: &'static str,
    words: Words<T>,
) -> Result<T, ConnInfoError> {
    let Some(given) = settings.get(parameter) else {
        return Ok(T::default());
    };
    let found = words
        .iter()
        .find(|(word, _)| word.eq_ignore_ascii_case(given));
    found
        .map(|(_, value)| *value)
        .ok_or(ConnInfoError::Value { parameter, allowed })
}

fn number(
    settings: &Settings,
    parameter: &'static str,
    default: u32,
) -> Result<u32, ConnInfoError> {
    let Some(given) = settings.get(parameter) else {
        return Ok(default);
    };
    given.trim().parse().map_err(|_| ConnInfoError::Value {
        parameter,
        allowed: "a whole number",
    })
}

/// 10 seconds by default; as in libpq 0 and less wait for ever.
fn connect_timeout(settings: &Settings) -> Result<Option<Duration>, ConnInfoError> {
    if settings
        .get("connect_timeout")
        .is_some_and(|given| given.trim().starts_with('-'))
    {
        return Ok(None);
    }
    let seconds = number(settings, "connect_timeout", 10)?;
    Ok((seconds > 0).then(|| Duration::from_secs(seconds.into())))
}

fn keepalive(settings: &Settings) -> Result<Keepalive, ConnInfoError> {
    let seconds = |parameter, default| -> Result<Duration, ConnInfoError> {
        // 0 stands for the default in libpq, and the socket would refuse it.
        Ok(Duration::from_secs(
            match number(settings, parameter, default)? {
                0 => default,
                n => n,
            }
            .into(),
        ))
    };
    let user_timeout = number(settings, "tcp_user_timeout", 25_000)?;
    Ok(Keepalive {
        enabled: number(settings, "keepalives", 1)? != 0,
        idle: seconds("keepalives_idle", 10)?,
        interval: seconds("keepalives_interval", 5)?,
        count: number(settings, "keepalives_count", 3)?.max(1),
        user_timeout: (user_timeout > 0).then(|| Duration::from_millis(user_timeout.into())),
    })
}

fn tls_settings(settings: &Settings, env: &Env) -> Result<TlsSettings, ConnInfoError> {
    let path = |name| settings.get(name).map(PathBuf::from);
    let directory = env.home().map(|home| home.join(".postgresql"));
    let default = |name: &str| {
        directory
            .as_ref()
            .map(|d| d.join(name))
            .filter(|path| path.exists())
    };
    let root = match settings.get("sslrootcert") {
        Some("system") => Some(RootCert::System),
        Some(path) => Some(RootCert::File(PathBuf::from(path))),
        None => default("root.crt").map(RootCert::File),
    };
    let mode = ssl_mode(settings, root.as_ref())?;
    let direct = choose(settings, "sslnegotiation", "postgres or direct", DIRECT_TLS)?;
    if direct && mode < SslMode::Require {
        return Err(ConnInfoError::Value {
            parameter: "sslmode",
            allowed: "require or stronger with sslnegotiation=direct",
        });
    }
    Ok(TlsSettings {
        mode,
        root,
        certificate: path("sslcert").or_else(|| default("postgresql.crt")),
        key: path("sslkey").or_else(|| default("postgresql.key")),
        direct,
        min_protocol: choose(
            settings,
            "ssl_min_protocol_version",
            "TLSv1.2 or TLSv1.3",
            PROTOCOLS,
        )?,
    })
}

/// The system's roots vouch for everyone, so libpq allows them with verify-full alone, and makes that the default.
fn ssl_mode(settings: &Settings, root: Option<&RootCert>) -> Result<SslMode, ConnInfoError> {
    let allowed = "disable, allow, prefer, require, verify-ca or verify-full";
    let system = root == Some(&RootCert::System);
    let mode = match settings.get("sslmode") {
        None if system => SslMode::VerifyFull,
        None => SslMode::default(),
        Some(word) => word.parse().map_err(|()| ConnInfoError::Value {
            parameter: "sslmode",
            allowed,
        })?,
    };
    if system && !matches!(mode, SslMode::VerifyFull | SslMode::Disable) {
        return Err(ConnInfoError::Value {
            parameter: "sslmode",
            allowed: "verify-full with sslrootcert=system",
        });
    }
    Ok(mode)
}

/// Pairs the lists `host`, `hostaddr` and `port`.
fn endpoints(settings: &Settings, env: &Env) -> Result<Vec<Endpoint>, ConnInfoError> {
    let list = |name| {
        settings
            .get(name)
            .map(|text| text.split(',').map(str::trim).collect::<Vec<_>>())
            .unwrap_or_default()
    };
    let (hosts, addresses, ports) = (list("host"), list("hostaddr"), list("port"));
    let count = hosts.len().max(addresses.len()).max(1);
    if !hosts.is_empty() && !addresses.is_empty() && hosts.len() != addresses.len() {
        return Err(ConnInfoError::Lengths {
            hosts: hosts.len(),
            others: addresses.len(),
            parameter: "hostaddr",
        });
    }
    if ports.len() > 1 && ports.len() != count {
        return Err(ConnInfoError::Lengths {
            hosts: count,
            others: ports.len(),
            parameter: "port",
        });
    }
    (0..count)
        .map(|i| {
            let port = parse_port(ports.get(i).or(ports.first()).copied().unwrap_or(""))?;
            let address = address(pick(&hosts, i), pick(&addresses, i), port, env)?;
            Ok(Endpoint {
                address,
                port,
                password: None,
            })
        })
        .collect()
}

fn pick<'a>(list: &[&'a str], at: usize) -> &'a str {
    list.get(at).copied().unwrap_or("")
}

fn parse_port(text: &str) -> Result<u16, ConnInfoError> {
    match text {
        "" => Ok(5432),
        text => text.parse().ok().filter(|port| *port > 0).ok_or(ConnInfoError::Value {
            parameter: "port",
            allowed: "a number from 1 to 65535 (a password with special characters must be percent-encoded)",
        }),
    }
}

fn address(host: &str, hostaddr: &str, port: u16, env: &Env) -> Result<Address, ConnInfoError> {
    if host.starts_with('@') {
        return Err(ConnInfoError::Unsupported {
            parameter: "host",
            advice: "abstract sockets are not supported",
        });
    }
    if host.starts_with('/') && hostaddr.is_empty() {
        return Ok(Address::Unix(PathBuf::from(host)));
    }
    let bad_address = ConnInfoError::Value {
        parameter: "hostaddr",
        allowed: "a numeric IP address",
    };
    match (host, hostaddr) {
        ("", "") => Ok(Address::Unix(env.default_socket_directory(port))),
        (host, "") => Ok(Address::Tcp {
            host: host.to_owned(),
            ip: None,
        }),
        (host, ip) => {
            let host = if host.is_empty() { ip } else { host };
            Ok(Address::Tcp {
                host: host.to_owned(),
                ip: Some(ip.parse().map_err(|_| bad_address)?),
            })
        }
    }
}

/// Gives each host its password, from a password file only where no other source has one.
fn add_passwords(
    endpoints: &mut [Endpoint],
    settings: &Settings,
    source: PasswordSource,
    env: &Env,
    (user, database): (&str, &str),
) -> Vec<Warning> {
    if let Some(password) = settings.get("password") {
        for endpoint in endpoints {
            endpoint.password = Some((Secret::new(password), source.clone()));
        }
        return Vec::new();
    }
    let Some(path) = settings
        .get("passfile")
        .map(PathBuf::from)
        .or_else(|| env.home().map(|h| h.join(".pgpass")))
    else {
        return Vec::new();
    };
    let text = match pgpass::read(&path) {
        Ok(Some(text)) => text,
        Ok(None) => return Vec::new(),
        Err(warning) => return vec![warning],
    };
    for endpoint in endpoints {
        let host = pgpass_host(endpoint, env);
        let key = pgpass::Key {
            host: &host,
            port: endpoint.port,
            database,
            user,
        };
        endpoint.password =
            pgpass::lookup(&text, key).map(|found| (found, PasswordSource::File(path.clone())));
    }
    Vec::new()
}

/// A password file calls the default socket directory `localhost`.
fn pgpass_host(endpoint: &Endpoint, env: &Env) -> String {
    match &endpoint.address {
        Address::Tcp { host, .. } => host.clone(),
        Address::Unix(directory) if is_default(directory, endpoint.port, env) => {
            "localhost".to_owned()
        }
        Address::Unix(directory) => directory.display().to_string(),
    }
}

fn is_default(directory: &Path, port: u16, env: &Env) -> bool {
    directory == env.default_socket_directory(port)
}
