//! A statement at work, watched: who blocks it, whether the lock is still held, whether a stop is asked for.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use crate::blockers::{self, Blocker};
use crate::connection::Connection;
use crate::events::{Event, Events};
use crate::run::failure::Cause;
use crate::stop::Stop;

/// A statement that is done sooner is never looked at.
const FIRST_LOOK: Duration = Duration::from_millis(40);
/// Between looks, and between repeated requests to cancel.
const NEXT_LOOK: Duration = Duration::from_millis(50);
/// The lock's connection answers within this, or the look is given up.
const LOOK_TIMEOUT: Duration = Duration::from_secs(2);

/// The two connections of a run and what may end it early.
#[derive(Debug)]
pub(super) struct Supervisor<'a> {
    pub work: &'a Connection,
    pub watch: &'a Connection,
    pub stop: &'a mut Stop,
    pub events: &'a Events,
}

/// The result of a watched future.
#[derive(Debug)]
pub(super) struct Watched<T> {
    pub value: T,
    /// The last blockers seen.
    pub blockers: Vec<Blocker>,
    /// Set when the statement was cancelled for a reason of ours.
    pub cause: Option<Cause>,
}

impl Supervisor<'_> {
    /// Awaits `future`, which runs on the work connection. Asked to stop, or without the lock, it cancels what the
    /// server is doing and still awaits the end, since only the server's answer says what became of it.
    pub async fn watch<T>(&mut self, future: impl Future<Output = T>) -> Watched<T> {
        let mut future = pin!(future);
        let mut blockers = Vec::new();
        let mut cause = None;
        let mut look = FIRST_LOOK;
        loop {
            tokio::select! {
                biased;
                value = &mut future => return Watched { value, blockers, cause },
                () = self.stop.wait(), if cause.is_none() => {
                    cause = Some(Cause::Asked);
                    self.work.cancel().await;
                }
                why = self.watch.lost(), if cause.is_none() => {
                    cause = Some(Cause::LockLost(why));
                    self.work.cancel().await;
                }
                () = tokio::time::sleep(look) => {
                    if cause.is_some() {
                        // A request to cancel that arrives between two statements has no effect.
                        self.work.cancel().await;
                    } else {
                        self.look(&mut blockers).await;
                    }
                }
            }
            look = NEXT_LOOK;
        }
    }

    async fn look(&self, seen: &mut Vec<Blocker>) {
        let look = blockers::of(self.watch.client(), self.work.pid);
        let Ok(Ok(found)) = tokio::time::timeout(LOOK_TIMEOUT, look).await else {
            return;
        };
        if !found.is_empty() {
            let news = found.iter().map(|b| b.pid).ne(seen.iter().map(|b| b.pid));
            if news {
                self.events.emit(Event::Blocked {
                    blockers: found.clone(),
                });
            }
            *seen = found;
        }
    }
}
