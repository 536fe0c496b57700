//! An open session, and noticing its end.

use std::future::poll_fn;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_postgres::error::DbError;
use tokio_postgres::tls::TlsStream;
use tokio_postgres::{AsyncMessage, Client, Connection, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::cancel::Canceller;
use super::connect::Route;
use super::conninfo::{ConnInfo, Endpoint};
use super::error::chain_text;
use super::pooler;

/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(2);

/// What the server says besides results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// `NOTICE`, `WARNING`, …, never translated.
    pub severity: String,
    /// SQLSTATE.
    pub sqlstate: String,
    /// Message.
    pub message: String,
    /// Detail, which can hold participants' data.
    pub detail: Option<String>,
    /// Hint.
    pub hint: Option<String>,
}

impl From<DbError> for Notice {
    fn from(notice: DbError) -> Self {
        Self {
            severity: notice
                .parsed_severity()
                .map_or_else(|| notice.severity().to_owned(), |word| word.to_string()),
            sqlstate: notice.code().code().to_owned(),
            message: notice.message().to_owned(),
            detail: notice.detail().map(str::to_owned),
            hint: notice.hint().map(str::to_owned),
        }
    }
}

/// How a session ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkEnd {
    /// We closed it.
    Closed,
    /// It was lost.
    Lost {
        /// SQLSTATE where the server said why (57P01: an administrator ended the session or the server stops).
        sqlstate: Option<String>,
        /// Why, in the server's or system's words.
        reason: String,
    },
}

/// Watches whether a session still stands. Clones watch the same session.
#[derive(Debug, Clone)]
pub struct Link(watch::Receiver<Option<LinkEnd>>);

impl Link {
    /// How the session ended, or nothing while it stands.
    pub fn end(&self) -> Option<LinkEnd> {
        self.0.borrow().clone()
    }

    /// Waits for the end of the session.
    pub async fn ended(&mut self) -> LinkEnd {
        let end = self
            .0
            .wait_for(Option::is_some)
            .await
            .ok()
            .and_then(|end| end.clone());
        end.unwrap_or_else(|| LinkEnd::Lost {
            sqlstate: None,
            reason: "the connection's task was ended".to_owned(),
        })
    }
}

/// An open session.
pub struct Connected {
    /// The driver's client.
    pub client: Client,
    /// Notices in the order in which the server sent them.
    pub notices: mpsc::UnboundedReceiver<Notice>,
    /// Watches the end of the session.
    pub link: Link,
    /// Cancels what the session is doing.
    pub canceller: Canceller,
    /// Which host was reached: `host:port`.
    pub place: String,
    /// Process number that came with the cancel key. Differs from `pg_backend_pid()` behind a proxy that has its own.
    pub key_pid: Option<i32>,
    task: JoinHandle<()>,
}

impl Connected {
    /// Says goodbye and waits until it is sent, so that the server frees locks at once. A network that takes nothing any
    /// more is not waited for.
    pub async fn close(mut self) {
        drop(self.client);
        // The task ends by itself once the client is gone; a panic inside it has nothing to add here.
        if within(Some(GOODBYE), &mut self.task).await.is_none() {
            self.task.abort();
        }
    }
}

/// The future's outcome, or nothing when the limit passes first.
pub(crate) async fn within<T>(limit: Option<Duration>, work: impl Future<Output = T>) -> Option<T> {
    match limit {
        Some(limit) => tokio::time::timeout(limit, work).await.ok(),
        None => Some(work.await),
    }
}

/// Sets the session's traffic going.
pub(crate) async fn start<S>(
    client: Client,
    connection: Connection<Socket, S>,
    tls: Option<MakeRustlsConnect>,
    info: &ConnInfo,
    endpoint: &Endpoint,
    route: Route,
) -> Connected
where
    S: TlsStream + Unpin + Send + 'static,
{
    let (notice_sender, notices) = mpsc::unbounded_channel();
    let (end_sender, end) = watch::channel(None);
    let token = client.cancel_token();
    let key_pid = pooler::key_pid(&token).await;
    let task = tokio::spawn(async move {
        let end = drive(connection, notice_sender).await;
        end_sender.send_replace(Some(end));
    });
    let canceller = Canceller::new(token, tls, endpoint, route, info.connect_timeout);
    Connected {
        client,
        notices,
        link: Link(end),
        canceller,
        place: endpoint.to_string(),
        key_pid,
        task,
    }
}

/// Carries the session's traffic until its end.
async fn drive<S>(
    mut connection: Connection<Socket, S>,
    notices: mpsc::UnboundedSender<Notice>,
) -> LinkEnd
where
    S: TlsStream + Unpin,
{
    loop {
        match poll_fn(|context| connection.poll_message(context)).await {
            // Nobody listening to notices is no reason to stop.
            Some(Ok(AsyncMessage::Notice(notice))) => drop(notices.send(notice.into())),
            Some(Ok(_)) => {}
            Some(Err(error)) => return lost(&error),
            None => return LinkEnd::Closed,
        }
    }
}

fn lost(error: &tokio_postgres::Error) -> LinkEnd {
    let sqlstate = error.code().map(|code| code.code().to_owned());
    let reason = error
        .as_db_error()
        .map_or_else(|| chain_text(error), |server| server.message().to_owned());
    LinkEnd::Lost { sqlstate, reason }
}
