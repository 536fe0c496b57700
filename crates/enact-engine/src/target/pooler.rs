//! Transaction poolers, behind which session locks and settings silently belong to someone else.
//!
//! A direct session keeps one server process from its first statement to its last, and no other session shares it.
//! Both are checked with two sessions, where a pooler that lends processes by the transaction cannot keep the
//! appearance: whichever free process it lends to one session, it lends to the other next.

use std::fmt;
use std::time::Duration;

use futures_util::future::{Ready, join, ready};
use tokio::io::{AsyncReadExt, DuplexStream, duplex};
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};
use tokio_postgres::{CancelToken, Client, Error, SimpleQueryMessage};

use super::conninfo::ConnInfo;

/// How long a direct server may take for a trivial question before a full pool is suspected.
const PATIENCE: Duration = Duration::from_secs(10);

/// An idle pool shows itself at once, a rotating one in the second round, a busy one by chance in each.
const ROUNDS: usize = 8;

const PID_SQL: &str = "SELECT pg_catalog.pg_backend_pid()";
const BEGIN_SQL: &str = "BEGIN READ ONLY; SELECT pg_catalog.pg_backend_pid()";

/// What gave a pooler away. Leaves with exit code 43.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PoolerSign {
    /// Two sessions were served by one process.
    Shared {
        /// Its number.
        pid: i32,
    },
    /// One session was served by several processes.
    Moved {
        /// The first.
        from: i32,
        /// Another.
        to: i32,
    },
    /// The pooler forbids transactions of several statements.
    StatementMode,
    /// A second session had to wait, though the first had nothing to do: a session pool without room for two.
    NoRoom,
}

impl fmt::Display for PoolerSign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shared { pid } => {
                write!(
                    f,
                    "a transaction pooler is in between: server process {pid} served two sessions"
                )
            }
            Self::Moved { from, to } => {
                write!(
                    f,
                    "a transaction pooler is in between: one session moved from server process {from} to {to}"
                )
            }
            Self::StatementMode => {
                f.write_str("a statement pooler is in between: it forbids transactions")
            }
            Self::NoRoom => {
                f.write_str("a pooler is in between that has no room for a second session")
            }
        }
    }
}

impl PoolerSign {
    /// The next step for the person.
    pub fn mend(&self, info: &ConnInfo) -> String {
        let direct = match self {
            Self::NoRoom => {
                "raise its pool size to at least two sessions for Enact, or use the database's direct URL"
            }
            _ => "use the database's direct URL, or the pooler in session mode",
        };
        match info.looks_pooled() {
            true => format!(
                "{direct} (on Supabase and most hosts: port 5432 instead of {})",
                ports(info)
            ),
            false => direct.to_owned(),
        }
    }
}

fn ports(info: &ConnInfo) -> String {
    let ports = info
        .endpoints
        .iter()
        .map(|endpoint| endpoint.port.to_string());
    ports.collect::<Vec<_>>().join(", ")
}

/// Whether the session may run through a proxy: its cancel key names another process than the one that serves it.
///
/// Every pooler known hands out cancel keys of its own, so equality means a direct session and [`detect`] can be
/// spared, which saves its round trips. A difference alone is no reason to refuse: session pools differ as well.
pub fn may_be_proxied(key_pid: Option<i32>, backend_pid: i32) -> bool {
    key_pid != Some(backend_pid)
}

/// Looks for a transaction pooler behind two idle sessions of the same target.
///
/// # Errors
/// A session failed while it was asked.
pub async fn detect(a: &Client, b: &Client) -> Result<Option<PoolerSign>, Error> {
    detect_within(a, b, PATIENCE).await
}

/// [`detect`] with another limit for a trivial question.
///
/// # Errors
/// A session failed while it was asked.
pub async fn detect_within(
    a: &Client,
    b: &Client,
    limit: Duration,
) -> Result<Option<PoolerSign>, Error> {
    match tokio::time::timeout(limit, backend_pid(a)).await {
        Ok(first) => {
            Probe {
                a,
                b,
                first: first?,
                other: None,
                limit,
            }
            .run()
            .await
        }
        Err(_) => Ok(Some(PoolerSign::NoRoom)),
    }
}

/// Two sessions and the process that each was served by at first.
struct Probe<'a> {
    a: &'a Client,
    b: &'a Client,
    first: i32,
    other: Option<i32>,
    limit: Duration,
}

impl Probe<'_> {
    async fn run(mut self) -> Result<Option<PoolerSign>, Error> {
        for _ in 0..ROUNDS {
            match tokio::time::timeout(self.limit, self.round()).await {
                Ok(Ok(None)) => {}
                Ok(Err(error)) if is_statement_mode(&error) => {
                    return Ok(Some(PoolerSign::StatementMode));
                }
                Ok(outcome) => return outcome,
                Err(_) => return Ok(Some(PoolerSign::NoRoom)),
            }
        }
        Ok(None)
    }

    /// `b` holds a process for a transaction; `a` is asked meanwhile and again as `b` lets go.
    async fn round(&mut self) -> Result<Option<PoolerSign>, Error> {
        let held = pid_of(&self.b.simple_query(BEGIN_SQL).await?);
        let other = *self.other.get_or_insert(held);
        let mut sign = compare(held, other, self.first);
        if sign.is_none() {
            sign = compare(backend_pid(self.a).await?, self.first, other);
        }
        let (ended, after) = join(self.b.batch_execute("ROLLBACK"), backend_pid(self.a)).await;
        ended?;
        Ok(sign.or(compare(after?, self.first, other)))
    }
}

/// A session that was served by `expected` is now served by `now`; the other session's process is `other`.
fn compare(now: i32, expected: i32, other: i32) -> Option<PoolerSign> {
    if now == other {
        return Some(PoolerSign::Shared { pid: now });
    }
    (now != expected).then_some(PoolerSign::Moved {
        from: expected,
        to: now,
    })
}

async fn backend_pid(client: &Client) -> Result<i32, Error> {
    let messages = client.simple_query(PID_SQL).await?;
    Ok(pid_of(&messages))
}

fn pid_of(messages: &[SimpleQueryMessage]) -> i32 {
    let pid = messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0)?.parse().ok(),
        _ => None,
    });
    pid.unwrap_or_default()
}

/// pgbouncer's `transaction blocks not allowed in statement pooling mode` is a protocol violation, 08P01.
fn is_statement_mode(error: &Error) -> bool {
    error.code().is_some_and(|code| code.code() == "08P01")
}

/// The process number in a cancel key. The driver keeps it to itself, but writes it into any cancel request, so one
/// is written into a pipe and read back; nothing is sent to the server.
pub(crate) async fn key_pid(token: &CancelToken) -> Option<i32> {
    let (ours, theirs) = duplex(64);
    let (sent, received) = join(token.cancel_query_raw(theirs, Pipe), read_request(ours)).await;
    sent.ok().and(received)
}

/// Reads a cancel request: length, code, process number, key; before it perhaps the request for TLS.
async fn read_request(mut pipe: DuplexStream) -> Option<i32> {
    const TLS_REQUEST: i32 = 80_877_103;
    const CANCEL_REQUEST: i32 = 80_877_102;
    loop {
        let _length = pipe.read_i32().await.ok()?;
        match pipe.read_i32().await.ok()? {
            TLS_REQUEST => tokio::io::AsyncWriteExt::write_all(&mut pipe, b"S")
                .await
                .ok()?,
            CANCEL_REQUEST => return pipe.read_i32().await.ok(),
            _ => return None,
        }
    }
}

/// "TLS" that leaves the pipe as it is.
struct Pipe;

/// A pipe in the driver's terms.
struct PipeStream(DuplexStream);

impl TlsConnect<DuplexStream> for Pipe {
    type Stream = PipeStream;
    type Error = std::io::Error;
    type Future = Ready<Result<PipeStream, std::io::Error>>;

    fn connect(self, stream: DuplexStream) -> Self::Future {
        ready(Ok(PipeStream(stream)))
    }
}

impl TlsStream for PipeStream {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

mod pipe_io {
    use std::io;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

    use super::PipeStream;

    impl AsyncRead for PipeStream {
        fn poll_read(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            buf: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            Pin::new(&mut self.0).poll_read(cx, buf)
        }
    }

    impl AsyncWrite for PipeStream {
        fn poll_write(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            buf: &[u8],
        ) -> Poll<io::Result<usize>> {
            Pin::new(&mut self.0).poll_write(cx, buf)
        }

        fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.0).poll_flush(cx)
        }

        fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.0).poll_shutdown(cx)
        }
    }
}
