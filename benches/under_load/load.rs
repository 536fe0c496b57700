//! A steady load: transactions that begin at their own times, whether or not those before them are late.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use enact_testkit::Must;
use tokio::runtime::Builder;
use tokio::task::LocalSet;
use tokio_postgres::NoTls;

/// Sessions of the load.
const SESSIONS: u32 = 16;

/// The statement for the `n`th transaction.
pub type Statement = dyn Fn(u64) -> String + Send + Sync;

/// A load at work.
pub struct Load {
    stop: Arc<AtomicBool>,
    began: Instant,
    thread: JoinHandle<Seen>,
}

/// What the application saw.
#[derive(Debug, Default)]
pub struct Seen {
    answers: Vec<Answer>,
    /// The words of statements that failed.
    pub failures: Vec<String>,
}

#[derive(Debug, Clone, Copy)]
struct Answer {
    /// When it was due, since the load began.
    due: Duration,
    took: Duration,
}

/// Latencies of a span of time.
#[derive(Debug, Clone, Copy)]
pub struct Latency {
    /// How many transactions.
    pub count: usize,
    /// The 99th percentile, in seconds.
    pub p99: f64,
    /// The longest, in seconds.
    pub longest: f64,
}

impl Load {
    /// Begins `rate` transactions a second.
    pub fn begin(url: String, rate: u32, statement: Arc<Statement>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let told = stop.clone();
        let began = Instant::now();
        let thread = std::thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build();
            let sessions = LocalSet::new();
            sessions.block_on(&runtime.must("start a runtime"), async {
                let all = (0..SESSIONS).map(|session| {
                    let spacing = Duration::from_secs(1) * SESSIONS / rate;
                    let first = began + spacing * session / SESSIONS + Duration::from_millis(200);
                    let own = Session {
                        url: url.clone(),
                        first,
                        spacing,
                        began,
                        number: u64::from(session),
                    };
                    tokio::task::spawn_local(own.run(statement.clone(), told.clone()))
                });
                let mut seen = Seen::default();
                for session in all.collect::<Vec<_>>() {
                    let own = session.await.must("end a session of the load");
                    seen.answers.extend(own.answers);
                    seen.failures.extend(own.failures);
                }
                seen
            })
        });
        Self {
            stop,
            began,
            thread,
        }
    }

    /// Now, as [`Seen::between`] counts.
    pub fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// Ends it.
    pub fn end(self) -> Seen {
        self.stop.store(true, Ordering::Relaxed);
        self.thread
            .join()
            .unwrap_or_else(|_| panic!("the load broke down"))
    }
}

struct Session {
    url: String,
    first: Instant,
    spacing: Duration,
    began: Instant,
    number: u64,
}

impl Session {
    async fn run(self, statement: Arc<Statement>, stop: Arc<AtomicBool>) -> Seen {
        let connected = tokio_postgres::connect(&self.url, NoTls).await;
        let (client, connection) = connected.must("connect the load");
        tokio::task::spawn_local(connection);
        let mut seen = Seen::default();
        let mut due = self.first;
        let mut turn = self.number;
        while !stop.load(Ordering::Relaxed) {
            tokio::time::sleep_until(due.into()).await;
            // A timer's own lateness is not the server's.
            let begin = if due.elapsed() < Duration::from_millis(3) {
                Instant::now()
            } else {
                due
            };
            if let Err(error) = client.batch_execute(&statement(turn)).await {
                let words = error
                    .as_db_error()
                    .map_or_else(|| error.to_string(), |error| error.message().to_owned());
                seen.failures.push(words);
                // What is left of a failed transaction ends with it.
                let _ = client.batch_execute("ROLLBACK").await;
            }
            seen.answers.push(Answer {
                due: begin.saturating_duration_since(self.began),
                took: begin.elapsed(),
            });
            due += self.spacing;
            turn += u64::from(SESSIONS);
        }
        seen
    }
}

impl Seen {
    /// Transactions that were committed.
    pub fn committed(&self) -> usize {
        self.answers.len() - self.failures.len()
    }

    /// Latencies of what was due from one time to the other.
    pub fn between(&self, from: Duration, to: Duration) -> Latency {
        let mut times: Vec<f64> = self
            .answers
            .iter()
            .filter(|answer| (from..to).contains(&answer.due))
            .map(|answer| answer.took.as_secs_f64())
            .collect();
        times.sort_by(f64::total_cmp);
        let at = |index: usize| times.get(index).copied().unwrap_or(f64::NAN);
        Latency {
            count: times.len(),
            p99: at(times.len() * 99 / 100),
            longest: at(times.len().saturating_sub(1)),
        }
    }
}

/// A number below `below` that depends on `n` alone (SplitMix64).
pub fn scattered(n: u64, below: u64) -> u64 {
    let mut z = n
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .wrapping_add(0x656e_6163_7421);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) % below
}
