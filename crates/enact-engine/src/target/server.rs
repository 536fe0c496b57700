//! Who answers: one question at the start of a session, and the rules that refuse to work there.

use std::fmt;

use futures_util::future::join;
use tokio_postgres::{Client, SimpleQueryMessage, SimpleQueryRow};

/// Oldest server that Enact works with, as `server_version_num`.
pub const OLDEST: u32 = 130_000;

/// Asks everything about the session and its server. Works on PostgreSQL 9.6 and later, for any role.
pub const HELLO_SQL: &str = "\
SELECT pg_catalog.current_setting('server_version_num') AS version_num,
       pg_catalog.current_setting('server_version') AS version,
       pg_catalog.pg_is_in_recovery() AS in_recovery,
       pg_catalog.current_setting('transaction_read_only') = 'on' AS read_only,
       current_user AS role,
       session_user AS login,
       pg_catalog.current_setting('is_superuser') = 'on' AS superuser,
       pg_catalog.current_database() AS database,
       pg_catalog.pg_backend_pid() AS pid,
       COALESCE((SELECT s.ssl FROM pg_catalog.pg_stat_ssl s WHERE s.pid = pg_catalog.pg_backend_pid()), false) AS encrypted,
       pg_catalog.to_char(pg_catalog.clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') AS clock";

/// Asks for the cluster's identity. Some hosts forbid it, so it is a question of its own.
pub const IDENTIFIER_SQL: &str = "SELECT system_identifier FROM pg_catalog.pg_control_system()";

/// The server at the other end and our session with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// `server_version_num`: 150018 is 15.18.
    pub version_num: u32,
    /// `server_version` as the server writes it.
    pub version: String,
    /// Whether it is a standby.
    pub in_recovery: bool,
    /// Whether this session's transactions cannot write.
    pub read_only: bool,
    /// Current role.
    pub role: String,
    /// Role that logged in.
    pub login: String,
    /// Whether the current role is a superuser.
    pub superuser: bool,
    /// Database.
    pub database: String,
    /// Identity of the cluster, from initdb; none where the server does not tell.
    pub system_identifier: Option<String>,
    /// Process number of the session at the server.
    pub pid: i32,
    /// Whether the server's side of the session is encrypted (behind a pooler: the pooler's leg).
    pub encrypted: bool,
    /// The server's clock, `YYYY-MM-DDTHH:MM:SS.ffffffZ`.
    pub clock: String,
}

/// The first question could not be asked or its answer not understood.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HelloError {
    /// The server refused or the connection broke.
    #[error("ask the server who it is")]
    Query(#[source] tokio_postgres::Error),
    /// Something that is no PostgreSQL server, or a proxy that answers for one.
    #[error("understand the server's answer: it lacks a usable `{column}`")]
    Answer {
        /// The column.
        column: &'static str,
    },
}

impl Server {
    /// Asks, in one round trip.
    ///
    /// # Errors
    /// The question failed or its answer made no sense.
    pub async fn ask(client: &Client) -> Result<Self, HelloError> {
        let (hello, identifier) = join(
            client.simple_query(HELLO_SQL),
            client.simple_query(IDENTIFIER_SQL),
        )
        .await;
        let hello = hello.map_err(HelloError::Query)?;
        let row = first_row(&hello).ok_or(HelloError::Answer {
            column: "version_num",
        })?;
        let mut server = Self::from_row(row)?;
        let identifier = identifier.unwrap_or_default();
        server.system_identifier = first_row(&identifier)
            .and_then(|row| row.get(0))
            .map(str::to_owned);
        Ok(server)
    }

    /// Reads the answer to [`HELLO_SQL`]; the system identifier is left empty.
    ///
    /// # Errors
    /// A column is missing or not of its form.
    pub fn from_row(row: &SimpleQueryRow) -> Result<Self, HelloError> {
        Self::from_columns(|column| row.try_get(column).ok().flatten())
    }

    fn from_columns<'a>(get: impl Fn(&str) -> Option<&'a str>) -> Result<Self, HelloError> {
        let text = |column| {
            get(column)
                .map(str::to_owned)
                .ok_or(HelloError::Answer { column })
        };
        let flag = |column| {
            get(column)
                .map(|value| value == "t")
                .ok_or(HelloError::Answer { column })
        };
        Ok(Self {
            version_num: text("version_num")?
                .parse()
                .map_err(|_| HelloError::Answer {
                    column: "version_num",
                })?,
            version: text("version")?,
            in_recovery: flag("in_recovery")?,
            read_only: flag("read_only")?,
            role: text("role")?,
            login: text("login")?,
            superuser: flag("superuser")?,
            database: text("database")?,
            system_identifier: None,
            pid: text("pid")?
                .parse()
                .map_err(|_| HelloError::Answer { column: "pid" })?,
            encrypted: flag("encrypted")?,
            clock: text("clock")?,
        })
    }

    /// Major version: 15 for 15.18, 9 for 9.6.
    pub fn major(&self) -> u32 {
        self.version_num / 10_000
    }

    /// Why this server may not be used for the purpose, if it may not.
    pub fn refusal(&self, purpose: Purpose) -> Option<Refusal> {
        if self.version_num < OLDEST {
            return Some(Refusal::TooOld {
                version: self.version.clone(),
            });
        }
        if self.in_recovery {
            return Some(Refusal::Standby);
        }
        let writes = purpose == Purpose::Write;
        (writes && self.read_only).then(|| Refusal::ReadOnly {
            role: self.role.clone(),
        })
    }
}

fn first_row(messages: &[SimpleQueryMessage]) -> Option<&SimpleQueryRow> {
    messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    })
}

/// What the session is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Reading alone: status, plan, verify.
    Read,
    /// Changing the target.
    Write,
}

/// Why a server may not be used. Leaves with exit code 43.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// Older than PostgreSQL 13.
    TooOld {
        /// Its version.
        version: String,
    },
    /// A server in recovery: its history may lag behind the primary's.
    Standby,
    /// A session that cannot write.
    ReadOnly {
        /// Its role.
        role: String,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooOld { version } => {
                write!(f, "the server is PostgreSQL {version}, older than 13")
            }
            Self::Standby => {
                f.write_str("the server is a standby, which cannot be changed and may lag behind")
            }
            Self::ReadOnly { role } => write!(f, "transactions of `{role}` are read-only here"),
        }
    }
}

impl std::error::Error for Refusal {}

impl Refusal {
    /// The next step for the person, one sentence.
    pub fn mend(&self) -> &'static str {
        match self {
            Self::TooOld { .. } => {
                "upgrade the server to a supported major version; Enact works from PostgreSQL 13 on"
            }
            Self::Standby => {
                "connect to the primary server; with several hosts add target_session_attrs=primary"
            }
            Self::ReadOnly { .. } => {
                "use a role that may write and check default_transaction_read_only for role, database and server"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server() -> Server {
        let columns = |column: &str| {
            Some(match column {
                "version_num" => "150018",
                "version" => "15.18 (Debian)",
                "pid" => "4711",
                "in_recovery" | "read_only" | "superuser" | "encrypted" => "f",
                "clock" => "2026-01-02T03:04:05.678901Z",
                _ => "orion",
            })
        };
        Server::from_columns(columns).expect("complete")
    }

    #[test]
    fn answer_is_read() {
        let server = server();
        assert_eq!(
            (server.version_num, server.major(), server.pid),
            (150_018, 15, 4711)
        );
        assert!(!server.superuser);
    }

    #[test]
    fn incomplete_answer_names_the_column() {
        let error =
            Server::from_columns(|column| (column != "pid").then_some("1")).expect_err("refused");
        assert!(matches!(error, HelloError::Answer { column: "pid" }));
        assert!(Server::from_columns(|_| Some("x")).is_err());
    }

    #[test]
    fn refusals() {
        let cases: [(fn(&mut Server), _, _); 5] = [
            (|_| {}, None, None),
            (
                |s| s.version_num = 129_999,
                Some("older than 13"),
                Some("older than 13"),
            ),
            (|s| s.version_num = 130_000, None, None),
            (|s| s.in_recovery = true, Some("standby"), Some("standby")),
            (|s| s.read_only = true, None, Some("read-only")),
        ];
        for (change, reading, writing) in cases {
            let mut server = server();
            change(&mut server);
            for (purpose, wanted) in [(Purpose::Read, reading), (Purpose::Write, writing)] {
                let refusal = server.refusal(purpose).map(|refusal| refusal.to_string());
                assert_eq!(
                    refusal.is_some(),
                    wanted.is_some(),
                    "{purpose:?} {refusal:?}"
                );
                assert!(
                    refusal
                        .unwrap_or_default()
                        .contains(wanted.unwrap_or_default())
                );
            }
        }
    }
}
