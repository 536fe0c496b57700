//! `postgres://` URLs, read as libpq reads them, but stricter where leniency would leak a password into a message.

use super::conninfo::ConnInfoError;
use super::settings::Settings;

/// Whether a connection string is a URL rather than `key=value`.
pub(crate) fn is_url(text: &str) -> bool {
    text.contains("://")
}

/// Reads a URL into settings.
pub(crate) fn parse(text: &str) -> Result<Settings, ConnInfoError> {
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    if !matches!(scheme, "postgres" | "postgresql") {
        return Err(ConnInfoError::Scheme);
    }
    let (path, query) = rest
        .split_once('?')
        .map_or((rest, None), |(path, query)| (path, Some(query)));
    let (authority, database) = path
        .split_once('/')
        .map_or((path, None), |(a, d)| (a, Some(d)));
    refuse_unencoded(authority, database, query)?;
    let mut settings = Settings::default();
    read_authority(authority, &mut settings)?;
    if let Some(database) = database.filter(|name| !name.is_empty()) {
        settings.put("dbname", decode(database, "database name")?);
    }
    for pair in query
        .unwrap_or("")
        .split('&')
        .filter(|pair| !pair.is_empty())
    {
        read_parameter(pair, &mut settings)?;
    }
    Ok(settings)
}

/// A raw `@`, `/` or `?` in a password moves the borders of the URL, and a piece of the password would then be
/// taken for a host or a database and be shown in messages.
fn refuse_unencoded(
    authority: &str,
    database: Option<&str>,
    query: Option<&str>,
) -> Result<(), ConnInfoError> {
    let signs = authority.matches('@').count();
    let database = database.unwrap_or("");
    if signs > 1 || database.contains(['@', '/']) || query.is_some_and(|query| query.contains('@'))
    {
        return Err(ConnInfoError::Unencoded);
    }
    Ok(())
}

fn read_authority(authority: &str, settings: &mut Settings) -> Result<(), ConnInfoError> {
    let hosts = match authority.split_once('@') {
        Some((login, hosts)) => {
            read_login(login, settings)?;
            hosts
        }
        None => authority,
    };
    if hosts.is_empty() {
        return Ok(());
    }
    let mut names = Vec::new();
    let mut ports = Vec::new();
    for host in hosts.split(',') {
        let (name, port) = split_port(host)?;
        names.push(decode(name, "host")?);
        ports.push(decode(port, "port")?);
    }
    if names.iter().any(|name| !name.is_empty()) {
        settings.put("host", names.join(","));
    }
    if ports.iter().any(|port| !port.is_empty()) {
        settings.put("port", ports.join(","));
    }
    Ok(())
}

fn read_login(login: &str, settings: &mut Settings) -> Result<(), ConnInfoError> {
    let (user, password) = login
        .split_once(':')
        .map_or((login, None), |(u, p)| (u, Some(p)));
    if !user.is_empty() {
        settings.put("user", decode(user, "user")?);
    }
    if let Some(password) = password.filter(|password| !password.is_empty()) {
        settings.put("password", decode(password, "password")?);
    }
    Ok(())
}

/// `host`, `host:port`, `[v6]`, `[v6]:port`.
fn split_port(host: &str) -> Result<(&str, &str), ConnInfoError> {
    let Some(inner) = host.strip_prefix('[') else {
        return match host.matches(':').count() {
            0 | 1 => Ok(host.split_once(':').unwrap_or((host, ""))),
            _ => Err(ConnInfoError::Brackets),
        };
    };
    match inner.split_once(']') {
        Some((address, "")) if !address.is_empty() => Ok((address, "")),
        Some((address, port)) if !address.is_empty() && port.starts_with(':') => {
            Ok((address, &port[1..]))
        }
        _ => Err(ConnInfoError::Brackets),
    }
}

fn read_parameter(pair: &str, settings: &mut Settings) -> Result<(), ConnInfoError> {
    let (name, value) = pair
        .split_once('=')
        .ok_or(ConnInfoError::ParameterWithoutValue)?;
    let name = decode(name, "parameter name")?;
    let value = decode(value, "parameter value")?;
    // JDBC's way of asking for TLS, which libpq understands too.
    if name == "ssl" && value == "true" {
        settings.put("sslmode", "require".to_owned());
        return Ok(());
    }
    settings.put_checked(&name, value)
}

/// Percent-decoding; the text itself is never part of the error.
fn decode(text: &str, part: &'static str) -> Result<String, ConnInfoError> {
    let broken = || ConnInfoError::Percent { part };
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let high = rest.next().and_then(hex).ok_or_else(broken)?;
        let low = rest.next().and_then(hex).ok_or_else(broken)?;
        bytes.push(high * 16 + low);
    }
    if bytes.contains(&0) {
        return Err(broken());
    }
    String::from_utf8(bytes).map_err(|_| broken())
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}
