//! What the server said, and whether it can still say anything.

use std::error::Error;

use tokio_postgres::error::{DbError, ErrorPosition, Severity};

/// A server error, taken apart.
#[derive(Debug, Clone, Default)]
pub struct ServerError {
    /// Five characters.
    pub sqlstate: String,
    /// The primary message.
    pub message: String,
    /// May hold data.
    pub detail: Option<String>,
    /// The server's advice.
    pub hint: Option<String>,
    /// Call stack of functions.
    pub context: Option<String>,
    /// Schema of the object concerned.
    pub schema: Option<String>,
    /// Table concerned.
    pub table: Option<String>,
    /// Constraint concerned.
    pub constraint: Option<String>,
    /// One-based character position within the statement.
    pub position: Option<u32>,
}

impl From<&tokio_postgres::Error> for ServerError {
    fn from(error: &tokio_postgres::Error) -> Self {
        error.as_db_error().map(Self::from).unwrap_or_else(|| Self {
            sqlstate: "XX000".to_owned(),
            message: error.to_string(),
            ..Self::default()
        })
    }
}

impl ServerError {
    /// What the server said, if `error` itself is its answer. The text of such an error holds the detail too, so that
    /// it must not be shown as it is.
    #[must_use]
    pub fn of(error: &(dyn Error + 'static)) -> Option<Self> {
        error.downcast_ref::<DbError>().map(Self::from)
    }
}

impl From<&DbError> for ServerError {
    fn from(error: &DbError) -> Self {
        let own = |text: Option<&str>| text.map(str::to_owned);
        Self {
            sqlstate: error.code().code().to_owned(),
            message: error.message().to_owned(),
            detail: own(error.detail()),
            hint: own(error.hint()),
            context: own(error.where_()),
            schema: own(error.schema()),
            table: own(error.table()),
            constraint: own(error.constraint()),
            position: match error.position() {
                Some(ErrorPosition::Original(position)) => Some(*position),
                _ => None,
            },
        }
    }
}

/// An error of the connection in one line: the server's message where it gave one, without its detail.
pub(crate) fn words(error: &tokio_postgres::Error) -> String {
    if let Some(server) = error.as_db_error() {
        return server.message().to_owned();
    }
    let causes = std::iter::successors(Some(error as &dyn Error), |&error| error.source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

/// Whether `enact.append` refused because the connection that holds the lock has gone.
pub(crate) fn is_lock_lost(error: &tokio_postgres::Error) -> bool {
    error.code().is_some_and(|code| code.code() == "EN003")
}

/// Whether the connection has ended, as opposed to the server refusing one statement.
pub(super) fn is_broken(error: &tokio_postgres::Error) -> bool {
    let fatal = |severity| matches!(severity, Severity::Fatal | Severity::Panic);
    match error.as_db_error() {
        Some(server) => server.parsed_severity().is_some_and(fatal),
        None => {
            error.is_closed()
                || error
                    .source()
                    .is_some_and(<dyn Error>::is::<std::io::Error>)
        }
    }
}
