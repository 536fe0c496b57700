//! Opening a session with the first host that will have it.

use std::net::SocketAddr;
use std::path::PathBuf;

use tokio_postgres::config::{
    ChannelBinding as DriverBinding, SslMode as DriverMode, SslNegotiation,
};
use tokio_postgres::{Config, NoTls};

use super::conninfo::{Address, ChannelBinding, ConnInfo, Endpoint, SessionAttrs};
use super::error::{ConnectCause, ConnectError};
pub use super::session::{Connected, Link, LinkEnd, Notice};
use super::session::{start, within};
use super::tls::{self, SslMode};

/// Opens a session with the first host that will have it.
///
/// `application_name` is used unless the person set one.
///
/// # Errors
/// Why the last host would not, with advice.
pub async fn connect(info: &ConnInfo, application_name: &str) -> Result<Connected, ConnectError> {
    let mut last = None;
    let mut fallback = None;
    for endpoint in in_order(info) {
        match connect_endpoint(info, endpoint, application_name).await {
            Ok(session) => match fits(info, &session).await {
                Fit::Yes => return Ok(session),
                Fit::IfNothingBetter => fallback = fallback.or(Some(session)),
                Fit::No => {
                    last = Some(ConnectError::new(
                        info,
                        endpoint,
                        ConnectCause::SessionAttrs,
                    ))
                }
            },
            // A wrong password is as wrong elsewhere, and trying on could lock the account; libpq stops as well.
            Err(error) if matches!(error.cause, ConnectCause::WrongPassword { .. }) => {
                return Err(error);
            }
            Err(error) => last = Some(error),
        }
    }
    match (fallback, last) {
        (Some(session), _) => Ok(session),
        (None, Some(error)) => Err(error),
        (None, None) => Err(no_host(info)),
    }
}

/// The work's outcome, or a time-out once the limit for one address passes.
async fn in_time<T>(
    info: &ConnInfo,
    endpoint: &Endpoint,
    work: impl Future<Output = Result<T, ConnectError>>,
) -> Result<T, ConnectError> {
    let cause = ConnectCause::TimedOut {
        after: info.connect_timeout.unwrap_or_default(),
    };
    within(info.connect_timeout, work)
        .await
        .unwrap_or_else(|| Err(ConnectError::new(info, endpoint, cause)))
}

/// A list of hosts is never empty unless a caller has emptied it.
fn no_host(info: &ConnInfo) -> ConnectError {
    let cause = ConnectCause::Other {
        reason: "no host is given".to_owned(),
    };
    ConnectError {
        place: info.redacted(),
        cause,
        sqlstate: None,
    }
}

/// The hosts, turned to a random start where `load_balance_hosts=random` asks for it.
fn in_order(info: &ConnInfo) -> Vec<&Endpoint> {
    let mut endpoints: Vec<_> = info.endpoints.iter().collect();
    if info.shuffle_hosts && endpoints.len() > 1 {
        let keyed = endpoints
            .drain(..)
            .map(|endpoint| (uuid::Uuid::new_v4(), endpoint));
        let mut keyed: Vec<_> = keyed.collect();
        keyed.sort_by_key(|(key, _)| *key);
        endpoints.extend(keyed.into_iter().map(|(_, endpoint)| endpoint));
    }
    endpoints
}

enum Fit {
    Yes,
    IfNothingBetter,
    No,
}

/// Whether the session is what `target_session_attrs` asks for.
async fn fits(info: &ConnInfo, session: &Connected) -> Fit {
    if info.session_attrs == SessionAttrs::Any {
        return Fit::Yes;
    }
    let sql = "SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('transaction_read_only') = 'on'";
    let Ok(row) = session.client.query_one(sql, &[]).await else {
        return Fit::No;
    };
    let (standby, read_only): (bool, bool) = (row.get(0), row.get(1));
    let fits = match info.session_attrs {
        SessionAttrs::Any => true,
        SessionAttrs::ReadWrite => !read_only,
        SessionAttrs::ReadOnly => read_only,
        SessionAttrs::Primary => !standby,
        SessionAttrs::Standby => standby,
        SessionAttrs::PreferStandby if standby => true,
        SessionAttrs::PreferStandby => return Fit::IfNothingBetter,
    };
    if fits { Fit::Yes } else { Fit::No }
}

async fn connect_endpoint(
    info: &ConnInfo,
    endpoint: &Endpoint,
    name: &str,
) -> Result<Connected, ConnectError> {
    let mut last = None;
    for route in in_time(info, endpoint, resolve(info, endpoint)).await? {
        match in_time(info, endpoint, connect_route(info, endpoint, &route, name)).await {
            Ok(session) => return Ok(session),
            Err(error) => last = Some(note_ipv6(error, &route)),
        }
    }
    Err(last.unwrap_or_else(|| ConnectError::new(info, endpoint, unknown_host(endpoint))))
}

fn note_ipv6(mut error: ConnectError, route: &Route) -> ConnectError {
    if let ConnectCause::Unreachable { ipv6 } = &mut error.cause {
        *ipv6 = matches!(route, Route::Tcp(address) if address.is_ipv6());
    }
    error
}

/// Where exactly a session goes: one of the addresses of a host, or a socket.
#[derive(Debug, Clone)]
pub(crate) enum Route {
    Unix(PathBuf),
    Tcp(SocketAddr),
}

/// The ways to a host.
async fn resolve(info: &ConnInfo, endpoint: &Endpoint) -> Result<Vec<Route>, ConnectError> {
    let port = endpoint.port;
    let host = match &endpoint.address {
        Address::Unix(directory) => {
            let socket = directory.join(format!(".s.PGSQL.{port}"));
            return Ok(vec![Route::Unix(socket)]);
        }
        Address::Tcp { ip: Some(ip), .. } => {
            return Ok(vec![Route::Tcp(SocketAddr::new(*ip, port))]);
        }
        Address::Tcp { host, ip: None } => host,
    };
    let found = tokio::net::lookup_host((host.as_str(), port)).await;
    let mut addresses: Vec<SocketAddr> = match found {
        Ok(found) => found.collect(),
        Err(_) => return Err(ConnectError::new(info, endpoint, unknown_host(endpoint))),
    };
    addresses.dedup();
    Ok(addresses.into_iter().map(Route::Tcp).collect())
}

fn unknown_host(endpoint: &Endpoint) -> ConnectCause {
    match &endpoint.address {
        Address::Tcp { host, .. } => ConnectCause::UnknownHost { host: host.clone() },
        Address::Unix(_) => ConnectCause::NoSocket {
            path: endpoint.to_string().into(),
        },
    }
}

/// Tries the kinds of encryption that the mode allows, in its order, the next only if the first is refused as such.
async fn connect_route(
    info: &ConnInfo,
    endpoint: &Endpoint,
    route: &Route,
    name: &str,
) -> Result<Connected, ConnectError> {
    let modes: &[DriverMode] = match (&endpoint.address, info.tls.mode) {
        (Address::Unix(_), _) | (_, SslMode::Disable) => &[DriverMode::Disable],
        (_, SslMode::Allow) => &[DriverMode::Disable, DriverMode::Require],
        (_, SslMode::Prefer) => &[DriverMode::Prefer, DriverMode::Disable],
        _ => &[DriverMode::Require],
    };
    let mut first = None;
    for mode in modes {
        match attempt(info, endpoint, route, name, *mode).await {
            Ok(session) => return Ok(session),
            Err(error) if may_differ(&error) => first = first.or(Some(error)),
            Err(error) => return Err(first.unwrap_or(error)),
        }
    }
    Err(first.unwrap_or_else(|| no_host(info)))
}

/// Whether the other kind of encryption could succeed: refused by pg_hba.conf, or no agreement on TLS.
fn may_differ(error: &ConnectError) -> bool {
    use ConnectCause::{Encryption, NotAdmitted, TlsClient, TlsHandshake};
    matches!(
        error.cause,
        NotAdmitted { .. } | Encryption { .. } | TlsHandshake { .. } | TlsClient { .. }
    )
}

async fn attempt(
    info: &ConnInfo,
    endpoint: &Endpoint,
    route: &Route,
    name: &str,
    mode: DriverMode,
) -> Result<Connected, ConnectError> {
    let config = driver_config(info, endpoint, route, name, mode);
    let failed = |error: tokio_postgres::Error| ConnectError::classify(info, endpoint, &error);
    if mode == DriverMode::Disable {
        let (client, connection) = config.connect(NoTls).await.map_err(failed)?;
        return Ok(start(client, connection, None, info, endpoint, route.clone()).await);
    }
    let connector = tls::connector(&info.tls);
    let connector = connector
        .map_err(|error| ConnectError::new(info, endpoint, ConnectCause::TlsSetup(error)))?;
    let (client, connection) = config.connect(connector.clone()).await.map_err(failed)?;
    Ok(start(
        client,
        connection,
        Some(connector),
        info,
        endpoint,
        route.clone(),
    )
    .await)
}

fn driver_config(
    info: &ConnInfo,
    endpoint: &Endpoint,
    route: &Route,
    name: &str,
    mode: DriverMode,
) -> Config {
    let mut config = Config::new();
    config
        .user(&info.user)
        .dbname(&info.database)
        .port(endpoint.port)
        .ssl_mode(mode);
    config.application_name(info.application_name.as_deref().unwrap_or(name));
    match &endpoint.address {
        Address::Unix(directory) => config.host_path(directory),
        Address::Tcp { host, .. } => config.host(host),
    };
    if let Route::Tcp(address) = route {
        config.hostaddr(address.ip());
    }
    if let Some((password, _)) = &endpoint.password {
        config.password(password.expose());
    }
    if let Some(options) = &info.options {
        config.options(options);
    }
    if info.tls.direct && mode != DriverMode::Disable {
        config.ssl_negotiation(SslNegotiation::Direct);
    }
    config.channel_binding(match info.channel_binding {
        ChannelBinding::Disable => DriverBinding::Disable,
        ChannelBinding::Prefer => DriverBinding::Prefer,
        ChannelBinding::Require => DriverBinding::Require,
    });
    set_keepalive(&mut config, info);
    config
}

fn set_keepalive(config: &mut Config, info: &ConnInfo) {
    let keepalive = &info.keepalive;
    config
        .keepalives(keepalive.enabled)
        .keepalives_idle(keepalive.idle)
        .keepalives_interval(keepalive.interval)
        .keepalives_retries(keepalive.count);
    if let Some(timeout) = keepalive.user_timeout {
        config.tcp_user_timeout(timeout);
    }
}
