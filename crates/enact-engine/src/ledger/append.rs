//! Entries on their way into the ledger.

use enact_ledger::canonical::CanonicalError;
use enact_ledger::{Actor, Entry, Fact, Hash, Text, Timestamp, Tool, hash_body, stamp};
use tokio_postgres::SimpleQueryRow;

use crate::clock;
use crate::pipeline::Answer;
use crate::quote::literal;
use crate::state::Head;

/// Who and what writes, the same for every entry of a run.
#[derive(Debug, Clone)]
pub struct Author {
    /// Person, database role, host.
    pub actor: Actor,
    /// This program: version and digest of the binary.
    pub tool: Tool,
}

/// Makes entries one after the other. Holds the head that the next entry must follow: the server refuses an entry that
/// does not fit it, or that comes when the run's lock is no longer held.
#[derive(Debug)]
pub struct Appender {
    author: Author,
    run: String,
    head: Head,
}

/// An entry that has been sent or is about to be.
#[derive(Debug)]
pub struct Pending {
    /// The statement that appends it and answers with hash and server time.
    pub sql: String,
    seq: u64,
    draft: Vec<u8>,
}

/// Why an entry could not be made or trusted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The record cannot be written down canonically.
    #[error("write entry {seq} as canonical JSON")]
    Canonical {
        /// Its position.
        seq: u64,
        /// Why.
        #[source]
        source: CanonicalError,
    },
    /// The function that appends answered something else than it does.
    #[error("entry {seq} was stored as something else than what was sent")]
    StoredDifferently {
        /// Its position.
        seq: u64,
    },
}

impl Appender {
    /// An appender for one run, behind `head`.
    #[must_use]
    pub fn new(author: Author, run: String, head: Head) -> Self {
        Self { author, run, head }
    }

    /// Identifier of the run.
    #[must_use]
    pub fn run(&self) -> &str {
        &self.run
    }

    /// Position and hash of the last entry.
    #[must_use]
    pub fn head(&self) -> Head {
        self.head
    }

    /// The statement that appends `fact`. With a `fence`, the server refuses unless the transaction that set it is still open.
    ///
    /// # Errors
    /// When the fact cannot be written canonically.
    pub fn prepare(&self, fact: Fact, fence: Option<&str>) -> Result<Pending, RecordError> {
        self.prepare_for(&self.run, fact, fence)
    }

    /// The same, behind `ahead` entries that have been sent and whose answers are not here yet. Which hash it follows
    /// will be seen in its own answer, and checked by [`accept`](Self::accept) then.
    ///
    /// # Errors
    /// When the fact cannot be written canonically.
    pub fn prepare_ahead(
        &self,
        fact: Fact,
        fence: &str,
        ahead: u64,
    ) -> Result<Pending, RecordError> {
        let prev = (ahead == 0).then_some(self.head.hash);
        self.draft(&self.run, fact, Some(fence), (self.head.seq + ahead, prev))
    }

    /// The same, speaking of another run (one that never recorded its end).
    ///
    /// # Errors
    /// When the fact cannot be written canonically.
    pub fn prepare_for(
        &self,
        run: &str,
        fact: Fact,
        fence: Option<&str>,
    ) -> Result<Pending, RecordError> {
        self.draft(run, fact, fence, (self.head.seq, Some(self.head.hash)))
    }

    fn draft(
        &self,
        run: &str,
        fact: Fact,
        fence: Option<&str>,
        (behind, prev): (u64, Option<Hash>),
    ) -> Result<Pending, RecordError> {
        let seq = behind + 1;
        let entry = Entry {
            seq,
            prev: Hash::ZERO,
            at: clock::now(),
            server_at: None,
            actor: self.author.actor.clone(),
            tool: self.author.tool.clone(),
            run: Some(Text::from(run)),
            fact,
        };
        let draft = entry
            .to_body()
            .map_err(|source| RecordError::Canonical { seq, source })?;
        let or_null = |given: Option<String>| {
            given.map_or_else(|| "NULL".to_owned(), |given| format!("'{given}'"))
        };
        let sql = format!(
            "SELECT hash, server_at FROM enact.append({seq}, {prev}, {fence}, {entry})",
            prev = or_null(prev.map(|prev| format!("\\x{}", hex(prev.as_bytes())))),
            fence = or_null(fence.map(str::to_owned)),
            entry = literal(&String::from_utf8_lossy(&draft)),
        );
        Ok(Pending { sql, seq, draft })
    }

    /// Takes the server's answer to a committed entry and moves the head. Returns the server's time.
    ///
    /// # Errors
    /// When the server hashed other bytes than were sent.
    pub fn accept(&mut self, pending: &Pending, answer: &Answer) -> Result<String, RecordError> {
        let seq = pending.seq;
        let (hash, server_at) = answer
            .rows
            .last()
            .and_then(columns)
            .ok_or(RecordError::StoredDifferently { seq })?;
        let stored = server_at
            .parse::<Timestamp>()
            .ok()
            .and_then(|time| stamp(&pending.draft, &self.head.hash, &time));
        let expected = hash_body(&stored.ok_or(RecordError::StoredDifferently { seq })?);
        if hash != format!("\\x{}", hex(expected.as_bytes())) {
            return Err(RecordError::StoredDifferently { seq });
        }
        self.head = Head {
            seq,
            hash: expected,
        };
        Ok(server_at)
    }

    /// Moves the head to one that was read from the ledger.
    pub fn rebase(&mut self, head: Head) {
        self.head = head;
    }
}

impl Pending {
    /// Position of the entry.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Whether `stored`, found at this entry's position, is this entry with what the server fills in.
    #[must_use]
    pub fn is_stored_as(&self, stored: &[u8]) -> bool {
        let own = Entry::from_body(stored).ok().and_then(|entry| {
            let server_at = entry.server_at?;
            stamp(&self.draft, &entry.prev, &server_at)
        });
        own.is_some_and(|own| own == stored)
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

fn columns(row: &SimpleQueryRow) -> Option<(String, String)> {
    Some((
        row.try_get(0).ok()??.to_owned(),
        row.try_get(1).ok()??.to_owned(),
    ))
}
