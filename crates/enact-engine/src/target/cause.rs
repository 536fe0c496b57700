//! The causes of a failed connection and their remedies.

use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

use super::conninfo::PasswordSource;
use super::tls::{SslMode, TlsError};

/// What happened.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConnectCause {
    /// The name does not resolve.
    #[error("the host name `{host}` is unknown")]
    UnknownHost {
        /// The name.
        host: String,
    },
    /// Nobody listens.
    #[error("the connection was refused")]
    Refused,
    /// There is no route.
    #[error("the network is unreachable")]
    Unreachable {
        /// Whether only an IPv6 address was known.
        ipv6: bool,
    },
    /// Nothing was heard in time.
    #[error("no answer within {} s", after.as_secs())]
    TimedOut {
        /// The limit.
        after: Duration,
    },
    /// No socket file.
    #[error("there is no server socket {}", path.display())]
    NoSocket {
        /// Its path.
        path: PathBuf,
    },
    /// A socket file that may not be opened.
    #[error("the socket {} may not be opened: permission denied", path.display())]
    SocketForbidden {
        /// Its path.
        path: PathBuf,
    },
    /// 28P01.
    #[error("the password for `{user}` is wrong")]
    WrongPassword {
        /// The role.
        user: String,
        /// Where the password came from.
        source_of_password: Option<PasswordSource>,
    },
    /// The server asks for a password and there is none.
    #[error("the server asks for a password for `{user}` and none was found")]
    NoPassword {
        /// The role.
        user: String,
    },
    /// 28000: pg_hba.conf, or a role that may not log in.
    #[error("the server does not admit `{user}`: {message}")]
    NotAdmitted {
        /// The role.
        user: String,
        /// The server's words.
        message: String,
    },
    /// pg_hba.conf asks for TLS (or forbids it).
    #[error("the server does not admit this connection {}", if *encrypted { "with TLS" } else { "without TLS" })]
    Encryption {
        /// Whether TLS was used.
        encrypted: bool,
    },
    /// 3D000.
    #[error("the database `{database}` does not exist")]
    NoDatabase {
        /// Its name.
        database: String,
    },
    /// 42501 at login: CONNECT privilege missing.
    #[error("`{user}` may not connect to the database `{database}`")]
    Forbidden {
        /// The role.
        user: String,
        /// The database.
        database: String,
    },
    /// 53300.
    #[error("the server has no connection left: {message}")]
    Full {
        /// The server's words.
        message: String,
    },
    /// 57P03 and its like.
    #[error("the server is not ready: {message}")]
    NotReady {
        /// The server's words.
        message: String,
    },
    /// The server has no TLS.
    #[error("the server does not offer TLS, which sslmode={mode} demands")]
    TlsRefused {
        /// The mode.
        mode: SslMode,
    },
    /// The certificate's authority is not trusted.
    #[error("the server's certificate is not signed by a trusted authority")]
    TlsUntrusted,
    /// The certificate is for another host.
    #[error("the server's certificate is not for `{host}`{}", names(presented))]
    TlsHostName {
        /// The host.
        host: String,
        /// The names in the certificate.
        presented: Vec<String>,
    },
    /// The certificate is outside its time.
    #[error("the server's certificate {}", if *expired { "has expired" } else { "is not valid yet" })]
    TlsTime {
        /// Expired, or not valid yet.
        expired: bool,
    },
    /// The server wants a client certificate.
    #[error("the server {}", if *given { "refuses the client certificate" } else { "demands a client certificate" })]
    TlsClient {
        /// Whether one was sent.
        given: bool,
    },
    /// The handshake failed otherwise.
    #[error("the TLS handshake failed: {reason}")]
    TlsHandshake {
        /// In rustls' words.
        reason: String,
    },
    /// Our own side of TLS could not be set up.
    #[error("{0}")]
    TlsSetup(TlsError),
    /// What answers is no PostgreSQL server.
    #[error("what answers there does not speak PostgreSQL's protocol")]
    NotPostgres,
    /// The server hung up during start-up.
    #[error("the server closed the connection during start-up")]
    HungUp,
    /// A pooler that knows a start-up parameter not.
    #[error("the start-up parameter is refused: {message}")]
    StartupParameter {
        /// The server's words.
        message: String,
    },
    /// An authentication method that the driver lacks.
    #[error("the authentication failed: {reason}")]
    Authentication {
        /// In the driver's words.
        reason: String,
    },
    /// `target_session_attrs` is not met by any host.
    #[error("the server is not what target_session_attrs asks for")]
    SessionAttrs,
    /// Anything else the server said.
    #[error("the server refuses: {message}")]
    Server {
        /// The server's words.
        message: String,
    },
    /// Anything else that went wrong.
    #[error("{reason}")]
    Other {
        /// In the system's or driver's words.
        reason: String,
    },
}

fn names(presented: &[String]) -> String {
    match presented {
        [] => String::new(),
        names => format!(" but for {}", names.join(", ")),
    }
}

impl ConnectCause {
    /// The next step for the person, one sentence.
    pub fn mend(&self) -> String {
        match self {
            Self::WrongPassword { source_of_password: Some(source), .. } => {
                format!("the password came from {source}: correct it there")
            }
            Self::NotAdmitted { message, .. } if message.contains("pg_hba") => {
                "ask the server's administrator for a pg_hba.conf entry for this user, database and address".to_owned()
            }
            Self::TlsSetup(error) => error.mend(),
            other => other.fixed_mend().to_owned(),
        }
    }

    fn fixed_mend(&self) -> &'static str {
        self.network_mend()
            .or_else(|| self.tls_mend())
            .unwrap_or_else(|| self.login_mend())
    }

    fn network_mend(&self) -> Option<&'static str> {
        Some(match self {
            Self::UnknownHost { .. } => {
                "check the host's spelling and whether this machine's DNS knows it"
            }
            Self::Refused => {
                "check host and port, that the server runs and that it listens on this address"
            }
            Self::Unreachable { ipv6: true } => {
                "the host has an IPv6 address only: use a network with IPv6, or the pooler's URL in session mode (port 5432)"
            }
            Self::Unreachable { ipv6: false } => {
                "check the network, VPN and firewall between here and the server"
            }
            Self::TimedOut { .. } => {
                "check host, port and firewall, or allow more time with connect_timeout=SECONDS"
            }
            Self::NoSocket { .. } => {
                "start the server, or name its socket directory or host: postgres://HOST/…"
            }
            Self::SocketForbidden { .. } => {
                "run as a user who may enter the socket directory, or connect over TCP"
            }
            Self::NotPostgres => {
                "check that host and port belong to a PostgreSQL server and not to another service"
            }
            Self::HungUp => {
                "read the server's log, and check that host and port belong to a PostgreSQL server"
            }
            _ => return None,
        })
    }

    fn tls_mend(&self) -> Option<&'static str> {
        Some(match self {
            Self::Encryption { encrypted: false } => {
                "use sslmode=require, or better verify-full with sslrootcert"
            }
            Self::Encryption { encrypted: true } => {
                "use sslmode=disable, or ask for a pg_hba.conf entry that allows TLS"
            }
            Self::TlsRefused { .. } => {
                "switch TLS on at the server (ssl = on); only for a server on a trusted network use sslmode=disable"
            }
            Self::TlsUntrusted => {
                "give the authority's certificate with sslrootcert=FILE, or sslrootcert=system for a public one"
            }
            Self::TlsHostName { presented, .. } if presented.is_empty() => {
                "have the certificate issued with this host as subjectAltName; sslmode=verify-ca does not compare names"
            }
            Self::TlsHostName { .. } => {
                "connect by one of the certificate's names (hostaddr=IP can fix the address); sslmode=verify-ca does not compare names"
            }
            Self::TlsTime { expired: true } => {
                "have the server's certificate renewed, and check this machine's clock"
            }
            Self::TlsTime { expired: false } => "check this machine's clock",
            Self::TlsClient { given: false } => "give one with sslcert=FILE and sslkey=FILE",
            Self::TlsClient { given: true } => {
                "check that the server trusts its authority and that its name fits the user"
            }
            Self::TlsHandshake { .. } => "check that the server offers TLS 1.2 or 1.3",
            _ => return None,
        })
    }

    fn login_mend(&self) -> &'static str {
        match self {
            Self::WrongPassword { .. } => "check the password",
            Self::NoPassword { .. } => "give it in the URL, in PGPASSWORD or in ~/.pgpass",
            Self::NotAdmitted { .. } => "check that the role exists and may log in",
            Self::NoDatabase { .. } => {
                "check the name, or create the database first: Enact does not"
            }
            Self::Forbidden { .. } => "have CONNECT granted on the database",
            Self::Full { .. } => {
                "close idle sessions, raise max_connections or the role's limit, then try again"
            }
            Self::NotReady { .. } => "wait until the server has started, then try again",
            Self::StartupParameter { .. } => {
                "a pooler is in between: leave out `options` (PGOPTIONS), or better use the database's direct URL"
            }
            Self::Authentication { .. } => {
                "use a role with scram-sha-256 or a client certificate; Kerberos is not supported"
            }
            Self::SessionAttrs => "name the primary server, or change target_session_attrs",
            _ => "see the server's log for the details",
        }
    }
}
