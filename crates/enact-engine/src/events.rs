//! What happens during a run, told while it happens. The engine emits; the binary shows.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;

use crate::blockers::Blocker;
use crate::lock::Holder;
use crate::plan::StepLabel;

/// One thing that happened.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// Somebody else holds the target's lock; we wait.
    WaitingForLock {
        /// Who holds it, as far as this role may see.
        holder: Holder,
    },
    /// Schema `enact` was installed.
    Installed,
    /// An earlier run did not finish; its end is now recorded.
    EarlierRunClosed {
        /// Identifier of that run.
        run: String,
    },
    /// `run.started` is recorded.
    RunStarted {
        /// Identifier of this run.
        run: String,
        /// Number of steps to come.
        steps: usize,
    },
    /// A step begins.
    StepStarted {
        /// Which migration, which direction.
        step: StepLabel,
        /// One-based position in the plan.
        position: usize,
        /// Number of steps in the plan.
        of: usize,
    },
    /// A segment of a file that has several begins.
    Segment {
        /// Which migration, which direction.
        step: StepLabel,
        /// One-based segment.
        segment: usize,
        /// Number of segments in the file.
        of: usize,
        /// Its first statement, in short.
        what: String,
    },
    /// What the catalog shows of a statement whose outcome was not recorded.
    Inspected {
        /// Which migration, which direction.
        step: StepLabel,
        /// In words.
        found: String,
    },
    /// The statement at work waits for a lock.
    Blocked {
        /// Who is in the way.
        blockers: Vec<Blocker>,
    },
    /// The transaction was rolled back because of a lock or a deadlock and will be tried again.
    Retrying {
        /// Which migration, which direction.
        step: StepLabel,
        /// Tries so far.
        tries: u32,
        /// How long until the next one.
        pause: Duration,
        /// Who was in the way, when known.
        blockers: Vec<Blocker>,
    },
    /// A batch of a statement in batches is committed.
    Batch {
        /// Which migration, which direction.
        step: StepLabel,
        /// Rows walked, in this run and before.
        walked: u64,
        /// Rows to walk, as estimated.
        estimate: u64,
        /// Rows that the statement changed, in this run and before.
        changed: u64,
        /// How often the table has been gone through, this time included.
        pass: u32,
        /// Rows, or pages, of the batch.
        size: u32,
        /// Rows walked in this run.
        here: u64,
        /// Since this run began with the statement.
        took: Duration,
    },
    /// A statement in batches waits before its next one.
    Held {
        /// Which migration, which direction.
        step: StepLabel,
        /// Why, in words.
        reason: String,
    },
    /// A step is done and recorded.
    StepFinished {
        /// Which migration, which direction.
        step: StepLabel,
        /// Wall time of the step.
        took: Duration,
        /// Statements it ran.
        statements: usize,
    },
    /// The end-of-run snapshot is being taken.
    Fingerprinting,
    /// A message from the server (`RAISE NOTICE` and the like).
    Notice {
        /// `NOTICE`, `WARNING`, …
        severity: String,
        /// The server's text.
        message: String,
    },
}

/// Where events go. Sending never fails and never waits.
#[derive(Debug, Clone)]
pub struct Events {
    sender: Option<mpsc::UnboundedSender<Event>>,
    notices: Arc<AtomicU64>,
}

impl Events {
    /// A sink and the end to read it from.
    #[must_use]
    pub fn channel() -> (Self, mpsc::UnboundedReceiver<Event>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self::to(Some(sender)), receiver)
    }

    /// A sink nobody listens to.
    #[must_use]
    pub fn silent() -> Self {
        Self::to(None)
    }

    fn to(sender: Option<mpsc::UnboundedSender<Event>>) -> Self {
        Self {
            sender,
            notices: Arc::default(),
        }
    }

    /// How many notices the server has sent so far.
    #[must_use]
    pub fn notices(&self) -> u64 {
        self.notices.load(Ordering::Relaxed)
    }

    /// Tells `event`.
    pub fn emit(&self, event: Event) {
        if matches!(event, Event::Notice { .. }) {
            self.notices.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(sender) = &self.sender {
            // Nobody listening any more is no reason to stop a run.
            let _ = sender.send(event);
        }
    }
}
