//! Why a connection could not be made, and what to do about it. All of it leaves with exit code 43.

use std::error::Error as StdError;
use std::io::{self, ErrorKind};

use rustls::{AlertDescription, CertificateError};
use thiserror::Error;
use tokio_postgres::error::DbError;

pub use super::cause::ConnectCause;
use super::conninfo::{Address, ConnInfo, Endpoint};
use super::tls::SslMode;

/// A failed attempt to connect: where, what happened, what to do.
#[derive(Debug, Error)]
#[error("cannot connect to {place}: {cause}")]
pub struct ConnectError {
    /// `host:port/database as user`, never a password.
    pub place: String,
    /// What happened.
    pub cause: ConnectCause,
    /// SQLSTATE where the server gave one.
    pub sqlstate: Option<String>,
}

impl ConnectError {
    /// The next step for the person, one sentence.
    pub fn mend(&self) -> String {
        self.cause.mend()
    }

    /// Whether the same attempt may succeed a little later (server starting, no free connection, nobody listening yet).
    pub fn is_transient(&self) -> bool {
        use ConnectCause::{Full, NoSocket, NotReady, Refused, TimedOut};
        matches!(
            self.cause,
            Full { .. } | NotReady { .. } | Refused | TimedOut { .. } | NoSocket { .. }
        )
    }

    pub(crate) fn new(info: &ConnInfo, endpoint: &Endpoint, cause: ConnectCause) -> Self {
        Self {
            place: place(info, endpoint),
            cause,
            sqlstate: None,
        }
    }

    /// Classifies what the driver reports.
    pub(crate) fn classify(
        info: &ConnInfo,
        endpoint: &Endpoint,
        error: &tokio_postgres::Error,
    ) -> Self {
        let sqlstate = error.code().map(|code| code.code().to_owned());
        let cause = match error.as_db_error() {
            Some(server) => from_server(info, endpoint, server),
            None => from_driver(info, endpoint, error),
        };
        Self {
            sqlstate,
            ..Self::new(info, endpoint, cause)
        }
    }
}

fn place(info: &ConnInfo, endpoint: &Endpoint) -> String {
    format!("{endpoint}/{} as {}", info.database, info.user)
}

/// By SQLSTATE. The message is used only where one code stands for several things that need different advice.
fn from_server(info: &ConnInfo, endpoint: &Endpoint, error: &DbError) -> ConnectCause {
    let user = info.user.clone();
    let message = error.message().to_owned();
    match error.code().code() {
        "28P01" => wrong_password(user, endpoint),
        "28000" if message.contains("no encryption") || message.contains("SSL off") => {
            not_admitted(user, message, info, false)
        }
        "28000" if message.contains("valid client certificate") => ConnectCause::TlsClient {
            given: info.tls.certificate.is_some(),
        },
        "28000" => ConnectCause::NotAdmitted { user, message },
        "3D000" => ConnectCause::NoDatabase {
            database: info.database.clone(),
        },
        "42501" => ConnectCause::Forbidden {
            user,
            database: info.database.clone(),
        },
        "53300" | "53400" => ConnectCause::Full { message },
        "57P01" | "57P02" | "57P03" => ConnectCause::NotReady { message },
        "08P01" if message.contains("startup parameter") => {
            ConnectCause::StartupParameter { message }
        }
        // Poolers give one code for everything that goes wrong at login.
        "08P01"
            if message.contains("password authentication failed")
                || message == "SASL authentication failed" =>
        {
            wrong_password(user, endpoint)
        }
        _ => ConnectCause::Server { message },
    }
}

fn wrong_password(user: String, endpoint: &Endpoint) -> ConnectCause {
    let source_of_password = endpoint.password.as_ref().map(|(_, source)| source.clone());
    ConnectCause::WrongPassword {
        user,
        source_of_password,
    }
}

/// Without TLS only because of `sslmode=disable`: the lack of it may be the reason, but need not be.
fn not_admitted(user: String, message: String, info: &ConnInfo, encrypted: bool) -> ConnectCause {
    match info.tls.mode {
        SslMode::Disable => ConnectCause::Encryption { encrypted },
        _ => ConnectCause::NotAdmitted { user, message },
    }
}

fn from_driver(
    info: &ConnInfo,
    endpoint: &Endpoint,
    error: &tokio_postgres::Error,
) -> ConnectCause {
    let io = chain(error).find_map(|error| error.downcast_ref::<io::Error>());
    let tls = chain(error)
        .find_map(|error| error.downcast_ref::<rustls::Error>())
        .or_else(|| io.and_then(inner_tls));
    let text = error.source().map(ToString::to_string).unwrap_or_default();
    match (tls, io) {
        (Some(tls), _) => from_tls(info, endpoint, tls),
        (None, Some(io)) => from_io(info, endpoint, io),
        _ if error.is_closed() => ConnectCause::HungUp,
        _ => from_text(info, &error.to_string(), text),
    }
}

fn inner_tls(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref().and_then(|inner| inner.downcast_ref())
}

/// The driver keeps these apart by text alone; a test of each guards against its changing.
fn from_text(info: &ConnInfo, kind: &str, reason: String) -> ConnectCause {
    match (kind, reason.as_str()) {
        (_, "password missing") => ConnectCause::NoPassword {
            user: info.user.clone(),
        },
        (_, "server does not support TLS") => ConnectCause::TlsRefused {
            mode: info.tls.mode,
        },
        ("authentication error", _) => ConnectCause::Authentication { reason },
        ("unexpected message from server" | "error parsing response from server", _) => {
            ConnectCause::NotPostgres
        }
        (kind, "") => ConnectCause::Other {
            reason: kind.to_owned(),
        },
        (kind, reason) => ConnectCause::Other {
            reason: format!("{kind}: {reason}"),
        },
    }
}

/// Classifies what the operating system reports.
fn from_io(info: &ConnInfo, endpoint: &Endpoint, error: &io::Error) -> ConnectCause {
    match (&endpoint.address, error.kind()) {
        (Address::Unix(_), ErrorKind::NotFound) => ConnectCause::NoSocket {
            path: endpoint.to_string().into(),
        },
        (Address::Unix(_), ErrorKind::PermissionDenied) => ConnectCause::SocketForbidden {
            path: endpoint.to_string().into(),
        },
        (_, ErrorKind::ConnectionRefused) => ConnectCause::Refused,
        (_, ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable) => {
            ConnectCause::Unreachable { ipv6: false }
        }
        (_, ErrorKind::TimedOut) => ConnectCause::TimedOut {
            after: info.connect_timeout.unwrap_or_default(),
        },
        (_, ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => {
            ConnectCause::HungUp
        }
        // Not from the system, so from the driver, which could not read what it got.
        _ if error.raw_os_error().is_none() => ConnectCause::NotPostgres,
        _ => ConnectCause::Other {
            reason: error.to_string(),
        },
    }
}

fn from_tls(info: &ConnInfo, endpoint: &Endpoint, error: &rustls::Error) -> ConnectCause {
    match error {
        rustls::Error::InvalidCertificate(problem) => from_certificate(endpoint, problem),
        rustls::Error::AlertReceived(alert) if is_about_client(*alert) => ConnectCause::TlsClient {
            given: info.tls.certificate.is_some(),
        },
        rustls::Error::InvalidMessage(_) => ConnectCause::NotPostgres,
        other => ConnectCause::TlsHandshake {
            reason: other.to_string(),
        },
    }
}

fn is_about_client(alert: AlertDescription) -> bool {
    use AlertDescription as Alert;
    matches!(
        alert,
        Alert::CertificateRequired
            | Alert::BadCertificate
            | Alert::UnknownCA
            | Alert::CertificateExpired
            | Alert::CertificateRevoked
            | Alert::CertificateUnknown
            | Alert::UnsupportedCertificate
    )
}

fn from_certificate(endpoint: &Endpoint, problem: &CertificateError) -> ConnectCause {
    match problem {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            ConnectCause::TlsTime { expired: true }
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            ConnectCause::TlsTime { expired: false }
        }
        CertificateError::NotValidForName => host_name(endpoint, Vec::new()),
        CertificateError::NotValidForNameContext { presented, .. } => {
            host_name(endpoint, presented.clone())
        }
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            ConnectCause::TlsUntrusted
        }
        other => ConnectCause::TlsHandshake {
            reason: rustls::Error::InvalidCertificate(other.clone()).to_string(),
        },
    }
}

fn host_name(endpoint: &Endpoint, presented: Vec<String>) -> ConnectCause {
    let host = match &endpoint.address {
        Address::Tcp { host, .. } => host.clone(),
        Address::Unix(directory) => directory.display().to_string(),
    };
    ConnectCause::TlsHostName { host, presented }
}

/// A cancel request that did not reach the server.
#[derive(Debug, Error)]
#[error("the running statement could not be cancelled: {0}")]
pub struct CancelError(pub(crate) String);

impl CancelError {
    pub(crate) fn new(error: &tokio_postgres::Error) -> Self {
        Self(chain_text(error))
    }
}

fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let error = next?;
        next = error.source();
        Some(error)
    })
}

/// An error and its sources in one line.
pub(crate) fn chain_text(error: &(dyn StdError + 'static)) -> String {
    chain(error)
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}
