//! A connection of a run: it works, or it holds the lock and watches.

use tokio::sync::mpsc::UnboundedReceiver;
use tokio_postgres::error::Severity;
use tokio_postgres::{Client, Error};

use crate::events::{Event, Events};
use crate::target::{self, Canceller, ConnInfo, ConnectError, Connected, Link, LinkEnd, Notice};

/// An open connection and what the engine needs to know of it.
pub struct Connection {
    connected: Connected,
    /// Process id of its server process.
    pub pid: i32,
}

impl Connection {
    /// Connects. Notices go to `events`.
    ///
    /// # Errors
    /// Why there is no connection.
    pub async fn open(
        info: &ConnInfo,
        application_name: &str,
        events: &Events,
    ) -> Result<Self, ConnectError> {
        let mut connected = target::connect(info, application_name).await?;
        forward_notices(&mut connected, events.clone());
        let pid = connected.key_pid.unwrap_or_default();
        Ok(Self { connected, pid })
    }

    /// Connects. Notices stay in order in the channel, for a caller that needs them beside the answers.
    ///
    /// # Errors
    /// Why there is no connection.
    pub async fn open_with_notices(
        info: &ConnInfo,
        application_name: &str,
    ) -> Result<(Self, UnboundedReceiver<Notice>), ConnectError> {
        let mut connected = target::connect(info, application_name).await?;
        let notices = take_notices(&mut connected);
        let pid = connected.key_pid.unwrap_or_default();
        Ok((Self { connected, pid }, notices))
    }

    /// The driver's client.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.connected.client
    }

    /// Asks the server to end the statement at work. Whether it obeyed shows in the statement's answer alone.
    pub async fn cancel(&self) {
        let canceller: &Canceller = &self.connected.canceller;
        // A request that cannot be delivered is repeated by whoever waits for the statement's end.
        let _ = canceller.cancel().await;
    }

    /// Returns once the connection is gone, with the reason.
    pub async fn lost(&self) -> String {
        let mut link: Link = self.connected.link.clone();
        reason(link.ended().await)
    }

    /// Why the connection is gone; `None` as long as it is not known to be.
    #[must_use]
    pub fn loss(&self) -> Option<String> {
        self.connected.link.end().map(reason)
    }

    /// Whether `error` means that the connection is gone, rather than that the server refused one statement.
    #[must_use]
    pub fn is_gone(&self, error: &Error) -> bool {
        let fatal = |severity| matches!(severity, Severity::Fatal | Severity::Panic);
        match error.as_db_error() {
            Some(server) => server.parsed_severity().is_some_and(fatal),
            None => error.is_closed() || self.connected.client.is_closed(),
        }
    }

    /// Whether the connection is gone.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.connected.client.is_closed()
    }

    /// The process id that came with the cancel key; behind a proxy it is another one than [`Self::pid`].
    #[must_use]
    pub fn key_pid(&self) -> Option<i32> {
        self.connected.key_pid
    }

    /// Says goodbye, so that the server frees its locks at once.
    pub async fn close(self) {
        self.connected.close().await;
    }

    /// Asks the server for the process id; behind a proxy it is not the one that came with the cancel key.
    ///
    /// # Errors
    /// When the connection is lost.
    pub async fn learn_pid(&mut self) -> Result<(), Error> {
        let row = self
            .client()
            .query_typed_one("SELECT pg_backend_pid()", &[])
            .await?;
        self.pid = row.try_get(0)?;
        Ok(())
    }
}

fn reason(end: LinkEnd) -> String {
    match end {
        LinkEnd::Closed => "it was closed".to_owned(),
        LinkEnd::Lost { reason, .. } => reason,
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("pid", &self.pid)
            .finish_non_exhaustive()
    }
}

fn take_notices(connected: &mut Connected) -> UnboundedReceiver<Notice> {
    let (_, nothing) = tokio::sync::mpsc::unbounded_channel::<Notice>();
    std::mem::replace(&mut connected.notices, nothing)
}

fn forward_notices(connected: &mut Connected, events: Events) {
    let mut notices = take_notices(connected);
    tokio::spawn(async move {
        while let Some(notice) = notices.recv().await {
            // The end of a failed transaction is asked for even where `COMMIT` has already brought it.
            if notice.sqlstate == "25P01" {
                continue;
            }
            events.emit(Event::Notice {
                severity: notice.severity,
                message: notice.message,
            });
        }
    });
}
