//! From layered connection parameters to a [`ConnInfo`].

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::conninfo::{
    Address, ChannelBinding, ConnInfo, Endpoint, Keepalive, PasswordSource, SessionAttrs,
};
use super::env::Env;
use super::invalid::{ConnInfoError, Warning};
use super::secret::Secret;
use super::settings::Settings;
use super::tls::{Protocol, RootCert, SslMode, TlsSettings};
use super::{keyvalue, pgpass, service, url};

/// Layers the sources, and remembers which of them gave the password.
pub(crate) fn collect(
    conninfo: &str,
    env: &Env,
) -> Result<(Settings, PasswordSource), ConnInfoError> {
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

/// Interprets the layered settings.
pub(crate) fn build(
    settings: &Settings,
    source: PasswordSource,
    env: &Env,
) -> Result<ConnInfo, ConnInfoError> {
    let user = settings
        .get("user")
        .or(env.os_user())
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
