//! A proxy in front of PostgreSQL that delays, counts, cuts and freezes.
//!
//! It runs in a thread of its own, so that a test may block while a child process talks through it.

mod fault;
mod frames;
mod link;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::oneshot;

pub use fault::{Cut, Direction, Moment};
pub use link::Stats;
use link::{Shared, carry};

use crate::{Must, TestPg};

/// Where the server is.
#[derive(Debug, Clone)]
pub enum Upstream {
    /// The path of a Unix socket.
    Unix(PathBuf),
    /// A host and port, as `127.0.0.1:5432`.
    Tcp(String),
}

/// A running proxy; it ends, and cuts what goes through it, when dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    dir: tempfile::TempDir,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Proxy {
    /// A proxy that adds `round_trip`, half of it each way. What is sent in a row overlaps: the
    /// proxy delays, it does not throttle. The timer rounds each way up to a millisecond.
    #[must_use]
    pub fn start(upstream: Upstream, round_trip: Duration) -> Self {
        let dir = tempfile::Builder::new()
            .prefix("enact-proxy-")
            .tempdir_in("/tmp");
        let dir = dir.must("make a directory for the proxy's socket");
        let shared = Arc::new(Shared::new(round_trip / 2));
        let (stop, stopped) = oneshot::channel();
        let (bound, address) = std::sync::mpsc::channel();
        let (socket, inner) = (dir.path().join(".s.PGSQL.5432"), shared.clone());
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.must("start the proxy's runtime").block_on(async {
                let tcp = TcpListener::bind("127.0.0.1:0")
                    .await
                    .must("listen on a port");
                let unix = UnixListener::bind(&socket).must("listen on a socket");
                let address = tcp.local_addr().must("ask for the port");
                bound.send(address).must("tell the port");
                tokio::select! {
                    () = accept(&tcp, &unix, &upstream, &inner) => {}
                    _ = stopped => {}
                }
            });
        });
        Self {
            address: address.recv().must("start the proxy"),
            dir,
            shared,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// A proxy in front of a test cluster.
    #[must_use]
    pub fn before(pg: &TestPg, round_trip: Duration) -> Self {
        let socket = format!(".s.PGSQL.{}", pg.sandbox().port());
        let path = pg.sandbox().socket_dir().join(socket);
        Self::start(Upstream::Unix(path), round_trip)
    }

    /// The address it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The directory of the Unix socket it listens on, whose port is 5432.
    #[must_use]
    pub fn socket_dir(&self) -> &Path {
        self.dir.path()
    }

    /// The URL of a database through its Unix socket, as `postgres`.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let host = self.dir.path().display();
        format!("postgresql://postgres@/{database}?host={host}&port=5432")
    }

    /// The URL of a database over TCP, as `postgres`.
    #[must_use]
    pub fn tcp_url(&self, database: &str) -> String {
        format!("postgresql://postgres@{}/{database}", self.address)
    }

    /// What went through since the start or the last [`Proxy::reset`].
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.shared.counts.stats()
    }

    /// Sets the counts to zero.
    pub fn reset(&self) {
        self.shared.counts.reset();
    }

    /// Ends every connection at once, on both sides; what is still on its way is lost.
    pub fn cut_all(&self) {
        self.shared.severed.send_modify(|(times, _)| *times += 1);
    }

    /// Ends the connection that came as the `number`th, counted from 0.
    pub fn cut(&self, number: usize) {
        self.shared
            .severed
            .send_modify(|(_, one)| *one = Some(number));
    }

    /// Ends connections later, as `cut` says.
    pub fn cut_when(&self, cut: Cut) {
        self.shared.add_cut(cut);
    }

    /// How many connections [`Proxy::cut_when`] has ended.
    #[must_use]
    pub fn cuts_made(&self) -> usize {
        self.shared.cuts_made.load(Ordering::SeqCst)
    }

    /// Forgets every [`Proxy::cut_when`].
    pub fn heal(&self) {
        self.shared.clear_cuts();
    }

    /// Lets nothing through, in either direction, while `frozen`; connections stay open.
    pub fn freeze(&self, frozen: bool) {
        self.shared.frozen.send_replace(frozen);
    }

    /// Closes new connections at once while `refusing`.
    pub fn refuse(&self, refusing: bool) {
        self.shared.refusing.store(refusing, Ordering::SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn accept(tcp: &TcpListener, unix: &UnixListener, upstream: &Upstream, shared: &Arc<Shared>) {
    loop {
        tokio::select! {
            Ok((client, _)) = tcp.accept() => {
                let _ = client.set_nodelay(true);
                connect(client, upstream.clone(), shared.clone());
            }
            Ok((client, _)) = unix.accept() => connect(client, upstream.clone(), shared.clone()),
        }
    }
}

fn connect<C>(client: C, upstream: Upstream, shared: Arc<Shared>)
where
    C: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + 'static,
{
    let number = shared.counts.connected();
    if shared.refusing.load(Ordering::SeqCst) {
        return;
    }
    tokio::spawn(async move {
        // A server that is not there shows to the client as a connection closed at once.
        match upstream {
            Upstream::Unix(path) => {
                if let Ok(server) = UnixStream::connect(path).await {
                    carry(client, server, number, shared).await;
                }
            }
            Upstream::Tcp(address) => {
                if let Ok(server) = TcpStream::connect(address).await {
                    let _ = server.set_nodelay(true);
                    carry(client, server, number, shared).await;
                }
            }
        }
    });
}
