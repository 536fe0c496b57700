//! One connection through the proxy: two delay lines.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::Instant;

use super::fault::{Cut, Direction, Progress, allowed};

/// What went through a proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Connections accepted.
    pub connections: u64,
    /// How often a client sent something after hearing from the server (or first of all): what each
    /// costs the network's latency once. A goodbye does not count, since nobody waits for an answer.
    pub round_trips: u64,
    /// Messages of the clients, as far as they are not encrypted.
    pub messages: u64,
    /// Bytes from clients to the server.
    pub bytes_to_server: u64,
    /// Bytes from the server to clients.
    pub bytes_to_client: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counts {
    arrivals: AtomicUsize,
    connections: AtomicU64,
    round_trips: AtomicU64,
    messages: AtomicU64,
    to_server: AtomicU64,
    to_client: AtomicU64,
}

impl Counts {
    /// Counts a connection and says its number.
    pub(super) fn connected(&self) -> usize {
        self.connections.fetch_add(1, Ordering::SeqCst);
        self.arrivals.fetch_add(1, Ordering::SeqCst)
    }

    pub(super) fn stats(&self) -> Stats {
        let get = |count: &AtomicU64| count.load(Ordering::SeqCst);
        Stats {
            connections: get(&self.connections),
            round_trips: get(&self.round_trips),
            messages: get(&self.messages),
            bytes_to_server: get(&self.to_server),
            bytes_to_client: get(&self.to_client),
        }
    }

    pub(super) fn reset(&self) {
        let all = [&self.connections, &self.round_trips, &self.messages];
        for count in all.into_iter().chain([&self.to_server, &self.to_client]) {
            count.store(0, Ordering::SeqCst);
        }
    }
}

/// What all connections of a proxy share.
#[derive(Debug)]
pub(super) struct Shared {
    delay: Duration,
    cuts: Mutex<Vec<Cut>>,
    pub counts: Counts,
    /// How many cuts of [`Shared::add_cut`] have been made.
    pub cuts_made: AtomicUsize,
    pub refusing: AtomicBool,
    pub frozen: watch::Sender<bool>,
    /// How often all were cut, and which one was cut last.
    pub severed: watch::Sender<(u64, Option<usize>)>,
}

impl Shared {
    pub(super) fn new(delay: Duration) -> Self {
        Self {
            delay,
            cuts: Mutex::default(),
            counts: Counts::default(),
            cuts_made: AtomicUsize::new(0),
            refusing: AtomicBool::new(false),
            frozen: watch::Sender::new(false),
            severed: watch::Sender::new((0, None)),
        }
    }

    pub(super) fn add_cut(&self, cut: Cut) {
        self.cuts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(cut);
    }

    pub(super) fn clear_cuts(&self) {
        self.cuts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    fn cuts_of(&self, number: usize) -> Vec<Cut> {
        let cuts = self.cuts.lock().unwrap_or_else(PoisonError::into_inner);
        let mine = |cut: &&Cut| cut.connection.is_none_or(|one| one == number);
        cuts.iter().filter(mine).copied().collect()
    }
}

/// One connection.
struct Link {
    number: usize,
    shared: Arc<Shared>,
    /// Whether the client has been heard since it last heard from the server.
    client_spoke: AtomicBool,
    /// Told when the link is cut: from then on nothing reaches the client.
    cut: Notify,
}

/// Why nothing more comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    BySide,
    ByCut,
}

enum Item {
    Bytes(Instant, Vec<u8>),
    /// The link is cut here.
    Cut,
}

/// Carries bytes between the two until the server ends or the link is cut, and then closes both. The end of the client is
/// passed on, and the server's answer to it awaited, as a network does.
pub(super) async fn carry<C, S>(client: C, server: S, number: usize, shared: Arc<Shared>)
where
    C: AsyncRead + AsyncWrite,
    S: AsyncRead + AsyncWrite,
{
    let (client_in, client_out) = tokio::io::split(client);
    let (server_in, server_out) = tokio::io::split(server);
    let mut severed = shared.severed.subscribe();
    let link = Link {
        number,
        shared,
        client_spoke: AtomicBool::new(false),
        cut: Notify::new(),
    };
    let up = async {
        if link.pump(client_in, server_out, Direction::ToServer).await == Ended::BySide {
            std::future::pending::<()>().await;
        }
    };
    let down = link.pump(server_in, client_out, Direction::ToClient);
    let down = async {
        tokio::select! {
            _ = down => {}
            // The server may still have to get what was let through; `up` ends when it has.
            () = link.cut.notified() => std::future::pending().await,
        }
    };
    let by_hand = async {
        let times = severed.borrow().0;
        let _ = severed
            .wait_for(|now| now.0 != times || now.1 == Some(number))
            .await;
    };
    tokio::select! {
        () = up => {}
        () = down => {}
        () = by_hand => {}
    }
}

impl Link {
    async fn pump(
        &self,
        from: impl AsyncRead + Unpin,
        to: impl AsyncWrite + Unpin,
        way: Direction,
    ) -> Ended {
        let (line, waiting) = mpsc::unbounded_channel();
        tokio::join!(self.take(from, line, way), self.give(waiting, to, way)).0
    }

    /// Puts what comes in on the delay line, each piece with the time it is due.
    async fn take(
        &self,
        mut from: impl AsyncRead + Unpin,
        line: mpsc::UnboundedSender<Item>,
        way: Direction,
    ) -> Ended {
        let mut progress = Progress::default();
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            let chunk = &buffer[..length];
            let limit = allowed(&self.shared.cuts_of(self.number), way, &progress, chunk);
            let passing = &chunk[..limit.unwrap_or(length)];
            self.count(way, &mut progress, passing);
            let due = Instant::now() + self.shared.delay;
            if line.send(Item::Bytes(due, passing.to_vec())).is_err() {
                return Ended::BySide;
            }
            if limit.is_some() {
                if way == Direction::ToServer {
                    self.cut.notify_one();
                }
                let _ = line.send(Item::Cut);
                self.shared.cuts_made.fetch_add(1, Ordering::SeqCst);
                return Ended::ByCut;
            }
        }
        Ended::BySide
    }

    /// Hands on what is due.
    async fn give(
        &self,
        mut line: mpsc::UnboundedReceiver<Item>,
        mut to: impl AsyncWrite + Unpin,
        way: Direction,
    ) {
        let mut frozen = self.shared.frozen.subscribe();
        while let Some(Item::Bytes(due, bytes)) = line.recv().await {
            if !self.shared.delay.is_zero() {
                tokio::time::sleep_until(due).await;
            }
            let _ = frozen.wait_for(|frozen| !frozen).await;
            if way == Direction::ToClient {
                self.client_spoke.store(false, Ordering::SeqCst);
            }
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
        let _ = to.shutdown().await;
    }

    fn count(&self, way: Direction, progress: &mut Progress, passing: &[u8]) {
        let counts = &self.shared.counts;
        let bytes = passing.len() as u64;
        progress.bytes += bytes;
        if way == Direction::ToClient {
            counts.to_client.fetch_add(bytes, Ordering::SeqCst);
            return;
        }
        let before = progress.frames.ended();
        progress.frames.feed(passing);
        let messages = progress.frames.ended() - before;
        counts.to_server.fetch_add(bytes, Ordering::SeqCst);
        counts.messages.fetch_add(messages, Ordering::SeqCst);
        let only_goodbye = messages == 1 && progress.frames.says_goodbye();
        if !passing.is_empty() && !only_goodbye && !self.client_spoke.swap(true, Ordering::SeqCst) {
            counts.round_trips.fetch_add(1, Ordering::SeqCst);
        }
    }
}
