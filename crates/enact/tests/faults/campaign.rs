//! Enact killed, its connections cut, its server killed: at every message it sends, and at random instants. After each,
//! `status` names the state, the next run reaches the goal, nothing happened twice and nothing is missing.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use enact_testkit::{Cut, Moment, Output, Proxy, Running, Signal, TestPg};
use serde_json::Value;

use crate::kit::{Db, Repo, json, runtime, until};
use crate::repo::{self, EFFECTS, FILES, LAST};

/// For the random instants. Printed with every kill, so that a failure can be repeated.
const SEED: u64 = 0x656e_6163_7421;

const APPLY: &str = "apply";
const ROLLBACK: &str = "rollback --to 0";

/// What is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hit {
    /// The connection that works, the first.
    Work,
    /// The connection that holds the lock, the second.
    Watch,
    /// Both at once.
    Both,
    /// Enact, by SIGKILL.
    Process,
    /// The server, by SIGQUIT; it comes back.
    Server,
}

/// When it is killed.
#[derive(Debug, Clone, Copy)]
enum At {
    /// The server has what came before the connection's `k`th message and nothing more.
    Before(u64),
    /// The server has the connection's `k`th message; its answers are lost.
    After(u64),
    /// This part of the time that an undisturbed run takes has passed.
    Part(f64),
}

/// One kill of the campaign.
#[derive(Debug, Clone, Copy)]
struct Kill {
    words: &'static str,
    hit: Hit,
    at: At,
}

/// A cluster with the databases that every kill starts from, and how an undisturbed run ends.
struct Arena {
    pg: TestPg,
    repo: Repo,
    names: AtomicU64,
    /// Fingerprints with everything applied, and with everything rolled back.
    full: Value,
    empty: Value,
    /// The shortest time that an undisturbed run took, in microseconds.
    took: AtomicU64,
}

impl Arena {
    fn new() -> Self {
        let mut arena = Self {
            // A commit that was acknowledged must outlive the server; without a disk's sync, which only power cuts need.
            pg: TestPg::with(&[("synchronous_commit", "on")]),
            repo: Repo::new(FILES),
            names: AtomicU64::new(0),
            full: Value::Null,
            empty: Value::Null,
            took: AtomicU64::new(u64::MAX),
        };
        let (fresh, full, spent) = ("fresh", "full", "spent");
        arena.clone_of("template1", fresh);
        Db::open(&arena.pg.url(fresh)).run(EFFECTS);
        arena.clone_of(fresh, full);
        let begun = Instant::now();
        arena.full = arena.repo.done(APPLY, &arena.pg.url(full))["fingerprint"].clone();
        arena.ended_after(begun.elapsed());
        let db = Db::open(&arena.pg.url(full));
        repo::check_effects(&db);
        drop(db);
        until("the template is free", || arena.try_clone(full, spent));
        arena.empty = arena.repo.done(ROLLBACK, &arena.pg.url(spent))["fingerprint"].clone();
        repo::check_effects(&Db::open(&arena.pg.url(spent)));
        assert!(arena.full.is_string() && arena.empty.is_string());
        arena
    }

    fn clone_of(&self, template: &str, name: &str) {
        until("the template is free", || self.try_clone(template, name));
    }

    fn try_clone(&self, template: &str, name: &str) -> bool {
        let clone = self.pg.sandbox().clone_database(template, name);
        runtime().block_on(clone).is_ok()
    }

    /// An undisturbed run took so long.
    fn ended_after(&self, time: Duration) {
        let time = u64::try_from(time.as_micros()).unwrap();
        self.took.fetch_min(time, Ordering::SeqCst);
    }

    /// Kills once. `false` if the run ended before its time had come.
    fn strike(&self, kill: Kill) -> bool {
        let name = format!("k{}", self.names.fetch_add(1, Ordering::Relaxed));
        let up = kill.words == APPLY;
        self.clone_of(if up { "fresh" } else { "full" }, &name);
        let proxy = Proxy::before(&self.pg, Duration::ZERO);
        let running = self.repo.start(kill.words, &proxy.url(&name));
        let Some(output) = self.hit(kill, &proxy, running) else {
            self.drop_database(&name);
            return false;
        };
        drop(proxy);
        let reached = self.check_after(kill, &name, &output);
        self.drop_database(&name);
        reached
    }

    /// What Enact said of the kill; `None` if it ended before.
    fn hit(&self, kill: Kill, proxy: &Proxy, mut running: Running) -> Option<Output> {
        let begun = Instant::now();
        if let At::Before(_) | At::After(_) = kill.at {
            proxy.cut_when(cut(kill));
        }
        let time = Duration::from_micros(self.took.load(Ordering::SeqCst));
        let due = |proxy: &Proxy| match kill.at {
            At::Part(part) => begun.elapsed() >= time.mul_f64(part),
            At::Before(_) | At::After(_) => proxy.cuts_made() > 0,
        };
        until("the kill is due", || !running.runs() || due(proxy));
        if !due(proxy) {
            let output = running.wait();
            assert_eq!(output.code, Some(0), "undisturbed:\n{output}");
            self.ended_after(begun.elapsed());
            return None;
        }
        match kill.hit {
            Hit::Work => proxy.cut(0),
            Hit::Watch => proxy.cut(1),
            Hit::Both => proxy.cut_all(),
            Hit::Process => running.signal(Signal::Kill),
            Hit::Server => {
                self.pg.kill_immediate();
                self.pg.restart();
            }
        }
        Some(running.wait())
    }

    fn check_after(&self, kill: Kill, name: &str, output: &Output) -> bool {
        let url = self.pg.url(name);
        let db = Db::open(&url);
        let said = output.code;
        if kill.hit != Hit::Process {
            // 0: nothing was lost by it. 43: it never came as far as a run.
            assert!(matches!(said, Some(0 | 36 | 43 | 44)), "{output}");
        }
        check_words(kill, &db, output);
        self.check_status(&db, &url);
        let done = self.repo.done(kill.words, &url);
        let wanted = if kill.words == APPLY {
            (&self.full, LAST)
        } else {
            (&self.empty, 0)
        };
        assert_eq!(
            (&done["fingerprint"], done["position"].as_u64().unwrap()),
            wanted,
            "after:\n{output}"
        );
        repo::check_effects(&db);
        let status = self.repo.status(&url);
        assert!(
            status["open_run"].is_null() && status["in_progress"].is_null(),
            "{status}"
        );
        assert_eq!(status["position"], wanted.1, "{status}");
        assert_eq!(self.repo.verify(&url, &[]), 3);
        true
    }

    /// `status` says what the ledger says. What is left of the killed run may still be at work meanwhile.
    fn check_status(&self, db: &Db, url: &str) {
        until("status agrees with the ledger", || {
            let before = truth(db);
            let status = self.repo.status(url);
            let said = [
                status["position"].to_string(),
                status["open_run"]["run"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned(),
                status["in_progress"]["number"]
                    .to_string()
                    .replace("null", ""),
            ];
            let same = before == truth(db);
            assert!(
                !same || said == before,
                "{said:?} is not {before:?}: {status}"
            );
            same
        });
    }

    fn drop_database(&self, name: &str) {
        let drop = self.pg.sandbox().drop_database(name);
        runtime().block_on(drop).unwrap();
    }
}

/// What a run that could still speak says of its steps is what the ledger holds.
fn check_words(kill: Kill, db: &Db, output: &Output) {
    if !matches!(output.code, Some(43 | 44)) {
        return;
    }
    let document = json(output);
    let done = document["done"].as_array().map_or(0, Vec::len);
    let effect = document["effect"].as_str().unwrap();
    let kind = if kill.words == APPLY {
        "applied"
    } else {
        "rolled_back"
    };
    let recorded = if db.value("SELECT to_regclass('enact.ledger')").is_empty() {
        "0".to_owned()
    } else {
        db.value(&format!(
            "SELECT count(*) FROM enact.entries WHERE kind = 'migration.{kind}'"
        ))
    };
    let own = usize::from(effect.contains("is committed and recorded"));
    assert_eq!(
        (done + own).to_string(),
        recorded,
        "what is recorded, and what the run says of it:\n{output}"
    );
}

fn cut(kill: Kill) -> Cut {
    Cut {
        connection: Some(usize::from(kill.hit == Hit::Watch)),
        moment: match kill.at {
            At::Before(k) => Moment::BeforeMessage(k),
            At::After(k) => Moment::AfterMessage(k),
            At::Part(_) => unreachable!("an instant is no message"),
        },
    }
}

/// Position, run without an end, and half-done file, as plain SQL over the ledger finds them.
fn truth(db: &Db) -> [String; 3] {
    if db.value("SELECT to_regclass('enact.ledger')").is_empty() {
        return ["0".to_owned(), String::new(), String::new()];
    }
    let position = "SELECT coalesce(max(number), 0) FROM (SELECT DISTINCT ON (number) number, kind FROM enact.entries \
                    WHERE kind IN ('migration.applied', 'migration.rolled_back') ORDER BY number, seq DESC) e \
                    WHERE kind = 'migration.applied'";
    let open = "SELECT run FROM (SELECT run, kind FROM enact.entries WHERE kind IN ('run.started', 'run.finished') \
                ORDER BY seq DESC LIMIT 1) e WHERE kind = 'run.started'";
    let half = "SELECT number FROM (SELECT number, kind FROM enact.entries WHERE kind IN \
                ('step.recorded', 'migration.applied', 'migration.rolled_back') ORDER BY seq DESC LIMIT 1) e \
                WHERE kind = 'step.recorded'";
    [position, open, half].map(|sql| db.value(sql))
}

/// Ends the other worker too when one has found a failure.
struct LastOnPanic<'a>(&'a AtomicBool);

impl Drop for LastOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.store(true, Ordering::SeqCst);
        }
    }
}

/// Two workers (one, where the server they would share is killed) strike until `kills` ends, or until a run ends before its kill. How many were struck.
fn strike_all(arena: &Arena, hit: Hit, kills: impl Fn(u64) -> Option<Kill> + Sync) -> u64 {
    let (next, struck) = (AtomicU64::new(1), AtomicU64::new(0));
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..if hit == Hit::Server { 1 } else { 2 } {
            scope.spawn(|| {
                let _last = LastOnPanic(&over);
                while !over.load(Ordering::SeqCst) {
                    let Some(kill) = kills(next.fetch_add(1, Ordering::SeqCst)) else {
                        return;
                    };
                    println!("{kill:?}");
                    // A run that was faster than any before is tried again, at an earlier instant.
                    let tries = if matches!(kill.at, At::Part(_)) {
                        10
                    } else {
                        1
                    };
                    if (0..tries).any(|_| arena.strike(kill)) {
                        struck.fetch_add(1, Ordering::SeqCst);
                    } else if tries == 1 {
                        over.store(true, Ordering::SeqCst);
                    }
                }
            });
        }
    });
    println!("struck {struck:?} times");
    struck.into_inner()
}

/// Kills after every `step`th message of the connection, and before every second of these. Where the client waits for
/// no answer, before the next message and after this one are the same to the server.
fn at_messages(arena: &Arena, words: &'static str, hit: Hit, step: u64) -> u64 {
    strike_all(arena, hit, |n| {
        let two = (n - 1) / 3 * 2;
        let at = match n % 3 {
            1 => At::Before((two + 1) * step),
            2 => At::After((two + 1) * step),
            _ => At::After((two + 2) * step),
        };
        Some(Kill { words, hit, at })
    })
}

/// Kills at `count` random instants.
fn at_random(arena: &Arena, words: &'static str, hit: Hit, count: u64) -> u64 {
    strike_all(arena, hit, |n| {
        let part = random(n ^ words.len() as u64 ^ ((hit as u64) << 32));
        (n <= count).then_some(Kill {
            words,
            hit,
            at: At::Part(part),
        })
    })
}

/// A number from 0 to 1 that depends on `n` and the seed alone (SplitMix64).
#[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
fn random(n: u64) -> f64 {
    let mut z = SEED.wrapping_add(n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

#[test]
fn campaign_cuts_the_connection_that_works_at_every_message_of_an_apply() {
    let struck = at_messages(&Arena::new(), APPLY, Hit::Work, 1);
    assert!(struck >= 170, "{struck}");
}

#[test]
fn campaign_cuts_the_connection_that_works_at_every_message_of_a_rollback() {
    let struck = at_messages(&Arena::new(), ROLLBACK, Hit::Work, 1);
    assert!(struck >= 130, "{struck}");
}

#[test]
fn campaign_cuts_the_connection_that_watches() {
    let arena = Arena::new();
    let mut struck = 0;
    for words in [APPLY, ROLLBACK] {
        struck += at_messages(&arena, words, Hit::Watch, 2);
        struck += at_random(&arena, words, Hit::Watch, 10);
    }
    assert!(struck >= 45, "{struck}");
}

#[test]
fn campaign_cuts_both_connections() {
    let arena = Arena::new();
    let mut struck = 0;
    for words in [APPLY, ROLLBACK] {
        struck += at_messages(&arena, words, Hit::Both, 8);
        struck += at_random(&arena, words, Hit::Both, 10);
    }
    assert!(struck >= 50, "{struck}");
}

#[test]
fn campaign_kills_enact() {
    let arena = Arena::new();
    let mut struck = 0;
    for words in [APPLY, ROLLBACK] {
        struck += at_messages(&arena, words, Hit::Process, 4);
        struck += at_random(&arena, words, Hit::Process, 30);
    }
    assert!(struck >= 120, "{struck}");
}

#[test]
fn campaign_kills_the_server() {
    let arena = Arena::new();
    let mut struck = 0;
    for words in [APPLY, ROLLBACK] {
        struck += at_messages(&arena, words, Hit::Server, 12);
        struck += at_random(&arena, words, Hit::Server, 10);
    }
    assert!(struck >= 40, "{struck}");
}
