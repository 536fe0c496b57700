//! Asking the server to end what a session is doing.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{CancelToken, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::connect::Route;
use super::conninfo::{Address, Endpoint};
use super::error::CancelError;
use super::session::within;

/// A request that the server has not taken by then is given up.
const LIMIT: Duration = Duration::from_secs(5);

/// Can cancel what its session is doing, from any task.
#[derive(Clone)]
pub struct Canceller {
    token: CancelToken,
    tls: Option<(MakeRustlsConnect, String)>,
    /// The address that the session reached: another server of the same name knows nothing of its key.
    route: Route,
    limit: Duration,
}

impl Canceller {
    pub(super) fn new(
        token: CancelToken,
        tls: Option<MakeRustlsConnect>,
        endpoint: &Endpoint,
        route: Route,
        limit: Option<Duration>,
    ) -> Self {
        let host = match &endpoint.address {
            Address::Tcp { host, .. } => host.clone(),
            Address::Unix(_) => String::new(),
        };
        Self {
            token,
            tls: tls.map(|tls| (tls, host)),
            route,
            limit: limit.map_or(LIMIT, |limit| limit.min(LIMIT)),
        }
    }

    /// Asks the server to end the running statement with 57014, and returns when it has passed the request on: from
    /// then on the request cannot hit what the session does next. That it was asked does not say that it obeyed.
    ///
    /// # Errors
    /// The request could not be delivered.
    pub async fn cancel(&self) -> Result<(), CancelError> {
        let asked = within(Some(self.limit), self.ask()).await;
        asked.unwrap_or_else(|| Err(CancelError("no answer".to_owned())))
    }

    async fn ask(&self) -> Result<(), CancelError> {
        let unreachable = |error: io::Error| CancelError(error.to_string());
        match &self.route {
            Route::Unix(path) => {
                let stream = UnixStream::connect(path).await.map_err(unreachable)?;
                self.send(UntilTaken::new(stream)).await
            }
            Route::Tcp(address) => {
                let stream = TcpStream::connect(address).await.map_err(unreachable)?;
                self.send(UntilTaken::new(stream)).await
            }
        }
    }

    async fn send<S>(&self, stream: UntilTaken<S>) -> Result<(), CancelError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let sent = match self.tls.clone() {
            None => self.token.cancel_query_raw(stream, NoTls).await,
            Some((mut tls, host)) => {
                let connect = MakeTlsConnect::<UntilTaken<S>>::make_tls_connect(&mut tls, &host);
                let connect = connect.map_err(|error| CancelError(error.to_string()))?;
                self.token.cancel_query_raw(stream, connect).await
            }
        };
        sent.map_err(|error| CancelError::new(&error))
    }
}

/// A stream whose shutdown lasts until the other side has closed it. The server closes the connection of a request to
/// cancel once it has signalled the session's process; the driver would not wait for that, and the signal could hit
/// the session's next statement (`PQcancel` of libpq waits for the same reason).
struct UntilTaken<S> {
    stream: S,
    shut: bool,
}

impl<S> UntilTaken<S> {
    fn new(stream: S) -> Self {
        Self {
            stream,
            shut: false,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for UntilTaken<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for UntilTaken<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.shut {
            ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
            self.shut = true;
        }
        let mut scratch = [0; 64];
        loop {
            let mut buffer = ReadBuf::new(&mut scratch);
            // An error is as good as an end: nothing more is coming.
            let read = ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer));
            if read.is_err() || buffer.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}
